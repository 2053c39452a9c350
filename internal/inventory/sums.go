package inventory

import (
	"cmp"
	"crypto/md5"  //nolint:gosec // dpkg records MD5: it finds changes, it proves nothing
	"crypto/sha1" //nolint:gosec // so does apk's SHA-1
	"hash"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter/internal/image"
)

// weakSums are the sums of a file that package managers noted before SHA-256: MD5
// in dpkg and old rpm, SHA-1 in apk. They are made of code alone, where a change
// matters, and kept apart from the notes, as an image may hold millions of files
// that are no code.
//
// A layer's facts depend on the layer alone, which cannot know whose database
// will speak of it: so every layer gets both. On the machine where this was
// measured SHA-256 read 1.6 GB/s, MD5 0.8 and SHA-1 1.8; SHA-1 adds a quarter to
// the sums of code, and nothing to those of data.
type weakSums struct {
	record int32
	md5    [md5.Size]byte
	sha1   [sha1.Size]byte
}

// weakHash makes weakSums. It serves all files of a layer.
type weakHash struct{ md5, sha1 hash.Hash }

func newWeakHash() weakHash {
	return weakHash{md5.New(), sha1.New()} //nolint:gosec // see the imports
}

// begin returns what a file's bytes must be written to as well as to w.
func (h *weakHash) begin(w io.Writer) io.Writer {
	h.md5.Reset()
	h.sha1.Reset()
	return io.MultiWriter(w, h.md5, h.sha1)
}

// end returns the sums of the file, which is this record.
func (h *weakHash) end(record int32) weakSums {
	s := weakSums{record: record}
	h.md5.Sum(s.md5[:0])
	h.sha1.Sum(s.sha1[:0])
	return s
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
