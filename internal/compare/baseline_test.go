package compare

import (
	"errors"
	"slices"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// spoken makes every package of a one that the list "Debian" speaks of.
func spoken(a *landwaiter.Assessment) *landwaiter.Assessment {
	a.System = &landwaiter.System{ID: "debian", VersionID: "12"}
	for i := range a.Packages {
		a.Packages[i].Known = landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: []string{"Debian"}}
	}
	return a
}

func TestBaseline(t *testing.T) {
	base := func() *landwaiter.Assessment {
		return spoken(assessment("l1 l2", "a@1 b@1", "CVE-1 a@1", "CVE-2 b@1 2"))
	}
	same := func() *landwaiter.Assessment {
		return spoken(assessment("l1 l2 l3", "a@1 b@1", "CVE-1 a@1", "CVE-2 b@1 2"))
	}
	for _, c := range []struct {
		name         string
		change       func(base, subject *landwaiter.Assessment)
		verdict, why string
		comparable   bool
		here, added  int
	}{
		{"the same", func(_, _ *landwaiter.Assessment) {}, "no-worse", "", true, 2, 0},
		{"one more, above the base", func(_, s *landwaiter.Assessment) {
			*s = *spoken(assessment("l1 l2 l3", "a@1 b@1 c@1", "CVE-1 a@1", "CVE-2 b@1 2", "CVE-3 c@1"))
			s.Packages[2].Layer = 2
		}, "worse", "", true, 3, 1},
		{"fewer, but one is in use", func(_, s *landwaiter.Assessment) {
			s.Findings = s.Findings[:1]
			s.Findings[0].Kind = landwaiter.KindExploited
		}, "worse", "", true, 1, 0},
		{"another system", func(_, s *landwaiter.Assessment) { s.System.VersionID = "13" }, "unknown", landwaiter.BaselineSystem, false, 2, 0},
		{"no system", func(_, s *landwaiter.Assessment) { s.System = nil }, "unknown", landwaiter.BaselineSystem, false, 2, 0},
		{"no lists", func(b, s *landwaiter.Assessment) { b.Advisories, s.Advisories = nil, nil }, "unknown", landwaiter.BaselineLists, false, 2, 0},
		{"another list of the same sort", func(_, s *landwaiter.Assessment) { s.Packages[0].Known.Sources = []string{"Other"} }, "unknown", landwaiter.BaselineSources, false, 2, 0},
		{"no more weaknesses, but more without a list", func(_, s *landwaiter.Assessment) {
			s.Packages = append(s.Packages, landwaiter.Package{ID: "x", Ecosystem: "conda", Known: landwaiter.Answer{State: landwaiter.AnswerNotAssessed}})
		}, "unknown", landwaiter.BaselineUncovered, true, 2, 0},
		{"more that nobody read", func(_, s *landwaiter.Assessment) {
			s.Gaps = append(s.Gaps, landwaiter.Gap{Code: true})
		}, "unknown", landwaiter.BaselineUnread, true, 2, 0},
		{"another sort of software", func(_, s *landwaiter.Assessment) {
			s.Packages = append(s.Packages, landwaiter.Package{ID: "x", Ecosystem: "python", Known: landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: []string{"PyPI"}}})
		}, "no-worse", "", true, 2, 0},
	} {
		b, s := base(), same()
		c.change(b, s)
		got, err := Baseline(b, s)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != c.verdict || got.VerdictWhy != c.why || got.Comparable != c.comparable || got.All.Here != c.here || got.All.Added != c.added || got.All.Baseline != 2 || !got.BuiltOn {
			t.Errorf("%s: %+v", c.name, got)
		}
		if only := slices.Contains(got.OnlyHere, "PyPI"); only != (c.name == "another sort of software") {
			t.Errorf("%s: only here %q", c.name, got.OnlyHere)
		}
	}
	other := same()
	other.Subject.Layers[0].DiffID = "x"
	if got, err := Baseline(base(), other); err != nil || got.BuiltOn || got.All.Added != 0 {
		t.Errorf("not built on it: %+v, %v", got, err)
	}
	later := same()
	later.At = later.At.AddDate(0, 0, 1)
	if _, err := Baseline(base(), later); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("on another day: %v", err)
	}
}
