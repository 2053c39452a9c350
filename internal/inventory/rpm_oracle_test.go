package inventory

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	rpmdb "github.com/anchore/go-rpmdb/pkg"
	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // the oracle reads SQLite with it
)

// rpmTruths are the real databases in the module go-rpmdb, and the variable in
// its tests that holds what "rpm -qa" said of each; "" where it holds nothing.
var rpmTruths = []struct{ file, variable string }{
	{"centos5-plain/Packages", "CentOS5Plain"},
	{"centos6-plain/Packages", "CentOS6Plain"},
	{"centos6-devtools/Packages", "CentOS6DevTools"},
	{"centos6-many/Packages", "CentOS6Many"},
	{"centos7-plain/Packages", "CentOS7Plain"},
	{"centos7-devtools/Packages", "CentOS7DevTools"},
	{"centos7-many/Packages", "CentOS7Many"},
	{"centos7-python35/Packages", "CentOS7Python35"},
	{"centos7-httpd24/Packages", "CentOS7Httpd24"},
	{"centos8-modularitylabel/Packages", "CentOS8Modularitylabel"},
	{"ubi8-s390x/Packages", "UBI8s390x"},
	{"libuuid/Packages", ""},
	{"sle15-bci/Packages.db", "SLE15WithNDB"},
	{"fedora35/rpmdb.sqlite", "Fedora35WithSQLite3"},
	{"fedora35-plus-mongo/rpmdb.sqlite", "Fedora35PlusMongoDBWithSQLite3"},
	{"rockylinux-9/rpmdb.sqlite", "Rockylinux9WithSQLite3"},
	{"oraclelinux-9/rpmdb.sqlite", "OracleLinux9WithSQLite3"},
	{"cbl-mariner-2.0/rpmdb.sqlite", ""},
}

// rpmModule is the folder of the module's packages, in the module cache.
func rpmModule(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/anchore/go-rpmdb").Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		return filepath.Join(dir, "pkg")
	}
	t.Skip("the module github.com/anchore/go-rpmdb is not in the module cache")
	return ""
}

func rpmRead(t testing.TB, name string, data []byte) (*facts, error) {
	t.Helper()
	var out facts
	err := readRPM(newFile(t, "var/lib/rpm/"+path.Base(name), data), &out)
	return &out, err
}

// rpmFacts lists what the reader said of each package, sorted.
func rpmFacts(out *facts) []string {
	var list []string
	for _, f := range out.packages {
		p := f.pkg
		list = append(list, strings.Join([]string{p.Name, p.Version, p.Arch, p.SourceName, p.SourceVersion, p.Licence, p.Vendor, p.Modularity}, "|"))
	}
	slices.Sort(list)
	return list
}

// TestRPMTruthsAreAll fails for a database in the module that no test here reads.
func TestRPMTruthsAreAll(t *testing.T) {
	known := map[string]bool{}
	for _, truth := range rpmTruths {
		known[truth.file] = true
	}
	dir := filepath.Join(rpmModule(t), "testdata")
	for _, pattern := range []string{"*/Packages", "*/Packages.db", "*/rpmdb.sqlite"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		for _, name := range names {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			if rel = filepath.ToSlash(rel); !known[rel] {
				t.Errorf("no test reads %s", rel)
			}
			delete(known, rel)
		}
	}
	for name := range known {
		t.Errorf("the module has no %s", name)
	}
}

// TestRPMTruth compares every package with what rpm itself said.
func TestRPMTruth(t *testing.T) {
	dir := rpmModule(t)
	source, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "rpmdb_testcase_test.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, truth := range rpmTruths {
		if truth.variable == "" {
			continue
		}
		t.Run(path.Dir(truth.file), func(t *testing.T) {
			want := rpmQA(t, source, truth.variable)
			data, err := os.ReadFile(filepath.Join(dir, "testdata", truth.file))
			if err != nil {
				t.Fatal(err)
			}
			out, err := rpmRead(t, truth.file, data)
			if err != nil || len(out.gaps) > 0 {
				t.Fatalf("error %v, gaps %v", err, out.gaps)
			}
			if diff := cmp.Diff(want, rpmFacts(out)); diff != "" {
				t.Errorf("(-rpm -qa, +read):\n%s", diff)
			}
			t.Logf("%d packages, %d files, as rpm says", len(want), int(out.claims.n))
		})
	}
}

