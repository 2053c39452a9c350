package advisory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// distro says what OSV calls the releases of a system. A system that is not in
// the table is not assessed: what is said about the system it derives from may not
// hold for it.
type distro struct {
	id      string // os-release ID
	manager string // our ecosystem: "dpkg", "apk", "rpm"
	osv     string
	// release turns os-release VERSION_ID into OSV's name of the release, "" where
	// OSV names none for it.
	release func(versionID string) string
	// covers reports whether OSV's name of a release is about the system; nil means
	// that it must be what release says. Red Hat and SUSE give a name to every
	// product that has the same packages.
	covers func(versionID, release string) bool
	// makers are marks in the words of a package about who made it, in lower case.
	// A vendor's package on the system has none: the distribution's silence says
	// nothing about it. None at all: packages do not say.
	makers []string
}

// Debian's developers may give any address as their own. Where no changelog shows
// whose package it is, it is taken for somebody else's: the careful mistake.
var (
	debianMakers = []string{"@debian.org", ".debian.org", ".debian.net"}
	ubuntuMakers = append([]string{"ubuntu.com", "@canonical.com"}, debianMakers...)
	suseMakers   = []string{"suse"}
)

// foreign says whose package p may be, where it says that somebody other than the
// distribution made it; else "". A package that does not say is taken for the
// distribution's.
//
// What the package's origin says comes first: the inventory sets it to the name of a
// vendor that it knows, and to "Debian" where the package's changelog shows that
// Debian built it (docs/adr/0007-whose-package-it-is.md).
func (d *distro) foreign(p *landwaiter.Package) string {
	seen := func(ev landwaiter.Evidence) bool { return !strings.Contains(ev.Path, "!/") }
	if len(p.Evidence) > 0 && !slices.ContainsFunc(p.Evidence, seen) {
		return fmt.Sprintf("it lies in an archive, which may hold another system than %s", d.osv)
	}
	if d.manager == "dpkg" && p.Origin != "" {
		from := strings.ToLower(p.Origin)
		switch {
		case from == "debian" && d.id == "debian":
			return ""
		case from != "debian" && from != "ubuntu":
			return fmt.Sprintf("it comes from %s and not from %s, whose silence says nothing about it", p.Origin, d.osv)
		}
	}
	made := strings.ToLower(p.Vendor)
	if made == "" || len(d.makers) == 0 || slices.ContainsFunc(d.makers, func(mark string) bool { return strings.Contains(made, mark) }) {
		return ""
	}
	name, _, _ := strings.Cut(p.Vendor, " <")
	return fmt.Sprintf("its maker, %q, is not known to be %s, whose silence says nothing about it", name, d.osv)
}

// distros is the table.
var distros = []distro{
	{"debian", "dpkg", "Debian", whole, nil, debianMakers},
	{"ubuntu", "dpkg", "Ubuntu", ubuntuRelease, nil, ubuntuMakers},
	{"alpine", "apk", "Alpine", alpineRelease, nil, nil},
	{"wolfi", "apk", "Wolfi", noRelease, nil, nil},
	{"chainguard", "apk", "Chainguard", noRelease, nil, nil},
	{"minimos", "apk", "MinimOS", noRelease, nil, nil},
	{"alpaquita", "apk", "Alpaquita", whole, nil, nil},
	{"almalinux", "rpm", "AlmaLinux", major, nil, []string{"almalinux"}},
	{"rocky", "rpm", "Rocky Linux", major, nil, []string{"rocky"}},
	{"rhel", "rpm", "Red Hat", func(v string) string { return "enterprise_linux:" + major(v) }, redHatCovers, []string{"red hat"}},
	{"sles", "rpm", "SUSE", func(v string) string { return "Linux Enterprise Server " + servicePack(v) }, suseCovers, suseMakers},
	{"opensuse-leap", "rpm", "openSUSE", func(v string) string { return "Leap " + v }, nil, suseMakers},
	{"opensuse-tumbleweed", "rpm", "openSUSE", func(string) string { return "Tumbleweed" }, nil, suseMakers},
	{"mageia", "rpm", "Mageia", whole, nil, []string{"mageia"}},
	{"azurelinux", "rpm", "Azure Linux", major, nil, []string{"microsoft"}},
	{"photon", "rpm", "Photon OS", whole, nil, []string{"vmware", "broadcom"}},
}

// rolling are systems without releases, so that an empty release is an answer.
func rolling(d distro) bool { return d.release("1.0") == "" }

func distroOf(id string) (distro, bool) {
	for _, d := range distros {
		if d.id == id {
			return d, true
		}
	}
	return distro{}, false
}

func whole(v string) string { return v }

func noRelease(string) string { return "" }

func major(v string) string {
	m, _, _ := strings.Cut(v, ".")
	return m
}

// ubuntuRelease: those of April in even years have long-term support, and OSV
// says so in their name.
func ubuntuRelease(v string) string {
	year, month, ok := strings.Cut(v, ".")
	y, err := strconv.Atoi(year)
	if !ok || err != nil {
		return ""
	}
	if y%2 == 0 && month == "04" {
		return v + ":LTS"
	}
	return v
}

// alpineRelease: "3.19.1" is v3.19. The edge names a version to come, with an
// underscore, and OSV has no name for it.
func alpineRelease(v string) string {
	part := strings.Split(v, ".")
	if len(part) < 2 || strings.Contains(v, "_") {
		return ""
	}
	return "v" + part[0] + "." + part[1]
}

func redHatCovers(v, release string) bool {
	return strings.HasPrefix(release+":", "enterprise_linux:"+major(v)+":")
}

// servicePack: VERSION_ID "15.4" is "15 SP4".
func servicePack(v string) string {
	first, sp, ok := strings.Cut(v, ".")
	if !ok {
		return first
	}
	return first + " SP" + sp
}

func suseCovers(v, release string) bool {
	return strings.HasPrefix(release, "Linux Enterprise Server ") && strings.HasSuffix(release, "Server "+servicePack(v)) ||
		strings.HasPrefix(release, "Linux Enterprise Module for ") && strings.HasSuffix(release, " "+servicePack(v))
}

// systemName is the system as messages say it.
func systemName(sys *landwaiter.System) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", sys.ID, sys.VersionID))
}
