package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// update: rewrite the want section of every testdata archive.
var update = lwtest.Update()

// TestReaders reads every testdata/NAME.txtar and testdata/NAME-*.txtar with
// the rows called NAME, and compares what they say with the archive's section
// "want". A row without an archive fails.
//
// The other sections are files, named by their path in a layer. Text cannot
// hold everything, so the name may end in how the section is written:
//
//	path;quoted      lines of Go strings, joined: "a\r\n"
//	path;base64      base64, over as many lines as you like
//	path;elf         what an ELF file holds, one thing a line: a Go string is a text
//	                 of .rodata, "soname", "needs" and "note" stand before others,
//	                 and a line that starts with # says where that is from
//	path.jar!/inner  a member of a zip archive at path.jar, nested as often as
//	                 the name says, in the order of the sections
func TestReaders(t *testing.T) {
	seen := make(map[string]bool)
	for _, e := range ecosystems {
		if seen[e.name] {
			continue
		}
		seen[e.name] = true
		archives := archivesOf(t, e.name)
		if len(archives) == 0 {
			t.Errorf("row %q has no testdata/%s.txtar", e.name, e.name)
		}
		for _, name := range archives {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
				testArchive(t, e.name, name)
			})
		}
	}
}

// TestPages fails for a row of the table without a page that says what is seen of
// it, how, what is not, and how to check that by hand.
func TestPages(t *testing.T) {
	headings := []string{"## What is observed", "## How it is known", "## What is not seen", "## Compared with the native tool"}
	for _, e := range ecosystems {
		name := filepath.Join("..", "..", "docs", "ecosystems", e.name+".md")
		page, err := os.ReadFile(name)
		if err != nil {
			t.Errorf("row %q has no page: %v", e.name, err)
			continue
		}
		var got []string
		var text string
		for line := range strings.Lines(string(page) + "## ") {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "##") {
				text += line
				continue
			}
			if len(got) > 0 && text == "" {
				t.Errorf("%s: nothing below %q", name, got[len(got)-1])
			}
			got, text = append(got, line), ""
		}
		if got = got[:len(got)-1]; !slices.Equal(got, headings) || !strings.HasPrefix(string(page), "# ") {
			t.Errorf("%s: headings %q, want a title and %q", name, got, headings)
		}
		if n := strings.Count(string(page), "\n"); n > 60 {
			t.Errorf("%s: %d lines, where 60 are the most", name, n)
		}
	}
}

// TestArchivesHaveRows fails for an archive that no row reads.
func TestArchivesHaveRows(t *testing.T) {
	used := make(map[string]bool)
	for _, e := range ecosystems {
		for _, name := range archivesOf(t, e.name) {
			used[name] = true
		}
	}
	for _, name := range glob(t, "testdata/*.txtar") {
		if !used[name] {
			t.Errorf("no row of the table reads %s", name)
		}
	}
}

