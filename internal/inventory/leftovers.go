package inventory

import (
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// leftover is a row of the table of what programs write when they are installed:
// files that no list of a package names.
type leftover struct {
	// place is a path; "*" stands for one element of it or a part of one, and a
	// last "**" for all below.
	place string
	// makers are the packages that write it, as "row:name"; the first that is
	// there owns it.
	makers string
}

// leftovers is that table. A file here belongs to its maker only where it is no
// code and no closed box, and has an owner nowhere else: a program does not become
// known by lying in a cache. What decides what is run or who may enter is left out
// even so: .pth files of Python, apt's settings, keys, hosts.
var leftovers = []leftover{
	{"etc/ld.so.cache", "dpkg:libc-bin rpm:glibc"},
	{"var/cache/ldconfig/aux-cache", "dpkg:libc-bin rpm:glibc"},
	{"usr/lib/*/gconv/gconv-modules.cache", "dpkg:libc6 dpkg:libc-bin"},
	{"usr/lib/gconv/gconv-modules.cache", "rpm:glibc-common rpm:glibc"},
	{"usr/lib64/gconv/gconv-modules.cache", "rpm:glibc-common rpm:glibc"},
	{"usr/lib/locale/locale-archive", "dpkg:locales dpkg:libc-bin rpm:glibc-common"},
	{"etc/locale.gen", "dpkg:locales"},
	{"etc/default/locale", "dpkg:locales dpkg:libc-bin"},
	{"etc/timezone", "dpkg:tzdata"},

	{"var/lib/dpkg/**", "dpkg:dpkg"},
	{"var/log/dpkg.log", "dpkg:dpkg"},
	{"var/log/alternatives.log", "dpkg:dpkg"},
	{"var/lib/apt/**", "dpkg:apt"},
	{"var/cache/apt/*.bin", "dpkg:apt"},
	{"var/log/apt/*", "dpkg:apt"},
	{"var/cache/debconf/*", "dpkg:debconf"},
	{"var/lib/ucf/**", "dpkg:ucf"},
	{"var/lib/systemd/deb-systemd-*/**", "dpkg:init-system-helpers"},
	{"var/lib/pam/*", "dpkg:libpam-runtime"},
	{"etc/pam.d/common-*", "dpkg:libpam-runtime"},
	{"etc/shells", "dpkg:debianutils"},
	{"var/lib/shells.state", "dpkg:debianutils"},
	{"etc/inputrc", "dpkg:readline-common"},
	{"etc/nsswitch.conf", "dpkg:base-files dpkg:libc-bin"},
	{"etc/python3/debian_config", "dpkg:python3-minimal"},
	{"var/lib/rpm/*", "rpm:rpm"},
	{"usr/lib/sysimage/rpm/*", "rpm:rpm"},
	{"usr/share/rpm/*", "rpm:rpm"},
	{"var/lib/dnf/**", "rpm:dnf rpm:microdnf rpm:dnf5"},
	{"usr/lib/sysimage/libdnf5/*", "rpm:libdnf5 rpm:dnf5"},
	{"var/lib/yum/**", "rpm:yum"},
	{"lib/apk/db/*", "apk:apk-tools"},
	{"usr/lib/apk/db/*", "apk:apk-tools"},

	{"etc/ca-certificates.conf", "dpkg:ca-certificates"},
	{"etc/ssl/certs/ca-certificates.crt", "dpkg:ca-certificates apk:ca-certificates apk:ca-certificates-bundle"},
	{"etc/ssl/certs/java/cacerts", "dpkg:ca-certificates-java apk:java-cacerts"},
	{"etc/ssl/certs/ssl-cert-snakeoil.pem", "dpkg:ssl-cert"},
	{"etc/pki/ca-trust/extracted/**", "rpm:ca-certificates"},

	{"var/cache/fontconfig/*", "dpkg:fontconfig apk:fontconfig rpm:fontconfig"},
	{"usr/share/info/dir", "dpkg:install-info rpm:info"},
	{"usr/share/mime/**", "dpkg:shared-mime-info apk:shared-mime-info rpm:shared-mime-info"},
	{"usr/share/applications/mimeinfo.cache", "dpkg:desktop-file-utils apk:desktop-file-utils rpm:desktop-file-utils"},
	{"usr/share/icons/*/icon-theme.cache", "dpkg:gtk-update-icon-cache dpkg:libgtk-3-bin apk:gtk-update-icon-cache rpm:gtk-update-icon-cache"},
	{"usr/share/glib-2.0/schemas/gschemas.compiled", "dpkg:libglib2.0-bin dpkg:libglib2.0-0t64 dpkg:libglib2.0-0 apk:glib rpm:glib2"},
	{"usr/lib/*/gio/modules/giomodule.cache", "dpkg:libglib2.0-0t64 dpkg:libglib2.0-0"},
	{"usr/lib*/gio/modules/giomodule.cache", "apk:glib rpm:glib2"},
	{"usr/lib/*/gdk-pixbuf-2.0/*/loaders.cache", "dpkg:libgdk-pixbuf-2.0-0 dpkg:libgdk-pixbuf2.0-0"},
	{"usr/lib*/gdk-pixbuf-2.0/*/loaders.cache", "apk:gdk-pixbuf rpm:gdk-pixbuf2"},
	{"usr/lib/udev/hwdb.bin", "dpkg:udev rpm:systemd-udev"},
	{"etc/udev/hwdb.bin", "dpkg:udev rpm:systemd-udev"},
	{"etc/xml/*", "dpkg:xml-core dpkg:libxml2-utils rpm:libxml2"},
	{"var/lib/xml-core/*", "dpkg:xml-core"},
	{"etc/sgml/catalog", "dpkg:sgml-base"},
	{"var/lib/sgml-base/*", "dpkg:sgml-base"},
	{"var/lib/texmf/**", "dpkg:tex-common"},
	{"etc/.java/.systemPrefs/*", "dpkg:openjdk-21-jre-headless dpkg:openjdk-17-jre-headless dpkg:openjdk-11-jre-headless"},

	{"**/node_modules/" + npmLock, "npm:npm"},
	{"**/conda-meta/history", "conda:conda"},
	{"**/pkgs/urls*", "conda:conda"},
	{"**/pkgs/cache/*", "conda:conda"},
}

// leavings gives what is left to whoever made it.
func (g *merge) leavings() {
	byName := map[string]int32{}
	for i := range g.packages {
		name := ecosystems[g.rows[i]].name + ":" + g.packages[i].Name
		if _, ok := byName[name]; !ok {
			byName[name] = int32(i)
		}
	}
	makers := make([]int32, len(leftovers))
	for k := range leftovers {
		makers[k] = noOwner
		for _, name := range strings.Fields(leftovers[k].makers) {
			if i, ok := byName[name]; ok && makers[k] == noOwner {
				makers[k] = i
			}
		}
	}
	for n, f := range g.files.all() {
		if f.owner != noOwner {
			continue
		}
		name := g.tree.Path(n)
		if source := pythonSource(name); source != "" {
			g.bytecode(f, source)
			continue
		}
		if !f.inert() || g.tree.Mode(n)&0o111 != 0 {
			continue
		}
		for k := range leftovers {
			if maker := makers[k]; maker != noOwner && leftovers[k].fits(name) {
				f.give(maker, ecosystems[g.rows[maker]].system)
				break
			}
		}
	}
}

// inert reports whether a file is of a kind that is neither code nor could hold it.
func (f *visible) inert() bool {
	switch kinds[f.kind] {
	case landwaiter.FileData, landwaiter.FileText, landwaiter.FileEmpty, landwaiter.FileUnknown:
		return f.flags&(flagClosed|flagUnread) == 0
	default:
		return false
	}
}

// fits reports whether name is a place of the row.
func (l *leftover) fits(name string) bool {
	place := l.place
	rest, anywhere := strings.CutPrefix(place, "**/")
	// Most files fit no row: this is all that they cost.
	if fixed, _, _ := strings.Cut(rest, "*"); !anywhere && !strings.HasPrefix(name, fixed) || anywhere && !strings.Contains(name, fixed) {
		return false
	}
	if anywhere {
		n := strings.Count(rest, "/") + 1
		elements := strings.Split(name, "/")
		if len(elements) < n {
			return false
		}
		place, name = rest, strings.Join(elements[len(elements)-n:], "/")
	}
	if folder, ok := strings.CutSuffix(place, "/**"); ok {
		n := strings.Count(folder, "/") + 1
		elements := strings.SplitN(name, "/", n+1)
		if len(elements) <= n {
			return false
		}
		place, name = folder, strings.Join(elements[:n], "/")
	}
	if !strings.Contains(place, "*") {
		return place == name
	}
	ok, _ := path.Match(place, name) // the patterns are ours, and a test tries them
	return ok
}

// bytecode gives a compiled file of Python to the owner of what it was compiled
// from. One whose source is not there stays nobody's: no installer leaves such.
func (g *merge) bytecode(f *visible, source string) {
	if n := g.fileAt(source); n >= 0 {
		if s := &g.files[n]; s.owner != noOwner {
			f.give(s.owner, s.is(flagSystem))
		}
	}
}

// pythonTags begin what names the interpreter in the name of a compiled file.
var pythonTags = []string{".cpython-", ".pypy", ".graalpy"}

// pythonSource is the source of a compiled file of Python, "" for other files:
// X/NAME.py of X/__pycache__/NAME.cpython-311.opt-1.pyc (PEP 3147, 488), and of
// the older X/NAME.pyc.
func pythonSource(name string) string {
	folder, base, suffix := split(name)
	if suffix != ".pyc" && suffix != ".pyo" {
		return ""
	}
	stem := strings.TrimSuffix(base, suffix)
	above, ok := strings.CutSuffix(folder, "__pycache__/")
	if !ok {
		return folder + stem + ".py"
	}
	for _, tag := range pythonTags {
		if i := strings.Index(stem, tag); i > 0 {
			return above + stem[:i] + ".py"
		}
	}
	return ""
}
