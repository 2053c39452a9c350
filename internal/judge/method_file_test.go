package judge

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func readMethod(t testing.TB, text string) (Method, error) {
	t.Helper()
	return ReadMethod(strings.NewReader(text), "m.yaml")
}

func fullMethod(t testing.TB) (string, Method) {
	t.Helper()
	b, err := os.ReadFile("testdata/method-full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := readMethod(t, string(b))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), m
}

// ownFile is the shipped method by another name.
func ownFile(t testing.TB) string {
	return edit(t, string(ShippedMethod()), "name: landwaiter default", "name: our service")
}

// edit replaces text that must be there.
func edit(t testing.TB, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("the method file has no %q", from)
	}
	return strings.Replace(text, from, to, 1)
}

func lineOf(t testing.TB, text, part string) int {
	t.Helper()
	before, _, ok := strings.Cut(text, part)
	if !ok {
		t.Fatalf("no %q", part)
	}
	return 1 + strings.Count(before, "\n")
}

// TestShippedFileIsTheDefault: the shipped file reads like any other, and says
// what the method says of itself.
func TestShippedFileIsTheDefault(t *testing.T) {
	m, err := readMethod(t, string(ShippedMethod()))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultMethod()
	if m.SHA256 != want.SHA256 || m.Loosened != "" || len(m.Tiers)+len(m.Rules) != 0 {
		t.Errorf("%+v", m.Method)
	}
	for _, e := range m.Events {
		if e.own {
			t.Errorf("%s counts as the site's own", e.ID)
		}
	}
	if len(m.Events) != 10 || len(m.Wall) != 38 || m.MaxAgeDays != 14 || m.FreshDaysA != 90 {
		t.Errorf("%d events, %d of the wall, %+v", len(m.Events), len(m.Wall), m)
	}
	ShippedMethod()[0] = '!'
	if _, err := readMethod(t, string(ShippedMethod())); err != nil {
		t.Error("the shipped file was changed through a copy")
	}
}

func TestFullMethod(t *testing.T) {
	_, m := fullMethod(t)
	if m.Loosened != "we restore one project's work from a copy within a day (the information governance board, 2026-11-02)" {
		t.Errorf("loosened: %q", m.Loosened)
	}
	var own []string
	for _, e := range m.Events {
		if e.own {
			own = append(own, e.ID)
		}
	}
	if diff := cmp.Diff([]string{"C1", "B4"}, own); diff != "" {
		t.Error(diff)
	}
	if _, err := m.At(""); err == nil || !strings.Contains(err.Error(), "name one of 2, 3") || !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("no tier named: %v", err)
	}
	if _, err := m.At("4"); err == nil || !strings.Contains(err.Error(), `tier "4" is not in`) {
		t.Errorf("unknown tier: %v", err)
	}
	d := DefaultMethod()
	if _, err := d.At("3"); err == nil || !strings.Contains(err.Error(), "has no tiers") {
		t.Errorf("tier of a method without: %v", err)
	}
	two, err2 := m.At("2")
	three, err3 := m.At("3")
	if err2 != nil || err3 != nil {
		t.Fatal(err2, err3)
	}
	a2, _ := Judge(two, calm())
	a3, _ := Judge(three, calm())
	if a2.Method.SHA256 != a3.Method.SHA256 || a2.Method.SHA256 != m.SHA256 {
		t.Error("the hash hangs on the tier")
	}
	if a2.Method.Tier != "2" || a3.Method.Tier != "3" || a2.Method.MaxAgeDays != 14 || a3.Method.MaxAgeDays != 7 || a3.Method.MaxTestDays != 60 {
		t.Errorf("%+v and %+v", a2.Method, a3.Method)
	}
	if f := three.InForce(); f.ExploitedDays != 3 || f.outcome(landwaiter.ClassB, landwaiter.BandOne) != landwaiter.Conditions || f.outcome(landwaiter.ClassC, landwaiter.BandOpen) != landwaiter.Conditions {
		t.Errorf("%+v", f)
	}
	if m.outcome(landwaiter.ClassB, landwaiter.BandOne) != landwaiter.Recommend || m.ExploitedDays != 14 {
		t.Error("a tier changed the method")
	}
	// To forget the tier must not mean the looser rows.
	for _, tier := range []string{"", "9"} {
		forgot := m
		forgot.Tier = tier
		a, _ := Judge(forgot, calm())
		if f := forgot.InForce(); a.Method.Tier != "" || a.Method.MaxAgeDays != 7 || f.outcome(landwaiter.ClassB, landwaiter.BandOne) != landwaiter.Conditions || a.Method.SHA256 != m.SHA256 {
			t.Errorf("tier %q: %+v", tier, a.Method)
		}
	}
	stop := with(calm(), found(weakness("CVE-1", netStop)), behind(shut("one", landwaiter.DoorNetworkIn)))
	a2, _ = Judge(two, stop)
	a3, _ = Judge(three, stop)
	if s2, s3 := scenarioOf(&a2, "B3").Outcome, scenarioOf(&a3, "B3").Outcome; s2 != landwaiter.Recommend || s3 != landwaiter.Conditions {
		t.Errorf("tier 2 %s, tier 3 %s", s2, s3)
	}
	if a3.Outcome != landwaiter.CannotJudge { // a list of 14 days is too old for tier 3
		t.Errorf("tier 3: %s", a3.Outcome)
	}
	if s := scenarioOf(&a2, "C1"); s == nil || s.Name != "one session of work is lost" {
		t.Errorf("%+v", s)
	}
	if s := scenarioOf(&a2, "A1"); s == nil || s.Name != "" {
		t.Errorf("%+v", s)
	}
}

