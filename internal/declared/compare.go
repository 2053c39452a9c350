package declared

import (
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Compare holds a list against the observed packages. A list is held only against
// what it can speak of, and an observed package that the list does not name is "not
// declared" only where nothing declared needs it, and no image that a recipe builds
// on may have brought it.
func Compare(d *landwaiter.Declaration, packages []landwaiter.Package) landwaiter.Comparison {
	c := &comparison{d: d, packages: packages, out: landwaiter.Comparison{
		File: d.File, Format: d.Format, SHA256: d.SHA256, Base: d.Base, Notes: d.Notes, Ecosystems: []string{},
	}}
	c.index()
	for _, group := range c.groups() {
		c.match(group)
	}
	c.brought()
	c.rest()
	c.out.Ecosystems = slices.Sorted(maps.Keys(c.seen))
	if !d.Everything {
		c.out.Ecosystems = append([]string{}, d.Ecosystems...)
	}
	return c.out
}

// status is what is known of an observed package.
type status int

const (
	notNamed   status = iota
	isDeclared        // the list names it, in this version or another
	isBrought         // something declared needs it
)

type comparison struct {
	d        *landwaiter.Declaration
	packages []landwaiter.Package
	byKey    map[key][]int    // every name of an observed package, those in other ecosystems as well
	byName   map[string][]int // for items without an ecosystem
	byID     map[string]int
	seen     map[string]bool // ecosystems in which something was observed
	status   []status
	out      landwaiter.Comparison
}

func (c *comparison) index() {
	c.byKey, c.byName, c.byID = map[key][]int{}, map[string][]int{}, map[string]int{}
	c.seen, c.status = map[string]bool{}, make([]status, len(c.packages))
	for i := range c.packages {
		p := &c.packages[i]
		if p.Declared {
			continue // nobody observed it
		}
		own := observedKey(p)
		c.byID[p.ID] = i
		c.seen[own.ecosystem] = true
		c.byName[strings.ToLower(p.Name)] = append(c.byName[strings.ToLower(p.Name)], i)
		keys := []key{own, {own.ecosystem, fold(own.ecosystem, p.Name)}}
		for _, m := range p.Mapped {
			keys = append(keys, keyOf("", "", m))
		}
		slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.ecosystem+"\x00"+a.name, b.ecosystem+"\x00"+b.name) })
		for _, k := range slices.Compact(keys) {
			c.byKey[k] = append(c.byKey[k], i)
		}
	}
	// A distribution's list may name the source, not what is built from it.
	for i := range c.packages {
		p := &c.packages[i]
		k := key{observedKey(p).ecosystem, p.SourceName}
		if p.SourceName != "" && !p.Declared && len(c.byKey[k]) == 0 {
			c.byKey[key{k.ecosystem, "\x00source:" + k.name}] = append(c.byKey[key{k.ecosystem, "\x00source:" + k.name}], i)
		}
	}
}

// group is the items of the list that name the same software.
type group struct {
	key   key
	items []*landwaiter.DeclaredPackage
}

// groups joins items by name, in the order of the list. An item that stands twice
// counts once.
func (c *comparison) groups() []*group {
	var out []*group
	at := map[key]*group{}
	for i := range c.d.Packages {
		p := &c.d.Packages[i]
		k := declaredKey(p)
		g := at[k]
		if g == nil {
			g = &group{key: k}
			at[k] = g
			out = append(out, g)
		}
		if !slices.ContainsFunc(g.items, func(o *landwaiter.DeclaredPackage) bool {
			return versionOf(o) == versionOf(p) && o.Constraint == p.Constraint
		}) {
			g.items = append(g.items, p)
			c.out.Declared++
		}
	}
	return out
}

// candidates are the observed packages of a name.
func (c *comparison) candidates(k key) []int {
	if list := c.byKey[k]; len(list) > 0 {
		return list
	}
	switch k.ecosystem {
	case "unknown":
		return c.byName[strings.ToLower(k.name)]
	case "java": // an archive that does not say its group
		return c.byKey[key{"java", k.name[strings.LastIndexByte(k.name, '/')+1:]}]
	case "go": // a program's package stands below its module
		for name := k.name; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				return nil
			}
			name = name[:i]
			if list := c.byKey[key{"go", name}]; len(list) > 0 {
				return list
			}
		}
	}
	return c.byKey[key{k.ecosystem, "\x00source:" + k.name}]
}

func (c *comparison) match(g *group) {
	list := c.candidates(g.key)
	if len(list) == 0 {
		for _, p := range g.items {
			if g.key.ecosystem != "unknown" && !c.seen[g.key.ecosystem] && c.d.Everything {
				c.out.NotCompared++
			} else {
				c.out.NotObserved = append(c.out.NotObserved, *p)
			}
		}
		return
	}
	covered := map[int]bool{}
	var left []*landwaiter.DeclaredPackage
	for _, p := range g.items {
		best := differs
		for _, i := range list {
			switch c.holds(p, &c.packages[i], g.key) {
			case fits:
				covered[i], best = true, fits
			case unknown:
				if covered[i] = true; best != fits {
					best = unknown
				}
			case differs:
			}
		}
		switch best {
		case differs:
			left = append(left, p)
		case unknown:
			c.out.Unchecked++
			fallthrough
		default:
			c.out.Matched++
		}
	}
	c.differ(g, list, covered, left)
}

