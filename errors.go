package landwaiter

import (
	"errors"
	"fmt"
)

// The kinds of error that callers act on. Find them with errors.Is.
var (
	ErrNotFound    = errors.New("not found")
	ErrInvalid     = errors.New("invalid")
	ErrUnsupported = errors.New("not supported")
	// ErrTooLarge: bytes from outside passed a cap. A quiet end would look like
	// a whole file.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrDigest: content is not what its digest says.
	ErrDigest = errors.New("content does not match its digest")
	// ErrStale: what was kept no longer fits what is known now. Make it again.
	ErrStale = errors.New("out of date")
	// ErrAccount: the five classes do not add up. It is always our fault.
	ErrAccount = errors.New("the account does not add up")
)

// SyntaxError is damage in somebody's data, with its place.
type SyntaxError struct {
	Path string // the file, as the subject names it
	Line int    // from 1; 0 where lines mean nothing
	Err  error
}

func (e *SyntaxError) Error() string {
	switch {
	case e.Path == "" && e.Line == 0:
		return e.Err.Error()
	case e.Line == 0:
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	case e.Path == "":
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
}

func (e *SyntaxError) Unwrap() error { return e.Err }