// TestMayNotBeLoosened: each change makes the shipped method looser where it may
// not be, and is refused by its line, with what and why.
func TestMayNotBeLoosened(t *testing.T) {
	file := ownFile(t)
	for _, c := range []struct{ from, to, at, want string }{
		{"    open: do-not-import-yet\n    one-protection: do-not", "    open: cannot-judge\n    one-protection: do-not", "    open: do-not", "class A, open: cannot-judge, where the shipped method has do-not-import-yet; class A must never happen, and may not be loosened"},
		{"one-protection: do-not-import-yet", "one-protection: import-with-conditions", "    one-protection: do-not", "class A, one-protection"},
		{"two-or-more-protections: import-with-conditions", "two-or-more-protections: recommend-import", "    two-or-more-protections: import-w", "class A, two-or-more-protections"},
		{"we-do-not-know: cannot-judge", "we-do-not-know: import-with-conditions", "    we-do-not-know: cannot-judge", "What nobody knows never counts as better"},
		{"no-known-way: recommend-import\n    we-do-not-know: cannot-judge\n  C:", "no-known-way: recommend-import\n    we-do-not-know: recommend-import\n  C:", "    we-do-not-know: cannot-judge\n  C:", "class B, we-do-not-know"},
		{"maxAgeDays: 14", "maxAgeDays: 15", "  maxAgeDays", "maxAgeDays is 15, where the shipped method has 14"},
		{"maxTestDays: 90", "maxTestDays: 91", "  maxTestDays", "maxTestDays is 91"},
		{"maxUnnamedPercent: 5 ", "maxUnnamedPercent: 6 ", "  maxUnnamedPercent", "maxUnnamedPercent is 6"},
		{"maxUncoveredPercent: 50", "maxUncoveredPercent: 51", "  maxUncoveredPercent", "maxUncoveredPercent is 51"},
		{"dueDays: 14", "dueDays: 15", "  dueDays", "dueDays is 15"},
		{"freshDaysA: 90", "freshDaysA: 91", "  freshDaysA", "freshDaysA is 91"},
		{"exploitedDays: 14", "exploitedDays: 15", "  exploitedDays", "exploitedDays is 15"},
		{"maxWaiverDays: 180", "maxWaiverDays: 181", "  maxWaiverDays", "maxWaiverDays is 181"},
		{"maxWaiverDaysExploited: 90", "maxWaiverDaysExploited: 91", "  maxWaiverDaysExploited", "maxWaiverDaysExploited is 91"},
		{"  - id: A4\n    class: A\n    name: data about people is brought in hidden in software\n    by: [unnamed]\n", "", "scenarios:", "scenario A4 (data about people is brought in hidden in software) is not there; class A"},
		{"by: [data, altered, outward]", "by: [data, altered]", "  - id: A1", `scenario A1 no longer comes about by "outward"`},
		{"      - [other-project]\n", "", "  - id: A2", "the way through other-project needs more doors than before, or is gone"},
		{"      - [internet-out]\n", "      - [internet-out, account]\n", "  - id: A1", "the way through internet-out needs more doors"},
		{"by: [unnamed]\n", "by: [unnamed]\n    ways:\n      - [project]\n", "  - id: A4", "the way without a door needs more doors"},
		{"  - id: A1\n    class: A\n", "  - id: A1\n    class: B\n", "  - id: A1", `id "A1" in class B`},
		{"  - id: A1\n    class: A\n", "  - id: B9\n    class: B\n", "scenarios:", "scenario A1"},
		{"  - runc\n", "", "wall:", `wall lacks "runc"; put it back`},
		{"  - researchers\n", "", "researchers:", `researchers lacks "researchers"`},
		{"    - negligible\n", "", "  banned:", `words/banned lacks "negligible"`},
		{"    - tested on\n", "", "  required:", `words/required lacks "tested on"`},
	} {
		changed := edit(t, file, c.from, c.to)
		_, err := readMethod(t, changed)
		e, ok := errors.AsType[*landwaiter.SyntaxError](err)
		// A list's own line follows its key; a flow value stands on the key's.
		line := lineOf(t, file, c.at)
		if !ok || !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), c.want) || e.Line != line && e.Line != line+1 {
			t.Errorf("%q for %q: %v; want line %d: %s", c.to, c.from, err, line, c.want)
		}
		if _, err := readMethod(t, changed+"loosened:\n  by: the board\n  on: 2026-11-02\n  because: we think so\n"); err == nil {
			t.Errorf("%q is let in with loosened", c.to)
		}
	}
}

