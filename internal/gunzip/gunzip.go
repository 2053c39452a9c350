// Package gunzip decompresses gzip, one stream on several processors.
//
// A gzip stream can only be decoded from its start: where a block begins is known
// once the one before it ends, and a block copies from the 32 KiB before it. To use
// more than one processor, workers take later segments of the stream, look for bits
// that may begin a block, and decode from there with marks in place of the bytes
// that they cannot know (Kerbiriou and Chikhi's pugz, Knespel and Brunst's
// rapidgzip). Decoding in order then either comes to the very bit where a worker
// began, and takes its blocks with the marks resolved, or it does not, and throws
// them away. So what a worker guessed wrongly costs time and changes nothing:
// the bytes and the error are those of decoding in order, and every member's sum
// and size are checked.
package gunzip

import (
	"errors"
	"fmt"
	"io"
	"runtime"
)

// Options say how to decompress. The zero value is right.
type Options struct {
	// Workers decode ahead; 0 is one for each processor, and none where there is
	// only one. Less than 0 is none: then the stream is read ahead and decoded in
	// order.
	Workers int
	// Enough reports whether whoever takes the blocks has so many that decoding
	// ahead would not help; nil never does. It is called from another goroutine.
	Enough func() bool

	segment int  // for tests
	inOrder bool // no other goroutine at all; for tests
}

func (o Options) workers() int {
	if o.Workers == 0 {
		if n := runtime.GOMAXPROCS(0); n > 1 {
			return n
		}
	}
	return max(o.Workers, 0)
}

// Reader decompresses a gzip stream of one or more members. It holds up to
// 2 MiB; with workers some 6 MiB of stored bytes, and for each worker 2 MiB more and
// what they unpack to, which is capped at 20 MiB.
type Reader struct {
	segs *segments
	seg  *segment
	base int64 // of seg in the stream
	d    inflater
	pool *pool
	cur  *Block
	err  error

	sum     uint32 // of the member
	size    uint32
	counted int // up to where in cur they reach

	run    *guess // whose parts are next
	part   int
	taken  int              // guesses that fitted
	window [windowSize]byte // before run
	tail   []byte           // the last bytes of the member, before the next part

	held *Block // of which Read gave a part
	read int

	raw   bool // deflate alone, without a header and an end
	small bool // its user says in errors what it reads

	ahead *ahead
}

// ErrHeader, of a stream that does not begin as gzip does, is found in errors of
// NewReader and Next. Other damage is ErrDamaged, a wrong sum or size ErrChecksum,
// and an early end io.ErrUnexpectedEOF.
var (
	ErrHeader   = errHeader
	ErrDamaged  = errDamaged
	ErrChecksum = errors.New("the sum or the size of the content is not what its end says")
)

var errClosed = errors.New("gzip: reader closed")

// NewReader starts to decompress r, which is read to its end. Close must be called.
func NewReader(r io.Reader, opt Options) (*Reader, error) {
	size, more := segmentSize, segmentMore
	if opt.segment > 0 {
		size, more = opt.segment, max(opt.segment/8, 1<<10)
	}
	n := opt.workers()
	if n == 0 && opt.segment == 0 {
		size = orderSize
	}
	z := &Reader{
		segs: &segments{r: r, size: size, more: more, free: make(chan *segment, 2*n+2)},
		pool: &pool{blocks: make(chan *Block, 16*(n+1)), size: blockSize},
		tail: make([]byte, 0, windowSize),
	}
	if !opt.inOrder {
		z.ahead = newAhead(z.segs, z.pool, n, opt.Enough)
	}
	if err := z.start(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return z, nil
}

// start reads the beginning of the stream.
func (z *Reader) start() error {
	z.seg = z.nextSegment()
	if z.seg == nil || z.seg.end == 0 {
		if z.seg != nil && z.seg.err != nil {
			return fmt.Errorf("gzip: %w", z.seg.err)
		}
		return fmt.Errorf("gzip: %w", io.ErrUnexpectedEOF)
	}
	z.d = inflater{in: z.seg.buf, end: z.seg.end, soft: z.seg.soft(), own: z.d.own}
	if z.raw {
		z.d.seek(0)
	} else if err := z.header(0); err != nil {
		return z.damage(err)
	}
	z.begin(nil)
	return nil
}

func (z *Reader) nextSegment() *segment {
	if z.ahead != nil {
		return <-z.ahead.segs
	}
	return z.segs.next()
}

// Close ends the workers and waits for them. It does not close the source.
func (z *Reader) Close() error {
	if z.ahead != nil {
		z.ahead.close()
		z.ahead = nil
	}
	if z.err == nil {
		z.err = errClosed
	}
	z.run, z.cur, z.held = nil, nil, nil
	return nil
}

// damage says where in the stored bytes err was met.
func (z *Reader) damage(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) && z.seg.err != nil {
		return z.seg.err // the source's own reason
	}
	if z.small {
		return fmt.Errorf("byte %d: %w", z.base+z.d.position()>>3, err)
	}
	return fmt.Errorf("gzip, byte %d: %w", z.base+z.d.position()>>3, err)
}

// Next returns the next block of decompressed data, io.EOF behind the last. Blocks
// come in order and are never empty; what stands before damage comes before the
// error.
func (z *Reader) Next() (*Block, error) {
	for {
		if z.run != nil {
			if b := z.nextPart(); b != nil {
				return b, nil
			}
			continue
		}
		if z.err != nil {
			if b := z.flush(); b != nil {
				return b, nil
			}
			return nil, z.err
		}
		if b := z.step(); b != nil {
			return b, nil
		}
	}
}

