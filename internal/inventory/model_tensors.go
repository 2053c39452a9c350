package inventory

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// lookSafetensors reads the header, which says where each tensor lies. The format
// has no way to run code.
//
// Format: github.com/huggingface/safetensors, README.
func lookSafetensors(l *look) error {
	b, err := l.exactly(0, 8)
	if err != nil {
		return err
	}
	size := binary.LittleEndian.Uint64(b)
	if size > tensorMaxHeader {
		return fmt.Errorf("a header of %d bytes: %w", size, landwaiter.ErrTooLarge)
	}
	b, err = l.exactly(8, int64(size))
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b, &header); err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	types := map[string]int{}
	var values, end uint64
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		var t struct {
			Type    string   `json:"dtype"`
			Shape   []uint64 `json:"shape"`
			Offsets []uint64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &t); err != nil || len(t.Offsets) != 2 {
			return errors.New("a tensor without its place")
		}
		n := uint64(1)
		for _, d := range t.Shape {
			if d > 0 && n > math.MaxInt64/d {
				return errors.New("a tensor of impossible shape")
			}
			n *= d
		}
		if values > math.MaxInt64-n {
			return errors.New("tensors of impossible shape")
		}
		values += n
		end = max(end, t.Offsets[1])
		types[short(t.Type, 12)]++
	}
	l.say("%d tensors, %d parameters, %s", len(header)-len(keysOf(header, "__metadata__")), values, strings.Join(slices.Sorted(maps.Keys(types)), ", "))
	if want := 8 + int64(size) + int64(min(end, math.MaxInt64/2)); want != l.size {
		l.say("it is %d bytes and its header speaks of %d", l.size, want)
		l.shut(max(l.size-want, -1), "safetensors: bytes that its header does not speak of")
		return nil
	}
	l.say(holdsData)
	return nil
}

func keysOf(m map[string]json.RawMessage, name string) []string {
	if _, ok := m[name]; ok {
		return []string{name}
	}
	return nil
}

// ggufSizes are the bytes of GGUF's plain types.
var ggufSizes = map[uint32]int64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// lookGGUF reads the names and values before the tensors.
//
// Format: github.com/ggml-org/ggml, docs/gguf.md.
func lookGGUF(l *look) error {
	r := &order{r: l, size: l.size, ByteOrder: binary.LittleEndian}
	r.at = 4
	version := r.u32()
	if version&0xffff == 0 { // the other byte order
		r.ByteOrder = binary.BigEndian
		version >>= 24
	}
	if version < 2 {
		return fmt.Errorf("version %d: %w", version, landwaiter.ErrUnsupported)
	}
	tensors, pairs := r.u64(), r.u64()
	l.say("version %d, %d tensors", version, tensors)
	if pairs > ggufMaxPairs {
		return fmt.Errorf("%d named values: %w", pairs, landwaiter.ErrTooLarge)
	}
	said := map[string]string{}
	template := false
	for range pairs {
		key := r.text()
		kind := r.u32()
		switch {
		case r.err != nil:
			return fmt.Errorf("its named values: %w", r.err)
		case key == "tokenizer.chat_template" || strings.HasPrefix(key, "tokenizer.chat_template."):
			template = true
		case key == "general.name" && kind == 8, key == "general.architecture" && kind == 8:
			said[key] = short(r.text(), natureName)
			continue
		case key == "general.file_type" && kind == 4:
			said[key] = fmt.Sprint(r.u32())
			continue
		}
		r.ggufSkip(kind, 0)
	}
	if r.err != nil {
		return fmt.Errorf("its named values: %w", r.err)
	}
	if s := said["general.architecture"]; s != "" {
		l.say("architecture %s", s)
	}
	if s := said["general.name"]; s != "" {
		l.say("named %q", s)
	}
	if s := said["general.file_type"]; s != "" {
		l.say("file type %s", s)
	}
	if template {
		l.runsCode(isUnknown)
		l.say("brings a chat template, a Jinja text that some readers run as a program")
		return nil
	}
	l.say(holdsData)
	return nil
}

