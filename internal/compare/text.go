package compare

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/landwaiter/landwaiter"
)

// Limits of the text; the JSON holds all.
const (
	maxLines = 20 // of one list
	maxStep  = 100
)

// WriteText writes a comparison in plain words, facts and numbers only. What comes
// from the subjects is made harmless to a terminal. It returns w's first error.
func WriteText(w io.Writer, c *Comparison) error {
	t := &text{bufio.NewWriter(w), "in the base", "in the subject"}
	t.head(c)
	t.layers(c)
	t.packages(c)
	t.findings(c)
	t.unnamed(c)
	t.account(c)
	t.advice(c)
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// WriteFacts writes the lists of a diff as WriteText does: findings, packages, files
// that nobody owns and the account.
func WriteFacts(w io.Writer, d *Diff) error {
	t := &text{bufio.NewWriter(w), "then", "now"}
	c := &Comparison{Findings: d.Findings, Packages: d.Packages, Unnamed: d.Unnamed, Account: d.Account}
	t.findings(c)
	t.packages(c)
	t.unnamed(c)
	t.account(c)
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("writing the diff: %w", err)
	}
	return nil
}

// text writes lines; their error stays in w until Flush. was and is name the two.
type text struct {
	w       *bufio.Writer
	was, is string
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

func (t *text) head(c *Comparison) {
	t.line("Base:     %s", plain(c.Base.Reference))
	t.line("Subject:  %s", plain(c.Subject.Reference))
	t.line("Both by %s %s, method %s %s, as of %s.", plain(c.Tool.Name), plain(c.Tool.Version), plain(c.Method.Name), plain(c.Method.Version), c.At.UTC().Format("2 January 2006, 15:04 UTC"))
	if c.Advisories == nil {
		t.line("No list of known weaknesses was given, so none was looked for in either.")
	}
	t.line("")
	t.line("In numbers, the subject against the base:")
	p, f, u := &c.Packages, &c.Findings, &c.Unnamed
	t.line("  packages:   %d more, %d gone, %d changed, %d the same", len(p.Added), len(p.Removed), len(p.Changed), p.Same)
	t.line("  findings:   %d more, %d gone, %d changed, %d still there as they were", len(f.Added), len(f.Removed), len(f.Changed), f.Same)
	t.line("  files that nobody owns: %s against %s", count(u.Subject), count(u.Base))
	if len(p.Added)+len(p.Removed)+len(p.Changed)+len(f.Added)+len(f.Removed)+len(f.Changed) == 0 && u.Base == u.Subject {
		t.line("  No package, finding or number of such files differs.")
	}
}

var relations = map[Relation]string{
	SameLayers: "Both have the same layers.",
	BaseOn:     "The base is built on the subject: all layers of the subject are the base's first.",
	Unrelated:  "They share no layer at the start.",
	NoLayers:   "One of them is no image, so layers cannot be compared.",
}

func (t *text) layers(c *Comparison) {
	t.line("")
	t.line("LAYERS")
	n := c.Layers.Shared
	switch c.Layers.Relation {
	case BuiltOn:
		t.line("  The subject is built on the base: %s.", oneMany(n, "its first layer is the base's", "its first %d layers are the base's"))
	case Partly:
		t.line("  The subject is not built on the base, but %s.", oneMany(n, "the first layer is the same", "the first %d layers are the same"))
	default:
		t.line("  %s", relations[c.Layers.Relation])
	}
	for i, l := range c.Layers.Own {
		if t.cut(i, len(c.Layers.Own)) {
			break
		}
		t.line("  layer %d brought %s%s", l.Layer+1, oneMany(l.Packages, "1 package", "%d packages"), by(l.Step))
	}
}

// cut ends a list that is too long, and says how much is left.
func (t *text) cut(i, n int) bool {
	if i < maxLines {
		return false
	}
	t.line("    and %d more; --format json has all", n-i)
	return true
}

func by(step string) string {
	if step == "" {
		return ""
	}
	if r := []rune(step); len(r) > maxStep {
		step = string(r[:maxStep-1]) + "…"
	}
	return ": " + plain(step)
}

func (t *text) packages(c *Comparison) {
	t.line("")
	t.line("PACKAGES")
	if len(c.Packages.By) == 0 {
		t.line("  The same in both: %s.", oneMany(c.Packages.Same, "1 package", "%d packages"))
	}
	for _, e := range c.Packages.By {
		t.line("  %s: %s", plain(e.Ecosystem), e.words())
		var lines []string
		for _, p := range c.Packages.Added {
			if p.Ecosystem == e.Ecosystem {
				lines = append(lines, fmt.Sprintf("+ %s %s  (layer %d)", plain(p.Name), plain(p.To), p.Layer+1))
			}
		}
		for _, p := range c.Packages.Removed {
			if p.Ecosystem == e.Ecosystem {
				lines = append(lines, fmt.Sprintf("- %s %s", plain(p.Name), plain(p.From)))
			}
		}
		for _, p := range c.Packages.Changed {
			if p.Ecosystem == e.Ecosystem {
				lines = append(lines, changed(p))
			}
		}
		for i, l := range lines {
			if t.cut(i, len(lines)) {
				break
			}
			t.line("    %s", l)
		}
	}
}

// words counts what is not none.
func (e *EcosystemChange) words() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{e.Added, "more"},
		{e.Removed, "gone"},
		{e.Up, "of a later version"},
		{e.Down, "of an EARLIER version"},
		{e.Other, "of another version"},
		{e.OtherFiles, "of the same version with other files"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

var changes = map[Change]string{Up: "later", Down: "EARLIER", Other: "another version"}

func changed(p PackageChange) string {
	if p.Change == OtherFiles {
		return fmt.Sprintf("~ %s %s  the same version, but %s and %s bytes", plain(p.Name), plain(p.To), signed(p.Owns.Files, "file"), signedNumber(p.Owns.Bytes))
	}
	return fmt.Sprintf("~ %s %s -> %s  %s (layer %d)", plain(p.Name), plain(p.From), plain(p.To), changes[p.Change], p.Layer+1)
}

func signedNumber(n int64) string {
	if n > 0 {
		return "+" + number(n)
	}
	return number(n)
}

func signed(n int64, what string) string {
	if n != 1 && n != -1 {
		what += "s"
	}
	return signedNumber(n) + " " + what
}

func (t *text) findings(c *Comparison) {
	t.line("")
	t.line("FINDINGS")
	for _, k := range c.Findings.By {
		t.line("  %s: %d %s, %d %s", plain(string(k.Kind)), k.Base, t.was, k.Subject, t.is)
	}
	for _, l := range []struct {
		sign string
		all  []FindingChange
	}{{"+", c.Findings.Added}, {"-", c.Findings.Removed}, {"~", c.Findings.Changed}} {
		for i, f := range l.all {
			if t.cut(i, len(l.all)) {
				break
			}
			t.line("    %s %s", l.sign, finding(&f))
		}
	}
}

func finding(f *FindingChange) string {
	out := plain(string(f.Kind))
	switch {
	case f.Reference != "":
		out += " " + plain(f.Reference)
	case len(f.Packages) == 0 && f.Key != string(f.Kind):
		out += " " + plain(strings.TrimPrefix(f.Key, string(f.Kind)+":"))
	}
	if len(f.Packages) > 0 {
		out += " in " + plain(strings.Join(f.Packages[:min(len(f.Packages), 3)], ", "))
		if left := len(f.Packages) - 3; left > 0 {
			out += fmt.Sprintf(" and %d more", left)
		}
	}
	for _, w := range f.What {
		switch w {
		case "kind":
			out += fmt.Sprintf("; it was %s", plain(string(f.From.Kind)))
		case "fixed":
			out += fmt.Sprintf("; fixed in %s, was %s", orNone(f.To.Fixed), orNone(f.From.Fixed))
		case "count":
			out += fmt.Sprintf("; %s, was %s", count(f.To.Seen), count(f.From.Seen))
		case "detail":
			out += fmt.Sprintf("; %s, was %s", orNone(f.To.Detail), orNone(f.From.Detail))
		case "packages":
			out += "; in other packages than before"
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return plain(s)
}

func (t *text) unnamed(c *Comparison) {
	u := &c.Unnamed
	t.line("")
	t.line("FILES THAT NOBODY OWNS")
	t.line("  %s %s, %s %s", count(u.Subject), t.is, count(u.Base), t.was)
	for _, l := range []struct {
		sign string
		all  []FolderChange
	}{{"+", u.Added}, {"-", u.Removed}, {"~", u.Changed}} {
		for i, f := range l.all {
			if t.cut(i, len(l.all)) {
				break
			}
			switch l.sign {
			case "+":
				t.line("    + /%s: %s", plain(f.Folder), count(f.To))
			case "-":
				t.line("    - /%s: %s", plain(f.Folder), count(f.From))
			default:
				t.line("    ~ /%s: %s, was %s", plain(f.Folder), count(f.To), count(f.From))
			}
		}
	}
}

func (t *text) account(c *Comparison) {
	t.line("")
	t.line("EVERY FILE, IN ONE CLASS")
	for _, a := range c.Account {
		t.line("  %s: %s, was %s", a.Class, count(a.Subject), count(a.Base))
	}
}

func (t *text) advice(c *Comparison) {
	t.line("")
	t.line("ADVICE, A PERSON DECIDES")
	for _, s := range []struct {
		name string
		side *Side
	}{{"base", &c.Base}, {"subject", &c.Subject}} {
		var reasons []string
		for _, r := range s.side.Reasons {
			reasons = append(reasons, plain(r.Code))
		}
		t.line("  %s: %s (%s)", s.name, plain(string(s.side.Outcome)), strings.Join(reasons, ", "))
	}
}

func oneMany(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

func count(c landwaiter.Count) string {
	files := " files"
	if c.Files == 1 {
		files = " file"
	}
	return number(c.Files) + files + ", " + number(c.Bytes) + " bytes"
}

// number writes n with separators: 1,204.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plain makes text from outside harmless on a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
