package inventory

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var haskellWant = want{
	suffixes: []string{".conf"},
	maxBytes: limitio.MaxMetadata,
	also: func(p string) bool {
		// The databases of GHC, of Cabal's store and of Stack.
		return slices.Contains([]string{"package.conf.d", "package.db", "pkgdb"}, path.Base(path.Dir(p)))
	},
}

// readHaskell reads a package in a database of GHC's packages. The key is the
// file. Where a library was given a name of its own inside its package, the
// package counts.
//
// Format: Cabal's Distribution.Types.InstalledPackageInfo.
func readHaskell(f *file, out *facts) error {
	c, err := haskellFields(f)
	if err != nil {
		return err
	}
	one := func(name string) string { return oneLine(asUTF8(c[name])) }
	name, version := one("name"), one("version")
	if p := one("package-name"); p != "" {
		name = p
	}
	if name == "" || version == "" || !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("Haskell package %q has no name or no version", name))
		return nil
	}
	id := one("id")
	needs := strings.FieldsFunc(one("depends"), func(r rune) bool { return r == ' ' || r == ',' })
	p := landwaiter.Package{
		Ecosystem: "haskell", Name: name, Version: version, Licence: one("license"), Vendor: one("maintainer"),
		Requires: unique(slices.DeleteFunc(needs, func(s string) bool { return s == id || !printable(s) })),
		PURL:     purl("hackage", "", name, version),
	}
	out.Package("package database", p, f.Path)
	if id != "" && printable(id) {
		out.Provides(id)
	}
	out.Owns(f.Path, f.Path, "")
	h := haskellPlaces{root: path.Dir(path.Dir(f.Path)), name: name + "-" + version}
	h.folders(f, c, out)
	return h.libraries(f, c, out)
}

// haskellFields reads "name: value" lines, with more of the value on lines that
// start with space.
func haskellFields(f *file) (map[string]string, error) {
	fields := map[string]string{}
	l := newLines(f.Path, f.Reader())
	name := ""
	var value strings.Builder
	put := func() {
		if slices.Contains(haskellKept, name) {
			fields[name] = value.String()
		}
		value.Reset()
	}
	for l.next() {
		switch {
		case l.blank():
		case l.text[0] == ' ' || l.text[0] == '\t':
			value.WriteByte('\n')
			value.Write(l.text)
		default:
			put()
			key, rest, ok := strings.Cut(string(l.text), ":")
			if !ok {
				return nil, l.damagef("no field name and colon")
			}
			name = strings.ToLower(strings.TrimSpace(key))
			value.WriteString(rest)
		}
	}
	put()
	return fields, l.err()
}

var haskellKept = []string{
	"name", "version", "package-name", "id", "license", "maintainer", "depends",
	"import-dirs", "library-dirs", "dynamic-library-dirs", "hs-libraries", "pkgroot",
}

// haskellPlaces says where the files of a package are.
type haskellPlaces struct {
	root string // the folder of the database's own folder, ${pkgroot}
	name string // NAME-VERSION
}

// paths lists the folders of a field. One with spaces is in quotes.
func (h haskellPlaces) paths(value string) []string {
	var out []string
	for line := range strings.Lines(value) {
		for _, p := range haskellPath.FindAllString(asUTF8(line), -1) {
			p = strings.Trim(p, "\"")
			p = strings.ReplaceAll(p, "${pkgroot}", "/"+h.root)
			if strings.HasPrefix(p, "/") {
				out = append(out, clean(p))
			}
		}
	}
	return unique(out)
}

var haskellPath = regexp.MustCompile(`"[^"]*"|[^\s,"]+`)

// folders claims those folders that are the package's alone: one on the way
// carries its name.
func (h haskellPlaces) folders(f *file, c map[string]string, out *facts) {
	seen := map[string]bool{}
	for _, p := range h.paths(c["import-dirs"] + "\n" + c["library-dirs"]) {
		for dir := p; dir != "." && dir != "/"; dir = path.Dir(dir) {
			if base := path.Base(dir); (base == h.name || strings.HasPrefix(base, h.name+"-")) && !seen[dir] {
				seen[dir] = true
				out.OwnsTree(f.Path, dir)
				break
			}
		}
	}
}

// haskellCompiler is how the folder of a compiler's shared libraries tells it.
var haskellCompiler = regexp.MustCompile(`ghc-(\d+(?:\.\d+)+)`)

// libraries claims the shared libraries, which lie beside those of others.
func (h haskellPlaces) libraries(f *file, c map[string]string, out *facts) error {
	var total tally
	for _, dir := range h.paths(c["dynamic-library-dirs"]) {
		ghc := haskellCompiler.FindStringSubmatch(dir)
		if ghc == nil {
			continue
		}
		for _, lib := range strings.Fields(c["hs-libraries"]) {
			name := path.Join(dir, "lib"+path.Base(lib)+"-ghc"+ghc[1]+".so")
			if err := total.add(name); err != nil {
				return err
			}
			out.Owns(f.Path, name, "")
		}
	}
	return nil
}
