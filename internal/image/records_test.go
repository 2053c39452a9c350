package image_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// records are n records of all kinds, enough of which fill several chunks.
func records(n int) []image.Record {
	list := []image.Record{
		{Type: image.TypeFolder, Mode: 0o755},
		{Path: strings.Repeat("n", 70_000), Type: image.TypeOther},
		{Path: "a/b/c/.wh", Type: image.TypeWhiteout},
		{Path: "a/b", Type: image.TypeOpaque},
		{Path: "a/b/c/d", Type: image.TypeFile, Mode: 0o7777, Size: math.MaxInt64, SHA256: sha256.Sum256([]byte("d"))},
		{Path: "a/b", Type: image.TypeFile, Size: math.MaxUint32, Link: "a file with a link"},
		{Path: "a/b", Type: image.TypeFile, Size: math.MaxUint32 - 1},
		{Path: "z", Type: image.TypeSymlink, Link: strings.Repeat("../", 40_000)},
	}
	for i := len(list); i < n; i++ {
		r := image.Record{Path: fmt.Sprintf("opt/p%d/lib/f%d", i/20%900, i), Mode: 0o644, Type: image.TypeFile}
		switch i % 20 {
		case 3:
			r.Type, r.Link = image.TypeSymlink, fmt.Sprintf("../f%d", i)
		case 7:
			r.Type, r.Mode = image.TypeFolder, 0o755
		case 9:
			r.Type, r.Link = image.TypeHardlink, "a/b/c/d"
		default:
			r.Size, r.SHA256 = int64(i), sha256.Sum256([]byte(r.Path))
		}
		list = append(list, r)
	}
	return list
}

func stored(t testing.TB, list []image.Record) *image.Records {
	t.Helper()
	r := new(image.Records)
	for i := range list {
		if err := r.Append(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestRecords: what was put in comes out, before and after it was trimmed, with
// more behind it, and through bytes.
func TestRecords(t *testing.T) {
	for _, n := range []int{0, 1, 7, 10_000} {
		list := records(n)[:n]
		r := stored(t, list)
		same := func(when string, r *image.Records) {
			t.Helper()
			if r.Len() != len(list) {
				t.Fatalf("%d records, %s: there are %d", len(list), when, r.Len())
			}
			for i := range list {
				if diff := cmp.Diff(list[i], r.At(int32(i))); diff != "" {
					t.Fatalf("%d records, %s, record %d (-want +got):\n%.2000s", len(list), when, i, diff)
				}
			}
		}
		same("as they were added", r)
		r.Trim()
		same("trimmed", r)
		if n != 7 { // a name of those is longer than any layer may hold
			continue
		}
		list = append(list, records(30)[8:]...)
		for i := n; i < len(list); i++ {
			if err := r.Append(&list[i]); err != nil {
				t.Fatal(err)
			}
		}
		same("with more behind", r)
	}
}

// written are r's bytes.
func written(t testing.TB, r *image.Records) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := r.WriteBinary(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes written, it says %d: %v", b.Len(), n, err)
	}
	return b.Bytes()
}

func TestRecordsBinary(t *testing.T) {
	list := slices.Concat(records(10_000)[2:], []image.Record{{Type: image.TypeFolder}})
	r := stored(t, list)
	b := written(t, r)
	if len(b) < 1<<18 {
		t.Errorf("%d bytes are written in too few pieces to tell", len(b))
	}
	got, err := image.DecodeRecords(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if diff := cmp.Diff(list[i], got.At(int32(i))); diff != "" {
			t.Fatalf("record %d (-want +got):\n%s", i, diff)
		}
	}
	for n := 0; n < len(b); n += 1 + n/50 {
		if _, err := image.DecodeRecords(b[:n]); !errors.Is(err, landwaiter.ErrInvalid) {
			t.Fatalf("the first %d bytes of %d: error %v", n, len(b), err)
		}
	}
	for name, b := range map[string][]byte{
		"more behind the end":    append(b[:len(b):len(b)], 0),
		"a folder in itself":     {1, 0, 0, 1, 'a'},
		"a folder above the top": {1, 0, 2, 1, 'a'},
		"a folder named ..":      {1, 0, 1, 2, '.', '.'},
		"two elements":           {0, 1, 0, 0, 3, 'a', '/', 'b', 0},
		"a name that is missing": {1, 1, 1, 1, 'a', 0, 2, 0, 0},
		"no such folder":         {1, 1, 1, 1, 'a', 0, 4, 1, 'b', 0},
		"a type of no name":      {0, 1, 7, 0, 1, 'a', 0},
		"a mode too large":       {0, 1, 0x80, 0x80, 2, 0, 1, 'a', 0},
		"more than there is":     binary.AppendUvarint([]byte{0}, 1<<50),
	} {
		if _, err := image.DecodeRecords(b); !errors.Is(err, landwaiter.ErrInvalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// FuzzRecords: stored records are damaged, or they are what they say when they are
// stored again, and can be merged.
func FuzzRecords(f *testing.F) {
	f.Add(written(f, stored(f, records(40)[2:])))
	f.Add(written(f, stored(f, nil)))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := image.DecodeRecords(in)
		if err != nil {
			return
		}
		again, err := image.DecodeRecords(written(t, r))
		if err != nil || again.Len() != r.Len() {
			t.Fatalf("stored again: %v", err)
		}
		for i := range int32(r.Len()) {
			if r.At(i) != again.At(i) {
				t.Fatalf("record %d is %+v, and %+v when stored again", i, r.At(i), again.At(i))
			}
		}
		if _, err := image.Merge([]*image.Records{r, again}); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkDecodeRecords(b *testing.B) {
	in := written(b, stored(b, records(126_000)[2:]))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := image.DecodeRecords(in); err != nil {
			b.Fatal(err)
		}
	}
}
