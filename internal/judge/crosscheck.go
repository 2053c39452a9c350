package judge

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// The facts of SSVC and of BOD 26-04 that may be unknown.
const (
	factExploitation = "exploitation"
	factExposure     = "exposure"
	factAutomatable  = "automatable"
	factTotal        = "technicalImpact"
)

// CrossChecks says of each finding of in what SSVC, BOD 26-04, CVSS and Cyber
// Essentials say about it, nil where it is no weakness that is present. It follows the
// method's harms, doors and events, and decides nothing. What nobody knows counts as
// the worst, and is named.
//
// Findings that do not differ in what is asked share one answer; do not change it.
func CrossChecks(m Method, in Input) []*landwaiter.CrossCheck {
	findings := make([]*landwaiter.Finding, len(in.Findings))
	for i := range in.Findings {
		findings[i] = &in.Findings[i]
	}
	c := &crossing{
		scale:  newScale(&m, findings, wallPackages(&m, in.Packages), causesOf(credit(&m, &in), opened(asks(&in)))),
		done:   map[crossKey]*landwaiter.CrossCheck{},
		listed: slices.ContainsFunc(in.Sources, func(s landwaiter.Source) bool { return s.Format == "kev" }),
	}
	out := make([]*landwaiter.CrossCheck, len(findings))
	for i, f := range findings {
		if !present(f.Kind) {
			continue
		}
		g := c.scale.of[i]
		key := crossKey{trait: g.trait}
		if f.Vector != nil {
			key.kind, key.vector = f.Vector.Type, f.Vector.Value
		}
		if c.done[key] == nil {
			c.done[key] = c.check(g, f)
		}
		out[i] = c.done[key]
	}
	return out
}

// present reports whether findings of kind k each stand for a known weakness that is
// there, whether or not a person wants its fix.
func present(k landwaiter.Kind) bool { return knownWeakness(k) }

// crossKey is all that a cross-check rests on.
type crossKey struct {
	trait
	kind, vector string
}

// crossing is the cross-checks of one assessment under way.
type crossing struct {
	scale  *scale
	done   map[crossKey]*landwaiter.CrossCheck
	listed bool // a list of what attackers use was given
}

func (c *crossing) check(g *group, f *landwaiter.Finding) *landwaiter.CrossCheck {
	out := &landwaiter.CrossCheck{Ours: c.ours(g), Fix: "not-given"}
	say, known := readMetrics(f.Vector)
	if !known {
		out.Assumed = append(out.Assumed, factAutomatable, factTotal)
	}
	s := &out.SSVC
	switch {
	case g.exploited:
		s.Exploitation = "active"
	case !c.listed:
		s.Exploitation = "active"
		out.Assumed = append(out.Assumed, factExploitation)
	case known && say.proof:
		s.Exploitation = "poc"
	default:
		s.Exploitation = "none"
	}
	exposed := false
	s.Exposure, exposed = c.exposure(g)
	if g.vague && s.Exposure != "small" { // else every way there is was closed
		out.Assumed = append(out.Assumed, factExposure)
	}
	s.Automatable = !known || say.automatable
	s.HumanImpact = c.impact(g)
	s.Priority = priority(s)
	out.BOD = landwaiter.BOD{Exploited: s.Exploitation == "active", Exposed: exposed, Automatable: s.Automatable, Total: !known || say.total}
	deadline(&out.BOD)
	if known {
		out.CVSS = c.score(f.Vector, g)
		out.Fix = fixClass(out.CVSS)
	}
	slices.Sort(out.Assumed)
	out.Against = against(out)
	return out
}

// ours is the worst outcome that the group leads to by our method.
func (c *crossing) ours(g *group) landwaiter.Outcome {
	out := landwaiter.Recommend
	for e := range c.scale.m.Events {
		if g.routes[e] != nil {
			out = worseOf(out, c.scale.stand(g, e, nobody).outcome)
		}
	}
	if g.exploited && !g.noWay {
		out = worseOf(out, landwaiter.Conditions)
	}
	return out
}

// exposure is how far attackers can reach, and whether the public can. A way in that
// something tested closes does not count: SSVC wants what reliably interrupts an
// attack. A way in from inside, by a file or by somebody who works there, is
// controlled.
func (c *crossing) exposure(g *group) (word string, public bool) {
	word = "small"
	for _, way := range g.in.way[:g.in.n] {
		if way&setOf(landwaiter.DoorPhysical) != 0 || len(c.scale.closers(way, &g.trait)) > 0 {
			continue
		}
		if way&setOf(landwaiter.DoorNetworkIn) != 0 {
			return "open", true
		}
		word = "controlled"
	}
	return word, false
}

// impact is SSVC's human impact by the class of the worst event that the finding can
// lead to, whatever stands in the way: that is what exposure is for.
func (c *crossing) impact(g *group) string {
	worst := "low"
	for e := range c.scale.m.Events {
		if g.routes[e] == nil || g.noWay {
			continue
		}
		switch c.scale.m.Events[e].Class {
		case landwaiter.ClassA:
			return "very-high"
		case landwaiter.ClassB:
			worst = "high"
		case landwaiter.ClassC:
			if worst == "low" {
				worst = "medium"
			}
		}
	}
	return worst
}

// against says how SSVC stands to what our method says of the same finding: defer and
// scheduled, which wait for the next rebuild, are a note; out-of-cycle is a condition
// with a date; immediate is "do not import yet".
func against(c *landwaiter.CrossCheck) string {
	if c.Ours == landwaiter.CannotJudge || len(c.Assumed) > 0 {
		return ""
	}
	theirs := map[string]landwaiter.Outcome{"out-of-cycle": landwaiter.Conditions, "immediate": landwaiter.DoNotImport}[c.SSVC.Priority]
	switch a, b := theirs.Rank(), c.Ours.Rank(); {
	case a > b:
		return "more"
	case a < b:
		return "less"
	}
	return "same"
}
