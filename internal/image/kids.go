package image

import "hash/maphash"

// kidTable finds a name in its folder: open addressing over node numbers, so that
// a name costs some six bytes where a map for each folder would cost fifty. Who
// sends an image cannot know the seed, and so cannot make names that collide.
type kidTable struct {
	seed  maphash.Seed
	slots []int32 // a node, or one of the two below
	used  int     // slots that are not free
}

const slotFree, slotGone = -1, -2

func newKidTable(n int) kidTable {
	k := kidTable{seed: maphash.MakeSeed()}
	k.resize(n)
	return k
}

func (k *kidTable) resize(n int) {
	size := 16
	for size < n+n/3 {
		size *= 2
	}
	k.slots, k.used = make([]int32, size), 0
	for i := range k.slots {
		k.slots[i] = slotFree
	}
}

func (k *kidTable) start(dir int32, base string) uint64 {
	const spread = 0x9e3779b97f4a7c15 // two to the 64th by the golden ratio
	h := maphash.String(k.seed, base) ^ uint64(dir+1)*spread
	return h ^ h>>32
}

func (k *kidTable) find(t *Tree, dir int32, base string) int32 {
	mask := uint64(len(k.slots) - 1)
	for i := k.start(dir, base) & mask; ; i = (i + 1) & mask {
		n := k.slots[i]
		switch {
		case n == slotFree:
			return noNode
		case n != slotGone && t.nodes[n].parent == dir && t.name(n) == base:
			return n
		}
	}
}

// insert adds a node whose name is in no slot of its folder.
func (k *kidTable) insert(t *Tree, n int32) {
	if k.used >= len(k.slots)/4*3 {
		old := k.slots
		live := 0
		for _, n := range old {
			if n >= 0 {
				live++
			}
		}
		k.resize(2 * (live + 1))
		for _, n := range old {
			if n >= 0 {
				k.put(t, n)
			}
		}
	}
	k.put(t, n)
}

func (k *kidTable) put(t *Tree, n int32) {
	mask := uint64(len(k.slots) - 1)
	i := k.start(t.nodes[n].parent, t.name(n)) & mask
	for k.slots[i] >= 0 {
		i = (i + 1) & mask
	}
	if k.slots[i] == slotFree {
		k.used++
	}
	k.slots[i] = n
}

func (k *kidTable) remove(t *Tree, n int32) {
	mask := uint64(len(k.slots) - 1)
	for i := k.start(t.nodes[n].parent, t.name(n)) & mask; k.slots[i] != slotFree; i = (i + 1) & mask {
		if k.slots[i] == n {
			k.slots[i] = slotGone
			return
		}
	}
}
