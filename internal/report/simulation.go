package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// WriteSimulation writes in plain words what patching would change. It returns w's
// first error.
func WriteSimulation(w io.Writer, s *landwaiter.Simulation) error {
	words, err := loadWords(wordFiles)
	if err != nil {
		return err
	}
	t := &text{words: words}
	t.simulation(s)
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(unmark(t.b.String())) // the error stays for Flush
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the simulation: %w", err)
	}
	return words.err
}

func (t *text) simulation(s *landwaiter.Simulation) {
	t.rule('=')
	t.para(t.label("simulation", "title"), "", "")
	t.para(t.say("simulation", "subject", facts{Name: data(s.Reference, pageName), Date: moment(s.At)}), "", "  ")
	t.rule('=')
	advice := facts{
		Why:    lowerFirst(t.outcome("outcome", s.Before.Outcome).marked()),
		Detail: lowerFirst(t.outcome("outcome", s.After.Outcome).marked()),
	}
	code := "advice-other"
	if s.Before.Outcome == s.After.Outcome {
		code = "advice-same"
	}
	t.para(t.say("simulation", code, advice), "", "")
	switch {
	case !s.Looked:
		t.para(t.label("simulation", "no-lists"), "", "")
		return
	case s.All.Before == 0:
		t.para(t.label("simulation", "nothing"), "", "")
	default:
		t.fixes(s)
	}
	t.line("")
	t.line(strings.ToUpper(t.label("simulation", "honest").String()))
	for _, n := range []struct {
		code string
		n    int
	}{{"disagree", s.Disagree}, {"results", s.Results}, {"pending", s.Pending}} {
		if n.n > 0 {
			t.para(t.say("simulation", n.code, counts(int64(n.n), 0)), "  - ", "    ")
		}
	}
	for _, code := range []string{"new-version", "works", "unseen"} {
		t.para(t.label("simulation", code), "  - ", "    ")
	}
}

// fixes counts what has a fix and what has none.
func (t *text) fixes(s *landwaiter.Simulation) {
	t.para(t.say("simulation", "all", counts(int64(s.All.Fixed), int64(s.All.Before))), "", "")
	t.para(t.say("simulation", "left", counts(int64(s.All.After), int64(s.All.Before))), "", "")
	if s.OtherKnown {
		t.para(t.say("simulation", "other", counts(int64(s.All.Other), 0)), "", "")
	} else {
		t.para(t.label("simulation", "other-unknown"), "", "")
	}
	t.used(s.Used)
	t.table(t.simulationTable(s.By))
	t.para(t.label("simulation", "elsewhere"), "  ", "  ")
}

// used lists the weaknesses that attackers use, those that would be left first.
func (t *text) used(all []landwaiter.SimulatedFinding) {
	t.line("")
	t.line(strings.ToUpper(t.label("simulation", "used").String()))
	if len(all) == 0 {
		t.para(t.label("simulation", "used-none"), "  ", "  ")
	}
	for i, f := range all {
		if i == textPackages {
			t.para(t.say("note", "more-rows-json", counts(int64(len(all)-i), 0)), "  ", "  ")
			break
		}
		code := "used-fixed"
		if f.Fixed == "" {
			code = "used-left"
		}
		t.para(t.say("simulation", code, facts{Name: data(orID(f.Reference, f.ID), pageName), Names: dataList(f.Packages[:min(len(f.Packages), 3)]), Detail: data(f.Fixed, pageName)}), "  - ", "    ")
	}
}

func (t *text) simulationTable(by []landwaiter.SimulationCount) table {
	out := table{ID: "simulation", Caption: t.label("caption", "simulation"), Most: textPackages, Facts: true}
	for i, c := range []string{"list", "kind", "before", "fix-released", "left", "other-release"} {
		out.Columns = append(out.Columns, column{Label: t.label("column", c), Number: i > 1})
	}
	for _, n := range by {
		out.Rows = append(out.Rows, row(name(n.Source), rich{{Text: kindTitle(t.kinds[n.Kind].title, n.Kind)}},
			number(int64(n.Before)), number(int64(n.Fixed)), number(int64(n.After)), number(int64(n.Other))))
	}
	return out
}
