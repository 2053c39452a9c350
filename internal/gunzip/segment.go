package gunzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sizes of the pieces in which compressed data is read. Each piece ends in the
// first bytes of the one behind it, so that whatever begins in a piece, a block's
// or a member's header above all, can be read to its end there.
const (
	segmentSize = 2 << 20
	orderSize   = 256 << 10 // where nobody decodes ahead
	segmentMore = 128 << 10
)

// segment is a piece of the compressed data.
type segment struct {
	buf  []byte // padding bytes stand behind end
	own  int    // bytes up to which it is this piece's; the next one begins there
	end  int
	last bool
	err  error  // why nothing follows, other than the end of the data
	spec *guess // what somebody may have decoded ahead, nil where nobody does
}

// soft is where decoding leaves the segment.
func (s *segment) soft() int {
	if s.last {
		return s.end
	}
	return s.own
}

// segments cuts a stream into segments.
type segments struct {
	r     io.Reader
	size  int    // of what is a segment's own
	more  int    // how much it has of the next
	tail  []byte // what the last one had of the next
	ended bool
	free  chan *segment
}

func (s *segments) next() *segment {
	if s.ended {
		return nil
	}
	var g *segment
	select {
	case g = <-s.free:
		buf := g.buf
		*g = segment{buf: buf}
	default:
		g = &segment{buf: make([]byte, s.size+s.more+padding)}
	}
	n := copy(g.buf, s.tail)
	for n < s.size+s.more && g.err == nil {
		var m int
		m, g.err = s.r.Read(g.buf[n : s.size+s.more])
		n += m
	}
	g.end = n
	if g.err != nil {
		if g.err == io.EOF {
			g.err = nil
		}
		g.own, g.last, s.ended = n, true, true
		clear(g.buf[n : n+padding])
		return g
	}
	g.own = n - s.more
	s.tail = append(s.tail[:0], g.buf[g.own:n]...)
	return g
}

func (s *segments) release(g *segment) {
	select {
	case s.free <- g:
	default:
	}
}

var errHeader = errors.New("no gzip data")

// errPart: the bytes end inside a header.
var errPart = errors.New("cut off")

// parseHeader returns the length of the gzip header that b begins with, errPart
// where b ends inside it.
//
// Format: RFC 1952.
func parseHeader(b []byte) (int, error) {
	const (
		fixed                                 = 10
		hasSum, hasExtra, hasName, hasComment = 1 << 1, 1 << 2, 1 << 3, 1 << 4
		deflate                               = 8
	)
	for i, want := range []byte{0x1f, 0x8b, deflate} {
		if len(b) <= i {
			return 0, errPart
		}
		if b[i] != want {
			return 0, errHeader
		}
	}
	if len(b) < fixed {
		return 0, errPart
	}
	flags, n := b[3], fixed
	if flags&hasExtra != 0 {
		if len(b) < n+2 {
			return 0, errPart
		}
		n += 2 + int(binary.LittleEndian.Uint16(b[n:]))
	}
	for _, f := range []byte{hasName, hasComment} {
		if flags&f == 0 {
			continue
		}
		for ; ; n++ {
			if n >= len(b) {
				return 0, errPart
			}
			if b[n] == 0 {
				n++
				break
			}
		}
	}
	if flags&hasSum != 0 {
		if len(b) < n+2 {
			return 0, errPart
		}
		if got, want := uint16(checksum(0, b[:n])), binary.LittleEndian.Uint16(b[n:]); got != want {
			return 0, fmt.Errorf("the header's checksum is %04x and should be %04x: %w", got, want, errHeader)
		}
		n += 2
	}
	if n > len(b) {
		return 0, errPart
	}
	return n, nil
}
