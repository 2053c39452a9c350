package inventory

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// scanned is a layer of these files, scanned.
func scanned(t *testing.T, files ...txtar.File) *layerFacts {
	t.Helper()
	s := newScanner(compile(ecosystems), &Stats{})
	for i, f := range files {
		rec := image.Record{Path: f.Name, Size: int64(len(f.Data)), Type: image.TypeFile}
		n, err := s.file(bytes.NewReader(f.Data), int32(i), &rec)
		if err != nil {
			t.Fatal(err)
		}
		if rec.SHA256 != sha256.Sum256(f.Data) {
			t.Errorf("%s: its digest is not that of its content", f.Name)
		}
		s.out.record(t, rec, n.noted())
	}
	return s.out
}

// fixture is a file of testdata/formats.
func fixture(t *testing.T, archive, name string) []byte {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/formats/" + archive + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range inputs(t, ar) {
		if in.Name == name {
			return in.Data
		}
	}
	t.Fatalf("%s has no file %s", archive, name)
	return nil
}

const (
	dpkgStatus = "Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n"
	dpkgList   = "/usr\n/usr/bin\n/usr/bin/tool\n/usr/share/x.zip\n"
)

// TestCopies: a copy of a program that a package owns is said to be one, by its
// content or by the identity of its build.
func TestCopies(t *testing.T) {
	tool := fixture(t, "elf", "usr/local/lib/libx.so.1")
	// The same build with other bytes at its end, as strip and sign tools leave it.
	changed := append(bytes.Clone(tool), "signed"...)
	r, err := mergeOf(t, scanned(t,
		txtar.File{Name: "var/lib/dpkg/status", Data: []byte(dpkgStatus)},
		txtar.File{Name: "var/lib/dpkg/info/tool.list", Data: []byte(dpkgList)},
		txtar.File{Name: "usr/bin/tool", Data: tool},
		txtar.File{Name: "opt/copy", Data: tool},
		txtar.File{Name: "opt/changed", Data: changed},
		txtar.File{Name: "opt/other", Data: fixture(t, "elf", "usr/local/bin/prog")},
	)).result()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range r.Unowned {
		if f.Nature == nil || !strings.HasPrefix(f.Nature.Format, "ELF") {
			t.Fatalf("%s: nature %+v", f.Path, f.Nature)
		}
		got[f.Path] = f.Nature.SameAs
	}
	if len(r.Groups) == 0 || r.Groups[0].Copies != 2 {
		t.Errorf("groups %+v, want two copies in the first", r.Groups)
	}
	want := map[string]string{"opt/copy": "usr/bin/tool", "opt/changed": "usr/bin/tool", "opt/other": ""}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("copies %v, want %v", got, want)
	}
}

