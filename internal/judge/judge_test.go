package judge

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

func TestNothingAgainst(t *testing.T) {
	a, _ := Judge(DefaultMethod(), calm())
	if a.Outcome != landwaiter.Recommend || a.Conditions != nil || a.LeansOn != "" || a.IfFailed != "" {
		t.Errorf("%+v", a)
	}
	if len(a.Reasons) != 1 || a.Reasons[0].Code != landwaiter.ReasonNothingAgainst || a.Reasons[0].Total != 4 {
		t.Errorf("reasons %+v", a.Reasons)
	}
	if len(a.Scenarios) != 10 {
		t.Errorf("%d scenarios", len(a.Scenarios))
	}
	for _, s := range a.Scenarios {
		if s.Findings != 0 || s.Band != landwaiter.BandNoWay || s.Without != landwaiter.BandNoWay || s.Outcome != landwaiter.Recommend {
			t.Errorf("%+v", s)
		}
	}
}

// TestReasons has a case for every code, and says what the advice becomes.
func TestReasons(t *testing.T) {
	const rec, con, can, dont = landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport
	cases := []struct {
		name string
		in   Input
		code string
		at   landwaiter.Outcome // of the reason
		want landwaiter.Outcome // of the advice
		n, m int64
		what string
	}{
		{"nothing", calm(), landwaiter.ReasonNothingAgainst, rec, rec, 0, 4, ""},
		{"no advisory file", with(calm(), func(in *Input) { in.HaveAdvisories = false }), landwaiter.ReasonNoAdvisories, can, can, 0, 0, ""},
		{"stale", with(calm(), func(in *Input) { in.Sources[0].Date = now.AddDate(0, 0, -15) }), landwaiter.ReasonStaleSource, can, can, 15, 14, "Debian"},
		{"stale by its own word", with(calm(), func(in *Input) { in.Sources[0].Stale = true }), landwaiter.ReasonStaleSource, can, can, 1, 14, "Debian"},
		{"no date", with(calm(), func(in *Input) { in.Sources[0].Date = time.Time{} }), landwaiter.ReasonStaleSource, can, can, -1, 14, "Debian"},
		{"tomorrow's date", with(calm(), func(in *Input) { in.Sources[0].Date = now.AddDate(0, 0, 1) }), landwaiter.ReasonStaleSource, can, can, -1, 14, "Debian"},
		{"stale, and a package leans on it", with(calm(), func(in *Input) { in.Sources[1].Date = now.AddDate(0, 0, -15) }), landwaiter.ReasonStaleSource, can, can, 15, 14, "PyPI"},
		{"system not covered", with(calm(), func(in *Input) {
			for i := range 3 {
				in.Packages[i].Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed}
			}
		}), landwaiter.ReasonNotCovered, can, can, 3, 3, "Debian 12"},
		{"most of the system not covered", with(calm(), func(in *Input) {
			for i := range 2 {
				in.Packages[i].Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed}
			}
		}), landwaiter.ReasonNotCovered, can, can, 2, 3, "Debian 12"},
		{"one system package not covered", with(calm(), func(in *Input) { in.Packages[0].Known = landwaiter.Answer{} }), landwaiter.ReasonNotCovered, rec, rec, 1, 3, "dpkg"},
		{"nothing covered at all", with(calm(), func(in *Input) { in.Packages = []landwaiter.Package{{ID: "r:a@1", Ecosystem: "r"}} }), landwaiter.ReasonNotCovered, can, can, 1, 1, "r"},
		{"a few elsewhere", with(calm(), bare("r", 3)), landwaiter.ReasonNotCovered, rec, rec, 3, 3, "r"},
		{"much code elsewhere", with(calm(), bare("r", 3), codeBytes(landwaiter.ClassUncovered, 51)), landwaiter.ReasonNotCovered, con, con, 3, 3, "r"},
		{"unread code", with(calm(), codeBytes(landwaiter.ClassUnread, 1)), landwaiter.ReasonUnreadCode, can, can, 1, 0, ""},
		{"a gap that may hide code", with(calm(), gap(landwaiter.Gap{Path: "var/lib/rpm", Code: true})), landwaiter.ReasonUnreadCode, can, can, 1, 0, ""},
		{"files of code unread, one of them a gap as well", with(calm(), codeFiles(landwaiter.ClassUnread, 3), gap(landwaiter.Gap{Code: true, Unread: true})), landwaiter.ReasonUnreadCode, can, can, 3, 0, ""},
		{"nobody says what is code", with(calm(), codeBytes(landwaiter.ClassUnnamed, 101), func(in *Input) { in.Account.Code = nil }), landwaiter.ReasonUnnamedCode, can, can, 101, 2000, ""},
		{"account does not add up", with(calm(), func(in *Input) { in.Account.Total.Bytes++ }), landwaiter.ReasonUnreadCode, can, can, 1, 0, "account"},
		{"too much unnamed code", with(calm(), codeBytes(landwaiter.ClassUnnamed, 51)), landwaiter.ReasonUnnamedCode, can, can, 51, 1000, ""},
		{"too much closed code", with(calm(), codeBytes(landwaiter.ClassClosed, 30), codeBytes(landwaiter.ClassUnnamed, 30)), landwaiter.ReasonUnnamedCode, can, can, 60, 1000, ""},
		{"some unnamed code", with(calm(), codeBytes(landwaiter.ClassUnnamed, 50)), landwaiter.ReasonUnnamedCode, rec, rec, 50, 1000, ""},
		{"malware", with(calm(), found(seen(landwaiter.KindMalware)), behind(walls()...)), landwaiter.ReasonStop, dont, dont, 1, 0, "malware"},
		{"malware by a name", with(calm(), found(sure(seen(landwaiter.KindMalware), landwaiter.ConfidenceMapped))), landwaiter.ReasonStop, dont, dont, 1, 0, "malware"},
		{"the table", with(calm(), found(weakness("CVE-1", netAll), weakness("CVE-2", handsOn))), landwaiter.ReasonScenario, dont, dont, 1, 2, ""},
		{"exploited, behind two", with(calm(), found(exploited("CVE-1", netStop)), behind(walls()...), behind(shut("in2", landwaiter.DoorNetworkIn))), landwaiter.ReasonExploited, con, con, 1, 1, ""},
		{"exploited, in reach", with(calm(), found(exploited("CVE-1", netAll))), landwaiter.ReasonExploited, dont, dont, 1, 1, ""},
		{"exploited, no way", with(calm(), found(exploited("CVE-1", handsOn))), landwaiter.ReasonExploited, rec, rec, 1, 1, ""},
		{"no protections", with(calm(), found(weakness("CVE-1", netAll))), landwaiter.ReasonNoProtections, dont, dont, 0, 0, ""},
		{"outdated base", with(calm(), found(seen(landwaiter.KindOutdatedBase))), landwaiter.ReasonOutdatedBase, con, con, 1, 0, "Debian 12"},
		{"changed programs", with(calm(), found(seen(landwaiter.KindChanged)), behind(walls()...)), landwaiter.ReasonChanged, can, can, 3, 0, ""},
		{"weaknesses", with(calm(), found(weakness("CVE-1", handsOn), weakness("CVE-2", handsOn))), landwaiter.ReasonWeaknesses, rec, rec, 2, 4, ""},
		{"unknown weakness", with(calm(), found(weakness("CVE-1", ""), weakness("CVE-2", netAll)), behind(walls()...)), landwaiter.ReasonUnknownWeakness, con, con, 1, 2, ""},
		{"waived", with(calm(), found(weakness("CVE-1", netStop)), waived(waiver(landwaiter.WaiverAccepted, "CVE-1"))), landwaiter.ReasonWaived, con, con, 1, 1, string(dont)},
		{"a waiver has ended", with(calm(), found(weakness("CVE-1", handsOn)), waived(waiver(landwaiter.WaiverAccepted, "CVE-1")), func(in *Input) { in.Waivers[0].Until = dayOf(now) }), landwaiter.ReasonWaiverEnded, rec, rec, 1, 1, ""},
		{"pending update", with(calm(), found(seen(landwaiter.KindPendingUpdate))), landwaiter.ReasonUnknownWeakness, can, can, 1, 1, ""},
	}
	covered := map[string]bool{landwaiter.ReasonRule: true, landwaiter.ReasonRuleUnknown: true} // TestRules
	for _, c := range cases {
		covered[c.code] = true
		a, _ := Judge(DefaultMethod(), c.in)
		r := reasonOf(&a, c.code)
		if r == nil {
			t.Errorf("%s: no reason %s in %+v", c.name, c.code, a.Reasons)
			continue
		}
		if r.Outcome != c.at || r.N != c.n || r.Total != c.m || r.Subject != c.what || a.Outcome != c.want {
			t.Errorf("%s: advice %s, reason %+v; want %s, and %s with %d of %d about %q", c.name, a.Outcome, *r, c.want, c.at, c.n, c.m, c.what)
		}
	}
	for _, code := range landwaiter.ReasonCodes() {
		if !covered[code] {
			t.Errorf("reason %s has no case", code)
		}
	}
}

