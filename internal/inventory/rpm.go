package inventory

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// rpmFolders are where systems keep the database: most; SUSE and Fedora since
// 36; rpm-ostree.
var rpmFolders = []string{"var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/", "usr/lib/sysimage/rpm-ostree-base-db/"}

// rpmManifest is what Azure Linux leaves in images without a database.
const rpmManifest = "var/lib/rpmmanifest/container-manifest-2"

func rpmWant() want {
	w := want{paths: []string{rpmManifest}, maxBytes: limitio.MaxWanted}
	for _, folder := range rpmFolders {
		for _, base := range []string{"Packages", "Packages.db", "rpmdb.sqlite", "rpmdb.sqlite-wal", "rpmdb.sqlite-journal"} {
			w.paths = append(w.paths, folder+base)
		}
	}
	return w
}

// readRPM reads an rpm database in any of its three formats, told apart by their
// first bytes: Berkeley DB, rpm's own NDB, SQLite. It emits packages in the
// order of the database; the distribution is not known here, so the merge makes
// the purl. A damaged entry becomes a gap and the next is read; a database
// of which nothing can be read is damage.
//
// The three readers are our own because the bytes are hostile: a library that
// parses in goroutines of its own takes the whole process with it when it
// panics, and nobody can recover for it. They need no file on disk, follow no
// page twice and so end.
func readRPM(f *file, out *facts) (err error) {
	defer caught(f.Path, &err)
	switch _, _, suffix := split(f.Path); {
	case f.Path == rpmManifest:
		return readRPMManifest(f, out)
	case suffix == ".sqlite-wal", suffix == ".sqlite-journal":
		return readRPMPending(f, out)
	}
	headers, err := rpmHeaders(f)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	db := rpmDatabase{out: out}
	gaps := gapList{out: new(facts), path: f.Path}
	var first error
	for header, err := range headers {
		if err == nil {
			err = db.add(header)
		}
		if errors.Is(err, errRPMTooMany) {
			gaps.add(f.Path, -1, err.Error())
			break
		}
		if err != nil {
			if first == nil {
				first = err
			}
			gaps.add(f.Path, -1, "a part of the rpm database could not be read: "+err.Error())
		}
	}
	if first != nil && len(out.packages) == 0 {
		return &landwaiter.SyntaxError{Path: f.Path, Err: first}
	}
	db.trim()
	gaps.done(fmt.Sprintf("%d more parts of the rpm database could not be read", gaps.rest))
	out.gaps = append(out.gaps, gaps.out.gaps...)
	return nil
}

// rpmHeaders yields the header of every package, valid until the next, or what
// is wrong with one.
func rpmHeaders(f *file) (iter.Seq2[[]byte, error], error) {
	var magic [16]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil {
		return nil, fmt.Errorf("too short for an rpm database: %w", err)
	}
	le := binary.LittleEndian.Uint32(magic[12:])
	switch {
	case string(magic[:]) == sqliteMagic:
		return rpmSQLite(f.ReaderAt, f.Size)
	case string(magic[:4]) == ndbMagic:
		return rpmNDB(f.ReaderAt, f.Size)
	case le == bdbHashMagic:
		return rpmBDB(f.ReaderAt, f.Size, binary.LittleEndian)
	case binary.BigEndian.Uint32(magic[12:]) == bdbHashMagic:
		return rpmBDB(f.ReaderAt, f.Size, binary.BigEndian)
	}
	return nil, errors.New("neither Berkeley DB, NDB nor SQLite")
}

// readRPMPending says that SQLite has not yet written all into the database: a
// log of changes lies beside it. rpm leaves an empty one when it ends well.
//
// Format: sqlite.org/fileformat2.html, 3 and 4.
func readRPMPending(f *file, out *facts) error {
	const header, frame = 32, 24
	var b [header + frame]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	magic := binary.BigEndian.Uint32(b[:])
	log := n == len(b) && magic&^1 == 0x377f0682 && string(b[16:24]) == string(b[header+8:header+16])
	journal := n >= 8 && string(b[:8]) == "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	if log || journal {
		out.Gap(f.Path, f.Size, true, "changes to the rpm database wait in a log, which is not read: packages may be missing")
	}
	return nil
}

// rpmNone is how rpm writes that it was not told.
const rpmNone = "(none)"

// rpmDatabase emits the packages of one database.
type rpmDatabase struct {
	out   *facts
	n     tally
	names tally // of what packages require and provide
}

// errRPMTooMany: a cap was passed, and what follows is not read.
var errRPMTooMany = errors.New("the rpm database names too many packages or files")

