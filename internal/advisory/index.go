package advisory

import (
	"bytes"
	"encoding/binary"
)

// indexBuilder writes an index: the number of keys (4 bytes); for each, where its
// text begins (4), and where what it stands for begins in another section (8);
// one such pair more for the ends; then the texts, sorted.
type indexBuilder struct {
	rows  []byte
	texts []byte
	n     uint32
}

func (b *indexBuilder) add(key []byte, at uint64) {
	b.rows = binary.LittleEndian.AppendUint32(b.rows, uint32(len(b.texts)))
	b.rows = binary.LittleEndian.AppendUint64(b.rows, at)
	b.texts = append(b.texts, key...)
	b.n++
}

// finish returns the index; end is the length of the other section.
func (b *indexBuilder) finish(end uint64) []byte {
	b.rows = binary.LittleEndian.AppendUint32(b.rows, uint32(len(b.texts)))
	b.rows = binary.LittleEndian.AppendUint64(b.rows, end)
	out := binary.LittleEndian.AppendUint32(nil, b.n)
	return append(append(out, b.rows...), b.texts...)
}

const indexRow = 12

// index is an opened index over the section values.
type index struct {
	n      int
	rows   []byte
	texts  []byte
	values []byte
}

func openIndex(b, values []byte) (index, error) {
	if len(b) < 4 {
		return index{}, errDamaged
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n >= (len(b)-4)/indexRow {
		return index{}, errDamaged
	}
	end := 4 + (n+1)*indexRow
	return index{n, b[4:end], b[end:], values}, nil
}

func (x index) key(i int) []byte {
	lo := int64(binary.LittleEndian.Uint32(x.rows[i*indexRow:]))
	hi := int64(binary.LittleEndian.Uint32(x.rows[(i+1)*indexRow:]))
	if lo > hi || hi > int64(len(x.texts)) {
		return nil
	}
	return x.texts[lo:hi]
}

// find returns what stands under a key; nil where the key is not there.
func (x index) find(key []byte) []byte {
	lo, hi := 0, x.n
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if bytes.Compare(x.key(mid), key) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == x.n || !bytes.Equal(x.key(lo), key) {
		return nil
	}
	from := binary.LittleEndian.Uint64(x.rows[lo*indexRow+4:])
	to := binary.LittleEndian.Uint64(x.rows[(lo+1)*indexRow+4:])
	if from > to || to > uint64(len(x.values)) {
		return nil
	}
	return x.values[from:to]
}
