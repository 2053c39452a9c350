package inventory

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// errJavaSpent: the whole of an outer archive passed a cap, so that the walk ends.
var errJavaSpent = fmt.Errorf("archives inside archives: %w", landwaiter.ErrTooLarge)

// javaWalk walks the archives inside one outer archive.
type javaWalk struct {
	out         *facts
	gaps        gapList
	names       tally
	held        int64 // bytes of unpacked archives in memory
	directories int64 // bytes of directories open
	unpacked    int64 // bytes of inner archives and texts read so far
	entries     int64
	packages    int
	spent       bool
}

func newJavaWalk(f *file, out *facts) *javaWalk {
	return &javaWalk{out: out, gaps: gapList{out: out, path: f.Path}}
}

func (w *javaWalk) done() {
	w.gaps.done(fmt.Sprintf("%d more archives or texts inside it could not be read", w.gaps.rest))
}

// gap says that a member could not be read.
func (w *javaWalk) gap(where string, m *zip.File, err error) {
	size := int64(-1)
	if m.UncompressedSize64 <= math.MaxInt64 {
		size = int64(m.UncompressedSize64)
	}
	w.gaps.add(where, size, "inside a Java archive: "+err.Error())
}

// archive reads the archive at where, and those inside it to limitio.MaxNested.
//
// It returns the index of the package that the archive itself is, -1 for none.
func (w *javaWalk) archive(r io.ReaderAt, size int64, where string, depth int) (own int, err error) {
	zr, used, err := openZip(r, size, min(maxZipDirectory, javaMaxDirectories-w.directories))
	if err != nil {
		return -1, err
	}
	w.directories += used
	defer func() { w.directories -= used }()
	if w.entries += int64(len(zr.File)) + javaOpening; w.entries > javaMaxEntries {
		w.spent = true
		return -1, errJavaSpent
	}
	own = w.identity(zr, where, depth)
	for _, m := range zr.File {
		if !isJavaArchive(m.Name) {
			continue
		}
		inner := inside(where, m.Name)
		part, err := w.nested(r, m, inner, depth+1)
		if err != nil {
			w.gap(inner, m, err)
		}
		w.needs(own, part)
		if w.spent {
			break
		}
	}
	if own >= 0 { // once, as there may be very many
		p := &w.out.packages[own].pkg
		p.Requires = unique(p.Requires)
	}
	return own, nil
}

// asks says what package at asks for in its pom.xml.
func (w *javaWalk) asks(at int, names []string) {
	if at >= 0 {
		w.out.packages[at].pkg.Requires = names
	}
}

// needs says that the archive which is package own holds the one which is part.
func (w *javaWalk) needs(own, part int) {
	if own >= 0 && part >= 0 {
		p := &w.out.packages[own].pkg
		p.Requires = append(p.Requires, w.out.packages[part].pkg.Name)
	}
}

// identity emits what the archive says that it is, and returns the index of the
// package that is the archive itself, -1 for none.
func (w *javaWalk) identity(zr *zip.Reader, where string, depth int) (self int) {
	var poms []javaCoordinates
	projects := map[string][]string{} // by place of the properties beside them
	var manifest *javaManifestFacts
	for _, m := range zr.File {
		if w.spent {
			break
		}
		var err error
		place := ""
		switch {
		case isJavaPOM(m.Name):
			place = inside(where, m.Name)
			var c javaCoordinates
			if c, err = w.pom(m); err == nil {
				c.where = place
				poms = append(poms, c)
			}
		case isJavaProject(m.Name):
			projects[strings.TrimSuffix(inside(where, m.Name), javaProject)+javaPOM] = w.project(m)
		case manifest == nil && strings.EqualFold(m.Name, javaManifest):
			place = inside(where, m.Name)
			manifest, err = w.manifest(m)
		}
		if err != nil {
			w.gap(place, m, err)
		}
	}
	self = -1
	own := javaOwn(where, poms, manifest)
	if own == nil {
		if own = javaNamed(where, manifest); own != nil {
			self = w.emit(own, where)
		}
	}
	for i := range poms {
		if own == &poms[i] {
			self = w.emit(own, where)
			w.asks(self, projects[own.where])
		}
	}
	for i := range poms { // a shaded archive holds what it needs
		if own != &poms[i] {
			part := w.emit(&poms[i], poms[i].where)
			w.asks(part, projects[poms[i].where])
			w.needs(self, part)
		}
	}
	if own != nil && depth == 0 {
		w.out.Owns(where, where, "")
	}
	return self
}

