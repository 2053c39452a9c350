package inventory

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter/internal/image"
)

// record adds a record to a layer.
func (l *layerFacts) record(t testing.TB, rec image.Record, n noted) {
	t.Helper()
	if err := l.records.Append(&rec); err != nil {
		t.Fatal(err)
	}
	l.notes = append(l.notes, n)
}

// mergeOf merges layers.
func mergeOf(t testing.TB, layers ...*layerFacts) *merge {
	t.Helper()
	g, err := newMerge(layers)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// inputs decodes the sections of ar other than "want".
func inputs(t testing.TB, ar *txtar.Archive) []txtar.File {
	var out []txtar.File
	for _, f := range ar.Files {
		if f.Name == "want" {
			continue
		}
		name, data := decode(t, f)
		if outer, inner, ok := strings.Cut(name, "!/"); ok {
			i := slices.IndexFunc(out, func(f txtar.File) bool { return f.Name == outer })
			if i < 0 {
				out = append(out, txtar.File{Name: outer})
				i = len(out) - 1
			}
			// Members gather as an archive of sections until all are known.
			out[i].Data = append(out[i].Data, txtar.Format(&txtar.Archive{Files: []txtar.File{
				{Name: inner + ";base64", Data: []byte(base64.StdEncoding.EncodeToString(data))},
			}})...)
			continue
		}
		out = append(out, txtar.File{Name: name, Data: data})
	}
	for i := range out {
		zipped := slices.ContainsFunc(ar.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, out[i].Name+"!/") })
		if zipped {
			pack := zipOf
			if strings.HasSuffix(out[i].Name, ".tar") {
				pack = tarOf
			}
			out[i].Data = pack(t, inputs(t, txtar.Parse(out[i].Data)))
		}
	}
	return out
}

func decode(t testing.TB, f txtar.File) (string, []byte) {
	if name, ok := strings.CutSuffix(f.Name, ";base64"); ok {
		data, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(f.Data), nil)))
		if err != nil {
			t.Fatalf("section %s: %v", f.Name, err)
		}
		return name, data
	}
	if name, ok := strings.CutSuffix(f.Name, ";zstd"); ok {
		z, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return name, z.EncodeAll(f.Data, nil)
	}
	if name, ok := strings.CutSuffix(f.Name, ";elf"); ok {
		return name, elfOf(t, f)
	}
	if name, ok := strings.CutSuffix(f.Name, ";quoted"); ok {
		var data []byte
		for line := range strings.Lines(string(f.Data)) {
			s, err := strconv.Unquote(strings.TrimSpace(line))
			if err != nil {
				t.Fatalf("section %s: %q: %v", f.Name, line, err)
			}
			data = append(data, s...)
		}
		return name, data
	}
	return f.Name, f.Data
}

func zipOf(t testing.TB, members []txtar.File) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, m := range members {
		f, err := w.Create(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func tarOf(t testing.TB, members []txtar.File) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.Name, Mode: 0o644, Size: int64(len(m.Data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// newFile is the file that a scan would hand to a reader.
func newFile(t testing.TB, path string, data []byte) *file {
	return &file{
		Path:     path,
		Size:     int64(len(data)),
		ReaderAt: bytes.NewReader(data),
	}
}

// maxTurns is how often a reader may read a file over, whatever is in it: a measure
// of work that is the same on a busy machine.
const maxTurns = 64

// counted is the same, and counts the bytes that are read of it.
func counted(t testing.TB, path string, data []byte) (f *file, read *int64) {
	c := &countedReader{r: bytes.NewReader(data)}
	f = newFile(t, path, data)
	f.ReaderAt = c
	return f, &c.n
}

type countedReader struct {
	r io.ReaderAt
	n int64
}

func (c *countedReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}
