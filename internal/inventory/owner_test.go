package inventory

import (
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter/internal/image"
)

// ownedFolder is a folder with one package, one changed program of it and one
// program that nobody owns.
func ownedFolder(t *testing.T) *Result {
	t.Helper()
	dir := t.TempDir()
	tool := "\x7fELF tool"
	for name, text := range map[string]string{
		"usr/bin/tool-1": tool, "usr/bin/other": "#!/bin/sh\necho changed\n", "opt/mine": "\x7fELF mine",
		"var/lib/dpkg/status":            "Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nDepends: libgone, tool-data | other-data\n",
		"var/lib/dpkg/info/tool.list":    "/.\n/usr/bin/tool-1\n/usr/bin/other\n",
		"var/lib/dpkg/info/tool.md5sums": fmt.Sprintf("%x  usr/bin/tool-1\n%x  usr/bin/other\n", md5.Sum([]byte(tool)), md5.Sum([]byte("as shipped"))),
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"bin": "usr/bin", "usr/bin/tool": "/usr/bin/tool-1", "usr/bin/loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	im, err := image.Open(t.Context(), "dir:"+dir, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	r, err := Read(t.Context(), im, &Stats{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOwner: a path leads to a file as it does in a container, and the file to its
// owner, and to whether it is what its owner shipped.
func TestOwner(t *testing.T) {
	r := ownedFolder(t)
	const tool = "dpkg:tool@1:amd64"
	for _, c := range []struct {
		name, path, owner string
		ok, intact, known bool
	}{
		{"/usr/bin/tool-1", "usr/bin/tool-1", tool, true, true, true},
		{"usr/bin/tool-1", "usr/bin/tool-1", tool, true, true, true},
		{"/bin/tool", "usr/bin/tool-1", tool, true, true, true},
		{"/bin/../bin//tool", "usr/bin/tool-1", tool, true, true, true},
		{"/usr/bin/other", "usr/bin/other", tool, true, false, true},
		{"/opt/mine", "opt/mine", "", true, false, false},
		{"/usr/bin/loop", "", "", false, false, false},
		{"/usr/bin", "", "", false, false, false},
		{"/none", "", "", false, false, false},
		{"", "", "", false, false, false},
	} {
		f, ok := r.Owner(c.name)
		intact, known := r.Intact(c.name)
		if ok != c.ok || f.Path != c.path || f.Owner != c.owner || intact != c.intact || known != c.known {
			t.Errorf("%q: %+v %v, intact %v, known %v", c.name, f, ok, intact, known)
		}
		if ok && len(f.SHA256) != 64 {
			t.Errorf("%q: SHA-256 %q", c.name, f.SHA256)
		}
	}
}

// TestMissing: what a package asks for and nobody answers to is named.
func TestMissing(t *testing.T) {
	r := ownedFolder(t)
	if len(r.Packages) != 1 || len(r.Packages[0].Missing) != 3 || r.Packages[0].Missing[0] != "libgone" {
		t.Errorf("%+v", r.Packages)
	}
}
