package inventory

import (
	"context"

	"github.com/landwaiter/landwaiter/internal/image"
)

// secondPass is what is asked of layers with one content.
type secondPass struct {
	indexes []int
	diffID  string
	names   map[int32][]string // by record
	out     *layerFacts        // nil until it is known
}

// readAgain reads what one pass could not: files that carry a wanted name only
// by a hard link, and programs too large for memory that have a reader's sign.
func (g *merge) readAgain(ctx context.Context, im *image.Image, m *matcher, lc *layerCache) error {
	passes := g.passes(im, m)
	of := make([]*secondPass, len(g.layers))
	var indexes []int
	for _, p := range passes {
		for _, i := range p.indexes {
			of[i] = p
		}
		if p.out = lc.knownAgain(p.diffID, p.names, g.layers[p.indexes[0]].records.Len()); p.out == nil {
			indexes = append(indexes, p.indexes...)
		}
	}
	if len(indexes) > 0 {
		lc.stats.Again.Add(int64(len(indexes)))
		err := im.Again(ctx, indexes, func(ctx context.Context, l *image.Layer) error {
			p := of[l.Indexes[0]]
			s := newScanner(m, &Stats{})
			s.rename = p.names
			if err := s.scan(ctx, l); err != nil {
				return err
			}
			// The rest is what the first pass said.
			p.out = &layerFacts{facts: s.out.facts, systems: s.out.systems, gaps: s.out.gaps}
			if s.lucky() {
				lc.keepAgain(p.diffID, p.names, p.out)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for i, p := range of {
		if p != nil {
			g.second = append(g.second, secondFacts{i, p.out})
		}
	}
	return nil
}

// passes says which layers must be read a second time, and what for. Layers with one
// content are read once.
func (g *merge) passes(im *image.Image, m *matcher) []*secondPass {
	layers := im.Subject().Layers
	var out []*secondPass
	byContent := map[string]*secondPass{}
	add := func(c image.Content, name string) {
		l := &layers[c.Layer]
		key := l.Digest + " " + l.DiffID // a folder has neither, and one layer
		p := byContent[key]
		if p == nil {
			p = &secondPass{diffID: l.DiffID, names: map[int32][]string{}}
			for i := range layers {
				if layers[i].Digest == l.Digest && layers[i].DiffID == l.DiffID {
					p.indexes = append(p.indexes, i)
				}
			}
			byContent[key], out = p, append(out, p)
		}
		p.names[c.Record] = append(p.names[c.Record], name)
	}
	large := map[image.Content]bool{}
	for i, l := range g.layers {
		for _, rec := range l.large {
			large[image.Content{Layer: int32(i), Record: rec}] = true
		}
	}
	for n := range g.files.all() {
		// Programs are read by content, whatever their name.
		c := g.tree.Content(n)
		if large[c] || g.tree.At(n) != c && len(m.rows(nil, g.tree.Path(n), false)) > 0 {
			add(c, g.tree.Path(n))
		}
	}
	return out
}
