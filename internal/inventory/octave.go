package inventory

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var octaveWant = want{
	bases:    []string{"DESCRIPTION"},
	maxBytes: 1 << 20,
	also:     func(p string) bool { return path.Base(path.Dir(p)) == "packinfo" && strings.Count(p, "/") >= 2 },
}

// readOctave reads the DESCRIPTION of an installed package of GNU Octave, which
// Octave puts in NAME-VERSION/packinfo. The key is the package's folder.
//
// Format: "The DESCRIPTION File" in the manual of GNU Octave.
func readOctave(f *file, out *facts) error {
	s := newStanzas(f.Path, f.Reader(), "name", "version", "license", "depends", "maintainer", "url")
	s.next()
	name, version := asUTF8(s.field["name"]), asUTF8(s.field["version"])
	folder := path.Dir(path.Dir(f.Path))
	if err := s.err(); err != nil {
		return err
	}
	if !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("a package of Octave without name or version in %s", path.Base(folder)))
		return nil
	}
	p := landwaiter.Package{
		Ecosystem: "octave", Name: strings.ToLower(name), Version: version,
		Licence: oneLine(asUTF8(s.field["license"])), Vendor: oneLine(asUTF8(s.field["maintainer"])),
		Requires: octaveNames(asUTF8(s.field["depends"])),
	}
	p.PURL = purl("generic", "", "octave-"+p.Name, version)
	out.Package("installed metadata", p, folder)
	if base := strings.ToLower(path.Base(folder)); base != p.Name+"-"+version {
		out.Owns(folder, f.Path, "")
		return nil
	}
	out.OwnsTree(folder, folder)
	// Compiled parts of a package for all users lie apart.
	if before, after, ok := strings.Cut(folder, "share/octave/packages/"); ok {
		out.OwnsTree(folder, before+"lib/octave/packages/"+after)
	}
	return nil
}

// octaveNames lists the packages that a field names; Octave itself is none.
func octaveNames(field string) []string {
	names := dpkgNames(field)
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "octave" })
}
