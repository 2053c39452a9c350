package assess_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestHostile assesses one image for each trap. Whatever is in it, the run ends
// in an error or in an account that adds up, and what could not be read is said.
func TestHostile(t *testing.T) {
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d traps, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(lwtest.Hostile(), name)
			if err != nil {
				t.Fatal(err)
			}
			spec := lwtest.New(t, string(text))
			dir := filepath.Join(t.TempDir(), "oci")
			if _, err := spec.WriteLayout(dir); err != nil {
				t.Fatal(err)
			}
			want := spec.Want()
			a, err := assess.Run(t.Context(), "oci:"+dir, assess.Options{Now: lwtest.Clock(), Image: image.Options{MaxUnpacked: want.Cap}})
			if err != nil {
				if want.Outcome == "read" {
					t.Errorf("%v; want it read", err)
				}
				return
			}
			checkSound(t, a)
			switch {
			case want.Outcome == "refused":
				t.Errorf("not refused; want: %s", want.Reason)
			case want.Outcome == "gap" && len(a.Gaps) == 0:
				t.Errorf("no gap; want: %s", want.Reason)
			case want.Outcome == "read" && len(a.Gaps) > 0:
				t.Errorf("gaps in an image that is in order: %+v", a.Gaps)
			}
		})
	}
}

// checkSound holds of every assessment.
func checkSound(t *testing.T, a *landwaiter.Assessment) {
	t.Helper()
	if err := a.Account.Check(); err != nil {
		t.Error(err)
	}
	if a.Advice.Outcome == landwaiter.Recommend && a.Advisories == nil {
		t.Error("recommended without advisories")
	}
	ids := map[string]bool{}
	for i := range a.Packages {
		p := &a.Packages[i]
		if ids[p.ID] || p.ID == "" {
			t.Errorf("package ID %q stands twice or is empty", p.ID)
		}
		ids[p.ID] = true
		if p.Known.State == landwaiter.AnswerNotAssessed && p.Known.Reason == "" || p.Known.State == "" {
			t.Errorf("%s: answer %+v", p.ID, p.Known)
		}
	}
	seen := map[string]bool{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if seen[f.ID] || f.ID == "" {
			t.Errorf("finding ID %q stands twice or is empty", f.ID)
		}
		seen[f.ID] = true
		for _, id := range f.Packages {
			if !ids[id] {
				t.Errorf("finding %s names package %q, which is not there", f.ID, id)
			}
		}
	}
}

// example builds the example's image and advisory file.
func example(t *testing.T, text string) (ref string, f *advisory.File) {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "advisories.lw")
	if _, err := advisory.Build(t.Context(), []string{"../../examples/advisories"}, out, advisory.BuildOptions{Now: lwtest.Clock()}); err != nil {
		t.Fatal(err)
	}
	f, err := advisory.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if text == "" {
		raw, err := os.ReadFile("../../examples/image.txtar")
		if err != nil {
			t.Fatal(err)
		}
		text = string(raw)
	}
	return "oci:" + lwtest.Layout(t, text), f
}

func run(t *testing.T, ref string, opt assess.Options) *landwaiter.Assessment {
	t.Helper()
	opt.Now = lwtest.Clock()
	a, err := assess.Run(t.Context(), ref, opt)
	if err != nil {
		t.Fatal(err)
	}
	checkSound(t, a)
	return a
}

