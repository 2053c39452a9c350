package gunzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const trailerSize = 8

func trailer(b []byte) (sum, size uint32) {
	return binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
}

func checksum(sum uint32, b []byte) uint32 { return crc32.Update(sum, crc32.IEEETable, b) }

// add counts bytes of the member.
func (z *Reader) add(b []byte) {
	if z.raw {
		return
	}
	z.sum = checksum(z.sum, b)
	z.size += uint32(len(b))
}

// endMember checks what was counted.
func (z *Reader) endMember(sum, size uint32) error {
	if z.sum != sum || z.size != size {
		return fmt.Errorf("gzip: %w", ErrChecksum)
	}
	z.sum, z.size = 0, 0
	return nil
}

// trailer reads the end of a member and the start of the next. It returns io.EOF
// where there is none.
func (z *Reader) trailer() error {
	if z.raw {
		return io.EOF
	}
	at := (z.d.position() + 7) >> 3
	z.d.seek(at * 8)
	if !z.seg.last && at >= int64(z.seg.own) {
		if z.hop(); z.err != nil {
			return z.err
		}
		at = z.d.position() >> 3
	}
	if at+trailerSize > int64(z.seg.end) {
		return z.damage(io.ErrUnexpectedEOF)
	}
	z.add(z.cur.buf[z.counted:z.d.op])
	z.counted, z.d.base = z.d.op, z.d.op
	if err := z.endMember(trailer(z.seg.buf[at:])); err != nil {
		return err
	}
	at += trailerSize
	if z.seg.last && at == int64(z.seg.end) {
		if z.seg.err != nil {
			return z.seg.err
		}
		return io.EOF
	}
	if err := z.header(int(at)); err != nil {
		return z.damage(err)
	}
	return nil
}

// header reads the start of a member.
func (z *Reader) header(at int) error {
	n, err := parseHeader(z.seg.buf[at:z.seg.end])
	if errors.Is(err, errPart) {
		if err = io.ErrUnexpectedEOF; !z.seg.last {
			err = fmt.Errorf("its header is longer than %d bytes: %w", z.segs.more, errHeader)
		}
	}
	if err != nil {
		return err
	}
	z.d.seek(int64(at+n) * 8)
	z.d.state, z.d.final = stateHeader, false
	return nil
}
