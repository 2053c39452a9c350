package advisory

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// findings makes the findings of all groups, in the order of reports.
func (m *matcher) findings() []landwaiter.Finding {
	groups := make([]*group, 0, len(m.groups))
	for _, key := range slices.Sorted(maps.Keys(m.groups)) {
		groups = append(groups, m.groups[key])
	}
	lists := m.sideBySide(groups)
	var all, headers []*landwaiter.Finding
	for i, g := range groups {
		if g.target.headers {
			headers = append(headers, lists[i]...)
			continue
		}
		all = append(all, lists[i]...)
	}
	sortFindings(headers)
	if len(headers) > 0 {
		all = append(all, headersFinding(headers))
	}
	sortFindings(all)
	out := make([]landwaiter.Finding, len(all))
	for i, f := range all {
		out[i] = *f
	}
	return out
}

// sideBySide makes the findings of each group, on all processors.
func (m *matcher) sideBySide(groups []*group) [][]*landwaiter.Finding {
	lists := make([][]*landwaiter.Finding, len(groups))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(groups)) {
		wg.Go(func() {
			own := *m // but for the versions it has read, a matcher only reads here
			own.versions = map[string]map[string]*version.Version{}
			for i := next.Add(1) - 1; i < int64(len(groups)); i = next.Add(1) - 1 {
				lists[i] = own.groupFindings(groups[i])
			}
		})
	}
	wg.Wait()
	return lists
}

// sortFindings sorts pointers: findings are large.
func sortFindings(list []*landwaiter.Finding) {
	// What is compared is read once: findings are too large to be read for each
	// comparison.
	type key struct {
		finding          *landwaiter.Finding
		kind             int
		exploited, fixed bool
		probability      float64
	}
	order := landwaiter.Kinds()
	keys := make([]key, len(list))
	for i, f := range list {
		keys[i] = key{f, slices.Index(order, f.Kind), f.Exploited != nil, f.Fixed != "", probability(f)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(
			cmp.Compare(a.kind, b.kind),
			-compareBool(a.exploited, b.exploited),
			-cmp.Compare(a.probability, b.probability),
			-compareBool(a.fixed, b.fixed),
			cmp.Compare(a.finding.ID, b.finding.ID),
		)
	})
	for i := range keys {
		list[i] = keys[i].finding
	}
}

func probability(f *landwaiter.Finding) float64 {
	if f.EPSS == nil {
		return -1
	}
	return f.EPSS.Probability
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
