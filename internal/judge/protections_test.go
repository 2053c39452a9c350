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

const exampleFile = "../../examples/protections.yaml"

func example(t testing.TB) []landwaiter.Protection {
	t.Helper()
	b, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadProtections(bytes.NewReader(b), "protections.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestExample: the example reads, and closes every usual door.
func TestExample(t *testing.T) {
	var closed doorSet
	for _, p := range example(t) {
		if p.Test != nil {
			closed |= setOf(p.Closes...)
		}
	}
	if open := setOf(allDoors[:]...) &^ closed; open != setOf(landwaiter.DoorPhysical) {
		t.Errorf("the example leaves open %v", open.list())
	}
	b, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range allDoors {
		if !strings.Contains(string(b), "#               "+string(d)+" ") {
			t.Errorf("the example does not explain %s", d)
		}
	}
}

const whole = `protections:
  - id: internet-block
    name: internet block
    safe: settings
    closes: [internet-out, network-in]
    satre: [2.2.11, "2.2.09"]
    cause: firewall
    evidence: tested-by-own-team
    test:
      date: 2026-11-01
      by: the platform team
      method: tried it
      result: held
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    validUntil: "2027-02-01"
    exceptions: [project P1]
`

func TestReadProtections(t *testing.T) {
	got, err := ReadProtections(strings.NewReader(whole), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []landwaiter.Protection{{
		ID: "internet-block", Name: "internet block", Safe: "settings",
		Closes: []landwaiter.Door{landwaiter.DoorInternetOut, landwaiter.DoorNetworkIn},
		SATRE:  []string{"2.2.11", "2.2.09"}, Cause: "firewall", Evidence: landwaiter.EvidenceTestedOwn,
		Test: &landwaiter.ProtectionTest{
			Date: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), By: "the platform team", Method: "tried it", Result: "held",
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		},
		ValidUntil: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), Exceptions: []string{"project P1"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := ReadProtections(strings.NewReader("protections: []\n"), "p.yaml"); err != nil || len(got) != 0 {
		t.Errorf("an empty list: %v, %v", got, err)
	}
}

// TestReadProtectionsErrors: each says the file, the line, the value and the cure.
func TestReadProtectionsErrors(t *testing.T) {
	swap := func(old, now string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("no %q to swap", old)
		}
		return strings.Replace(whole, old, now, 1)
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", `p.yaml: empty; start with "protections:"`},
		{"a comment", "# none yet\n", `p.yaml: empty; start with "protections:"`},
		{"null", "---\n", `p.yaml:2: the file must be a list of "key: value" lines`},
		{"a list", "- a\n", `p.yaml:1: the file must be a list of "key: value" lines`},
		{"other key", "protection: []\n", `p.yaml:1: key "protection" is not known in the file; use protections`},
		{"no key", "{}\n", `p.yaml:1: the file has no "protections"; add it`},
		{"no list", "protections: none\n", `p.yaml:1: protections must be a list`},
		{"no mapping", "protections: [none]\n", `p.yaml:1: a protection must be a list of "key: value" lines`},
		{"not YAML", "protections:\n\t- id: a\n", `p.yaml:2: not YAML: found character that cannot start any token`},
		{"two documents", "protections: []\n---\nprotections: []\n", `p.yaml:2: a second document begins; keep one`},
		{"not UTF-8", "protections: []\n# \xff\n", `p.yaml: not UTF-8 text; save the file as UTF-8`},
		{"unknown key", swap("cause:", "reason:"), `p.yaml:7: key "reason" is not known in a protection; use id, name, safe, closes, satre, cause, owner, tre, tiers, controls, evidence, test, validUntil, exceptions`},
		{"unknown key of a test", swap("method:", "how:"), `p.yaml:12: key "how" is not known in a test; use date, by, method, result, sha256, validUntil, tre, tiers, strength`},
		{"key twice", swap("cause: firewall", "name: again"), `p.yaml:7: key "name" is there twice; remove one`},
		{"merge key", swap("cause: firewall", "<<: {id: a}"), `p.yaml:7: key "<<" is not known in a protection; use id, name`},
		{"no id", "protections:\n  - name: x\n", `p.yaml:2: a protection has no "id"; add it`},
		{"bad id", swap("id: internet-block", "id: Internet Block"), `p.yaml:2: id "Internet Block"; use at most 64 small letters, digits and hyphens, such as internet-block`},
		{"same id", whole + strings.TrimPrefix(whole, "protections:\n"), `p.yaml:17: id "internet-block" is also used on line 2; give every protection an id of its own`},
		{"no name", swap("name: internet block", "name:"), `p.yaml:3: name is empty; fill it in or remove the line`},
		{"long name", swap("name: internet block", "name: "+strings.Repeat("x", 501)), `p.yaml:3: name has 501 bytes, and the limit is 500; shorten it`},
		{"name of two lines", swap("name: internet block", `name: "a\nb"`), `p.yaml:3: name "a\nb" holds a line break or a control character; write it on one line`},
		{"strange tag", swap("safe: settings", "safe: rooms"), `p.yaml:4: safe "rooms" is not known; use one of data, outputs, people, projects, settings`},
		{"unknown door", swap("[internet-out, network-in]", "[internet]"), `p.yaml:5: door "internet" is not known; use one of network-in, neighbour, project, harmful-file, account, internet-out, other-project, full-control, host, source-data, physical`},
		{"door that nothing closes", swap("[internet-out, network-in]", "[unknown]"), `p.yaml:5: door "unknown" is not known; use one of`},
		{"no door", swap("[internet-out, network-in]", "[]"), `p.yaml:5: closes is empty; name at least one of network-in`},
		{"door twice", swap("[internet-out, network-in]", "[host, host]"), `p.yaml:5: door "host" is named twice; remove one`},
		{"door, not doors", swap("[internet-out, network-in]", "internet-out"), `p.yaml:5: closes must be a list`},
		{"strange SATRE", swap("2.2.11,", "2.2,"), `p.yaml:6: satre "2.2"; write the number of a statement, such as 2.2.11`},
		{"unknown level", swap("tested-by-own-team", "tested"), `p.yaml:8: evidence "tested" is not known; use one of claimed, documented, tested-by-own-team, tested-by-outsiders`},
		{"no test", "protections:\n  - {id: a, name: a, closes: [host], evidence: tested-by-outsiders}\n", `p.yaml:2: evidence of "a" is "tested-by-outsiders", but there is no test; add a test with its date, by and result, or say "documented"`},
		{"day first", swap("2026-11-01", "01/11/2026"), `p.yaml:10: date "01/11/2026" is not a date; write year-month-day, such as 2026-11-01`},
		{"no such day", swap("2026-11-01", "2026-02-30"), `p.yaml:10: date "2026-02-30" is not a date`},
		{"a time", swap("2026-11-01", "2026-11-01T10:00:00Z"), `p.yaml:10: date "2026-11-01T10:00:00Z" is not a date`},
		{"long ago", swap("2026-11-01", "0026-11-01"), `p.yaml:10: date "0026-11-01" is not a date`},
		{"no result", swap("      result: held\n", ""), `p.yaml:10: a test has no "result"; add it`},
		{"strange result", swap("result: held", "result: ok"), `p.yaml:13: result "ok" is not known; use one of held, failed`},
		{"short hash", swap("sha256: 9f", "sha256: "), `p.yaml:14: sha256 "86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a…"; write 64 digits from 0-9 and a-f`},
		{"alias", "protections:\n  - &a {id: a, name: a, closes: [host], evidence: claimed}\n  - *a\n", `p.yaml:3: a protection must be a list of "key: value" lines`},
		{"too many", "protections: [" + strings.Repeat("a,", maxProtections) + "a]", `p.yaml:1: protections has 201 values, and the limit is 200`},
		{"too large", strings.Repeat("#", maxProtectionsFile+1), `p.yaml: more than 1048576 bytes`},
	} {
		got, err := ReadProtections(strings.NewReader(c.in), "p.yaml")
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
}

func TestReadProtectionsPassesErrors(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := ReadProtections(io.MultiReader(strings.NewReader(whole), errReader{broken}), "p.yaml"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func FuzzReadProtections(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("protections: [{id: a, name: b, closes: [host], evidence: claimed}]"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? {x: y}\n: z\n"))
	if b, err := os.ReadFile(exampleFile); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ReadProtections(bytes.NewReader(in), "p.yaml")
		if err != nil {
			if e, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || e.Path != "p.yaml" || len(err.Error()) > 2000 {
				t.Fatalf("error %T of %d bytes", err, len(err.Error()))
			}
			return
		}
		ids := make(map[string]bool)
		for _, p := range got {
			if p.ID == "" || ids[p.ID] || p.Name == "" || setOf(p.Closes...) == 0 || p.Credited || p.Refused != "" {
				t.Errorf("read as %+v", p)
			}
			ids[p.ID] = true
		}
		if _, credited := Judge(DefaultMethod(), with(calm(), behind(got...))); len(credited) != len(got) {
			t.Errorf("%d protections became %d", len(got), len(credited))
		}
	})
}
