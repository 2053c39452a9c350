package assess_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestProcessorsDoNotMatter: one processor decodes in order, four decode ahead and read
// layers side by side. The assessment is the same to the last byte, and so is the
// complaint about a layer that is cut off.
func TestProcessorsDoNotMatter(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "bin", "go"))
	if err != nil {
		t.Fatal(err)
	}
	layout := func(text string) string {
		spec := lwtest.New(t, "fill 0/srv/noise 3MiB\nzeros 0/srv/zeros 5MiB\nfill 1/opt/other 100KiB\n"+text+"-- 1/opt/a.py --\nprint(1)\n")
		open := func() io.Reader { return bytes.NewReader(program) }
		if err := spec.Add(0, "usr/local/bin/go", 0o755, int64(len(program)), open); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "oci")
		if _, err := spec.WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	whole, cut := layout(""), layout("truncate-layer 0 4000000\n")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, ref := range []string{"oci:" + whole, "oci:" + cut} {
		var first []byte
		for i, n := range []int{1, 2, 4, 8} {
			runtime.GOMAXPROCS(n)
			a, err := assess.Run(t.Context(), ref, assess.Options{Now: lwtest.Clock()})
			if (err != nil) != strings.HasSuffix(ref, cut) {
				t.Fatalf("%s: %v", ref, err)
			}
			got, bad := json.Marshal(a)
			if bad != nil {
				t.Fatal(bad)
			}
			if err != nil {
				got = []byte(err.Error())
			}
			if i == 0 {
				first = got
			} else if !bytes.Equal(first, got) {
				t.Errorf("%s: other with %d processors than with one:\n%.2000s\n%.2000s", ref, n, first, got)
			}
		}
	}
}
