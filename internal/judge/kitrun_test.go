package judge

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func proof(control string, s landwaiter.Strength, days int) landwaiter.Proof {
	return landwaiter.Proof{Control: control, Held: true, Probes: 4, Strength: s, ValidUntil: day(days)}
}

func someRun(proofs ...landwaiter.Proof) *KitRun {
	return &KitRun{
		Environment: "north/workspaces", Fingerprint: "hmac:00", Runtime: "docker", RunSpec: someHash,
		By: "the platform team", Kit: "1.0", Profile: "docker-strict", Date: day(-1), SHA256: someHash, Proofs: proofs,
	}
}

// TestKitRunRecords: a protection held where all its controls are proven and cover all
// its doors, failed where one failed, and else stays as it was.
func TestKitRunRecords(t *testing.T) {
	reg := func(controls []string, doors ...landwaiter.Door) *Register {
		return &Register{
			TRE: "North", Environments: []Environment{{ID: "north/workspaces", Fingerprint: "hmac:00", Tiers: []string{"2"}}},
			Protections: []landwaiter.Protection{{ID: "p", Closes: doors, Controls: controls}, {ID: "by-hand", Closes: doors}},
		}
	}
	rights, escape := proof("CT-NOPRIVESC", landwaiter.StrengthRefused, 90), proof("CT-NOESCAPE", landwaiter.StrengthUnseen, 30)
	unsure, failed := escape, escape
	unsure.Held, unsure.Why = false, "not run: MNT-02"
	failed.Held, failed.Failed, failed.Why = false, true, "failed: MNT-02"
	both, full, host := []string{"CT-NOPRIVESC", "CT-NOESCAPE"}, landwaiter.DoorFullControl, landwaiter.DoorHost
	for _, c := range []struct {
		name     string
		reg      *Register
		run      *KitRun
		result   string // empty where nothing is recorded
		notShown string
	}{
		{"both proven", reg(both, full, host), someRun(rights, escape), "held", ""},
		{"one unsure", reg(both, full, host), someRun(rights, unsure), "", "p: CT-NOESCAPE not run: MNT-02"},
		{"one not there", reg(both, full, host), someRun(rights), "", "p: CT-NOESCAPE is not in this evidence"},
		{"one failed", reg(both, full, host), someRun(rights, failed), "failed", ""},
		{"one failed, one not there", reg(both, full, host), someRun(failed), "failed", ""},
		{"a door more", reg(both, full, landwaiter.DoorSourceData), someRun(rights, escape), "", "p: its controls show nothing about source-data; make that a protection of its own"},
		{"a control of no door", reg([]string{"CT-LIMITS"}, host), someRun(proof("CT-LIMITS", landwaiter.StrengthRead, 9)), "", "p: its controls show nothing about host; make that a protection of its own"},
		{"no controls", reg(nil, full), someRun(rights), "", ""},
	} {
		records, notShown, err := c.run.Records(c.reg)
		if err != nil || strings.Join(notShown, "|") != c.notShown || len(records) > 1 {
			t.Errorf("%s: %v, %q, %+v", c.name, err, notShown, records)
			continue
		}
		switch {
		case c.result == "":
			if len(records) != 0 {
				t.Errorf("%s: %+v", c.name, records)
			}
		case len(records) != 1 || records[0].Test.Result != c.result || records[0].Protection != "p" || records[0].Level != landwaiter.EvidenceTestedOwn:
			t.Errorf("%s: %+v", c.name, records)
		case c.name == "both proven":
			want := landwaiter.ProtectionTest{
				Date: day(-1), By: "the platform team", Method: "isolation kit 1.0, profile docker-strict, 8 probes passed", Result: "held",
				SHA256: someHash, ValidUntil: day(30), TRE: "North", Tiers: []string{"2"}, Strength: landwaiter.StrengthRefused,
			}
			if diff := cmp.Diff(want, records[0].Test); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		case !strings.HasSuffix(records[0].Test.Method, "CT-NOESCAPE failed: MNT-02") && !strings.Contains(records[0].Test.Method, "CT-NOESCAPE failed: MNT-02"):
			t.Errorf("%s: %s", c.name, records[0].Test.Method)
		}
	}
	for name, change := range map[string]func(*Environment){
		"another environment": func(e *Environment) { e.ID = "south" },
		"its fingerprint":     func(e *Environment) { e.Fingerprint = "hmac:01" },
		"its runtime":         func(e *Environment) { e.Runtime = "gvisor" },
		"its specification":   func(e *Environment) { e.RunSpec = strings.Repeat("0", 64) },
	} {
		r := reg(both, full, host)
		change(&r.Environments[0])
		if records, _, err := someRun(rights, escape).Records(r); !errors.Is(err, landwaiter.ErrInvalid) || records != nil {
			t.Errorf("%s: %v, %+v", name, err, records)
		}
	}
}

