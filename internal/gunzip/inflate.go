package gunzip

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	windowSize = 32 << 10
	maxMatch   = 258
	// slack is how far behind its limits the decoder may write: one symbol, and
	// what copying by words writes too much.
	slack = 2*maxMatch + 32
	// padding is how many bytes must stand behind the end of the input, so that
	// a word can be loaded anywhere.
	padding = 16
)

var errDamaged = errors.New("damaged deflate data")

// status is why a decoder stopped.
type status uint8

const (
	statusInput  status = iota // the input is used up to soft
	statusOutput               // the output is full
	statusBlock                // between two blocks
	statusEnd                  // behind the last block
)

type state uint8

const (
	stateHeader state = iota
	stateStored
	stateCodes
	stateEnd
)

// inflater decodes deflate data from one piece of memory to another. It stops at
// every block, and at any symbol where input or output end; the caller gives it
// more and it goes on.
//
// Format: RFC 1951.
type inflater struct {
	in  []byte // with padding bytes behind end
	end int    // of the input
	// soft is where to stop for want of input: at end or before it.
	soft int
	ip   int    // next byte to load
	hold uint64 // bits loaded, lowest first; those above nb are loaded again
	nb   uint   // bits in hold

	// out holds what was decoded, and before it what matches may reach back to.
	// In marked output every symbol takes two bytes: see marked.go.
	out    []byte
	op     int
	base   int // matches reach back no further
	limit  int // stop from here on; slack bytes stand behind it
	marked bool

	state  state
	final  bool
	stored int // bytes left of a stored block

	codesOf *tables // of this block
	own     *tables
}

// tables are those of one block: literals and lengths, then distances.
type tables struct {
	lit  [litRoom]uint32
	dist [distRoom]uint32
}

