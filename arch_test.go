package landwaiter_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/landwaiter/landwaiter"

// imports is who may import what of ours, tests aside. "root" is the root package.
// The root package may import nothing but the standard library.
var imports = map[string][]string{
	"root":                    {},
	"internal/limitio":        {"root"},
	"internal/cache":          {"root"},
	"internal/why":            {"root"},
	"internal/compare":        {"root", "internal/judge"},
	"internal/version":        {"root"},
	"internal/judge":          {"root", "internal/rules"},
	"internal/rules":          {"root"},
	"internal/report":         {"root", "internal/compare", "internal/version"},
	"internal/attest":         {"root"},
	"internal/gunzip":         {},
	"internal/image":          {"root", "internal/limitio", "internal/gunzip"},
	"internal/inventory":      {"root", "internal/image", "internal/limitio", "internal/gunzip", "internal/declared"},
	"internal/inspect":        {"root", "internal/image", "internal/limitio", "internal/declared"},
	"internal/content":        {"root", "internal/inventory"}, // it watches what inventory reads
	"internal/advisory":       {"root", "internal/version", "internal/limitio"},
	"internal/vex":            {"root"},
	"internal/declared":       {"root", "internal/version", "internal/limitio"},
	"internal/assess":         {"root", "internal/limitio", "internal/image", "internal/inventory", "internal/inspect", "internal/advisory", "internal/declared", "internal/judge", "internal/vex", "internal/content"},
	"internal/lwtest":         {"root"},
	"internal/lwtest/bench":   {"root", "internal/lwtest"},
	"internal/lwtest/mkimage": {"root", "internal/lwtest"},
	"internal/lwtest/recall":  {"root"},
	"internal/isolation":      {},
	"cmd/landwaiter":          nil, // everything but test helpers
	"cmd/landwaiter-probe":    {"internal/isolation"},
}

// doors is which packages alone may import a library: one dependency, one door.
var doors = map[string][]string{
	"github.com/google/go-containerregistry": {"internal/image"},
	"github.com/google/osv-scalibr":          {"internal/version", "internal/inventory", "internal/content"},
	"github.com/BurntSushi/toml":             {"internal/inventory", "internal/declared"},
	"github.com/CycloneDX/cyclonedx-go":      {"internal/report", "internal/declared"},
	"github.com/spdx/tools-golang":           {"internal/report", "internal/declared"},
	"github.com/ulikunitz/xz":                {"internal/inventory"},
	"github.com/package-url/packageurl-go":   {"internal/inventory", "internal/advisory", "internal/vex"},
	"github.com/pandatix/go-cvss":            {"internal/judge"},
	"cel.dev/cel-go":                         {"internal/rules"},
	"github.com/secure-systems-lab":          {"internal/attest"},
	"go.yaml.in/yaml/v3":                     {"internal/judge", "internal/inventory", "internal/declared"},
	"github.com/spf13/cobra":                 {"cmd/landwaiter"},
	"github.com/vbauerster/mpb/v8":           {"cmd/landwaiter"},
	"html/template":                          {"internal/report"},
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for file, list := range sources(t) {
		dir := path.Dir(file)
		if dir == "." {
			dir = "root"
		}
		seen[dir] = true
		may, known := imports[dir]
		if !known {
			t.Errorf("%s is in no row of the import table", dir)
			continue
		}
		for _, imp := range list {
			if rest, ok := strings.CutPrefix(imp, module); ok {
				ours := strings.TrimPrefix(rest, "/")
				if ours == "" {
					ours = "root"
				}
				if may != nil && !slices.Contains(may, ours) || may == nil && strings.HasPrefix(ours, "internal/lwtest") {
					t.Errorf("%s imports %s; %s may not", file, ours, dir)
				}
				continue
			}
			if dir == "root" && strings.Contains(strings.Split(imp, "/")[0], ".") {
				t.Errorf("%s imports %s; the root package imports the standard library only", file, imp)
			}
			for lib, who := range doors {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !slices.Contains(who, dir) {
					t.Errorf("%s imports %s, whose door is %s", file, imp, who)
				}
			}
		}
	}
	for dir := range imports {
		if !seen[dir] {
			t.Errorf("the import table names %s, which does not exist", dir)
		}
	}
}

// sources returns the imports of every Go file that is no test.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "build" || d.Name() == "tools" || p != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		out[filepath.ToSlash(p)] = []string{}
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(p)] = append(out[filepath.ToSlash(p)], name)
		}
		return nil
	})
	if err != nil || len(out) < 30 {
		t.Fatalf("%d source files, %v", len(out), err)
	}
	return out
}

// TestContributingNamesWhatExists keeps the table for newcomers true.
func TestContributingNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	paths := regexp.MustCompile("`((?:internal|docs|cmd|examples)/[^` ]*)`").FindAllStringSubmatch(string(text), -1)
	if len(paths) < 8 {
		t.Fatalf("CONTRIBUTING.md names %d paths", len(paths))
	}
	for _, p := range paths {
		if _, err := os.Stat(p[1]); err != nil {
			t.Errorf("CONTRIBUTING.md names %s: %v", p[1], err)
		}
	}
}
