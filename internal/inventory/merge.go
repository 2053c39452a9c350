package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// merge makes one answer of what the layers say.
type merge struct {
	layers []*layerFacts
	second []secondFacts
	tree   *image.Tree
	files  []visible
	at     []map[int32]string // for each layer: record -> real path, where visible
	byPath map[string]int32   // real path -> index in files
	links  []string           // symbolic links and other names without content, for the digest

	packages []landwaiter.Package
	systems  []bool // for each package: from the system's package manager
	byID     map[string]int32
	keys     map[ownerKey]int32
	gaps     []landwaiter.Gap
}

// secondFacts is what a second pass said about one layer.
type secondFacts struct {
	layer int
	*layerFacts
}

type ownerKey struct {
	row int
	key string
}

func newMerge(layers []*layerFacts) *merge {
	g := &merge{layers: layers, at: make([]map[int32]string, len(layers)), byPath: map[string]int32{}, byID: map[string]int32{}, keys: map[ownerKey]int32{}}
	records := make([][]image.Record, len(layers))
	for i, l := range layers {
		records[i] = l.records
		g.at[i] = map[int32]string{}
	}
	g.tree = image.Merge(records)
	names := map[image.Content]int{}
	for v := range g.tree.All() {
		g.at[v.At.Layer][v.At.Record] = v.Path
		rec := g.tree.Record(v.Content)
		if rec.Type != image.TypeFile {
			if at := g.tree.Record(v.At); at.Type != image.TypeFolder {
				g.links = append(g.links, fmt.Sprintf("%s %c %o %s", v.Path, at.Type, at.Mode, at.Link))
			}
			continue
		}
		n := layers[v.Content.Layer].notes[v.Content.Record]
		g.byPath[v.Path] = int32(len(g.files))
		names[v.Content]++
		g.files = append(g.files, visible{Visible: v, size: rec.Size, mode: rec.Mode, kind: n.kind, flags: n.flags, owner: noOwner})
	}
	for i := range g.files {
		g.files[i].linked = names[g.files[i].Content] > 1
	}
	return g
}

// each calls visit for all that is said about files that are visible: by the
// first pass about a file's own name, by the second about its other names.
func (g *merge) each(visit func(layer int, real string, f *fileFacts)) {
	for i, l := range g.layers {
		for j := range l.facts {
			if real, ok := g.at[i][l.facts[j].record]; ok {
				visit(i, real, &l.facts[j])
			}
		}
	}
	for _, s := range g.second {
		for j := range s.facts {
			if v, ok := g.tree.Lookup(s.facts[j].path); ok {
				visit(int(v.At.Layer), v.Path, &s.facts[j])
			}
		}
	}
}

func (g *merge) result() (*Result, error) {
	sys := g.system()
	g.collect(sys)
	g.own()
	g.trees()
	g.ownedBy()
	g.collectGaps()
	r := &Result{files: g.files}
	r.Unowned, r.Changed = []landwaiter.File{}, []landwaiter.File{}
	r.System, r.Packages, r.Gaps = sys, g.packages, append([]landwaiter.Gap{}, g.gaps...)
	g.count(r)
	r.sortPackages()
	r.TreeDigest = g.digest()
	r.list(g)
	return r, nil
}

// system is the operating system of the visible file that says it best.
func (g *merge) system() *landwaiter.System {
	for _, p := range osReleasePaths {
		for i, l := range g.layers {
			for j := range l.systems {
				if g.at[i][l.systems[j].record] == p {
					sys := l.systems[j].sys
					return &sys
				}
			}
		}
		for _, s := range g.second {
			for j := range s.systems {
				if s.systems[j].sys.Path == p {
					sys := s.systems[j].sys
					return &sys
				}
			}
		}
	}
	return nil
}

// firstSeen says in which layer a package first appeared in a file of this path:
// a package database that a later layer replaces keeps what it had.
type firstSeen struct {
	path, id string
	row      int
}

// collect makes the packages: one for each identity, with every place where it
// was seen.
func (g *merge) collect(sys *landwaiter.System) {
	first := map[firstSeen]int{}
	for i, l := range g.layers {
		for j := range l.facts {
			f := &l.facts[j]
			real := g.real(l.records[f.record].Path)
			for k := range f.packages {
				key := firstSeen{real, identity(&f.packages[k].pkg), f.row}
				if _, ok := first[key]; !ok {
					first[key] = i
				}
			}
		}
	}
	g.each(func(layer int, real string, f *fileFacts) {
		for k := range f.packages {
			p := f.packages[k].pkg
			p.ID = identity(&p)
			ev := p.Evidence[0]
			ev.Layer = layer
			if n, ok := first[firstSeen{real, p.ID, f.row}]; ok {
				ev.Layer = n
			}
			if _, inner, ok := strings.Cut(ev.Path, "!/"); ok {
				ev.Path = real + "!/" + inner
			} else {
				ev.Path = real
			}
			i := g.add(p, ev, f.row, sys)
			for _, key := range f.packages[k].keys {
				if k := (ownerKey{f.row, key}); g.free(k, i) {
					g.keys[k] = i
				}
			}
		}
	})
}

