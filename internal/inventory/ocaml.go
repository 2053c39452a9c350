package inventory

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var ocamlWant = want{
	bases:    []string{"opam", "switch-state", "META"},
	suffixes: []string{".changes"},
	maxBytes: limitio.MaxMetadata,
	also:     func(p string) bool { return ocamlFileOf(p) != ocamlNothing },
}

// ocamlFile is what a file is to us.
type ocamlFile int

const (
	ocamlNothing ocamlFile = iota
	ocamlPackage           // SWITCH/.opam-switch/packages/NAME.VERSION/opam
	ocamlState             // SWITCH/.opam-switch/switch-state
	ocamlChanges           // SWITCH/.opam-switch/install/NAME.changes
	ocamlMeta              // …/ocaml/NAME/META or …/site-lib/NAME/META
)

func ocamlFileOf(p string) ocamlFile {
	folder, base := path.Split(p)
	folder = strings.TrimSuffix(folder, "/")
	above := path.Dir(folder)
	switch {
	case base == "opam" && strings.HasSuffix(above, "/.opam-switch/packages"):
		return ocamlPackage
	case base == "switch-state" && strings.HasSuffix(folder, "/.opam-switch"):
		return ocamlState
	case strings.HasSuffix(folder, "/.opam-switch/install"):
		return ocamlChanges
	case base == "META" && (path.Base(above) == "ocaml" || path.Base(above) == "site-lib") && !strings.Contains(p, "/.opam/") && !strings.Contains(p, "_opam/"):
		return ocamlMeta
	}
	return ocamlNothing
}

// readOCaml reads what opam keeps in a switch, the folder above .opam-switch: the
// description of each package, what was asked for by name, and the files that each
// package brought. Where there is no opam it reads findlib's META. Keys are the
// switch, "#" and "name" or "name.version"; of findlib's the folder.
//
// Format: https://opam.ocaml.org/doc/Manual.html; the findlib manual, META.
func readOCaml(f *file, out *facts) error {
	kind := ocamlFileOf(f.Path)
	if kind == ocamlNothing {
		return nil
	}
	if f.Size > limitio.MaxMetadata {
		return fmt.Errorf("%d bytes: %w", f.Size, landwaiter.ErrTooLarge)
	}
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return err
	}
	if kind == ocamlMeta {
		return readFindlib(f, string(text), out)
	}
	root, _, _ := strings.Cut(f.Path, "/.opam-switch/")
	fields, err := opamFields(string(text))
	switch kind {
	case ocamlPackage:
		opamPackage(f, root, fields, out)
	case ocamlState:
		for _, id := range fields["roots"] {
			out.Amend(amendment{key: root + "#" + id.text, requested: true})
		}
	case ocamlChanges:
		if err := opamChanges(f, root, fields, out); err != nil {
			return err
		}
	}
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	return nil
}

// opamPackage emits the package that a folder names; the file adds to it.
func opamPackage(f *file, root string, fields map[string][]opamText, out *facts) {
	id := path.Base(path.Dir(f.Path))
	name, version, _ := strings.Cut(id, ".")
	if name == "" || version == "" || !printable(id) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("opam package %q has no version", id))
		return
	}
	p := landwaiter.Package{Ecosystem: "ocaml", Name: name, Version: version, PURL: purl("opam", "", name, version)}
	var licences []string
	for _, l := range fields["license"] {
		licences = append(licences, oneLine(l.text))
	}
	p.Licence = strings.Join(unique(licences), " AND ")
	if who := fields["maintainer"]; len(who) > 0 {
		p.Vendor = oneLine(who[0].text)
	}
	for _, d := range fields["depends"] {
		if !strings.Contains(d.filter, "with-test") && !strings.Contains(d.filter, "with-doc") && printable(d.text) {
			p.Requires = append(p.Requires, d.text)
		}
	}
	p.Requires = unique(p.Requires)
	out.Package("installed metadata", p, root+"#"+id, root+"#"+name)
	out.Owns(root+"#"+id, f.Path, "")
}

// opamChanges claims what a package brought: "F:" and a digest for a file, "L:"
// for a link, "D" for a folder, which others may share.
func opamChanges(f *file, root string, fields map[string][]opamText, out *facts) error {
	key := root + "#" + strings.TrimSuffix(path.Base(f.Path), ".changes")
	var total tally
	out.Owns(key, f.Path, "")
	for _, field := range []string{"added", "contents-changed"} {
		for _, e := range fields[field] {
			kind, sum, _ := strings.Cut(e.filter, ":")
			if kind != "F" {
				continue
			}
			if err := total.add(e.text); err != nil {
				return err
			}
			if isHex(sum, 32) {
				sum = "md5:" + sum
			} else {
				sum = ""
			}
			// clean keeps a record inside its own switch.
			out.Owns(key, root+"/"+clean(e.text), sum)
		}
	}
	return nil
}

