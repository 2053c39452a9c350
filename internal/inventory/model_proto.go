package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// proto walks the fields of one message of Protocol Buffers.
//
// Format: protobuf.dev, "Encoding".
type proto struct {
	o   *order
	end int64
	// field is the current field's number, size the bytes of its content where it
	// is text or a message; value is a number's.
	field int64
	wire  byte
	size  int64
	value uint64
	next  int64
}

func newProto(l *look) *proto {
	return &proto{o: &order{r: l, size: l.size, ByteOrder: binary.LittleEndian}, end: l.size}
}

// inner walks the message in the current field.
func (p *proto) inner() *proto {
	return &proto{o: p.o, end: p.o.at + p.size, next: p.o.at}
}

func (p *proto) varint() uint64 {
	var v uint64
	for shift := 0; shift < 70; shift += 7 {
		b := p.o.u8()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	p.o.fail(errors.New("a number without end"))
	return 0
}

// more moves to the next field.
func (p *proto) more() bool {
	if p.o.err != nil || p.next >= p.end {
		return false
	}
	p.o.at = p.next
	key := p.varint()
	p.field, p.wire = int64(key>>3), byte(key&7)
	p.size, p.value = 0, 0
	switch p.wire {
	case 0:
		p.value = p.varint()
	case 1:
		p.size = 8
	case 2:
		n := p.varint()
		if n > uint64(p.end) {
			p.o.fail(io.ErrUnexpectedEOF)
			return false
		}
		p.size = int64(n)
	case 5:
		p.size = 4
	default:
		p.o.fail(fmt.Errorf("a field of type %d", p.wire))
	}
	if p.field == 0 {
		p.o.fail(errors.New("a field without a number"))
	}
	if p.next = p.o.at + p.size; p.next > p.end {
		p.o.fail(io.ErrUnexpectedEOF)
	}
	return p.o.err == nil
}

// text is the current field's content.
func (p *proto) text() string {
	if p.wire != 2 || p.size > tensorMaxText {
		return ""
	}
	return string(p.o.bytes(p.size))
}

// onnxDomains are those whose operators ONNX itself, or its runtime, defines.
var onnxDomains = []string{"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "com.ms.internal.nhwc"}

// lookONNX reads who wrote a model and which sets of operators it asks for. An
// operator of a domain of its own is native code that must be loaded with it.
//
// Format: github.com/onnx/onnx, onnx.proto.
func lookONNX(l *look) error {
	p := newProto(l)
	var producer string
	var version, nodes, weights uint64
	domains := map[string]bool{}
	external := false
	for p.more() {
		switch {
		case p.field == 1 && p.wire == 0:
			version = p.value
		case p.field == 2:
			producer = p.text()
		case p.field == 7 && p.wire == 2:
			for g := p.inner(); g.more(); {
				switch g.field {
				case 1:
					nodes++
				case 5:
					weights++
					external = onnxExternal(g.inner()) || external
				}
			}
		case p.field == 8 && p.wire == 2:
			domains[onnxDomain(p.inner())] = true
		}
	}
	if version == 0 || version > 1000 {
		if text(l.head) && !errors.Is(p.o.err, errHole) {
			l.kind = landwaiter.FileText
			return errNotIt
		}
		l.nature.Format = unknownModel
		l.runsCode(isUnknown)
		return errors.New("no message of ONNX")
	}
	l.say("IR version %d, %d nodes, %d weights", version, nodes, weights)
	if producer = short(producer, natureName); producer != "" {
		l.say("written by %q", producer)
	}
	var own []string
	for _, d := range slices.Sorted(maps.Keys(domains)) {
		if !slices.Contains(onnxDomains, d) {
			own = append(own, short(d, natureName))
		}
	}
	if external {
		l.say("its weights lie in another file")
	}
	if p.o.err != nil {
		l.runsCode(isUnknown)
		return p.o.err
	}
	if len(own) > 0 {
		l.nature.Calls = own[:min(len(own), natureCalls)]
		l.runsCode(isUnknown)
		l.say("%soperators of %s, which are native code from elsewhere", mayRun, some(own))
		return nil
	}
	l.say(holdsData)
	return nil
}

// onnxDomain is the domain of a set of operators.
func onnxDomain(s *proto) (domain string) {
	for s.more() {
		if s.field == 1 {
			domain = s.text()
		}
	}
	return domain
}

func onnxExternal(t *proto) bool {
	for t.more() {
		if t.field == 14 && t.wire == 0 && t.value == 1 {
			return true
		}
	}
	return false
}

// lookSavedModel searches a TensorFlow graph for operators that reach outside of
// it. Graphs are programs: the others are only not known to.
func lookSavedModel(l *look) error {
	p := newProto(l)
	fields := 0
	for p.more() {
		fields++
	}
	if p.o.err != nil || fields == 0 {
		l.nature.Format = unknownModel
		l.runsCode(isUnknown)
		return errors.New("no message of TensorFlow")
	}
	ops := []string{"PyFunc", "EagerPyFunc", "PyFuncStateless", "ReadFile", "WriteFile", "MergeV2Checkpoints", "LoadLibrary"}
	var found []string
	for i, ok := range l.search(ops...) {
		if ok {
			found = append(found, ops[i])
		}
	}
	if l.size > limitio.MaxInMemory {
		l.runsCode(isUnknown)
		return errHole
	}
	if len(found) > 0 {
		l.nature.Calls = found
		l.runsCode(isCode)
		l.say("%s%s", wouldRun, strings.Join(found, ", "))
		return nil
	}
	l.runsCode(isUnknown)
	l.say("a graph of TensorFlow, which is a program; no operator that calls Python or writes files was seen")
	return nil
}

// lookTFLite says whether the graph has operators of its own.
func lookTFLite(l *look) error {
	if found := l.search("FlexPyFunc", "FlexEagerPyFunc"); found[0] || found[1] {
		l.runsCode(isCode)
		l.say("%sFlexPyFunc", wouldRun)
		return nil
	}
	if l.size > limitio.MaxInMemory {
		return errHole
	}
	l.say("no operator that calls Python was seen")
	return nil
}
