package judge

import (
	"slices"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Reopened is an assessment whose advice leaned on protections that have lost their
// credit since: whatever was decided on it must be looked at again.
type Reopened struct {
	Reference string             `json:"reference"`
	Digest    string             `json:"digest,omitempty"`
	At        time.Time          `json:"at"`
	Place     landwaiter.Place   `json:"place,omitzero"`
	Outcome   landwaiter.Outcome `json:"outcome"`
	// Then is the advice without what was lost, all else as it was; empty where this
	// program cannot make that assessment's advice again.
	Then landwaiter.Outcome `json:"then,omitempty"`
	Lost []Leaning          `json:"lost"`
}

// Leaning is how an advice leaned on a protection.
type Leaning struct {
	Protection string `json:"protection"`
	Name       string `json:"name"`
	Owner      string `json:"owner,omitempty"`
	Why        string `json:"why"` // why it counts no more
	// Most is true where the advice leaned on it most; Scenarios are the bad events
	// in whose way it was counted.
	Most      bool     `json:"most,omitempty"`
	Scenarios []string `json:"scenarios,omitempty"`
}

// Reopen says whether a stored assessment leaned on what the register's protections
// no longer give at the assessment's own place as of now; nil where it did not. A
// protection that is gone from the register gives nothing.
func Reopen(m *Method, a *landwaiter.Assessment, protections []landwaiter.Protection, home landwaiter.Place, now time.Time) *Reopened {
	place := a.Place
	if place.TRE == "" {
		place.TRE = home.TRE
	}
	standing := Stand(m, protections, place, now)
	out := &Reopened{Reference: a.Subject.Reference, Digest: a.Subject.Fingerprint(), At: a.At, Place: a.Place, Outcome: a.Advice.Outcome}
	lost := map[string]bool{}
	for i := range a.Protections {
		p := &a.Protections[i]
		if !p.Credited {
			continue
		}
		l := Leaning{Protection: p.ID, Name: p.Name, Owner: p.Owner, Most: a.Advice.LeansOn == p.ID}
		for j := range a.Advice.Scenarios {
			if slices.Contains(a.Advice.Scenarios[j].Protections, p.ID) {
				l.Scenarios = append(l.Scenarios, a.Advice.Scenarios[j].ID)
			}
		}
		at := slices.IndexFunc(standing, func(s Standing) bool { return s.ID == p.ID })
		switch {
		case at < 0:
			l.Why = "it is not in the register any more"
		case standing[at].Credited:
			if l.Why = shrunk(p, &standing[at].Protection); l.Why == "" {
				continue
			}
		default:
			l.Why = standing[at].Refused
		}
		lost[p.ID] = true
		if l.Most || len(l.Scenarios) > 0 {
			out.Lost = append(out.Lost, l)
		}
	}
	if len(out.Lost) == 0 {
		return nil
	}
	out.Then = without(m, a, lost)
	return out
}

// shrunk says what a protection closes no more, though it still counts.
func shrunk(then, now *landwaiter.Protection) string {
	if setOf(then.Closes...)&^setOf(now.Closes...) != 0 {
		return "it closes less than it did"
	}
	return ""
}

// without is the advice of a with some protections gone, all else as it was; empty
// where the same input does not give a's own advice again.
func without(m *Method, a *landwaiter.Assessment, lost map[string]bool) landwaiter.Outcome {
	in := Input{
		Subject: a.Subject, System: a.System, Packages: a.Packages, Findings: a.Findings, Account: a.Account, Gaps: a.Gaps,
		HaveAdvisories: a.Advisories != nil, Sources: a.Sources, Protections: a.Protections, Place: a.Place, Now: a.At,
	}
	same, _ := Judge(*m, in)
	if same.Outcome != a.Advice.Outcome || same.Method.SHA256 != a.Advice.Method.SHA256 {
		return ""
	}
	in.Protections = slices.DeleteFunc(slices.Clone(a.Protections), func(p landwaiter.Protection) bool { return lost[p.ID] })
	then, _ := Judge(*m, in)
	return then.Outcome
}
