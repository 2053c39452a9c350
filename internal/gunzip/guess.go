package gunzip

import "sync/atomic"

// maxGuess is how many bytes one guess may hold.
const maxGuess = 20 << 20

// Blocks that must be whole before a candidate counts as a block's true beginning, as
// far as that can be told: the codes of a block are hardly there by chance, a stored
// block's length and its complement once in some 65,000 bytes.
const trustCodes, trustStored = 1, 3

// guess is what a worker decoded of a segment before anybody knew what stands
// before it: whole blocks from the first that it found. It is worth something once
// decoding in order comes to the same place.
type guess struct {
	taken atomic.Bool // a worker has begun, or nobody may begin any more
	done  chan struct{}

	found bool
	start candidate
	end   int64 // the bit where it stopped, between two blocks
	parts []*Block
	ends  []memberEnd
}

// memberEnd is the end of a gzip member inside a guess: behind so many bytes of a
// part.
type memberEnd struct {
	part, at  int
	sum, size uint32
}

// mark is a place between two blocks to which a guess can go back.
type mark struct {
	bit         int64
	parts, ends int
	at          int // where the last part ends
}

// guesser decodes segments ahead.
type guesser struct {
	d       inflater
	pool    *pool
	stop    *atomic.Bool
	checked int // where the part was last searched for marks
	wasted  int // bytes decoded for nothing in this segment
}

// work decodes as much as it can of a segment.
func (w *guesser) work(s *segment, g *guess) {
	w.wasted = 0
	for from := int64(0); w.wasted < maxGuess && !w.stop.Load(); {
		c, ok := find(s.buf, from, s.own)
		if !ok {
			return
		}
		if w.try(s, g, c) {
			g.found, g.start = true, c
			return
		}
		from = c.hi + 1
	}
}

// try decodes from a candidate on. It reports whether that seems to be a block's
// beginning.
func (w *guesser) try(s *segment, g *guess, c candidate) bool {
	own := w.d.own
	w.d = inflater{in: s.buf, end: s.end, soft: s.end, own: own}
	w.d.seek(c.hi)
	if w.d.header() != nil { // as most candidates show
		return false
	}
	b := w.begin(g, true)
	copy(b.buf, unknown)
	b.off, w.d.op, w.d.base = markedWindow, markedWindow, 0
	w.checked = 0
	back, made, full := mark{c.hi, 1, 0, markedWindow}, 0, false
	blocks, trust := 0, trustCodes
	if w.d.state == stateStored {
		trust = trustStored
	}
	for w.d.position() < int64(s.own)*8 && !w.stop.Load() {
		st, err := w.d.run()
		if err != nil {
			break
		}
		if st == statusOutput {
			if made += blockSize; made > maxGuess {
				full = true
				break
			}
			w.more(g)
			continue
		}
		if st == statusEnd {
			if !w.member(s, g) {
				break
			}
		} else {
			w.settle(g)
		}
		blocks++
		back = mark{w.d.position(), len(g.parts), len(g.ends), w.d.op}
	}
	w.cut(g, back)
	g.end = back.bit
	if full || blocks >= trust {
		return true
	}
	w.wasted += made + blockSize/8
	w.cut(g, mark{})
	return false
}

// begin adds an empty part.
func (w *guesser) begin(g *guess, marked bool) *Block {
	b := w.pool.get()
	b.marked, b.off = marked, windowSize
	g.parts = append(g.parts, b)
	w.d.out, w.d.limit, w.d.marked = b.buf, b.limit(), marked
	w.d.op, w.d.base = windowSize, windowSize
	return b
}

// more goes on in a new part, with what matches may reach back to.
func (w *guesser) more(g *guess) {
	old, at := g.parts[len(g.parts)-1], w.d.op
	old.end = at
	if old.marked {
		b := w.begin(g, true)
		copy(b.buf, old.buf[at-markedWindow:at])
		b.off, w.d.op, w.d.base = markedWindow, markedWindow, 0
		w.checked = 0
		return
	}
	n := min(at-w.d.base, windowSize)
	b := w.begin(g, false)
	copy(b.buf[windowSize-n:windowSize], old.buf[at-n:at])
	w.d.base = windowSize - n
}

// settle goes on in bytes once the last window holds no marks.
func (w *guesser) settle(g *guess) {
	const often = 32 << 10 // looking costs as much as decoding a fraction of this
	at := w.d.op
	if !w.d.marked || at-w.checked < often {
		return
	}
	old := g.parts[len(g.parts)-1]
	w.checked = at
	if hasMarks(old.buf[at-markedWindow : at]) {
		return
	}
	old.end = at
	b := w.begin(g, false)
	resolve(b.buf, old.buf[at-markedWindow:at], nil)
	w.d.base = 0
}

// member goes from the end of one gzip member to the start of the next. It reports
// whether both stand in the segment.
func (w *guesser) member(s *segment, g *guess) bool {
	at := int(w.d.position()+7) >> 3
	if at+trailerSize > s.end {
		return false
	}
	n, err := parseHeader(s.buf[at+trailerSize : s.end])
	if err != nil {
		return false
	}
	sum, size := trailer(s.buf[at:])
	g.ends = append(g.ends, memberEnd{len(g.parts) - 1, w.d.op, sum, size})
	if w.d.marked {
		g.parts[len(g.parts)-1].end = w.d.op
		w.begin(g, false)
	}
	w.d.base = w.d.op
	w.d.state, w.d.final = stateHeader, false
	w.d.seek(int64(at+trailerSize+n) * 8)
	return true
}

// cut goes back to a mark.
func (w *guesser) cut(g *guess, to mark) {
	for _, b := range g.parts[to.parts:] {
		b.Release()
	}
	g.parts, g.ends = g.parts[:to.parts], g.ends[:to.ends]
	if to.parts > 0 {
		g.parts[to.parts-1].end = to.at
	}
}
