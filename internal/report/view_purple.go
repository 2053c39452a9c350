package report

import (
	"cmp"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// purple is what a team that tests protections needs: which of them this advice leans
// on, whose test runs out, and what to try.
func (v *sheet) purple() []part {
	return []part{v.leaning(), v.protections(), v.testPlan(), v.scenarios()}
}

// leaning lists the protections by how much hangs on each.
func (v *sheet) leaning() part {
	p := v.part("leaning")
	if lines := v.leans(); len(lines) > 0 {
		p.Notes = append(p.Notes, lines)
	}
	t := v.table("leaning", 50, "protection", "#events", "event", "counted", "until", "days-left")
	type lean struct {
		p      *landwaiter.Protection
		events cell
	}
	var all []lean
	for i := range v.a.Protections {
		l := lean{p: &v.a.Protections[i]}
		for _, sc := range v.a.Advice.Scenarios {
			if slices.Contains(sc.Protections, l.p.ID) {
				l.events = append(l.events, join(name(sc.ID), v.label("scenario", sc.ID)))
			}
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b lean) int {
		most := func(l lean) int { return b2i(l.p.ID == v.a.Advice.LeansOn) }
		return cmp.Or(cmp.Compare(most(b), most(a)), cmp.Compare(len(b.events), len(a.events)))
	})
	for _, l := range all {
		counted := v.label("value", "counted")
		if !l.p.Credited {
			counted = v.say("value", "not-counted", facts{Why: v.refusedWhy(*l.p, pageName)})
		}
		ends := creditEnds(v.a, l.p)
		left := v.label("value", "never-tested")
		if l.p.Test != nil && !l.p.Test.Date.IsZero() {
			left = v.label("value", "no-end")
		}
		if !ends.IsZero() {
			days := int64(ends.Sub(v.a.At).Hours() / 24)
			left = v.say("value", "days-left", counts(days, 0))
			if !v.a.At.Before(ends) {
				left = v.label("value", "overdue")
			}
		}
		t.Rows = append(t.Rows, []cell{{name(cmp.Or(l.p.Name, l.p.ID))}, {rich{{Text: number(int64(len(l.events)))}}}, l.events, {counted}, {rich{{Text: day(ends)}}}, {left}})
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// testPlan says what to try against each protection, door by door.
func (v *sheet) testPlan() part {
	p := v.part("test-plan")
	t := v.table("test-plan", 60, "protection", "stands-when", "try", "last-test-on", "how-tested")
	for i := range v.a.Protections {
		pr := &v.a.Protections[i]
		on, method := "", ""
		if pr.Test != nil {
			on, method = day(pr.Test.Date), pr.Test.Method
		}
		var when, try cell
		for _, d := range pr.Closes {
			when = append(when, v.label("door", string(d)))
			try = append(try, v.label("test-plan", string(d)))
		}
		t.Rows = append(t.Rows, []cell{{name(cmp.Or(pr.Name, pr.ID))}, when, try, {rich{{Text: on}}}, {name(method)}})
	}
	p.Tables = v.orNone(&p, t)
	return p
}
