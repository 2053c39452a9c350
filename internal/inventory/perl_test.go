package inventory

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPerlTruth installs a small distribution with Perl's own MakeMaker and reads
// what that leaves behind.
func TestPerlTruth(t *testing.T) {
	for _, tool := range []string{"perl", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on this machine", tool)
		}
	}
	src, root := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"Makefile.PL":      `use ExtUtils::MakeMaker; WriteMakefile(NAME => "Own::Thing", VERSION_FROM => "lib/Own/Thing.pm", EXE_FILES => ["thing"]);`,
		"lib/Own/Thing.pm": "package Own::Thing;\nour $VERSION = '1.23';\n1;\n",
		"thing":            "#!/usr/bin/perl\n",
	} {
		name = filepath.Join(src, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range [][]string{{"perl", "Makefile.PL"}, {"make", "install", "DESTDIR=" + root}} {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Dir = src
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("%v: %v\n%s", line, err, text)
		}
	}
	var out facts
	installed := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, root+"/"))
		if filepath.Base(rel) != "perllocal.pod" {
			installed[rel] = true
		}
		if !perlWant.wants(rel, false) {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		// MakeMaker writes the folder that stands for the root into its list.
		return readPerl(newFile(t, rel, bytes.ReplaceAll(data, []byte(root), nil)), &out)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.packages) != 1 || out.packages[0].pkg.Name != "Own::Thing" || out.packages[0].pkg.Version != "1.23" {
		t.Fatalf("packages %+v", out.packages)
	}
	if len(out.confirms) != 1 || out.confirms[0].waiting != out.packages[0].waits {
		t.Errorf("confirmed %+v, and %q waits", out.confirms, out.packages[0].waits)
	}
	for c := range out.claims.all() {
		if !installed[c.path] {
			t.Errorf("%s is listed and not there", c.path)
		}
		delete(installed, c.path)
	}
	for name := range installed {
		t.Errorf("%s was installed and nobody claims it", name)
	}
}
