package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
)

// thrift reads Thrift's compact protocol.
//
// Format: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.
type thrift struct {
	b   []byte
	err error
}

func (t *thrift) fail() {
	t.b = nil
	if t.err == nil {
		t.err = io.ErrUnexpectedEOF
	}
}

func (t *thrift) u8() byte {
	if len(t.b) == 0 {
		t.fail()
		return 0
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c
}

func (t *thrift) varint() uint64 {
	v, n := binary.Uvarint(t.b)
	if n <= 0 {
		t.fail()
		return 0
	}
	t.b = t.b[n:]
	return v
}

func (t *thrift) number() int64 {
	v := t.varint()
	return int64(v>>1) ^ -int64(v&1)
}

func (t *thrift) text() string {
	n := t.varint()
	if n > uint64(len(t.b)) {
		t.fail()
		return ""
	}
	s := string(t.b[:n])
	t.b = t.b[n:]
	return s
}

// fields calls each for every field of a struct; it must read the value.
func (t *thrift) fields(depth int, each func(id int, kind byte)) {
	for id := 0; t.err == nil; {
		h := t.u8()
		if h&0xf == 0 {
			return
		}
		if h>>4 == 0 {
			id = int(int16(t.number()))
		} else {
			id += int(h >> 4)
		}
		if depth > thriftDeepest {
			t.fail()
			return
		}
		each(id, h&0xf)
	}
}

// list returns the number and the kind of what a list holds.
func (t *thrift) list() (int, byte) {
	h := t.u8()
	n := uint64(h >> 4)
	if n == 15 {
		n = t.varint()
	}
	if n > uint64(len(t.b)) {
		t.fail()
		return 0, 0
	}
	return int(n), h & 0xf
}

const thriftDeepest = 32

func (t *thrift) skip(kind byte, depth int) {
	switch kind {
	case 1, 2: // true and false, in the field's head
	case 3:
		t.u8()
	case 4, 5, 6:
		t.varint()
	case 7:
		if len(t.b) < 8 {
			t.fail()
			return
		}
		t.b = t.b[8:]
	case 8:
		t.text()
	case 9, 10:
		for n, of := t.list(); n > 0 && t.err == nil; n-- {
			if of <= 2 {
				t.u8()
				continue
			}
			t.deeper(of, depth)
		}
	case 12:
		t.fields(depth, func(_ int, kind byte) { t.deeper(kind, depth) })
	default:
		t.fail()
	}
}

func (t *thrift) deeper(kind byte, depth int) {
	if depth > thriftDeepest {
		t.fail()
		return
	}
	t.skip(kind, depth+1)
}

// lookParquet reads the footer: names of columns, number of rows, who wrote it.
//
// Format: github.com/apache/parquet-format, parquet.thrift.
func lookParquet(l *look) error {
	end, err := l.exactly(l.size-8, 8)
	if err != nil {
		return err
	}
	if string(end[4:]) == "PARE" {
		l.say("its footer is encrypted")
		l.closed = true
		return nil
	}
	size := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != "PAR1" || size > l.size-8 || size > natureEnds-8 {
		return errors.New("no footer")
	}
	b, err := l.exactly(l.size-8-size, size)
	if err != nil {
		return err
	}
	t := &thrift{b: b}
	var names []string
	writer := ""
	t.fields(0, func(id int, kind byte) {
		switch {
		case id == 2 && kind == 9:
			for n, _ := t.list(); n > 0 && t.err == nil; n-- {
				if name, leaf := t.parquetColumn(); leaf {
					names = append(names, name)
				}
			}
		case id == 3 && kind == 6:
			l.nature.Rows = max(t.number(), 0)
		case id == 6 && kind == 8:
			writer = short(t.text(), natureName)
		default:
			t.skip(kind, 1)
		}
	})
	l.fields(names)
	if writer != "" {
		l.say("written by %s", writer)
	}
	return t.err
}

func (t *thrift) parquetColumn() (name string, leaf bool) {
	leaf = true
	t.fields(1, func(id int, kind byte) {
		switch {
		case id == 4 && kind == 8:
			name = t.text()
		case id == 5 && kind == 5:
			leaf = t.number() == 0
		default:
			t.skip(kind, 2)
		}
	})
	return name, leaf
}

// flat reads FlatBuffers.
//
// Format: flatbuffers.dev, "FlatBuffer Internals".
type flat struct{ b []byte }

func (f flat) u32(at int) int {
	if at < 0 || at+4 > len(f.b) {
		return -1
	}
	return int(binary.LittleEndian.Uint32(f.b[at:]))
}

// field is where field n of the table at at stands, -1 where it does not.
func (f flat) field(at, n int) int {
	back := f.u32(at)
	if back < 0 {
		return -1
	}
	v := at - int(int32(back))
	if v < 0 || v+4+2*n+2 > len(f.b) || int(binary.LittleEndian.Uint16(f.b[v:])) < 4+2*n+2 {
		return -1
	}
	off := int(binary.LittleEndian.Uint16(f.b[v+4+2*n:]))
	if off == 0 {
		return -1
	}
	return at + off
}

// follow is where the reference at at leads, -1 where nowhere.
func (f flat) follow(at int) int {
	off := f.u32(at)
	if off <= 0 || at+off >= len(f.b) {
		return -1
	}
	return at + off
}

func (f flat) text(at int) string {
	n := f.u32(at)
	if n < 0 || at+4+n > len(f.b) {
		return ""
	}
	return string(f.b[at+4 : at+4+n])
}

// lookArrow reads the names of columns in the footer of an Arrow file.
//
// Format: arrow.apache.org, "Arrow Columnar Format", File.fbs, Schema.fbs.
func lookArrow(l *look) error {
	end, err := l.exactly(l.size-10, 10)
	if err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != "ARROW1" || size > l.size-10 || size > natureEnds-10 {
		return errors.New("no footer")
	}
	b, err := l.exactly(l.size-10-size, size)
	if err != nil {
		return err
	}
	f := flat{b}
	schema := f.follow(f.field(f.follow(0), 1))
	list := f.follow(f.field(schema, 1))
	n := f.u32(list)
	if schema < 0 || list < 0 || n < 0 || n > len(b)/4 {
		return errors.New("no schema")
	}
	var names []string
	for i := range n {
		names = append(names, f.text(f.follow(f.field(f.follow(list+4+4*i), 0))))
	}
	l.fields(names)
	return nil
}

// lookXPT reads the names of the variables of a SAS transport file.
//
// Format: SAS, "Record layout of a SAS version 5 or 6 data set in SAS transport
// (XPORT) format".
func lookXPT(l *look) error {
	b := l.start()
	at := bytes.Index(b, []byte("HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"))
	if at < 0 || at+80 > len(b) {
		return errors.New("no list of variables")
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b[at+54 : at+58])))
	if err != nil || n < 0 {
		return errors.New("no number of variables")
	}
	var names []string
	for b = b[at+80:]; n > 0 && len(b) >= 140; n-- {
		names = append(names, strings.TrimSpace(string(b[8:16])))
		b = b[140:]
	}
	l.fields(names)
	return nil
}

// lookSPSS reads the dictionary of an SPSS file.
//
// Format: PSPP Developers Guide, "System File Format".
func lookSPSS(l *look) error {
	o := &order{r: l, size: l.size, ByteOrder: binary.LittleEndian, at: 64}
	if n := o.u32(); n != 2 && n != 3 {
		o.ByteOrder = binary.BigEndian
	}
	o.at = 80
	if n := int32(o.u32()); n >= 0 {
		l.nature.Rows = int64(n)
	}
	o.at = 176
	var names []string
	for len(names) < spssMaxNames && o.u32() == 2 && o.err == nil {
		kind, label, missing := int32(o.u32()), o.u32(), int64(int32(o.u32()))
		o.skip(8)
		name := strings.TrimRight(string(o.bytes(8)), " \x00")
		if label == 1 {
			n := int64(o.u32())
			o.skip(n + pad4(n))
		}
		o.skip(8 * max(missing, -missing))
		if kind >= 0 && o.err == nil {
			names = append(names, name)
		}
	}
	l.fields(names)
	return o.err
}

const spssMaxNames = 100_000
