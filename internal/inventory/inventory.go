// Package inventory says what is in a subject: one table of ecosystems; files in,
// packages, ownership and gaps out, in one walk.
package inventory

import (
	"context"
	"fmt"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// Result is what was observed in one subject.
type Result struct {
	landwaiter.Inventory
	// TreeDigest is the digest of the listing of every visible file's path, mode
	// and SHA-256.
	TreeDigest string
	// Rest are the biggest files that nobody owns and that are no code, at most
	// a hundred.
	Rest []landwaiter.File

	files  []visible
	tree   *image.Tree
	fileOf []int32          // for each node: one more than its index in files
	extra  landwaiter.Count // unread data that is no file
	hid    landwaiter.Count
}

// Read walks every layer of im once and merges what they say. What a layer says is
// taken from cache where it is known there, and kept there else; cache may be nil.
// The classes of the account wait for [Result.Count]: they depend on what is known.
func Read(ctx context.Context, im *image.Image, stats *Stats, cache Cache) (*Result, error) {
	stats.begin(im)
	m := compile(ecosystems)
	lc := &layerCache{cache, stats}
	layers := make([]*layerFacts, len(im.Subject().Layers))
	err := im.Walk(ctx, func(ctx context.Context, l *image.Layer) error {
		out, err := lc.known(l)
		if err == nil && out == nil {
			out, err = readLayer(ctx, l, m, lc)
		}
		if err != nil {
			return err
		}
		for _, i := range l.Indexes {
			layers[i] = out
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	lap := stats.merge.Begin(ctx, stats.clock)
	g, err := newMerge(layers)
	lap.End(0)
	if err != nil {
		return nil, err
	}
	if err := g.readAgain(ctx, im, m, lc); err != nil {
		return nil, err
	}
	lap = stats.merge.Begin(ctx, stats.clock)
	defer lap.End(0)
	return g.result()
}

// readLayer reads a layer to its end.
func readLayer(ctx context.Context, l *image.Layer, m *matcher, lc *layerCache) (*layerFacts, error) {
	s := newScanner(m, lc.stats)
	if err := s.scan(ctx, l); err != nil {
		return nil, err
	}
	// A list that grew holds room for a quarter more, and it stays.
	s.out.records.Trim()
	s.out.notes = slices.Clone(s.out.notes)
	if s.lucky() {
		lc.keep(l, s.out) // at once: whoever stops the run here goes on here
	}
	return s.out, nil
}

// Count fills the account: covered says of a package's ID whether a source of
// advisories covers it.
func (r *Result) Count(covered func(id string) bool) error {
	known := make([]bool, len(r.Packages))
	for i := range r.Packages {
		known[i] = covered(r.Packages[i].ID)
	}
	all := landwaiter.Account{Code: &landwaiter.Account{}, Hidden: r.hid}
	best := map[image.Content]landwaiter.Class{}
	for i := range r.files {
		if f := &r.files[i]; f.linked {
			c, content := f.class(known), r.tree.Content(f.node)
			if old, ok := best[content]; !ok || c < old {
				best[content] = c
			}
		}
	}
	for i := range r.files {
		f := &r.files[i]
		class := f.class(known)
		n := landwaiter.Count{Files: 1, Bytes: r.size(f)}
		if f.linked {
			// The content of a file with several names is counted once, with
			// the name that says most about it.
			content := r.tree.Content(f.node)
			if c, ok := best[content]; !ok || c != class {
				n.Bytes = 0
			} else {
				delete(best, content)
			}
		}
		add(&all, class, n)
		if f.code() || class == landwaiter.ClassUnread {
			add(all.Code, class, n)
		}
	}
	if r.extra != (landwaiter.Count{}) {
		add(&all, landwaiter.ClassUnread, r.extra)
		add(all.Code, landwaiter.ClassUnread, r.extra)
	}
	r.Account = all
	if err := all.Check(); err != nil {
		return fmt.Errorf("%w: %w", landwaiter.ErrAccount, err)
	}
	return nil
}

func add(a *landwaiter.Account, c landwaiter.Class, n landwaiter.Count) {
	a.Class(c).Add(n)
	a.Total.Add(n)
}

// visible is a file of the merged filesystem. There can be millions.
type visible struct {
	node   int32 // in the tree
	owner  int32 // index of a package, noOwner
	sums   int32 // one more than the index in merge.sums of what an owner shipped
	kind   uint8 // index in kinds
	flags  uint8
	linked bool // its content has several names
	system bool // the owner is the system's package manager
	tree   bool // owned by a claim on a folder
	conf   bool
	state  uint8 // what the comparison with the owner's sums said
}

// shipped is the sum of one file as an owner shipped it.
type shipped struct {
	sum  string
	next int32 // another of the same file, one more than its index
}

// kinds are the kinds of file by their number in this package; 0 is unknown.
var kinds = append([]landwaiter.FileKind{landwaiter.FileUnknown}, landwaiter.FileKinds()...)

func kindCode(k landwaiter.FileKind) uint8 { return uint8(max(slices.Index(kinds, k), 0)) }

func (f *visible) code() bool { return kinds[f.kind].Code() }

func (r *Result) size(f *visible) int64 {
	c := r.tree.Content(f.node)
	return r.tree.Layer(c.Layer).Size(c.Record)
}

const noOwner = -1

func (f *visible) class(covered []bool) landwaiter.Class {
	switch {
	case f.flags&flagUnread != 0:
		return landwaiter.ClassUnread
	case f.owner != noOwner && covered[f.owner]:
		return landwaiter.ClassCovered
	case f.owner != noOwner:
		return landwaiter.ClassUncovered
	case f.flags&flagClosed != 0, kinds[f.kind] == landwaiter.FileArchive && f.flags&flagOpened == 0:
		return landwaiter.ClassClosed // an archive that nobody opened is closed to us
	}
	return landwaiter.ClassUnnamed
}
