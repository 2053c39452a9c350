package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/inventory"
	"github.com/landwaiter/landwaiter/internal/report"
)

// TestTablesFollowTheInventory fails for a row of the inventory's table that has no
// page, of which nobody settled how it is looked up, or that has no plain name; and for
// rows of those that the inventory does not have.
func TestTablesFollowTheInventory(t *testing.T) {
	want := slices.Sorted(slices.Values(inventory.Ecosystems()))
	entries, err := os.ReadDir("../../docs/ecosystems")
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".md"); ok {
			pages = append(pages, name)
		}
	}
	phrases, err := os.ReadFile("../../internal/report/words/phrases.md")
	if err != nil {
		t.Fatal(err)
	}
	_, group, _ := strings.Cut(string(phrases), "\n# ecosystem\n")
	group, _, _ = strings.Cut(group, "\n# ")
	var plainNames []string
	for line := range strings.Lines(group) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			plainNames = append(plainNames, name)
		}
	}
	for _, table := range []struct {
		name string
		rows []string
	}{
		{"docs/ecosystems", pages},
		{"advisory's lookups", advisory.Ecosystems()},
		{"report's plain names", plainNames},
	} {
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(table.rows))); diff != "" {
			t.Errorf("%s against the inventory's table (-want +got)\n%s", table.name, diff)
		}
	}
}

// TestMethodsHaveTechniques fails for a way to observe a package, in the inventory's
// source or test data, that CycloneDX would call "other".
func TestMethodsHaveTechniques(t *testing.T) {
	methods := map[string]bool{}
	for pattern, word := range map[string]*regexp.Regexp{
		"../../internal/inventory/*.go":             regexp.MustCompile(`out\.Package(?:Inside)?\("([^"]+)"`),
		"../../internal/inventory/testdata/*.txtar": regexp.MustCompile(`(?m)^\tmethod: (.+)$`),
	} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range word.FindAllStringSubmatch(string(text), -1) {
				methods[m[1]] = true
			}
		}
	}
	if len(methods) < 15 {
		t.Fatalf("only %d methods found", len(methods))
	}
	for _, method := range slices.Sorted(maps.Keys(methods)) {
		a := landwaiter.Assessment{Packages: []landwaiter.Package{{
			ID: "x:thing@1", Ecosystem: "x", Name: "thing", Version: "1", Evidence: []landwaiter.Evidence{{Path: "thing", Method: method}},
		}}}
		for _, f := range report.Formats() {
			var out bytes.Buffer
			if f.Name != "cyclonedx" {
				continue
			}
			if err := f.Write(&out, &a); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), `"technique"`) || strings.Contains(out.String(), `"technique": "other"`) {
				t.Errorf("%q has no technique in report's table for CycloneDX", method)
			}
		}
	}
}
