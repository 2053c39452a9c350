package judge

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// maxExamples is the largest number of finding IDs that a scenario or a reason
// names.
const maxExamples = 5

// harmSet is a set of harms, one bit each in the order of allHarms.
type harmSet uint16

var allHarms = [...]Harm{HarmData, HarmStop, HarmAltered, HarmControl, HarmUnnamed, HarmUnsupported, HarmOutward, HarmUnlisted, HarmLicence}

func harmsOf(harms ...Harm) harmSet {
	var s harmSet
	for _, h := range harms {
		for i, known := range allHarms {
			if h == known {
				s |= 1 << i
			}
		}
	}
	return s
}

// trait is all that decides how a finding stands to the events. Findings that
// share it are weighed once.
type trait struct {
	kind  landwaiter.Kind
	grave bool
	harms harmSet
	in    entries
	// known is false where nobody says how the harm is done. vague is true where
	// nobody says which way in it takes.
	known, vague bool
	noWay        bool // somebody answers for it, or it needs a hand on the machine
	beyond       bool // the harm passes the software's own box
	wall         bool // the fault is in the wall of the box
	exploited    bool
	most         landwaiter.Outcome
	waiver       string // ID of the waiver by which somebody accepts it
}

// inUse reports whether attackers use the weakness of f.
func inUse(f *landwaiter.Finding) bool {
	return f.Exploited != nil || f.Kind == landwaiter.KindExploited || f.WasKind == landwaiter.KindExploited
}

// traitOf reads what decides from f. wall holds the IDs of packages that are
// the wall of the box.
func traitOf(f *landwaiter.Finding, wall map[string]bool) trait {
	rule := ruleOf(f.Kind, f.Grave)
	t := trait{kind: f.Kind, grave: f.Grave, most: rule.most, noWay: rule.answered || answered(f)}
	if !t.noWay {
		t.waiver = f.Waived
	}
	for _, id := range f.Packages {
		t.wall = t.wall || wall[id]
	}
	if !rule.weakness {
		t.harms, t.known, t.in, t.beyond = harmsOf(rule.harms...), rule.known, waysIn(0), true
		return t
	}
	// A guessed name never stops an import, nor does a range with no end. It is
	// counted, and at most a condition. Known harmful software is no weakness:
	// it stops at any confidence, for such lists name no end as a rule.
	if f.Confidence == landwaiter.ConfidenceMapped || f.Confidence == landwaiter.ConfidenceOpenEnded {
		t.most = landwaiter.Conditions
	}
	t.exploited = inUse(f)
	n, ok := readVector(f.Vector)
	harmless := ok && !n.data && !n.stop
	switch {
	case !ok || harmless && t.exploited: // attackers who use it disagree with the vector
		t.harms, t.in, t.beyond = harmsOf(HarmData, HarmStop), anyEntry(), true
		t.known, t.vague = t.exploited, true
		return t
	case harmless:
		t.harms, t.noWay = harmsOf(HarmStop), true
	case n.data:
		t.harms |= harmsOf(HarmData)
	}
	if n.stop {
		t.harms |= harmsOf(HarmStop)
	}
	t.in, t.known, t.beyond = n.in, true, n.beyond
	t.noWay = t.noWay || n.physical
	return t
}

// group is the findings that share a trait.
type group struct {
	trait
	n     int
	first []int // places of the weightiest findings in the order of weight
	// routes are by event; nil where the findings cannot lead to it.
	routes [][]route
}

// route is one way from a finding to an event.
type route struct {
	in, then doorSet
	// causes are places in scale.causes of those that close one of its doors.
	causes []int
}

// Whom to leave out when counting protections, beside the place of a cause.
const (
	nobody    = -1
	everybody = -2
)

func (r *route) count(without int) int {
	switch {
	case without == everybody:
		return 0
	case without != nobody && slices.Contains(r.causes, without):
		return len(r.causes) - 1
	}
	return len(r.causes)
}

// scale holds the findings, grouped, against the events.
type scale struct {
	m      *Method
	groups []*group
	causes []cause
	of     []*group // by finding
}

// newScale groups the findings, which are in order of weight.
func newScale(m *Method, findings []*landwaiter.Finding, wall map[string]bool, causes []cause) *scale {
	s := &scale{m: m, causes: causes}
	at := make(map[trait]*group)
	for i, f := range findings {
		t := traitOf(f, wall)
		g := at[t]
		if g == nil {
			g = &group{trait: t}
			at[t] = g
			s.groups = append(s.groups, g)
		}
		g.n++
		s.of = append(s.of, g)
		if len(g.first) < maxExamples {
			g.first = append(g.first, i)
		}
	}
	type lock struct {
		doors        doorSet
		wall, strict bool
	}
	closers := make(map[lock][]int)
	for _, g := range s.groups {
		g.routes = make([][]route, len(m.Events))
		for e := range m.Events {
			g.routes[e] = routesTo(&m.Events[e], &g.trait)
			for i := range g.routes[e] {
				r := &g.routes[e][i]
				l := lock{r.in | r.then, g.wall, g.strict()}
				c, ok := closers[l]
				if !ok {
					c = s.closers(l.doors, &g.trait)
					closers[l] = c
				}
				r.causes = c
			}
		}
	}
	return s
}

