package image

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFolderCaps: capabilities of a file in a folder are read as the system keeps them.
func TestFolderCaps(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ping")
	if err := os.WriteFile(name, []byte("x"), 0o700); err != nil {
		t.Fatal(err)
	}
	look := func() (string, string) {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return caps(f)
	}
	if raw, note := look(); raw != "" || note != "" {
		t.Errorf("a plain file: %q, %q", raw, note)
	}
	want := "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	err := unix.Setxattr(name, "security.capability", []byte(want), 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		t.Skip("this user or file system cannot give a file capabilities: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if raw, note := look(); raw != want || note != "" {
		t.Errorf("%q, %q", raw, note)
	}
}
