package report

import (
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// oddities adds subjects of odd size and make, and lists that overflow.
func oddities(all map[string]*landwaiter.Assessment, edit func(string, func() *landwaiter.Assessment, func(*landwaiter.Assessment))) {
	edit("huge", conditions, func(a *landwaiter.Assessment) {
		a.Account.Total = landwaiter.Count{Files: 98_765_432, Bytes: 9_000_000_000_000_000}
		a.Account.Covered = landwaiter.Count{Files: 98_765_431, Bytes: 8_999_999_999_999_999}
		a.Account.Uncovered, a.Account.Unnamed, a.Account.Closed = landwaiter.Count{}, landwaiter.Count{}, landwaiter.Count{}
		a.Account.Unread = landwaiter.Count{Files: 1, Bytes: 1}
		for i := range a.Advice.Reasons {
			a.Advice.Reasons[i].N, a.Advice.Reasons[i].Total = 1_234_567, 98_765_432
		}
	})
	edit("folder", base, func(a *landwaiter.Assessment) {
		a.Subject = landwaiter.Subject{Reference: "scripts", Kind: landwaiter.SubjectFolder, Digest: "sha256:" + hex64}
		a.System = nil
		a.Account = landwaiter.Account{Total: landwaiter.Count{Files: 1, Bytes: 1}, Unnamed: landwaiter.Count{Files: 1, Bytes: 1}}
		a.Packages = nil
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonUnnamedCode, N: 1, Total: 1})
	})
	edit("docker-archive", base, func(a *landwaiter.Assessment) { a.Subject.Digest = "" })
	edit("no-fingerprint", base, func(a *landwaiter.Assessment) { a.Subject.Digest, a.Subject.ImageID = "", "" })
	edit("empty", base, func(a *landwaiter.Assessment) {
		a.Account, a.Packages, a.System, a.Subject.Layers = landwaiter.Account{}, nil, nil, nil
		a.Advice.Scenarios = nil
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonNotCovered, N: 0, Total: 0})
	})
	all["zero"] = &landwaiter.Assessment{}
	edit("unread-account", base, func(a *landwaiter.Assessment) {
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonUnreadCode, N: 1, Subject: "account"})
	})
	edit("second", conditions, func(a *landwaiter.Assessment) {
		crowd(a)
		a.Advice.Conditions = append(a.Advice.Conditions, landwaiter.Condition{Code: "second-approver", What: "A1, A2", Owner: "information governance", By: date(2027, 2, 20), Check: "second-approver"})
	})
	edit("full", conditions, crowd)
	edit("site-method", conditions, func(a *landwaiter.Assessment) {
		a.Advice.Method.Name, a.Advice.Method.Tier, a.Advice.Method.Loosened = "Northern data service", "3", "we restore work within a day (the board, 2026-11-02)"
		a.Advice.Scenarios = append([]landwaiter.Scenario{{ID: "A9", Class: landwaiter.ClassA, Name: "a device is harmed", Band: landwaiter.BandOpen, Outcome: landwaiter.DoNotImport, Findings: 2, Deciding: 2, Without: landwaiter.BandOpen}}, a.Advice.Scenarios...)
		a.Advice.Conditions = []landwaiter.Condition{{Code: "local-rule", What: "likely-soon", Owner: "the project team", By: date(2026, 12, 1), Check: "run this tool again", Text: "Ask for a new copy with the fix"}}
		outcome(a, landwaiter.DoNotImport, landwaiter.Reason{Code: landwaiter.ReasonScenario, Scenario: "A9", N: 2, Total: 2},
			landwaiter.Reason{Code: landwaiter.ReasonRule, N: 2, Subject: "likely-soon", Text: "We fix what is likely to be used soon"},
			landwaiter.Reason{Code: landwaiter.ReasonRuleUnknown, N: 1, Subject: "dated", Text: "We want dates (no such key: epss)"})
	})
}

