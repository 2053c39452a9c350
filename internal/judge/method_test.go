package judge

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// TestEveryCell walks the decision table: for each class and band a finding and
// protections that stand there, and what the specification says of them.
func TestEveryCell(t *testing.T) {
	one := behind(shut("one", landwaiter.DoorNetworkIn))
	two := behind(shut("one", landwaiter.DoorNetworkIn), shut("two", landwaiter.DoorNetworkIn))
	none := func(*Input) {}
	const rec, con, can, dont = landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport
	for _, c := range []struct {
		scenario string
		vector   string
		put      func(*Input)
		band     landwaiter.Band
		want     landwaiter.Outcome
	}{
		{"A1", netRead, none, landwaiter.BandOpen, dont},
		{"A1", netRead, one, landwaiter.BandOne, dont},
		{"A1", netRead, two, landwaiter.BandTwo, con},
		{"A1", handsOn, none, landwaiter.BandNoWay, rec},
		{"A1", "", none, landwaiter.BandUnknown, can},
		{"B3", netStop, none, landwaiter.BandOpen, dont},
		{"B3", netStop, one, landwaiter.BandOne, con},
		{"B3", netStop, two, landwaiter.BandTwo, rec},
		{"B3", handsOn, none, landwaiter.BandNoWay, rec},
		{"B3", "", none, landwaiter.BandUnknown, can},
		{"C1", netStop, none, landwaiter.BandOpen, con},
		{"C1", netStop, one, landwaiter.BandOne, rec},
		{"C1", netStop, two, landwaiter.BandTwo, rec},
		{"C1", handsOn, none, landwaiter.BandNoWay, rec},
		{"C1", "", none, landwaiter.BandUnknown, rec},
	} {
		a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", c.vector)), c.put))
		s := scenarioOf(&a, c.scenario)
		if s.Band != c.band || s.Outcome != c.want {
			t.Errorf("%s %s: %s and %s; want %s and %s", c.scenario, c.vector, s.Band, s.Outcome, c.band, c.want)
		}
		if s.Findings != 1 || s.Deciding != 1 || !slices.Equal(s.Examples, []string{"CVE-1"}) {
			t.Errorf("%s %s: %d findings, %d deciding, examples %v", c.scenario, c.vector, s.Findings, s.Deciding, s.Examples)
		}
		if a.Outcome.Rank() < c.want.Rank() {
			t.Errorf("%s %s: advice %s is better than the scenario's %s", c.scenario, c.vector, a.Outcome, c.want)
		}
	}
}

// TestTableIsMonotone: one protection more, and one unknown less, is never worse.
func TestTableIsMonotone(t *testing.T) {
	m := DefaultMethod()
	bands := []landwaiter.Band{landwaiter.BandOpen, landwaiter.BandOne, landwaiter.BandTwo, landwaiter.BandNoWay}
	classes := []landwaiter.ScenarioClass{landwaiter.ClassA, landwaiter.ClassB, landwaiter.ClassC}
	for i, c := range classes {
		if len(m.Table[c]) != 5 {
			t.Errorf("class %s has %d cells", c, len(m.Table[c]))
		}
		for j := range bands {
			if j > 0 && m.outcome(c, bands[j]).Rank() > m.outcome(c, bands[j-1]).Rank() {
				t.Errorf("class %s: %s is worse than %s", c, bands[j], bands[j-1])
			}
			if i > 0 && m.outcome(c, bands[j]).Rank() > m.outcome(classes[i-1], bands[j]).Rank() {
				t.Errorf("%s: class %s is worse than class %s", bands[j], c, classes[i-1])
			}
		}
	}
	if got := m.outcome("D", landwaiter.BandNoWay); got != landwaiter.DoNotImport {
		t.Errorf("a missing cell says %s", got)
	}
}

func TestMethodHash(t *testing.T) {
	a, b := DefaultMethod(), DefaultMethod()
	if a.SHA256 != b.SHA256 || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(a.SHA256) {
		t.Fatalf("hashes %q and %q", a.SHA256, b.SHA256)
	}
	advice, _ := Judge(a, calm())
	if diff := cmp.Diff(a.Method, advice.Method); diff != "" {
		t.Errorf("advice names another method (-want +got):\n%s", diff)
	}
	changes := map[string]func(*Method){
		"cell":  func(m *Method) { m.Table[landwaiter.ClassC][landwaiter.BandOpen] = landwaiter.DoNotImport },
		"door":  func(m *Method) { m.Events[0].Ways[0][0] = landwaiter.DoorHost },
		"limit": func(m *Method) { m.MaxTestDays++ },
		"wall":  func(m *Method) { m.Wall = m.Wall[1:] },
	}
	for name, change := range changes {
		c := DefaultMethod()
		change(&c)
		if c.identity().SHA256 == a.SHA256 {
			t.Errorf("another %s, and the same hash", name)
		}
		if b.identity().SHA256 != a.SHA256 {
			t.Errorf("another %s changed a method that was handed out before", name)
		}
	}
	// A stale hash in the value does not travel into a report.
	a.MaxAgeDays = 3
	advice, _ = Judge(a, calm())
	if advice.Method.SHA256 == b.SHA256 {
		t.Error("an edited method goes by the hash of the one it was made from")
	}
}

func TestTablesAreWhole(t *testing.T) {
	for _, k := range landwaiter.Kinds() {
		if _, ok := kinds[k]; !ok {
			t.Errorf("kind %s has no rule", k)
		}
	}
	for k, r := range kinds {
		if !slices.Contains(landwaiter.Kinds(), k) {
			t.Errorf("rule for kind %q, which does not exist", k)
		}
		if r.condition != "" && !slices.ContainsFunc(conditions, func(c struct{ code, owner string }) bool { return c.code == r.condition }) {
			t.Errorf("kind %s asks for condition %q, which has no row", k, r.condition)
		}
	}
	for _, code := range landwaiter.ReasonCodes() {
		if !slices.Contains(reasonOrder, code) {
			t.Errorf("reason %s has no place in the order", code)
		}
	}
	if len(reasonOrder) != len(landwaiter.ReasonCodes()) {
		t.Errorf("the order has %d reasons, the contract %d", len(reasonOrder), len(landwaiter.ReasonCodes()))
	}
	reached := make(map[Harm]bool)
	for _, e := range DefaultMethod().Events {
		for _, h := range e.By {
			reached[h] = true
			if harmsOf(h) == 0 {
				t.Errorf("%s: harm %q has no bit", e.ID, h)
			}
		}
		for _, way := range e.Ways {
			for _, d := range way {
				if setOf(d) == 0 {
					t.Errorf("%s: door %q has no bit", e.ID, d)
				}
			}
		}
		if e.ID[:1] != string(e.Class) {
			t.Errorf("event %s is of class %s", e.ID, e.Class)
		}
	}
	for _, h := range allHarms {
		if !reached[h] {
			t.Errorf("harm %s leads to no event", h)
		}
	}
	if got := setOf(landwaiter.DoorUnknown, "door to nowhere"); got != 0 {
		t.Errorf("unknown doors make the set %v", got.list())
	}
	if got := setOf(allDoors[:]...).list(); !slices.Equal(got, allDoors[:]) {
		t.Errorf("all doors come back as %v", got)
	}
}
