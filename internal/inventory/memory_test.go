package inventory

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// TestMemoryForEachFile keeps the memory that one tiny file costs within what
// three million of them may cost.
func TestMemoryForEachFile(t *testing.T) {
	const files, most = 200_000, 225 // bytes, the path's 36 among them
	l := &layerFacts{natures: map[int32]*landwaiter.Nature{}}
	before := heap()
	for i := range files {
		e := image.Entry{Path: fmt.Sprintf("srv/data/part-%05d/item-%08d.txt", i/100, i), Type: image.TypeFile, Size: 7, Mode: 0o644}
		n := note{kind: landwaiter.FileText}
		l.record(t, image.NewRecord(&e), n.noted())
	}
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
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