func bare(ecosystem string, n int) func(*Input) {
	return func(in *Input) {
		for i := range n {
			in.Packages = append(in.Packages, landwaiter.Package{
				ID: ecosystem + string(rune('a'+i)), Ecosystem: ecosystem,
				Known: landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: "no list"},
			})
		}
	}
}

// codeBytes moves bytes of code from covered to another class.
func codeBytes(c landwaiter.Class, n int64) func(*Input) {
	return func(in *Input) {
		code := *in.Account.Code
		in.Account.Code = &code
		for _, a := range []*landwaiter.Account{&in.Account, &code} {
			a.Covered.Bytes -= n
			a.Class(c).Bytes += n
		}
	}
}

// codeFiles moves files of code from covered to another class.
func codeFiles(c landwaiter.Class, n int64) func(*Input) {
	return func(in *Input) {
		code := *in.Account.Code
		in.Account.Code = &code
		for _, a := range []*landwaiter.Account{&in.Account, &code} {
			a.Covered.Files -= n
			a.Class(c).Files += n
		}
	}
}

func gap(g landwaiter.Gap) func(*Input) {
	return func(in *Input) { in.Gaps = append(in.Gaps, g) }
}

func sure(f landwaiter.Finding, c landwaiter.Confidence) landwaiter.Finding {
	f.Confidence = c
	return f
}

