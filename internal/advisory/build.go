// Package advisory turns sources of advisories into one immutable file, and
// answers from it what is known about a package.
//
// [Build] makes the file, [Open] opens it, [File.Match] asks it, [Fetch] collects
// sources from a server of osv.dev's layout. Why the file looks as it does:
// docs/adr/0003-one-immutable-advisory-file.md.
package advisory

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
)

// BuildOptions are what Build needs beside its sources.
type BuildOptions struct {
	// Now is when the file is built. It is required: a data date after it counts
	// as unknown.
	Now time.Time
}

// meta is the section of that name.
type meta struct {
	Built   time.Time `json:"built"`
	Records int       `json:"records"`
	Sources []source  `json:"sources"`
	// Packages counts the packages that have any record, by ecosystem with its
	// release.
	Packages map[string]int `json:"packages"`
	EOL      []EOL          `json:"eol"`
}

// source is a Source and what only this package needs.
type source struct {
	landwaiter.Source
	// Clears is true where silence of the source about a package means that it
	// knows of no weakness; Why says why not.
	Clears bool   `json:"clears"`
	Why    string `json:"why,omitempty"`
	// Dates are data dates by ecosystem with its release, where the manifest gives
	// more than one. Date is then the oldest.
	Dates map[string]time.Time `json:"dates,omitempty"`
	Notes []string             `json:"notes,omitempty"`
}

// Build reads sources and writes the advisory file. from names folders and single
// files: zips of OSV records in osv.dev's layout, folders of such records, CISA's
// list of exploited weaknesses, FIRST's EPSS, CISA's vectors, tables of releases.
// A manifest beside them gives origin, licence and data date.
//
// The same sources and the same Now give the same bytes. The file appears under
// its name only when it is whole. Build fails on a source that is damaged, that a
// manifest's SHA-256 does not fit, or that is of no known kind: less data would
// look like fewer weaknesses.
func Build(ctx context.Context, from []string, output string, opt BuildOptions) (_ []landwaiter.Source, err error) {
	if opt.Now.IsZero() {
		return nil, fmt.Errorf("building %s: the time of building is not given: %w", output, landwaiter.ErrInvalid)
	}
	inputs, err := find(from)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(output), ".advisories-*")
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", output, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b, err := newBuilder(dir, opt.Now.UTC())
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", output, err)
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for i := range formats {
		for _, in := range inputs {
			if in.format != &formats[i] {
				continue
			}
			if err := b.source(ctx, in); err != nil {
				return nil, fmt.Errorf("source %s: %w", in.path, err)
			}
		}
	}
	if err := b.write(output); err != nil {
		return nil, fmt.Errorf("building %s: %w", output, err)
	}
	return publicSources(b.meta.Sources), nil
}

// block is one compressed block of details.
type block struct{ offset, length, unpacked uint64 }

// builder holds the file while it grows.
type builder struct {
	dir     string
	now     time.Time
	meta    meta
	keys    *spill
	ids     *spill
	parts   map[string]*sectionFile
	cards   []uint64 // where each card begins
	blocks  []block
	pending []byte // details not yet compressed
	zip     *zstd.Encoder
	scores  []score
	codes   map[string]string // "bookworm" to "Debian:12"
}

func newBuilder(dir string, now time.Time) (*builder, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	b := &builder{
		dir: dir, now: now, zip: enc, parts: map[string]*sectionFile{}, codes: map[string]string{},
		keys: newSpill(dir, "keys"), ids: newSpill(dir, "ids"), meta: meta{Built: now, Packages: map[string]int{}},
	}
	for _, name := range sectionNames {
		p, err := newSection(dir, name)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		b.parts[name] = p
	}
	return b, nil
}

func (b *builder) close() error {
	errs := []error{b.keys.close(), b.ids.close(), b.zip.Close()}
	for _, name := range sectionNames {
		if p := b.parts[name]; p != nil {
			errs = append(errs, p.f.Close())
		}
	}
	return errors.Join(errs...)
}

