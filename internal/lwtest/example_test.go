package lwtest_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

const (
	exampleImage      = "../../examples/image.txtar"
	exampleAdvisories = "../../examples/advisories"
	sharedAdvisories  = "../../../shared/data/advisories"
)

func TestExampleImage(t *testing.T) {
	text, err := os.ReadFile(exampleImage)
	if err != nil {
		t.Fatal(err)
	}
	dir := lwtest.Layout(t, string(text))
	if err := validateLayout(dir); err != nil {
		t.Fatal(err)
	}
	im := firstImage(t, dir)
	if layers, err := im.Layers(); err != nil || len(layers) != 4 {
		t.Errorf("%d layers, %v; want 4", len(layers), err)
	}
	r := mutate.Extract(im)
	defer func() { _ = r.Close() }() // nothing is written
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	files := tarEntries(t, data)
	for name, want := range map[string]bool{
		"usr/local/bin/voxstats2": true, "usr/bin/sed": true, "bin": true, "data/pilot/answers.csv": false,
	} {
		if _, ok := files[name]; ok != want {
			t.Errorf("%s is there: %t, want %t", name, ok, want)
		}
	}
	status := string(files["var/lib/dpkg/status"].data)
	if n := strings.Count(status, "\nStatus: install ok installed\n"); n != 36 {
		t.Errorf("%d Debian packages, want 36", n)
	}
	if strings.Contains(status, "{md5") {
		t.Error("a sum is not filled in")
	}
}

// record is what the example takes over from others' records: facts only.
type record struct {
	ID       string
	Aliases  []string
	Upstream []string
	Modified time.Time
	Affected []struct {
		Package struct{ Ecosystem, Name string }
		Ranges  []affectedRange
	}
}

type affectedRange struct {
	Type   string
	Events []map[string]string
}

func exampleRecords(t *testing.T) map[string]record {
	t.Helper()
	out := map[string]record{}
	for _, folder := range []string{"Debian", "PyPI", "npm"} {
		names, err := filepath.Glob(filepath.Join(exampleAdvisories, folder, "*.json"))
		if err != nil || len(names) < 5 {
			t.Fatalf("%s: %d records, %v", folder, len(names), err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var r record
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if r.ID+".json" != filepath.Base(name) || len(r.Affected) == 0 || r.Modified.IsZero() || r.Modified.After(lwtest.Clock()) {
				t.Errorf("%s: ID %q, %d affected, modified %v", name, r.ID, len(r.Affected), r.Modified)
			}
			for _, a := range r.Affected {
				if eco, _, _ := strings.Cut(a.Package.Ecosystem, ":"); eco != folder {
					t.Errorf("%s: ecosystem %s in folder %s", name, a.Package.Ecosystem, folder)
				}
			}
			out[r.ID] = r
		}
	}
	return out
}

// TestExampleSources holds sources.json against the files beside it.
func TestExampleSources(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(exampleAdvisories, "sources.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sources map[string]struct {
		Date            time.Time
		Licence, Origin string
		Partial         bool
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&sources); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(exampleAdvisories)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != "sources.json" {
			names = append(names, e.Name())
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(sources)), names); diff != "" {
		t.Errorf("sources (-sources.json +files):\n%s", diff)
	}
	for name, s := range sources {
		if age := lwtest.Clock().Sub(s.Date); age < 0 || age > 7*24*time.Hour || s.Licence == "" || s.Origin == "" || !s.Partial {
			t.Errorf("%s: %+v; a hand-picked sample is partial and tells where it is from", name, s)
		}
	}
}

// unchecked are records whose facts are in no file of the shared data.
var unchecked = map[string]string{
	"DSA-5514-1":            "the shared DSA list stops before it",
	"DEBIAN-CVE-2023-45853": "Debian 12 names no fix, so no changelog does",
	"GHSA-xvch-5gv4-984h":   "the shared npm data lacks minimist",
}

// TestExampleFacts holds every record against the data it was picked from.
func TestExampleFacts(t *testing.T) {
	if _, err := os.Stat(sharedAdvisories); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no shared advisory data beside the checkout")
	}
	want := sharedFacts(t)
	for id, r := range exampleRecords(t) {
		if unchecked[id] != "" {
			continue
		}
		for _, a := range r.Affected {
			key := factKey(id, a.Package.Ecosystem, a.Package.Name)
			known, ok := want[key]
			if !ok {
				t.Errorf("%s: the shared data knows nothing of %s", id, key)
				continue
			}
			if diff := cmp.Diff(known, a.Ranges); diff != "" {
				t.Errorf("%s (-shared +example):\n%s", key, diff)
			}
		}
	}
}

// factKey joins our IDs with those of the shared data: Debian's by CVE, npm's by
// GHSA number, PyPI's by their own.
func factKey(id, ecosystem, name string) string {
	return strings.TrimPrefix(id, "DEBIAN-") + " " + ecosystem + " " + name
}

func sharedFacts(t *testing.T) map[string][]affectedRange {
	t.Helper()
	out := map[string][]affectedRange{}
	for _, name := range []string{"Debian-changelogs.zip", "PyPI.zip", "npm.zip"} {
		z, err := zip.OpenReader(filepath.Join(sharedAdvisories, name))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = z.Close() }() // nothing is written
		for _, f := range z.File {
			if path.Ext(f.Name) != ".json" {
				continue
			}
			data, err := fs.ReadFile(z, f.Name)
			if err != nil {
				t.Fatal(err)
			}
			var r record
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			for _, a := range r.Affected {
				ranges := slices.DeleteFunc(a.Ranges, func(r affectedRange) bool { return r.Type == "GIT" })
				for _, id := range slices.Concat([]string{r.ID}, r.Aliases, r.Upstream) {
					out[factKey(id, a.Package.Ecosystem, a.Package.Name)] = ranges
				}
			}
		}
	}
	return out
}