// ggufSkip passes over a value.
func (o *order) ggufSkip(kind uint32, depth int) {
	switch size, plain := ggufSizes[kind]; {
	case plain:
		o.skip(size)
	case kind == 8:
		o.skip(int64(min(o.u64(), math.MaxInt64)))
	case kind == 9 && depth < 4:
		of, n := o.u32(), o.u64()
		if size, plain := ggufSizes[of]; plain {
			if n > uint64(o.size) {
				o.fail(io.ErrUnexpectedEOF)
				return
			}
			o.skip(int64(n) * size)
			return
		}
		for i := uint64(0); i < n && o.err == nil; i++ {
			o.ggufSkip(of, depth+1)
		}
	default:
		o.fail(fmt.Errorf("a value of type %d", kind))
	}
}

// order reads numbers and texts one after the other. After the first failure
// everything is zero.
type order struct {
	binary.ByteOrder
	r    io.ReaderAt
	size int64
	at   int64
	err  error
	buf  []byte // read ahead, from base on
	base int64
}

func (o *order) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

func (o *order) skip(n int64) {
	if n < 0 || n > o.size-o.at {
		o.fail(io.ErrUnexpectedEOF)
		return
	}
	o.at += n
}

// bytes returns the next n bytes, valid until the next call.
func (o *order) bytes(n int64) []byte {
	if o.err != nil || n < 0 || n > o.size-o.at {
		o.fail(io.ErrUnexpectedEOF)
		return make([]byte, min(max(n, 0), 8))
	}
	if o.at < o.base || o.at+n > o.base+int64(len(o.buf)) {
		const ahead = 8 << 10
		want := max(n, min(ahead, o.size-o.at))
		if int64(cap(o.buf)) < want {
			o.buf = make([]byte, want)
		}
		o.buf, o.base = o.buf[:want], o.at
		got, err := o.r.ReadAt(o.buf, o.at)
		if int64(got) < n {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			o.fail(err)
			o.buf = o.buf[:0]
			return make([]byte, min(n, 8))
		}
		o.buf = o.buf[:got]
	}
	b := o.buf[o.at-o.base:][:n]
	o.at += n
	return b
}

func (o *order) u8() uint8   { return o.bytes(1)[0] }
func (o *order) u16() uint16 { return o.Uint16(o.bytes(2)) }
func (o *order) u32() uint32 { return o.Uint32(o.bytes(4)) }
func (o *order) u64() uint64 { return o.Uint64(o.bytes(8)) }

// text reads a text with its size before it, of at most tensorMaxText bytes.
func (o *order) text() string {
	n := o.u64()
	if o.err == nil && n > tensorMaxText {
		o.fail(fmt.Errorf("a name of %d bytes: %w", n, landwaiter.ErrTooLarge))
	}
	if o.err != nil {
		return ""
	}
	return string(o.bytes(int64(n)))
}

// lookHDF5 says which version of HDF5 wrote the file, and whether Keras would run
// functions from it. Names of groups may be about people: none is shown.
//
// Format: HDF5 File Format Specification; Keras, legacy/saving.
func lookHDF5(l *look) error {
	h, err := l.exactly(0, 9)
	if err != nil {
		return err
	}
	l.say("superblock %d", h[8])
	keras := l.search("model_config", "keras_version", `"class_name": "Lambda"`, `"class_name":"Lambda"`, "__lambda__")
	if keras[0] || keras[1] {
		l.nature.Format, l.kind = "Keras model (HDF5)", landwaiter.FileModel
		if keras[2] || keras[3] || keras[4] {
			l.runsCode(isCode)
			l.say("%sfunctions that are kept in the model (Lambda layers)", wouldRun)
			return nil
		}
		l.say("no Lambda layer was seen")
	}
	if l.size > 2*natureEnds {
		l.runsCode(isUnknown)
		return errHole
	}
	return nil
}

// search says which texts stand in what was kept of the file.
func (l *look) search(texts ...string) []bool {
	found := make([]bool, len(texts))
	const overlap = 64
	b := make([]byte, 256<<10)
	for off := int64(0); off < l.size; {
		n, err := l.ReadAt(b, off)
		for i, s := range texts {
			found[i] = found[i] || bytes.Contains(b[:n], []byte(s))
		}
		switch {
		case errors.Is(err, errHole) && off < l.size-natureEnds:
			off = l.size - natureEnds
		case err != nil || n <= overlap:
			return found
		default:
			off += int64(n - overlap)
		}
	}
	return found
}
