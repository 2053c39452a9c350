package judge

import (
	"time"

	"github.com/landwaiter/landwaiter"
)

// InputOf is what the advice in a rests on. [Judge] of it by the same method gives the
// same advice.
func InputOf(a *landwaiter.Assessment) Input {
	return Input{
		Subject: a.Subject, System: a.System, Packages: a.Packages, Findings: a.Findings, Account: a.Account, Gaps: a.Gaps,
		HaveAdvisories: a.Advisories != nil, Sources: a.Sources, Protections: a.Protections,
		Waivers: a.Waivers, Trust: a.Trust, Place: a.Place, Now: a.At,
	}
}

// Frozen is p as it was judged: credited whatever day it is, or not. What else bears on
// its credit, such as that the software asks for full control, is weighed anew.
func Frozen(p *landwaiter.Protection, now time.Time) landwaiter.Protection {
	out := landwaiter.Protection{ID: p.ID, Name: p.Name, Closes: p.Closes, Cause: p.Cause, Evidence: landwaiter.EvidenceClaimed}
	if p.Credited {
		out.Evidence = landwaiter.EvidenceTestedOwn
		out.Test = &landwaiter.ProtectionTest{Date: now, By: "as it was judged", Result: held}
	}
	return out
}
