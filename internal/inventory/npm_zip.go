package inventory

import (
	"bytes"
	"errors"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// npmZipped reports whether name is an archive from which Yarn's loader runs a
// package (Plug'n'Play): one in the cache of a project. Yarn's cache for all
// projects of a user is none: nothing runs from there.
func npmZipped(name string) bool {
	return path.Ext(name) == ".zip" && strings.HasSuffix("/"+path.Dir(name), "/.yarn/cache")
}

// readNPMZip reads the package in an archive of Yarn's, node_modules/NAME/…. The
// key is the archive, which the package owns.
func readNPMZip(f *file, out *facts) (err error) {
	defer caught(f.Path, &err)
	zr, _, err := openZip(f.ReaderAt, f.Size, maxZipDirectory)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	for _, member := range zr.File {
		if path.Base(member.Name) != "package.json" || !npmInstalled(member.Name) || strings.Count(member.Name, "node_modules/") != 1 {
			continue
		}
		where := inside(f.Path, member.Name)
		data, err := readMember(member, limitio.MaxMetadata)
		if err != nil {
			return &landwaiter.SyntaxError{Path: where, Err: err}
		}
		p, _, err := npmDescription(&file{Path: where, Size: int64(len(data)), ReaderAt: bytes.NewReader(data)})
		p.Name, p.Version = strings.TrimSpace(p.Name), strings.TrimSpace(p.Version)
		if err == nil && (p.Name == "" || p.Version == "") {
			err = &landwaiter.SyntaxError{Path: where, Err: errors.New("no name and version")}
		}
		if p.Name == "" || p.Version == "" {
			return err
		}
		npmWhole(&p)
		out.PackageInside("archive", where, p, f.Path)
		out.Owns(f.Path, f.Path, "")
		return err
	}
	return &landwaiter.SyntaxError{Path: f.Path, Err: errors.New("an archive without a package of npm's")}
}
