package judge

import (
	"time"

	"github.com/landwaiter/landwaiter"
)

// now is the clock of every test here.
var now = time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)

// Vectors by what they say.
const (
	netAll    = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	netRead   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
	netStop   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
	fileAll   = "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"
	localAll  = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"
	handsOn   = "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	escapeAll = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H"
	noHarm    = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"
)

// calm is an input that nothing speaks against.
func calm() Input {
	return Input{
		Subject: landwaiter.Subject{Kind: landwaiter.SubjectImage, Config: landwaiter.ImageConfig{User: "1000:1000"}},
		System:  &landwaiter.System{ID: "debian", VersionID: "12", Name: "Debian 12"},
		Packages: []landwaiter.Package{
			pkg("dpkg", "zlib1g", "Debian"), pkg("dpkg", "bash", "Debian"), pkg("dpkg", "perl-base", "Debian"), pkg("pypi", "numpy", "PyPI"),
		},
		Account: landwaiter.Account{
			Total:   landwaiter.Count{Files: 200, Bytes: 2000},
			Covered: landwaiter.Count{Files: 200, Bytes: 2000},
			Code: &landwaiter.Account{
				Total:   landwaiter.Count{Files: 100, Bytes: 1000},
				Covered: landwaiter.Count{Files: 100, Bytes: 1000},
			},
		},
		HaveAdvisories: true,
		Sources: []landwaiter.Source{
			{Name: "Debian", Date: now.AddDate(0, 0, -1), AgeDays: 1, Used: true},
			{Name: "PyPI", Date: now.AddDate(0, 0, -14), AgeDays: 14},
		},
		Now: now,
	}
}

func pkg(ecosystem, name string, sources ...string) landwaiter.Package {
	return landwaiter.Package{
		ID: ecosystem + ":" + name + "@1", Ecosystem: ecosystem, Name: name, Version: "1",
		Known: landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: sources},
	}
}

// weakness is a finding with a vector; an empty vector is none.
func weakness(id, vector string) landwaiter.Finding {
	f := landwaiter.Finding{
		ID: id, Kind: landwaiter.KindWeakness, Reference: id, Confidence: landwaiter.ConfidenceConfirmed,
		Packages: []string{"dpkg:zlib1g@1"},
	}
	if vector != "" {
		f.Vector = &landwaiter.Severity{Source: "nvd", Type: "CVSS_V3", Value: vector}
	}
	return f
}

func exploited(id, vector string) landwaiter.Finding {
	f := weakness(id, vector)
	f.Kind = landwaiter.KindExploited
	f.Exploited = &landwaiter.Exploited{Source: "kev"}
	return f
}

func seen(kind landwaiter.Kind) landwaiter.Finding {
	return landwaiter.Finding{
		ID: string(kind), Kind: kind, Confidence: landwaiter.ConfidenceObserved,
		Seen: landwaiter.Count{Files: 3, Bytes: 30},
	}
}

// shut is a tested protection.
func shut(id string, doors ...landwaiter.Door) landwaiter.Protection {
	return landwaiter.Protection{
		ID: id, Name: id, Closes: doors, Evidence: landwaiter.EvidenceTestedOwn,
		Test: &landwaiter.ProtectionTest{Date: now.AddDate(0, 0, -20), By: "the platform team", Result: "held"},
	}
}

// walls are seven protections of seven causes, one for each usual door.
func walls() []landwaiter.Protection {
	return []landwaiter.Protection{
		shut("internet-block", landwaiter.DoorInternetOut),
		shut("inbound-closed", landwaiter.DoorNetworkIn, landwaiter.DoorNeighbour),
		shut("isolation", landwaiter.DoorOtherWork),
		shut("accounts", landwaiter.DoorProject, landwaiter.DoorAccount),
		shut("runtime", landwaiter.DoorFullControl, landwaiter.DoorHost),
		shut("read-only", landwaiter.DoorSourceData),
		shut("import-check", landwaiter.DoorHarmfulFile),
	}
}

func with(in Input, change ...func(*Input)) Input {
	for _, c := range change {
		c(&in)
	}
	return in
}

func found(f ...landwaiter.Finding) func(*Input) {
	return func(in *Input) { in.Findings = append(in.Findings, f...) }
}

func behind(p ...landwaiter.Protection) func(*Input) {
	return func(in *Input) { in.Protections = append(in.Protections, p...) }
}

func scenarioOf(a *landwaiter.Advice, id string) *landwaiter.Scenario {
	for i := range a.Scenarios {
		if a.Scenarios[i].ID == id {
			return &a.Scenarios[i]
		}
	}
	return nil
}

func reasonOf(a *landwaiter.Advice, code string) *landwaiter.Reason {
	for i := range a.Reasons {
		if a.Reasons[i].Code == code {
			return &a.Reasons[i]
		}
	}
	return nil
}

func conditionOf(a *landwaiter.Advice, code string) *landwaiter.Condition {
	for i := range a.Conditions {
		if a.Conditions[i].Code == code {
			return &a.Conditions[i]
		}
	}
	return nil
}
