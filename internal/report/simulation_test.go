package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestWriteSimulation(t *testing.T) {
	s := &landwaiter.Simulation{
		Reference: "x\x1b[2J", At: now, Looked: true, Before: landwaiter.Advice{Outcome: landwaiter.DoNotImport}, After: landwaiter.Advice{Outcome: landwaiter.Conditions},
		All: landwaiter.SimulationCount{Before: 1204, Fixed: 1000, After: 204, Other: 30}, OtherKnown: true, Disagree: 3, Results: 1, Pending: 2,
		By:   []landwaiter.SimulationCount{{Source: "Debian", Kind: landwaiter.KindWeakness, Before: 1000, Fixed: 1000}, {Source: "\u202eodd", Kind: "odd", Before: 204, After: 204, Other: 30}},
		Used: []landwaiter.SimulatedFinding{{ID: "a", Reference: "CVE-1", Packages: []string{"p"}}, {ID: "b", Packages: []string{"p", "q"}, Fixed: "2"}},
	}
	say := func() string {
		var out bytes.Buffer
		if err := WriteSimulation(&out, s); err != nil {
			t.Fatal(err)
		}
		harmless(t, "simulation", out.Bytes())
		if bad := bannedWords(out.String()); len(bad) > 0 {
			t.Errorf("banned: %q", bad)
		}
		return squash(out.String())
	}
	out := say()
	for _, want := range []string{
		`our advice would change from "do not import yet" to "import with conditions"`, "A fix is out for 1,000 of 1,204 known weaknesses.", "204 would be left.",
		"For 30 of these, only another release", "CVE-1 in p: no fix is named, so it would be left.", "b in p, q: fixed in 2.", "For 3 of the fixes", "2 updates wait",
		"A new version may have weaknesses of its own", "What no list covers",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	s.OtherKnown, s.After.Outcome, s.Used = false, landwaiter.DoNotImport, nil
	if out := say(); !strings.Contains(out, "Nobody looked whether another release") || !strings.Contains(out, "our advice would stay the same: do not import yet") || !strings.Contains(out, "as far as our lists say") {
		t.Error(out)
	}
	s.All = landwaiter.SimulationCount{}
	if out := say(); !strings.Contains(out, "No known weakness was found") || strings.Contains(out, "0 of 0") {
		t.Error(out)
	}
	if s.Looked = false; !strings.Contains(say(), "We had no lists") || strings.Contains(say(), "No known weakness") {
		t.Error(say())
	}
	if err := WriteSimulation(&brokenWriter{10}, s); err == nil {
		t.Error("no error of the writer")
	}
}
