package inventory

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// Watch looks into the content of files while they pass, for other things than
// software. It looks at one file after the other.
type Watch interface {
	// File begins a file, and says whether its bytes are wanted.
	File(p Passing) bool
	// Write takes the next bytes of a file that is wanted. It never fails.
	io.Writer
	// End ends a file that is wanted.
	End()
	// Close ends the watch, and says what was seen. It fails only with ctx.
	Close(ctx context.Context) (Watched, error)
}

// Watches make a Watch for each layer; nil where nobody watches.
type Watches struct {
	// Content sees what depends on the bytes alone, in files and in what archives
	// hold. It is kept with the rest of what a layer says.
	Content func() Watch
	// Fresh sees what depends on more, as on today's lists: layers are read for it
	// whatever is known of them, and nothing that it says is kept. Members of
	// archives are not shown to it.
	Fresh func(context.Context) Watch
}

// Passing is a file that is about to be read.
type Passing struct {
	Record int32  // of the layer
	Path   string // in an archive: "opt/a.zip!/b.txt"
	Inside string // what of Path is inside the file of the record, "" for the file
	Size   int64  // as stated; -1 where nobody says
	Kind   landwaiter.FileKind
	Format string // the row of the table of formats, "" for none
	Head   []byte // its first bytes, at most 512
}

// Mark is something that a watch saw. It never holds the content itself.
type Mark struct {
	Record int32
	Inside string // the member of an archive, "" for the file itself
	What   string // the watch's own word for it
	Line   int64  // from 1; 0 where nobody counted
	Count  int64  // how often
	Note   string // a fact that gives nothing away
}

// Looked counts files that a watch looked into, where Why is empty, or did not, and
// why.
type Looked struct {
	Check string // landwaiter.CheckSecrets, …
	By    string // what looked; "" where the program itself did
	Why   string
	landwaiter.Count
}

// Watched is what a watch says of one layer.
type Watched struct {
	Marks  []Mark
	Looked []Looked
}

// Seen is a mark with what is known about its file, or a table with the names of its
// columns: then What is empty.
type Seen struct {
	Mark
	File landwaiter.File // Path is where it really is; Owner is a package's ID
	// Shipped is true where the file is what its owner shipped, Changed where it is
	// not. Neither is true where nobody can say. Conf is true of a configuration file:
	// its owner does not mind a change.
	Shipped, Changed, Conf bool
	// System is true where the owner is the system's package manager.
	System bool
	// Hidden: a later layer removed or replaced the file. It is still in the image.
	Hidden bool
}

// watches are those of one scanner.
type watches struct {
	all  []Watch
	on   []Watch // that want the file being read
	up   string  // of members: the file around them with "!/"
	at   int32
	deep bool // members are read
}

// begin says which watches want a file, and takes their writers.
func (w *watches) begin(p Passing, sums []io.Writer) []io.Writer {
	w.on = w.on[:0]
	for _, one := range w.all {
		if one.File(p) {
			w.on = append(w.on, one)
			sums = append(sums, one)
		}
	}
	return sums
}

func (w *watches) end() {
	for _, one := range w.on {
		one.End()
	}
	w.on = w.on[:0]
}

// passing describes a file to the watches.
func (s *scanner) passing(f *format, kind landwaiter.FileKind, at int32, rec *image.Record, head []byte) Passing {
	p := Passing{Record: at, Path: rec.Path, Size: rec.Size, Kind: kind, Head: head}
	if f != nil {
		p.Format = f.name
	}
	if s.watch.deep {
		p.Record, p.Path = s.watch.at, s.watch.up+rec.Path
		p.Inside = s.watch.up[len(s.watch.outer()):] + rec.Path
	}
	return p
}

// outer is the path of the file of the layer with its "!/".
func (w *watches) outer() string {
	for i := range len(w.up) {
		if i+2 <= len(w.up) && w.up[i:i+2] == "!/" {
			return w.up[:i+2]
		}
	}
	return w.up
}

// watchMembers lets the watches of content see the members of an archive that is
// being read by s.
func (s *scanner) watchMembers(kid *scanner, l *look) {
	kid.watch.deep, kid.watch.at, kid.watch.up = true, l.at, l.path+"!/"
	if s.watch.deep {
		kid.watch.at, kid.watch.up = s.watch.at, s.watch.up+l.path+"!/"
	}
	if kid.watch.all == nil && s.content != nil {
		kid.content, kid.watch.all = s.content, []Watch{s.content()}
	}
}

// watchLayer makes the watches of a layer.
func (s *scanner) watchLayer(ctx context.Context, w Watches) {
	s.content = w.Content
	if w.Content != nil {
		s.watch.all = append(s.watch.all, w.Content())
	}
	if w.Fresh != nil {
		s.watch.all, s.fresh = append(s.watch.all, w.Fresh(ctx)), true
	}
}

