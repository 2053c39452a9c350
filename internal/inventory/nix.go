package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const (
	nixStore = "nix/store/"
	nixDB    = "nix/var/nix/db/db.sqlite"

	nixMaxPaths = 1 << 20 // in one database; a large machine has some 100,000
	nixMaxRefs  = 4 << 20
)

var nixWant = want{
	folders:  []string{nixStore},
	paths:    []string{nixDB},
	bases:    []string{"manifest.json", "manifest.nix"},
	also:     func(p string) bool { return p == nixDB || nixProfile.MatchString(p) },
	maxBytes: limitio.MaxWanted,
}

// nixProfile is where a profile says what was asked for by name.
var nixProfile = regexp.MustCompile(`^nix/store/[0-9a-z]{32}-(?:profile|user-environment)/manifest\.(?:json|nix)$`)

// readNix reads Nix's store: what lies directly in it, by name alone; the
// database for what refers to what; and profiles for what somebody asked for.
// The key of a package is its path in the store.
//
// Format: https://nix.dev/manual/nix/latest/store/store-path.
func readNix(f *file, out *facts) error {
	switch {
	case f.Path == nixDB:
		return nixReferences(f, nixStore, out)
	case path.Base(f.Path) == "manifest.json":
		return nixManifestJSON(f, out)
	case path.Base(f.Path) == "manifest.nix":
		return nixManifest(f, out)
	}
	storePackage("nix", nixStore, f.Path, out)
	return nil
}

// nixHash is the start of every name in the store.
var nixHash = regexp.MustCompile(`^[0-9abcdfghijklmnpqrsvwxyz]{32}-`)

// nixOutputs are the parts into which packages are split.
var nixOutputs = []string{
	"out", "bin", "dev", "lib", "lib32", "libs", "man", "doc", "devdoc", "info", "debug", "static", "data", "dist",
	"py", "python", "dnsutils", "host", "tools", "getent", "terminfo", "libgcc", "checksum", "server", "su", "mount",
	"login", "swap", "include", "headers", "locales", "modules", "plugins", "daemon", "client", "utils", "xsl", "gui",
}

// nixNoPackage ends the names of what is in the store and no software that is
// installed: sources, recipes, and the settings of a machine. Environments only
// point to packages.
var nixNoPackage = []string{
	".drv", ".lock", ".chroot", ".check", ".patch", ".diff", ".zip", ".tgz", ".gz", ".xz", ".bz2", ".zst", ".tar", ".lzma",
	".gem", ".crate", ".whl", ".nar", ".deb", ".rpm", ".src", ".conf", ".json", ".service", ".sh", ".txt", ".nix",
	"-source", "-src", "-env", "-vendor", "-go-modules", "-cargo-deps", "-npm-deps", "-builder", "-checkout",
}

// storePackage emits the package that a name in a store tells, by Nix's own rule:
// the version starts behind the first dash that no letter follows. What has no
// version is no package, and its files stay without a name.
func storePackage(row, store, name string, out *facts) {
	base := strings.TrimPrefix(name, store)
	hash := nixHash.FindString(base)
	if hash == "" || slices.ContainsFunc(nixNoPackage, func(end string) bool { return strings.HasSuffix(base, end) }) {
		return
	}
	pkg, version := nixSplit(base[len(hash):])
	// The parts of a package are that package: they merge.
	if i := strings.LastIndexByte(version, '-'); i > 0 && slices.Contains(nixOutputs, version[i+1:]) {
		version = version[:i]
	}
	if pkg == "" || version == "" || !printable(pkg) || !printable(version) {
		return
	}
	out.Package("folder name", landwaiter.Package{
		Ecosystem: row, Name: pkg, Version: version, PURL: purl(row, "", pkg, version),
	}, name)
	out.Provides(base)
	out.Owns(name, name, "")
	out.OwnsTree(name, name)
}

