package advisory

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

// File is an opened advisory file. Its methods may be called by several goroutines
// at once; none after Close.
//
// What is checked, and when: Open checks the header against its own SHA-256, that
// every section lies in the file and the file ends where the last one does, and
// the section "meta". Every other section is checked against its SHA-256 when it
// is first used, once. So opening costs microseconds, a damaged file never gives an
// answer, and a reader of one record does not pay for the rest. A file that
// shrinks while it is open is an error too: reads of it are guarded.
type File struct {
	path     string
	b        []byte
	sections map[string]section
	meta     meta

	sum    func() ([sha256.Size]byte, error)
	match  func() (*tables, error)
	ids    func() (index, error)
	detail func() (*details, error)

	close func() error
}

// tables are the sections that matching reads.
type tables struct {
	keys   index
	cards  cards
	scores scores
}

// Open opens a file that Build made. It fails with [landwaiter.ErrInvalid] on one
// that is damaged, cut short, of another format or no advisory file.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("advisory file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("advisory file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, unusable(path, errors.New("it is no file"))
	}
	if info.Size() < int64(headFixed) || int64(int(info.Size())) != info.Size() {
		return nil, unusable(path, fmt.Errorf("it is %d bytes long", info.Size()))
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("advisory file %s: mapping it: %w", path, err)
	}
	file := &File{path: path, b: b, close: sync.OnceValue(func() error { return unix.Munmap(b) })}
	if err := file.guard(file.open); err != nil {
		return nil, errors.Join(err, file.close())
	}
	return file, nil
}

// unusable says what is wrong with a file, and what to do.
func unusable(path string, err error) error {
	return fmt.Errorf("advisory file %s cannot be used: %w; build it again, or copy it again from where it came: %w", path, err, landwaiter.ErrInvalid)
}

// Close releases the file.
func (f *File) Close() error { return f.close() }

func (f *File) open() error {
	sections, err := decodeHeader(f.b[:min(len(f.b), headerSize(maxSections))], int64(len(f.b)))
	if err != nil {
		return err
	}
	f.sections = sections
	raw, err := f.section(secMeta)
	if err != nil {
		return err
	}
	if len(raw) > maxMeta {
		return fmt.Errorf("section %q: %w", secMeta, landwaiter.ErrTooLarge)
	}
	if err := json.Unmarshal(raw, &f.meta); err != nil {
		return fmt.Errorf("section %q: %w", secMeta, err)
	}
	f.sum = sync.OnceValues(func() (sum [sha256.Size]byte, err error) {
		return sha256.Sum256(f.b), nil
	})
	f.match = sync.OnceValues(f.openTables)
	f.ids = sync.OnceValues(func() (index, error) { return f.openIndex(secIDs, secNumbers) })
	f.detail = sync.OnceValues(f.openDetails)
	return nil
}

// section returns a section whose bytes are what the header says.
func (f *File) section(name string) ([]byte, error) {
	s := f.sections[name]
	b := f.b[s.offset : s.offset+s.length]
	if sha256.Sum256(b) != s.sum {
		return nil, fmt.Errorf("section %q is damaged", name)
	}
	return b, nil
}

func (f *File) openIndex(keys, values string) (index, error) {
	k, errK := f.section(keys)
	v, errV := f.section(values)
	if err := errors.Join(errK, errV); err != nil {
		return index{}, err
	}
	x, err := openIndex(k, v)
	if err != nil {
		return index{}, fmt.Errorf("section %q: %w", keys, err)
	}
	return x, nil
}

func (f *File) openTables() (*tables, error) {
	keys, err := f.openIndex(secKeys, secPostings)
	if err != nil {
		return nil, err
	}
	c, errC := f.section(secCards)
	s, errS := f.section(secCVEs)
	if err := errors.Join(errC, errS); err != nil {
		return nil, err
	}
	t := &tables{keys: keys}
	if t.cards, err = openCards(c); err != nil {
		return nil, fmt.Errorf("section %q: %w", secCards, err)
	}
	if t.scores, err = openScores(s); err != nil {
		return nil, fmt.Errorf("section %q: %w", secCVEs, err)
	}
	return t, nil
}

// guard runs do so that a read of a page that is no longer there, and any damage
// that do reports, become an error that names the file and the cure.
func (f *File) guard(do func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, fault := r.(interface{ Addr() uintptr }); !fault {
			panic(r)
		}
		err = unusable(f.path, errors.New("it changed while it was open"))
	}()
	if err := do(); err != nil {
		return unusable(f.path, err)
	}
	return nil
}

