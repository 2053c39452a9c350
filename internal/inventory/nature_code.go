package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// lookPE looks into programs for Windows.
//
// Format: learn.microsoft.com, "PE Format".
func lookPE(l *look) error {
	h, err := l.exactly(0, 64)
	if err != nil {
		return errNotIt
	}
	pe, err := l.exactly(int64(binary.LittleEndian.Uint32(h[60:])), 24)
	if err != nil || string(pe[:4]) != "PE\x00\x00" {
		l.say("for MS-DOS")
		return nil
	}
	machine := map[uint16]string{0x14c: "x86, 32 bit", 0x8664: "x86-64", 0xaa64: "ARM, 64 bit", 0x1c0: "ARM, 32 bit", 0x1c4: "ARM, 32 bit"}[binary.LittleEndian.Uint16(pe[4:])]
	if machine == "" {
		machine = fmt.Sprintf("processor %#x", binary.LittleEndian.Uint16(pe[4:]))
	}
	if flags := binary.LittleEndian.Uint16(pe[22:]); flags&0x2000 != 0 {
		l.nature.Format = "Windows library"
	}
	l.say("%s", machine)
	return nil
}

// machoNames are processors by Mach-O's numbers, without the bit for 64 bits.
var machoNames = map[uint32]string{7: "x86", 12: "ARM", 18: "PowerPC"}

// lookMachO looks into programs for Apple's systems.
//
// Format: mach-o/loader.h, mach-o/fat.h.
func lookMachO(l *look) error {
	h, err := l.exactly(0, 16)
	if err != nil {
		return err
	}
	if string(h[:4]) == "\xca\xfe\xba\xbe" {
		l.say("for %d processors", binary.BigEndian.Uint32(h[4:]))
		return nil
	}
	var order binary.ByteOrder = binary.BigEndian
	if h[0] == 0xce || h[0] == 0xcf {
		order = binary.LittleEndian
	}
	cpu := order.Uint32(h[4:])
	name := machoNames[cpu&0xffffff]
	if name == "" {
		name = fmt.Sprintf("processor %d", cpu&0xffffff)
	}
	bits := 32
	if cpu&0x1000000 != 0 {
		bits = 64
	}
	switch order.Uint32(h[12:]) {
	case 1:
		l.nature.Format = "macOS object file"
	case 6:
		l.nature.Format = "macOS library"
	case 8:
		l.nature.Format = "macOS plug-in"
	}
	l.say("%s, %d bit", name, bits)
	return nil
}

// isFat tells a Mach-O file for several processors from a Java class: where one
// has a small number of processors the other has its version, at least 45.
func isFat(_ string, head []byte) bool {
	return len(head) > 8 && (head[0] != 0xca || binary.BigEndian.Uint32(head[4:]) < 45)
}

// lookClass names the Java release that a class needs.
//
// Format: The Java Virtual Machine Specification, 4.1.
func lookClass(l *look) error {
	if len(l.head) < 8 {
		return errors.New("a class without a version")
	}
	if v := binary.BigEndian.Uint16(l.head[6:]); v >= 49 {
		l.say("for Java %d or later", v-44)
	} else {
		l.say("for Java 1.%d or later", v-44)
	}
	return nil
}

func lookWasm(l *look) error {
	if len(l.head) < 8 {
		return errors.New("no version")
	}
	if v := binary.LittleEndian.Uint32(l.head[4:]); v&0xffff0000 != 0 {
		l.say("component")
	} else {
		l.say("version %d", v)
	}
	return nil
}

// pythonMagics are the first magic number of each release of CPython.
//
// Source: CPython, Include/internal/pycore_magic_number.h.
var pythonMagics = []struct {
	from    uint16
	version string
}{
	{3000, "3.0"},
	{3141, "3.1"},
	{3160, "3.2"},
	{3190, "3.3"},
	{3250, "3.4"},
	{3320, "3.5"},
	{3360, "3.6"},
	{3390, "3.7"},
	{3400, "3.8"},
	{3420, "3.9"},
	{3430, "3.10"},
	{3450, "3.11"},
	{3500, "3.12"},
	{3550, "3.13"},
	{3600, "3.14"},
	{3650, "3.15"},
}