// TestDoesNotMatter: what has no bearing leaves the advice alone.
func TestDoesNotMatter(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"a stale source for software that is not here": func(in *Input) {
			in.Sources = append(in.Sources, landwaiter.Source{Name: "Alpine", Stale: true, AgeDays: -1})
		},
		"data that was not read":                gap(landwaiter.Gap{Path: "data.csv", Unread: true}),
		"a weakness that the distributor fixed": found(landwaiter.Finding{ID: "h", Kind: landwaiter.KindHandled, Vector: &landwaiter.Severity{Value: netAll}}),
		"weaknesses of a kernel not in the box": found(landwaiter.Finding{ID: "k", Kind: landwaiter.KindKernelHeaders, Seen: landwaiter.Count{Files: 900}}),
		"a vector that names no harm":           found(weakness("CVE-1", noHarm)),
		"a package that its system owns": func(in *Input) {
			in.Packages = append(in.Packages, landwaiter.Package{ID: "pypi:x@1", Ecosystem: "pypi", OwnedBy: "dpkg:bash@1", Known: landwaiter.Answer{State: landwaiter.AnswerNotAssessed}})
		},
	} {
		a, _ := Judge(DefaultMethod(), with(calm(), change))
		if a.Outcome != landwaiter.Recommend || a.Reasons[0].Code != landwaiter.ReasonNothingAgainst || len(a.Reasons) > 1 && a.Reasons[1].Code != landwaiter.ReasonWeaknesses {
			t.Errorf("%s: %s for %+v", name, a.Outcome, a.Reasons)
		}
	}
}

