package assess

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// maxStored is the largest stored assessment that is read, in bytes.
const maxStored = 256 << 20

// maxDepth is how deep JSON may nest; an assessment needs less than ten.
const maxDepth = 64

// ReadStored reads an assessment as "--format json" wrote it. name is the file's name
// for messages. What is in it may be anybody's: it is capped, and a key that it should
// not have is an error, for what nobody reads could be what matters. Damage is a
// *landwaiter.SyntaxError with [landwaiter.ErrInvalid]; another schema is
// [landwaiter.ErrUnsupported].
func ReadStored(r io.Reader, name string) (*landwaiter.Assessment, error) {
	raw, err := limitio.ReadAll(r, maxStored)
	if err != nil {
		return nil, fmt.Errorf("reading the assessment %s: %w", name, err)
	}
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := shallow(raw); err != nil {
		return nil, broken(name, raw, err)
	}
	switch err := json.Unmarshal(raw, &head); {
	case err != nil:
		return nil, broken(name, raw, err)
	case head.Schema == nil:
		return nil, broken(name, nil, errors.New(`no "schema"; give a file that "landwaiter assess --format json" wrote`))
	case *head.Schema != landwaiter.Schema:
		return nil, fmt.Errorf("%s: its schema is %.40q, and this program reads %q: %w", name, *head.Schema, landwaiter.Schema, landwaiter.ErrUnsupported)
	}
	a := new(landwaiter.Assessment)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(a); err != nil {
		return nil, broken(name, raw, fmt.Errorf("%w; if a later version of landwaiter wrote it, use that version", err))
	}
	if err := sound(a); err != nil {
		return nil, broken(name, nil, err)
	}
	return a, nil
}

// OpenStored reads the stored assessment in a file.
func OpenStored(name string) (_ *landwaiter.Assessment, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the assessment: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return ReadStored(f, name)
}

// broken is an error with its place, where that is known.
func broken(name string, raw []byte, err error) error {
	line := 0
	at := int64(-1)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = e.Offset
	}
	if at >= 0 && at <= int64(len(raw)) {
		line = 1 + bytes.Count(raw[:at], []byte("\n"))
	}
	return &landwaiter.SyntaxError{Path: name, Line: line, Err: fmt.Errorf("%w: %w", err, landwaiter.ErrInvalid)}
}

// shallow fails where JSON nests too deep, before anybody builds it. It does not say
// whether the text is JSON.
func shallow(raw []byte) error {
	depth, inside := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("it nests more than %d deep; an assessment does not", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// sound fails where the parts of an assessment do not fit together.
func sound(a *landwaiter.Assessment) error {
	if err := a.Account.Check(); err != nil {
		return err
	}
	if a.At.IsZero() {
		return errors.New(`no time in "at"`)
	}
	layer := func(what string, n int) error {
		if n < -1 || n >= max(len(a.Subject.Layers), 1) {
			return fmt.Errorf("%.80q is in layer %d, and there are %d", what, n, len(a.Subject.Layers))
		}
		return nil
	}
	packages := make(map[string]bool, len(a.Packages))
	for i := range a.Packages {
		p := &a.Packages[i]
		if p.ID == "" || packages[p.ID] {
			return fmt.Errorf("the package ID %.80q is empty or stands twice", p.ID)
		}
		packages[p.ID] = true
		if err := layer(p.ID, p.Layer); err != nil {
			return err
		}
		for _, n := range []landwaiter.Count{p.Owns, p.Holds.All, p.Holds.Code} {
			if n.Files < 0 || n.Bytes < 0 {
				return fmt.Errorf("the package %.80q has less than no files", p.ID)
			}
		}
	}
	findings := make(map[string]bool, len(a.Findings))
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.ID == "" || findings[f.ID] {
			return fmt.Errorf("the finding ID %.80q is empty or stands twice", f.ID)
		}
		findings[f.ID] = true
		for _, id := range f.Packages {
			if !packages[id] {
				return fmt.Errorf("the finding %.80q names the package %.80q, which is not there", f.ID, id)
			}
		}
	}
	for i := range a.Gaps {
		if err := layer(a.Gaps[i].Reason, a.Gaps[i].Layer); err != nil {
			return err
		}
	}
	return nil
}
