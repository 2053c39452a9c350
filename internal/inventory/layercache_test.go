package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// memory is a cache that forgets at the end of a test.
type memory struct {
	mu      sync.Mutex
	entries map[string][]byte
	asked   int
	// put is called after each entry.
	put func(key string)
}

func (m *memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	data, ok := m.entries[key]
	return bytes.Clone(data), ok
}

func (m *memory) Put(key string, write func(io.Writer) error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return
	}
	m.mu.Lock()
	if m.entries == nil {
		m.entries = map[string][]byte{}
	}
	m.entries[key] = b.Bytes()
	m.mu.Unlock()
	if m.put != nil {
		m.put(key)
	}
}

func (m *memory) keys(prefix string) []string {
	keys := slices.Sorted(maps.Keys(m.entries))
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) })
}

// said is what a reading says, for comparison: JSON, or an error.
type said struct {
	json string
	err  error
	*Stats
}

// readImage reads a subject as a command does.
func readImage(t testing.TB, ref string, opt image.Options, cache Cache) said {
	t.Helper()
	return readCancelled(t, t.Context(), ref, opt, cache)
}

func readCancelled(t testing.TB, ctx context.Context, ref string, opt image.Options, cache Cache) said {
	t.Helper()
	out := said{Stats: &Stats{}}
	im, err := image.Open(ctx, ref, opt)
	if err != nil {
		out.err = err
		return out
	}
	defer im.Close()
	r, err := Read(ctx, im, out.Stats, cache)
	if err != nil {
		out.err = err
		return out
	}
	if err := r.Count(func(id string) bool { return strings.HasPrefix(id, "dpkg:") }); err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(struct {
		Subject landwaiter.Subject
		landwaiter.Inventory
		TreeDigest string
		Rest       []landwaiter.File
	}{im.Subject(), r.Inventory, r.TreeDigest, r.Rest}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	out.json = string(data)
	return out
}

// same compares a reading with one without a cache.
func same(t *testing.T, what string, want, got said) {
	t.Helper()
	if (want.err == nil) != (got.err == nil) || errors.Is(want.err, landwaiter.ErrDigest) != errors.Is(got.err, landwaiter.ErrDigest) {
		t.Errorf("%s: %v, and without a cache %v", what, got.err, want.err)
	}
	if want.json != got.json {
		t.Errorf("%s: %d bytes, and without a cache %d others", what, len(got.json), len(want.json))
		a, b := strings.Split(want.json, "\n"), strings.Split(got.json, "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("line %d: %s; without a cache %s", i, b[i], a[i])
			}
		}
	}
	if want.err == nil && (want.Layers.Load() != got.Layers.Load() || want.Files.Load() != got.Files.Load() || want.Packages.Load() != got.Packages.Load()) {
		t.Errorf("%s: %d layers, %d files, %d packages; without a cache %d, %d, %d", what,
			got.Layers.Load(), got.Files.Load(), got.Packages.Load(), want.Layers.Load(), want.Files.Load(), want.Packages.Load())
	}
}

// wantKnown wants so many layers known, of which so many were checked.
func wantKnown(t *testing.T, what string, s said, cached, checked int64) {
	t.Helper()
	if s.Cached.Load() != cached || s.Checked.Load() != checked {
		t.Errorf("%s: %d of %d layers known, %d of them checked; want %d and %d", what, s.Cached.Load(), s.Layers.Load(), s.Checked.Load(), cached, checked)
	}
}

// eachImage is the example, and every trap.
func eachImage(t *testing.T, try func(t *testing.T, text string)) {
	example, err := os.ReadFile("../../examples/image.txtar")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("example", func(t *testing.T) { try(t, string(example)) })
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d traps, %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(lwtest.Hostile(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) { try(t, string(text)) })
	}
}

