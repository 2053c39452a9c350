// Package inventory says what is in a subject: one table of ecosystems; files in,
// packages, ownership and gaps out, in one walk.
package inventory

import (
	"cmp"
	"context"
	"fmt"
	"iter"
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
	// Seen is what those saw who look into content, and tables whose columns have
	// names, by path. Looked is how much they looked into.
	Seen   []Seen
	Looked []Looked
	// Gains are the files that give more rights than whoever starts them has, by path,
	// Starts the scripts that fetch or change software when the subject starts, or
	// when something in it does.
	Gains, Starts []landwaiter.File

	files visibles
	tree  *image.Tree
	extra landwaiter.Count // unread data that is no file
	hid   landwaiter.Count
}

// Read walks every layer of im once and merges what they say. What a layer says is
// taken from cache where it is known there, and kept there else; cache may be nil.
// The classes of the account wait for [Result.Count]: they depend on what is known.
func Read(ctx context.Context, im *image.Image, stats *Stats, cache Cache) (*Result, error) {
	return ReadWatched(ctx, im, stats, cache, Watches{})
}

// ReadWatched is Read with others who look into content.
func ReadWatched(ctx context.Context, im *image.Image, stats *Stats, cache Cache, watch Watches) (*Result, error) {
	stats.begin(im)
	m := compile(ecosystems)
	lc := &layerCache{cache, stats, watch}
	layers := make([]*layerFacts, len(im.Subject().Layers))
	fresh := make([]Watched, len(layers))
	err := im.Walk(ctx, func(ctx context.Context, l *image.Layer) error {
		out, err := lc.known(l)
		if err == nil && out == nil {
			out, fresh[l.Indexes[0]], err = readLayer(ctx, l, m, lc)
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
	g.fresh = fresh
	config := im.Subject().Config
	g.words = startWords(&config)
	if err := g.readAgain(ctx, im, m, lc); err != nil {
		return nil, err
	}
	lap = stats.merge.Begin(ctx, stats.clock)
	defer lap.End(0)
	return g.result()
}

// readLayer reads a layer to its end.
func readLayer(ctx context.Context, l *image.Layer, m *matcher, lc *layerCache) (_ *layerFacts, fresh Watched, err error) {
	s := newScanner(m, lc.stats)
	s.watchLayer(ctx, lc.watch)
	err = s.scan(ctx, l)
	fresh, closing := s.watched(ctx)
	if err := cmp.Or(err, closing); err != nil {
		return nil, fresh, err
	}
	// A list that grew holds room for a quarter more, and it stays.
	s.out.records.Trim()
	s.out.notes = slices.Clone(s.out.notes)
	if s.lucky() {
		lc.keep(l, s.out) // at once: whoever stops the run here goes on here
	}
	return s.out, fresh, nil
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
	for node, f := range r.files.all() {
		if f.is(flagLinked) {
			c, content := f.class(known), r.tree.Content(node)
			if old, ok := best[content]; !ok || c < old {
				best[content] = c
			}
		}
	}
	for node, f := range r.files.all() {
		class := f.class(known)
		n := landwaiter.Count{Files: 1, Bytes: r.tree.Size(node)}
		if f.is(flagLinked) {
			// The content of a file with several names is counted once, with
			// the name that says most about it.
			content := r.tree.Content(node)
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
	all.Shared = r.holdings()
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

// visible is a name of the merged filesystem. There can be millions.
type visible struct {
	owner int32 // index of a package, noOwner
	kind  uint8 // index in kinds
	flags uint8
	sum   uint8 // what the comparison with its owners' sums said
}

func (f *visible) is(flag uint8) bool { return f.flags&flag != 0 }

// give makes a package the owner; system says that it is one of the system's
// package manager.
func (f *visible) give(owner int32, system bool) {
	f.owner = owner
	if f.flags &^= flagSystem; system {
		f.flags |= flagSystem
	}
}

// state says whether the file is what its owner shipped.
func (f *visible) state() uint8 {
	if f.is(flagConf | flagUnread) {
		return stateUnknown
	}
	return f.sum
}

// visibles are the names of a tree by their node. Not all are files.
type visibles []visible

// all yields the files with their nodes, in order of path.
func (l visibles) all() iter.Seq2[int32, *visible] {
	return func(yield func(int32, *visible) bool) {
		for i := range l {
			if l[i].is(flagFile) && !yield(int32(i), &l[i]) {
				return
			}
		}
	}
}

// kinds are the kinds of file by their number in this package; 0 is unknown.
var kinds = append([]landwaiter.FileKind{landwaiter.FileUnknown}, landwaiter.FileKinds()...)

func kindCode(k landwaiter.FileKind) uint8 { return uint8(max(slices.Index(kinds, k), 0)) }

func (f *visible) code() bool { return kinds[f.kind].Code() }

const (
	noOwner  = -1
	rootNode = 0 // of a tree
)

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
