package inventory

import (
	"cmp"
	"debug/elf"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var programWant = want{
	programs: true, bases: []string{"release"},
	// A library of a gigabyte would have to go to disk for a text that few hold.
	large: func(name string) bool { return len(programNames.rows(wheelName(path.Base(name)))) > 0 },
}

const (
	methodBanner   = "version string"
	methodInside   = "version string of a library that it contains"
	methodFileName = "file name"
)

// readProgram recognises programs and libraries that nobody packaged, by the
// table programs: the version that a product writes into its own files, its
// file's name or its name as a library. It names as well the libraries that were
// linked into a file, which then own nothing. A metadata note of ELF packages
// says more than any of that. The key of the product that a file is, is the
// file; that of a library inside it, file#name.
//
// A product whose version cannot be found is a gap. A file that is no ELF file,
// no static library and no Windows program says nothing.
func readProgram(f *file, out *facts) error {
	if path.Base(f.Path) == "release" {
		if err := readJavaHome(f, out); err != nil {
			return err
		} // and a program may be called so
	}
	if isWindowsProgram(f) {
		return readWindowsProgram(f, out)
	}
	p := programFile{file: f, base: path.Base(f.Path)}
	if err := p.open(); err != nil || len(p.parts) == 0 {
		// Damage in a program is no loss of a list of software: whoever looks at
		// files by themselves says what this one is.
		return nil //nolint:nilerr // see above
	}
	if err := p.search(); err != nil {
		return err
	}
	p.named()
	p.out(out, p.packageNote())
	return nil
}

// programFile is one file while it is read.
type programFile struct {
	*file
	base   string // as programs call it, without what repairers of wheels add
	soname string
	elf    *elf.File // nil for a static library
	parts  []part    // where its texts lie
	rows   []int     // rows of the table whose files it is called after
	hits   map[int][]hit
	marks  map[int]bool
	proofs map[int]bool
	needs  []string // libraries that it asks for
	packer string   // version of what packed it, "" for a plain file
}

// part is a stretch of a file.
type part struct{ off, size int64 }

// hit is a version that one text of a row gave.
type hit struct {
	text    int // index in the row's texts
	at      int64
	version string
}

// open finds the parts of the file that hold its texts.
func (p *programFile) open() (err error) {
	defer caught(p.Path, &err)
	var magic [8]byte
	if _, err := p.ReadAt(magic[:], 0); err != nil {
		return err
	}
	if string(magic[:]) == "!<arch>\n" {
		p.parts = []part{{0, p.Size}}
		return nil
	}
	if string(magic[:4]) != elf.ELFMAG {
		return nil
	}
	e, err := elf.NewFile(&meteredReader{r: p.ReaderAt, left: programMaxHead})
	if err != nil {
		return err
	}
	p.elf = e
	for _, s := range e.Sections {
		texts := s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_ALLOC != 0 && s.Flags&elf.SHF_EXECINSTR == 0
		if texts && s.Flags&elf.SHF_COMPRESSED == 0 && !strings.HasPrefix(s.Name, ".eh_frame") && s.Name != ".gopclntab" {
			p.parts = append(p.parts, part{int64(s.Offset), int64(s.FileSize)})
		}
	}
	if len(p.parts) == 0 { // without its table of sections, which nothing needs to run
		for _, s := range e.Progs {
			if s.Type == elf.PT_LOAD {
				p.parts = append(p.parts, part{int64(s.Off), int64(s.Filesz)})
			}
		}
	}
	p.clip()
	p.readNames()
	return nil
}

// clip keeps parts within the file and apart from each other, so that no byte is
// read twice whatever the headers say.
func (p *programFile) clip() {
	slices.SortFunc(p.parts, func(a, b part) int { return cmp.Compare(a.off, b.off) })
	end := int64(0)
	out := p.parts[:0]
	for _, s := range p.parts {
		to := min(s.off+s.size, p.Size)
		if s.off < 0 || s.size < 0 || to < s.off {
			continue
		}
		from := max(s.off, end)
		if from >= to {
			continue
		}
		if n := len(out); n > 0 && from-end < 16 {
			out[n-1].size = to - out[n-1].off // neighbours, but for what aligns them
		} else {
			out = append(out, part{from, to - from})
		}
		end = to
	}
	p.parts = out
}

// readNames reads the name by which programs ask for the library, and the libraries
// that the file asks for.
func (p *programFile) readNames() {
	dynamic := p.elf.SectionByType(elf.SHT_DYNAMIC)
	if dynamic == nil || dynamic.Size > programMaxDynamic {
		return
	}
	p.needs, _ = p.elf.ImportedLibraries() // damage in them says nothing
	names, err := p.elf.DynString(elf.DT_SONAME)
	if err == nil && len(names) > 0 && printable(names[0]) {
		p.soname = path.Base(names[0])
	}
}

// named finds the rows whose files the file is called after, and the versions
// that names alone give.
func (p *programFile) named() {
	p.base = wheelName(p.base)
	p.rows = programNames.rows(p.base)
	if p.soname != "" {
		p.rows = append(p.rows, programNames.rows(wheelName(p.soname))...)
	}
	slices.Sort(p.rows)
	p.rows = slices.Compact(p.rows)
}

// out says what was found: note is the package that the file says it is from, if any.
func (p *programFile) out(out *facts, note landwaiter.Package) {
	if p.packer != "" {
		out.Gap(p.Path, p.Size, true, "a program that UPX "+p.packer+" packed: what is in it cannot be read")
	}
	main := p.main()
	switch {
	case note.Name != "":
		out.Package("ELF package note", note, p.Path)
		out.Owns(p.Path, p.Path, "")
	case main.row >= 0:
		row := &programs[main.row]
		out.Package(main.method, programPackage(row, main.version), p.Path)
		out.Owns(p.Path, p.Path, "")
		for _, tree := range p.belongings(row, main.version) {
			out.OwnsTree(p.Path, tree)
		}
		p.ownsPython(out, row)
	case main.missing != "":
		out.Gap(p.Path, p.Size, true, main.missing)
	}
	p.inside(out, main.row)
}

// verdict is which product a file is: row is its row, or -1.
type verdict struct {
	row     int
	version string
	method  string
	missing string // why a file that is called after a product names no version
}

// main decides which product the file is. A name and the product's own text
// together decide; then a text that stands in no other file; then the name.
func (p *programFile) main() verdict {
	for _, strong := range []bool{true, false} {
		for _, r := range p.rows {
			if v, ok := p.version(r, strong); ok {
				return verdict{row: r, version: v, method: methodBanner}
			}
		}
	}
	var only []int
	for r := range p.hits {
		if _, ok := p.version(r, true); ok && programs[r].kind == tool {
			only = append(only, r)
		}
	}
	if len(only) == 1 {
		v, _ := p.version(only[0], true)
		return verdict{row: only[0], version: v, method: methodBanner}
	}
	for _, r := range p.rows {
		for _, name := range []string{p.base, p.soname} {
			if v, ok := programs[r].versionOfName(name); ok && p.isMarked(r) {
				return verdict{row: r, version: v, method: methodFileName}
			}
		}
	}
	for _, r := range p.rows {
		if len(programs[r].marks) > 0 && p.isMarked(r) || len(programs[r].marks) == 0 && strings.Contains(p.base, ".so") {
			return verdict{row: -1, missing: fmt.Sprintf("this is %s by its name, and nothing says which version", programs[r].name)}
		}
	}
	return verdict{row: -1}
}

// isMarked reports whether the file has a text that row r asks for, where it does.
func (p *programFile) isMarked(r int) bool { return len(programs[r].marks) == 0 || p.marks[r] }

// version is what the first text of the row that was found says. strong leaves
// out texts that count only together with the file's name.
func (p *programFile) version(r int, strong bool) (string, bool) {
	best := hit{text: -1}
	for _, h := range p.hits[r] {
		t := &programs[r].texts[h.text]
		if strong && t.weak || !strong && t.weak && !p.isMarked(r) {
			continue
		}
		if best.text < 0 || h.text < best.text || h.text == best.text && h.at < best.at {
			best = h
		}
	}
	if best.text < 0 {
		return p.alone(r, strong)
	}
	return best.version, true
}

// inside names the libraries that were linked into the file, and programs whose
// text it has among those of others.
func (p *programFile) inside(out *facts, main int) {
	for r := range programs {
		if r == main || len(p.hits[r]) == 0 || p.asksFor(r) || programs[r].proof != "" && !p.proofs[r] {
			continue
		}
		var seen []string
		for _, h := range p.hits[r] {
			if t := &programs[r].texts[h.text]; t.weak || slices.Contains(seen, h.version) || len(seen) >= programMaxInside {
				continue
			}
			seen = append(seen, h.version)
			out.Package(methodInside, programPackage(&programs[r], h.version), p.Path+"#"+programs[r].name+"@"+h.version)
		}
	}
}

// asksFor reports whether the file loads the library of row r: its text in the file
// is then of what it was compiled against.
func (p *programFile) asksFor(r int) bool {
	return slices.ContainsFunc(p.needs, func(name string) bool {
		return slices.Contains(programNames.rows(wheelName(path.Base(name))), r)
	})
}

func programPackage(row *program, version string) landwaiter.Package {
	return landwaiter.Package{
		Ecosystem: "program", Name: row.name, Version: version, Vendor: row.vendor,
		PURL: purl("generic", "", row.name, version),
	}
}

// section reads a section of the file that is small enough.
func (p *programFile) section(name string, most int64) []byte {
	if p.elf == nil {
		return nil
	}
	s := p.elf.Section(name)
	if s == nil || s.Type == elf.SHT_NOBITS || int64(s.FileSize) > most || int64(s.Offset) < 0 {
		return nil
	}
	data := make([]byte, s.FileSize)
	if _, err := p.ReadAt(data, int64(s.Offset)); err != nil && err != io.EOF {
		return nil
	}
	return data
}
