package judge

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

// Caps on a file of protections.
const (
	maxProtectionsFile = 1 << 20 // bytes
	maxProtections     = 200
	maxValues          = 50  // values of one list
	maxValue           = 500 // bytes of one value
)

// safes are the Five Safes, which a protection may carry as a tag.
var safes = []string{"data", "outputs", "people", "projects", "settings"}

// levels are the levels of evidence, weakest first.
var levels = []landwaiter.EvidenceLevel{
	landwaiter.EvidenceClaimed, landwaiter.EvidenceDocumented, landwaiter.EvidenceTestedOwn, landwaiter.EvidenceTestedOut,
}

// ReadProtections reads a protections file, in file order. name is the file's
// name for messages. It is strict: a key or a word that it does not know is a
// *landwaiter.SyntaxError with its line, for a misspelt protection would
// otherwise vanish, or worse, count.
//
// Source of truth for the format: examples/protections.yaml.
func ReadProtections(r io.Reader, name string) ([]landwaiter.Protection, error) {
	reg, err := ReadRegister(r, name)
	if err != nil {
		return nil, err
	}
	return reg.Protections, nil
}

// protection reads one entry.
func (d *document) protection(n *yaml.Node) (landwaiter.Protection, error) {
	var p landwaiter.Protection
	var safe, evidence string
	err := d.fields(n, "a protection", []field{
		{"id", true, func(n *yaml.Node) error { return d.id(n, "id", &p.ID) }},
		{"name", true, func(n *yaml.Node) error { return d.text(n, "name", &p.Name) }},
		{"safe", false, func(n *yaml.Node) error { return d.word(n, "safe", safes, &safe) }},
		{"closes", true, func(n *yaml.Node) error { return d.doors(n, &p.Closes) }},
		{"satre", false, func(n *yaml.Node) error { return d.texts(n, "satre", &p.SATRE, d.satre) }},
		{"cause", false, func(n *yaml.Node) error { return d.id(n, "cause", &p.Cause) }},
		{"owner", false, func(n *yaml.Node) error { return d.text(n, "owner", &p.Owner) }},
		{"tre", false, func(n *yaml.Node) error { return d.text(n, "tre", &p.TRE) }},
		{"tiers", false, func(n *yaml.Node) error { return d.tiers(n, &p.Tiers) }},
		{"controls", false, func(n *yaml.Node) error { return d.controls(n, &p.Controls) }},
		{"evidence", true, func(n *yaml.Node) error { return d.word(n, "evidence", wordsOf(levels), &evidence) }},
		{"test", false, func(n *yaml.Node) (err error) { p.Test, err = d.test(n); return err }},
		{"validUntil", false, func(n *yaml.Node) error { return d.date(n, "validUntil", &p.ValidUntil) }},
		{"exceptions", false, func(n *yaml.Node) error { return d.exceptions(n, &p) }},
	})
	p.Safe, p.Evidence = safe, landwaiter.EvidenceLevel(evidence)
	if err == nil && isTested(p.Evidence) && p.Test == nil {
		err = d.errorf(n, "evidence of %q is %q, but there is no test; add a test with its date, by and result, or say %q", p.ID, p.Evidence, landwaiter.EvidenceDocumented)
	}
	return p, err
}

