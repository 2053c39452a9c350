package gunzip

// The tables that decode symbols. An entry says all about one symbol, so that a
// look-up and two shifts decode it:
//
//	bits 0–5   bits to consume: the code, and what follows it
//	bits 8–11  bits of the code alone
//	bits 16–30 base of a length or a distance; of literals, the first in bits 16–23
//	           and the second in bits 24–31
//	           of a link, where in the table its part begins
//
// The rest are marks.
const (
	markLiteral = 1 << 6  // one literal, or two with markTwo
	markTwo     = 1 << 7  // codes so short that two fit are decoded at once
	markOdd     = 1 << 15 // end of block, link, or a code that nobody may use
	markEnd     = 1 << 12
	markLink    = 1 << 13 // bits 0–5 are the bits of the part's index

	litBits, distBits = 11, 8
	litRoom, distRoom = 1 << 12, 1 << 10 // sizes of tables; powers of two, so that masks bound an index
	maxCode           = 15
	maxLit, maxDist   = 288, 32
)

const bad = markOdd | 1 // consumes a bit, so that a loop over it ends

// symbols are entries without their code: what decoding yields.
var litSymbols, distSymbols = func() (lit [maxLit]uint32, dist [maxDist]uint32) {
	for i := range 256 {
		lit[i] = markLiteral | uint32(i)<<16
	}
	lit[256] = markOdd | markEnd
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(0)
		if i >= 265 {
			extra = uint32(i-261) / 4
		}
		lit[i] = base<<16 | extra
		base += 1 << extra
	}
	lit[285] = 258 << 16
	lit[286], lit[287] = markOdd, markOdd
	base = 1
	for i := range 30 {
		extra := uint32(0)
		if i >= 4 {
			extra = uint32(i-2) / 2
		}
		dist[i] = base<<16 | extra
		base += 1 << extra
	}
	dist[30], dist[31] = markOdd, markOdd
	return lit, dist
}()

// build fills table with the codes that lengths describe, indexed by the next root
// bits of input. It reports whether lengths describe a code at all: neither more
// codes than there are, nor fewer, but for a lone code of one bit and, where empty
// is true, for none.
//
// Format: RFC 1951, 3.2.2.
func build(table []uint32, root uint, lengths []uint8, symbols []uint32, empty bool) bool {
	var count [maxCode + 1]int
	for _, l := range lengths {
		count[l]++
	}
	count[0] = 0
	left, used := 1, 0
	longest := uint(0)
	for l := 1; l <= maxCode; l++ {
		left = left<<1 - count[l]
		if left < 0 {
			return false
		}
		used += count[l]
		if count[l] > 0 {
			longest = uint(l)
		}
	}
	if left > 0 && (used > 1 || used == 1 && count[1] != 1 || used == 0 && !empty) {
		return false
	}
	if left > 0 { // holes: whoever steps into one finds damage
		for i := range table[:1<<root] {
			table[i] = bad
		}
		if used == 0 {
			return true
		}
	}
	// Symbols in the order of their codes.
	var at [maxCode + 2]int
	for l := 1; l <= maxCode; l++ {
		at[l+1] = at[l] + count[l]
	}
	var sorted [maxLit]uint16
	for s, l := range lengths {
		if l != 0 {
			sorted[at[l]] = uint16(s)
			at[l]++
		}
	}
	next := uint(1 << root) // where the next part begins
	code, i := uint(0), 0   // code with its first bit lowest
	part, partBits := uint(0), uint(0)
	link := ^uint(0)
	for l := uint(1); l <= longest; l++ {
		for n := count[l]; n > 0; n-- {
			e := symbols[sorted[i]]
			e += uint32(l) + uint32(l)<<8 // symbols hold the extra bits in 0–5
			i++
			if l <= root {
				for j := code; j < 1<<root; j += 1 << l {
					table[j] = e
				}
			} else {
				low := code & (1<<root - 1)
				if low != link {
					// A part as large as the longest code that may stand in it.
					link, part, partBits = low, next, l-root
					for room := int(1) << partBits; ; partBits++ {
						room -= countUpTo(&count, n, l, partBits+root, room)
						if room <= 0 || partBits+root >= longest {
							break
						}
						room <<= 1
					}
					next += 1 << partBits
					if next > uint(len(table)) {
						return false
					}
					table[low] = markOdd | markLink | uint32(partBits) | uint32(part)<<16
				}
				for j := code >> root; j < 1<<partBits; j += 1 << (l - root) {
					table[part+j] = e
				}
			}
			code = following(code, l)
		}
	}
	return true
}

// countUpTo says how many of the codes of length l with n left, or of a longer
// length to, take room in a part.
func countUpTo(count *[maxCode + 1]int, n int, l, to uint, room int) int {
	if to == l {
		return min(n, room)
	}
	return count[to]
}

// following is the code of l bits behind code, first bit lowest.
func following(code, l uint) uint {
	high := uint(1) << (l - 1)
	for code&high != 0 {
		code ^= high
		high >>= 1
	}
	return code | high
}

// pair joins literals whose codes fit into one look-up together. It goes down, as
// what is behind a code stands further up, where nothing is joined yet.
func pair(table []uint32) {
	table = table[:1<<litBits]
	for i := len(table) - 1; i >= 0; i-- {
		e := table[i]
		if e&(markLiteral|markOdd) != markLiteral {
			continue
		}
		l := e & 63
		f := table[i>>l]
		if f&(markLiteral|markTwo|markOdd) == markLiteral && l+f&63 <= litBits {
			table[i] = (e+f&63)&0x00ffffff | markTwo | f>>16<<24
		}
	}
}
