package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

const register = `tre: North
teams: [the platform team]
environments:
  - id: north/workspaces
    fingerprint: hmac:00
    tiers: [2]
    runtime: docker
    runSpec: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
changes:
  - {date: 2026-11-10, what: new firewall, protections: [internet-block]}
  - {date: 2026-10-01, what: new kernel, protections: all}
protections:
  - id: internet-block
    name: internet block
    closes: [internet-out]
    owner: the network team
    tiers: [2, 3]
    controls: [CT-NOEGRESS]
    evidence: tested-by-own-team
    test: {date: 2026-11-01, by: the platform team, result: held, validUntil: 2026-12-01, tre: North, tiers: [2], strength: E3}
    exceptions:
      - {project: P1, reason: a course, person: the head of service, until: 2026-12-24}
      - everywhere
  - id: walls
    name: walls
    closes: [other-project]
    tre: South
    evidence: claimed
`

func TestReadRegister(t *testing.T) {
	got, err := ReadRegister(strings.NewReader(register), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	date := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	kernel := landwaiter.Change{Date: date(10, 1), What: "new kernel"}
	want := &Register{
		TRE: "North", Teams: []string{"the platform team"},
		Environments: []Environment{{
			ID: "north/workspaces", Fingerprint: "hmac:00", Tiers: []string{"2"}, Runtime: "docker",
			RunSpec: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		}},
		Protections: []landwaiter.Protection{
			{
				ID: "internet-block", Name: "internet block", Closes: []landwaiter.Door{landwaiter.DoorInternetOut},
				Owner: "the network team", TRE: "North", Tiers: []string{"2", "3"}, Controls: []string{"CT-NOEGRESS"},
				Evidence: landwaiter.EvidenceTestedOwn,
				Test: &landwaiter.ProtectionTest{
					Date: date(11, 1), By: "the platform team", Result: "held", ValidUntil: date(12, 1), TRE: "North",
					Tiers: []string{"2"}, Strength: landwaiter.StrengthUnseen,
				},
				Exceptions:      []string{"everywhere"},
				DatedExceptions: []landwaiter.Exception{{Project: "P1", Reason: "a course", By: "the head of service", Until: date(12, 24)}},
				Changes:         []landwaiter.Change{kernel, {Date: date(11, 10), What: "new firewall"}},
			},
			{
				ID: "walls", Name: "walls", Closes: []landwaiter.Door{landwaiter.DoorOtherWork}, TRE: "South",
				Evidence: landwaiter.EvidenceClaimed, Changes: []landwaiter.Change{kernel},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadRegisterErrors(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{"person: the head of service, ", "", `p.yaml:22: an exception has no "person"; add it`},
		{", until: 2026-12-24", "", `p.yaml:22: an exception has no "until"; add it`},
		{"- everywhere", "- [everywhere]", `p.yaml:23: an exception must be a list of "key: value" lines`},
		{"tiers: [2, 3]", "tiers: []", `p.yaml:17: tiers is empty; name a tier, or leave the line out for all`},
		{"CT-NOEGRESS", "CT-EGRESS", `p.yaml:18: control "CT-EGRESS" is not known; use one of CT-NOINBOUND, CT-NOEGRESS`},
		{"strength: E3", "strength: strong", `p.yaml:20: strength "strong" is not known; use one of E0, E1, E2, E3, E4`},
		{"protections: [internet-block]", "protections: [block]", `p.yaml:10: a change touches "block", which is no protection here; use an id of this file, or the word all`},
		{"protections: [internet-block]", "protections: []", `p.yaml:10: protections of a change must be a list of ids, or the word all`},
		{", protections: all", "", `p.yaml:11: a change has no "protections"; add it`},
		{"    fingerprint: hmac:00\n", "", `p.yaml:4: an environment has no "fingerprint"; add it`},
		{"evidence: tested-by-own-team", "evidence: tested-by-outsiders", `p.yaml:13: evidence of "internet-block" is "tested-by-outsiders", but "the platform team" is one of your own teams; say "tested-by-own-team"`},
	} {
		if !strings.Contains(register, c.old) {
			t.Fatalf("no %q to swap", c.old)
		}
		_, err := ReadRegister(strings.NewReader(strings.Replace(register, c.old, c.now, 1)), "p.yaml")
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.now, err, c.want)
		}
	}
	owned := strings.NewReplacer("by: the platform team", "by: The Network Team", "tested-by-own-team", "tested-by-outsiders").Replace(register)
	if _, err := ReadRegister(strings.NewReader(owned), "p.yaml"); err == nil || !strings.Contains(err.Error(), "one of your own teams") {
		t.Errorf("an owner as an outsider: %v", err)
	}
}

// TestStand: what lost credit comes first, the longest ago before the rest; then what
// is due next.
func TestStand(t *testing.T) {
	old, older := shut("old", landwaiter.DoorHost), shut("older", landwaiter.DoorHost)
	old.Test.Date, older.Test.Date = day(-92), day(-100)
	soon, planned, brief := shut("soon", landwaiter.DoorHost), shut("planned", landwaiter.DoorHost), shut("brief", landwaiter.DoorHost)
	soon.ValidUntil = day(3)
	planned.Changes = []landwaiter.Change{{Date: day(2), What: "new disks"}}
	brief.Test.ValidUntil = day(30)
	told, later, failed := shut("told", landwaiter.DoorHost), shut("later", landwaiter.DoorHost), shut("failed", landwaiter.DoorHost)
	told.Evidence, told.Test = landwaiter.EvidenceClaimed, nil
	failed.Test.Result = "failed"
	m := DefaultMethod()
	var got []string
	for _, s := range Stand(&m, []landwaiter.Protection{told, later, soon, planned, brief, old, older, failed}, landwaiter.Place{}, now) {
		line := s.ID
		if s.Credited {
			line += " " + dateOf(s.Ends) + " " + s.Why
		} else {
			line += " " + s.Refused
		}
		if s.Lost {
			line += " (lost)"
		}
		if s.Overdue > 0 {
			line += strings.Repeat("!", s.Overdue)
		}
		if s.Rule == 1 != (s.ID == "old" || s.ID == "older") {
			t.Errorf("%s by rule %d", s.ID, s.Rule)
		}
		got = append(got, line)
	}
	want := []string{
		"older its last test is 100 days old, and the limit is 90 (lost)!!!!!!!!!",
		"old its last test is 92 days old, and the limit is 90 (lost)!",
		"failed its last test did not hold (lost)",
		"planned 2026-11-24 the environment changes: new disks",
		"soon 2026-11-25 it is valid until then",
		"brief 2026-12-22 the evidence of its test is valid until then",
		"later 2027-02-01 its test is then too old",
		"told claimed, not tested",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The day on which credit ends is the first without it.
	for _, p := range []landwaiter.Protection{soon, planned, brief, later} {
		end := Stand(&m, []landwaiter.Protection{p}, landwaiter.Place{}, now)[0].Ends
		if before := Stand(&m, []landwaiter.Protection{p}, landwaiter.Place{}, end.Add(-time.Second)); !before[0].Credited {
			t.Errorf("%s: %s before it ends: %s", p.ID, dateOf(end), before[0].Refused)
		}
		if after := Stand(&m, []landwaiter.Protection{p}, landwaiter.Place{}, end); after[0].Credited {
			t.Errorf("%s counts on %s", p.ID, dateOf(end))
		}
	}
}
