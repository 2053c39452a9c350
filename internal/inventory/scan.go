package inventory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// layerFacts is what one layer says by itself: it depends on the layer's content
// and on the readers alone.
type layerFacts struct {
	records image.Records
	notes   []noted    // one for each record
	sums    []weakSums // of some records, in their order
	facts   []fileFacts
	systems []systemFact
	gaps    []landwaiter.Gap // Layer is set by the merge
	large   []int32          // programs to read in a second pass
	// natures are what a look inside showed, by record.
	natures map[int32]*landwaiter.Nature
	// shut is what a look inside could not see. It matters where nobody owns the
	// file: who owns it answers for it.
	shut []shutGap
	// watched is what those who look into content saw.
	watched Watched
	// gains are the files that give more rights than whoever starts them has, starts
	// the scripts that fetch or change software.
	gains  []gain
	starts []start
}

// shutGap is a gap inside one record.
type shutGap struct {
	record int32
	gap    landwaiter.Gap
}

// fileFacts is what the readers said about one record.
type fileFacts struct {
	record int32
	row    int
	path   string // the name under which it was read
	facts
}

type systemFact struct {
	record int32
	sys    landwaiter.System
}

// scanner reads one layer. Its buffers serve all files of the layer.
type scanner struct {
	m     *matcher
	stats *Stats
	out   *layerFacts
	count int32 // entries so far
	head  [headSize]byte
	copy  []byte
	mem   []byte // a wanted file
	rows  []int
	sha   hash.Hash
	weak  weakHash
	marks system
	win   window
	// shared are natures that many files have.
	shared map[string]*landwaiter.Nature
	// nest is what the scanner of an archive's members shares with those around
	// it; nil in a layer until the first archive.
	nest *nest
	kid  *scanner // reads the members of archives
	// content makes the watch of content, nil for none; fresh says that the last of the
	// watches is one whose word is not kept.
	content func() Watch
	fresh   bool
	watch   watches
	// chance is true where what was said depends on this machine: a file could not be
	// kept while it was read. The next run may see more.
	chance bool
	// rename gives, in a second pass, the records to read and under which names.
	rename map[int32][]string
	start  startText
	placed map[string]bool // names that rows had by name alone
}

func newScanner(m *matcher, stats *Stats) *scanner {
	return &scanner{
		m: m, stats: stats, out: &layerFacts{natures: map[int32]*landwaiter.Nature{}}, placed: map[string]bool{}, copy: make([]byte, 128<<10),
		sha: sha256.New(), weak: newWeakHash(),
		shared: map[string]*landwaiter.Nature{},
	}
}

// scan reads a layer to its end.
func (s *scanner) scan(ctx context.Context, l *image.Layer) error {
	defer s.weak.close()
	for {
		e, err := l.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.entry(l, e); err != nil {
			return err
		}
	}
	if l.Trailing > 0 {
		s.gap(landwaiter.Gap{
			Bytes: l.Trailing, Unread: true, Code: true,
			Reason: "data stands behind the end of the layer's archive, where engines do not look",
		})
	}
	s.stats.Layers.Add(1)
	return nil
}

func (s *scanner) entry(l *image.Layer, e image.Entry) error {
	rec := image.NewRecord(&e)
	at := s.count
	s.count++
	s.marks.note(e.Path)
	var n note
	var err error
	switch {
	case e.Unreadable != "":
		n.kind, n.flags = landwaiter.FileUnknown, flagUnread
		// A file is counted as unread by its record; of a folder only the gap knows.
		s.gap(landwaiter.Gap{Path: e.Path, Bytes: unreadBytes(e), Unread: e.Type != image.TypeFile, Code: true, Reason: e.Unreadable})
	case e.Type == image.TypeFile && (s.rename == nil || s.rename[at] != nil):
		lap := s.lap(&s.stats.files)
		n, err = s.file(l, at, &rec)
		lap.End(rec.Size)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.Path, err)
	}
	if e.Note != "" {
		s.gap(landwaiter.Gap{Path: e.Path, Bytes: e.Size, Code: e.Type == image.TypeOther, Reason: e.Note})
	}
	if s.rename == nil && e.Type == image.TypeFile {
		s.byName(e.Path, at)
	}
	if s.rename == nil && e.Type != image.TypeWhiteout && e.Type != image.TypeOpaque {
		s.place(e.Path, at)
	}
	if s.rename != nil {
		return nil // the first pass has them
	}
	s.gain(at, &e)
	s.out.notes = append(s.out.notes, n.noted())
	return s.out.records.Append(&rec)
}

