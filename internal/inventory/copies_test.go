package inventory

import (
	"fmt"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestManyCopies: files of one content cost no more than as many of different ones,
// and each is a copy of the owned one whose path is first.
func TestManyCopies(t *testing.T) {
	const files = 30_000
	l := &layerFacts{}
	row := len(ecosystems) - 1
	ff := fileFacts{row: row, path: "list"}
	ff.Package("m", landwaiter.Package{Ecosystem: ecosystems[row].name, Name: "p", Version: "1", Evidence: []landwaiter.Evidence{{}}}, "key")
	l.record(t, image.Record{Path: ff.path, Type: image.TypeFile}, noted{})
	for i := range files {
		for _, folder := range []string{"b", "a.b"} {
			path := fmt.Sprintf("%s/%s/%05d", []string{"own", "srv"}[i%2], folder, i)
			l.record(t, image.Record{Path: path, Type: image.TypeFile, Size: 1}, noted{kind: kindCode(landwaiter.FileScript)})
			if i%2 == 0 {
				ff.Owns("key", path, "")
			}
		}
	}
	l.facts = []fileFacts{ff}
	r, err := mergeOf(t, l).result()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unowned) != files {
		t.Errorf("%d files that nobody owns, want %d", len(r.Unowned), files)
	}
	for _, f := range r.Unowned {
		if f.Nature == nil || f.Nature.SameAs != "own/a.b/00000" {
			t.Fatalf("%s: nature %+v", f.Path, f.Nature)
		}
	}
}
