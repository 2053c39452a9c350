package inspect

import (
	"cmp"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// changedPrograms finds code that is not what its owner shipped, by owner.
func changedPrograms(in *Input) []landwaiter.Finding {
	var out []landwaiter.Finding
	at := map[string]int{}
	for _, f := range in.Changed {
		i, ok := at[f.Owner]
		if !ok {
			i = len(out)
			at[f.Owner] = i
			out = append(out, landwaiter.Finding{
				ID:   string(landwaiter.KindChanged) + ":" + f.Owner,
				Kind: landwaiter.KindChanged, Packages: []string{f.Owner}, Confidence: landwaiter.ConfidenceObserved,
			})
		}
		if len(out[i].Files) < maxFiles {
			out[i].Files = append(out[i].Files, f)
		}
		out[i].Seen.Add(landwaiter.Count{Files: 1, Bytes: f.Size})
	}
	slices.SortFunc(out, func(a, b landwaiter.Finding) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// unowned finds what nobody owns: programs and scripts that can be run by
// themselves in one finding, everything else in another. Models that run code have a
// finding of their own.
func unowned(in *Input) []landwaiter.Finding {
	var programs, rest []landwaiter.File
	var n, models landwaiter.Count
	for _, f := range in.Unowned {
		one := landwaiter.Count{Files: 1, Bytes: f.Size}
		switch {
		case runsCode(&f):
			models.Add(one)
		case f.Kind == landwaiter.FileProgram || f.Mode&0o111 != 0:
			programs = append(programs, f)
			n.Add(one)
		default:
			rest = append(rest, f)
		}
	}
	var out []landwaiter.Finding
	if len(programs) > 0 {
		out = append(out, landwaiter.Finding{
			ID: string(landwaiter.KindUnknownProgram), Kind: landwaiter.KindUnknownProgram,
			Confidence: landwaiter.ConfidenceObserved, Files: examples(programs), Seen: n,
		})
	}
	others := landwaiter.Count{
		Files: in.Account.Unnamed.Files + in.Account.Closed.Files - n.Files - models.Files,
		Bytes: max(in.Account.Unnamed.Bytes+in.Account.Closed.Bytes-n.Bytes-models.Bytes, 0),
	}
	if others.Files <= 0 {
		return out
	}
	rest = append(rest, in.Rest...)
	slices.SortStableFunc(rest, func(a, b landwaiter.File) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Path, b.Path))
	})
	return append(out, landwaiter.Finding{
		ID: string(landwaiter.KindUnattributed), Kind: landwaiter.KindUnattributed,
		Confidence: landwaiter.ConfidenceObserved, Files: examples(rest), Seen: others,
	})
}
