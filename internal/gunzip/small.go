package gunzip

import (
	"errors"
	"io"
	"sync"
)

// Sizes for streams that are small and many: most fit into one piece of each.
const (
	smallSegment = 64 << 10
	smallBlock   = 64 << 10
)

// small keeps the memory of closed readers of small streams.
var small = sync.Pool{New: func() any {
	return &Reader{
		segs: &segments{size: smallSegment, more: segmentMore, free: make(chan *segment, 2)},
		pool: &pool{blocks: make(chan *Block, 2), size: smallBlock},
		tail: make([]byte, 0, windowSize), small: true,
	}
}}

// Small starts to decompress one of many small streams, in order and in no other
// goroutine. Closing the reader gives its memory, some 500 KiB, to the next.
func Small(r io.Reader) (io.ReadCloser, error) { return newSmall(r, false) }

// Deflate is as [Small], of deflate data without the header and the end of gzip: its
// sum is for whoever has it to check. What stands behind the data is not read.
func Deflate(r io.Reader) (io.ReadCloser, error) { return newSmall(r, true) }

// smallReader is a Reader until it is closed: then another stream has it.
type smallReader struct{ z *Reader }

func newSmall(r io.Reader, raw bool) (io.ReadCloser, error) {
	z := small.Get().(*Reader)
	z.segs.r, z.segs.ended, z.segs.tail = r, false, z.segs.tail[:0]
	z.base, z.err, z.counted, z.sum, z.size, z.raw = 0, nil, 0, 0, 0, raw
	s := &smallReader{z}
	if err := z.start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *smallReader) Read(p []byte) (int, error) {
	if s.z == nil {
		return 0, errClosed
	}
	return s.z.Read(p)
}

// Close may be called again.
func (s *smallReader) Close() error {
	z := s.z
	if s.z = nil; z == nil {
		return nil
	}
	for _, b := range []*Block{z.cur, z.held} {
		if b != nil {
			b.Release()
		}
	}
	if z.seg != nil {
		z.segs.release(z.seg)
	}
	z.cur, z.held, z.seg, z.segs.r = nil, nil, nil, nil
	small.Put(z)
	return nil
}
