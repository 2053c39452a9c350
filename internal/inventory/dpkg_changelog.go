package inventory

import (
	"bufio"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"
)

// debianOrigin is the origin of packages whose changelog shows that Debian built
// them.
const debianOrigin = "Debian"

const dpkgDocs = "usr/share/doc/"

// isDebianChangelog reports whether a file can be the changelog of a package. Where
// Debian writes the software itself, it is called changelog alone.
func isDebianChangelog(name string) bool {
	rest, ok := strings.CutPrefix(name, dpkgDocs)
	if !ok || strings.Count(rest, "/") != 1 {
		return false
	}
	base := path.Base(rest)
	return base == "changelog.Debian.gz" || base == "changelog.Debian" || base == "changelog.gz"
}

// debianEntry is the first line of an entry: "file (1:5.44-3) unstable; urgency=medium".
var debianEntry = regexp.MustCompile(`^([a-z0-9][a-z0-9+.-]+) \(([^() ]+)\) ([a-z-]+); urgency=`)

// debianSuites are what a Debian developer uploads to: the names of releases since
// 2011, with and without what follows them, and those that have none. "stable" is
// not among them: vendors write it, and Debian has not used it for long.
var debianSuites = regexp.MustCompile(`^(?:unstable|experimental|(?:wheezy|jessie|stretch|buster|bullseye|bookworm|trixie|forky)(?:-security|-updates|-proposed-updates|-backports|-backports-sloppy)?)$`)

// debianVersion is the form of Debian's own versions: no word in the revision but
// those that Debian's tools put there.
var debianVersion = regexp.MustCompile(`^(?:[0-9]+:)?[0-9][0-9A-Za-z.+~-]*?(?:-[0-9]+(?:\.[0-9]+)*(?:\+nmu[0-9]+)?)?(?:[+~]deb[0-9]+u[0-9]+)?(?:~bpo[0-9]+\+[0-9]+)?$`)

// vendorWords are parts of upstream versions and revisions that Debian's do not have.
var vendorWords = regexp.MustCompile(`(?i)ubuntu|debian|bullseye|bookworm|trixie|buster|jammy|focal|noble|ppa|repack1$`)

var debianBug = regexp.MustCompile(`(?i)\bcloses:\s*(?:bug)?#?\s*[0-9]{4,7}\b`)

// readDebianChangelog says that Debian built a package, where the package's
// changelog has all of these: its newest entry is for one of Debian's suites, its
// version has the form of Debian's own, and an entry closes a bug of Debian's
// tracker. The version must be the installed one: the key holds it, and the merge
// finds no package where it is another.
//
// It says so of nobody in the table of vendors: their packages have an origin.
//
// Format: deb-changelog(5).
func readDebianChangelog(f *file, out *facts) error {
	r := f.Reader()
	if strings.HasSuffix(f.Path, ".gz") {
		z, done, err := unpack("gzip", r)
		if err != nil {
			return nil //nolint:nilerr // a file of that name; it says nothing about software
		}
		defer done()
		r = z
	}
	b := bufio.NewReader(io.LimitReader(r, maxChangelog))
	first, err := b.ReadString('\n')
	m := debianEntry.FindStringSubmatch(first)
	if m == nil {
		return nil
	}
	source, version, suite := m[1], m[2], m[3]
	if !debianSuites.MatchString(suite) || !debianVersion.MatchString(version) || vendorWords.MatchString(version) || err != nil || !closesBug(b) {
		return nil
	}
	name := path.Base(path.Dir(f.Path))
	out.Amend(amendment{key: changelogKey(name, source, version), origin: debianOrigin})
	return nil
}

// maxChangelog is how many bytes are looked through; the longest have some 500 kB.
const maxChangelog = 4 << 20

// closesBug reports whether a line of a changelog says so. Most do on the first page.
func closesBug(b *bufio.Reader) bool {
	for {
		line, err := b.ReadSlice('\n') // of a longer line, what fits
		if debianBug.Match(line) {
			return true
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false
		}
	}
}

// changelogKey is the key by which a changelog names a package. No package is
// called so, as its name would hold a space.
func changelogKey(name, source, version string) string {
	return "changelog " + name + " " + source + " " + version
}
