package compare

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// numbers orders versions that are numbers, and no others.
func numbers(p, q *landwaiter.Package) (int, bool) {
	a, errA := strconv.Atoi(p.Version)
	b, errB := strconv.Atoi(q.Version)
	return a - b, errA == nil && errB == nil
}

// assessment makes one of packages "name@version[+bytes][<owner]" in layer 0, and
// findings "reference package,…[ fixed]".
func assessment(layers, packages string, findings ...string) *landwaiter.Assessment {
	a := &landwaiter.Assessment{
		Schema: landwaiter.Schema, Tool: landwaiter.Tool{Name: "t", Version: "1"}, At: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		Subject: landwaiter.Subject{Reference: "x", Kind: landwaiter.SubjectImage, Digest: "sha256:a"}, Advisories: &landwaiter.AdvisoryFile{SHA256: "s"},
	}
	for _, l := range strings.Fields(layers) {
		a.Subject.Layers = append(a.Subject.Layers, landwaiter.Layer{DiffID: l, CreatedBy: "step " + l})
	}
	for _, f := range strings.Fields(packages) {
		f, owner, _ := strings.Cut(f, "<")
		f, bytes, _ := strings.Cut(f, "+")
		name, version, _ := strings.Cut(f, "@")
		p := landwaiter.Package{Ecosystem: "deb", Name: name, Version: version, ID: "deb:" + f, Owns: landwaiter.Count{Files: 1}}
		p.Owns.Bytes, _ = strconv.ParseInt(bytes, 10, 64)
		if owner != "" {
			p.OwnedBy, p.ID = owner, p.ID+"<"+owner
		}
		a.Packages = append(a.Packages, p)
	}
	for _, f := range findings {
		w := append(strings.Fields(f), "", "", "")
		n := landwaiter.Finding{Kind: landwaiter.KindWeaknessNoFix, Reference: w[0], Fixed: w[2]}
		if n.Fixed != "" {
			n.Kind = landwaiter.KindWeakness
		}
		for _, id := range strings.Split(w[1], ",") {
			n.Packages = append(n.Packages, "deb:"+id)
		}
		n.ID = "weakness:" + w[0] + ":" + n.Packages[0]
		a.Findings = append(a.Findings, n)
	}
	return a
}

