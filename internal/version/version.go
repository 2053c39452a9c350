// Package version orders versions by each ecosystem's own rules. The rules
// themselves are those of osv-scalibr's semantic package; this package adds what
// a judgement needs: text that is no version is an error and never "older", no
// input panics, and a comparison that the rules answer differently from the two
// ends is an error as well.
package version

import (
	"fmt"
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/landwaiter/landwaiter"
)

// maxLen is the longest text taken as a version, in bytes. Real ones stay below
// 120.
const maxLen = 512

// row says which rules an ecosystem follows.
type row struct {
	ecosystem string // as OSV names it, without a release
	rules     *rules
}

// rows is the table of ecosystems.
var rows = []row{
	{"AlmaLinux", &rpm},
	{"Alpaquita", &apk},
	{"Alpine", &apk},
	{"Azure Linux", &rpm},
	{"BellSoft Hardened Containers", &apk},
	{"Bioconductor", &cran},
	{"CRAN", &cran},
	{"Chainguard", &apk},
	{"ConanCenter", &semver},
	{"Debian", &debian},
	{"GHC", &semver},
	{"Go", &golang},
	{"Hackage", &hackage},
	{"Hex", &semver},
	{"Julia", &semver},
	{"Mageia", &rpm},
	{"Maven", &maven},
	{"MinimOS", &apk},
	{"NuGet", &nuget},
	{"Packagist", &packagist},
	{"Photon OS", &rpm},
	{"Pub", &pub},
	{"PyPI", &pypi},
	{"Red Hat", &rpm},
	{"Rocky Linux", &rpm},
	{"RubyGems", &gem},
	{"SUSE", &rpm},
	{"SwiftURL", &semver},
	{"Ubuntu", &debian},
	{"Wolfi", &apk},
	{"crates.io", &semver},
	{"npm", &semver},
	{"openEuler", &rpm},
	{"openSUSE", &rpm},
	{"opam", &opam},
}

// kinds says by whose rules the versions of a type of package URL are ordered. Conda's
// own rules agree with PEP 440 wherever both take a version; those of the
// distributions are the same within a type.
var kinds = map[string]string{
	"apk": "Alpine", "bioconductor": "Bioconductor", "cargo": "crates.io", "composer": "Packagist", "conan": "ConanCenter",
	"conda": "PyPI", "cran": "CRAN", "deb": "Debian", "gem": "RubyGems", "golang": "Go", "hackage": "Hackage", "hex": "Hex",
	"julia": "Julia", "maven": "Maven", "npm": "npm", "nuget": "NuGet", "opam": "opam", "pub": "Pub", "pypi": "PyPI",
	"rpm": "Red Hat", "swift": "SwiftURL",
}

// ForPURL returns the scheme of a type of package URL, such as "deb" or "pypi". It
// fails with [landwaiter.ErrUnsupported].
func ForPURL(kind string) (Scheme, error) {
	ecosystem, ok := kinds[kind]
	if !ok {
		return Scheme{}, fmt.Errorf("order of versions in package URLs of type %q: %w", kind, landwaiter.ErrUnsupported)
	}
	return For(ecosystem)
}

// Scheme is the rule by which one ecosystem orders versions.
type Scheme struct{ row *row }

// For returns the scheme of an ecosystem, by the name that OSV gives it. What
// follows the first colon is a release and does not matter: "Debian:12". It fails
// with [landwaiter.ErrUnsupported].
//
// Names: https://ossf.github.io/osv-schema/#defined-ecosystems
func For(ecosystem string) (Scheme, error) {
	root, _, _ := strings.Cut(ecosystem, ":")
	for i := range rows {
		if rows[i].ecosystem == root {
			return Scheme{&rows[i]}, nil
		}
	}
	return Scheme{}, fmt.Errorf("order of versions in %q: %w", ecosystem, landwaiter.ErrUnsupported)
}

// Ecosystems returns the names of all ecosystems that have a scheme, in the
// order of the table.
func Ecosystems() []string {
	names := make([]string, len(rows))
	for i := range rows {
		names[i] = rows[i].ecosystem
	}
	return names
}

// Version is a version that was read once and can be compared many times, also
// by several goroutines.
type Version struct {
	row    *row
	text   string
	parsed semantic.Version
}

// String returns the text that was read.
func (v Version) String() string { return v.text }

// Parse reads a version. It fails with [landwaiter.ErrInvalid] on text that is no
// version of the ecosystem.
func (s Scheme) Parse(text string) (v Version, err error) {
	defer recovered(&err, "version %q of %s", text, s.row.ecosystem)
	if len(text) > maxLen {
		return Version{}, fmt.Errorf("version of %s is %d bytes long, the limit is %d: %w", s.row.ecosystem, len(text), maxLen, landwaiter.ErrInvalid)
	}
	clean := strings.TrimSpace(text)
	if s.row.rules.clean != nil {
		clean = s.row.rules.clean(clean)
	}
	if !s.row.rules.valid(clean) {
		return Version{}, fmt.Errorf("%q is no version of %s: %w", text, s.row.ecosystem, landwaiter.ErrInvalid)
	}
	parsed, err := s.row.rules.parse(clean)
	if err != nil {
		return Version{}, fmt.Errorf("%q is no version of %s: %w: %w", text, s.row.ecosystem, landwaiter.ErrInvalid, err)
	}
	return Version{s.row, text, parsed}, nil
}

// Compare returns -1, 0 or 1 where v is older than, the same as or newer than w.
// It fails with [landwaiter.ErrInvalid] where the two are of different ecosystems
// or the rules give no answer.
func (v Version) Compare(w Version) (n int, err error) {
	if v.row == nil || v.row != w.row {
		return 0, fmt.Errorf("versions %q and %q are of different ecosystems: %w", v.text, w.text, landwaiter.ErrInvalid)
	}
	if v.text == w.text {
		return 0, nil
	}
	defer recovered(&err, "versions %q and %q of %s", v.text, w.text, v.row.ecosystem)
	n, err = v.parsed.Compare(w.parsed)
	if err != nil {
		return 0, fmt.Errorf("versions %q and %q of %s: %w: %w", v.text, w.text, v.row.ecosystem, landwaiter.ErrInvalid, err)
	}
	n = sign(n)
	if !v.row.rules.bothWays {
		return n, nil
	}
	back, err := w.parsed.Compare(v.parsed)
	if err != nil || sign(back) != -n {
		return 0, fmt.Errorf("versions %q and %q of %s have no order: %w", v.text, w.text, v.row.ecosystem, landwaiter.ErrInvalid)
	}
	return n, nil
}

// Compare returns -1, 0 or 1 where a is older than, the same as or newer than b
// by the rules of ecosystem.
func Compare(ecosystem, a, b string) (int, error) {
	s, err := For(ecosystem)
	if err != nil {
		return 0, err
	}
	return s.Compare(a, b)
}

// Compare returns -1, 0 or 1 where a is older than, the same as or newer than b.
func (s Scheme) Compare(a, b string) (int, error) {
	va, err := s.Parse(a)
	if err != nil {
		return 0, err
	}
	vb, err := s.Parse(b)
	if err != nil {
		return 0, err
	}
	return va.Compare(vb)
}

func sign(n int) int { return min(1, max(-1, n)) }

// recovered turns a panic of the library into an error. The caller's version is
// then "cannot be compared", which is no answer, where a crash would end the
// assessment of everything else.
func recovered(err *error, format string, args ...any) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: %v: %w", fmt.Sprintf(format, args...), r, landwaiter.ErrInvalid)
	}
}
