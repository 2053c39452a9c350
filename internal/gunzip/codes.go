package gunzip

import (
	"encoding/binary"
	"io"
)

// codes decodes symbols until the block ends, or input or output do.
func (d *inflater) codes() (status, error) {
	decode := d.decodeBytes
	if d.marked {
		decode = d.decodeMarked
	}
	// Before careIn every bit that one round looks at is there.
	careIn := min(d.soft+8, d.end-padding)
	for {
		more, err := decode(careIn)
		switch {
		case err != nil:
			return 0, err
		case !more:
			return statusBlock, nil
		case d.op >= d.limit:
			return statusOutput, nil
		case d.soft < d.end && d.ip >= d.soft+8:
			return statusInput, nil
		}
		more, err = d.careful()
		if err != nil {
			return 0, err
		}
		if !more {
			return statusBlock, nil
		}
	}
}

// careful decodes one entry of the tables, where the input may end inside it.
func (d *inflater) careful() (more bool, err error) {
	if d.ip > d.end+8 {
		return true, io.ErrUnexpectedEOF
	}
	d.refill()
	e := d.codesOf.lit[d.hold&(1<<litBits-1)]
	if e&markLink != 0 {
		e = d.codesOf.lit[(uint64(e>>16)+d.hold>>litBits&(1<<(e&63)-1))&(litRoom-1)]
	}
	if e&markTwo != 0 { // of two, only the first may be there
		e = e&^(markTwo|63) | e>>8&15
	}
	n := int(e>>16) + int(d.hold&(1<<(e&63)-1)>>(e>>8&15))
	d.take(uint(e & 63))
	if e&(markLiteral|markOdd) != 0 {
		switch {
		case d.short():
			return true, io.ErrUnexpectedEOF
		case e&markEnd != 0:
			return false, nil
		case e&markOdd != 0:
			return true, errDamaged
		}
		d.emit(byte(e >> 16))
		return true, nil
	}
	e = d.codesOf.dist[d.hold&(1<<distBits-1)]
	if e&markLink != 0 {
		e = d.codesOf.dist[(uint64(e>>16)+d.hold>>distBits&(1<<(e&63)-1))&(distRoom-1)]
	}
	far := int(e>>16) + int(d.hold&(1<<(e&63)-1)>>(e>>8&15))
	d.take(uint(e & 63))
	if d.marked {
		n, far = 2*n, 2*far
	}
	switch {
	case d.short():
		return true, io.ErrUnexpectedEOF
	case e&markOdd != 0 || far > d.op-d.base:
		return true, errDamaged
	}
	for range n {
		d.out[d.op] = d.out[d.op-far]
		d.op++
	}
	return true, nil
}

func (d *inflater) emit(c byte) {
	d.out[d.op] = c
	d.op++
	if d.marked {
		d.out[d.op] = 0
		d.op++
	}
}

// decodeBytes decodes symbols while all that one round may need is there. more is
// false where the block ended.
func (d *inflater) decodeBytes(careIn int) (more bool, err error) {
	in, out := d.in, d.out
	lit, dist := &d.codesOf.lit, &d.codesOf.dist
	ip, op, hold, nb := d.ip, d.op, d.hold, d.nb
	limit, base := d.limit, d.base
	more = true
	for ip < careIn && op < limit {
		hold |= binary.LittleEndian.Uint64(in[ip:]) << (nb & 63)
		ip += int(63-nb) >> 3
		nb |= 56
		e := lit[hold&(1<<litBits-1)]
		if e&markLiteral != 0 {
			binary.LittleEndian.PutUint16(out[op:], uint16(e>>16))
			op += 1 + int(e>>7&1)
			hold >>= e & 63
			nb -= uint(e & 63)
			e = lit[hold&(1<<litBits-1)]
			if e&markLiteral != 0 {
				binary.LittleEndian.PutUint16(out[op:], uint16(e>>16))
				op += 1 + int(e>>7&1)
				hold >>= e & 63
				nb -= uint(e & 63)
				e = lit[hold&(1<<litBits-1)]
				if e&markLiteral != 0 {
					binary.LittleEndian.PutUint16(out[op:], uint16(e>>16))
					op += 1 + int(e>>7&1)
					hold >>= e & 63
					nb -= uint(e & 63)
					continue
				}
			}
			// A length and a distance need 48 bits.
			hold |= binary.LittleEndian.Uint64(in[ip:]) << (nb & 63)
			ip += int(63-nb) >> 3
			nb |= 56
		}
		if e&markOdd != 0 {
			if e&markLink != 0 {
				e = lit[(uint64(e>>16)+hold>>litBits&(1<<(e&63)-1))&(litRoom-1)]
			}
			if e&(markLiteral|markOdd) != 0 {
				hold >>= e & 63
				nb -= uint(e & 63)
				if e&markLiteral != 0 {
					out[op] = byte(e >> 16)
					op++
					continue
				}
				if more = false; e&markEnd == 0 {
					err = errDamaged
				}
				break
			}
		}
		n := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&15))
		hold >>= e & 63
		nb -= uint(e & 63)
		e = dist[hold&(1<<distBits-1)]
		if e&markLink != 0 {
			e = dist[(uint64(e>>16)+hold>>distBits&(1<<(e&63)-1))&(distRoom-1)]
		}
		far := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&15))
		hold >>= e & 63
		nb -= uint(e & 63)
		if e&markOdd != 0 || far > op-base {
			err = errDamaged
			break
		}
		src, dst := out[op-far:], out[op:]
		op += n
		if far < 8 {
			repeat(dst, src, far, n)
			continue
		}
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:]))
		}
	}
	d.ip, d.op, d.hold, d.nb = ip, op, hold, nb
	return more, err
}