// place hands what lies directly in a folder that a row asked for to the row, by
// name alone and once.
func (s *scanner) place(path string, at int32) {
	name, rows := s.m.placed(path)
	if name == "" || s.placed[name] {
		return
	}
	s.placed[name] = true
	f := &file{Path: name, ReaderAt: bytes.NewReader(nil)}
	for _, r := range rows {
		s.readRow(&keeper{}, f, at, r)
	}
}

// byName hands a file to the rows that know it by its name alone.
func (s *scanner) byName(path string, at int32) {
	for _, r := range s.m.byName(path) {
		s.readRow(&keeper{}, &file{Path: path, ReaderAt: bytes.NewReader(nil)}, at, r)
	}
}

// unreadBytes is how much is missing: nobody can say for a folder.
func unreadBytes(e image.Entry) int64 {
	if e.Type == image.TypeFile {
		return e.Size
	}
	return -1
}

func (s *scanner) gap(g landwaiter.Gap) { s.out.gaps = append(s.out.gaps, g) }

// file reads one file to its end: digest, kind and, where a row wants it, facts.
func (s *scanner) file(l io.Reader, at int32, rec *image.Record) (note, error) {
	n, err := io.ReadFull(l, s.head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return note{}, err
	}
	in := source{head: s.head[:n], r: l}
	var out note
	f, kind := s.m.formats.find(rec.Path, in.head)
	if out.kind = kind; f != nil && f.closed {
		out.flags |= flagClosed
	}
	names := []string{rec.Path}
	if s.rename != nil {
		names = s.rename[at]
	} else {
		s.stats.Files.Add(1)
	}
	w := s.wanted(names, out.kind == landwaiter.FileProgram, rec.Size)
	v := s.view(f, w, at, rec, in.head)
	if v != nil && v.keeper {
		w = s.keepWhole(w, v, rec.Size)
	}
	weak := s.rename == nil && s.nest.top() && out.kind.Code() // where a changed file matters
	sums := s.sums(rec.Size, weak)
	if len(s.watch.all) > 0 && s.rename == nil {
		sums = s.watch.begin(s.passing(f, kind, at, rec, in.head), sums)
		defer s.watch.end()
	}
	if w != nil {
		defer func() {
			s.chance = s.chance || w.keep.err != nil
			w.keep.close()
		}()
		sums = append(sums, &w.keep)
	}
	if v != nil && v.window {
		sums = append(sums, &s.win)
	}
	st := s.startText(rec.Path, in.head)
	if st != nil {
		sums = append(sums, st)
	}
	in.w = io.MultiWriter(sums...)
	if v != nil && f.need == needStream {
		v.look.in = &in
		lap := s.lap(&s.stats.look)
		s.see(v, at, &out)
		lap.End(rec.Size)
	}
	if rec.Size, err = in.drain(s.copy); err != nil {
		return note{}, err
	}
	if s.nest.top() {
		s.sha.Sum(rec.SHA256[:0])
	}
	if st != nil {
		s.steps(st, at)
	}
	if weak {
		s.out.sums = append(s.out.sums, s.weak.end(at))
	}
	if w != nil {
		read := !w.keep.dropped
		if w.keep.dropped && s.passed(w, at, rec.Size) {
			// A row that cannot have all of it says so at once.
			if read = rec.Size > w.keep.max; !read {
				s.out.large = append(s.out.large, at)
			}
		}
		lap := s.lap(&s.stats.extract)
		if read && s.read(w, at, rec.Size) {
			out.flags |= flagOpened
		}
		lap.End(rec.Size)
		s.stats.Spilled.Add(w.keep.onDisk())
	}
	if v != nil && f.need != needStream {
		v.kept(w, rec.Size)
		lap := s.lap(&s.stats.look)
		s.see(v, at, &out)
		lap.End(rec.Size)
	}
	return out, nil
}

