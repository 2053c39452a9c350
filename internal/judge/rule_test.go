package judge

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// withRules is the shipped method with rules, as a file says them.
func withRules(t testing.TB, rules string) Method {
	t.Helper()
	m, err := readMethod(t, ownFile(t)+"rules:\n"+rules)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rule(id, when, outcome string) string {
	text := fmt.Sprintf("  - id: %s\n    text: We say so.\n    when: '%s'\n    outcome: %s\n", id, when, outcome)
	if outcome == string(landwaiter.Conditions) {
		text += "    condition: {do: Do it., owner: the project team, check: look again}\n"
	}
	return text
}

func TestRules(t *testing.T) {
	calmly := with(calm(), found(weakness("CVE-1", handsOn), weakness("CVE-2", handsOn)))
	for _, c := range []struct {
		when, outcome string
		in            Input
		code          string
		at, want      landwaiter.Outcome
		n             int64
	}{
		{`finding.id == "CVE-1"`, "do-not-import-yet", calmly, landwaiter.ReasonRule, landwaiter.DoNotImport, landwaiter.DoNotImport, 1},
		{`finding.kind == "weakness"`, "cannot-judge", calmly, landwaiter.ReasonRule, landwaiter.CannotJudge, landwaiter.CannotJudge, 2},
		{`packages.exists(p, p.ecosystem == "dpkg")`, "import-with-conditions", calmly, landwaiter.ReasonRule, landwaiter.Conditions, landwaiter.Conditions, 2},
		{`finding.kind == "secret"`, "do-not-import-yet", calmly, "", "", landwaiter.Recommend, 0},
		{`true`, "do-not-import-yet", calm(), "", "", landwaiter.Recommend, 0},
		// Unknown is never clean: nobody says how likely these are to be used.
		{`finding.epss.probability > 0.9`, "import-with-conditions", calmly, landwaiter.ReasonRuleUnknown, landwaiter.CannotJudge, landwaiter.CannotJudge, 2},
		{`has(finding.epss) && finding.epss.probability > 0.9`, "import-with-conditions", calmly, "", "", landwaiter.Recommend, 0},
		// A rule never makes better.
		{`true`, "import-with-conditions", with(calm(), found(weakness("CVE-1", netAll))), landwaiter.ReasonRule, landwaiter.Conditions, landwaiter.DoNotImport, 1},
	} {
		a, _ := Judge(withRules(t, rule("house-rule", c.when, c.outcome)), c.in)
		if a.Outcome != c.want {
			t.Errorf("%s: %s, want %s", c.when, a.Outcome, c.want)
		}
		for _, code := range []string{landwaiter.ReasonRule, landwaiter.ReasonRuleUnknown} {
			r := reasonOf(&a, code)
			if code != c.code {
				if r != nil {
					t.Errorf("%s: %+v", c.when, r)
				}
				continue
			}
			if r == nil || r.Outcome != c.at || r.N != c.n || r.Subject != "house-rule" || !strings.HasPrefix(r.Text, "We say so") || len(r.Findings) != int(c.n) {
				t.Errorf("%s: %+v", c.when, r)
			}
		}
		cond := conditionOf(&a, condRule)
		if asks := c.code == landwaiter.ReasonRule && c.outcome == "import-with-conditions"; (cond != nil) != asks {
			t.Errorf("%s: condition %+v", c.when, cond)
		} else if asks && (cond.What != "house-rule" || cond.Text != "Do it" || cond.Owner == "" || cond.Check != "look again" || !cond.By.Equal(dayOf(now).AddDate(0, 0, 14))) {
			t.Errorf("%s: condition %+v", c.when, cond)
		}
	}
}

// TestRuleSaysWhyNobodyCanTell, in the same words whatever the order.
func TestRuleSaysWhyNobodyCanTell(t *testing.T) {
	a, _ := Judge(withRules(t, rule("r", `finding.epss.probability > 0.9`, "do-not-import-yet")), with(calm(), found(weakness("CVE-1", netAll))))
	if r := reasonOf(&a, landwaiter.ReasonRuleUnknown); r == nil || r.Text != "We say so (no such key: epss)" {
		t.Errorf("%+v", r)
	}
	m := DefaultMethod()
	m.Rules = []Rule{{ID: "made", Text: "x", Outcome: landwaiter.Conditions}}
	a, _ = Judge(m, with(calm(), found(weakness("CVE-1", handsOn))))
	if a.Outcome != landwaiter.CannotJudge {
		t.Errorf("a rule that was never compiled: %s", a.Outcome)
	}
}

func TestRulesSeeTheTierAndTheClock(t *testing.T) {
	_, m := fullMethod(t)
	for tier, want := range map[string]landwaiter.Outcome{"2": landwaiter.Conditions, "3": landwaiter.DoNotImport} {
		at, err := m.At(tier)
		if err != nil {
			t.Fatal(err)
		}
		fresh := func(in *Input) { in.Sources[1].Date = now }
		if a, _ := Judge(at, with(calm(), fresh, found(seen(landwaiter.KindNetworkClient)), behind(walls()...), behind(shut("two", landwaiter.DoorInternetOut)))); a.Outcome != want {
			t.Errorf("tier %s: %s, want %s", tier, a.Outcome, want)
		}
	}
	dated := weakness("CVE-1", handsOn)
	for days, want := range map[int]landwaiter.Outcome{9: landwaiter.Recommend, 11: landwaiter.CannotJudge} {
		at, _ := m.At("2")
		dated.Advisories = []landwaiter.Advisory{{ID: "x", SourceDate: now.AddDate(0, 0, -days)}}
		if a, _ := Judge(at, with(calm(), found(dated))); a.Outcome != want {
			t.Errorf("%d days: %s, want %s", days, a.Outcome, want)
		}
	}
}

// TestWaiversLiftNoRule that does not ask for them.
func TestWaiversLiftNoRule(t *testing.T) {
	in := with(calm(), found(fixed(weakness("CVE-1", netStop))))
	for _, kind := range []landwaiter.WaiverKind{landwaiter.WaiverAccepted, landwaiter.WaiverResults, landwaiter.WaiverFalseAlarm} {
		for when, want := range map[string]landwaiter.Outcome{
			`finding.kind == "weakness"`:                         landwaiter.DoNotImport,
			`finding.kind == "weakness" && finding.waived == ""`: landwaiter.Conditions,
		} {
			a, _ := Judge(withRules(t, rule("r", when, "do-not-import-yet")), with(in, waived(waiver(kind, "CVE-1"))))
			if kind == landwaiter.WaiverFalseAlarm && want == landwaiter.Conditions {
				want = landwaiter.Recommend
			}
			if a.Outcome != want {
				t.Errorf("%s, %s: %s, want %s", kind, when, a.Outcome, want)
			}
		}
	}
}

// conds are expressions that hold, do not hold, or cannot tell.
var conds = []string{
	`finding.kind == "weakness"`, `finding.kind != "weakness"`, `has(finding.exploited)`, `finding.epss.probability > 0.5`,
	`packages.exists(p, p.name == "runc")`, `finding.confidence == "confirmed"`, `finding.vector.value.startsWith("CVSS:3.1/AV:N")`,
	`finding.seen.files > 1`, `system.id == "debian"`, `subject.config.user == ""`, `false`, `finding.files[0].size > 3`,
}

// TestRuleNeverImproves: adding a rule to a method never gives better advice, and
// no scenario changes.
func TestRuleNeverImproves(t *testing.T) {
	var methods []Method
	for _, o := range ruleOutcomes {
		for i, when := range conds {
			methods = append(methods, withRules(t, rule(fmt.Sprintf("r%d", i), when, string(o))))
		}
	}
	worse := make(map[landwaiter.Outcome]int)
	for seed := range int64(rounds) {
		r := rand.New(rand.NewSource(seed))
		in := randomInput(r)
		m := tightened(r)
		before, _ := Judge(m, in)
		for range 3 {
			m.Rules = append(slices.Clone(m.Rules), pick(r, methods...).Rules[0])
			after, _ := Judge(m, in)
			if after.Outcome.Rank() < before.Outcome.Rank() {
				t.Fatalf("seed %d: %s became %s by %+v", seed, before.Outcome, after.Outcome, m.Rules)
			}
			if after.Outcome != before.Outcome {
				worse[after.Outcome]++
			}
			if len(after.Reasons) == 0 || after.Reasons[0].Outcome != after.Outcome || after.Outcome == landwaiter.Conditions && after.Conditions == nil {
				t.Fatalf("seed %d: %+v", seed, after)
			}
			for i := range after.Scenarios {
				if after.Scenarios[i].Outcome != before.Scenarios[i].Outcome {
					t.Fatalf("seed %d: a rule moved a scenario", seed)
				}
			}
			more := clone(in)
			more.Findings = append(more.Findings, randomFinding(r, 900))
			if a, _ := Judge(m, more); a.Outcome.Rank() < after.Outcome.Rank() {
				t.Fatalf("seed %d: one finding more, and %s became %s", seed, after.Outcome, a.Outcome)
			}
			other := clone(in)
			r.Shuffle(len(other.Findings), func(i, j int) { other.Findings[i], other.Findings[j] = other.Findings[j], other.Findings[i] })
			if again, _ := Judge(m, other); fmt.Sprint(again) != fmt.Sprint(after) {
				t.Fatalf("seed %d: another order, other advice", seed)
			}
			before = after
		}
	}
	for _, o := range ruleOutcomes {
		if worse[o] == 0 {
			t.Errorf("no rule led to %s: the property was hardly tested", o)
		}
	}
}

// BenchmarkRules: ten rules over a large image.
func BenchmarkRules(b *testing.B) {
	var text strings.Builder
	for i, when := range conds[:10] {
		text.WriteString(rule(fmt.Sprintf("r%d", i), when, "cannot-judge"))
	}
	m := withRules(b, text.String())
	r := rand.New(rand.NewSource(1))
	in := calm()
	for i := range 5000 {
		in.Findings = append(in.Findings, randomFinding(r, i))
	}
	b.ReportAllocs()
	for b.Loop() {
		Judge(m, in)
	}
}