// TestExample holds the example's facts: what is in it, who brought it, what is
// changed, unowned and removed, and that every finding leads to a record.
func TestExample(t *testing.T) {
	ref, f := example(t, "")
	a := run(t, ref, assess.Options{Advisories: f})

	count := map[string]int{}
	layer := map[string]int{}
	for i := range a.Packages {
		p := &a.Packages[i]
		count[p.Ecosystem]++
		layer[p.ID] = p.Layer
	}
	if diff := cmp.Diff(map[string]int{"dpkg": 36, "python": 8, "r": 6, "npm": 4}, count); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	// The same database stands in two layers; each package is the layer's that brought it.
	for id, want := range map[string]int{"dpkg:libc6@2.36-9+deb12u1:amd64": 0, "dpkg:curl@7.88.1-10+deb12u1:amd64": 1, "npm:lodash@4.17.15": 2} {
		if got, ok := layer[id]; !ok || got != want {
			t.Errorf("%s: layer %d (there: %v), want %d", id, got, ok, want)
		}
	}
	paths := func(fs []landwaiter.File) (out []string) {
		for _, f := range fs {
			out = append(out, f.Path)
		}
		return out
	}
	if got := paths(a.Changed); !slices.Equal(got, []string{"usr/bin/sed"}) {
		t.Errorf("changed: %q", got)
	}
	if got := paths(a.Unowned); !slices.Contains(got, "usr/local/bin/voxstats2") {
		t.Errorf("unowned: %q", got)
	}
	// The example's lists are samples: they find weaknesses and cover nothing.
	if a.Account.Covered != (landwaiter.Count{}) {
		t.Errorf("a sample covers %+v", a.Account.Covered)
	}
	if a.Account.Hidden.Files == 0 {
		t.Error("the removed file is in no account")
	}
	kinds := map[landwaiter.Kind]int{}
	for i := range a.Findings {
		fd := &a.Findings[i]
		kinds[fd.Kind]++
		for _, rec := range fd.Advisories {
			raw, err := f.Record(rec.ID)
			if err != nil || !bytes.Contains(raw, []byte(rec.ID)) {
				t.Errorf("%s: record %s: %v", fd.ID, rec.ID, err)
			}
			if rec.Range == "" || rec.Compared == "" || rec.SourceDate.IsZero() {
				t.Errorf("%s: record %s does not say why it matched: %+v", fd.ID, rec.ID, rec)
			}
		}
	}
	for _, k := range []landwaiter.Kind{landwaiter.KindExploited, landwaiter.KindWeakness, landwaiter.KindWeaknessNoFix, landwaiter.KindHandled, landwaiter.KindKernelHeaders, landwaiter.KindChanged, landwaiter.KindUnknownProgram, landwaiter.KindRunsAsRoot} {
		if kinds[k] == 0 {
			t.Errorf("no finding of kind %s", k)
		}
	}
	if a.Advice.Outcome != landwaiter.DoNotImport {
		t.Errorf("advice %s", a.Advice.Outcome)
	}
}

// TestSameInputSameBytes reads layers side by side twice.
func TestSameInputSameBytes(t *testing.T) {
	ref, f := example(t, "")
	var want []byte
	for range 3 {
		got, err := json.Marshal(run(t, ref, assess.Options{Advisories: f, Image: image.Options{Parallel: 4}}))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(want, got) {
			t.Fatal("the second assessment differs from the first")
		}
	}
}

const oneWheel = `config {"User":"1000"}
-- 0/opt/venv/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA --
Metadata-Version: 2.1
Name: six
Version: 1.16.0
`

// TestUnknownIsNeverClean takes one thing away at a time: nothing may then be
// recommended or called clean.
func TestUnknownIsNeverClean(t *testing.T) {
	ref, f := example(t, oneWheel)
	if a := run(t, ref, assess.Options{}); a.Advice.Outcome != landwaiter.CannotJudge || a.Packages[0].Known.State != landwaiter.AnswerNotAssessed {
		t.Errorf("no advisories: %s, %+v", a.Advice.Outcome, a.Packages[0].Known)
	}
	// The example's lists are samples: they clear nothing.
	if a := run(t, ref, assess.Options{Advisories: f}); a.Advice.Outcome != landwaiter.CannotJudge || a.Packages[0].Known.State != landwaiter.AnswerNotAssessed {
		t.Errorf("a sample: %s, %+v", a.Advice.Outcome, a.Packages[0].Known)
	}
	fresh := whole(t, "2026-11-20T00:00:00Z")
	if a := run(t, ref, assess.Options{Advisories: fresh}); a.Advice.Outcome != landwaiter.Recommend || a.Packages[0].Known.State != landwaiter.AnswerNoneKnown {
		t.Errorf("a whole and fresh list: %s, %+v, %+v", a.Advice.Outcome, a.Packages[0].Known, a.Advice.Reasons)
	} else if a.Account.Covered.Files != 1 {
		t.Errorf("a whole list covers %+v", a.Account.Covered)
	}
	// The list of what attackers use, and of releases, is missing beside it.
	weak := "oci:" + lwtest.Layout(t, strings.NewReplacer("six-1.16.0", "other-1.0", "six", "other", "1.16.0", "1.0").Replace(oneWheel)+"-- 0/etc/os-release --\nID=debian\nVERSION_ID=12\n")
	if a := run(t, weak, assess.Options{Advisories: fresh}); len(a.Findings) == 0 || len(a.Gaps) != 3 {
		t.Errorf("missing lists: %d findings, gaps %+v", len(a.Findings), a.Gaps)
	}
	stale := whole(t, "2026-10-20T00:00:00Z")
	if a := run(t, ref, assess.Options{Advisories: stale}); a.Advice.Outcome != landwaiter.CannotJudge {
		t.Errorf("a stale list: %s", a.Advice.Outcome)
	}
	undated := whole(t, "")
	if a := run(t, ref, assess.Options{Advisories: undated}); a.Advice.Outcome != landwaiter.CannotJudge {
		t.Errorf("a list of unknown date: %s", a.Advice.Outcome)
	}
	broken := "oci:" + lwtest.Layout(t, oneWheel+"-- 0/var/lib/dpkg/status --\nPackage: half\nno colon here\n")
	if a := run(t, broken, assess.Options{Advisories: fresh}); a.Advice.Outcome != landwaiter.CannotJudge || len(a.Gaps) == 0 {
		t.Errorf("a broken database: %s, gaps %+v", a.Advice.Outcome, a.Gaps)
	}
}

