package inspect

import (
	"cmp"

	"github.com/landwaiter/landwaiter"
)

// maxPackages bounds the packages that one finding names; it counts all.
const maxPackages = 1000

// undeclared finds what is there and stands on no line of a list that could name it,
// nor is needed by anything that does: one finding for each list. Packages that an
// image below may have brought are not among them.
func undeclared(in *Input) []landwaiter.Finding {
	var out []landwaiter.Finding
	at := map[string]bool{}
	for i := range in.Declared {
		c := &in.Declared[i]
		// The same list, given twice, says one thing.
		if len(c.NotDeclared) == 0 || at[c.SHA256] {
			continue
		}
		at[c.SHA256] = true
		out = append(out, landwaiter.Finding{
			ID: string(landwaiter.KindUndeclared) + ":" + cmp.Or(c.SHA256, c.File), Kind: landwaiter.KindUndeclared,
			Confidence: landwaiter.ConfidenceObserved, Packages: named(c.NotDeclared), Detail: c.File,
			Seen: landwaiter.Count{Files: int64(len(c.NotDeclared))},
		})
	}
	return out
}

func named(ids []string) []string { return ids[:min(len(ids), maxPackages):min(len(ids), maxPackages)] }