func testArchive(t *testing.T, row, name string) {
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, in := range inputs(t, ar) {
		fmt.Fprintf(&got, "== %s\n", in.Name)
		wanted := false
		for _, e := range ecosystems {
			placed, _ := compile([]ecosystem{e}).placed(in.Name)
			if e.name == row && (e.want.wants(in.Name, isProgram(in.Data)) || placed == in.Name) {
				wanted = true
				var out facts
				err := e.read(newFile(t, in.Name, in.Data), &out)
				checkFacts(t, e, in.Data, &out)
				got.WriteString(listing(&out, err))
			}
		}
		if !wanted {
			got.WriteString("not wanted\n")
		}
	}
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		if i < 0 {
			ar.Files = append(ar.Files, txtar.File{Name: "want"})
			i = len(ar.Files) - 1
		}
		ar.Files[i].Data = []byte(got.String())
		if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatalf("%s has no section \"want\"; write it with -update and read it", name)
	}
	if diff := cmp.Diff(string(ar.Files[i].Data), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// archivesOf lists the archives of the row called name. An archive belongs to
// the longest row name that fits, so that "go" does not read "go-mod.txtar" of
// a row "go-mod".
func archivesOf(t testing.TB, name string) []string {
	var out []string
	for _, file := range glob(t, "testdata/"+name+"*.txtar") {
		stem := strings.TrimSuffix(filepath.Base(file), ".txtar")
		owner := ""
		for _, e := range ecosystems {
			if (stem == e.name || strings.HasPrefix(stem, e.name+"-")) && len(e.name) > len(owner) {
				owner = e.name
			}
		}
		if owner == name {
			out = append(out, file)
		}
	}
	return out
}

func glob(t testing.TB, pattern string) []string {
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func isProgram(data []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ", "\xfe\xed\xfa", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "!<arch>\n"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// listing is out in words: one block per package with the fields that are set,
// then amendments, claims and gaps in the order said, then the error.
func listing(out *facts, err error) string {
	var b strings.Builder
	for _, p := range out.packages {
		listPackage(&b, p)
	}
	for _, a := range out.later {
		fmt.Fprintf(&b, "amends %q", a.key)
		field(&b, " requested", a.requested)
		for _, set := range []struct{ name, value string }{
			{"origin", a.origin}, {"licence", a.licence}, {"requires", quoted(a.requires)}, {"mapped", quoted(a.mapped)},
		} {
			field(&b, " "+set.name+": "+set.value, set.value != "")
		}
		b.WriteString("\n")
	}
	for c := range out.claims.all() {
		fmt.Fprintf(&b, "owns %q", c.path)
		field(&b, " tree", c.tree)
		field(&b, " conf", c.conf)
		if c.sum.kind != sumNone {
			fmt.Fprintf(&b, " %s", c.sum)
		}
		fmt.Fprintf(&b, " by %q\n", c.key)
	}
	for _, c := range out.confirms {
		fmt.Fprintf(&b, "confirms %q as %q, or else a gap at %s: %s\n", c.waiting, c.key, c.otherwise.Path, c.otherwise.Reason)
	}
	listGaps(&b, out.gaps)
	if err != nil {
		_, damage := errors.AsType[*landwaiter.SyntaxError](err)
		if damage {
			fmt.Fprintf(&b, "damage: %v\n", err)
		} else {
			fmt.Fprintf(&b, "error: %v\n", err)
		}
	}
	return b.String()
}

func field(b *strings.Builder, name string, on bool) {
	if on {
		b.WriteString(name)
	}
}

func listPackage(b *strings.Builder, f packageFact) {
	p := f.pkg
	fmt.Fprintf(b, "package %s %q %q\n", p.Ecosystem, p.Name, p.Version)
	set := map[string]string{
		"arch": p.Arch, "source name": p.SourceName, "source version": p.SourceVersion, "purl": p.PURL,
		"licence": p.Licence, "vendor": p.Vendor, "modularity": p.Modularity, "origin": p.Origin,
		"owned by": p.OwnedBy, "mapped": quoted(p.Mapped), "requires": quoted(p.Requires), "id": p.ID,
		"keys": quoted(f.keys), "provides": quoted(f.provides), "waits": f.waits,
	}
	for _, e := range p.Evidence {
		set["method"] += e.Method
	}
	if p.Requested {
		set["requested"] = "true"
	}
	if p.Declared {
		set["declared"] = "true"
	}
	names := make([]string, 0, len(set))
	for name, value := range set {
		if value != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(b, "\t%s: %s\n", name, set[name])
	}
}

func quoted(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = strconv.Quote(s)
	}
	return strings.Join(q, " ")
}

// checkFacts fails where a reader that was given data broke the contract of the
// table.
func checkFacts(t *testing.T, e ecosystem, data []byte, out *facts) {
	t.Helper()
	for _, p := range out.packages {
		switch {
		case p.pkg.Name == "" || p.pkg.Version == "":
			t.Errorf("%s emitted a package without name or version: %+v", e.name, p)
		case p.pkg.Ecosystem != e.name:
			t.Errorf("%s emitted a package of ecosystem %q: %+v", e.name, p.pkg.Ecosystem, p)
		case len(p.pkg.Evidence) != 1 || p.pkg.Evidence[0].Method == "":
			t.Errorf("%s emitted a package without method: %+v", e.name, p)
		case len(p.keys) == 0 || slices.Contains(p.keys, ""):
			t.Errorf("%s emitted a package without keys: %+v", e.name, p)
		}
	}
	for c := range out.claims.all() {
		if c.path == "" || c.path != clean(c.path) || c.key == "" {
			t.Errorf("%s emitted a claim by %q on %q, which is not a clean path", e.name, c.key, c.path)
		}
	}
	for _, g := range out.gaps {
		if g.Reason == "" {
			t.Errorf("%s emitted a gap without reason: %+v", e.name, g)
		}
	}
	// Deflate cannot expand more than 1032 times, and no reader may say more
	// things than it was given bytes.
	most := 64 + len(data)
	if bytes.HasPrefix(data, []byte("PK")) {
		most = 64 + 1032*len(data)
	}
	if n := len(out.packages) + int(out.claims.n) + len(out.gaps) + len(out.later) + len(out.confirms); n > most {
		t.Errorf("%s said %d things about %d bytes", e.name, n, len(data))
	}
}
