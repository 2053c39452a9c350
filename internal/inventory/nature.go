package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// need is how much of a file a look inside it takes.
type need uint8

const (
	// needHead: the first headSize bytes, which are read of every file.
	needHead need = iota
	// needStart: the first natureStart bytes.
	needStart
	// needWhole: all of it, up to limitio.MaxInMemory; of a larger file its first
	// and last natureEnds bytes. Reading between them fails with errHole.
	needWhole
	// needEnds: the same two ends of any file.
	needEnds
	// needStream: all of it once, from its start, whatever its size.
	needStream
	// needSpill: all of it in any order: in memory where small, else on disk up to
	// limitio.MaxWanted. Of a larger one its ends.
	needSpill
)

// format is one row of the table of what files are.
type format struct {
	// name is the field's own name for it, and Nature.Format.
	name string
	kind landwaiter.FileKind
	// closed: recognised, and nobody can look inside without a key.
	closed bool
	// magics are first bytes, of which one must fit; suffixes are ends of names.
	// A row with both asks for both.
	magics   []magic
	suffixes []string
	// as is the kind of files of some suffixes, where it is not kind.
	as map[string]landwaiter.FileKind
	// check says whether the row fits after all, where magics are weak.
	check func(name string, head []byte) bool
	need  need
	// look says what the file is. It is nil where only the kind is known. It
	// fails where the file is damaged. What it said before stands.
	look func(l *look) error
	// code is true where damage may hide code.
	code bool
}

// magic is what files of one format hold at a place of their first headSize bytes.
type magic struct {
	at    int
	bytes string
}

// begins lists magics at the start.
func begins(list ...string) []magic {
	out := make([]magic, len(list))
	for i, s := range list {
		out[i] = magic{0, s}
	}
	return out
}

// formatIndex finds the row of a file at the cost of one or two look-ups: it runs
// for every file of a subject.
type formatIndex struct {
	table    []format
	first    [256][]int       // rows with a magic at the start, by its first byte
	deep     []int            // rows with a magic elsewhere
	suffixes map[string][]int // rows without magics
}

func indexFormats(table []format) *formatIndex {
	x := &formatIndex{table: table, suffixes: map[string][]int{}}
	for i := range table {
		f := &table[i]
		for _, m := range f.magics {
			switch {
			case m.at > 0:
				x.deep = append(x.deep, i)
			default:
				c := m.bytes[0]
				if n := len(x.first[c]); n == 0 || x.first[c][n-1] != i {
					x.first[c] = append(x.first[c], i)
				}
			}
		}
		if len(f.magics) == 0 {
			for _, s := range f.suffixes {
				x.suffixes[s] = append(x.suffixes[s], i)
			}
		}
	}
	return x
}

// find says what a file is by its first bytes, at most headSize, and its name. f
// is nil where no row fits.
func (x *formatIndex) find(name string, head []byte) (f *format, kind landwaiter.FileKind) {
	if len(head) == 0 {
		return nil, landwaiter.FileEmpty
	}
	ext := path.Ext(name)
	named, isNamed, fits := x.named(ext, name, head)
	best := x.fits(x.first[head[0]], ext, name, head, len(x.table))
	if len(head) > 8 {
		best = x.fits(x.deep, ext, name, head, best)
	}
	if best < len(x.table) {
		f = &x.table[best]
		kind = f.kind
		if k, ok := f.as[ext]; ok {
			return f, k
		}
		// A packed or wrapped model is a model, and a script that is an archive is one.
		if isNamed && kind == landwaiter.FileArchive && len(f.suffixes) == 0 {
			kind = x.kindOfRow(named, ext)
		}
		return f, kind
	}
	if fits {
		return &x.table[named], x.kindOfRow(named, ext)
	}
	if text(head) {
		return nil, landwaiter.FileText
	}
	return nil, landwaiter.FileUnknown
}

// named is the first row that the end of a name stands for and that fits, or else
// the last that it stands for.
func (x *formatIndex) named(ext, name string, head []byte) (row int, ok, fits bool) {
	for _, i := range x.suffixes[ext] {
		row, ok = i, true
		if check := x.table[i].check; check == nil || check(name, head) {
			return row, true, true
		}
	}
	return row, ok, false
}

func (x *formatIndex) kindOfRow(row int, ext string) landwaiter.FileKind {
	if k, ok := x.table[row].as[ext]; ok {
		return k
	}
	return x.table[row].kind
}

// fits is the first of rows that fits, if it stands before best in the table.
func (x *formatIndex) fits(rows []int, ext, name string, head []byte, best int) int {
	for _, i := range rows {
		if i >= best {
			break
		}
		f := &x.table[i]
		if len(f.suffixes) > 0 && !slices.Contains(f.suffixes, ext) {
			continue
		}
		for _, m := range f.magics {
			if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes && (f.check == nil || f.check(name, head)) {
				return i
			}
		}
	}
	return best
}

