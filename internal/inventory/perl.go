package inventory

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const (
	perlList    = ".packlist"
	perlInstall = "install.json"
	perlMeta    = "MYMETA.json"
)

var perlWant = want{
	bases:    []string{perlList, perlInstall, perlMeta},
	suffixes: []string{".pm"},
	maxBytes: limitio.MaxMetadata,
	also: func(name string) bool {
		switch path.Base(name) {
		case perlList:
			return perlModuleOf(name) != ""
		case perlInstall, perlMeta:
			return path.Base(path.Dir(path.Dir(name))) == ".meta"
		}
		return perlLocal(name)
	},
}

// perlLocal reports whether a module lies where people install, as far as its
// path tells: a distribution's own folders below usr hold thousands that its
// package manager answers for.
func perlLocal(name string) bool {
	if strings.HasPrefix(name, "usr/") && !strings.HasPrefix(name, "usr/local/") {
		return strings.Contains(name, "/site_perl/")
	}
	return strings.Contains(name, "/site_perl/") || strings.Contains(name, "perl5/") || strings.Contains(name, "/perl/5.")
}

// readPerl reads four files about a module that somebody installed.
//
//	ARCH/auto/A/B/.packlist        the files that were installed for A::B
//	LIB/A/B.pm                     the module: its version stands in it
//	ARCH/.meta/DIST/install.json   cpanm's note: name, version and modules of a distribution
//	ARCH/.meta/DIST/MYMETA.json    what the distribution says about itself
//
// A module counts where a .packlist confirms it, unless cpanm's note, which has
// the distribution's own name, speaks of the same one. The key is the .packlist.
func readPerl(f *file, out *facts) error {
	switch path.Base(f.Path) {
	case perlList:
		return readPacklist(f, out)
	case perlInstall:
		return readPerlInstall(f, out)
	case perlMeta:
		return readPerlMeta(f, out)
	}
	return readPerlModule(f, out)
}

// perlModuleOf is A::B of ARCH/auto/A/B/.packlist, "" for the list of Perl itself.
func perlModuleOf(list string) string {
	folder := "/" + path.Dir(list)
	if _, module, ok := cutLast(folder, "/auto/"); ok {
		return strings.ReplaceAll(module, "/", "::")
	}
	return ""
}

