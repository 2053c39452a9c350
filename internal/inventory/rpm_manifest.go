package inventory

import (
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// readRPMManifest reads the list of packages that Azure Linux (CBL-Mariner)
// leaves in its images without a package manager, ten fields between tabs: name,
// version-release, installed, built, vendor, "(none)", size, architecture, epoch,
// source package. It names no files.
func readRPMManifest(f *file, out *facts) error {
	const fields = 10
	l := newLines(f.Path, f.Reader())
	for l.next() {
		if l.blank() {
			continue
		}
		v := strings.Split(string(l.text), "\t")
		if len(v) != fields || !printable(v[0]) || !printable(v[1]) {
			return l.damagef("not the %d fields of a package", fields)
		}
		var epoch uint64
		if v[8] != rpmNone {
			var err error
			if epoch, err = strconv.ParseUint(v[8], 10, 32); err != nil {
				return l.damagef("the epoch %.20q is not a number", v[8])
			}
		}
		p := landwaiter.Package{Ecosystem: "rpm", Name: v[0], Arch: v[7]}
		version, release, _ := strings.Cut(v[1], "-")
		p.Version = rpmVersion(uint32(epoch), version, release)
		if v[4] != rpmNone {
			p.Vendor = v[4]
		}
		if v[9] != rpmNone {
			p.SourceName, p.SourceVersion = rpmSource(v[9])
		}
		out.Package("package list", p, rpmKey(&p))
	}
	return l.err()
}
