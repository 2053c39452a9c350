package compare

import (
	"maps"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// weaknessKinds are the kinds that each stand for one known weakness that is there.
var weaknessKinds = []landwaiter.Kind{
	landwaiter.KindExploited, landwaiter.KindWeakness, landwaiter.KindWeaknessNoFix, landwaiter.KindChangesResults,
}

// Baseline holds the subject against a base. As with [Assessments], both must have been
// assessed in the same way, else it fails with landwaiter.ErrInvalid.
//
// Numbers of two systems are never compared: one system's list holds weaknesses
// without a fix, and another's does not.
func Baseline(base, subject *landwaiter.Assessment) (*landwaiter.Baseline, error) {
	if err := alike(base, subject); err != nil {
		return nil, err
	}
	l := layers(base, subject)
	b := &landwaiter.Baseline{
		Name: base.Subject.Reference, Fingerprint: base.Subject.Fingerprint(), System: side(base).System,
		Layers: l.Shared, BuiltOn: l.Relation == BuiltOn || l.Relation == SameLayers,
		Kinds: []landwaiter.BaselineCount{}, Verdict: landwaiter.WorseUnknown,
	}
	countKinds(b, base, subject)
	was, is := speakers(base), speakers(subject)
	b.OnlyHere, b.OnlyBaseline = only(is, was), only(was, is)
	b.Why, b.About = incomparable(base, subject, was, is)
	b.Comparable = b.Why == ""
	used := b.Kinds[0]
	switch {
	case !b.Comparable:
		b.VerdictWhy = b.Why
	case b.All.Here > b.All.Baseline || used.Here > used.Baseline:
		b.Verdict = landwaiter.Worse
	case b.Uncovered.Here > b.Uncovered.Baseline:
		b.VerdictWhy = landwaiter.BaselineUncovered
	case unreadCode(subject) > unreadCode(base):
		b.VerdictWhy = landwaiter.BaselineUnread
	default:
		b.Verdict = landwaiter.NoWorse
	}
	return b, nil
}

// countKinds counts weaknesses of each kind, in all, and packages without a list.
func countKinds(b *landwaiter.Baseline, base, subject *landwaiter.Assessment) {
	above := map[string]bool{} // packages that arrived above the base
	for i := range subject.Packages {
		p := &subject.Packages[i]
		above[p.ID] = b.BuiltOn && p.Layer >= b.Layers
		if p.Known.State == landwaiter.AnswerNotAssessed && !p.Declared {
			b.Uncovered.Here++
			if above[p.ID] {
				b.Uncovered.Added++
			}
		}
	}
	for i := range base.Packages {
		if p := &base.Packages[i]; p.Known.State == landwaiter.AnswerNotAssessed && !p.Declared {
			b.Uncovered.Baseline++
		}
	}
	for _, kind := range weaknessKinds {
		n := landwaiter.BaselineCount{Kind: kind}
		for i := range base.Findings {
			if base.Findings[i].Kind == kind {
				n.Baseline++
			}
		}
		for i := range subject.Findings {
			f := &subject.Findings[i]
			if f.Kind != kind {
				continue
			}
			n.Here++
			if slices.ContainsFunc(f.Packages, func(id string) bool { return above[id] }) {
				n.Added++
			}
		}
		b.Kinds = append(b.Kinds, n)
		b.All.Baseline, b.All.Here, b.All.Added = b.All.Baseline+n.Baseline, b.All.Here+n.Here, b.All.Added+n.Added
	}
}

// speakers are the lists that speak of packages, by the sort of software.
func speakers(a *landwaiter.Assessment) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for i := range a.Packages {
		p := &a.Packages[i]
		if p.OwnedBy != "" {
			continue // the system's list speaks of it
		}
		for _, s := range p.Known.Sources {
			if out[p.Ecosystem] == nil {
				out[p.Ecosystem] = map[string]bool{}
			}
			out[p.Ecosystem][s] = true
		}
	}
	return out
}

// only are the lists in a that are nowhere in b.
func only(a, b map[string]map[string]bool) (out []string) {
	for _, list := range a {
		for s := range list {
			elsewhere := false
			for _, l := range b {
				elsewhere = elsewhere || l[s]
			}
			if !elsewhere && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}

// incomparable says why numbers say nothing about each other, and what it is about.
func incomparable(base, subject *landwaiter.Assessment, was, is map[string]map[string]bool) (why string, about []string) {
	if subject.Advisories == nil {
		return landwaiter.BaselineLists, nil
	}
	if a, b := side(base).System, side(subject).System; a != b {
		for _, s := range []string{a, b} {
			if s != "" {
				about = append(about, s)
			}
		}
		return landwaiter.BaselineSystem, about
	}
	for _, ecosystem := range slices.Sorted(maps.Keys(is)) {
		if was[ecosystem] != nil && !maps.Equal(was[ecosystem], is[ecosystem]) {
			about = append(about, ecosystem)
		}
	}
	if len(about) > 0 {
		return landwaiter.BaselineSources, about
	}
	return "", nil
}

// unreadCode counts the files and places in which code may be and that nobody read.
func unreadCode(a *landwaiter.Assessment) int64 {
	n := a.Account.Unread.Files
	for i := range a.Gaps {
		if a.Gaps[i].Code {
			n++
		}
	}
	return n
}
