package report

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// fiveRows is the number of findings of one kind that a reader of five minutes gets.
const fiveRows = 10

// conditionKinds are the kinds that a condition is about.
var conditionKinds = map[string][]landwaiter.Kind{
	"not-root":      {landwaiter.KindRunsAsRoot},
	"name-files":    {landwaiter.KindUnknownProgram, landwaiter.KindUnattributed, landwaiter.KindChanged},
	"steps-first":   {landwaiter.KindSelfInstall},
	"no-way-out":    {landwaiter.KindNetworkClient},
	"person-looks":  {landwaiter.KindMaybePersonal},
	"confirm-list":  {landwaiter.KindUndeclared},
	"licence-proof": {landwaiter.KindLicence},
}

// reasonKinds are the kinds that a reason is about, whichever its findings.
var reasonKinds = map[string]landwaiter.Kind{
	landwaiter.ReasonExploited:    landwaiter.KindExploited,
	landwaiter.ReasonOutdatedBase: landwaiter.KindOutdatedBase,
	landwaiter.ReasonChanged:      landwaiter.KindChanged,
}

// mattered returns the findings that led to the advice or to a condition, by kind: the
// rest is only on the evidence pages. A scenario names its weightiest findings only.
func (v *sheet) mattered() map[landwaiter.Kind][]landwaiter.Finding {
	if v.matter != nil {
		return v.matter
	}
	kinds, ids := map[landwaiter.Kind]bool{}, map[string]bool{}
	for _, r := range v.a.Advice.Reasons {
		if r.Code == landwaiter.ReasonStop {
			kinds[landwaiter.Kind(r.Subject)] = true
		}
		if k, ok := reasonKinds[r.Code]; ok {
			kinds[k] = true
		}
		for _, id := range r.Findings {
			ids[id] = r.Outcome.Rank() > 0
		}
	}
	for _, sc := range v.a.Advice.Scenarios {
		for _, id := range sc.Examples {
			ids[id] = ids[id] || sc.Outcome.Rank() > 0
		}
	}
	for _, c := range v.a.Advice.Conditions {
		for _, k := range conditionKinds[c.Code] {
			kinds[k] = true
		}
	}
	v.matter = map[landwaiter.Kind][]landwaiter.Finding{}
	for _, f := range v.a.Findings {
		if kinds[f.Kind] || ids[f.ID] {
			v.matter[f.Kind] = append(v.matter[f.Kind], f)
		}
	}
	return v.matter
}

// matters gives one part, in four parts, for each kind of finding that mattered.
func (v *sheet) matters() []part {
	by, order := v.byKind()
	var out []part
	for _, k := range order {
		some := v.mattered()[k]
		if len(some) == 0 {
			continue
		}
		p := part{ID: "matters-" + slug(string(k)), Title: rich{{Text: v.kinds[k].title}}}
		if _, known := v.kinds[k]; known {
			p.Words = v.fourParts(k, by[k])
		} else {
			p.Title, p.Notes = name(string(k)), []rich{v.label("note", "kind-unknown")}
		}
		p.Tables = v.shortTables(p.ID, some[:min(len(some), fiveRows)], fiveRows)
		if left := len(by[k]) - min(len(some), fiveRows); left > 0 {
			p.After = append(p.After, v.say("note", "more-below", counts(int64(left), 0)))
		}
		out = append(out, p)
	}
	if len(out) > 0 {
		return out
	}
	p := v.part("matters")
	code := "matters-none"
	if v.blind {
		code = "matters-blind"
	}
	p.Notes = []rich{v.label("note", code)}
	return []part{p}
}

