package inventory

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var homebrewWant = want{
	bases:    []string{"INSTALL_RECEIPT.json"},
	maxBytes: limitio.MaxMetadata,
	also: func(p string) bool {
		_, ok := brewKeg(p)
		_, cask := brewCask(p)
		return ok || cask
	},
}

// keg is one version of a package: its folder, and what that folder is called.
type keg struct{ folder, name, version string }

// brewKeg cuts …/Cellar/NAME/VERSION/INSTALL_RECEIPT.json.
func brewKeg(p string) (k keg, ok bool) {
	k.folder = path.Dir(p)
	rack, version := path.Split(k.folder)
	cellar, name := path.Split(strings.TrimSuffix(rack, "/"))
	k.name, k.version = name, version
	return k, path.Base(cellar) == "Cellar" && name != "" && version != ""
}

// brewCask cuts …/Caskroom/NAME/.metadata/INSTALL_RECEIPT.json.
func brewCask(p string) (k keg, ok bool) {
	folder, ok := strings.CutSuffix(path.Dir(p), "/.metadata")
	room, name := path.Split(folder)
	return keg{folder: folder, name: name}, ok && path.Base(room) == "Caskroom" && name != ""
}

// readHomebrew reads the receipt that Homebrew leaves with a package: a formula in
// the Cellar, whose folder tells name and version, or a cask, whose receipt tells
// the version. The key is the package's folder, all of which it owns.
//
// Format: Homebrew's Library/Homebrew/tab.rb and cask/tab.rb.
func readHomebrew(f *file, out *facts) error {
	k, formula := brewKeg(f.Path)
	if !formula {
		k, _ = brewCask(f.Path)
	}
	p := landwaiter.Package{Ecosystem: "homebrew", Name: k.name, Version: k.version}
	tap := ""
	m := newMembers(f)
	ok, err := m.object(func(name string) error {
		switch name {
		case "installed_on_request":
			raw, err := m.raw()
			_ = json.Unmarshal(raw, &p.Requested) // an odd value says nothing
			return err
		case "runtime_dependencies":
			return brewNeeds(m, &p.Requires)
		case "source":
			_, err := m.object(func(name string) error {
				switch {
				case name == "tap":
					return m.text(&tap)
				case name == "version" && !formula:
					return m.text(&p.Version)
				}
				return m.skip()
			})
			return err
		}
		return m.skip()
	})
	if err == nil {
		err = m.end()
	}
	if err == nil && !ok {
		out.Gap(f.Path, -1, true, "no JSON object that describes an installation")
	}
	brewEmit(f, k, p, tap, out)
	return m.damage(err)
}

// brewEmit emits the package, be it from a damaged receipt: the folder tells what
// matters.
func brewEmit(f *file, k keg, p landwaiter.Package, tap string, out *facts) {
	if p.Version == "" || !printable(p.Name) || !printable(p.Version) {
		out.Gap(f.Path, -1, true, "a package of Homebrew without a name or a version")
		return
	}
	p.Origin = oneLine(tap)
	p.Requires = unique(p.Requires)
	namespace := ""
	if tap != "homebrew/core" && tap != "homebrew/cask" {
		namespace = tap
	}
	p.PURL = purl("brew", namespace, p.Name, p.Version)
	out.Package("installed metadata", p, k.folder)
	out.OwnsTree(k.folder, k.folder)
}

// brewNeeds reads what a package needs at run time: since Homebrew 1.1 objects with
// the name of a formula, which may start with its tap. A cask's are lists of names
// by kind.
func brewNeeds(m *members, list *[]string) error {
	raw, err := m.raw()
	if err != nil {
		return err
	}
	var needs []json.RawMessage
	if json.Unmarshal(raw, &needs) != nil {
		var kinds map[string]json.RawMessage
		if json.Unmarshal(raw, &kinds) == nil {
			_ = json.Unmarshal(kinds["formula"], &needs) // of another form: it says nothing to us
		}
	}
	for _, one := range needs {
		if name := path.Base(npmWord(one, "full_name")); name != "." && printable(name) {
			*list = append(*list, name)
		}
	}
	return nil
}
