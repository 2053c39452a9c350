package inventory

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// textSearch finds many texts at once, reading as few bytes as it can: where the
// last two of a window are in no text, the whole window is passed over.
//
// Source: S. Wu and U. Manber, A fast algorithm for multi-pattern searching, 1994.
type textSearch struct {
	shift   [1 << 16]uint8  // how far to go on, by the window's last two bytes
	bucket  [1 << 16]uint16 // where shift is 0: index in texts, from 1
	texts   [][]anchored
	longest int
}

// anchored is a text, and the places in the table that have it.
type anchored struct {
	text string
	uses []use
}

// use is a row and one of its texts, or what else it is to the row.
type use struct{ row, text int }

const (
	isMark  = -1
	isProof = -2
)

func newTextSearch(table []program) *textSearch {
	uses := map[string][]use{}
	for i, p := range table {
		for _, m := range p.marks {
			uses[m] = append(uses[m], use{i, isMark})
		}
		if p.proof != "" {
			uses[p.proof] = append(uses[p.proof], use{i, isProof})
		}
		for j, t := range p.texts {
			uses[t.anchor] = append(uses[t.anchor], use{i, j})
		}
	}
	uses[upxSign] = []use{{-1, -1}}
	s := &textSearch{texts: [][]anchored{nil}}
	for i := range s.shift {
		s.shift[i] = programMinAnchor - 1
	}
	for text, list := range uses {
		s.longest = max(s.longest, len(text))
		for k := 1; k < programMinAnchor; k++ {
			b := block(text[k-1], text[k])
			s.shift[b] = min(s.shift[b], uint8(programMinAnchor-1-k))
		}
		b := block(text[programMinAnchor-2], text[programMinAnchor-1])
		if s.bucket[b] == 0 {
			s.bucket[b] = uint16(len(s.texts))
			s.texts = append(s.texts, nil)
		}
		s.texts[s.bucket[b]] = append(s.texts[s.bucket[b]], anchored{text, list})
	}
	return s
}

func block(a, b byte) int { return int(a) | int(b)<<8 }

// find calls found for each text in buf, with its place there.
func (s *textSearch) find(buf []byte, found func(at int, a *anchored)) {
	for i := programMinAnchor - 1; i < len(buf); {
		b := block(buf[i-1], buf[i])
		if n := s.shift[b]; n > 0 {
			i += int(n)
			continue
		}
		at := i - (programMinAnchor - 1)
		list := s.texts[s.bucket[b]]
		for k := range list {
			if a := &list[k]; len(buf)-at >= len(a.text) && string(buf[at:at+len(a.text)]) == a.text {
				found(at, a)
			}
		}
		i++
	}
}

const (
	upxSign      = "$Id: UPX "
	searchBuffer = 64 << 10
	searchBehind = 128 // bytes before a text that may belong to it
	searchAhead  = 256
)

var upxVersion = regexp.MustCompile(`\$Id: UPX ([0-9.]+) Copyright`)

// search goes through the parts of the file and keeps what they say. It fails
// where so much looks like a version that somebody made it so.
func (p *programFile) search() error {
	p.hits, p.marks, p.proofs = map[int][]hit{}, map[int]bool{}, map[int]bool{}
	buf := make([]byte, min(searchBuffer, p.Size+2))
	looks, most := 0, int(programMaxLooks+p.Size/programLookEvery)
	for _, part := range p.parts {
		buf[0] = 0 // a part begins a text
		have, off := 1, part.off-1
		for left := part.size; left > 0; {
			n, err := p.ReadAt(buf[have:have+int(min(left, int64(len(buf)-have-1)))], off+int64(have))
			if n == 0 {
				return fmt.Errorf("reading it: %w", err)
			}
			left -= int64(n)
			have += n
			if left == 0 {
				buf[have] = 0
				have++
			}
			programTexts.find(buf[:have], func(at int, a *anchored) {
				if looks++; looks <= most {
					p.look(part, off+int64(at), a)
				}
			})
			keep := min(programTexts.longest-1, have)
			copy(buf, buf[have-keep:have])
			off += int64(have - keep)
			have = keep
		}
	}
	if looks > most {
		return fmt.Errorf("more than %d texts that look like versions: %w", most, landwaiter.ErrTooLarge)
	}
	return nil
}

