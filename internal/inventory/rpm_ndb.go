package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"iter"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Numbers of rpm's own format, NDB. All little-endian, in blocks of 16 bytes.
//
// Format: lib/backend/ndb/rpmpkg.c of rpm 4.15 and later.
const (
	ndbMagic    = "RpmP"
	ndbSlot     = "Slot"
	ndbBlob     = "BlbS"
	ndbBlobEnd  = "BlbE"
	ndbBlock    = 16
	ndbPage     = 4096
	ndbBlobTail = 12
)

// rpmNDB reads the slots at the start of the file, and for each in use the header
// that it points to, whose checksum it verifies.
func rpmNDB(r io.ReaderAt, size int64) (iter.Seq2[[]byte, error], error) {
	var head [32]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, fmt.Errorf("the first bytes: %w", err)
	}
	if v := binary.LittleEndian.Uint32(head[4:]); v != 0 {
		return nil, fmt.Errorf("version %d of NDB: %w", v, landwaiter.ErrUnsupported)
	}
	pages := int64(binary.LittleEndian.Uint32(head[12:]))
	if pages == 0 || pages*ndbPage > size {
		return nil, fmt.Errorf("%d pages of slots in %d bytes", pages, size)
	}
	return func(yield func([]byte, error) bool) {
		n := &ndbFile{r: r, size: size, left: size}
		page := make([]byte, ndbPage)
		for i := range pages {
			if _, err := r.ReadAt(page, i*ndbPage); err != nil {
				yield(nil, fmt.Errorf("page %d of the slots: %w", i, err))
				return
			}
			slots := page
			if i == 0 {
				slots = page[len(head):]
			}
			if !n.slots(slots, yield) {
				return
			}
		}
	}, nil
}

type ndbFile struct {
	r    io.ReaderAt
	size int64
	// left is how many bytes of headers can still be in the file, as none of them
	// overlap.
	left int64
	buf  []byte
}

func (n *ndbFile) slots(page []byte, yield func([]byte, error) bool) bool {
	for s := page; len(s) >= ndbBlock; s = s[ndbBlock:] {
		pkg, block := binary.LittleEndian.Uint32(s[4:]), binary.LittleEndian.Uint32(s[8:])
		if string(s[:4]) != ndbSlot {
			if !yield(nil, errors.New("a damaged slot")) {
				return false
			}
			continue
		}
		if pkg == 0 {
			continue // free
		}
		header, err := n.blob(pkg, int64(block)*ndbBlock)
		if err != nil {
			err = fmt.Errorf("entry %d: %w", pkg, err)
		}
		if !yield(header, err) {
			return false
		}
	}
	return true
}

// blob reads the header of package number pkg at off.
func (n *ndbFile) blob(pkg uint32, off int64) ([]byte, error) {
	var head [16]byte
	if _, err := n.r.ReadAt(head[:], off); err != nil {
		return nil, fmt.Errorf("its place, %d: %w", off, err)
	}
	size := int64(binary.LittleEndian.Uint32(head[12:]))
	// The tail ends with a block, and what lies before it is filled with zeros.
	whole := (int64(len(head)) + size + ndbBlobTail + ndbBlock - 1) / ndbBlock * ndbBlock
	switch {
	case string(head[:4]) != ndbBlob || binary.LittleEndian.Uint32(head[4:]) != pkg:
		return nil, errors.New("there is no header where it should be")
	case size > limitio.MaxMetadata:
		return nil, fmt.Errorf("a header of %d bytes, where %d are the most: %w", size, limitio.MaxMetadata, landwaiter.ErrTooLarge)
	case off+whole > n.size:
		return nil, fmt.Errorf("a header of %d bytes at %d of %d", size, off, n.size)
	case whole > n.left:
		return nil, errors.New("headers that overlap")
	}
	n.left -= whole
	if int64(cap(n.buf)) < whole {
		n.buf = make([]byte, whole)
	}
	b := n.buf[:whole]
	if _, err := n.r.ReadAt(b, off); err != nil {
		return nil, err
	}
	tail := b[whole-ndbBlobTail:]
	sum := binary.LittleEndian.Uint32(tail)
	if string(tail[8:]) != ndbBlobEnd || sum != adler32.Checksum(b[:whole-ndbBlobTail]) {
		return nil, errors.New("a header that does not match its checksum")
	}
	return b[len(head) : int64(len(head))+size], nil
}
