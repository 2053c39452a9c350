package inventory

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// gemBuilt is what RubyGems leaves in the folder of a gem's compiled parts.
const gemBuilt = "gem.build_complete"

var gemWant = want{
	suffixes: []string{".gemspec"},
	bases:    []string{gemBuilt},
	maxBytes: limitio.MaxMetadata,
	also:     func(name string) bool { _, ok := gemPlace(name); return ok },
}

// gemPaths are the places of one installed gem.
type gemPaths struct {
	root string // the gem home, with its trailing slash; "" at the root
	full string // NAME-VERSION[-PLATFORM]
	// isDefault is true for a gem that came with Ruby; its files lie among
	// Ruby's own.
	isDefault bool
	// checkout is the folder of a gem that Bundler took from git, "" for others;
	// commit is the beginning of where it stood.
	checkout, commit string
}

// key is the gem's specification, whichever file speaks of the gem.
func (g gemPaths) key() string {
	if g.checkout != "" {
		return g.checkout + "/" + g.full + ".gemspec"
	}
	if g.isDefault {
		return g.root + "specifications/default/" + g.full + ".gemspec"
	}
	return g.root + "specifications/" + g.full + ".gemspec"
}

// gemPlace reads ROOT/specifications/FULL.gemspec, the same below "default", and
// ROOT/extensions/PLATFORM/ABI/FULL/gem.build_complete, and what Bundler writes of
// gems from git, ROOT/bundler/gems/REPOSITORY-COMMIT[/FOLDER]/NAME.gemspec. A
// gemspec anywhere else is part of a source tree.
func gemPlace(name string) (g gemPaths, ok bool) {
	folder, base, suffix := split(name)
	folder = strings.TrimSuffix(folder, "/")
	if base == gemBuilt {
		above := path.Dir(path.Dir(path.Dir(folder)))
		if path.Base(above) != "extensions" {
			return g, false
		}
		g.full = path.Base(folder)
		g.root = strings.TrimSuffix(above, "extensions")
		return g, true
	}
	g.full = strings.TrimSuffix(base, suffix)
	if g, ok := gemCheckout(folder, g.full); ok && suffix == ".gemspec" {
		return g, true
	}
	if path.Base(folder) == "default" {
		g.isDefault = true
		folder = path.Dir(folder)
	}
	g.root, ok = strings.CutSuffix(folder, "specifications")
	return g, ok && suffix == ".gemspec" && g.full != "" && (g.root == "" || strings.HasSuffix(g.root, "/"))
}

// gemCheckout reads the folder of a gemspec that Bundler wrote into a copy of a
// git repository, which may hold several gems.
func gemCheckout(folder, full string) (g gemPaths, ok bool) {
	root, rest, ok := strings.Cut("/"+folder, "/bundler/gems/")
	if !ok || full == "" {
		return g, false
	}
	repository, below, _ := strings.Cut(rest, "/")
	i := strings.LastIndexByte(repository, '-')
	if i <= 0 || !isHex(repository[i+1:], gemCommit) || strings.Contains(below, "/") {
		return g, false
	}
	g.root = strings.TrimPrefix(root+"/", "/")
	g.full, g.checkout, g.commit = full, folder, repository[i+1:]
	return g, true
}

// gemCommit is how many digits of a commit Bundler puts into a folder's name.
const gemCommit = 12