// test reads the last test of a protection.
func (d *document) test(n *yaml.Node) (*landwaiter.ProtectionTest, error) {
	var t landwaiter.ProtectionTest
	var strength string
	err := d.fields(n, "a test", []field{
		{"date", true, func(n *yaml.Node) error { return d.date(n, "date", &t.Date) }},
		{"by", true, func(n *yaml.Node) error { return d.text(n, "by", &t.By) }},
		{"method", false, func(n *yaml.Node) error { return d.text(n, "method", &t.Method) }},
		{"result", true, func(n *yaml.Node) error { return d.word(n, "result", []string{held, "failed"}, &t.Result) }},
		{"sha256", false, func(n *yaml.Node) error { return d.hash(n, &t.SHA256) }},
		{"validUntil", false, func(n *yaml.Node) error { return d.date(n, "validUntil", &t.ValidUntil) }},
		{"tre", false, func(n *yaml.Node) error { return d.text(n, "tre", &t.TRE) }},
		{"tiers", false, func(n *yaml.Node) error { return d.tiers(n, &t.Tiers) }},
		{"strength", false, func(n *yaml.Node) error { return d.word(n, "strength", strengths, &strength) }},
	})
	t.Strength = landwaiter.Strength(strength)
	return &t, err
}

func (d *document) doors(n *yaml.Node, out *[]landwaiter.Door) error {
	items, err := d.items(n, "closes", len(allDoors))
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return d.errorf(n, "closes is empty; name at least one of %s", strings.Join(wordsOf(allDoors[:]), ", "))
	}
	for _, item := range items {
		var door string
		if err := d.word(item, "door", wordsOf(allDoors[:]), &door); err != nil {
			return err
		}
		if slices.Contains(*out, landwaiter.Door(door)) {
			return d.errorf(item, "door %q is named twice; remove one", door)
		}
		*out = append(*out, landwaiter.Door(door))
	}
	return nil
}

func wordsOf[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = string(w)
	}
	return out
}

// document reads values out of one YAML document. start is how one begins.
type document struct{ name, start string }

func (d *document) errorf(n *yaml.Node, format string, args ...any) error {
	return &landwaiter.SyntaxError{Path: d.name, Line: n.Line, Err: fmt.Errorf("%w: %w", fmt.Errorf(format, args...), landwaiter.ErrInvalid)}
}

// parse returns the top of the only document in b.
func (d *document) parse(b []byte) (*yaml.Node, error) {
	if !utf8.Valid(b) {
		return nil, &landwaiter.SyntaxError{Path: d.name, Err: fmt.Errorf("not UTF-8 text; save the file as UTF-8: %w", landwaiter.ErrInvalid)}
	}
	var top, more yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(b)))
	switch err := dec.Decode(&top); {
	case errors.Is(err, io.EOF):
		return nil, &landwaiter.SyntaxError{Path: d.name, Err: fmt.Errorf("empty; start with %q: %w", d.start, landwaiter.ErrInvalid)}
	case err != nil:
		return nil, d.broken(err)
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, d.errorf(&more, "a second document begins; keep one")
	case !errors.Is(err, io.EOF):
		return nil, d.broken(err)
	}
	if len(top.Content) != 1 {
		return nil, d.errorf(&top, "no content; start with %q", d.start)
	}
	return top.Content[0], nil
}

// broken makes an error of what the YAML library says about text that is not
// YAML. Only its text holds the line.
func (d *document) broken(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if _, rest, ok := strings.Cut(text, ": "); ok {
		if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
			text = rest
		}
	}
	return &landwaiter.SyntaxError{Path: d.name, Line: line, Err: fmt.Errorf("not YAML: %s: %w", text, landwaiter.ErrInvalid)}
}

// field is a key of a mapping and what reads its value.
type field struct {
	key      string
	required bool
	read     func(*yaml.Node) error
}

// fields reads the mapping n. Every key must be one of want, and be there once.
func (d *document) fields(n *yaml.Node, what string, want []field) error {
	if n.Kind != yaml.MappingNode {
		return d.errorf(n, "%s must be a list of \"key: value\" lines", what)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := slices.IndexFunc(want, func(f field) bool { return key.Kind == yaml.ScalarNode && f.key == key.Value })
		if at < 0 {
			return d.errorf(key, "key %q is not known in %s; use %s", clip(key.Value), what, keysOf(want))
		}
		if seen[key.Value] {
			return d.errorf(key, "key %q is there twice; remove one", key.Value)
		}
		seen[key.Value] = true
		if err := want[at].read(value); err != nil {
			return err
		}
	}
	for _, f := range want {
		if f.required && !seen[f.key] {
			return d.errorf(n, "%s has no %q; add it", what, f.key)
		}
	}
	return nil
}

