// Package vex reads what somebody says about products and weaknesses (VEX), and
// finds what of it speaks of the findings here. Whether anybody believes it is not
// decided here.
//
// It reads by readers of its own. The library for OpenVEX brings protobuf and
// in-toto into the program, takes words that the format does not know, and says
// no line.
package vex

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
)

// Caps on what a file of statements holds.
const (
	maxFile       = 64 << 20 // bytes
	maxStatements = 200_000
	maxText       = 2000 // bytes of one text that is kept
	maxNotes      = 20
)

// Document is a file of statements.
type Document struct {
	File       landwaiter.StatementFile
	statements []statement
}

// statement is what somebody says about some products and one weakness.
type statement struct {
	landwaiter.Statement
	names    []string // of the weakness, its aliases with them
	products []product
}

// product is what a statement speaks of: a subject, by its digest, or a package.
type product struct {
	purl    string
	digests []string // hex digits of SHA-256
	// parts are the packages inside the product of which alone it speaks.
	parts []string // purls
	// inside is true where parts were named, even if none can be read.
	inside bool
	// elsewhere is true where the product is in a document that we do not have.
	elsewhere bool
}

// formats is the table of forms, by what the top of a file holds.
var formats = []struct {
	name string
	is   func(*top) bool
	read func(*reader) error
}{
	{"OpenVEX", func(t *top) bool { return strings.HasPrefix(t.Context, "https://openvex.dev/ns") }, readOpenVEX},
	{"CycloneDX", func(t *top) bool { return t.Format == "CycloneDX" }, readCycloneDX},
}

// top is what tells the forms apart.
type top struct {
	Context string `json:"@context"`
	Format  string `json:"bomFormat"`
}

// Read reads a file of statements: OpenVEX, or CycloneDX with an analysis of
// weaknesses, as JSON. name is the file's name for messages and the record. Damage,
// and a word that the form does not know, is a *landwaiter.SyntaxError with its line
// or its place in the list.
func Read(r io.Reader, name string) (*Document, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading statements from %s: %w", name, err)
	}
	if len(b) > maxFile {
		return nil, &landwaiter.SyntaxError{Path: name, Err: fmt.Errorf("more than %d bytes; split the file: %w", maxFile, landwaiter.ErrTooLarge)}
	}
	sum := sha256.Sum256(b)
	rd := &reader{data: b, doc: &Document{File: landwaiter.StatementFile{Name: name, SHA256: hex.EncodeToString(sum[:])}}}
	if !utf8.Valid(b) {
		return nil, rd.errorf(0, "not UTF-8 text; save the file as UTF-8")
	}
	var t top
	if err := rd.json(&t); err != nil {
		return nil, err
	}
	for _, f := range formats {
		if !f.is(&t) {
			continue
		}
		rd.doc.File.Format = f.name
		if err := f.read(rd); err != nil {
			return nil, err
		}
		rd.doc.File.Statements = len(rd.doc.statements)
		return rd.doc, nil
	}
	return nil, rd.errorf(0, "neither OpenVEX nor CycloneDX as JSON; give one of these")
}

// reader is one file under way.
type reader struct {
	data []byte
	doc  *Document
}

func (r *reader) errorf(line int, format string, args ...any) error {
	return &landwaiter.SyntaxError{Path: r.doc.File.Name, Line: line, Err: fmt.Errorf("%w: %w", fmt.Errorf(format, args...), landwaiter.ErrInvalid)}
}

// json decodes the whole file into v. A place is given to what is wrong in it.
func (r *reader) json(v any) error {
	d := json.NewDecoder(bytes.NewReader(r.data))
	err := d.Decode(v)
	if err == nil {
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return r.errorf(r.lineAt(d.InputOffset()), "more text after the end; keep one document")
		}
		return nil
	}
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at, err = e.Offset, fmt.Errorf("%q holds a %s, which it must not", clip(e.Field, 60), e.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		at, err = int64(len(r.data)), errors.New("the text ends too early; copy the file again")
	}
	return r.errorf(r.lineAt(at), "not such JSON: %w", err)
}

func (r *reader) lineAt(offset int64) int {
	return 1 + bytes.Count(r.data[:min(max(offset, 0), int64(len(r.data)))], []byte("\n"))
}

// add keeps a statement. Texts are cut, and those that speak of nothing are noted.
func (r *reader) add(s statement) error {
	if len(r.doc.statements) == maxStatements {
		return r.errorf(0, "more than %d statements; split the file: %w", maxStatements, landwaiter.ErrTooLarge)
	}
	s.SHA256 = r.doc.File.SHA256
	s.By = clip(r.doc.File.By, maxText)
	s.Justification, s.Impact, s.Action = clip(s.Justification, maxText), clip(s.Impact, maxText), clip(s.Action, maxText)
	r.doc.statements = append(r.doc.statements, s)
	return nil
}

func (r *reader) notef(format string, args ...any) {
	if len(r.doc.File.Notes) < maxNotes {
		r.doc.File.Notes = append(r.doc.File.Notes, fmt.Sprintf(format, args...))
	}
}

// date reads a time as RFC 3339 has it, or a day; empty is the zero time.
func date(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() < 9999 {
			return t.UTC().Truncate(time.Second), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write it as 2026-11-22T14:00:00Z", clip(s, 60))
}

// sha256Hex returns the digits of a SHA-256 in s, "sha256:…" or bare, or "".
func sha256Hex(s string) string {
	s = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "sha256:"))
	if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// clip shortens a text to at most most bytes.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
