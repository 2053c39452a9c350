package inventory

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/landwaiter/landwaiter"
)

// lookStata reads the header of a Stata file of release 117 or later.
//
// Format: Stata, "File formats .dta".
func lookStata(l *look) error {
	b := l.start()
	release, _ := strconv.Atoi(between(b, "<release>", "</release>"))
	var o binary.ByteOrder = binary.LittleEndian
	if between(b, "<byteorder>", "</byteorder>") == "MSF" {
		o = binary.BigEndian
	}
	width := map[int]int{117: 33, 118: 129, 119: 129}[release]
	count := []byte(between(b, "<K>", "</K>"))
	if width == 0 || len(count) < 2 {
		return fmt.Errorf("release %d: %w", release, landwaiter.ErrUnsupported)
	}
	switch n := []byte(between(b, "<N>", "</N>")); len(n) {
	case 4:
		l.nature.Rows = int64(o.Uint32(n))
	case 8:
		l.nature.Rows = int64(min(o.Uint64(n), 1<<62))
	}
	var names []string
	list := []byte(between(b, "<varnames>", "</varnames>"))
	for ; len(list) >= width; list = list[width:] {
		names = append(names, cstring(list[:width]))
	}
	l.say("release %d", release)
	l.fields(names)
	return nil
}

// between is the text between two marks.
func between(b []byte, open, end string) string {
	_, b, ok := bytes.Cut(b, []byte(open))
	if !ok {
		return ""
	}
	b, _, ok = bytes.Cut(b, []byte(end))
	if !ok {
		return ""
	}
	return string(b)
}

// likeOldStata recognises releases 110 to 115.
func likeOldStata(_ string, head []byte) bool {
	return len(head) > 109 && head[0] >= 110 && head[0] <= 115 && (head[1] == 1 || head[1] == 2) && head[2] == 1
}

func lookOldStata(l *look) error {
	o := &order{r: l, size: l.size, ByteOrder: binary.BigEndian, at: 4}
	if l.head[1] == 2 {
		o.ByteOrder = binary.LittleEndian
	}
	n := int64(o.u16())
	l.nature.Rows = int64(o.u32())
	o.at = 109 + n
	var names []string
	for range n {
		names = append(names, cstring(o.bytes(33)))
		if o.err != nil {
			return o.err
		}
	}
	l.say("release %d", l.head[0])
	l.fields(names)
	return nil
}