func (db *rpmDatabase) add(header []byte) error {
	h, err := parseRPMHeader(header)
	if err != nil {
		return err
	}
	name, err := h.text(rpmTagName)
	if err != nil || !printable(name) {
		return fmt.Errorf("a package without a name: %w", errors.Join(err, landwaiter.ErrInvalid))
	}
	if name == "gpg-pubkey" {
		return nil // rpm keeps the keys it trusts as if they were packages
	}
	p := landwaiter.Package{Ecosystem: "rpm", Name: name}
	if p.Version, err = h.version(); err != nil {
		return fmt.Errorf("package %q: %w", name, err)
	}
	var source string
	for _, f := range []struct {
		tag  int
		text *string
	}{
		{rpmTagArch, &p.Arch},
		{rpmTagLicence, &p.Licence},
		{rpmTagVendor, &p.Vendor},
		{rpmTagModularity, &p.Modularity},
		{rpmTagSourceRPM, &source},
	} {
		if *f.text, err = h.text(f.tag); err != nil {
			return fmt.Errorf("package %q: %w", name, err)
		}
		if *f.text == rpmNone {
			*f.text = ""
		}
	}
	p.SourceName, p.SourceVersion = rpmSource(source)
	if len(db.out.packages) >= rpmMaxPackages {
		return errRPMTooMany
	}
	key := rpmKey(&p)
	requires, err := db.relations(h, rpmTagRequireName)
	if err != nil {
		return fmt.Errorf("requirements of package %q: %w", name, err)
	}
	provides, err := db.relations(h, rpmTagProvideName)
	if err != nil {
		return fmt.Errorf("what package %q provides: %w", name, err)
	}
	p.Requires = requires
	db.out.Package("package database", p, key)
	db.out.Provides(provides...)
	if err := db.files(h, key); err != nil {
		return fmt.Errorf("files of package %q: %w", name, err)
	}
	return nil
}

// rpmKey names one package: several versions of one name can be installed.
func rpmKey(p *landwaiter.Package) string { return p.Name + "-" + p.Version + "." + p.Arch }

// rpmVersion is "epoch:version-release", without an epoch of 0.
func rpmVersion(epoch uint32, version, release string) string {
	v := version + "-" + release
	if epoch > 0 {
		v = strconv.FormatUint(uint64(epoch), 10) + ":" + v
	}
	return v
}

// rpmSource splits "name-version-release.src.rpm". The name of a source package
// does not hold its epoch, which need not be the binary's: SourceVersion is
// without one, and says nothing about it.
func rpmSource(s string) (name, version string) {
	s = strings.TrimSuffix(s, ".rpm")
	s = strings.TrimSuffix(strings.TrimSuffix(s, ".src"), ".nosrc")
	release := strings.LastIndexByte(s, '-')
	if release <= 0 {
		return "", ""
	}
	i := strings.LastIndexByte(s[:release], '-')
	if i <= 0 {
		return "", ""
	}
	return s[:i], s[i+1:]
}

// Bits of a file's mode and flags, and its states, that matter here.
const (
	rpmModeType = 0o170000
	rpmModeDir  = 0o040000
	rpmConfig   = 1 << 0
	rpmGhost    = 1 << 6

	rpmInstalled    = 0
	rpmReplaced     = 1 // by a file of another package
	rpmNotInstalled = 2 // left out, as documentation often is in images
	rpmWrongColour  = 4 // another architecture's file won
)

// rpmDigests says for PGP's numbers of algorithms how a claim names them and how
// many bytes they have. An old database says no number, and means MD5.
var rpmDigests = map[uint32]struct {
	name  string
	bytes int
}{0: {"md5", 16}, 1: {"md5", 16}, 2: {"sha1", 20}, 8: {"sha256", 32}}

// files claims what the package installed: neither what was left out, nor
// folders, which belong to all packages below them.
func (db *rpmDatabase) files(h *rpmHeader, key string) error {
	list, err := h.fileList()
	if err != nil {
		return err
	}
	algorithm := list.algorithm
	for i, base := range list.bases {
		state := list.state(i)
		if list.mode(i)&rpmModeType == rpmModeDir || state == rpmReplaced || state == rpmNotInstalled || state == rpmWrongColour {
			continue
		}
		name := list.folder(i) + base
		if err := db.n.add(name); err != nil {
			return fmt.Errorf("%w: %w", errRPMTooMany, err)
		}
		switch flags := list.flag(i); {
		case flags&rpmConfig != 0:
			db.out.OwnsConf(key, name)
		case flags&rpmGhost != 0 || state != rpmInstalled || i >= len(list.digests):
			db.out.Owns(key, name, "")
		default:
			db.out.Owns(key, name, rpmSum(algorithm, list.digests[i]))
		}
	}
	return nil
}

// rpmSum is "" for links, which have no digest, and for algorithms that a claim
// cannot hold.
func rpmSum(algorithm uint32, digest string) string {
	a, ok := rpmDigests[algorithm]
	if raw, err := hex.DecodeString(digest); !ok || err != nil || len(raw) != a.bytes {
		return ""
	}
	return a.name + ":" + strings.ToLower(digest)
}
