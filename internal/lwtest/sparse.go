package lwtest

import (
	"encoding/binary"
	"fmt"
	"io"
)

// writeSparse writes e in GNU's old sparse form: a header that claims e.size
// bytes, and only e.data stored, at their start.
//
// Format: GNU tar manual, "Basic Tar Format", struct sparse and oldgnu_header.
func writeSparse(w io.Writer, e *entry) error {
	const block = 512
	var h [block]byte
	stored := int64(len(e.data))
	if len(e.name) > 100 {
		return fmt.Errorf("name of %d bytes; a sparse entry takes 100", len(e.name))
	}
	copy(h[0:], e.name)
	octal(h[100:108], e.mode)
	octal(h[108:116], 0) // user
	octal(h[116:124], 0) // group
	octal(h[124:136], stored)
	octal(h[136:148], modified.Unix())
	h[156] = 'S'
	copy(h[257:], "ustar  \x00")
	number(h[386:398], 0)      // first part: offset
	number(h[398:410], stored) // and length
	number(h[410:422], e.size) // an empty part marks the end
	number(h[422:434], 0)
	number(h[483:495], e.size) // real size
	copy(h[148:156], "        ")
	var sum int64
	for _, c := range h {
		sum += int64(c)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
	if _, err := w.Write(h[:]); err != nil {
		return err
	}
	if _, err := w.Write(e.data); err != nil {
		return err
	}
	_, err := w.Write(make([]byte, (block-stored%block)%block))
	return err
}

func octal(b []byte, n int64) { copy(b, fmt.Sprintf("%0*o\x00", len(b)-1, n)) }

// number writes n in base 256, which GNU tar uses for what octal cannot hold.
func number(b []byte, n int64) {
	b[0] = 0x80
	binary.BigEndian.PutUint64(b[len(b)-8:], uint64(n))
}
