// Package cache keeps what was worked out once, by key, on disk: for the next run, and
// for others that run at the same time.
//
// An entry is a file of its own, named by the digest of its key. It is written under
// a temporary name and then renamed, so that it is there whole or not at all; it
// carries its key and the SHA-256 of all of it, so that whatever else stands under
// its name is no entry. There are no locks: two runs that write one entry write the
// same bytes, and one that misses an entry works it out again.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/landwaiter/landwaiter"
)

// DefaultMaxBytes is how much a cache holds where nobody says how much.
const DefaultMaxBytes = 2 << 30

// Options say how to keep. Now must be set.
type Options struct {
	// Now is the clock by which entries are used.
	Now func() time.Time
	// MaxBytes caps what all entries hold on disk; default DefaultMaxBytes. What was
	// used least recently goes first.
	MaxBytes int64
	// Program is part of every key: what one program worked out is nothing to another.
	// Default: the SHA-256 of the program that runs.
	Program string
}

// Store is a folder of entries. It never fails its callers: what cannot be read is
// not there, and what cannot be written is not kept. Close says what went wrong.
// Several goroutines, and several processes, may use one folder at a time.
//
// A nil Store has nothing and keeps nothing.
type Store struct {
	dir     string
	max     int64
	now     func() time.Time
	program func() (string, error)
	waiting sync.WaitGroup

	mu      sync.Mutex
	trouble error // the first
	ready   bool  // the folder is there, and used is known
	stored  bool
	used    int64 // bytes on disk, as far as this process knows
}

// Open opens the folder dir, which need not exist yet: the first entry makes it. It
// fails where the folder belongs to somebody else or others may write in it: what is
// in a cache decides what people are shown. Close the store at the end.
func Open(dir string, opt Options) (*Store, error) {
	if err := own(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cache: %w", err)
	}
	s := &Store{dir: dir, max: opt.MaxBytes, now: opt.Now, program: sync.OnceValues(running)}
	if s.max <= 0 {
		s.max = DefaultMaxBytes
	}
	if opt.Program != "" {
		s.program = func() (string, error) { return opt.Program, nil }
	}
	// The program is read while the subject is being opened.
	s.waiting.Go(func() { s.program() }) //nolint:errcheck // whoever needs the answer gets the error, too
	return s, nil
}

// own fails unless dir is a folder that nobody but its owner, who is us, can change.
func own(dir string) error {
	st, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return fmt.Errorf("%s is no folder; name another one with --cache: %w", dir, landwaiter.ErrInvalid)
	}
	if who, ok := st.Sys().(*syscall.Stat_t); ok && int(who.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user, who could change what we show; name a folder of your own with --cache: %w", dir, landwaiter.ErrInvalid)
	}
	if st.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others may write in %s, and could change what we show; forbid it with chmod go-w, or name another folder with --cache: %w", dir, landwaiter.ErrInvalid)
	}
	return nil
}

// running is the SHA-256 of the program that runs, in hex: it changes whenever the
// code may have changed.
func running() (string, error) {
	// On Linux this is what runs, even where a newer program has taken its name.
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		name, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("finding the program that runs: %w", err)
		}
		if f, err = os.Open(name); err != nil {
			return "", fmt.Errorf("reading the program that runs: %w", err)
		}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading the program that runs: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// whole is key with the program that it is of, and place the file that holds it.
func (s *Store) whole(key string) (whole, place string, ok bool) {
	p, err := s.program()
	if err != nil {
		s.failed(err)
		return "", "", false
	}
	whole = p + "\n" + key
	return whole, filepath.Join(s.dir, entryName(whole)), true
}

func (s *Store) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == nil {
		s.trouble = err
	}
}

// Get returns what was put under key. Whatever stands under its name and is not the
// entry, whole, is removed.
func (s *Store) Get(key string) ([]byte, bool) {
	if s == nil {
		return nil, false
	}
	whole, place, ok := s.whole(key)
	if !ok {
		return nil, false
	}
	value, err := readEntry(place, whole)
	switch {
	case err == nil:
		os.Chtimes(place, time.Time{}, s.now()) //nolint:errcheck // it is read all the same, and only goes sooner
		return value, true
	case errors.Is(err, errNoEntry):
		os.Remove(place)
	}
	return nil, false
}

// Put keeps what write writes under key. After a failure nothing more is written:
// a full disk gets no emptier.
func (s *Store) Put(key string, write func(io.Writer) error) {
	if s == nil {
		return
	}
	whole, place, ok := s.whole(key)
	if !ok || !s.begin() {
		return
	}
	size, err := writeEntry(place, whole, s.now(), write)
	if err != nil && !errors.Is(err, landwaiter.ErrTooLarge) {
		s.failed(fmt.Errorf("cache: %w", err))
	}
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = true
	if s.used += size; s.used > s.max {
		s.trim()
	}
}

// begin makes the folder ready to be written in. It reports false where it is not.
func (s *Store) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready || s.trouble != nil {
		return s.trouble == nil
	}
	err := os.MkdirAll(s.dir, 0o700)
	if err == nil {
		err = own(s.dir)
	}
	if err != nil {
		s.trouble = fmt.Errorf("cache: %w", err)
		return false
	}
	s.ready = true
	s.trim()
	return true
}

// Close ends the use of the store. It returns the first thing that went wrong, after
// which the store kept nothing more.
func (s *Store) Close() error {
	if s == nil {
		return nil
	}
	s.waiting.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored {
		s.trim() // others may have written as much
	}
	return s.trouble
}