func keysOf(want []field) string {
	keys := make([]string, len(want))
	for i, f := range want {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}

// items returns the values of a list.
func (d *document) items(n *yaml.Node, what string, most int) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, d.errorf(n, "%s must be a list", what)
	}
	if len(n.Content) > most {
		return nil, d.errorf(n, "%s has %d values, and the limit is %d: %w", what, len(n.Content), most, landwaiter.ErrTooLarge)
	}
	return n.Content, nil
}

// text reads a value that is not empty.
func (d *document) text(n *yaml.Node, what string, out *string) error {
	if n.Kind != yaml.ScalarNode {
		return d.errorf(n, "%s must be one value", what)
	}
	v := strings.TrimSpace(n.Value)
	switch {
	case v == "":
		return d.errorf(n, "%s is empty; fill it in or remove the line", what)
	case len(v) > maxValue:
		return d.errorf(n, "%s has %d bytes, and the limit is %d; shorten it", what, len(v), maxValue)
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return d.errorf(n, "%s %q holds a line break or a control character; write it on one line", what, clip(v))
	}
	*out = v
	return nil
}

// texts reads a list of values.
func (d *document) texts(n *yaml.Node, what string, out *[]string, read func(*yaml.Node, string, *string) error) error {
	items, err := d.items(n, what, maxValues)
	if err != nil {
		return err
	}
	for _, item := range items {
		var v string
		if err := read(item, what, &v); err != nil {
			return err
		}
		*out = append(*out, v)
	}
	return nil
}

// word reads one of a few words.
func (d *document) word(n *yaml.Node, what string, known []string, out *string) error {
	if err := d.text(n, what, out); err != nil {
		return err
	}
	if !slices.Contains(known, *out) {
		return d.errorf(n, "%s %q is not known; use one of %s", what, clip(*out), strings.Join(known, ", "))
	}
	return nil
}

// id reads a name of small letters, digits and hyphens.
func (d *document) id(n *yaml.Node, what string, out *string) error {
	if err := d.text(n, what, out); err != nil {
		return err
	}
	if strings.ContainsFunc(*out, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) || len(*out) > 64 {
		return d.errorf(n, "%s %q; use at most 64 small letters, digits and hyphens, such as internet-block", what, clip(*out))
	}
	return nil
}

// satre reads the number of a SATRE statement.
func (d *document) satre(n *yaml.Node, what string, out *string) error {
	if err := d.text(n, what, out); err != nil {
		return err
	}
	if parts := strings.Split(*out, "."); len(parts) != 3 || strings.Trim(*out, "0123456789.") != "" || slices.Contains(parts, "") {
		return d.errorf(n, "%s %q; write the number of a statement, such as 2.2.11", what, clip(*out))
	}
	return nil
}

// date reads a day, which starts in UTC.
func (d *document) date(n *yaml.Node, what string, out *time.Time) error {
	var v string
	if err := d.text(n, what, &v); err != nil {
		return err
	}
	t, err := time.Parse(time.DateOnly, v)
	if err != nil || t.Year() < 2000 {
		return d.errorf(n, "%s %q is not a date; write year-month-day, such as 2026-11-01", what, clip(v))
	}
	*out = t
	return nil
}

func (d *document) hash(n *yaml.Node, out *string) error {
	if err := d.text(n, "sha256", out); err != nil {
		return err
	}
	if b, err := hex.DecodeString(*out); err != nil || len(b) != 32 || strings.ToLower(*out) != *out {
		return d.errorf(n, "sha256 %q; write 64 digits from 0-9 and a-f", clip(*out))
	}
	return nil
}

// clip shortens what a message quotes.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
