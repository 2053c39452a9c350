package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// held is the result of a test that a protection stood.
const held = "held"

// creditRule is one of the eight rules of the method about when credit must not be
// claimed. refuse says in plain words why a protection earns none, or nothing; it is
// nil where the rule hangs on the single finding alone. at is what holds it there.
type creditRule struct {
	n      int
	refuse func(*trial) string
	at     string
}

// creditRules are the eight, in the order of the method. Before any of them comes
// the ladder of evidence: only what was tested counts.
//
// docs/protections.md has the words and the test of each.
func creditRules() []creditRule {
	return []creditRule{
		{1, (*trial).tooOld, ""},
		{2, (*trial).closesNothing, "cause.closes"},
		{3, (*trial).undone, "causesOf"},
		{4, nil, "trait.meets"}, // the protection is the faulty part
		{5, nil, "causesOf"},    // counted already
		{6, nil, "scale.band"},  // the only thing in front of a class A event
		{7, nil, "hearing.stops"},
		{8, (*trial).elsewhere, ""},
	}
}

// trial is a protection before the rules.
type trial struct {
	m     *Method
	p     *landwaiter.Protection
	place landwaiter.Place
	now   time.Time
	asks  []ask
}

// credit returns the protections by ID, each either credited or refused with
// the reason. What the caller put in those two fields is overwritten.
func credit(m *Method, in *Input) []landwaiter.Protection {
	out := slices.Clone(in.Protections)
	if out == nil {
		out = []landwaiter.Protection{}
	}
	slices.SortStableFunc(out, compareProtections)
	asked := asks(in)
	for i := range out {
		t := trial{m, &out[i], in.Place, in.Now, asked}
		_, out[i].Refused = t.refusal()
		out[i].Credited = out[i].Refused == ""
	}
	return out
}

// compareProtections orders by ID and then by everything that decides credit,
// so that two with one ID come out the same whatever order they came in.
func compareProtections(a, b landwaiter.Protection) int {
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	all := func(p *landwaiter.Protection) string {
		b, err := json.Marshal(p)
		if err != nil { // a date that JSON cannot hold
			return p.Name
		}
		return string(b)
	}
	a.Credited, a.Refused, b.Credited, b.Refused = false, "", false, ""
	return strings.Compare(all(&a), all(&b))
}

// refusal says in plain words why the protection earns no credit, or nothing where
// it does, and by which rule; 0 is the ladder of evidence.
func (t *trial) refusal() (rule int, why string) {
	if why := t.untested(); why != "" {
		return 0, why
	}
	for _, r := range creditRules() {
		if r.refuse == nil {
			continue
		}
		if why := r.refuse(t); why != "" {
			return r.n, why
		}
	}
	return 0, ""
}

// untested holds the ladder of evidence: only the two tested levels count, and only
// with a test that held.
func (t *trial) untested() string {
	switch t.p.Evidence {
	case landwaiter.EvidenceTestedOwn, landwaiter.EvidenceTestedOut:
	case landwaiter.EvidenceClaimed, landwaiter.EvidenceDocumented:
		return string(t.p.Evidence) + ", not tested"
	default:
		return "nobody says how strong the evidence is"
	}
	switch test := t.p.Test; {
	case test == nil:
		return "no test is recorded"
	case test.Result != held:
		return "its last test did not hold"
	case strings.TrimSpace(test.By) == "":
		return "nobody says who tested it"
	}
	return ""
}

// tooOld is rule 1: the last test is older than its limit, or the environment
// changed since.
func (t *trial) tooOld() string {
	test := t.p.Test
	switch {
	case test.Date.IsZero():
		return "its last test has no date"
	case test.Date.After(t.now):
		return "its test is dated after today"
	}
	if days := ageDays(test.Date, t.now); days > t.m.MaxTestDays {
		return fmt.Sprintf("its last test is %d days old, and the limit is %d", days, t.m.MaxTestDays)
	}
	if c := changedSince(t.p, t.now); c != nil {
		return fmt.Sprintf("the environment changed on %s, and it was not tested since: %s", dateOf(c.Date), c.What)
	}
	if ended(t.p.ValidUntil, t.now) {
		return "it was valid until " + dateOf(t.p.ValidUntil)
	}
	if ended(test.ValidUntil, t.now) {
		return "the evidence of its last test was valid until " + dateOf(test.ValidUntil)
	}
	return ""
}

// changedSince returns the last change up to now that a test of p does not cover. A
// test on the day of a change may have come before it.
func changedSince(p *landwaiter.Protection, now time.Time) (last *landwaiter.Change) {
	for i := range p.Changes {
		c := &p.Changes[i]
		if dayOf(c.Date).After(now) || dayOf(p.Test.Date).After(dayOf(c.Date)) {
			continue
		}
		if last == nil || c.Date.After(last.Date) {
			last = c
		}
	}
	return last
}

// closesNothing is rule 2 as far as it holds for every finding.
func (t *trial) closesNothing() string {
	if setOf(t.p.Closes...) == 0 {
		return "it closes no door that we know"
	}
	return ""
}

