package inventory

import (
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// npmLock is what npm leaves in node_modules about what it put there.
const npmLock = ".package-lock.json"

// npmLocked reports whether name is npm's note of what it installed.
func npmLocked(name string) bool {
	return path.Base(name) == npmLock && path.Base(path.Dir(name)) == "node_modules"
}

// npmRoot reports whether a package.json is of a project rather than of an
// installed package: what it depends on, somebody asked for.
func npmRoot(name string) bool {
	return path.Base(name) == "package.json" && !strings.Contains("/"+name, "/node_modules/") && !inDebianNode(name)
}

func npmTooLarge(f *file) error {
	return &landwaiter.SyntaxError{Path: f.Path, Err: fmt.Errorf("%d bytes, where %d are the most: %w", f.Size, limitio.MaxMetadata, landwaiter.ErrTooLarge)}
}

// npmNames reads the names of an object of dependencies.
func npmNames(m *members) (names []string, err error) {
	_, err = m.object(func(name string) error {
		if printable(name) {
			names = append(names, name)
		}
		return m.skip()
	})
	return names, err
}

// readNPMRoot reads what a project asks for by name. Where nothing is installed
// beside it, it says nothing; and a damaged one hides no software.
func readNPMRoot(f *file, out *facts) error {
	if f.Size > limitio.MaxMetadata {
		return nil
	}
	m := newMembers(f)
	var n tally
	_, _ = m.object(func(name string) error {
		switch name {
		case "dependencies", "devDependencies", "optionalDependencies":
			names, err := npmNames(m)
			for _, name := range names {
				key := path.Join(path.Dir(f.Path), "node_modules", clean(name))
				if err := n.add(key); err != nil {
					return err
				}
				out.Amend(amendment{key: key, requested: true})
			}
			return err
		}
		return m.skip()
	})
	return nil
}

// readNPMLock reads where npm took each package from. Its sums are of the
// archives, not of the files in them.
func readNPMLock(f *file, out *facts) error {
	if f.Size > limitio.MaxText {
		return nil // it only says where packages that are seen came from
	}
	m := newMembers(f)
	var n tally
	project := path.Dir(path.Dir(f.Path))
	_, err := m.object(func(name string) error {
		if name != "packages" {
			return m.skip()
		}
		_, err := m.object(func(folder string) error {
			resolved := ""
			_, err := m.object(func(name string) error {
				if name == "resolved" {
					return m.text(&resolved)
				}
				return m.skip()
			})
			// A link is "resolved" to a folder of the project.
			if folder = clean(folder); err != nil || folder == "" || !strings.Contains(resolved, ":") || !printable(resolved) {
				return err
			}
			key := path.Join(project, folder)
			if err := n.add(key); err != nil {
				return err
			}
			out.Amend(amendment{key: key, origin: publicURL(resolved)})
			return nil
		})
		return err
	})
	if err != nil { // it hides where packages are from, and no package
		out.Gap(f.Path, -1, false, "npm: where packages are from cannot be read: "+place(m.damage(err), f.Path))
	}
	return nil
}

// npmPlaces are where Node.js looks for a package that the one in the file from
// asks for: in its own node_modules, then in that of each folder above, and last
// where Debian's looks.
//
// Format: https://nodejs.org/api/modules.html, "Loading from node_modules folders".
func npmPlaces(from, name string) []string {
	if name = clean(name); name == "" {
		return nil
	}
	var out []string
	for dir := path.Dir(from); ; dir = folderOf(dir) {
		if path.Base(dir) != "node_modules" {
			out = append(out, path.Join(dir, "node_modules", name, "package.json"))
		}
		if dir == "" || dir == "." {
			return append(out, path.Join("usr/share/nodejs", name, "package.json"), path.Join("usr/lib/nodejs", name, "package.json"))
		}
	}
}
