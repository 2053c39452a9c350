package compare

import (
	"cmp"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// identity is a package without its version. One that another package holds stands
// apart from one of the same name that stands alone.
type identity struct {
	ecosystem, name, arch string
	held                  bool
}

func identityOf(p *landwaiter.Package) identity {
	return identity{p.Ecosystem, p.Name, p.Arch, p.OwnedBy != "" || p.PartOf != ""}
}

// packages finds what differs between the packages of two assessments.
func packages(base, subject *landwaiter.Assessment, order Order) Packages {
	out := Packages{Added: []PackageChange{}, Removed: []PackageChange{}, Changed: []PackageChange{}, By: []EcosystemChange{}}
	was := map[identity][]*landwaiter.Package{}
	for i := range base.Packages {
		p := &base.Packages[i]
		was[identityOf(p)] = append(was[identityOf(p)], p)
	}
	is := map[identity][]*landwaiter.Package{}
	var ids []identity // in the order of the subject, then what only the base has
	for i := range subject.Packages {
		p := &subject.Packages[i]
		id := identityOf(p)
		if is[id] == nil {
			ids = append(ids, id)
		}
		is[id] = append(is[id], p)
	}
	for i := range base.Packages {
		if id := identityOf(&base.Packages[i]); is[id] == nil && was[id] != nil && was[id][0] == &base.Packages[i] {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		from, to, touched := out.same(was[id], is[id])
		for _, t := range touched {
			out.Changed = append(out.Changed, changeOf(t[0], t[1], subject, order))
		}
		sortVersions(from, order)
		sortVersions(to, order)
		n := min(len(from), len(to))
		for i := range n {
			out.Changed = append(out.Changed, changeOf(from[i], to[i], subject, order))
		}
		for _, p := range from[n:] {
			out.Removed = append(out.Removed, changeOf(p, nil, base, order))
		}
		for _, p := range to[n:] {
			out.Added = append(out.Added, changeOf(nil, p, subject, order))
		}
	}
	out.count()
	return out
}

// same takes out what both have in one version, and returns the others, and the pairs
// of one version that own other files.
func (out *Packages) same(from, to []*landwaiter.Package) (restFrom, restTo []*landwaiter.Package, touched [][2]*landwaiter.Package) {
	restFrom = slices.Clone(from)
	for _, p := range to {
		i := slices.IndexFunc(restFrom, func(q *landwaiter.Package) bool { return q.Version == p.Version })
		if i < 0 {
			restTo = append(restTo, p)
			continue
		}
		if restFrom[i].Owns == p.Owns {
			out.Same++
		} else {
			touched = append(touched, [2]*landwaiter.Package{restFrom[i], p})
		}
		restFrom = slices.Delete(restFrom, i, i+1)
	}
	return restFrom, restTo, touched
}

// sortVersions sorts by version where that can be done, so that the earliest of the
// base meets the earliest of the subject.
func sortVersions(list []*landwaiter.Package, order Order) {
	slices.SortStableFunc(list, func(p, q *landwaiter.Package) int {
		if n, ok := order(p, q); ok && n != 0 {
			return n
		}
		return cmp.Or(cmp.Compare(p.Version, q.Version), cmp.Compare(p.ID, q.ID))
	})
}

// changeOf describes a change; from or to is nil where the side lacks the package. in
// is the assessment whose layers bear on it.
func changeOf(from, to *landwaiter.Package, in *landwaiter.Assessment, order Order) PackageChange {
	p := to
	if p == nil {
		p = from
	}
	c := PackageChange{Ecosystem: p.Ecosystem, Name: p.Name, Arch: p.Arch, Layer: p.Layer}
	if p.Layer >= 0 && p.Layer < len(in.Subject.Layers) {
		c.Step = in.Subject.Layers[p.Layer].CreatedBy
	}
	if from != nil {
		c.From, c.FromID = from.Version, from.ID
		c.Owns.Add(landwaiter.Count{Files: -from.Owns.Files, Bytes: -from.Owns.Bytes})
	}
	if to != nil {
		c.To, c.ToID = to.Version, to.ID
		c.Owns.Add(to.Owns)
	}
	if from == nil || to == nil {
		return c
	}
	n, ok := order(from, to)
	switch {
	case from.Version == to.Version:
		c.Change = OtherFiles
	case !ok || n == 0:
		c.Change = Other
	case n < 0:
		c.Change = Up
	default:
		c.Change = Down
	}
	return c
}

// count counts by ecosystem.
func (out *Packages) count() {
	at := map[string]int{}
	of := func(ecosystem string) *EcosystemChange {
		i, ok := at[ecosystem]
		if !ok {
			i = len(out.By)
			at[ecosystem] = i
			out.By = append(out.By, EcosystemChange{Ecosystem: ecosystem})
		}
		return &out.By[i]
	}
	for _, c := range out.Added {
		of(c.Ecosystem).Added++
	}
	for _, c := range out.Removed {
		of(c.Ecosystem).Removed++
	}
	for _, c := range out.Changed {
		e := of(c.Ecosystem)
		switch c.Change {
		case Up:
			e.Up++
		case Down:
			e.Down++
		case OtherFiles:
			e.OtherFiles++
		default:
			e.Other++
		}
	}
	slices.SortFunc(out.By, func(a, b EcosystemChange) int { return cmp.Compare(a.Ecosystem, b.Ecosystem) })
}
