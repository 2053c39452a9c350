package inventory

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

// dartMaxBytes is the largest pubspec that is read: one of a hundred lines is long,
// and each value of a text of YAML takes a hundred times its room.
const dartMaxBytes = 256 << 10

var dartWant = want{
	bases:    []string{"pubspec.yaml"},
	maxBytes: dartMaxBytes,
	also:     func(name string) bool { _, ok := pubPlaceOf(name); return ok },
}

// pubPlace is where pub keeps a package that it fetched.
type pubPlace struct {
	folder string
	base   string // NAME-VERSION, or NAME-COMMIT
	host   string // "" for one from git
}

// pubPlaceOf reads CACHE/hosted/HOST/NAME-VERSION/pubspec.yaml and
// .pub-cache/git/NAME-COMMIT/pubspec.yaml. One that lies anywhere else is a project.
func pubPlaceOf(name string) (p pubPlace, ok bool) {
	p.folder = path.Dir(name)
	p.base = path.Base(p.folder)
	above := path.Dir(p.folder)
	if path.Base(path.Dir(above)) == "hosted" {
		p.host = path.Base(above)
		return p, strings.Contains(p.base, "-")
	}
	_, commit, _ := cutLast(p.base, "-")
	return p, path.Base(above) == "git" && path.Base(path.Dir(above)) == ".pub-cache" && isHex(commit, 40)
}

// readDart reads the description of a package in pub's cache, from which Dart runs
// and compiles. The key is its folder.
//
// Format: https://dart.dev/tools/pub/pubspec
func readDart(f *file, out *facts) error {
	at, ok := pubPlaceOf(f.Path)
	if !ok {
		return nil
	}
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	var spec struct {
		Name         string               `yaml:"name"`
		Version      string               `yaml:"version"`
		Dependencies map[string]yaml.Node `yaml:"dependencies"`
	}
	if err := yaml.Unmarshal(text, &spec); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	switch {
	case !printable(spec.Name) || !strings.HasPrefix(at.base, spec.Name+"-"):
		out.Gap(f.Path, -1, true, fmt.Sprintf("a Dart package in a folder of another name: %.100q", spec.Name))
		return nil
	case !printable(spec.Version):
		out.Gap(f.Path, -1, true, fmt.Sprintf("Dart package %q has no version", spec.Name))
		return nil
	}
	p := landwaiter.Package{
		Ecosystem: "dart", Name: spec.Name, Version: spec.Version,
		Requires: slices.DeleteFunc(slices.Sorted(maps.Keys(spec.Dependencies)), func(s string) bool { return s == "" }),
	}
	switch at.host {
	case "":
		p.Origin = "git@" + strings.TrimPrefix(at.base, spec.Name+"-")
	case "pub.dev", "pub.dartlang.org":
		p.Origin, p.PURL = at.host, purl("pub", "", spec.Name, spec.Version)
	default: // pub writes the address of another host with marks for its slashes
		p.Origin = at.host
	}
	out.Package("installed metadata", p, at.folder)
	out.OwnsTree(at.folder, at.folder)
	return nil
}