// decodeMarked decodes symbols while all that one round may need is there. more is
// false where the block ended.
func (d *inflater) decodeMarked(careIn int) (more bool, err error) {
	in, out := d.in, d.out
	lit, dist := &d.codesOf.lit, &d.codesOf.dist
	ip, op, hold, nb := d.ip, d.op, d.hold, d.nb
	limit, base := d.limit, d.base
	more = true
	for ip < careIn && op < limit {
		hold |= binary.LittleEndian.Uint64(in[ip:]) << (nb & 63)
		ip += int(63-nb) >> 3
		nb |= 56
		e := lit[hold&(1<<litBits-1)]
		if e&markLiteral != 0 {
			binary.LittleEndian.PutUint32(out[op:], e>>16&0xff|e>>24<<16)
			op += 2 + int(e>>6&2)
			hold >>= e & 63
			nb -= uint(e & 63)
			e = lit[hold&(1<<litBits-1)]
			if e&markLiteral != 0 {
				binary.LittleEndian.PutUint32(out[op:], e>>16&0xff|e>>24<<16)
				op += 2 + int(e>>6&2)
				hold >>= e & 63
				nb -= uint(e & 63)
				e = lit[hold&(1<<litBits-1)]
				if e&markLiteral != 0 {
					binary.LittleEndian.PutUint32(out[op:], e>>16&0xff|e>>24<<16)
					op += 2 + int(e>>6&2)
					hold >>= e & 63
					nb -= uint(e & 63)
					continue
				}
			}
			// A length and a distance need 48 bits.
			hold |= binary.LittleEndian.Uint64(in[ip:]) << (nb & 63)
			ip += int(63-nb) >> 3
			nb |= 56
		}
		if e&markOdd != 0 {
			if e&markLink != 0 {
				e = lit[(uint64(e>>16)+hold>>litBits&(1<<(e&63)-1))&(litRoom-1)]
			}
			if e&(markLiteral|markOdd) != 0 {
				hold >>= e & 63
				nb -= uint(e & 63)
				if e&markLiteral != 0 {
					binary.LittleEndian.PutUint16(out[op:], uint16(e>>16))
					op += 2
					continue
				}
				if more = false; e&markEnd == 0 {
					err = errDamaged
				}
				break
			}
		}
		n := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&15))
		hold >>= e & 63
		nb -= uint(e & 63)
		e = dist[hold&(1<<distBits-1)]
		if e&markLink != 0 {
			e = dist[(uint64(e>>16)+hold>>distBits&(1<<(e&63)-1))&(distRoom-1)]
		}
		far := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&15))
		hold >>= e & 63
		nb -= uint(e & 63)
		n, far = 2*n, 2*far
		if e&markOdd != 0 || far > op-base {
			err = errDamaged
			break
		}
		src, dst := out[op-far:], out[op:]
		op += n
		if far < 8 {
			repeat(dst, src, far, n)
			continue
		}
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:]))
		}
	}
	d.ip, d.op, d.hold, d.nb = ip, op, hold, nb
	return more, err
}

// repeat copies n bytes that repeat the last far, fewer than a word.
func repeat(dst, src []byte, far, n int) {
	if far == 1 {
		v := uint64(src[0]) * 0x0101010101010101
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(dst[i:], v)
		}
		return
	}
	for i := range n {
		dst[i] = src[i]
	}
}
