package limitio

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/landwaiter/landwaiter"
)

// Cap returns a reader of at most n bytes of r. A read past the cap fails with
// [landwaiter.ErrTooLarge] where io.LimitReader would end quietly.
func Cap(r io.Reader, n int64) io.Reader { return &capped{r: r, left: n, max: n} }

type capped struct {
	r         io.Reader
	left, max int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("more than %d bytes: %w", c.max, landwaiter.ErrTooLarge)
	}
	return n, err
}

// ReadAll reads r to its end, at most n bytes.
func ReadAll(r io.Reader, n int64) ([]byte, error) { return io.ReadAll(Cap(r, n)) }

// Digest hashes and counts what passes through it.
type Digest struct {
	r io.Reader
	h hash.Hash
	n int64
}

// NewDigest returns a reader that computes the SHA-256 of r.
func NewDigest(r io.Reader) *Digest { return &Digest{r: r, h: sha256.New()} }

func (d *Digest) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	d.h.Write(p[:n])
	d.n += int64(n)
	return n, err
}

// Size returns the number of bytes read so far.
func (d *Digest) Size() int64 { return d.n }

// String returns "sha256:HEX" of the bytes read so far.
func (d *Digest) String() string { return "sha256:" + hex.EncodeToString(d.h.Sum(nil)) }

// Verify drains what is left and fails with [landwaiter.ErrDigest] unless the
// whole content has the digest want and, where size is not negative, that size.
// What stands behind the last byte that somebody wanted is checked as well.
func (d *Digest) Verify(want string, size int64) error {
	if _, err := io.Copy(io.Discard, d); err != nil {
		return err
	}
	if size >= 0 && d.n != size {
		return fmt.Errorf("%d bytes where %d were promised: %w", d.n, size, landwaiter.ErrDigest)
	}
	if got := d.String(); got != want {
		return fmt.Errorf("it is %s and should be %s: %w", got, want, landwaiter.ErrDigest)
	}
	return nil
}

// aheadBlock and aheadBlocks bound what Ahead holds: 1 MiB.
const (
	aheadBlock  = 128 << 10
	aheadBlocks = 8
)

var errStopped = errors.New("reader closed")

type block struct {
	buf []byte
	err error
}

// Ahead is a reader that another goroutine fills, so that decompression runs
// beside hashing. Close it: that ends the goroutine and waits for it.
type Ahead struct {
	full  chan block
	empty chan []byte
	stop  chan struct{}
	done  chan struct{}
	cur   []byte
	whole []byte
	err   error
}

// NewAhead starts to read r.
func NewAhead(r io.Reader) *Ahead {
	a := &Ahead{
		full: make(chan block, aheadBlocks), empty: make(chan []byte, aheadBlocks),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	for range aheadBlocks {
		a.empty <- make([]byte, aheadBlock)
	}
	go a.fill(r)
	return a
}

func (a *Ahead) fill(r io.Reader) {
	defer close(a.done)
	defer close(a.full)
	for {
		var buf []byte
		select {
		case buf = <-a.empty:
		case <-a.stop:
			return
		}
		// Not io.ReadFull: it gives a short last block and a broken source the
		// same error.
		n, err := 0, error(nil)
		for n < len(buf) && err == nil {
			var m int
			m, err = r.Read(buf[n:])
			n += m
		}
		select {
		case a.full <- block{buf[:n], err}:
		case <-a.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

func (a *Ahead) Read(p []byte) (int, error) {
	for len(a.cur) == 0 {
		if a.whole != nil {
			a.empty <- a.whole
			a.whole = nil
		}
		if a.err != nil {
			return 0, a.err
		}
		b, ok := <-a.full
		if !ok {
			a.err = errStopped
			return 0, a.err
		}
		a.cur, a.err = b.buf, b.err
		if b.buf != nil {
			a.whole = b.buf[:cap(b.buf)]
		}
	}
	n := copy(p, a.cur)
	a.cur = a.cur[n:]
	return n, nil
}

// Close stops the goroutine and waits until it no longer touches the source.
func (a *Ahead) Close() error {
	close(a.stop)
	for range a.full { //nolint:revive // unblocks a full channel
	}
	<-a.done
	return nil
}
