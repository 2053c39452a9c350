package report

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// baseline shows what the subject was held against; nothing where nothing was given.
func (v *sheet) baseline() []part {
	b := v.a.Baseline
	if b == nil {
		return nil
	}
	p := v.part("baseline")
	p.Notes = append(p.Notes, v.say("note", "baseline-name", facts{Name: data(b.Name, pageName)}), v.baselineLine())
	switch b.Verdict {
	case landwaiter.NoWorse, landwaiter.Worse:
		p.Notes = append(p.Notes, v.label("note", "baseline-"+b.Verdict))
	default:
		if b.Comparable {
			p.Notes = append(p.Notes, v.say("note", "baseline-unknown", facts{Why: v.baselineWhy(b.VerdictWhy).marked()}))
		}
	}
	if len(b.OnlyHere) > 0 {
		p.Notes = append(p.Notes, v.say("note", "baseline-only-here", facts{Names: dataList(b.OnlyHere)}))
	}
	if len(b.OnlyBaseline) > 0 {
		p.Notes = append(p.Notes, v.say("note", "baseline-only-there", facts{Names: dataList(b.OnlyBaseline)}))
	}
	if !b.BuiltOn {
		p.Notes = append(p.Notes, v.label("note", "baseline-not-built-on"))
	}
	t := v.table("baseline", 100, "kind", "#in-baseline", "#here", "#added")
	add := func(label rich, n landwaiter.BaselineCount) {
		added := "–"
		if b.BuiltOn {
			added = number(int64(n.Added))
		}
		t.Rows = append(t.Rows, row(label, number(int64(n.Baseline)), number(int64(n.Here)), added))
	}
	for _, n := range b.Kinds {
		add(rich{{Text: kindTitle(v.kinds[n.Kind].title, n.Kind)}}, n)
	}
	add(v.label("value", "baseline-all"), b.All)
	add(v.label("value", "baseline-uncovered"), b.Uncovered)
	t.Facts = true
	p.Tables = []table{t}
	return []part{p}
}

// kindTitle is a kind's title, or its code made visible where there are no words.
func kindTitle(title string, k landwaiter.Kind) string {
	if title == "" {
		return name(string(k)).String()
	}
	return title
}

func dataList(all []string) string {
	out := make([]string, 0, len(all))
	for _, s := range all {
		out = append(out, data(s, pageName))
	}
	return strings.Join(out, ", ")
}

// baselineLine is one sentence: the number, or that none can be given, and why.
func (v *view) baselineLine() rich {
	b := v.a.Baseline
	if b == nil {
		return nil
	}
	if !b.Comparable {
		return v.say("brief", "baseline-not", facts{Why: v.baselineWhy(b.Why).marked()})
	}
	return v.say("brief", "baseline", counts(int64(b.All.Baseline), int64(b.All.Here)))
}

func (v *view) baselineWhy(code string) rich {
	if slices.Contains(landwaiter.BaselineWhys(), code) {
		return v.label("baseline-why", code)
	}
	return name(code)
}
