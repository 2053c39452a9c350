package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// count adds up what packages own, what is hidden and what is unread but no file.
func (g *merge) count(r *Result) {
	seen := make([][]uint64, len(g.layers)) // a bit for each record
	for i, l := range g.layers {
		seen[i] = make([]uint64, l.records.Len()/64+1)
	}
	for node, f := range g.files.all() {
		n := landwaiter.Count{Files: 1, Bytes: g.tree.Size(node)}
		c := g.tree.Content(node)
		bits, bit := &seen[c.Layer][c.Record/64], uint64(1)<<(c.Record%64)
		if *bits&bit != 0 {
			n.Bytes = 0
		}
		*bits |= bit
		if f.owner != noOwner {
			r.Packages[f.owner].Owns.Add(n)
		}
	}
	for i, l := range g.layers {
		for j := range int32(l.records.Len()) {
			if l.records.Type(j) == image.TypeFile && seen[i][j/64]>>(j%64)&1 == 0 {
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
	for _, f := range r.files.all() {
		if f.owner != noOwner {
			f.owner = to[f.owner]
		}
	}
}

// digest identifies a folder by what is in it.
func (g *merge) digest() string {
	h := sha256.New()
	var b, path []byte
	for n := range g.files.all() {
		path = g.tree.AppendPath(path[:0], n)
		sum := g.tree.SHA256(n)
		b = append(strconv.AppendQuote(b[:0], string(path)), ' ')
		b = append(strconv.AppendUint(b, uint64(g.tree.Mode(n)), 8), ' ')
		b = append(hex.AppendEncode(b, sum[:]), '\n')
		h.Write(b)
	}
	for i := range g.files { // links, and other names without content
		n := int32(i)
		if kind := g.tree.Type(n); kind != image.TypeFile && kind != image.TypeFolder {
			at := g.tree.Record(g.tree.At(n))
			fmt.Fprintf(h, "%s %c %o %s\n", g.tree.Path(n), at.Type, at.Mode, at.Link)
		}
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
	groups := newGroups(g.files, g.tree)
	for n, f := range r.files.all() {
		if f.owner != noOwner && (!f.code() || f.state() != stateChanged) {
			continue
		}
		out := r.file(n)
		if f.owner == noOwner {
			groups.add(out)
		}
		switch {
		case f.owner == noOwner && !f.code() && !g.runs(g.tree.Content(n)):
			r.rest(out)
		case f.owner == noOwner:
			r.Unowned = append(r.Unowned, out)
		default:
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

// file describes the file that is node n, but for its owner and its nature.
func (r *Result) file(n int32) landwaiter.File {
	sum := r.tree.SHA256(n)
	return landwaiter.File{
		Path: r.tree.Path(n), Layer: int(r.tree.At(n).Layer), Size: r.tree.Size(n), Mode: r.tree.Mode(n),
		SHA256: hex.EncodeToString(sum[:]), Kind: kinds[r.files[n].kind],
	}
}

// natures says of the files that the report names what a look inside showed. It
// returns those that are copies, with what they are copies of.
func (r *Result) natures(g *merge) map[string]string {
	same := g.copies(r.Unowned)
	for _, list := range [][]landwaiter.File{r.Unowned, r.Rest, r.Changed} {
		for i := range list {
			f := &list[i]
			c := g.tree.Content(g.fileAt(f.Path))
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
// is that of a file with an owner: by path, the owned file's path that is first.
func (g *merge) copies(list []landwaiter.File) map[string]string {
	contents, builds := map[[sha256.Size]byte]*owned{}, map[string]*owned{}
	build := func(node int32) string {
		c := g.tree.Content(node)
		if n := g.layers[c.Layer].natures[c.Record]; n != nil {
			return n.BuildID
		}
		return ""
	}
	for i := range list {
		if list[i].Size > 0 {
			n := g.fileAt(list[i].Path)
			contents[g.tree.SHA256(n)] = &owned{}
			if id := build(n); id != "" {
				builds[id] = &owned{}
			}
		}
	}
	for n, f := range g.files.all() {
		if f.owner != noOwner && f.code() {
			contents[g.tree.SHA256(n)].add(g, n)
			if len(builds) > 0 {
				builds[build(n)].add(g, n)
			}
		}
	}
	out := map[string]string{}
	for i := range list {
		if list[i].Size == 0 {
			continue
		}
		n := g.fileAt(list[i].Path)
		same, alike := contents[g.tree.SHA256(n)], builds[build(n)]
		switch {
		case same.node == 0 && (alike == nil || alike.node == 0):
		case alike == nil || alike.node == 0 || same.node > 0 && same.node <= alike.node:
			out[list[i].Path] = same.least
		case same.node == 0:
			out[list[i].Path] = g.tree.Path(alike.node)
		default:
			out[list[i].Path] = min(same.least, g.tree.Path(alike.node))
		}
	}
	return out
}

// owned are the files with an owner that have one content, or are one build: the
// first in the order of the tree, and the least path.
type owned struct {
	node  int32 // 0 for none
	least string
}

func (o *owned) add(g *merge, n int32) {
	if o == nil { // nobody asks
		return
	}
	p := g.tree.Path(n)
	if o.node == 0 {
		o.node, o.least = n, p
	}
	o.least = min(o.least, p)
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
