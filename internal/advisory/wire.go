package advisory

import (
	"encoding/binary"
	"errors"
	"strings"
)

// The built file's lists are written with the functions below and read with a
// cursor: numbers as unsigned varints, text as its length and its bytes.

func putText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func putList(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = putText(b, s)
	}
	return b
}

var errDamaged = errors.New("damaged")

// cursor reads what the functions above wrote. After the first damage every read
// gives zero and bad is true; no read passes the end.
type cursor struct {
	b   []byte
	bad bool
	// copied is a copy of all bytes up to the end of b, or empty.
	copied string
}

// texts makes a cursor whose texts are parts of one copy. Who keeps one of them keeps
// them all, so that is for what is small or kept whole.
func texts(b []byte) cursor { return cursor{b: b, copied: string(b)} }

func (c *cursor) number() uint64 {
	n, size := binary.Uvarint(c.b)
	if size <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[size:]
	return n
}

// count is a number of things that take at least one byte each.
func (c *cursor) count() int {
	n := c.number()
	if n > uint64(len(c.b)) {
		c.fail()
		return 0
	}
	return int(n)
}

func (c *cursor) bytes() []byte {
	n := c.count()
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

// text copies: the file may be closed while a finding lives on.
func (c *cursor) text() string {
	b := c.bytes()
	if c.copied == "" {
		return string(b)
	}
	end := len(c.copied) - len(c.b)
	return c.copied[end-len(b) : end]
}

func (c *cursor) list() []string {
	n := c.count()
	if n == 0 {
		return nil
	}
	out := make([]string, 0, n)
	for range n {
		out = append(out, c.text())
	}
	return out
}

func (c *cursor) fail() { c.b, c.bad = nil, true }

func (c *cursor) err() error {
	if c.bad {
		return errDamaged
	}
	return nil
}

// shorten cuts text for show at a whole character.
func shorten(s string, n int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) <= n {
		return s
	}
	cut := n
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return strings.TrimSpace(s[:cut]) + "…"
}