// step decodes up to the next reason to stop.
func (z *Reader) step() *Block {
	st, err := z.d.run()
	if err != nil {
		z.err = z.damage(err)
		return nil
	}
	switch st {
	case statusOutput:
		return z.flush()
	case statusInput:
		z.hop()
	case statusEnd:
		if z.err = z.trailer(); z.err != nil {
			return nil
		}
		return z.look()
	default:
		return z.look()
	}
	return nil
}

// hop goes on in the next segment, at the same place.
func (z *Reader) hop() {
	old, at := z.seg, z.d.position()-int64(z.seg.own)*8
	next := z.nextSegment()
	if next == nil { // only where the reader was closed
		z.err = errClosed
		return
	}
	z.base += int64(old.own)
	z.forget(old)
	z.segs.release(old)
	z.seg = next
	z.d.in, z.d.end, z.d.soft = next.buf, next.end, next.soft()
	z.d.seek(at)
	if z.d.state == stateStored {
		z.d.ip, z.d.hold, z.d.nb = int(at>>3), 0, 0
	}
}

// forget drops what was decoded ahead of a segment.
func (z *Reader) forget(s *segment) {
	g := s.spec
	if s.spec = nil; g == nil {
		return
	}
	if g.taken.CompareAndSwap(false, true) {
		return
	}
	<-g.done
	for _, b := range g.parts {
		b.Release()
	}
}

// look takes over, between two blocks, what a worker decoded from here on.
func (z *Reader) look() *Block {
	for !z.seg.last && z.d.position() >= int64(z.seg.own)*8 {
		if z.hop(); z.err != nil {
			return nil
		}
	}
	g := z.seg.spec
	if g == nil {
		return nil
	}
	if g.taken.CompareAndSwap(false, true) { // nobody has begun
		z.seg.spec = nil
		return nil
	}
	<-g.done
	at := z.d.position()
	if !g.found || at > g.start.hi || !z.fits(g) {
		z.forget(z.seg)
		return nil
	}
	if at < g.start.lo {
		return nil
	}
	z.seg.spec = nil
	n := min(z.d.op-z.d.base, windowSize)
	copy(z.window[windowSize-n:], z.d.out[z.d.op-n:z.d.op])
	z.tail = append(z.tail[:0], z.window[windowSize-n:]...)
	b := z.flush()
	z.cur.Release()
	z.run, z.part, z.cur = g, 0, nil
	z.taken++
	return b
}

// fits reports whether nothing in g stands for bytes before the member's start.
func (z *Reader) fits(g *guess) bool {
	n := min(z.d.op-z.d.base, windowSize)
	if n == windowSize {
		return true
	}
	for _, b := range g.parts {
		if b.marked && reaches(b.Bytes(), windowSize-n) {
			return false
		}
	}
	return true
}

// nextPart returns the next part of a guess that fits, as bytes; nil where there is
// none.
func (z *Reader) nextPart() *Block {
	g, i := z.run, z.part
	if i >= len(g.parts) {
		z.resume()
		return nil
	}
	z.part++
	b, in, width := g.parts[i], g.parts[i].off, 1
	if b.marked {
		raw := b
		b, width = z.pool.get(), 2
		b.off, b.end = windowSize, windowSize+resolve(b.buf[windowSize:], raw.Bytes(), &z.window)
		raw.Release()
	}
	from := b.off
	for ; len(g.ends) > 0 && g.ends[0].part == i; g.ends = g.ends[1:] {
		at := b.off + (g.ends[0].at-in)/width
		z.add(b.buf[from:at])
		if z.err = z.endMember(g.ends[0].sum, g.ends[0].size); z.err != nil {
			b.end = at
			for _, p := range g.parts[z.part:] {
				p.Release()
			}
			z.run = nil
			return b.orNothing()
		}
		from, z.tail = at, z.tail[:0]
	}
	z.add(b.buf[from:b.end])
	z.tail = lastBytes(z.tail, b.buf[from:b.end])
	return b.orNothing()
}

// lastBytes are the last bytes, no more than a window, of tail and what follows it.
func lastBytes(tail, b []byte) []byte {
	if len(b) >= windowSize {
		return append(tail[:0], b[len(b)-windowSize:]...)
	}
	if over := len(tail) + len(b) - windowSize; over > 0 {
		tail = tail[:copy(tail, tail[over:])]
	}
	return append(tail, b...)
}

// resume goes on behind a guess whose parts were all taken.
func (z *Reader) resume() {
	end := z.run.end
	z.run = nil
	z.begin(z.tail)
	z.d.seek(end)
	z.d.state, z.d.final = stateHeader, false
	z.look()
}

// begin starts a block behind a window.
func (z *Reader) begin(window []byte) {
	b := z.pool.get()
	copy(b.buf[windowSize-len(window):], window)
	z.cur, b.off, z.counted = b, windowSize, windowSize
	z.d.out, z.d.op, z.d.base, z.d.limit = b.buf, windowSize, windowSize-len(window), b.limit()
}

// flush ends the block that is being filled, and begins another. It returns nil for
// an empty one.
func (z *Reader) flush() *Block {
	b := z.cur
	if b == nil || z.d.op == b.off {
		return nil
	}
	b.end = z.d.op
	z.add(b.buf[z.counted:b.end])
	z.begin(b.buf[b.end-min(b.end-z.d.base, windowSize) : b.end])
	return b
}

// Read reads decompressed data, as io.Reader asks.
func (z *Reader) Read(p []byte) (int, error) {
	for z.held == nil {
		b, err := z.Next()
		if err != nil {
			return 0, err
		}
		z.held, z.read = b, 0
	}
	n := copy(p, z.held.Bytes()[z.read:])
	if z.read += n; z.read == len(z.held.Bytes()) {
		z.held.Release()
		z.held = nil
	}
	return n, nil
}
