package inventory

import (
	"path"
	"slices"
	"strings"
)

// maxAnswers bounds the packages that one required name leads to.
const maxAnswers = 16

// amend applies what other files say about packages that named themselves.
func (g *merge) amend() {
	g.each(func(_ int, _ string, f *fileFacts) {
		for _, a := range f.later {
			i, ok := g.keys[ownerKey{f.row, a.key}]
			if !ok {
				continue
			}
			p := &g.packages[i]
			if p.Origin == "" {
				p.Origin = a.origin
			}
			p.Requested = p.Requested || a.requested
			p.Requires = appendNew(p.Requires, a.requires)
			p.Mapped = appendNew(p.Mapped, a.mapped)
		}
	})
}

// appendNew appends what list lacks. It does not write to list's own memory,
// which facts hold.
func appendNew(list, more []string) []string {
	list = slices.Clip(list)
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// answerTo names something that packages of one row require.
type answerTo struct {
	row  int32
	name string
}

// depend finds the observed packages that each package's Requires ask for.
func (g *merge) depend() {
	names := map[answerTo][]int32{}
	add := func(row int32, name string, i int32) {
		k := answerTo{row, fold(row, name)}
		if !slices.Contains(names[k], i) {
			names[k] = append(names[k], i)
		}
	}
	for i := range g.packages {
		add(g.rows[i], g.packages[i].Name, int32(i))
	}
	for i, list := range g.provides {
		for _, name := range list {
			add(g.rows[i], name, i)
		}
	}
	for i := range g.packages {
		p := &g.packages[i]
		var ids []string
		for _, want := range p.Requires {
			for _, j := range g.nearest(int32(i), names[answerTo{g.rows[i], fold(g.rows[i], want)}]) {
				if int(j) != i {
					ids = append(ids, g.packages[j].ID)
				}
			}
		}
		slices.Sort(ids)
		p.DependsOn = slices.Compact(ids)
	}
}

func fold(row int32, name string) string {
	if f := ecosystems[row].fold; f != nil {
		return f(name)
	}
	return name
}

// nearest keeps those of several answers that lie nearest to package i: in the
// same environment, or in the folder where a runtime looks first.
func (g *merge) nearest(i int32, answers []int32) []int32 {
	if len(answers) < 2 || ecosystems[g.rows[i]].system {
		return answers[:min(len(answers), maxAnswers)]
	}
	best, out := -1, []int32(nil)
	for _, j := range answers {
		n := 0
		for _, a := range g.packages[i].Evidence {
			for _, b := range g.packages[j].Evidence {
				n = max(n, shared(a.Path, b.Path))
			}
		}
		switch {
		case n > best:
			best, out = n, append(out[:0], j)
		case n == best && len(out) < maxAnswers:
			out = append(out, j)
		}
	}
	return out
}

// shared counts the folders that two paths share from the root on.
func shared(a, b string) int {
	n := 0
	a, b = path.Dir(a), path.Dir(b)
	for a != "" && b != "" {
		x, restA, _ := strings.Cut(a, "/")
		y, restB, _ := strings.Cut(b, "/")
		if x != y {
			break
		}
		n++
		a, b = restA, restB
	}
	return n
}
