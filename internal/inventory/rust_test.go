package inventory

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// section is a section of a made program.
type section struct {
	name string
	data []byte
}

// makeELF writes a program that has these sections and nothing else.
func makeELF(sections ...section) []byte {
	const header = 64
	var out, table bytes.Buffer
	names := []byte{0}
	at := uint64(header)
	write := func(b *bytes.Buffer, v any) { _ = binary.Write(b, binary.LittleEndian, v) }
	write(&table, elf.Section64{})
	var body []byte
	add := func(name string, kind elf.SectionType, data []byte) {
		write(&table, elf.Section64{Name: uint32(len(names)), Type: uint32(kind), Off: at, Size: uint64(len(data)), Addralign: 1})
		names = append(append(names, name...), 0)
		body = append(body, data...)
		at += uint64(len(data))
	}
	for _, s := range sections {
		add(s.name, elf.SHT_PROGBITS, s.data)
	}
	all := append(slices.Clone(names), ".shstrtab\x00"...)
	add(".shstrtab", elf.SHT_STRTAB, all)
	write(&out, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Shoff: at, Ehsize: header, Phentsize: 56, Shentsize: 64, Shnum: uint16(len(sections) + 2), Shstrndx: uint16(len(sections) + 1),
	})
	out.Write(body)
	out.Write(table.Bytes())
	return out.Bytes()
}

func deflated(text string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// rustFixtures are the programs of testdata/rust.txtar.
func rustFixtures() map[string][]byte {
	const list = `{"packages":[` +
		`{"name":"adler","version":"1.0.2","source":"crates.io"},` +
		`{"name":"cc","version":"1.0.79","source":"crates.io","kind":"build"},` +
		`{"name":"forked","version":"0.3.0-beta.1+x","source":"git","dependencies":[0,0,99,-1]},` +
		`{"name":"tool","version":"2.0.0","source":"local","dependencies":[1,2,4],"root":true},` +
		`{"name":"adler","version":"0.2.3","source":"registry","kind":"runtime"}]}`
	const paths = "assertion failed/home/x/.cargo/registry/src/index.crates.io-6f17d22bba15001f/memchr-2.7.4/src/lib.rs" +
		"/home/x/.cargo/registry/src/index.crates.io-6f17d22bba15001f/memchr-2.7.4/src/arch.rs" +
		"/root/.cargo/registry/src/github.com-1ecc6299db9ec823/foo-1-2.0.0-rc.1+b.2/src/lib.rs" +
		"C:\\Users\\x\\.cargo\\registry\\src\\index.crates.io-1949cf8c6b5b557f\\win-sys-0.52.0\\src\\lib.rs\x00" +
		"/usr/share/cargo/registry/regex-1.7.0/src/exec.rs/build/x/debian/cargo_registry/clap-4.0.29/src/mod.rs/rust/deps/bstr-1.12.1/src/a.rs" +
		// What is like these, and is none of them.
		"/home/x/.cargo/registry/src/example.org-6f17d22bba15001f/private-1.0.0/src/lib.rs" +
		"/home/x/.cargo/registry/src/index.crates.io-6f17d22bba15001f/no-version/src/lib.rs" +
		"/home/x/.cargo/registry/src/index.crates.io-6f17d22bba15001f/ends-1.0.0\x00" +
		"/home/x/registry/nearly-1.0.0/src/lib.rs"
	const commit = "/rustc/9b00956e56009bab2aa15d7bff10916599e3d6d6/library/core/src/str.rs"
	comment := section{".comment", []byte("\x00rustc version 1.78.0 (9b00956e5 2024-04-29)\x00GCC: (GNU) 9.5.0\x00")}
	auditable := deflated(list)
	return map[string][]byte{
		"usr/local/bin/listed":   makeELF(section{rustListed, auditable}, comment, section{".rodata", []byte(paths)}),
		"usr/local/bin/paths":    makeELF(section{".rodata", []byte(paths)}, comment),
		"usr/local/bin/debian":   makeELF(section{".rodata", []byte("/usr/src/rustc-1.63.0/library/core/src/a.rs/usr/share/cargo/registry/regex-1.7.0/src/exec.rs")}),
		"usr/local/bin/silent":   makeELF(section{".rodata", []byte(commit)}),
		"usr/local/bin/other":    makeELF(section{".rodata", []byte(paths + " rustc version 1.78.0 rustc version (none) " + rustListed)}),
		"usr/local/bin/cut":      makeELF(section{rustListed, auditable[:len(auditable)/2]}, comment),
		"usr/local/bin/no-names": makeELF(section{rustListed, deflated(`{"packages":[{"name":"a"},{"version":"1"},{"name":"ok","version":"1.0.0","source":"crates.io"}]} more`)}),
	}
}

// TestRustTracesAcrossPieces: a mark is found wherever the pieces of a large
// program are cut.
func TestRustTracesAcrossPieces(t *testing.T) {
	const mark = "/usr/share/cargo/registry/regex-1.7.0/src/exec.rs\x00rustc version 1.78.0 (9b00956e5 2024-04-29)\x00"
	for at := rustPiece - 2*rustReach; at < rustPiece+rustReach; at += 7 {
		text := strings.Repeat(".", at) + mark + strings.Repeat(".", 2*rustPiece)
		s, err := rustTraces(newFile(t, "x", []byte(text)))
		if err != nil || !s.rust || len(s.named) != 1 || len(s.versions) != 1 {
			t.Fatalf("at %d: %+v, %v", at, s, err)
		}
	}
}

// TestRustCompiler compares with the compiler itself: a program that it builds
// here tells its version, and a list that objcopy puts in is found.
func TestRustCompiler(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	words := strings.Fields(ask(t, "rustc", "--version"))
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.rs"), filepath.Join(dir, "main")
	if err := os.WriteFile(source, []byte("fn main() { println!(\"{}\", std::env::args().count()) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, "rustc", "-o", program, source)
	read := func() *facts {
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		var out facts
		if err := readRust(newFile(t, "usr/bin/main", data), &out); err != nil {
			t.Fatal(err)
		}
		return &out
	}
	if got := goNames(read()); !slices.Contains(got, "std@"+words[1]) {
		t.Errorf("%s; rustc says %s", got, words[1])
	}
	list := filepath.Join(dir, "list")
	if err := os.WriteFile(list, deflated(`{"packages":[{"name":"main","version":"0.1.0","source":"local","root":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("objcopy"); err != nil {
		t.Skip("objcopy is not installed here")
	}
	if text, err := exec.Command("objcopy", "--add-section", rustListed+"="+list, program).CombinedOutput(); err != nil {
		t.Skipf("objcopy: %v: %s", err, text)
	}
	if got := goNames(read()); !slices.Contains(got, "main@0.1.0") {
		t.Errorf("with a list: %s", got)
	}
}

// BenchmarkRustTraces: every program is looked through, so it must be fast beside
// the digest.
func BenchmarkRustTraces(b *testing.B) {
	data := bytes.Repeat([]byte("\x7fELF some code, rust, register, .dep, and zeros\x00\x00\x00\x00\x00\x00\x00\x00"), 1<<18)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := rustTraces(newFile(b, "x", data)); err != nil {
			b.Fatal(err)
		}
	}
}