// findlibParts starts what a META says about parts of the package.
const findlibParts = "package"

// readFindlib reads the first version of a META. What OCaml itself ships carries a
// text in brackets for one, and is part of OCaml.
func readFindlib(f *file, text string, out *facts) error {
	folder := path.Dir(f.Path)
	name, version, found := path.Base(folder), "", false
	var requires []string
	for line := range strings.Lines(text) {
		key, rest, ok := strings.Cut(line, "=")
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == findlibParts {
			break
		}
		value := strings.Trim(strings.TrimSpace(rest), "\"")
		switch strings.TrimSpace(key) {
		case "version":
			if !found {
				version, found = value, ok
			}
		case "requires":
			for _, need := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' }) {
				need, _, _ = strings.Cut(need, ".") // a part of the package
				if need != name && printable(need) {
					requires = append(requires, need)
				}
			}
		}
	}
	switch {
	case strings.HasPrefix(version, "["):
		return nil
	case version == "" || !printable(version) || !printable(name):
		out.Gap(f.Path, -1, true, fmt.Sprintf("OCaml package %q has no version", name))
		return nil
	}
	out.Package("installed metadata", landwaiter.Package{
		Ecosystem: "ocaml", Name: name, Version: version, Requires: unique(requires), PURL: purl("opam", "", name, version),
	}, folder)
	out.OwnsTree(folder, folder)
	return nil
}

// opamMaxFilter bounds what is kept of a filter; a digest or a condition is short.
const opamMaxFilter = 512

// opamText is a string of opam's format, and what stands in braces behind it.
type opamText struct{ text, filter string }

// opamFields reads the fields of a file of opam's, at its top level, as the strings
// in each. At damage it returns those before it.
func opamFields(text string) (map[string][]opamText, error) {
	fields := map[string][]opamText{}
	field, word := "", ""
	for s := (opamScanner{rest: text}); ; {
		kind, token := s.next()
		switch {
		case kind == opamEnd:
			return fields, s.err
		case kind == opamWord:
			word = token
		case kind == opamSign && token == ":" && s.braces == 0 && s.brackets == 0:
			field = word
		case kind == opamString && s.braces == 0:
			fields[field] = append(fields[field], opamText{text: token})
		}
		if list := fields[field]; s.braces > 0 && len(list) > 0 && (kind == opamString || kind == opamWord) {
			last := &list[len(list)-1]
			if len(last.filter) < opamMaxFilter {
				last.filter = strings.TrimSpace(last.filter + " " + token)
			}
		}
	}
}

type opamKind int

const (
	opamEnd opamKind = iota
	opamWord
	opamString
	opamSign
)

// opamScanner cuts a text into words, strings and signs.
type opamScanner struct {
	rest             string
	braces, brackets int
	err              error
}

var errOpamOpen = errors.New("a string, a comment or a brace that does not end")

func (s *opamScanner) next() (opamKind, string) {
	for {
		s.rest = strings.TrimLeft(s.rest, " \t\r\n")
		switch {
		case s.rest == "":
			if s.braces > 0 || s.brackets > 0 {
				s.err = errOpamOpen
			}
			return opamEnd, ""
		case s.rest[0] == '#':
			_, s.rest, _ = strings.Cut(s.rest, "\n")
		case strings.HasPrefix(s.rest, "(*"):
			var ok bool
			if _, s.rest, ok = strings.Cut(s.rest, "*)"); !ok {
				s.err = errOpamOpen
				return opamEnd, ""
			}
		case s.rest[0] == '"':
			return s.quoted()
		case strings.IndexByte("{}[]():", s.rest[0]) >= 0:
			sign := s.rest[:1]
			s.rest = s.rest[1:]
			s.depth(sign)
			return opamSign, sign
		default:
			n := strings.IndexAny(s.rest, " \t\r\n\"{}[]():#")
			if n < 0 {
				n = len(s.rest)
			}
			word := s.rest[:n]
			s.rest = s.rest[n:]
			return opamWord, word
		}
	}
}

func (s *opamScanner) depth(sign string) {
	switch sign {
	case "{":
		s.braces++
	case "}":
		s.braces = max(0, s.braces-1)
	case "[", "(":
		s.brackets++
	case "]", ")":
		s.brackets = max(0, s.brackets-1)
	}
}

// quoted reads "…" with escapes, or """…""".
func (s *opamScanner) quoted() (opamKind, string) {
	if long, ok := strings.CutPrefix(s.rest, `"""`); ok {
		text, rest, ok := strings.Cut(long, `"""`)
		if !ok {
			s.err = errOpamOpen
			return opamEnd, ""
		}
		s.rest = rest
		return opamString, text
	}
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return opamString, b.String()
		case c == '\\' && i+1 < len(s.rest):
			i++
			if s.rest[i] != '\n' { // which joins two lines
				b.WriteByte(s.rest[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	s.err = errOpamOpen
	return opamEnd, ""
}
