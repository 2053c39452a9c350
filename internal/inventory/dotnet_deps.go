package inventory

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// dotnetLibrary is one "NAME/VERSION" of a list.
type dotnetLibrary struct {
	kind   string // "package", "project", "runtimepack", "reference", …
	folder string // below NuGet's root, in small letters
	needs  []string
	// files are what the program loads, by their paths from the list's folder.
	files []string
	seen  map[string]bool
}

// dotnetList is the content of a .deps.json.
type dotnetList struct {
	*members
	total     tally
	gaps      gapList
	target    string                    // the one that the program runs with
	targets   map[string]map[string]any // for each target: which libraries have files
	libraries map[string]*dotnetLibrary
}

// readDotnetDeps reads the list by which .NET's host finds what a program loads:
// NAME.deps.json beside NAME.dll. What is only needed to compile, and what holds
// no file, is not observed. The key is the list's path, "#", and the library.
//
// Format: https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md
func readDotnetDeps(f *file, out *facts) error {
	d := dotnetList{members: newMembers(f), libraries: map[string]*dotnetLibrary{}, targets: map[string]map[string]any{}, gaps: gapList{out: out, path: f.Path}}
	ok, err := d.object(d.member)
	if err == nil {
		err = d.end()
	}
	if !ok && err == nil {
		return nil // some other list of what something needs
	}
	d.emit(out, err == nil && len(d.targets) == 0)
	d.gaps.done("more libraries of a .NET program that have no name and version")
	return d.damage(err)
}

func (d *dotnetList) member(name string) error {
	var err error
	switch name {
	case "runtimeTarget":
		var raw []byte
		if raw, err = d.raw(); err == nil {
			d.target = npmWord(raw, "name")
		}
	case "targets":
		_, err = d.object(func(target string) error {
			d.targets[target] = map[string]any{}
			_, err := d.object(func(library string) error { return d.assets(target, library) })
			return err
		})
	case "libraries":
		_, err = d.object(d.describe)
	default:
		err = d.skip()
	}
	return err
}

func (d *dotnetList) library(name string) *dotnetLibrary {
	l := d.libraries[name]
	if l == nil {
		l = &dotnetLibrary{seen: map[string]bool{}}
		d.libraries[name] = l
	}
	return l
}

// describe reads one member of "libraries".
func (d *dotnetList) describe(name string) error {
	l := d.library(name)
	_, err := d.object(func(field string) error {
		switch field {
		case "type":
			return d.text(&l.kind)
		case "path":
			return d.text(&l.folder)
		}
		return d.skip()
	})
	return err
}

// assets reads one library of one target.
func (d *dotnetList) assets(target, name string) error {
	l := d.library(name)
	_, err := d.object(func(group string) error {
		switch group {
		case "dependencies":
			_, err := d.object(func(name string) error {
				if name != "" {
					l.needs = append(l.needs, name)
				}
				return d.skip()
			})
			return err
		case "runtime", "native", "runtimeTargets", "resources":
			_, err := d.object(func(asset string) error {
				var locale string
				if _, err := d.object(func(field string) error {
					if field == "locale" {
						return d.text(&locale)
					}
					return d.skip()
				}); err != nil {
					return err
				}
				d.targets[target][name] = nil
				return l.add(&d.total, group, asset, locale)
			})
			return err
		}
		return d.skip()
	})
	return err
}

// add notes an asset. A program's build puts the files of packages beside the
// list, without their folders; those that it chooses from when it runs keep them.
func (l *dotnetLibrary) add(total *tally, group, asset, locale string) error {
	name := path.Base(asset)
	switch group {
	case "runtimeTargets":
		name = asset
	case "resources":
		name = path.Join(locale, name)
	}
	if name = clean(name); name == "" || name == "_._" || l.seen[name] {
		return nil
	}
	l.seen[name] = true
	l.files = append(l.files, name)
	return total.add(name)
}

// emit emits the libraries; every one of them where the list does not tell which
// are loaded.
func (d *dotnetList) emit(out *facts, every bool) {
	used, chosen := d.targets[d.target]
	shared := dotnetFramework(d.f.Path)
	var first string // the framework's own package
	for _, id := range slices.Sorted(maps.Keys(d.libraries)) {
		l := d.libraries[id]
		if _, ok := used[id]; chosen && !ok || len(l.files) == 0 && !every {
			continue
		}
		if key := d.one(id, l, out); first == "" {
			first = key
		}
	}
	if shared.name == "" {
		return
	}
	if first == "" {
		first = d.f.Path + "#" + shared.name
		out.Package("folder name", landwaiter.Package{
			Ecosystem: "dotnet", Name: shared.name, Version: shared.version, PURL: purl("nuget", "", shared.name, shared.version),
		}, first)
	}
	out.OwnsTree(first, path.Dir(d.f.Path))
	out.Owns(first, d.f.Path, "")
	if shared.name == "Microsoft.NETCore.App" {
		out.Owns(first, shared.root+"dotnet", "")
		out.OwnsTree(first, shared.root+"host/fxr/"+shared.version)
	}
}

// one emits a library with its files and returns its key, "" for none.
func (d *dotnetList) one(id string, l *dotnetLibrary, out *facts) string {
	name, version, _ := strings.Cut(id, "/")
	p := landwaiter.Package{Ecosystem: "dotnet", Version: version, Requires: unique(l.needs)}
	switch l.kind {
	case "package":
		p.Name = name
	case "runtimepack": // a framework that is part of the program
		p.Name = strings.TrimPrefix(name, "runtimepack.")
	case "project", "reference": // own code, and files that come from no package
		p.Name = name
	default:
		return ""
	}
	if !printable(p.Name) || !printable(version) || strings.Contains(version, "/") {
		d.gaps.add(d.f.Path, -1, "a library of a .NET program that has no name and version")
		return ""
	}
	if l.kind == "package" || l.kind == "runtimepack" {
		p.PURL = purl("nuget", "", p.Name, version)
	}
	key := d.f.Path + "#" + id
	out.Package("installed metadata", p, key)
	folder := path.Dir(d.f.Path)
	for _, name := range l.files {
		out.Owns(key, folder+"/"+name, "")
	}
	program := strings.TrimSuffix(path.Base(d.f.Path), dotnetDeps)
	if l.kind == "project" && strings.EqualFold(name, program) {
		out.Owns(key, d.f.Path, "")
		for _, end := range []string{"", ".exe", ".pdb", ".runtimeconfig.json"} {
			out.Owns(key, folder+"/"+program+end, "")
		}
	}
	return key
}

// dotnetShared is a framework that programs share: ROOT/shared/NAME/VERSION.
type dotnetShared struct{ root, name, version string }

func dotnetFramework(list string) (s dotnetShared) {
	folder := path.Dir(list)
	above := path.Dir(folder)
	root, ok := strings.CutSuffix(path.Dir(above), "shared")
	if ok && startsWithDigit(path.Base(folder)) && path.Base(list) == path.Base(above)+dotnetDeps && (root == "" || strings.HasSuffix(root, "/")) {
		s = dotnetShared{root: root, name: path.Base(above), version: path.Base(folder)}
	}
	return s
}
