package advisory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
)

var update = flag.Bool("update", false, "rewrite the wanted part of txtar cases")

// now is when the tests build and match.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// sharedData returns the path of data that lie beside the checkout, and skips the
// test where they do not.
func sharedData(t testing.TB, path string) string {
	t.Helper()
	full := filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(path))
	if _, err := os.Stat(full); err != nil {
		t.Skipf("shared data is not here: %v", err)
	}
	return full
}

// unpack writes the files of an archive below prefix into a new folder.
func unpack(t testing.TB, ar *txtar.Archive, prefix string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range ar.Files {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok {
			continue
		}
		writeTestFile(t, filepath.Join(dir, filepath.FromSlash(name)), f.Data)
	}
	return dir
}

func writeTestFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func buildFile(t testing.TB, from ...string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "advisories")
	if _, err := Build(context.Background(), from, path, BuildOptions{Now: now}); err != nil {
		t.Fatal(err)
	}
	return openFile(t, path)
}

func openFile(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func part(ar *txtar.Archive, name string) []byte {
	for _, f := range ar.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// packagesOf reads a package per line; an ID that is not given is made.
func packagesOf(t testing.TB, raw []byte) []landwaiter.Package {
	t.Helper()
	var out []landwaiter.Package
	for line := range bytes.Lines(raw) {
		var p landwaiter.Package
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if p.ID == "" {
			p.ID = p.Ecosystem + ":" + p.Name + "@" + p.Version
		}
		out = append(out, p)
	}
	return out
}

// TestMatch builds, opens and asks for every case of testdata/match.
func TestMatch(t *testing.T) {
	cases, err := filepath.Glob("testdata/match/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal(cases, err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := buildFile(t, unpack(t, ar, "src/"))
			var sys *landwaiter.System
			if raw := part(ar, "system.json"); raw != nil {
				if err := json.Unmarshal(raw, &sys); err != nil {
					t.Fatal(err)
				}
			}
			pkgs := packagesOf(t, part(ar, "packages.json"))
			got := render(t, f, sys, pkgs)
			slices.Reverse(pkgs)
			if diff := cmp.Diff(findingsOf(got), findingsOf(render(t, f, sys, pkgs))); diff != "" {
				t.Errorf("findings depend on the order of packages:\n%s", diff)
			}
			last := &ar.Files[len(ar.Files)-1]
			if last.Name != "want" {
				t.Fatalf("the last part is %q, not want", last.Name)
			}
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(last.Data), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func findingsOf(s string) string {
	_, out, _ := strings.Cut(s, "\n\n")
	return out
}

// render writes answers and findings as text.
func render(t testing.TB, f *File, sys *landwaiter.System, pkgs []landwaiter.Package) string {
	t.Helper()
	answers, findings, err := f.Match(sys, pkgs, MatchOptions{Now: now, MaxAgeDays: 14})
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(pkgs) {
		t.Fatalf("%d answers for %d packages", len(answers), len(pkgs))
	}
	var b strings.Builder
	for i, a := range answers {
		fmt.Fprintf(&b, "%s: %s %v %s\n", pkgs[i].ID, a.State, a.Sources, a.Reason)
	}
	for _, x := range findings {
		fmt.Fprintf(&b, "\n%s\n\t%s, %s, fixed %q", x.ID, x.Kind, x.Confidence, x.Fixed)
		if x.Conflict {
			b.WriteString(", conflict")
		}
		if x.Exploited != nil {
			fmt.Fprintf(&b, ", exploited since %s says %s", x.Exploited.Since.Format(time.DateOnly), x.Exploited.Source)
		}
		if x.EPSS != nil {
			fmt.Fprintf(&b, ", epss %g %g", x.EPSS.Probability, x.EPSS.Percentile)
		}
		if x.Vector != nil {
			fmt.Fprintf(&b, "\n\tvector %s %s by %s", x.Vector.Type, x.Vector.Value, x.Vector.Source)
		}
		if x.Detail != "" || x.Seen.Files != 0 {
			fmt.Fprintf(&b, "\n\tdetail %q, seen %d", x.Detail, x.Seen.Files)
		}
		fmt.Fprintf(&b, "\n\tin %s\n", strings.Join(x.Packages, ", "))
		for _, a := range x.Advisories {
			fmt.Fprintf(&b, "\t- %s (%s of %s): %s holds %s; fixed %q status %q", a.ID, a.Source, a.SourceDate.Format(time.DateOnly), a.Compared, a.Range, a.Fixed, a.Status)
			for _, s := range a.Severity {
				fmt.Fprintf(&b, " [%s: %s %s]", s.Source, s.Type, s.Value)
			}
			if a.Note != "" {
				fmt.Fprintf(&b, "\n\t  note: %s", a.Note)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestMatchNothing(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/match/join.txtar")
	if err != nil {
		t.Fatal(err)
	}
	f := buildFile(t, unpack(t, ar, "src/"))
	answers, findings, err := f.Match(nil, nil, MatchOptions{Now: now})
	if err != nil || len(answers) != 0 || findings == nil || len(findings) != 0 {
		t.Errorf("no packages: %v %v %v", answers, findings, err)
	}
	answers, _, err = f.Match(nil, packagesOf(t, part(ar, "packages.json")), MatchOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if a.State != landwaiter.AnswerNotAssessed || a.Reason == "" {
			t.Errorf("package %d of no system: %+v", i, a)
		}
	}
}

func TestRecord(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/match/join.txtar")
	if err != nil {
		t.Fatal(err)
	}
	f := buildFile(t, unpack(t, ar, "src/"))
	for _, file := range ar.Files {
		if !strings.Contains(file.Name, "/D") && !strings.Contains(file.Name, "/LW-") || !strings.HasSuffix(file.Name, ".json") {
			continue
		}
		id := strings.TrimSuffix(filepath.Base(file.Name), ".json")
		got, err := f.Record(id)
		if err != nil || !bytes.Equal(got, file.Data) {
			t.Errorf("record %s: %v\n%s", id, err, cmp.Diff(string(file.Data), string(got)))
		}
	}
	if _, err := f.Record("DSA-9-9"); !errors.Is(err, landwaiter.ErrNotFound) {
		t.Errorf("a record that is not there: %v", err)
	}
	if _, err := f.Record("CVE-2024-0001"); !errors.Is(err, landwaiter.ErrNotFound) {
		t.Errorf("an alias is no record: %v", err)
	}
	names, err := f.Names("CVE-2024-0001")
	if want := []string{"DEBIAN-CVE-2024-0001", "DSA-5001-1", "LW-DEBCL-CVE-2024-0001"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("records of CVE-2024-0001: %v (%v), want %v", names, err, want)
	}
}
