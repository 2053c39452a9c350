package inventory

import (
	"fmt"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// file is one wanted file, whole: in memory where small, else on disk.
type file struct {
	// Path is the file's name in its layer: clean, slash-separated, no leading
	// slash.
	Path string
	Size int64
	io.ReaderAt
}

// Reader reads the file from its start.
func (f *file) Reader() io.Reader { return io.NewSectionReader(f.ReaderAt, 0, f.Size) }

// inMemory is the whole file, where memory holds it. It must not be changed or kept.
func (f *file) inMemory() ([]byte, bool) {
	k, ok := f.ReaderAt.(*keeper)
	if !ok || k.spill != nil || int64(len(k.mem)) != f.Size {
		return nil, false
	}
	return k.mem, true
}

// facts is what one file says.
type facts struct {
	packages []packageFact
	claims   claims
	gaps     []landwaiter.Gap
	later    []amendment
	confirms []confirmation
}

// packageFact is a package, and the keys by which claims of the same ecosystem
// name it. Evidence[0].Method is set by the reader; path and layer by the scan.
type packageFact struct {
	keys []string
	pkg  landwaiter.Package
	// lies is the folder in which the software is, where the file that names it
	// lies elsewhere; "" where it does not.
	lies string
	// provides are other names that Requires of the same ecosystem may ask for.
	provides []string
	// waits is the key under which another file must confirm the package, "" for
	// one that stands by itself.
	waits string
}

// confirmation says that what waits under a key is installed.
type confirmation struct {
	waiting, key string
	otherwise    landwaiter.Gap
}

// amendment is what another file than its own metadata says about a package.
type amendment struct {
	key       string
	origin    string   // taken where the package has none
	licence   string   // taken where the package has none
	requested bool     // somebody asked for it by name
	requires  []string // added
	mapped    []string // added
}

// Package emits a package observed by method ("package database", "installed
// metadata", "build info", …) under the keys by which claims may name it.
func (o *facts) Package(method string, p landwaiter.Package, keys ...string) {
	p.Evidence = []landwaiter.Evidence{{Method: method}}
	o.packages = append(o.packages, packageFact{keys: keys, pkg: p})
}

// Provides names what else the package emitted last answers to, where others of
// its ecosystem require names that are no package's own: "mail-transport-agent",
// "so:libz.so.1", "libz.so.1()(64bit)".
func (o *facts) Provides(names ...string) {
	p := &o.packages[len(o.packages)-1]
	p.provides = append(p.provides, names...)
}

// everyOther is the key of an amendment for all packages of the row that no
// amendment of the same file names.
const everyOther = "*"

// LiesIn says where the package emitted last is, for a row that guesses and a file
// that lies elsewhere. The package is dropped where the folder holds nothing, or
// files of a manager that ships whole programs, or software of that name that was
// seen there: then it has a name already.
func (o *facts) LiesIn(folder string) { o.packages[len(o.packages)-1].lies = clean(folder) }

// Waits says that the package emitted last stands only where another file of its
// row confirms key: its own file has a name and a version, and cannot tell
// whether somebody installed it. Until then it has no key but this one.
func (o *facts) Waits(key string) { o.packages[len(o.packages)-1].waits = key }

// Confirm says that what waits under waiting is installed, and is to be known as
// key besides. Where a package that does not wait has key, that one is the same
// software, described better, and what waits is dropped. Where nothing waits and
// nobody has key, something is installed of which no file tells the version:
// otherwise then becomes a gap at path.
func (o *facts) Confirm(waiting, key, path, otherwise string) {
	o.confirms = append(o.confirms, confirmation{
		waiting: waiting, key: key,
		otherwise: landwaiter.Gap{Path: path, Bytes: -1, Code: true, Reason: otherwise},
	})
}

// Amend adds to the package with a's key, which another file describes. Where no
// file does, it says nothing.
func (o *facts) Amend(a amendment) {
	if a.key != "" {
		o.later = append(o.later, a)
	}
}

// Owns says that the package with this key owns path, with the sum of what the owner
// shipped: "", "md5:HEX", "sha1:HEX" or "sha256:HEX".
func (o *facts) Owns(key, path, sum string) {
	if path = clean(path); path != "" {
		o.claims.add(claim{key: key, path: path, sum: newSum(sum)})
	}
}

// OwnsConf says the same of a configuration file.
func (o *facts) OwnsConf(key, path string) {
	if path = clean(path); path != "" {
		o.claims.add(claim{key: key, path: path, conf: true})
	}
}

// OwnsTree says that the package with this key owns all below folder that
// nobody claims by name.
func (o *facts) OwnsTree(key, folder string) {
	if folder = clean(folder); folder != "" {
		o.claims.add(claim{key: key, path: folder, tree: true})
	}
}

// Gap says that a part of the file could not be read. code is true where
// software may be missing from the inventory because of it.
func (o *facts) Gap(path string, bytes int64, code bool, reason string) {
	o.gaps = append(o.gaps, landwaiter.Gap{Path: path, Bytes: bytes, Code: code, Reason: reason})
}

// legible takes out packages whose name or version nobody could print. What is
// named so hides software, and may be meant to.
func (o *facts) legible(path string) {
	o.packages = slices.DeleteFunc(o.packages, func(p packageFact) bool {
		if printable(p.pkg.Name) && printable(p.pkg.Version) {
			return false
		}
		o.Gap(path, -1, true, fmt.Sprintf("a package called %.80q of version %.80q, which is no text that can be shown", p.pkg.Name, p.pkg.Version))
		return true
	})
}