func cachedLayout(t *testing.T, text string) (spec *lwtest.Spec, dir string) {
	t.Helper()
	spec, dir = lwtest.New(t, text), filepath.Join(t.TempDir(), "oci")
	if _, err := spec.WriteLayout(dir); err != nil {
		t.Fatal(err)
	}
	return spec, dir
}

// TestSameWithCache: an image says the same, to the last byte, whether its layers are
// read, or were read before.
func TestSameWithCache(t *testing.T) {
	eachImage(t, func(t *testing.T, text string) {
		spec, dir := cachedLayout(t, text)
		opt := image.Options{MaxUnpacked: spec.Want().Cap}
		want := readImage(t, "oci:"+dir, opt, nil)
		var kept memory
		first := readImage(t, "oci:"+dir, opt, &kept)
		same(t, "first", want, first)
		second := readImage(t, "oci:"+dir, opt, &kept)
		same(t, "second", want, second)
		if want.err == nil {
			wantKnown(t, "second", second, want.Layers.Load(), 0)
		}
	})
}

// TestSameInEveryPlace: a layer that was seen in a layout is known in archives. Where
// no digest names its stored bytes, they are checked.
func TestSameInEveryPlace(t *testing.T) {
	text, err := os.ReadFile("../../examples/image.txtar")
	if err != nil {
		t.Fatal(err)
	}
	spec, dir := cachedLayout(t, string(text))
	var kept memory
	layers := readImage(t, "oci:"+dir, image.Options{}, &kept).Layers.Load()
	for kind, c := range map[string]struct {
		write   func(w io.Writer) (string, error)
		checked int64
	}{
		"oci-archive":    {spec.WriteOCIArchive, 0},
		"docker-archive": {func(w io.Writer) (string, error) { return spec.WriteDockerArchive(w, false) }, layers},
	} {
		name := filepath.Join(t.TempDir(), "image.tar")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.write(f)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		got := readImage(t, kind+":"+name, image.Options{}, &kept)
		same(t, kind, readImage(t, kind+":"+name, image.Options{}, nil), got)
		wantKnown(t, kind, got, layers, c.checked)
	}
}

// TestNothingIsRead: what is known is not opened, in the first pass and in the second.
func TestNothingIsRead(t *testing.T) {
	// A wheel's metadata under a name that only a hard link gives it.
	_, dir := cachedLayout(t, "hardlink 0/usr/lib/python3/dist-packages/tool-1.0.dist-info/METADATA srv/store/1\n-- 0/srv/store/1 --\nMetadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
	var kept memory
	want := readImage(t, "oci:"+dir, image.Options{}, nil)
	if !strings.Contains(want.json, `"name": "tool"`) {
		t.Fatalf("the second pass finds nothing: %s", want.json)
	}
	same(t, "first", want, readImage(t, "oci:"+dir, image.Options{}, &kept))
	if n := len(kept.keys("again ")); n != 1 {
		t.Errorf("%d second passes are kept", n)
	}
	digest, _ := diffIDs(t, dir)
	blob := filepath.Join(dir, "blobs", strings.Replace(digest, ":", "/", 1))
	st, err := os.Stat(blob)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blob, make([]byte, st.Size()), 0o600); err != nil {
		t.Fatal(err)
	}
	same(t, "second", want, readImage(t, "oci:"+dir, image.Options{}, &kept))
}

// TestSecondPassByNames: what a second pass said is used for the same names alone.
func TestSecondPassByNames(t *testing.T) {
	const text = "hardlink 0/usr/lib/python3/dist-packages/tool-1.0.dist-info/METADATA srv/store/1\n-- 0/srv/store/1 --\nMetadata-Version: 2.1\nName: tool\nVersion: 1.0\n-- 1/srv/more --\n1\n"
	_, a := cachedLayout(t, text)
	_, b := cachedLayout(t, "hardlink 1/usr/lib/python3/dist-packages/twin-1.0.dist-info/METADATA srv/store/1\n"+text)
	var kept memory
	for _, dir := range []string{a, b, a, b} {
		same(t, dir, readImage(t, "oci:"+dir, image.Options{}, nil), readImage(t, "oci:"+dir, image.Options{}, &kept))
	}
	if n := len(kept.keys("again ")); n != 2 {
		t.Errorf("%d second passes are kept", n)
	}
}

