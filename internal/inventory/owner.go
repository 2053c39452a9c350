package inventory

import (
	"encoding/hex"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// Owner returns the visible file that name leads to, with the ID of its owner. Links
// are followed as a container follows them; the file's Path is where it really is.
// It is false where no file is there: a folder, or nothing.
func (r *Result) Owner(name string) (landwaiter.File, bool) {
	f := r.find(name)
	if f == nil {
		return landwaiter.File{}, false
	}
	v := r.tree.Visible(f.node)
	for _, list := range [][]landwaiter.File{r.Unowned, r.Changed, r.Rest} {
		if i := slices.IndexFunc(list, func(o landwaiter.File) bool { return o.Path == v.Path }); i >= 0 {
			return list[i], true // with what a look inside showed
		}
	}
	rec := r.tree.Record(v.Content)
	out := landwaiter.File{Path: v.Path, Layer: int(v.At.Layer), Size: rec.Size, Mode: rec.Mode, SHA256: hex.EncodeToString(rec.SHA256[:]), Kind: kinds[f.kind]}
	if f.owner != noOwner {
		out.Owner = r.Packages[f.owner].ID
	}
	return out, true
}

// Intact reports whether the file that name leads to is what its owner shipped;
// known is false where there is no sum to compare, or the file may be edited.
func (r *Result) Intact(name string) (intact, known bool) {
	f := r.find(name)
	if f == nil {
		return false, false
	}
	return f.state == stateShipped, f.state != stateUnknown
}

// What the comparison of a file with its owner's sums said.
const (
	stateUnknown uint8 = iota
	stateShipped
	stateChanged
)

// find follows links to a visible file; nil where there is none.
func (r *Result) find(name string) *visible {
	v, ok := r.tree.Follow(name)
	if !ok || r.fileOf[v.Node] == 0 {
		return nil
	}
	return &r.files[r.fileOf[v.Node]-1]
}