// watched closes the watches of a layer and of the archives in it, all of them, and
// keeps the word of those whose word is kept. fresh is what the others say.
func (s *scanner) watched(ctx context.Context) (fresh Watched, err error) {
	var kept Watched
	for one := s; one != nil; one = one.kid {
		for i, w := range one.watch.all {
			said, fail := w.Close(ctx)
			err = cmp.Or(err, fail)
			to := &kept
			if one == s && s.fresh && i == len(one.watch.all)-1 {
				to = &fresh
			}
			to.Marks = append(to.Marks, said.Marks...)
			to.Looked = addLooked(to.Looked, said.Looked)
		}
	}
	slices.SortStableFunc(kept.Marks, func(a, b Mark) int { return cmp.Compare(a.Record, b.Record) })
	s.out.watched = kept
	return fresh, err
}

// addLooked adds counts of the same words together, in the order of the words.
func addLooked(to, more []Looked) []Looked {
	for _, l := range more {
		i, ok := slices.BinarySearchFunc(to, l, func(a, b Looked) int {
			return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.By, b.By), cmp.Compare(a.Why, b.Why))
		})
		if !ok {
			to = slices.Insert(to, i, Looked{Check: l.Check, By: l.By, Why: l.Why})
		}
		to[i].Add(l.Count)
	}
	return to
}

// seen says of every mark, and of every table whose columns have names, what is known
// about its file. Layers that are the same are said once, with the first of them in
// which the file is visible.
func (g *merge) seen(r *Result) {
	where := map[image.Content]int32{}
	done := map[*layerFacts][]int{}
	var order []*layerFacts
	for i, l := range g.layers {
		if done[l] == nil {
			order = append(order, l)
			r.Looked = addLooked(r.Looked, l.watched.Looked)
			r.Looked = addLooked(r.Looked, g.freshOf(i).Looked)
		}
		done[l] = append(done[l], i)
		for _, rec := range g.marked(i) {
			where[image.Content{Layer: int32(i), Record: rec}] = noOwner
		}
	}
	if len(where) == 0 {
		return
	}
	for n := range g.files.all() {
		c := g.tree.Content(n)
		if old, ok := where[c]; ok && (old == noOwner || g.files[old].owner == noOwner && g.files[n].owner != noOwner) {
			where[c] = n
		}
	}
	for _, l := range order {
		for _, m := range slices.Concat(l.watched.Marks, g.freshOf(done[l][0]).Marks) {
			r.Seen = append(r.Seen, g.sighting(r, l, done[l], where, m))
		}
		for _, rec := range l.tables() {
			s := g.sighting(r, l, done[l], where, Mark{Record: rec})
			own := *l.natures[rec]
			s.File.Nature = &own
			r.Seen = append(r.Seen, s)
		}
	}
	slices.SortStableFunc(r.Seen, func(a, b Seen) int {
		return cmp.Or(cmp.Compare(a.File.Path, b.File.Path), cmp.Compare(a.File.Layer, b.File.Layer), cmp.Compare(a.Inside, b.Inside), cmp.Compare(a.Line, b.Line), cmp.Compare(a.What, b.What))
	})
}

// marked are the records of a layer of which a watch or the names of columns say
// something.
func (g *merge) marked(layer int) []int32 {
	l := g.layers[layer]
	out := l.tables()
	first := slices.Index(g.layers, l) // of those that are the same, the one that was read
	for _, m := range slices.Concat(l.watched.Marks, g.freshOf(first).Marks) {
		out = append(out, m.Record)
	}
	return out
}

// freshOf is what is not kept of a layer.
func (g *merge) freshOf(layer int) Watched {
	if layer < len(g.fresh) {
		return g.fresh[layer]
	}
	return Watched{}
}

// tables are the records of files whose columns have names, in order.
func (l *layerFacts) tables() (out []int32) {
	for rec, n := range l.natures {
		if len(n.Fields) > 0 {
			out = append(out, rec)
		}
	}
	slices.Sort(out)
	return out
}

func (g *merge) sighting(r *Result, l *layerFacts, layers []int, where map[image.Content]int32, m Mark) Seen {
	s := Seen{Mark: m, Hidden: true}
	for _, i := range layers {
		n := where[image.Content{Layer: int32(i), Record: m.Record}]
		if n == noOwner {
			continue
		}
		f := &g.files[n]
		s.File, s.Hidden = r.file(n), false
		if f.owner != noOwner {
			s.File.Owner = r.Packages[f.owner].ID
			s.System = f.is(flagSystem)
			s.Shipped, s.Changed, s.Conf = f.state() == stateShipped, f.state() == stateChanged, f.is(flagConf)
		}
		return s
	}
	sum := l.records.SHA256(m.Record)
	s.File = landwaiter.File{
		Path: l.records.Path(m.Record), Layer: layers[0], Size: l.records.Size(m.Record), Mode: l.records.Mode(m.Record),
		SHA256: hex.EncodeToString(sum[:]), Kind: kinds[l.notes[m.Record].kind],
	}
	return s
}
