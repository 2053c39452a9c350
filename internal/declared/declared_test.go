package declared

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
)

var update = flag.Bool("update", false, "rewrite the want of testdata")

// listing is a declaration as text, or the error.
func listing(d *landwaiter.Declaration, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, speaks of ", d.Format)
	if d.Everything {
		b.WriteString("everything")
	}
	fmt.Fprintf(&b, "%s\n", strings.Join(d.Ecosystems, " "))
	for _, s := range d.Base {
		fmt.Fprintf(&b, "base %s\n", s)
	}
	for _, p := range d.Packages {
		fmt.Fprintf(&b, "%d: %s %s", p.Line, p.Ecosystem, p.Name)
		for _, f := range []struct{ name, value string }{{"", p.Version}, {"allows ", p.Constraint}, {"when ", p.Condition}, {"", p.PURL}} {
			if f.value != "" {
				fmt.Fprintf(&b, " | %s%s", f.name, f.value)
			}
		}
		b.WriteString("\n")
	}
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "%d: note: %s\n", n.Line, n.Reason)
	}
	return b.String()
}

// Each testdata/*.txtar holds lists and last what is wanted of them. Every format has
// a file.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			var inputs []txtar.File
			want := ""
			for _, f := range ar.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				inputs = append(inputs, f)
				d, err := Read(bytes.NewReader(f.Data), f.Name)
				if d != nil {
					seen[d.Format] = true
				}
				fmt.Fprintf(&got, "## %s\n%s", f.Name, listing(d, err))
			}
			if *update {
				ar.Files = slices.Concat(inputs, []txtar.File{{Name: "want", Data: []byte(got.String())}})
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	for _, f := range Formats() {
		if !seen[f] {
			t.Errorf("no testdata of %s", f)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := Read(strings.NewReader("hello\n"), "notes.doc")
	if !errors.Is(err, landwaiter.ErrUnsupported) || !strings.Contains(err.Error(), "requirements.txt") {
		t.Errorf("%v", err)
	}
}

// A small file must not become a large answer.
func TestBombs(t *testing.T) {
	var yaml strings.Builder
	yaml.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&yaml, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	yaml.WriteString("dependencies: *a11\n")
	env := "ARG A0=xxxxxxxxxx\nFROM scratch\nARG A0\n"
	for i := 1; i < 60; i++ {
		env += fmt.Sprintf("ENV A%d=$A%d$A%d$A%d\n", i, i-1, i-1, i-1)
	}
	for name, text := range map[string]string{
		"environment.yml": yaml.String(), "Dockerfile": env + "RUN pip install $A59\n",
		"pyproject.toml": "a = " + strings.Repeat("[", 100_000), "package-lock.json": strings.Repeat(`{"dependencies":`, 100_000),
		"bom.json": `{"bomFormat":"CycloneDX",` + strings.Repeat(`"components":[{`, 100_000), "env.yml": "dependencies: " + strings.Repeat("[", 100_000),
		"bom.xml":      `<bom xmlns="http://cyclonedx.org/schema/bom/1.4">` + strings.Repeat("<components><component>", 100_000),
		"x.dockerfile": "FROM a\nRUN " + strings.Repeat("sh -c 'x' && (", 10_000),
	} {
		d, err := Read(strings.NewReader(text), name)
		if err == nil && len(listing(d, nil)) > 100_000 {
			t.Errorf("%s: %d bytes became %d", name, len(text), len(listing(d, nil)))
		}
	}
	many := strings.Repeat("a==1\n", maxPackages+1)
	if _, err := Read(strings.NewReader(many), "requirements.txt"); !errors.Is(err, landwaiter.ErrTooLarge) {
		t.Errorf("%d packages: %v", maxPackages+1, err)
	}
	if _, err := Read(strings.NewReader("# "+strings.Repeat("x", 2<<20)), "requirements.txt"); !errors.Is(err, landwaiter.ErrTooLarge) {
		t.Errorf("a line of 2 MiB: %v", err)
	}
}

// Whatever a list holds, what it says is printable, has a name and an ecosystem, and
// can be compared. Run it with -fuzzminimizetime=1x.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, in := range ar.Files {
			for i, row := range formats() {
				if row.is(strings.ToLower(in.Name), in.Data[:min(len(in.Data), sniffed)]) {
					f.Add(i, in.Data)
				}
			}
		}
	}
	observed := observedCase()
	f.Fuzz(func(t *testing.T, i int, in []byte) {
		row := formats()[uint(i)%uint(len(formats()))]
		l := &list{name: "f", data: in, row: &row, d: &landwaiter.Declaration{Everything: row.everything, Ecosystems: row.ecosystems}}
		if err := l.read(); err != nil {
			return
		}
		for _, p := range l.d.Packages {
			if p.Name == "" || p.Ecosystem == "" || !printable(p.Name+p.Version+p.Constraint+p.Condition) && len(p.Name+p.Version+p.Constraint+p.Condition) < maxText {
				t.Errorf("%s says %+v", row.name, p)
			}
		}
		for _, n := range l.d.Notes {
			if n.Reason == "" || !printable(n.Reason) {
				t.Errorf("%s notes %q", row.name, n.Reason)
			}
		}
		if len(l.d.Notes) > maxNotes+1 {
			t.Errorf("%s: %d notes", row.name, len(l.d.Notes))
		}
		c := Compare(l.d, observed)
		if n := c.Matched + len(c.NotObserved) + c.NotCompared; c.Declared > n+len(c.Differ) || c.Declared < n {
			t.Errorf("%s: %d items, %+v", row.name, c.Declared, c)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[`)
	for i := range 5000 {
		fmt.Fprintf(&text, `{"type":"library","name":"p%d","version":"1.%d","purl":"pkg:pypi/p%d@1.%d"},`, i, i, i, i)
	}
	text.WriteString(`{"type":"library","name":"last","version":"1"}]}`)
	var observed []landwaiter.Package
	for i := range 5000 {
		observed = append(observed, landwaiter.Package{ID: fmt.Sprint(i), Ecosystem: "python", Name: fmt.Sprintf("p%d", i), Version: fmt.Sprintf("1.%d", i)})
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		d, err := Read(strings.NewReader(text.String()), "bom.json")
		if err != nil {
			b.Fatal(err)
		}
		if c := Compare(d, observed); c.Matched != 5000 {
			b.Fatalf("%+v", c)
		}
	}
}