// readGem reads the specification of an installed gem, which is Ruby that
// RubyGems wrote: one assignment per line, strings without interpolation. It is
// read as text and never run. What it does not say in that form is taken from
// the stub line that RubyGems itself reads first, and else from the file name;
// the method says which. The key is the specification's path.
//
// Format: Gem::Specification#to_ruby and Gem::StubSpecification.
func readGem(f *file, out *facts) error {
	g, ok := gemPlace(f.Path)
	if !ok {
		return nil
	}
	if path.Base(f.Path) == gemBuilt {
		out.OwnsTree(g.key(), path.Dir(f.Path))
		return nil
	}
	s := gemSpec{lines: newLines(f.Path, f.Reader())}
	for s.next() {
		s.line()
	}
	err := s.err()
	method := "installed metadata"
	switch {
	case s.name != "" && s.version != "":
	case s.stubName != "" && s.stubVersion != "":
		s.name, s.version, s.platform = s.stubName, s.stubVersion, s.stubPlatform
		method = "stub line"
	default:
		if g.checkout == "" {
			s.name, s.version, s.platform = gemFileName(g.full)
		}
		method = "file name"
	}
	switch {
	case s.name == "" || s.version == "":
		out.Gap(f.Path, -1, true, fmt.Sprintf("gem %q has no version", g.full))
		return err
	case strings.Contains(s.fullName(), "/"):
		return errors.Join(err, &landwaiter.SyntaxError{Path: f.Path, Err: fmt.Errorf("gem %q has a slash in its name", s.fullName())})
	case s.fullName() != g.full && g.checkout == "":
		out.Gap(f.Path, -1, false, fmt.Sprintf("gem %q has the specification of %q", g.full, s.fullName()))
	}
	s.emit(f, method, g.commit, out)
	if g.checkout != "" {
		out.OwnsTree(f.Path, g.checkout)
		return err
	}
	s.claim(g, out)
	return err
}

// gemSpec holds what the specification has said so far. Of a field that is
// assigned twice the first value counts: text below may be a description's.
type gemSpec struct {
	*lines
	name, version, platform             string
	stubName, stubVersion, stubPlatform string
	licences, authors, requires         []string
	files, executables                  []string
	bindir                              string
}

// line reads the current line.
func (s *gemSpec) line() {
	text := strings.TrimSpace(asUTF8(string(s.text)))
	if stub, ok := strings.CutPrefix(text, "# stub: "); ok {
		// The line before the extensions' own stub line: name, version, platform, folders.
		if words := strings.Fields(stub); len(words) >= 3 && s.stubName == "" {
			s.stubName, s.stubVersion, s.stubPlatform = words[0], words[1], words[2]
		}
		return
	}
	receiver, rest, ok := strings.Cut(text, ".")
	if !ok || strings.HasPrefix(text, "#") || strings.ContainsAny(receiver, " \t\"'(") {
		return
	}
	if args, ok := strings.CutPrefix(rest, "add_runtime_dependency"); ok {
		s.require(args)
		return
	}
	if args, ok := strings.CutPrefix(rest, "add_dependency"); ok {
		s.require(args)
		return
	}
	field, value, ok := strings.Cut(rest, "=")
	if !ok || strings.HasPrefix(value, "=") {
		return
	}
	s.assign(strings.TrimSpace(field), value)
}

func (s *gemSpec) assign(field, value string) {
	one := map[string]*string{"name": &s.name, "version": &s.version, "platform": &s.platform, "bindir": &s.bindir}
	many := map[string]*[]string{
		"licenses": &s.licences, "license": &s.licences, "authors": &s.authors, "author": &s.authors,
		"files": &s.files, "executables": &s.executables,
	}
	if dst := one[field]; dst != nil && *dst == "" {
		if list := rubyStrings(value, 1); len(list) > 0 {
			*dst = strings.TrimSpace(list[0])
		}
	}
	if dst := many[field]; dst != nil && *dst == nil {
		*dst = rubyStrings(value, maxClaims)
	}
}

func (s *gemSpec) require(args string) {
	if list := rubyStrings(args, 1); len(list) > 0 && list[0] != "" {
		s.requires = append(s.requires, list[0])
	}
}

// fullName is NAME-VERSION, and the platform unless the gem is plain Ruby.
func (s *gemSpec) fullName() string {
	full := s.name + "-" + s.version
	if s.platform != "" && s.platform != "ruby" {
		full += "-" + s.platform
	}
	return full
}

