package attest

import (
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Prove holds e against a control of [landwaiter.Controls].
func (e *Evidence) Prove(c *landwaiter.Control) landwaiter.Proof {
	p := landwaiter.Proof{Control: c.ID, ValidUntil: e.ValidUntil, Strength: c.Strength()}
	results := map[string]*Result{}
	var failed, unsure []string
	for i := range e.Results {
		r := &e.Results[i]
		if !c.Bears(r.Probe) {
			continue
		}
		results[r.Probe] = r
		switch r.counts() {
		case Pass:
			p.Probes++
			if !r.ValidUntil.IsZero() && r.ValidUntil.Before(p.ValidUntil) {
				p.ValidUntil = r.ValidUntil
			}
		case Fail:
			failed = append(failed, r.Probe)
		case NotApplicable, NotRun:
		default:
			unsure = append(unsure, r.Probe)
		}
	}
	switch {
	case len(failed) > 0:
		p.Failed, p.Why = true, "failed: "+strings.Join(failed, ", ")
	case len(unsure) > 0:
		p.Why = "inconclusive: " + strings.Join(unsure, ", ")
	default:
		p.Why = missing(c, results)
		p.Held = p.Why == ""
	}
	return p
}

// missing says which probe that c needs does not show it.
func missing(c *landwaiter.Control, results map[string]*Result) string {
	passed := false
	for _, n := range c.Needs {
		switch r := results[n.Probe]; {
		case r == nil || r.Verdict == NotRun:
			return "not run: " + n.Probe
		case r.Verdict == NotApplicable && n.Always:
			return n.Probe + " does not apply here, and nothing stands in for it"
		case r.Verdict == NotApplicable:
		case r.Strength.Rank() < n.Least.Rank():
			return fmt.Sprintf("%s shows %s, and %s is needed", n.Probe, r.Strength, n.Least)
		default:
			passed = true
		}
	}
	if !passed {
		return "no probe that it needs applies here"
	}
	return ""
}
