package inventory

import (
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// turns are whose claims come first: the system's package managers, others that
// ship whole programs, then those of languages. A guess comes last of all.
var turns = []func(e *ecosystem) bool{
	func(e *ecosystem) bool { return e.system },
	func(e *ecosystem) bool { return e.builds && !e.system },
	func(e *ecosystem) bool { return !e.builds && !e.guess },
}

// own gives files to the packages that claim them: by name, then by the deepest
// folder; then to the programs that rows recognised; what is left, to those that
// wrote it when they were installed.
func (g *merge) own() {
	moved := g.diversions()
	for i, turn := range turns {
		if i == len(turns)-1 {
			// What lies in a sealed folder came with it, even where a language's
			// own record claims it by name.
			g.trees(func(e *ecosystem) bool { return e.sealed })
		}
		g.named(moved, turn)
	}
	g.trees(func(e *ecosystem) bool { return !e.guess })
	guess := func(e *ecosystem) bool { return e.guess }
	g.named(nil, guess)
	g.trees(guess)
	g.leavings()
}

// named gives files to the packages of some rows that claim them by name.
func (g *merge) named(moved map[string]diversion, turn func(*ecosystem) bool) {
	g.each(func(_ int, real string, f *fileFacts) {
		e := &ecosystems[f.row]
		if !turn(e) || g.shipped(e, real) {
			return
		}
		for c := range f.claims.all() {
			owner, ok := g.keys[ownerKey{f.row, c.key}]
			if !ok || c.tree {
				continue
			}
			if to, ok := moved[c.path]; ok {
				if name, _, _ := strings.Cut(c.key, ":"); name != to.by {
					c.path = to.to
				}
			}
			g.claim(c, owner, e.system)
		}
	})
}

// shipped reports whether what row e guesses about the file at real counts for
// nothing, because a manager ships the file: that one says what belongs to it.
func (g *merge) shipped(e *ecosystem, real string) bool {
	if !e.guess {
		return false
	}
	owner := g.ownerOf(real)
	return owner != noOwner && ecosystems[g.rows[owner]].builds
}

// diversions are the files that dpkg put elsewhere, by their own path.
func (g *merge) diversions() map[string]diversion {
	out := map[string]diversion{}
	g.each(func(_ int, _ string, f *fileFacts) {
		if !slices.ContainsFunc(f.claims.keys, func(k string) bool { return strings.HasPrefix(k, diverts) }) {
			return
		}
		for c := range f.claims.all() {
			if d, ok := c.asDiversion(); ok {
				out[d.from] = d
			}
		}
	})
	return out
}

func (g *merge) claim(c claim, owner int32, system bool) {
	n := g.fileAt(c.path)
	if n < 0 {
		return
	}
	f := &g.files[n]
	if f.owner == noOwner {
		f.give(owner, system)
	}
	if f.owner != owner && f.is(flagSystem) && !system {
		return // the distribution answers for it
	}
	// Two packages of one manager may share a path: what either shipped is intact.
	if c.conf {
		f.flags |= flagConf
	}
	if f.sum != stateShipped {
		f.sum = max(f.sum, g.compare(g.tree.Content(n), c.sum))
	}
}

// trees gives what nobody claims by name to the deepest folder that is claimed.
func (g *merge) trees(turn func(*ecosystem) bool) {
	type holder struct {
		owner  int32
		system bool
	}
	folders := map[int32]holder{}
	g.each(func(_ int, at string, f *fileFacts) {
		if e := &ecosystems[f.row]; f.claims.trees == 0 || !turn(e) || g.shipped(e, at) {
			return
		}
		for c := range f.claims.all() {
			owner, ok := g.keys[ownerKey{f.row, c.key}]
			if !ok || !c.tree {
				continue
			}
			if n, ok := g.tree.Folder(c.path); ok && n != rootNode {
				if _, taken := folders[n]; !taken {
					folders[n] = holder{owner, ecosystems[f.row].system}
				}
			}
		}
	})
	if len(folders) == 0 {
		return
	}
	for n, f := range g.files.all() {
		if f.owner != noOwner {
			continue
		}
		for dir := g.tree.Parent(n); dir != rootNode; dir = g.tree.Parent(dir) {
			if h, ok := folders[dir]; ok {
				f.give(h.owner, h.system)
				break
			}
		}
	}
}

// dropGuesses takes back what was recognised in files that a package manager
// ships: a distribution's curl is that package, and no second one. Nor is what
// the row of the file's owner names itself.
func (g *merge) dropGuesses() {
	to := make([]int32, len(g.packages))
	named := g.namedFolders()
	shown := g.shown()
	listed := g.listed()
	n := int32(0)
	for i := range g.packages {
		p := &g.packages[i]
		if ecosystems[g.rows[i]].told {
			p.Evidence = slices.DeleteFunc(p.Evidence, func(ev landwaiter.Evidence) bool {
				owner := g.ownerOf(ev.Path)
				return owner != noOwner && shown[shownBy{owner: owner, purl: plainPURL(p.PURL)}]
			})
		}
		if ecosystems[g.rows[i]].guess {
			p.Evidence = slices.DeleteFunc(p.Evidence, func(ev landwaiter.Evidence) bool {
				owner := g.ownerOf(ev.Path)
				if owner != noOwner {
					e := &ecosystems[g.rows[owner]]
					if e.builds || !e.guess && shown[shownBy{noOwner, g.rows[owner], plainPURL(p.PURL)}] {
						return true
					}
				}
				folder, elsewhere := g.lies[saidAt{int32(i), ev.Path}]
				if !elsewhere {
					return false
				}
				n, ok := g.tree.Folder(folder)
				built, holds := named[n]
				return !ok || !holds || built || g.namesItself(g.tree.Path(n), p.Name)
			})
		}
		to[i] = noOwner
		if len(p.Evidence) > 0 {
			to[i] = n
			n++
		}
	}
	provides := map[int32][]string{}
	for i := range g.packages {
		if k := to[i]; k != noOwner {
			g.packages[k], g.rows[k] = g.packages[i], g.rows[i]
			if list := g.provides[int32(i)]; len(list) > 0 {
				provides[k] = list
			}
		}
	}
	g.packages, g.rows, g.provides = g.packages[:n], g.rows[:n], provides
	for _, f := range g.files.all() {
		if f.owner != noOwner {
			f.owner = to[f.owner]
		}
	}
	g.crates = map[int32]bool{}
	for owner := range listed {
		g.crates[to[owner]] = true
	}
	// What names packages by their place is of no use from here on.
	g.byID, g.keys, g.lies = nil, nil, nil
}

// namedFolders are the folders that hold files, by node: true where a file in one, however
// deep, is of a manager that ships whole programs. It is empty where nobody asks.
func (g *merge) namedFolders() map[int32]bool {
	folders := map[int32]bool{}
	if len(g.lies) == 0 {
		return folders
	}
	for n, f := range g.files.all() {
		built := f.owner != noOwner && ecosystems[g.rows[f.owner]].builds
		for dir := g.tree.Parent(n); dir != rootNode; dir = g.tree.Parent(dir) {
			old, known := folders[dir]
			if known && (old || !built) {
				break // and so it is for those above
			}
			folders[dir] = built
		}
	}
	return folders
}

// namesItself reports whether software of that name in a folder was seen by a row
// that does not guess.
func (g *merge) namesItself(folder, name string) bool {
	for i := range g.packages {
		if ecosystems[g.rows[i]].guess || !strings.EqualFold(g.packages[i].Name, name) {
			continue
		}
		for _, ev := range g.packages[i].Evidence {
			if strings.HasPrefix(ev.Path, folder+"/") {
				return true
			}
		}
	}
	return false
}

// ownedBy finds the packages that another package manager installed: the file
// that names them is its own. One that stands in several places may be the
// distribution's in one and somebody else's in another: then it is two.
func (g *merge) ownedBy() {
	held := map[int]int32{}
	for i, n := 0, len(g.packages); i < n; i++ {
		if ecosystems[g.rows[i]].system {
			continue
		}
		if holder := g.holder(int32(i)); holder != noOwner {
			held[i] = holder
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
				g.rows = append(g.rows, g.rows[i])
				if list, ok := g.provides[int32(i)]; ok {
					g.provides[int32(at)] = list
				}
			}
			p := &g.packages[at]
			p.Evidence, p.OwnedBy, p.ID = places[by], by, identity(p)
			if by != "" {
				p.ID += "<" + by
			}
		}
	}
	for i, holder := range held {
		g.packages[i].PartOf = g.packages[holder].ID
	}
}

// holder is the package of another manager that holds package i: all that was
// seen of it lies in that one, and no distribution answers for it.
func (g *merge) holder(i int32) int32 {
	holder := int32(noOwner)
	for k, ev := range g.packages[i].Evidence {
		owner := g.ownerOf(ev.Path)
		if owner == noOwner || owner == i || k > 0 && owner != holder {
			return noOwner
		}
		if e := &ecosystems[g.rows[owner]]; !e.builds || e.system {
			return noOwner
		}
		holder = owner
	}
	return holder
}

// ownerOf is the package that owns the file in which something was seen.
func (g *merge) ownerOf(evidence string) int32 {
	outer, _, _ := strings.Cut(evidence, "!/")
	n := g.fileAt(outer)
	if n < 0 {
		return noOwner
	}
	return g.files[n].owner
}

// systemOwner is the ID of the system's package that owns the file, "" for none.
func (g *merge) systemOwner(evidence string) string {
	owner := g.ownerOf(evidence)
	if owner == noOwner || !ecosystems[g.rows[owner]].system {
		return ""
	}
	return g.packages[owner].ID
}