// look reads the version at a text that was found. What stands in two windows is
// seen twice and kept once.
func (p *programFile) look(in part, at int64, a *anchored) {
	from, to := max(in.off, at-searchBehind), min(in.off+in.size, at+searchAhead)
	window := make([]byte, 0, searchBehind+searchAhead+2)
	place := int(at - from)
	if from == in.off {
		window, place = append(window, 0), place+1
	}
	n := len(window)
	window = window[:n+int(max(to-from, 0))]
	if _, err := p.ReadAt(window[n:], from); err != nil && err != io.EOF {
		return
	}
	if to == in.off+in.size {
		window = append(window, 0)
	}
	for _, u := range a.uses {
		switch {
		case u.row < 0:
			if m := upxVersion.FindSubmatch(window); m != nil {
				p.packer = string(m[1])
			}
		case u.text == isMark:
			p.marks[u.row] = true
		case u.text == isProof:
			p.proofs[u.row] = true
		default:
			p.match(u, window, place, at)
		}
	}
}

func (p *programFile) match(u use, window []byte, place int, at int64) {
	for _, m := range programs[u.row].texts[u.text].exp.FindAllSubmatchIndex(window, -1) {
		if m[0] > place || m[1] <= place {
			continue
		}
		h := hit{u.text, at, string(window[m[2]:m[3]])}
		if printable(h.version) && len(p.hits[u.row]) < programMaxHits && !slices.Contains(p.hits[u.row], h) {
			p.hits[u.row] = append(p.hits[u.row], h)
		}
		return
	}
}

// strangers are versions that stand in many programs: zlib's and libpng's, which
// whoever uses them writes down, and addresses of a network.
var strangers = regexp.MustCompile(`^(?:1\.2\.(?:5|7|8|11|12|13)|1\.3(?:\.1)?|1\.6\.[0-9]{2}|(?:0|127|169|224|255)\.[0-9]+\.[0-9]+\.[0-9]+|0\.0)$`)

// numberInName is the start of the version in the names of some programs.
var numberInName = regexp.MustCompile(`[0-9]+\.[0-9]+`)

// alone is the only text of the file that is a version and little else, as row r
// writes them. Where the file's name begins a version, it must go on with it.
func (p *programFile) alone(r int, strong bool) (string, bool) {
	row := &programs[r]
	if strong || !p.isMarked(r) {
		return "", false
	}
	stem, _, _ := strings.Cut(p.base, ".so")
	begin := numberInName.FindString(stem)
	exps := row.alone
	if begin != "" {
		// The end of a path may be any product's version, but not one that fits.
		exps = slices.Concat(row.alone, row.tails)
	}
	for _, exp := range exps {
		var seen []string
		p.eachText(func(t []byte) {
			m := exp.FindSubmatch(t)
			if m == nil || strangers.Match(m[1]) || len(seen) > programMaxAlone {
				return
			}
			v := string(m[1])
			if rest, ok := strings.CutPrefix(v, begin); begin != "" && (!ok || rest != "" && rest[0] != '.') {
				return
			}
			if !slices.Contains(seen, v) {
				seen = append(seen, v)
			}
		})
		if len(seen) == 1 {
			return seen[0], true
		}
	}
	return "", false
}

// eachText calls visit for the end of each text of the file, with the NUL behind it
// and what little stands before it.
func (p *programFile) eachText(visit func([]byte)) {
	const longest = 48
	buf := make([]byte, searchBuffer)
	for _, part := range p.parts {
		r := io.NewSectionReader(p.ReaderAt, part.off, part.size)
		buf[0] = 0 // a part begins a text
		for have, more := 1, true; more; {
			n, err := r.Read(buf[have : len(buf)-1])
			have += n
			if more = err == nil; !more {
				buf[have] = 0
				have++
			}
			from, seen := 0, 1
			for {
				i := bytes.IndexByte(buf[seen:have], 0)
				if i < 0 {
					break
				}
				end := seen + i + 1
				if i >= 2 && i < 1<<12 {
					visit(buf[max(from, end-longest):end])
				}
				from, seen = end-1, end
			}
			have = copy(buf, buf[max(from, have-longest):have])
		}
	}
}
