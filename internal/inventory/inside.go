package inventory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// PackageInside emits a package observed inside an archive. where is the place,
// "outer.jar!/inner.jar!/META-INF/…", and stays as Evidence[0].Path: the scan
// sets that only where it is empty.
func (o *facts) PackageInside(method, where string, p landwaiter.Package, keys ...string) {
	o.Package(method, p, keys...)
	o.packages[len(o.packages)-1].pkg.Evidence[0].Path = where
}

// inside names a member of the archive at where. The member's name is clean and
// valid text, whatever the archive says.
func inside(where, member string) string {
	return where + "!/" + clean(strings.ToValidUTF8(member, "\ufffd"))
}

// printable reports whether s can be a name or a version: not empty, not long,
// text without control characters.
func printable(s string) bool {
	const longest = 512
	if s == "" || len(s) > longest || !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, unicode.IsControl) < 0
}

// gapList keeps the first gaps of one file and counts the rest, so that a file
// full of damage makes no report full of gaps.
type gapList struct {
	out  *facts
	path string
	n    int
	rest int
}

func (g *gapList) add(path string, bytes int64, reason string) {
	if g.n++; g.n > maxGaps || len(path) > limitio.MaxName {
		g.rest++
		return
	}
	g.out.Gap(path, bytes, true, reason)
}

// done says how many gaps were not said one by one.
func (g *gapList) done(words string) {
	if g.rest > 0 {
		g.out.Gap(g.path, -1, true, words)
	}
}
