package inspect

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// runsAsRoot finds an image whose configuration asks for full control inside its
// own box: it names no user, or user 0.
func runsAsRoot(in *Input) []landwaiter.Finding {
	if in.Subject.Kind != landwaiter.SubjectImage {
		return nil // a folder does not say how it runs
	}
	user, _, _ := strings.Cut(in.Subject.Config.User, ":")
	if user != "" && user != "root" && strings.Trim(user, "0") != "" {
		return nil
	}
	return []landwaiter.Finding{{
		ID: string(landwaiter.KindRunsAsRoot), Kind: landwaiter.KindRunsAsRoot,
		Confidence: landwaiter.ConfidenceObserved, Detail: in.Subject.Config.User,
	}}
}
