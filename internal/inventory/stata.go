package inventory

import (
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var stataWant = want{
	bases:    []string{"stata.trk"},
	fits:     func(p string) bool { return stataRelease(p) != "" },
	nameOnly: true,
	maxBytes: limitio.MaxMetadata,
}

// stataRelease is the release that a marker such as isstata.180 names, "" for any
// other file. The last digit is behind the point.
func stataRelease(name string) string {
	if !strings.Contains(name, "isstata.") { // asked of every file
		return ""
	}
	digits, ok := strings.CutPrefix(path.Base(name), "isstata.")
	if !ok || len(digits) < 2 || len(digits) > 3 || strings.Trim(digits, "0123456789") != "" || !strings.Contains(name, "/") {
		return ""
	}
	return digits[:len(digits)-1] + "." + digits[len(digits)-1:]
}

// readStata reads the marker that an installation of Stata has, by its name alone,
// and the list of packages that "net install" and "ssc install" keep. Keys are the
// folder of Stata, and the list with the package's number in it. The licence in the
// same folder is not read.
//
// Format: "[R] net" in Stata's manual, and the command "ado update".
func readStata(f *file, out *facts) error {
	folder := path.Dir(f.Path)
	if release := stataRelease(f.Path); release != "" {
		p := landwaiter.Package{Ecosystem: "stata", Name: "Stata", Version: release, Vendor: "StataCorp", PURL: purl("generic", "", "Stata", release)}
		out.Package("file name", p, folder)
		out.OwnsTree(folder, folder)
		return nil
	}
	var n tally
	t := trackedPackage{}
	count := 0
	l := newLines(f.Path, f.Reader())
	for l.next() {
		if l.blank() || l.text[0] == '*' {
			continue
		}
		value := asUTF8(strings.TrimSpace(string(l.text[1:])))
		switch l.text[0] {
		case 'S':
			t = trackedPackage{source: value}
		case 'N':
			t.name = strings.TrimSuffix(value, ".pkg")
		case 'd':
			if key, date, ok := strings.Cut(value, ":"); ok && strings.EqualFold(key, "distribution-date") {
				t.version = strings.TrimSpace(date)
			}
		case 'f':
			if err := n.add(value); err != nil {
				return l.damagef("%w", err)
			}
			t.files = append(t.files, value)
		case 'e':
			count++
			t.emit(f, fmt.Sprintf("%s#%d", f.Path, count), out)
			t = trackedPackage{}
		}
	}
	if err := l.err(); err != nil {
		return err
	}
	if t.name != "" {
		return l.damagef("package %q has no end", t.name)
	}
	return nil
}

// trackedPackage is one package of stata.trk.
type trackedPackage struct {
	name, version, source string
	files                 []string
}

func (t *trackedPackage) emit(f *file, key string, out *facts) {
	switch {
	case !printable(t.name):
		out.Gap(f.Path, -1, true, "a package of Stata without a name")
		return
	case !printable(t.version):
		out.Gap(f.Path, -1, true, fmt.Sprintf("package %q of Stata gives no date of its distribution, which is the only version such packages have", t.name))
		return
	}
	p := landwaiter.Package{
		Ecosystem: "stata", Name: t.name, Version: t.version, Origin: publicURL(t.source),
		Requested: true, PURL: purl("generic", "", "stata-"+t.name, t.version),
	}
	out.Package("package database", p, key)
	for _, name := range t.files {
		// The list speaks of its own folder and nothing else.
		out.Owns(key, path.Dir(f.Path)+"/"+clean(name), "")
	}
}
