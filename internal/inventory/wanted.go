package inventory

import (
	"slices"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// wanted is a file that somebody reads whole.
type wanted struct {
	names  []string
	rows   [][]int // for each name
	system bool
	keep   keeper
}

// wanted says who wants the file that has these names; nil for nobody.
func (s *scanner) wanted(names []string, program bool, size int64) *wanted {
	w := &wanted{names: names}
	w.keep.max = limitio.MaxMetadata
	onlySigned, any := true, false
	for _, name := range names {
		if slices.Contains(osReleasePaths, name) {
			w.system, onlySigned, any = true, false, true
		}
		s.rows = s.m.rows(s.rows[:0], name, program)
		if size > limitio.MaxInMemory {
			s.rows = slices.DeleteFunc(s.rows, func(r int) bool {
				large := s.m.table[r].want.large
				return large != nil && !large(name)
			})
		}
		w.rows = append(w.rows, slices.Clone(s.rows))
		for _, r := range s.rows {
			e := &s.m.table[r]
			any = true
			onlySigned = onlySigned && len(e.want.signs) > 0
			w.keep.max = max(w.keep.max, e.maxBytes())
			if e.want.passing != nil && size > limitio.MaxInMemory {
				w.keep.pass = append(w.keep.pass, passing{r, e.want.passing()})
				continue // its signs need not be looked for
			}
			w.keep.signs = append(w.keep.signs, e.want.signs...)
		}
	}
	if !any {
		return nil
	}
	// In the first pass a large program is only searched for signs.
	w.keep.search = onlySigned && s.rename == nil && s.nest.top()
	s.room(w, size)
	return w
}

// room gives w a buffer. One serves all files of the layer; it is as large as the
// largest of them that memory may hold.
func (s *scanner) room(w *wanted, size int64) {
	w.keep.large = size > limitio.MaxInMemory
	if w.keep.large && w.keep.search {
		w.keep.dropped = true // it is searched as it passes
		return
	}
	if n := min(size, w.keep.room(), w.keep.max); int64(cap(s.mem)) < n {
		s.mem = make([]byte, 0, min(n+n/4, limitio.MaxInMemory))
	}
	w.keep.mem = s.mem[:0]
}

func (e *ecosystem) maxBytes() int64 {
	if e.want.maxBytes > 0 {
		return e.want.maxBytes
	}
	return limitio.MaxWanted
}
