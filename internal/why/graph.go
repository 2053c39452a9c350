package why

import (
	"cmp"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// graph is who needs or holds whom.
type graph struct {
	pkgs     []landwaiter.Package
	index    map[string]int32
	up, down [][]int32 // by package: those that need it, those that it needs; by ID
	holds    map[edge]bool
	// needs and requests are the ecosystems that say what packages need, and which
	// of them somebody asked for.
	needs, requests map[string]bool
	loop            []int32 // by package: the number of its loop
	size            []int32 // by loop: how many packages
	outer           []bool  // by loop: nobody outside needs any of it
}

type edge struct{ from, to int32 }

func newGraph(pkgs []landwaiter.Package) *graph {
	g := &graph{
		pkgs: pkgs, index: make(map[string]int32, len(pkgs)), up: make([][]int32, len(pkgs)), down: make([][]int32, len(pkgs)),
		holds: map[edge]bool{}, needs: map[string]bool{}, requests: map[string]bool{},
	}
	for i := range pkgs {
		g.index[pkgs[i].ID] = int32(i)
	}
	add := func(from, to int32) {
		if from != to {
			g.down[from] = append(g.down[from], to)
		}
	}
	for i := range pkgs {
		p := &pkgs[i]
		g.needs[p.Ecosystem] = g.needs[p.Ecosystem] || len(p.Requires) > 0 || len(p.DependsOn) > 0
		g.requests[p.Ecosystem] = g.requests[p.Ecosystem] || p.Requested
		for _, id := range p.DependsOn {
			if j, ok := g.index[id]; ok {
				add(int32(i), j)
			}
		}
		for _, id := range []string{p.OwnedBy, p.PartOf} {
			if j, ok := g.index[id]; ok {
				add(j, int32(i))
				g.holds[edge{j, int32(i)}] = true
			}
		}
	}
	byID := func(a, b int32) int { return cmp.Compare(pkgs[a].ID, pkgs[b].ID) }
	for i := range g.down {
		slices.SortFunc(g.down[i], byID)
		g.down[i] = slices.Compact(g.down[i])
		for _, j := range g.down[i] {
			g.up[j] = append(g.up[j], int32(i))
		}
	}
	for i := range g.up {
		slices.SortFunc(g.up[i], byID)
	}
	g.loops()
	return g
}

// loops numbers the strongly connected components: packages that need each other.
// A package in no loop is one of its own. It is Tarjan's algorithm without
// recursion, so that a chain of any length is no danger.
func (g *graph) loops() {
	n := len(g.pkgs)
	g.loop = make([]int32, n)
	at, low := make([]int32, n), make([]int32, n) // order of discovery from 1; 0 is not yet
	next := make([]int, n)
	open := make([]bool, n)
	var stack, path []int32
	count := int32(0)
	for start := range int32(n) {
		if at[start] != 0 {
			continue
		}
		path = append(path, start)
		for len(path) > 0 {
			v := path[len(path)-1]
			if at[v] == 0 {
				count++
				at[v], low[v], open[v] = count, count, true
				stack = append(stack, v)
			}
			if next[v] < len(g.down[v]) {
				w := g.down[v][next[v]]
				next[v]++
				switch {
				case at[w] == 0:
					path = append(path, w)
				case open[w]:
					low[v] = min(low[v], at[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				low[path[len(path)-1]] = min(low[path[len(path)-1]], low[v])
			}
			if low[v] != at[v] {
				continue
			}
			g.size = append(g.size, 0)
			for w := noPackage; w != v; {
				w = stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				open[w], g.loop[w] = false, int32(len(g.size)-1)
				g.size[len(g.size)-1]++
			}
		}
	}
	g.outer = slices.Repeat([]bool{true}, len(g.size))
	for i := range g.down {
		for _, j := range g.down[i] {
			if g.loop[i] != g.loop[j] {
				g.outer[g.loop[j]] = false
			}
		}
	}
}

const noPackage = int32(-1)

// root reports whether i is there for its own sake: somebody asked for it, or nothing
// outside its loop needs it.
func (g *graph) root(i int32) bool { return g.pkgs[i].Requested || g.outer[g.loop[i]] }

// reach returns all that can be reached from i, i first.
func (g *graph) reach(i int32, next [][]int32) []int32 {
	seen := make([]bool, len(g.pkgs))
	seen[i] = true
	out := []int32{i}
	for k := 0; k < len(out); k++ {
		for _, j := range next[out[k]] {
			if !seen[j] {
				seen[j] = true
				out = append(out, j)
			}
		}
	}
	return out
}

// chains finds the shortest ways from roots to package i, and counts the roots. A
// way ends at the first package on it that somebody asked for; of packages that
// need each other only the nearest begins one.
func (g *graph) chains(i int32) ([]Chain, int) {
	toward := make([]int32, len(g.pkgs)) // the next package on the way to i
	for k := range toward {
		toward[k] = noPackage
	}
	toward[i] = i
	var roots []int32
	begun := map[int32]bool{} // loops that began a chain
	queue := []int32{i}
	for k := 0; k < len(queue); k++ {
		v := queue[k]
		if v != i && g.root(v) && (g.pkgs[v].Requested || g.loop[v] != g.loop[i] && !begun[g.loop[v]]) {
			roots = append(roots, v)
			begun[g.loop[v]] = true
		}
		if v != i && g.pkgs[v].Requested {
			continue
		}
		for _, j := range g.up[v] {
			if toward[j] == noPackage {
				toward[j] = v
				queue = append(queue, j)
			}
		}
	}
	// The queue gave them by distance; those that somebody asked for come first.
	slices.SortStableFunc(roots, func(a, b int32) int { return -compareBool(g.pkgs[a].Requested, g.pkgs[b].Requested) })
	out := []Chain{}
	for _, r := range roots[:min(len(roots), MaxChains)] {
		c := Chain{Requested: g.pkgs[r].Requested, Loop: !g.pkgs[r].Requested && g.size[g.loop[r]] > 1}
		for v, from := r, noPackage; ; v, from = toward[v], v {
			c.Links = append(c.Links, Link{Named: named(&g.pkgs[v]), Holds: from != noPackage && g.holds[edge{from, v}]})
			if v == i {
				break
			}
		}
		out = append(out, c)
	}
	return out, len(roots)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// onlyBy returns the packages that are there only because of i, by ID: those that no
// root reaches any more once i is gone. Its own loop holds no root then, unless
// somebody asked for one.
func (g *graph) onlyBy(i int32) []int32 {
	kept := make([]bool, len(g.pkgs))
	var queue []int32
	for k := range int32(len(g.pkgs)) {
		if k != i && g.root(k) && (g.pkgs[k].Requested || g.loop[k] != g.loop[i]) {
			kept[k] = true
			queue = append(queue, k)
		}
	}
	for k := 0; k < len(queue); k++ {
		for _, j := range g.down[queue[k]] {
			if j != i && !kept[j] {
				kept[j] = true
				queue = append(queue, j)
			}
		}
	}
	var gone []int32
	for _, j := range g.reach(i, g.down)[1:] {
		if !kept[j] {
			gone = append(gone, j)
		}
	}
	slices.SortFunc(gone, func(a, b int32) int { return cmp.Compare(g.pkgs[a].ID, g.pkgs[b].ID) })
	return gone
}

func (g *graph) names(list []int32) []Named {
	out := make([]Named, 0, len(list))
	for _, i := range list {
		out = append(out, named(&g.pkgs[i]))
	}
	return out
}

// one names the package with this ID; nil where there is none.
func (g *graph) one(id string) *Named {
	i, ok := g.index[id]
	if !ok {
		return nil
	}
	n := named(&g.pkgs[i])
	return &n
}
