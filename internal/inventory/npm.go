package inventory

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var npmWant = want{
	bases:    []string{"package.json", npmLock},
	suffixes: []string{".zip"},
	also: func(name string) bool {
		return npmInstalled(name) || npmRoot(name) || npmLocked(name) || npmZipped(name)
	},
}

// npmInstalled reports whether a package.json lies where Node.js looks for
// packages: node_modules/NAME or node_modules/@SCOPE/NAME, and the same in the
// folders to which Debian sets NODE_PATH. One that lies deeper inside a package
// only sets the type of a folder.
func npmInstalled(name string) bool {
	folder := path.Dir(path.Dir(name))
	if strings.HasPrefix(path.Base(folder), "@") {
		folder = path.Dir(folder)
	}
	return path.Base(folder) == "node_modules" || npmDebian(folder)
}

// npmDebian reports whether folder is one in which Debian's Node.js looks for
// packages: usr/share/nodejs, usr/lib/nodejs, usr/lib/TRIPLET/nodejs.
func npmDebian(folder string) bool {
	if folder == "usr/share/nodejs" || folder == "usr/lib/nodejs" {
		return true
	}
	up, ok := strings.CutSuffix(folder, "/nodejs")
	return ok && path.Dir(up) == "usr/lib"
}

// inDebianNode reports whether name lies below such a folder.
func inDebianNode(name string) bool {
	i := strings.Index(name, "/nodejs/")
	return i >= 0 && npmDebian(name[:i+len("/nodejs")])
}

// readNPM reads a package.json, or npm's note of what it installed.
func readNPM(f *file, out *facts) error {
	switch {
	case npmZipped(f.Path):
		return readNPMZip(f, out)
	case npmLocked(f.Path):
		return readNPMLock(f, out)
	case !npmInstalled(f.Path):
		return readNPMRoot(f, out)
	}
	return readNPMPackage(f, out)
}

// readNPMPackage reads the package.json of an installed package. A package counts by
// the name it gives itself, as an installer can put it under another. The key
// is its folder.
//
// Format: https://docs.npmjs.com/cli/configuring-npm/package-json.
func readNPMPackage(f *file, out *facts) error {
	p, ok, err := npmDescription(f)
	npmEmit(f, p, ok, out)
	return err
}

// npmDescription reads a package.json as far as it is whole. ok is false where it
// is no object.
func npmDescription(f *file) (p landwaiter.Package, ok bool, err error) {
	if f.Size > limitio.MaxMetadata {
		return p, false, npmTooLarge(f)
	}
	p.Ecosystem = "npm"
	m := newMembers(f)
	ok, err = m.object(func(name string) error {
		switch name {
		case "name":
			return m.text(&p.Name)
		case "version":
			return m.text(&p.Version)
		case "license", "licenses":
			raw, err := m.raw()
			if l := npmLicence(raw); l != "" {
				p.Licence = l
			}
			return err
		case "author":
			raw, err := m.raw()
			p.Vendor = npmPerson(raw)
			return err
		case "_resolved":
			return m.text(&p.Origin)
		case "dependencies", "optionalDependencies":
			names, err := npmNames(m)
			p.Requires = append(p.Requires, names...)
			return err
		}
		return m.skip()
	})
	if err == nil {
		err = m.end()
	}
	return p, ok, m.damage(err)
}

// npmWhole fills in what follows from the rest.
func npmWhole(p *landwaiter.Package) {
	p.Requires = unique(p.Requires)
	p.Origin = publicURL(p.Origin)
	scope, name := "", p.Name
	if s, n, ok := strings.Cut(p.Name, "/"); ok && strings.HasPrefix(s, "@") {
		scope, name = s, n
	}
	p.PURL = purl("npm", scope, name, p.Version)
}

// npmEmit emits what is known, be it from a damaged file.
func npmEmit(f *file, p landwaiter.Package, object bool, out *facts) {
	folder := path.Dir(f.Path)
	p.Name, p.Version = strings.TrimSpace(p.Name), strings.TrimSpace(p.Version)
	if p.Name == "" || p.Version == "" {
		npmGap(f, p, object, out)
		return
	}
	npmWhole(&p)
	out.Package("installed metadata", p, folder)
	out.OwnsTree(folder, folder)
}

// npmGap says what is missing. A folder such as .cache is no package to any
// installer and hides nothing.
func npmGap(f *file, p landwaiter.Package, object bool, out *facts) {
	elements := strings.Split(path.Dir(f.Path), "/")
	if npmDebian(path.Dir(path.Dir(f.Path))) {
		return // the Debian package that brought it has its name and version
	}
	inner := lastElement(elements, "node_modules")
	if inner+1 < len(elements) && strings.HasPrefix(elements[inner+1], ".") {
		return
	}
	reason := fmt.Sprintf("npm package %q has no version", p.Name)
	switch {
	case p.Name == "" && !object:
		reason = "no JSON object that describes a package"
	case p.Name == "":
		reason = "an installed npm package without a name"
	}
	out.Gap(f.Path, -1, inner < 0 || !npmTestData(elements[:inner]), reason)
}

// npmTestData reports whether a node_modules folder lies in a part of a package
// where no installer puts one: it belongs to that package, as test data does.
// Installers use node_modules/NAME/node_modules and, with a scope,
// node_modules/@SCOPE/NAME/node_modules.
func npmTestData(above []string) bool {
	outer := lastElement(above, "node_modules")
	if outer < 0 {
		return false
	}
	below := above[outer+1:]
	if len(below) > 0 && strings.HasPrefix(below[0], "@") {
		below = below[1:]
	}
	return len(below) > 1
}

// lastElement is the last index of name in elements, -1 where there is none.
func lastElement(elements []string, name string) int {
	for i := len(elements) - 1; i >= 0; i-- {
		if elements[i] == name {
			return i
		}
	}
	return -1
}

// npmLicence reads "MIT", {"type": "MIT"} or a list of such; a list is a choice.
func npmLicence(raw json.RawMessage) string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return npmWord(raw, "type")
	}
	var names []string
	for _, one := range list {
		if name := npmWord(one, "type"); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(unique(names), " OR ")
}

// npmPerson reads "Name <mail> (address)" or {"name": "Name"}.
func npmPerson(raw json.RawMessage) string { return npmWord(raw, "name") }

// npmWord is a string, or the member of an object.
func npmWord(raw json.RawMessage, member string) string {
	var word string
	if json.Unmarshal(raw, &word) != nil {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil || json.Unmarshal(object[member], &word) != nil {
			return ""
		}
	}
	return oneLine(word)
}
