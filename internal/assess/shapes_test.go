package assess_test

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestManyLayers reads an image of 74 layers, each of which installs a package,
// replaces the database and takes something away. Each package is its layer's
// own, and the work is that of the entries, not of layers times entries.
func TestManyLayers(t *testing.T) {
	const layers, each = 74, 300
	grown := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Package: p%02d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d\n\n", i, i)
		}
		return b.String()
	}
	var many strings.Builder
	for i := range layers {
		fmt.Fprintf(&many, "many %d/usr/share/p%02d %d\n", i, i, each)
		if i > 0 {
			fmt.Fprintf(&many, "remove %d/usr/share/note%02d\n", i, i-1)
		}
	}
	for i := range layers {
		fmt.Fprintf(&many, "-- %d/var/lib/dpkg/status --\n%s", i, grown(i+1))
		fmt.Fprintf(&many, "-- %d/var/lib/dpkg/info/p%02d.list --\n/.\n/usr/bin/p%02d\n-- %d/usr/bin/p%02d --\n#!/bin/sh\n-- %d/usr/share/note%02d --\nx\n", i, i, i, i, i, i, i)
	}
	one := fmt.Sprintf("many 0/usr/share/all %d\n-- 0/var/lib/dpkg/status --\n%s", layers*(each+5), grown(layers))

	a, spent := assessed(t, many.String())
	_, base := assessed(t, one)
	if len(a.Subject.Layers) != layers || len(a.Packages) != layers {
		t.Fatalf("%d layers, %d packages", len(a.Subject.Layers), len(a.Packages))
	}
	for i := range a.Packages {
		if p := &a.Packages[i]; p.Name != fmt.Sprintf("p%02d", i) || p.Layer != i || p.Owns.Files == 0 {
			t.Errorf("%s: layer %d, owns %d files; want layer %d", p.ID, p.Layer, p.Owns.Files, i)
		}
	}
	if n := a.Account.Hidden.Files; n != 2*(layers-1) {
		t.Errorf("%d files are hidden, want the %d databases and notes that later layers replaced", n, 2*(layers-1))
	}
	// The databases of 74 layers alone hold 37 times the text of the last one.
	if spent > 8*base {
		t.Errorf("74 layers took %d bytes of memory in all, one layer with as many files %d", spent, base)
	}
}

// assessed assesses the image and returns how much memory that took in all, given
// back or not.
func assessed(t *testing.T, text string) (*landwaiter.Assessment, uint64) {
	t.Helper()
	ref := "oci:" + lwtest.Layout(t, text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := assess.Run(t.Context(), ref, assess.Options{Now: lwtest.Clock()})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	checkSound(t, a)
	return a, after.TotalAlloc - before.TotalAlloc
}

// conda is an environment as conda makes it: files are hard links to its cache,
// whichever of the two names the archive has first.
func conda(first, second, changed string) string {
	const pkg, site = "numpy-1.26.4-py311_0/", "lib/python3.11/site-packages/"
	var b strings.Builder
	files := []string{"bin/f2py", site + "numpy/core.so", site + "numpy/__init__.py", site + "numpy-1.26.4.dist-info/METADATA"}
	base := map[string]string{"env": "0/opt/conda/", "cache": "0/opt/conda/pkgs/" + pkg}
	for _, f := range files {
		fmt.Fprintf(&b, "hardlink %s%s %s%s\n", base[second], f, strings.TrimPrefix(base[first], "0/"), f)
	}
	if changed != "" {
		fmt.Fprintf(&b, "text 1/opt/conda/%s %q\n", changed, "#!/bin/sh other")
	}
	b.WriteString("sums 0/opt/conda/conda-meta/numpy-1.26.4-py311_0.json\n")
	for _, f := range files {
		body := "#!/usr/bin/env python\nprint()\n"
		if strings.HasSuffix(f, "METADATA") {
			body = "Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.4\n\n"
		}
		fmt.Fprintf(&b, "-- %s%s --\n%s", base[first], f, body)
	}
	fmt.Fprintf(&b, "-- %sinfo/index.json --\n{\"name\": \"numpy\", \"version\": \"1.26.4\"}\n", base["cache"])
	b.WriteString("-- 0/opt/conda/conda-meta/numpy-1.26.4-py311_0.json --\n{\"name\": \"numpy\", \"version\": \"1.26.4\", \"build\": \"py311_0\",\n \"paths_data\": {\"paths\": [")
	for i, f := range files {
		if i > 0 {
			b.WriteString(",\n  ")
		}
		fmt.Fprintf(&b, "{\"_path\": %q, \"path_type\": \"hardlink\", \"sha256\": \"{sha256 %s}\"}", f, base[first]+f)
	}
	b.WriteString("]}}\n")
	return b.String()
}

// unlinked finds the second names of files.
var unlinked = regexp.MustCompile(`(?m)^hardlink .*\n`)

// TestCondaHardLinks reads environments whose every file is also in conda's cache.
func TestCondaHardLinks(t *testing.T) {
	for _, c := range []struct{ first, second, changed string }{
		{"env", "cache", ""}, {"cache", "env", ""}, {"cache", "env", "bin/f2py"},
	} {
		t.Run(c.first+" first "+c.changed, func(t *testing.T) {
			text := conda(c.first, c.second, c.changed)
			a, _ := assessed(t, text)
			var ids []string
			for i := range a.Packages {
				p := &a.Packages[i]
				ids = append(ids, p.ID)
				if p.Ecosystem == "python" {
					if p.PartOf != "conda:numpy@1.26.4" {
						t.Errorf("%s is part of %q", p.ID, p.PartOf)
					}
					if len(p.Evidence) != 1 || strings.Contains(p.Evidence[0].Path, "/pkgs/") {
						t.Errorf("%s: evidence %+v; the cache is not installed", p.ID, p.Evidence)
					}
				}
			}
			if got := strings.Join(ids, " "); got != "python:numpy@1.26.4 conda:numpy@1.26.4" {
				t.Errorf("packages %q", got)
			}
			if got := len(a.Changed); got != strings.Count(c.changed, "/") {
				t.Errorf("changed: %+v", a.Changed)
			}
			for _, f := range a.Unowned {
				if !strings.Contains(f.Path, "/pkgs/") {
					t.Errorf("%s is nobody's", f.Path)
				}
			}
			single, _ := assessed(t, unlinked.ReplaceAllString(text, ""))
			if a.Account.Total.Bytes != single.Account.Total.Bytes {
				t.Errorf("%d bytes with two names for each file, %d with one: content counts once", a.Account.Total.Bytes, single.Account.Total.Bytes)
			}
		})
	}
}

// material is every file of the inventory's own test archives, by path: something
// of each row of its table.
func material(t *testing.T) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("../inventory/testdata/*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d archives, %v", len(names), err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			// What text cannot hold is left out: others carry the same rows.
			if f.Name != "want" && !strings.ContainsAny(f.Name, ";! ") {
				out[f.Name] = f.Data
			}
		}
	}
	return out
}