// TestHandledIsNotSilent: what leads nowhere is still counted.
func TestHandledIsNotSilent(t *testing.T) {
	a, _ := Judge(DefaultMethod(), with(calm(), found(landwaiter.Finding{ID: "h", Kind: landwaiter.KindHandled, Vector: &landwaiter.Severity{Value: netAll}})))
	if s := scenarioOf(&a, "A1"); s.Findings != 1 || s.Band != landwaiter.BandNoWay {
		t.Errorf("A1: %+v", s)
	}
}

// TestWeakConfidence: a guessed name or a range with no end is at most a
// condition, and never silence.
func TestWeakConfidence(t *testing.T) {
	for _, c := range []landwaiter.Confidence{landwaiter.ConfidenceMapped, landwaiter.ConfidenceOpenEnded} {
		for _, vector := range []string{netAll, ""} {
			a, _ := Judge(DefaultMethod(), with(calm(), found(sure(exploited("CVE-1", vector), c))))
			if a.Outcome != landwaiter.Conditions || conditionOf(&a, condFresh) == nil || reasonOf(&a, landwaiter.ReasonWeaknesses) == nil {
				t.Errorf("%s %q: %s, %+v", c, vector, a.Outcome, a.Reasons)
			}
			if s := scenarioOf(&a, "A1"); s.Band != landwaiter.BandOpen || s.Outcome != landwaiter.Conditions {
				t.Errorf("%s %q: A1 %+v", c, vector, s)
			}
		}
	}
	// A sure finding behind two protections speaks before a guess in the open.
	some := slices.DeleteFunc(walls(), func(p landwaiter.Protection) bool { return p.ID == "accounts" })
	a, _ := Judge(DefaultMethod(), with(calm(), behind(some...), found(
		sure(weakness("CVE-1", localAll), landwaiter.ConfidenceMapped), weakness("CVE-2", netAll))))
	if s := scenarioOf(&a, "A1"); s.Band != landwaiter.BandTwo || !slices.Equal(s.Examples, []string{"CVE-2"}) {
		t.Errorf("A1 %+v", s)
	}
	// A guess behind one protection is a condition already: no second approver.
	a, _ = Judge(DefaultMethod(), with(calm(), behind(some...), found(sure(weakness("CVE-1", localAll), landwaiter.ConfidenceMapped))))
	if s := scenarioOf(&a, "A1"); s.Band != landwaiter.BandOne || conditionOf(&a, condSecond) != nil {
		t.Errorf("A1 %+v, %+v", s, a.Conditions)
	}
}

// TestVectorless: with no vector, what stands in every way counts.
func TestVectorless(t *testing.T) {
	a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", "")), behind(walls()...)))
	for _, s := range a.Scenarios {
		want := landwaiter.BandNoWay
		switch {
		case s.Findings == 0:
		case s.Class == landwaiter.ClassA:
			want = landwaiter.BandTwo
		default:
			want = landwaiter.BandOne
		}
		if s.Band != want {
			t.Errorf("%s: %s by %v, want %s", s.ID, s.Band, s.Protections, want)
		}
	}
	// One way left open, and nobody knows whether it is the one.
	some := slices.DeleteFunc(walls(), func(p landwaiter.Protection) bool { return p.ID == "import-check" })
	a, _ = Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", "")), behind(some...)))
	if s := scenarioOf(&a, "B1"); s.Band != landwaiter.BandUnknown || !slices.Equal(s.Doors, []landwaiter.Door{landwaiter.DoorUnknown}) {
		t.Errorf("B1 %+v", s)
	}
	// But attackers know it.
	a, _ = Judge(DefaultMethod(), with(calm(), found(exploited("CVE-1", "")), behind(some...)))
	if s := scenarioOf(&a, "B1"); s.Band != landwaiter.BandOpen || s.Outcome != landwaiter.DoNotImport || !slices.Equal(s.Doors, []landwaiter.Door{landwaiter.DoorUnknown}) {
		t.Errorf("B1 in use by attackers: %+v", s)
	}
	// A method that is harder on the unknown than on the open still calls it so.
	m := DefaultMethod()
	m.Table[landwaiter.ClassB][landwaiter.BandOpen], m.Table[landwaiter.ClassB][landwaiter.BandUnknown] = landwaiter.CannotJudge, landwaiter.DoNotImport
	a, _ = Judge(m, with(calm(), found(weakness("CVE-1", "")), behind(some...)))
	if s := scenarioOf(&a, "B1"); s.Band != landwaiter.BandUnknown || s.Outcome != landwaiter.DoNotImport {
		t.Errorf("B1 by a hard method: %+v", s)
	}
}

