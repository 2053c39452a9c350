package inventory

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzReaders hands any bytes under any name to any row. A reader must not
// panic, and what it says must keep the contract of the table.
func FuzzReaders(f *testing.F) {
	if len(ecosystems) == 0 {
		f.Skip("the table is empty")
	}
	for i, e := range ecosystems {
		for _, name := range archivesOf(f, e.name) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				f.Fatal(err)
			}
			for _, in := range inputs(f, ar) {
				f.Add(i, in.Name, in.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, row int, path string, data []byte) {
		e := ecosystems[uint(row)%uint(len(ecosystems))]
		path = clean(path)
		if path == "" || strings.ContainsRune(path, 0) {
			return
		}
		var out facts
		err := e.read(newFile(t, path, data), &out)
		checkFacts(t, e, data, &out)
		// As the scan does, before anybody sees a name.
		out.legible(path)
		for _, p := range out.packages {
			if !printable(p.pkg.Name) || !printable(p.pkg.Version) {
				t.Errorf("%s: a name or version that cannot be printed: %+v", e.name, p)
			}
		}
		if err != nil && err.Error() == "" {
			t.Errorf("%s returned an error without words", e.name)
		}
	})
}
