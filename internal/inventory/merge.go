package inventory

import (
	"cmp"
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
	files  visibles
	at     map[image.Content]int32 // the node of each record of which something is said, 0 where it is not visible

	packages []landwaiter.Package
	rows     []int32 // for each package: the row that named it
	provides map[int32][]string
	byID     map[string]int32
	keys     map[ownerKey]int32
	crates   map[int32]bool    // packages whose builder listed the crates in them
	lies     map[saidAt]string // of guesses that lie elsewhere than what names them
	gaps     []landwaiter.Gap
	words    []string // of the configuration, that may name what it starts
	// uncompared are files with a sum to compare, of a kind that was not made.
	uncompared map[image.Content]bool
	fresh      []Watched // by layer: what is not kept
}

// saidAt is a file that names package i.
type saidAt struct {
	i    int32
	path string
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

func newMerge(layers []*layerFacts) (*merge, error) {
	g := &merge{layers: layers, uncompared: map[image.Content]bool{}, at: saidOf(layers), byID: map[string]int32{}, keys: map[ownerKey]int32{}, provides: map[int32][]string{}, lies: map[saidAt]string{}}
	records := make([]*image.Records, len(layers))
	for i, l := range layers {
		records[i] = &l.records
	}
	var err error
	if g.tree, err = image.Merge(records); err != nil {
		return nil, err
	}
	g.files = make(visibles, g.tree.Nodes())
	linked := map[image.Content]bool{}
	for i := range g.files {
		g.files[i].owner = noOwner
		n := int32(i)
		if !g.tree.Named(n) {
			continue
		}
		at, c := g.tree.At(n), g.tree.Content(n)
		if _, said := g.at[at]; said {
			g.at[at] = n
		}
		if g.tree.Type(n) != image.TypeFile {
			continue
		}
		if at != c {
			linked[c] = true
		}
		note := layers[c.Layer].notes[c.Record]
		g.files[i].kind, g.files[i].flags = note.kind, note.flags&flagsSaid|flagFile
	}
	if len(linked) > 0 {
		for n, f := range g.files.all() {
			if linked[g.tree.Content(n)] {
				f.flags |= flagLinked
			}
		}
	}
	return g, nil
}

// saidOf are the records of which a reader said something. There are few.
func saidOf(layers []*layerFacts) map[image.Content]int32 {
	at := map[image.Content]int32{}
	for i, l := range layers {
		for j := range l.facts {
			at[image.Content{Layer: int32(i), Record: l.facts[j].record}] = rootNode
		}
		for j := range l.systems {
			at[image.Content{Layer: int32(i), Record: l.systems[j].record}] = rootNode
		}
	}
	return at
}

// visibleAt is where the name that a record put there really is.
func (g *merge) visibleAt(layer int, record int32) (real string, ok bool) {
	n := g.at[image.Content{Layer: int32(layer), Record: record}]
	if n == rootNode {
		return "", false
	}
	return g.tree.Path(n), true
}

// fileAt is the node of the file at path, -1 where there is none.
func (g *merge) fileAt(path string) int32 {
	n, ok := g.tree.Find(path)
	if !ok || !g.files[n].is(flagFile) {
		return -1
	}
	return n
}

// each calls visit for all that is said about files that are visible: by the
// first pass about a file's own name, by the second about its other names.
func (g *merge) each(visit func(layer int, real string, f *fileFacts)) {
	for i, l := range g.layers {
		for j := range l.facts {
			if real, ok := g.visibleAt(i, l.facts[j].record); ok {
				visit(i, real, &l.facts[j])
			}
		}
	}
	for _, s := range g.second {
		for j := range s.facts {
			f := &s.facts[j]
			own := image.Content{Layer: int32(s.layer), Record: f.record}
			// Another file may stand there by now: this is not said of it.
			if v, ok := g.tree.Lookup(f.path); ok && v.Content == own {
				visit(int(v.At.Layer), v.Path, f)
			}
		}
	}
}

func (g *merge) result() (*Result, error) {
	sys := g.system()
	g.collect(sys)
	g.amend()
	g.own()
	g.dropGuesses()
	g.ownedBy()
	g.depend()
	g.collectGaps()
	r := &Result{files: g.files, tree: g.tree}
	r.Unowned, r.Changed = []landwaiter.File{}, []landwaiter.File{}
	r.System, r.Packages, r.Gaps = sys, g.packages, append([]landwaiter.Gap{}, g.gaps...)
	g.count(r)
	r.sortPackages()
	r.TreeDigest = g.digest()
	r.list(g)
	g.seen(r)
	r.gained(g)
	r.started(g)
	return r, nil
}

// system is the operating system of the visible file that says it best.
func (g *merge) system() *landwaiter.System {
	for _, p := range osReleasePaths {
		for i, l := range g.layers {
			for j := range l.systems {
				if real, ok := g.visibleAt(i, l.systems[j].record); ok && real == p {
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
			real := g.real(l.records.Path(f.record))
			for k := range f.packages {
				key := firstSeen{real, identity(&f.packages[k].pkg), f.row}
				if _, ok := first[key]; !ok {
					first[key] = i
				}
			}
		}
	}
	waiting := map[ownerKey]func(key string){}
	g.each(func(layer int, real string, f *fileFacts) {
		for k := range f.packages {
			p := &f.packages[k]
			from := layer
			if n, ok := first[firstSeen{real, identity(&p.pkg), f.row}]; ok {
				from = n
			}
			if p.waits == "" {
				g.admit(p, f.row, from, real, sys, p.keys)
			} else if at := (ownerKey{f.row, p.waits}); waiting[at] == nil {
				waiting[at] = func(key string) { g.admit(p, f.row, from, real, sys, append([]string{key}, p.keys...)) }
			}
		}
	})
	g.confirm(waiting)
}

// admit makes or finds the package of a fact from a file at real.
func (g *merge) admit(f *packageFact, row, layer int, real string, sys *landwaiter.System, keys []string) {
	p := f.pkg
	p.ID = identity(&p)
	ev := p.Evidence[0]
	ev.Layer = layer
	if _, inner, ok := strings.Cut(ev.Path, "!/"); ok {
		ev.Path = real + "!/" + inner
		if ecosystems[row].system {
			// A system of its own, or a part of one: it is not this one.
			p.ID += "<" + real
			sys = nil
		}
	} else {
		ev.Path = real
	}
	i := g.add(p, ev, row, sys)
	if f.lies != "" {
		g.lies[saidAt{i, ev.Path}] = f.lies
	}
	g.provides[i] = appendMore(g.provides[i], f.provides)
	for _, key := range keys {
		if k := (ownerKey{row, key}); g.free(k, i) {
			g.keys[k] = i
		}
	}
}

// confirm lets in the packages that waited for another file's word.
func (g *merge) confirm(waiting map[ownerKey]func(key string)) {
	g.each(func(layer int, _ string, f *fileFacts) {
		for _, c := range f.confirms {
			if _, known := g.keys[ownerKey{f.row, c.key}]; known {
				continue
			}
			if admit := waiting[ownerKey{f.row, c.waiting}]; admit != nil {
				admit(c.key)
				continue
			}
			gap := c.otherwise
			gap.Layer = layer
			g.gaps = append(g.gaps, gap)
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
		q.Requires, q.Mapped = appendMore(q.Requires, p.Requires), appendMore(q.Mapped, p.Mapped)
		q.Requested = q.Requested || p.Requested
		if q.SourceName == "" { // chisel's list does not say it, and dpkg's does
			q.SourceName, q.SourceVersion = p.SourceName, p.SourceVersion
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
	g.rows = append(g.rows, int32(row))
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

// asShipped reports whether the file is what a package of the system brought, by
// its sum: whatever is in it, that package has a name, and its maker answers.
func (g *merge) asShipped(path string) bool {
	n := g.fileAt(path)
	if n < 0 {
		return false
	}
	f := &g.files[n]
	return f.owner != noOwner && f.is(flagSystem) && f.state() == stateShipped
}

func (g *merge) collectGaps() {
	for i, l := range g.layers {
		for _, gap := range l.gaps {
			gap.Layer = i
			g.gaps = append(g.gaps, gap)
		}
	}
	for _, s := range g.second { // what both passes met is said once
		for _, gap := range s.gaps {
			gap.Layer = s.layer
			g.gaps = append(g.gaps, gap)
		}
	}
	g.gaps = append(g.gaps, g.tree.Gaps...)
	g.shutGaps()
	g.uncomparedGaps()
	// Gaps of readers matter where the file is visible; a package database that a
	// later layer replaced is read in its later form.
	g.each(func(layer int, real string, f *fileFacts) {
		// What a row that guesses could not find out about a file matters where
		// nobody else answers for the file.
		if ecosystems[f.row].guess && len(f.gaps) > 0 {
			if owner := g.ownerOf(real); owner != noOwner && !ecosystems[g.rows[owner]].guess {
				return
			}
		}
		answered := len(f.gaps) > 0 && !ecosystems[f.row].system && g.asShipped(real)
		for _, gap := range f.gaps {
			if strings.HasPrefix(gap.Reason, rustUnlisted) && g.crates[g.ownerOf(real)] {
				continue
			}
			gap.Layer = layer
			gap.Code = gap.Code && !answered
			g.gaps = append(g.gaps, gap)
		}
	})
	slices.SortFunc(g.gaps, func(a, b landwaiter.Gap) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Bytes, b.Bytes))
	})
	g.gaps = slices.Compact(g.gaps)
}
