package inventory

import (
	"errors"
	"fmt"
	"io"

	"github.com/BurntSushi/toml"

	"github.com/landwaiter/landwaiter"
)

// Caps on one TOML file. The library calls itself for what stands inside
// brackets, and walks a name with dots once for each of its parts.
const (
	tomlMaxBytes = 2 << 20 // the largest known, of a set of compilers, have some 500 kB
	tomlMaxDepth = 500     // brackets inside brackets, more or less: those in texts count
	tomlMaxDots  = 50      // in one line outside its value
)

// readTOML reads the whole file into v. Its error is *landwaiter.SyntaxError.
//
// Format: https://toml.io/en/v1.0.0
func readTOML(f *file, v any) error {
	fail := func(line int, err error) error {
		return &landwaiter.SyntaxError{Path: f.Path, Line: line, Err: err}
	}
	if f.Size > tomlMaxBytes {
		return fail(0, fmt.Errorf("%d bytes, and at most %d are read: %w", f.Size, tomlMaxBytes, landwaiter.ErrTooLarge))
	}
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	line, depth, dots := 1, 0, 0
	inName := true
	for _, c := range text {
		switch c {
		case '\n':
			line, dots, inName = line+1, 0, true
		case '=':
			inName = false
		case '.':
			if inName {
				dots++
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > tomlMaxDepth || dots > tomlMaxDots {
			return fail(line, fmt.Errorf("too many values inside values: %w", landwaiter.ErrTooLarge))
		}
	}
	if _, err = toml.Decode(string(text), v); err != nil {
		if syntax, ok := errors.AsType[toml.ParseError](err); ok {
			return fail(syntax.Position.Line, errors.New(syntax.Message))
		}
		return fail(0, err)
	}
	return nil
}
