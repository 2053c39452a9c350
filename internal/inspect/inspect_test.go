package inspect

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func kinds(fs []landwaiter.Finding) (out []landwaiter.Kind) {
	for i := range fs {
		out = append(out, fs[i].Kind)
	}
	return out
}

// TestTable: every row can find each of its kinds, and a clean image finds none.
func TestTable(t *testing.T) {
	in := &Input{
		Subject: landwaiter.Subject{Kind: landwaiter.SubjectImage},
		System:  &landwaiter.System{ID: "debian", VersionID: "10"}, EndOfLife: date("2024-06-30"), Now: date("2026-11-22"),
		Unowned: []landwaiter.File{{Path: "opt/tool", Kind: landwaiter.FileProgram, Size: 10}},
		Changed: []landwaiter.File{{Path: "usr/bin/sed", Owner: "dpkg:sed@1", Size: 5}},
		Account: landwaiter.Account{Unnamed: landwaiter.Count{Files: 3, Bytes: 40}},
		Gains:   []landwaiter.File{{Path: "opt/run", Gains: "set-uid 0"}},
		Starts:  []landwaiter.File{{Path: "etc/profile.d/x.sh", Nature: &landwaiter.Nature{Fetches: []string{"pip install x"}}}},
		Packages: []landwaiter.Package{
			{ID: "python:wandb@0.1", Ecosystem: "python", Name: "wandb"}, {ID: "npm:x@1", Ecosystem: "npm", Name: "x", Licence: "BUSL-1.1"},
		},
		Declared: []landwaiter.Comparison{{File: "list", SHA256: "ab", NotDeclared: []string{"npm:x@1"}}},
	}
	in.Unowned = append(in.Unowned, landwaiter.File{Path: "m.pkl", Kind: landwaiter.FileModel, Nature: &landwaiter.Nature{RunsCode: "yes", Calls: []string{"os.system"}}})
	in.Subject.Config.Labels = map[string]string{"RUN": "podman run --privileged IMAGE"}
	got := kinds(Run(in))
	for _, c := range checks {
		for _, k := range c.kinds {
			if !slices.Contains(got, k) {
				t.Errorf("nothing of kind %s in %q", k, got)
			}
		}
	}
	if got := Run(&Input{Subject: landwaiter.Subject{Kind: landwaiter.SubjectImage, Config: landwaiter.ImageConfig{User: "1000"}}}); len(got) != 0 {
		t.Errorf("an image with nothing in it: %+v", got)
	}
}

func TestRunsAsRoot(t *testing.T) {
	for user, want := range map[string]bool{"": true, "root": true, "0": true, "0:0": true, "00": true, "root:users": true, "1000": false, "1000:0": false, "nobody": false, "10": false} {
		in := &Input{Subject: landwaiter.Subject{Kind: landwaiter.SubjectImage, Config: landwaiter.ImageConfig{User: user}}}
		if got := len(runsAsRoot(in)) > 0; got != want {
			t.Errorf("user %q: %v, want %v", user, got, want)
		}
	}
	if len(runsAsRoot(&Input{Subject: landwaiter.Subject{Kind: landwaiter.SubjectFolder}})) > 0 {
		t.Error("a folder does not say how it runs")
	}
}

func TestOutdatedBase(t *testing.T) {
	sys := &landwaiter.System{ID: "debian", VersionID: "11"}
	for _, c := range []struct {
		sys       *landwaiter.System
		ends, now string
		want      bool
	}{
		{sys, "2026-08-31", "2026-08-31", false}, // the last day still counts
		{sys, "2026-08-31", "2026-09-01", true},
		{sys, "2028-06-30", "2026-11-22", false},
		{nil, "2020-01-01", "2026-11-22", false},
	} {
		in := &Input{System: c.sys, EndOfLife: date(c.ends), Now: date(c.now)}
		if got := len(outdatedBase(in)) > 0; got != c.want {
			t.Errorf("ends %s, now %s: %v, want %v", c.ends, c.now, got, c.want)
		}
	}
	if len(outdatedBase(&Input{System: sys, Now: date("2026-11-22")})) > 0 {
		t.Error("nobody says when it ends")
	}
}

// TestUnownedAddsUp: the two findings together are what the account calls unnamed
// or closed.
func TestUnownedAddsUp(t *testing.T) {
	in := &Input{Account: landwaiter.Account{Unnamed: landwaiter.Count{Files: 300, Bytes: 19000}, Closed: landwaiter.Count{Files: 2, Bytes: 100}}}
	for i := range 150 {
		in.Unowned = append(in.Unowned, landwaiter.File{Path: "bin/x", Kind: landwaiter.FileProgram, Size: int64(i)})
	}
	in.Unowned = append(in.Unowned, landwaiter.File{Path: "lib.py", Kind: landwaiter.FileScript, Size: 7})
	in.Rest = []landwaiter.File{{Path: "data.bin", Size: 70}}
	got := unowned(in)
	if len(got) != 2 || got[0].Kind != landwaiter.KindUnknownProgram || got[1].Kind != landwaiter.KindUnattributed {
		t.Fatalf("findings %q", kinds(got))
	}
	var sum landwaiter.Count
	sum.Add(got[0].Seen)
	sum.Add(got[1].Seen)
	if sum != (landwaiter.Count{Files: 302, Bytes: 19100}) {
		t.Errorf("together %+v", sum)
	}
	if got[0].Seen.Files != 150 || len(got[0].Files) != maxFiles {
		t.Errorf("%d programs, %d shown", got[0].Seen.Files, len(got[0].Files))
	}
	if f := got[1].Files; len(f) != 2 || f[0].Path != "data.bin" {
		t.Errorf("the biggest comes first: %+v", f)
	}
}

// TestChangedByOwner: one finding for each owner, whatever the number of files.
func TestChangedByOwner(t *testing.T) {
	got := changedPrograms(&Input{Changed: []landwaiter.File{
		{Path: "b", Owner: "dpkg:two@1", Size: 1}, {Path: "a", Owner: "dpkg:one@1", Size: 2}, {Path: "c", Owner: "dpkg:two@1", Size: 4},
	}})
	if len(got) != 2 || got[0].Packages[0] != "dpkg:one@1" || got[1].Seen != (landwaiter.Count{Files: 2, Bytes: 5}) {
		t.Errorf("%+v", got)
	}
}

// TestPage: the page about checks has a line for each kind of the table.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/checks.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		for _, k := range c.kinds {
			if !strings.Contains(string(page), "| `"+string(k)+"` |") {
				t.Errorf("docs/checks.md has no line for %s", k)
			}
		}
	}
}
