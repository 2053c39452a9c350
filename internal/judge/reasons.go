package judge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// How many reasons advice gives, in all and of one code. Scenarios are listed
// in full beside them.
const (
	maxReasons = 8
	maxAlike   = 3
)

// reasonOrder is the order of reasons that lead to one outcome.
var reasonOrder = []string{
	landwaiter.ReasonNothingAgainst,
	landwaiter.ReasonStop,
	landwaiter.ReasonNoAdvisories,
	landwaiter.ReasonUnreadCode,
	landwaiter.ReasonStaleSource,
	landwaiter.ReasonUnnamedCode,
	landwaiter.ReasonWaived,
	landwaiter.ReasonExploited,
	landwaiter.ReasonRule,
	landwaiter.ReasonRuleUnknown,
	landwaiter.ReasonScenario,
	landwaiter.ReasonChanged,
	landwaiter.ReasonNotCovered,
	landwaiter.ReasonUnknownWeakness,
	landwaiter.ReasonOutdatedBase,
	landwaiter.ReasonNoProtections,
	landwaiter.ReasonWaiverEnded,
	landwaiter.ReasonWeaknesses,
}

// leansOnProtections reports whether the outcome of reasons with this code
// follows from the scenarios, and so from protections.
func leansOnProtections(code string) bool {
	switch code {
	case landwaiter.ReasonScenario, landwaiter.ReasonExploited, landwaiter.ReasonChanged,
		landwaiter.ReasonUnknownWeakness, landwaiter.ReasonOutdatedBase, landwaiter.ReasonNoProtections:
		return true
	}
	return false
}

// weightiest orders reasons by weight and keeps a few: one of every code before
// one more of the same, so that nothing of another sort goes unsaid.
func weightiest(reasons []landwaiter.Reason) []landwaiter.Reason {
	slices.SortFunc(reasons, func(a, b landwaiter.Reason) int {
		return cmp.Or(
			cmp.Compare(b.Outcome.Rank(), a.Outcome.Rank()),
			cmp.Compare(slices.Index(reasonOrder, a.Code), slices.Index(reasonOrder, b.Code)),
			strings.Compare(a.Scenario, b.Scenario),
			cmp.Compare(b.N, a.N),
			strings.Compare(a.Subject, b.Subject),
			cmp.Compare(a.Total, b.Total),
		)
	})
	keep := make([]bool, len(reasons))
	alike := make(map[string]int)
	left := maxReasons
	for i, r := range reasons { // what people said, and no longer say, never goes unsaid
		if r.Code == landwaiter.ReasonWaived || r.Code == landwaiter.ReasonWaiverEnded {
			keep[i] = true
			alike[r.Code]++
			left--
		}
	}
	for turn := 1; turn <= maxAlike; turn++ {
		for i, r := range reasons {
			if left > 0 && !keep[i] && alike[r.Code] < turn {
				keep[i] = true
				alike[r.Code]++
				left--
			}
		}
	}
	out := make([]landwaiter.Reason, 0, maxReasons)
	for i, r := range reasons {
		if keep[i] {
			out = append(out, r)
		}
	}
	return out
}