// TestLayersDoNotMatter: however files come and go in layers, the packages, their
// owners' counts and the account are those of one layer that holds what is left.
func TestLayersDoNotMatter(t *testing.T) {
	all := material(t)
	paths := apart(slices.Sorted(maps.Keys(all)))
	packages := 0
	rapid.Check(t, func(rt *rapid.T) {
		layers := rapid.IntRange(2, 5).Draw(rt, "layers")
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(paths), 40, 200, rapid.ID).Draw(rt, "files")
		left := map[string][]byte{}
		var many, removed strings.Builder
		for i := range layers {
			written := map[string]bool{}
			for _, p := range chosen {
				switch rapid.SampledFrom([]string{"write", "write", "other", "remove", "leave"}).Draw(rt, fmt.Sprintf("%d %s", i, p)) {
				case "write":
					left[p], written[p] = all[p], true
				case "other":
					left[p], written[p] = []byte("something else\n"), true
				case "remove":
					if left[p] != nil {
						fmt.Fprintf(&removed, "remove %d/%s\n", i, p)
						delete(left, p)
					}
				}
			}
			for _, p := range slices.Sorted(maps.Keys(written)) {
				fmt.Fprintf(&many, "-- %d/%s --\n%s", i, p, left[p])
			}
		}
		var one strings.Builder
		for _, p := range slices.Sorted(maps.Keys(left)) {
			fmt.Fprintf(&one, "-- 0/%s --\n%s", p, left[p])
		}
		got, _ := assessed(t, fmt.Sprintf("layers %d\n%s%s", layers, &removed, &many))
		want, _ := assessed(t, "layers 1\n"+one.String())
		if diff := cmp.Diff(essence(want), essence(got)); diff != "" {
			rt.Fatalf("one layer (-), several layers (+):\n%s", diff)
		}
		packages += len(got.Packages)
	})
	if packages < 500 {
		t.Errorf("%d packages in all: the images hold too little to prove anything", packages)
	}
}

// apart leaves out the files that are folders of others: a name that is both is
// another test's trap.
func apart(paths []string) []string {
	folders := map[string]bool{}
	for _, p := range paths {
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	return slices.DeleteFunc(paths, func(p string) bool { return folders[p] })
}

// essence is what does not depend on layers.
func essence(a *landwaiter.Assessment) []string {
	var out []string
	for i := range a.Packages {
		p := &a.Packages[i]
		line := fmt.Sprintf("%s owns %+v by %q part of %q needs %q:", p.ID, p.Owns, p.OwnedBy, p.PartOf, p.DependsOn)
		for _, e := range slices.SortedFunc(slices.Values(p.Evidence), func(x, y landwaiter.Evidence) int { return strings.Compare(x.Path, y.Path) }) {
			line += " " + e.Path
		}
		out = append(out, line)
	}
	for _, list := range [][]landwaiter.File{a.Unowned, a.Changed} {
		for _, f := range list {
			out = append(out, fmt.Sprintf("%s %q %s", f.Path, f.Owner, f.Kind))
		}
	}
	gaps := []string{}
	for _, g := range a.Gaps {
		gaps = append(gaps, fmt.Sprintf("gap %s %s", g.Path, g.Reason))
	}
	slices.Sort(gaps)
	return append(append(out, gaps...), fmt.Sprintf("%+v", a.Account.Total), fmt.Sprintf("%+v", a.Account.Unnamed), fmt.Sprintf("%+v", a.Account.Closed))
}
