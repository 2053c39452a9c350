package inventory

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestSecondPassSpeaksOfItsOwnContent: a large program of a lower layer is read a
// second time; what it says is not said of the file that has replaced it, and what
// the second pass could not read is a gap as well.
func TestSecondPassSpeaksOfItsOwnContent(t *testing.T) {
	one := func() *layerFacts {
		l := &layerFacts{}
		l.record(t, image.Record{Path: "opt/tool", Type: image.TypeFile, Size: 1}, noted{})
		return l
	}
	said := func(layer int) *merge {
		g := mergeOf(t, one(), one())
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

// TestAmendPackage: everything that an amendment can say reaches the package, and
// what the package says of itself stands.
func TestAmendPackage(t *testing.T) {
	a := amendment{origin: "there", licence: "MIT", requested: true, requires: []string{"a", "b"}, mapped: []string{"pkg:x/y"}}
	if fields := reflect.TypeFor[amendment]().NumField(); fields != 6 {
		t.Errorf("an amendment has %d fields; say here what becomes of the new ones", fields)
	}
	var empty landwaiter.Package
	amendPackage(&empty, a)
	want := landwaiter.Package{Origin: "there", Licence: "MIT", Requested: true, Requires: []string{"a", "b"}, Mapped: []string{"pkg:x/y"}}
	if diff := cmp.Diff(want, empty); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	said := landwaiter.Package{Origin: "here", Licence: "BSD", Requires: []string{"b"}}
	amendPackage(&said, a)
	want = landwaiter.Package{Origin: "here", Licence: "BSD", Requested: true, Requires: []string{"b", "a"}, Mapped: []string{"pkg:x/y"}}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
