package limitio

import (
	"errors"
	"io"
)

// aheadBlock is the size of the blocks that Ahead fills itself, aheadBlocks how many
// wait at most, of whatever size.
const (
	aheadBlock  = 128 << 10
	aheadBlocks = 10
)

var errStopped = errors.New("reader closed")

// Block is a piece of a stream. Its bytes may be used until it is released.
type Block interface {
	Bytes() []byte
	Release()
}

// Ahead is a reader that another goroutine fills, so that decompression runs
// beside hashing. Close it: that ends the goroutine and waits for it.
type Ahead struct {
	full chan filled
	stop chan struct{}
	done chan struct{}
	cur  Block
	rest []byte // of cur
	err  error
}

// filled is a block, or why there are no more.
type filled struct {
	block Block
	err   error
}

// NewAhead starts to read r.
func NewAhead(r io.Reader) *Ahead {
	return NewAheadOf(func(a *Ahead) (next func() (Block, error), end func()) {
		return newRoom(r).next, func() {}
	})
}

// NewAheadOf starts to take blocks. begin returns what gives the next one, in order,
// and what ends that; both are called in the goroutine that fills a.
func NewAheadOf(begin func(a *Ahead) (next func() (Block, error), end func())) *Ahead {
	a := &Ahead{full: make(chan filled, aheadBlocks), stop: make(chan struct{}), done: make(chan struct{})}
	go a.fill(begin)
	return a
}

// Enough reports whether so many blocks wait that more would not help.
func (a *Ahead) Enough() bool { return len(a.full) > aheadBlocks/2 }

func (a *Ahead) fill(begin func(a *Ahead) (func() (Block, error), func())) {
	defer close(a.done)
	defer close(a.full)
	next, end := begin(a)
	defer end()
	for {
		b, err := next()
		select {
		case a.full <- filled{b, err}:
		case <-a.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

func (a *Ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.cur != nil {
			a.cur.Release()
			a.cur = nil
		}
		b, err := a.Next()
		if err != nil {
			return 0, err
		}
		a.cur, a.rest = b, b.Bytes()
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Next returns the next block, which is the caller's to release. Who takes blocks
// must not read as well.
func (a *Ahead) Next() (Block, error) {
	if a.err != nil {
		return nil, a.err
	}
	f, ok := <-a.full
	switch {
	case !ok:
		a.err = errStopped
	case f.err != nil:
		a.err = f.err
	}
	return f.block, a.err
}

// Close stops the goroutine and waits until it no longer touches the source.
func (a *Ahead) Close() error {
	close(a.stop)
	for range a.full { //nolint:revive // unblocks a full channel
	}
	<-a.done
	return nil
}

// room reads a stream into blocks of its own.
type room struct {
	r    io.Reader
	err  error
	free chan *roomBlock
}

type roomBlock struct {
	buf  []byte
	n    int
	room *room
}

func newRoom(r io.Reader) *room {
	// One more than wait: one is being read from.
	return &room{r: r, free: make(chan *roomBlock, aheadBlocks+2)}
}

// NewBlocks returns what gives r in blocks, for [NewAheadOf].
func NewBlocks(r io.Reader) func() (Block, error) { return newRoom(r).next }

func (m *room) next() (Block, error) {
	if m.err != nil {
		return nil, m.err
	}
	var b *roomBlock
	select {
	case b = <-m.free:
	default:
		b = &roomBlock{buf: make([]byte, aheadBlock), room: m}
	}
	// Not io.ReadFull: it gives a short last block and a broken source the same
	// error.
	b.n = 0
	for b.n < len(b.buf) && m.err == nil {
		var n int
		n, m.err = m.r.Read(b.buf[b.n:])
		b.n += n
	}
	if b.n == 0 {
		return nil, m.err
	}
	return b, nil
}

func (b *roomBlock) Bytes() []byte { return b.buf[:b.n] }

func (b *roomBlock) Release() {
	select {
	case b.room.free <- b:
	default:
	}
}
