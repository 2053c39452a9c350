package compare

import (
	"cmp"
	"maps"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/judge"
)

// collect lists what differs and bears on advice, in a fixed order.
func (q *inquiry) collect() {
	q.protections()
	q.findings()
	q.sources()
	from, to := q.from, q.to
	add := func(code string, differs bool, back func(*trial)) {
		if differs {
			q.parts = append(q.parts, part{Cause: Cause{Code: code}, back: back})
		}
	}
	add(CauseLists, q.listsDiffer(), q.putLists)
	add(CauseAccount, !same(from.Account, to.Account), func(t *trial) { t.in.Account = from.Account })
	add(CauseGaps, !slices.Equal(from.Gaps, to.Gaps), func(t *trial) { t.in.Gaps = from.Gaps })
	settings := func(s *landwaiter.Subject) string { return string(s.Kind) + " " + s.Config.User }
	add(CauseSettings, settings(&from.Subject) != settings(&to.Subject) || !same(from.System, to.System), func(t *trial) { t.in.Subject, t.in.System = from.Subject, from.System })
	add(CauseMethod, from.Advice.Method != to.Advice.Method, func(t *trial) { t.method = q.was })
}

// protections lists those that count otherwise than they did, on whatever day.
func (q *inquiry) protections() {
	for _, p := range pairs(q.from.Protections, q.to.Protections, func(p *landwaiter.Protection) string { return p.ID }) {
		was, is := p[0], p[1]
		credited := func(p *landwaiter.Protection) bool { return p != nil && p.Credited }
		c := Cause{Code: CauseProtection}
		switch a, b := credited(was), credited(is); {
		case a && !b:
			c.Code = CauseProtectionLost
		case !a && b:
			c.Code = CauseProtectionGained
		case !a && !b, slices.Equal(was.Closes, is.Closes) && was.Cause == is.Cause:
			continue
		}
		one := cmp.Or(is, was)
		c.Subject, c.Name = one.ID, one.Name
		if is != nil {
			c.Why = is.Refused
		}
		q.parts = append(q.parts, part{Cause: c, back: func(t *trial) {
			list := slices.DeleteFunc(slices.Clone(t.in.Protections), func(p landwaiter.Protection) bool { return p.ID == c.Subject })
			if was != nil {
				list = append(list, judge.Frozen(was, t.in.Now))
			}
			t.in.Protections = list
		}})
	}
}

// findings groups those that differ by how, and by kind.
func (q *inquiry) findings() {
	type group struct {
		code string
		kind landwaiter.Kind
	}
	groups := map[group]map[string]bool{}
	keys := maps.Clone(q.now)
	maps.Copy(keys, q.before)
	for key := range keys {
		was, is := q.before[key], q.now[key]
		var g group
		switch {
		case len(was) == 0:
			g = group{CauseFindingNew, is[0].Kind}
		case len(is) == 0:
			g = group{CauseFindingGone, was[0].Kind}
		case slices.EqualFunc(was, is, alikeFindings):
			continue
		case is[0].Kind == landwaiter.KindExploited && was[0].Kind != landwaiter.KindExploited:
			g = group{CauseFindingUsed, is[0].Kind}
		default:
			g = group{CauseFindingChanged, is[0].Kind}
		}
		if groups[g] == nil {
			groups[g] = map[string]bool{}
		}
		groups[g][key] = true
	}
	order := func(g group) int {
		return slices.Index(CauseCodes(), g.code)*100 + slices.Index(landwaiter.Kinds(), g.kind)
	}
	for _, g := range slices.SortedFunc(maps.Keys(groups), func(a, b group) int { return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.kind, b.kind)) }) {
		q.parts = append(q.parts, part{
			Cause: Cause{Code: g.code, Subject: string(g.kind), N: len(groups[g]), Examples: q.label(slices.Sorted(maps.Keys(groups[g])))},
			keys:  groups[g],
		})
	}
}

// alikeFindings reports whether two findings are the same to a judge, whatever the
// versions of their packages, and however many records speak of them.
func alikeFindings(a, b *landwaiter.Finding) bool {
	bare := func(f *landwaiter.Finding) landwaiter.Finding {
		c := *f
		c.ID, c.Packages, c.Fixed, c.Advisories, c.EPSS, c.Conflict, c.Files, c.Detail, c.CrossCheck = "", nil, "", nil, nil, false, nil, "", nil
		if c.Exploited != nil {
			c.Exploited = &landwaiter.Exploited{}
		}
		if c.Vector != nil {
			c.Vector = &landwaiter.Severity{Type: c.Vector.Type, Value: c.Vector.Value}
		}
		return c
	}
	return same(bare(a), bare(b))
}

// label names findings for people, at most three.
func (q *inquiry) label(keys []string) (out []string) {
	for _, key := range keys[:min(len(keys), 3)] {
		list := q.now[key]
		if len(list) == 0 {
			list = q.before[key]
		}
		out = append(out, cmp.Or(list[0].Reference, list[0].ID))
	}
	return out
}

// sources lists those that are too old on one side only, or there on one side only.
func (q *inquiry) sources() {
	for _, p := range pairs(q.from.Sources, q.to.Sources, func(s *landwaiter.Source) string { return s.Name }) {
		was, is := p[0], p[1]
		stale := func(s *landwaiter.Source) bool { return s != nil && s.Stale && s.Used }
		if stale(was) == stale(is) {
			continue
		}
		c := Cause{Code: CauseSourceFresh, Subject: cmp.Or(is, was).Name}
		if stale(is) {
			c.Code, c.N = CauseSourceStale, is.AgeDays
		}
		q.parts = append(q.parts, part{Cause: c, back: func(t *trial) {
			list := slices.DeleteFunc(slices.Clone(t.in.Sources), func(s landwaiter.Source) bool { return s.Name == c.Subject })
			if was != nil {
				s := *was
				if s.Date = t.in.Now; s.Stale { // as old as it was then, whatever day it is
					s.Date = was.Date
				}
				list = append(list, s)
			}
			t.in.Sources = list
		}})
	}
}

// listsDiffer reports whether packages, or what lists say about them, differ.
func (q *inquiry) listsDiffer() bool {
	if (q.from.Advisories == nil) != (q.to.Advisories == nil) {
		return true
	}
	known := func(a *landwaiter.Assessment) map[string]landwaiter.AnswerState {
		out := map[string]landwaiter.AnswerState{}
		for i := range a.Packages {
			if out[a.Packages[i].ID] = a.Packages[i].Known.State; out[a.Packages[i].ID] == landwaiter.AnswerFindings {
				out[a.Packages[i].ID] = landwaiter.AnswerNoneKnown // covered or not: findings stand by themselves
			}
		}
		return out
	}
	return !maps.Equal(known(q.from), known(q.to))
}

// putLists puts the packages back, and what lists say about them. Packages that
// findings name stay, so that the wall of the box stays known.
func (q *inquiry) putLists(t *trial) {
	t.in.HaveAdvisories = q.from.Advisories != nil
	named := map[string]bool{}
	for i := range t.in.Findings {
		for _, id := range t.in.Findings[i].Packages {
			named[id] = true
		}
	}
	out := slices.Clone(q.from.Packages)
	for i := range q.from.Packages {
		delete(named, q.from.Packages[i].ID)
	}
	for i := range q.to.Packages {
		if named[q.to.Packages[i].ID] {
			out = append(out, q.to.Packages[i])
		}
	}
	t.in.Packages = out
}
