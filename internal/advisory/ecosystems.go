package advisory

import (
	"regexp"
	"strings"
)

// osvEcosystem is what we know of an ecosystem of OSV beyond the order of its
// versions, which is internal/version's.
type osvEcosystem struct {
	name string
	// purl is the type that its packages have in a package URL, "" where a
	// release is needed as well.
	purl string
	// normalise brings a package name to the form by which it is looked up; nil
	// keeps it.
	normalise func(string) string
	// thin is true where advisories exist for a handful of packages only, so that
	// silence says nothing.
	thin bool
	// distribution is true where the source speaks of packages that it makes
	// itself.
	distribution bool
	// rpm is true where packages are rpms: data are known to lose epochs, builds of
	// module streams stand side by side, and errata name their CVEs under "related".
	rpm bool
}

// osvEcosystems is the table; an ecosystem that is not in it keeps names as they
// are, and has no purl.
var osvEcosystems = []osvEcosystem{
	{name: "AlmaLinux", distribution: true, rpm: true},
	{name: "Alpaquita", distribution: true},
	{name: "Alpine", distribution: true},
	{name: "Azure Linux", distribution: true, rpm: true},
	{name: "BellSoft Hardened Containers", distribution: true},
	{name: "Bioconductor", purl: "bioconductor", thin: true},
	{name: "CRAN", purl: "cran", thin: true},
	{name: "Chainguard", distribution: true},
	{name: "ConanCenter", purl: "conan"},
	{name: "Debian", distribution: true},
	{name: "Go", purl: "golang"},
	{name: "GHC", thin: true},
	{name: "Hackage", purl: "hackage", thin: true},
	{name: "Hex", purl: "hex"},
	{name: "Julia", purl: "julia"},
	{name: "Mageia", distribution: true, rpm: true},
	{name: "Maven", purl: "maven"},
	{name: "MinimOS", distribution: true},
	{name: "NuGet", purl: "nuget", normalise: strings.ToLower},
	{name: "Packagist", purl: "composer", normalise: strings.ToLower},
	{name: "Photon OS", distribution: true, rpm: true},
	{name: "Pub", purl: "pub"},
	{name: "PyPI", purl: "pypi", normalise: normalPyPI},
	{name: "Red Hat", distribution: true, rpm: true},
	{name: "Rocky Linux", distribution: true, rpm: true},
	{name: "RubyGems", purl: "gem"},
	{name: "SUSE", distribution: true, rpm: true},
	{name: "SwiftURL", purl: "swift", normalise: normalSwift, thin: true},
	{name: "Ubuntu", distribution: true},
	{name: "Wolfi", distribution: true},
	{name: "crates.io", purl: "cargo"},
	{name: "npm", purl: "npm"},
	{name: "openEuler", distribution: true, rpm: true},
	{name: "openSUSE", distribution: true, rpm: true},
	{name: "opam", purl: "opam", thin: true},
}

// ecosystemOf returns the row for an ecosystem, with or without its release.
func ecosystemOf(name string) osvEcosystem {
	root, _, _ := strings.Cut(name, ":")
	for _, e := range osvEcosystems {
		if e.name == root {
			return e
		}
	}
	return osvEcosystem{name: root}
}

// ecosystemOfPURL returns the row for a package URL's type.
func ecosystemOfPURL(kind string) (osvEcosystem, bool) {
	for _, e := range osvEcosystems {
		if e.purl != "" && e.purl == kind {
			return e, true
		}
	}
	return osvEcosystem{}, false
}

// lookupKey is what the index is sorted by: the ecosystem with its release, a NUL,
// the normalised name.
func lookupKey(ecosystem, name string) string {
	if n := ecosystemOf(ecosystem).normalise; n != nil {
		name = n(name)
	}
	return ecosystem + "\x00" + name
}

var pypiRun = regexp.MustCompile(`[-_.]+`)

// normalPyPI follows PEP 503.
func normalPyPI(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return strings.ToLower(pypiRun.ReplaceAllString(name, "-"))
}

// normalSwift: the name is the address of a repository, "github.com/apple/swift-nio".
// Some records write it as a URL, and hosts do not tell capitals from small letters.
func normalSwift(name string) string {
	name = strings.ToLower(name)
	name = strings.TrimPrefix(strings.TrimPrefix(name, "https://"), "http://")
	return strings.TrimSuffix(strings.TrimSuffix(name, "/"), ".git")
}

// family is a kind of record, by the beginning of its ID.
type family struct {
	prefix string
	name   string
	// rank orders the records of one finding: the tracker that knows every state
	// first, then errata, then what only changelogs say.
	rank int
}

// families is the table; the first prefix that fits counts. A record that fits
// none is a family of its own prefix, between errata and changelogs.
var families = []family{
	{"DEBIAN-CVE-", "tracker", 0},
	{"UBUNTU-CVE-", "tracker", 0},
	{"ALPINE-CVE-", "tracker", 0},
	{"PYSEC-", "PYSEC", 0},
	{"GO-", "GO", 0},
	{"RUSTSEC-", "RUSTSEC", 0},
	{"RUBYSEC-", "RUBYSEC", 0},
	{"RSEC-", "RSEC", 0},
	{"HSEC-", "HSEC", 0},
	{"OSEC-", "OSEC", 0},
	{"JLSEC-", "JLSEC", 0},
	{"MAL-", "MAL", 0},
	{"DSA-", "errata", 1},
	{"DLA-", "errata", 1},
	{"DTSA-", "errata", 1},
	{"USN-", "errata", 1},
	{"LSN-", "errata", 1},
	{"ALSA-", "errata", 1},
	{"ALBA-", "errata", 1},
	{"ALEA-", "errata", 1},
	{"RLSA-", "errata", 1},
	{"RXSA-", "errata", 1},
	{"RHSA-", "errata", 1},
	{"RHBA-", "errata", 1},
	{"RHEA-", "errata", 1},
	{"SUSE-", "errata", 1},
	{"openSUSE-", "errata", 1},
	{"GHSA-", "GHSA", 1},
	{"LW-DEBCL-", "changelog", 3},
	{"LW-DEBSEC-", "archive", 4},
}

const rankOther = 2

func familyOf(id string) family {
	for _, f := range families {
		if strings.HasPrefix(id, f.prefix) {
			return f
		}
	}
	prefix, _, _ := strings.Cut(id, "-")
	return family{prefix, prefix, rankOther}
}

// noSecurity are announcements of bug fixes and new features. One that names no
// CVE says nothing about security, and matches nothing.
var noSecurity = []string{"ALBA-", "ALEA-", "RLBA-", "RLEA-", "RHBA-", "RHEA-", "SUSE-RU-", "SUSE-FU-", "openSUSE-RU-"}
