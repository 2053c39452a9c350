package inventory

import (
	"encoding/binary"
	"errors"
	"strings"
)

// sasEncodings are SAS's numbers of the encodings that are common.
var sasEncodings = map[byte]string{20: "UTF-8", 28: "US-ASCII", 29: "Latin 1", 33: "Latin 2", 40: "Latin 9", 61: "WLatin 2", 62: "WLatin 1", 134: "EUC-JP", 138: "Shift-JIS"}

// sas reads the first pages of a SAS data set.
//
// Format: "SAS7BDAT Database Binary Format" by M. Shotwell, and ReadStat.
type sas struct {
	*order
	l     *look
	wide  bool // 64 bits
	texts [][]byte
	names []string
}

func lookSAS(l *look) error {
	h, err := l.exactly(0, 288)
	if err != nil {
		return err
	}
	s := &sas{l: l, order: &order{r: l, size: l.size, ByteOrder: binary.BigEndian}, wide: h[32] == '3'}
	if h[37] == 1 {
		s.ByteOrder = binary.LittleEndian
	}
	shift := int64(0)
	if h[35] == '3' {
		shift = 4
	}
	if e := sasEncodings[h[70]]; e != "" {
		l.say("encoding %s", e)
	}
	if name := short(strings.TrimRight(string(h[92:156]), " \x00"), natureName); name != "" {
		l.say("data set %q", name)
	}
	s.at = 196 + shift
	header, page, pages := int64(s.u32()), int64(s.u32()), int64(s.u32())
	if header < 288 || page < 1024 || page > sasMaxPage {
		return errors.New("pages of an odd size")
	}
	for i := range min(pages, sasMaxPages) {
		if err := s.page(header+i*page, page); err != nil {
			return err
		}
	}
	l.fields(s.names)
	return nil
}

// integer reads a number as wide as the file's.
func (s *sas) integer(b []byte) int64 {
	if s.wide {
		if len(b) < 8 {
			return -1
		}
		return int64(min(s.Uint64(b), 1<<62))
	}
	if len(b) < 4 {
		return -1
	}
	return int64(s.Uint32(b))
}

// page reads the subheaders of a page.
func (s *sas) page(off, size int64) error {
	b, err := s.l.exactly(off, size)
	if err != nil {
		return err
	}
	start, width, word := 16, 12, 4
	if s.wide {
		start, width, word = 32, 24, 8
	}
	count := int(s.Uint16(b[start+4:]))
	if kind := s.Uint16(b[start:]) &^ 0x8000; kind != 0 && kind != 0x200 && kind != 0x400 && kind != 0x4000 {
		return nil // rows alone
	}
	for i := range count {
		at := start + 8 + i*width
		if at+width > len(b) {
			return errors.New("a page with more parts than it has room for")
		}
		from, n := s.integer(b[at:]), s.integer(b[at+word:])
		if n == 0 || b[at+2*word] == 1 {
			continue
		}
		if from < 0 || n < 0 || from > size || n > size-from {
			return errors.New("a part beyond its page")
		}
		s.part(b[from:from+n], word)
	}
	return nil
}

// part reads one subheader: sizes, texts, or names of columns, which are pieces of
// the texts.
func (s *sas) part(b []byte, word int) {
	if len(b) < word+8 {
		return
	}
	sign := s.Uint32(b)
	if s.wide && s.ByteOrder == binary.ByteOrder(binary.BigEndian) {
		sign = s.Uint32(b[4:])
	}
	switch {
	case sign == 0xf7f7f7f7 && len(b) >= 7*word:
		s.l.nature.Rows = max(s.integer(b[6*word:]), 0)
	case sign == 0xfffffffd && len(s.texts) < 64:
		s.texts = append(s.texts, b[word:])
	case sign == 0xffffffff:
		for at := word + 8; at+8 <= len(b)-word-4 && len(s.names) < natureFields*100; at += 8 {
			i, from, n := int(s.Uint16(b[at:])), int(s.Uint16(b[at+2:])), int(s.Uint16(b[at+4:]))
			if i < len(s.texts) && from+n <= len(s.texts[i]) {
				s.names = append(s.names, strings.TrimRight(string(s.texts[i][from:from+n]), " \x00"))
			}
		}
	}
}

// Caps on what is read of a SAS data set.
const (
	sasMaxPage  = 16 << 20
	sasMaxPages = 8 // names stand on the first
)
