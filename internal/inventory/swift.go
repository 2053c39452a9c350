package inventory

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const (
	swiftState    = "workspace-state.json"
	swiftManifest = "Package.swift"
)

var swiftWant = want{
	bases:    []string{swiftState, swiftManifest},
	maxBytes: limitio.MaxMetadata,
	also: func(name string) bool {
		if path.Base(name) == swiftState {
			return path.Base(path.Dir(name)) == ".build"
		}
		return swiftCheckout(path.Dir(name))
	},
}

// swiftCheckout reports whether folder is BUILD/checkouts/NAME.
func swiftCheckout(folder string) bool {
	above := path.Dir(folder)
	return path.Base(above) == "checkouts" && path.Base(path.Dir(above)) == ".build"
}

// readSwift reads what Swift's package manager notes about its checkouts, and the
// place of each checkout: the note outlives the folder where only the program was
// copied, and then nothing of it is there. The key is the folder.
//
// Format: WorkspaceStateStorage of the Swift package manager, versions 1 to 7.
func readSwift(f *file, out *facts) error {
	folder := path.Dir(f.Path)
	if path.Base(f.Path) == swiftManifest {
		out.OwnsTree(folder, folder)
		out.Confirm("state:"+folder, folder, f.Path, fmt.Sprintf("a checkout of a Swift package called %.100q, of which no file tells the version", path.Base(folder)))
		return nil
	}
	m := newMembers(f)
	found := false
	_, err := m.object(func(field string) error {
		if field != "object" {
			return m.skip()
		}
		_, err := m.object(func(field string) error {
			if field != "dependencies" {
				return m.skip()
			}
			found = true
			_, err := m.array(func() error { return swiftDependency(m, folder, out) })
			return err
		})
		return err
	})
	if err == nil {
		err = m.end()
	}
	if err == nil && !found {
		out.Gap(f.Path, -1, true, "no list of what Swift's package manager fetched")
	}
	return m.damage(err)
}

// swiftDependency reads one element of the list.
func swiftDependency(m *members, build string, out *facts) error {
	var identity, location, subpath string
	var version, branch, revision string
	fields := map[string]*string{
		"packageRef.identity": &identity, "packageRef.location": &location, "packageRef.path": &location,
		"subpath": &subpath, "state.checkoutState.version": &version, "state.checkoutState.branch": &branch, "state.checkoutState.revision": &revision,
	}
	var walk func(prefix string) error
	walk = func(prefix string) error {
		_, err := m.object(func(field string) error {
			full := prefix + field
			switch {
			case fields[full] != nil:
				return m.text(fields[full])
			case full == "packageRef" || full == "state" || full == "state.checkoutState":
				return walk(full + ".")
			}
			return m.skip()
		})
		return err
	}
	if err := walk(""); err != nil {
		return err
	}
	if version == "" {
		version = revision // a branch has no other version
	}
	// A folder of the user's own has no state of a checkout.
	if subpath = clean(subpath); subpath == "" || strings.Contains(subpath, "/") || !printable(version) || revision == "" {
		return nil
	}
	p := landwaiter.Package{Ecosystem: "swift", Version: version, Origin: publicURL(location)}
	host, where := swiftPlace(location)
	if p.Name = host + "/" + where; host == "" {
		p.Name = subpath
		if printable(identity) {
			p.Name = identity
		}
	} else {
		p.PURL = purl("swift", path.Dir(p.Name), path.Base(p.Name), version)
	}
	if p.Origin != "" && isHex(revision, 40) {
		p.Origin += "@" + revision
	}
	if !printable(p.Name) {
		return nil
	}
	folder := build + "/checkouts/" + subpath
	out.Package("installed metadata", p, folder)
	out.Provides(subpath)
	out.Waits("state:" + folder)
	return nil
}

// swiftPlace splits the address of a repository, be it written for https or ssh.
func swiftPlace(location string) (host, where string) {
	if rest, ok := strings.CutPrefix(location, "git@"); ok {
		host, where, ok = strings.Cut(rest, ":")
		location = "https://" + host + "/" + where
		if !ok {
			return "", ""
		}
	}
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return "", ""
	}
	where = strings.Trim(strings.TrimSuffix(u.Path, ".git"), "/")
	if !strings.Contains(where, "/") {
		return "", ""
	}
	return u.Hostname(), where
}
