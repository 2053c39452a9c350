package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// lines reads text line by line, each at most limitio.MaxLine bytes, without
// its end (LF or CRLF) and without a byte order mark at the start.
type lines struct {
	path string // for errors
	scan *bufio.Scanner
	n    int    // number of the current line, from 1
	text []byte // the current line, valid until next
}

func newLines(path string, r io.Reader) *lines {
	s := bufio.NewScanner(r)
	s.Buffer(nil, limitio.MaxLine) // most files are small, so it starts small
	return &lines{path: path, scan: s}
}

// next moves to the next line and reports whether there is one.
func (l *lines) next() bool {
	if !l.scan.Scan() {
		l.text = nil
		return false
	}
	l.n++
	l.text = l.scan.Bytes()
	if l.n == 1 {
		l.text = bytes.TrimPrefix(l.text, []byte("\ufeff"))
	}
	return true
}

// err says why next ended before the end of the text.
func (l *lines) err() error {
	err := l.scan.Err()
	if err == nil {
		return nil
	}
	if errors.Is(err, bufio.ErrTooLong) {
		l.n++
		return l.damagef("a line of more than %d bytes: %w", limitio.MaxLine, landwaiter.ErrTooLarge)
	}
	return fmt.Errorf("reading %s: %w", l.path, err)
}

// damagef is a *landwaiter.SyntaxError at the current line.
func (l *lines) damagef(format string, args ...any) error {
	return &landwaiter.SyntaxError{Path: l.path, Line: l.n, Err: fmt.Errorf(format, args...)}
}

// blank reports whether the current line holds nothing but space.
func (l *lines) blank() bool { return len(bytes.TrimSpace(l.text)) == 0 }

// stanzas reads Debian's control format, which R's DESCRIPTION files share:
// "Name: value" lines, more of the value on lines that start with space, a
// blank line between stanzas.
//
// Format: deb822(5); R's read.dcf.
type stanzas struct {
	*lines
	keep  map[string]bool
	first int // number of the current stanza's first line
	// field holds the kept fields of the current stanza, by lower-case name,
	// trimmed; lines of one value are joined by "\n". Valid until next.
	field map[string]string
	fail  error
}

// newStanzas keeps only the fields named, in lower case.
func newStanzas(path string, r io.Reader, keep ...string) *stanzas {
	s := &stanzas{lines: newLines(path, r), keep: make(map[string]bool), field: make(map[string]string)}
	for _, name := range keep {
		s.keep[name] = true
	}
	return s
}

// next moves to the next stanza and reports whether there is one. At damage it
// returns false, err tells, and field holds what came before.
func (s *stanzas) next() bool {
	clear(s.field)
	if s.fail != nil {
		return false
	}
	s.first = 0
	var name string // of the field that continues, "" where it is not kept
	var value strings.Builder
	for s.lines.next() {
		if s.blank() {
			if s.first == 0 {
				continue
			}
			break
		}
		if s.text[0] == ' ' || s.text[0] == '\t' {
			if s.first == 0 {
				s.fail = s.damagef("a continued value that no field starts")
				return false
			}
			if name != "" {
				value.WriteByte('\n')
				value.Write(bytes.TrimSpace(s.text))
			}
			continue
		}
		if s.first == 0 {
			s.first = s.n
		}
		if s.fail = s.put(name, value.String()); s.fail != nil {
			return false
		}
		key, rest, ok := bytes.Cut(s.text, []byte(":"))
		if key = bytes.TrimSpace(key); !ok || len(key) == 0 {
			s.fail = s.damagef("no field name and colon")
			return false
		}
		name = ""
		value.Reset()
		if k := strings.ToLower(string(key)); s.keep[k] {
			name = k
			value.Write(bytes.TrimSpace(rest))
		}
	}
	if s.fail = s.lines.err(); s.fail != nil {
		return false
	}
	if s.fail = s.put(name, value.String()); s.fail != nil {
		return false
	}
	return s.first != 0
}

// put ends the field called name.
func (s *stanzas) put(name, value string) error {
	if name == "" {
		return nil
	}
	value = strings.Trim(value, "\n")
	if old, ok := s.field[name]; ok && old != value {
		return s.damagef("field %q twice in one stanza, with two values", name)
	}
	s.field[name] = value
	return nil
}

func (s *stanzas) err() error { return s.fail }

// tally counts what one file claims: a short file can name a long folder many
// times over.
type tally struct{ claims, bytes int }

// add counts a claim on path. Its error is landwaiter.ErrTooLarge.
func (t *tally) add(path string) error {
	t.claims++
	t.bytes += len(path)
	switch {
	case len(path) > limitio.MaxName:
		return fmt.Errorf("a name of %d bytes: %w", len(path), landwaiter.ErrTooLarge)
	case t.claims > maxClaims:
		return fmt.Errorf("more than %d file names: %w", maxClaims, landwaiter.ErrTooLarge)
	case t.bytes > maxClaimBytes:
		return fmt.Errorf("file names of more than %d bytes: %w", maxClaimBytes, landwaiter.ErrTooLarge)
	}
	return nil
}