// TestMayBeLoosenedInTheOpen: classes B and C, by somebody with a reason.
func TestMayBeLoosenedInTheOpen(t *testing.T) {
	file := ownFile(t)
	const agreed = "loosened:\n  by: the board\n  on: 2026-11-02\n  because: we think so\n"
	for _, c := range [][2]string{
		{"freshDays: 180", "freshDays: 365"},
		{"    open: do-not-import-yet\n    one-protection: import-with-conditions", "    open: cannot-judge\n    one-protection: recommend-import"},
		{"    open: import-with-conditions\n    one-protection: recommend", "    open: recommend-import\n    one-protection: recommend"},
		{"  - id: C3\n    class: C\n    name: a tool does not work as its maker meant\n    by: [altered]\n", ""},
		{"by: [unsupported, unlisted, licence]", "by: [unsupported, licence]"},
	} {
		changed := edit(t, file, c[0], c[1])
		if _, err := readMethod(t, changed); err == nil || !strings.Contains(err.Error(), "tighten it, or add loosened with by, on and because") {
			t.Errorf("%q: %v", c[1], err)
		}
		m, err := readMethod(t, changed+agreed)
		if err != nil || m.Loosened != "we think so (the board, 2026-11-02)" {
			t.Errorf("%q, agreed: %v, %q", c[1], err, m.Loosened)
		}
	}
	if _, err := readMethod(t, file+agreed); err == nil || !strings.Contains(err.Error(), "remove loosened") {
		t.Errorf("agreed to nothing: %v", err)
	}
}

// TestShippedNameIsTheShippedMethods: no other goes by it, however small the change.
func TestShippedNameIsTheShippedMethods(t *testing.T) {
	changed := edit(t, string(ShippedMethod()), "maxAgeDays: 14", "maxAgeDays: 13")
	_, err := readMethod(t, changed)
	if e, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || e.Line != lineOf(t, changed, "name: landwaiter") || !strings.Contains(err.Error(), "give it a name of its own") {
		t.Errorf("%v", err)
	}
	if _, err := readMethod(t, "# ours\n"+string(ShippedMethod())); err != nil {
		t.Errorf("a comment: %v", err)
	}
}

func TestTightened(t *testing.T) {
	file := ownFile(t)
	for _, c := range [][2]string{
		{"two-or-more-protections: import-with-conditions", "two-or-more-protections: do-not-import-yet"},
		{"maxAgeDays: 14", "maxAgeDays: 0"},
		{"      - [full-control, host]\n", "      - [host]\n"},
		{"    by: [unnamed]\n", "    by: [unnamed, data]\n"},
		{"  - linux-image-*\n  - linux-lts\n  - linux-modules-*\n", "  - linux-*\n"},
		{"name: one session is lost", "name: one session goes"},
		{"    - safe\n", "    - safe\n    - vulnerable\n"},
	} {
		m, err := readMethod(t, edit(t, file, c[0], c[1]))
		if err != nil || m.SHA256 == DefaultMethod().SHA256 || m.Loosened != "" {
			t.Errorf("%q: %v", c[1], err)
		}
	}
}

