package lwtest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	elfBase   = 0x400000
	elfHeader = 64
	elfPhdr   = 56
	elfShdr   = 64
)

// buildELF makes a 64-bit ELF file that debug/elf reads: an executable, or a
// library where soname is set. text lies in .rodata. The file is padded from pad
// to size; size 0 asks for no padding.
func buildELF(size int64, text, soname string, pad io.Reader) ([]byte, error) {
	names := "\x00.rodata\x00.dynstr\x00.dynamic\x00.shstrtab\x00"
	at := func(section string) uint32 { return uint32(bytes.Index([]byte(names), []byte(section))) }

	sections := []elf.Section64{{}}
	body := bytes.NewBuffer(make([]byte, elfHeader+2*elfPhdr))
	put := func(s elf.Section64, data []byte) elf.Section64 {
		for body.Len()%8 != 0 {
			body.WriteByte(0)
		}
		s.Off, s.Size, s.Addralign = uint64(body.Len()), uint64(len(data)), 8
		if s.Flags != 0 {
			s.Addr = elfBase + s.Off
		}
		sections = append(sections, s)
		body.Write(data)
		return s
	}
	alloc := uint64(elf.SHF_ALLOC)
	put(elf.Section64{Name: at(".rodata"), Type: uint32(elf.SHT_PROGBITS), Flags: alloc}, []byte(text+"\x00"))
	var dynamic elf.Section64
	if soname != "" {
		strtab := put(elf.Section64{Name: at(".dynstr"), Type: uint32(elf.SHT_STRTAB), Flags: alloc}, []byte("\x00"+soname+"\x00"))
		var dyn bytes.Buffer
		err := binary.Write(&dyn, binary.LittleEndian, []elf.Dyn64{
			{Tag: int64(elf.DT_SONAME), Val: 1},
			{Tag: int64(elf.DT_STRTAB), Val: strtab.Addr},
			{Tag: int64(elf.DT_STRSZ), Val: strtab.Size},
			{},
		})
		if err != nil {
			return nil, err
		}
		dynamic = put(elf.Section64{Name: at(".dynamic"), Type: uint32(elf.SHT_DYNAMIC), Flags: alloc, Link: 2, Entsize: 16}, dyn.Bytes())
	}
	put(elf.Section64{Name: at(".shstrtab"), Type: uint32(elf.SHT_STRTAB)}, []byte(names))
	for body.Len()%8 != 0 {
		body.WriteByte(0)
	}
	shoff := body.Len()
	if err := binary.Write(body, binary.LittleEndian, sections); err != nil {
		return nil, err
	}
	if rest := size - int64(body.Len()); size > 0 && rest < 0 {
		return nil, fmt.Errorf("size %d is too small; this program needs %d bytes", size, body.Len())
	} else if rest > 0 {
		if _, err := io.CopyN(body, pad, rest); err != nil {
			return nil, err
		}
	}
	return headELF(body.Bytes(), shoff, len(sections), dynamic)
}

// headELF writes the headers over the start of data. The file is a library where
// dynamic has a size.
func headELF(data []byte, shoff, sections int, dynamic elf.Section64) ([]byte, error) {
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Entry: elfBase + elfHeader + 2*elfPhdr, Phoff: elfHeader, Shoff: uint64(shoff),
		Ehsize: elfHeader, Phentsize: elfPhdr, Phnum: 1,
		Shentsize: elfShdr, Shnum: uint16(sections), Shstrndx: uint16(sections - 1),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	segments := []elf.Prog64{{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: elfBase, Paddr: elfBase,
		Filesz: uint64(len(data)), Memsz: uint64(len(data)), Align: 0x1000,
	}}
	if dynamic.Size > 0 {
		h.Type, h.Entry, h.Phnum = uint16(elf.ET_DYN), 0, 2
		segments = append(segments, elf.Prog64{
			Type: uint32(elf.PT_DYNAMIC), Flags: uint32(elf.PF_R), Off: dynamic.Off, Vaddr: dynamic.Addr, Paddr: dynamic.Addr,
			Filesz: dynamic.Size, Memsz: dynamic.Size, Align: 8,
		})
	}
	var head bytes.Buffer
	if err := binary.Write(&head, binary.LittleEndian, h); err != nil {
		return nil, err
	}
	if err := binary.Write(&head, binary.LittleEndian, segments); err != nil {
		return nil, err
	}
	copy(data, head.Bytes())
	return data, nil
}
