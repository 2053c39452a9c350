package cache_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/cache"
)

// clock goes on by a second each time it is asked.
func clock() func() time.Time {
	var n atomic.Int64
	return func() time.Time {
		return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(time.Duration(n.Add(1)) * time.Second)
	}
}

func open(t *testing.T, dir string, opt cache.Options) *cache.Store {
	t.Helper()
	if opt.Now == nil {
		opt.Now = clock()
	}
	if opt.Program == "" {
		opt.Program = "test"
	}
	s, err := cache.Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(s *cache.Store, key, value string) {
	s.Put(key, func(w io.Writer) error {
		_, err := io.WriteString(w, value)
		return err
	})
}

func wantValue(t *testing.T, s *cache.Store, key, want string) {
	t.Helper()
	got, ok := s.Get(key)
	if !ok || string(got) != want {
		t.Errorf("%s: %.40q, %v; want %.40q", key, got, ok, want)
	}
}

func wantMiss(t *testing.T, s *cache.Store, key string) {
	t.Helper()
	if got, ok := s.Get(key); ok {
		t.Errorf("%s: %.40q, want a miss", key, got)
	}
}

// theOnly is the path of the only file in dir.
func theOnly(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v; want one file", files, err)
	}
	return files[0]
}

func TestKeepsByKeyAndProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	a := open(t, dir, cache.Options{Program: "a"})
	wantMiss(t, a, "k")
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder is made before there is anything to keep")
	}
	long := strings.Repeat("a line that comes again\n", 100_000)
	put(a, "k", long)
	put(a, "empty", "")
	wantValue(t, a, "k", long)
	wantValue(t, a, "empty", "")
	wantMiss(t, a, "K")
	wantValue(t, open(t, dir, cache.Options{Program: "a"}), "k", long)
	wantMiss(t, open(t, dir, cache.Options{Program: "b"}), "k")
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", st.Mode(), err)
	}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if st, err := f.Info(); err != nil || st.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), st.Mode(), err)
		}
	}
	if len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
}

func TestNoStore(t *testing.T) {
	var s *cache.Store
	put(s, "k", "v")
	wantMiss(t, s, "k")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestProgram: without a name of its own, a program is what it is made of.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	s, err := cache.Open(dir, cache.Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	put(s, "k", "v")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	wantValue(t, open(t, dir, cache.Options{Program: hex.EncodeToString(h.Sum(nil))}), "k", "v")
}

// TestDamage: whatever happens to the bytes of an entry, it is a miss, and gone.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, cache.Options{})
	put(s, "key", "value")
	place := theOnly(t, dir)
	good, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(place, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Get("key"); ok {
			t.Fatalf("%s: %q", what, got)
		}
		if _, err := os.Lstat(place); err == nil {
			t.Fatalf("%s: it is still there", what)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		try(fmt.Sprintf("byte %d is another", i), bad)
		try(fmt.Sprintf("cut at %d", i), good[:i])
	}
	try("longer", append(bytes.Clone(good), 0))
	put(s, "another key", "another value")
	other, err := os.ReadFile(theOnly(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	try("another entry", other)
	put(s, "key", "value")
	wantValue(t, s, "key", "value")
}

// TestNoFile: what is no regular file of ours is no entry, and no way to another file.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, cache.Options{})
	put(s, "key", "value")
	place := theOnly(t, dir)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(place, elsewhere); err != nil {
		t.Fatal(err)
	}
	for what, make := range map[string]func() error{
		"a link":   func() error { return os.Symlink(elsewhere, place) },
		"a pipe":   func() error { return syscall.Mkfifo(place, 0o600) },
		"a folder": func() error { return os.Mkdir(place, 0o700) },
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
		wantMiss(t, s, "key")
		if _, err := os.Lstat(place); err == nil {
			t.Errorf("%s is still there", what)
		}
	}
	// What is written takes the place of a link, and does not go through it.
	if err := os.Symlink(elsewhere, place); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	put(s, "key", "new")
	wantValue(t, s, "key", "new")
	if after, err := os.ReadFile(elsewhere); err != nil || !bytes.Equal(before, after) {
		t.Errorf("another file was changed: %v", err)
	}
}

// TestOthers: a folder that others can change is refused, in words.
func TestOthers(t *testing.T) {
	dir := t.TempDir()
	refused := func(what, words string) {
		t.Helper()
		_, err := cache.Open(dir, cache.Options{Now: clock()})
		_, err2 := cache.Look(dir)
		_, err3 := cache.Clear(dir)
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "--cache") {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	refused("a group may write", "others may write")
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		refused("another user's", "another user")
	}
	dir = filepath.Join(dir, "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a file", "no folder")
}

// TestCannotWrite: a run goes on without a cache, and hears of it once.
func TestCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "gone")
	s := open(t, dir, cache.Options{})
	put(s, "early", "value")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	calls := 0
	for range 3 {
		s.Put("late", func(io.Writer) error { calls++; return nil })
	}
	wantMiss(t, s, "late")
	if err := s.Close(); err == nil || calls != 0 {
		t.Errorf("the folder went: %v, %d values written", err, calls)
	}

	s = open(t, filepath.Join(filepath.Dir(file), "other"), cache.Options{})
	broken := errors.New("broken")
	s.Put("k", func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return broken
	})
	wantMiss(t, s, "k")
	if err := s.Close(); !errors.Is(err, broken) {
		t.Errorf("a value that was not written: %v", err)
	}
	if files, _ := os.ReadDir(filepath.Join(filepath.Dir(file), "other")); len(files) != 0 {
		t.Errorf("%d files are left", len(files))
	}
}

