package advisory

import (
	"archive/zip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// claim is one statement of a record, read by the test itself.
type claim struct {
	id, ecosystem, name string
	withdrawn           bool // or no weakness at all, by its own word
	ranges              [][]map[string]string
	versions            []string
}

// claims reads a zip without the help of the reader under test.
func claims(t testing.TB, path string) []claim {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out []claim
	for _, e := range z.File {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			ID, Withdrawn string
			Affected      []struct {
				Package  struct{ Ecosystem, Name string }
				Versions []string
				Specific struct{ Informational any } `json:"database_specific"`
				Ranges   []struct {
					Type   string
					Events []map[string]string
				}
			}
		}
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		for _, a := range d.Affected {
			c := claim{id: d.ID, ecosystem: a.Package.Ecosystem, name: a.Package.Name, withdrawn: d.Withdrawn != "" || a.Specific.Informational == "unmaintained" || a.Specific.Informational == "notice", versions: a.Versions}
			for _, r := range a.Ranges {
				if r.Type != "GIT" {
					c.ranges = append(c.ranges, r.Events)
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// affects follows OSV's own pseudo-code, event by event. sure is false where a
// version cannot be compared.
func (c claim) affects(v string) (yes, sure bool) {
	if c.withdrawn {
		return false, true
	}
	if slices.Contains(c.versions, v) {
		return true, true
	}
	root, _, _ := strings.Cut(c.ecosystem, ":")
	sure = true
	for _, r := range c.ranges {
		in, ok := inRange(root, v, r)
		yes, sure = yes || (in && ok), sure && ok
	}
	for _, l := range c.versions {
		if n, err := version.Compare(root, l, v); err == nil && n == 0 {
			yes = true
		}
	}
	return yes, sure
}

// inRange walks the events of one range. ok is false where two versions cannot be
// compared.
func inRange(root, v string, r []map[string]string) (in, ok bool) {
	type ev struct{ kind, v string }
	var events []ev
	for _, e := range r {
		for k, v := range e {
			events = append(events, ev{k, v})
		}
	}
	ok = true
	first := func(e ev) bool { return e.kind == "introduced" && e.v == "0" }
	at := func(a, b string) int {
		n, err := version.Compare(root, a, b)
		ok = ok && err == nil
		return n
	}
	slices.SortStableFunc(events, func(a, b ev) int {
		switch {
		case first(a) && first(b):
			return 0
		case first(a):
			return -1
		case first(b):
			return 1
		}
		return at(a.v, b.v)
	})
	for _, e := range events {
		switch {
		case first(e):
			in = true
		case e.kind == "introduced" && at(v, e.v) >= 0:
			in = true
		case e.kind == "fixed" && at(v, e.v) >= 0, e.kind == "last_affected" && at(v, e.v) > 0:
			in = false
		}
	}
	return in, ok
}

// asPackage turns a claim's name into a package that Match looks up by it.
func asPackage(c claim, v string) (*landwaiter.System, landwaiter.Package, bool) {
	root, release, _ := strings.Cut(c.ecosystem, ":")
	p := landwaiter.Package{ID: "x", Name: c.name, Version: v}
	release = strings.TrimSuffix(release, ":LTS")
	switch root {
	case "Debian", "Ubuntu":
		p.Ecosystem = "dpkg"
		return &landwaiter.System{ID: strings.ToLower(root), VersionID: release}, p, true
	case "Alpine":
		p.Ecosystem = "apk"
		return &landwaiter.System{ID: "alpine", VersionID: strings.TrimPrefix(release, "v") + ".1"}, p, true
	case "PyPI", "npm", "Go", "Maven", "RubyGems", "CRAN":
		p.Ecosystem = map[string]string{"PyPI": "python", "npm": "npm", "Go": "go", "Maven": "java", "RubyGems": "gem", "CRAN": "r"}[root]
		return nil, p, true
	case "crates.io", "Julia", "Hackage":
		kind := map[string]string{"crates.io": "cargo", "Julia": "julia", "Hackage": "hackage"}[root]
		p.Ecosystem, p.PURL = "other", "pkg:"+kind+"/"+c.name
		return nil, p, true
	}
	return nil, p, false
}

// matched lists the records that Match holds against one package.
func matched(t testing.TB, f *File, sys *landwaiter.System, p landwaiter.Package) (map[string]landwaiter.Advisory, landwaiter.Answer) {
	t.Helper()
	answers, findings, err := f.Match(sys, []landwaiter.Package{p}, MatchOptions{Now: now, MaxAgeDays: 14})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]landwaiter.Advisory{}
	for _, x := range findings {
		for _, a := range x.Advisories {
			if !strings.Contains(a.Note, "does not match") {
				out[a.ID] = a
			}
		}
	}
	return out, answers[0]
}
