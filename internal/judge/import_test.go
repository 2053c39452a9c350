package judge

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

const someHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func record(id string, level landwaiter.EvidenceLevel, days int, result string) TestRecord {
	return TestRecord{id, level, landwaiter.ProtectionTest{
		Date: day(days), By: "an outside firm", Method: "tried it: twice", Result: result, SHA256: someHash,
		ValidUntil: day(60), TRE: "North", Tiers: []string{"2", "low"}, Strength: landwaiter.StrengthUnseen,
	}}
}

// TestRecordKeepsTheFile: only the lines of the evidence and the test change.
func TestRecordKeepsTheFile(t *testing.T) {
	in := `# our register
protections:
  # the first
  - id: a   # never reuse
    name: block
    closes: [internet-out]

    evidence: documented # soon
    satre: [2.2.11]

  # the second
  - test:
      date: 2026-01-02 # a Friday
      # where: in the vault
      by: the platform team
      result: failed
      sha256: "0000000000000000000000000000000000000000000000000000000000000000"
    id: b

    name: walls
    closes: [host]
    evidence: "tested-by-own-team"
# the end
`
	want := `# our register
protections:
  # the first
  - id: a   # never reuse
    name: block
    closes: [internet-out]

    evidence: tested-by-outsiders # soon
    test:
      date: 2026-11-21
      by: an outside firm
      method: 'tried it: twice'
      result: held
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      validUntil: 2027-01-21
      tre: North
      tiers: ["2", low]
      strength: E3
    satre: [2.2.11]

  # the second
  - test:
      date: 2026-11-22
      # where: in the vault
      by: an outside firm
      result: held
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      method: 'tried it: twice'
      validUntil: 2027-01-21
      tre: North
      tiers: ["2", low]
      strength: E3
    id: b

    name: walls
    closes: [host]
    evidence: "tested-by-own-team"
# the end
`
	m := DefaultMethod()
	got, recorded, err := Record(&m, []byte(in), "p.yaml", []TestRecord{
		record("b", landwaiter.EvidenceTestedOwn, 0, "held"), record("a", landwaiter.EvidenceTestedOut, -1, "held"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(recorded) != 2 || recorded[0].Protection != "a" || recorded[0].Before != nil || recorded[1].Before.Result != "failed" {
		t.Errorf("%+v", recorded)
	}
	again, recorded, err := Record(&m, got, "p.yaml", []TestRecord{record("a", landwaiter.EvidenceTestedOut, -1, "held")})
	if err != nil || !bytes.Equal(again, got) || recorded[0].Skipped != "this evidence is there already" {
		t.Errorf("twice: %v, %+v", err, recorded)
	}
}

// TestRecordOtherShapes: a file that cannot be changed line by line is written anew,
// and says the same; the example is changed line by line.
func TestRecordOtherShapes(t *testing.T) {
	b, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	m := DefaultMethod()
	for name, c := range map[string]struct{ in, id string }{
		"flow":        {"# kept\nprotections: [{id: a, name: b, closes: [host], evidence: claimed}]", "a"},
		"JSON":        {`{"protections":[{"id":"a","name":"b","closes":["host"],"evidence":"tested-by-own-team","test":{"date":"2026-01-01","by":"x","result":"held"}}]}`, "a"},
		"two lines":   {"protections:\n  - {id: z, name: z, closes: [host], evidence: claimed}\n  - id: a\n    name: b\n    closes: [host]\n    evidence:\n      claimed\n    test:\n      date: 2026-01-01\n      by: x\n      result: held\n      method: tried it\n        and again\n", "a"},
		"no last end": {"protections:\n- id: a\n  name: b\n  closes: [host]\n  evidence: claimed", "a"},
		"example":     {string(b), "image-signing"},
		"line ends":   {strings.ReplaceAll("protections:\n- id: a\n  name: b\n  evidence: claimed\n  closes: [host]\n", "\n", "\r\n"), "a"},
	} {
		before, err := ReadRegister(strings.NewReader(c.in), name)
		if err != nil {
			t.Fatal(name, err)
		}
		out, _, err := Record(&m, []byte(c.in), name, []TestRecord{record(c.id, landwaiter.EvidenceTestedOut, 0, "failed")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		after, err := ReadRegister(bytes.NewReader(out), name)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
			continue
		}
		for i := range before.Protections {
			if p := &before.Protections[i]; p.ID == c.id {
				want := record(c.id, landwaiter.EvidenceTestedOut, 0, "failed")
				want.Test.Date, want.Test.ValidUntil = dayOf(want.Test.Date), dayOf(want.Test.ValidUntil)
				p.Evidence, p.Test = want.Level, &want.Test
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if name == "example" && bytes.Count(out, []byte("\n")) != strings.Count(c.in, "\n")+10 || name == "flow" && !bytes.HasPrefix(out, []byte("# kept\n")) {
			t.Errorf("%s lost its comments or blank lines:\n%s", name, out)
		}
	}
}

// TestRecordNeverRaises: what the evidence does not show is not written.
func TestRecordNeverRaises(t *testing.T) {
	const file = "teams: [an outside firm]\nprotections:\n- id: a\n  name: b\n  closes: [host]\n  evidence: tested-by-own-team\n  test: {date: 2026-11-10, by: the platform team, result: %}\n"
	m := DefaultMethod()
	for _, c := range []struct {
		name, stands string
		days         int
		result, want string
		level        landwaiter.EvidenceLevel
	}{
		{"newer", "failed", -1, "held", "", landwaiter.EvidenceTestedOwn}, // the firm is one of its own teams
		{"older", "failed", -30, "held", "a later test stands, of 2026-11-10", ""},
		{"older and failed", "held", -30, "failed", "a later test stands, of 2026-11-10", ""},
		{"same day, held", "failed", -12, "held", "another test of the same day failed", ""},
		{"same day, failed", "held", -12, "failed", "", landwaiter.EvidenceTestedOwn},
	} {
		in := []byte(strings.ReplaceAll(file, "%", c.stands))
		out, recorded, err := Record(&m, in, "p.yaml", []TestRecord{record("a", landwaiter.EvidenceTestedOut, c.days, c.result)})
		if err != nil || recorded[0].Skipped != c.want || bytes.Equal(in, out) != (c.want != "") {
			t.Errorf("%s: %v, %+v", c.name, err, recorded)
			continue
		}
		if reg, _ := ReadRegister(bytes.NewReader(out), "p.yaml"); c.level != "" && (reg.Protections[0].Evidence != c.level || reg.Protections[0].Test.Result != c.result) {
			t.Errorf("%s: %+v", c.name, reg.Protections[0])
		}
	}
	in := []byte(strings.ReplaceAll(file, "%", "held"))
	two := []TestRecord{record("a", landwaiter.EvidenceTestedOut, -1, "failed"), record("a", landwaiter.EvidenceTestedOut, -1, "held")}
	two[1].Test.SHA256 = strings.Repeat("0", 64)
	out, _, err := Record(&m, in, "p.yaml", two)
	if reg, _ := ReadRegister(bytes.NewReader(out), "p.yaml"); err != nil || reg.Protections[0].Test.Result != "failed" {
		t.Errorf("failed and held on one day: %v, %+v", err, reg.Protections[0].Test)
	}
	r := record("a", landwaiter.EvidenceTestedOut, -1, "held")
	r.Test.By = "The Researchers"
	if _, _, err := Record(&m, in, "p.yaml", []TestRecord{r}); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("researchers: %v", err)
	}
	if _, _, err := Record(&m, in, "p.yaml", []TestRecord{record("gone", landwaiter.EvidenceTestedOut, -1, "held")}); !errors.Is(err, landwaiter.ErrNotFound) {
		t.Errorf("no such protection: %v", err)
	}
}

const pentest = `pentest:
  date: 2026-11-20
  by: an outside firm
  scope: the workspaces of tier 2
  report: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  tre: North
  tiers: [2]
  findings: [a banner says too much]
  results:
    - {protection: internet-block, result: held, method: tried 40 addresses}
    - {protection: walls, result: failed, method: read a file of the next project}
`

func TestReadPenTest(t *testing.T) {
	got, err := ReadPenTest(strings.NewReader(pentest), "t.yaml")
	if err != nil {
		t.Fatal(err)
	}
	records, err := got.Records(&Register{TRE: "north"}, someHash)
	if err != nil || len(records) != 2 {
		t.Fatal(err, records)
	}
	want := TestRecord{"walls", landwaiter.EvidenceTestedOut, landwaiter.ProtectionTest{
		Date: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), By: "an outside firm", Method: "read a file of the next project",
		Result: "failed", SHA256: someHash, TRE: "North", Tiers: []string{"2"},
	}}
	if diff := cmp.Diff(want, records[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := got.Records(&Register{TRE: "South"}, someHash); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("another TRE: %v", err)
	}
	for _, c := range []struct{ old, now, want string }{
		{"walls,", "internet-block,", `t.yaml:11: protection "internet-block" is there twice`},
		{"result: failed", "result: partly", `t.yaml:11: result "partly" is not known`},
		{"  scope: the workspaces of tier 2\n", "", `t.yaml:2: a penetration test has no "scope"; add it`},
		{"report: 9f", "report: ", `t.yaml:5: sha256 "`},
		{"findings", "finding", `t.yaml:8: key "finding" is not known in a penetration test`},
	} {
		if _, err := ReadPenTest(strings.NewReader(strings.Replace(pentest, c.old, c.now, 1)), "t.yaml"); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.now, err)
		}
	}
}

func FuzzReadPenTest(f *testing.F) {
	f.Add([]byte(pentest))
	f.Add([]byte("pentest: {results: []}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ReadPenTest(bytes.NewReader(in), "t.yaml")
		if err == nil && (len(p.Results) == 0 || p.By == "" || p.Date.IsZero()) {
			t.Errorf("%+v", p)
		}
	})
}

// FuzzRecord: whatever the file, it says the record and all that it said before, or it
// is refused.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(whole), "an outside firm", "tried it")
	f.Add([]byte("protections: [{id: internet-block, name: b, closes: [host], evidence: claimed}]"), "- a", ": b # c")
	if b, err := os.ReadFile(exampleFile); err == nil {
		f.Add(b, "yes", "2026-01-01")
	}
	m := DefaultMethod()
	f.Fuzz(func(t *testing.T, in []byte, by, method string) {
		r := record("internet-block", landwaiter.EvidenceTestedOut, 3000, "failed")
		r.Test.By, r.Test.Method = by, method
		out, recorded, err := Record(&m, in, "p.yaml", []TestRecord{r})
		if err != nil {
			return
		}
		before, err := ReadRegister(bytes.NewReader(in), "p.yaml")
		if err != nil {
			t.Fatal(err)
		}
		after, err := ReadRegister(bytes.NewReader(out), "p.yaml")
		if err != nil || len(after.Protections) != len(before.Protections) {
			t.Fatal(err)
		}
		for i := range after.Protections {
			if p := &after.Protections[i]; p.ID == "internet-block" && recorded[0].Skipped == "" && (p.Test.Result != "failed" || p.Test.By != by) {
				t.Errorf("%+v", p.Test)
			}
		}
	})
}
