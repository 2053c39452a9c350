package inventory

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// claim says that a package owns a path.
type claim struct {
	key  string
	path string // clean, no leading slash
	sum  sum    // of what the owner shipped
	// tree is true where path is a folder and the claim is for all below it
	// that nobody claims by name. The deepest tree wins.
	tree bool
	// conf is true for a configuration file: a change in it is not news.
	conf bool
}

// sum is a digest by its kind; the zero value is none.
type sum struct {
	kind uint8  // a place in sumKinds
	text string // the bytes of the digest; of sumOther all that was written
}

// sumKinds are the kinds of digest, as they are written in front of it.
var sumKinds = [...]struct {
	name string
	size int
}{sumNone: {}, sumMD5: {"md5:", 16}, sumSHA1: {"sha1:", 20}, sumSHA256: {"sha256:", 32}, sumOther: {}}

const (
	sumNone = iota
	sumMD5
	sumSHA1
	sumSHA256
	sumOther // no digest as one of these would be written
)

// newSum reads "", "md5:HEX", "sha1:HEX" or "sha256:HEX".
func newSum(text string) sum {
	if text == "" {
		return sum{}
	}
	for kind := sumMD5; kind <= sumSHA256; kind++ {
		digits, ok := strings.CutPrefix(text, sumKinds[kind].name)
		if !ok {
			continue
		}
		if b, err := hex.DecodeString(digits); err == nil && len(b) == sumKinds[kind].size && !strings.ContainsAny(digits, "ABCDEF") {
			return sum{uint8(kind), string(b)}
		}
	}
	return sum{sumOther, text}
}

// of is the kind of digest that it says it is, however it is written.
func (s sum) of() uint8 {
	if s.kind == sumOther {
		for kind := sumMD5; kind <= sumSHA256; kind++ {
			if strings.HasPrefix(s.text, sumKinds[kind].name) {
				return uint8(kind)
			}
		}
	}
	return s.kind
}

// String is what newSum read.
func (s sum) String() string {
	if s.kind == sumOther {
		return s.text
	}
	return sumKinds[s.kind].name + hex.EncodeToString([]byte(s.text))
}

// claims is a list of claims in little memory: a large package owns 100,000 files.
// A claim is a byte of marks, one of which says that the next key begins here; how
// much of the path before begins this path, and the rest of it; and the sum. Numbers
// are varints, and stand in front of texts as their lengths.
type claims struct {
	keys  []string
	text  []byte
	n     int32
	trees int32  // those on folders
	last  string // the path of the last claim
}

const (
	claimSum  = 7 // these bits are the kind of sum
	claimTree = 1 << 3
	claimConf = 1 << 4
	claimKey  = 1 << 5
)

func (l *claims) add(c claim) {
	marks := c.sum.kind
	if c.tree {
		marks |= claimTree
		l.trees++
	}
	if c.conf {
		marks |= claimConf
	}
	if n := len(l.keys); n == 0 || l.keys[n-1] != c.key {
		l.keys = append(l.keys, c.key)
		marks |= claimKey
	}
	shared := 0
	for shared < len(c.path) && shared < len(l.last) && c.path[shared] == l.last[shared] {
		shared++
	}
	l.text = append(l.text, marks)
	l.text = binary.AppendUvarint(l.text, uint64(shared))
	l.text = binary.AppendUvarint(l.text, uint64(len(c.path)-shared))
	l.text = append(l.text, c.path[shared:]...)
	if c.sum.kind == sumOther {
		l.text = binary.AppendUvarint(l.text, uint64(len(c.sum.text)))
	}
	l.text = append(l.text, c.sum.text...)
	l.last = c.path
	l.n++
}

// trim gives back the room for more, once all claims are there.
func (l *claims) trim() {
	l.text, l.keys, l.last = slices.Clone(l.text), slices.Clone(l.keys), ""
}

// all yields the claims in their order.
func (l *claims) all() iter.Seq[claim] {
	return func(yield func(claim) bool) {
		r := claimReader{rest: l.text, keys: l.keys}
		for len(r.rest) > 0 {
			if c, ok := r.next(); !ok || !yield(c) {
				return
			}
		}
	}
}

// sound reports whether the list is one that add made, as far as all can read it.
func (l *claims) sound() bool {
	r := claimReader{rest: l.text, keys: l.keys}
	var n, trees int32
	for len(r.rest) > 0 {
		c, ok := r.next()
		if !ok {
			return false
		}
		if len(c.path) > 4*limitio.MaxName {
			return false
		}
		if n++; c.tree {
			trees++
		}
	}
	return n == l.n && trees == l.trees && len(r.keys) == 0
}

// claimReader reads claims one after the other.
type claimReader struct {
	rest []byte
	keys []string // that are still to come
	key  string
	path []byte
}

// next reads one claim; it is false where there is none.
func (r *claimReader) next() (c claim, ok bool) {
	marks := r.rest[0]
	r.rest = r.rest[1:]
	c.sum.kind = marks & claimSum
	c.tree, c.conf = marks&claimTree != 0, marks&claimConf != 0
	if c.sum.kind > sumOther || marks >= claimKey<<1 {
		return claim{}, false
	}
	if marks&claimKey != 0 {
		if len(r.keys) == 0 {
			return claim{}, false
		}
		r.key, r.keys = r.keys[0], r.keys[1:]
	}
	shared, n := binary.Uvarint(r.rest)
	if n <= 0 || shared > uint64(len(r.path)) {
		return claim{}, false
	}
	r.rest = r.rest[n:]
	more, ok := r.text()
	if !ok {
		return claim{}, false
	}
	r.path = append(r.path[:shared], more...)
	c.key, c.path = r.key, string(r.path)
	digest := []byte(nil)
	if size := sumKinds[c.sum.kind].size; c.sum.kind == sumOther {
		digest, ok = r.text()
	} else if ok = size <= len(r.rest); ok {
		digest, r.rest = r.rest[:size], r.rest[size:]
	}
	c.sum.text = string(digest)
	return c, ok
}

// text reads a text behind its length.
func (r *claimReader) text() ([]byte, bool) {
	size, n := binary.Uvarint(r.rest)
	if n <= 0 || size > uint64(len(r.rest)-n) {
		return nil, false
	}
	text := r.rest[n : n+int(size)]
	r.rest = r.rest[n+int(size):]
	return text, true
}