// TestScopeReachesFurther: a weakness whose harm passes its own box needs no
// full control on the way to the computer beneath.
func TestScopeReachesFurther(t *testing.T) {
	put := behind(shut("low", landwaiter.DoorFullControl), shut("ro", landwaiter.DoorSourceData), shut("accounts", landwaiter.DoorAccount))
	for vector, want := range map[string]landwaiter.Band{localAll: landwaiter.BandTwo, escapeAll: landwaiter.BandOne} {
		a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", vector)), put))
		if s := scenarioOf(&a, "A3"); s.Band != want {
			t.Errorf("%s: A3 at %s by %v; want %s", vector, s.Band, s.Protections, want)
		}
	}
}

// TestOrderOfReasons: what decides comes first, eight at most, one of every code
// before one more of the same, and a scenario names its heaviest findings.
func TestOrderOfReasons(t *testing.T) {
	in := with(calm(), found(seen(landwaiter.KindMalware), seen(landwaiter.KindChanged), seen(landwaiter.KindOutdatedBase), exploited("CVE-9", netAll)), bare("r", 2), codeBytes(landwaiter.ClassUnnamed, 100), gap(landwaiter.Gap{Code: true}))
	for _, id := range []string{"CVE-1", "CVE-2", "CVE-3", "CVE-4", "CVE-5", "CVE-6"} {
		f := weakness(id, netAll)
		f.EPSS = &landwaiter.EPSS{Probability: float64(id[4]-'0') / 10}
		in.Findings = append(in.Findings, f)
	}
	a, _ := Judge(DefaultMethod(), in)
	var codes []string
	for i, r := range a.Reasons {
		codes = append(codes, r.Code)
		if i > 0 && r.Outcome.Rank() > a.Reasons[i-1].Outcome.Rank() {
			t.Errorf("reason %d outweighs the one before", i)
		}
	}
	if got, want := strings.Join(codes, " "), "stop-finding exploited scenario no-protections unread-code unnamed-code changed-programs outdated-base"; got != want {
		t.Errorf("reasons %s; want %s", got, want)
	}
	if got, want := strings.Join(scenarioOf(&a, "A1").Examples, " "), "CVE-9 CVE-6 CVE-5 CVE-4 CVE-3"; got != want {
		t.Errorf("examples %s; want %s", got, want)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Error(err)
	}
}

// TestOnTheExample is the whole of it on one plausible image: the
// protections that we ship as an example, and some of everything.
func TestOnTheExample(t *testing.T) {
	in := with(calm(), found(weakness("CVE-1", netAll), weakness("CVE-2", fileAll), weakness("CVE-3", localAll), weakness("CVE-4", ""),
		seen(landwaiter.KindRunsAsRoot), seen(landwaiter.KindUnattributed), seen(landwaiter.KindUnknownProgram)), behind(example(t)...))
	in.Subject.Config.User = ""
	a, p := Judge(DefaultMethod(), in)
	if a.Outcome != landwaiter.Conditions || a.IfFailed != landwaiter.DoNotImport {
		t.Errorf("with the example's protections: %s, and %s without %s; %+v", a.Outcome, a.IfFailed, a.LeansOn, a.Reasons)
	}
	for _, p := range p {
		if p.Credited == (p.ID == "image-signing") {
			t.Errorf("%s: credited %v, %s", p.ID, p.Credited, p.Refused)
		}
	}
	in.Protections = nil
	if a, _ = Judge(DefaultMethod(), in); a.Outcome != landwaiter.DoNotImport {
		t.Errorf("without protections: %s", a.Outcome)
	}
}
