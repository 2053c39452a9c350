package assess_test

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// BenchmarkAssess reads an image of 128 MiB in two layers. BenchmarkFloor does the
// least that any honest reader must, in one goroutine: decompress, tar, SHA-256 of
// every file. Compare the two in one run; machines are noisy.
func BenchmarkAssess(b *testing.B) {
	dir := benchImage(b)
	b.SetBytes(128 << 20)
	for b.Loop() {
		if _, err := assess.Run(b.Context(), "oci:"+dir, assess.Options{Now: lwtest.Clock()}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFloor(b *testing.B) {
	dir := benchImage(b)
	b.SetBytes(128 << 20)
	for b.Loop() {
		for _, name := range layers(b, dir) {
			f, err := os.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			z, err := gzip.NewReader(f)
			if err != nil {
				b.Fatal(err)
			}
			for t := tar.NewReader(z); ; {
				if _, err := t.Next(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(sha256.New(), t); err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
	}
}

// benchImage writes an image whose files are half noise, half text.
func benchImage(b *testing.B) string {
	b.Helper()
	var text strings.Builder
	for _, layer := range []string{"0", "1"} {
		for i := range 32 {
			name := layer + "/usr/lib/" + string(rune('a'+i%26)) + string(rune('a'+i/26))
			text.WriteString("fill " + name + " 1MiB\nzeros " + name + ".z 1MiB\n")
		}
	}
	return lwtest.Layout(b, text.String())
}

// layers names the blobs of a layout that are gzipped.
func layers(b *testing.B, dir string) (out []string) {
	b.Helper()
	var index struct{ Manifests []struct{ Digest string } }
	var manifest struct{ Layers []struct{ Digest string } }
	decode(b, filepath.Join(dir, "index.json"), &index)
	blob := func(d string) string { return filepath.Join(dir, "blobs/sha256", strings.TrimPrefix(d, "sha256:")) }
	decode(b, blob(index.Manifests[0].Digest), &manifest)
	for _, l := range manifest.Layers {
		out = append(out, blob(l.Digest))
	}
	return out
}

func decode(b *testing.B, name string, v any) {
	b.Helper()
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		b.Fatal(err)
	}
}
