package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuild(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.txtar")
	if err := os.WriteFile(in, []byte("\n-- 0/a --\na\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	digests := map[string]string{}
	for _, format := range []string{"oci", "oci-archive", "docker-archive"} {
		digest, err := build(format, in, filepath.Join(dir, format))
		if err != nil {
			t.Fatal(err)
		}
		digests[format] = digest
		if _, err := build(format, in, filepath.Join(dir, format)); err == nil || !strings.Contains(err.Error(), "exists already") {
			t.Errorf("%s over an old one: %v", format, err)
		}
	}
	if digests["oci"] != digests["oci-archive"] || digests["oci"] == digests["docker-archive"] {
		t.Errorf("digests %v; want layout and archive alike and the image ID another", digests)
	}
	if _, err := build("tar", in, filepath.Join(dir, "tar")); err == nil || !strings.Contains(err.Error(), `-format is "tar"`) {
		t.Errorf("unknown format: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
