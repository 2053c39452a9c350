package inventory

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const (
	dpkgFolder = "var/lib/dpkg/"
	dpkgInfo   = dpkgFolder + "info/"
	// dpkgStatusD holds a stanza per package where there is no dpkg to write a
	// status file, as in distroless images.
	dpkgStatusD = dpkgFolder + "status.d/"
	// dpkgUpdates is dpkg's journal; it is empty unless dpkg was interrupted.
	dpkgUpdates = dpkgFolder + "updates/"
	// aptStates is where apt notes what it installed only because something else
	// needs it.
	aptStates = "var/lib/apt/extended_states"
)

// dpkgWant names dpkg's database, apt's and chisel's. Everything in info is wanted, as each file
// there belongs to the package it is named after.
var dpkgWant = want{
	paths:    []string{dpkgFolder + "status", dpkgFolder + "diversions", dpkgInfo, dpkgStatusD, dpkgUpdates, aptStates, chiselManifest},
	fits:     isDebianChangelog,
	maxBytes: limitio.MaxText,
}

// readDpkg reads the files of dpkg's database. It emits packages in file order,
// under the keys "name" and "name:arch" and, in status.d, "status.d/FILE". The
// distribution is not known here, so the merge makes the purl.
//
// Paths are as the package was built: on a system with a merged /usr, a list
// may say /bin/ls for usr/bin/ls.
//
// Format: dpkg-query(1), deb822(5), deb-md5sums(5), dpkg-divert(1).
func readDpkg(f *file, out *facts) error {
	folder, base, suffix := split(f.Path)
	switch {
	case folder == dpkgStatusD && suffix == ".md5sums":
		key := "status.d/" + strings.TrimSuffix(base, suffix)
		out.Owns(key, f.Path, "")
		return readDpkgSums(f, key, out)
	case folder == dpkgStatusD:
		out.Owns("status.d/"+base, f.Path, "")
		return readDpkgStatus(f, out, "status.d/"+base)
	case folder == dpkgInfo:
		return readDpkgInfo(f, out)
	case folder == dpkgUpdates:
		out.Gap(f.Path, f.Size, true, "dpkg was interrupted: its database has changes that are not in the status file")
		return nil
	case isDebianChangelog(f.Path):
		return readDebianChangelog(f, out)
	case f.Path == chiselManifest:
		return readChisel(f, out)
	case f.Path == aptStates:
		out.Owns("apt", f.Path, "")
		return readAptStates(f, out)
	case base == "diversions":
		out.Owns("dpkg", f.Path, "")
		return readDpkgDiversions(f, out)
	}
	out.Owns("dpkg", f.Path, "")
	return readDpkgStatus(f, out)
}

// dpkgStates says for each state of a package whether its files are on disk.
var dpkgStates = map[string]bool{
	"not-installed":    false,
	"config-files":     false,
	"half-installed":   true,
	"unpacked":         true,
	"half-configured":  true,
	"triggers-awaited": true,
	"triggers-pending": true,
	"installed":        true,
}

func readDpkgStatus(f *file, out *facts, keys ...string) error {
	s := newStanzas(f.Path, f.Reader(), "package", "status", "version", "architecture", "source",
		"maintainer", "origin", "depends", "pre-depends", "provides", "conffiles")
	var n tally
	for s.next() {
		name := s.field["package"]
		if name == "" {
			return &landwaiter.SyntaxError{Path: f.Path, Line: s.first, Err: fmt.Errorf("a stanza without Package")}
		}
		if !dpkgUnpacked(f, s.field["status"], name, out) {
			continue
		}
		version, arch := s.field["version"], s.field["architecture"]
		if version == "" {
			out.Gap(f.Path, -1, true, fmt.Sprintf("package %q has no version", name))
			continue
		}
		p := landwaiter.Package{
			Ecosystem: "dpkg", Name: name, Version: version, Arch: arch,
			Vendor: s.field["maintainer"], Origin: s.field["origin"],
			Requires: dpkgNames(s.field["pre-depends"], s.field["depends"]),
		}
		p.SourceName, p.SourceVersion = dpkgSource(s.field["source"], name, version)
		// Debian writes no Origin. Whoever writes "Debian" there is not believed.
		if v := vendorOf(name, version, p.Vendor); v != "" || strings.EqualFold(p.Origin, debianOrigin) {
			p.Origin = v
		}
		key := name
		names := append([]string{name, changelogKey(name, p.SourceName, p.SourceVersion)}, keys...)
		if arch != "" {
			key = name + ":" + arch
			names = append(names, key)
		}
		out.Package("package database", p, names...)
		out.Provides(dpkgNames(s.field["provides"])...)
		if err := dpkgConffiles(s.field["conffiles"], key, &n, out); err != nil {
			return s.damagef("%w", err)
		}
	}
	return s.err()
}

