package inventory

import (
	"cmp"
	"crypto/md5"  //nolint:gosec // dpkg records MD5: it finds changes, it proves nothing
	"crypto/sha1" //nolint:gosec // so does apk's SHA-1
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// weakSums are the sums of a file that package managers noted before SHA-256: MD5
// in dpkg and old rpm, SHA-1 in apk. They are made of code alone, where a change
// matters, and kept apart from the notes, as an image may hold millions of files
// that are no code.
//
// A layer's facts depend on the layer alone, which cannot know whose database
// will speak of it: so every layer gets both, but for one in which dpkg has left its
// mark. There SHA-1 is left out: it took a sixteenth of the processor's time. Should
// apk claim a file in such a layer all the same, a gap says that it was not compared.
type weakSums struct {
	record int32
	md5    [md5.Size]byte
	sha1   [sha1.Size]byte // zeros where none was made
}

// system is whose marks a layer bears, by the paths in it.
type system struct{ dpkg, apk bool }

// note looks at one path.
func (s *system) note(path string) {
	const etc, dpkgMark, apkMark = "etc/", "etc/dpkg/", "etc/apk/"
	if strings.HasPrefix(path, etc) {
		s.dpkg = s.dpkg || strings.HasPrefix(path, dpkgMark)
		s.apk = s.apk || strings.HasPrefix(path, apkMark)
	}
}

// sha1 reports whether apk may speak of what comes next in the layer.
func (s *system) sha1() bool { return s.apk || !s.dpkg }

// weakHash makes weakSums. It serves all files of a layer.
type weakHash struct {
	md5, sha1 hash.Hash
	both      bool
	beside    *beside // nil until a file is worth it
	waits     bool    // for what beside has not hashed yet
}

// besideFrom is the size of a file from which MD5 is worth another goroutine: it takes
// as long as all else that is done with a file's bytes.
const besideFrom = 256 << 10

func newWeakHash() weakHash {
	return weakHash{md5: md5.New(), sha1: sha1.New()} //nolint:gosec // see the imports
}

// begin returns what the bytes of a file of that size must be written to: for both
// sums, or for MD5 alone.
func (h *weakHash) begin(size int64, both bool) io.Writer {
	h.settle() // a file before that ended in an error
	h.md5.Reset()
	h.sha1.Reset()
	h.both = both
	if h.waits = size >= besideFrom; !h.waits {
		return h
	}
	if h.beside == nil {
		h.beside = newBeside(h)
	}
	return h.beside
}

// Write hashes p at once.
func (h *weakHash) Write(p []byte) (int, error) {
	h.md5.Write(p)
	if h.both {
		h.sha1.Write(p)
	}
	return len(p), nil
}

func (h *weakHash) settle() {
	if h.waits {
		h.beside.wait()
		h.waits = false
	}
}

// end returns the sums of the file, which is this record.
func (h *weakHash) end(record int32) weakSums {
	h.settle()
	s := weakSums{record: record}
	h.md5.Sum(s.md5[:0])
	if h.both {
		h.sha1.Sum(s.sha1[:0])
	}
	return s
}

func (h *weakHash) close() {
	if h.beside != nil {
		h.beside.close()
	}
}

// weak are the sums of the file, nil where none were made.
func (l *layerFacts) weak(record int32) *weakSums {
	i, ok := slices.BinarySearchFunc(l.sums, record, func(s weakSums, r int32) int { return cmp.Compare(s.record, r) })
	if !ok {
		return nil
	}
	return &l.sums[i]
}

// compare says whether the file that holds c is the one of this sum, as far as it
// can be compared.
func (g *merge) compare(c image.Content, want sum) uint8 {
	weak := g.layers[c.Layer].weak(c.Record)
	var own []byte
	switch kind := want.of(); {
	case kind == sumSHA256:
		strong := g.tree.Layer(c.Layer).SHA256(c.Record)
		own = strong[:]
	case kind == sumMD5 && weak != nil:
		own = weak.md5[:]
	case kind == sumSHA1 && weak != nil && weak.sha1 == [sha1.Size]byte{}:
		g.uncompared[c] = true
		return stateUnknown
	case kind == sumSHA1 && weak != nil:
		own = weak.sha1[:]
	default:
		return stateUnknown
	}
	if want.kind != sumOther && string(own) == want.text {
		return stateShipped
	}
	return stateChanged
}

// uncomparedGaps say of which files nobody knows whether they are as shipped, though
// there is a sum to compare: one gap for each layer.
func (g *merge) uncomparedGaps() {
	if len(g.uncompared) == 0 {
		return
	}
	layers := make([]landwaiter.Count, len(g.layers))
	for c := range g.uncompared {
		layers[c.Layer].Add(landwaiter.Count{Files: 1, Bytes: g.tree.Layer(c.Layer).Size(c.Record)})
	}
	for i, n := range layers {
		if n.Files > 0 {
			g.gaps = append(g.gaps, landwaiter.Gap{
				Layer: i, Bytes: n.Bytes, Code: true,
				Reason: fmt.Sprintf("apk claims %d programs or scripts in a layer that dpkg made, so they were not compared with what was shipped", n.Files),
			})
		}
	}
}
