package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/compare"
)

// WriteDiff writes in plain words how an assessment differs from an earlier one, and
// what changed the advice; then the lists of what differs. It returns w's first error.
func WriteDiff(w io.Writer, d *compare.Diff) error {
	words, err := loadWords(wordFiles)
	if err != nil {
		return err
	}
	t := &text{words: words}
	t.diff(d)
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(unmark(t.b.String())) // the error stays for Flush
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the diff: %w", err)
	}
	if words.err != nil {
		return words.err
	}
	return compare.WriteFacts(w, d)
}

func (t *text) diff(d *compare.Diff) {
	t.rule('=')
	t.para(t.label("diff", "title"), "", "")
	for _, s := range []struct {
		code string
		side *compare.DiffSide
	}{{"from", &d.From}, {"to", &d.To}} {
		t.para(t.say("diff", s.code, facts{Name: data(s.side.Reference, pageName), Date: moment(s.side.At), Why: lowerFirst(t.outcome("outcome", s.side.Outcome).marked())}), "", "  ")
	}
	content := "same-subject"
	if !d.SameSubject {
		content = "other-subject"
	}
	t.para(t.label("diff", content), "", "")
	t.rule('=')
	t.para(t.say("diff", "advice-"+d.Advice, facts{}), "", "")
	t.why(&d.Why)
	t.list("scenarios", t.diffScenarios(d.Scenarios))
	t.list("protections", t.diffProtections(d.Protections))
	t.list("conditions", t.diffConditions(d.Conditions))
	t.list("sources", t.diffSources(d.Sources))
	t.list("made-by", t.diffMakers(d))
	t.list("gaps", t.diffGaps(d))
}

// list writes a title and lines, or nothing where there are none.
func (t *text) list(code string, lines []rich) {
	if len(lines) == 0 {
		return
	}
	t.line("")
	t.line(strings.ToUpper(t.label("diff-title", code).String()))
	for _, l := range lines {
		t.para(l, "  - ", "    ")
	}
}

// why says what changed the advice.
func (t *text) why(why *compare.Why) {
	var out []rich
	for i := range why.Causes {
		c := &why.Causes[i]
		f := counts(int64(c.N), 0)
		f.Name, f.Undated = data(cmp.Or(c.Name, c.Subject), pageName), c.N < 0
		f.Why = t.refusedWhy(landwaiter.Protection{Refused: c.Why}, pageName)
		f.Names = dataList(c.Examples)
		f.Subject = data(c.Subject, pageName)
		if t.has("kind-count", c.Subject) {
			f.Subject = t.say("kind-count", c.Subject, f).String()
		}
		out = append(out, t.say("cause", c.Code, f))
	}
	switch {
	case why.Unknown != "":
		t.para(t.say("diff", "unknown-"+why.Unknown, facts{}), "", "")
	case len(out) == 1:
		t.para(t.say("diff", "because", facts{Why: out[0].marked()}), "", "")
	case len(out) > 1:
		code := "each"
		if why.Together {
			code = "together"
		}
		t.para(t.label("diff", code), "", "")
		for _, l := range out {
			t.para(l, "  - ", "    ")
		}
	}
}

func (t *text) diffScenarios(all []compare.ScenarioChange) (out []rich) {
	band := func(s *landwaiter.Scenario) string {
		if s == nil {
			return t.label("diff", "not-there").marked()
		}
		return lowerFirst(t.label("band-name", string(s.Band)).marked())
	}
	for _, c := range all {
		out = append(out, t.say("diff", "scenario", facts{Event: t.label("scenario", c.ID).marked(), Why: band(c.From), Detail: band(c.To)}))
	}
	return out
}

func (t *text) diffProtections(all []compare.ProtectionChange) (out []rich) {
	for _, c := range all {
		f := facts{Name: data(cmp.Or(c.Name, c.ID), pageName), Why: t.refusedWhy(landwaiter.Protection{Refused: c.Why}, pageName)}
		if c.To != nil && c.To.Test != nil {
			f.Date = day(c.To.Test.Date)
		}
		out = append(out, t.say("diff-protection", string(c.Change), f))
	}
	return out
}

func (t *text) diffConditions(all []compare.ConditionChange) (out []rich) {
	for _, c := range all {
		is := cmp.Or(c.To, c.From)
		f := facts{Why: t.say("condition", is.Code, facts{Subject: data(cmp.Or(c.Name, is.What), pageName)}).marked()}
		if is.Code == secondApprover {
			f.Why = t.label("condition", is.Code).marked()
		}
		f.Date = day(is.By)
		out = append(out, t.say("diff-condition", string(c.Change), f))
	}
	return out
}

func (t *text) diffSources(all []compare.SourceChange) (out []rich) {
	for _, c := range all {
		f := facts{Name: data(c.Name, pageName), Date: day(c.ToDate), N: number(int64(c.ToAge)), Undated: c.ToAge < 0}
		out = append(out, t.say("diff-source", string(c.Change), f))
	}
	return out
}

// diffMakers says where the method, the tool or the file of lists is another.
func (t *text) diffMakers(d *compare.Diff) (out []rich) {
	say := func(code, was, is string) {
		if was != is {
			out = append(out, t.say("diff", code, facts{Name: data(was, pageName), Detail: data(is, pageName)}))
		}
	}
	method := func(m *landwaiter.Method) string {
		return m.Name + " " + m.Version + " " + m.SHA256[:min(len(m.SHA256), 12)]
	}
	lists := func(f *landwaiter.AdvisoryFile) string {
		if f == nil {
			return "-"
		}
		return f.SHA256[:min(len(f.SHA256), 12)]
	}
	say("method", method(&d.From.Method), method(&d.To.Method))
	say("tool", d.From.Tool.Name+" "+d.From.Tool.Version, d.To.Tool.Name+" "+d.To.Tool.Version)
	say("lists", lists(d.From.Advisories), lists(d.To.Advisories))
	return out
}

func (t *text) diffGaps(d *compare.Diff) (out []rich) {
	for _, l := range []struct {
		code string
		gaps []landwaiter.Gap
	}{{"gap-added", d.GapsAdded}, {"gap-removed", d.GapsRemoved}} {
		for i := range l.gaps {
			if i == textLines {
				out = append(out, t.say("diff", "gaps-more", counts(int64(len(l.gaps)-i), 0)))
				break
			}
			g := &l.gaps[i]
			out = append(out, t.say("diff", l.code, facts{Name: data(g.Path, pageName), Why: data(g.Reason, pageName)}))
		}
	}
	return out
}