func TestMethodErrors(t *testing.T) {
	file, _ := fullMethod(t)
	for _, c := range []struct{ from, to, want string }{
		{file, "", "empty; start from"},
		{file, "# nothing\n", "start with \"name:\""},
		{file, "name: [x", "not YAML"},
		{"version: 2026-11", "edition: 2", `key "edition" is not known in a method; use name, version`},
		{"version: 2026-11\n", "", `a method has no "version"`},
		{"version: 2026-11\n", "version: 1\nversion: 2\n", "is there twice"},
		{"id: B4", "id: B3", `id "B3" is also used on line`},
		{"id: B4", "id: B100", "a number from 1 to 99"},
		{"id: B4", "id: B04", "a number from 1 to 99"},
		{"class: B\n    name: a tool", "class: D\n    name: a tool", `class "D" is not known; use one of A, B, C`},
		{"by: [licence]", "by: []", "by is empty"},
		{"by: [licence]", "by: [licence, licence]", "named twice"},
		{"by: [licence]", "by: [licences]", `harm "licences" is not known; use one of data, stop`},
		{"- [project]", "- [window]", `door "window" is not known`},
		{"- [project]", "- project", "a way must be a list"},
		{"    no-known-way: recommend-import\n", "", `a row of the table has no "no-known-way"`},
		{"open: import-with-conditions", "open: maybe", `outcome "maybe" is not known`},
		{"maxTestDays: 60", "maxTestDays: sixty", `maxTestDays is "sixty"; write a number from 0 to 3660`},
		{"maxTestDays: 60", "maxTestDays: 060", "write a number"},
		{"freshDaysA: 90", "freshDaysA: 5", "none may be longer than the one after it"},
		{"  - researchers\n", "  - researchers\n  - researchers\n", "twice"},
		{"  - researchers\n", "  - researchers\n  - Team X\n", "small letters"},
		{`- name: "2"`, `- name: "3"`, `tier "3" is also on line`},
		{`- name: "2"`, `- name: "2/3"`, "without a slash"},
		{"maxAgeDays: 7", "maxAgeDays: 15", `tier "3": maxAgeDays is 15, where the method has 14`},
		{"        two-or-more-protections: do-not-import-yet\n", "        open: cannot-judge\n", "a tier may only tighten"},
		{"        two-or-more-protections: do-not-import-yet\n      B:\n        one-protection: import-with-conditions", "        open: do-not-import-yet\n      B:\n        one-protection: cannot-judge\n        two-or-more-protections: cannot-judge", "class A is better than class B, which is less bad"},
		{"two-or-more-protections: recommend-import", "two-or-more-protections: do-not-import-yet", "the less stands in the way, the worse the advice must be"},
		{"no-known-way: recommend-import", "no-known-way: import-with-conditions", "nobody could do anything about it"},
		{"we-do-not-know: recommend-import", "we-do-not-know: cannot-judge", "open is better than we-do-not-know"},
		{"id: old-lists", "id: likely-soon", `rule "likely-soon" is also on line`},
		{"finding.kind ==", "finding.knid ==", "when, character 8: undefined field 'knid'"},
		{`when: has(finding.epss) && finding.epss.probability > 0.5`, "when: finding.id", "make it answer yes or no"},
		{`when: has(finding.epss) && finding.epss.probability > 0.5`, "when: [a]", "when must be an expression"},
		{"outcome: cannot-judge\n", "outcome: recommend-import\n", `outcome "recommend-import" is not known; use one of import-with-conditions`},
		{"outcome: cannot-judge\n", "outcome: import-with-conditions\n", "names no condition"},
		{"days: 7", "days: 0", "write a number from 1"},
		{"text: We fix what is likely to be used soon.", "text: ...", "text says nothing"},
		{"on: 2026-11-02", "on: soon", "is not a date"},
		{"  - id: no-chat-clients", strings.Repeat("  - id: x\n", maxRules+1) + "  - id: no-chat-clients", "the limit is 100"},
	} {
		_, err := readMethod(t, edit(t, file, c.from, c.to))
		if _, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v; want %q", c.to, err, c.want)
		}
	}
	if _, err := ReadMethod(bytes.NewReader(make([]byte, maxMethodFile+1)), "m"); !errors.Is(err, landwaiter.ErrTooLarge) {
		t.Errorf("a large file: %v", err)
	}
}

// TestProblemsAreInOrder: one refusal names every place, by its line.
func TestProblemsAreInOrder(t *testing.T) {
	file := ownFile(t)
	for _, c := range [][2]string{{"maxAgeDays: 14", "maxAgeDays: 20"}, {"by: [unnamed]", "by: [data]"}, {"  - podman\n", ""}} {
		file = edit(t, file, c[0], c[1])
	}
	_, err := readMethod(t, file)
	var lines []int
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			if e, ok := errors.AsType[*landwaiter.SyntaxError](one); ok {
				lines = append(lines, e.Line)
			}
		}
	}
	if len(lines) != 3 || !slices.IsSorted(lines) {
		t.Errorf("lines %v: %v", lines, err)
	}
}
