package inventory

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const (
	portageDB    = "var/db/pkg/"
	portageWorld = "var/lib/portage/world"
)

var portageWant = want{
	paths:    []string{portageWorld},
	bases:    []string{"PF", "CONTENTS", "RDEPEND", "repository"},
	maxBytes: limitio.MaxText,
	also: func(p string) bool {
		rest, ok := strings.CutPrefix(p, portageDB)
		return ok && strings.Count(rest, "/") == 2 || p == portageWorld
	},
}

// readPortage reads Portage's database of installed packages: CATEGORY/PF is a
// folder with a file for each thing known. A package is called "CATEGORY/NAME", as
// Gentoo does; its keys are the folder and, for what was asked for, that name.
//
// Format: https://projects.gentoo.org/pms/8/pms.html, and portage's vartree.py.
func readPortage(f *file, out *facts) error {
	if f.Path == portageWorld {
		return portageAsked(f, out)
	}
	folder := path.Dir(f.Path)
	key := folder
	switch path.Base(f.Path) {
	case "CONTENTS":
		out.Owns(key, f.Path, "")
		return portageContents(f, key, out)
	case "PF":
	default:
		text, err := io.ReadAll(io.LimitReader(f.Reader(), limitio.MaxMetadata))
		if err != nil {
			return err
		}
		if path.Base(f.Path) == "repository" {
			if origin := oneLine(string(text)); printable(origin) {
				out.Amend(amendment{key: key, origin: origin})
			}
			return nil
		}
		if needs := portageNeeds(string(text)); len(needs) > 0 {
			out.Amend(amendment{key: key, requires: needs})
		}
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(f.Reader(), limitio.MaxName))
	if err != nil {
		return err
	}
	category := path.Base(path.Dir(folder))
	m := portagePF.FindStringSubmatch(strings.TrimSpace(string(text)))
	if m == nil {
		out.Gap(f.Path, -1, true, fmt.Sprintf("an installed package called %q, without a version", oneLine(string(text))))
		return nil
	}
	name := category + "/" + m[1]
	out.Package("package database", landwaiter.Package{
		Ecosystem: "portage", Name: name, Version: m[2], PURL: purl("ebuild", category, m[1], m[2]),
	}, folder, name)
	out.OwnsTree(folder, folder)
	return nil
}

// portagePF is a name, which may hold dashes and digits, and a version.
var portagePF = regexp.MustCompile(`^([0-9A-Za-z+_][0-9A-Za-z+_-]*?)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)$`)

// portageContents claims "obj PATH MD5 TIME".
func portageContents(f *file, key string, out *facts) error {
	var total tally
	l := newLines(f.Path, f.Reader())
	for l.next() {
		rest, ok := strings.CutPrefix(string(l.text), "obj ")
		if !ok {
			continue // a folder, a link, a device
		}
		rest, _, timed := cutLast(rest, " ")
		name, sum, summed := cutLast(rest, " ")
		if !timed || !summed {
			return l.damagef("a file without a sum and a time")
		}
		if err := total.add(name); err != nil {
			return l.damagef("%w", err)
		}
		if isHex(sum, 32) {
			sum = "md5:" + sum
		} else {
			sum = ""
		}
		out.Owns(key, name, sum)
	}
	return l.err()
}

// portageAtom is a package in a list of needs: an operator, CATEGORY/NAME-VERSION,
// slots and uses.
var portageAtom = regexp.MustCompile(`^(!*)[<>=~]*([0-9A-Za-z+_][0-9A-Za-z+_.-]*)/([0-9A-Za-z+_][0-9A-Za-z+_.-]*)`)

// portageNeeds lists the packages of a formula of needs, without those that must not
// be there.
func portageNeeds(text string) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		m := portageAtom.FindStringSubmatch(word)
		if m == nil || m[1] != "" {
			continue
		}
		name := m[3]
		if v := portagePF.FindStringSubmatch(strings.TrimSuffix(name, ".")); v != nil {
			name = v[1]
		}
		out = append(out, m[2]+"/"+name)
	}
	return unique(out)
}

// portageAsked reads what somebody asked for by name.
func portageAsked(f *file, out *facts) error {
	l := newLines(f.Path, f.Reader())
	for l.next() {
		for _, name := range portageNeeds(string(l.text)) {
			out.Amend(amendment{key: name, requested: true})
		}
	}
	return l.err()
}
