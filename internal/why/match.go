package why

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// match finds the packages that a question names, by ID. The ways to name one are
// tried from the narrowest on, and the first that finds anything counts.
func match(pkgs []landwaiter.Package, question string) []int32 {
	if question == "" {
		return nil
	}
	folded := fold(question)
	bare, _, _ := strings.Cut(question, "?")
	ways := []func(p *landwaiter.Package) bool{
		func(p *landwaiter.Package) bool { return p.ID == question },
		func(p *landwaiter.Package) bool { return p.PURL != "" && p.PURL == question },
		func(p *landwaiter.Package) bool {
			have, _, _ := strings.Cut(p.PURL, "?")
			return have != "" && question == bare && (have == bare || strings.HasPrefix(have, bare+"@"))
		},
		func(p *landwaiter.Package) bool { return p.Name == question },
		func(p *landwaiter.Package) bool {
			return p.Name+"@"+p.Version == question || p.Ecosystem+":"+p.Name+"@"+p.Version == question
		},
		func(p *landwaiter.Package) bool { return p.Ecosystem+":"+p.Name == question },
		func(p *landwaiter.Package) bool {
			return fold(p.Name) == folded || fold(p.Name)+"@"+p.Version == folded
		},
		func(p *landwaiter.Package) bool { return p.SourceName == question },
	}
	for _, way := range ways {
		var found []int32
		for i := range pkgs {
			if way(&pkgs[i]) {
				found = append(found, int32(i))
			}
		}
		if len(found) > 0 {
			slices.SortFunc(found, func(a, b int32) int { return cmp.Compare(pkgs[a].ID, pkgs[b].ID) })
			return found
		}
	}
	return nil
}

func byID(pkgs []landwaiter.Package, id string) []int32 {
	for i := range pkgs {
		if pkgs[i].ID == id {
			return []int32{int32(i)}
		}
	}
	return nil
}

// fold makes names comparable as people type them.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '.' {
			return '-'
		}
		return r
	}, strings.ToLower(name))
}

const (
	maxNear     = 5
	maxDistance = 2
	// maxTyped is the longest question for which near names are looked for.
	maxTyped = 64
)

// nearNames are names of packages that the question may have meant, the nearest
// first.
func nearNames(pkgs []landwaiter.Package, question string) []string {
	want, _, _ := strings.Cut(fold(question), "@")
	if len(want) < 2 || len(want) > maxTyped {
		return nil
	}
	type candidate struct {
		name string
		far  int
	}
	var all []candidate
	seen := map[string]bool{}
	for i := range pkgs {
		name := pkgs[i].Name
		if seen[name] {
			continue
		}
		seen[name] = true
		have := fold(name)
		far := distance(want, have)
		switch {
		case far <= min(maxDistance, len(want)/2):
		case strings.Contains(have, want):
			far = maxDistance + len(have) - len(want)
		default:
			continue
		}
		all = append(all, candidate{name, far})
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, c := range all[:min(len(all), maxNear)] {
		out = append(out, c.name)
	}
	return out
}

// distance is the number of letters to change, add or leave out to make b of a;
// more than maxDistance is not told apart.
func distance(a, b string) int {
	if d := len(a) - len(b); d > maxDistance || d < -maxDistance {
		return maxDistance + 1
	}
	prev, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := prev[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, prev[j+1]+1, row[j]+1)
		}
		prev, row = row, prev
	}
	return prev[len(b)]
}
