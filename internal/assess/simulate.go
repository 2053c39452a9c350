package assess

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/judge"
)

// Patched says what would be left of a's weaknesses if all software with a released fix
// were updated to it, and what the advice would be then. known says which fixes only
// other releases have; it may be nil, and then nobody looked.
//
// It fails with [landwaiter.ErrStale] where the method at hand does not give a's advice.
func Patched(a *landwaiter.Assessment, method judge.Method, known *advisory.File) (*landwaiter.Simulation, error) {
	in := judge.InputOf(a)
	before, _ := judge.Judge(method, in)
	if before.Outcome != a.Advice.Outcome || before.Method != a.Advice.Method {
		return nil, fmt.Errorf("simulating %s: it was judged by another method or version of the tool; judge it again first, with --advisories and --protections: %w", a.Subject.Reference, landwaiter.ErrStale)
	}
	s := &landwaiter.Simulation{
		Schema: landwaiter.SimulationSchema, Tool: a.Tool, At: a.At, Reference: a.Subject.Reference, Fingerprint: a.Subject.Fingerprint(),
		Before: a.Advice, Used: []landwaiter.SimulatedFinding{}, By: []landwaiter.SimulationCount{}, OtherKnown: known != nil, Looked: a.Advisories != nil,
	}
	names := make(map[string]string, len(a.Packages)) // what records call a package
	for i := range a.Packages {
		names[a.Packages[i].ID] = cmp.Or(a.Packages[i].SourceName, a.Packages[i].Name)
	}
	var left []landwaiter.Finding
	by := map[landwaiter.SimulationCount]*landwaiter.SimulationCount{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Kind == landwaiter.KindPendingUpdate {
			s.Pending++
			continue // the update is there
		}
		if !slices.Contains(patchable, f.Kind) {
			left = append(left, *f)
			continue
		}
		other := false
		if f.Fixed == "" {
			left = append(left, *f)
			var err error
			if other, err = fixedElsewhere(known, f, names); err != nil {
				return nil, fmt.Errorf("simulating %s: %w", a.Subject.Reference, err)
			}
		}
		tally(s, by, f, other)
	}
	in.Findings = left
	s.After, _ = judge.Judge(method, in)
	for _, n := range by {
		s.By = append(s.By, *n)
	}
	kinds := landwaiter.Kinds()
	slices.SortFunc(s.By, func(a, b landwaiter.SimulationCount) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)))
	})
	slices.SortStableFunc(s.Used, func(a, b landwaiter.SimulatedFinding) int {
		return cmp.Or(cmp.Compare(min(len(a.Fixed), 1), min(len(b.Fixed), 1)), cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.ID, b.ID))
	})
	return s, nil
}

// patchable are the kinds that each stand for one known weakness that is there.
var patchable = []landwaiter.Kind{
	landwaiter.KindExploited, landwaiter.KindWeakness, landwaiter.KindWeaknessNoFix, landwaiter.KindChangesResults,
}

// tally counts one weakness.
func tally(s *landwaiter.Simulation, by map[landwaiter.SimulationCount]*landwaiter.SimulationCount, f *landwaiter.Finding, other bool) {
	key := landwaiter.SimulationCount{Kind: f.Kind}
	if len(f.Advisories) > 0 {
		key.Source = f.Advisories[0].Source
	}
	if by[key] == nil {
		n := key
		by[key] = &n
	}
	for _, n := range []*landwaiter.SimulationCount{&s.All, by[key]} {
		n.Before++
		switch {
		case f.Fixed != "":
			n.Fixed++
		case other:
			n.Other++
			n.After++
		default:
			n.After++
		}
	}
	if f.Fixed != "" && f.Conflict {
		s.Disagree++
	}
	if f.Fixed != "" && f.Kind == landwaiter.KindChangesResults {
		s.Results++
	}
	if f.Exploited != nil || f.Kind == landwaiter.KindExploited {
		s.Used = append(s.Used, landwaiter.SimulatedFinding{ID: f.ID, Reference: f.Reference, Packages: f.Packages, Fixed: f.Fixed})
	}
}

// fixedElsewhere reports whether a record about f names a fix for the same software in
// any release: as none is named for this one, it is another.
func fixedElsewhere(known *advisory.File, f *landwaiter.Finding, names map[string]string) (bool, error) {
	if known == nil {
		return false, nil
	}
	for i := range f.Advisories {
		raw, err := known.Record(f.Advisories[i].ID)
		if errors.Is(err, landwaiter.ErrNotFound) {
			continue // its record came from elsewhere
		} else if err != nil {
			return false, err
		}
		var record struct {
			Affected []struct {
				Package struct {
					Name string `json:"name"`
				} `json:"package"`
				Ranges []struct {
					Events []map[string]any `json:"events"`
				} `json:"ranges"`
			} `json:"affected"`
		}
		if err := json.Unmarshal(raw, &record); err != nil {
			continue // it says nothing that can be read here; the fix then counts as not there
		}
		for _, at := range record.Affected {
			if !slices.ContainsFunc(f.Packages, func(id string) bool { return names[id] == at.Package.Name }) {
				continue
			}
			for _, r := range at.Ranges {
				if slices.ContainsFunc(r.Events, func(e map[string]any) bool { v, ok := e["fixed"].(string); return ok && v != "" && v != "0" }) {
					return true, nil
				}
			}
		}
	}
	return false, nil
}
