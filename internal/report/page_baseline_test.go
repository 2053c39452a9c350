package report

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// held is an assessment's baseline with which it can be compared.
func held() *landwaiter.Baseline {
	return &landwaiter.Baseline{
		Name: "registry.example/desktop:2026-10", System: "debian 12", Comparable: true, BuiltOn: true, Layers: 1,
		All: landwaiter.BaselineCount{Baseline: 1150, Here: 1204, Added: 54}, Kinds: []landwaiter.BaselineCount{
			{Kind: landwaiter.KindExploited, Baseline: 1, Here: 1}, {Kind: landwaiter.KindWeakness, Baseline: 1149, Here: 1203, Added: 54},
		},
		Uncovered: landwaiter.BaselineCount{Baseline: 3, Here: 4, Added: 1}, Verdict: landwaiter.Worse,
	}
}

// addBaselines adds an assessment for each state of a baseline.
func addBaselines(edit func(string, func() *landwaiter.Assessment, func(*landwaiter.Assessment))) {
	with := func(name string, from func() *landwaiter.Assessment, change func(*landwaiter.Baseline)) {
		edit("baseline-"+name, from, func(a *landwaiter.Assessment) {
			a.Baseline = held()
			change(a.Baseline)
		})
	}
	edit("baseline-crowded", conditions, func(a *landwaiter.Assessment) {
		crowd(a)
		a.Baseline = held()
	})
	with("worse", conditions, func(*landwaiter.Baseline) {})
	with("no-worse", base, func(b *landwaiter.Baseline) {
		b.Verdict, b.BuiltOn, b.All.Baseline, b.All.Here = landwaiter.NoWorse, false, 1, 1
	})
	for _, why := range append(landwaiter.BaselineWhys(), "\x1bodd") {
		with("unknown-"+why, conditions, func(b *landwaiter.Baseline) { b.Verdict, b.VerdictWhy = landwaiter.WorseUnknown, why })
		with("not-"+why, conditions, func(b *landwaiter.Baseline) {
			b.Comparable, b.Why, b.Verdict, b.VerdictWhy = false, why, landwaiter.WorseUnknown, why
			b.OnlyHere, b.OnlyBaseline = []string{"PyPI"}, []string{"Alpine", "\u202ex"}
			b.Kinds = append(b.Kinds, landwaiter.BaselineCount{Kind: "\x1bodd"})
		})
	}
}

// TestBaselineLine: the brief says the number, or that none can be given; never both.
func TestBaselineLine(t *testing.T) {
	a := base()
	out := func() string { return squash(string(writeTo(t, "text", a))) }
	if strings.Contains(out(), "baseline") {
		t.Error("a baseline that nobody gave")
	}
	a.Baseline = held()
	const number, not = "Your baseline has 1,150 known weaknesses today, counted in the same way. This has 1,204.", "Its numbers cannot be held against your baseline: the systems differ"
	if s := out(); !strings.Contains(s, number) || strings.Contains(s, not) || !strings.Contains(s, "This is worse") {
		t.Errorf("%s", s)
	}
	a.Baseline.Comparable, a.Baseline.Why = false, landwaiter.BaselineSystem
	if s := out(); strings.Contains(s, number) || !strings.Contains(s, not) {
		t.Errorf("%s", s)
	}
}
