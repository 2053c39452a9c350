package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// merged is all findings of one side with one key.
type merged struct {
	side      FindingSide
	reference string
	packages  []string // names, sorted
}

// keyOf names a finding without the versions of its packages, so that it stays the
// same finding when a package is updated and the weakness is still there.
func keyOf(f *landwaiter.Finding, byID map[string]*landwaiter.Package) string {
	head, label := "", f.ID
	if f.Reference != "" {
		family, _, _ := strings.Cut(f.ID, ":")
		if rest, ok := strings.CutPrefix(f.ID, family+":"+f.Reference+":"); ok {
			head, label = family+":"+f.Reference+":", rest
		}
		// "ecosystem:name@version<owner@version"
		var parts []string
		for _, p := range strings.Split(label, "<") {
			if i := strings.LastIndexByte(p, '@'); i > 0 {
				p = p[:i]
			}
			parts = append(parts, p)
		}
		return head + strings.Join(parts, "<")
	}
	for _, id := range f.Packages {
		if p := byID[id]; p != nil {
			label = strings.ReplaceAll(label, id, p.Ecosystem+":"+p.Name)
		}
	}
	return label
}

// gather merges the findings of one side by key, in their order.
func gather(a *landwaiter.Assessment) (map[string]*merged, []string) {
	byID := make(map[string]*landwaiter.Package, len(a.Packages))
	for i := range a.Packages {
		byID[a.Packages[i].ID] = &a.Packages[i]
	}
	all := map[string]*merged{}
	var keys []string
	for i := range a.Findings {
		f := &a.Findings[i]
		key := keyOf(f, byID)
		m := all[key]
		if m == nil {
			m = &merged{side: FindingSide{Kind: f.Kind, Fixed: f.Fixed, Detail: f.Detail}, reference: f.Reference}
			all[key] = m
			keys = append(keys, key)
		}
		m.side.IDs = append(m.side.IDs, f.ID)
		m.side.Seen.Add(f.Seen)
		for _, id := range f.Packages {
			name := id
			if p := byID[id]; p != nil {
				name = p.Name
			}
			m.packages = append(m.packages, name)
		}
	}
	for _, m := range all {
		slices.Sort(m.packages)
		m.packages = slices.Compact(m.packages)
		slices.Sort(m.side.IDs)
	}
	return all, keys
}

// findings finds what differs between the findings of two assessments.
func findings(base, subject *landwaiter.Assessment) Findings {
	out := Findings{Added: []FindingChange{}, Removed: []FindingChange{}, Changed: []FindingChange{}, By: []KindChange{}}
	was, wasKeys := gather(base)
	is, isKeys := gather(subject)
	for _, key := range isKeys {
		to, from := is[key], was[key]
		c := FindingChange{Key: key, Kind: to.side.Kind, Reference: to.reference, Packages: to.packages, To: &to.side}
		if from == nil {
			out.Added = append(out.Added, c)
			continue
		}
		if c.What = differs(from, to); len(c.What) == 0 {
			out.Same++
			continue
		}
		c.From = &from.side
		out.Changed = append(out.Changed, c)
	}
	for _, key := range wasKeys {
		if from := was[key]; is[key] == nil {
			out.Removed = append(out.Removed, FindingChange{Key: key, Kind: from.side.Kind, Reference: from.reference, Packages: from.packages, From: &from.side})
		}
	}
	count := map[landwaiter.Kind]*KindChange{}
	for i, a := range []*landwaiter.Assessment{base, subject} {
		for j := range a.Findings {
			k := a.Findings[j].Kind
			if count[k] == nil {
				count[k] = &KindChange{Kind: k}
			}
			if i == 0 {
				count[k].Base++
			} else {
				count[k].Subject++
			}
		}
	}
	order := map[landwaiter.Kind]int{}
	for i, k := range landwaiter.Kinds() {
		order[k] = i + 1
	}
	for _, c := range count {
		out.By = append(out.By, *c)
	}
	slices.SortFunc(out.By, func(a, b KindChange) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// differs says in which ways a finding is not what it was.
func differs(from, to *merged) []string {
	var out []string
	for _, d := range []struct {
		what   string
		differ bool
	}{
		{"kind", from.side.Kind != to.side.Kind},
		{"fixed", from.side.Fixed != to.side.Fixed},
		{"packages", !slices.Equal(from.packages, to.packages) || len(from.side.IDs) != len(to.side.IDs)},
		{"count", from.side.Seen != to.side.Seen},
		{"detail", from.side.Detail != to.side.Detail},
	} {
		if d.differ {
			out = append(out, d.what)
		}
	}
	return out
}
