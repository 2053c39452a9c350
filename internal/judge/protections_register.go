package judge

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

// Register is a protections file.
type Register struct {
	// TRE is the environment that it is about; empty where the file does not say.
	TRE string
	// Teams are the TRE's own: what they test was tested by its own team.
	Teams []string
	// Environments are those whose evidence counts here.
	Environments []Environment
	Protections  []landwaiter.Protection // in file order
}

// Environment is one part of the TRE in which the isolation kit runs.
type Environment struct {
	ID string
	// Fingerprint is the keyed hash by which the kit knows it again.
	Fingerprint string
	Tiers       []string // for which its evidence counts; empty is all
	// Runtime and RunSpec, where they are given, must be those of the evidence.
	Runtime, RunSpec string
}

// strengths are the words for how much a probe shows, weakest first.
var strengths = wordsOf([]landwaiter.Strength{
	landwaiter.StrengthDeclared, landwaiter.StrengthRead, landwaiter.StrengthRefused, landwaiter.StrengthUnseen, landwaiter.StrengthNoticed,
})

// maxChanges is the largest number of changes, and of environments, of one file.
const maxChanges = 200

// ReadRegister reads a protections file whole. It is as strict as [ReadProtections].
func ReadRegister(r io.Reader, name string) (*Register, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxProtectionsFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading protections from %s: %w", name, err)
	}
	reg, _, err := readRegister(b, name)
	return reg, err
}

// readRegister returns the tree of the file as well.
func readRegister(b []byte, name string) (*Register, *yaml.Node, error) {
	if len(b) > maxProtectionsFile {
		return nil, nil, &landwaiter.SyntaxError{Path: name, Err: fmt.Errorf("more than %d bytes; a protections file is short text: %w", maxProtectionsFile, landwaiter.ErrTooLarge)}
	}
	d := &document{name: name, start: "protections:"}
	root, err := d.parse(b)
	if err != nil {
		return nil, nil, err
	}
	var reg Register
	var changes []change
	lines := make(map[string]*yaml.Node)
	err = d.fields(root, "the file", []field{
		{"protections", true, func(n *yaml.Node) error {
			return d.each(n, "protections", maxProtections, func(n *yaml.Node) error { return d.add(n, &reg, lines) })
		}},
		{"tre", false, func(n *yaml.Node) error { return d.text(n, "tre", &reg.TRE) }},
		{"teams", false, func(n *yaml.Node) error { return d.texts(n, "teams", &reg.Teams, d.text) }},
		{"environments", false, func(n *yaml.Node) error {
			return d.each(n, "environments", maxChanges, func(n *yaml.Node) error { return d.environment(n, &reg) })
		}},
		{"changes", false, func(n *yaml.Node) error {
			return d.each(n, "changes", maxChanges, func(n *yaml.Node) error { return d.change(n, &changes) })
		}},
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range reg.Protections {
		if p := &reg.Protections[i]; p.Evidence == landwaiter.EvidenceTestedOut && reg.own(p.Test.By) {
			return nil, nil, d.errorf(lines[p.ID], "evidence of %q is %q, but %q is one of your own teams; say %q", p.ID, p.Evidence, clip(p.Test.By), landwaiter.EvidenceTestedOwn)
		}
	}
	if err := d.apply(&reg, changes); err != nil {
		return nil, nil, err
	}
	return &reg, root, nil
}

// own reports whether a tester is one of the TRE's own teams: one that the file
// names, or that keeps a protection.
func (r *Register) own(by string) bool {
	same := func(team string) bool { return tester(team) == tester(by) }
	return slices.ContainsFunc(r.Teams, same) || slices.ContainsFunc(r.Protections, func(p landwaiter.Protection) bool { return p.Owner != "" && same(p.Owner) })
}

// add reads one protection into reg.
func (d *document) add(n *yaml.Node, reg *Register, lines map[string]*yaml.Node) error {
	p, err := d.protection(n)
	if err != nil {
		return err
	}
	if first := lines[p.ID]; first != nil {
		return d.errorf(n, "id %q is also used on line %d; give every protection an id of its own", p.ID, first.Line)
	}
	lines[p.ID] = n
	reg.Protections = append(reg.Protections, p)
	return nil
}

// each reads the values of a list.
func (d *document) each(n *yaml.Node, what string, most int, read func(*yaml.Node) error) error {
	items, err := d.items(n, what, most)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := read(item); err != nil {
			return err
		}
	}
	return nil
}

// change is a change, and what it touches.
type change struct {
	landwaiter.Change
	line    *yaml.Node
	all     bool
	touches []string
}

func (d *document) change(n *yaml.Node, out *[]change) error {
	c := change{line: n}
	err := d.fields(n, "a change", []field{
		{"date", true, func(n *yaml.Node) error { return d.date(n, "date", &c.Date) }},
		{"what", true, func(n *yaml.Node) error { return d.text(n, "what", &c.What) }},
		{"protections", true, func(n *yaml.Node) error {
			if c.all = n.Kind == yaml.ScalarNode && n.Value == "all"; c.all {
				return nil
			}
			if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
				return d.errorf(n, "protections of a change must be a list of ids, or the word all")
			}
			return d.texts(n, "protections", &c.touches, func(n *yaml.Node, what string, out *string) error { return d.id(n, what, out) })
		}},
	})
	*out = append(*out, c)
	return err
}

