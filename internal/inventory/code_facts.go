package inventory

import (
	"encoding/binary"
	"io"
	"maps"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// inData: the records of a layer are in what is decoded.
const inData = -1

// savedLayer is what is kept of a layer from run to run.
type savedLayer struct {
	unpacked int64 // bytes of tar
	*layerFacts
}

// encode writes a layer's facts: its records as bytes, the rest, and how long the
// records are. The same facts give the same bytes.
func (s *savedLayer) encode(w io.Writer) error {
	size, err := s.records.WriteBinary(w)
	if err != nil {
		return err
	}
	c := newWriter(w)
	c.saved(s)
	if err := c.end(); err != nil {
		return err
	}
	_, err = w.Write(binary.LittleEndian.AppendUint64(nil, uint64(size))) //nolint:gosec // a length
	return err
}

// decodeLayer reads what encode wrote, all of data. Anything else fails, or is what a
// layer could have said: whatever points at something points at what is there.
// records is the number of records of the layer, where they are not in data.
func decodeLayer(data []byte, records int) (*savedLayer, error) {
	const tail = 8 // bytes of the length
	if len(data) < tail {
		return nil, errCode
	}
	data, end := data[:len(data)-tail], data[len(data)-tail:]
	size := binary.LittleEndian.Uint64(end)
	if size > uint64(len(data)) {
		return nil, errCode
	}
	all, err := image.DecodeRecords(data[:size])
	if err != nil {
		return nil, err
	}
	s := &savedLayer{layerFacts: &layerFacts{records: *all}}
	c := newReader(string(data[size:]))
	c.saved(s)
	if err := c.end(); err != nil {
		return nil, err
	}
	if records == inData {
		records = all.Len()
		if len(s.notes) != records {
			return nil, errCode
		}
	}
	if s.unpacked < 0 || !s.sound(records) {
		return nil, errCode
	}
	return s, nil
}

// sound reports whether all that the facts point at is there.
func (l *layerFacts) sound(records int) bool {
	in := func(i int32) bool { return i >= 0 && int(i) < records }
	for _, n := range l.notes {
		if int(n.kind) >= len(kinds) || n.flags&^flagsSaid != 0 {
			return false
		}
	}
	for i := range l.sums {
		if r := l.sums[i].record; !in(r) || i > 0 && r <= l.sums[i-1].record {
			return false
		}
	}
	for i := range l.facts {
		f := &l.facts[i]
		if !in(f.record) || f.row < 0 || f.row >= len(ecosystems) || !f.claims.sound() {
			return false
		}
		for j := range f.packages {
			if len(f.packages[j].pkg.Evidence) == 0 {
				return false
			}
		}
	}
	if !allIn(l.systems, func(f *systemFact) int32 { return f.record }, in) ||
		!allIn(l.shut, func(f *shutGap) int32 { return f.record }, in) ||
		!allIn(l.watched.Marks, func(m *Mark) int32 { return m.Record }, in) ||
		!allIn(l.gains, func(g *gain) int32 { return g.record }, in) ||
		!allIn(l.starts, func(s *start) int32 { return s.record }, in) {
		return false
	}
	for i := range l.natures {
		if !in(i) {
			return false
		}
	}
	return !slices.ContainsFunc(l.large, func(i int32) bool { return !in(i) })
}

// allIn reports whether the record of each is one that is there.
func allIn[T any](list []T, record func(*T) int32, in func(int32) bool) bool {
	for i := range list {
		if !in(record(&list[i])) {
			return false
		}
	}
	return true
}

func (c *coder) saved(x *savedLayer) {
	integer(c, &x.unpacked)
	c.layer(x.layerFacts)
}

// layer codes all but the records.
func (c *coder) layer(x *layerFacts) {
	list(c, &x.notes, (*coder).noted)
	list(c, &x.sums, (*coder).weakSums)
	list(c, &x.facts, (*coder).fileFacts)
	list(c, &x.systems, (*coder).systemFact)
	list(c, &x.gaps, (*coder).gap)
	list(c, &x.large, integer[int32])
	c.natures(&x.natures)
	list(c, &x.shut, (*coder).shutGap)
	list(c, &x.watched.Marks, (*coder).mark)
	list(c, &x.watched.Looked, (*coder).looked)
	list(c, &x.gains, (*coder).gain)
	list(c, &x.starts, (*coder).start)
}

func (c *coder) gain(x *gain) {
	integer(c, &x.record)
	integer(c, &x.uid)
	integer(c, &x.gid)
	word(c, &x.caps)
}

func (c *coder) start(x *start) {
	integer(c, &x.record)
	c.wordList(&x.steps)
	c.wordList(&x.calls)
	c.bool(&x.cut)
}

func (c *coder) noted(x *noted) {
	integer(c, &x.kind)
	integer(c, &x.flags)
}

func (c *coder) weakSums(x *weakSums) {
	integer(c, &x.record)
	c.bytes(x.md5[:])
	c.bytes(x.sha1[:])
}

func (c *coder) fileFacts(x *fileFacts) {
	integer(c, &x.record)
	integer(c, &x.row)
	plainText(c, &x.path)
	c.facts(&x.facts)
}

func (c *coder) facts(x *facts) {
	list(c, &x.packages, (*coder).packageFact)
	c.claims(&x.claims)
	list(c, &x.gaps, (*coder).gap)
	list(c, &x.later, (*coder).amendment)
	list(c, &x.confirms, (*coder).confirmation)
}

func (c *coder) packageFact(x *packageFact) {
	c.wordList(&x.keys)
	c.pkg(&x.pkg)
	plainText(c, &x.lies)
	c.wordList(&x.provides)
	word(c, &x.waits)
}

func (c *coder) wordList(x *[]string) { list(c, x, word[string]) }

// claims are bytes already.
func (c *coder) claims(x *claims) {
	c.wordList(&x.keys)
	c.blob(&x.text)
	integer(c, &x.n)
	integer(c, &x.trees)
	plainText(c, &x.last)
}

func (c *coder) amendment(x *amendment) {
	word(c, &x.key)
	word(c, &x.origin)
	word(c, &x.licence)
	c.bool(&x.requested)
	c.wordList(&x.requires)
	c.wordList(&x.mapped)
}

func (c *coder) confirmation(x *confirmation) {
	word(c, &x.waiting)
	word(c, &x.key)
	c.gap(&x.otherwise)
}

func (c *coder) gap(x *landwaiter.Gap) {
	plainText(c, &x.Path)
	integer(c, &x.Layer)
	integer(c, &x.Bytes)
	c.bool(&x.Unread)
	c.bool(&x.Code)
	word(c, &x.Reason)
}

func (c *coder) shutGap(x *shutGap) {
	integer(c, &x.record)
	c.gap(&x.gap)
}

func (c *coder) mark(x *Mark) {
	integer(c, &x.Record)
	plainText(c, &x.Inside)
	word(c, &x.What)
	integer(c, &x.Line)
	integer(c, &x.Count)
	word(c, &x.Note)
}

func (c *coder) looked(x *Looked) {
	word(c, &x.Check)
	word(c, &x.By)
	word(c, &x.Why)
	integer(c, &x.Files)
	integer(c, &x.Bytes)
}

func (c *coder) systemFact(x *systemFact) {
	integer(c, &x.record)
	plainText(c, &x.sys.ID)
	plainText(c, &x.sys.VersionID)
	plainText(c, &x.sys.Codename)
	plainText(c, &x.sys.Name)
	plainText(c, &x.sys.Like)
	plainText(c, &x.sys.Path)
}

func (c *coder) pkg(x *landwaiter.Package) {
	plainText(c, &x.ID)
	word(c, &x.Ecosystem)
	word(c, &x.Name)
	word(c, &x.Version)
	word(c, &x.Arch)
	word(c, &x.SourceName)
	word(c, &x.SourceVersion)
	plainText(c, &x.PURL)
	word(c, &x.Licence)
	word(c, &x.Vendor)
	word(c, &x.Modularity)
	word(c, &x.Origin)
	c.wordList(&x.Mapped)
	c.wordList(&x.Requires)
	c.wordList(&x.DependsOn)
	c.wordList(&x.Missing)
	c.bool(&x.Requested)
	integer(c, &x.Layer)
	list(c, &x.Evidence, (*coder).evidence)
	word(c, &x.OwnedBy)
	word(c, &x.PartOf)
	c.bool(&x.Declared)
	integer(c, &x.Owns.Files)
	integer(c, &x.Owns.Bytes)
	for _, n := range []*landwaiter.Count{&x.Holds.All, &x.Holds.Code} {
		integer(c, &n.Files)
		integer(c, &n.Bytes)
	}
	word(c, &x.Known.State)
	c.wordList(&x.Known.Sources)
	word(c, &x.Known.Reason)
}

func (c *coder) evidence(x *landwaiter.Evidence) {
	plainText(c, &x.Path)
	integer(c, &x.Layer)
	word(c, &x.Method)
}

func (c *coder) nature(x *landwaiter.Nature) {
	word(c, &x.Format)
	word(c, &x.Detail)
	plainText(c, &x.Soname)
	plainText(c, &x.BuildID)
	c.wordList(&x.Links)
	word(c, &x.Interpreter)
	c.wordList(&x.Calls)
	word(c, &x.RunsCode)
	c.wordList(&x.Fetches)
	c.wordList(&x.Fields)
	integer(c, &x.Rows)
	integer(c, &x.Members)
	integer(c, &x.Programs)
	plainText(c, &x.SameAs)
}

// natures are said once each: many records share one.
func (c *coder) natures(x *map[int32]*landwaiter.Nature) {
	records := slices.Sorted(maps.Keys(*x))
	var each []*landwaiter.Nature
	which := make([]uint64, len(records))
	number := map[*landwaiter.Nature]uint64{}
	for i, r := range records {
		n := (*x)[r]
		if _, ok := number[n]; !ok {
			number[n] = uint64(len(each))
			each = append(each, n)
		}
		which[i] = number[n]
	}
	some := *x != nil
	c.bool(&some)
	list(c, &each, func(c *coder, n **landwaiter.Nature) {
		if *n == nil {
			*n = &landwaiter.Nature{}
		}
		c.nature(*n)
	})
	list(c, &records, integer[int32])
	list(c, &which, (*coder).uvarint)
	if c.w != nil {
		return
	}
	if *x = nil; !some {
		return
	}
	*x = make(map[int32]*landwaiter.Nature, len(records))
	if c.bad = c.bad || len(which) != len(records); c.bad {
		return
	}
	for i, r := range records {
		if which[i] >= uint64(len(each)) {
			c.bad = true
			return
		}
		(*x)[r] = each[which[i]]
	}
}
