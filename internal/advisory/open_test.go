package advisory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// smallFile builds a file with a bit of everything, and returns its bytes.
func smallFile(t testing.TB) []byte {
	t.Helper()
	dir := folder(t,
		"Debian/DSA-1-1.json", record("DSA-1-1", "Debian:12", "a", "2"),
		"Debian/DSA-2-1.json", record("DSA-2-1", "Debian:12", "b", "2"),
		"kev.json", `{"vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2024-01-01"}]}`,
		"ssvc.csv", "cve,cvss\nCVE-2024-0001,CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n",
		"epss.csv", "cve,epss,percentile\nCVE-2024-0001,0.1,0.2\n")
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Build(context.Background(), []string{dir}, out, BuildOptions{Now: now}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// use asks an opened file everything that it answers.
func use(f *File) error {
	sys := &landwaiter.System{ID: "debian", VersionID: "12"}
	pkgs := []landwaiter.Package{{ID: "1", Ecosystem: "dpkg", Name: "a", Version: "1"}, {ID: "2", Ecosystem: "dpkg", Name: "c", Version: "1"}}
	_, _, err := f.Match(sys, pkgs, MatchOptions{Now: now, MaxAgeDays: 14})
	_, errR := f.Record("DSA-1-1")
	_, errN := f.Names("CVE-2024-0001")
	f.Info()
	f.Sources()
	f.SourcesFor(sys, now, 14)
	f.Notes()
	f.Coverage()
	f.EndOfLife(sys)
	return errors.Join(err, errR, errN)
}

func openBytes(t testing.TB, raw []byte) (*File, error) {
	t.Helper()
	return openBytesAt(t, filepath.Join(t.TempDir(), "advisories"), raw)
}

func openBytesAt(t testing.TB, path string, raw []byte) (*File, error) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(path)
}

// TestDamage flips each byte of a file, and cuts it at each length: every time
// somebody must notice, and the error must name the file and the cure.
func TestDamage(t *testing.T) {
	raw := smallFile(t)
	path := filepath.Join(t.TempDir(), "advisories")
	check := func(what string, at int, bad []byte) {
		f, err := openBytesAt(t, path, bad)
		if err == nil {
			err = use(f)
			if errClose := f.Close(); errClose != nil {
				t.Fatal(errClose)
			}
		}
		if !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), "build it again") || !strings.Contains(err.Error(), "advisories") {
			t.Fatalf("%s at byte %d of %d: %v", what, at, len(raw), err)
		}
	}
	step := 1
	if testing.Short() {
		step = 37
	}
	for i := 0; i < len(raw); i += step {
		bad := bytes.Clone(raw)
		bad[i] ^= 0x41
		check("flipped", i, bad)
	}
	for i := 0; i < len(raw); i += 1 + len(raw)/500*step {
		check("cut", i, raw[:i])
	}
	check("longer", len(raw), append(bytes.Clone(raw), 0))
	f, err := openBytes(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(use(f), f.Close(), f.Close()); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

// TestShrink cuts a file while it is open: an error, not a bus error.
func TestShrink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "advisories")
	if err := os.WriteFile(path, append(smallFile(t), make([]byte, 1<<16)...), 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A file whose last section is long, so that whole pages of it can vanish.
	sections, err := decodeHeader(raw, int64(len(raw)-1<<16))
	if err != nil {
		t.Fatal(err)
	}
	var list []section
	for _, name := range sectionNames {
		s := sections[name]
		if name == secDetails {
			s.length += 1 << 16
			s.sum = sha256.Sum256(raw[s.offset : s.offset+s.length])
		}
		list = append(list, s)
	}
	copy(raw, encodeHeader(list))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, path)
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if err := use(f); !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), "changed while it was open") {
		t.Errorf("a file that shrank: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(dir); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("a folder: %v", err)
	}
	raw := smallFile(t)
	raw[len(magic)]++
	if _, err := openBytes(t, raw); err == nil || !strings.Contains(err.Error(), "format 2") {
		t.Errorf("another format: %v", err)
	}
	if _, err := openBytes(t, []byte("PK\x03\x04 and so on, for longer than a header is")); err == nil || !strings.Contains(err.Error(), "no advisory file") {
		t.Errorf("a zip: %v", err)
	}
}

func TestInfo(t *testing.T) {
	raw := smallFile(t)
	f, err := openBytes(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info := f.Info()
	if info.SHA256 != sum(raw) || info.Records != 2 || !info.Built.Equal(now) {
		t.Errorf("%+v, want SHA-256 %s", info, sum(raw))
	}
}

// FuzzOpen puts odd bytes into one section and makes the hashes fit, so that the
// decoders see them. Any error will do; a panic will not.
func FuzzOpen(f *testing.F) {
	raw := smallFile(f)
	sections, err := decodeHeader(raw, int64(len(raw)))
	if err != nil {
		f.Fatal(err)
	}
	for i, name := range sectionNames {
		s := sections[name]
		f.Add(uint8(i), raw[s.offset:s.offset+s.length])
		f.Add(uint8(i), raw[s.offset:s.offset+s.length/2])
		f.Add(uint8(i), []byte{})
	}
	path := filepath.Join(f.TempDir(), "advisories")
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		var list []section
		var all []byte
		at := uint64(headerSize(len(sectionNames)))
		for i, name := range sectionNames {
			s := sections[name]
			b := raw[s.offset : s.offset+s.length]
			if i == int(which)%len(sectionNames) {
				b = body
			}
			list = append(list, section{name, at, uint64(len(b)), sha256.Sum256(b)})
			all = append(all, b...)
			at += uint64(len(b))
		}
		file, err := openBytesAt(t, path, append(encodeHeader(list), all...))
		if err != nil {
			return
		}
		_ = use(file)
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
}
