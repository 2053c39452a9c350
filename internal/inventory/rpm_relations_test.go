package inventory

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRPMAlternatives(t *testing.T) {
	for in, want := range map[string][]string{
		"glibc":                                {"glibc"},
		"libc.so.6(GLIBC_2.14)(64bit)":         {"libc.so.6(GLIBC_2.14)(64bit)"},
		"(a >= 1.0 or b(x86-64))":              {"a", "b(x86-64)"},
		"((a or b) and python3dist(c) < 2)":    {"a", "b", "python3dist(c)"},
		"(a without b)":                        {"a"},
		"(systemd if systemd-libs)":            nil,
		"(pkgA >= 3.2 with pkgA < 4.0)":        {"pkgA", "pkgA"},
		"(kernel-uname-r = 1 unless kernel-x)": nil,
		"(":                                    nil,
	} {
		if diff := cmp.Diff(want, rpmAlternatives(in)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
	if got := rpmSymbols("libc.so.6(GLIBC_2.14)(64bit)"); got != "libc.so.6()(64bit)" {
		t.Errorf("a library's symbols: %q", got)
	}
}

// rpmCut are databases of images that were put together without all that their
// packages ask for.
var rpmCut = []string{"libuuid/Packages", "sle15-bci/Packages.db"}

// TestRPMRequires: in a real database every name that is no file is answered, by
// a package's own name or by what it provides.
func TestRPMRequires(t *testing.T) {
	dir := rpmModule(t)
	for _, truth := range rpmTruths {
		data, err := os.ReadFile(filepath.Join(dir, "testdata", truth.file))
		if err != nil {
			t.Fatal(err)
		}
		out, err := rpmRead(t, truth.file, data)
		if err != nil {
			t.Fatal(err)
		}
		answers := map[string]bool{}
		for _, p := range out.packages {
			answers[p.pkg.Name] = true
			for _, name := range p.provides {
				answers[name] = true
			}
		}
		asked, files, provides := 0, 0, 0
		var open []string
		for _, p := range out.packages {
			provides += len(p.provides)
			for _, name := range p.pkg.Requires {
				switch {
				case strings.HasPrefix(name, "/"):
					files++
				case answers[name]:
					asked++
				default:
					open = append(open, p.pkg.Name+" needs "+name)
				}
			}
		}
		slices.Sort(open)
		t.Logf("%s: %d packages ask for %d names and %d files; %d names without an answer %.3q; %d provided", truth.file, len(out.packages), asked, files, len(open), open[:min(len(open), 3)], provides)
		if len(open) > 1 && !slices.Contains(rpmCut, truth.file) {
			t.Errorf("%s: %d of %d names have no answer", truth.file, len(open), asked+len(open))
		}
	}
}
