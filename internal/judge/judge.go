// Package judge turns what was seen, what is known and what stands in the way
// into advice. It is pure: no files, no clock, no chance; the same input in any
// order gives the same advice.
//
// The method is a value ([Method]); docs/adr/0004 says why it counts doors and
// tested protections instead of scores.
package judge

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Input is everything that advice rests on. Judge does not change it.
type Input struct {
	Subject  landwaiter.Subject
	System   *landwaiter.System
	Packages []landwaiter.Package
	Findings []landwaiter.Finding
	Account  landwaiter.Account
	Gaps     []landwaiter.Gap
	// HaveAdvisories is false where no advisory file was given.
	HaveAdvisories bool
	Sources        []landwaiter.Source
	Protections    []landwaiter.Protection
	// Waivers are what people accepted or answered, Trust whose statements about
	// findings may answer them.
	Waivers []landwaiter.Waiver
	Trust   []landwaiter.Trust
	// Place is where the software would run.
	Place landwaiter.Place
	Now   time.Time
}

// Judge advises on in by the method m. It returns the protections as well, by
// ID, with Credited and Refused filled in.
func Judge(m Method, in Input) (landwaiter.Advice, []landwaiter.Protection) {
	id := m.identity()
	m = m.InForce()
	if toWaive(&in) {
		in.Findings, in.Waivers = Waive(m, in)
	}
	protections := credit(&m, &in)
	h := &hearing{m: &m, in: &in, protections: protections, findings: byWeight(in.Findings)}
	h.scale = newScale(&m, h.findings, wallPackages(&m, in.Packages), causesOf(protections, opened(asks(&in))))
	h.scenarios = make([]landwaiter.Scenario, len(m.Events))
	h.stands = make([]map[string]bool, len(m.Events))
	for e := range m.Events {
		h.scenarios[e] = h.scenario(e)
	}
	local, asked := h.apply()
	reasons := append(h.reasons(), local...)
	fixed := landwaiter.Recommend // what no protection changes
	for _, r := range reasons {
		if !leansOnProtections(r.Code) {
			fixed = worseOf(fixed, r.Outcome)
		}
	}
	if h.exploited() {
		fixed = worseOf(fixed, landwaiter.Conditions)
	}
	a := landwaiter.Advice{
		Outcome:   worseOf(fixed, h.scale.outcome(nobody)),
		Scenarios: h.scenarios,
		Method:    id,
	}
	if a.Outcome == landwaiter.Recommend {
		reasons = append(reasons, landwaiter.Reason{Code: landwaiter.ReasonNothingAgainst, Outcome: landwaiter.Recommend, Total: int64(len(in.Packages))})
	}
	reasons = append(reasons, h.said(a.Outcome)...)
	a.Reasons = weightiest(reasons)
	a.Conditions = append(h.conditions(reasons), asked...)
	a.LeansOn, a.IfFailed = h.leansOn(fixed)
	return a, protections
}

// hearing is one judgement under way.
type hearing struct {
	m           *Method
	in          *Input
	protections []landwaiter.Protection
	findings    []*landwaiter.Finding // the weightiest first
	scale       *scale
	scenarios   []landwaiter.Scenario // by event
	// stands are the IDs of all protections that a scenario's deciding findings
	// face, by event: more than any one of them faces.
	stands []map[string]bool
}

// byWeight orders findings for examples: in use by attackers, then surely
// there, then the likelier to be used, then by kind and ID. It decides nothing.
func byWeight(findings []landwaiter.Finding) []*landwaiter.Finding {
	type weight struct {
		f    *landwaiter.Finding
		safe int // 0 where attackers use it
		weak int
		epss float64
	}
	all := make([]weight, len(findings))
	for i := range findings {
		f := &findings[i]
		w := weight{f: f, safe: 1, weak: confidenceOrder(f.Confidence)}
		if inUse(f) {
			w.safe = 0
		}
		if f.EPSS != nil {
			w.epss = f.EPSS.Probability
		}
		all[i] = w
	}
	slices.SortFunc(all, func(a, b weight) int {
		return cmp.Or(cmp.Compare(a.safe, b.safe), cmp.Compare(a.weak, b.weak), cmp.Compare(b.epss, a.epss),
			strings.Compare(string(a.f.Kind), string(b.f.Kind)), strings.Compare(a.f.ID, b.f.ID))
	})
	out := make([]*landwaiter.Finding, len(all))
	for i, w := range all {
		out[i] = w.f
	}
	return out
}

func confidenceOrder(c landwaiter.Confidence) int {
	switch c {
	case landwaiter.ConfidenceOpenEnded:
		return 1
	case landwaiter.ConfidenceMapped:
		return 2
	}
	return 0
}

