package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestTrees reads every testdata/trees/NAME.txtar as one folder with all rows of
// the table, and compares packages, owners and what is not as shipped with the
// archive's section "want". It is for what several files say together; sections
// are written as in TestReaders, and "links" lists symbolic links, "FROM -> TO".
func TestTrees(t *testing.T) {
	for _, name := range glob(t, "testdata/trees/*.txtar") {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := treeListing(readTree(t, ar))
			i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
			switch {
			case *update && i < 0:
				ar.Files = append(ar.Files, txtar.File{Name: "want", Data: []byte(got)})
			case *update:
				ar.Files[i].Data = []byte(got)
			case i < 0:
				t.Fatalf("%s has no section \"want\"; write it with -update and read it", name)
			default:
				if diff := cmp.Diff(string(ar.Files[i].Data), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
				return
			}
			if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// readTree writes the sections of ar into a folder and reads that.
func readTree(t *testing.T, ar *txtar.Archive) *Result {
	t.Helper()
	dir := t.TempDir()
	make := func(name string) string {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, f := range inputs(t, ar) {
		if f.Name == "links" {
			for line := range strings.Lines(string(f.Data)) {
				from, to, _ := strings.Cut(strings.TrimSpace(line), " -> ")
				if err := os.Symlink(to, make(from)); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		if err := os.WriteFile(make(f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return readFolder(t, dir)
}

func readFolder(t *testing.T, dir string) *Result {
	t.Helper()
	im, err := image.Open(t.Context(), "dir:"+dir, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	r, err := Read(t.Context(), im, &Stats{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Count(func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	return r
}

// treeListing is a result in words: a block for each package, then who owns each
// file, then what has changed and what could not be read.
func treeListing(r *Result) string {
	var b strings.Builder
	for i := range r.Packages {
		p := &r.Packages[i]
		b.WriteString(p.ID)
		field(&b, " requested", p.Requested)
		b.WriteString("\n")
		for _, set := range []struct{ name, value string }{
			{"owned by", p.OwnedBy},
			{"part of", p.PartOf},
			{"origin", p.Origin},
			{"purl", p.PURL},
			{"mapped", strings.Join(p.Mapped, " ")},
			{"requires", strings.Join(p.Requires, " ")},
			{"depends on", strings.Join(p.DependsOn, " ")},
		} {
			field(&b, "\t"+set.name+": "+set.value+"\n", set.value != "")
		}
		for _, ev := range p.Evidence {
			fmt.Fprintf(&b, "\tseen: %s (%s)\n", ev.Path, ev.Method)
		}
	}
	for n, f := range r.files.all() {
		owner := "nobody"
		if f.owner != noOwner {
			owner = r.Packages[f.owner].ID
		}
		fmt.Fprintf(&b, "%s %s: %s\n", kinds[f.kind], r.tree.Path(n), owner)
	}
	for _, f := range r.Changed {
		fmt.Fprintf(&b, "changed %s\n", f.Path)
	}
	listGaps(&b, r.Gaps)
	return b.String()
}

func listGaps(b *strings.Builder, gaps []landwaiter.Gap) {
	for _, g := range gaps {
		fmt.Fprintf(b, "gap %q bytes=%d", g.Path, g.Bytes)
		field(b, " unread", g.Unread)
		field(b, " code", g.Code)
		fmt.Fprintf(b, ": %s\n", g.Reason)
	}
}