// nixSplit cuts a name as parseDrvName does, where the version starts with a digit.
func nixSplit(s string) (name, version string) {
	for i := 0; i+1 < len(s); i++ {
		if c := s[i+1]; s[i] == '-' && c >= '0' && c <= '9' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// nixReferences reads which path refers to which.
//
// Format: src/libstore/schema.sql.
func nixReferences(f *file, store string, out *facts) error {
	paths := map[int64]string{}
	err := tableRows(f, "ValidPaths", 2, func(id int64, row []sqliteColumn) error {
		if len(paths) >= nixMaxPaths {
			return fmt.Errorf("more than %d paths: %w", nixMaxPaths, landwaiter.ErrTooLarge)
		}
		if p := clean(string(row[1].data)); strings.HasPrefix(p, store) && printable(p) {
			paths[id] = p
		}
		return nil
	})
	if err != nil {
		return err
	}
	refs, n := map[int64][]string{}, 0
	err = tableRows(f, "Refs", 2, func(_ int64, row []sqliteColumn) error {
		from, to := row[0].number(), row[1].number()
		if n++; n > nixMaxRefs {
			return fmt.Errorf("more than %d references: %w", nixMaxRefs, landwaiter.ErrTooLarge)
		}
		if p, ok := paths[to]; ok && from != to {
			refs[from] = append(refs[from], strings.TrimPrefix(p, store))
		}
		return nil
	})
	for id, list := range refs {
		slices.Sort(list)
		out.Amend(amendment{key: paths[id], requires: slices.Compact(list)})
	}
	slices.SortFunc(out.later, func(a, b amendment) int { return strings.Compare(a.key, b.key) })
	return err
}

// nixManifestJSON reads the manifest of "nix profile", of any version.
func nixManifestJSON(f *file, out *facts) error {
	m := newMembers(f)
	_, err := m.object(func(name string) error {
		if name != "elements" {
			return m.skip()
		}
		raw, err := m.raw()
		if err != nil {
			return err
		}
		list := newMembers(&file{Path: f.Path, Size: int64(len(raw)), ReaderAt: bytes.NewReader(raw)})
		if bytes.HasPrefix(raw, []byte("[")) { // up to version 2; by name since
			_, err = list.array(func() error { return nixElement(list, out) })
		} else {
			_, err = list.object(func(string) error { return nixElement(list, out) })
		}
		return err
	})
	if err == nil {
		err = m.end()
	}
	return m.damage(err)
}

// nixElement reads one thing that somebody asked for.
func nixElement(m *members, out *facts) error {
	var origin string
	var paths []string
	_, err := m.object(func(name string) error {
		switch name {
		case "originalUrl":
			return m.text(&origin)
		case "storePaths":
			return m.texts(&paths)
		}
		return m.skip()
	})
	for _, p := range paths {
		out.Amend(amendment{key: clean(p), requested: true, origin: publicURL(origin)})
	}
	return err
}

// nixOutPath is how the manifest of "nix-env", which is Nix's language, names what
// was asked for.
var nixOutPath = regexp.MustCompile(`outPath = "/(nix/store/[0-9a-z]{32}-[^"/]+)"`)

func nixManifest(f *file, out *facts) error {
	text, err := io.ReadAll(io.LimitReader(f.Reader(), limitio.MaxMetadata+1))
	if err != nil {
		return err
	}
	if len(text) > limitio.MaxMetadata {
		return fmt.Errorf("more than %d bytes: %w", limitio.MaxMetadata, landwaiter.ErrTooLarge)
	}
	seen := map[string]bool{}
	for _, m := range nixOutPath.FindAllSubmatch(text, -1) {
		if key := string(m[1]); !seen[key] {
			seen[key] = true
			out.Amend(amendment{key: key, requested: true})
		}
	}
	return nil
}

// tableRows calls each for the rows of a table with their number and their first
// columns, and stops at its error.
func tableRows(f *file, table string, columns int, each func(id int64, row []sqliteColumn) error) error {
	db, err := openSQLite(f.ReaderAt, f.Size)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	root, err := db.table(table)
	if errors.Is(err, landwaiter.ErrNotFound) {
		return nil // a new database, or one whose tables still stand in its log
	}
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	db.rows(root, 0, func(row []byte, fail error) bool {
		var values []sqliteColumn
		if err = fail; err == nil {
			values, err = sqliteColumns(row, columns)
		}
		if err != nil {
			err = &landwaiter.SyntaxError{Path: f.Path, Err: fmt.Errorf("table %s: %w", table, err)}
			return false
		}
		err = each(db.id, values)
		return err == nil
	})
	return err
}