// apply gives each protection the TRE of the file and the changes that touch it, the
// first first.
func (d *document) apply(reg *Register, changes []change) error {
	slices.SortStableFunc(changes, func(a, b change) int { return a.Date.Compare(b.Date) })
	for i := range changes {
		for _, id := range changes[i].touches {
			if !slices.ContainsFunc(reg.Protections, func(p landwaiter.Protection) bool { return p.ID == id }) {
				return d.errorf(changes[i].line, "a change touches %q, which is no protection here; use an id of this file, or the word all", id)
			}
		}
	}
	for i := range reg.Protections {
		p := &reg.Protections[i]
		if p.TRE == "" {
			p.TRE = reg.TRE
		}
		for _, c := range changes {
			if c.all || slices.Contains(c.touches, p.ID) {
				p.Changes = append(p.Changes, c.Change)
			}
		}
	}
	return nil
}

func (d *document) environment(n *yaml.Node, reg *Register) error {
	var e Environment
	err := d.fields(n, "an environment", []field{
		{"id", true, func(n *yaml.Node) error { return d.text(n, "id", &e.ID) }},
		{"fingerprint", true, func(n *yaml.Node) error { return d.text(n, "fingerprint", &e.Fingerprint) }},
		{"tiers", false, func(n *yaml.Node) error { return d.tiers(n, &e.Tiers) }},
		{"runtime", false, func(n *yaml.Node) error { return d.text(n, "runtime", &e.Runtime) }},
		{"runSpec", false, func(n *yaml.Node) error { return d.hash(n, &e.RunSpec) }},
	})
	if err == nil && slices.ContainsFunc(reg.Environments, func(o Environment) bool { return o.ID == e.ID }) {
		err = d.errorf(n, "environment %q is there twice; remove one", clip(e.ID))
	}
	reg.Environments = append(reg.Environments, e)
	return err
}

// exceptions reads what is open in a protection: a text for everywhere and until it
// is taken away, or a mapping with an end.
func (d *document) exceptions(n *yaml.Node, p *landwaiter.Protection) error {
	return d.each(n, "exceptions", maxValues, func(n *yaml.Node) error {
		if n.Kind == yaml.ScalarNode {
			var text string
			err := d.text(n, "exceptions", &text)
			p.Exceptions = append(p.Exceptions, text)
			return err
		}
		var e landwaiter.Exception
		err := d.fields(n, "an exception", []field{
			{"project", false, func(n *yaml.Node) error { return d.text(n, "project", &e.Project) }},
			{"reason", true, func(n *yaml.Node) error { return d.text(n, "reason", &e.Reason) }},
			{"person", true, func(n *yaml.Node) error { return d.text(n, "person", &e.By) }},
			{"until", true, func(n *yaml.Node) error { return d.date(n, "until", &e.Until) }},
		})
		p.DatedExceptions = append(p.DatedExceptions, e)
		return err
	})
}

