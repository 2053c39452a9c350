package image_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// FuzzArchive opens and reads anything as an archive of an image: it ends in an
// error or in a filesystem in which every visible name is found where it is.
func FuzzArchive(f *testing.F) {
	for _, text := range []string{small, "platform linux/amd64 linux/arm64\n-- 0/a --\na\n", "codec 0 none\nhardlink 0/b a\nopaque 1/c\n-- 0/a --\na\n-- 0/c/d --\nd\n"} {
		spec := lwtest.New(f, text)
		var oci, docker, gz bytes.Buffer
		if _, err := spec.WriteOCIArchive(&oci); err != nil {
			f.Fatal(err)
		}
		f.Add(oci.Bytes())
		if len(text) > 100 || strings.Contains(text, "arm64") {
			continue // docker save knows neither zstd nor indexes
		}
		if _, err := spec.WriteDockerArchive(&docker, false); err != nil {
			f.Fatal(err)
		}
		if _, err := spec.WriteDockerArchive(&gz, true); err != nil {
			f.Fatal(err)
		}
		f.Add(docker.Bytes())
		f.Add(gz.Bytes())
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in []byte) {
		name := filepath.Join(dir, "in.tar")
		if err := os.WriteFile(name, in, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := visible(t.Context(), "docker-archive:"+name, image.Options{MaxUnpacked: 8 << 20})
		if err != nil && strings.HasPrefix(err.Error(), "looking up") {
			t.Error(err)
		}
	})
}

// FuzzMerge merges layers of any records: it ends, and every visible name is unique,
// clean, and found where it is.
func FuzzMerge(f *testing.F) {
	f.Add("f a/b\nl c a\nf c/d\n--\nw a\nd c\nh e c/d\n")
	f.Add("l a b\nl b a\nf a/x\n--\nq a\nd a/b/c\nw a/b\n")
	f.Add("d \nl x /\nl x/y ../..\nf x/y/z\n")
	f.Fuzz(func(t *testing.T, in string) {
		var layers []*image.Records
		for text := range strings.SplitSeq(in, "--\n") {
			recs := new(image.Records)
			for line := range strings.Lines(text) {
				kind, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
				name, link, _ := strings.Cut(rest, " ")
				if kind == "" || strings.IndexByte("fdlhowq", kind[0]) < 0 {
					continue
				}
				if name = strings.TrimPrefix(filepath.Clean("/"+name), "/"); kind[0] == 'h' {
					link = strings.TrimPrefix(filepath.Clean("/"+link), "/")
				}
				if err := recs.Append(&image.Record{Path: name, Link: link, Type: image.Type(kind[0])}); err != nil {
					t.Fatal(err)
				}
			}
			layers = append(layers, recs)
		}
		tree, err := image.Merge(layers)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for v := range tree.All() {
			if seen[v.Path] || v.Path == "" || strings.HasPrefix(v.Path, "/") {
				t.Errorf("%q is visible twice or is no clean path", v.Path)
			}
			seen[v.Path] = true
			if got, ok := tree.Lookup(v.Path); !ok || got != v {
				t.Errorf("looking up %q finds %+v", v.Path, got)
			}
			if r := tree.Record(v.Content); r.Type == image.TypeWhiteout || r.Type == image.TypeOpaque || r.Type == image.TypeHardlink {
				t.Errorf("%q has a record of type %c for content", v.Path, r.Type)
			}
		}
	})
}
