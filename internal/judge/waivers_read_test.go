package judge

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

const waiversExample = "../../examples/waivers.yaml"

const wholeWaivers = `waivers:
  - id: pillow
    kind: false-alarm
    findings: ["weakness:CVE-1:python:Pillow@9"]
    references: [CVE-1]
    package: pkg:pypi/pillow@9
    digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    project: P1234
    by: {name: Kim Example, role: governance manager}
    reason: we looked
    made: 2026-11-01
    until: 2027-02-01
    evidence:
      text: read the code
      link: https://tickets.example/1
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    justification: vulnerable_code_not_present
trust:
  - author: Example Maintainers
    by: {name: Sam Example, role: security engineer}
    reason: they build it
    until: 2027-02-01
`

func TestReadWaivers(t *testing.T) {
	waivers, trust, err := ReadWaivers(strings.NewReader(wholeWaivers), "w.yaml")
	if err != nil {
		t.Fatal(err)
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	want := []landwaiter.Waiver{{
		ID: "pillow", Kind: landwaiter.WaiverFalseAlarm, Findings: []string{"weakness:CVE-1:python:Pillow@9"}, References: []string{"CVE-1"},
		Package: "pkg:pypi/pillow@9", Digest: "sha256:" + hash, Project: "P1234",
		By: landwaiter.Person{Name: "Kim Example", Role: "governance manager"}, Reason: "we looked",
		Made: day(2026, 11, 1), Until: day(2027, 2, 1),
		Evidence:      &landwaiter.WaiverEvidence{Text: "read the code", Link: "https://tickets.example/1", SHA256: hash},
		Justification: "vulnerable_code_not_present",
	}}
	if diff := cmp.Diff(want, waivers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantTrust := []landwaiter.Trust{{Author: "Example Maintainers", By: landwaiter.Person{Name: "Sam Example", Role: "security engineer"}, Reason: "they build it", Until: day(2027, 2, 1)}}
	if diff := cmp.Diff(wantTrust, trust); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWaiversExample: the example reads, shows each kind, and explains each word.
func TestWaiversExample(t *testing.T) {
	b, err := os.ReadFile(waiversExample)
	if err != nil {
		t.Fatal(err)
	}
	waivers, trust, err := ReadWaivers(bytes.NewReader(b), "waivers.yaml")
	if err != nil || len(trust) == 0 {
		t.Fatal(trust, err)
	}
	for _, k := range landwaiter.WaiverKinds() {
		if !strings.Contains(string(b), "kind: "+string(k)+"\n") || !strings.Contains(string(b), string(k)+"  ") {
			t.Errorf("the example has, or explains, no %s", k)
		}
	}
	for _, j := range landwaiter.Justifications() {
		if !strings.Contains(string(b), j) {
			t.Errorf("the example does not explain %s", j)
		}
	}
	for _, w := range waivers {
		if why := refusePerson(&defaultMethod, w.By); why != "" {
			t.Errorf("%s: %s", w.ID, why)
		}
	}
}

var defaultMethod = DefaultMethod()

// TestReadWaiversErrors: each says the file, the line, the value and the cure.
func TestReadWaiversErrors(t *testing.T) {
	swap := func(old, now string) string {
		if !strings.Contains(wholeWaivers, old) {
			t.Fatalf("no %q to swap", old)
		}
		return strings.Replace(wholeWaivers, old, now, 1)
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", `w.yaml: empty; start with "waivers:"`},
		{"other key", "waiver: []\n", `w.yaml:1: key "waiver" is not known in the file; use waivers, trust`},
		{"no list", "waivers: none\n", `w.yaml:1: waivers must be a list`},
		{"same id", "waivers:\n" + strings.Repeat("  - {id: a, kind: accepted-risk, findings: [f], by: {name: n, role: r}, reason: r, made: 2026-11-01, until: 2026-12-01}\n", 2), `w.yaml:3: id "a" is also used on line 2; give every waiver an id of its own`},
		{"unknown kind", swap("kind: false-alarm", "kind: wont-fix"), `w.yaml:3: kind "wont-fix" is not known; use one of accepted-risk, changes-results, false-alarm`},
		{"names nothing", strings.Replace(swap(`    findings: ["weakness:CVE-1:python:Pillow@9"]`+"\n", ""), "    references: [CVE-1]\n", "", 1), `w.yaml:2: waiver "pillow" names nothing; add findings or references`},
		{"no findings", swap(`["weakness:CVE-1:python:Pillow@9"]`, "[]"), `w.yaml:4: findings is empty; fill it in or remove the line`},
		{"a pattern", swap("[CVE-1]", `["CVE-*"]`), `w.yaml:5: references "CVE-*"; write whole names`},
		{"twice", swap("[CVE-1]", "[CVE-1, CVE-1]"), `w.yaml:5: references names "CVE-1" twice; remove one`},
		{"wide open", strings.Replace(swap("    package: pkg:pypi/pillow@9\n", ""), "    digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n", "", 1), `w.yaml:2: waiver "pillow" would cover its references in any software; add a package or a digest`},
		{"bare package", swap("pkg:pypi/pillow@9", "pillow"), `w.yaml:6: package "pillow"; write it as dpkg:openssl, dpkg:openssl@3.0.14-1 or pkg:pypi/numpy@1.26.4`},
		{"short digest", swap("sha256:9f86", "sha256:"), `w.yaml:7: digest "sha256:d081`},
		{"nobody", swap("by: {name: Kim Example, role: governance manager}", "by: Kim"), `w.yaml:9: by must be a list of "key: value" lines`},
		{"no role", swap(", role: governance manager", ""), `w.yaml:9: by has no "role"; add it`},
		{"no reason", swap("    reason: we looked\n", ""), `w.yaml:2: a waiver has no "reason"; add it`},
		{"no end", strings.Replace(wholeWaivers, "    until: 2027-02-01\n    evidence", "    evidence", 1), `w.yaml:2: a waiver has no "until"; add it`},
		{"ends before", swap("made: 2026-11-01", "made: 2027-02-01"), `w.yaml:2: waiver "pillow" ends on 2027-02-01, but was made on 2027-02-01; it must end later`},
		{"no text", swap("      text: read the code\n", ""), `w.yaml:2: waiver "pillow" says that an alarm is false; add evidence with a text that says what was checked`},
		{"a file as link", swap("https://tickets.example/1", "file:///etc/passwd"), `w.yaml:15: link "file:///etc/passwd"; write a whole address that starts with https://`},
		{"strange justification", swap("vulnerable_code_not_present", "because"), `w.yaml:17: justification "because" is not known; use one of component_not_present`},
		{"justified acceptance", swap("false-alarm", "accepted-risk"), `w.yaml:2: waiver "pillow" has a justification, which only a false-alarm has; remove it`},
		{"results of nobody", strings.Replace(swap("false-alarm", "changes-results"), "    project: P1234\n", "", 1), `w.yaml:2: waiver "pillow" keeps an old version for the sake of results; add the project whose results they are`},
		{"trust in all", swap("author: Example Maintainers", `author: ""`), `w.yaml:19: author is empty; fill it in or remove the line`},
		{"trust in two", swap("author: Example Maintainers", "author: a\n    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), `w.yaml:19: an entry of trust names either an author or a sha256; write one of them`},
		{"too many", "waivers: [" + strings.Repeat("a,", maxWaivers) + "a]", `w.yaml:1: waivers has 2001 values, and the limit is 2000`},
		{"too large", strings.Repeat("#", maxWaiversFile+1), `w.yaml: more than 4194304 bytes; split the file`},
	} {
		got, _, err := ReadWaivers(strings.NewReader(c.in), "w.yaml")
		if err == nil {
			t.Errorf("%s: read as %+v", c.name, got)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, err, c.want)
		}
		if _, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || !errors.Is(err, landwaiter.ErrInvalid) && !errors.Is(err, landwaiter.ErrTooLarge) {
			t.Errorf("%s: error %T is of no kind", c.name, err)
		}
	}
	broken := errors.New("the disk is gone")
	if _, _, err := ReadWaivers(io.MultiReader(strings.NewReader(wholeWaivers), errReader{broken}), "w.yaml"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func FuzzReadWaivers(f *testing.F) {
	f.Add([]byte(wholeWaivers))
	f.Add([]byte("a: &a [*a]\n"))
	if b, err := os.ReadFile(waiversExample); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		waivers, trust, err := ReadWaivers(bytes.NewReader(in), "w.yaml")
		if err != nil {
			if e, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || e.Path != "w.yaml" || len(err.Error()) > 2000 {
				t.Fatalf("error %T of %d bytes", err, len(err.Error()))
			}
			return
		}
		for _, w := range waivers {
			if w.ID == "" || w.By.Name == "" || w.By.Role == "" || w.Reason == "" || !w.Until.After(w.Made) || len(w.Findings)+len(w.References) == 0 || w.Counted {
				t.Errorf("read as %+v", w)
			}
		}
		for _, who := range trust {
			if (who.Author == "") == (who.SHA256 == "") || who.Until.IsZero() {
				t.Errorf("read as %+v", who)
			}
		}
		if _, judged := Waive(defaultMethod, with(calm(), func(in *Input) { in.Waivers = waivers })); len(judged) != len(waivers) {
			t.Errorf("%d waivers became %d", len(waivers), len(judged))
		}
	})
}
