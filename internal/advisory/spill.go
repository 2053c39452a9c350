package advisory

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// spill sorts more rows than memory should hold. Rows are added, put on disk as a
// sorted run whenever flush is called, and merged at the end. Rows of one key keep
// the order in which they were added.
type spill struct {
	dir, name string
	rows      []spillRow
	arena     []byte
	runs      []*os.File
}

type spillRow struct{ key, val []byte }

func newSpill(dir, name string) *spill { return &spill{dir: dir, name: name} }

// spillBytes is how much a run holds before add flushes by itself.
const spillBytes = 32 << 20

// add copies the row.
func (s *spill) add(key string, val []byte) error {
	if len(s.arena)+len(key)+len(val) > spillBytes {
		if err := s.flush(); err != nil {
			return err
		}
	}
	at := len(s.arena)
	s.arena = append(append(s.arena, key...), val...)
	// Full slice expressions: the arena may move when it grows, and old rows then
	// keep the old one, unchanged.
	s.rows = append(s.rows, spillRow{s.arena[at : at+len(key) : at+len(key)], s.arena[at+len(key) : len(s.arena) : len(s.arena)]})
	return nil
}

// flush writes the rows held as one sorted run.
func (s *spill) flush() (err error) {
	if len(s.rows) == 0 {
		return nil
	}
	slices.SortStableFunc(s.rows, func(a, b spillRow) int { return bytes.Compare(a.key, b.key) })
	f, err := os.Create(filepath.Join(s.dir, fmt.Sprintf("%s.%d", s.name, len(s.runs))))
	if err != nil {
		return fmt.Errorf("sorting %s: %w", s.name, err)
	}
	s.runs = append(s.runs, f)
	w := bufio.NewWriterSize(f, 1<<20)
	var head []byte
	for _, r := range s.rows {
		head = binary.AppendUvarint(binary.AppendUvarint(head[:0], uint64(len(r.key))), uint64(len(r.val)))
		for _, b := range [][]byte{head, r.key, r.val} {
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("sorting %s: %w", s.name, err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sorting %s: %w", s.name, err)
	}
	s.rows, s.arena = s.rows[:0], nil
	return nil
}

// merge hands over every key once, in order, with the rows of all runs.
func (s *spill) merge(emit func(key []byte, vals [][]byte) error) error {
	if err := s.flush(); err != nil {
		return err
	}
	var h runs
	for i, f := range s.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("sorting %s: %w", s.name, err)
		}
		r := &run{order: i, r: bufio.NewReaderSize(f, 256<<10)}
		if ok, err := r.next(); err != nil {
			return fmt.Errorf("sorting %s: %w", s.name, err)
		} else if ok {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	var key []byte
	var vals [][]byte
	for len(h) > 0 {
		top := h[0]
		if vals != nil && !bytes.Equal(key, top.key) {
			if err := emit(key, vals); err != nil {
				return err
			}
			vals = nil
		}
		if vals == nil {
			key = bytes.Clone(top.key)
		}
		vals = append(vals, bytes.Clone(top.val))
		ok, err := top.next()
		switch {
		case err != nil:
			return fmt.Errorf("sorting %s: %w", s.name, err)
		case ok:
			heap.Fix(&h, 0)
		default:
			heap.Pop(&h)
		}
	}
	if vals != nil {
		return emit(key, vals)
	}
	return nil
}

// close closes the runs; their folder is removed by whoever made it.
func (s *spill) close() error {
	var errs []error
	for _, f := range s.runs {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// run is one sorted run, at its present row.
type run struct {
	order    int
	r        *bufio.Reader
	key, val []byte
}

func (r *run) next() (bool, error) {
	k, err := binary.ReadUvarint(r.r)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := binary.ReadUvarint(r.r)
	if err != nil {
		return false, err
	}
	r.key, r.val = slices.Grow(r.key[:0], int(k))[:k], slices.Grow(r.val[:0], int(v))[:v]
	if _, err := io.ReadFull(r.r, r.key); err != nil {
		return false, err
	}
	_, err = io.ReadFull(r.r, r.val)
	return true, err
}

// runs is a heap by key, then by the order in which runs were written.
type runs []*run

func (h runs) Len() int { return len(h) }
func (h runs) Less(i, j int) bool {
	if n := bytes.Compare(h[i].key, h[j].key); n != 0 {
		return n < 0
	}
	return h[i].order < h[j].order
}
func (h runs) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *runs) Push(x any)   { *h = append(*h, x.(*run)) }
func (h *runs) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
