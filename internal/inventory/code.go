package inventory

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
)

// coder writes values, or reads them back: one function for each type names its
// fields once, for both ways, so that the two cannot differ. Numbers are varints; a
// text is its length and its bytes.
//
// What it reads may be anything. Once bad, it reads zeros.
type coder struct {
	w   io.Writer // nil where it reads
	buf []byte    // not written yet
	err error     // of w

	in  string // what is left to read
	bad bool

	// words are texts that come again and again: they are said once, then numbered
	// from 1.
	words  []string
	number map[string]uint64
}

// coderBuffer is how much is written at once.
const coderBuffer = 64 << 10

var errCode = fmt.Errorf("stored facts are damaged: %w", landwaiter.ErrInvalid)

func newWriter(w io.Writer) *coder { return &coder{w: w, number: map[string]uint64{}} }

func newReader(data string) *coder { return &coder{in: data} }

// end fails unless everything was written, or everything was read and is right.
func (c *coder) end() error {
	if c.w != nil {
		c.flush()
		return c.err
	}
	if c.bad || c.in != "" {
		return errCode
	}
	return nil
}

func (c *coder) flush() {
	if c.err == nil {
		_, c.err = c.w.Write(c.buf)
	}
	c.buf = c.buf[:0]
}

func (c *coder) wrote() {
	if len(c.buf) >= coderBuffer {
		c.flush()
	}
}

func (c *coder) uvarint(x *uint64) {
	if c.w != nil {
		c.buf = binary.AppendUvarint(c.buf, *x)
		c.wrote()
		return
	}
	*x = 0
	for shift := 0; shift < 64 && !c.bad && c.in != ""; shift += 7 {
		b := c.in[0]
		c.in = c.in[1:]
		*x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return
		}
	}
	*x, c.bad = 0, true
}

// integer codes a number that may be negative, and fits.
func integer[T ~int | ~int32 | ~int64 | ~uint8 | ~uint32](c *coder, x *T) {
	v := int64(*x)
	u := uint64(v)<<1 ^ uint64(v>>63)
	c.uvarint(&u)
	if c.w != nil {
		return
	}
	v = int64(u>>1) ^ -int64(u&1)
	if *x = T(v); int64(*x) != v {
		*x, c.bad = 0, true
	}
}

func (c *coder) bool(x *bool) {
	var v uint8
	if *x {
		v = 1
	}
	integer(c, &v)
	if *x = v == 1; v > 1 {
		*x, c.bad = false, true
	}
}

// bytes codes bytes of a number that both ways know.
func (c *coder) bytes(x []byte) {
	if c.w != nil {
		c.buf = append(c.buf, x...)
		c.wrote()
		return
	}
	copy(x, c.take(uint64(len(x))))
}

// blob codes bytes of any number.
func (c *coder) blob(x *[]byte) {
	n, some := c.length(len(*x), *x != nil)
	if c.w == nil {
		if *x = nil; some {
			*x = make([]byte, n)
		}
	}
	c.bytes(*x)
}

func (c *coder) take(n uint64) string {
	if c.bad = c.bad || n > uint64(len(c.in)); c.bad {
		return ""
	}
	s := c.in[:n]
	c.in = c.in[n:]
	return s
}

// plainText codes a text of its own. What is read is a part of the input.
func plainText[T ~string](c *coder, x *T) {
	n := uint64(len(*x))
	c.uvarint(&n)
	if c.w != nil {
		c.buf = append(c.buf, *x...)
		c.wrote()
		return
	}
	*x = T(c.take(n))
}

// word codes a text that comes again and again.
func word[T ~string](c *coder, x *T) {
	s := string(*x)
	n := c.number[s]
	c.uvarint(&n)
	switch {
	case n == 0:
		plainText(c, &s)
		c.words = append(c.words, s)
		if c.w != nil {
			c.number[s] = uint64(len(c.words))
		}
	case c.w != nil:
	case n <= uint64(len(c.words)):
		s = c.words[n-1]
	default:
		s, c.bad = "", true
	}
	*x = T(s)
}

// length codes how many items a list has, and whether there is a list: none is 0. An
// item takes a byte at least, so that no list claims more than is there.
func (c *coder) length(n int, some bool) (int, bool) {
	var u uint64
	if some {
		u = uint64(n) + 1 //nolint:gosec // a length
	}
	c.uvarint(&u)
	if u == 0 {
		return 0, false
	}
	if c.w == nil && u-1 > uint64(len(c.in)) {
		c.bad = true
		return 0, false
	}
	return int(u - 1), true //nolint:gosec // at most what is in memory
}

// codedItem is how many bytes an item of a list takes at least, as a guess of how
// many there can be: more are made room for as they come.
const codedItem = 4

func list[T any](c *coder, x *[]T, item func(*coder, *T)) {
	n, some := c.length(len(*x), *x != nil)
	if c.w != nil {
		for i := range *x {
			item(c, &(*x)[i])
		}
		return
	}
	if *x = nil; !some {
		return
	}
	*x = make([]T, 0, min(n, len(c.in)/codedItem))
	for range n {
		var v T
		*x = append(*x, v)
		if item(c, &(*x)[len(*x)-1]); c.bad {
			return
		}
	}
}
