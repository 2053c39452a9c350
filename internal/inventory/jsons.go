package inventory

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
)

// members reads one JSON object member by member. Names are compared as they
// stand, unlike those of struct tags, which ignore case: the tools that wrote
// and read these files do not. Of a name given twice the last value counts, as
// it does for them.
type members struct {
	f   *file
	dec *json.Decoder
}

func newMembers(f *file) *members {
	r := bufio.NewReader(f.Reader())
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		_, _ = r.Discard(len(mark)) // they were just seen
	}
	return &members{f: f, dec: json.NewDecoder(r)}
}

// object calls member for each member of the object that comes next; member
// must read the value. What comes next and is no object is skipped, and ok is
// false.
func (m *members) object(member func(name string) error) (ok bool, err error) {
	return m.walk('{', func() error {
		name, err := m.dec.Token()
		if err != nil {
			return err
		}
		s, _ := name.(string)
		return member(s)
	})
}

// array calls element for each element of the array that comes next, as object
// does.
func (m *members) array(element func() error) (ok bool, err error) {
	return m.walk('[', element)
}

func (m *members) walk(open json.Delim, each func() error) (bool, error) {
	token, err := m.dec.Token()
	if err != nil {
		return false, err
	}
	if delim, ok := token.(json.Delim); ok {
		for m.dec.More() {
			switch delim {
			case open:
				err = each()
			case '{':
				// A name is a token, but no value that could be skipped.
				if _, err = m.dec.Token(); err == nil {
					err = m.skip()
				}
			default:
				err = m.skip()
			}
			if err != nil {
				return false, err
			}
		}
		if _, err := m.dec.Token(); err != nil {
			return false, err
		}
	}
	return token == open, nil
}

// raw reads the value that comes next.
func (m *members) raw() (json.RawMessage, error) {
	var raw json.RawMessage
	err := m.dec.Decode(&raw)
	return raw, err
}

func (m *members) skip() error {
	_, err := m.raw()
	return err
}

// text reads the value that comes next into s, and leaves s where the value is
// no string.
func (m *members) text(s *string) error {
	raw, err := m.raw()
	if err != nil {
		return err
	}
	var v string
	if json.Unmarshal(raw, &v) == nil && !bytes.Equal(raw, []byte("null")) {
		*s = v
	}
	return nil
}

// texts reads the strings of the array that comes next into list; elements of
// other types are left out.
func (m *members) texts(list *[]string) error {
	var out []string
	_, err := m.array(func() error {
		var s string
		err := m.text(&s)
		if s != "" {
			out = append(out, s)
		}
		return err
	})
	if err == nil {
		*list = out
	}
	return err
}

// damage gives err its place in the file. It passes nil, and errors that have
// one.
func (m *members) damage(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*landwaiter.SyntaxError](err); ok {
		return err
	}
	at := m.dec.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(at, syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, err = m.f.Size, fmt.Errorf("the text ends too early: %w", io.ErrUnexpectedEOF)
	}
	return &landwaiter.SyntaxError{Path: m.f.Path, Line: m.lineAt(at), Err: err}
}

// end says what follows the object that was read. The tools take no file in
// which something does.
func (m *members) end() error {
	_, err := m.dec.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		err = errors.New("more text after the value's end")
	}
	return m.damage(err)
}

// lineAt counts the lines up to an offset, which may be past the end.
func (m *members) lineAt(offset int64) int {
	line := 1
	r := io.NewSectionReader(m.f.ReaderAt, 0, min(offset, m.f.Size))
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		line += bytes.Count(buf[:n], []byte("\n"))
		if err != nil {
			return line
		}
	}
}
