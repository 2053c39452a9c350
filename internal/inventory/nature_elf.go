package inventory

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// elfLook reads what a loader reads of an ELF file: the program headers and what
// they point to. Sections are asked for one thing alone: whether there are symbols.
//
// Format: System V Application Binary Interface, chapters 4 and 5.
type elfLook struct {
	*look
	order binary.ByteOrder
	wide  bool
	kind  elf.Type
	loads []elfSegment
}

type elfSegment struct{ off, vaddr, size uint64 }

// lookELF looks into programs, shared libraries, object files and core dumps.
func lookELF(l *look) error {
	e := elfLook{look: l}
	h, err := l.exactly(0, 64)
	if err != nil {
		h, err = l.exactly(0, 52)
		if err != nil {
			return err
		}
	}
	switch h[5] {
	case 1:
		e.order = binary.LittleEndian
	case 2:
		e.order = binary.BigEndian
	default:
		return errors.New("an ELF header without a byte order")
	}
	e.wide = h[4] == 2
	if e.wide && len(h) < 64 || h[4] != 1 && h[4] != 2 {
		return errors.New("an ELF header of neither width")
	}
	e.kind = elf.Type(e.order.Uint16(h[16:]))
	l.say("%s", elfMachine(elf.Machine(e.order.Uint16(h[18:])), e.wide))
	l.nature.Format = map[elf.Type]string{
		elf.ET_REL: "ELF object file", elf.ET_EXEC: "ELF program", elf.ET_DYN: "ELF shared library", elf.ET_CORE: "ELF core dump",
	}[e.kind]
	if l.nature.Format == "" {
		l.nature.Format = "ELF"
	}
	if e.kind == elf.ET_CORE {
		l.say("a program's memory at one moment, which may hold data and keys")
	}
	err = e.segments(h)
	if err2 := e.symbols(h); err == nil {
		err = err2
	}
	return err
}

// elfMachine names a processor as people do.
func elfMachine(m elf.Machine, wide bool) string {
	switch m {
	case elf.EM_X86_64:
		return "x86-64"
	case elf.EM_386:
		return "x86, 32 bit"
	case elf.EM_AARCH64:
		return "ARM, 64 bit"
	case elf.EM_ARM:
		return "ARM, 32 bit"
	case elf.EM_CUDA:
		return "NVIDIA GPU"
	case elf.EM_BPF:
		return "eBPF, which runs inside the system's kernel"
	}
	name := strings.TrimPrefix(m.String(), "EM_")
	if name == m.String() {
		name = fmt.Sprintf("processor %d", uint16(m))
	}
	if wide {
		return name + ", 64 bit"
	}
	return name + ", 32 bit"
}

// word reads a number as wide as the file's addresses.
func (e *elfLook) word(b []byte) uint64 {
	if e.wide {
		return e.order.Uint64(b)
	}
	return uint64(e.order.Uint32(b))
}

// pick is wide in 64-bit files, else narrow.
func (e *elfLook) pick(wide, narrow int64) int64 {
	if e.wide {
		return wide
	}
	return narrow
}

// segments reads the program headers.
func (e *elfLook) segments(h []byte) error {
	off := int64(e.word(h[e.pick(32, 28):]))
	size, count := int64(e.order.Uint16(h[e.pick(54, 42):])), int64(e.order.Uint16(h[e.pick(56, 44):]))
	if count == 0 {
		return nil
	}
	if size < e.pick(56, 32) || size > 256 || count > elfMaxHeaders {
		return fmt.Errorf("%d program headers of %d bytes", count, size)
	}
	table, err := e.exactly(off, size*count)
	if err != nil {
		return fmt.Errorf("the program headers: %w", err)
	}
	var dynamic, interp *elfSegment
	var notes []elfSegment
	for ; len(table) > 0; table = table[size:] {
		s := elfSegment{e.word(table[e.pick(8, 4):]), e.word(table[e.pick(16, 8):]), e.word(table[e.pick(32, 16):])}
		switch elf.ProgType(e.order.Uint32(table)) {
		case elf.PT_LOAD:
			e.loads = append(e.loads, s)
		case elf.PT_DYNAMIC:
			dynamic = &s
		case elf.PT_INTERP:
			interp = &s
		case elf.PT_NOTE:
			notes = append(notes, s)
		}
	}
	if e.kind == elf.ET_CORE {
		return nil
	}
	if interp != nil {
		if b, err := e.bytes(int64(interp.off), int64(min(interp.size, 256))); err == nil {
			e.nature.Interpreter = short(cstring(b), natureName)
		}
		if e.kind == elf.ET_DYN {
			e.nature.Format = "ELF program"
		}
	}
	for _, s := range notes {
		e.buildID(s)
	}
	if dynamic != nil {
		return e.dynamic(dynamic)
	}
	if e.kind == elf.ET_EXEC {
		e.say("static: it brings its own copy of every library")
	}
	return nil
}