// dpkgUnpacked reports whether a package in this state has files on disk. A
// stanza without Status is one of status.d, or somebody took it away: both
// count as installed.
func dpkgUnpacked(f *file, status, name string, out *facts) bool {
	if status == "" {
		return true
	}
	words := strings.Fields(status)
	state := words[len(words)-1]
	unpacked, known := dpkgStates[state]
	switch {
	case !known:
		out.Gap(f.Path, -1, false, fmt.Sprintf("package %q is in a state that dpkg does not have, %q; it is taken as installed", name, state))
		return true
	case state == "half-installed":
		out.Gap(f.Path, -1, false, fmt.Sprintf("package %q was not installed to its end; some of its files may be missing", name))
	}
	return unpacked
}

// dpkgSource reads "name" or "name (version)". What is not said is the
// package's own.
func dpkgSource(source, name, version string) (string, string) {
	src, rest, _ := strings.Cut(source, "(")
	if src = strings.TrimSpace(src); src != "" {
		name = src
	}
	if v, _, ok := strings.Cut(rest, ")"); ok && strings.TrimSpace(v) != "" {
		version = strings.TrimSpace(v)
	}
	return name, version
}

// dpkgNames lists the packages named in relations such as
// "a (>= 1), b:any | c [amd64]", each once, alternatives too.
func dpkgNames(relations ...string) []string {
	var out []string
	seen := make(map[string]bool)
	for _, list := range relations {
		for _, one := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '|' }) {
			one = strings.TrimSpace(one)
			if i := strings.IndexAny(one, " \t\n([<:"); i >= 0 {
				one = one[:i]
			}
			if one != "" && !seen[one] {
				seen[one] = true
				out = append(out, one)
			}
		}
	}
	return out
}

// readAptStates reads a stanza for every package that apt has an opinion on.
// "Auto-Installed: 1" says that nobody asked for it; every other package that is
// installed was asked for, as "apt-mark showmanual" says too. Without the file
// nothing is said of any package.
func readAptStates(f *file, out *facts) error {
	s := newStanzas(f.Path, f.Reader(), "package", "architecture", "auto-installed")
	for s.next() {
		if s.field["auto-installed"] != "1" {
			continue
		}
		name, arch := s.field["package"], s.field["architecture"]
		if name == "" {
			return &landwaiter.SyntaxError{Path: f.Path, Line: s.first, Err: fmt.Errorf("a stanza without Package")}
		}
		out.Amend(amendment{key: name + ":" + arch})
		// apt knows no package of all architectures: it notes the machine's own.
		out.Amend(amendment{key: name + ":all"})
	}
	if err := s.err(); err != nil {
		return err // without the rest nobody can say what was asked for
	}
	out.Amend(amendment{key: everyOther, requested: true})
	return nil
}

// dpkgConffiles reads lines of "path md5 [obsolete] [remove-on-upgrade]". The
// path may hold spaces.
func dpkgConffiles(value, key string, n *tally, out *facts) error {
	for line := range strings.Lines(value) {
		words := strings.Fields(line)
		end := len(words)
		for end > 1 && (words[end-1] == "obsolete" || words[end-1] == "remove-on-upgrade") {
			end--
		}
		if end < 2 {
			continue
		}
		// The sum is the last word left, and so its last place is the right one.
		name := strings.TrimSpace(line[:strings.LastIndex(line, words[end-1])])
		if err := n.add(name); err != nil {
			return err
		}
		out.OwnsConf(key, name)
	}
	return nil
}

