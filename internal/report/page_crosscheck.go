package report

import (
	"slices"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
)

// crosscheck shows what other methods say about each weakness, beside what ours says;
// nothing where they were not asked.
func (v *sheet) crosscheck() []part {
	var asked []*landwaiter.Finding
	var more, less, unsure int64
	for i := range v.a.Findings {
		f := &v.a.Findings[i]
		if f.CrossCheck == nil {
			continue
		}
		asked = append(asked, f)
		switch f.CrossCheck.Against {
		case "more":
			more++
		case "less":
			less++
		case "same":
		default:
			unsure++
		}
	}
	if len(asked) == 0 {
		return nil
	}
	p := v.part("crosscheck")
	f := counts(more, int64(len(asked)))
	f.Limit = number(less)
	p.Notes = append(p.Notes, v.say("note", "crosscheck-count", f))
	if unsure > 0 {
		p.Notes = append(p.Notes, v.say("note", "crosscheck-unsure", counts(unsure, 0)))
	}
	p.Notes = append(p.Notes, v.label("note", "crosscheck-bod"), v.label("note", "crosscheck-here"), v.label("note", "crosscheck-fix"))
	t := v.table("crosscheck", textFindings, "reference", "ours", "ssvc", "ssvc-facts", "bod", "cvss-base", "cvss-here", "fix-clock")
	for _, f := range asked {
		t.Rows = append(t.Rows, v.crosscheckRow(f))
	}
	p.Tables = []table{t}
	return []part{p}
}

func (v *sheet) crosscheckRow(f *landwaiter.Finding) []cell {
	c := f.CrossCheck
	var facts cell
	for _, said := range []struct{ name, group, code string }{
		{"exploitation", "cc-exploitation", c.SSVC.Exploitation},
		{"exposure", "cc-exposure", c.SSVC.Exposure},
		{"automatable", "cc-automatable", strconv.FormatBool(c.SSVC.Automatable)},
		{"", "cc-impact", c.SSVC.HumanImpact},
	} {
		if !slices.Contains(c.Assumed, said.name) {
			facts = append(facts, v.wordFor(said.group, said.code))
		}
	}
	for _, a := range c.Assumed {
		facts = append(facts, v.wordFor("cc-assumed", a))
	}
	base, here := cell{v.label("value", "cc-no-vector")}, cell{}
	if s := c.CVSS; s != nil {
		base = cell{rich{{Text: score(s.Score)}}, name(s.Base)}
		if s.Here != "" {
			here = cell{rich{{Text: score(s.HereScore)}}, name(s.Here)}
		}
	}
	return []cell{
		{name(orID(f.Reference, f.ID))},
		{v.outcome("outcome", c.Ours)},
		{v.wordFor("cc-priority", c.SSVC.Priority)},
		facts,
		{v.bod(&c.BOD)},
		base, here,
		{v.fixClock(c)},
	}
}

func score(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

// wordFor is the words for one of a few codes; another is shown as it stands.
func (v *sheet) wordFor(group, code string) rich {
	if v.has("value", group+"-"+code) {
		return v.label("value", group+"-"+code)
	}
	return name(code)
}

func (v *sheet) bod(b *landwaiter.BOD) rich {
	if b.Days == 0 {
		return v.label("value", "cc-bod-upgrade")
	}
	out := v.say("value", "cc-bod-days", counts(int64(b.Days), 0))
	if b.Forensics {
		out = join(out, v.label("value", "cc-bod-forensics"))
	}
	return out
}

// fixClock prints the clock of Cyber Essentials. It says neither pass nor fail.
func (v *sheet) fixClock(c *landwaiter.CrossCheck) rich {
	out := v.wordFor("cc-fix", c.Fix)
	released, err := time.Parse(time.DateOnly, c.FixReleased)
	if err != nil {
		return join(out, v.label("value", "cc-clock-unknown"))
	}
	return join(out, v.say("value", "cc-clock", facts{Date: day(released), By: day(released.AddDate(0, 0, 14)), Detail: day(v.a.At)}))
}
