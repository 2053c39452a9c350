package inventory

import (
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestSecondPassSpeaksOfItsOwnContent: a large program of a lower layer is read a
// second time; what it says is not said of the file that has replaced it, and what
// the second pass could not read is a gap as well.
func TestSecondPassSpeaksOfItsOwnContent(t *testing.T) {
	one := func() *layerFacts {
		return &layerFacts{records: []image.Record{{Path: "opt/tool", Type: image.TypeFile, Size: 1}}, notes: make([]note, 1)}
	}
	said := func(layer int) *merge {
		g := newMerge([]*layerFacts{one(), one()})
		ff := fileFacts{record: 0, row: len(ecosystems) - 1, path: "opt/tool"}
		ff.Package("build info", landwaiter.Package{Ecosystem: "go", Name: "old", Version: "v1"}, "opt/tool")
		g.second = []secondFacts{{layer, &layerFacts{facts: []fileFacts{ff}, gaps: []landwaiter.Gap{{Path: "etc/os-release", Code: true, Reason: "damaged"}}}}}
		return g
	}
	for layer, want := range []int{0, 1} {
		r, err := said(layer).result()
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Packages) != want {
			t.Errorf("content of layer %d: packages %+v, want %d", layer, r.Packages, want)
		}
		if len(r.Gaps) != 1 || r.Gaps[0].Layer != layer {
			t.Errorf("gaps %+v", r.Gaps)
		}
	}
}