// rpmQA reads the lists of literals that follow each other as
// {intRef(EPOCH), NAME, VERSION, RELEASE, ARCH, SOURCERPM, size, LICENCE, VENDOR, MODULE, …}.
func rpmQA(t *testing.T, source *ast.File, variable string) []string {
	t.Helper()
	var list []string
	var spec *ast.ValueSpec
	ast.Inspect(source, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && s.Names[0].Name == variable {
			spec = s
		}
		return spec == nil
	})
	if spec == nil {
		t.Fatalf("the module's tests have no %s any more", variable)
	}
	ast.Inspect(spec, func(n ast.Node) bool {
		l, ok := n.(*ast.CompositeLit)
		if !ok || len(l.Elts) < 10 || l.Type != nil {
			return true
		}
		text := func(i int) string {
			s, err := strconv.Unquote(l.Elts[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		var epoch uint64
		if call := l.Elts[0].(*ast.CallExpr); len(call.Args) == 1 {
			epoch, _ = strconv.ParseUint(call.Args[0].(*ast.BasicLit).Value, 10, 32)
		}
		if text(1) == "gpg-pubkey" {
			return false
		}
		name, version := rpmSource(text(5))
		list = append(list, strings.Join([]string{
			text(1), rpmVersion(uint32(epoch), text(2), text(3)), text(4), name, version, text(7), text(8), text(9),
		}, "|"))
		return false
	})
	if len(list) == 0 {
		t.Fatalf("no package in %s", variable)
	}
	slices.Sort(list)
	return list
}

// TestRPMLibrary compares file lists and digests with those that another reader
// finds.
func TestRPMLibrary(t *testing.T) {
	dir := rpmModule(t)
	for _, truth := range rpmTruths {
		t.Run(path.Dir(truth.file), func(t *testing.T) {
			name := filepath.Join(dir, "testdata", truth.file)
			db, err := rpmdb.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			packages, err := db.ListPackages()
			if err != nil {
				t.Fatal(err)
			}
			want := make(map[string]bool)
			count := 0
			for _, p := range packages {
				if p.Name != "gpg-pubkey" {
					count++
					rpmLibraryFiles(t, p, want)
				}
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out, err := rpmRead(t, truth.file, data)
			if err != nil || len(out.gaps) > 0 {
				t.Fatalf("error %v, gaps %v", err, out.gaps)
			}
			if len(out.packages) != count {
				t.Errorf("%d packages, the library finds %d", len(out.packages), count)
			}
			sums := 0
			for c := range out.claims.all() {
				line := fmt.Sprintf("%s %s conf=%v %s", c.key, c.path, c.conf, c.sum)
				if _, ok := want[line]; !ok {
					t.Errorf("the library does not say %s", line)
				}
				delete(want, line)
				if c.sum.kind != sumNone {
					sums++
				}
			}
			// The library does not know which files an installation left out. In
			// these images that was documentation.
			for line, doc := range want {
				if !doc {
					t.Errorf("not claimed: %s", line)
				}
			}
			if int(out.claims.n) > 0 && sums == 0 {
				t.Error("no file has a sum")
			}
			t.Logf("%d packages, %d files, %d sums, %d files left out", len(out.packages), int(out.claims.n), sums, len(want))
		})
	}
}

// rpmLibraryFiles puts a line for every file of p into lines, and whether it is
// documentation or a translation.
func rpmLibraryFiles(t *testing.T, p *rpmdb.PackageInfo, lines map[string]bool) {
	files, err := p.InstalledFiles()
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("%s-%s.%s", p.Name, rpmVersion(uint32(p.EpochNum()), p.Version, p.Release), strings.TrimSuffix(p.Arch, "(none)"))
	for _, f := range files {
		if f.Mode&rpmModeType == rpmModeDir {
			continue
		}
		conf, ghost := int32(f.Flags)&rpmdb.RPMFILE_CONFIG != 0, int32(f.Flags)&rpmdb.RPMFILE_GHOST != 0
		sum := ""
		if f.Digest != "" && !conf && !ghost {
			algorithm := "md5"
			if p.DigestAlgorithm != 0 {
				algorithm = p.DigestAlgorithm.String()
			}
			sum = algorithm + ":" + f.Digest
		}
		doc := int32(f.Flags)&(rpmdb.RPMFILE_DOC|rpmdb.RPMFILE_LICENSE) != 0 || strings.HasPrefix(f.Path, "/usr/share/")
		lines[fmt.Sprintf("%s %s conf=%v %s", key, clean(f.Path), conf, sum)] = doc
	}
}

// TestRPMDamage cuts and flips every real database. The reader must say so where
// it lost a package, and must end soon.
func TestRPMDamage(t *testing.T) {
	dir := rpmModule(t)
	for i, truth := range rpmTruths {
		t.Run(path.Dir(truth.file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(dir, "testdata", truth.file))
			if err != nil {
				t.Fatal(err)
			}
			whole, err := rpmRead(t, truth.file, data)
			if err != nil {
				t.Fatal(err)
			}
			read := func(what string, data []byte, mustTell bool) {
				f, n := counted(t, "var/lib/rpm/"+path.Base(truth.file), data)
				var out facts
				err := readRPM(f, &out)
				if most := maxTurns * int64(len(data)+4096); *n > most {
					t.Errorf("%s: %d bytes were read, where it has %d", what, *n, len(data))
				}
				if err == nil && len(out.gaps) == 0 && (mustTell || len(out.packages) < len(whole.packages)) {
					t.Errorf("%s: %d of %d packages, and neither error nor gap", what, len(out.packages), len(whole.packages))
				}
			}
			for q := 1; q <= 3; q++ {
				read(fmt.Sprintf("cut at %d/4", q), data[:len(data)*q/4], true)
			}
			read("cut at 20 bytes", data[:20], true)
			read("empty", nil, true)
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			for range 3 {
				flipped := bytes.Clone(data)
				for range 200 {
					flipped[100+rnd.IntN(len(data)-100)] ^= byte(1 + rnd.IntN(255))
				}
				// A flipped bit in a text stays unseen: no format but NDB has checksums.
				read("flipped bytes", flipped, strings.HasSuffix(truth.file, ".db"))
			}
			zeroed := bytes.Clone(data)
			clear(zeroed[len(data)/2 : len(data)/2+len(data)/8])
			read("an eighth zeroed", zeroed, false)
		})
	}
}

// TestRPMHostile holds damage that was seen to stop a whole process: a place
// beyond its page, a header of 4 GB, a chain of pages without an end.
func TestRPMHostile(t *testing.T) {
	dir := rpmModule(t)
	read := func(name string, change func([]byte)) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		change(data)
		if out, err := rpmRead(t, name, data); err == nil && len(out.gaps) == 0 {
			t.Errorf("%s: neither error nor gap", name)
		}
	}
	le := binary.LittleEndian
	eachPage := func(data []byte, kind byte, change func(page []byte, n uint32)) {
		size := le.Uint32(data[20:])
		for n := uint32(1); (n+1)*size <= uint32(len(data)); n++ {
			if page := data[n*size : (n+1)*size]; page[25] == kind {
				change(page, n)
			}
		}
	}
	read("libuuid/Packages", func(data []byte) {
		eachPage(data, bdbTypeHash, func(page []byte, _ uint32) { le.PutUint16(page[28:], 0xffff) })
	})
	read("libuuid/Packages", func(data []byte) {
		eachPage(data, bdbTypeOverflow, func(page []byte, n uint32) { le.PutUint32(page[16:], n) })
	})
	read("libuuid/Packages", func(data []byte) {
		eachPage(data, bdbTypeOverflow, func(page []byte, _ uint32) { page[25] = 1 })
	})
	read("centos7-many/Packages", func(data []byte) { // a free page, or so it seems
		eachPage(data, bdbTypeHash, func(page []byte, _ uint32) { clear(page) })
	})
	read("sle15-bci/Packages.db", func(data []byte) {
		for slot := data[32:4096]; len(slot) >= 16; slot = slot[16:] {
			if le.Uint32(slot[4:]) != 0 {
				le.PutUint32(data[16*le.Uint32(slot[8:])+12:], 0xffffffff)
			}
		}
	})
	read("fedora35/rpmdb.sqlite", func(data []byte) {
		page := int(binary.BigEndian.Uint16(data[16:]))
		for at := page; at < len(data); at += page {
			if data[at] == sqliteInterior {
				binary.BigEndian.PutUint32(data[at+8:], uint32(at/page+1))
			}
		}
	})
}

func BenchmarkRPM(b *testing.B) {
	dir := rpmModule(b)
	for _, name := range []string{"centos7-many/Packages", "sle15-bci/Packages.db", "oraclelinux-9/rpmdb.sqlite"} {
		data, err := os.ReadFile(filepath.Join(dir, "testdata", name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(path.Dir(name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rpmRead(b, name, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
