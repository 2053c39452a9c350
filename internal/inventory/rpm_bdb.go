package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Numbers of Berkeley DB's hash format.
//
// Format: db_page.h of Berkeley DB 4.8 to 5.3.
const (
	bdbHashMagic    = 0x00061561
	bdbPageHeader   = 26
	bdbTypeUnsorted = 2 // page of keys and values, before 4.6
	bdbTypeOverflow = 7
	bdbTypeHashMeta = 8
	bdbTypeHash     = 13
	bdbItemHere     = 1 // a value on the page itself
	bdbItemOff      = 3 // a value on overflow pages
)

// bdbFile is a Berkeley DB hash: rpm keeps packages under numbers in one.
type bdbFile struct {
	r     io.ReaderAt
	order binary.ByteOrder
	size  int64 // of a page
	pages int64 // whole ones in the file
	seen  pageSet
	used  int64  // pages in seen
	found int64  // pairs of key and value
	buf   []byte // of an overflow page
	value []byte
}

// rpmBDB reads every page of the file in turn, rather than the buckets of the
// hash: what the hash cannot find any more may still be on disk, but nothing that
// it finds can be missed.
func rpmBDB(r io.ReaderAt, size int64, order binary.ByteOrder) (iter.Seq2[[]byte, error], error) {
	var meta [96]byte
	if _, err := r.ReadAt(meta[:], 0); err != nil {
		return nil, fmt.Errorf("the first page: %w", err)
	}
	page := int64(order.Uint32(meta[20:]))
	switch {
	case meta[24] != 0:
		return nil, fmt.Errorf("encrypted: %w", landwaiter.ErrUnsupported)
	case meta[25] != bdbTypeHashMeta:
		return nil, fmt.Errorf("the first page is of type %d, not a hash", meta[25])
	case meta[26]&1 != 0:
		return nil, fmt.Errorf("pages with checksums: %w", landwaiter.ErrUnsupported)
	case page < 512 || page > 65536 || page&(page-1) != 0:
		return nil, fmt.Errorf("pages of %d bytes", page)
	}
	last, keys := int64(order.Uint32(meta[32:])), int64(order.Uint32(meta[88:]))
	b := &bdbFile{r: r, order: order, size: page, pages: size / page, buf: make([]byte, page)}
	b.seen = newPageSet(b.pages)
	return func(yield func([]byte, error) bool) {
		if last >= b.pages && !yield(nil, fmt.Errorf("it ends after %d of %d pages", b.pages, last+1)) {
			return
		}
		data := make([]byte, page)
		var parts int64
		for n := int64(1); n < b.pages; n++ {
			if _, err := r.ReadAt(data, n*page); err != nil {
				yield(nil, fmt.Errorf("page %d: %w", n, err))
				return
			}
			kind := data[25]
			if kind == bdbTypeOverflow {
				parts++
			}
			if kind != bdbTypeHash && kind != bdbTypeUnsorted {
				continue
			}
			if !b.items(data, n, yield) {
				return
			}
		}
		// A page that was wiped looks like a free one: the counts tell.
		if b.found < keys && !yield(nil, fmt.Errorf("it says it holds %d entries, and %d were found", keys, b.found)) {
			return
		}
		if parts > b.used {
			yield(nil, fmt.Errorf("%d pages of headers belong to no package that was found", parts-b.used))
		}
	}, nil
}

// items yields the values on page n. Items grow down from the end of the page; an
// index of their places grows up from its header: key, value, key, value.
func (b *bdbFile) items(page []byte, n int64, yield func([]byte, error) bool) bool {
	count := int(b.order.Uint16(page[20:]))
	index := bdbPageHeader + 2*count
	if count%2 != 0 || index > len(page) {
		return yield(nil, fmt.Errorf("page %d says it holds %d items", n, count))
	}
	place := func(i int) int { return int(b.order.Uint16(page[bdbPageHeader+2*i:])) }
	for i := 1; i < count; i += 2 {
		b.found++
		value, err := b.item(page, index, place(i), place(i-1))
		if err != nil {
			err = fmt.Errorf("page %d, item %d: %w", n, i, err)
		}
		// Under key 0 rpm keeps a number.
		if err == nil && len(value) < rpmHeaderIntro {
			continue
		}
		if !yield(value, err) {
			return false
		}
	}
	return true
}

// item reads the item between start and end of a page whose index ends at index.
func (b *bdbFile) item(page []byte, index, start, end int) ([]byte, error) {
	if start < index || start >= end || end > len(page) {
		return nil, fmt.Errorf("it lies at %d to %d", start, end)
	}
	switch kind := page[start]; {
	case kind == bdbItemHere:
		return page[start+1 : end], nil
	case kind == bdbItemOff && end-start >= 12:
		return b.overflow(int64(b.order.Uint32(page[start+4:])), int64(b.order.Uint32(page[start+8:])))
	default:
		return nil, fmt.Errorf("it is of type %d", kind)
	}
}

// overflow joins the chain of pages that starts at page n. No page is in two
// chains: so chains end, and all of them together read the file once.
func (b *bdbFile) overflow(n, size int64) ([]byte, error) {
	if size > limitio.MaxMetadata {
		return nil, fmt.Errorf("a header of %d bytes, where %d are the most: %w", size, limitio.MaxMetadata, landwaiter.ErrTooLarge)
	}
	b.value = b.value[:0]
	for n != 0 {
		if !b.seen.add(n) {
			return nil, fmt.Errorf("page %d is not in the file, or in two headers", n)
		}
		b.used++
		if _, err := b.r.ReadAt(b.buf, n*b.size); err != nil {
			return nil, fmt.Errorf("page %d: %w", n, err)
		}
		part := int64(b.order.Uint16(b.buf[22:]))
		if b.buf[25] != bdbTypeOverflow || part > b.size-bdbPageHeader {
			return nil, fmt.Errorf("page %d is not a part of a header", n)
		}
		b.value = append(b.value, b.buf[bdbPageHeader:bdbPageHeader+part]...)
		if int64(len(b.value)) > size {
			break
		}
		n = int64(b.order.Uint32(b.buf[16:]))
	}
	if int64(len(b.value)) != size {
		return nil, errors.New("a header longer or shorter than its entry says")
	}
	return b.value, nil
}

// pageSet remembers which pages of a file were read.
type pageSet struct {
	bits  []uint64
	pages int64
}

func newPageSet(pages int64) pageSet { return pageSet{make([]uint64, pages/64+1), pages} }

// add reports whether page n is in the file and was not added before.
func (s pageSet) add(n int64) bool {
	if n < 0 || n >= s.pages {
		return false
	}
	bit := uint64(1) << (n % 64)
	if s.bits[n/64]&bit != 0 {
		return false
	}
	s.bits[n/64] |= bit
	return true
}
