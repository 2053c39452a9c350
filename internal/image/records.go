package image

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Records are the records of one layer, in its order. There can be millions: one
// takes ten bytes and its base name, a file some 36 more, and the names of folders
// are held once. The zero value is empty and ready. One goroutine may add to it, or
// any number read it.
type Records struct {
	rows    column[recordRow]
	modes   column[uint16] // mode<<3 and the place of the type in typeNumbers
	names   arena
	folders folders
	files   rank
	sizes   column[uint32]            // of files
	sums    column[[sha256.Size]byte] // of files
	large   map[int32]int64           // sizes that do not fit
	linked  column[linkRow]
	links   arena
	// The folder of the last record, which is that of the next as a rule.
	dir string
	in  int32
}

type recordRow struct {
	folder int32
	name   uint32
}

type linkRow struct {
	record int32
	text   uint32
}

// typeNumbers are the types of entry by their number here. A record of no type is other.
var typeNumbers = [8]Type{TypeOther, TypeFile, TypeFolder, TypeSymlink, TypeHardlink, TypeWhiteout, TypeOpaque, TypeOther}

const sizeIsLarge = math.MaxUint32

// Append adds a record, as number [Records.Len]. Size and SHA256 are kept of files
// alone. It fails with landwaiter.ErrTooLarge where one layer may hold no more.
func (r *Records) Append(rec *Record) error {
	dir, base := split(rec.Path)
	if dir != r.dir {
		in, err := r.folders.intern(dir)
		if err != nil {
			return err
		}
		r.dir, r.in = dir, in
	}
	return r.add(r.in, base, rec)
}

// add adds a record of folder in; of rec its path is not looked at.
func (r *Records) add(in int32, base string, rec *Record) error {
	n := int32(r.Len())
	if n >= limitio.MaxEntries {
		return fmt.Errorf("more than %d entries: %w", limitio.MaxEntries, landwaiter.ErrTooLarge)
	}
	if r.names.full(limitio.MaxNames) || r.links.full(limitio.MaxNames) {
		return fmt.Errorf("names of more than %d bytes: %w", limitio.MaxNames, landwaiter.ErrTooLarge)
	}
	kind := max(slices.Index(typeNumbers[:], rec.Type), 0)
	r.rows.add(recordRow{in, r.names.add(base)})
	r.modes.add(uint16(rec.Mode&0o7777<<3 | uint32(kind)))
	r.files.add(n, rec.Type == TypeFile)
	if rec.Type == TypeFile {
		size := uint32(sizeIsLarge)
		if rec.Size >= 0 && rec.Size < sizeIsLarge {
			size = uint32(rec.Size)
		} else {
			if r.large == nil {
				r.large = map[int32]int64{}
			}
			r.large[n] = rec.Size
		}
		r.sizes.add(size)
		r.sums.add(rec.SHA256)
	}
	if rec.Link != "" {
		r.linked.add(linkRow{n, r.links.add(rec.Link)})
	}
	return nil
}

// Trim gives back the room for more, once all records are there.
func (r *Records) Trim() {
	r.rows.trim()
	r.modes.trim()
	r.names.trim()
	r.sizes.trim()
	r.sums.trim()
	r.linked.trim()
	r.links.trim()
	r.folders.trim()
	r.files.trim()
	r.dir, r.in = "", 0
}

// Len is the number of records.
func (r *Records) Len() int { return r.rows.len() }

// Type is the type of record i.
func (r *Records) Type(i int32) Type { return typeNumbers[*r.modes.at(i)&7] }

// Mode is the mode of record i, as in [Entry].
func (r *Records) Mode(i int32) uint32 { return uint32(*r.modes.at(i) >> 3) }

// Base is the last element of the path of record i: text of the store itself.
func (r *Records) Base(i int32) string {
	next := uint32(arenaEnd)
	if int(i)+1 < r.Len() {
		next = r.rows.at(i + 1).name
	}
	return r.names.text(r.rows.at(i).name, next)
}

// Path is the path of record i, a new string where it lies in a folder.
func (r *Records) Path(i int32) string {
	row := r.rows.at(i)
	if row.folder == 0 {
		return r.Base(i)
	}
	return string(r.AppendPath(nil, i))
}

// AppendPath appends the path of record i to b.
func (r *Records) AppendPath(b []byte, i int32) []byte {
	if in := r.rows.at(i).folder; in != 0 {
		b = append(r.folders.appendPath(b, in), '/')
	}
	return append(b, r.Base(i)...)
}

