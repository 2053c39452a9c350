package inventory

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// nest is what the scanner of an archive's members knows of those around it.
type nest struct {
	member bool // this scanner reads members
	depth  int
	// single: the member is all that the archive around it holds, so that what it
	// is, is what the archive is.
	single bool
	budget *budget
}

// top reports whether the files are a layer's own.
func (n *nest) top() bool { return n == nil || !n.member }

// budget is how much more may be unpacked.
type budget struct {
	file  int64 // from one file of the layer, through all depths
	layer int64 // from all files of the layer
}

// sees reports whether a member of format f is looked into: where code may hide,
// and where nothing else is there to say what the archive is.
func (n *nest) sees(f *format) bool { return f.code || n.single }

// walk opens archives for one file of scanner s.
type walk struct {
	s *scanner
	// without are the rows that read the archive by themselves: they answer for
	// what is inside.
	without []int
}

// inner hands the members of one archive to a scanner of its own, as if they were
// the files of a layer.
type inner struct {
	l   *look
	kid *scanner
	n   int32
}

// members starts on an archive. It fails where too many lie inside each other.
func (l *look) members(single bool) (*inner, error) {
	s := l.walk.s
	if s.nest == nil {
		s.nest = &nest{budget: &budget{layer: archiveMaxLayer}}
	}
	if !s.nest.member {
		s.nest.budget.file = min(limitio.MaxNestedSize, max(limitio.MinRatio, l.stored*limitio.MaxRatio))
	}
	depth := s.nest.depth + 1
	if depth > limitio.MaxNested {
		return nil, fmt.Errorf("more than %d archives inside each other: %w", limitio.MaxNested, landwaiter.ErrTooLarge)
	}
	if s.kid == nil {
		s.kid = newScanner(s.m.inside, &Stats{})
		s.kid.nest = &nest{member: true, depth: depth, budget: s.nest.budget}
	}
	s.kid.nest.single = single
	s.watchMembers(s.kid, l)
	s.kid.out = &layerFacts{natures: map[int32]*landwaiter.Nature{}}
	return &inner{l: l, kid: s.kid}, nil
}

// errSpent: an archive passed a cap, so that no more of it is read.
var errSpent = fmt.Errorf("archives that unpack to more than we read: %w", landwaiter.ErrTooLarge)

// spend counts what passes against the budget.
type spend struct {
	r io.Reader
	b *budget
}

func (s spend) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.b.file -= int64(n)
	s.b.layer -= int64(n)
	if s.b.file < 0 || s.b.layer < 0 {
		return 0, errSpent
	}
	return n, err
}

// add reads one member. size is what the archive says, -1 where it does not.
func (in *inner) add(name string, size int64, r io.Reader) (note, error) {
	if in.n++; in.n > limitio.MaxArchived {
		return note{}, fmt.Errorf("more than %d members: %w", limitio.MaxArchived, landwaiter.ErrTooLarge)
	}
	name = clean(strings.ToValidUTF8(name, "\ufffd"))
	if len(name) > limitio.MaxName {
		return note{}, fmt.Errorf("a name of %d bytes: %w", len(name), landwaiter.ErrTooLarge)
	}
	rec := image.Record{Path: name, Size: size}
	n, err := in.kid.file(spend{r, in.kid.nest.budget}, in.n, &rec)
	in.lift(name, n.kind)
	if err != nil {
		return n, fmt.Errorf("%s: %w", short(name, natureName), err)
	}
	in.l.nature.Members++
	if n.kind.Code() {
		in.l.nature.Programs++
	}
	return n, nil
}

// lift takes what the last member said to the archive.
func (in *inner) lift(name string, kind landwaiter.FileKind) {
	l, out := in.l, in.kid.out
	outer := &l.walk.s.out.facts
	for _, ff := range out.facts {
		if slices.Contains(l.walk.without, ff.row) {
			continue
		}
		// What a row that guesses could not find out of a member is no news: nobody
		// answers for the archive anyway.
		for _, gap := range ff.gaps {
			if !l.walk.s.m.table[ff.row].guess {
				in.shut(name, gap)
			}
		}
		up := fileFacts{record: l.at, row: ff.row, path: l.path}
		for _, p := range ff.packages {
			if p.waits != "" || p.lies != "" {
				continue // it stands only with other files, which lie apart here
			}
			// What is installed cannot depend on what lies in an archive, nor the
			// other way round: the keys are of a place of their own.
			keys := make([]string, len(p.keys))
			for i, key := range p.keys {
				keys[i] = l.path + "!/" + key
			}
			p.pkg.Requires = nil
			ev := p.pkg.Evidence[0]
			ev.Path = l.path + "!/" + ev.Path
			p.pkg.Evidence = []landwaiter.Evidence{ev}
			up.packages = append(up.packages, packageFact{keys: keys, pkg: p.pkg})
		}
		if len(up.packages) > 0 {
			*outer = append(*outer, up)
		}
	}
	for _, gap := range out.gaps {
		in.shut(name, gap)
	}
	for _, sh := range out.shut {
		in.shut(name, sh.gap)
	}
	if n := out.natures[in.n]; n != nil && !in.kid.nest.single {
		if kind != landwaiter.FileScript { // whose opening runs nothing
			l.liftModel(n)
		}
		l.nature.Members += n.Members
		l.nature.Programs += n.Programs
	}
	out.facts, out.gaps, out.shut, out.large, out.systems = out.facts[:0], out.gaps[:0], out.shut[:0], out.large[:0], out.systems[:0]
	if !in.kid.nest.single {
		clear(out.natures)
	}
}

// shut says of the archive what was said of a member.
func (in *inner) shut(name string, gap landwaiter.Gap) {
	if gap.Path == "" {
		gap.Path = name
	}
	n := len(in.l.gaps)
	in.l.shut(gap.Bytes, gap.Reason)
	if len(in.l.gaps) > n {
		in.l.gaps[n].Path = inside(in.l.path, gap.Path)
		if len(in.l.gaps[n].Path) > limitio.MaxName {
			in.l.gaps[n].Path = in.l.path
		}
	}
}

// liftModel says of an archive what a model in it would run.
func (l *look) liftModel(n *landwaiter.Nature) {
	for v, word := range runs {
		if n.RunsCode == word {
			l.runsCode(v)
		}
	}
	if len(l.nature.Calls) < natureCalls {
		l.nature.Calls = unique(append(l.nature.Calls, n.Calls...))
		l.nature.Calls = l.nature.Calls[:min(len(l.nature.Calls), natureCalls)]
		slices.Sort(l.nature.Calls)
	}
}

// finish ends an archive that was read to its end.
func (l *look) finish(err error) error {
	l.opened = err == nil && !l.closed
	if l.nature.RunsCode != "" && l.nature.Detail == "" {
		l.say("holds models whose opening may run code")
	}
	return err
}

// heads reads the first bytes of r without taking them.
func heads(r io.Reader) (*bufio.Reader, []byte) {
	b := bufio.NewReader(r)
	head, _ := b.Peek(headSize) // a failure shows again when they are taken
	return b, head
}

// drained reads what is left behind the end of an archive, and says if it is not
// padding: nobody who unpacks the archive sees it.
func (l *look) drained(r io.Reader) error {
	buf := make([]byte, 32<<10)
	var extra int64
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 || extra > 0 {
				extra++
			}
		}
		if err == nil {
			continue
		}
		if extra > 0 {
			l.shut(extra, fmt.Sprintf("%d bytes behind the end of an archive", extra))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}
