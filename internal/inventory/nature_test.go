package inventory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestFormats looks into every file of testdata/formats/NAME.txtar, as a scan
// does, and compares what it says with the archive's section "want". A row of
// formats without an archive, by its name in small letters, fails; so does an
// archive in which no file is of its row. Sections are as in TestReaders.
func TestFormats(t *testing.T) {
	used := map[string]bool{}
	for i := range formats {
		name := "testdata/formats/" + slug(formats[i].name) + ".txtar"
		if used[name] {
			t.Errorf("two rows called %q", formats[i].name)
		}
		used[name] = true
		t.Run(slug(formats[i].name), func(t *testing.T) { testFormat(t, formats[i].name, name) })
	}
	for _, name := range glob(t, "testdata/formats/*.txtar") {
		if !used[name] {
			t.Errorf("%s belongs to no row", name)
		}
	}
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

func slug(name string) string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

func testFormat(t *testing.T, row, name string) {
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m := compile(ecosystems)
	var got strings.Builder
	fits := false
	for _, in := range inputs(t, ar) {
		f, _ := m.formats.find(in.Name, in.Data[:min(len(in.Data), headSize)])
		fits = fits || f != nil && f.name == row
		s, n := seen(t, m, in.Name, in.Data)
		checkNature(t, s.out, int64(len(in.Data)))
		fmt.Fprintf(&got, "== %s\n%s", in.Name, natureListing(s.out, n))
	}
	if !fits {
		t.Errorf("no file of %s is of the row %q", name, row)
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

// seen scans one file.
func seen(t testing.TB, m *matcher, name string, data []byte) (*scanner, note) {
	t.Helper()
	s := newScanner(m, &Stats{})
	rec := image.Record{Path: name, Size: int64(len(data))}
	n, err := s.file(bytes.NewReader(data), 0, &rec)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if rec.Size != int64(len(data)) {
		t.Errorf("%s: read %d bytes of %d", name, rec.Size, len(data))
	}
	return s, n
}

func natureListing(out *layerFacts, n note) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", n.kind)
	field(&b, ", closed", n.flags&flagClosed != 0)
	field(&b, ", opened", n.flags&flagOpened != 0)
	b.WriteString("\n")
	if l := out.natures[0]; l != nil {
		for _, f := range []struct{ name, value string }{
			{"format", l.Format},
			{"detail", l.Detail},
			{"soname", l.Soname},
			{"build", l.BuildID},
			{"links", quoted(l.Links)},
			{"interpreter", l.Interpreter},
			{"calls", quoted(l.Calls)},
			{"runs code", l.RunsCode},
			{"fields", quoted(l.Fields)},
			{"rows", number(l.Rows)},
			{"members", number(l.Members)},
			{"programs", number(l.Programs)},
		} {
			if f.value != "" {
				fmt.Fprintf(&b, "\t%s: %s\n", f.name, f.value)
			}
		}
	}
	for _, ff := range out.facts {
		for _, p := range ff.packages {
			fmt.Fprintf(&b, "package %s %q %q in %q %v\n", p.pkg.Ecosystem, p.pkg.Name, p.pkg.Version, p.pkg.Evidence[0].Path, p.pkg.Mapped)
		}
	}
	for _, sh := range out.shut {
		fmt.Fprintf(&b, "gap %q bytes=%d: %s\n", sh.gap.Path, sh.gap.Bytes, sh.gap.Reason)
	}
	return b.String()
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// checkNature fails where a look broke its contract: texts are short and clean,
// lists are capped, and what may hide code is a gap.
func checkNature(t testing.TB, out *layerFacts, size int64) {
	t.Helper()
	for _, n := range out.natures {
		texts := append([]string{n.Format, n.Soname, n.BuildID, n.Interpreter}, slices.Concat(n.Links, n.Calls, n.Fields)...)
		for _, s := range append(texts, n.Detail) {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("a text that is not fit to print: %q", s)
			}
		}
		for _, s := range texts {
			if len(s) > 2*natureName {
				t.Errorf("a text of %d bytes: %q", len(s), s)
			}
		}
		if n.Format == "" || len(n.Detail) > natureDetail+4 || n.Rows < 0 || n.Members < 0 || n.Programs < 0 || n.Programs > n.Members {
			t.Errorf("a nature that says what cannot be: %+v", n)
		}
		if len(n.Calls) > natureCalls || len(n.Fields) > natureFields || len(n.Links) > natureLinks {
			t.Errorf("lists without a cap: %d calls, %d fields, %d links", len(n.Calls), len(n.Fields), len(n.Links))
		}
		if n.RunsCode != "" && n.RunsCode != "yes" && n.RunsCode != "unknown" {
			t.Errorf("runs code: %q", n.RunsCode)
		}
	}
	if len(out.shut) > maxGaps+1 {
		t.Errorf("%d gaps", len(out.shut))
	}
	for _, sh := range out.shut {
		if sh.gap.Reason == "" || !sh.gap.Code || sh.gap.Path == "" {
			t.Errorf("a gap without a place or a reason: %+v", sh.gap)
		}
	}
	for _, ff := range out.facts {
		for _, p := range ff.packages {
			if p.pkg.Name == "" || p.pkg.Version == "" || len(p.keys) == 0 {
				t.Errorf("a package without name, version or key: %+v", p)
			}
		}
	}
}

// FuzzFormats hands any bytes under the names of any row to a scan.
func FuzzFormats(f *testing.F) {
	for _, name := range glob(f, "testdata/formats/*.txtar") {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, in := range inputs(f, ar) {
			if len(in.Data) < 64<<10 {
				f.Add(filepath.Base(in.Name), in.Data)
			}
		}
	}
	m := compile(ecosystems)
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if name = clean(name); name == "" || strings.ContainsRune(name, 0) {
			return
		}
		s, n := seen(t, m, name, data)
		checkNature(t, s.out, int64(len(data)))
		if n.flags&flagClosed != 0 && n.flags&flagOpened != 0 {
			t.Errorf("both closed and opened")
		}
	})
}

// TestFormatsAreDescribed: a person can read what each look shows.
func TestFormatsAreDescribed(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range formats {
		if !strings.Contains(string(text), formats[i].name) {
			t.Errorf("docs/formats.md does not name the format %q", formats[i].name)
		}
	}
	for i := range zipFormats {
		if !strings.Contains(string(text), zipFormats[i].name) {
			t.Errorf("docs/formats.md does not name the format %q", zipFormats[i].name)
		}
	}
}

// BenchmarkFind is the cost of one file's kind: text, a script, a program, an
// unknown one.
func BenchmarkFind(b *testing.B) {
	x := indexFormats(formats)
	heads := map[string][]byte{
		"usr/share/doc/x/changelog":          bytes.Repeat([]byte("a line of text\n"), 35)[:headSize],
		"usr/lib/python3/dist-packages/x.py": bytes.Repeat([]byte("import os\n"), 52)[:headSize],
		"usr/bin/x":                          append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 505)...),
		"var/lib/x":                          bytes.Repeat([]byte{7, 1}, headSize/2),
	}
	for name, head := range heads {
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, kind := x.find(name, head); kind == landwaiter.FileEmpty {
					b.Fatal("empty")
				}
			}
		})
	}
}
