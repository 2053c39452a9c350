package image

import (
	"crypto/sha256"
	"iter"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Visible is a name in the merged filesystem.
type Visible struct {
	Path string
	// At is the record that put the name there, Content the one that holds its
	// bytes: another one for a hard link.
	At, Content Content
	// Node numbers the names of one tree in order of path, from 0, the root, to
	// less than [Tree.Nodes].
	Node int32
}

// Tree is the merged filesystem of layers: what a container sees. It holds some
// fourteen bytes for each name, beside the records. One goroutine may use it.
type Tree struct {
	layers  []*Records
	first   []int32 // of each layer: how many records are in those before it
	nodes   []node
	kids    nameTable
	implied []string        // names of folders that no layer names
	hard    map[int32]int32 // hard link -> the record that holds its content, by number over all layers
	dir     string          // a folder that was looked for, in …
	in      int32           // … this node
	merging *merging        // nil when nothing changes any more
	// Gaps are entries that lead nowhere.
	Gaps []landwaiter.Gap
}

// node is one name.
type node struct {
	at int32 // the record that put it there, by number over all layers; below 0 an implied folder
	up int32 // its folder; noNode while layers are merged and it was removed
}

const rootNode, noNode = 0, -1

// Nodes is how many names there are, implied folders among them.
func (t *Tree) Nodes() int { return len(t.nodes) }

// record is the layer and the record of a number over all layers.
func (t *Tree) record(at int32) (*Records, int32) {
	c := t.content(at)
	return t.layers[c.Layer], c.Record
}

// content splits a number over all layers: its layer is the last that begins at
// or before it.
func (t *Tree) content(at int32) Content {
	lo, hi := 0, len(t.first)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; t.first[mid] <= at {
			lo = mid
		} else {
			hi = mid
		}
	}
	return Content{int32(lo), at - t.first[lo]}
}

// parent and name are what the table of names asks for.
func (t *Tree) parent(n int32) int32 { return t.nodes[n].up }

// name is the last element of a node's path. A layer's record of it ends in the
// same, whatever links lead to its folder.
func (t *Tree) name(n int32) string {
	if at := t.nodes[n].at; at >= 0 {
		r, i := t.record(at)
		return r.Base(i)
	}
	return t.implied[-1-t.nodes[n].at]
}

// Named reports whether a layer names n: else it is a folder that is only implied.
func (t *Tree) Named(n int32) bool { return t.nodes[n].at >= 0 }

// At returns the record that put node n there, which is named.
func (t *Tree) At(n int32) Content { return t.content(t.nodes[n].at) }

// Content returns the record that holds the bytes of node n, which is named.
func (t *Tree) Content(n int32) Content { return t.content(t.holds(n)) }

// holds is the number of the record that holds the content of n.
func (t *Tree) holds(n int32) int32 {
	if len(t.hard) > 0 {
		if at, ok := t.hard[n]; ok {
			return at
		}
	}
	return t.nodes[n].at
}

// Parent returns the folder that holds node n; of the root, the root.
func (t *Tree) Parent(n int32) int32 { return t.nodes[n].up }

// Type is the type of what node n holds.
func (t *Tree) Type(n int32) Type {
	at := t.holds(n)
	if at < 0 {
		return TypeFolder
	}
	r, i := t.record(at)
	return r.Type(i)
}

// Size is the size of the file that node n is, 0 where it is none.
func (t *Tree) Size(n int32) int64 {
	at := t.holds(n)
	if at < 0 {
		return 0
	}
	r, i := t.record(at)
	return r.Size(i)
}

// Mode is the mode of what node n holds.
func (t *Tree) Mode(n int32) uint32 {
	at := t.holds(n)
	if at < 0 {
		return 0
	}
	r, i := t.record(at)
	return r.Mode(i)
}

// SHA256 is the digest of what node n holds, zeros where it is no file or could not
// be read.
func (t *Tree) SHA256(n int32) [sha256.Size]byte {
	at := t.holds(n)
	if at < 0 {
		return [sha256.Size]byte{}
	}
	r, i := t.record(at)
	return r.SHA256(i)
}

// Layer returns the records of a layer.
func (t *Tree) Layer(i int32) *Records { return t.layers[i] }

// Record returns the record that c names.
func (t *Tree) Record(c Content) Record { return t.layers[c.Layer].At(c.Record) }

