package image

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// maxDepth is how deep folders may lie: a name of limitio.MaxName bytes cannot name
// a deeper one.
const maxDepth = limitio.MaxName / 2

// merging is what a tree needs while layers are applied.
type merging struct {
	lists []list
	// Folders of the layer that is applied, by their number in it: those that were
	// found since links or folders last went away.
	found []found
	turn  int32
}

// list is the kids of a node, which begin at first; those that were removed stay
// in it.
type list struct{ first, next int32 }

// found is where a folder as a layer names it really is.
type found struct {
	turn, node int32
	links      int // followed on the way
}

// Merge applies layers in their order: whiteouts and opaque whiteouts remove what
// lower layers brought, whatever their place in the layer; names pass through
// links to folders as an engine's would; a hard link is another name of the same
// content. It fails with landwaiter.ErrTooLarge where the layers hold more than
// limitio.MaxEntries records.
func Merge(layers []*Records) (*Tree, error) {
	t := &Tree{layers: layers, hard: map[int32]int32{}, implied: []string{""}, merging: &merging{turn: 1}}
	n := 0
	for _, r := range layers {
		t.first = append(t.first, int32(n))
		if n += r.Len(); n > limitio.MaxEntries {
			return nil, fmt.Errorf("more than %d entries in all layers: %w", limitio.MaxEntries, landwaiter.ErrTooLarge)
		}
	}
	t.nodes, t.merging.lists = make([]node, 1, n+n/16+1), make([]list, 1, n+n/16+1)
	t.nodes[rootNode], t.merging.lists[rootNode] = node{-1, rootNode}, list{noNode, noNode}
	t.kids = newNameTable(t, n)
	for i, r := range layers {
		t.merging.found = make([]found, r.folders.rows.len()+1)
		for j := range int32(r.Len()) {
			if kind := r.Type(j); kind == TypeWhiteout || kind == TypeOpaque {
				t.remove(r, j)
			}
		}
		for j := range int32(r.Len()) {
			t.apply(r, j, t.first[i]+j)
		}
	}
	t.number()
	return t, nil
}

// number numbers the names in order of path, and forgets what is not there any more.
func (t *Tree) number() {
	lists, old, hard := t.merging.lists, t.nodes, t.hard
	t.merging, t.dir = nil, ""
	sorted := make([]node, 0, t.kids.live())
	renamed := make(map[int32]int32, len(hard))
	stack := []int32{} // kids that are still to come, the next last
	var each func(n, up int32)
	each = func(n, up int32) {
		to := int32(len(sorted))
		sorted = append(sorted, node{old[n].at, up})
		if at, ok := hard[n]; ok {
			renamed[to] = at
		}
		from := len(stack)
		for kid := lists[n].first; kid != noNode; kid = lists[kid].next {
			if old[kid].up != noNode {
				stack = append(stack, kid)
			}
		}
		slices.SortFunc(stack[from:], func(a, b int32) int { return strings.Compare(t.name(b), t.name(a)) })
		for len(stack) > from {
			kid := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			each(kid, to)
		}
	}
	each(rootNode, rootNode)
	t.nodes, t.hard = sorted, renamed
	t.kids.fill(len(sorted))
}

// moved says that a folder or a link went away: what was found before may be
// elsewhere now.
func (t *Tree) moved() {
	t.merging.turn++
	t.dir = ""
}

// into returns the folder that folder f of layer r leads to, and how many links
// were followed, as walk does.
func (t *Tree) into(r *Records, f int32, create bool) (n int32, links int) {
	if f == 0 {
		return rootNode, 0
	}
	if at := t.merging.found[f]; at.turn == t.merging.turn {
		return at.node, at.links
	}
	if n, links = t.into(r, r.folders.parent(f), create); n != noNode {
		n, links = t.walk(n, links, r.folders.name(f), create)
	}
	if n != noNode && create && t.full(n) {
		n = noNode
	}
	if n != noNode {
		t.merging.found[f] = found{t.merging.turn, n, links}
	}
	return n, links
}

// full reports whether folder n may have no more kids: links can make a path longer
// than any name, and few bytes can imply many folders.
func (t *Tree) full(n int32) bool {
	depth := 0
	for ; n != rootNode && depth <= maxDepth; n = t.nodes[n].up {
		depth++
	}
	return depth > maxDepth || len(t.nodes) >= 2*limitio.MaxEntries
}

// remove does what whiteout i of layer r says.
func (t *Tree) remove(r *Records, i int32) {
	n, links := t.into(r, r.rows.at(i).folder, false)
	if n == noNode {
		return
	}
	if r.Type(i) == TypeWhiteout {
		t.unlink(n, r.Base(i))
		return
	}
	if n, _ = t.walk(n, links, r.Base(i), false); n == noNode {
		return
	}
	for kid := t.merging.lists[n].first; kid != noNode; kid = t.merging.lists[kid].next {
		t.drop(kid)
	}
	t.merging.lists[n].first = noNode
	t.moved()
}

func (t *Tree) unlink(dir int32, base string) {
	n := t.kids.find(dir, base)
	if n == noNode {
		return
	}
	if kind := t.Type(n); kind == TypeFolder || kind == TypeSymlink {
		t.moved()
	}
	t.drop(n)
}

// drop takes a name out of its folder.
func (t *Tree) drop(n int32) {
	if t.nodes[n].up != noNode {
		t.kids.remove(n)
		t.nodes[n].up = noNode
	}
}

// apply adds record i of layer r, whose number over all layers is at.
func (t *Tree) apply(r *Records, i, at int32) {
	kind, in, base := r.Type(i), r.rows.at(i).folder, r.Base(i)
	root := in == 0 && base == ""
	switch {
	case kind == TypeWhiteout, kind == TypeOpaque:
		return
	case root && kind == TypeFolder:
		t.nodes[rootNode].at = at
		return
	case root:
		t.gap(at, "it stands where the root folder must")
		return
	}
	holds := at
	if kind == TypeHardlink {
		n, ok := t.Find(r.Link(i))
		if !ok || t.Type(n) == TypeFolder {
			t.gap(at, fmt.Sprintf("a hard link to %q, which is not there", r.Link(i)))
			return
		}
		holds = t.holds(n)
	}
	parent, _ := t.into(r, in, true)
	if parent == noNode {
		t.gap(at, "its folder is behind links that go round in a circle, or pile folders on folders")
		return
	}
	if old := t.kids.find(parent, base); old != noNode {
		if kind == TypeFolder && t.Type(old) == TypeFolder {
			t.nodes[old].at = at
			return
		}
		t.unlink(parent, base)
	}
	n := t.add(parent, at)
	if holds != at {
		t.hard[n] = holds
	}
}

// imply makes a folder that no layer has named yet.
func (t *Tree) imply(parent int32, base string) int32 {
	t.implied = append(t.implied, base)
	return t.add(parent, -int32(len(t.implied)))
}

func (t *Tree) add(parent, at int32) int32 {
	n := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{at, parent})
	t.merging.lists = append(t.merging.lists, list{noNode, t.merging.lists[parent].first})
	t.merging.lists[parent].first = n
	t.kids.insert(n)
	return n
}

func (t *Tree) gap(at int32, why string) {
	c := t.content(at)
	r := t.Record(c)
	// A file that stands nowhere may still hold code that a bolder engine finds.
	t.Gaps = append(t.Gaps, landwaiter.Gap{Path: r.Path, Layer: int(c.Layer), Bytes: r.Size, Code: r.Type == TypeFile, Reason: why})
}
