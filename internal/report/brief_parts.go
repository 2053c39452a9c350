package report

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
)

// protects lists what was tested, then what was only claimed.
func (v *view) protects() section {
	s := section{ID: "protects", Title: v.label("brief", "protects")}
	more := 0
	var credited []landwaiter.Protection
	var claimed []string
	var refused []rich
	for _, p := range v.a.Protections {
		switch {
		case p.Credited && len(credited) < v.room.protections:
			credited = append(credited, p)
		case !p.Credited && !tested(p) && len(claimed) < v.room.claimed:
			claimed = append(claimed, data(p.Name, v.room.name))
		case !p.Credited && tested(p) && len(refused) < v.room.claimed:
			refused = append(refused, v.say("brief", "not-counted", facts{Name: data(p.Name, v.room.name), Why: v.refusedWhy(p, v.room.name)}))
		default:
			more++
		}
	}
	s.Items = v.testedGroups(credited)
	switch {
	case len(v.a.Protections) == 0:
		s.Lines = append(s.Lines, v.label("brief", "protects-none"))
	case len(credited) == 0:
		s.Lines = append(s.Lines, v.label("brief", "protects-not-counted"))
	}
	if len(claimed) > 0 {
		s.After = append(s.After, v.say("brief", "claimed", facts{Names: strings.Join(claimed, ", ")}))
	}
	s.After = append(s.After, refused...)
	if more > 0 {
		s.After = append(s.After, v.say("brief", "more-protections", counts(int64(more), 0)))
	}
	if leans := v.leans(); len(leans) > 0 {
		s.After = append(s.After, leans)
	}
	return s
}

// testedGroups puts protections that were tested on one day by one team on one
// line: the page is short.
func (v *view) testedGroups(credited []landwaiter.Protection) []item {
	type test struct {
		day, by string
	}
	var order []test
	groups := map[test][]landwaiter.Protection{}
	for _, p := range credited {
		var key test
		if p.Test != nil {
			key = test{day(p.Test.Date), p.Test.By}
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], p)
	}
	var out []item
	for _, key := range order {
		group := groups[key]
		if len(group) == 1 || key.day == "" || key.by == "" {
			for _, p := range group {
				out = append(out, item{Lead: v.tested(p, v.room.name)})
			}
			continue
		}
		var names []string
		for _, p := range group {
			names = append(names, data(cmp.Or(p.Name, p.ID), v.room.name))
		}
		out = append(out, item{Lead: v.say("brief", "tested-group", facts{
			Date: key.day, By: data(key.by, v.room.name), Names: strings.Join(names, "; "),
		})})
	}
	return out
}

// tested reports whether anybody says that they tested p.
func tested(p landwaiter.Protection) bool {
	return p.Evidence == landwaiter.EvidenceTestedOwn || p.Evidence == landwaiter.EvidenceTestedOut
}

// tested says when and by whom p was tested.
func (w *words) tested(p landwaiter.Protection, limit int) rich {
	f := facts{Name: data(cmp.Or(p.Name, p.ID), limit), By: w.label("brief", "tested-by-nobody").String()}
	if p.Test == nil {
		return w.say("brief", "tested-unsaid", f)
	}
	if p.Test.By != "" {
		f.By = data(p.Test.By, limit)
	}
	if p.Test.Date.IsZero() {
		return w.say("brief", "tested-undated", f)
	}
	f.Date = day(p.Test.Date)
	return w.say("brief", "tested", f)
}

// refusedWhy says why p earns no credit, marked as the words want it.
func (w *words) refusedWhy(p landwaiter.Protection, limit int) string {
	if w.has("refused", p.Refused) {
		return w.label("refused", p.Refused).marked()
	}
	return data(p.Refused, limit)
}

// leans says what the advice leans on most, and what it would be without.
func (v *view) leans() rich {
	ad := &v.a.Advice
	if ad.LeansOn == "" {
		return nil
	}
	out := v.say("brief", "leans", facts{Name: data(v.protectionName(ad.LeansOn), v.room.name)})
	switch ad.IfFailed {
	case "":
	case ad.Outcome:
		out = join(out, v.label("brief", "if-failed-same"))
	default:
		out = join(out, v.say("brief", "if-failed", facts{Why: lowerFirst(v.label("outcome", string(ad.IfFailed)).marked())}))
	}
	return out
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return s
	}
	return string(unicode.ToLower(r)) + s[n:]
}

// protectionName returns the plain name of the protection with this ID.
func (v *view) protectionName(id string) string {
	for _, p := range v.a.Protections {
		if p.ID == id && p.Name != "" {
			return p.Name
		}
	}
	return id
}

