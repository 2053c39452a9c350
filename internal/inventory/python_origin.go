package inventory

import (
	"net/url"
	"path"
	"strings"
)

// pythonOrigin is the file by which installers note that a package did not come
// from an index by its name.
const pythonOrigin = "direct_url.json"

// readPythonOrigin reads where a package was installed from: an address, a commit,
// a folder. Of a folder that stays where it is ("editable") the package owns the
// code under its own name, beside the project's files or in "src", and not the
// project: that may be somebody's whole home.
//
// Format: PEP 610, PEP 660.
func readPythonOrigin(f *file, key string, out *facts) error {
	m := newMembers(f)
	var address, commit string
	editable := false
	_, err := m.object(func(name string) error {
		switch name {
		case "url":
			return m.text(&address)
		case "vcs_info":
			_, err := m.object(func(name string) error {
				if name == "commit_id" {
					return m.text(&commit)
				}
				return m.skip()
			})
			return err
		case "dir_info":
			_, err := m.object(func(name string) error {
				raw, err := m.raw()
				editable = editable || name == "editable" && string(raw) == "true"
				return err
			})
			return err
		}
		return m.skip()
	})
	if err != nil { // it hides where a package is from, and no package
		out.Gap(f.Path, -1, false, "python: where a package is from cannot be read: "+place(m.damage(err), f.Path))
		return nil
	}
	origin := publicURL(address)
	if commit != "" {
		origin += "@" + commit
	}
	if !printable(origin) {
		return nil
	}
	out.Amend(amendment{key: key, origin: origin})
	if u, err := url.Parse(address); editable && err == nil && u.Scheme == "file" {
		name, _ := pythonFolder(path.Base(key))
		name = strings.ReplaceAll(normalPython(name), "-", "_")
		if project := clean(u.Path); project != "" && name != "" && !strings.Contains(name, "/") {
			out.OwnsTree(key, project+"/"+name)
			out.OwnsTree(key, project+"/src/"+name)
			out.Owns(key, project+"/"+name+".py", "")
			out.Owns(key, project+"/src/"+name+".py", "")
		}
	}
	return nil
}
