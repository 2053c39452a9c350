package advisory

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// The built file:
//
//	magic        8 bytes, "LWADVIS" and a newline
//	version      4 bytes
//	sections     4 bytes, their number
//	table        per section: name (16 bytes, padded with zeros), offset (8),
//	             length (8), SHA-256 (32)
//	seal         32 bytes, SHA-256 of all of the above
//	the sections, one after the other, in the order of the table; the file ends
//	where the last one ends
//
// Numbers are little-endian. A file is never changed after it is built, so its
// own SHA-256 names it for ever.
const (
	magic         = "LWADVIS\n"
	formatVersion = 1
	headFixed     = len(magic) + 8
	tableRow      = 16 + 8 + 8 + sha256.Size
)

// The sections.
const (
	secMeta     = "meta"     // JSON: when it was built, sources, ends of support
	secKeys     = "keys"     // index: ecosystem and package name to a run of postings
	secPostings = "postings" // per record and package: what is affected
	secCards    = "cards"    // per record: what matching needs beside the ranges
	secIDs      = "ids"      // index: identifier to the numbers of records that carry it
	secNumbers  = "numbers"  // what secIDs points into
	secCVEs     = "cves"     // per CVE: EPSS, exploited since, best vector
	secBlocks   = "blocks"   // per block of details: offset, length, unpacked length
	secDetails  = "details"  // records as published, zstd
)

// sectionNames is the order of the sections in the file.
var sectionNames = []string{secMeta, secKeys, secPostings, secCards, secIDs, secNumbers, secCVEs, secBlocks, secDetails}

// section is one row of the table.
type section struct {
	name           string
	offset, length uint64
	sum            [sha256.Size]byte
}

func headerSize(sections int) int { return headFixed + sections*tableRow + sha256.Size }

func encodeHeader(list []section) []byte {
	b := append([]byte(magic), 0, 0, 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[len(magic):], formatVersion)
	binary.LittleEndian.PutUint32(b[len(magic)+4:], uint32(len(list)))
	for _, s := range list {
		var name [16]byte
		copy(name[:], s.name)
		b = append(b, name[:]...)
		b = binary.LittleEndian.AppendUint64(b, s.offset)
		b = binary.LittleEndian.AppendUint64(b, s.length)
		b = append(b, s.sum[:]...)
	}
	seal := sha256.Sum256(b)
	return append(b, seal[:]...)
}

// decodeHeader reads the table of a file of size bytes, of which b holds at least
// the header.
func decodeHeader(b []byte, size int64) (map[string]section, error) {
	if len(b) < headFixed || string(b[:len(magic)]) != magic {
		return nil, errors.New("it is no advisory file")
	}
	if v := binary.LittleEndian.Uint32(b[len(magic):]); v != formatVersion {
		return nil, fmt.Errorf("it is of format %d and this program reads format %d", v, formatVersion)
	}
	n := int(binary.LittleEndian.Uint32(b[len(magic)+4:]))
	if n > maxSections || len(b) < headerSize(n) {
		return nil, errors.New("it ends inside its header")
	}
	end := headerSize(n)
	if seal := sha256.Sum256(b[:end-sha256.Size]); !bytes.Equal(seal[:], b[end-sha256.Size:end]) {
		return nil, errors.New("its header is damaged")
	}
	out := make(map[string]section, n)
	at := uint64(end)
	for i := range n {
		r := b[headFixed+i*tableRow:]
		s := section{
			name: string(bytes.TrimRight(r[:16], "\x00")), offset: binary.LittleEndian.Uint64(r[16:]),
			length: binary.LittleEndian.Uint64(r[24:]), sum: [sha256.Size]byte(r[32:tableRow]),
		}
		if s.offset != at || s.length > uint64(size)-at {
			return nil, fmt.Errorf("its section %q does not lie in the file", s.name)
		}
		at += s.length
		out[s.name] = s
	}
	if at != uint64(size) {
		return nil, fmt.Errorf("it is %d bytes long and should be %d", size, at)
	}
	for _, name := range sectionNames {
		if _, ok := out[name]; !ok {
			return nil, fmt.Errorf("it lacks the section %q", name)
		}
	}
	return out, nil
}

// sectionFile is a section while it is written, in a file of its own.
type sectionFile struct {
	name string
	f    *os.File
	w    *bufio.Writer
	h    hash.Hash
	n    uint64
}

func newSection(dir, name string) (*sectionFile, error) {
	f, err := os.Create(filepath.Join(dir, "section."+name))
	if err != nil {
		return nil, fmt.Errorf("section %s: %w", name, err)
	}
	return &sectionFile{name: name, f: f, w: bufio.NewWriterSize(f, 1<<20), h: sha256.New()}, nil
}

func (s *sectionFile) Write(b []byte) (int, error) {
	s.h.Write(b)
	s.n += uint64(len(b))
	n, err := s.w.Write(b)
	if err != nil {
		return n, fmt.Errorf("section %s: %w", s.name, err)
	}
	return n, nil
}

// writeFile puts the sections behind their header into the file w.
func writeFile(w io.Writer, parts []*sectionFile) error {
	list := make([]section, len(parts))
	at := uint64(headerSize(len(parts)))
	for i, p := range parts {
		list[i] = section{p.name, at, p.n, [sha256.Size]byte(p.h.Sum(nil))}
		at += p.n
	}
	if _, err := w.Write(encodeHeader(list)); err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.w.Flush(); err != nil {
			return err
		}
		if _, err := p.f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if n, err := io.Copy(w, p.f); err != nil || uint64(n) != p.n {
			return errors.Join(err, fmt.Errorf("section %s: copied %d bytes of %d", p.name, n, p.n))
		}
	}
	return nil
}
