package inventory

import (
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// Owner returns the visible file that name leads to, with the ID of its owner. Links
// are followed as a container follows them; the file's Path is where it really is.
// It is false where no file is there: a folder, or nothing.
func (r *Result) Owner(name string) (landwaiter.File, bool) {
	v, f := r.find(name)
	if f == nil {
		return landwaiter.File{}, false
	}
	for _, list := range [][]landwaiter.File{r.Unowned, r.Changed, r.Rest} {
		if i := slices.IndexFunc(list, func(o landwaiter.File) bool { return o.Path == v.Path }); i >= 0 {
			return list[i], true // with what a look inside showed
		}
	}
	out := r.file(v.Node)
	if f.owner != noOwner {
		out.Owner = r.Packages[f.owner].ID
	}
	return out, true
}

// Intact reports whether the file that name leads to is what its owner shipped;
// known is false where there is no sum to compare, or the file may be edited.
func (r *Result) Intact(name string) (intact, known bool) {
	_, f := r.find(name)
	if f == nil {
		return false, false
	}
	return f.state() == stateShipped, f.state() != stateUnknown
}

// What the comparison of a file with its owner's sums said.
const (
	stateUnknown uint8 = iota
	stateChanged
	stateShipped // with any of several sums
)

// find follows links to a visible file; nil where there is none.
func (r *Result) find(name string) (image.Visible, *visible) {
	v, ok := r.tree.Follow(name)
	if !ok || !r.files[v.Node].is(flagFile) {
		return v, nil
	}
	return v, &r.files[v.Node]
}