// undone is rule 3: the software asks for what the protection takes away, or an
// exception is open. An exception for one project stands open while nobody says for
// which project this is.
func (t *trial) undone() string {
	if n := len(t.p.Exceptions); n == 1 {
		return "an exception is open"
	} else if n > 1 {
		return strconv.Itoa(n) + " exceptions are open"
	}
	for _, e := range t.p.DatedExceptions {
		switch {
		case ended(e.Until, t.now):
		case e.Project == "":
			return "an exception is open until " + dateOf(e.Until)
		case t.place.Project == "":
			return "an exception is open for project " + e.Project + " until " + dateOf(e.Until) + ", and nobody says which project this is for"
		case sameName(e.Project, t.place.Project):
			return "an exception is open for project " + e.Project + " until " + dateOf(e.Until)
		}
	}
	closes := setOf(t.p.Closes...)
	if closes&^opened(t.asks) != 0 {
		return ""
	}
	var what []string
	for _, a := range t.asks {
		if a.opens&closes != 0 {
			what = append(what, a.what)
		}
	}
	return "the software asks for " + strings.Join(what, " and for ") + ", which undoes it"
}

// elsewhere is rule 8: the evidence comes from the researchers, or from another TRE
// or tier. Where the register names a TRE or tiers, somebody must say which one this
// is.
func (t *trial) elsewhere() string {
	test := t.p.Test
	if by := tester(test.By); slices.Contains(t.m.Researchers, by) || isProject(by, t.place.Project) {
		return "the evidence comes from the researchers"
	}
	for _, tre := range []string{t.p.TRE, test.TRE} {
		switch {
		case tre == "" || sameName(tre, t.place.TRE):
		case t.place.TRE == "":
			return "it is for the environment " + tre + ", and nobody says which environment this is"
		default:
			return "its evidence is from another environment, " + tre
		}
	}
	for _, tiers := range [][]string{t.p.Tiers, test.Tiers} {
		switch {
		case len(tiers) == 0 || slices.ContainsFunc(tiers, func(tier string) bool { return sameName(tier, t.place.Tier) }):
		case t.place.Tier == "":
			return "it is for tier " + strings.Join(tiers, ", ") + ", and nobody says which tier this is for"
		default:
			return "its evidence is from another tier, " + strings.Join(tiers, ", ")
		}
	}
	return ""
}

// sameName compares names as people write them.
func sameName(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// isProject reports whether a tester is the project itself.
func isProject(by, project string) bool {
	project = strings.ToLower(strings.TrimSpace(project))
	return project != "" && slices.Contains([]string{project, "project " + project, project + " team", "project " + project + " team", project + " project team"}, by)
}

// tester is a tester's name as the method spells it.
func tester(by string) string {
	by = strings.ToLower(strings.TrimSpace(by))
	return strings.TrimPrefix(strings.TrimPrefix(by, "the "), "our ")
}

// ended reports whether something that ends at the start of a day has ended. What
// has no end has not.
func ended(until, now time.Time) bool { return !until.IsZero() && !now.Before(dayOf(until)) }

func dateOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// cause is one thing that can fail, and the protections that fail with it.
type cause struct {
	key     string
	shields []shield // by ID
}

// shield is a credited protection as far as a finding meets it.
type shield struct {
	id     string
	closes doorSet
	wall   bool // it is the wall of the box
	weak   bool // the probes that tested it did not plant a mark and look for it
}

// closes returns the first shield of c that closes one of the doors to findings
// with trait t.
func (c *cause) closes(doors doorSet, t *trait) (shield, bool) {
	for _, s := range c.shields {
		if s.closes&doors != 0 && t.meets(&s) {
			return s, true
		}
	}
	return shield{}, false
}

// meets reports whether s stands in the way of findings with trait t where it closes
// their doors. The wall is nothing against a fault in it. What attackers use, and a
// fault in the wall that reaches beyond it, need a test that planted a mark.
func (t *trait) meets(s *shield) bool {
	faulty, tooWeak := s.wall && t.wall, s.weak && t.strict()
	return !faulty && !tooWeak
}

func (t *trait) strict() bool { return t.exploited || t.wall && t.beyond }

// causesOf groups credited protections by what makes them fail. A cause and an
// ID share one space of names, so that "cause: firewall" beside a protection
// called firewall counts once.
//
// A door that the software asks to have opened is open: a service may well refuse,
// and then a condition says so, but credit needs the software to work without.
func causesOf(protections []landwaiter.Protection, asked doorSet) []cause {
	var out []cause
	at := make(map[string]int)
	for i := range protections {
		p := &protections[i]
		if !p.Credited {
			continue
		}
		key := p.Cause
		if key == "" {
			key = p.ID
		}
		s := shield{id: p.ID, closes: setOf(p.Closes...)}
		s.wall = s.closes&setOf(landwaiter.DoorHost) != 0
		s.closes &^= asked
		s.weak = p.Test.Strength != "" && p.Test.Strength.Rank() < landwaiter.StrengthUnseen.Rank()
		j, ok := at[key]
		if !ok {
			j = len(out)
			at[key] = j
			out = append(out, cause{key: key})
		}
		out[j].shields = append(out[j].shields, s)
	}
	slices.SortFunc(out, func(a, b cause) int { return strings.Compare(a.key, b.key) })
	return out
}

// dayOf is the start of t's day in UTC.
func dayOf(t time.Time) time.Time {
	y, mo, d := t.UTC().Date()
	return time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
}

// ageDays is the age of t at now in whole days; -1 where t is unknown or later.
func ageDays(t, now time.Time) int {
	if t.IsZero() || t.After(now) {
		return -1
	}
	return int(dayOf(now).Sub(dayOf(t)) / (24 * time.Hour))
}
