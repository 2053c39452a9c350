package judge

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxProblems is how many places one refusal names.
const maxProblems = 20

// problem is one place where a method file is refused.
type problem struct {
	path string // for the line
	text string // what, why and the cure
	// open is true where the site may choose so, if it says who, when and why.
	open bool
}

// problems makes one error of all, in the order of their lines.
func (p *places) problems(all []problem) error {
	slices.SortStableFunc(all, func(a, b problem) int { return cmp.Compare(p.line(a.path), p.line(b.path)) })
	var errs []error
	for _, x := range all[:min(len(all), maxProblems)] {
		errs = append(errs, &landwaiter.SyntaxError{Path: p.name, Line: p.line(x.path), Err: fmt.Errorf("%s: %w", x.text, landwaiter.ErrInvalid)})
	}
	return errors.Join(errs...)
}

// strict returns where m may not stand as it is beside the shipped method.
func strict(base, m *Method) []problem {
	var out []problem
	loose := 0
	for _, x := range looser(base, m) {
		if x.open {
			loose++
			if m.Loosened != "" {
				continue
			}
			x.text += "; tighten it, or add loosened with by, on and because"
		}
		out = append(out, x)
	}
	if m.Loosened != "" && loose == 0 {
		out = append(out, problem{path: "loosened", text: "nothing in this file is looser than the shipped method; remove loosened"})
	}
	if m.Name == base.Name && m.SHA256 != base.SHA256 {
		out = append(out, problem{path: "name", text: fmt.Sprintf("name is %q, which is the shipped method's, and this is another; give it a name of its own", m.Name)})
	}
	out = append(out, senseless(m, "")...)
	for i := range m.Tiers {
		out = append(out, tierProblems(m, &m.Tiers[i])...)
	}
	return out
}

// tierProblems returns where a tier is looser than the file around it, or its cells
// contradict each other.
func tierProblems(m *Method, t *Tier) []problem {
	// Cells that the tier leaves out are the method's; what it says stands as it is.
	says := *m
	says.Table = make(Table)
	for _, class := range allClasses {
		says.Table[class] = maps.Clone(m.Table[class])
		maps.Copy(says.Table[class], t.Table[class])
	}
	for _, l := range limits {
		if n, ok := t.Limits[l.key]; ok {
			*l.of(&says) = n
		}
	}
	path := "tiers/" + t.Name + "/"
	var out []problem
	for _, x := range slices.Concat(looserCells(m, &says), looserLimits(m, &says)) {
		x.path, x.text = path+x.path, fmt.Sprintf("tier %q: %s; a tier may only tighten", t.Name, strings.Replace(x.text, "the shipped method has", "the method has", 1))
		out = append(out, x)
	}
	if len(out) == 0 {
		out = senseless(&says, path)
	}
	return out
}

// looser returns every place where m is looser than base.
func looser(base, m *Method) []problem {
	return slices.Concat(looserEvents(base, m), looserCells(base, m), looserLimits(base, m), shorter(base, m))
}

// whyA is why class A stands.
const whyA = "class A must never happen, and may not be loosened"

func looserCells(base, m *Method) []problem {
	var out []problem
	for _, class := range allClasses {
		for _, band := range allBands {
			was, is := base.outcome(class, band), m.outcome(class, band)
			if is.Rank() >= was.Rank() {
				continue
			}
			p := problem{path: "table/" + string(class) + "/" + string(band)}
			p.text = fmt.Sprintf("class %s, %s: %s, where the shipped method has %s", class, band, is, was)
			switch {
			case was == landwaiter.CannotJudge:
				p.text += ". What nobody knows never counts as better"
			case class == landwaiter.ClassA:
				p.text += "; " + whyA
			default:
				p.open = true
			}
			out = append(out, p)
		}
	}
	return out
}

func looserLimits(base, m *Method) []problem {
	var out []problem
	for _, l := range limits {
		was, is := *l.of(base), *l.of(m)
		if is <= was {
			continue
		}
		p := problem{path: "limits/" + l.key, open: l.free}
		p.text = fmt.Sprintf("%s is %d, where the shipped method has %d", l.key, is, was)
		if !l.free {
			p.text += "; it bears on class A or on what nobody knows, and may not be longer"
		}
		out = append(out, p)
	}
	return out
}