// closers returns the places of the causes that close one of the doors to t.
func (s *scale) closers(doors doorSet, t *trait) []int {
	out := []int{}
	for i := range s.causes {
		if _, ok := s.causes[i].closes(doors, t); ok {
			out = append(out, i)
		}
	}
	return out
}

// routesTo returns every way from t to the event, or none.
func routesTo(e *Event, t *trait) []route {
	if harmsOf(e.By...)&t.harms == 0 {
		return nil
	}
	ways := e.Ways
	if len(ways) == 0 {
		ways = [][]landwaiter.Door{nil}
	}
	var out []route
	for _, in := range t.in.way[:t.in.n] {
		for _, w := range ways {
			then := setOf(w...)
			if t.beyond {
				then &^= setOf(landwaiter.DoorFullControl)
			}
			out = append(out, route{in: in, then: then})
		}
	}
	return out
}

// fewest is the number of protections on the easiest route.
func fewest(routes []route, without int) int {
	n := routes[0].count(without)
	for i := range routes[1:] {
		n = min(n, routes[1+i].count(without))
	}
	return n
}

// band says how findings with trait t stand to an event of class c behind n
// protections.
//
// Where nobody says how the harm is done, protections that stand in every way
// count as far as they do better than "we do not know". One alone in front of
// a class A event does not: it is the only thing there.
func (s *scale) band(t *trait, c landwaiter.ScenarioClass, n int) landwaiter.Band {
	if t.noWay {
		return landwaiter.BandNoWay
	}
	b := landwaiter.BandOpen
	switch {
	case n == 1:
		b = landwaiter.BandOne
	case n > 1:
		b = landwaiter.BandTwo
	}
	if !t.known && (n == 0 || s.m.outcome(c, b).Rank() > s.m.outcome(c, landwaiter.BandUnknown).Rank()) {
		return landwaiter.BandUnknown
	}
	return b
}

// standing is how findings stand to an event.
type standing struct {
	band    landwaiter.Band
	outcome landwaiter.Outcome
	capped  bool // the table says worse than the findings may cause
}

// stand weighs one group against one event that it can lead to.
func (s *scale) stand(g *group, e, without int) standing {
	class := s.m.Events[e].Class
	b := s.band(&g.trait, class, fewest(g.routes[e], without))
	o := s.m.outcome(class, b)
	if g.most != "" && o.Rank() > g.most.Rank() {
		return standing{b, g.most, true}
	}
	// One person accepts what may happen to a project. What must never happen is
	// not theirs to accept: there the table stands.
	if g.waiver != "" && class != landwaiter.ClassA && o.Rank() > landwaiter.Conditions.Rank() {
		return standing{b, landwaiter.Conditions, true}
	}
	return standing{b, o, false}
}

// bandOrder puts the worst first, for standings with one outcome.
var bandOrder = []landwaiter.Band{landwaiter.BandOpen, landwaiter.BandUnknown, landwaiter.BandOne, landwaiter.BandTwo, landwaiter.BandNoWay}

// worse reports whether a is worse than b. Between equal outcomes, one that
// the table gives outweighs one that was held down.
func (a standing) worse(b standing) bool {
	if x, y := a.outcome.Rank(), b.outcome.Rank(); x != y {
		return x > y
	}
	if a.capped != b.capped {
		return b.capped
	}
	return slices.Index(bandOrder, a.band) < slices.Index(bandOrder, b.band)
}

// worst is the worst standing of any finding to event e. With none, no way is
// known.
func (s *scale) worst(e, without int) standing {
	out := standing{band: landwaiter.BandNoWay, outcome: landwaiter.Recommend}
	for _, g := range s.groups {
		if g.routes[e] == nil {
			continue
		}
		if st := s.stand(g, e, without); st.worse(out) {
			out = st
		}
	}
	return out
}

// outcome is the worst outcome over all events.
func (s *scale) outcome(without int) landwaiter.Outcome {
	out := landwaiter.Recommend
	for e := range s.m.Events {
		out = worseOf(out, s.worst(e, without).outcome)
	}
	return out
}

func worseOf(a, b landwaiter.Outcome) landwaiter.Outcome {
	if b.Rank() > a.Rank() {
		return b
	}
	return a
}