// lap starts to time a stage; for members of archives it times nothing, as they are
// part of what is timed already.
func (s *scanner) lap(stage *limitio.Stage) limitio.Lap {
	if !s.nest.top() {
		return limitio.Lap{}
	}
	return stage.Begin(context.Background(), s.stats.clock)
}

// sums are the digests that are taken of a file. Members of archives have none:
// nobody compares them.
func (s *scanner) sums(size int64, weak bool) []io.Writer {
	if !s.nest.top() {
		return nil
	}
	s.sha.Reset()
	if weak {
		return []io.Writer{s.sha, s.weak.begin(size, s.marks.sha1())}
	}
	return []io.Writer{s.sha}
}

// read hands a kept file to every row that wants it, under each of its names. It
// reports whether a row found a package in it.
func (s *scanner) read(w *wanted, at int32, size int64) (found bool) {
	for i, name := range w.names {
		f := &file{Path: name, Size: size, ReaderAt: &w.keep}
		if w.system && slices.Contains(osReleasePaths, name) {
			s.readSystem(f, at)
		}
		for _, r := range w.rows[i] {
			found = s.readRow(&w.keep, f, at, r) || found
		}
	}
	return found
}

func (s *scanner) readSystem(f *file, at int32) {
	sys, err := parseOSRelease(f.Path, f.Reader())
	if err != nil {
		s.gap(landwaiter.Gap{Path: f.Path, Bytes: f.Size, Code: true, Reason: place(err, f.Path)})
		return
	}
	s.out.systems = append(s.out.systems, systemFact{at, *sys})
}

func (s *scanner) readRow(k *keeper, f *file, at int32, r int) bool {
	e := &s.m.table[r]
	ff := fileFacts{record: at, row: r, path: f.Path}
	var err error
	switch {
	case k.err != nil:
		err = fmt.Errorf("no room to keep it while it is read: %w", k.err)
	case f.Size > e.maxBytes():
		err = fmt.Errorf("%d bytes, and at most %d are read: %w", f.Size, e.maxBytes(), landwaiter.ErrTooLarge)
	default:
		err = func() (err error) {
			defer caught(f.Path, &err)
			return e.read(f, &ff.facts)
		}()
	}
	if err != nil {
		ff.Gap(f.Path, f.Size, true, e.name+": "+place(err, f.Path))
	}
	return s.keepFacts(ff)
}

// passed takes what was seen of a program that was too large to keep. It reports
// whether a row must have it whole.
func (s *scanner) passed(w *wanted, at int32, size int64) (again bool) {
	again = w.keep.seen
	f := &file{Path: w.names[0], Size: size, ReaderAt: bytes.NewReader(nil)}
	list := make([]fileFacts, len(w.keep.pass))
	for i, p := range w.keep.pass {
		list[i] = fileFacts{record: at, row: p.row, path: f.Path}
		again = p.done(f, &list[i].facts) || again
	}
	if again {
		return true
	}
	for _, ff := range list {
		s.keepFacts(ff)
	}
	return false
}

// keepFacts keeps what a row said about a file. It reports whether that names a
// package.
func (s *scanner) keepFacts(ff fileFacts) bool {
	ff.legible(ff.path)
	for i := range ff.packages {
		if ev := &ff.packages[i].pkg.Evidence[0]; ev.Path == "" {
			ev.Path = ff.path
		}
	}
	if len(ff.packages)+int(ff.claims.n)+len(ff.gaps)+len(ff.later)+len(ff.confirms) == 0 {
		return false
	}
	ff.claims.trim()
	s.stats.Packages.Add(int64(len(ff.packages)))
	s.out.facts = append(s.out.facts, ff)
	return len(ff.packages) > 0
}

// place says an error without the path that the gap names anyway.
func place(err error, path string) string {
	if syn, ok := errors.AsType[*landwaiter.SyntaxError](err); ok && syn.Path == path {
		bare := *syn
		bare.Path = ""
		return bare.Error()
	}
	return err.Error()
}
