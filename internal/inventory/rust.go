package inventory

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var rustWant = want{
	programs: true,
	signs:    []string{rustListed, rustLibrary},
	passing:  func() passer { return newRustSearch() },
	bases:    []string{".crates2.json", ".crates.toml", rustChannel},
}

const (
	// rustListed is the section in which cargo-auditable puts the list of crates.
	rustListed = ".dep-v0"
	// rustLibrary is in the paths that the standard library leaves in a program.
	rustLibrary = "/library/core/src/"

	// rustUnlisted begins what is said of a program without a list of its crates. It
	// is not said where the list lies beside the program.
	rustUnlisted = "a Rust program "

	rustMaxCrates = 10_000 // of one program; the largest known have some 1,500
)

// readRust reads what tells the crates of Rust: the list that cargo-auditable
// puts into programs, the paths of sources in programs without one, the record
// of "cargo install", and the manifest of a toolchain that rustup installed.
func readRust(f *file, out *facts) error {
	switch path.Base(f.Path) {
	case ".crates2.json":
		return readCrates2(f, out)
	case ".crates.toml":
		return readCratesTOML(f, out)
	case rustChannel:
		return readRustChannel(f, out)
	}
	return readRustProgram(f, out)
}

// readRustProgram reads a compiled program. Where it has cargo-auditable's list,
// the root crate owns the file, and crates that only helped to build it are left
// out. Where it has none, the paths of sources that it holds name crates that
// are certainly in it, and a gap says that others may be. The standard library is
// "std", with the version of the compiler.
//
// The key of a crate is the file, "#" and "name@version"; that of the root is the
// file. Programs of other languages say nothing.
//
// Format: https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md.
func readRustProgram(f *file, out *facts) error {
	seen, err := rustTraces(f)
	if err != nil {
		return err
	}
	seen.standard(f, out)
	if seen.listed {
		data, err := programSection(f, rustListed)
		if err != nil {
			return err
		}
		if data != nil {
			return readRustList(f, data, out)
		}
	}
	seen.unlisted(f, out)
	return nil
}

// done says what a program shows that was too large to keep. A list of its crates
// can only be read from the whole.
func (s *rustSearch) done(f *file, out *facts) (again bool) {
	seen := s.end()
	if seen.listed {
		return true
	}
	seen.standard(f, out)
	seen.unlisted(f, out)
	return false
}

// standard emits the standard library.
func (s *rustSeen) standard(f *file, out *facts) {
	for _, version := range s.compilers() {
		out.Package("build info", landwaiter.Package{Ecosystem: "rust", Name: "std", Version: version}, f.Path+"#std@"+version)
	}
}

// unlisted emits the crates that paths name.
func (s *rustSeen) unlisted(f *file, out *facts) {
	if !s.rust {
		return
	}
	crates := s.crates()
	for _, c := range crates {
		out.Package("paths in the program", landwaiter.Package{
			Ecosystem: "rust", Name: c.name, Version: c.version, PURL: purl("cargo", "", c.name, c.version),
		}, f.Path+"#"+c.name+"@"+c.version)
	}
	reason := rustUnlisted + "that does not tell its crates"
	if len(crates) > 0 {
		reason = fmt.Sprintf(rustUnlisted+"without a list of its crates; %d are known by the paths in it, and others may be in it", len(crates))
	}
	if s.full {
		reason += fmt.Sprintf("; no more than %d were noted", rustMaxCrates)
	}
	out.Gap(f.Path, f.Size, s.full, reason)
}

// programSection returns the section called name of a compiled program, nil where
// it has none.
func programSection(f *file, name string) (data []byte, err error) {
	defer caught(f.Path, &err)
	read := func(size uint64, r io.ReaderAt) ([]byte, error) {
		if size > limitio.MaxMetadata {
			return nil, fmt.Errorf("the section %s has %d bytes: %w", name, size, landwaiter.ErrTooLarge)
		}
		// Sections that are not in the file read as nothing.
		return io.ReadAll(io.NewSectionReader(r, 0, int64(size)))
	}
	r := &meteredReader{r: f.ReaderAt, left: 4 * limitio.MaxMetadata}
	if e, err := elf.NewFile(r); err == nil {
		if s := e.Section(name); s != nil && s.Type != elf.SHT_NOBITS {
			return read(s.FileSize, s.ReaderAt)
		}
		return nil, nil
	}
	if p, err := pe.NewFile(r); err == nil {
		if s := p.Section(name); s != nil {
			return read(uint64(min(s.Size, s.VirtualSize)), s.ReaderAt)
		}
		return nil, nil
	}
	files := []*macho.File{}
	if fat, err := macho.NewFatFile(r); err == nil {
		for i := range fat.Arches {
			files = append(files, fat.Arches[i].File)
		}
	} else if m, err := macho.NewFile(r); err == nil {
		files = append(files, m)
	}
	for _, m := range files {
		if s := m.Section(name); s != nil {
			return read(s.Size, s.ReaderAt) // that of the first processor stands for all
		}
	}
	return nil, nil
}

