package inventory

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// largeRoom is how much of a file that will not fit is held in memory before it goes
// to disk.
const largeRoom = 1 << 20

// keeper keeps a wanted file: in memory up to limitio.MaxInMemory, then on disk.
type keeper struct {
	mem   []byte
	max   int64
	size  int64
	spill *os.File
	named bool // the file has a name to remove
	err   error

	// search: once too large for memory, keep it only if a sign was seen by then,
	// else nothing, and go on looking for signs.
	search        bool
	pass          []passing // are shown what is not kept
	large         bool      // the layer says that it is too large for memory
	signs         []string  // none is empty
	tail          []byte
	dropped, seen bool
}

// Write never fails: what cannot be kept becomes a gap, and the digest goes on.
func (k *keeper) Write(p []byte) (int, error) {
	k.size += int64(len(p))
	switch {
	case k.err != nil:
	case k.dropped:
		k.look(p)
		k.show(p)
	case k.search && k.size > limitio.MaxInMemory:
		for _, piece := range [][]byte{k.mem, p} {
			k.look(piece)
			k.show(piece)
		}
		k.mem, k.dropped = nil, true
	case k.size > k.max:
		k.mem = nil // its row says that it is too large
	case k.spill != nil:
		_, k.err = k.spill.Write(p)
	case k.size > k.room():
		k.toDisk(p)
	default:
		k.mem = append(k.mem, p...)
	}
	return len(p), nil
}

// passing is what a row looks with.
type passing struct {
	row int
	passer
}

func (k *keeper) show(p []byte) {
	for _, w := range k.pass {
		w.Write(p) //nolint:errcheck // a passer takes everything
	}
}

// room is how much is kept in memory.
func (k *keeper) room() int64 {
	if k.large {
		return largeRoom
	}
	return limitio.MaxInMemory
}

// toDisk goes on in a file without a name, which the system removes whenever and
// however the program ends. Where a file cannot lose its name while it is open, close
// removes it.
func (k *keeper) toDisk(p []byte) {
	if k.spill, k.err = os.CreateTemp("", "landwaiter-"); k.err != nil {
		return
	}
	k.named = os.Remove(k.spill.Name()) != nil
	_, err := k.spill.Write(k.mem)
	_, err2 := k.spill.Write(p)
	k.mem, k.err = nil, errors.Join(err, err2)
}

// look searches p, and what joins it to the piece before, for any of the signs.
func (k *keeper) look(p []byte) {
	if k.seen {
		return
	}
	n := 0 // bytes that a sign may have in the piece before
	for _, sign := range k.signs {
		n = max(n, len(sign)-1)
	}
	k.tail = append(k.tail, p[:min(n, len(p))]...)
	for _, sign := range k.signs {
		if bytes.Contains(k.tail, []byte(sign)) || bytes.Contains(p, []byte(sign)) {
			k.seen = true
			return
		}
	}
	k.tail = append(k.tail[:0], lastBytes(k.tail, p, n)...)
}

// lastBytes are the last n bytes of before and p, where before holds the start
// of p already if p is longer than n.
func lastBytes(before, p []byte, n int) []byte {
	if len(p) >= n {
		return p[len(p)-n:]
	}
	return before[max(0, len(before)-n):]
}

// ReadAt reads what was kept.
func (k *keeper) ReadAt(p []byte, off int64) (int, error) {
	if k.spill != nil {
		n, err := k.spill.ReadAt(p, off)
		if err != nil && err != io.EOF {
			k.err = err
		}
		return n, err
	}
	return bytes.NewReader(k.mem).ReadAt(p, off)
}

// onDisk is how many bytes are kept on disk.
func (k *keeper) onDisk() int64 {
	if k.spill == nil {
		return 0
	}
	return min(k.size, k.max)
}

func (k *keeper) close() {
	if k.spill != nil {
		k.spill.Close()
		if k.named {
			os.Remove(k.spill.Name())
		}
	}
}
