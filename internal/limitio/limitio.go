package limitio

import (
	"crypto/sha256"
	"encoding/hex"
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
	d.Add(p[:n])
	return n, err
}

// Add counts bytes that went another way than through Read.
func (d *Digest) Add(p []byte) {
	d.h.Write(p)
	d.n += int64(len(p))
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