// rustCrate is one element of cargo-auditable's list.
type rustCrate struct {
	name, version, source, kind string
	needs                       []int
	root                        bool
}

// ref is how Cargo names one of several versions.
func (c *rustCrate) ref() string { return c.name + "@" + c.version }

// readRustList reads the list: JSON, compressed.
func readRustList(f *file, data []byte, out *facts) error {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: fmt.Errorf("the list of crates: %w", err)}
	}
	text, err := io.ReadAll(io.LimitReader(z, limitio.MaxMetadata+1))
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: fmt.Errorf("the list of crates: %w", err)}
	}
	if len(text) > limitio.MaxMetadata {
		return fmt.Errorf("the list of crates has more than %d bytes: %w", limitio.MaxMetadata, landwaiter.ErrTooLarge)
	}
	// No real list packs more than one crate into a byte.
	crates, err := rustCrates(f.Path, text, min(rustMaxCrates, len(data)))
	for i := range crates {
		rustEmit(f, crates, i, out)
	}
	return err
}

// rustCrates reads the crates of a list, and at damage those before it.
func rustCrates(name string, text []byte, most int) (crates []rustCrate, err error) {
	m := newMembers(&file{Path: name, Size: int64(len(text)), ReaderAt: bytes.NewReader(text)})
	ok, err := m.object(func(member string) error {
		if member != "packages" {
			return m.skip()
		}
		_, err := m.array(func() error {
			if len(crates) >= most {
				return fmt.Errorf("more than %d crates: %w", most, landwaiter.ErrTooLarge)
			}
			c := rustCrate{}
			_, err := m.object(func(member string) error { return c.member(m, member) })
			crates = append(crates, c)
			return err
		})
		return err
	})
	if err == nil && !ok {
		err = errors.New("the list of crates is no JSON object")
	}
	if err == nil {
		err = m.end()
	}
	return crates, m.damage(err)
}

func (c *rustCrate) member(m *members, name string) error {
	switch name {
	case "name":
		return m.text(&c.name)
	case "version":
		return m.text(&c.version)
	case "source":
		return m.text(&c.source)
	case "kind":
		return m.text(&c.kind)
	case "dependencies", "root":
		raw, err := m.raw()
		if err != nil {
			return err
		}
		// A value of an odd type says nothing.
		if name == "root" {
			_ = json.Unmarshal(raw, &c.root)
		} else {
			_ = json.Unmarshal(raw, &c.needs)
		}
		return nil
	}
	return m.skip()
}

// rustEmit emits crate i of a list.
func rustEmit(f *file, crates []rustCrate, i int, out *facts) {
	c := &crates[i]
	if c.kind == "build" {
		return // it helped to build the program and is not in it
	}
	if c.name == "" || c.version == "" || !printable(c.name) || !printable(c.version) {
		out.Gap(f.Path, -1, true, "the list of crates has one without a name or a version")
		return
	}
	p := landwaiter.Package{Ecosystem: "rust", Name: c.name, Version: c.version}
	switch c.source {
	case "crates.io":
		p.PURL = purl("cargo", "", c.name, c.version)
	case "local":
		// Most programs are built in a checkout of what is published under that
		// name, but nothing proves it.
		p.Mapped, p.Origin = []string{purl("cargo", "", c.name, c.version)}, "a folder of whoever built it"
	default:
		p.Origin = oneLine(c.source)
	}
	for _, n := range c.needs {
		if n >= 0 && n < len(crates) && crates[n].kind != "build" && len(p.Requires) < len(crates) {
			p.Requires = append(p.Requires, crates[n].ref())
		}
	}
	slices.Sort(p.Requires)
	p.Requires = slices.Compact(p.Requires)
	key := f.Path + "#" + c.ref()
	if c.root {
		key = f.Path
		out.Owns(key, f.Path, "")
	}
	out.Package("build info", p, key)
	out.Provides(c.ref())
}