func looserEvents(base, m *Method) []problem {
	var out []problem
	for i := range base.Events {
		was := &base.Events[i]
		a := was.Class == landwaiter.ClassA
		add := func(path, format string, args ...any) {
			text := fmt.Sprintf(format, args...)
			if a {
				text += "; " + whyA
			}
			out = append(out, problem{path, text, !a})
		}
		at := slices.IndexFunc(m.Events, func(e Event) bool { return e.ID == was.ID })
		if at < 0 {
			add("scenarios", "scenario %s (%s) is not there", was.ID, was.Name)
			continue
		}
		is := &m.Events[at]
		for _, harm := range was.By {
			if !slices.Contains(is.By, harm) {
				add("scenarios/"+was.ID, "scenario %s no longer comes about by %q", was.ID, harm)
			}
		}
		for _, way := range ways(was) {
			if !slices.ContainsFunc(ways(is), func(w doorSet) bool { return w&^way == 0 }) {
				add("scenarios/"+was.ID, "scenario %s: the way %s needs more doors than before, or is gone", was.ID, wayName(way))
			}
		}
	}
	return out
}

// ways are the ways of e as sets. Without any, no door needs to be passed.
func ways(e *Event) []doorSet {
	if len(e.Ways) == 0 {
		return []doorSet{0}
	}
	out := make([]doorSet, len(e.Ways))
	for i, w := range e.Ways {
		out[i] = setOf(w...)
	}
	return out
}

func wayName(s doorSet) string {
	if s == 0 {
		return "without a door"
	}
	return "through " + strings.Join(wordsOf(s.list()), " and ")
}

// shorter returns the lists that lack what base has.
func shorter(base, m *Method) []problem {
	var out []problem
	for _, l := range []struct {
		path, why string
		was, is   []string
		covers    func(pattern, name string) bool
	}{
		{"wall", "a wall would then earn credit against its own faults", base.Wall, m.Wall, matches},
		{"researchers", "evidence from those who ask earns no credit", base.Researchers, m.Researchers, equal},
		{"words/banned", "it promises more than anybody knows, or decides for the person who must", base.Words.Banned, m.Words.Banned, equal},
		{"words/required", "without it a report sounds surer than it is", base.Words.Required, m.Words.Required, equal},
	} {
		for _, name := range l.was {
			if !slices.ContainsFunc(l.is, func(p string) bool { return l.covers(p, name) }) {
				out = append(out, problem{path: l.path, text: fmt.Sprintf("%s lacks %q; put it back: %s", l.path, name, l.why)})
			}
		}
	}
	return out
}

func equal(a, b string) bool { return a == b }

// senseless returns where the cells of m contradict each other: more protection,
// less doubt or a lesser event would give worse advice.
func senseless(m *Method, path string) []problem {
	var out []problem
	add := func(class landwaiter.ScenarioClass, band landwaiter.Band, format string, args ...any) {
		out = append(out, problem{path: path + "table/" + string(class) + "/" + string(band), text: fmt.Sprintf(format, args...)})
	}
	known := allBands[:len(allBands)-1]
	for i, class := range allClasses {
		for j := 1; j < len(known); j++ {
			if m.outcome(class, known[j]).Rank() > m.outcome(class, known[j-1]).Rank() {
				add(class, known[j-1], "class %s: %s is better than %s; the less stands in the way, the worse the advice must be", class, known[j-1], known[j])
			}
		}
		if m.outcome(class, landwaiter.BandUnknown).Rank() > m.outcome(class, landwaiter.BandOpen).Rank() {
			add(class, landwaiter.BandOpen, "class %s: open is better than we-do-not-know; a way that is known to be open is no better than one that may be, so make open at least as strict", class)
		}
		if o := m.outcome(class, landwaiter.BandNoWay); o != landwaiter.Recommend {
			add(class, landwaiter.BandNoWay, "class %s: no-known-way is %s, and nobody could do anything about it; write %s, and be stricter with a rule", class, o, landwaiter.Recommend)
		}
		for _, band := range allBands {
			if i > 0 && m.outcome(class, band).Rank() > m.outcome(allClasses[i-1], band).Rank() {
				add(allClasses[i-1], band, "%s: class %s is better than class %s, which is less bad; tighten class %s as well", band, allClasses[i-1], class, allClasses[i-1])
			}
		}
	}
	if m.ExploitedDays > m.FreshDaysA || m.FreshDaysA > m.FreshDays {
		out = append(out, problem{path: path + "limits/exploitedDays", text: fmt.Sprintf("exploitedDays %d, freshDaysA %d, freshDays %d; none may be longer than the one after it", m.ExploitedDays, m.FreshDaysA, m.FreshDays)})
	}
	return out
}
