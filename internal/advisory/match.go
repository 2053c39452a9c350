package advisory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// MatchOptions say when, and how old a source may be.
type MatchOptions struct {
	Now time.Time
	// MaxAgeDays is the oldest a source may be. It changes no answer: where several
	// sources clear a package, the fresh ones are named.
	MaxAgeDays int
}

// Match asks the file about packages. It returns one answer for each package, in
// their order, and the findings in the order in which reports show them: by kind,
// then those in use by attackers, then by EPSS, then those with a fix, then by ID.
//
// A package that another one of the operating system installed has its owner's
// answer; what its own ecosystem says about it comes back as "handled" findings.
//
// sys may be nil; then nothing is known about packages of the system. Match fails
// only where the file itself cannot be read.
func (f *File) Match(sys *landwaiter.System, pkgs []landwaiter.Package, opt MatchOptions) ([]landwaiter.Answer, []landwaiter.Finding, error) {
	m := matcher{
		f: f, sys: sys, opt: opt, outcomes: map[string]*outcome{}, groups: map[string]*group{},
		versions: map[string]map[string]*version.Version{}, clear: map[string]clearance{}, cards: map[uint64]*card{},
	}
	m.evaluator.parse = m.parse
	err := f.guard(func() error {
		var err error
		if m.t, err = f.match(); err != nil {
			return err
		}
		return m.all(pkgs)
	})
	if err != nil {
		return nil, nil, err
	}
	return m.result, m.findings(), nil
}

// matcher holds what one call of Match learns.
type matcher struct {
	f        *File
	t        *tables
	sys      *landwaiter.System
	opt      MatchOptions
	result   []landwaiter.Answer
	outcomes map[string]*outcome // by what was looked up
	groups   map[string]*group
	versions map[string]map[string]*version.Version
	clear    map[string]clearance
	inner    map[held]string
	cards    map[uint64]*card // by the number of the record
	// evaluator is used for one target after the other.
	evaluator evaluator
}

// held is software that a package of another manager holds, as both name it: then
// it is one finding about both.
type held struct{ holder, key, version string }

// group is a package as findings name it: the source package with all that was
// built from it.
type group struct {
	label   string // "dpkg:openssl@3.0.11-1"
	target  target
	owner   string // ID of the system package that installed it
	members []member
}

type member struct {
	id  string // of the package
	out *outcome
}

func (m *matcher) all(pkgs []landwaiter.Package) error {
	m.result = make([]landwaiter.Answer, len(pkgs))
	byID := make(map[string]int, len(pkgs))
	for i := range pkgs {
		byID[pkgs[i].ID] = i
	}
	m.hold(pkgs)
	var owned []int
	for i := range pkgs {
		p := &pkgs[i]
		targets, reason := m.f.targetsOf(m.sys, p)
		outs := make([]*outcome, len(targets))
		for j := range targets {
			var err error
			if outs[j], err = m.look(&targets[j]); err != nil {
				return err
			}
			m.join(p, &targets[j], outs[j])
		}
		if ownedBySystem(p) {
			owned = append(owned, i)
			continue
		}
		m.result[i] = m.answer(targets, outs, reason)
	}
	for _, i := range owned {
		m.result[i] = m.ownersAnswer(&pkgs[i], byID)
	}
	return nil
}

// hold notes what stands for the same software as the package that holds it.
func (m *matcher) hold(pkgs []landwaiter.Package) {
	m.inner = map[held]string{}
	for i := range pkgs {
		p := &pkgs[i]
		if p.PartOf == "" || ownedBySystem(p) {
			continue
		}
		targets, _ := m.f.targetsOf(m.sys, p)
		for j := range targets {
			t := &targets[j]
			m.inner[held{p.PartOf, lookupKey(t.osv.name, t.name), t.version}] = labelOf(p, t)
		}
	}
}

func labelOf(p *landwaiter.Package, t *target) string {
	return p.Ecosystem + ":" + t.groupName + "@" + t.groupVersion
}

// ownedBySystem reports whether a package of the operating system installed p.
func ownedBySystem(p *landwaiter.Package) bool {
	manager, _, _ := strings.Cut(p.OwnedBy, ":")
	return slices.ContainsFunc(distros, func(d distro) bool { return d.manager == manager })
}

// look looks a target up, once for all that share it.
func (m *matcher) look(t *target) (*outcome, error) {
	key := strings.Join(append([]string{t.name, t.version, t.module}, append(t.releases[:len(t.releases):len(t.releases)], t.extra...)...), "\x00")
	if out, ok := m.outcomes[key]; ok {
		return out, nil
	}
	out, err := m.lookup(t)
	if err != nil {
		return nil, err
	}
	m.outcomes[key] = &out
	return &out, nil
}

// parse reads a version once; nil means that it is none.
func (m *matcher) parse(root, text string) *version.Version {
	kept := m.versions[root]
	if kept == nil {
		kept = map[string]*version.Version{}
		m.versions[root] = kept
	}
	v, ok := kept[text]
	if ok {
		return v
	}
	if s, err := version.For(root); err == nil {
		if got, err := s.Parse(text); err == nil {
			v = &got
		}
	}
	kept[text] = v
	return v
}

