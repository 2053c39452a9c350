package why

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// system makes packages of lines "name: what it needs"; "*" before a name is one that
// somebody asked for, "name < owner" one that another holds, "?name" in what it needs
// is missing.
func system(lines ...string) *Material {
	m := &Material{
		Subject: &landwaiter.Subject{Reference: "oci:x", Layers: []landwaiter.Layer{{CreatedBy: "base"}, {CreatedBy: "/bin/sh -c make   all"}}},
		File:    func(string) (File, bool) { return File{}, false },
	}
	id := func(name string) string { return "dpkg:" + name + "@1" }
	for _, l := range lines {
		name, needs, _ := strings.Cut(l, ":")
		name, owner, _ := strings.Cut(name, " < ")
		p := landwaiter.Package{Ecosystem: "dpkg", Version: "1", Layer: 1, Evidence: []landwaiter.Evidence{{Path: "var/lib/dpkg/status", Layer: 1, Method: "package database"}}, Owns: landwaiter.Count{Files: 2, Bytes: 1500}}
		p.Name, p.Requested = strings.CutPrefix(strings.TrimSpace(name), "*")
		p.ID, p.PURL = id(p.Name), "pkg:deb/debian/"+p.Name+"@1?arch=amd64"
		if owner != "" {
			p.OwnedBy = id(owner)
		}
		for _, n := range strings.Fields(needs) {
			if gone, ok := strings.CutPrefix(n, "?"); ok {
				p.Requires, p.Missing = append(p.Requires, gone), append(p.Missing, gone)
				continue
			}
			p.Requires, p.DependsOn = append(p.Requires, n), append(p.DependsOn, id(n))
		}
		m.Packages = append(m.Packages, p)
	}
	return m
}

func short(l []Named) string {
	var out []string
	for _, n := range l {
		out = append(out, n.Name)
	}
	return strings.Join(out, " ")
}