// emit returns the index of the package, -1 where a cap was passed.
func (w *javaWalk) emit(c *javaCoordinates, key string) int {
	err := w.names.add(c.where)
	if w.packages++; w.packages > javaMaxPackages {
		w.spent = true
		err = errJavaSpent
	}
	if err != nil {
		w.gaps.add(w.gaps.path, -1, "inside a Java archive: "+err.Error())
		return -1
	}
	w.out.PackageInside(c.method, c.where, c.pkg(), key)
	return len(w.out.packages) - 1
}

// spend counts bytes that are unpacked, whatever they are.
func (w *javaWalk) spend(size uint64) error {
	w.unpacked += int64(min(size, limitio.MaxNestedSize))
	if w.unpacked > limitio.MaxNestedSize {
		w.spent = true
		return errJavaSpent
	}
	return nil
}

func (w *javaWalk) pom(m *zip.File) (javaCoordinates, error) {
	if err := w.spend(min(m.UncompressedSize64, javaMaxPOM)); err != nil {
		return javaCoordinates{}, err
	}
	text, err := readMember(m, javaMaxPOM)
	if err != nil {
		return javaCoordinates{}, err
	}
	return parseJavaPOM(bytes.NewReader(text))
}

func (w *javaWalk) manifest(m *zip.File) (*javaManifestFacts, error) {
	if m.Flags&zipEncrypted != 0 {
		return nil, errors.New("encrypted")
	}
	if err := w.spend(min(m.UncompressedSize64, javaMaxText)); err != nil {
		return nil, err
	}
	r, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return parseJavaManifest(r)
}

// nested reads an archive inside r: where it is stored as it is, in its place;
// else unpacked into memory.
func (w *javaWalk) nested(r io.ReaderAt, m *zip.File, where string, depth int) (own int, err error) {
	switch {
	case depth > limitio.MaxNested:
		return -1, fmt.Errorf("more than %d archives inside each other: %w", limitio.MaxNested, landwaiter.ErrTooLarge)
	case len(where) > limitio.MaxName:
		return -1, fmt.Errorf("a name of %d bytes: %w", len(where), landwaiter.ErrTooLarge)
	case m.Flags&zipEncrypted != 0:
		return -1, errors.New("encrypted")
	case m.UncompressedSize64 > limitio.MaxNestedFile:
		return -1, fmt.Errorf("%d bytes, where %d are the most: %w", m.UncompressedSize64, limitio.MaxNestedFile, landwaiter.ErrTooLarge)
	}
	size := int64(m.UncompressedSize64)
	if err := w.spend(m.UncompressedSize64); err != nil {
		return -1, err
	}
	if m.Method == zip.Store && m.CompressedSize64 == m.UncompressedSize64 {
		off, err := m.DataOffset()
		if err != nil {
			return -1, err
		}
		return w.archive(io.NewSectionReader(r, off, size), size, where, depth)
	}
	if w.held+size > javaMaxHeld {
		return -1, fmt.Errorf("archives inside each other of more than %d bytes: %w", javaMaxHeld, landwaiter.ErrTooLarge)
	}
	data, err := readMember(m, limitio.MaxNestedFile)
	if err != nil {
		return -1, err
	}
	w.held += size
	defer func() { w.held -= size }()
	return w.archive(bytes.NewReader(data), size, where, depth)
}
