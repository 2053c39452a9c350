package inventory

import (
	"bytes"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var lmodWant = want{fits: isModulefile, maxBytes: limitio.MaxMetadata}

// isModulefile reports whether a file's place is one for modulefiles. Tcl's have
// any name, and so do kernel modules and much else that lies in a folder "modules":
// there only Lua's are looked at.
func isModulefile(name string) bool {
	return below(name, "modulefiles/") || strings.HasSuffix(name, ".lua") && below(name, "modules/")
}

// below reports whether a folder of that name, given with its slash, is in a path.
func below(name, folder string) bool {
	for i := strings.Index(name, folder); i >= 0; {
		if i == 0 || name[i-1] == '/' {
			return true
		}
		next := strings.Index(name[i+1:], folder)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// made are marks of tools whose installed prefixes have better metadata.
var made = []string{"Built with EasyBuild", "EBROOT", "Module file created by spack", "module-whatis created by spack"}

// readLmod reads a modulefile of Lmod or Environment Modules: what somebody says of
// software that they put somewhere by hand. It speaks where the file says in which
// prefix the software lies and the prefix is named after it. Prefixes that a
// package manager filled are named by it, and the merge drops what is said here.
//
// Format: "Lua Modulefile Functions" in Lmod's documentation; modulefile(4).
func readLmod(f *file, out *facts) error {
	name, version := moduleName(f.Path)
	m := modulefile{vars: map[string]string{}, name: name, version: version}
	lua := strings.HasSuffix(f.Path, ".lua")
	l := newLines(f.Path, f.Reader())
	for l.next() {
		for _, mark := range made {
			if bytes.Contains(l.text, []byte(mark)) {
				return nil
			}
		}
		line := strings.TrimSpace(string(l.text))
		switch {
		case lua:
			m.lua(line)
		case l.n == 1 && !strings.HasPrefix(line, "#%Module"):
			return nil
		default:
			m.tcl(line)
		}
	}
	if err := l.err(); err != nil {
		return err
	}
	if m.version == "" {
		m.version = m.said
	}
	prefix := m.prefix()
	if prefix == "" || !printable(m.name) {
		return nil
	}
	if !printable(m.version) {
		out.Gap(f.Path, -1, true, "a modulefile names software without a version")
		return nil
	}
	p := landwaiter.Package{Ecosystem: "lmod", Name: m.name, Version: m.version}
	out.Package("modulefile", p, f.Path)
	out.LiesIn(prefix)
	out.OwnsTree(f.Path, prefix)
	out.Owns(f.Path, f.Path, "")
	return nil
}

// moduleName reads NAME/VERSION from a modulefile's place; version is "" where the
// file is called after the software alone.
func moduleName(file string) (name, version string) {
	file = strings.TrimSuffix(file, ".lua")
	folder := path.Base(path.Dir(file))
	switch base := path.Base(file); {
	case folder == "modulefiles" || folder == "modules" || !strings.ContainsAny(base, "0123456789"):
		return base, ""
	default:
		return folder, base
	}
}

// modulefile is what its lines have said so far.
type modulefile struct {
	name, version string
	said          string // a version in the text
	vars          map[string]string
	roots, paths  []string // prefixes by a variable's name; folders of programs
}

// rootNames are how modulefiles call the variable that holds the prefix.
var rootNames = []string{"root", "base", "prefix", "topdir", "basedir", "installdir", "install_dir", "pkg", "apphome"}

func (m *modulefile) set(name, value string) {
	if value == "" || len(m.vars) > 1000 {
		return
	}
	m.vars[name] = value
	for _, root := range rootNames {
		if strings.EqualFold(name, root) {
			m.roots = append(m.roots, value)
		}
	}
}

func (m *modulefile) lua(line string) {
	line = strings.TrimSpace(strings.TrimPrefix(line, "local "))
	if name, value, ok := strings.Cut(line, "="); ok && isWord(strings.TrimSpace(name)) {
		v, _ := m.luaText(value, 0)
		m.set(strings.TrimSpace(name), v)
		return
	}
	call, args, ok := strings.Cut(line, "(")
	switch call = strings.TrimSpace(call); {
	case !ok:
	case call == "prepend_path" || call == "append_path":
		first, rest := m.luaText(args, 0)
		if value, _ := m.luaText(strings.TrimPrefix(rest, ","), 0); first == "PATH" {
			m.paths = append(m.paths, value)
		}
	case call == "whatis":
		what, _ := m.luaText(args, 0)
		m.whatis(what)
	}
}

// luaText reads an expression that makes a text: strings, variables, pathJoin and
// "..". It is "" where a part is not known; rest is what follows.
func (m *modulefile) luaText(s string, depth int) (value, rest string) {
	value, s = m.luaTerm(s, depth)
	known := value != ""
	for len(value) <= limitio.MaxName {
		next, ok := strings.CutPrefix(strings.TrimSpace(s), "..")
		if !ok {
			break
		}
		var part string
		part, s = m.luaTerm(next, depth)
		known = known && part != ""
		value += part
	}
	if !known {
		value = ""
	}
	return value, strings.TrimSpace(s)
}

func (m *modulefile) luaTerm(s string, depth int) (value, rest string) {
	const deepest = 8
	s = strings.TrimSpace(s)
	if s == "" || depth > deepest {
		return "", ""
	}
	if inner, ok := strings.CutPrefix(s, "[["); ok {
		value, rest, _ = strings.Cut(inner, "]]")
		return value, rest
	}
	if quote := s[:1]; quote == `"` || quote == "'" {
		value, rest, _ = strings.Cut(s[1:], quote)
		return value, rest
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !isWord(string(r)) })
	if end < 0 {
		end = len(s)
	}
	word, rest := s[:end], strings.TrimSpace(s[end:])
	args, call := strings.CutPrefix(rest, "(")
	switch {
	case !call:
		return m.vars[word], rest
	case word == "myModuleName" || word == "myModuleVersion":
		value = m.name
		if word == "myModuleVersion" {
			value = m.version
		}
		return value, strings.TrimPrefix(strings.TrimSpace(args), ")")
	case word != "pathJoin":
		return "", ""
	}
	var parts []string
	for known := true; ; {
		value, args = m.luaText(args, depth+1)
		known = known && value != ""
		parts = append(parts, value)
		next, more := strings.CutPrefix(args, ",")
		if !more || len(parts) > 100 {
			if !known {
				return "", strings.TrimPrefix(args, ")")
			}
			return strings.Join(parts, "/"), strings.TrimPrefix(args, ")")
		}
		args = next
	}
}

// tcl reads one command. Tcl's words are parted by space.
func (m *modulefile) tcl(line string) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return
	}
	switch words[0] {
	case "set":
		if len(words) == 3 {
			m.set(words[1], m.tclText(words[2]))
		}
	case "prepend-path", "append-path":
		if len(words) >= 3 && words[1] == "PATH" {
			m.paths = append(m.paths, m.tclText(words[len(words)-1]))
		}
	case "module-whatis":
		m.whatis(strings.Trim(strings.TrimSpace(strings.TrimPrefix(line, words[0])), `"{}`))
	}
}