func compareAll(t *testing.T, base, subject *landwaiter.Assessment) *Comparison {
	t.Helper()
	c, err := Assessments(base, subject, numbers)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPackages(t *testing.T) {
	for _, c := range []struct {
		what, base, subject  string
		added, gone, changed string
		same                 int
	}{
		{"nothing", "a@1 b@2", "b@2 a@1", "", "", "", 2},
		{"more and gone", "a@1 b@2", "a@1 c@3", "c@3", "b@2", "", 1},
		{"up and down", "a@1 b@2", "a@2 b@1", "", "", "a 1 up 2;b 2 down 1", 0},
		{"nobody knows which is later", "a@1", "a@x", "", "", "a 1 other x", 0},
		{"other files", "a@1+5", "a@1+9", "", "", "a 1 other-files 1", 0},
		{"several versions", "a@1 a@2", "a@2 a@3", "", "", "a 1 up 3", 1},
		{"one of several goes", "a@1 a@2 a@3", "a@3", "", "a@1 a@2", "", 1},
		{"several, none the same", "a@1 a@5", "a@6 a@2", "", "", "a 1 up 2;a 5 up 6", 0},
		{"several, one with other files", "a@1+5 a@3", "a@0 a@1+9", "", "", "a 1 other-files 1;a 3 down 0", 0},
		{"held apart", "a@1 a@2<o", "a@1", "", "a@2", "", 1},
		{"from nothing", "", "a@1 b@1", "a@1 b@1", "", "", 0},
		{"to nothing", "a@1 b@1", "", "", "a@1 b@1", "", 0},
	} {
		got := compareAll(t, assessment("1", c.base), assessment("1", c.subject)).Packages
		var added, gone, changed []string
		for _, p := range got.Added {
			added = append(added, p.Name+"@"+p.To)
		}
		for _, p := range got.Removed {
			gone = append(gone, p.Name+"@"+p.From)
		}
		for _, p := range got.Changed {
			changed = append(changed, fmt.Sprintf("%s %s %s %s", p.Name, p.From, p.Change, p.To))
		}
		have := []any{strings.Join(added, " "), strings.Join(gone, " "), strings.Join(changed, ";"), got.Same}
		if diff := cmp.Diff([]any{c.added, c.gone, c.changed, c.same}, have); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
		// Every package is counted, on each side, once.
		if n := len(got.Removed) + len(got.Changed) + got.Same; n != len(strings.Fields(c.base)) {
			t.Errorf("%s: %d packages of the base are accounted for", c.what, n)
		}
		if n := len(got.Added) + len(got.Changed) + got.Same; n != len(strings.Fields(c.subject)) {
			t.Errorf("%s: %d packages of the subject are accounted for", c.what, n)
		}
	}
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		what                 string
		base, subject        []string
		added, gone, changed string
		same                 int
	}{
		{"still there in a later version", []string{"CVE-1 a@1"}, []string{"CVE-1 a@2"}, "", "", "", 1},
		{"more and gone", []string{"CVE-1 a@1"}, []string{"CVE-2 a@1"}, "CVE-2", "CVE-1", "", 0},
		{"one weakness in two packages", []string{"CVE-1 a@1", "CVE-1 b@1"}, []string{"CVE-1 a@1"}, "", "CVE-1", "", 1},
		{"a fix is there now", []string{"CVE-1 a@1"}, []string{"CVE-1 a@1 2"}, "", "", "CVE-1 kind fixed", 0},
		{"two versions, then one", []string{"CVE-1 a@1", "CVE-1 a@2"}, []string{"CVE-1 a@2"}, "", "", "CVE-1 packages", 0},
		{"packages of one source", []string{"CVE-1 a@1,b@1"}, []string{"CVE-1 a@2"}, "", "", "CVE-1 packages", 0},
	} {
		pkgs := "a@1 a@2 b@1"
		got := compareAll(t, assessment("1", pkgs, c.base...), assessment("1", pkgs, c.subject...)).Findings
		list := func(all []FindingChange) string {
			var out []string
			for _, f := range all {
				out = append(out, strings.TrimSpace(f.Reference+" "+strings.Join(f.What, " ")))
			}
			return strings.Join(out, ";")
		}
		have := []any{list(got.Added), list(got.Removed), list(got.Changed), got.Same}
		if diff := cmp.Diff([]any{c.added, c.gone, c.changed, c.same}, have); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// TestKey: a finding keeps its key when versions change, whatever it is about.
func TestKey(t *testing.T) {
	p := &landwaiter.Package{ID: "dpkg:sed@4.9-1:amd64", Ecosystem: "dpkg", Name: "sed"}
	byID := map[string]*landwaiter.Package{p.ID: p}
	for _, c := range []struct {
		f    landwaiter.Finding
		want string
	}{
		{landwaiter.Finding{ID: "weakness:CVE-1:dpkg:openssl@3.0.11-1", Reference: "CVE-1"}, "weakness:CVE-1:dpkg:openssl"},
		{landwaiter.Finding{ID: "handled:CVE-1:python:certifi@1<dpkg:python3-certifi@2", Reference: "CVE-1"}, "handled:CVE-1:python:certifi<dpkg:python3-certifi"},
		{landwaiter.Finding{ID: "weakness:CVE-1:npm:@a/b@1.2", Reference: "CVE-1"}, "weakness:CVE-1:npm:@a/b"},
		{landwaiter.Finding{ID: "changed-program:" + p.ID, Packages: []string{p.ID}}, "changed-program:dpkg:sed"},
		{landwaiter.Finding{ID: "outdated-base:debian-11"}, "outdated-base:debian-11"},
		{landwaiter.Finding{ID: "runs-as-root"}, "runs-as-root"},
	} {
		if got := keyOf(&c.f, byID); got != c.want {
			t.Errorf("%s: %s, want %s", c.f.ID, got, c.want)
		}
	}
}

func TestLayers(t *testing.T) {
	for _, c := range []struct {
		base, subject string
		want          Relation
		shared, own   int
	}{
		{"1 2", "1 2 3", BuiltOn, 2, 1},
		{"1 2", "1 2", SameLayers, 2, 0},
		{"1 2 3", "1 2", BaseOn, 2, 0},
		{"1 2", "1 3", Partly, 1, 1},
		{"1", "2", Unrelated, 0, 1},
		{"", "1", Unrelated, 0, 1},
	} {
		got := compareAll(t, assessment(c.base, ""), assessment(c.subject, "")).Layers
		if got.Relation != c.want || got.Shared != c.shared || len(got.Own) != c.own {
			t.Errorf("%q and %q: %+v", c.base, c.subject, got)
		}
	}
	folder := assessment("1", "")
	folder.Subject.Kind = landwaiter.SubjectFolder
	if got := compareAll(t, folder, assessment("1", "")).Layers.Relation; got != NoLayers {
		t.Errorf("a folder: %s", got)
	}
}

// TestOneWay: what was not assessed in one way is not compared.
func TestOneWay(t *testing.T) {
	for what, change := range map[string]func(*landwaiter.Assessment){
		"versions of the tool": func(a *landwaiter.Assessment) { a.Tool.Version = "2" },
		"different methods":    func(a *landwaiter.Assessment) { a.Advice.Method.SHA256 = "x" },
		"different times":      func(a *landwaiter.Assessment) { a.At = a.At.Add(time.Second) },
		"different advisories": func(a *landwaiter.Assessment) { a.Advisories = nil },
	} {
		other := assessment("1", "")
		change(other)
		if _, err := Assessments(assessment("1", ""), other, nil); !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestUnnamed(t *testing.T) {
	group := func(folder string, n int64) landwaiter.Group {
		return landwaiter.Group{Folder: folder, Total: landwaiter.Count{Files: n, Bytes: 10 * n}}
	}
	base, subject := assessment("1", ""), assessment("1", "")
	base.Groups = []landwaiter.Group{group("opt/a", 1), group("opt/b", 2), group("", 7), {Others: 3, Total: landwaiter.Count{Files: 9}}}
	subject.Groups = []landwaiter.Group{group("opt/b", 3), group("opt/c", 4), group("", 7), {Others: 5}}
	got := compareAll(t, base, subject).Unnamed
	one := func(l []FolderChange) string {
		if len(l) != 1 {
			return fmt.Sprint(l)
		}
		return l[0].Folder
	}
	if one(got.Added) != "opt/c" || one(got.Removed) != "opt/a" || one(got.Changed) != "opt/b" || got.Changed[0].To.Files != 3 || got.Changed[0].From.Files != 2 {
		t.Errorf("%+v", got)
	}
}

func TestText(t *testing.T) {
	base := assessment("1 2", "a@1 b@2 c@1+5 d@1", "CVE-1 a@1", "CVE-2 b@2")
	subject := assessment("1 2 3", "a@2 c@1+9 d@0 e@1", "CVE-1 a@2 3", "CVE-3 a@2")
	subject.Packages[0].Layer = 2
	subject.Account.Unnamed = landwaiter.Count{Files: 1204, Bytes: 1500000}
	var out strings.Builder
	if err := WriteText(&out, compareAll(t, base, subject)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"packages:   1 more, 1 gone, 3 changed, 0 the same", "findings:   1 more, 1 gone, 1 changed, 0 still there", "1,204 files, 1,500,000 bytes against 0 files, 0 bytes",
		"its first 2 layers are the base's", "layer 3 brought 1 package: step 3", "deb: 1 more, 1 gone, 1 of a later version, 1 of an EARLIER version, 1 of the same version with other files",
		"+ e 1", "- b 2", "~ a 1 -> 2  later (layer 3)", "~ d 1 -> 0  EARLIER", "~ c 1  the same version, but 0 files and +4 bytes",
		"+ weakness-no-fix CVE-3 in a", "- weakness-no-fix CVE-2 in b", "~ weakness CVE-1 in a; it was weakness-no-fix; fixed in 3, was none",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

// FuzzText: whatever two assessments hold, the text is one that a terminal may show.
func FuzzText(f *testing.F) {
	f.Add("a@1 b@2", "a@2 c@1", "CVE-1 a@1 2", "\x1b[2J")
	f.Fuzz(func(t *testing.T, base, subject, finding, name string) {
		a, b := assessment(base, base, finding), assessment(subject, subject, finding+name)
		b.Subject.Reference, b.Groups = name, []landwaiter.Group{{Folder: name}}
		b.Advice.Reasons = []landwaiter.Reason{{Code: name}}
		c, err := Assessments(a, b, numbers)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(c.Packages.Added) + len(c.Packages.Changed) + c.Packages.Same; n != len(b.Packages) {
			t.Fatalf("%d of %d packages of the subject", n, len(b.Packages))
		}
		if n := len(c.Packages.Removed) + len(c.Packages.Changed) + c.Packages.Same; n != len(a.Packages) {
			t.Fatalf("%d of %d packages of the base", n, len(a.Packages))
		}
		var out strings.Builder
		if err := WriteText(&out, c); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%q in %q", r, out.String())
			}
		}
	})
}