// TestGoesOn: a run that was stopped goes on from the layers that were done.
func TestGoesOn(t *testing.T) {
	const layers = 5
	text := ""
	for i := range layers {
		text += strings.ReplaceAll("-- N/usr/bin/N --\n#!/bin/sh\necho N\n", "N", string(rune('0'+i)))
	}
	_, dir := cachedLayout(t, text)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var kept memory
	kept.put = func(key string) {
		if strings.HasPrefix(key, "link ") {
			cancel()
		}
	}
	if got := readCancelled(t, ctx, "oci:"+dir, image.Options{Parallel: 1}, &kept); !errors.Is(got.err, context.Canceled) {
		t.Fatalf("%v", got.err)
	}
	kept.put = nil
	got := readImage(t, "oci:"+dir, image.Options{Parallel: 1}, &kept)
	same(t, "second", readImage(t, "oci:"+dir, image.Options{}, nil), got)
	wantKnown(t, "second", got, 1, 0)
}

// TestDamagedEntries: whatever a cache returns, the image says the same.
func TestDamagedEntries(t *testing.T) {
	text, err := os.ReadFile("../../examples/image.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, dir := cachedLayout(t, string(text))
	want := readImage(t, "oci:"+dir, image.Options{}, nil)
	var kept memory
	readImage(t, "oci:"+dir, image.Options{}, &kept)
	for what, spoil := range map[string]func(data []byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"cut":       func(data []byte) []byte { return data[:len(data)/2] },
		"longer":    func(data []byte) []byte { return append(data, 0) },
		"something": func([]byte) []byte { return []byte("something else") },
	} {
		bad := memory{entries: map[string][]byte{}}
		for key, data := range kept.entries {
			bad.entries[key] = spoil(bytes.Clone(data))
		}
		got := readImage(t, "oci:"+dir, image.Options{}, &bad)
		same(t, what, want, got)
		wantKnown(t, what, got, 0, 0)
		wantKnown(t, what+", then mended", readImage(t, "oci:"+dir, image.Options{}, &bad), want.Layers.Load(), 0)
	}
}

// TestFoldersAreNotKept: a folder has no digest, and changes.
func TestFoldersAreNotKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	var kept memory
	if got := readImage(t, "dir:"+dir, image.Options{}, &kept); got.err != nil || len(kept.entries) != 0 || kept.asked != 0 {
		t.Errorf("%v, %d entries, asked %d times", got.err, len(kept.entries), kept.asked)
	}
}

// TestChanceIsNotKept: what could not be read for want of room on this machine may be
// read tomorrow.
func TestChanceIsNotKept(t *testing.T) {
	_, dir := cachedLayout(t, "zeros 0/usr/lib/sysimage/rpm/rpmdb.sqlite 65MiB\n-- 1/etc/os-release --\nID=fedora\n")
	tmp := os.TempDir()
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	var kept memory
	got := readImage(t, "oci:"+dir, image.Options{}, &kept)
	if got.err != nil || !strings.Contains(got.json, "no room to keep it") {
		t.Fatalf("%v %s", got.err, got.json)
	}
	if facts := kept.keys("facts "); len(facts) != 1 {
		t.Errorf("kept: %q", facts)
	}
	t.Setenv("TMPDIR", tmp)
	if got := readImage(t, "oci:"+dir, image.Options{}, &kept); strings.Contains(got.json, "no room to keep it") {
		t.Error("it is still said to have no room")
	}
	s := &scanner{kid: &scanner{kid: &scanner{chance: true}}}
	if s.lucky() || !(&scanner{kid: &scanner{}}).lucky() {
		t.Error("what a reader of members met is not asked for")
	}
}
