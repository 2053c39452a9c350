// Package content looks into files while they stream by: for passwords and keys, for
// data about people, and with ClamAV for harmful software.
//
// Nothing that it finds is kept, cached, logged or printed: a mark says what kind of
// thing was seen, where, and on which line.
package content

import (
	"bytes"
	"context"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

const (
	// behind and ahead are how many bytes around a place are there to examine.
	behind = 4 << 10
	ahead  = 12 << 10
	// buffer is how much is searched at once.
	buffer = 256 << 10
	// maxLooks is how many places of one file are examined. A file with more is made
	// so, or is a list of keys: what was found by then says enough.
	maxLooks = 20_000
	// maxMarks is how many places of one file are marked.
	maxMarks = 20
	// firstBytes is the start of a file, where a table names its columns.
	firstBytes = 4 << 10
)

// Looker holds what all watches share. It does not change.
type Looker struct {
	search *search
	rules  []rule
	slots  slots
}

// New makes a Looker.
func New() *Looker {
	k := &Looker{rules: rules(), slots: make(slots, callsAtOnce)}
	k.search = newSearch(k.rules)
	return k
}

// Watch makes the watch of one layer.
func (k *Looker) Watch() inventory.Watch { return k.watch() }

func (k *Looker) watch() *watch {
	return &watch{k: k, counts: map[counted]landwaiter.Count{}}
}

// counted is what was looked into, or not and why.
type counted struct{ check, why string }

// watch looks into one file after the other.
type watch struct {
	k      *Looker
	p      inventory.Passing // Head is not kept
	mode   mode
	size   int64
	buf    []byte
	done   int   // of buf: places before it are examined
	lines  int64 // before buf[0]
	looks  int
	lost   bool   // a place could not be examined
	first  []byte // the file's first bytes
	whole  []byte // of a file that is examined as a whole
	people people
	here   []inventory.Mark

	marks  []inventory.Mark
	counts map[counted]landwaiter.Count
}

// mode is how a file is looked into.
type mode uint8

const (
	modeNone  mode = iota
	modeText       // for all
	modeDICOM      // for who the patient is
)

// tables are the formats of tables whose texts stand in them as they are.
var tables = map[string]bool{
	"R data": true, "SQLite": true, "SAS data set": true, "SAS transport file": true, "SPSS": true,
	"Stata": true, "Stata, old form": true, "Arrow": true, "Feather, old form": true,
}

// File begins a file.
func (w *watch) File(p inventory.Passing) bool {
	w.p, w.mode = p, modeNone
	w.size, w.done, w.lines, w.looks, w.lost = 0, 0, 0, 0, false
	w.buf, w.first, w.whole, w.here = w.buf[:0], w.first[:0], w.whole[:0], w.here[:0]
	switch {
	case len(p.Head) == 0:
		return false
	case p.Format == "DICOM":
		w.mode = modeDICOM
	case tables[p.Format], isText(p.Head):
		w.mode = modeText
		w.people.reset()
	default:
		w.pass(p)
	}
	w.p.Head = nil
	return w.mode != modeNone
}

// pass counts a file that is not looked into.
func (w *watch) pass(p inventory.Passing) {
	why := whyBinary
	if p.Kind == landwaiter.FileArchive {
		return // its members are looked into, or a gap says that they are not
	}
	n := landwaiter.Count{Files: 1, Bytes: max(p.Size, 0)}
	w.count(landwaiter.CheckSecrets, why, n)
	w.count(landwaiter.CheckPersonal, why, n)
}

func (w *watch) count(check, why string, n landwaiter.Count) {
	sum := w.counts[counted{check, why}]
	sum.Add(n)
	w.counts[counted{check, why}] = sum
}

// Why a file was not looked into.
const (
	whyBinary = "are programs, pictures and other files without plain text"
	whyMany   = "have places that look like secrets and could not be examined"
	whyNamed  = "have the name of a file of passwords and are too large to be read as one"
)

// Write takes the next bytes of a file.
func (w *watch) Write(p []byte) (int, error) {
	n := len(p)
	w.size += int64(n)
	if room := firstBytes - len(w.first); room > 0 {
		w.first = append(w.first, p[:min(room, n)]...)
	}
	if w.mode == modeDICOM {
		if room := maxDICOM - len(w.whole); room > 0 {
			w.whole = append(w.whole, p[:min(room, n)]...)
		}
		return n, nil
	}
	for len(p) > 0 {
		if len(w.buf) >= buffer {
			w.examine(false)
		}
		k := min(len(p), buffer-len(w.buf))
		w.buf = append(w.buf, p[:k]...)
		p = p[k:]
	}
	return n, nil
}

// examine looks at what is in the buffer, and makes room. last says that no more
// will come.
func (w *watch) examine(last bool) {
	end := len(w.buf)
	if !last {
		end -= ahead
	}
	w.k.search.find(w.buf, w.done, end, func(at, rule int) { w.look(at, rule) })
	w.addresses(end)
	w.numbers(end)
	if w.done = max(end, 0); last {
		return
	}
	gone := max(w.done-behind, 0)
	w.lines += int64(bytes.Count(w.buf[:gone], []byte{'\n'}))
	w.buf = append(w.buf[:0], w.buf[gone:]...)
	w.done -= gone
}

// look examines a place where a rule's anchor stands.
func (w *watch) look(at, n int) {
	r := &w.k.rules[n]
	if !w.may() {
		return
	}
	from := max(at-r.behind, 0)
	window := w.buf[from:min(at+r.ahead, len(w.buf))]
	switch r.examine(w.k, window, at-from) {
	case secret:
		w.mark(r.what, at)
	case unknown:
		w.lost = true
	case nothing:
	}
}

// may reports whether one more place may be examined.
func (w *watch) may() bool {
	w.looks++
	return w.looks <= maxLooks
}

// mark notes that something was seen at a place of the buffer. What is seen on one
// line is one thing.
func (w *watch) mark(what string, at int) {
	w.markLine(what, w.lines+int64(bytes.Count(w.buf[:at], []byte{'\n'}))+1)
}

func (w *watch) markLine(what string, line int64) {
	if tables[w.p.Format] {
		line = 0 // nobody reads lines there
	}
	for i := range w.here {
		m := &w.here[i]
		if m.What == what && (m.Line == line || len(w.here) >= maxMarks) {
			if m.Line != line {
				m.Count++
			}
			return
		}
	}
	w.here = append(w.here, inventory.Mark{Record: w.p.Record, Inside: w.p.Inside, What: what, Line: line, Count: 1})
}

// End ends a file.
func (w *watch) End() {
	why := ""
	switch w.mode {
	case modeNone:
		return
	case modeDICOM:
		w.patient(w.whole)
	case modeText:
		if n := namedOf(w.p.Path); n != nil {
			// One that fits is still in the buffer, whole.
			if w.size == int64(len(w.buf)) {
				n.read(w.buf, w.markLine)
			} else {
				why = whyNamed
			}
		}
		w.examine(true)
		w.counted()
		if w.looks > maxLooks || w.lost {
			why = whyMany
		}
	}
	n := landwaiter.Count{Files: 1, Bytes: w.size}
	if w.mode == modeText {
		w.count(landwaiter.CheckSecrets, "", n)
	} else {
		w.count(landwaiter.CheckSecrets, whyBinary, n)
	}
	w.count(landwaiter.CheckPersonal, "", n)
	if why != "" {
		w.count(landwaiter.CheckSecrets, why, n)
	}
	w.marks = append(w.marks, w.here...)
}

// Close says what was seen.
func (w *watch) Close(context.Context) (inventory.Watched, error) {
	out := inventory.Watched{Marks: w.marks}
	for c, n := range w.counts {
		out.Looked = append(out.Looked, inventory.Looked{Check: c.check, Why: c.why, Count: n})
	}
	w.buf, w.whole, w.first = nil, nil, nil
	return out, nil
}

// notText are the bytes that text lacks.
var notText = func() (c [256]bool) {
	for i := range 0x20 {
		c[i] = !strings.ContainsRune("\t\n\v\f\r\x1b", rune(i))
	}
	return c
}()

// isText reports whether head has none of the control characters that text lacks.
func isText(head []byte) bool {
	for _, c := range head {
		if notText[c] {
			return false
		}
	}
	return true
}
