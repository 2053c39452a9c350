package lwtest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update is the -update flag, registered in test programs only. A package with
// an -update flag of its own (internal/report) must not import lwtest into its test
// program: the flag package panics on the second.
var update = updateFlag()

// Update is the -update flag, for tests that write their goldens themselves.
func Update() *bool { return update }

func updateFlag() *bool {
	if !testing.Testing() {
		return new(bool)
	}
	return flag.Bool("update", false, "rewrite golden files instead of comparing with them")
}

// Golden compares got with the file at path, and rewrites the file when the test
// runs with -update. A missing file fails the test.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := writeFile(path, got); err != nil {
			t.Fatalf("golden file: %v", err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("golden file: %v; run the test with -update to make it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if the change is meant:\n%s", path, diff)
	}
}

// writeFile writes data to path by way of a temporary name.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
