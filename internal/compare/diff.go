package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// DiffSchema names the version of the JSON form of a [Diff].
const DiffSchema = "landwaiter.diff/1"

// Diff is how a later assessment differs from an earlier one, and why its advice does.
// Unlike a [Comparison], the two may be of different times, with different lists: that
// is what it is about.
type Diff struct {
	Schema string   `json:"schema"`
	From   DiffSide `json:"from"`
	To     DiffSide `json:"to"`
	// SameSubject is true where both are of exactly the same content.
	SameSubject bool `json:"sameSubject"`
	// Advice is "same", "better" or "worse".
	Advice      string             `json:"advice"`
	Why         Why                `json:"why"`
	Reasons     []ReasonChange     `json:"reasons"`
	Scenarios   []ScenarioChange   `json:"scenarios"`
	Conditions  []ConditionChange  `json:"conditions"`
	Protections []ProtectionChange `json:"protections"`
	Sources     []SourceChange     `json:"sources"`
	Findings    Findings           `json:"findings"`
	Packages    Packages           `json:"packages"`
	Unnamed     Unnamed            `json:"unnamed"`
	Account     []ClassChange      `json:"account"`
	// Gaps are what could not be read on one side only.
	GapsAdded   []landwaiter.Gap `json:"gapsAdded"`
	GapsRemoved []landwaiter.Gap `json:"gapsRemoved"`
}

// DiffSide is one of the two, in short.
type DiffSide struct {
	Side
	At         time.Time                `json:"at"`
	Tool       landwaiter.Tool          `json:"tool"`
	Method     landwaiter.Method        `json:"method"`
	Advisories *landwaiter.AdvisoryFile `json:"advisories,omitempty"`
	LeansOn    string                   `json:"leansOn,omitempty"`
	IfFailed   landwaiter.Outcome       `json:"ifFailed,omitempty"`
}

// The ways in which something differs, where no better word is known.
const (
	Added   Change = "added"
	Removed Change = "removed"
	Moved   Change = "changed"
)

// ReasonChange is a reason that only one side gives, or gives with other numbers.
type ReasonChange struct {
	Change Change             `json:"change"`
	From   *landwaiter.Reason `json:"from,omitempty"`
	To     *landwaiter.Reason `json:"to,omitempty"`
}

// ScenarioChange is a bad event that stands otherwise than it did.
type ScenarioChange struct {
	ID   string               `json:"id"`
	From *landwaiter.Scenario `json:"from,omitempty"`
	To   *landwaiter.Scenario `json:"to,omitempty"`
}

// ConditionChange is a condition that only one side has, or has by another day.
type ConditionChange struct {
	Change Change `json:"change"`
	// Name is of the protection that it is about, where it is about one.
	Name string                `json:"name,omitempty"`
	From *landwaiter.Condition `json:"from,omitempty"`
	To   *landwaiter.Condition `json:"to,omitempty"`
}

// The changes of a protection, beside [Added] and [Removed].
const (
	Credited Change = "credited" // it counts now
	Lost     Change = "lost"     // it counts no more
	Retested Change = "retested" // it was tested again, and counts as it did
)

// ProtectionChange is a protection that is not the same on both sides.
type ProtectionChange struct {
	ID     string                 `json:"id"`
	Name   string                 `json:"name"`
	Change Change                 `json:"change"`
	Why    string                 `json:"why,omitempty"` // why it does not count
	From   *landwaiter.Protection `json:"from,omitempty"`
	To     *landwaiter.Protection `json:"to,omitempty"`
}

// The changes of a source, beside [Added] and [Removed].
const (
	Stale Change = "stale" // it is too old now
	Fresh Change = "fresh" // it was too old
	Newer Change = "newer" // its data are of a later day
	Older Change = "older"
)

// SourceChange is a source that is not the same on both sides. Age is in days, -1 where
// nobody knows.
type SourceChange struct {
	Name     string    `json:"name"`
	Change   Change    `json:"change"`
	FromDate time.Time `json:"fromDate,omitzero"`
	ToDate   time.Time `json:"toDate,omitzero"`
	FromAge  int       `json:"fromAge"`
	ToAge    int       `json:"toAge"`
}

// Between says how the assessment to differs from the earlier one, from. It fails with
// landwaiter.ErrUnsupported for another schema. order may be nil. methods are the ones
// that are at hand, to find out why the advice changed.
func Between(from, to *landwaiter.Assessment, order Order, methods Methods) (*Diff, error) {
	for _, a := range []*landwaiter.Assessment{from, to} {
		if a.Schema != landwaiter.Schema {
			return nil, fmt.Errorf("%s: its schema is %.40q, and this program reads %q: %w", a.Subject.Reference, a.Schema, landwaiter.Schema, landwaiter.ErrUnsupported)
		}
	}
	if order == nil {
		order = func(_, _ *landwaiter.Package) (int, bool) { return 0, false }
	}
	d := &Diff{
		Schema: DiffSchema, From: diffSide(from), To: diffSide(to), Advice: "same",
		SameSubject: from.Subject.Fingerprint() != "" && from.Subject.Fingerprint() == to.Subject.Fingerprint(),
		Why:         explain(from, to, methods),
		Reasons:     reasonChanges(from, to), Scenarios: scenarioChanges(from, to), Conditions: conditionChanges(from, to),
		Protections: protectionChanges(from, to), Sources: sourceChanges(from, to),
		Findings: findings(from, to), Packages: packages(from, to, order), Unnamed: unnamed(from, to), Account: account(from, to),
		GapsAdded: onlyGaps(to, from), GapsRemoved: onlyGaps(from, to),
	}
	switch a, b := from.Advice.Outcome.Rank(), to.Advice.Outcome.Rank(); {
	case b > a:
		d.Advice = "worse"
	case b < a:
		d.Advice = "better"
	}
	return d, nil
}

