package image

import (
	"fmt"
	"iter"
	"slices"
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
	// Node numbers the names of one tree, from 0 to less than [Tree.Nodes].
	Node int32
}

// Tree is the merged filesystem of layers: what a container sees. It holds some
// fifty bytes for each name, beside the records.
type Tree struct {
	layers [][]Record
	nodes  []node
	kids   kidTable
	names  map[int32]string // of folders that no layer names
	dirs   map[string]int32 // folder as named -> node, links followed
	paths  map[int32]string // folder -> its real path; filled when nothing changes any more
	// Gaps are entries that lead nowhere.
	Gaps []landwaiter.Gap
}

// node is one name. Its kids are a list that begins at first; those that were
// removed stay in it, dead.
type node struct {
	at, content         Content
	parent, first, next int32
	folder, dead        bool
}

const rootNode, noNode = 0, -1

// implicit marks a folder that no layer names.
var implicit = Content{-1, -1}

// Merge applies layers in their order: whiteouts and opaque whiteouts remove what
// lower layers brought, whatever their place in the layer; names pass through
// links to folders as an engine's would; a hard link is another name of the same
// content.
func Merge(layers [][]Record) *Tree {
	t := &Tree{layers: layers, names: map[int32]string{}, dirs: map[string]int32{}, paths: map[int32]string{}}
	n := 1
	for _, recs := range layers {
		n += len(recs)
	}
	t.nodes = make([]node, 1, n+n/16)
	t.nodes[rootNode] = node{at: implicit, content: implicit, first: noNode, next: noNode, folder: true}
	t.kids = newKidTable(n)
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
			for kid := range t.under(n) {
				t.drop(kid)
			}
			t.nodes[n].first = noNode
			clear(t.dirs)
		}
		return
	}
	dir, base := split(r.Path)
	if n := t.folder(dir, false); n != noNode {
		t.unlink(n, base)
	}
}

// Nodes is more than the highest number of a name.
func (t *Tree) Nodes() int { return len(t.nodes) }

// under yields the kids of a folder in no order.
func (t *Tree) under(n int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for kid := t.nodes[n].first; kid != noNode; kid = t.nodes[kid].next {
			if !t.nodes[kid].dead && !yield(kid) {
				return
			}
		}
	}
}

// name is the last element of a node's path. A layer's record of it ends in the
// same, whatever links lead to its folder.
func (t *Tree) name(n int32) string {
	if at := t.nodes[n].at; at != implicit {
		_, base := split(t.Record(at).Path)
		return base
	}
	return t.names[n]
}

// kid is the node of that name in folder dir, noNode where there is none.
func (t *Tree) kid(dir int32, base string) int32 {
	return t.kids.find(t, dir, base)
}

func (t *Tree) unlink(dir int32, base string) {
	n := t.kid(dir, base)
	if n == noNode {
		return
	}
	if t.nodes[n].folder || t.symlink(n) != "" {
		clear(t.dirs)
	}
	t.drop(n)
}

// drop takes a name out of its folder.
func (t *Tree) drop(n int32) {
	t.kids.remove(t, n)
	t.nodes[n].dead = true
}

