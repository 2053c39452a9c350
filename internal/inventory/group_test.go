package inventory

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// TestGroupPlaces: a file that nobody owns is asked about with the highest folder
// in which nobody owns anything, below folders that only hold other things.
func TestGroupPlaces(t *testing.T) {
	g := &groups{owned: map[string]bool{"": true, "usr": true, "usr/bin": true, "opt": true, "opt/vendor": true}}
	for file, want := range map[string]string{
		"usr/bin/mystery":           "usr/bin",
		"usr/local/bin/x":           "usr/local/bin",
		"usr/local/lib/a/b/c.so":    "usr/local/lib/a",
		"opt/tools/deep/er/x":       "opt/tools",
		"opt/vendor/extra/x":        "opt/vendor/extra",
		"home/ann/project/data/x":   "home/ann/project",
		"home/ann/x":                "home/ann",
		"work/a/b/c":                "work",
		"x":                         "",
		"srv/app/node_modules/.x/y": "srv/app",
	} {
		if got := g.place(file); got != want {
			t.Errorf("%s is in the group %q, want %q", file, got, want)
		}
	}
}

// TestGroupsAddUp: what is past the cap is one group for all others, and nothing
// is lost.
func TestGroupsAddUp(t *testing.T) {
	g := newGroups(nil, nil)
	const folders = maxGroups + 50
	for i := range folders {
		for j := range 7 {
			kind := landwaiter.FileText
			if j == 0 {
				kind = landwaiter.FileProgram
			}
			g.add(landwaiter.File{Path: fmt.Sprintf("opt/f%04d/file%d", i, j), Size: int64(i*10 + j), Kind: kind})
		}
	}
	list := g.list()
	if len(list) != maxGroups+1 || list[maxGroups].Others != 50 || list[0].Folder != fmt.Sprintf("opt/f%04d", folders-1) {
		t.Fatalf("%d groups, the last %+v", len(list), list[len(list)-1])
	}
	var files, programs int64
	for _, group := range list {
		files += group.Total.Files
		for _, k := range group.Kinds {
			if k.Kind == landwaiter.FileProgram {
				programs += k.Files
			}
		}
		if len(group.Biggest) != maxBiggest {
			t.Errorf("%q shows %d files", group.Folder, len(group.Biggest))
		}
	}
	if diff := cmp.Diff([]int64{7 * folders, folders}, []int64{files, programs}); diff != "" {
		t.Errorf("files and programs (-want +got):\n%s", diff)
	}
}
