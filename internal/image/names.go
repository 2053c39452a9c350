package image

import (
	"hash/maphash"
	"math/bits"
)

// named are numbered things, each with a name in another of them: folders of a
// layer, names of a tree.
type named interface {
	parent(n int32) int32
	name(n int32) string
}

// nameTable finds a name in its folder: open addressing over numbers, so that a
// name costs some five bytes where a map for each folder would cost fifty. Who
// sends an image cannot know the seed, and so cannot make names that collide.
type nameTable struct {
	of    named
	seed  maphash.Seed
	slots []int32 // a number, or one of the two below
	used  int     // slots that are not free
}

const slotFree, slotGone = -1, -2

// newNameTable has room for n names before it grows.
func newNameTable(of named, n int) nameTable {
	t := nameTable{of: of, seed: maphash.MakeSeed(), slots: make([]int32, n+n/3+16)}
	t.clear()
	return t
}

func (t *nameTable) clear() {
	t.used = 0
	for i := range t.slots {
		t.slots[i] = slotFree
	}
}

func (t *nameTable) start(dir int32, base string) int {
	const spread = 0x9e3779b97f4a7c15 // two to the 64th by the golden ratio
	h := (maphash.String(t.seed, base) ^ uint64(dir+1)) * spread
	i, _ := bits.Mul64(h^h>>32, uint64(len(t.slots)))
	return int(i)
}

func (t *nameTable) next(i int) int {
	if i++; i < len(t.slots) {
		return i
	}
	return 0
}

// find is the number of that name in dir, noNode where there is none.
func (t *nameTable) find(dir int32, base string) int32 {
	for i := t.start(dir, base); ; i = t.next(i) {
		n := t.slots[i]
		switch {
		case n == slotFree:
			return noNode
		case n != slotGone && t.of.parent(n) == dir && t.of.name(n) == base:
			return n
		}
	}
}

// insert adds a number whose name is in no slot of its folder.
func (t *nameTable) insert(n int32) {
	if t.used >= len(t.slots)/5*4 {
		old := t.slots
		t.slots = make([]int32, 2*t.live()+16)
		t.clear()
		for _, n := range old {
			if n >= 0 {
				t.put(n)
			}
		}
	}
	t.put(n)
}

func (t *nameTable) put(n int32) {
	i := t.start(t.of.parent(n), t.of.name(n))
	for t.slots[i] >= 0 {
		i = t.next(i)
	}
	if t.slots[i] == slotFree {
		t.used++
	}
	t.slots[i] = n
}

func (t *nameTable) remove(n int32) {
	for i := t.start(t.of.parent(n), t.of.name(n)); t.slots[i] != slotFree; i = t.next(i) {
		if t.slots[i] == n {
			t.slots[i] = slotGone
			return
		}
	}
}

// live is how many names are in the table.
func (t *nameTable) live() int {
	n := 0
	for _, s := range t.slots {
		if s >= 0 {
			n++
		}
	}
	return n
}

// fill makes the table anew, of numbers 1 to less than n.
func (t *nameTable) fill(n int) {
	if n+n/3+16 < len(t.slots)*7/8 {
		t.slots = nil // it was made for more
		t.slots = make([]int32, n+n/3+16)
	}
	t.clear()
	for i := 1; i < n; i++ {
		t.put(int32(i))
	}
}