// reasons returns every reason but "nothing against", in no order.
func (h *hearing) reasons() []landwaiter.Reason {
	out := unseen(h.m, h.in)
	out = append(out, h.stops()...)
	known := h.of(func(g *group) bool { return knownWeakness(g.kind) })
	weak := h.of(func(g *group) bool { return kinds[g.kind].weakness && !g.noWay })
	for e := range h.scenarios {
		if h.scenarios[e].Outcome.Rank() > 0 {
			out = append(out, h.scenarioReason(e, known.n))
		}
	}
	if used := h.of(func(g *group) bool { return g.exploited }); used.n > 0 {
		r := used.reason(landwaiter.ReasonExploited, max(known.n, used.n))
		if h.exploited() {
			r.Outcome = worseOf(r.Outcome, landwaiter.Conditions)
		}
		out = append(out, r)
	}
	if vague := h.of(func(g *group) bool { return g.vague && !g.noWay }); vague.n > 0 {
		out = append(out, vague.reason(landwaiter.ReasonUnknownWeakness, weak.n))
	}
	if old := h.of(func(g *group) bool { return g.kind == landwaiter.KindOutdatedBase }); old.n > 0 {
		r := old.reason(landwaiter.ReasonOutdatedBase, 0)
		if h.in.System != nil {
			r.Subject = systemName(h.in.System)
		}
		out = append(out, r)
	}
	if changed := h.of(func(g *group) bool { return g.kind == landwaiter.KindChanged }); changed.n > 0 {
		r := changed.reason(landwaiter.ReasonChanged, 0)
		r.N = max(r.N, seenFiles(h.findings, landwaiter.KindChanged))
		out = append(out, r)
	}
	if known.n > 0 {
		out = append(out, landwaiter.Reason{Code: landwaiter.ReasonWeaknesses, Outcome: landwaiter.Recommend, N: known.n, Total: int64(len(h.in.Packages))})
	}
	reaching := h.of(func(g *group) bool { return !g.noWay })
	if len(h.scale.causes) == 0 && reaching.n > 0 {
		out = append(out, landwaiter.Reason{Code: landwaiter.ReasonNoProtections, Outcome: reaching.worst})
	}
	return out
}

// stops returns a reason for each kind of finding that no protection softens.
func (h *hearing) stops() []landwaiter.Reason {
	var out []landwaiter.Reason
	for _, kind := range landwaiter.Kinds() {
		if !kinds[kind].stop {
			continue
		}
		if found := h.of(func(g *group) bool { return g.kind == kind }); found.n > 0 {
			r := found.reason(landwaiter.ReasonStop, 0)
			r.Outcome, r.Subject = landwaiter.DoNotImport, string(kind)
			out = append(out, r)
		}
	}
	return out
}

// scenarioReason says that the table decides. It counts weaknesses where any of
// them decides, and else whatever does.
func (h *hearing) scenarioReason(e int, known int64) landwaiter.Reason {
	sc := &h.scenarios[e]
	r := landwaiter.Reason{
		Code: landwaiter.ReasonScenario, Outcome: sc.Outcome, Scenario: sc.ID,
		N: int64(sc.Deciding), Total: int64(sc.Deciding), Findings: sc.Examples,
	}
	deciding := h.of(func(g *group) bool {
		if !knownWeakness(g.kind) || g.routes[e] == nil {
			return false
		}
		st := h.scale.stand(g, e, nobody)
		return st.band == sc.Band && st.outcome == sc.Outcome
	})
	if deciding.n > 0 {
		r.N, r.Total = deciding.n, known
	}
	return r
}

// some is a selection of findings.
type some struct {
	h     *hearing
	n     int64
	first []int
	worst landwaiter.Outcome
}

// of selects findings by group.
func (h *hearing) of(want func(*group) bool) some {
	s := some{h: h, worst: landwaiter.Recommend}
	for _, g := range h.scale.groups {
		if want(g) {
			s.n += int64(g.n)
			s.first = append(s.first, g.first...)
			s.worst = worseOf(s.worst, h.worst(g))
		}
	}
	return s
}

func (s *some) reason(code string, total int64) landwaiter.Reason {
	return landwaiter.Reason{Code: code, Outcome: s.worst, N: s.n, Total: total, Findings: s.h.examples(s.first)}
}

// knownWeakness reports whether findings of kind k each stand for one known
// weakness that is present.
func knownWeakness(k landwaiter.Kind) bool {
	return k == landwaiter.KindWeakness || k == landwaiter.KindWeaknessNoFix || k == landwaiter.KindExploited || k == landwaiter.KindChangesResults
}

func seenFiles(findings []*landwaiter.Finding, kind landwaiter.Kind) int64 {
	var n int64
	for _, f := range findings {
		if f.Kind == kind {
			n += f.Seen.Files
		}
	}
	return n
}