// TestReopen: an assessment is opened again where a protection that it leaned on has
// lost its credit, at its own place; and it says what the advice is then.
func TestReopen(t *testing.T) {
	m := DefaultMethod()
	all := append(walls(), shut("spare", landwaiter.DoorPhysical))
	in := with(calm(), found(weakness("CVE-1", netRead)), behind(all...))
	in.Place = landwaiter.Place{Project: "P1"}
	a := &landwaiter.Assessment{
		At: now, Place: in.Place, Subject: in.Subject, System: in.System, Packages: in.Packages, Findings: in.Findings, Account: in.Account,
		Gaps: in.Gaps, Sources: in.Sources, Advisories: &landwaiter.AdvisoryFile{},
	}
	a.Advice, a.Protections = Judge(m, in)
	at := func(id string) int {
		for i := range all {
			if all[i].ID == id {
				return i
			}
		}
		t.Fatal(id)
		return 0
	}
	reopen := func(change func([]landwaiter.Protection) []landwaiter.Protection) *Reopened {
		now := append([]landwaiter.Protection{}, all...)
		for i := range now {
			test := *now[i].Test
			now[i].Test = &test
		}
		return Reopen(&m, a, change(now), landwaiter.Place{}, in.Now.AddDate(0, 0, 1))
	}
	type register = []landwaiter.Protection
	if r := reopen(func(p register) register { return p }); r != nil {
		t.Errorf("nothing was lost: %+v", r)
	}
	if r := reopen(func(p register) register { p[at("spare")].Test.Result = "failed"; return p }); r != nil {
		t.Errorf("nothing leaned on it: %+v", r)
	}
	other := func(project string) func(register) register {
		return func(p register) register {
			p[at("inbound-closed")].DatedExceptions = []landwaiter.Exception{{Project: project, Reason: "x", By: "x", Until: day(9)}}
			return p
		}
	}
	if r := reopen(other("P2")); r != nil {
		t.Errorf("an exception for another project: %+v", r)
	}
	for name, change := range map[string]func(register) register{
		"failed": func(p register) register { p[at("inbound-closed")].Test.Result = "failed"; return p },
		"gone":   func(p register) register { i := at("inbound-closed"); return append(p[:i], p[i+1:]...) },
		"closes": func(p register) register {
			p[at("inbound-closed")].Closes = []landwaiter.Door{landwaiter.DoorNeighbour}
			return p
		},
		"exception": other("P1"),
	} {
		r := reopen(change)
		if r == nil || len(r.Lost) != 1 || r.Lost[0].Protection != "inbound-closed" || r.Lost[0].Why == "" || len(r.Lost[0].Scenarios) == 0 {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		if r.Then != landwaiter.DoNotImport || r.Outcome == r.Then {
			t.Errorf("%s: advice was %s and is %q", name, r.Outcome, r.Then)
		}
	}
	a.Advice.Method.SHA256 = "another"
	if r := reopen(func(p register) register { p[at("inbound-closed")].Test.Result = "failed"; return p }); r == nil || r.Then != "" {
		t.Errorf("by another method: %+v", r)
	}
}
