package image

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Record is what a reader of layers keeps of one entry.
type Record struct {
	Path   string
	Link   string
	Size   int64
	Mode   uint32
	Type   Type
	SHA256 [sha256.Size]byte // of a file's content
}

// Content names one record: which layer, and which of its records.
type Content struct{ Layer, Record int32 }

// Visible is a name in the merged filesystem.
type Visible struct {
	Path string
	// At is the record that put the name there, Content the one that holds its
	// bytes: another one for a hard link.
	At, Content Content
}

// Tree is the merged filesystem of layers: what a container sees.
type Tree struct {
	layers [][]Record
	nodes  []node
	dirs   map[string]int32 // folder as named -> node, links followed
	paths  map[int32]string // folder -> its real path; filled when nothing changes any more
	// Gaps are entries that lead nowhere.
	Gaps []landwaiter.Gap
}

type node struct {
	at, content Content
	kids        map[string]int32 // of a folder
	parent      int32
}

const rootNode, noNode = 0, -1

// implicit marks a folder that no layer names.
var implicit = Content{-1, -1}

// Merge applies layers in their order: whiteouts and opaque whiteouts remove what
// lower layers brought, whatever their place in the layer; names pass through
// links to folders as an engine's would; a hard link is another name of the same
// content.
func Merge(layers [][]Record) *Tree {
	t := &Tree{layers: layers, dirs: map[string]int32{}, paths: map[int32]string{}}
	t.nodes = []node{{at: implicit, content: implicit, kids: map[string]int32{}}}
	for i, recs := range layers {
		for j := range recs {
			if r := &recs[j]; r.Type == TypeWhiteout || r.Type == TypeOpaque {
				t.remove(r)
			}
		}
		for j := range recs {
			t.apply(Content{int32(i), int32(j)})
		}
	}
	clear(t.dirs)
	return t
}

// Record returns the record that c names.
func (t *Tree) Record(c Content) *Record { return &t.layers[c.Layer][c.Record] }

func (t *Tree) remove(r *Record) {
	if r.Type == TypeOpaque {
		if n := t.folder(r.Path, false); n != noNode {
			t.nodes[n].kids = map[string]int32{}
			clear(t.dirs)
		}
		return
	}
	dir, base := split(r.Path)
	if n := t.folder(dir, false); n != noNode {
		t.unlink(n, base)
	}
}

func (t *Tree) unlink(dir int32, base string) {
	n, ok := t.nodes[dir].kids[base]
	if !ok {
		return
	}
	if t.nodes[n].kids != nil || t.symlink(n) != "" {
		clear(t.dirs)
	}
	delete(t.nodes[dir].kids, base)
}

func (t *Tree) apply(c Content) {
	r := t.Record(c)
	switch r.Type {
	case TypeWhiteout, TypeOpaque:
		return
	case TypeFolder:
		if r.Path == "" {
			t.nodes[rootNode].at = c
			return
		}
	}
	if r.Path == "" {
		t.gap(c, "it stands where the root folder must")
		return
	}
	content := c
	if r.Type == TypeHardlink {
		n := t.lookup(r.Link)
		if n == noNode || t.nodes[n].kids != nil {
			t.gap(c, fmt.Sprintf("a hard link to %q, which is not there", r.Link))
			return
		}
		content = t.nodes[n].content
	}
	dir, base := split(r.Path)
	parent := t.folder(dir, true)
	if parent == noNode {
		t.gap(c, "its folder is behind links that go round in a circle")
		return
	}
	if old, ok := t.nodes[parent].kids[base]; ok {
		if r.Type == TypeFolder && t.nodes[old].kids != nil {
			t.nodes[old].at, t.nodes[old].content = c, c
			return
		}
		t.unlink(parent, base)
	}
	n := node{at: c, content: content, parent: parent}
	if r.Type == TypeFolder {
		n.kids = map[string]int32{}
	}
	t.add(parent, base, n)
}

func (t *Tree) add(parent int32, base string, n node) int32 {
	i := int32(len(t.nodes))
	t.nodes = append(t.nodes, n)
	t.nodes[parent].kids[base] = i
	return i
}

func (t *Tree) gap(c Content, why string) {
	r := t.Record(c)
	// A file that stands nowhere may still hold code that a bolder engine finds.
	t.Gaps = append(t.Gaps, landwaiter.Gap{Path: r.Path, Layer: int(c.Layer), Bytes: r.Size, Code: r.Type == TypeFile, Reason: why})
}