// addKinds adds an assessment for each kind, with one and with many findings,
// with and without a tested protection.
func addKinds(all map[string]*landwaiter.Assessment) {
	for _, k := range landwaiter.Kinds() {
		for _, n := range []int64{1, 1204} {
			a := base()
			f := weakness(1, k)
			f.Seen = landwaiter.Count{Files: n, Bytes: 1000 * n}
			f.Detail, f.Grave = "2025-06-30", n > 1
			f.Files = []landwaiter.File{file("opt/x", 1000)}
			a.Findings = []landwaiter.Finding{f}
			if n > 1 {
				a.Protections = threeProtections()
				a.Protections[0].Closes = append(a.Protections[0].Closes, landwaiter.DoorHost, landwaiter.DoorHarmfulFile)
			}
			outcome(a, landwaiter.DoNotImport, landwaiter.Reason{Code: landwaiter.ReasonStop, N: n, Subject: string(k)})
			all[fmt.Sprintf("kind-%s-%d", k, n)] = a
		}
	}
}

// addCodes adds an assessment for each reason, scenario, band, door and
// condition, under each outcome.
func addCodes(all map[string]*landwaiter.Assessment) {
	outcomes := []landwaiter.Outcome{landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport}
	for i, code := range landwaiter.ReasonCodes() {
		for n := range int64(3) {
			o := outcomes[(int64(i)+n)%4]
			r := landwaiter.Reason{Code: code, N: n, Total: 2 * n, Scenario: scenarioIDs[i%len(scenarioIDs)], Subject: []string{"", "Debian"}[n%2]}
			all[fmt.Sprintf("reason-%s-%d", code, n)] = outcome(conditions(), o, r)
			b := outcome(base(), o, r, r)
			b.Advisories = nil
			all[fmt.Sprintf("reason-%s-%d-blind", code, n)] = b
		}
	}
	bands := []landwaiter.Band{landwaiter.BandOpen, landwaiter.BandOne, landwaiter.BandTwo, landwaiter.BandNoWay, landwaiter.BandUnknown}
	for i, id := range scenarioIDs {
		for j, band := range bands {
			a := conditions()
			sc := landwaiter.Scenario{ID: id, Class: landwaiter.ScenarioClass(id[:1]), Band: band, Outcome: outcomes[(i+j)%4], Findings: 3, Deciding: 1, Without: bands[(i+1)%5]}
			sc.Doors = []landwaiter.Door{doorIDs[(i+j)%len(doorIDs)], doorIDs[(i+j+5)%len(doorIDs)]}
			for k := range j {
				sc.Protections = append(sc.Protections, a.Protections[k%3].ID)
			}
			a.Advice.Scenarios = []landwaiter.Scenario{sc}
			a.Advice.Conditions = nil
			for _, c := range conditionIDs {
				a.Advice.Conditions = append(a.Advice.Conditions, landwaiter.Condition{Code: c, What: []string{"", "internet-block"}[i%2], Owner: "platform team", By: date(2027, 1, 1), Check: c})
			}
			a.Advice.IfFailed = outcomes[j%4]
			outcome(a, outcomes[i%4], a.Advice.Reasons...)
			all["scenario-"+id+"-"+string(band)] = a
		}
	}
}

var (
	scenarioIDs  = []string{"A1", "A2", "A3", "A4", "B1", "B2", "B3", "C1", "C2", "C3"}
	conditionIDs = []string{"keep-protection", "not-root", "no-more-rights", "fresh-copy", "second-approver", "name-files", "steps-first", "no-way-out", "person-looks", "confirm-list", "licence-proof", "waiver-ends", "local-rule"}
	doorIDs      = []landwaiter.Door{
		landwaiter.DoorNetworkIn, landwaiter.DoorNeighbour, landwaiter.DoorProject, landwaiter.DoorHarmfulFile,
		landwaiter.DoorAccount, landwaiter.DoorInternetOut, landwaiter.DoorOtherWork, landwaiter.DoorFullControl,
		landwaiter.DoorHost, landwaiter.DoorSourceData, landwaiter.DoorPhysical, landwaiter.DoorUnknown,
	}
)
