package gunzip

import "encoding/binary"

// starts says of the 13 bits of a block's first fields whether a block of codes of
// its own, and not the last, may begin so.
var starts = func() (ok [1 << 13]bool) {
	for v := range ok {
		ok[v] = v&7 == 4 && v>>3&31 <= 29 && v>>8&31 <= 29
	}
	return ok
}()

// shares adds up, for four lengths of three bits, what their codes take of all that
// there are, in parts of 128.
var shares = func() (sum [1 << 12]uint16) {
	for v := range sum {
		for i := range 4 {
			if l := v >> (3 * i) & 7; l > 0 {
				sum[v] += 128 >> l
			}
		}
	}
	return sum
}()

// candidate is where a block may begin: at bit lo, or at any bit up to hi, as
// nobody can see in which of some zeros a stored block begins.
type candidate struct{ lo, hi int64 }

// find returns the first place from bit on where a block may begin, if there is one
// before the byte limit. Behind limit must stand padding bytes and more.
func find(in []byte, bit int64, limit int) (candidate, bool) {
	for at := int(bit >> 3); at < limit; at++ {
		w := binary.LittleEndian.Uint64(in[at:])
		for r := uint(0); r < 8; r++ {
			if !starts[w>>r&(1<<13-1)] || int64(at)*8+int64(r) < bit {
				continue
			}
			// The lengths begin at the 18th bit.
			n := uint(w>>(r+13)&15) + 4
			l := binary.LittleEndian.Uint64(in[at+2:]) >> 1 >> r
			if r == 7 { // a word has 56 of the 57 bits
				l |= uint64(in[at+10]) << 56
			}
			l &= 1<<(3*n) - 1
			if shares[l&0xfff]+shares[l>>12&0xfff]+shares[l>>24&0xfff]+shares[l>>36&0xfff]+shares[l>>48&0xfff] == 128 {
				p := int64(at)*8 + int64(r)
				return candidate{p, p}, true
			}
		}
		// A stored block whose length begins behind this byte.
		if w>>5&7 != 0 || uint16(w>>8) != ^uint16(w>>24) {
			continue
		}
		if c := storedAt(in, at+1); c.hi >= bit {
			c.lo = max(c.lo, bit)
			return c, true
		}
	}
	return candidate{}, false
}

// storedAt is where a stored block may begin whose length is at byte at.
func storedAt(in []byte, at int) candidate {
	const header, most = 3, 7 // bits
	c := candidate{int64(at)*8 - header, int64(at)*8 - header}
	for range most {
		p := c.lo - 1
		if p < 0 || in[p>>3]>>(p&7)&1 != 0 {
			break
		}
		c.lo = p
	}
	return c
}