// buildID finds the linker's identity of the build, or Go's, among the notes.
func (e *elfLook) buildID(s elfSegment) {
	b, err := e.bytes(int64(s.off), int64(min(s.size, elfMaxNotes)))
	if err != nil {
		return
	}
	for len(b) >= 12 {
		name, desc := int64(e.order.Uint32(b)), int64(e.order.Uint32(b[4:]))
		kind := e.order.Uint32(b[8:])
		at := 12 + (name+3)&^3
		if at+desc > int64(len(b)) {
			return
		}
		if kind == 3 && cstring(b[12:12+name]) == "GNU" && desc > 0 && desc <= 64 {
			e.nature.BuildID = hex.EncodeToString(b[at : at+desc])
		}
		b = b[min(int64(len(b)), at+(desc+3)&^3):]
	}
}

// dynamic reads the libraries that are loaded, and the name as one.
func (e *elfLook) dynamic(s *elfSegment) error {
	size := e.pick(16, 8)
	if s.size > uint64(elfMaxDynamic*size) {
		return fmt.Errorf("a dynamic section of %d bytes", s.size)
	}
	b, err := e.exactly(int64(s.off), int64(s.size)/size*size)
	if err != nil {
		return fmt.Errorf("the dynamic section: %w", err)
	}
	var needed []uint64
	var soname, table uint64
	pie := false
	for ; len(b) > 0; b = b[size:] {
		tag, value := elf.DynTag(e.word(b)), e.word(b[size/2:])
		if tag == elf.DT_NULL {
			break
		}
		switch tag {
		case elf.DT_NEEDED:
			needed = append(needed, value)
		case elf.DT_SONAME:
			soname = value
		case elf.DT_STRTAB:
			table = value
		case elf.DT_FLAGS_1:
			pie = value&uint64(elf.DF_1_PIE) != 0
		}
	}
	if pie && e.nature.Interpreter == "" {
		e.nature.Format = "ELF program"
		e.say("static: it brings its own copy of every library")
	}
	off, ok := e.offset(table)
	if !ok {
		if len(needed) > 0 || soname > 0 {
			return errors.New("the names of libraries lie nowhere in the file")
		}
		return nil
	}
	if soname > 0 {
		e.nature.Soname, err = e.name(off, soname)
	}
	for _, n := range needed[:min(len(needed), natureLinks)] {
		name, fail := e.name(off, n)
		if fail != nil {
			err = fail
		} else if name != "" {
			e.nature.Links = append(e.nature.Links, name)
		}
	}
	return err
}

// offset is where an address lies in the file.
func (e *elfLook) offset(vaddr uint64) (int64, bool) {
	for _, s := range e.loads {
		if vaddr >= s.vaddr && vaddr-s.vaddr < s.size {
			return int64(s.off + vaddr - s.vaddr), true
		}
	}
	return 0, false
}

func (e *elfLook) name(table int64, at uint64) (string, error) {
	b, err := e.bytes(table+int64(min(at, 1<<40)), 256)
	if err != nil {
		return "", fmt.Errorf("the name of a library: %w", err)
	}
	return short(cstring(b), natureName), nil
}

// symbols looks whether the sections keep the names of functions and variables.
func (e *elfLook) symbols(h []byte) error {
	off := int64(e.word(h[e.pick(40, 32):]))
	size, count := int64(e.order.Uint16(h[e.pick(58, 46):])), int64(e.order.Uint16(h[e.pick(60, 48):]))
	if e.kind == elf.ET_CORE || e.kind == elf.ET_REL {
		return nil
	}
	if count == 0 || off == 0 {
		e.say("stripped of all section names")
		return nil
	}
	if size < e.pick(64, 40) || size > 256 || count > elfMaxHeaders {
		return fmt.Errorf("%d sections of %d bytes", count, size)
	}
	table, err := e.exactly(off, size*count)
	if err != nil {
		return fmt.Errorf("the sections: %w", err)
	}
	for ; len(table) > 0; table = table[size:] {
		if elf.SectionType(e.order.Uint32(table[4:])) == elf.SHT_SYMTAB {
			return nil
		}
	}
	e.say("stripped")
	return nil
}

// lookStaticLibrary counts the members of an ar archive.
func lookStaticLibrary(l *look) error {
	defer func() { l.nature.Programs = l.nature.Members }()
	for off := int64(8); off < l.size; {
		h, err := l.exactly(off, 60)
		if err != nil {
			return fmt.Errorf("member %d: %w", l.nature.Members, err)
		}
		size, err := arSize(h)
		if err != nil {
			return fmt.Errorf("member %d: %w", l.nature.Members, err)
		}
		if name := strings.TrimRight(string(h[:16]), " "); name != "/" && name != "//" && name != "/SYM64/" && !strings.HasPrefix(name, "__.SYMDEF") {
			l.nature.Members++
		}
		if off += 60 + size; off > l.size {
			return io.ErrUnexpectedEOF
		}
		off += size & 1
	}
	return nil
}

// arSize is the size that the header of a member of an ar archive states.
//
// Format: ar(5).
func arSize(h []byte) (int64, error) {
	var n int64
	digits := bytes.TrimRight(h[48:58], " ")
	if h[58] != '`' || h[59] != '\n' || len(digits) == 0 {
		return 0, errors.New("no member's header")
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, errors.New("a size that is no number")
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}