// shortTables shows findings by what a reader can act on, with at most so many files.
func (v *sheet) shortTables(id string, some []landwaiter.Finding, most int) []table {
	records := v.table("short-records", most, "reference", "software", "seen-version", "fixed", "attackers")
	things := v.table("short-things", most, "what", "detail", "software", "#count", "#size")
	files := v.table("short-files", most, "path", "#size", "file-kind", "belongs")
	for _, f := range some {
		switch {
		case len(f.Advisories) > 0 || f.Reference != "":
			r := v.recordRow(f)
			records.Rows = append(records.Rows, []cell{r[0], r[1], r[2], r[3], r[6]})
		case len(f.Files) > 0:
			for _, file := range f.Files[:min(len(f.Files), most)] {
				r := v.fileRow(file)
				files.Rows = append(files.Rows, []cell{r[0], r[2], r[3], r[4]})
			}
			files.Left += int(max(f.Seen.Files, int64(len(f.Files)))) - min(len(f.Files), most)
		case len(f.Packages) > 0 || f.Seen.Files > 0:
			r := v.plainRow(f)
			things.Rows = append(things.Rows, r[:5])
		}
	}
	files.Rows, files.Left = files.Rows[:min(len(files.Rows), most)], files.Left+max(len(files.Rows)-most, 0)
	var out []table
	for _, t := range []table{records, things, files} {
		if len(t.Rows) > 0 {
			t.ID = id + "-" + t.ID
			out = append(out, t)
		}
	}
	return out
}

// weaknessKinds are the kinds that speak of one known weakness each.
var weaknessKinds = []landwaiter.Kind{
	landwaiter.KindExploited, landwaiter.KindWeakness, landwaiter.KindWeaknessNoFix, landwaiter.KindChangesResults,
}

// sorted shows how many weaknesses there are, and how few of them need somebody.
func (v *sheet) sorted() part {
	p := v.part("sorted")
	var all, fixed, used int64
	for _, f := range v.a.Findings {
		if !slices.Contains(weaknessKinds, f.Kind) {
			continue
		}
		all++
		switch {
		case f.Exploited != nil || f.Kind == landwaiter.KindExploited:
			used++
		case f.Fixed != "":
			fixed++
		}
	}
	if all == 0 {
		code := "sorted-none"
		if v.blind {
			code = "sorted-blind"
		}
		p.Notes = []rich{v.label("note", code)}
		return p
	}
	decide, exact := v.deciding()
	f := counts(decide, 0)
	f.AtLeast = !exact
	p.Steps = []step{
		{number(all), v.say("step", "found", counts(all, 0))},
		{number(decide), v.say("step", "decide", f)},
	}
	none := all - fixed - used
	c := newIcons(v.words, "sorted", []iconGroup{{"used", used}, {"fixed", fixed}, {"none", none}})
	p.Charts = []chart{c}
	t := v.table("sorted", 10, "sort-of-weakness", "#count", "#of-100")
	t.Facts = true
	parts := shares([]int64{used, fixed, none})
	for i, g := range []iconGroup{{"used", used}, {"fixed", fixed}, {"none", none}} {
		t.Rows = append(t.Rows, row(v.label("icon", g.code), number(g.n), parts[i]))
	}
	t.Rows = append(t.Rows, row(v.label("icon", "all"), number(all), "100"))
	p.Tables = []table{t}
	return p
}

// deciding counts the weaknesses at which an event stands that the advice answers.
// It is exact where the assessment names them all, else the least that it can be.
func (v *sheet) deciding() (n int64, exact bool) {
	weakness, others := map[string]bool{}, 0
	for _, f := range v.a.Findings {
		if slices.Contains(weaknessKinds, f.Kind) {
			weakness[f.ID] = true
		} else {
			others++
		}
	}
	seen := map[string]bool{}
	exact, least := true, 0
	for _, sc := range v.a.Advice.Scenarios {
		if sc.Outcome.Rank() == 0 {
			continue
		}
		for _, id := range sc.Examples {
			if weakness[id] {
				seen[id] = true
			}
		}
		if sc.Deciding > len(sc.Examples) {
			exact, least = false, max(least, min(sc.Deciding-others, len(weakness)))
		}
	}
	return int64(max(len(seen), least)), exact
}

// how says the method in plain words, with the limits that were used.
func (v *sheet) how() part {
	p := v.part("how")
	m := &v.a.Advice.Method
	for _, code := range []string{"events", "order", "doors", "tests", "table", "outcomes", "limits"} {
		f := counts(int64(m.MaxAgeDays), int64(m.MaxTestDays))
		f.Limit = number(int64(m.MaxUnnamedPercent))
		f.Name = data(m.Name+" "+m.Version, pageName)
		p.Items = append(p.Items, v.say("how", code, f))
	}
	return p
}