// tclText fills variables into a word, "" where one is not known.
func (m *modulefile) tclText(word string) string {
	word = strings.Trim(word, `"{}`)
	var b strings.Builder
	for b.Len() <= limitio.MaxName {
		before, after, ok := strings.Cut(word, "$")
		b.WriteString(before)
		if !ok {
			if strings.ContainsAny(b.String(), "[]") {
				return "" // a command
			}
			return b.String()
		}
		braced, isBraced := strings.CutPrefix(after, "{")
		name := braced
		if isBraced {
			name, after, _ = strings.Cut(braced, "}")
		} else {
			if i := strings.IndexFunc(after, func(r rune) bool { return !isWord(string(r)) }); i >= 0 {
				name = after[:i]
			}
			after = after[len(name):]
		}
		value := m.vars[name]
		if value == "" {
			return ""
		}
		b.WriteString(value)
		word = after
	}
	return ""
}

// whatis reads "Version: 1.2", as modulefiles say it for people.
func (m *modulefile) whatis(text string) {
	if key, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(strings.TrimSpace(key), "version") {
		m.said = strings.TrimSpace(value)
	}
}

// isWord reports whether s can be a variable's name in Lua and in Tcl.
func isWord(s string) bool {
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return s != ""
}

// prefix is the folder that holds the software and nothing else, so far as the
// modulefile can say it: it is named after the software, and what programs are
// found by lies in it.
func (m *modulefile) prefix() string {
	candidates := m.roots
	for _, p := range m.paths {
		if base := path.Base(p); base == "bin" || base == "sbin" {
			p = path.Dir(p)
		}
		candidates = append(candidates, p)
	}
	for _, p := range candidates {
		if !strings.HasPrefix(p, "/") {
			continue
		}
		p = clean(p)
		low := strings.ToLower(p)
		if strings.Count(p, "/") >= 1 && printable(p) && strings.Contains(path.Base(path.Dir(low))+"/"+path.Base(low), strings.ToLower(m.name)) {
			return p
		}
	}
	return ""
}
