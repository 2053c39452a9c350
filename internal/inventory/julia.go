package inventory

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var juliaWant = want{
	bases:    []string{"Project.toml", "JuliaProject.toml", "Artifacts.toml", "JuliaArtifacts.toml"},
	fits:     func(name string) bool { return strings.HasSuffix(name, ".ji") },
	nameOnly: true,
	maxBytes: tomlMaxBytes,
	also: func(name string) bool {
		_, compiled := juliaCompiled(name)
		_, ok := juliaPlaceOf(name)
		return ok || compiled
	},
}

// juliaKind is what a folder of a depot holds.
type juliaKind int

const (
	juliaPackage  juliaKind = iota // DEPOT/packages/NAME/SLUG: what Pkg installed
	juliaDevelops                  // DEPOT/dev/NAME: what Pkg fetched for its developer
	juliaStandard                  // DEPOT/stdlib/vX.Y/NAME: came with Julia
	juliaShared                    // DEPOT/environments/NAME: what a user asked for
)

// juliaPlace is where a file lies.
type juliaPlace struct {
	kind     juliaKind
	depot    string // with its trailing slash, "" at the root
	folder   string // the package's own
	name     string // by its folder
	release  string // vX.Y of a standard library
	artifact bool   // the file lists artifacts
}

// juliaPlaceOf reads a path by the layout of a depot. A Project.toml anywhere
// else is a project: it declares and installs nothing.
//
// Format: https://docs.julialang.org/en/v1/manual/environments/, DEPOT_PATH.
func juliaPlaceOf(file string) (p juliaPlace, ok bool) {
	e := strings.Split(file, "/")
	n := len(e) - 1
	p.artifact = strings.HasSuffix(e[n], "Artifacts.toml")
	at := func(back int) string {
		if n < back {
			return ""
		}
		return e[n-back]
	}
	start := 0
	switch {
	case at(3) == "packages" && juliaSlug(at(1)):
		p.kind, p.name, start = juliaPackage, at(2), n-3
	case at(3) == "stdlib" && strings.HasPrefix(at(2), "v"):
		p.kind, p.name, p.release, start = juliaStandard, at(1), at(2), n-3
	case at(2) == "dev" && at(3) == ".julia":
		p.kind, p.name, start = juliaDevelops, at(1), n-2
	case at(2) == "environments" && !p.artifact:
		p.kind, p.name, start = juliaShared, at(1), n-2
	default:
		return p, false
	}
	p.depot = strings.Join(e[:start], "/")
	if start > 0 {
		p.depot += "/"
	}
	p.folder = path.Dir(file)
	return p, true
}

// juliaSlug reports whether s can be Pkg's short name of a version.
func juliaSlug(s string) bool {
	return (len(s) == 4 || len(s) == 5) && strings.IndexFunc(s, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) < 0
}

// readJulia reads what a depot says about one package: its Project.toml, its
// Artifacts.toml, and the Project.toml of a shared environment, which lists what
// its user asked for. The keys of a package are its folder and, for the user's
// wishes, "uuid:UUID@DEPOT". What Julia compiled has names that only a look inside
// would explain: it goes to a package of that name in the same depot.
func readJulia(f *file, out *facts) error {
	if key, ok := juliaCompiled(f.Path); ok {
		out.OwnsTree(key, path.Dir(f.Path))
		return nil
	}
	p, ok := juliaPlaceOf(f.Path)
	if !ok {
		return nil
	}
	if p.artifact {
		return p.artifacts(f, out)
	}
	var project struct {
		Name    string         `toml:"name"`
		UUID    string         `toml:"uuid"`
		Version string         `toml:"version"`
		Authors any            `toml:"authors"`
		Deps    map[string]any `toml:"deps"`
	}
	if err := readTOML(f, &project); err != nil {
		return err
	}
	deps := slices.Sorted(maps.Keys(project.Deps))
	uuid := strings.ToLower(strings.TrimSpace(project.UUID))
	if !printable(uuid) {
		uuid = ""
	}
	if p.kind == juliaShared {
		for _, name := range deps {
			if uuid, ok := project.Deps[name].(string); ok {
				out.Amend(amendment{key: p.key(strings.ToLower(uuid)), requested: true})
			}
		}
		return nil
	}
	switch {
	case project.Name != p.name:
		return nil // something else that lies in folders of these names
	case uuid == "" && p.kind == juliaPackage:
		out.Gap(f.Path, -1, true, fmt.Sprintf("Julia package %q has no identity (uuid)", p.name))
		return nil
	case project.Version == "" && p.kind == juliaStandard:
		return nil // it has the version of Julia itself, which is named elsewhere
	case !printable(project.Version):
		out.Gap(f.Path, -1, true, fmt.Sprintf("Julia package %q has no version that can be read", p.name))
		return nil
	}
	pkg := landwaiter.Package{
		Ecosystem: "julia", Name: project.Name, Version: project.Version,
		Vendor: juliaAuthors(project.Authors), Requires: deps,
		PURL: purl("julia", "", project.Name, project.Version, "uuid", uuid),
	}
	method := "installed metadata"
	switch p.kind {
	case juliaStandard:
		pkg.Origin = "Julia standard library"
	case juliaDevelops:
		method = "development folder"
	}
	keys := []string{p.folder, "name:" + p.name + "@" + p.depot}
	if uuid != "" {
		keys = append(keys, p.key(uuid))
	}
	out.Package(method, pkg, keys...)
	out.OwnsTree(p.folder, p.folder)
	return nil
}

// key names a package by its identity.
func (p juliaPlace) key(uuid string) string { return "uuid:" + uuid + "@" + p.depot }

// juliaCompiled reads DEPOT/compiled/vX.Y/NAME/SLUG.ji and returns the key of the
// package.
func juliaCompiled(name string) (key string, ok bool) {
	e := strings.Split(name, "/")
	n := len(e) - 4
	if n < 0 || e[n] != "compiled" || !strings.HasPrefix(e[n+1], "v") || !strings.HasSuffix(name, ".ji") {
		return "", false
	}
	depot := strings.Join(append(e[:n:n], ""), "/")
	return "name:" + e[n+2] + "@" + depot, true
}

// artifacts claims the folders of what the package has fetched besides its code:
// they are named by a hash of their content.
//
// Format: https://pkgdocs.julialang.org/v1/artifacts/
func (p juliaPlace) artifacts(f *file, out *facts) error {
	var names map[string]any
	if err := readTOML(f, &names); err != nil {
		return err
	}
	var total tally
	for _, name := range slices.Sorted(maps.Keys(names)) {
		builds, _ := names[name].([]map[string]any) // one for each system
		if one, ok := names[name].(map[string]any); ok {
			builds = append(builds, one)
		}
		for _, b := range builds {
			tree, _ := b["git-tree-sha1"].(string)
			if tree = strings.ToLower(tree); !isHex(tree, 40) {
				continue
			}
			if err := total.add(tree); err != nil {
				return &landwaiter.SyntaxError{Path: f.Path, Err: err}
			}
			out.OwnsTree(p.folder, p.depot+"artifacts/"+tree)
		}
	}
	return nil
}

// juliaAuthors joins the authors, which are a list or, in old files, one text.
func juliaAuthors(v any) string {
	switch v := v.(type) {
	case string:
		return oneLine(v)
	case []any:
		var names []string
		for _, a := range v {
			if s, ok := a.(string); ok {
				names = append(names, oneLine(s))
			}
		}
		return strings.Join(unique(names), ", ")
	}
	return ""
}
