package inventory

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// layout says which folders come with a program that somebody installed by hand.
type layout struct {
	program string
	// at is the end of the path of the program's file, holds are the folders beside
	// it that are its own, from where at begins. "{m}" is the version's first two
	// numbers, "{v}" the whole version.
	at    string
	holds []string
}

// Folders that packages of a language are installed into are nobody's here: their
// own metadata speaks for them.
var layouts = []layout{
	{"perl", "bin/perl", []string{"lib/perl5/{v}"}},
	{"ruby", "bin/ruby", []string{"lib/ruby/{m}.0", "include/ruby-{m}.0"}},
	{"node", "bin/node", []string{"include/node"}},
	{"git", "bin/git", []string{"libexec/git-core", "share/git-core", "share/git-gui", "share/gitk"}},
	{"vim", "bin/vim", []string{"share/vim/vim{mm}"}},
	{"emacs", "bin/emacs", []string{"share/emacs/{v}", "libexec/emacs/{v}", "lib/emacs/{v}"}},
	{"cmake", "bin/cmake", []string{"share/cmake-{m}"}},
	{"octave", "lib/octave/{v}/liboctinterp.so", []string{"share/octave/{v}", "lib/octave/{v}"}},
	{"tcl", "lib/libtcl{m}.so", []string{"lib/tcl{m}"}},
	{"gdal", "lib/libgdal.so", []string{"share/gdal"}},
	{"proj", "lib/libproj.so", []string{"share/proj"}},
	{"valgrind", "libexec/valgrind/memcheck-amd64-linux", []string{"libexec/valgrind"}},
	{"gawk", "bin/gawk", []string{"share/awk", "lib/gawk", "libexec/awk"}},
	{"nmap", "bin/nmap", []string{"share/nmap"}},
}

var firstTwo = regexp.MustCompile(`^([0-9]+)\.([0-9]+)`)

// belongings are the folders that come with the program.
func (p *programFile) belongings(row *program, version string) []string {
	m := firstTwo.FindStringSubmatch(version)
	if m == nil {
		return nil
	}
	fill := strings.NewReplacer("{v}", version, "{m}", m[1]+"."+m[2], "{mm}", m[1]+m[2])
	var out []string
	for _, l := range layouts {
		if l.program != row.name {
			continue
		}
		at := fill.Replace(l.at)
		file := p.Path
		if i := strings.Index(file, ".so."); i >= 0 && strings.HasSuffix(at, ".so") {
			file = file[:i+len(".so")]
		}
		prefix, ok := strings.CutSuffix(file, at)
		if !ok || prefix != "" && !strings.HasSuffix(prefix, "/") || strings.Contains(version, "/") {
			continue
		}
		for _, h := range l.holds {
			out = append(out, prefix+fill.Replace(h))
		}
	}
	return out
}

// pythonHome finds where a Python of some version keeps its own modules.
var pythonHome = regexp.MustCompile(`^(.*/)?(?:bin/python|lib/libpython|lib64/libpython)([23]\.[0-9]+)[mdu]*(?:\.so[0-9.]*)?$`)

// ownsPython claims Python's own modules, each by its name: what stands beside them
// is not Python's.
func (p *programFile) ownsPython(out *facts, row *program) {
	m := pythonHome.FindStringSubmatch(p.Path)
	if row.name != "python" || m == nil {
		return
	}
	lib := m[1] + "lib/python" + m[2] + "/"
	for _, name := range strings.Fields(pythonModules) {
		out.Owns(p.Path, lib+name+".py", "")
	}
	// Python takes nothing from here whose source does not lie beside it.
	out.OwnsTree(p.Path, lib+"__pycache__")
	for _, name := range strings.Fields(pythonFolders) {
		out.OwnsTree(p.Path, lib+name)
	}
	for _, arch := range []string{"x86_64-linux-gnu", "aarch64-linux-gnu", "x86_64-linux-musl", "aarch64-linux-musl"} {
		out.Owns(p.Path, lib+"_sysconfigdata__linux_"+arch+".py", "")
		out.OwnsTree(p.Path, lib+"config-"+m[2]+"-"+arch)
	}
	out.OwnsTree(p.Path, m[1]+"include/python"+m[2])
	for _, name := range []string{"idle", "pydoc", "2to3-"} {
		out.Owns(p.Path, m[1]+"bin/"+name+m[2], "")
	}
	// The program may hold nothing but a call of the library.
	for _, name := range []string{"bin/python" + m[2], "bin/python" + m[2] + "m", "bin/python" + m[2] + "-config", "lib/libpython3.so"} {
		out.Owns(p.Path, m[1]+name, "")
	}
}

// noteTypes are the purl types of the package managers that write notes.
var noteTypes = map[string]string{"rpm": "rpm", "deb": "deb", "apk": "apk", "alpm": "alpm", "pacman": "alpm"}

