package inventory

import (
	"crypto/md5"  //nolint:gosec // dpkg records MD5: it finds changes, it proves nothing
	"crypto/sha1" //nolint:gosec // so does apk's SHA-1
	"encoding/hex"
	"hash"
	"io"
	"strings"

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
	md5  [md5.Size]byte
	sha1 [sha1.Size]byte
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

// end appends the sums of the file to list and returns where they stand: their
// index and one, so that 0 is none.
func (h *weakHash) end(list []weakSums) ([]weakSums, int32) {
	var s weakSums
	h.md5.Sum(s.md5[:0])
	h.sha1.Sum(s.sha1[:0])
	list = append(list, s)
	return list, int32(len(list))
}

// weak are the sums of the file, nil where none were made.
func (l *layerFacts) weak(record int32) *weakSums {
	if at := l.notes[record].sums; at > 0 {
		return &l.sums[at-1]
	}
	return nil
}

// compare says whether the file is one of those that its owner shipped, as far as
// there are sums that can be compared.
func (g *merge) compare(f *visible, c image.Content) uint8 {
	if f.conf || f.flags&flagUnread != 0 || f.sums == 0 {
		return stateUnknown
	}
	state := stateUnknown
	strong, weak := g.tree.Layer(c.Layer).SHA256(c.Record), g.layers[c.Layer].weak(c.Record)
	for next := f.sums; next > 0; next = g.sums[next-1].next {
		kind, want, _ := strings.Cut(g.sums[next-1].sum, ":")
		var own []byte
		switch {
		case kind == "sha256":
			own = strong[:]
		case kind == "md5" && weak != nil:
			own = weak.md5[:]
		case kind == "sha1" && weak != nil:
			own = weak.sha1[:]
		default:
			continue
		}
		if hex.EncodeToString(own) == want {
			return stateShipped
		}
		state = stateChanged
	}
	return state
}