func diffSide(a *landwaiter.Assessment) DiffSide {
	return DiffSide{side(a), a.At, a.Tool, a.Advice.Method, a.Advisories, a.Advice.LeansOn, a.Advice.IfFailed}
}

// pairs matches what has the same key on both sides, in the order of to, then what only
// from has. What stands twice under one key is matched in order.
func pairs[T any](from, to []T, key func(*T) string) (out [][2]*T) {
	was := map[string][]*T{}
	for i := range from {
		k := key(&from[i])
		was[k] = append(was[k], &from[i])
	}
	for i := range to {
		k := key(&to[i])
		var old *T
		if list := was[k]; len(list) > 0 {
			old, was[k] = list[0], list[1:]
		}
		out = append(out, [2]*T{old, &to[i]})
	}
	for i := range from {
		if slices.Contains(was[key(&from[i])], &from[i]) {
			out = append(out, [2]*T{&from[i], nil})
		}
	}
	return out
}

// changeBetween says which side lacks it, or that it moved; empty where it is the same.
func changeBetween[T any](p [2]*T) Change {
	switch {
	case p[0] == nil:
		return Added
	case p[1] == nil:
		return Removed
	case same(p[0], p[1]):
		return ""
	}
	return Moved
}

// same compares as JSON: that is what was kept.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func reasonChanges(from, to *landwaiter.Assessment) []ReasonChange {
	out := []ReasonChange{}
	for _, p := range pairs(from.Advice.Reasons, to.Advice.Reasons, func(r *landwaiter.Reason) string { return r.Code + " " + r.Scenario + " " + r.Subject }) {
		if c := changeBetween(p); c != "" {
			out = append(out, ReasonChange{c, p[0], p[1]})
		}
	}
	return out
}

func scenarioChanges(from, to *landwaiter.Assessment) []ScenarioChange {
	out := []ScenarioChange{}
	for _, p := range pairs(from.Advice.Scenarios, to.Advice.Scenarios, func(s *landwaiter.Scenario) string { return s.ID }) {
		if p[0] == nil || p[1] == nil || p[0].Band != p[1].Band || p[0].Outcome != p[1].Outcome {
			out = append(out, ScenarioChange{cmp.Or(p[1], p[0]).ID, p[0], p[1]})
		}
	}
	return out
}

func conditionChanges(from, to *landwaiter.Assessment) []ConditionChange {
	out := []ConditionChange{}
	for _, p := range pairs(from.Advice.Conditions, to.Advice.Conditions, func(c *landwaiter.Condition) string { return c.Code + " " + c.What }) {
		if c := changeBetween(p); c != "" {
			out = append(out, ConditionChange{c, protectionName(cmp.Or(p[1], p[0]).What, to, from), p[0], p[1]})
		}
	}
	return out
}

// protectionName is the plain name of a protection, empty where id names none.
func protectionName(id string, all ...*landwaiter.Assessment) string {
	for _, a := range all {
		for i := range a.Protections {
			if p := &a.Protections[i]; p.ID == id && id != "" {
				return p.Name
			}
		}
	}
	return ""
}

func protectionChanges(from, to *landwaiter.Assessment) []ProtectionChange {
	out := []ProtectionChange{}
	for _, p := range pairs(from.Protections, to.Protections, func(p *landwaiter.Protection) string { return p.ID }) {
		c := changeBetween(p)
		if c == Moved {
			switch {
			case p[0].Credited && !p[1].Credited:
				c = Lost
			case !p[0].Credited && p[1].Credited:
				c = Credited
			case p[0].Test != nil && p[1].Test != nil && p[1].Test.Date.After(p[0].Test.Date):
				c = Retested
			}
		}
		if c == "" {
			continue
		}
		is := cmp.Or(p[1], p[0])
		out = append(out, ProtectionChange{is.ID, is.Name, c, is.Refused, p[0], p[1]})
	}
	return out
}

func sourceChanges(from, to *landwaiter.Assessment) []SourceChange {
	out := []SourceChange{}
	for _, p := range pairs(from.Sources, to.Sources, func(s *landwaiter.Source) string { return s.Name }) {
		c := SourceChange{Change: changeBetween(p), FromAge: -1, ToAge: -1}
		if p[0] != nil {
			c.Name, c.FromDate, c.FromAge = p[0].Name, p[0].Date, p[0].AgeDays
		}
		if p[1] != nil {
			c.Name, c.ToDate, c.ToAge = p[1].Name, p[1].Date, p[1].AgeDays
		}
		if c.Change == Moved {
			switch {
			case !p[0].Stale && p[1].Stale:
				c.Change = Stale
			case p[0].Stale && !p[1].Stale:
				c.Change = Fresh
			case c.ToDate.After(c.FromDate):
				c.Change = Newer
			case c.ToDate.Before(c.FromDate):
				c.Change = Older
			case p[0].SHA256 == p[1].SHA256:
				continue // only its age
			}
		}
		if c.Change != "" {
			out = append(out, c)
		}
	}
	return out
}

// onlyGaps are those of a that b lacks.
func onlyGaps(a, b *landwaiter.Assessment) []landwaiter.Gap {
	out := []landwaiter.Gap{}
	for i := range a.Gaps {
		if !slices.Contains(b.Gaps, a.Gaps[i]) {
			out = append(out, a.Gaps[i])
		}
	}
	slices.SortStableFunc(out, func(x, y landwaiter.Gap) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Reason, y.Reason))
	})
	return out
}
