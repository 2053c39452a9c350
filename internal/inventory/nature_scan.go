package inventory

import (
	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// view is a look at a file that is being read, and how its bytes are kept.
type view struct {
	f      *format
	look   look
	keeper bool // in the keeper of those that read it whole
	window bool // in the scanner's window
}

// view says how the file of row f is looked into, nil where it is not. A second
// pass has nothing new to see.
func (s *scanner) view(f *format, w *wanted, at int32, rec *image.Record, head []byte) *view {
	if f == nil || f.look == nil || s.rename != nil {
		return nil
	}
	if !s.nest.top() && !s.nest.sees(f) {
		return nil
	}
	v := &view{f: f, look: look{path: rec.Path, at: at, size: rec.Size, stored: rec.Size, head: head, walk: &walk{s: s}}}
	if w != nil {
		for _, rows := range w.rows {
			v.look.walk.without = append(v.look.walk.without, rows...)
		}
	}
	switch f.need {
	case needHead:
		v.look.ReaderAt = holed(head)
	case needStream:
		v.look.size = -1
	case needStart:
		v.window = true
		s.win.reset(natureStart, 0, rec.Size)
	case needWhole, needEnds, needSpill:
		most := int64(limitio.MaxInMemory)
		if f.need == needSpill {
			most = limitio.MaxWanted
		}
		if f.need == needEnds && w == nil {
			most = 2 * natureEnds
		}
		if v.keeper = rec.Size <= most; !v.keeper {
			v.window = true
			s.win.reset(natureEnds, natureEnds, rec.Size)
		}
	}
	if v.window {
		v.look.ReaderAt = &s.win
	}
	return v
}

// keepWhole makes sure that w keeps the whole file for v.
func (s *scanner) keepWhole(w *wanted, v *view, size int64) *wanted {
	most := int64(limitio.MaxInMemory)
	if v.f.need == needSpill {
		most = limitio.MaxWanted
	}
	switch {
	case w == nil:
		w = &wanted{keep: keeper{max: most}}
	case w.keep.max < most:
		w.keep.max = most
	}
	if v.f.need == needSpill {
		w.keep.search = false
	}
	s.room(w, size)
	return w
}

// kept hands to the look what was kept of the file, whose size is known by now.
func (v *view) kept(w *wanted, size int64) {
	v.look.size = size
	if v.keeper {
		v.look.ReaderAt = &w.keep
		if size > w.keep.max { // what it said of its size was not so
			v.look.ReaderAt = holed(v.look.head)
		}
	}
}

// see looks, and keeps what it saw of the record.
func (s *scanner) see(v *view, at int32, out *note) {
	l := &v.look
	n := l.run(v.f)
	if l.kind != "" {
		out.kind = l.kind
	}
	if n == nil {
		return
	}
	if n.Soname+n.BuildID == "" && n.Rows+n.Members == 0 && len(n.Links)+len(n.Calls)+len(n.Fields) == 0 {
		n = s.share(n)
	}
	s.out.natures[at] = n
	for _, gap := range l.gaps {
		s.out.shut = append(s.out.shut, shutGap{at, gap})
	}
	switch {
	case l.closed:
		out.flags = out.flags&^flagOpened | flagClosed
	case l.opened:
		out.flags |= flagOpened
	}
}

// share returns one nature for all files of which the same is said.
func (s *scanner) share(n *landwaiter.Nature) *landwaiter.Nature {
	key := n.Format + "\x00" + n.Detail + "\x00" + n.Interpreter + "\x00" + n.RunsCode
	if old := s.shared[key]; old != nil {
		return old
	}
	if len(s.shared) < maxShared {
		s.shared[key] = n
	}
	return n
}

// shutGaps are the gaps of looks inside files that are visible and that nobody
// owns: who owns a file answers for it.
func (g *merge) shutGaps() {
	shut := map[image.Content][]landwaiter.Gap{}
	for i, l := range g.layers {
		for _, sh := range l.shut {
			c := image.Content{Layer: int32(i), Record: sh.record}
			shut[c] = append(shut[c], sh.gap)
		}
	}
	if len(shut) == 0 {
		return
	}
	for n, f := range g.files.all() {
		if f.owner != noOwner {
			continue
		}
		c := g.tree.Content(n)
		for _, gap := range shut[c] {
			gap.Layer = int(c.Layer)
			g.gaps = append(g.gaps, gap)
		}
		delete(shut, c) // said once, whatever its names
	}
}
