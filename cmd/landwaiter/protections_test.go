package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/attest"
	"github.com/landwaiter/landwaiter/internal/judge"
)

const kitRegister = `# ours
tre: North
environments:
  - {id: north/workspaces, fingerprint: "hmac:00", runtime: docker}
protections:
  - id: internet-block # the block
    name: internet block
    closes: [internet-out]
    controls: [CT-NOEGRESS]
    evidence: documented

  - id: way-in
    name: closed way in
    closes: [network-in, neighbour, project, account]
    evidence: tested-by-own-team
    test: {date: 2026-11-20, by: the platform team, result: held}
`

// TestEvidenceChangesAdvice: what the isolation kit shows gives credit through the
// register, and a probe that fails, or time, takes it back.
func TestEvidenceChangesAdvice(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	write := func(name string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	register := write("protections.yaml", []byte(kitRegister))
	public := write("kit.pub", key.Public().(ed25519.PublicKey))
	stranger := write("other.pub", bytes.Repeat([]byte{1}, 32))
	evidence := func(name string, change func(*attest.Evidence)) string {
		e := attest.Evidence{
			Environment: attest.Environment{ID: "north/workspaces", Fingerprint: "hmac:00", Observed: "docker", RunSpecSHA256: strings.Repeat("1", 64)},
			Kit:         attest.Kit{Version: "1.0"}, Profile: attest.Named{Name: "docker-strict", SHA256: strings.Repeat("2", 64)},
			ManifestSHA256: strings.Repeat("3", 64), Operator: "the platform team", AuthorisedBy: "change 12",
			Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour), ValidUntil: now.AddDate(0, 0, 30),
		}
		for _, n := range landwaiter.Controls()[1].Needs {
			e.Results = append(e.Results, attest.Result{
				Probe: n.Probe, Verdict: attest.Pass, Strength: n.Least, Expected: "blocked",
				Canary: &attest.Canary{Planted: true, Twin: "reached", Receipt: "clean"},
			})
		}
		change(&e)
		b, err := attest.Sign(t.Context(), e, key)
		if err != nil {
			t.Fatal(err)
		}
		return write(name, b)
	}
	call := func(status int, args ...string) string {
		t.Helper()
		var out, errs strings.Builder
		got := run(context.Background(), args, streams{out: &out, err: &errs, now: func() time.Time { return now }})
		if got != status {
			t.Errorf("%v ends with %d: %s%s", args, got, out.String(), errs.String())
		}
		return out.String() + errs.String()
	}
	imported := func(status int, file, key, says string) {
		t.Helper()
		if got := call(status, "protections", "import", file, "--into", register, "--key", key); !strings.Contains(got, says) {
			t.Errorf("import of %s says %q", filepath.Base(file), got)
		}
	}
	band := func(at time.Time) landwaiter.Band {
		t.Helper()
		reg, err := readRegister(register)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := judge.Judge(judge.DefaultMethod(), judge.Input{
			Subject: landwaiter.Subject{Kind: landwaiter.SubjectImage, Config: landwaiter.ImageConfig{User: "app"}},
			Findings: []landwaiter.Finding{{
				ID: "CVE-1", Kind: landwaiter.KindExploited, Confidence: landwaiter.ConfidenceConfirmed, Reference: "CVE-1",
				Vector: &landwaiter.Severity{Type: "CVSS_V3", Value: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
			}},
			Protections: reg.Protections, Place: landwaiter.Place{TRE: reg.TRE}, Now: at,
		})
		return a.Scenarios[0].Band // A1
	}
	before := band(now)
	if before != landwaiter.BandOne {
		t.Fatalf("A1 at %s", before)
	}

	good := evidence("good.json", func(*attest.Evidence) {})
	imported(1, good, stranger, "signed by nobody whose key was given")
	imported(1, evidence("south.json", func(e *attest.Evidence) { e.Environment.ID = "south" }), public, `the evidence is from environment "south", which the register does not list`)
	imported(1, evidence("copy.json", func(e *attest.Evidence) { e.Environment.Fingerprint = "hmac:01" }), public, "its fingerprint is another than the register's")
	imported(1, evidence("old.json", func(e *attest.Evidence) { e.ValidUntil = e.End }), public, "it was valid until 2026-11-22; run the kit again")
	imported(0, evidence("twinless.json", func(e *attest.Evidence) { e.Results[0].Canary.Twin = "" }), public, "shows nothing for internet-block: CT-NOEGRESS inconclusive: NET-02")
	if b, err := os.ReadFile(register); err != nil || string(b) != kitRegister {
		t.Errorf("what was refused changed the register: %v\n%s", err, b)
	}

	imported(0, good, public, "internet-block: held on 2026-11-22, tested-by-own-team, by the platform team (was documented)")
	if got := band(now); got != landwaiter.BandTwo {
		t.Errorf("with evidence, A1 at %s", got)
	}
	if got := band(now.AddDate(0, 0, 29)); got != landwaiter.BandTwo {
		t.Errorf("a day before it ends, A1 at %s", got)
	}
	if got := band(now.AddDate(0, 0, 30)); got != landwaiter.BandOne {
		t.Errorf("when it has ended, A1 at %s", got)
	}
	imported(0, evidence("failed.json", func(e *attest.Evidence) { e.Results[3].Verdict = attest.Fail }), public, "internet-block: failed on 2026-11-22")
	if got := band(now); got != landwaiter.BandOne {
		t.Errorf("with a probe that failed, A1 at %s", got)
	}
	imported(0, good, public, "internet-block: not changed: another test of the same day failed")
	call(exitDoNotImport, "protections", "check", register, "--gate")
	kept, _, _ := strings.Cut(kitRegister, "documented")
	if b, err := os.ReadFile(register); err != nil || !strings.HasPrefix(string(b), kept) {
		t.Errorf("the register lost its shape: %v\n%s", err, b)
	}
}

// TestReplaceKeepsOthersWork: a register that changed meanwhile is not overwritten.
func TestReplaceKeepsOthersWork(t *testing.T) {
	name := filepath.Join(t.TempDir(), "r.yaml")
	if err := os.WriteFile(name, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replace(name, []byte("read"), []byte("ours")); err == nil {
		t.Error("it was overwritten")
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, _ := io.ReadAll(f); string(b) != "theirs" {
		t.Errorf("%s", b)
	}
}
