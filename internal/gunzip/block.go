package gunzip

import "encoding/binary"

// blockSize is how much a block holds, beside what stands before it.
const blockSize = 256 << 10

// Block is a piece of decompressed data. Whoever got it from [Reader.Next] gives it
// back with Release.
type Block struct {
	buf      []byte
	off, end int
	marked   bool // every symbol takes two bytes
	pool     *pool
}

// Bytes is the data.
func (b *Block) Bytes() []byte { return b.buf[b.off:b.end] }

// Release gives the block back. Its bytes must not be used any more.
func (b *Block) Release() {
	b.marked = false
	select {
	case b.pool.blocks <- b:
	default:
	}
}

// orNothing is b, nil where b is empty.
func (b *Block) orNothing() *Block {
	if b.off == b.end {
		b.Release()
		return nil
	}
	return b
}

// pool keeps blocks that nobody uses.
type pool struct {
	blocks chan *Block
	size   int // of what a block holds
}

func (p *pool) get() *Block {
	select {
	case b := <-p.blocks:
		return b
	default:
		return &Block{buf: make([]byte, windowSize+p.size+slack), pool: p}
	}
}

// limit is where decoding into the block stops.
func (b *Block) limit() int { return len(b.buf) - slack }

// A decoder that does not know the data before it decodes into symbols of two
// bytes: a byte, or a mark that stands for a byte of the window before its start.
// Once the window is known, resolve puts bytes where marks are.
const (
	markedWindow = 2 * windowSize
	isMark       = 0x80 // in a symbol's second byte
	anyMark      = 0x8000800080008000
)

// unknown is a window of marks, each for its own place.
var unknown = func() []byte {
	w := make([]byte, markedWindow)
	for i := range windowSize {
		binary.LittleEndian.PutUint16(w[2*i:], isMark<<8|uint16(i))
	}
	return w
}()

// hasMarks reports whether any of the symbols is a mark. Their number is a multiple
// of four.
func hasMarks(symbols []byte) bool {
	var all uint64
	for ; len(symbols) >= 8; symbols = symbols[8:] {
		all |= binary.LittleEndian.Uint64(symbols)
	}
	return all&anyMark != 0
}

// reaches reports whether a mark stands for one of the first n bytes of the window.
func reaches(symbols []byte, n int) bool {
	for i := 0; i+1 < len(symbols); i += 2 {
		if v := binary.LittleEndian.Uint16(symbols[i:]); v >= isMark<<8 && int(v&(windowSize-1)) < n {
			return true
		}
	}
	return false
}

// resolve writes to dst the bytes that the symbols stand for.
func resolve(dst, symbols []byte, window *[windowSize]byte) int {
	n := len(symbols) / 2
	dst = dst[:n]
	i := 0
	for ; i+8 <= n; i += 8 {
		a := binary.LittleEndian.Uint64(symbols[2*i:])
		b := binary.LittleEndian.Uint64(symbols[2*i+8:])
		if a&anyMark != 0 {
			a = unmark(a, window)
		}
		if b&anyMark != 0 {
			b = unmark(b, window)
		}
		binary.LittleEndian.PutUint64(dst[i:], narrow(a)|narrow(b)<<32)
	}
	for ; i < n; i++ {
		dst[i] = byte(unmark(uint64(binary.LittleEndian.Uint16(symbols[2*i:])), window))
	}
	return n
}

// unmark puts bytes where four symbols are marks.
func unmark(v uint64, window *[windowSize]byte) uint64 {
	for i := 0; i < 64; i += 16 {
		s := v >> (i & 63) & 0xffff
		if s >= isMark<<8 {
			v ^= (s ^ uint64(window[s&(windowSize-1)])) << (i & 63)
		}
	}
	return v
}

// narrow is the first bytes of four symbols.
func narrow(v uint64) uint64 {
	v = (v | v>>8) & 0x0000ffff0000ffff
	return v&0xffff | v>>16&0xffff0000
}