func (s *gemSpec) emit(f *file, method, commit string, out *facts) {
	platform, origin := s.platform, ""
	if commit != "" {
		origin = "git " + commit
	}
	if platform == "ruby" {
		platform = ""
	}
	out.Package(method, landwaiter.Package{
		Ecosystem: "gem", Name: s.name, Version: s.version, Arch: platform,
		Origin:   origin,
		Licence:  strings.Join(unique(s.licences), ", "),
		Vendor:   strings.Join(unique(s.authors), ", "),
		Requires: unique(s.requires),
		PURL:     purl("gem", "", s.name, s.version, "platform", platform),
	}, f.Path)
}

// claim claims the places that RubyGems fills for a gem. Those of its compiled
// parts say so themselves.
func (s *gemSpec) claim(g gemPaths, out *facts) {
	key, full := g.key(), s.fullName()
	out.Owns(key, key, "")
	out.OwnsTree(key, g.root+"gems/"+full)
	out.OwnsTree(key, g.root+"doc/"+full)
	out.Owns(key, g.root+"cache/"+full+".gem", "")
	out.Owns(key, g.root+"build_info/"+full+".info", "")
	for _, name := range s.executables {
		if !strings.Contains(name, "/") && clean(name) != "" {
			out.Owns(key, g.root+"bin/"+name, "")
		}
	}
	// A default gem's lib lies in lib/ruby/ABI beside lib/ruby/gems/ABI.
	home := strings.TrimSuffix(g.root, "/")
	if !g.isDefault || path.Base(path.Dir(home)) != "gems" {
		return
	}
	lib := path.Join(path.Dir(path.Dir(home)), path.Base(home))
	for _, name := range s.files {
		name = strings.TrimPrefix(clean(name), "lib/")
		switch ext := path.Ext(name); {
		case len(name) > limitio.MaxName || strings.HasPrefix(name, "ext/"):
		case ext == ".so":
			for _, platform := range gemPlatforms {
				out.Owns(key, lib+"/"+platform+"/"+name, "")
			}
		case ext == ".rb":
			out.Owns(key, lib+"/"+name, "")
		}
	}
}

// gemPlatforms are the folders in which Ruby keeps compiled parts of its own gems.
// A specification does not say which it is.
var gemPlatforms = []string{
	"x86_64-linux", "x86_64-linux-gnu", "x86_64-linux-musl", "aarch64-linux", "aarch64-linux-gnu", "aarch64-linux-musl",
}

// gemFileName splits NAME-VERSION[-PLATFORM]: the version is the last part that
// starts with a digit and has a dot, or else the last that starts with a digit.
func gemFileName(full string) (name, version, platform string) {
	parts := strings.Split(full, "-")
	at := 0
	for i := 1; i < len(parts); i++ {
		p := parts[i]
		if p == "" || p[0] < '0' || p[0] > '9' {
			continue
		}
		if at == 0 || strings.Contains(p, ".") || !strings.Contains(parts[at], ".") {
			at = i
		}
	}
	if at == 0 {
		return full, "", ""
	}
	return strings.Join(parts[:at], "-"), parts[at], strings.Join(parts[at+1:], "-")
}

// rubyStrings lists at most n string literals of a line of Ruby: "…", '…' and
// %q with any bracket. Escapes stand for the character after the backslash.
func rubyStrings(line string, n int) []string {
	var out []string
	for i := 0; i < len(line) && len(out) < n; i++ {
		open := line[i]
		switch {
		case open == '#':
			return out // a comment
		case open == '%' && i+2 < len(line) && (line[i+1] == 'q' || line[i+1] == 'Q'):
			i += 2
			open = line[i]
		case open != '"' && open != '\'':
			continue
		}
		var b strings.Builder
		end := rubyClose(open)
		for i++; i < len(line) && line[i] != end; i++ {
			if line[i] == '\\' && i+1 < len(line) {
				i++
			}
			b.WriteByte(line[i])
		}
		out = append(out, b.String())
	}
	return out
}

func rubyClose(open byte) byte {
	switch open {
	case '<':
		return '>'
	case '(':
		return ')'
	case '[':
		return ']'
	case '{':
		return '}'
	}
	return open
}