// controls are the bytes that text lacks.
var controls = func() (c [256]bool) {
	for i := range 0x20 {
		c[i] = !strings.ContainsRune("\t\n\v\f\r\x1b", rune(i))
	}
	return c
}()

// text reports whether head has none of the control characters that text lacks.
func text(head []byte) bool {
	for _, c := range head {
		if controls[c] {
			return false
		}
	}
	return true
}

// look is one look inside a file, and what it showed.
type look struct {
	path string
	at   int32 // the record
	size int64 // -1 in a stream, where it is not known yet
	// stored is the size as the layer states it.
	stored int64
	head   []byte
	// ReaderAt reads what the row's need asks for; it is nil in a stream.
	io.ReaderAt
	// in reads the file from its start, for needStream alone.
	in io.Reader

	nature landwaiter.Nature
	gaps   []landwaiter.Gap
	// closed: there is something inside that was not looked at; opened: all that
	// is inside was.
	closed, opened bool
	walk           *walk // of the archives; nil where none may be opened
	// kind, where not empty, is what the file turned out to be.
	kind landwaiter.FileKind
}

// errHole: the place lies between the two ends of a large file that were kept.
var errHole = errors.New("in the middle of a large file, which was not kept")

// errNotIt: the file is not what its first bytes seemed to say.
var errNotIt = errors.New("not of this format")

// run looks inside a file of row f. nature is nil where only its kind is known.
func (l *look) run(f *format) (nature *landwaiter.Nature) {
	l.nature.Format = f.name
	err := func() (err error) {
		defer caught(l.path, &err)
		return f.look(l)
	}()
	switch {
	case errors.Is(err, errNotIt):
		return nil
	case errors.Is(err, errHole):
		l.say("too large to be read whole")
		if f.code {
			l.shut(l.size, f.name+": "+errHole.Error())
		}
	case err != nil:
		if l.opened = false; f.code {
			l.shut(l.size, f.name+": "+place(err, l.path))
		}
		l.say("damaged, so that not all of it could be read")
	}
	l.nature.Detail = short(l.nature.Detail, natureDetail)
	kept := l.nature // not the look, which holds the file
	return &kept
}

// shut says that something inside could not be looked at.
func (l *look) shut(size int64, reason string) {
	l.closed, l.opened = true, false
	switch {
	case len(l.gaps) < maxGaps:
		l.gaps = append(l.gaps, landwaiter.Gap{Path: l.path, Bytes: size, Code: true, Reason: short(reason, natureDetail)})
	case len(l.gaps) == maxGaps:
		l.gaps = append(l.gaps, landwaiter.Gap{Path: l.path, Bytes: -1, Code: true, Reason: "more inside it could not be looked at"})
	}
}

// say adds a fact to the one line of facts.
func (l *look) say(format string, args ...any) {
	if l.nature.Detail != "" {
		l.nature.Detail += "; "
	}
	l.nature.Detail += fmt.Sprintf(format, args...)
}

// bytes reads up to n bytes at off; fewer where the file ends.
func (l *look) bytes(off, n int64) ([]byte, error) {
	if l.size >= 0 {
		n = min(n, l.size-off)
	}
	if off < 0 || n <= 0 {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	got, err := l.ReadAt(b, off)
	if err != nil && (!errors.Is(err, io.EOF) || got == 0) {
		return nil, err
	}
	return b[:got], nil
}

// exactly reads n bytes at off, or fails.
func (l *look) exactly(off, n int64) ([]byte, error) {
	b, err := l.bytes(off, n)
	if err == nil && int64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// all reads the whole file.
func (l *look) all() ([]byte, error) {
	if l.size > limitio.MaxInMemory {
		return nil, errHole
	}
	return l.bytes(0, l.size)
}

// start reads what needStart keeps.
func (l *look) start() []byte {
	b, err := l.bytes(0, min(l.size, natureStart))
	if err != nil {
		return l.head
	}
	return b
}

// fields takes the names of a table's columns, as many as fit.
func (l *look) fields(names []string) {
	if len(names) > natureFields {
		l.say("%d columns, of which %d are named", len(names), natureFields)
		names = names[:natureFields]
	} else if len(names) > 0 {
		l.say("%d columns", len(names))
	}
	for _, name := range names {
		l.nature.Fields = append(l.nature.Fields, short(name, natureName))
	}
}

// short makes a text from a file fit for a report: one line, valid, without
// control characters, at most n bytes.
func short(s string, n int) string {
	cut := false
	if len(s) > 4*n { // what is cut need not be cleaned
		s, cut = s[:4*n], true
	}
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		switch {
		case c == utf8.RuneError:
			return '?'
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "?")))
	if len(s) > n {
		s, cut = s[:n-len("…")], true
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	if cut {
		s += "…"
	}
	return s
}

// cstring is b up to its first zero byte.
func cstring(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