// join adds a package to its group.
func (m *matcher) join(p *landwaiter.Package, t *target, out *outcome) {
	if len(out.hits) == 0 {
		return
	}
	label := labelOf(p, t)
	if same, ok := m.inner[held{p.ID, lookupKey(t.osv.name, t.name), t.version}]; ok {
		label = same
	}
	owner := ""
	if ownedBySystem(p) {
		owner = p.OwnedBy
		label += "<" + owner
	}
	key := label + "\x00" + t.osv.name
	if t.headers {
		key += "\x00headers"
	}
	g := m.groups[key]
	if g == nil {
		g = &group{label: label, target: *t, owner: owner}
		m.groups[key] = g
	}
	if g.target.mapped && !t.mapped {
		g.target = *t // what names itself is surer
	}
	g.members = append(g.members, member{p.ID, out})
}

// clearance is what silence about a package of some release means.
type clearance struct {
	by     []string // names of the sources that clear
	cover  []string // names of all sources that speak of the release
	reason string   // why nothing clears
}

func (m *matcher) clearance(t *target) clearance {
	key := strings.Join(t.releases, "\x00")
	c, ok := m.clear[key]
	if !ok {
		c = m.f.clearance(t)
		c.by = m.fresh(c.by, t.releases)
		m.clear[key] = c
	}
	return c
}

// fresh keeps the sources that are not too old, where there is one.
func (m *matcher) fresh(names, releases []string) []string {
	var out []string
	for i := range m.f.meta.Sources {
		s := &m.f.meta.Sources[i]
		age := ageDays(s.dateFor(releases), m.opt.Now)
		if slices.Contains(names, s.Name) && age >= 0 && age <= m.opt.MaxAgeDays {
			out = append(out, s.Name)
		}
	}
	if len(out) == 0 {
		return names
	}
	slices.Sort(out)
	return out
}

func (f *File) clearance(t *target) clearance {
	var c clearance
	var why []string
	for _, s := range f.meta.Sources {
		if slices.ContainsFunc(t.releases, func(r string) bool { return slices.Contains(s.Covers, r) }) {
			c.cover = append(c.cover, s.Name)
			if !s.Clears {
				why = append(why, fmt.Sprintf("%s (%s)", s.Name, s.Why))
			}
		}
	}
	slices.Sort(c.cover)
	slices.Sort(why)
	first := t.releases[0]
	switch {
	case len(c.cover) == 0:
		c.reason = "no source covers " + first
	case t.osv.thin:
		n := 0
		for _, r := range t.releases {
			n += f.meta.Packages[r]
		}
		c.reason = fmt.Sprintf("%s has records about few packages only (%d), so that none about this one says nothing", t.osv.name, n)
	default:
		if c.by = f.clearing(t.releases); len(c.by) == 0 {
			c.reason = fmt.Sprintf("no source covers all of %s; there is only %s", first, strings.Join(why, " and "))
		}
	}
	return c
}

// answer gives one of three answers, and never two.
func (m *matcher) answer(targets []target, outs []*outcome, reason string) landwaiter.Answer {
	if len(targets) == 0 {
		return landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: reason}
	}
	names := map[string]bool{}
	found := false
	for i, out := range outs {
		if len(out.hits) == 0 {
			continue
		}
		found = true
		for _, name := range m.clearance(&targets[i]).cover {
			names[name] = true
		}
		for _, h := range out.hits {
			names[m.source(h.card).Name] = true
		}
	}
	if found {
		return landwaiter.Answer{State: landwaiter.AnswerFindings, Sources: slices.Sorted(maps.Keys(names))}
	}
	for i, out := range outs {
		c := m.clearance(&targets[i])
		switch {
		case targets[i].foreign != "":
			reason = targets[i].foreign
		case out.doubt != "":
			reason = fmt.Sprintf("version %q cannot be compared with what %s says", targets[i].version, out.doubt)
		default:
			reason = c.reason
		}
		if reason != "" {
			return landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: reason}
		}
		for _, name := range c.by {
			names[name] = true
		}
	}
	return landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: slices.Sorted(maps.Keys(names))}
}

// ownersAnswer is the answer about the package of the system that installed p.
func (m *matcher) ownersAnswer(p *landwaiter.Package, byID map[string]int) landwaiter.Answer {
	i, ok := byID[p.OwnedBy]
	if !ok || m.result[i].State == "" {
		return landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: fmt.Sprintf("%s installed it, and is not in the inventory", p.OwnedBy)}
	}
	a := m.result[i]
	a.Sources = slices.Clone(a.Sources)
	if a.State == landwaiter.AnswerNotAssessed {
		a.Reason = fmt.Sprintf("%s installed it, and is not assessed: %s", p.OwnedBy, a.Reason)
	}
	return a
}

func (m *matcher) source(c *card) *source {
	if c.source < len(m.f.meta.Sources) {
		return &m.f.meta.Sources[c.source]
	}
	return &source{}
}
