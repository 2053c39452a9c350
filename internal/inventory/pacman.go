package inventory

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const pacmanLocal = "var/lib/pacman/local/"

var pacmanWant = want{
	bases:    []string{"desc", "files", "mtree"},
	maxBytes: limitio.MaxText,
	also: func(p string) bool {
		rest, ok := strings.CutPrefix(p, pacmanLocal)
		return ok && strings.Count(rest, "/") == 1
	},
}

// readPacman reads pacman's database of installed packages, a folder for each:
// "desc" describes the package, "files" lists what it brought, "mtree" the sums of
// that. The key is the folder.
//
// Format: pacman's lib/libalpm/be_local.c; mtree(5).
func readPacman(f *file, out *facts) error {
	key := path.Dir(f.Path)
	switch path.Base(f.Path) {
	case "desc":
		out.Owns(key, f.Path, "")
		return pacmanDesc(f, key, out)
	case "files":
		out.Owns(key, f.Path, "")
		var total tally
		return pacmanSections(f, func(section, line string) error {
			name, _, _ := strings.Cut(line, "\t") // a sum follows in BACKUP
			if err := total.add(name); err != nil {
				return err
			}
			switch {
			case section == "FILES" && !strings.HasSuffix(name, "/"):
				out.Owns(key, name, "")
			case section == "BACKUP":
				out.OwnsConf(key, name)
			}
			return nil
		})
	}
	out.Owns(key, f.Path, "")
	return pacmanSums(f, key, out)
}

// pacmanSections calls each for the lines below "%NAME%".
func pacmanSections(f *file, each func(section, line string) error) error {
	section := ""
	l := newLines(f.Path, f.Reader())
	for l.next() {
		line := string(l.text)
		switch {
		case l.blank():
			section = ""
		case section == "" && len(line) > 2 && line[0] == '%' && line[len(line)-1] == '%':
			section = line[1 : len(line)-1]
		case section == "":
			return l.damagef("no section starts here")
		default:
			if err := each(section, line); err != nil {
				return err
			}
		}
	}
	return l.err()
}

func pacmanDesc(f *file, key string, out *facts) error {
	fields := map[string][]string{}
	var total tally
	err := pacmanSections(f, func(section, line string) error {
		fields[section] = append(fields[section], asUTF8(strings.TrimSpace(line)))
		return total.add("")
	})
	one := func(name string) string {
		if len(fields[name]) == 0 {
			return ""
		}
		return fields[name][0]
	}
	p := landwaiter.Package{
		Ecosystem: "pacman", Name: one("NAME"), Version: one("VERSION"), Arch: one("ARCH"),
		Licence: oneLine(strings.Join(fields["LICENSE"], " AND ")), Vendor: oneLine(one("PACKAGER")),
		SourceName: one("BASE"), Requires: pacmanNames(fields["DEPENDS"]),
		// The reason is written where it is not that somebody asked.
		Requested: one("REASON") == "" || one("REASON") == "0",
	}
	if p.SourceName != "" {
		p.SourceVersion = p.Version
	}
	if p.Name == "" || p.Version == "" || !printable(p.Name) || !printable(p.Version) {
		if err == nil {
			out.Gap(f.Path, -1, true, "an installed package without a name or a version")
		}
		return err
	}
	out.Package("package database", p, key)
	out.Provides(pacmanNames(fields["PROVIDES"])...)
	return err
}

// pacmanNames cuts the versions off "glibc>=2.33" and "libz.so=1-64".
func pacmanNames(list []string) []string {
	var out []string
	for _, s := range list {
		if i := strings.IndexAny(s, "<>=:"); i >= 0 {
			s = s[:i]
		}
		if s != "" && printable(s) {
			out = append(out, s)
		}
	}
	return unique(out)
}

// pacmanSums claims files with their sums: "./usr/bin/x … sha256digest=HEX".
func pacmanSums(f *file, key string, out *facts) error {
	z, done, err := unpack("gzip", f.Reader())
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	defer done()
	var total tally
	l := newLines(f.Path, limitio.Cap(z, limitio.MaxText))
	for l.next() {
		words := strings.Fields(string(l.text))
		if len(words) < 2 || !strings.HasPrefix(words[0], "./") || strings.HasPrefix(words[0], "./.") {
			continue // settings for all, and what describes the package itself
		}
		sum := ""
		for _, w := range words[1:] {
			if hex, ok := strings.CutPrefix(w, "sha256digest="); ok && isHex(hex, 64) {
				sum = "sha256:" + hex
			}
		}
		name := unescapeMtree(words[0])
		if err := total.add(name); err != nil {
			return err
		}
		if sum != "" && !slices.Contains(words, "type=dir") {
			out.Owns(key, name, sum)
		}
	}
	if err := l.err(); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Line: l.n, Err: fmt.Errorf("unpacked: %w", err)}
	}
	return nil
}

// unescapeMtree reads "\040" as the byte of that number, in base eight.
func unescapeMtree(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && strings.Trim(s[i+1:i+4], "01234567") == "" {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