var fixedTables = func() *tables {
	var lengths [maxLit + maxDist]uint8
	for i := range maxLit {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	for i := range maxDist {
		lengths[maxLit+i] = 5
	}
	t := new(tables)
	build(t.lit[:], litBits, lengths[:maxLit], litSymbols[:], false)
	build(t.dist[:], distBits, lengths[maxLit:], distSymbols[:], false)
	pair(t.lit[:])
	return t
}()

// position is how many bits of the input are used.
func (d *inflater) position() int64 { return int64(d.ip)*8 - int64(d.nb) }

// seek goes to a bit of the input.
func (d *inflater) seek(bit int64) {
	d.ip = int(bit >> 3)
	r := uint(bit & 7)
	d.hold, d.nb = binary.LittleEndian.Uint64(d.in[d.ip:])>>r, 56-r
	d.ip += 7
}

func (d *inflater) refill() {
	d.hold |= binary.LittleEndian.Uint64(d.in[d.ip:]) << (d.nb & 63)
	d.ip += int(63-d.nb) >> 3
	d.nb |= 56
}

func (d *inflater) take(n uint) uint {
	v := uint(d.hold) & (1<<n - 1)
	d.hold >>= n
	d.nb -= n
	return v
}

// short reports whether more bits are used than there are.
func (d *inflater) short() bool { return d.position() > int64(d.end)*8 }

// run decodes until there is a reason to stop.
func (d *inflater) run() (status, error) {
	for {
		switch d.state {
		case stateHeader:
			if d.ip >= d.soft && d.position() >= int64(d.soft)*8 && d.soft < d.end {
				return statusInput, nil
			}
			if err := d.header(); err != nil {
				return 0, err
			}
		case stateStored:
			if st, done := d.copyStored(); !done {
				if st == statusInput && d.soft >= d.end {
					return 0, io.ErrUnexpectedEOF
				}
				return st, nil
			}
			return d.blockDone()
		case stateCodes:
			st, err := d.codes()
			if err != nil || st != statusBlock {
				return st, err
			}
			return d.blockDone()
		case stateEnd:
			return statusEnd, nil
		}
	}
}

func (d *inflater) blockDone() (status, error) {
	if d.state = stateHeader; d.final {
		d.state = stateEnd
		return statusEnd, nil
	}
	return statusBlock, nil
}

// header reads the header of a block.
func (d *inflater) header() error {
	if d.ip > d.end {
		d.seek(d.position()) // so that a word can be loaded
	}
	if d.position() > int64(d.end)*8 {
		return io.ErrUnexpectedEOF
	}
	d.refill()
	d.final = d.take(1) == 1
	switch d.take(2) {
	case 0:
		return d.storedHeader()
	case 1:
		d.codesOf = fixedTables
	case 2:
		if d.own == nil {
			d.own = new(tables)
		}
		if err := d.dynamic(); err != nil {
			return err
		}
		d.codesOf = d.own
	default:
		return errDamaged
	}
	if d.short() {
		return io.ErrUnexpectedEOF
	}
	d.state = stateCodes
	return nil
}

// storedHeader reads how long a stored block is. Afterwards ip is where its
// content begins.
func (d *inflater) storedHeader() error {
	at := (d.position() + 7) >> 3
	if at+4 > int64(d.end) {
		return io.ErrUnexpectedEOF
	}
	n := binary.LittleEndian.Uint16(d.in[at:])
	if n != ^binary.LittleEndian.Uint16(d.in[at+2:]) {
		return errDamaged
	}
	d.ip, d.hold, d.nb = int(at+4), 0, 0
	d.stored, d.state = int(n), stateStored
	return nil
}

// copyStored copies what is left of a stored block.
func (d *inflater) copyStored() (status, bool) {
	for d.stored > 0 {
		if d.op >= d.limit {
			return statusOutput, false
		}
		n := min(d.stored, d.soft-d.ip)
		if n <= 0 {
			return statusInput, false
		}
		if d.marked {
			n = min(n, (d.limit-d.op)/2+1)
			for i, c := range d.in[d.ip : d.ip+n] {
				binary.LittleEndian.PutUint16(d.out[d.op+2*i:], uint16(c))
			}
			d.op += 2 * n
		} else {
			n = copy(d.out[d.op:d.limit], d.in[d.ip:d.ip+n])
			d.op += n
		}
		d.ip += n
		d.stored -= n
	}
	return 0, true
}

// precodeOrder is the order in which the lengths of the code of lengths stand.
var precodeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

var precodeSymbols = func() (s [19]uint32) {
	for i := range s {
		s[i] = uint32(i) << 16
	}
	return s
}()

const precodeBits = 7

// pairFrom is how many bytes must follow for joined literals to be worth the time
// that joining takes.
const pairFrom = 8 << 10

// dynamic reads the codes of a block into d.own.
func (d *inflater) dynamic() error {
	nlit, ndist, nclen := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nlit > 286 || ndist > 30 {
		return errDamaged
	}
	var pre [19]uint8
	for i := range nclen {
		if d.nb < 3 {
			d.refill()
		}
		pre[precodeOrder[i]] = uint8(d.take(3))
	}
	var table [1 << precodeBits]uint32
	if !build(table[:], precodeBits, pre[:], precodeSymbols[:], false) {
		return errDamaged
	}
	var lengths [maxLit + maxDist]uint8
	for i := 0; i < nlit+ndist; {
		if d.ip > d.end+8 {
			return io.ErrUnexpectedEOF
		}
		d.refill()
		e := table[d.hold&(1<<precodeBits-1)]
		if e&markOdd != 0 {
			return errDamaged
		}
		d.take(uint(e & 63))
		sym := e >> 16
		if sym < 16 {
			lengths[i] = uint8(sym)
			i++
			continue
		}
		var last uint8
		var n int
		switch sym {
		case 16:
			if i == 0 {
				return errDamaged
			}
			last, n = lengths[i-1], 3+int(d.take(2))
		case 17:
			n = 3 + int(d.take(3))
		default:
			n = 11 + int(d.take(7))
		}
		if i+n > nlit+ndist {
			return errDamaged
		}
		for range n {
			lengths[i] = last
			i++
		}
	}
	if lengths[256] == 0 { // such a block cannot end
		return errDamaged
	}
	if !build(d.own.lit[:], litBits, lengths[:nlit], litSymbols[:], false) ||
		!build(d.own.dist[:], distBits, lengths[nlit:nlit+ndist], distSymbols[:], true) {
		return errDamaged
	}
	if d.end-d.ip >= pairFrom {
		pair(d.own.lit[:])
	}
	return nil
}