// record adds one compiled record of the source with the given number.
func (b *builder) record(sourceNumber int, c *compiled) error {
	number := len(b.cards)
	if len(b.pending) > 0 && len(b.pending)+len(c.raw) > detailBlock {
		if err := b.flushDetails(); err != nil {
			return err
		}
	}
	c.card.source = sourceNumber
	c.card.block, c.card.offset, c.card.length = uint64(len(b.blocks)), uint64(len(b.pending)), uint64(len(c.raw))
	b.pending = append(b.pending, c.raw...)
	b.cards = append(b.cards, b.parts[secCards].n)
	if _, err := b.parts[secCards].Write(c.card.encode(nil)); err != nil {
		return err
	}
	for _, key := range c.keys() {
		posting := binary.AppendUvarint(nil, uint64(number))
		posting = append(posting, c.postings[key]...)
		if err := b.keys.add(key, append(binary.AppendUvarint(nil, uint64(len(posting))), posting...)); err != nil {
			return err
		}
	}
	value := binary.AppendUvarint(nil, uint64(number))
	seen := map[string]bool{}
	for _, list := range [][]string{{c.card.id}, c.card.aliases, c.card.upstream} {
		for _, id := range list {
			if seen[id] {
				continue
			}
			seen[id] = true
			if err := b.ids.add(id, value); err != nil {
				return err
			}
		}
	}
	b.scores = append(b.scores, c.vectors...)
	return nil
}

func (b *builder) flushDetails() error {
	if len(b.pending) == 0 {
		return nil
	}
	p := b.parts[secDetails]
	packed := b.zip.EncodeAll(b.pending, nil)
	b.blocks = append(b.blocks, block{p.n, uint64(len(packed)), uint64(len(b.pending))})
	b.pending = b.pending[:0]
	_, err := p.Write(packed)
	return err
}

// write finishes all sections and puts the file in its place.
func (b *builder) write(output string) (err error) {
	for _, step := range []func() error{b.flushDetails, b.writeKeys, b.writeIDs, b.writeTables, b.writeMeta} {
		if err := step(); err != nil {
			return err
		}
	}
	parts := make([]*sectionFile, len(sectionNames))
	for i, name := range sectionNames {
		parts[i] = b.parts[name]
	}
	path := filepath.Join(b.dir, "file")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = errors.Join(writeFile(f, parts), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(path, output)
}

func (b *builder) writeKeys() error {
	var x indexBuilder
	p := b.parts[secPostings]
	err := b.keys.merge(func(key []byte, vals [][]byte) error {
		x.add(key, p.n)
		b.meta.Packages[ecosystemOfKey(key)]++
		for _, v := range vals {
			if _, err := p.Write(v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = b.parts[secKeys].Write(x.finish(p.n))
	return err
}

func (b *builder) writeIDs() error {
	var x indexBuilder
	p := b.parts[secNumbers]
	err := b.ids.merge(func(key []byte, vals [][]byte) error {
		x.add(key, p.n)
		for _, v := range vals {
			if _, err := p.Write(v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = b.parts[secIDs].Write(x.finish(p.n))
	return err
}

// writeTables writes the fixed-width tables: scores by CVE, blocks of details, and
// the foot of "cards": where each card begins and how many there are.
func (b *builder) writeTables() error {
	if _, err := b.parts[secCVEs].Write(encodeScores(mergeScores(b.scores))); err != nil {
		return err
	}
	var out []byte
	for _, k := range b.blocks {
		for _, n := range []uint64{k.offset, k.length, k.unpacked} {
			out = binary.LittleEndian.AppendUint64(out, n)
		}
	}
	if _, err := b.parts[secBlocks].Write(out); err != nil {
		return err
	}
	foot := make([]byte, 0, 8*len(b.cards)+12)
	for _, at := range append(b.cards, b.parts[secCards].n) {
		foot = binary.LittleEndian.AppendUint64(foot, at)
	}
	foot = binary.LittleEndian.AppendUint32(foot, uint32(len(b.cards)))
	_, err := b.parts[secCards].Write(foot)
	return err
}

func (b *builder) writeMeta() error {
	b.meta.Records = len(b.cards)
	raw, err := json.Marshal(b.meta)
	if err != nil {
		return err
	}
	_, err = b.parts[secMeta].Write(raw)
	return err
}
