package inventory

import (
	"path"
	"runtime/debug"
	"strings"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// goModules is the list that "go mod vendor" leaves beside the copies of modules.
const goModules = "modules.txt"

// isGoVendor reports whether name is such a list.
func isGoVendor(name string) bool {
	return path.Base(name) == goModules && path.Base(path.Dir(name)) == "vendor"
}

// readGoVendor reads the list of modules whose source lies in a vendor folder:
// lines of "# MODULE VERSION", or "# MODULE VERSION => OTHER VERSION". A module
// of which no package was copied is only named there, and is none. The key of a
// module is its folder, which it owns.
//
// Format: https://go.dev/ref/mod#vendoring.
func readGoVendor(f *file, out *facts) error {
	if f.Size > limitio.MaxMetadata {
		return pythonTooLarge(f)
	}
	folder := path.Dir(f.Path)
	n := 0
	var module *debug.Module
	l := newLines(f.Path, f.Reader())
	for l.next() {
		line := string(l.text)
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			module = goVendored(rest)
			continue
		}
		if module == nil || l.blank() || strings.HasPrefix(line, "#") {
			continue
		}
		// The first package of a module: its source is here.
		if p, ok := goModule(module); ok && p.Version != goDevel {
			if n++; n > goMaxModules {
				return l.damagef("more than %d modules", goMaxModules)
			}
			key := folder + "/" + clean(module.Path)
			out.Package("vendored source", p, key)
			out.OwnsTree(key, key)
		}
		module = nil
	}
	return l.err()
}

// goVendored reads "MODULE VERSION[ => OTHER[ VERSION]]", nil where it is none.
func goVendored(s string) *debug.Module {
	old, replacement, replaced := strings.Cut(s, " => ")
	fields := strings.Fields(old)
	if len(fields) == 0 || len(fields) > 2 || clean(fields[0]) != fields[0] || !replaced && len(fields) != 2 {
		return nil
	}
	m := &debug.Module{Path: fields[0]}
	if len(fields) == 2 {
		m.Version = fields[1]
	}
	if replaced {
		by := strings.Fields(replacement)
		if len(by) == 0 || len(by) > 2 {
			return nil
		}
		m.Replace = &debug.Module{Path: by[0]}
		if len(by) == 2 {
			m.Replace.Version = by[1]
		}
	}
	return m
}