// Size is the size of record i, 0 where it is no file.
func (r *Records) Size(i int32) int64 {
	if r.Type(i) != TypeFile {
		return 0
	}
	if size := *r.sizes.at(r.files.of(i)); size != sizeIsLarge {
		return int64(size)
	}
	return r.large[i]
}

// SHA256 is the digest of the content of record i, zeros where it is no file or
// could not be read.
func (r *Records) SHA256(i int32) [sha256.Size]byte {
	if r.Type(i) != TypeFile {
		return [sha256.Size]byte{}
	}
	return *r.sums.at(r.files.of(i))
}

// Link is the target of a link, as in [Entry]: text of the store itself.
func (r *Records) Link(i int32) string {
	lo, hi := int32(0), int32(r.linked.len())
	for lo < hi {
		if mid := (lo + hi) / 2; r.linked.at(mid).record < i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if int(lo) == r.linked.len() || r.linked.at(lo).record != i {
		return ""
	}
	next := uint32(arenaEnd)
	if int(lo)+1 < r.linked.len() {
		next = r.linked.at(lo + 1).text
	}
	return r.links.text(r.linked.at(lo).text, next)
}

// At is record i whole.
func (r *Records) At(i int32) Record {
	return Record{Path: r.Path(i), Link: r.Link(i), Size: r.Size(i), SHA256: r.SHA256(i), Mode: r.Mode(i), Type: r.Type(i)}
}

// folders are the folders of a layer's records, each once. Number 0 is the root.
type folders struct {
	rows  column[folderRow] // from number 1
	texts arena
	find  nameTable // empty after trim
}

type folderRow struct {
	parent int32
	name   uint32
}

func (f *folders) parent(n int32) int32 { return f.rows.at(n - 1).parent }

func (f *folders) name(n int32) string {
	next := uint32(arenaEnd)
	if int(n) < f.rows.len() {
		next = f.rows.at(n).name
	}
	return f.texts.text(f.rows.at(n-1).name, next)
}

// intern is the number of the folder at path, which is new where it has none yet.
func (f *folders) intern(path string) (int32, error) {
	if f.find.slots == nil { // the first, or more after a trim
		f.find = newNameTable(f, f.rows.len())
		for n := range f.rows.len() {
			f.find.insert(int32(n) + 1)
		}
	}
	in := int32(0)
	for path != "" {
		var base string
		base, path, _ = strings.Cut(path, "/")
		n := f.find.find(in, base)
		if n == noNode {
			var err error
			if n, err = f.add(in, base); err != nil {
				return 0, err
			}
			f.find.insert(n)
		}
		in = n
	}
	return in, nil
}

func (f *folders) add(parent int32, base string) (int32, error) {
	n := int32(f.rows.len()) + 1
	if n >= limitio.MaxEntries || f.texts.full(limitio.MaxNames) {
		return 0, fmt.Errorf("more than %d folders, or names of more than %d bytes: %w", limitio.MaxEntries, limitio.MaxNames, landwaiter.ErrTooLarge)
	}
	f.rows.add(folderRow{parent, f.texts.add(base)})
	return n, nil
}

func (f *folders) appendPath(b []byte, n int32) []byte {
	if up := f.parent(n); up != 0 {
		b = append(f.appendPath(b, up), '/')
	}
	return append(b, f.name(n)...)
}

func (f *folders) trim() {
	f.rows.trim()
	f.texts.trim()
	f.find = nameTable{}
}

// rank numbers some of the records: one and a half bits for each record.
type rank struct {
	marks  []uint64
	before []int32 // for each of marks, how many are marked before it
	n      int32
}

// add adds record i, the next.
func (k *rank) add(i int32, marked bool) {
	if i%64 == 0 {
		k.marks, k.before = append(k.marks, 0), append(k.before, k.n)
	}
	if marked {
		k.marks[i/64] |= 1 << (i % 64)
		k.n++
	}
}

// of is the number of record i, which is marked.
func (k *rank) of(i int32) int32 {
	return k.before[i/64] + int32(bits.OnesCount64(k.marks[i/64]&(1<<(i%64)-1)))
}

func (k *rank) trim() { k.marks, k.before = slices.Clone(k.marks), slices.Clone(k.before) }
