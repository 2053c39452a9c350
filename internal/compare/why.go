package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/judge"
)

// Methods answers with the method that an assessment names, where it is at hand.
type Methods func(landwaiter.Method) (judge.Method, bool)

// Why says what changed the advice. It was found by judging: what differs was put back
// to what it was, one thing at a time.
type Why struct {
	// Causes are, for each, enough to change the advice back; or, where Together is
	// true, only all of them at once. Empty where the advice is the same.
	Causes   []Cause `json:"causes"`
	Together bool    `json:"together,omitempty"`
	// Unknown says why no cause can be named: "method" where a method is not at hand,
	// "tool" where this program judges one of the two otherwise than was written.
	Unknown string `json:"unknown,omitempty"`
}

// Cause is one thing that differs.
type Cause struct {
	// Code is one of the Cause… codes.
	Code string `json:"code"`
	// Subject is the ID of a protection, the name of a source, or a kind of finding.
	Subject string `json:"subject,omitempty"`
	Name    string `json:"name,omitempty"` // of a protection
	Why     string `json:"why,omitempty"`  // why a protection does not count
	N       int    `json:"n,omitempty"`    // how many findings, or a source's age in days
	// Examples are the reference numbers of findings, or their IDs, at most three.
	Examples []string `json:"examples,omitempty"`
}

// The codes of causes. Each has a sentence in the words.
const (
	CauseProtectionLost   = "protection-lost"   // it counts no more
	CauseProtectionGained = "protection-gained" // it counts now
	CauseProtection       = "protection"        // it closes other doors
	CauseFindingNew       = "finding-new"       // N findings of the kind that were not there
	CauseFindingGone      = "finding-gone"
	CauseFindingUsed      = "finding-used" // attackers use it now
	CauseFindingChanged   = "finding-changed"
	CauseSourceStale      = "source-stale"
	CauseSourceFresh      = "source-fresh"
	CauseLists            = "lists" // other packages have a list that covers them
	CauseAccount          = "account"
	CauseGaps             = "gaps"
	CauseSettings         = "settings" // the user that it runs as, what sort of thing it is
	CauseMethod           = "method"
)

// CauseCodes lists every code.
func CauseCodes() []string {
	return []string{
		CauseProtectionLost, CauseProtectionGained, CauseProtection, CauseFindingNew, CauseFindingGone, CauseFindingUsed, CauseFindingChanged,
		CauseSourceStale, CauseSourceFresh, CauseLists, CauseAccount, CauseGaps, CauseSettings, CauseMethod,
	}
}

// part is one thing that differs and that can be put back.
type part struct {
	Cause
	keys map[string]bool // of findings
	back func(*trial)    // puts it back; nil for findings
}

// trial is the later input under way back.
type trial struct {
	method judge.Method
	in     judge.Input
}

// inquiry is the search for what changed the advice.
type inquiry struct {
	from, to    *landwaiter.Assessment
	was, is     judge.Method
	before, now map[string][]*landwaiter.Finding // by key
	parts       []part
}

// explain finds what changed the advice.
func explain(from, to *landwaiter.Assessment, methods Methods) Why {
	out := Why{Causes: []Cause{}}
	if from.Advice.Outcome == to.Advice.Outcome {
		return out
	}
	q := &inquiry{from: from, to: to, before: byKey(from), now: byKey(to)}
	var okWas, okIs bool
	if methods != nil {
		q.was, okWas = methods(from.Advice.Method)
		q.is, okIs = methods(to.Advice.Method)
	}
	if !okWas || !okIs {
		out.Unknown = "method"
		return out
	}
	old, _ := judge.Judge(q.was, judge.InputOf(from))
	recent, _ := judge.Judge(q.is, judge.InputOf(to))
	if old.Outcome != from.Advice.Outcome || recent.Outcome != to.Advice.Outcome {
		out.Unknown = "tool"
		return out
	}
	q.collect()
	put := make([]bool, len(q.parts))
	for i := range q.parts {
		put[i] = true
		if q.outcome(put) == from.Advice.Outcome {
			out.Causes = append(out.Causes, q.narrow(i))
		}
		put[i] = false
	}
	if len(out.Causes) > 0 {
		return out
	}
	for i := range put {
		put[i] = true
	}
	if q.outcome(put) != from.Advice.Outcome {
		out.Unknown = "tool"
		return out
	}
	out.Together = true
	for i := range put { // leave out what is not needed
		put[i] = false
		if q.outcome(put) != from.Advice.Outcome {
			put[i] = true
			out.Causes = append(out.Causes, q.parts[i].Cause)
		}
	}
	return out
}

// outcome is the advice with the parts that are put back.
func (q *inquiry) outcome(put []bool) landwaiter.Outcome {
	t := trial{q.is, judge.InputOf(q.to)}
	keys := map[string]bool{}
	for i, p := range put {
		if p {
			maps.Copy(keys, q.parts[i].keys)
		}
	}
	q.putFindings(&t, keys)
	for i, p := range put {
		if p && q.parts[i].back != nil {
			q.parts[i].back(&t)
		}
	}
	a, _ := judge.Judge(t.method, t.in)
	return a.Outcome
}

// narrow names the finding of part i that alone is enough, where there is one.
func (q *inquiry) narrow(i int) Cause {
	const most = 100
	p := q.parts[i]
	if len(p.keys) < 2 || len(p.keys) > most {
		return p.Cause
	}
	put := make([]bool, len(q.parts))
	put[i] = true
	all := p.keys
	defer func() { q.parts[i].keys = all }()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		q.parts[i].keys = map[string]bool{key: true}
		if q.outcome(put) == q.from.Advice.Outcome {
			p.N, p.Examples = 1, q.label([]string{key})
			break
		}
	}
	return p.Cause
}

// putFindings puts the findings with these keys back to what they were. Where their
// packages are of another version now, they are held to be in those.
func (q *inquiry) putFindings(t *trial, keys map[string]bool) {
	if len(keys) == 0 {
		return
	}
	ids := map[string]bool{}
	names := map[string]string{}
	for i := range q.to.Packages {
		p := &q.to.Packages[i]
		ids[p.ID], names[p.Ecosystem+":"+p.Name] = true, p.ID
	}
	of := map[string]*landwaiter.Package{}
	for i := range q.from.Packages {
		of[q.from.Packages[i].ID] = &q.from.Packages[i]
	}
	out := []landwaiter.Finding{}
	for key, list := range q.now {
		if !keys[key] {
			for _, f := range list {
				out = append(out, *f)
			}
		}
	}
	for key := range keys {
		for _, f := range q.before[key] {
			c := *f
			c.Packages = slices.Clone(f.Packages)
			for i, id := range c.Packages {
				if p := of[id]; !ids[id] && p != nil && names[p.Ecosystem+":"+p.Name] != "" {
					c.Packages[i] = names[p.Ecosystem+":"+p.Name]
				}
			}
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b landwaiter.Finding) int { return strings.Compare(a.ID, b.ID) })
	t.in.Findings = out
}

// byKey are the findings of a by what names them without versions.
func byKey(a *landwaiter.Assessment) map[string][]*landwaiter.Finding {
	byID := make(map[string]*landwaiter.Package, len(a.Packages))
	for i := range a.Packages {
		byID[a.Packages[i].ID] = &a.Packages[i]
	}
	out := map[string][]*landwaiter.Finding{}
	for i := range a.Findings {
		key := keyOf(&a.Findings[i], byID)
		out[key] = append(out[key], &a.Findings[i])
	}
	return out
}