// scenario weighs every finding against event e. The protections that it names
// are those on the easiest route, so that their number is never more than what
// any deciding finding faces.
func (h *hearing) scenario(e int) landwaiter.Scenario {
	s := h.scale
	ev := &h.m.Events[e]
	st := s.worst(e, nobody)
	out := landwaiter.Scenario{
		ID: ev.ID, Class: ev.Class, Band: st.band, Outcome: st.outcome,
		Without: s.worst(e, everybody).band,
	}
	if ev.own {
		out.Name = ev.Name
	}
	var (
		first    []int
		doors    doorSet
		unknown  bool
		stands   = make(map[string]bool)
		protects = st.band == landwaiter.BandOne || st.band == landwaiter.BandTwo
	)
	for _, g := range s.groups {
		if g.routes[e] == nil {
			continue
		}
		out.Findings += g.n
		if gs := s.stand(g, e, nobody); gs.band != st.band || gs.outcome != st.outcome {
			continue
		}
		out.Deciding += g.n
		first = append(first, g.first...)
		if st.band == landwaiter.BandNoWay {
			continue
		}
		for _, r := range easiest(g.routes[e]) {
			d, u := s.unclosed(&r, g)
			doors, unknown = doors|d, unknown || u || st.band == landwaiter.BandUnknown
			if !protects {
				continue
			}
			ids := s.inTheWay(&r, &g.trait)
			for _, id := range ids {
				stands[id] = true
			}
			if out.Protections == nil || len(ids) < len(out.Protections) {
				out.Protections = ids // of equals the weightiest: groups are in its order
			}
		}
	}
	out.Doors = doors.list()
	if unknown {
		out.Doors = append(out.Doors, landwaiter.DoorUnknown)
	}
	out.Examples = h.examples(first)
	h.stands[e] = stands
	return out
}

// unclosed returns the doors of r that nothing tested closes. Where nobody says
// which way in is taken, it says only whether an unknown one stands open.
func (s *scale) unclosed(r *route, g *group) (doors doorSet, unknown bool) {
	left := r.in | r.then
	for _, c := range r.causes {
		for _, sh := range s.causes[c].shields {
			if g.meets(&sh) {
				left &^= sh.closes
			}
		}
	}
	if g.vague {
		return left & r.then, left&r.in != 0
	}
	return left, false
}

// easiest returns the routes with the fewest protections.
func easiest(routes []route) []route {
	n := fewest(routes, nobody)
	var out []route
	for _, r := range routes {
		if r.count(nobody) == n {
			out = append(out, r)
		}
	}
	return out
}

// inTheWay returns the IDs of the protections in r that stand in the way of t, one
// for each cause, in order.
func (s *scale) inTheWay(r *route, t *trait) []string {
	var out []string
	for _, c := range r.causes {
		if sh, ok := s.causes[c].closes(r.in|r.then, t); ok {
			out = append(out, sh.id)
		}
	}
	slices.Sort(out)
	return out
}

// examples returns the IDs of the weightiest findings among places.
func (h *hearing) examples(places []int) []string {
	slices.Sort(places)
	var out []string
	for _, i := range places[:min(len(places), maxExamples)] {
		out = append(out, h.findings[i].ID)
	}
	return out
}

// leansOn returns the ID of the protection without which the advice is worst,
// and that advice; of several, the one that counts in most scenarios, then the
// first by ID. What has the same cause fails with it.
func (h *hearing) leansOn(fixed landwaiter.Outcome) (id string, failed landwaiter.Outcome) {
	counts := make(map[string]int)
	for _, stands := range h.stands {
		for p := range stands {
			counts[p]++
		}
	}
	now := worseOf(fixed, h.scale.outcome(nobody))
	best := -1
	for i := range h.scale.causes {
		o := worseOf(fixed, h.scale.outcome(i))
		for _, sh := range h.scale.causes[i].shields {
			n := counts[sh.id]
			if o.Rank() == now.Rank() && n == 0 {
				continue
			}
			if better := cmp.Or(cmp.Compare(o.Rank(), failed.Rank()), cmp.Compare(n, best), strings.Compare(id, sh.id)); id == "" || better > 0 {
				id, failed, best = sh.id, o, n
			}
		}
	}
	return id, failed
}

// exploited reports whether attackers use a weakness that has a way in.
func (h *hearing) exploited() bool {
	return slices.ContainsFunc(h.scale.groups, func(g *group) bool { return g.exploited && !g.noWay })
}

// worst is the worst outcome that g leads to.
func (h *hearing) worst(g *group) landwaiter.Outcome {
	out := landwaiter.Recommend
	for e := range h.m.Events {
		if g.routes[e] != nil {
			out = worseOf(out, h.scale.stand(g, e, nobody).outcome)
		}
	}
	return out
}
