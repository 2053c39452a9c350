package image

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Records as bytes: how many folders and records there are; for each folder how far
// its parent's number is below its own, and its name; for each record its mode and
// type, its folder as a step from that of the record before, and its base name; of
// a file then its size and SHA-256; of each a link, empty for most. Numbers are
// varints, a name is its length and its text.

// maxStoredPath bounds a path in stored records: more than any layer may hold.
const maxStoredPath = 4 * limitio.MaxName

var errRecords = fmt.Errorf("stored records are damaged: %w", landwaiter.ErrInvalid)

// WriteBinary writes r to w, for [DecodeRecords], and returns how many bytes that is.
// It writes in pieces: of a layer of millions of files all of it is too much to hold.
func (r *Records) WriteBinary(w io.Writer) (n int64, err error) {
	const piece = 64 << 10
	var b []byte
	write := func() {
		if err == nil {
			_, err = w.Write(b)
		}
		n, b = n+int64(len(b)), b[:0]
	}
	b = binary.AppendUvarint(b, uint64(r.folders.rows.len()))
	b = binary.AppendUvarint(b, uint64(r.Len()))
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		if b = append(b, s...); len(b) >= piece {
			write()
		}
	}
	for i := range r.folders.rows.len() {
		n := int32(i) + 1
		b = binary.AppendUvarint(b, uint64(n-r.folders.parent(n)))
		text(r.folders.name(n))
	}
	var last int32
	for k := range r.Len() {
		i := int32(k)
		in := r.rows.at(i).folder
		b = binary.AppendUvarint(b, uint64(*r.modes.at(i)))
		b = binary.AppendVarint(b, int64(in-last))
		last = in
		text(r.Base(i))
		if r.Type(i) == TypeFile {
			b = binary.AppendVarint(b, r.Size(i))
			b = append(b, r.sums.at(r.files.of(i))[:]...)
		}
		text(r.Link(i))
	}
	write()
	return n, err
}

// DecodeRecords reads what WriteBinary wrote, all of b. Anything else is an error
// that wraps landwaiter.ErrInvalid or ErrTooLarge; what it returns is a layer that
// a layer's own archive could have made.
func DecodeRecords(b []byte) (*Records, error) {
	in := &stored{bytes: b, text: string(b)}
	nFolders, nRecords := in.number(), in.number()
	if in.bad || nFolders > uint64(len(b)) || nRecords > uint64(len(b)) {
		return nil, errRecords
	}
	r := &Records{}
	lengths := make([]uint16, 1, nFolders+1) // of paths
	for n := uint64(1); n <= nFolders; n++ {
		up, base := n-in.number(), in.name()
		if in.bad || up >= n || !element(base) {
			return nil, errRecords
		}
		length := int(lengths[up]) + 1 + len(base)
		if length > maxStoredPath {
			return nil, errRecords
		}
		lengths = append(lengths, uint16(length))
		if _, err := r.folders.add(int32(up), base); err != nil {
			return nil, err
		}
	}
	var folder int64
	for range nRecords {
		var rec Record
		mode := in.number()
		if mode > 1<<15-1 || mode&7 == 7 {
			return nil, errRecords
		}
		rec.Mode, rec.Type = uint32(mode>>3), typeNumbers[mode&7]
		folder += in.step()
		base := in.name()
		if rec.Type == TypeFile {
			rec.Size = in.step()
			copy(rec.SHA256[:], in.take(uint64(len(rec.SHA256))))
		}
		rec.Link = in.name()
		if in.bad || folder < 0 || folder > int64(nFolders) || rec.Size < 0 || !element(base) && (base != "" || folder != 0) {
			return nil, errRecords
		}
		if err := r.add(int32(folder), base, &rec); err != nil {
			return nil, err
		}
	}
	if in.at != len(b) {
		return nil, errRecords
	}
	r.Trim()
	return r, nil
}

// element reports whether s may be one element of a clean path.
func element(s string) bool {
	return s != "" && s != "." && s != ".." && len(s) <= limitio.MaxName && strings.IndexByte(s, '/') < 0
}

// stored are stored records that are being read. Once bad, all is empty.
type stored struct {
	bytes []byte
	text  string // the same
	at    int
	bad   bool
}

func (s *stored) advance(n int) {
	if s.bad = s.bad || n <= 0; !s.bad {
		s.at += n
	}
}

func (s *stored) number() uint64 {
	v, n := binary.Uvarint(s.bytes[s.at:])
	s.advance(n)
	return v
}

func (s *stored) step() int64 {
	v, n := binary.Varint(s.bytes[s.at:])
	s.advance(n)
	return v
}

func (s *stored) take(n uint64) string {
	if s.bad = s.bad || n > uint64(len(s.text)-s.at); s.bad {
		return ""
	}
	from := s.at
	s.at += int(n)
	return s.text[from:s.at]
}

func (s *stored) name() string { return s.take(s.number()) }
