package inventory

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// Cache keeps what layers say from run to run, for readers that are the same to the
// last byte. What Get returns may be anything.
type Cache interface {
	Get(key string) ([]byte, bool)
	Put(key string, write func(io.Writer) error)
}

// layerCache answers for layers that were read before.
//
// That a layer has a DiffID is what the image says. Its facts are taken unread only
// where its stored bytes, named by their digest, were once seen to unpack to that
// DiffID: that is a link. Without one the stored bytes are read to check both
// digests, and only what is in them is not looked at again.
type layerCache struct {
	cache Cache // nil for none
	stats *Stats
	watch Watches
}

// known returns what the layer says, where that can be known without looking into it,
// and then ends the layer; nil where it must be read.
func (lc *layerCache) known(l *image.Layer) (*layerFacts, error) {
	want := l.Want()
	data, ok := lc.facts(want.DiffID)
	if !ok {
		return nil, nil //nolint:nilnil // see above
	}
	s, err := decodeLayer(data, inData)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // what is damaged is read again, and written anew
	}
	files, content := s.content()
	if link, ok := lc.link(want); ok && lc.has(link) {
		if err := l.Skip(s.unpacked, content); err != nil {
			return nil, err
		}
	} else {
		if err := l.Check(content); err != nil {
			return nil, err
		}
		lc.tie(want)
		lc.stats.Checked.Add(1)
	}
	lc.stats.Cached.Add(1)
	lc.stats.Layers.Add(1)
	lc.stats.Files.Add(files)
	for i := range s.facts {
		lc.stats.Packages.Add(int64(len(s.facts[i].packages)))
	}
	return s.layerFacts, nil
}

// saved names what is kept of a layer: with what a look into content saw, or without.
func (lc *layerCache) saved() string {
	if lc.watch.Content != nil {
		return factsWatched
	}
	return factsOnly
}

const (
	factsOnly    = "facts"
	factsWatched = "facts and content"
)

// facts returns what is kept of a DiffID. Who asks for less than is kept is served;
// for what changes from day to day the layer must be read.
func (lc *layerCache) facts(diffID string) ([]byte, bool) {
	if lc.watch.Fresh != nil {
		return nil, false
	}
	key, ok := lc.key(lc.saved(), diffID)
	if !ok {
		return nil, false
	}
	data, ok := lc.cache.Get(key)
	if !ok && lc.watch.Content == nil {
		key, _ = lc.key(factsWatched, diffID)
		data, ok = lc.cache.Get(key)
	}
	return data, ok
}

// keep keeps what a layer says that was read to its end, its digests checked.
func (lc *layerCache) keep(l *image.Layer, out *layerFacts) {
	want := l.Want()
	if key, ok := lc.key(lc.saved(), want.DiffID); ok {
		lc.cache.Put(key, (&savedLayer{l.Unpacked(), out}).encode)
		lc.tie(want)
	}
}

// knownAgain returns what a second pass over a layer said that was asked for the same
// names; nil where nobody knows. The layer itself was read, or known, in this run.
func (lc *layerCache) knownAgain(diffID string, names map[int32][]string, records int) *layerFacts {
	key, ok := lc.key("again", diffID)
	if !ok {
		return nil
	}
	data, ok := lc.cache.Get(key + " " + namesSum(names))
	if !ok {
		return nil
	}
	s, err := decodeLayer(data, records)
	if err != nil {
		return nil
	}
	return s.layerFacts
}

func (lc *layerCache) keepAgain(diffID string, names map[int32][]string, out *layerFacts) {
	if key, ok := lc.key("again", diffID); ok {
		lc.cache.Put(key+" "+namesSum(names), (&savedLayer{layerFacts: out}).encode)
	}
}

// key is the key of what is known about the content of a DiffID. There is none where
// nobody keeps anything, and for content that no digest names.
func (lc *layerCache) key(what, diffID string) (string, bool) {
	return what + " " + diffID, lc.cache != nil && isDigest(diffID)
}

// link is the key under which it stands that the stored bytes of a layer unpack to
// its DiffID. Where a place stores no digest, there is none.
func (lc *layerCache) link(l landwaiter.Layer) (string, bool) {
	return fmt.Sprintf("link %s %d %s", l.Digest, l.Size, l.DiffID), isDigest(l.Digest) && isDigest(l.DiffID)
}

// linkText is what an entry of a link holds: its key says all.
const linkText = "unpacks to"

func (lc *layerCache) has(link string) bool {
	data, ok := lc.cache.Get(link)
	return ok && string(data) == linkText
}

// tie notes what the stored bytes of a layer unpack to, once both digests were seen
// to be right.
func (lc *layerCache) tie(l landwaiter.Layer) {
	if link, ok := lc.link(l); ok {
		lc.cache.Put(link, func(w io.Writer) error {
			_, err := io.WriteString(w, linkText)
			return err
		})
	}
}

// lucky reports whether what was said depends on the layer and the readers alone.
func (s *scanner) lucky() bool { return s == nil || !s.chance && s.kid.lucky() }

// isDigest reports whether s is a SHA-256 as images write it.
func isDigest(s string) bool {
	digits, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(digits) == hex.EncodedLen(sha256.Size) && strings.Trim(digits, "0123456789abcdef") == ""
}

// namesSum identifies what a second pass is asked for.
func namesSum(names map[int32][]string) string {
	var b []byte
	for _, record := range slices.Sorted(maps.Keys(names)) {
		b = binary.AppendVarint(b, int64(record))
		b = binary.AppendUvarint(b, uint64(len(names[record])))
		for _, name := range names[record] {
			b = binary.AppendUvarint(b, uint64(len(name)))
			b = append(b, name...)
		}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// content is how many files a layer has, and their bytes.
func (l *layerFacts) content() (files, bytes int64) {
	for i := range int32(l.records.Len()) { //nolint:gosec // at most limitio.MaxEntries
		if l.records.Type(i) == image.TypeFile {
			files, bytes = files+1, bytes+l.records.Size(i)
		}
	}
	return files, bytes
}