// lookPyc names the Python that compiled it. The code inside is not read: it need
// not be that of the text beside it.
func lookPyc(l *look) error {
	l.nature.Interpreter = "Python"
	if len(l.head) < 4 || string(l.head[2:4]) != "\r\n" {
		return errors.New("no magic number of Python's")
	}
	n := binary.LittleEndian.Uint16(l.head)
	if n > 20000 { // 62211 is 2.7
		l.nature.Interpreter = "Python 2"
		return nil
	}
	for _, m := range pythonMagics {
		if n >= m.from {
			l.nature.Interpreter = "Python " + m.version
		}
	}
	return nil
}

// lookShebang names what runs a script by its first line; env and its options are
// passed over.
func lookShebang(l *look) error {
	line, _, _ := bytes.Cut(l.head[2:], []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) == 0 {
		return errNotIt
	}
	if strings.HasPrefix(words[0], "[") {
		return errNotIt // Rust's inner attribute
	}
	name := words[0]
	if path.Base(name) == "env" {
		for _, w := range words[1:] {
			if !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") {
				name = w
				break
			}
		}
	}
	l.nature.Interpreter = short(name, natureName)
	return nil
}

// languages are the suffixes of scripts that may have no first line.
var languages = map[string]string{
	".py": "Python", ".pyw": "Python", ".sh": "shell", ".bash": "bash", ".zsh": "zsh", ".fish": "fish", ".pl": "Perl", ".pm": "Perl",
	".rb": "Ruby", ".lua": "Lua", ".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".ts": "TypeScript",
	".r": "R", ".R": "R", ".jl": "Julia", ".php": "PHP", ".tcl": "Tcl", ".m": "MATLAB or Octave", ".el": "Emacs Lisp", ".awk": "awk",
	".ps1": "PowerShell", ".do": "Stata", ".sas": "SAS",
}

func lookLanguage(l *look) error {
	l.nature.Format, l.nature.Interpreter = "script", languages[path.Ext(l.path)]
	if !text(l.head) {
		l.say("not plain text")
	}
	return nil
}

// likeClass keeps text apart from classes. Archives of them may begin with text.
func likeClass(name string, head []byte) bool { return path.Ext(name) != ".class" || !text(head) }

// likeScript keeps translations of Qt, which end as TypeScript does, apart from it.
func likeScript(name string, head []byte) bool {
	return path.Ext(name) != ".ts" || !bytes.HasPrefix(head, []byte("<?xml")) && !bytes.HasPrefix(head, []byte("<!DOCTYPE TS"))
}

// siteFolders are the folders in which Python looks for path files when it starts.
var siteFolders = []string{"site-packages", "dist-packages"}

// likePathFile tells a path file of Python's from a model of PyTorch, which has the
// same ending: it is text, and lies where Python looks or runs code.
func likePathFile(name string, head []byte) bool {
	if !text(head) {
		return false
	}
	return slices.Contains(siteFolders, path.Base(path.Dir(name))) || len(pathFileCode(head)) > 0
}

// pathFileCode are the lines of a path file that Python runs.
func pathFileCode(data []byte) []string {
	var out []string
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		for part := range bytes.SplitSeq(line, []byte("\r")) {
			if bytes.HasPrefix(part, []byte("import ")) || bytes.HasPrefix(part, []byte("import\t")) {
				out = append(out, string(bytes.TrimSpace(part)))
			}
		}
	}
	return out
}

// lookPathFile says which lines of a path file Python runs each time that it starts.
// The others are folders in which it looks for modules.
//
// Format: docs.python.org, "site — Site-specific configuration hook".
func lookPathFile(l *look) error {
	l.nature.Interpreter = "Python"
	data, err := l.all()
	if err != nil {
		return err
	}
	if p := newPickle(bytes.NewReader(data)); p.run() == nil || p.called {
		l.nature.Format, l.kind = "pickle", landwaiter.FileModel // of the first protocols, which are text
		return l.amounts(p, nil)
	}
	code := pathFileCode(data)
	switch len(code) {
	case 0:
		l.say("names folders, and runs nothing")
		return nil
	case 1:
		l.say("Python runs a line of it at each start: %s", code[0])
	default:
		l.say("Python runs %d lines of it at each start, first: %s", len(code), code[0])
	}
	l.runsCode(isCode)
	return nil
}