// TestGapsInsideOwnedFiles: what cannot be seen inside a file matters only where
// nobody owns the file; an archive that was seen whole is no longer closed.
func TestGapsInsideOwnedFiles(t *testing.T) {
	locked := fixture(t, "zip", "locked.zip")
	r, err := mergeOf(t, scanned(t,
		txtar.File{Name: "var/lib/dpkg/status", Data: []byte(dpkgStatus)},
		txtar.File{Name: "var/lib/dpkg/info/tool.list", Data: []byte(dpkgList)},
		txtar.File{Name: "usr/share/x.zip", Data: locked},
		txtar.File{Name: "opt/locked.zip", Data: locked},
		txtar.File{Name: "opt/open.zip", Data: fixture(t, "zip", "a.zip")},
	)).result()
	if err != nil {
		t.Fatal(err)
	}
	var gaps []string
	for _, g := range r.Gaps {
		if strings.HasSuffix(g.Path, ".zip") {
			gaps = append(gaps, g.Path)
		}
	}
	if fmt.Sprint(gaps) != "[opt/locked.zip]" {
		t.Errorf("gaps of %v", gaps)
	}
	if err := r.Count(func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if c := r.Account.Closed; c.Files != 1 || c.Bytes != int64(len(locked)) {
		t.Errorf("closed: %+v", c)
	}
}

// TestPackagesInsideArchives: a package in an archive has its place in it, and no
// claim of it on files outside counts.
func TestPackagesInsideArchives(t *testing.T) {
	r, err := mergeOf(t, scanned(t,
		txtar.File{Name: "bin/run.sh", Data: []byte("#!/bin/sh\n")},
		txtar.File{Name: "opt/env.tar.gz", Data: fixture(t, "gzip", "env.tar.gz")},
	)).result()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Packages {
		got = append(got, p.ID+" in "+p.Evidence[0].Path)
		if p.Owns.Files != 0 {
			t.Errorf("%s owns %+v", p.ID, p.Owns)
		}
	}
	const want = "[python:y@2.0 in opt/env.tar.gz!/lib/python3.11/site-packages/y-2.0.dist-info/METADATA conda:q@1.0 in opt/env.tar.gz!/conda-meta/q-1.0-0.json]"
	if fmt.Sprint(got) != want {
		t.Errorf("packages\n%v, want\n%s", got, want)
	}
}

// TestBombs: an archive that unpacks to more than is read becomes a gap, and the
// scan goes on.
func TestBombs(t *testing.T) {
	twice := zipped(t, zipped(t, bytes.NewReader(make([]byte, 64<<20))))
	data, err := io.ReadAll(twice)
	if err != nil {
		t.Fatal(err)
	}
	l := scanned(t, txtar.File{Name: "opt/bomb.gz", Data: data})
	if len(l.shut) == 0 || !strings.Contains(l.shut[0].gap.Reason, errSpent.Error()) || l.notes[0].flags != flagClosed {
		t.Errorf("flags %d, gaps %+v", l.notes[0].flags, l.shut)
	}
	// A layer as a whole has a budget too.
	s := newScanner(compile(ecosystems), &Stats{})
	s.nest = &nest{budget: &budget{layer: 100}}
	rec := image.Record{Path: "opt/a.tar.gz", Size: 1}
	n, err := s.file(bytes.NewReader(fixture(t, "gzip", "env.tar.gz")), 0, &rec)
	if err != nil || n.flags != flagClosed || len(s.out.shut) == 0 {
		t.Errorf("a layer that is spent: %v, flags %d, gaps %+v", err, n.flags, s.out.shut)
	}
}

func zipped(t *testing.T, r io.Reader) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// TestReadErrorsPass: an archive whose layer breaks off fails the scan; it is no
// damage of the archive.
func TestReadErrorsPass(t *testing.T) {
	cable := errors.New("cable cut")
	data := fixture(t, "gzip", "env.tar.gz")
	s := newScanner(compile(ecosystems), &Stats{})
	rec := image.Record{Path: "opt/a.tar.gz", Size: int64(len(data))}
	if _, err := s.file(io.MultiReader(bytes.NewReader(data[:200]), errReader{cable}), 0, &rec); !errors.Is(err, cable) {
		t.Errorf("error %v, want %v", err, cable)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// TestWindow compares what a window keeps with what was written to it.
func TestWindow(t *testing.T) {
	for _, size := range []int{0, 1, 7, 8, 9, 15, 16, 17, 40, 100} {
		for _, step := range []int{1, 3, 5, 64} {
			all := make([]byte, size)
			for i := range all {
				all[i] = byte(i)
			}
			w := new(window)
			w.reset(8, 5, int64(size))
			for i := 0; i < size; i += step {
				w.Write(all[i:min(i+step, size)])
			}
			for off := range size {
				for n := 1; off+n <= size; n++ {
					got := make([]byte, n)
					_, err := w.ReadAt(got, int64(off))
					hole := size-5 > 8 && off+n > 8 && off < size-5
					if errors.Is(err, errHole) != hole || err == nil && !bytes.Equal(got, all[off:off+n]) {
						t.Fatalf("size %d in steps of %d: %d bytes at %d: %v, %v", size, step, n, off, got, err)
					}
				}
			}
			if _, err := w.ReadAt(make([]byte, 1), int64(size)); err != io.EOF {
				t.Errorf("behind the end: %v", err)
			}
		}
	}
}

// TestLargeProgram: of a program too large for memory the ends say what it is.
func TestLargeProgram(t *testing.T) {
	head := fixture(t, "elf", "usr/local/bin/prog")
	big := io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, limitio.MaxInMemory))
	s := newScanner(compile(ecosystems), &Stats{})
	rec := image.Record{Path: "opt/big", Size: int64(len(head)) + limitio.MaxInMemory}
	if _, err := s.file(big, 0, &rec); err != nil {
		t.Fatal(err)
	}
	if n := s.out.natures[0]; n == nil || n.BuildID == "" || len(n.Links) != 1 {
		t.Errorf("nature %+v", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// BenchmarkPickle follows a pickle of small values, the slowest kind: bytes of
// arrays are passed over.
func BenchmarkPickle(b *testing.B) {
	var p bytes.Buffer
	p.WriteString("\x80\x04]\x94(")
	for i := range 200_000 {
		p.WriteString("}\x94(\x8c\x02id\x94M")
		p.Write([]byte{byte(i), byte(i >> 8)})
		fmt.Fprintf(&p, "\x8c\x04name\x94\x8c\x08v%07d\x94u", i)
	}
	p.WriteString("e.")
	b.SetBytes(int64(p.Len()))
	b.ReportAllocs()
	for b.Loop() {
		w := newPickle(bytes.NewReader(p.Bytes()))
		if err := w.run(); err != nil || w.count != 1 {
			b.Fatal(err)
		}
	}
}

// TestRunsCodeIsListed: a small model that runs code is named, however many larger
// files nobody owns; one that holds only data is not.
func TestRunsCodeIsListed(t *testing.T) {
	l := &layerFacts{natures: map[int32]*landwaiter.Nature{}}
	add := func(path string, size int64, kind landwaiter.FileKind, n *landwaiter.Nature) {
		if n != nil {
			l.natures[int32(l.records.Len())] = n
		}
		l.record(t, image.Record{Path: path, Type: image.TypeFile, Size: size}, noted{kind: kindCode(kind)})
	}
	for i := range 3 * maxRest {
		add(fmt.Sprintf("data/big%03d.csv", i), 1<<20, landwaiter.FileData, nil)
	}
	add("data/evil.pkl", 60, landwaiter.FileModel, &landwaiter.Nature{Format: "pickle", RunsCode: "yes", Calls: []string{"os.system"}})
	add("data/cut.pkl", 50, landwaiter.FileModel, &landwaiter.Nature{Format: "pickle", RunsCode: "unknown"})
	add("data/plain.pkl", 40, landwaiter.FileModel, &landwaiter.Nature{Format: "pickle"})
	r, err := mergeOf(t, l).result()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Unowned {
		got = append(got, f.Path+" "+f.Nature.RunsCode)
	}
	if want := "data/evil.pkl yes, data/cut.pkl unknown"; strings.Join(got, ", ") != want {
		t.Errorf("unowned %q, want %q", got, want)
	}
}
