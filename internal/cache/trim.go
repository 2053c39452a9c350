package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// abandoned is how old a temporary file is that nobody will rename any more: it was
// left by a run that was killed. To write one takes seconds.
const abandoned = 10 * time.Minute

// Status is what a cache holds.
type Status struct {
	Entries int
	Bytes   int64     // on disk
	Oldest  time.Time // the least recent use of an entry
}

// held is a file of a cache.
type held struct {
	name string
	size int64
	used time.Time
}

// list returns the entries in dir, least recently used first, and the temporary
// files. What else is in the folder is not ours, and stays.
func list(dir string) (entries, temp []held, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		entry := isEntry(f.Name())
		if !entry && !strings.HasPrefix(f.Name(), temporary) {
			continue
		}
		st, err := f.Info()
		if err != nil || st.IsDir() {
			continue // another run has removed it
		}
		h := held{name: f.Name(), size: onDisk(st), used: st.ModTime()}
		if entry {
			entries = append(entries, h)
		} else {
			temp = append(temp, h)
		}
	}
	slices.SortFunc(entries, func(a, b held) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.name, b.name)) })
	return entries, temp, nil
}

// trim removes what killed runs left and, where the cap is passed, what was used
// least recently, until a tenth is free. The caller holds mu.
func (s *Store) trim() {
	entries, temp, err := list(s.dir)
	if err != nil {
		return // whoever writes next hears of it
	}
	for _, t := range temp {
		if s.now().Sub(t.used) > abandoned {
			os.Remove(filepath.Join(s.dir, t.name))
		}
	}
	s.used = 0
	for _, e := range entries {
		s.used += e.size
	}
	if s.used <= s.max {
		return
	}
	for _, e := range entries {
		if s.used <= s.max/10*9 {
			break
		}
		if err := os.Remove(filepath.Join(s.dir, e.name)); err == nil || errors.Is(err, fs.ErrNotExist) {
			s.used -= e.size
		}
	}
}

// Look says what the folder dir holds; nothing where it does not exist. It fails
// where Open does.
func Look(dir string) (Status, error) {
	entries, _, err := owned(dir)
	if err != nil {
		return Status{}, err
	}
	return status(entries), nil
}

// Clear removes every entry, and what killed runs left, and says what that was. What
// else is in the folder stays.
func Clear(dir string) (Status, error) {
	entries, temp, err := owned(dir)
	if err != nil {
		return Status{}, err
	}
	for _, h := range slices.Concat(entries, temp) {
		if err := os.Remove(filepath.Join(dir, h.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Status{}, fmt.Errorf("cache: %w", err)
		}
	}
	return status(entries), nil
}

func owned(dir string) (entries, temp []held, err error) {
	if err = own(dir); err == nil {
		entries, temp, err = list(dir)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("cache: %w", err)
	}
	return entries, temp, err
}

func status(entries []held) Status {
	s := Status{Entries: len(entries)}
	for _, e := range entries {
		s.Bytes += e.size
	}
	if len(entries) > 0 {
		s.Oldest = entries[0].used
	}
	return s
}
