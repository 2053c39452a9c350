package judge

import (
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

const (
	base31 = netAll
	base40 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
)

// TestScores is the table of the method: what each step makes of a weakness that is
// reached over a network and takes all.
func TestScores(t *testing.T) {
	closed := surroundings{attack: "L", account: "L"}
	quiet, used := closed, closed
	quiet.threat = "U"
	used.threat, used.person = "A", true
	for _, c := range []struct {
		name   string
		place  surroundings
		v3, v4 float64
	}{
		{"base", surroundings{}, 9.8, 9.3},
		{"way in closed, accounts only", closed, 7.8, 8.5},
		{"no known use", quiet, 7.1, 5.9},
		{"used now, data about people", used, 7.8, 8.4},
	} {
		for text, want := range map[string]float64{base31: c.v3, base40: c.v4} {
			v, ok := parseVector(&landwaiter.Severity{Value: text})
			if !ok {
				t.Fatal(text)
			}
			here, ok := v.in(c.place)
			if !ok || here.here() != want {
				t.Errorf("%s, %s: %v, want %v", c.name, here.text(), here.here(), want)
			}
			if v.text() != text {
				t.Errorf("%s: the base became %s", c.name, v.text())
			}
		}
	}
}

// TestDeployerTree: the tree has its 72 leaves, and those that the method cites.
func TestDeployerTree(t *testing.T) {
	n := map[string]int{}
	for _, e := range exploitations {
		for _, x := range exposures {
			for _, a := range []bool{false, true} {
				for _, i := range impacts {
					n[priority(&landwaiter.SSVC{Exploitation: e, Exposure: x, Automatable: a, HumanImpact: i})]++
				}
			}
		}
	}
	if want := map[string]int{"defer": 7, "scheduled": 42, "out-of-cycle": 20, "immediate": 3}; !reflect.DeepEqual(n, want) {
		t.Errorf("leaves %v, want %v", n, want)
	}
	for leaf, want := range map[string]string{
		"active small false high":        "out-of-cycle",
		"active open false high":         "out-of-cycle",
		"active open false very-high":    "immediate",
		"none small false low":           "defer",
		"none small false medium":        "defer",
		"none open true very-high":       "out-of-cycle",
		"poc controlled true very-high":  "out-of-cycle",
		"poc controlled true high":       "scheduled",
		"poc open false low":             "scheduled",
		"active small true medium":       "out-of-cycle",
		"unheard-of open true very-high": "immediate", // the worst
	} {
		f := strings.Fields(leaf)
		if got := priority(&landwaiter.SSVC{Exploitation: f[0], Exposure: f[1], Automatable: f[2] == "true", HumanImpact: f[3]}); got != want {
			t.Errorf("%s: %s, want %s", leaf, got, want)
		}
	}
}

// TestWorseFactsNeverWait: in both tables no fact that gets worse gives more time.
func TestWorseFactsNeverWait(t *testing.T) {
	order := []string{"defer", "scheduled", "out-of-cycle", "immediate"}
	rank := func(e, x, a, i int) int {
		return slices.Index(order, priority(&landwaiter.SSVC{Exploitation: exploitations[e], Exposure: exposures[x], Automatable: a == 1, HumanImpact: impacts[i]}))
	}
	for e := range 3 {
		for x := range 3 {
			for a := range 2 {
				for i := range 4 {
					now := rank(e, x, a, i)
					if now < 0 || e < 2 && rank(e+1, x, a, i) < now || x < 2 && rank(e, x+1, a, i) < now || a < 1 && rank(e, x, 1, i) < now || i < 3 && rank(e, x, a, i+1) < now {
						t.Errorf("%s %s %d %s: a worse fact waits longer", exploitations[e], exposures[x], a, impacts[i])
					}
				}
			}
		}
	}
	days := func(bits int) int {
		b := landwaiter.BOD{Exploited: bits&1 != 0, Exposed: bits&2 != 0, Automatable: bits&4 != 0, Total: bits&8 != 0}
		if deadline(&b); b.Days == 0 {
			return 1000
		}
		return b.Days
	}
	for bits := range 16 {
		for fact := range 4 {
			if days(bits|1<<fact) > days(bits) {
				t.Errorf("BOD %04b: fact %d gives more time", bits, fact)
			}
		}
	}
}

// TestBOD holds rows of the directive.
func TestBOD(t *testing.T) {
	for _, c := range []struct {
		in        landwaiter.BOD
		days      int
		forensics bool
	}{
		{landwaiter.BOD{}, 0, false},
		{landwaiter.BOD{Total: true}, 0, false},
		{landwaiter.BOD{Exploited: true}, 14, false},
		{landwaiter.BOD{Exploited: true, Total: true}, 14, false},
		{landwaiter.BOD{Exploited: true, Automatable: true, Total: true}, 3, true},
		{landwaiter.BOD{Exploited: true, Exposed: true, Automatable: true}, 3, false},
		{landwaiter.BOD{Exposed: true, Automatable: true, Total: true}, 3, false},
		{landwaiter.BOD{Automatable: true, Total: true}, 60, false},
		{landwaiter.BOD{Exposed: true, Total: true}, 14, false},
		{landwaiter.BOD{Exposed: true}, 60, false},
	} {
		got := c.in
		if deadline(&got); got.Days != c.days || got.Forensics != c.forensics {
			t.Errorf("%+v, want %d days, forensics %v", got, c.days, c.forensics)
		}
	}
}

func kev(in *Input) {
	in.Sources = append(in.Sources, landwaiter.Source{Name: "kev", Format: "kev", Date: now})
}

// one is the cross-check of a single finding.
func one(t *testing.T, f landwaiter.Finding, change ...func(*Input)) *landwaiter.CrossCheck {
	t.Helper()
	in := with(with(calm(), found(f), kev), change...)
	return CrossChecks(DefaultMethod(), in)[0]
}

func TestCrossCheck(t *testing.T) {
	f := weakness("CVE-1", netAll)
	open := one(t, f)
	want := landwaiter.SSVC{Exploitation: "none", Exposure: "open", Automatable: true, HumanImpact: "very-high", Priority: "out-of-cycle"}
	if open.SSVC != want || open.BOD.Days != 3 || open.BOD.Forensics || open.Fix != "high" || open.CVSS.Score != 9.8 || open.Ours != landwaiter.DoNotImport || open.Against != "less" {
		t.Errorf("open: %+v, CVSS %+v", open, open.CVSS)
	}
	behindWalls := one(t, f, behind(walls()...))
	want.Exposure, want.Priority = "small", "scheduled"
	if behindWalls.SSVC != want || behindWalls.BOD.Exposed || behindWalls.BOD.Days != 60 || behindWalls.Ours != landwaiter.Conditions || behindWalls.Against != "less" {
		t.Errorf("behind walls: %+v", behindWalls)
	}
	if c := behindWalls.CVSS; !strings.HasSuffix(c.Here, "/MAV:L/MPR:L") || !strings.Contains(c.Here, "/CR:H/IR:M/AR:L/") || !strings.Contains(c.Here, "/E:U/") || !slices.Equal(c.Leans, []string{"accounts", "inbound-closed"}) || c.HereScore >= c.Score {
		t.Errorf("behind walls: %+v", c)
	}
	if c := one(t, f, behind(shut("in", landwaiter.DoorNetworkIn))).CVSS; !strings.HasSuffix(c.Here, "/MAV:A") {
		t.Errorf("neighbours can reach it: %s", c.Here)
	}
	if c := one(t, f, behind(shut("out", landwaiter.DoorInternetOut))).CVSS; strings.Contains(c.Here, "/MAV") || strings.Contains(c.Here, "/MC:N") || len(c.Leans) > 0 {
		t.Errorf("an outbound block modifies: %+v", c)
	}
	claimed := shut("in", landwaiter.DoorNetworkIn)
	claimed.Evidence = landwaiter.EvidenceClaimed
	if c := one(t, f, behind(claimed)); c.SSVC.Exposure != "open" || strings.Contains(c.CVSS.Here, "/MAV") {
		t.Errorf("a claim counts: %+v, %+v", c, c.CVSS)
	}
	used := one(t, exploited("CVE-2", netAll))
	if used.SSVC.Exploitation != "active" || used.SSVC.Priority != "immediate" || !used.BOD.Forensics || !strings.Contains(used.CVSS.Here, "/E:H/") || used.Against != "same" {
		t.Errorf("used: %+v, %+v", used, used.CVSS)
	}
}

// TestCrossCheckOfTheUnknown: what nobody knows is the worst, and is named.
func TestCrossCheckOfTheUnknown(t *testing.T) {
	c := one(t, weakness("CVE-1", ""))
	if !slices.Equal(c.Assumed, []string{factAutomatable, factExposure, factTotal}) || !c.SSVC.Automatable || !c.BOD.Total || c.SSVC.Exposure != "open" || c.CVSS != nil || c.Fix != "not-given" || c.Against != "" {
		t.Errorf("no vector: %+v", c)
	}
	in := with(calm(), found(weakness("CVE-1", netAll)))
	if c := CrossChecks(DefaultMethod(), in)[0]; c.SSVC.Exploitation != "active" || !slices.Equal(c.Assumed, []string{factExploitation}) || strings.Contains(c.CVSS.Here, "/E:") {
		t.Errorf("no list of what attackers use: %+v, %+v", c, c.CVSS)
	}
	for _, k := range []landwaiter.Kind{landwaiter.KindHandled, landwaiter.KindMalware, landwaiter.KindRunsAsRoot} {
		f := weakness("CVE-1", netAll)
		if f.Kind = k; one(t, f) != nil {
			t.Errorf("%s has a cross-check", k)
		}
	}
	v2 := weakness("CVE-1", "AV:N/AC:L/Au:N/C:C/I:C/A:C")
	v2.Vector.Type = "CVSS_V2"
	if c := one(t, v2, behind(walls()...)); c.CVSS.Version != "2.0" || c.CVSS.Score != 10 || c.CVSS.Here != "" || c.Fix != "not-given" || !c.BOD.Total {
		t.Errorf("version 2: %+v, %+v", c, c.CVSS)
	}
	proof := weakness("CVE-1", netAll+"/E:P")
	if c := one(t, proof); c.SSVC.Exploitation != "poc" || c.CVSS.Base != netAll {
		t.Errorf("a public proof: %+v, %+v", c, c.CVSS)
	}
}

// TestCrossChecksDecideNothing, and no protection makes one worse.
func TestCrossChecksDecideNothing(t *testing.T) {
	m := DefaultMethod()
	order := []string{"defer", "scheduled", "out-of-cycle", "immediate"}
	r := rand.New(rand.NewSource(7))
	for range rounds / 4 {
		in := with(calm(), kev)
		for i := range r.Intn(6) {
			in.Findings = append(in.Findings, randomFinding(r, i))
		}
		for i := range r.Intn(4) {
			in.Protections = append(in.Protections, randomProtection(r, i))
		}
		before, _ := Judge(m, in)
		all := CrossChecks(m, in)
		after, _ := Judge(m, in)
		if !reflect.DeepEqual(before, after) {
			t.Fatal("cross-checks changed their input")
		}
		for i, c := range all {
			f := &in.Findings[i]
			if (c != nil) != present(f.Kind) {
				t.Fatalf("%+v: %+v", f, c)
			}
		}
		less := in
		less.Protections = nil
		for i, c := range CrossChecks(m, less) {
			if c != nil && (slices.Index(order, c.SSVC.Priority) < slices.Index(order, all[i].SSVC.Priority) || c.CVSS != nil && c.CVSS.HereScore < all[i].CVSS.HereScore) {
				t.Errorf("%+v is better without protections than %+v", c, all[i])
			}
		}
	}
}
