package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestMemoryForEachFile keeps the memory that one tiny file costs within what
// three million of them may cost.
func TestMemoryForEachFile(t *testing.T) {
	const files, most = 200_000, 92 // bytes, the path's 36 among them
	l := &layerFacts{natures: map[int32]*landwaiter.Nature{}}
	before := heap()
	for i := range files {
		e := image.Entry{Path: fmt.Sprintf("srv/data/part-%05d/item-%08d.txt", i/100, i), Type: image.TypeFile, Size: 7, Mode: 0o644}
		n := note{kind: landwaiter.FileText}
		l.record(t, image.NewRecord(&e), n.noted())
	}
	l.records.Trim()
	l.notes = slices.Clone(l.notes)
	g := mergeOf(t, l)
	r, err := g.result()
	if err != nil {
		t.Fatal(err)
	}
	each := (heap() - before) / files
	t.Logf("%d bytes for each file", each)
	if each > most {
		t.Errorf("%d bytes for each file, at most %d are allowed", each, most)
	}
	if n := len(r.Groups); n != 1 || r.Groups[0].Total.Files != files {
		t.Errorf("%d groups, the first %+v", n, r.Groups[:min(n, 1)])
	}
	runtime.KeepAlive(g)
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools held goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkMerge merges 200,000 files in three layers, some of which replace and
// remove others, and says who owns what a package manager lists of them.
func BenchmarkMerge(b *testing.B) {
	var layers []*layerFacts
	row := len(ecosystems) - 1
	n := 0
	for i, files := range []int{120_000, 60_000, 20_000} {
		l := &layerFacts{}
		ff := fileFacts{row: row, path: fmt.Sprintf("var/lib/list%d", i)}
		ff.Package("m", landwaiter.Package{Ecosystem: ecosystems[row].name, Name: fmt.Sprint("p", i), Version: "1"}, "key")
		l.record(b, image.Record{Path: ff.path, Type: image.TypeFile}, noted{})
		for range files {
			n++
			e := image.Record{Path: fmt.Sprintf("usr/lib/python3/site-packages/p%d/part%d/item%d.py", n%150_000/1000, n%150_000/50, n), Type: image.TypeFile, Size: 7, Mode: 0o644}
			e.SHA256 = sha256.Sum256([]byte(e.Path))
			switch n % 200 {
			case 7:
				e.Type = image.TypeSymlink
				e.Link = "../part1"
			case 9:
				e = image.Record{Path: fmt.Sprintf("usr/lib/python3/site-packages/p%d/part%d/item%d.py", n/2%150_000/1000, n/2%150_000/50, n/2), Type: image.TypeWhiteout}
			}
			l.record(b, e, noted{kind: kindCode(landwaiter.FileScript)})
			if n%2 == 0 {
				ff.Owns("key", e.Path, "sha256:"+hex.EncodeToString(e.SHA256[:]))
			}
		}
		l.facts = append(l.facts, ff)
		layers = append(layers, l)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mergeOf(b, layers...).result(); err != nil {
			b.Fatal(err)
		}
	}
}