// tiers reads a list that is not empty: an empty one would read as "none" and count
// as "all".
func (d *document) tiers(n *yaml.Node, out *[]string) error {
	if err := d.texts(n, "tiers", out, d.text); err != nil {
		return err
	}
	if len(*out) == 0 {
		return d.errorf(n, "tiers is empty; name a tier, or leave the line out for all")
	}
	return nil
}

func (d *document) controls(n *yaml.Node, out *[]string) error {
	var known []string
	for _, c := range landwaiter.Controls() {
		known = append(known, c.ID)
	}
	return d.texts(n, "controls", out, func(n *yaml.Node, _ string, out *string) error { return d.word(n, "control", known, out) })
}

// isTested reports whether evidence of this level may earn credit.
func isTested(l landwaiter.EvidenceLevel) bool {
	return l == landwaiter.EvidenceTestedOwn || l == landwaiter.EvidenceTestedOut
}

// Standing is how one protection stands at one time in one place, whatever the
// software is.
type Standing struct {
	landwaiter.Protection
	// Rule is that of the eight by which credit is refused; 0 where it is not, or
	// where the evidence is too weak to begin with.
	Rule int `json:"rule,omitempty"`
	// Ends is the first day on which it counts no more if nobody does anything, and
	// Why what ends it then. Zero where it does not count now.
	Ends time.Time `json:"ends,omitzero"`
	Why  string    `json:"why,omitempty"`
	// Lost is true where it was tested and does not count.
	Lost bool `json:"lost,omitempty"`
	// Overdue counts the days since its credit ended by the calendar.
	Overdue int `json:"overdue,omitempty"`
}

// Stand says how each protection stands, what is due first in front: those that lost
// credit, then those that count by the day on which that ends, then those that were
// never tested.
func Stand(m *Method, protections []landwaiter.Protection, place landwaiter.Place, now time.Time) []Standing {
	out := make([]Standing, 0, len(protections))
	for i := range protections {
		s := Standing{Protection: protections[i]}
		t := trial{m: m, p: &s.Protection, place: place, now: now}
		s.Rule, s.Refused = t.refusal()
		s.Credited = s.Refused == ""
		s.Lost = !s.Credited && isTested(s.Evidence)
		if s.Test != nil && !s.Test.Date.IsZero() {
			switch end, why := t.ends(); {
			case s.Credited:
				s.Ends, s.Why = end, why
			case s.Lost && s.Rule == 1 && !end.After(now):
				s.Overdue = ageDays(end, now)
			}
		}
		out = append(out, s)
	}
	group := func(s *Standing) int {
		switch {
		case s.Lost:
			return 0
		case s.Credited:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		if c := group(&a) - group(&b); c != 0 {
			return c
		}
		if c := b.Overdue - a.Overdue; c != 0 {
			return c
		}
		if c := a.Ends.Compare(b.Ends); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// ends is the first day without credit by the calendar, and what ends it.
func (t *trial) ends() (time.Time, string) {
	end, why := dayOf(t.p.Test.Date).AddDate(0, 0, t.m.MaxTestDays+1), "its test is then too old"
	sooner := func(day time.Time, because string) {
		if !day.IsZero() && dayOf(day).Before(end) {
			end, why = dayOf(day), because
		}
	}
	sooner(t.p.ValidUntil, "it is valid until then")
	sooner(t.p.Test.ValidUntil, "the evidence of its test is valid until then")
	for _, c := range t.p.Changes {
		if !dayOf(t.p.Test.Date).After(dayOf(c.Date)) {
			sooner(c.Date, "the environment changes: "+c.What)
		}
	}
	return end, why
}
