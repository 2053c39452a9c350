package advisory

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// target is what to look up for a package: a name and a version in one ecosystem
// of OSV.
type target struct {
	osv osvEcosystem
	// releases are the ecosystems, with their release, to look in. A source that
	// covers one of them may clear.
	releases []string
	// extra are releases that show weaknesses and clear nothing: the ecosystem
	// without a release, Ubuntu Pro.
	extra         []string
	name, version string
	// group is the package as findings name it: the source package where there is
	// one.
	groupName, groupVersion string
	module                  string // rpm's module label
	foreign                 string // why silence about the package clears nothing
	mapped                  bool
	headers                 bool // kernel headers and the like: no image, no modules
}

// targetsOf returns what to look up for a package, or why there is nothing to
// look up.
func (f *File) targetsOf(sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	if p.Name == "" || p.Version == "" {
		return nil, "its name or version is not known"
	}
	for _, l := range lookups {
		if l.ecosystem == p.Ecosystem {
			return l.targets(f, sys, p)
		}
	}
	if t, ok := purlTarget(p.PURL, p.Version); ok {
		return []target{t}, ""
	}
	return mappedTarget(f, sys, p)
}

// same reports whether two targets ask for the same thing.
func (t *target) same(o *target) bool {
	return t.osv.name == o.osv.name && t.version == o.version && lookupKey(t.osv.name, t.name) == lookupKey(o.osv.name, o.name)
}

func newTarget(osv osvEcosystem, name, version string) target {
	return target{osv: osv, releases: []string{osv.name}, name: name, version: version, groupName: name, groupVersion: version}
}

// systemTarget looks up a package of the operating system: by its source package
// for dpkg and apk, by its own name for rpm.
//
// A package that somebody else made for the system may share a name with one of the
// distribution's: what matches is shown, and silence clears nothing.
func systemTarget(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	if sys == nil || sys.ID == "" {
		return nil, "nothing says which operating system this is"
	}
	d, ok := distroOf(sys.ID)
	if !ok || d.manager != p.Ecosystem {
		return nil, fmt.Sprintf("no source names the system %q as the maker of %s packages", systemName(sys), p.Ecosystem)
	}
	if sys.VersionID == "" && !rolling(d) {
		return nil, fmt.Sprintf("the system %q names no release", sys.ID)
	}
	t := target{
		osv: ecosystemOf(d.osv), releases: f.releasesOf(sys), name: p.Name, version: p.Version,
		groupName: p.Name, groupVersion: p.Version, module: p.Modularity,
	}
	t.foreign = d.foreign(p)
	if len(t.releases) == 0 {
		return nil, fmt.Sprintf("no source names a release of the system %q", systemName(sys))
	}
	if !slices.Contains(t.releases, d.osv) {
		t.extra = []string{d.osv}
	}
	if p.SourceName != "" {
		t.groupName = p.SourceName
		if p.SourceVersion != "" {
			t.groupVersion = p.SourceVersion
		}
	}
	if p.Ecosystem != "rpm" {
		t.name, t.version = t.groupName, t.groupVersion
	}
	t.headers = kernelHeaders(p.Name, t.groupName)
	if d.osv == "Ubuntu" && strings.Contains(t.version, "esm") {
		t.extra = append(t.extra, "Ubuntu:Pro:"+d.release(sys.VersionID))
	}
	return []target{t}, ""
}

// releasesOf names the release of sys as OSV does. For systems whose packages go
// by the names of several products it names all that the file holds.
func (f *File) releasesOf(sys *landwaiter.System) []string {
	if sys == nil {
		return nil
	}
	d, ok := distroOf(sys.ID)
	if !ok {
		return nil
	}
	if rolling(d) {
		return []string{d.osv}
	}
	nominal := d.release(sys.VersionID)
	if nominal == "" {
		return nil
	}
	if d.covers == nil {
		return []string{d.osv + ":" + nominal}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.meta.Packages)) {
		if root, release, _ := strings.Cut(name, ":"); root == d.osv && d.covers(sys.VersionID, release) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		out = []string{d.osv + ":" + nominal}
	}
	return out
}

// purlTarget reads a package URL of an ecosystem without releases. The version
// given counts where the URL has none.
//
// Format: https://github.com/package-url/purl-spec
func purlTarget(purl, version string) (target, bool) {
	rest, ok := strings.CutPrefix(purl, "pkg:")
	if !ok {
		return target{}, false
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	if i := strings.LastIndexByte(rest, '@'); i > strings.LastIndexByte(rest, '/')+1 {
		v, err := url.PathUnescape(rest[i+1:])
		if err != nil {
			return target{}, false
		}
		version, rest = v, rest[:i]
	}
	kind, path, ok := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	name, err := url.PathUnescape(strings.Trim(path, "/"))
	e, known := ecosystemOfPURL(strings.ToLower(kind))
	if !ok || err != nil || !known || name == "" {
		return target{}, false
	}
	if e.name == "Maven" {
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			return target{}, false
		}
		name = name[:i] + ":" + name[i+1:]
	}
	return newTarget(e, name, version), true
}

// Packages that are built from the kernel's source and hold no kernel. The image
// of a container never runs its own kernel, so the kernel's weaknesses do not
// apply to them.
var (
	kernelSources  = []string{"linux", "linux-*", "kernel", "kernel-*"}
	headerPackages = []string{
		"linux-libc-dev*", "linux-headers*", "linux-doc*", "linux-source*", "linux-kbuild*", "linux-compiler*",
		"linux-config*", "linux-support*", "linux-tools*", "linux-cloud-tools*", "linux-buildinfo*", "linux-perf*",
		"linux-cpupower*", "linux-bpf-dev*", "libcpupower*", "bpftool", "usbip", "hyperv-daemons", "rtla",
		"kernel-headers*", "kernel-doc*", "kernel-devel*",
	}
)

func kernelHeaders(name, source string) bool {
	return fits(source, kernelSources) && fits(name, headerPackages)
}

func fits(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, open := strings.CutSuffix(p, "*")
		return name == p || (open && strings.HasPrefix(name, prefix))
	})
}
