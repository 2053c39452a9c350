package judge

import (
	"fmt"
	"slices"
	"strings"
)

// Differences says in plain words how m differs from the shipped method, one
// sentence for each place, in the order of the file.
func (m Method) Differences() []string {
	base := DefaultMethod()
	d := &differences{}
	d.events(&base, &m)
	for _, class := range allClasses {
		for _, band := range allBands {
			if was, is := base.outcome(class, band), m.outcome(class, band); was != is {
				d.add("Class %s, if %s: %s; we ship: %s (%s).", class, bandWords[band], outcomeWords[is], outcomeWords[was], strictness(is.Rank() > was.Rank()))
			}
		}
	}
	for _, l := range limits {
		if was, is := *l.of(&base), *l.of(&m); was != is {
			d.add("%s: %d %s; we ship: %d (%s).", l.key, is, l.unit, was, strictness(is < was))
		}
	}
	d.names("The wall of the box", base.Wall, m.Wall)
	d.names("The list of researchers", base.Researchers, m.Researchers)
	d.names("The list of words that no report may use", base.Words.Banned, m.Words.Banned)
	d.names("The list of words that reports must use", base.Words.Required, m.Words.Required)
	for i := range m.Tiers {
		t := &m.Tiers[i]
		n := len(t.Limits)
		for _, row := range t.Table {
			n += len(row)
		}
		d.add("Tier %s: %d cells and limits of its own.", t.Name, n)
	}
	for i := range m.Rules {
		d.add("Rule %s: %s. It leads to: %s.", m.Rules[i].ID, m.Rules[i].Text, outcomeWords[m.Rules[i].Outcome])
	}
	return d.all
}

type differences struct{ all []string }

func (d *differences) add(format string, args ...any) {
	d.all = append(d.all, fmt.Sprintf(format, args...))
}

func strictness(stricter bool) string {
	if stricter {
		return "stricter"
	}
	return "looser"
}

func (d *differences) events(base, m *Method) {
	find := func(in []Event, id string) *Event {
		if i := slices.IndexFunc(in, func(e Event) bool { return e.ID == id }); i >= 0 {
			return &in[i]
		}
		return nil
	}
	for i := range base.Events {
		was := &base.Events[i]
		is := find(m.Events, was.ID)
		if is == nil {
			d.add("Scenario %s is not there: %s (looser).", was.ID, was.Name)
			continue
		}
		if is.Name != was.Name {
			d.add("Scenario %s has another name: %s.", was.ID, is.Name)
		}
		d.names("What can start scenario "+was.ID, wordsOf(was.By), wordsOf(is.By))
		if a, b := wayNames(was), wayNames(is); !slices.Equal(a, b) {
			d.add("Scenario %s can come about %s; we ship: %s.", was.ID, strings.Join(b, ", or "), strings.Join(a, ", or "))
		}
	}
	for i := range m.Events {
		if e := &m.Events[i]; find(base.Events, e.ID) == nil {
			d.add("Scenario %s is new: %s (stricter).", e.ID, e.Name)
		}
	}
}

func wayNames(e *Event) []string {
	var out []string
	for _, w := range ways(e) {
		out = append(out, wayName(w))
	}
	return out
}

// names says what a list has more and less.
func (d *differences) names(what string, was, is []string) {
	lacks := func(in []string, not []string) []string {
		return slices.DeleteFunc(slices.Clone(in), func(s string) bool { return slices.Contains(not, s) })
	}
	if more := lacks(is, was); len(more) > 0 {
		d.add("%s has more: %s.", what, strings.Join(more, ", "))
	}
	if less := lacks(was, is); len(less) > 0 {
		d.add("%s lacks: %s.", what, strings.Join(less, ", "))
	}
}

// Texts are the words in m that a site wrote itself and that reach a report.
func (m Method) Texts() []string {
	var out []string
	for i := range m.Events {
		if m.Events[i].own {
			out = append(out, m.Events[i].Name)
		}
	}
	for i := range m.Rules {
		r := &m.Rules[i]
		out = append(out, r.Text)
		if r.Condition != nil {
			out = append(out, r.Condition.Do, r.Condition.Owner, r.Condition.Check)
		}
	}
	if m.Loosened != "" {
		out = append(out, m.Loosened[:strings.LastIndexByte(m.Loosened, '(')])
	}
	return out
}
