package judge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

func TestKindsAndConditions(t *testing.T) {
	for _, c := range []struct {
		kind      landwaiter.Kind
		scenario  string
		want      landwaiter.Outcome
		condition string
		days      int
	}{
		{landwaiter.KindRunsAsRoot, "A3", landwaiter.Conditions, condNotRoot, 14},
		{landwaiter.KindOutdatedBase, "C2", landwaiter.Conditions, condFresh, 180},
		{landwaiter.KindPendingUpdate, "A1", landwaiter.Conditions, condFresh, 90},
		{landwaiter.KindChanged, "B2", landwaiter.CannotJudge, condFiles, 14},
		{landwaiter.KindUnknownProgram, "B2", landwaiter.Conditions, condFiles, 14},
		{landwaiter.KindUnattributed, "A4", landwaiter.Conditions, condFiles, 14},
		{"what a later version finds", "A4", landwaiter.CannotJudge, condFiles, 14},
	} {
		a, _ := Judge(DefaultMethod(), with(calm(), found(seen(c.kind)), behind(walls()...)))
		if s := scenarioOf(&a, c.scenario); a.Outcome != c.want || s.Findings != 1 || s.Outcome != c.want {
			t.Errorf("%s: %s, and %s at %+v; want %s", c.kind, a.Outcome, c.scenario, s, c.want)
		}
		got := conditionOf(&a, c.condition)
		if got == nil || got.Owner == "" || got.Check == "" || !got.By.Equal(time.Date(2026, 11, 22+c.days, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: condition %+v; want %s in %d days", c.kind, got, c.condition, c.days)
		}
	}
	a, _ := Judge(DefaultMethod(), with(calm(), found(exploited("CVE-1", netAll)), behind(walls()...)))
	if got := conditionOf(&a, condFresh); got == nil || !got.By.Equal(time.Date(2026, 12, 6, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("in use by attackers: %+v", got)
	}
}

// TestKeepProtections: what conditions hang on must be kept, and tested again.
func TestKeepProtections(t *testing.T) {
	w := walls()
	w[0].ValidUntil = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", netRead)), behind(w...)))
	if a.Outcome != landwaiter.Conditions {
		t.Fatalf("advice %s: %+v", a.Outcome, a.Reasons)
	}
	got := make(map[string]string)
	for _, c := range a.Conditions {
		if c.Code == condKeep {
			got[c.What] = c.By.Format(time.DateOnly)
		}
	}
	for id, by := range map[string]string{"internet-block": "2026-12-01", "inbound-closed": "2027-01-31", "isolation": "2027-01-31", "accounts": "", "import-check": ""} {
		if got[id] != by {
			t.Errorf("keep %s by %q, want %q", id, got[id], by)
		}
	}
}

// TestNamesNoMoreThanStand: two findings that face different protections do not
// add up to more than either of them faces.
func TestNamesNoMoreThanStand(t *testing.T) {
	a, _ := Judge(DefaultMethod(), with(calm(), behind(walls()...), found(weakness("CVE-1", netAll), weakness("CVE-2", fileAll), weakness("CVE-3", ""))))
	for id, want := range map[string]string{"A1": "inbound-closed internet-block", "B2": "inbound-closed"} {
		if got := strings.Join(scenarioOf(&a, id).Protections, " "); got != want {
			t.Errorf("%s names %s; want %s", id, got, want)
		}
	}
	// The heavier finding faces three, the other two: two is what we can say.
	heavy := weakness("CVE-1", netAll)
	heavy.EPSS = &landwaiter.EPSS{Probability: 0.9}
	b, _ := Judge(DefaultMethod(), with(calm(), behind(walls()...), behind(shut("in2", landwaiter.DoorNetworkIn)), found(heavy, weakness("CVE-2", fileAll))))
	if got := strings.Join(scenarioOf(&b, "A1").Protections, " "); got != "import-check internet-block" {
		t.Errorf("A1 names %s", got)
	}
	// Of two ways in the easier one counts, and only what stands there is named.
	old := weakness("CVE-1", "")
	old.Vector = &landwaiter.Severity{Type: "CVSS_V2", Value: "AV:N/AC:M/Au:N/C:P/I:N/A:N"}
	b, _ = Judge(DefaultMethod(), with(calm(), behind(walls()...), behind(shut("in2", landwaiter.DoorNetworkIn)), found(old)))
	if s := scenarioOf(&b, "B1"); s.Band != landwaiter.BandOne || !slices.Equal(s.Protections, []string{"import-check"}) {
		t.Errorf("B1 at %s by %v", s.Band, s.Protections)
	}
	for _, c := range b.Conditions {
		if c.What == "in2" {
			t.Errorf("nothing hangs on in2, yet it must be kept")
		}
	}
	kept := make(map[string]bool)
	for _, c := range a.Conditions {
		kept[c.What] = c.Code == condKeep
	}
	if !kept["import-check"] || !kept["inbound-closed"] {
		t.Errorf("keep %v", kept)
	}
}

func TestLeansOn(t *testing.T) {
	judge := func(p ...landwaiter.Protection) landwaiter.Advice {
		a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", netAll)), behind(p...)))
		return a
	}
	// Each of four is needed; the closed way in counts in most scenarios.
	if a := judge(walls()...); a.Outcome != landwaiter.Conditions || a.LeansOn != "inbound-closed" || a.IfFailed != landwaiter.DoNotImport {
		t.Errorf("%s leans on %q, then %s", a.Outcome, a.LeansOn, a.IfFailed)
	}
	// A second way in of another cause steps in; then another is leaned on.
	if a := judge(append(walls(), shut("z-inbound", landwaiter.DoorNetworkIn))...); a.IfFailed == landwaiter.DoNotImport {
		t.Errorf("no failure alone may end in %s; leans on %q", a.IfFailed, a.LeansOn)
	}
	// Of the same cause it fails as well.
	twin := shut("z-inbound", landwaiter.DoorNetworkIn)
	twin.Cause = "inbound-closed"
	if a := judge(append(walls(), twin)...); a.LeansOn != "inbound-closed" || a.IfFailed != landwaiter.DoNotImport {
		t.Errorf("one cause: leans on %q, then %s", a.LeansOn, a.IfFailed)
	}
	// Without any of them we could not judge; without the last by ID it is no.
	near := landwaiter.DoorNeighbour
	all := slices.DeleteFunc(walls(), func(p landwaiter.Protection) bool { return p.ID == "inbound-closed" })
	all = append(all, shut("inbound", landwaiter.DoorNetworkIn), shut("z-near", near))
	a, _ := Judge(DefaultMethod(), with(calm(), behind(all...), found(weakness("CVE-1", ""), weakness("CVE-2", "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"))))
	if a.LeansOn != "z-near" || a.IfFailed != landwaiter.DoNotImport {
		t.Errorf("%s leans on %q, then %s", a.Outcome, a.LeansOn, a.IfFailed)
	}
	// Nothing counted, nothing leaned on.
	if a := judge(shut("useless", landwaiter.DoorPhysical)); a.LeansOn != "" || a.IfFailed != "" {
		t.Errorf("leans on %q, then %s", a.LeansOn, a.IfFailed)
	}
}
