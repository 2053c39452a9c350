package content

// search finds the anchors of all rules at once, reading as few bytes as it can. Of
// each anchor four bytes in a row are looked for, those that are rarest in texts: where
// the last two of four bytes of the text are in none of them, it goes on by three.
//
// Source: S. Wu and U. Manber, A fast algorithm for multi-pattern searching, 1994.
type search struct {
	shift  [1 << 16]uint8  // how far to go on, by the last two bytes
	bucket [1 << 16]uint16 // where shift is 0: index in lists, from 1
	lists  [][]anchor
	most   int // the largest off
}

type anchor struct {
	text string
	off  int // where its four bytes begin
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
			off := rarest(text)
			s.most = max(s.most, off)
			four := text[off : off+minAnchor]
			for k := 1; k < minAnchor; k++ {
				b := block(four[k-1], four[k])
				s.shift[b] = min(s.shift[b], uint8(minAnchor-1-k)) //nolint:gosec // at most 2
			}
			b := block(four[minAnchor-2], four[minAnchor-1])
			if s.bucket[b] == 0 {
				s.bucket[b] = uint16(len(s.lists)) //nolint:gosec // some hundred
				s.lists = append(s.lists, nil)
			}
			s.lists[s.bucket[b]] = append(s.lists[s.bucket[b]], anchor{text, off, i})
		}
	}
	return s
}

// rarest is where the four bytes of an anchor begin that texts hold least often. What
// the last two say counts most: there the search stops.
func rarest(text string) int {
	best, at := 1<<30, 0
	for i := 0; i+minAnchor <= len(text); i++ {
		sum := 8*often(text[i+2])*often(text[i+3]) + often(text[i+1])*often(text[i+2]) + often(text[i])*often(text[i+1])
		if sum < best {
			best, at = sum, i
		}
	}
	return at
}

// often is a guess of how common a byte is in texts and programs.
func often(c byte) int {
	switch {
	case c == 'e' || c == 't' || c == 'a' || c == 'o' || c == 'i' || c == 'n' || c == 's' || c == 'r' || c == ' ':
		return 12
	case c >= 'a' && c <= 'z':
		return 6
	case c >= 'A' && c <= 'Z', c == '_', c == '.', c == '-', c == '=', c == '/':
		return 3
	}
	return 2
}

func block(a, b byte) uint16 { return uint16(a) | uint16(b)<<8 }

// find calls found for each anchor of buf that begins in [from, to).
func (s *search) find(buf []byte, from, to int, found func(at, rule int)) {
	last := min(len(buf), to+s.most+minAnchor-1)
	for i := from + minAnchor - 1; i < last; {
		b := block(buf[i-1], buf[i])
		if n := s.shift[b]; n > 0 {
			i += int(n)
			continue
		}
		four := i - (minAnchor - 1)
		list := s.lists[s.bucket[b]]
		for k := range list {
			a := &list[k]
			at := four - a.off
			if buf[four] == a.text[a.off] && at >= from && at < to && len(buf)-at >= len(a.text) && string(buf[at:at+len(a.text)]) == a.text {
				found(at, a.rule)
			}
		}
		i++
	}
}
