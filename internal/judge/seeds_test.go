package judge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestSeeds: each assessment gets the advice that its story asks for, and each turn
// changes the advice as it must.
func TestSeeds(t *testing.T) {
	seeds := readSeeds(t)
	if len(seeds) < 40 {
		t.Fatalf("%d seeds", len(seeds))
	}
	seen := map[string]bool{}
	for i := range seeds {
		s := &seeds[i]
		if seen[s.ID] || s.Story == "" {
			t.Errorf("%s stands twice, or says nothing", s.ID)
		}
		seen[s.ID] = true
		t.Run(s.ID, func(t *testing.T) {
			a, protections := Judge(DefaultMethod(), s.input(t))
			if a.Outcome != s.Outcome {
				t.Errorf("%s\nadvice %s, want %s: %+v", s.Story, a.Outcome, s.Outcome, a.Reasons)
			}
			for id, want := range s.Refused {
				i := slices.IndexFunc(protections, func(p landwaiter.Protection) bool { return p.ID == id })
				if i < 0 || protections[i].Credited || !strings.Contains(protections[i].Refused, want) {
					t.Errorf("%s: want it refused with %q: %+v", id, want, protections)
				}
			}
			for j := range s.Turns {
				in := s.input(t)
				s.Turns[j].take(t, &in)
				if b, _ := Judge(DefaultMethod(), in); b.Outcome != s.Turns[j].Outcome {
					t.Errorf("turn %d: advice %s, want %s: %+v", j, b.Outcome, s.Turns[j].Outcome, b.Reasons)
				}
			}
		})
	}
}

// TestSeedsWalkTheTable: the seeds come by every cell of the decision table, and by
// every rule of credit.
func TestSeedsWalkTheTable(t *testing.T) {
	m := DefaultMethod()
	cells, rules, kinds := map[string]bool{}, map[int]bool{}, map[landwaiter.Kind]bool{}
	note := func(in Input) {
		a, _ := Judge(m, in)
		for _, sc := range a.Scenarios {
			if sc.Findings > 0 {
				cells[string(sc.Class)+" "+string(sc.Band)] = true
			}
		}
		for i := range in.Findings {
			kinds[in.Findings[i].Kind] = true
		}
	}
	seeds := readSeeds(t)
	for i := range seeds {
		note(seeds[i].input(t))
		for j := range seeds[i].Turns {
			in := seeds[i].input(t)
			seeds[i].Turns[j].take(t, &in)
			note(in)
		}
		for _, r := range seeds[i].Rules {
			rules[r] = true
		}
	}
	for class, row := range m.Table {
		for band := range row {
			if cell := string(class) + " " + string(band); !cells[cell] {
				t.Errorf("no seed comes by %s", cell)
			}
		}
	}
	for r := 1; r <= 8; r++ {
		if !rules[r] {
			t.Errorf("no seed for rule %d of credit", r)
		}
	}
	for _, k := range landwaiter.Kinds() {
		if !kinds[k] {
			t.Errorf("no seed with a finding of kind %s", k)
		}
	}
}

// TestSeedsNeverImprove: on every seed, taking a protection away, adding a finding of
// any kind, hiding a part, losing a list never makes the advice better; and what
// nobody could see never counts as clean.
func TestSeedsNeverImprove(t *testing.T) {
	seeds := readSeeds(t)
	for i := range seeds {
		s := &seeds[i]
		m, whole := DefaultMethod(), s.input(t)
		before, _ := Judge(m, whole)
		worse := func(what string, change func(*Input)) {
			in := clone(whole)
			change(&in)
			if after, _ := Judge(m, in); after.Outcome.Rank() < before.Outcome.Rank() {
				t.Errorf("%s: %s, and the advice goes from %s to %s", s.ID, what, before.Outcome, after.Outcome)
			}
		}
		for _, p := range whole.Protections {
			worse("without "+p.ID, func(in *Input) {
				in.Protections = slices.DeleteFunc(in.Protections, func(o landwaiter.Protection) bool { return o.ID == p.ID })
			})
		}
		for _, k := range landwaiter.Kinds() {
			for name := range seedVectors {
				f := seedFinding{Kind: k, Ref: "CVE-2026-9999", Vector: name, Files: 1}
				worse("with a "+string(k)+" of "+name, func(in *Input) { in.Findings = append(in.Findings, f.finding(t, 9999)) })
			}
		}
		for _, class := range []landwaiter.Class{landwaiter.ClassUnnamed, landwaiter.ClassClosed, landwaiter.ClassUncovered} {
			worse(fmt.Sprintf("hidden in class %d", class), codeBytes(class, 90))
		}
		worse("with an old list", func(in *Input) { in.Sources[0].Date = now.AddDate(0, 0, -100) })
		worse("without lists", func(in *Input) { in.HaveAdvisories = false })
		in := clone(whole)
		codeBytes(landwaiter.ClassUnread, 1)(&in)
		if after, _ := Judge(m, in); after.Outcome == landwaiter.Recommend || after.Outcome == landwaiter.Conditions {
			t.Errorf("%s: code that nobody read counts as clean: %s", s.ID, after.Outcome)
		}
	}
}
