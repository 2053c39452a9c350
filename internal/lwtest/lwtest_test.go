package lwtest_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

func TestSameTextSameBytes(t *testing.T) {
	text := `
codec 1 zstd
codec 2 gzip-multi
elf 0/usr/bin/tool 4000 "tool 1.0"
fill 2/data 70000
-- 0/etc/motd --
hello
-- 1/etc/motd --
again
`
	one, two := lwtest.Layout(t, text), lwtest.Layout(t, text)
	if diff := cmp.Diff(read(t, os.DirFS(one)), read(t, os.DirFS(two))); diff != "" {
		t.Errorf("two layouts of one text differ:\n%s", diff)
	}
	spec := lwtest.New(t, text)
	archives := make([]bytes.Buffer, 4)
	var digests [4]string
	for i := range archives {
		write := spec.WriteOCIArchive
		if i >= 2 {
			write = func(w io.Writer) (string, error) { return spec.WriteDockerArchive(w, true) }
		}
		var err error
		if digests[i], err = write(&archives[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < 4; i += 2 {
		if digests[i] != digests[i+1] || !bytes.Equal(archives[i].Bytes(), archives[i+1].Bytes()) {
			t.Errorf("archive %d differs when written twice", i)
		}
	}
}

// read returns every file of a tree.
func read(t *testing.T, fsys fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		out[p] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		text string
		line int // 0 where the mistake is in no line
		want string
	}{
		{"frob 1", 1, "frob: no such directive"},
		{"# remark\n\ncodec 0 lz4", 3, `codec: unknown codec "lz4"`},
		{"codec 0", 1, "codec: 1 arguments; write codec LAYER gzip|gzip-multi|zstd|none"},
		{"tag a\ntag b", 2, "tag: stands twice"},
		{"config {", 1, "config: unexpected end of JSON input"},
		{"mode 0755 0/none", 1, "mode: 0/none: no such file in the layer"},
		{"mode 9 0/none", 1, `mode: "9" is not an octal mode`},
		{"fill 0/x 3KB", 1, `fill: "3KB" is not a size`},
		{"fill x/y 3", 1, `fill: layer "x" is not a number`},
		{"fill 0/../y 3", 1, "is not clean"},
		{"fill 0/x 1\nzeros 0/x 1", 2, "zeros: x: the layer has it already"},
		{`text 0/x "open`, 1, "text: bad quotes"},
		{"elf 0/x 10 t", 1, "elf: size 10 is too small"},
		{"symlink 0/bin usr/bin\ntext 0/bin/sh x", 0, "lies below bin, which is no folder"},
		{"jar 0/x.jar from _none", 1, "jar: no file begins with _none/"},
		{"only 0 linux/arm64", 1, "only: linux/arm64 is not one of the image's platforms"},
		{"text 0/l /gone\nmd5sums 0/m 0/l", 2, "names /gone, which is not in layer 0 or below"},
		{"text 0/s/a.dist-info/RECORD b.py\nrecord 0/s/a.dist-info/RECORD", 2, "names s/b.py, which is no file"},
		{"text 0/x \"{md5 0/y}\"\nsums 0/x", 2, "sums: 0/y: no such file"},
		{"expect maybe", 1, `expect: unknown outcome "maybe"`},
		{"\n-- _spare/x --\n", 0, "no directive uses _spare"},
		{"\n-- x --\n", 0, "is not LAYER/PATH"},
	}
	for _, tt := range tests {
		_, err := lwtest.Parse(txtar.Parse([]byte(tt.text)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q in it", tt.text, err, tt.want)
			continue
		}
		syntax, ok := errors.AsType[*landwaiter.SyntaxError](err)
		if ok != (tt.line > 0) || ok && syntax.Line != tt.line {
			t.Errorf("%q: error %v, want line %d", tt.text, err, tt.line)
		}
	}
}

func TestRefusesUsedFolder(t *testing.T) {
	dir := lwtest.Layout(t, "\n-- 0/x --\n")
	if _, err := lwtest.New(t, "").WriteLayout(dir); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("writing over a layout: %v", err)
	}
}

// TestMadeContent looks at one layer with other tools' eyes: what it says it
// holds is there.
func TestMadeContent(t *testing.T) {
	entries := layerOf(t, `
codec 0 none
symlink 0/bin usr/bin
elf 0/usr/bin/tool 3000 "tool version 1.2"
mode 4755 0/usr/bin/tool
hardlink 0/aa usr/bin/tool
md5sums 0/var/lib/dpkg/info/tool.md5sums 0/var/lib/dpkg/info/tool.list
record 0/site/demo-1.dist-info/RECORD
sums 0/status
jar 0/opt/x.jar from _jar
-- 0/etc/tool.conf --
k=v
-- 0/usr/share/doc/tool/copyright --
-- 0/var/lib/dpkg/info/tool.list --
/.
/bin
/bin/tool
/etc/tool.conf
/usr/share/doc/tool/copyright
-- 0/site/demo.py --
x = 1
-- 0/site/demo-1.dist-info/RECORD --
demo.py
demo-1.dist-info/RECORD
demo.pyc,,
-- 0/status --
 /etc/tool.conf {md5 0/etc/tool.conf} {size 0/etc/tool.conf}
-- _jar/META-INF/MANIFEST.MF --
Manifest-Version: 1.0
`)
	// Sums by md5sum(1) and sha256sum(1).
	want := map[string]string{
		"site/demo-1.dist-info/RECORD": "demo.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6\ndemo-1.dist-info/RECORD,,\ndemo.pyc,,\n",
		"status":                       " /etc/tool.conf a2b61a3fe44d6941c7e5dfecd2cb191c 4\n",
	}
	for name, content := range want {
		if diff := cmp.Diff(content, string(entries[name].data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	sums := strings.Fields(string(entries["var/lib/dpkg/info/tool.md5sums"].data))
	if len(sums) != 4 || sums[1] != "bin/tool" || sums[3] != "usr/share/doc/tool/copyright" || sums[2] != "d41d8cd98f00b204e9800998ecf8427e" {
		t.Errorf("md5sums: %q; want the program through the link, the empty file, and no configuration", sums)
	}
	if h := entries["aa"]; h.Typeflag != tar.TypeLink || h.order < entries["usr/bin/tool"].order {
		t.Errorf("hard link %+v stands before its target", h)
	}
	if m := entries["usr/bin/tool"].Mode; m != 0o4755 {
		t.Errorf("mode %o, want 4755", m)
	}
}

func TestELF(t *testing.T) {
	entries := layerOf(t, `
codec 0 none
elf 0/usr/bin/tool 3000 "tool version 1.2"
elf 0/usr/lib/libdemo.so.1 0 "demo" libdemo.so.1
`)
	program := openELF(t, entries["usr/bin/tool"].data)
	if len(entries["usr/bin/tool"].data) != 3000 || program.Type != elf.ET_EXEC || !bytes.Contains(section(t, program, ".rodata"), []byte("tool version 1.2")) {
		t.Errorf("program: %d bytes, %+v", len(entries["usr/bin/tool"].data), program.FileHeader)
	}
	names, err := openELF(t, entries["usr/lib/libdemo.so.1"].data).DynString(elf.DT_SONAME)
	if err != nil || len(names) != 1 || names[0] != "libdemo.so.1" {
		t.Errorf("soname: %q, %v", names, err)
	}
}

type tarEntry struct {
	tar.Header
	data  []byte
	order int
}

// layerOf returns the entries of the one layer of text, which is stored without
// compression.
func layerOf(t *testing.T, text string) map[string]tarEntry {
	t.Helper()
	blobs, err := filepath.Glob(filepath.Join(lwtest.Layout(t, text), "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range blobs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte("{")) {
			return tarEntries(t, data)
		}
	}
	t.Fatal("no layer")
	return nil
}

func tarEntries(t *testing.T, data []byte) map[string]tarEntry {
	t.Helper()
	out := map[string]tarEntry{}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", h.Name, err)
		}
		out[h.Name] = tarEntry{*h, content, len(out)}
	}
}

func openELF(t *testing.T, data []byte) *elf.File {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func section(t *testing.T, f *elf.File, name string) []byte {
	t.Helper()
	s := f.Section(name)
	if s == nil {
		t.Fatalf("no section %s", name)
	}
	data, err := s.Data()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSparse lets archive/tar read what it cannot write.
func TestSparse(t *testing.T) {
	entries := layerOf(t, "codec 0 none\nsparse 0/s 5000 \"start\"\n-- 0/t --\nafter\n")
	want := "start" + strings.Repeat("\x00", 4995)
	if got := string(entries["s"].data); got != want {
		t.Errorf("sparse file of %d bytes, want %d", len(got), len(want))
	}
	if got := string(entries["t"].data); got != "after\n" {
		t.Errorf("the file behind it holds %q", got)
	}
}

func TestGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "golden.txt")
	if err := os.WriteFile(path, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lwtest.Golden(t, path, []byte("right\n"))
	rec := &recorder{TB: t}
	lwtest.Golden(rec, path, []byte("wrong\n"))
	if !rec.failed {
		t.Error("a difference does not fail the test")
	}
}

type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Helper()               {}

func BenchmarkLayout(b *testing.B) {
	spec := lwtest.New(b, "fill 0/data 8MiB\nzeros 0/zeros 32MiB\n")
	dir := b.TempDir()
	b.SetBytes(40 << 20)
	for i := 0; b.Loop(); i++ {
		if _, err := spec.WriteLayout(filepath.Join(dir, string(rune('a'+i%26)), strings.Repeat("x", 1+i/26))); err != nil {
			b.Fatal(err)
		}
	}
}
