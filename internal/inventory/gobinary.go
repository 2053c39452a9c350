package inventory

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

var goWant = want{
	programs: true, signs: []string{goSign}, bases: []string{goModules},
	passing: func() passer { return new(goSearch) },
}

const (
	// goSign starts both the build information and the identity that Go's linker
	// puts into a program.
	goSign = "\xff Go build"
	// goDevel is how Go says that a module was built from a folder. It is no
	// version that anybody can look up.
	goDevel = "(devel)"
)

// readGo reads the list of vendored modules, or the build information that Go
// leaves in its programs: the main
// module, the modules it was built from, and "stdlib", the standard library with
// the toolchain's version without "go". The main module owns the file, or the
// standard library where there is none. Its key is the file; versions stay as
// Go writes them, with their "v".
//
// A program that is not Go's says nothing. One that is, but does not tell its
// modules, is a gap.
//
// Format: package debug/buildinfo.
func readGo(f *file, out *facts) error {
	if isGoVendor(f.Path) {
		if err := readGoVendor(f, out); err != nil {
			return err
		}
	}
	info, err := goBuildInfo(f)
	if err != nil {
		if isGo(f) {
			out.Gap(f.Path, f.Size, true, "a Go program that does not tell what it was built from: "+err.Error())
		}
		return nil
	}
	readGoInfo(f, info, out)
	return nil
}

// readGoInfo emits what the build information of a program says.
func readGoInfo(f *file, info *buildinfo.BuildInfo, out *facts) {
	stdlib := f.Path + "#stdlib"
	deps := info.Deps
	if len(deps) > goMaxModules {
		out.Gap(f.Path, f.Size, true, fmt.Sprintf("a Go program of %d modules, of which %d were read", len(deps), goMaxModules))
		deps = deps[:goMaxModules]
	}
	version, known := goVersion(info.GoVersion)
	main, ok := goMain(info)
	if ok {
		main.Requires = goRequires(deps, known)
		out.Package("build info", main, f.Path)
		out.Owns(f.Path, f.Path, "")
	} else {
		out.Owns(stdlib, f.Path, "")
	}
	if known {
		out.Package("build info", landwaiter.Package{
			Ecosystem: "go", Name: "stdlib", Version: version,
			PURL: packageurl.NewPackageURL(packageurl.TypeGolang, "", "stdlib", version, nil, "").ToString(),
		}, stdlib)
	}
	for _, m := range deps {
		if p, ok := goModule(m); ok {
			out.Package("build info", p, f.Path+"#"+p.Name)
		}
	}
	switch silent := len(deps) == 0; {
	case silent && !ok && !strings.HasPrefix(info.Path, "cmd/"):
		out.Gap(f.Path, f.Size, true, "a Go program that does not tell what it was built from")
	case silent && strings.HasSuffix(info.Path, ".test"):
		out.Gap(f.Path, f.Size, true, "a Go test program, which never tells what else it was built from")
	}
}

// goRequires names the modules that a program was built from. The program does
// not tell which of them needs which: all are the main module's.
func goRequires(deps []*debug.Module, stdlib bool) []string {
	names := make([]string, 0, len(deps)+1)
	for _, m := range deps {
		if p, ok := goModule(m); ok {
			names = append(names, p.Name)
		}
	}
	if stdlib {
		names = append(names, "stdlib")
	}
	return unique(names)
}

// goBuildInfo reads the build information, of no more than goMaxRead bytes.
func goBuildInfo(f *file) (info *buildinfo.BuildInfo, err error) {
	defer caught(f.Path, &err)
	return buildinfo.Read(goReader(f))
}

func goReader(f *file) io.ReaderAt { return &meteredReader{r: f.ReaderAt, left: goMaxRead} }

// isGo reports whether a program whose build information cannot be read is Go's
// all the same: it has sections that only Go's linker writes, or the identity
// that it puts at the start of the code.
func isGo(f *file) (yes bool) {
	var err error
	defer caught(f.Path, &err)
	const start = 64 << 10
	head := make([]byte, min(f.Size, start))
	if _, err := f.ReadAt(head, 0); err != nil {
		return false
	}
	if bytes.Contains(head, []byte("\xff Go build ID: \"")) {
		return true
	}
	var names []string
	if e, err := elf.NewFile(goReader(f)); err == nil {
		for _, s := range e.Sections {
			names = append(names, s.Name)
		}
	} else if m, err := macho.NewFile(goReader(f)); err == nil {
		for _, s := range m.Sections {
			names = append(names, s.Name)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return strings.HasSuffix(name, "gopclntab") || name == ".go.buildinfo" || name == "__go_buildinfo" || name == ".note.go.buildid"
	})
}

// goMain is the module that holds the program, with the commit it was built from
// where that is known. Without a module it is the package that was built. ok is
// false for Go's own programs, which are the standard library's, and where
// nothing is said.
func goMain(info *buildinfo.BuildInfo) (p landwaiter.Package, ok bool) {
	m := info.Main
	if m.Path == "" && (info.Path == "" || strings.HasPrefix(info.Path, "cmd/")) {
		return p, false
	}
	if m.Path == "" {
		m = debug.Module{Path: info.Path}
	}
	p, ok = goModule(&m)
	set := make(map[string]string)
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	if commit := set["vcs.revision"]; commit != "" && printable(commit) && ok {
		p.Origin = strings.TrimSpace(set["vcs"] + " " + commit)
		if set["vcs.modified"] == "true" {
			p.Origin += ", with changes that were not committed"
		}
	}
	return p, ok
}

// goModule is a module of a program, or the one that took its place. Where that
// is a folder, the code is nobody's published version of it.
func goModule(m *debug.Module) (p landwaiter.Package, ok bool) {
	name, version, origin := m.Path, m.Version, ""
	if r := m.Replace; r != nil {
		version = r.Version
		if r.Path != m.Path && isGoFolder(r.Path) {
			origin, version = "replaced by the folder "+r.Path, goDevel
		} else if r.Path != m.Path {
			name, origin = r.Path, "replaces "+strings.TrimSpace(m.Path+" "+m.Version)
		}
	}
	if version == "" {
		version = goDevel
	}
	if !printable(name) || !printable(version) {
		return p, false
	}
	return landwaiter.Package{
		Ecosystem: "go", Name: name, Version: version, Origin: origin, PURL: goPURL(name, version),
	}, true
}

// isGoFolder reports whether a replacement is a folder, by go.mod's own rule.
func isGoFolder(p string) bool {
	return p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") || strings.HasPrefix(p, "/")
}

func goPURL(name, version string) string {
	namespace, base := path.Split(name)
	if version == goDevel {
		version = ""
	}
	return packageurl.NewPackageURL(packageurl.TypeGolang, strings.TrimSuffix(namespace, "/"), base, version, nil, "").ToString()
}

// goVersion turns "go1.22.1 X:nocoverageredesign" into "1.22.1". A development
// version, "devel go1.23-abc …", stays as it is: nobody can order it.
func goVersion(s string) (version string, ok bool) {
	if v, released := strings.CutPrefix(s, "go"); released {
		s, _, _ = strings.Cut(v, " ")
	}
	return s, printable(s)
}
