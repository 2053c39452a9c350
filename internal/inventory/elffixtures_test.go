package inventory

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// elfParts is what a small ELF file is made of.
type elfParts struct {
	soname string
	needs  []string
	texts  []string // each ends in a NUL in the file
	note   string   // the package note's JSON
	bare   bool     // without a table of sections
}

// elfOf makes the ELF file that a section of a txtar describes.
func elfOf(t testing.TB, f txtar.File) []byte {
	t.Helper()
	var p elfParts
	for line := range strings.Lines(string(f.Data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line == "bare" {
			p.bare = true
			continue
		}
		what, value, ok := strings.Cut(line, " ")
		if !ok || line[0] == '"' || line[0] == '`' {
			what, value = "text", line
		}
		s, err := strconv.Unquote(value)
		if err != nil {
			t.Fatalf("section %s: %q: %v", f.Name, line, err)
		}
		switch what {
		case "text":
			p.texts = append(p.texts, s)
		case "soname":
			p.soname = s
		case "needs":
			p.needs = append(p.needs, s)
		case "note":
			p.note = s
		default:
			t.Fatalf("section %s: %q is nothing an ELF file is made of", f.Name, what)
		}
	}
	return makeLibrary(p)
}

// makeLibrary writes a 64-bit library for x86-64 with nothing to run in it.
func makeLibrary(p elfParts) []byte {
	const header, names = 64 + 2*56, "\x00.rodata\x00.dynstr\x00.dynamic\x00.note.package\x00.shstrtab\x00"
	var out bytes.Buffer
	out.Write(make([]byte, header))
	sections := []elf.Section64{{}}
	add := func(name string, kind elf.SectionType, flags elf.SectionFlag, data []byte) elf.Section64 {
		for out.Len()%8 != 0 {
			out.WriteByte(0)
		}
		s := elf.Section64{
			Name: uint32(strings.Index(names, name)), Type: uint32(kind), Flags: uint64(flags), Addralign: 8,
			Off: uint64(out.Len()), Addr: uint64(out.Len()), Size: uint64(len(data)),
		}
		out.Write(data)
		sections = append(sections, s)
		return s
	}
	// As in any program of C, what comes first is no text.
	rodata := []byte{1, 0, 2, 0}
	for _, s := range p.texts {
		rodata = append(append(rodata, s...), 0)
	}
	add(".rodata", elf.SHT_PROGBITS, elf.SHF_ALLOC, rodata)
	strtab := []byte{0}
	var dyn []elf.Dyn64
	for _, n := range p.needs {
		dyn = append(dyn, elf.Dyn64{Tag: int64(elf.DT_NEEDED), Val: uint64(len(strtab))})
		strtab = append(append(strtab, n...), 0)
	}
	if p.soname != "" {
		dyn = append(dyn, elf.Dyn64{Tag: int64(elf.DT_SONAME), Val: uint64(len(strtab))})
		strtab = append(append(strtab, p.soname...), 0)
	}
	s := add(".dynstr", elf.SHT_STRTAB, elf.SHF_ALLOC, strtab)
	dyn = append(dyn, elf.Dyn64{Tag: int64(elf.DT_STRTAB), Val: s.Addr}, elf.Dyn64{})
	data, _ := binary.Append(nil, binary.LittleEndian, dyn)
	dynamic := add(".dynamic", elf.SHT_DYNAMIC, elf.SHF_ALLOC, data)
	sections[len(sections)-1].Link, sections[len(sections)-1].Entsize = 2, 16
	if p.note != "" {
		desc := append([]byte(p.note), 0)
		note, _ := binary.Append(nil, binary.LittleEndian, []uint32{4, uint32(len(desc)), 0xcafe1a7e})
		add(".note.package", elf.SHT_NOTE, elf.SHF_ALLOC, append(append(note, "FDO\x00"...), desc...))
	}
	add(".shstrtab", elf.SHT_STRTAB, 0, []byte(names))
	h := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: 1,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2, Shentsize: 64,
	}
	size := uint64(out.Len())
	if !p.bare {
		for out.Len()%8 != 0 {
			out.WriteByte(0)
		}
		h.Shoff, h.Shnum, h.Shstrndx = uint64(out.Len()), uint16(len(sections)), uint16(len(sections)-1)
		table, _ := binary.Append(nil, binary.LittleEndian, sections)
		out.Write(table)
	}
	head, _ := binary.Append(nil, binary.LittleEndian, h)
	head, _ = binary.Append(head, binary.LittleEndian, []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R), Filesz: size, Memsz: size, Align: 0x1000},
		{Type: uint32(elf.PT_DYNAMIC), Flags: uint32(elf.PF_R), Off: dynamic.Off, Vaddr: dynamic.Addr, Filesz: dynamic.Size, Memsz: dynamic.Size, Align: 8},
	})
	file := out.Bytes()
	copy(file, head)
	return file
}