// TestTooLarge: what is too large is not kept, and nobody is told: it is no fault.
func TestTooLarge(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, cache.Options{})
	block := make([]byte, 1<<20)
	s.Put("k", func(w io.Writer) error {
		for range 257 {
			if _, err := w.Write(block); err != nil {
				return err
			}
		}
		return nil
	})
	wantMiss(t, s, "k")
	put(s, "l", "v")
	wantValue(t, s, "l", "v")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	theOnly(t, dir)
}

// TestLeastRecentlyUsedGoes: the cap holds, and what is used stays.
func TestLeastRecentlyUsedGoes(t *testing.T) {
	dir := t.TempDir()
	now := clock()
	const block = 4096
	a, b := open(t, dir, cache.Options{Now: now, MaxBytes: 10 * block}), open(t, dir, cache.Options{Now: now, MaxBytes: 10 * block})
	for i := range 10 {
		put(a, fmt.Sprint(i), "value")
	}
	if st, err := cache.Look(dir); err != nil || st.Entries != 10 || st.Bytes != 10*block {
		t.Fatalf("%+v, %v", st, err)
	}
	wantValue(t, b, "0", "value") // used by another run
	put(b, "10", "value")
	put(b, "11", "value")
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	st, err := cache.Look(dir)
	if err != nil || st.Bytes > 10*block || st.Entries < 9 {
		t.Errorf("%+v, %v", st, err)
	}
	for _, key := range []string{"0", "9", "10", "11"} {
		wantValue(t, a, key, "value")
	}
	wantMiss(t, a, "1")
}

// TestLeftovers: what a killed run left goes when it is old; what is not ours stays.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	now := clock()
	for name, age := range map[string]time.Duration{"tmp-old": time.Hour, "tmp-new": time.Minute, "notes.txt": 1000 * time.Hour} {
		name = filepath.Join(dir, name)
		at := now().Add(-age)
		if err := errors.Join(os.WriteFile(name, []byte("x"), 0o600), os.Chtimes(name, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, cache.Options{Now: now})
	put(s, "k", "v")
	left := func() string {
		var names []string
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			names = append(names, f.Name()[:min(9, len(f.Name()))])
		}
		return strings.Join(names, " ")
	}
	if got := left(); !strings.HasSuffix(got, " notes.txt tmp-new") || strings.Count(got, " ") != 2 {
		t.Errorf("left: %s", got)
	}
	st, err := cache.Clear(dir)
	if err != nil || st.Entries != 1 || st.Bytes != 4096 {
		t.Errorf("cleared %+v, %v", st, err)
	}
	if got := left(); got != "notes.txt" {
		t.Errorf("left: %s", got)
	}
	if st, err := cache.Look(filepath.Join(dir, "none")); err != nil || st != (cache.Status{}) {
		t.Errorf("no folder: %+v, %v", st, err)
	}
}