// readDpkgInfo reads info/NAME.EXT, which itself belongs to the package NAME.
func readDpkgInfo(f *file, out *facts) error {
	base := path.Base(f.Path)
	i := strings.LastIndexByte(base, '.')
	if i <= 0 {
		out.Owns("dpkg", f.Path, "") // such as "format"
		return nil
	}
	key := base[:i]
	out.Owns(key, f.Path, "")
	switch base[i:] {
	case ".list":
		return readDpkgList(f, key, out)
	case ".md5sums":
		return readDpkgSums(f, key, out)
	}
	return nil
}

func readDpkgList(f *file, key string, out *facts) error {
	var n tally
	l := newLines(f.Path, f.Reader())
	for l.next() {
		if len(l.text) == 0 {
			continue
		}
		if l.text[0] != '/' {
			return l.damagef("a file name without a leading slash")
		}
		name := string(l.text)
		if err := n.add(name); err != nil {
			return l.damagef("%w", err)
		}
		out.Owns(key, name, "")
	}
	return l.err()
}

// readDpkgSums reads what md5sum prints: 32 hex digits, a space, a space or an
// asterisk, a path.
func readDpkgSums(f *file, key string, out *facts) error {
	const digits = 2 * 16
	var n tally
	l := newLines(f.Path, f.Reader())
	for l.next() {
		if l.blank() {
			continue
		}
		// md5sum marks a line whose name is escaped.
		text, escaped := bytes.CutPrefix(l.text, []byte(`\`))
		var sum [16]byte
		if len(text) < digits+2 || text[digits] != ' ' || text[digits+1] != ' ' && text[digits+1] != '*' {
			return l.damagef("no MD5 sum and file name")
		}
		if _, err := hex.Decode(sum[:], text[:digits]); err != nil {
			return l.damagef("no MD5 sum: %w", err)
		}
		name := string(text[digits+2:])
		if escaped {
			name = strings.ReplaceAll(name, `\\`, `\`)
		}
		if err := n.add(name); err != nil {
			return l.damagef("%w", err)
		}
		out.Owns(key, name, "md5:"+hex.EncodeToString(sum[:]))
	}
	return l.err()
}

// diversion says that the file which any package but by ships as from lies at
// to. by is "" where the system's administrator moved it, and then no package's
// file is at from.
type diversion struct{ by, from, to string }

// diverts marks the key of a claim as a diversion. No package is called so, as
// its name would hold a space.
const diverts = "diverts "

// asDiversion reads a claim that says a diversion rather than an owner.
func (c claim) asDiversion() (diversion, bool) {
	rest, ok := strings.CutPrefix(c.key, diverts)
	if !ok {
		return diversion{}, false
	}
	by, from, ok := strings.Cut(rest, " ")
	return diversion{by: by, from: from, to: c.path}, ok
}

// readDpkgDiversions reads groups of three lines: the path, where it lies
// instead, and the package that may use the path, ":" for none.
func readDpkgDiversions(f *file, out *facts) error {
	var n tally
	var group [3]string
	i := 0
	l := newLines(f.Path, f.Reader())
	for l.next() {
		group[i] = string(l.text)
		if i++; i < len(group) {
			continue
		}
		i = 0
		from, to, by := clean(group[0]), group[1], strings.TrimPrefix(group[2], ":")
		if from == "" || clean(to) == "" || strings.ContainsRune(by, ' ') {
			return l.damagef("no diversion: %q to %q by %q", group[0], to, group[2])
		}
		if err := n.add(from + to); err != nil {
			return l.damagef("%w", err)
		}
		out.Owns(diverts+by+" "+from, to, "")
	}
	if err := l.err(); err != nil {
		return err
	}
	if i != 0 {
		return l.damagef("a diversion of %d lines, not three", i)
	}
	return nil
}