// differ pairs items whose version was not seen with versions that no item allows.
func (c *comparison) differ(g *group, list []int, covered map[int]bool, left []*landwaiter.DeclaredPackage) {
	var others []int
	for _, i := range list {
		c.status[i] = isDeclared
		if !covered[i] {
			others = append(others, i)
		}
	}
	for n, p := range left {
		if len(others) == 0 {
			c.out.NotObserved = append(c.out.NotObserved, *p)
			continue
		}
		c.out.Differ = append(c.out.Differ, landwaiter.Difference{Declared: *p, Observed: c.packages[others[min(n, len(others)-1)]].ID})
	}
	// Versions beside those that the list allows.
	for n, i := range others {
		if n < len(left) {
			continue
		}
		c.out.Differ = append(c.out.Differ, landwaiter.Difference{Declared: *g.items[0], Observed: c.packages[i].ID})
	}
}

// holds compares versions. Where a list names a distribution's source, its version
// is held against the source's.
func (c *comparison) holds(p *landwaiter.DeclaredPackage, o *landwaiter.Package, k key) verdict {
	eco := observedKey(o).ecosystem
	if v := versionOf(p); v != "" {
		if same(eco, v, o.Version) || o.SourceVersion != "" && o.SourceName == k.name && same(eco, v, o.SourceVersion) {
			return fits
		}
		return differs
	}
	return allows(eco, p.Constraint, o.Version)
}

// step is a package on the way from a declared one.
type step struct{ at, by int }

// brought follows what declared packages need, nearest first.
func (c *comparison) brought() {
	inside := c.inside()
	var queue []step
	for i := range c.packages {
		if c.status[i] != isDeclared {
			continue
		}
		queue = append(queue, step{i, i})
		// The list names the software by what is inside the other manager's package.
		if o := c.owner(i); o >= 0 && c.status[o] == notNamed && alike(&c.packages[o], &c.packages[i]) {
			c.status[o] = isDeclared
			queue = append(queue, step{o, i})
		}
	}
	for n := 0; n < len(queue); n++ {
		s := queue[n]
		for _, i := range inside[s.at] {
			if c.status[i] == notNamed {
				c.status[i] = c.status[s.at]
				queue = append(queue, step{i, s.by})
			}
		}
		for _, id := range c.packages[s.at].DependsOn {
			i, ok := c.byID[id]
			if !ok || c.status[i] != notNamed {
				continue
			}
			c.status[i] = isBrought
			c.out.Brought = append(c.out.Brought, landwaiter.Brought{ID: id, By: c.packages[s.by].ID})
			queue = append(queue, step{i, s.by})
		}
	}
	slices.SortFunc(c.out.Brought, func(a, b landwaiter.Brought) int { return strings.Compare(a.ID, b.ID) })
}

// inside lists for each package those that it holds under the names of other
// managers.
func (c *comparison) inside() map[int][]int {
	out := map[int][]int{}
	for i := range c.packages {
		if o := c.owner(i); o >= 0 {
			out[o] = append(out[o], i)
		}
	}
	return out
}

// alike reports whether a package of one manager is called after what is inside it:
// python3-numpy after numpy, python3-yaml after PyYAML.
func alike(owner, inner *landwaiter.Package) bool {
	const least = 3 // a shorter name stands in many others
	outer, name := normalPython(owner.Name), normalPython(inner.Name)
	bare := outer
	for _, prefix := range []string{"python3-", "python-", "r-cran-", "r-bioc-", "r-", "node-", "ruby-", "lib"} {
		if s, ok := strings.CutPrefix(outer, prefix); ok {
			bare = s
			break
		}
	}
	return outer == name || len(name) >= least && strings.Contains(outer, name) || len(bare) >= least && strings.Contains(name, bare)
}

// rest sorts what is neither declared nor brought.
func (c *comparison) rest() {
	for i := range c.packages {
		p := &c.packages[i]
		if p.Declared || c.status[i] != notNamed {
			continue
		}
		switch {
		case !c.speaksOf(i):
			c.out.NotSpoken++
		case c.folded(i):
			// The same software as its owner, which is counted.
		case len(c.d.Base) > 0:
			c.out.MaybeBase++
		default:
			c.out.NotDeclared = append(c.out.NotDeclared, p.ID)
		}
	}
}

// owner is the package of another manager that holds package i, -1 for none.
func (c *comparison) owner(i int) int {
	for _, id := range []string{c.packages[i].PartOf, c.packages[i].OwnedBy} {
		if o, ok := c.byID[id]; ok && id != "" && o != i {
			return o
		}
	}
	return -1
}

// maxOwners is how far owners of owners are followed.
const maxOwners = 8

// speaksOf reports whether the list could name package i: not where another manager
// brought it of which the list cannot speak.
func (c *comparison) speaksOf(i int) bool {
	if c.d.Everything {
		return true
	}
	for range maxOwners {
		if !slices.Contains(c.d.Ecosystems, observedKey(&c.packages[i]).ecosystem) {
			return false
		}
		if i = c.owner(i); i < 0 {
			return true
		}
	}
	return true
}

// folded reports whether package i is another name of a package that is listed by
// its own: that one's place is this one's.
func (c *comparison) folded(i int) bool {
	if c.owner(i) < 0 {
		return false
	}
	for range maxOwners {
		if i = c.owner(i); i < 0 {
			return true
		}
	}
	return false
}
