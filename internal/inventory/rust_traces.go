package inventory

import (
	"bytes"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// rustSeen is what the bytes of a program show of Rust.
type rustSeen struct {
	rust     bool // the compiler or the standard library left its mark
	listed   bool // the name of cargo-auditable's section stands somewhere
	full     bool // more crates than were noted
	versions map[string]bool
	named    map[rustRef]bool
}

type rustRef struct{ name, version string }

const (
	rustPiece       = 256 << 10 // bytes looked at together
	rustReach       = 512       // bytes that one mark may take
	rustMaxVersions = 8         // of compilers, in one program
)

// rustMark is a text to search for, and what is to be made of the bytes from there on.
// before is what stands in front of it.
type rustMark struct {
	text string
	note func(s *rustSeen, before, from []byte)
}

// rustMarks are the marks of Rust in a program. The first two tell whether it is one.
var rustMarks = []rustMark{
	{rustListed, func(s *rustSeen, _, _ []byte) { s.listed = true }},
	{"rustc", (*rustSeen).compiler},
	{"registry", (*rustSeen).registry},
	{"/rust/deps/", func(s *rustSeen, _, from []byte) { s.crate(from[len("/rust/deps/"):]) }},
}

var (
	// rustcVersion is how the compiler signs its work, in the section .comment
	// and in debugging data: "rustc version 1.78.0 (9b00956e5 2024-04-29)".
	rustcVersion = regexp.MustCompile(`^rustc version (\d+\.\d+\.\d+[0-9A-Za-z.-]*) \([0-9a-f]{7,12} \d{4}-\d\d-\d\d`)
	// rustcSource is where the standard library's sources lay: the compiler
	// replaces the folder by a commit, Debian by a version.
	rustcSource = regexp.MustCompile(`^rustc(?:/[0-9a-f]{40}|-(\d+\.\d+\.\d+))[/\\]+library[/\\]`)
	// cratesIO is Cargo's folder of the sources of crates.io, by its index over
	// HTTP or by the older one in Git, whose hash is always the same.
	cratesIO = regexp.MustCompile(`^registry[/\\]+src[/\\]+(?:index\.crates\.io-[0-9a-f]{16}|github\.com-1ecc6299db9ec823)[/\\]+`)
	// crateFolder is the name of a crate, which has no dot, and its version, in
	// front of a path inside it.
	crateFolder = regexp.MustCompile(`^([A-Za-z][0-9A-Za-z_-]{0,63}?)-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)[/\\]+[0-9A-Za-z_]`)
)

// rustSearch looks for what Rust leaves in a program that is written to it.
type rustSearch struct {
	rustSeen
	buf   []byte
	start int // of what was not looked at yet
}

func newRustSearch() *rustSearch {
	return &rustSearch{
		rustSeen: rustSeen{versions: map[string]bool{}, named: map[rustRef]bool{}},
		buf:      make([]byte, 0, rustPiece),
	}
}

func (s *rustSearch) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(cap(s.buf)-len(s.buf), len(p))
		s.buf, p = append(s.buf, p[:k]...), p[k:]
		if len(s.buf) < cap(s.buf) {
			break
		}
		stop := max(s.start, len(s.buf)-rustReach) // a mark that starts later waits for the next piece
		s.look(rustMarks, s.buf, s.start, stop)
		keep := max(0, stop-rustReach) // what may stand in front of a mark
		s.start = stop - keep
		s.buf = s.buf[:copy(s.buf, s.buf[keep:])]
	}
	return n, nil
}

// end looks at what is left.
func (s *rustSearch) end() *rustSeen {
	s.look(rustMarks, s.buf, s.start, len(s.buf))
	return &s.rustSeen
}

// rustTraces looks through a program for what Rust leaves in it.
func rustTraces(f *file) (*rustSeen, error) {
	if data, ok := f.inMemory(); ok {
		s := &rustSeen{versions: map[string]bool{}, named: map[rustRef]bool{}}
		// Crates count in a program of Rust alone, which most are not.
		if s.look(rustMarks[:2], data, 0, len(data)); s.rust {
			s.look(rustMarks[2:], data, 0, len(data))
		}
		return s, nil
	}
	s := newRustSearch()
	if _, err := io.CopyBuffer(struct{ io.Writer }{s}, f.Reader(), make([]byte, rustPiece)); err != nil {
		return nil, err
	}
	return s.end(), nil
}

// look notes the marks that start in buf[start:stop].
func (s *rustSeen) look(marks []rustMark, buf []byte, start, stop int) {
	for _, m := range marks {
		for at := start; at < stop; at += len(m.text) {
			n := bytes.Index(buf[at:], []byte(m.text))
			if n < 0 || at+n >= stop {
				break
			}
			at += n
			m.note(s, buf[max(0, at-rustReach):at], buf[at:min(len(buf), at+rustReach)])
		}
	}
}

func (s *rustSeen) compiler(_, from []byte) {
	m := rustcVersion.FindSubmatch(from)
	if m == nil {
		if m = rustcSource.FindSubmatch(from); m == nil {
			return
		}
	}
	s.rust = true
	if version := string(m[1]); version != "" && len(s.versions) < rustMaxVersions {
		s.versions[version] = true
	}
}

// registry notes a crate of Cargo's own folder, or of Debian's.
func (s *rustSeen) registry(before, from []byte) {
	if m := cratesIO.Find(from); m != nil {
		s.crate(from[len(m):])
		return
	}
	const tail = "registry/"
	for _, debian := range []string{"/usr/share/cargo/", "/debian/cargo_"} {
		if bytes.HasSuffix(before, []byte(debian)) && bytes.HasPrefix(from, []byte(tail)) {
			s.crate(from[len(tail):])
		}
	}
}

// crate notes the crate whose folder name starts from.
func (s *rustSeen) crate(from []byte) {
	m := crateFolder.FindSubmatch(from)
	if m == nil {
		return
	}
	c := rustRef{string(m[1]), string(m[2])}
	if len(s.named) >= rustMaxCrates && !s.named[c] {
		s.full = true
		return
	}
	s.named[c] = true
}

// compilers lists the versions of the compilers.
func (s *rustSeen) compilers() []string { return slices.Sorted(maps.Keys(s.versions)) }

// crates lists the crates by name and version.
func (s *rustSeen) crates() []rustRef {
	return slices.SortedFunc(maps.Keys(s.named), func(a, b rustRef) int {
		return strings.Compare(a.name+"\x00"+a.version, b.name+"\x00"+b.version)
	})
}
