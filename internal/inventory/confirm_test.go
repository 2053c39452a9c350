package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestConfirm: what waits stands only where another file confirms it, gives way to
// what needs no confirmation, and where nobody waits the gap is said. The order of
// the files does not matter.
func TestConfirm(t *testing.T) {
	row := len(ecosystems) - 1
	name := ecosystems[row].name
	pkg := func(n string) landwaiter.Package { return landwaiter.Package{Ecosystem: name, Name: n, Version: "1"} }
	says := []func(o *facts){
		func(o *facts) { o.Package("m", pkg("confirmed"), "m1"); o.Waits("m1") },
		func(o *facts) { o.Package("m", pkg("only-a-file"), "m2"); o.Waits("m2") },
		func(o *facts) { o.Package("m", pkg("worse-name"), "m3"); o.Waits("m3") },
		func(o *facts) { o.Package("m", pkg("better-name"), "d3", "list3") },
		func(o *facts) { o.Confirm("m1", "list1", "a", "no version"); o.Owns("list1", "b", "") },
		func(o *facts) { o.Confirm("m3", "list3", "a", "no version"); o.Owns("list3", "c", "") },
		func(o *facts) { o.Confirm("m4", "list4", "d", "no version") },
	}
	for _, turned := range []bool{false, true} {
		l := &layerFacts{}
		for i := range says {
			path := string(rune('a' + i))
			l.record(t, image.Record{Path: path, Type: image.TypeFile, Size: 1}, noted{})
			say := says[i]
			if turned {
				say = says[len(says)-1-i]
			}
			ff := fileFacts{record: int32(i), row: row, path: path}
			say(&ff.facts)
			l.facts = append(l.facts, ff)
		}
		r, err := mergeOf(t, l).result()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, p := range r.Packages {
			got[p.Name] = p.Owns.Files
		}
		if diff := cmp.Diff(map[string]int64{"confirmed": 1, "better-name": 1}, got); diff != "" {
			t.Errorf("turned %v: packages and their files (-want +got):\n%s", turned, diff)
		}
		if len(r.Gaps) != 1 || r.Gaps[0].Path != "d" || !r.Gaps[0].Code {
			t.Errorf("turned %v: gaps %+v", turned, r.Gaps)
		}
	}
}
