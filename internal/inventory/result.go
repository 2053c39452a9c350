package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// count adds up what packages own, what is hidden and what is unread but no file.
func (g *merge) count(r *Result) {
	seen := make([][]bool, len(g.layers))
	for i, l := range g.layers {
		seen[i] = make([]bool, l.records.Len())
	}
	for i := range g.files {
		f := &g.files[i]
		n := landwaiter.Count{Files: 1, Bytes: r.size(f)}
		c := g.tree.Content(f.node)
		once := &seen[c.Layer][c.Record]
		if *once {
			n.Bytes = 0
		}
		*once = true
		if f.owner != noOwner {
			r.Packages[f.owner].Owns.Add(n)
		}
	}
	for i, l := range g.layers {
		for j := range int32(l.records.Len()) {
			if l.records.Type(j) == image.TypeFile && !seen[i][j] {
				r.hid.Add(landwaiter.Count{Files: 1, Bytes: l.records.Size(j)})
			}
		}
	}
	for _, gap := range r.Gaps {
		if gap.Unread {
			r.extra.Add(landwaiter.Count{Files: 1, Bytes: max(gap.Bytes, 0)})
		}
	}
}

// sortPackages orders packages by ecosystem, name, version and ID, and keeps the
// files' owners right.
func (r *Result) sortPackages() {
	order := map[string]int{}
	for i := range ecosystems {
		order[ecosystems[i].name] = i
	}
	perm := make([]int32, len(r.Packages))
	for i := range perm {
		perm[i] = int32(i)
	}
	slices.SortFunc(perm, func(a, b int32) int {
		p, q := &r.Packages[a], &r.Packages[b]
		return cmp.Or(cmp.Compare(order[p.Ecosystem], order[q.Ecosystem]), cmp.Compare(p.Name, q.Name), cmp.Compare(p.Version, q.Version), cmp.Compare(p.ID, q.ID))
	})
	sorted := make([]landwaiter.Package, len(perm))
	to := make([]int32, len(perm))
	for i, from := range perm {
		sorted[i] = r.Packages[from]
		to[from] = int32(i)
		p := &sorted[i]
		slices.SortFunc(p.Evidence, func(a, b landwaiter.Evidence) int {
			return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		p.Layer = p.Evidence[0].Layer
	}
	r.Packages = sorted
	for i := range r.files {
		if f := &r.files[i]; f.owner != noOwner {
			f.owner = to[f.owner]
		}
	}
}

// digest identifies a folder by what is in it.
func (g *merge) digest() string {
	h := sha256.New()
	for i := range g.files {
		f := g.tree.Visible(g.files[i].node)
		rec := g.tree.Record(f.Content)
		fmt.Fprintf(h, "%q %o %x\n", f.Path, rec.Mode, rec.SHA256)
	}
	for _, l := range g.links {
		io.WriteString(h, l+"\n") //nolint:errcheck // a hash takes everything
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// runs reports whether opening the file runs code, or nobody can say that it does
// not: a small model must not hide behind a hundred larger tables.
func (g *merge) runs(c image.Content) bool {
	n := g.layers[c.Layer].natures[c.Record]
	return n != nil && n.RunsCode != ""
}

// list names the code that nobody owns, and what runs code when it is opened, and
// the code that is not what its owner shipped.
func (r *Result) list(g *merge) {
	groups := newGroups(g.files, g.tree.Path)
	for i := range r.files {
		f := &r.files[i]
		v := g.tree.Visible(f.node)
		rec := g.tree.Record(v.Content)
		f.state = g.compare(f, v.Content)
		if !f.code() && f.owner != noOwner {
			continue
		}
		out := landwaiter.File{Path: v.Path, Layer: int(v.At.Layer), Size: rec.Size, Mode: rec.Mode, SHA256: hex.EncodeToString(rec.SHA256[:]), Kind: kinds[f.kind]}
		if f.owner == noOwner {
			groups.add(out)
		}
		switch {
		case f.owner == noOwner && !f.code() && !g.runs(v.Content):
			r.rest(out)
		case f.owner == noOwner:
			r.Unowned = append(r.Unowned, out)
		case f.state == stateChanged:
			out.Owner = r.Packages[f.owner].ID
			r.Changed = append(r.Changed, out)
		}
	}
	slices.SortStableFunc(r.Unowned, bigger)
	slices.SortStableFunc(r.Rest, bigger)
	r.Rest = r.Rest[:min(len(r.Rest), maxRest)]
	for copied := range r.natures(g) {
		groups.folder[groups.place(copied)].Copies++
	}
	r.Groups = groups.list()
}

// natures says of the files that the report names what a look inside showed. It
// returns those that are copies, with what they are copies of.
func (r *Result) natures(g *merge) map[string]string {
	same := g.copies(r.Unowned)
	for _, list := range [][]landwaiter.File{r.Unowned, r.Rest, r.Changed} {
		for i := range list {
			f := &list[i]
			c := g.tree.Content(g.files[g.fileAt(f.Path)].node)
			if n := g.layers[c.Layer].natures[c.Record]; n != nil {
				own := *n
				f.Nature = &own
			}
			if p := same[f.Path]; p != "" && f.Owner == "" {
				if f.Nature == nil {
					f.Nature = &landwaiter.Nature{Format: string(f.Kind)}
				}
				f.Nature.SameAs = p
			}
		}
	}
	return same
}

// copies finds the files of list whose content, or whose build by its identity,
// is that of a file with an owner: by path, the owned file's first path.
func (g *merge) copies(list []landwaiter.File) map[string]string {
	digests, builds := map[string][]string{}, map[string][]string{}
	build := func(c image.Content) string {
		if n := g.layers[c.Layer].natures[c.Record]; n != nil {
			return n.BuildID
		}
		return ""
	}
	for i := range list {
		f := &list[i]
		if f.Size == 0 {
			continue
		}
		digests[f.SHA256] = append(digests[f.SHA256], f.Path)
		if id := build(g.tree.Content(g.files[g.fileAt(f.Path)].node)); id != "" {
			builds[id] = append(builds[id], f.Path)
		}
	}
	out := map[string]string{}
	for i := range g.files {
		f := &g.files[i]
		if f.owner == noOwner || !f.code() {
			continue
		}
		v := g.tree.Visible(f.node)
		sum := g.tree.Layer(v.Content.Layer).SHA256(v.Content.Record)
		for _, p := range digests[hex.EncodeToString(sum[:])] {
			if old, ok := out[p]; !ok || v.Path < old {
				out[p] = v.Path
			}
		}
		if id := build(v.Content); id != "" {
			for _, p := range builds[id] {
				if _, ok := out[p]; !ok {
					out[p] = v.Path
				}
			}
		}
	}
	return out
}

func bigger(a, b landwaiter.File) int {
	return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Path, b.Path))
}

// rest keeps f among the biggest; it is cut in steps, so that a million files
// cost no million entries.
func (r *Result) rest(f landwaiter.File) {
	if r.Rest = append(r.Rest, f); len(r.Rest) >= 16*maxRest {
		slices.SortStableFunc(r.Rest, bigger)
		r.Rest = r.Rest[:maxRest]
	}
}