// cards is the opened section "cards".
type cards struct {
	n    int
	b    []byte
	foot []byte
}

func openCards(b []byte) (cards, error) {
	if len(b) < 12 {
		return cards{}, errDamaged
	}
	n := int(binary.LittleEndian.Uint32(b[len(b)-4:]))
	size := 8*(n+1) + 4
	if size > len(b) {
		return cards{}, errDamaged
	}
	return cards{n, b[:len(b)-size], b[len(b)-size:]}, nil
}

// card returns the card of a record by its number.
func (c cards) card(number uint64) (card, error) {
	if number >= uint64(c.n) {
		return card{}, errDamaged
	}
	from := binary.LittleEndian.Uint64(c.foot[8*number:])
	to := binary.LittleEndian.Uint64(c.foot[8*number+8:])
	if from > to || to > uint64(len(c.b)) {
		return card{}, errDamaged
	}
	return decodeCard(c.b[from:to])
}

// details is the opened pair of sections "blocks" and "details".
type details struct {
	blocks []byte
	b      []byte
	zip    *zstd.Decoder
}

func (f *File) openDetails() (*details, error) {
	blocks, errB := f.section(secBlocks)
	b, errD := f.section(secDetails)
	if err := errors.Join(errB, errD); err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
	if err != nil {
		return nil, err
	}
	return &details{blocks, b, dec}, nil
}

func (d *details) record(c card) ([]byte, error) {
	if c.block >= uint64(len(d.blocks)/24) {
		return nil, errDamaged
	}
	r := d.blocks[24*c.block:]
	offset, length, unpacked := binary.LittleEndian.Uint64(r), binary.LittleEndian.Uint64(r[8:]), binary.LittleEndian.Uint64(r[16:])
	if offset > uint64(len(d.b)) || length > uint64(len(d.b))-offset || unpacked > maxBlock {
		return nil, errDamaged
	}
	raw, err := d.zip.DecodeAll(d.b[offset:offset+length], make([]byte, 0, unpacked))
	if err != nil {
		return nil, err
	}
	if c.offset > uint64(len(raw)) || c.length > uint64(len(raw))-c.offset {
		return nil, errDamaged
	}
	return bytes.Clone(raw[c.offset : c.offset+c.length]), nil
}

// Record returns a record as its source published it. Where several sources hold
// the ID, it is that of the source whose name sorts first. It fails with
// [landwaiter.ErrNotFound].
func (f *File) Record(id string) ([]byte, error) {
	var out []byte
	err := f.guard(func() error {
		list, err := f.records(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(c card) bool { return c.id == id })
		if i < 0 {
			return nil
		}
		d, err := f.detail()
		if err != nil {
			return err
		}
		out, err = d.record(list[i])
		return err
	})
	if err == nil && out == nil {
		err = fmt.Errorf("record %q: %w", id, landwaiter.ErrNotFound)
	}
	return out, err
}

// Names returns the IDs of all records that carry an identifier, as their own or
// as an alias: for a CVE, every record that answers for it. Withdrawn records are
// among them.
func (f *File) Names(id string) ([]string, error) {
	var out []string
	err := f.guard(func() error {
		list, err := f.records(id)
		for _, c := range list {
			out = append(out, c.id)
		}
		return err
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

// records returns the cards of all records that carry an identifier.
func (f *File) records(id string) ([]card, error) {
	ids, err := f.ids()
	if err != nil {
		return nil, err
	}
	t, err := f.match()
	if err != nil {
		return nil, err
	}
	var out []card
	for r := (cursor{b: ids.find([]byte(id))}); len(r.b) > 0; {
		c, err := t.cards.card(r.number())
		if err != nil || r.bad {
			return nil, errors.Join(err, r.err())
		}
		out = append(out, c)
	}
	return out, nil
}

// Info identifies the file. The SHA-256 is that of the whole file, as sha256sum
// prints it; the first call computes it.
func (f *File) Info() landwaiter.AdvisoryFile {
	info := landwaiter.AdvisoryFile{Built: f.meta.Built, Records: f.meta.Records}
	// A file that shrank has no sum; whatever is read from it next says so.
	_ = f.guard(func() error {
		sum, err := f.sum()
		info.SHA256 = hex.EncodeToString(sum[:])
		return err
	})
	return info
}