// packageNote reads the note in which a distribution writes what package it built
// the file for. The name is that of the package's source; it is empty where there is
// no note.
//
// Format: https://systemd.io/PACKAGE_METADATA_FOR_EXECUTABLE_FILES/
func (p *programFile) packageNote() (pkg landwaiter.Package) {
	const kind, header = 0xcafe1a7e, 12
	data := p.section(".note.package", programMaxNote)
	if len(data) < header {
		return pkg
	}
	order := p.elf.ByteOrder
	name, desc := order.Uint32(data), order.Uint32(data[4:])
	if order.Uint32(data[8:]) != kind || name != 4 || string(data[header:min(header+4, len(data))]) != "FDO\x00" {
		return pkg
	}
	body := data[header+4:]
	if uint64(desc) > uint64(len(body)) {
		return pkg
	}
	body = bytes.TrimRight(body[:desc], "\x00")
	var n struct{ kind, os, name, version, arch, cpe string }
	to := map[string]*string{"type": &n.kind, "os": &n.os, "name": &n.name, "version": &n.version, "architecture": &n.arch, "osCpe": &n.cpe}
	m := newMembers(&file{Path: p.Path, Size: int64(len(body)), ReaderAt: bytes.NewReader(body)})
	_, err := m.object(func(member string) error {
		if s := to[member]; s != nil {
			return m.text(s)
		}
		return m.skip()
	})
	if err != nil || !printable(n.name) || !printable(n.version) || n.arch != "" && !printable(n.arch) {
		return pkg
	}
	if parts := strings.Split(n.cpe, ":"); n.os == "" && len(parts) > 3 {
		n.os = parts[3]
	}
	pkg = landwaiter.Package{Ecosystem: "program", Name: n.name, Version: n.version, Arch: n.arch}
	if printable(n.os) {
		pkg.Vendor = n.os
	}
	if kind := noteTypes[n.kind]; kind != "" {
		version, epoch := n.version, ""
		if e, rest, ok := strings.Cut(version, ":"); ok && kind == "rpm" {
			epoch, version = e, rest
		}
		pkg.PURL = purl(kind, strings.ToLower(pkg.Vendor), n.name, version, "arch", n.arch, "epoch", epoch)
	}
	return pkg
}

// javaMakers are what Java's makers call their builds.
var javaMakers = map[string]string{
	"Eclipse Adoptium": "temurin", "Eclipse Foundation": "temurin", "AdoptOpenJDK": "adoptopenjdk", "Amazon.com Inc.": "corretto",
	"Azul Systems, Inc.": "zulu", "BellSoft": "liberica", "Microsoft": "microsoft-openjdk", "SAP SE": "sapmachine",
	"IBM Corporation": "semeru", "International Business Machines Corporation": "semeru", "JetBrains s.r.o.": "jetbrains-runtime",
	"GraalVM Community": "graalvm", "Oracle Corporation": "oracle-jdk", "Red Hat, Inc.": "red-hat-openjdk", "Alibaba": "dragonwell", "Tencent": "kona",
}

// javaHomes are the names of a Java home's own entries.
var javaHomes = []string{"bin", "lib", "jre", "conf", "include", "jmods", "legal", "man", "demo", "sample", "languages", "tools"}

// readJavaHome reads the file "release" in the folder of a Java, whose version it
// holds.
func readJavaHome(f *file, out *facts) error {
	home := path.Dir(f.Path)
	l := newLines(f.Path, f.Reader())
	set := map[string]string{}
	for l.next() {
		key, value, ok := strings.Cut(string(l.text), "=")
		switch key {
		case "JAVA_VERSION", "IMPLEMENTOR", "JAVA_RUNTIME_VERSION", "GRAALVM_VERSION":
			if ok {
				set[key] = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
	}
	if set["JAVA_VERSION"] == "" {
		return nil // some other file of that name
	}
	if err := l.err(); err != nil {
		return err
	}
	// A home is a folder of its own. What lies in the system's folders is not Java's.
	switch home {
	case ".", "usr", "usr/local", "opt", "usr/lib", "lib", "etc", "root", "home", "var", "srv", "mnt", "app":
		out.Gap(f.Path, f.Size, true, "this says that the folder is a Java, and it is the system's own")
		return nil
	}
	name, maker := "openjdk", set["IMPLEMENTOR"]
	if known := javaMakers[maker]; known != "" {
		name = known
	}
	version := set["JAVA_VERSION"]
	if full := set["JAVA_RUNTIME_VERSION"]; strings.HasPrefix(full, version) {
		version = full
	}
	if !printable(version) {
		return l.damagef("a Java whose version is no text")
	}
	if !printable(maker) {
		maker = ""
	}
	out.Package("release file", landwaiter.Package{
		Ecosystem: "program", Name: name, Version: version, Vendor: maker, PURL: purl("generic", "", name, version),
	}, f.Path)
	out.Owns(f.Path, f.Path, "")
	for _, entry := range javaHomes {
		out.OwnsTree(f.Path, home+"/"+entry)
	}
	for _, entry := range []string{"lib/src.zip", "src.zip", "NOTICE", "LICENSE", "README", "ASSEMBLY_EXCEPTION", "THIRD_PARTY_README"} {
		out.Owns(f.Path, home+"/"+entry, "")
	}
	return nil
}