// free reports whether a key may name package i: the first that took it keeps it.
func (g *merge) free(k ownerKey, i int32) bool {
	old, ok := g.keys[k]
	return !ok || old == i
}

func identity(p *landwaiter.Package) string {
	id := p.Ecosystem + ":" + p.Name + "@" + p.Version
	if p.Arch != "" {
		id += ":" + p.Arch
	}
	return id
}

func (g *merge) add(p landwaiter.Package, ev landwaiter.Evidence, row int, sys *landwaiter.System) int32 {
	if i, ok := g.byID[p.ID]; ok {
		q := &g.packages[i]
		if !slices.Contains(q.Evidence, ev) {
			q.Evidence = append(q.Evidence, ev)
		}
		return i
	}
	p.Evidence = []landwaiter.Evidence{ev}
	if p.PURL == "" {
		p.PURL = systemPURL(&p, sys)
	}
	i := int32(len(g.packages))
	g.byID[p.ID] = i
	g.packages = append(g.packages, p)
	g.systems = append(g.systems, ecosystems[row].system)
	return i
}

// real returns where path really is, as far as folders in it are links.
func (g *merge) real(p string) string {
	dir, base := path.Split(p)
	if real, ok := g.tree.Real(strings.TrimSuffix(dir, "/")); ok && real != "" {
		return real + "/" + base
	}
	return p
}

// own gives files to the packages that claim them by name: the system's package
// managers first.
func (g *merge) own() {
	moved := g.diversions()
	for _, system := range []bool{true, false} {
		g.each(func(_ int, real string, f *fileFacts) {
			if ecosystems[f.row].system != system {
				return
			}
			for _, c := range f.claims {
				owner, ok := g.keys[ownerKey{f.row, c.key}]
				if !ok || c.tree {
					continue
				}
				if to, ok := moved[c.path]; ok {
					if name, _, _ := strings.Cut(c.key, ":"); name != to.by {
						c.path = to.to
					}
				}
				g.claim(c, owner, system)
			}
		})
	}
}

// diversions are the files that dpkg put elsewhere, by their own path.
func (g *merge) diversions() map[string]diversion {
	out := map[string]diversion{}
	g.each(func(_ int, _ string, f *fileFacts) {
		for _, c := range f.claims {
			if d, ok := c.asDiversion(); ok {
				out[d.from] = d
			}
		}
	})
	return out
}

func (g *merge) claim(c claim, owner int32, system bool) {
	v, ok := g.tree.Lookup(c.path)
	if !ok {
		return
	}
	i, ok := g.byPath[v.Path]
	if !ok {
		return
	}
	f := &g.files[i]
	if f.owner == noOwner {
		f.owner, f.system = owner, system
	}
	if f.owner != owner && f.system && !system {
		return // the distribution answers for it
	}
	// Two packages of one manager may share a path: what either shipped is intact.
	f.conf = f.conf || c.conf
	if c.sum != "" {
		f.sums = append(f.sums, c.sum)
	}
}

// trees gives what nobody claims by name to the deepest folder that is claimed.
func (g *merge) trees() {
	type holder struct {
		owner  int32
		system bool
	}
	folders := map[string]holder{}
	g.each(func(_ int, _ string, f *fileFacts) {
		for _, c := range f.claims {
			owner, ok := g.keys[ownerKey{f.row, c.key}]
			if !ok || !c.tree {
				continue
			}
			if real, ok := g.tree.Real(c.path); ok && real != "" {
				if _, taken := folders[real]; !taken {
					folders[real] = holder{owner, ecosystems[f.row].system}
				}
			}
		}
	})
	if len(folders) == 0 {
		return
	}
	for i := range g.files {
		f := &g.files[i]
		if f.owner != noOwner {
			continue
		}
		for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) {
			if h, ok := folders[dir]; ok {
				f.owner, f.system, f.tree = h.owner, h.system, true
				break
			}
		}
	}
}