func (t *Tree) apply(c Content) {
	r := t.Record(c)
	switch r.Type {
	case TypeWhiteout, TypeOpaque:
		return
	case TypeFolder:
		if r.Path == "" {
			t.nodes[rootNode].at, t.nodes[rootNode].content = c, c
			return
		}
	}
	if r.Path == "" {
		t.gap(c, "it stands where the root folder must")
		return
	}
	content := c
	if r.Type == TypeHardlink {
		n := t.lookup(r.Link())
		if n == noNode || t.nodes[n].folder {
			t.gap(c, fmt.Sprintf("a hard link to %q, which is not there", r.Link()))
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
	if old := t.kid(parent, base); old != noNode {
		if r.Type == TypeFolder && t.nodes[old].folder {
			t.nodes[old].at, t.nodes[old].content = c, c
			delete(t.names, old)
			return
		}
		t.unlink(parent, base)
	}
	t.add(parent, base, node{at: c, content: content, folder: r.Type == TypeFolder})
}

func (t *Tree) add(parent int32, base string, n node) int32 {
	i := int32(len(t.nodes))
	n.parent, n.first, n.next = parent, noNode, t.nodes[parent].first
	t.nodes = append(t.nodes, n)
	t.nodes[parent].first = i
	if n.at == implicit {
		t.names[i] = base
	}
	t.kids.insert(t, i)
	return i
}

func (t *Tree) gap(c Content, why string) {
	r := t.Record(c)
	// A file that stands nowhere may still hold code that a bolder engine finds.
	t.Gaps = append(t.Gaps, landwaiter.Gap{Path: r.Path, Layer: int(c.Layer), Bytes: r.Size, Code: r.Type == TypeFile, Reason: why})
}

// symlink returns where node n points, "" where it is no symbolic link.
func (t *Tree) symlink(n int32) string {
	if c := t.nodes[n].content; c != implicit && !t.nodes[n].folder {
		if r := t.Record(c); r.Type == TypeSymlink {
			return r.Link()
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
	return t.kid(n, base)
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
		kid := t.kid(n, base)
		if kid == noNode {
			if !create {
				return noNode
			}
			kid = t.add(n, base, node{at: implicit, content: implicit, folder: true})
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
		if !t.nodes[kid].folder {
			if !create {
				return noNode
			}
			t.drop(kid)
			kid = t.add(n, base, node{at: implicit, content: implicit, folder: true})
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
	return t.Visible(n), true
}

// Follow returns what path leads to when a link at its end is followed as well.
func (t *Tree) Follow(path string) (Visible, bool) {
	for range limitio.MaxSymlinks {
		v, ok := t.Lookup(clean(path))
		if !ok {
			break
		}
		r := t.Record(v.Content)
		if r.Type != TypeSymlink {
			return v, true
		}
		if path = r.Link(); !strings.HasPrefix(path, "/") {
			path = parentOf(v.Path) + "/" + path
		}
	}
	return Visible{}, false
}

// Visible returns the name that node n stands for.
func (t *Tree) Visible(n int32) Visible {
	return Visible{t.Path(n), t.nodes[n].at, t.nodes[n].content, n}
}

// Content returns the record that holds the bytes of node n.
func (t *Tree) Content(n int32) Content { return t.nodes[n].content }

// Real returns where the folder that path leads to really is.
func (t *Tree) Real(path string) (string, bool) {
	n := t.folder(path, false)
	if n == noNode {
		return "", false
	}
	return t.realPath(n), true
}

// Path returns where node n really is.
func (t *Tree) Path(n int32) string {
	if n == rootNode {
		return ""
	}
	return t.path(n, t.realPath(t.nodes[n].parent))
}

// path joins a node's name to where its folder is. It is the record's own text
// where that says the same, which costs no memory.
func (t *Tree) path(n int32, dir string) string {
	name := t.name(n)
	if dir == "" {
		return name
	}
	if at := t.nodes[n].at; at != implicit {
		if p := t.Record(at).Path; len(p) == len(dir)+1+len(name) && strings.HasPrefix(p, dir) {
			return p
		}
	}
	return dir + "/" + name
}

// realPath is where the folder n really is.
func (t *Tree) realPath(n int32) string {
	if n == rootNode {
		return ""
	}
	p, ok := t.paths[n]
	if !ok {
		p = t.path(n, t.realPath(t.nodes[n].parent))
		t.paths[n] = p
	}
	return p
}

// All yields every visible name but folders that no layer names, in order of path.
func (t *Tree) All() iter.Seq[Visible] {
	return func(yield func(Visible) bool) { t.each(rootNode, "", yield) }
}

func (t *Tree) each(n int32, dir string, yield func(Visible) bool) bool {
	kids := slices.Collect(t.under(n))
	slices.SortFunc(kids, func(a, b int32) int { return strings.Compare(t.name(a), t.name(b)) })
	for _, kid := range kids {
		k := &t.nodes[kid]
		path := t.path(kid, dir)
		if k.at != implicit && !yield(Visible{path, k.at, k.content, kid}) {
			return false
		}
		if k.folder && !t.each(kid, path, yield) {
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
