package content

// search finds the anchors of all rules at once, reading as few bytes as it can: where
// the last two of four bytes are in no anchor's first four, it goes on by three.
//
// Source: S. Wu and U. Manber, A fast algorithm for multi-pattern searching, 1994.
type search struct {
	shift  [1 << 16]uint8  // how far to go on, by the last two bytes
	bucket [1 << 16]uint16 // where shift is 0: index in anchors, from 1
	lists  [][]anchor
}

type anchor struct {
	text string
	rule int
}

// minAnchor is how many bytes an anchor has at least.
const minAnchor = 4

func newSearch(rules []rule) *search {
	s := &search{lists: [][]anchor{nil}}
	for i := range s.shift {
		s.shift[i] = minAnchor - 1
	}
	for i := range rules {
		for _, text := range rules[i].anchors {
			for k := 1; k < minAnchor; k++ {
				b := block(text[k-1], text[k])
				s.shift[b] = min(s.shift[b], uint8(minAnchor-1-k))
			}
			b := block(text[minAnchor-2], text[minAnchor-1])
			if s.bucket[b] == 0 {
				s.bucket[b] = uint16(len(s.lists)) //nolint:gosec // some hundred
				s.lists = append(s.lists, nil)
			}
			s.lists[s.bucket[b]] = append(s.lists[s.bucket[b]], anchor{text, i})
		}
	}
	return s
}

func block(a, b byte) uint16 { return uint16(a) | uint16(b)<<8 }

// find calls found for each anchor of buf that begins in [from, to).
func (s *search) find(buf []byte, from, to int, found func(at, rule int)) {
	last := min(len(buf), to+minAnchor-1)
	for i := from + minAnchor - 1; i < last; {
		b := block(buf[i-1], buf[i])
		if n := s.shift[b]; n > 0 {
			i += int(n)
			continue
		}
		at := i - (minAnchor - 1)
		list := s.lists[s.bucket[b]]
		for k := range list {
			a := list[k].text
			if buf[at] == a[0] && len(buf)-at >= len(a) && string(buf[at:at+len(a)]) == a {
				found(at, list[k].rule)
			}
		}
		i++
	}
}
