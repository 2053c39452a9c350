package inventory

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxAnswers bounds the packages that one required name leads to.
const maxAnswers = 16

// maxCandidates bounds those among which they are looked for: a hostile list may
// give one name to very many.
const maxCandidates = 1024

// amend applies what other files say about packages that named themselves.
func (g *merge) amend() {
	g.each(func(_ int, _ string, f *fileFacts) {
		named := map[int32]bool{}
		for _, a := range f.later {
			i, ok := g.keys[ownerKey{f.row, a.key}]
			if !ok { // the key may be a folder, and this a link to it
				if real, there := g.tree.Real(a.key); there {
					i, ok = g.keys[ownerKey{f.row, real}]
				}
			}
			if ok {
				named[i] = true
				amendPackage(&g.packages[i], a)
			}
		}
		for _, a := range f.later {
			if a.key != everyOther {
				continue
			}
			for i := range g.packages {
				if int(g.rows[i]) == f.row && !named[int32(i)] && !packed(&g.packages[i]) {
					amendPackage(&g.packages[i], a)
				}
			}
		}
	})
}

func amendPackage(p *landwaiter.Package, a amendment) {
	if p.Origin == "" {
		p.Origin = a.origin
	}
	if p.Licence == "" {
		p.Licence = a.licence
	}
	p.Requested = p.Requested || a.requested
	p.Requires = appendMore(p.Requires, a.requires)
	p.Mapped = appendMore(p.Mapped, a.mapped)
}

// appendMore appends what list lacks. It does not write to list's own memory, which
// facts hold; and it takes long lists, which are mostly the same.
func appendMore(list, more []string) []string {
	if len(more) == 0 || slices.Equal(list, more) {
		return list
	}
	return unique(slices.Concat(list, more))
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
		if len(names[k]) < maxCandidates && !slices.Contains(names[k], i) {
			names[k] = append(names[k], i)
		}
	}
	for i := range g.packages {
		add(g.rows[i], g.packages[i].Name, int32(i))
	}
	for i := range g.packages { // in order, as the first may be all that are kept
		for _, name := range g.provides[int32(i)] {
			add(g.rows[i], name, int32(i))
		}
	}
	seen := g.seenAt()
	for i := range g.packages {
		p := &g.packages[i]
		var ids []string
		for _, want := range p.Requires {
			row := g.rows[i]
			answers, placed := g.placed(seen, int32(i), want)
			if !placed {
				answers = g.nearest(int32(i), g.within(int32(i), names[answerTo{row, fold(row, want)}]))
			}
			if len(answers) == 0 {
				p.Missing = append(p.Missing, want)
			}
			for _, j := range answers {
				if int(j) != i {
					ids = append(ids, g.packages[j].ID)
				}
			}
		}
		slices.Sort(ids)
		p.DependsOn = slices.Compact(ids)
	}
}

// seenIn is a file in which a row found a package.
type seenIn struct {
	row  int32
	path string
}

// seenAt finds packages by the file in which they were seen, for rows that look
// for a name in places.
func (g *merge) seenAt() map[seenIn]int32 {
	out := map[seenIn]int32{}
	for i := range g.packages {
		if ecosystems[g.rows[i]].places == nil {
			continue
		}
		for _, ev := range g.packages[i].Evidence {
			out[seenIn{g.rows[i], ev.Path}] = int32(i)
		}
	}
	return out
}

// placed finds what answers to a name by its place: a file, where the name is a
// path; or the first place where the row's runtime finds it. ok is false where
// places do not decide.
func (g *merge) placed(seen map[seenIn]int32, i int32, want string) (answers []int32, ok bool) {
	row := g.rows[i]
	e := &ecosystems[row]
	if e.system && strings.HasPrefix(want, "/") {
		if v, ok := g.tree.Follow(want); ok && g.files[v.Node].is(flagFile) {
			if j := g.files[v.Node].owner; j != noOwner && g.rows[j] == row {
				return []int32{j}, true
			}
		}
		return nil, false // or a package says that it provides the path
	}
	if e.places == nil {
		return nil, false
	}
	for _, ev := range g.packages[i].Evidence {
		if strings.Contains(ev.Path, "!/") {
			continue // a place in an archive says nothing here
		}
		ok = true
		for _, p := range e.places(ev.Path, want) {
			v, there := g.tree.Lookup(p)
			if !there {
				continue
			}
			if j, found := seen[seenIn{row, v.Path}]; found {
				answers = append(answers, j)
				break
			}
		}
	}
	return answers, ok
}

func fold(row int32, name string) string {
	if f := ecosystems[row].fold; f != nil {
		return f(name)
	}
	return name
}

// packed reports whether all that was seen of a package lies in archives.
func packed(p *landwaiter.Package) bool {
	return !slices.ContainsFunc(p.Evidence, func(ev landwaiter.Evidence) bool { return !strings.Contains(ev.Path, "!/") })
}

// within keeps those of answers that are not shut away from package i: what lies
// in an archive is there for what lies in the same one.
func (g *merge) within(i int32, answers []int32) []int32 {
	apart := func(j int32) bool {
		if !packed(&g.packages[j]) {
			return false
		}
		for _, a := range g.packages[i].Evidence {
			outer, _, inside := strings.Cut(a.Path, "!/")
			for _, b := range g.packages[j].Evidence {
				if other, _, _ := strings.Cut(b.Path, "!/"); inside && outer == other {
					return false
				}
			}
		}
		return true
	}
	if !slices.ContainsFunc(answers, apart) {
		return answers
	}
	return slices.DeleteFunc(slices.Clone(answers), apart)
}

// nearest keeps those of several answers that lie nearest to package i: in the
// same environment, or in the folder where a runtime looks first.
func (g *merge) nearest(i int32, answers []int32) []int32 {
	if len(answers) < 2 {
		return answers
	}
	if ecosystems[g.rows[i]].system {
		answers = g.sameArch(i, answers)
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

// sameArch keeps those of answers that are of package i's own processor, where
// there are such: a system for two has most libraries twice.
func (g *merge) sameArch(i int32, answers []int32) []int32 {
	arch := g.packages[i].Arch
	var out []int32
	for _, j := range answers {
		if g.packages[j].Arch == arch {
			out = append(out, j)
		}
	}
	if len(out) == 0 {
		return answers
	}
	return out
}

// shared counts the elements that two paths share from the root on; those of one
// file share most.
func shared(a, b string) int {
	n := 0
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
