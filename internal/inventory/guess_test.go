package inventory

import (
	"slices"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestGuessesGiveWay: what a row recognises in a file that a package manager ships
// counts for nothing: no package, no gap, and no folder beside the file, although the
// same product stands elsewhere and is nobody's.
func TestGuessesGiveWay(t *testing.T) {
	names := []string{
		"var/lib/dpkg/status", "usr/bin/python3.11", "usr/lib/python3.11/json/evil.py",
		"opt/py/bin/python3.11", "opt/py/lib/python3.11/json/decoder.py", "opt/py/lib/python3.11/evil.py",
		"opt/py/lib/python3.11/site-packages/evil.py", "opt/libs/libssl.so.3", "usr/lib/libssl.so.3",
		"opt/venv/lib/site-packages/w.libs/libcrypto.so.3", "opt/venv/lib/site-packages/w.libs/libssl.so.3",
		"opt/venv/lib/site-packages/w.dist-info/METADATA",
	}
	l := &layerFacts{}
	at := map[string]int32{}
	for i, name := range names {
		at[name] = int32(i)
		l.record(t, image.Record{Path: name, Type: image.TypeFile, Size: 1}, noted{kind: kindCode(landwaiter.FileProgram)})
	}
	row := func(name string) int {
		return slices.IndexFunc(ecosystems, func(e ecosystem) bool { return e.name == name })
	}
	say := func(name, path string, fill func(*facts)) {
		ff := fileFacts{record: at[path], row: row(name), path: path}
		fill(&ff.facts)
		for i := range ff.packages {
			ff.packages[i].pkg.Evidence[0].Path = path
		}
		l.facts = append(l.facts, ff)
	}
	say("dpkg", names[0], func(out *facts) {
		out.Package("package database", landwaiter.Package{Ecosystem: "dpkg", Name: "python3.11", Version: "3.11.2-6"}, "p")
		out.Owns("p", "usr/bin/python3.11", "")
		out.Owns("p", "usr/lib/libssl.so.3", "")
	})
	say("python", "opt/venv/lib/site-packages/w.dist-info/METADATA", func(out *facts) {
		out.Package("installed metadata", landwaiter.Package{Ecosystem: "python", Name: "w", Version: "1"}, "w")
		out.OwnsTree("w", "opt/venv/lib/site-packages/w.libs")
	})
	for _, file := range []struct{ path, text, soname string }{
		{"usr/bin/python3.11", "3.11.2", ""},
		{"opt/py/bin/python3.11", "3.11.2", ""},
		{"opt/libs/libssl.so.3", "", "libssl.so.3"},
		{"usr/lib/libssl.so.3", "", "libssl.so.3"},
		{"opt/venv/lib/site-packages/w.libs/libcrypto.so.3", "OpenSSL 3.0.13 30 Jan 2024", "libcrypto.so.3"},
		{"opt/venv/lib/site-packages/w.libs/libssl.so.3", "", "libssl.so.3"},
	} {
		say("program", file.path, func(out *facts) {
			if err := readProgram(newFile(t, file.path, makeLibrary(elfParts{texts: []string{file.text}, soname: file.soname})), out); err != nil {
				t.Fatal(err)
			}
		})
	}
	g := mergeOf(t, l)
	r, err := g.result()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"usr/bin/python3.11": "dpkg:python3.11@3.11.2-6", "usr/lib/libssl.so.3": "dpkg:python3.11@3.11.2-6",
		"opt/py/bin/python3.11": "program:python@3.11.2", "opt/py/lib/python3.11/json/decoder.py": "program:python@3.11.2",
		"opt/venv/lib/site-packages/w.libs/libcrypto.so.3": "python:w@1", "opt/venv/lib/site-packages/w.libs/libssl.so.3": "python:w@1",
	}
	for n, f := range r.files.all() {
		owner := ""
		if f.owner != noOwner {
			owner = r.Packages[f.owner].ID
		}
		if name := g.tree.Path(n); owner != want[name] {
			t.Errorf("%s is owned by %q, want %q", name, owner, want[name])
		}
	}
	var gaps, ids []string
	for _, g := range r.Gaps {
		gaps = append(gaps, g.Path)
	}
	for _, p := range r.Packages {
		ids = append(ids, p.ID+" "+p.Evidence[0].Path)
	}
	if !slices.Equal(gaps, []string{"opt/libs/libssl.so.3"}) {
		t.Errorf("gaps %q", gaps)
	}
	if !slices.Equal(ids, []string{
		"dpkg:python3.11@3.11.2-6 var/lib/dpkg/status", "python:w@1 opt/venv/lib/site-packages/w.dist-info/METADATA",
		"program:openssl@3.0.13 opt/venv/lib/site-packages/w.libs/libcrypto.so.3", "program:python@3.11.2 opt/py/bin/python3.11",
	}) {
		t.Errorf("packages %q", ids)
	}
}