// wrong says what could still go wrong, worst first.
func (v *view) wrong() section {
	s := section{ID: "wrong", Title: v.label("brief", "wrong")}
	var open []landwaiter.Scenario
	noLeak := false
	for _, sc := range v.a.Advice.Scenarios {
		if sc.Band != landwaiter.BandNoWay && sc.Findings > 0 {
			open = append(open, sc)
		}
		noLeak = noLeak || sc.ID == "A1" && sc.Band == landwaiter.BandNoWay
	}
	slices.SortStableFunc(open, func(a, b landwaiter.Scenario) int {
		return cmp.Or(cmp.Compare(b.Outcome.Rank(), a.Outcome.Rank()), cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
	})
	for i, sc := range open {
		if i == v.room.scenarios {
			s.After = append(s.After, v.say("brief", "wrong-more", counts(int64(len(open)-i), 0)))
			break
		}
		s.Items = append(s.Items, item{
			Lead: v.event(v.a, sc.ID, 2*v.room.name),
			Rest: join(v.band(sc), v.stillOpen(sc, 2)),
		})
	}
	switch {
	case len(open) == 0 && v.blind:
		s.Lines = append(s.Lines, v.label("brief", "wrong-blind"))
	case len(open) == 0:
		s.Lines = append(s.Lines, v.label("brief", "wrong-none"))
	}
	if noLeak && !v.blind {
		s.After = append(s.After, v.label("brief", "wrong-no-leak"))
	}
	if len(open) > 0 {
		s.Blanks = []rich{v.label("brief", "signal"), v.label("brief", "recover"), v.label("brief", "owner")}
	}
	return s
}

// band says what stands in the way of a scenario.
func (v *view) band(sc landwaiter.Scenario) rich {
	f := counts(int64(len(sc.Protections)), 0)
	most := v.room.inWay
	var names []string
	for _, id := range sc.Protections[:min(len(sc.Protections), most)] {
		names = append(names, data(v.protectionName(id), v.room.name))
	}
	f.Names = strings.Join(names, ", ")
	if left := len(sc.Protections) - most; left > 0 {
		f.Names += " and " + number(int64(left)) + " more"
	}
	return v.say("band", string(sc.Band), f)
}

// stillOpen names the first doors that nothing tested closes.
func (v *view) stillOpen(sc landwaiter.Scenario, most int) rich {
	names := v.doors(sc.Doors, most)
	if names == "" || sc.Band == landwaiter.BandUnknown {
		return nil
	}
	return v.say("brief", "wrong-open", facts{Names: names})
}

// doors joins the words for doors; most of 0 or less means all.
func (w *words) doors(doors []landwaiter.Door, most int) string {
	var names []string
	for i, d := range doors {
		if i == most && most > 0 {
			break
		}
		names = append(names, w.label("door", string(d)).marked())
	}
	return strings.Join(names, "; ")
}

// unseen says how much we could not see, and what follows from it.
func (v *view) unseen() section {
	acc := &v.a.Account
	s := section{ID: "unseen", Title: v.label("brief", "unseen")}
	switch {
	case acc.Total.Files == 0:
		s.Lines = append(s.Lines, v.label("brief", "unseen-empty"))
	case acc.Covered == acc.Total:
		s.Lines = append(s.Lines, v.label("brief", "unseen-all"))
	case acc.Covered.Bytes == 0:
		s.Lines = append(s.Lines, v.label("brief", "unseen-none"))
	default:
		f := facts{Share: share(acc.Covered.Bytes, acc.Total.Bytes)}
		s.Lines = append(s.Lines, join(v.say("brief", "unseen-covered", f), v.label("brief", "unseen-rest")))
	}
	if acc.Total.Bytes > 0 {
		s.Bar = newBar(v.words, acc, "brief", "class-short")
	}
	var after []rich
	stale := int64(0)
	for _, src := range v.a.Sources {
		if src.Used && src.Stale {
			stale++
		}
	}
	switch {
	case v.a.Advisories == nil:
		after = append(after, v.label("brief", "unseen-lists-none"))
	case stale > 0:
		after = append(after, v.say("brief", "unseen-lists-old", counts(stale, 0)))
	}
	if n := int64(len(v.a.Gaps)); n > 0 {
		after = append(after, v.say("brief", "unseen-gaps", counts(n, 0)))
	}
	if held := v.blindSentence(); len(held) > 0 {
		after = append(after, held)
	}
	if not := notLooked(v.words, v.a); not != "" {
		after = append(after, v.say("brief", "unseen-not-looked", facts{Names: not}))
	}
	if partly := partlyLooked(v.words, v.a); partly != "" {
		after = append(after, v.say("brief", "unseen-partly-looked", facts{Names: partly}))
	}
	s.After = []rich{join(after...)}
	return s
}

// forward lists the conditions, or what would change the advice.
func (v *view) forward() section {
	ad := &v.a.Advice
	s := section{ID: "forward", Title: v.outcome("outcome-forward", ad.Outcome), Numbered: true}
	if ad.Outcome == landwaiter.DoNotImport || ad.Outcome == landwaiter.CannotJudge {
		s.Items = v.waysForward()
		if len(s.Items) == 0 {
			s.Lines = append(s.Lines, v.label("brief", "forward-none"))
		}
	}
	for i, c := range foremost(ad.Conditions) {
		if len(s.Items) >= v.room.conditions {
			s.After = append(s.After, v.say("brief", "more-conditions", counts(int64(len(ad.Conditions)-i), 0)))
			break
		}
		s.Items = append(s.Items, v.condition(c))
	}
	if len(s.Items) == 0 && len(s.Lines) == 0 {
		s.Lines = append(s.Lines, v.label("brief", "no-conditions"))
	}
	return s
}

// foremost puts the condition that binds the reader of the brief first: it
// must never be the one that had no room.
func foremost(all []landwaiter.Condition) []landwaiter.Condition {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b landwaiter.Condition) int {
		return cmp.Compare(b2i(b.Code == secondApprover), b2i(a.Code == secondApprover))
	})
	return all
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// secondApprover is the condition whose What names scenarios and whose By is
// the day on which the approval ends.
const secondApprover = "second-approver"

