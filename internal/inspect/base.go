package inspect

import (
	"time"

	"github.com/landwaiter/landwaiter"
)

// outdatedBase finds an operating system whose last free support has ended. The
// day itself still has support.
func outdatedBase(in *Input) []landwaiter.Finding {
	if in.System == nil || in.EndOfLife.IsZero() || in.Now.Before(in.EndOfLife.AddDate(0, 0, 1)) {
		return nil
	}
	return []landwaiter.Finding{{
		ID:   string(landwaiter.KindOutdatedBase) + ":" + in.System.ID + "-" + in.System.VersionID,
		Kind: landwaiter.KindOutdatedBase, Confidence: landwaiter.ConfidenceObserved,
		Detail: in.EndOfLife.UTC().Format(time.DateOnly),
	}}
}