// symlink returns where node n points, "" where it is no symbolic link.
func (t *Tree) symlink(n int32) string {
	if c := t.nodes[n].content; c != implicit && t.nodes[n].kids == nil {
		if r := t.Record(c); r.Type == TypeSymlink {
			return r.Link
		}
	}
	return ""
}

// folder returns the folder that path leads to, following links. With create, what
// is missing is made; a file in the way gives way, as it does in an engine.
func (t *Tree) folder(path string, create bool) int32 {
	if path == "" {
		return rootNode
	}
	if n, ok := t.dirs[path]; ok {
		return n
	}
	n := t.walk(path, create)
	if n != noNode {
		t.dirs[path] = n
	}
	return n
}

// lookup returns the node that path leads to, links in its folders followed and
// its last element not.
func (t *Tree) lookup(path string) int32 {
	dir, base := split(path)
	n := t.folder(dir, false)
	if n == noNode {
		return noNode
	}
	if base == "" {
		return n
	}
	if kid, ok := t.nodes[n].kids[base]; ok {
		return kid
	}
	return noNode
}

// walk goes down path to a folder. Links are followed at most
// limitio.MaxSymlinks times and never lead out of the root.
func (t *Tree) walk(path string, create bool) int32 {
	n, links := int32(rootNode), 0
	rest := path
	for rest != "" {
		var base string
		base, rest, _ = strings.Cut(rest, "/")
		switch base {
		case "", ".":
			continue
		case "..":
			n = t.nodes[n].parent
			continue
		}
		kid, ok := t.nodes[n].kids[base]
		if !ok {
			if !create {
				return noNode
			}
			kid = t.add(n, base, node{at: implicit, content: implicit, kids: map[string]int32{}, parent: n})
		}
		if to := t.symlink(kid); to != "" {
			if links++; links > limitio.MaxSymlinks || len(to)+len(rest) > 4*limitio.MaxName {
				return noNode
			}
			if strings.HasPrefix(to, "/") {
				n = rootNode
			}
			rest = to + "/" + rest
			continue
		}
		if t.nodes[kid].kids == nil {
			if !create {
				return noNode
			}
			delete(t.nodes[n].kids, base)
			kid = t.add(n, base, node{at: implicit, content: implicit, kids: map[string]int32{}, parent: n})
		}
		n = kid
	}
	return n
}

// Lookup returns the visible name that path leads to, links in its folders
// followed; its Path is where it really is.
func (t *Tree) Lookup(path string) (Visible, bool) {
	n := t.lookup(path)
	if n == noNode || t.nodes[n].at == implicit {
		return Visible{}, false
	}
	dir, _ := t.Real(parentOf(path))
	_, base := split(path)
	return Visible{join(dir, base), t.nodes[n].at, t.nodes[n].content}, true
}

// Real returns where the folder that path leads to really is.
func (t *Tree) Real(path string) (string, bool) {
	n := t.folder(path, false)
	if n == noNode {
		return "", false
	}
	return t.realPath(n), true
}

func (t *Tree) realPath(n int32) string {
	if n == rootNode {
		return ""
	}
	if p, ok := t.paths[n]; ok {
		return p
	}
	up := t.nodes[n].parent
	for name, kid := range t.nodes[up].kids {
		if kid == n {
			p := join(t.realPath(up), name)
			t.paths[n] = p
			return p
		}
	}
	return ""
}

// All yields every visible name but folders that no layer names, in order of path.
func (t *Tree) All() iter.Seq[Visible] {
	return func(yield func(Visible) bool) { t.each(rootNode, "", yield) }
}

func (t *Tree) each(n int32, prefix string, yield func(Visible) bool) bool {
	names := make([]string, 0, len(t.nodes[n].kids))
	for name := range t.nodes[n].kids {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		kid := t.nodes[n].kids[name]
		path := prefix + name
		if t.nodes[kid].at != implicit && !yield(Visible{path, t.nodes[kid].at, t.nodes[kid].content}) {
			return false
		}
		if t.nodes[kid].kids != nil && !t.each(kid, path+"/", yield) {
			return false
		}
	}
	return true
}

func split(path string) (dir, base string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func parentOf(path string) string { dir, _ := split(path); return dir }

func join(dir, base string) string {
	if dir == "" || base == "" {
		return dir + base
	}
	return dir + "/" + base
}