func TestWhy(t *testing.T) {
	for _, c := range []struct {
		what    string
		lines   []string
		ask     string
		verdict Verdict
		chains  string // one after the other, "; " between
		roots   int
		by, go_ string // those that need it directly, those that would go
		all     int
	}{
		{"asked for", []string{"*a: b", "b"}, "a", Asked, "", 0, "", "b", 0},
		{"needed", []string{"*a: b", "b: c", "c"}, "c", Needed, "a* b c", 1, "b", "", 2},
		{"two roots, one asked for", []string{"a: c", "*b: d", "d: c", "c"}, "c", Needed, "b* d c; a c", 2, "a d", "", 3},
		{"a way ends where somebody asked", []string{"*a: b", "*b: c", "c"}, "c", Needed, "b* c", 1, "b", "", 2},
		{"the shortest way of each root", []string{"a: b c", "b: c", "c"}, "c", Needed, "a c", 1, "a b", "", 2},
		{"nobody", []string{"a: b", "b", "c"}, "c", NoRecord, "", 0, "", "", 0},
		{"no package says what it needs", []string{"a", "c"}, "c", NotStated, "", 0, "", "", 0},
		{"a loop with nobody outside", []string{"a: b", "b: a c", "c"}, "a", Loop, "", 0, "b", "b c", 1},
		{"below a loop", []string{"a: b", "b: a c", "c"}, "c", Needed, "b~ c", 1, "b", "", 2},
		{"a loop that somebody asked for", []string{"*a: b", "b: a"}, "b", Needed, "a* b", 1, "a", "", 1},
		{"in a loop, asked by another", []string{"r: a", "a: b", "b: a"}, "b", Needed, "r a b", 1, "a", "", 2},
		{"held", []string{"a: x", "o: y", "y", "x", "p < o"}, "p", Part, "o=p", 1, "o", "", 1},
		{"what it holds goes with it", []string{"*o: y", "y", "p < o: q", "q: y", "z: y"}, "o", Asked, "", 0, "", "p q", 0},
		{"itself", []string{"a: a b", "b"}, "a", NoRecord, "", 0, "", "b", 0},
	} {
		a, err := Ask(system(c.lines...), c.ask)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		e := a.Packages[0]
		var chains []string
		for _, ch := range e.Chains {
			var b strings.Builder
			for i, l := range ch.Links {
				if i > 0 {
					b.WriteString(map[bool]string{true: "=", false: " "}[l.Holds])
				}
				b.WriteString(l.Name)
				if i == 0 && ch.Requested {
					b.WriteString("*")
				}
				if i == 0 && ch.Loop {
					b.WriteString("~")
				}
			}
			chains = append(chains, b.String())
		}
		got := []any{e.Verdict, strings.Join(chains, "; "), e.Roots, short(e.NeededBy), short(e.WouldGo), e.NeededByAll}
		if diff := cmp.Diff([]any{c.verdict, c.chains, c.roots, c.by, c.go_, c.all}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

func TestManyRoots(t *testing.T) {
	lines := []string{"c: ?gone"}
	for i := range 34 {
		lines = append(lines, fmt.Sprintf("r%02d: m", i))
	}
	a, err := Ask(system(append(lines, "m: c")...), "c")
	if err != nil {
		t.Fatal(err)
	}
	e := a.Packages[0]
	if len(e.Chains) != MaxChains || e.Roots != 34 || e.NeededByAll != 35 || len(e.NeededBy) != 1 || e.Missing[0] != "gone" {
		t.Errorf("%d chains, %d roots, %d need it", len(e.Chains), e.Roots, e.NeededByAll)
	}
	var out strings.Builder
	if err := WriteText(&out, a); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"m needs it.", "34 others need it", "r00 needs m needs c", "and 29 more such ways from 29 other packages", "asks for names that no package here answers to: gone",
		"Layer 2 brought it, made by: make all", "35 packages need it and might stop working", "No record here says which dpkg packages",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

// TestWaysToName: a package is found by every name that it has, the narrowest first.
func TestWaysToName(t *testing.T) {
	m := system("openssl", "libssl3", "Py_Yaml", "libssl-dev")
	m.Packages[1].SourceName, m.Packages[3].SourceName = "ossl", "ossl"
	m.Packages = append(m.Packages, landwaiter.Package{ID: "npm:@a/openssl@2", Ecosystem: "npm", Name: "@a/openssl", Version: "2"}, landwaiter.Package{ID: "npm:openssl@3", Ecosystem: "npm", Name: "openssl", Version: "3"})
	for ask, want := range map[string]string{
		"dpkg:openssl@1": "dpkg:openssl@1", "openssl": "dpkg:openssl@1 npm:openssl@3", "openssl@3": "npm:openssl@3", "npm:openssl": "npm:openssl@3",
		"pkg:deb/debian/openssl@1?arch=amd64": "dpkg:openssl@1", "pkg:deb/debian/openssl@1": "dpkg:openssl@1", "pkg:deb/debian/openssl": "dpkg:openssl@1",
		"@a/openssl": "npm:@a/openssl@2", "@a/openssl@2": "npm:@a/openssl@2", "py-yaml": "dpkg:Py_Yaml@1", "PY.YAML@1": "dpkg:Py_Yaml@1", "ossl": "dpkg:libssl-dev@1 dpkg:libssl3@1",
	} {
		a, err := Ask(m, ask)
		if err != nil {
			t.Errorf("%s: %v", ask, err)
			continue
		}
		var ids []string
		for _, n := range a.Matches {
			ids = append(ids, n.ID)
		}
		if got := strings.Join(ids, " "); got != want || len(a.Packages) != len(ids) {
			t.Errorf("%s: %s, want %s", ask, got, want)
		}
	}
	for ask, near := range map[string]string{"opensl": "near it: openssl", "ssl": "near it: libssl3, openssl", "zzzzzz": "landwaiter inventory lists", "/usr/bin/x": "no such file", "pkg:deb/debian/open": "lists them", "": "lists them"} {
		if _, err := Ask(m, ask); !errors.Is(err, landwaiter.ErrNotFound) || !strings.Contains(err.Error(), near) {
			t.Errorf("%q: %v, want %q", ask, err, near)
		}
	}
}

func TestAFewOfManyAreExplained(t *testing.T) {
	m := system()
	for i := range 9 {
		m.Packages = append(m.Packages, landwaiter.Package{ID: fmt.Sprintf("npm:x@%d", i), Ecosystem: "npm", Name: "x", Version: fmt.Sprint(i)})
	}
	a, err := Ask(m, "x")
	if err != nil || len(a.Matches) != 9 || len(a.Packages) != 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	var out strings.Builder
	if err := WriteText(&out, a); err != nil || !strings.Contains(out.String(), "9 packages are called x") || !strings.Contains(out.String(), "npm:x@8") {
		t.Errorf("%v:\n%s", err, out.String())
	}
}

func TestFiles(t *testing.T) {
	m := system("tool")
	m.File = func(path string) (File, bool) {
		f := File{File: landwaiter.File{Path: strings.TrimPrefix(path, "/"), Kind: landwaiter.FileProgram, Size: 12345}, State: StateUnknown}
		switch path {
		case "/as":
			f.Owner, f.State = "dpkg:tool@1", StateShipped
		case "/changed":
			f.Owner, f.State = "dpkg:tool@1", StateChanged
		case "/nosum":
			f.Owner = "dpkg:tool@1"
		case "/mine":
			f.Nature = &landwaiter.Nature{Format: "ELF", SameAs: "as"}
		default:
			return File{}, false
		}
		return f, true
	}
	for path, want := range map[string]string{
		"/as": "It is what that package shipped.", "/changed": "It is NOT what that package shipped", "/nosum": "We have no sum",
		"/mine": "No package owns it. No record says who made it.",
	} {
		a, err := Ask(m, path)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := WriteText(&out, a); err != nil || !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "12,345 bytes") {
			t.Errorf("%s: %v:\n%s", path, err, out.String())
		}
		if strings.Contains(out.String(), "Why it is here") != (path != "/mine") {
			t.Errorf("%s: its owner is explained, or should be:\n%s", path, out.String())
		}
	}
	m.Partial = true
	if _, err := Ask(m, "/other"); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("%v", err)
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{
		"/bin/sh -c #(nop)  ENV A=b": "ENV A=b", "RUN /bin/sh -c make # buildkit": "make", "RUN |1 A=b /bin/sh -c make": "RUN |1 A=b /bin/sh -c make",
		"a\n\tb": "a b", strings.Repeat("é", 200): strings.Repeat("é", 159) + "…", "": "",
	} {
		if got := Shorten(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// random makes a system of n packages with loops, holders and requests.
func random(r *rand.Rand, n int) *Material {
	lines := make([]string, n)
	for i := range lines {
		l := fmt.Sprintf("p%d", i)
		if r.IntN(12) == 0 {
			l = "*" + l
		}
		if r.IntN(9) == 0 {
			l += fmt.Sprintf(" < p%d", r.IntN(n))
		}
		l += ":"
		for range r.IntN(3) {
			l += fmt.Sprintf(" p%d", r.IntN(n))
		}
		lines[i] = l
	}
	return system(lines...)
}

// TestRandom holds the answers about random systems to what slow and plain code says.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := random(r, 2+r.IntN(14))
		g := newGraph(m.Packages)
		for i := range int32(len(m.Packages)) {
			e := explain(m, g, i)
			if e.NeededByAll > 0 && e.Roots == 0 && e.Verdict != Loop && !e.Requested && e.Verdict != Part {
				t.Fatalf("%s is needed, and no root is found", e.Package.ID)
			}
			for _, c := range e.Chains {
				for k := range c.Links[1:] {
					from, to := g.index[c.Links[k].ID], g.index[c.Links[k+1].ID]
					if !slices.Contains(g.down[from], to) {
						t.Fatalf("%s does not lead to %s", c.Links[k].ID, c.Links[k+1].ID)
					}
				}
				if first := g.index[c.Links[0].ID]; !g.root(first) || c.Links[len(c.Links)-1].ID != e.Package.ID {
					t.Fatalf("the chain %+v does not lead from a root", c)
				}
			}
			for _, n := range e.WouldGo {
				j := g.index[n.ID]
				if m.Packages[j].Requested || !slices.Contains(g.reach(i, g.down), j) {
					t.Fatalf("%s would not go with %s", n.ID, e.Package.ID)
				}
				// Whoever needs what goes, goes too, or is the package itself or above
				// it in its loop.
				for _, k := range g.up[j] {
					if k != i && !slices.ContainsFunc(e.WouldGo, func(o Named) bool { return g.index[o.ID] == k }) {
						t.Fatalf("%s goes with %s, but %s stays and needs it", n.ID, e.Package.ID, m.Packages[k].ID)
					}
				}
			}
		}
	}
}

// TestTenThousand: a large system answers at once, and its longest chain is no
// danger.
func TestTenThousand(t *testing.T) {
	m := large()
	start := time.Now()
	a, err := Ask(m, "p9999")
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	if a.Packages[0].NeededByAll != 9999 {
		t.Errorf("%d need it", a.Packages[0].NeededByAll)
	}
}

func large() *Material {
	lines := make([]string, 10000)
	for i := range lines {
		lines[i] = fmt.Sprintf("p%d: p%d p%d p%d", i, min(i+1, 9999), min(i+7, 9999), min(i+100, 9999))
	}
	return system(lines...)
}

func BenchmarkAsk(b *testing.B) {
	m := large()
	for b.Loop() {
		if _, err := Ask(m, "p9999"); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzAsk: whatever is asked of whatever system, the answer is text that a terminal
// may show.
func FuzzAsk(f *testing.F) {
	f.Add("a", "*a: b\nb < a: a ?x\x1b[2J", "\x1b]0;x\a/usr")
	f.Fuzz(func(t *testing.T, ask, lines, path string) {
		m := system(strings.Split(lines, "\n")...)
		m.File = func(string) (File, bool) {
			return File{File: landwaiter.File{Path: path, Owner: path, Layer: len(path), Nature: &landwaiter.Nature{Format: path, SameAs: path}}}, true
		}
		a, err := Ask(m, ask)
		if err != nil {
			return
		}
		var out strings.Builder
		if err := WriteText(&out, a); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%q in %q", r, out.String())
			}
		}
	})
}