// whole builds an advisory file that holds all of PyPI, as of a day.
func whole(t *testing.T, date string) *advisory.File {
	t.Helper()
	dir := t.TempDir()
	manifest := map[string]map[string]string{"PyPI": {"origin": "test", "licence": "test"}}
	if date != "" {
		manifest["PyPI"]["date"] = date
	}
	raw, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	record := `{"id":"LW-TEST-1","modified":"2026-11-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"other"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2"}]}]}]}`
	if err := os.Mkdir(filepath.Join(dir, "PyPI"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"sources.json": raw, "PyPI/LW-TEST-1.json": []byte(record)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "a.lw")
	if _, err := advisory.Build(t.Context(), []string{dir}, out, advisory.BuildOptions{Now: lwtest.Clock().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	f, err := advisory.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestHardLinksAndOwnership: a wanted name that exists only as a hard link is read,
// the content counts once, and a package cache that shares it is not a second package.
func TestHardLinks(t *testing.T) {
	ref := "oci:" + lwtest.Layout(t, `hardlink 0/opt/venv/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA store/one
hardlink 1/srv/node_modules/x/package.json store/two
-- 0/store/one --
Metadata-Version: 2.1
Name: six
Version: 1.16.0
-- 0/store/two --
{"name":"x","version":"1.0.0"}
`)
	a := run(t, ref, assess.Options{})
	var got []string
	for i := range a.Packages {
		got = append(got, a.Packages[i].ID+" "+a.Packages[i].Evidence[0].Path)
	}
	want := []string{
		"python:six@1.16.0 opt/venv/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA",
		"npm:x@1.0.0 srv/node_modules/x/package.json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	if a.Account.Total.Bytes != 48+31 || a.Account.Total.Files != 4 {
		t.Errorf("account %+v", a.Account.Total)
	}
}

// TestDeclared: a list is compared, and the advice does not change by it.
func TestDeclared(t *testing.T) {
	ref := "oci:" + lwtest.Layout(t, "-- 0/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA --\nMetadata-Version: 2.1\nName: six\nVersion: 1.16.0\n")
	d := &landwaiter.Declaration{File: "l", Ecosystems: []string{"python"}, Packages: []landwaiter.DeclaredPackage{
		{Ecosystem: "python", Name: "Six", Version: "1.16"}, {Ecosystem: "python", Name: "gone", Version: "1"},
	}}
	plain, err := assess.Run(t.Context(), ref, assess.Options{Now: lwtest.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := assess.Run(t.Context(), ref, assess.Options{Now: lwtest.Clock(), Declared: []*landwaiter.Declaration{d}})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Declared) != 1 || a.Declared[0].Matched != 1 || len(a.Declared[0].NotObserved) != 1 {
		t.Errorf("%+v", a.Declared)
	}
	if diff := cmp.Diff(plain.Advice, a.Advice); diff != "" {
		t.Errorf("the advice leans on a list (-want +got):\n%s", diff)
	}
}
