package inventory

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

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
