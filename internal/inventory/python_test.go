package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// pythonTruth asks Python what is installed, and what of it is recorded.
const pythonTruth = `
import importlib.metadata as m, json, os, sys
out = {}
for d in m.distributions():
    p = os.path.realpath(str(d._path))
    files = {}
    if p.endswith(".dist-info") and os.path.exists(p + "/RECORD"):
        for f in d.files or []:
            files[os.path.normpath(os.path.join(os.path.dirname(p), str(f)))] = f.hash.mode if f.hash else ""
    out[p] = {"Name": d.metadata["Name"], "Version": d.version, "Files": files}
json.dump(out, sys.stdout)
`

// TestPythonTruth compares with Python's own view of itself.
func TestPythonTruth(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	text, err := exec.Command(python, "-c", pythonTruth).Output()
	if err != nil {
		t.Skipf("python3 has no importlib.metadata: %v", err)
	}
	type truth struct {
		Name, Version string
		Files         map[string]string
	}
	var all map[string]truth
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, place := range slices.Sorted(maps.Keys(all)) {
		want := all[place]
		out := pythonRead(t, place)
		if len(out.packages) != 1 || out.packages[0].pkg.Name != want.Name || out.packages[0].pkg.Version != want.Version {
			t.Errorf("%s: got %+v, Python says %s %s", place, out.packages, want.Name, want.Version)
			continue
		}
		got := make(map[string]string)
		for c := range out.claims.all() {
			if !c.tree && len(want.Files) > 0 {
				algorithm, _, _ := strings.Cut(c.sum.String(), ":")
				got["/"+c.path] = algorithm
			}
		}
		if len(want.Files) > 0 {
			if diff := cmp.Diff(want.Files, got); diff != "" {
				t.Errorf("%s (-python +read):\n%.2000s", place, diff)
			}
		}
		files += len(got)
	}
	t.Logf("%d packages, %d recorded files", len(all), files)
}

// pythonRead reads all metadata of one package on this machine.
func pythonRead(t *testing.T, place string) *facts {
	t.Helper()
	names := []string{place}
	if info, err := os.Stat(place); err == nil && info.IsDir() {
		names, _ = filepath.Glob(place + "/*")
	}
	var out facts
	for _, name := range names {
		if !pythonWant.wants(strings.TrimPrefix(name, "/"), false) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := readPython(newFile(t, strings.TrimPrefix(name, "/"), data), &out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return &out
}

func TestPythonNames(t *testing.T) {
	for name, want := range map[string]string{
		"Some_Thing.more": "some-thing-more", "a--b__c..d": "a-b-c-d", "x": "x", "_x_": "-x-", "": "",
	} {
		if got := normalPython(name); got != want {
			t.Errorf("normalPython(%q) = %q, want %q", name, got, want)
		}
	}
	for text, want := range map[string]string{
		"numpy": "numpy", "numpy>=1": "numpy", "numpy (>=1)": "numpy", "a[b,c]>=1;python_version<'3'": "a",
		"a; extra == 'x'": "", "a;extra=='x' and python_version<'3'": "", "a@ https://x": "a", "": "", " ; ": "",
	} {
		if got := pythonRequirement(text); got != want {
			t.Errorf("pythonRequirement(%q) = %q, want %q", text, got, want)
		}
	}
	for base, want := range map[string]string{
		"numpy-1.26.4.dist-info": "numpy 1.26.4", "a-1-py3.9-linux-x86_64.egg-info": "a 1", "a.egg-info": " ", "-.dist-info": " ",
	} {
		if name, version := pythonFolder(base); name+" "+version != want {
			t.Errorf("pythonFolder(%q) = %q, %q", base, name, version)
		}
	}
}

// TestPythonCaps hands over lists that would make much of little.
func TestPythonCaps(t *testing.T) {
	folder := strings.Repeat("d/", 2000) + "x-1.dist-info"
	for name, data := range map[string][]byte{
		folder + "/RECORD":                 bytes.Repeat([]byte("a,,\n"), 1<<20),
		"x-1.dist-info/RECORD":             bytes.Repeat([]byte("a"), 5000),
		"y-1.dist-info/RECORD":             make([]byte, 17<<20),
		"z-1.dist-info/METADATA":           bytes.Repeat([]byte("Requires-Dist: abcdefgh\n"), 1<<20),
		"z-1.egg-info/SOURCES.txt":         bytes.Repeat([]byte("a/b.py\n"), 3<<20),
		"w-1.dist-info/METADATA":           bytes.Repeat([]byte("w"), 2<<20),
		path.Join("a", "b-1.egg"):          []byte("no archive"),
		"x-1.egg-info/installed-files.txt": bytes.Repeat([]byte("x"), 2<<20),
	} {
		var out facts
		err := readPython(newFile(t, name, data), &out)
		if _, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok {
			t.Errorf("%.40s: %v, want damage", name, err)
		}
		total := 0
		for c := range out.claims.all() {
			total += len(c.path)
		}
		if total > maxClaimBytes {
			t.Errorf("%.40s: claims of %d bytes", name, total)
		}
	}
}

func BenchmarkPythonRecord(b *testing.B) {
	var text bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&text, "pkg/sub%d/module_%d.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,%d\n", i%50, i, i)
	}
	f := newFile(b, "usr/lib/python3/site-packages/pkg-1.dist-info/RECORD", text.Bytes())
	b.SetBytes(f.Size)
	b.ReportAllocs()
	for b.Loop() {
		var out facts
		if err := readPython(f, &out); err != nil {
			b.Fatal(err)
		}
	}
}