// ownedBy finds the packages that the system's package manager installed: the
// file that names them is its own. One that stands in several places may be the
// distribution's in one and somebody else's in another: then it is two.
func (g *merge) ownedBy() {
	for i, n := 0, len(g.packages); i < n; i++ {
		if g.systems[i] {
			continue
		}
		places := map[string][]landwaiter.Evidence{}
		for _, ev := range g.packages[i].Evidence {
			by := g.systemOwner(ev.Path)
			places[by] = append(places[by], ev)
		}
		owners := slices.Sorted(maps.Keys(places))
		for k, by := range owners {
			at := i
			if k > 0 {
				at = len(g.packages)
				g.packages = append(g.packages, g.packages[i])
				g.systems = append(g.systems, false)
			}
			p := &g.packages[at]
			p.Evidence, p.OwnedBy, p.ID = places[by], by, identity(p)
			if by != "" {
				p.ID += "<" + by
			}
		}
	}
}

// systemOwner is the ID of the system's package that owns the file, "" for none.
func (g *merge) systemOwner(evidence string) string {
	outer, _, _ := strings.Cut(evidence, "!/")
	at, ok := g.byPath[outer]
	if !ok || !g.files[at].system || g.files[at].owner == noOwner {
		return ""
	}
	return g.packages[g.files[at].owner].ID
}

func (g *merge) collectGaps() {
	for i, l := range g.layers {
		for _, gap := range l.gaps {
			gap.Layer = i
			g.gaps = append(g.gaps, gap)
		}
	}
	g.gaps = append(g.gaps, g.tree.Gaps...)
	// Gaps of readers matter where the file is visible; a package database that a
	// later layer replaced is read in its later form.
	g.each(func(layer int, _ string, f *fileFacts) {
		for _, gap := range f.gaps {
			gap.Layer = layer
			g.gaps = append(g.gaps, gap)
		}
	})
	slices.SortFunc(g.gaps, func(a, b landwaiter.Gap) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Bytes, b.Bytes))
	})
	g.gaps = slices.Compact(g.gaps)
}

// count adds up what packages own, what is hidden and what is unread but no file.
func (g *merge) count(r *Result) {
	seen := map[image.Content]bool{}
	for i := range g.files {
		f := &g.files[i]
		n := landwaiter.Count{Files: 1, Bytes: f.size}
		if seen[f.Content] {
			n.Bytes = 0
		}
		seen[f.Content] = true
		if f.owner != noOwner {
			r.Packages[f.owner].Owns.Add(n)
		}
	}
	for i, l := range g.layers {
		for j := range l.records {
			c := image.Content{Layer: int32(i), Record: int32(j)}
			if l.records[j].Type == image.TypeFile && !seen[c] {
				r.hid.Add(landwaiter.Count{Files: 1, Bytes: l.records[j].Size})
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
		f := &g.files[i]
		fmt.Fprintf(h, "%q %o %x\n", f.Path, f.mode, g.tree.Record(f.Content).SHA256)
	}
	for _, l := range g.links {
		io.WriteString(h, l+"\n") //nolint:errcheck // a hash takes everything
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// list names the code that nobody owns and the code that is not what its owner
// shipped.
func (r *Result) list(g *merge) {
	for i := range r.files {
		f := &r.files[i]
		if !f.kind.Code() && f.owner != noOwner {
			continue
		}
		rec := g.tree.Record(f.Content)
		out := landwaiter.File{Path: f.Path, Layer: int(f.At.Layer), Size: f.size, Mode: f.mode, SHA256: hex.EncodeToString(rec.SHA256[:]), Kind: f.kind}
		switch {
		case f.owner == noOwner && !f.kind.Code():
			r.rest(out)
		case f.owner == noOwner:
			r.Unowned = append(r.Unowned, out)
		case f.changed(rec, g.layers[f.Content.Layer].notes[f.Content.Record]):
			out.Owner = r.Packages[f.owner].ID
			r.Changed = append(r.Changed, out)
		}
	}
	slices.SortStableFunc(r.Unowned, bigger)
	slices.SortStableFunc(r.Rest, bigger)
	r.Rest = r.Rest[:min(len(r.Rest), maxRest)]
}

// maxRest bounds Result.Rest.
const maxRest = 100

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

// changed reports whether the file is none of what its owner shipped, as far as
// there are sums that can be compared.
func (f *visible) changed(rec *image.Record, n note) bool {
	if f.conf || f.flags&flagUnread != 0 {
		return false
	}
	compared := false
	for _, sum := range f.sums {
		kind, want, _ := strings.Cut(sum, ":")
		switch {
		case kind == "sha256":
			compared = true
			if hex.EncodeToString(rec.SHA256[:]) == want {
				return false
			}
		case kind == "md5" && n.hasMD5:
			compared = true
			if hex.EncodeToString(n.md5[:]) == want {
				return false
			}
		}
	}
	return compared
}
