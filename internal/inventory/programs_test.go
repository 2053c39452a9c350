package inventory

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// samplesFile holds a slice of a real file for each row of the table of programs:
// the texts by which it was recognised, and where they are from.
const samplesFile = "testdata/program-samples.txtar"

// eachELF calls visit for the ELF files below root, by path from there.
func eachELF(t testing.TB, root string, visit func(name string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // what cannot be read is not tested
		}
		if info, err := d.Info(); err != nil || info.Size() < 64 || info.Size() > 64<<20 {
			return nil //nolint:nilerr // the same
		}
		f, err := os.Open(name)
		if err != nil {
			return nil //nolint:nilerr // the same
		}
		defer f.Close()
		var magic [4]byte
		if _, err := f.Read(magic[:]); err != nil || string(magic[:]) != "\x7fELF" {
			return nil //nolint:nilerr // the same
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		visit(strings.TrimPrefix(strings.TrimPrefix(name, root), "/"), data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// saysOf reads one program and returns what it is, with its version, "" where
// nothing is said.
func saysOf(t testing.TB, name string, data []byte) (is, version string, out facts) {
	t.Helper()
	if err := readProgram(newFile(t, name, data), &out); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, p := range out.packages {
		if p.keys[0] == name {
			is, version = p.pkg.Name, p.pkg.Version
		}
	}
	return is, version, out
}

// differs are the products whose own word for their version is not Debian's.
var differs = map[string]string{
	"aircrack-ng": "Debian leaves out the last 0", "graphviz": "the library was never told of 2.42.2", "ghostscript": "gs writes 10.00",
	"luajit": "a beta, which Debian writes with ~", "plink": "an alpha or a beta, which Debian writes with ~", "pdftex": "a part of TeX Live with a version of its own",
	"libstdc++": "the library counts for itself",
	"mksh":      "the letter stands elsewhere",
}

// agrees reports whether a version of a product is the upstream version of a Debian
// package that has it.
func agrees(name, version, debian string) bool {
	if _, ok := differs[name]; ok {
		return true
	}
	if _, rest, ok := strings.Cut(debian, ":"); ok {
		debian = rest
	}
	rest, ok := strings.CutPrefix(debian, version)
	return ok && (rest == "" || strings.ContainsRune("-+.~", rune(rest[0])))
}

// TestProgramsAgreeWithDebs reads Debian packages that were unpacked into
// LANDWAITER_DEBS/x/PACKAGE, with their archives in LANDWAITER_DEBS/debs. With
// -update it takes the samples from them.
func TestProgramsAgreeWithDebs(t *testing.T) {
	root := os.Getenv("LANDWAITER_DEBS")
	if root == "" {
		t.Skip("LANDWAITER_DEBS names no folder of unpacked Debian packages")
	}
	samples := &txtar.Archive{Comment: []byte("Slices of real files: the texts by which each product is recognised, and the Debian\npackage that they are from.\n\n")}
	proven := map[string]bool{}
	for _, deb := range glob(t, filepath.Join(root, "debs", "*.deb")) {
		name, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(deb), ".deb"), "_")
		version, _, _ = strings.Cut(version, "_")
		version = strings.ReplaceAll(version, "%3a", ":")
		eachELF(t, filepath.Join(root, "x", name), func(file string, data []byte) {
			is, found, out := saysOf(t, file, data)
			for _, p := range out.packages {
				t.Logf("%s %s: %s: %s %s [%s]", name, version, file, p.pkg.Name, p.pkg.Version, p.pkg.Evidence[0].Method)
			}
			for _, g := range out.gaps {
				t.Logf("%s %s: %s: gap %s", name, version, file, g.Reason)
			}
			at := slices.IndexFunc(programs, func(p program) bool { return p.name == is })
			if at < 0 {
				return
			}
			if !agrees(is, found, version) {
				t.Errorf("%s %s: %s is %s %s", name, version, file, is, found)
			}
			if !proven[is] {
				proven[is] = true
				samples.Files = append(samples.Files, sample(t, at, found, file, data, name+" "+version))
			}
		})
	}
	for _, p := range programs {
		if !proven[p.name] {
			t.Logf("no package proves %s", p.name)
		}
	}
	if *update {
		slices.SortFunc(samples.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
		if err := os.WriteFile(samplesFile, txtar.Format(samples), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sample is a section for samplesFile: what made the reader say that the file is the
// product of row at.
func sample(t *testing.T, at int, version, name string, data []byte, from string) txtar.File {
	t.Helper()
	p := programFile{file: newFile(t, name, data), base: path.Base(name)}
	if err := p.open(); err != nil {
		t.Fatal(err)
	}
	if err := p.search(); err != nil {
		t.Fatal(err)
	}
	p.named()
	row := &programs[at]
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", from)
	if p.soname != "" {
		fmt.Fprintf(&b, "soname %q\n", p.soname)
	}
	kept := false
	put := func(from, to int) {
		for from > 0 && data[from] != 0 {
			from--
		}
		for to < len(data) && data[to-1] != 0 {
			to++
		}
		for _, s := range bytes.Split(bytes.Trim(data[from:to], "\x00"), []byte{0}) {
			const most = 100
			if i := bytes.Index(s, []byte(version)); len(s) > most && i >= 0 {
				s = s[max(0, i-most/2):min(len(s), i+most/2)]
			}
			fmt.Fprintf(&b, "%s\n", strconv.QuoteToASCII(string(s[:min(len(s), most)])))
		}
		kept = true
	}
	for _, h := range p.hits[at] {
		if !kept && h.version == version {
			exp := row.texts[h.text].exp
			from := max(0, int(h.at)-searchBehind)
			if m := exp.FindIndex(data[from:min(len(data), int(h.at)+searchAhead)]); m != nil {
				put(from+m[0]+1, from+m[1])
			}
		}
	}
	for _, exp := range row.alone {
		if m := exp.FindIndex(data); !kept {
			for off := 0; m != nil; m = exp.FindIndex(data[off:]) {
				if bytes.Contains(data[off+m[0]:off+m[1]], []byte(version)) {
					put(off+m[0]+1, off+m[1])
					break
				}
				off += m[1] - 1
			}
		}
	}
	for _, m := range row.marks {
		if p.marks[at] {
			fmt.Fprintf(&b, "%q\n", strings.Trim(m, "\x00"))
		}
	}
	return txtar.File{Name: "opt/" + row.name + "/" + path.Base(name) + ";elf", Data: []byte(b.String())}
}

// TestProgramsHaveSamples fails for a row of the table that no slice of a real file
// proves.
func TestProgramsHaveSamples(t *testing.T) {
	ar, err := txtar.ParseFile(samplesFile)
	if err != nil {
		t.Fatal(err)
	}
	proven := map[string]bool{}
	for _, in := range inputs(t, ar) {
		is, version, _ := saysOf(t, in.Name, in.Data)
		want := strings.Split(in.Name, "/")[1]
		if is != want || version == "" {
			t.Errorf("%s is %s %s", in.Name, is, version)
		}
		proven[is] = true
	}
	for _, p := range programs {
		if !proven[p.name] {
			t.Errorf("no sample proves %s", p.name)
		}
	}
	if len(programs) < 80 {
		t.Errorf("the table has %d rows", len(programs))
	}
}

// TestProgramTable holds what the search and the merge rely on.
func TestProgramTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range programs {
		if seen[p.name] {
			t.Errorf("%s stands twice in the table", p.name)
		}
		seen[p.name] = true
		if len(p.files) == 0 || len(p.texts)+len(p.alone)+len(p.fromName) == 0 {
			t.Errorf("%s has no file, or nothing that says a version", p.name)
		}
		for _, x := range p.texts {
			if len(x.anchor) < programMinAnchor || x.exp.NumSubexp() != 1 || len(x.anchor) > searchBehind {
				t.Errorf("%s: %q holds %q and %d versions", p.name, x.exp, x.anchor, x.exp.NumSubexp())
			}
		}
		for _, m := range append(p.marks, p.proof) {
			if m != "" && len(m) < programMinAnchor {
				t.Errorf("%s: the mark %q is too short", p.name, m)
			}
		}
		for _, pattern := range p.files {
			if _, err := path.Match(pattern, ""); err != nil {
				t.Errorf("%s: %q: %v", p.name, pattern, err)
			}
		}
	}
	for _, l := range layouts {
		if !seen[l.program] {
			t.Errorf("a layout names %s, which no row does", l.program)
		}
	}
}

// TestProgramsAgreeWithDpkg compares programs that dpkg installed on this machine
// with its versions.
func TestProgramsAgreeWithDpkg(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the machine's programs")
	}
	versions, owners := map[string]string{}, map[string]string{}
	for line := range strings.Lines(ask(t, "dpkg-query", "-W", "-f", "${Package}\t${Version}\n${db-fsys:Files}\n")) {
		line = strings.TrimRight(line, "\n")
		if name, version, ok := strings.Cut(line, "\t"); ok {
			versions[name] = version
			owners[""] = name
		} else if file := strings.TrimPrefix(strings.TrimSpace(line), "/"); file != "" {
			owners[file] = owners[""]
		}
	}
	n := 0
	check := func(name string, data []byte) {
		deb := versions[owners[name]]
		if deb == "" {
			return
		}
		is, version, _ := saysOf(t, name, data)
		if !slices.ContainsFunc(programs, func(p program) bool { return p.name == is }) {
			return // nothing said, or by a package note
		}
		if n++; !agrees(is, version, deb) {
			t.Errorf("/%s of %s %s is %s %s", name, owners[name], deb, is, version)
		}
	}
	for _, folder := range []string{"usr/bin", "usr/sbin", "usr/lib/x86_64-linux-gnu", "usr/lib/git-core", "usr/lib/R", "lib/x86_64-linux-gnu", "bin"} {
		if real, err := filepath.EvalSymlinks("/" + folder); err != nil || real != "/"+folder {
			continue // linked folders are read under their other name
		}
		eachELF(t, "/"+folder, func(name string, data []byte) { check(folder+"/"+name, data) })
	}
	if n == 0 {
		t.Skip("no program of the table is installed by dpkg here")
	}
	t.Logf("%d programs agree", n)
}

// BenchmarkPrograms reads ELF files of this machine; beside it, what the digest of
// the same bytes costs.
func BenchmarkPrograms(b *testing.B) {
	var files []*file
	var all [][]byte
	var size int64
	for _, folder := range []string{"/usr/bin", "/usr/lib/x86_64-linux-gnu"} {
		eachELF(b, folder, func(name string, data []byte) {
			if size < 600<<20 {
				size += int64(len(data))
				files, all = append(files, newFile(b, name, data)), append(all, data)
			}
		})
	}
	if size == 0 {
		b.Skip("no ELF files here")
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			for _, f := range files {
				var out facts
				if err := readProgram(f, &out); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			for _, data := range all {
				sha256.Sum256(data)
			}
		}
	})
}
