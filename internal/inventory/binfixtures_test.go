package inventory

import (
	"bytes"
	"database/sql"
	"debug/elf"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestBinaryFixtures keeps the sections of testdata that no hand can write equal
// to what the makers in this file make; -update rewrites them.
func TestBinaryFixtures(t *testing.T) {
	rpms := rpmSamples()
	info := "path\texample.org/tool/cmd/tool\n" +
		"mod\texample.org/tool\t(devel)\t\n" +
		"dep\texample.org/lib\tv1.2.3\th1:x=\n" +
		"dep\texample.org/old\tv1.0.0\n=>\texample.org/Fork\tv1.0.1+incompatible\th1:y=\n" +
		"dep\texample.org/own\tv0.1.0\n=>\t./own\t(devel)\t\n" +
		"build\tvcs=git\nbuild\tvcs.revision=0123abcd\nbuild\tvcs.modified=true\n"
	for file, sections := range map[string]map[string][]byte{
		"rpm.txtar": {
			"var/lib/rpm/Packages":               makeBDB(rpms),
			"usr/lib/sysimage/rpm/Packages.db":   makeNDB(rpms),
			"usr/lib/sysimage/rpm/rpmdb.sqlite":  makeSQLite(t, 512, rpms),
			"usr/share/rpm/rpmdb.sqlite":         makeSQLite(t, 512, rpms)[:1024],
			"var/lib/rpm/rpmdb.sqlite-wal":       makeWAL(),
			"usr/share/rpm/rpmdb.sqlite-journal": []byte("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\x00\x00\x00\x01"),
		},
		"rust.txtar": rustFixtures(),
		"go.txtar": {
			"usr/local/bin/tool":    makeGoELF("go1.26.8 X:nodwarf5", info),
			"usr/local/go/bin/go":   makeGoELF("go1.26.8", "path\tcmd/go\n"),
			"usr/local/bin/script":  makeGoELF("devel go1.27-0123abc Mon Jan 5 10:00:00 2026", "path\tcommand-line-arguments\ndep\texample.org/lib\tv1.2.3\th1:x=\n"),
			"usr/local/bin/silent":  makeGoELF("go1.12", ""),
			"usr/local/bin/damaged": bytes.Replace(makeGoELF("go1.26.8", info), []byte("\xff Go buildinf:"), []byte("\xff No buildinf:"), 1),
			"usr/bin/other":         bytes.Replace(makeGoELF("go1.26.8", info), []byte(".go.buildinfo"), []byte(".no.buildinfo"), 1),
		},
	} {
		name := filepath.Join("testdata", file)
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		changed := false
		for i, f := range ar.Files {
			section, ok := strings.CutSuffix(f.Name, ";base64")
			if !ok {
				continue
			}
			want, ok := sections[section]
			if _, got := decode(t, f); ok && bytes.Equal(got, want) {
				continue
			}
			if !ok || !*update {
				t.Errorf("%s: the section %s is not what its maker makes", name, f.Name)
				continue
			}
			ar.Files[i].Data = base64Lines(want)
			changed = true
		}
		if changed {
			if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func base64Lines(data []byte) []byte {
	const width = 120
	var out []byte
	for s := base64.StdEncoding.EncodeToString(data); s != ""; {
		n := min(width, len(s))
		out = append(append(out, s[:n]...), '\n')
		s = s[n:]
	}
	return out
}

type rpmTag struct {
	tag   int
	value any // string, []string, []uint32, []uint16, []byte
}

// makeRPMHeader writes a header as rpm's databases hold it.
func makeRPMHeader(tags ...rpmTag) []byte {
	var index, data bytes.Buffer
	for _, t := range tags {
		kind, count, align := uint32(0), 1, 1
		var value []byte
		switch v := t.value.(type) {
		case string:
			kind, value = rpmTypeString, append([]byte(v), 0)
		case []string:
			kind, count = rpmTypeStrings, len(v)
			value = []byte(strings.Join(v, "\x00") + "\x00")
		case []uint32:
			kind, count, align = rpmTypeInt32, len(v), 4
			value, _ = binary.Append(nil, binary.BigEndian, v)
		case []uint16:
			kind, count, align = rpmTypeInt16, len(v), 2
			value, _ = binary.Append(nil, binary.BigEndian, v)
		case []byte:
			kind, count, value = rpmTypeChar, len(v), v
		}
		for data.Len()%align != 0 {
			data.WriteByte(0)
		}
		entry, _ := binary.Append(nil, binary.BigEndian, []uint32{uint32(t.tag), kind, uint32(data.Len()), uint32(count)})
		index.Write(entry)
		data.Write(value)
	}
	head, _ := binary.Append(nil, binary.BigEndian, []uint32{uint32(len(tags)), uint32(data.Len())})
	return append(append(head, index.Bytes()...), data.Bytes()...)
}

// rpmSamples are headers that show what the reader must tell apart.
func rpmSamples() [][]byte {
	sha := strings.Repeat("a1", 32)
	return [][]byte{
		makeRPMHeader(
			rpmTag{rpmTagName, "sample-libs"}, rpmTag{rpmTagVersion, "1.2"}, rpmTag{rpmTagRelease, "3.el9"},
			rpmTag{rpmTagEpoch, []uint32{2}}, rpmTag{rpmTagVendor, "Sample Makers"}, rpmTag{rpmTagLicence, "MIT AND BSD-3-Clause"},
			rpmTag{rpmTagArch, "x86_64"}, rpmTag{rpmTagSourceRPM, "sample-1.2-3.el9.src.rpm"},
			rpmTag{rpmTagModularity, "sample:1:20260101:abc"}, rpmTag{rpmTagDigestAlgo, []uint32{8}},
			rpmTag{rpmTagBaseNames, []string{"libsample.so.1", "libsample.so", "sample.conf", "cache", "manual", "sample", "other"}},
			rpmTag{rpmTagDirNames, []string{"/usr/lib64/", "/etc/", "/var/lib/sample/", "/usr/share/doc/"}},
			rpmTag{rpmTagDirIndexes, []uint32{0, 0, 1, 2, 3, 2, 0}},
			rpmTag{rpmTagFileModes, []uint16{0o100755, 0o120777, 0o100644, 0o100644, 0o100644, 0o040755, 0o100644}},
			rpmTag{rpmTagFileFlags, []uint32{0, 0, 1 | 1<<4, 1 << 6, 2, 0, 0}},
			rpmTag{rpmTagFileStates, []byte{0, 0, 0, 0, 2, 0, 1}},
			rpmTag{rpmTagFileDigests, []string{strings.ToUpper(sha), "", sha, "", sha, "", sha}},
		),
		makeRPMHeader(rpmTag{rpmTagName, "gpg-pubkey"}, rpmTag{rpmTagVersion, "0123abcd"}, rpmTag{rpmTagRelease, "1"}),
		makeRPMHeader(
			rpmTag{rpmTagName, "old"}, rpmTag{rpmTagVersion, "1"}, rpmTag{rpmTagRelease, "1"}, rpmTag{rpmTagEpoch, []uint32{0}},
			rpmTag{rpmTagLicence, "(none)"}, rpmTag{rpmTagArch, "noarch"},
			rpmTag{rpmTagOldFileNames, []string{"/bin/old", "/bin/../../up"}},
			rpmTag{rpmTagFileDigests, []string{strings.Repeat("0f", 16), "short"}},
		),
		makeRPMHeader(rpmTag{rpmTagName, "no-version"}),
		makeRPMHeader(
			rpmTag{rpmTagName, "astray"}, rpmTag{rpmTagVersion, "1"}, rpmTag{rpmTagRelease, "1"},
			rpmTag{rpmTagBaseNames, []string{"a"}}, rpmTag{rpmTagDirNames, []string{"/"}}, rpmTag{rpmTagDirIndexes, []uint32{7}},
		),
	}
}

// makeNDB writes one page of slots and the headers behind it.
func makeNDB(headers [][]byte) []byte {
	le := binary.LittleEndian
	out := make([]byte, ndbPage)
	copy(out, ndbMagic)
	le.PutUint32(out[12:], 1)
	for at := 32; at < ndbPage; at += ndbBlock {
		copy(out[at:], ndbSlot)
	}
	for i, h := range headers {
		at := len(out)
		slot := out[32+ndbBlock*i:]
		le.PutUint32(slot[4:], uint32(i+1))
		le.PutUint32(slot[8:], uint32(at/ndbBlock))
		out = append(out, ndbBlob...)
		for _, n := range []uint32{uint32(i + 1), 1, uint32(len(h))} {
			out = le.AppendUint32(out, n)
		}
		out = append(out, h...)
		for (len(out)+ndbBlobTail)%ndbBlock != 0 {
			out = append(out, 0)
		}
		out = le.AppendUint32(out, adler32.Checksum(out[at:]))
		out = append(le.AppendUint32(out, uint32(len(h))), ndbBlobEnd...)
	}
	return out
}

// makeBDB writes a hash of one page, with the headers on overflow pages but for
// the short ones.
func makeBDB(headers [][]byte) []byte {
	const size = 512
	le := binary.LittleEndian
	out := make([]byte, 2*size) // the first page, and the one of the hash
	index, end := bdbPageHeader, size
	put := func(item []byte) {
		end -= len(item)
		copy(out[size+end:], item)
		le.PutUint16(out[size+index:], uint16(end))
		index += 2
	}
	put([]byte{bdbItemHere, 0, 0, 0, 0})
	put([]byte{bdbItemHere, 9, 0, 0, 0}) // not a header: rpm's counter
	for i, h := range headers {
		put([]byte{bdbItemHere, byte(i + 1), 0, 0, 0})
		if len(h) < 100 {
			put(append([]byte{bdbItemHere}, h...))
			continue
		}
		item := []byte{bdbItemOff, 0, 0, 0}
		item = le.AppendUint32(item, uint32(len(out)/size))
		put(le.AppendUint32(item, uint32(len(h))))
		for len(h) > 0 {
			n := min(len(h), size-bdbPageHeader)
			page := make([]byte, size)
			if n < len(h) {
				le.PutUint32(page[16:], uint32(len(out)/size+1))
			}
			le.PutUint16(page[22:], uint16(n))
			page[25] = bdbTypeOverflow
			copy(page[bdbPageHeader:], h[:n])
			out, h = append(out, page...), h[n:]
		}
	}
	le.PutUint16(out[size+20:], uint16(2*len(headers)+2))
	out[size+25] = bdbTypeHash
	le.PutUint32(out[12:], bdbHashMagic)
	le.PutUint32(out[20:], size)
	out[25] = bdbTypeHashMeta
	le.PutUint32(out[32:], uint32(len(out)/size-1))
	le.PutUint32(out[88:], uint32(len(headers)+1))
	return out
}

// makeSQLite lets SQLite itself write a database.
func makeSQLite(t testing.TB, page int, headers [][]byte) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	db.SetMaxOpenConns(1)
	exec(fmt.Sprintf("PRAGMA page_size = %d", page))
	exec("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
	exec("CREATE TABLE 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
	for _, h := range headers {
		exec("INSERT INTO Packages (blob) VALUES (?)", h)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// makeWAL writes the start of a log with one frame.
func makeWAL() []byte {
	log := make([]byte, 32+24+512)
	binary.BigEndian.PutUint32(log, 0x377f0682)
	copy(log[16:], "saltsalt")
	copy(log[32+8:], "saltsalt")
	return log
}

// makeGoELF writes a program that has build information and nothing else.
func makeGoELF(version, info string) []byte {
	const base, header = 0x400000, 64 + 56
	blob := append([]byte("\xff Go buildinf:\x08\x02"), make([]byte, 16)...)
	if info != "" {
		info = strings.Repeat("s", 16) + info + strings.Repeat("e", 16)
	}
	for _, s := range []string{version, info} {
		blob = append(binary.AppendUvarint(blob, uint64(len(s))), s...)
	}
	blob = append(blob, make([]byte, 16)...)
	names := "\x00.go.buildinfo\x00.shstrtab\x00"
	start := uint64(header + 8) // aligned to 16
	table := (start + uint64(len(blob)+len(names)) + 7) / 8 * 8
	var out bytes.Buffer
	write := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) }
	write(elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Phoff: 64, Shoff: table, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64, Shnum: 3, Shstrndx: 2,
	})
	write(elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: start, Vaddr: base + start, Paddr: base + start,
		Filesz: uint64(len(blob)), Memsz: uint64(len(blob)), Align: 16,
	})
	out.Write(make([]byte, start-header))
	out.Write(blob)
	out.WriteString(names)
	out.Write(make([]byte, int(table)-out.Len()))
	write(elf.Section64{})
	write(elf.Section64{Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_WRITE), Addr: base + start, Off: start, Size: uint64(len(blob)), Addralign: 16})
	write(elf.Section64{Name: 15, Type: uint32(elf.SHT_STRTAB), Off: start + uint64(len(blob)), Size: uint64(len(names)), Addralign: 1})
	return out.Bytes()
}