// whatToDo says a condition alone.
func (v *view) whatToDo(c landwaiter.Condition) rich {
	f := facts{Subject: data(v.protectionName(c.What), v.room.name), Detail: data(c.Text, 3*v.room.name)}
	if c.Code == secondApprover {
		f.Date = day(c.By)
	}
	return v.say("condition", c.Code, f)
}

// waysForward says what to do about the reasons that led to the advice.
func (v *view) waysForward() []item {
	reasons := slices.Clone(v.a.Advice.Reasons)
	slices.SortStableFunc(reasons, func(a, b landwaiter.Reason) int {
		return cmp.Compare(b.Outcome.Rank(), a.Outcome.Rank())
	})
	var out []item
	seen := map[string]bool{}
	for _, r := range reasons {
		if r.Outcome.Rank() < landwaiter.CannotJudge.Rank() && len(out) > 0 {
			break // what did not lead to the advice does not lead out of it
		}
		line := v.reason("reason-forward", r)
		if len(out) == v.room.forward || seen[line.String()] {
			continue
		}
		seen[line.String()] = true
		out = append(out, item{Lead: line})
	}
	return out
}

// condition says a condition, who owns it, by when, and how it is checked.
func (v *view) condition(c landwaiter.Condition) item {
	it := item{Lead: v.whatToDo(c)}
	if c.Owner != "" {
		it.Rest = join(it.Rest, v.say("brief", "condition-owner", facts{Name: data(c.Owner, v.room.name)}))
	}
	if !c.By.IsZero() && c.Code != secondApprover {
		it.Rest = join(it.Rest, v.say("brief", "condition-by", facts{Date: day(c.By)}))
	}
	check := v.check(c, v.room.name)
	if len(check) > 0 {
		it.Rest = join(it.Rest, v.say("brief", "condition-check", facts{Why: check.marked()}))
	}
	return it
}

// check says how a condition is checked. A check that the words do not know is
// shown as it stands.
func (w *words) check(c landwaiter.Condition, limit int) rich {
	if c.Check == "" || w.has("condition-check", c.Check) {
		return w.label("condition-check", cmp.Or(c.Check, c.Code))
	}
	return dataRich(c.Check, limit)
}

func (v *view) refusal() section {
	return section{
		ID: "refusal", Title: v.label("brief", "if-no"),
		Lines:  []rich{v.label("brief", "if-no-cost")},
		Blanks: []rich{v.label("brief", "no-cost")},
	}
}

func (v *view) decision() section {
	rule := "decision-rule"
	if v.a.Advice.Outcome == landwaiter.CannotJudge {
		rule = "decision-rule-unknown"
	}
	s := section{ID: "decision", Title: v.label("brief", "decision"), Lines: []rich{v.label("brief", rule)}}
	for _, c := range []string{"decide-approve", "decide-conditions", "decide-refuse", "decide-more"} {
		s.Ticks = append(s.Ticks, v.label("brief", c))
	}
	for _, c := range []string{"decision-reason", "decision-name", "decision-date", "decision-second"} {
		s.Blanks = append(s.Blanks, v.label("brief", c))
	}
	return s
}
