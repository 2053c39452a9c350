package inventory

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func goRead(t testing.TB, name string, data []byte) *facts {
	t.Helper()
	var out facts
	if err := readGo(newFile(t, name, data), &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func goNames(out *facts) []string {
	var list []string
	for _, f := range out.packages {
		list = append(list, f.pkg.Name+"@"+f.pkg.Version)
	}
	slices.Sort(list)
	return list
}

// TestGoOwnBinary reads this test's own program. "go test" tells Go's linker its
// module but not its dependencies, and the reader must not take that for none.
func TestGoOwnBinary(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	out := goRead(t, "usr/bin/self", data)
	want := []string{"github.com/landwaiter/landwaiter@" + goDevel, "stdlib@" + goRelease()}
	if diff := cmp.Diff(want, goNames(out)); diff != "" || len(out.gaps) != 1 {
		t.Errorf("gaps %v (-want +read):\n%s", out.gaps, diff)
	}
}

// goRelease is the version of the toolchain that runs this test.
func goRelease() string {
	return strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go")
}

// TestGoVersionM compares with "go version -m" over a program with dependencies,
// built from the module cache.
func TestGoVersionM(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil || testing.Short() {
		t.Skip("builds a program, and there may be no go command")
	}
	name := filepath.Join(t.TempDir(), "stringer")
	if text, err := exec.Command("go", "build", "-o", name, "golang.org/x/tools/cmd/stringer").CombinedOutput(); err != nil {
		t.Skipf("the module cache has not all of it: %v\n%s", err, text)
	}
	text, err := exec.Command("go", "version", "-m", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"stdlib@" + goRelease()}
	for line := range strings.Lines(string(text)) {
		if v := strings.Fields(line); len(v) >= 3 && (v[0] == "mod" || v[0] == "dep") {
			want = append(want, v[1]+"@"+v[2])
		}
	}
	slices.Sort(want)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	out := goRead(t, "usr/bin/stringer", data)
	if diff := cmp.Diff(want, goNames(out)); diff != "" || len(out.gaps) > 0 || len(want) < 3 {
		t.Errorf("gaps %v (-go version -m +read):\n%s", out.gaps, diff)
	}
}

// TestGoBuilt reads programs that Go builds now: whole, stripped, for other
// systems, and damaged after that.
func TestGoBuilt(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.org/tiny\n\ngo 1.21\n",
		"main.go": "package main\n\nfunc main() { println(1) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ os, flags string }{
		{"linux", ""}, {"linux", "-s -w"}, {"windows", ""},
	} {
		t.Run(tt.os+tt.flags, func(t *testing.T) {
			name := filepath.Join(dir, "tiny")
			cmd := exec.Command("go", "build", "-ldflags="+tt.flags, "-o", name, ".")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GOOS="+tt.os, "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out := goRead(t, "bin/tiny", data)
			want := []string{"example.org/tiny@" + goDevel, "stdlib@" + goRelease()}
			if diff := cmp.Diff(want, goNames(out)); diff != "" || len(out.gaps) > 0 || int(out.claims.n) != 1 {
				t.Errorf("gaps %v, claims %v:\n%s", out.gaps, out.claims, diff)
			}
			// Without its build information it is still Go's, and says so.
			damaged := bytes.ReplaceAll(data, []byte("\xff Go buildinf:"), []byte("\xff No buildinf:"))
			out = goRead(t, "bin/tiny", damaged)
			if len(out.packages) != 0 || len(out.gaps) != 1 || !out.gaps[0].Code {
				t.Errorf("damaged: packages %v, gaps %v", goNames(out), out.gaps)
			}
			for q := 1; q < 8; q++ {
				goRead(t, "bin/tiny", data[:len(data)*q/8])
			}
		})
	}
}

// TestGoOthers reads programs of this machine that are not Go's: they must say
// nothing, and soon.
func TestGoOthers(t *testing.T) {
	names, _ := filepath.Glob("/usr/bin/*")
	libs, _ := filepath.Glob("/usr/lib/x86_64-linux-gnu/lib*.so.*")
	read, start := 0, time.Now()
	for _, name := range append(names, libs...) {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(data, []byte("\x7fELF")) || bytes.Contains(data, []byte(goSign)) {
			continue
		}
		out := goRead(t, "usr/bin/x", data)
		if len(out.packages)+len(out.gaps) > 0 {
			t.Errorf("%s: packages %v, gaps %v", name, goNames(out), out.gaps)
		}
		if read++; read == 500 {
			break
		}
	}
	if read == 0 {
		t.Skip("no programs here")
	}
	t.Logf("%d programs that are not Go's, with reading them from disk: %v", read, time.Since(start))
}

func BenchmarkGoNot(b *testing.B) {
	data, err := os.ReadFile("/bin/bash")
	if err != nil {
		b.Skip(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		goRead(b, "bin/bash", data)
	}
}