// symlink returns where node n points, "" where it is no symbolic link.
func (t *Tree) symlink(n int32) string {
	if at := t.holds(n); at >= 0 {
		if r, i := t.record(at); r.Type(i) == TypeSymlink {
			return r.Link(i)
		}
	}
	return ""
}

// folder returns the folder that path leads to, following links; noNode where
// there is none.
func (t *Tree) folder(path string) int32 {
	if path == "" {
		return rootNode
	}
	if path != t.dir {
		n, _ := t.walk(rootNode, 0, path, false)
		if n == noNode {
			return noNode
		}
		t.dir, t.in = path, n // the next is in the same folder as a rule
	}
	return t.in
}

// Find returns the node that path leads to, links in its folders followed and its
// last element not. It may be a folder that no layer names.
func (t *Tree) Find(path string) (int32, bool) {
	dir, base := split(path)
	n := t.folder(dir)
	if n != noNode && base != "" {
		n = t.kids.find(n, base)
	}
	return n, n != noNode
}

// walk goes down path from folder n to a folder; links were followed on the way to
// n, and are counted. They are followed at most limitio.MaxSymlinks times and never
// lead out of the root. With create, what is missing is made; a file in the way
// gives way, as it does in an engine.
func (t *Tree) walk(n int32, links int, path string, create bool) (int32, int) {
	rest := path
	for rest != "" {
		var base string
		base, rest, _ = strings.Cut(rest, "/")
		switch base {
		case "", ".":
			continue
		case "..":
			n = t.nodes[n].up
			continue
		}
		kid := t.kids.find(n, base)
		if kid == noNode {
			if !create || t.full(n) {
				return noNode, 0
			}
			kid = t.imply(n, base)
		}
		switch t.Type(kid) {
		case TypeFolder:
		case TypeSymlink:
			to := t.symlink(kid)
			if to == "" {
				break
			}
			if links++; links > limitio.MaxSymlinks || len(to)+len(rest) > 4*limitio.MaxName {
				return noNode, 0
			}
			if strings.HasPrefix(to, "/") {
				n = rootNode
			}
			rest = to + "/" + rest
			continue
		default:
		}
		if t.Type(kid) != TypeFolder {
			if !create {
				return noNode, 0
			}
			t.drop(kid)
			kid = t.imply(n, base)
		}
		n = kid
	}
	return n, links
}

// Lookup returns the visible name that path leads to, links in its folders
// followed; its Path is where it really is.
func (t *Tree) Lookup(path string) (Visible, bool) {
	n, ok := t.Find(path)
	if !ok || !t.Named(n) {
		return Visible{}, false
	}
	return t.Visible(n), true
}

// Follow returns what path leads to when a link at its end is followed as well.
func (t *Tree) Follow(path string) (Visible, bool) {
	for range limitio.MaxSymlinks {
		v, ok := t.Lookup(clean(path))
		if !ok {
			break
		}
		if t.Type(v.Node) != TypeSymlink {
			return v, true
		}
		if path = t.Record(v.Content).Link; !strings.HasPrefix(path, "/") {
			path = parentOf(v.Path) + "/" + path
		}
	}
	return Visible{}, false
}

// Visible returns the name that node n stands for, which is named.
func (t *Tree) Visible(n int32) Visible {
	return Visible{t.Path(n), t.At(n), t.Content(n), n}
}

// Folder returns the folder that path leads to, links followed.
func (t *Tree) Folder(path string) (int32, bool) {
	n := t.folder(path)
	return n, n != noNode
}

// Real returns where the folder that path leads to really is.
func (t *Tree) Real(path string) (string, bool) {
	n := t.folder(path)
	if n == noNode {
		return "", false
	}
	return t.Path(n), true
}

// Path returns where node n really is.
func (t *Tree) Path(n int32) string {
	var b [256]byte
	return string(t.AppendPath(b[:0], n))
}

// AppendPath appends to b where node n really is.
func (t *Tree) AppendPath(b []byte, n int32) []byte {
	if n == rootNode {
		return b
	}
	if up := t.nodes[n].up; up != rootNode {
		b = append(t.AppendPath(b, up), '/')
	}
	return append(b, t.name(n)...)
}

// All yields every visible name but folders that no layer names, in order of path.
func (t *Tree) All() iter.Seq[Visible] {
	return func(yield func(Visible) bool) {
		for i := range t.nodes[1:] {
			n := int32(i) + 1
			if t.Named(n) && !yield(t.Visible(n)) {
				return
			}
		}
	}
}

func split(path string) (dir, base string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func parentOf(path string) string { dir, _ := split(path); return dir }
