package judge

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The codes of conditions, in the order in which advice lists them.
const (
	condNotRoot = "not-root"        // run it without full control inside its box
	condNoGain  = "no-more-rights"  // run it so that no program in it can gain rights
	condKeep    = "keep-protection" // What: the protection's ID; By: when it must be tested again
	condFresh   = "fresh-copy"      // ask for a fresh copy, and judge that
	condFiles   = "name-files"      // say what the files are that nobody owns, or who changed them
	condSteps   = "steps-first"     // do before the import what the software would do when it starts
	condOutward = "no-way-out"      // say what it sends, and leave the block as it is
	condLook    = "person-looks"    // a person looks at what may be about people
	condList    = "confirm-list"    // say why there is more than was asked for
	condLicence = "licence-proof"   // show that this use is allowed
	condWaiver  = "waiver-ends"     // What: the waiver's ID; By: the day on which it ends; the owner is who signed it
	condSecond  = "second-approver" // What: the scenarios; By: the end date of the approval
)

// conditions says who owns each condition. It is checked by the code of its own
// name.
var conditions = []struct{ code, owner string }{
	{condNotRoot, ownerService},
	{condNoGain, ownerService},
	{condKeep, ownerService},
	{condFresh, ownerProject},
	{condFiles, ownerProject},
	{condSteps, ownerProject},
	{condOutward, ownerProject},
	{condLook, ownerGovernance},
	{condList, ownerProject},
	{condLicence, ownerProject},
	{condWaiver, ownerGovernance},
	{condSecond, ownerGovernance},
}

// Owners of conditions are roles, in plain words.
const (
	ownerService    = "the team that runs the service"
	ownerProject    = "the project team"
	ownerGovernance = "information governance"
)

// conditions returns what must hold for the advice to be true; and where the
// advice is no, or that we cannot judge, what is a part of the way forward.
func (h *hearing) conditions(reasons []landwaiter.Reason) []landwaiter.Condition {
	asked := h.asked(reasons)
	today := dayOf(h.in.Now)
	due := today.AddDate(0, 0, h.m.DueDays)
	var out []landwaiter.Condition
	for _, c := range conditions {
		base := landwaiter.Condition{Code: c.code, Owner: c.owner, Check: c.code, By: due}
		switch {
		case c.code == condKeep:
			out = append(out, h.keep(base)...)
			continue
		case c.code == condWaiver:
			out = append(out, h.waiverEnds(base)...)
			continue
		case c.code == condSecond:
			base.What = strings.Join(h.onlyOne(), ", ")
			base.By = today.AddDate(0, 0, h.m.FreshDaysA)
			if base.What == "" {
				continue
			}
		case !asked[c.code]:
			continue
		case c.code == condFresh:
			base.By = today.AddDate(0, 0, h.freshDays())
		}
		out = append(out, base)
	}
	return out
}

// asked returns the codes of conditions that findings and reasons ask for.
func (h *hearing) asked(reasons []landwaiter.Reason) map[string]bool {
	asked := make(map[string]bool)
	for _, g := range h.scale.groups {
		if h.worst(g).Rank() > 0 || g.exploited && !g.noWay {
			asked[ruleOf(g.kind, g.grave).condition] = true
		}
	}
	for _, r := range reasons {
		switch {
		case r.Outcome.Rank() == 0:
		case r.Code == landwaiter.ReasonUnnamedCode:
			asked[condFiles] = true
		case r.Code == landwaiter.ReasonNotCovered:
			asked[condFresh] = true // a list may cover it by then
		}
	}
	return asked
}

// keep returns a condition for each protection that a scenario hangs on.
func (h *hearing) keep(base landwaiter.Condition) []landwaiter.Condition {
	hangs := make(map[string]bool)
	for i := range h.scenarios {
		if h.scenarios[i].Outcome == landwaiter.Conditions {
			maps.Copy(hangs, h.stands[i])
		}
	}
	var out []landwaiter.Condition
	for i := range h.protections {
		p := &h.protections[i]
		if !p.Credited || !hangs[p.ID] {
			continue
		}
		delete(hangs, p.ID)
		c := base
		c.What, c.By = p.ID, retest(h.m, p)
		out = append(out, c)
	}
	return out
}

// retest is the day by which p must be tested, or renewed, to keep its credit.
func retest(m *Method, p *landwaiter.Protection) time.Time {
	end := dayOf(p.Test.Date).AddDate(0, 0, m.MaxTestDays)
	if v := dayOf(p.ValidUntil); !p.ValidUntil.IsZero() && v.Before(end) {
		end = v
	}
	return end
}

// onlyOne returns the IDs of class A scenarios with one protection.
func (h *hearing) onlyOne() []string {
	var out []string
	for i := range h.scenarios {
		sc := &h.scenarios[i]
		if sc.Class == landwaiter.ClassA && sc.Band == landwaiter.BandOne && sc.Outcome == landwaiter.DoNotImport {
			out = append(out, sc.ID)
		}
	}
	return out
}

// freshDays is how long the copy may be used before a fresh one is due.
func (h *hearing) freshDays() int {
	if h.exploited() {
		return h.m.ExploitedDays
	}
	if slices.ContainsFunc(h.scenarios, func(sc landwaiter.Scenario) bool {
		return sc.Class == landwaiter.ClassA && sc.Outcome.Rank() > 0
	}) {
		return h.m.FreshDaysA
	}
	return h.m.FreshDays
}