// readPacklist claims the files that ExtUtils::Install noted, one in a line, with
// its type behind it where it is a link. The module's own file is the one whose
// path ends in its name.
//
// Format: ExtUtils::Packlist.
func readPacklist(f *file, out *facts) error {
	module := perlModuleOf(f.Path)
	if module == "" {
		return nil
	}
	end := "/" + strings.ReplaceAll(module, "::", "/") + ".pm"
	own := ""
	var total tally
	l := newLines(f.Path, f.Reader())
	for l.next() {
		name, _, _ := strings.Cut(string(l.text), " type=")
		name = clean(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if err := total.add(name); err != nil {
			return l.damagef("%w", err)
		}
		out.Owns(f.Path, name, "")
		if strings.HasSuffix("/"+name, end) && (own == "" || len(name) < len(own)) {
			own = name
		}
	}
	out.Owns(f.Path, f.Path, "")
	if own == "" {
		own = clean(end) // nobody waits there: the gap is said
	}
	out.Confirm(own, f.Path, f.Path, fmt.Sprintf("the Perl module %.200q is installed, and no file says its version in words that can be read", module))
	return l.err()
}

// readPerlInstall reads cpanm's note. A distribution's version can differ from its
// module's: the folder has the distribution's.
//
// Format: save_meta of App::cpanminus::script.
func readPerlInstall(f *file, out *facts) error {
	var dist, module, version, from string
	var provides []string
	m := newMembers(f)
	ok, err := m.object(func(field string) (err error) {
		switch field {
		case "dist":
			err = m.text(&dist)
		case "name":
			err = m.text(&module)
		case "version":
			version, err = m.number()
		case "pathname":
			err = m.text(&from)
		case "provides":
			_, err = m.object(func(name string) error {
				provides = append(provides, name)
				return m.skip()
			})
		default:
			err = m.skip()
		}
		return err
	})
	if err == nil {
		err = m.end()
	}
	folder := path.Dir(f.Path)
	if dist == "" {
		dist = path.Base(folder)
	}
	name, of := perlDist(dist, version)
	if !ok || !printable(name) || !printable(of) || strings.Contains(name, "/") {
		out.Gap(f.Path, -1, true, fmt.Sprintf("the Perl distribution %.100q has no version", dist))
		return m.damage(err)
	}
	author := perlAuthor(from)
	p := landwaiter.Package{Ecosystem: "perl", Name: name, Version: of}
	if author != "" { // CPAN's package URLs name the author, and no modules
		p.PURL = purl("cpan", author, name, of)
	}
	if from != "" {
		p.Origin = publicURL("CPAN:" + oneLine(from))
	}
	provides = append(provides, module, strings.ReplaceAll(name, "-", "::"))
	slices.Sort(provides)
	keys := []string{folder}
	var kept []string
	for _, module := range slices.Compact(provides) {
		if perlName.MatchString(module) {
			kept = append(kept, module)
			keys = append(keys, path.Join(path.Dir(path.Dir(folder)), "auto", strings.ReplaceAll(module, "::", "/"), perlList))
		}
	}
	out.Package("installed metadata", p, keys...)
	out.Provides(kept...)
	out.OwnsTree(folder, folder)
	return m.damage(err)
}

// perlPackage finds where a package starts.
var perlPackage = regexp.MustCompile(`(?:^|[\s;{}])package\s+([A-Za-z_][\w:]*)`)

var perlName = regexp.MustCompile(`^[A-Za-z_]\w*(::\w+)*$`)

// perlDist splits NAME-VERSION. The version that the note gives counts where the
// folder ends in it; else it starts at the last dash with a digit or "v" behind.
func perlDist(dist, version string) (name, of string) {
	if n, ok := strings.CutSuffix(dist, "-"+version); ok && version != "" {
		return n, version
	}
	name, of, _ = cutLast(dist, "-")
	if number := strings.TrimPrefix(of, "v"); !startsWithDigit(number) {
		if strings.HasSuffix(name, "."+of) || of == "TRIAL" {
			n, v := perlDist(name, "")
			return n, v + "-" + of
		}
		return dist, version
	}
	return name, of
}

// perlAuthor is the third part of O/OA/OALDERS/NAME.tar.gz.
func perlAuthor(from string) string {
	parts := strings.Split(from, "/")
	if len(parts) < 4 || !strings.HasPrefix(parts[2], parts[1]) {
		return ""
	}
	return parts[2]
}

// readPerlMeta amends what a distribution says about itself.
//
// Format: CPAN::Meta::Spec.
func readPerlMeta(f *file, out *facts) error {
	a := amendment{key: path.Dir(f.Path)}
	m := newMembers(f)
	_, err := m.object(func(field string) error {
		switch field {
		case "license":
			var list []string
			err := m.texts(&list)
			a.licence = oneLine(strings.Join(unique(list), " OR "))
			return err
		case "prereqs":
			_, err := m.object(func(phase string) error {
				if phase != "runtime" {
					return m.skip()
				}
				_, err := m.object(func(strength string) error {
					if strength != "requires" {
						return m.skip()
					}
					_, err := m.object(func(module string) error {
						if module != "perl" && module != "" {
							a.requires = append(a.requires, module)
						}
						return m.skip()
					})
					return err
				})
				return err
			})
			return err
		}
		return m.skip()
	})
	a.requires = unique(a.requires)
	if a.licence != "" || len(a.requires) > 0 {
		out.Amend(a)
	}
	return m.damage(err)
}

// number reads a text or a number, as it stands.
func (m *members) number() (string, error) {
	raw, err := m.raw()
	if err != nil {
		return "", err
	}
	var s string
	var n json.Number
	if json.Unmarshal(raw, &s) != nil && json.Unmarshal(raw, &n) == nil {
		s = n.String()
	}
	return s, nil
}

// perlVersions are the ways to write a version that can be read without running
// the module, as far as ExtUtils::MakeMaker's own parser takes them.
var perlVersions = []*regexp.Regexp{
	regexp.MustCompile(`^\s*package\s+[\w:]+\s+(v?[0-9][0-9._]*)\s*[;{]`),
	regexp.MustCompile(`(?:^|[\s;({])(?:our\s+|my\s+)?[$*](?:[\w:]*::)?VERSION\s*=\s*(?:version->(?:new|parse|declare|qv)|(?:version::)?qv)?\s*\(?\s*["']?\s*(v?[0-9][0-9._]*(?:-TRIAL)?)\s*["']?\s*\)?\s*(?:;|\}|$|#)`),
}

// readPerlModule names a module by its first version. It waits for the .packlist
// that lists it: a module by itself is only a file.
func readPerlModule(f *file, out *facts) error {
	l := newLines(f.Path, f.Reader())
	var packages []string
	pod := false
	for l.next() {
		line := string(l.text)
		switch {
		case strings.HasPrefix(line, "=cut"):
			pod = false
			continue
		case strings.HasPrefix(line, "=") && len(line) > 1 && line[1] >= 'a' && line[1] <= 'z':
			pod = true
		case strings.HasPrefix(line, "__END__") || strings.HasPrefix(line, "__DATA__"):
			return nil
		}
		if pod || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, p := range perlPackage.FindAllStringSubmatch(line, 10) {
			if len(packages) < 100 {
				packages = append(packages, p[1])
			}
		}
		for _, re := range perlVersions {
			if v := re.FindStringSubmatch(line); v != nil {
				perlModule(f.Path, v[1], packages, out)
				return nil
			}
		}
	}
	// A line too long to be read hides no more than the version.
	return nil
}

// perlModule emits a module under the longest of the packages named so far that
// its path ends in.
func perlModule(name, version string, packages []string, out *facts) {
	best := ""
	for _, p := range packages {
		if strings.HasSuffix("/"+name, "/"+strings.ReplaceAll(p, "::", "/")+".pm") && len(p) > len(best) {
			best = p
		}
	}
	if !perlName.MatchString(best) || !printable(version) {
		return
	}
	out.Package("installed metadata", landwaiter.Package{Ecosystem: "perl", Name: best, Version: version}, name)
	out.Waits(name)
}
