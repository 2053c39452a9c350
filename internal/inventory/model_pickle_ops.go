package inventory

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// pickleSizes are opcodes with a fixed argument and a value that does not matter.
var pickleSizes = map[byte]int64{'G': 8, 'J': 4}

// step does one opcode but STOP.
func (p *pickle) step(op byte) error {
	switch op {
	case '(':
		p.marks = append(p.marks, len(p.stack))
		return nil
	case 0x80:
		v, err := p.number(1)
		if err == nil && v > 5 {
			err = fmt.Errorf("%w: protocol %d", errPickle, v)
		}
		return err
	case 0x95: // a frame says how much follows; loaders read past it all the same
		return p.skip(8)
	case 'N':
		p.push(none)
	case 0x88:
		p.push(yes)
	case 0x89:
		p.push(no)
	case ']', 0x8f:
		p.push(other)
	case ')':
		p.push(nothing)
	case '}':
		p.push(&symbol{kind: symDict})
	case 'F', 'I', 'L', 'S', 'V', 'P', 'g', 'p', 'c', 'i':
		return p.lineOp(op)
	case 'G', 'J':
		p.push(other)
		return p.skip(pickleSizes[op])
	case 'K', 'M', 0x8a, 0x8b:
		return p.numberOp(op)
	case 'U', 'T', 'X', 0x8c, 0x8d, 'C', 'B', 0x8e, 0x96:
		return p.stringOp(op)
	case 'h', 'j', 'q', 'r', 0x94:
		return p.memoOp(op)
	case '0', '1', '2', 'a', 'e', 's', 'u', 0x90, 'd', 'l', 't', 0x85, 0x86, 0x87, 0x91:
		return p.containerOp(op)
	case 'R', 'b', 'o', 'Q', 0x81, 0x92, 0x93, 0x82, 0x83, 0x84:
		return p.callOp(op)
	case 0x97:
		p.push(other)
		p.blind = "parts of it lie in another file"
	case 0x98:
	default:
		return fmt.Errorf("%w: opcode %#02x", errPickle, op)
	}
	return nil
}

// lineOp does opcodes with arguments in lines.
func (p *pickle) lineOp(op byte) error {
	s, err := p.line()
	if err != nil {
		return err
	}
	switch op {
	case 'F':
		p.push(other)
	case 'I', 'L':
		n, err := strconv.ParseInt(strings.TrimSuffix(s, "L"), 10, 64)
		switch {
		case err != nil && s == "1950a86a20f9469cfc6c":
			n = torchMagic
		case err != nil:
			p.push(other)
			return nil
		}
		p.push(&symbol{kind: symNumber, n: n})
	case 'S', 'V':
		if op == 'S' {
			if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
				s = s[1 : n-1]
			}
		}
		if strings.Contains(s, `\`) {
			// An escape can spell any letter of a name.
			s = unescape(s)
		}
		p.push(&symbol{kind: symText, text: s})
	case 'P':
		p.push(other)
	case 'g', 'p':
		i, err := strconv.ParseUint(s, 10, 63)
		if err != nil {
			return fmt.Errorf("%w: a place of the memo that is no number", errPickle)
		}
		if op == 'g' {
			return p.recall(i)
		}
		p.remember(i, p.top())
	case 'c', 'i':
		name, err := p.line()
		if err != nil {
			return err
		}
		g := p.global(s, name)
		if op == 'i' {
			args, err := p.popMark()
			if err != nil {
				return err
			}
			g = p.made(g, tupleOf(args))
		}
		p.push(g)
	}
	return nil
}

// unescape reads a Python string's escapes; what is odd stays.
func unescape(s string) string {
	if t, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
		return t
	}
	return s
}

func (p *pickle) numberOp(op byte) error {
	size := map[byte]int{'K': 1, 'M': 2, 0x8a: 1, 0x8b: 4}[op]
	n, err := p.number(size)
	if err != nil {
		return err
	}
	if op == 'K' {
		p.push(&numbers[n])
		return nil
	}
	if op == 'M' {
		p.push(&symbol{kind: symNumber, n: int64(n)})
		return nil
	}
	if n > 10 {
		p.push(other)
		return p.skip(int64(n))
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(p.r, b); err != nil {
		return io.ErrUnexpectedEOF
	}
	var v int64
	for i := len(b) - 1; i >= 0; i-- {
		if i < 7 || len(b) <= 8 {
			v = v<<8 | int64(b[i])
		}
	}
	p.push(&symbol{kind: symNumber, n: v})
	return nil
}

// stringOp does strings and bytes. Bytes that are handed to a loader of pickles
// are a pickle.
func (p *pickle) stringOp(op byte) error {
	size := map[byte]int{'U': 1, 'T': 4, 'X': 4, 0x8c: 1, 0x8d: 8, 'C': 1, 'B': 4, 0x8e: 8, 0x96: 8}[op]
	n, err := p.number(size)
	if err != nil {
		return err
	}
	if n > math.MaxInt64/2 {
		return fmt.Errorf("%w: a string of %d bytes", errPickle, n)
	}
	isBytes := op == 'C' || op == 'B' || op == 0x8e || op == 0x96
	if top := p.top(); (isBytes || op == 'U' || op == 'T') && top.kind == symGlobal && loads(top.text, top.name) {
		p.push(other)
		return p.inner(int64(n))
	}
	if isBytes {
		p.push(other)
		return p.skip(int64(n))
	}
	v, err := p.text(n)
	if err != nil {
		return err
	}
	p.push(v)
	return nil
}

// inner reads the pickles in the next n bytes, or up to their STOP where n is
// negative.
func (p *pickle) inner(n int64) error {
	if p.depth >= pickleMaxDepth {
		p.blind = "too many pickles inside each other"
		if n < 0 {
			return fmt.Errorf("%w: too many pickles inside each other", errPickle)
		}
		return p.skip(n)
	}
	q := &pickle{r: p.r, depth: p.depth + 1, ops: p.ops, calls: p.calls}
	var rest *io.LimitedReader
	var err error
	if n < 0 {
		err = q.one()
	} else {
		rest = &io.LimitedReader{R: p.r, N: n}
		q.r = bufio.NewReader(rest)
		if err = q.run(); err != nil {
			p.note("(bytes that are loaded as a pickle and are none that we can read)", isUnknown)
			err = nil
		}
	}
	p.ops, p.called = q.ops, p.called || q.called
	if q.blind != "" {
		p.blind = q.blind
	}
	if rest != nil && err == nil {
		err = p.skip(rest.N)
	}
	return err
}

func (p *pickle) memoOp(op byte) error {
	if op == 0x94 {
		p.remember(p.memos, p.top())
		return nil
	}
	i, err := p.number(map[byte]int{'h': 1, 'q': 1, 'j': 4, 'r': 4}[op])
	if err != nil {
		return err
	}
	if op == 'h' || op == 'j' {
		return p.recall(i)
	}
	p.remember(i, p.top())
	return nil
}

// tupleOf keeps the first values of a tuple: more of them are data.
func tupleOf(list []*symbol) *symbol {
	if len(list) == 0 {
		return nothing
	}
	t := &symbol{kind: symTuple, n: int64(len(list))}
	t.list = light(list[:min(len(list), pickleTuple)])
	return t
}

// light is a copy of list, in which what is heavy is forgotten: only small values
// say how large an array is, and memory is bounded.
func light(list []*symbol) []*symbol {
	out := make([]*symbol, len(list))
	for i, v := range list {
		// A dictionary can hold itself.
		if out[i] = v; v.kind == symDict || v.weigh() > pickleTuple {
			out[i] = other
		}
	}
	return out
}

// weigh counts the symbols that s holds, which no longer change: s is no dictionary.
func (s *symbol) weigh() int {
	if s.weight == 0 {
		n := 1
		for _, v := range s.list {
			n += v.weigh()
		}
		if s.state != nil {
			n += s.state.weigh()
		}
		s.weight = n
	}
	return s.weight
}

// set puts into a dictionary what says how large an array is.
func (s *symbol) set(pairs []*symbol) {
	if s.kind != symDict {
		return
	}
	for ; len(pairs) >= 2 && len(s.list) < 2*pickleTuple; pairs = pairs[2:] {
		switch pairs[0].text {
		case "dtype", "shape", "numpy_array_alignment_bytes":
			s.list = append(s.list, pairs[0], light(pairs[1:2])[0])
		}
	}
}

// get is the value of a name in a dictionary; the last one counts.
func (s *symbol) get(name string) *symbol {
	found := other
	for i := 0; i+1 < len(s.list) && s.kind == symDict; i += 2 {
		if s.list[i].text == name {
			found = s.list[i+1]
		}
	}
	return found
}

func (p *pickle) containerOp(op byte) error {
	var list []*symbol
	var err error
	switch op {
	case '0': // loaders take a mark where nothing is above it
		if n := len(p.marks); n > 0 && p.marks[n-1] == len(p.stack) {
			p.marks = p.marks[:n-1]
			return nil
		}
		_, err = p.pop()
		return err
	case '2':
		p.push(p.top())
		return nil
	case 0x85, 0x86, 0x87, 'a', 's':
		n := map[byte]int{0x85: 1, 0x86: 2, 0x87: 3, 'a': 1, 's': 2}[op]
		for range n {
			if _, err := p.pop(); err != nil {
				return err
			}
		}
		list = p.stack[len(p.stack) : len(p.stack)+n]
	default:
		if list, err = p.popMark(); err != nil {
			return err
		}
	}
	switch op {
	case 't', 0x85, 0x86, 0x87:
		p.push(tupleOf(list))
	case 'l', 0x91:
		p.push(other)
	case 'd':
		d := &symbol{kind: symDict}
		d.set(list)
		p.push(d)
	case 's', 'u':
		p.top().set(list)
	}
	return nil
}

// callOp does the opcodes that import, call and fill.
func (p *pickle) callOp(op byte) error {
	switch op {
	case 'Q':
		_, err := p.pop()
		p.push(other)
		return err
	case 0x82, 0x83, 0x84:
		n, err := p.number(map[byte]int{0x82: 1, 0x83: 2, 0x84: 4}[op])
		p.note(fmt.Sprintf("(registered extension %d)", n), isUnknown)
		p.push(other)
		return err
	case 'o':
		args, err := p.popMark()
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return fmt.Errorf("%w: a call of nothing", errPickle)
		}
		p.push(p.made(args[0], tupleOf(args[1:])))
		return nil
	}
	if op == 0x92 {
		if _, err := p.pop(); err != nil {
			return err
		}
	}
	args, err := p.pop()
	if err != nil {
		return err
	}
	f, err := p.pop()
	if err != nil {
		return err
	}
	switch op {
	case 0x93:
		if f.kind != symText || args.kind != symText {
			p.note("(a name that only running it would show)", isUnknown)
			p.push(&symbol{kind: symOther})
			return nil
		}
		p.push(p.global(f.text, args.text))
	case 'b':
		return p.build(f, args)
	default:
		p.push(p.made(f, args))
	}
	return nil
}

// build fills an object. joblib's arrays follow the state of theirs in the file.
func (p *pickle) build(v, state *symbol) error {
	if v.kind == symObject {
		filled := *v
		filled.state, filled.weight = light([]*symbol{state})[0], 0
		v = &filled
	}
	p.push(v)
	if v.kind == symObject && v.text == "joblib.numpy_pickle" && v.name == "NumpyArrayWrapper" {
		return p.joblibArray(state)
	}
	return nil
}

// joblibArray passes over an array that stands between the opcodes.
func (p *pickle) joblibArray(state *symbol) error {
	size, object := itemSize(state.get("dtype"))
	if object {
		return p.inner(-1)
	}
	shape := state.get("shape")
	if size < 0 || shape.kind != symTuple || int(shape.n) != len(shape.list) {
		return errors.New("an array of joblib's whose size it does not say")
	}
	for _, n := range shape.list {
		if n.kind != symNumber || n.n < 0 || n.n > 0 && size > math.MaxInt64/4/n.n {
			return errors.New("an array of joblib's of an odd shape")
		}
		size *= n.n
	}
	if state.get("numpy_array_alignment_bytes").kind == symNumber {
		n, err := p.number(1)
		if err != nil {
			return err
		}
		size += int64(n)
	}
	return p.skip(size)
}

// itemSize is the bytes of one item of NumPy's type v, -1 where that is not said.
func itemSize(v *symbol) (size int64, object bool) {
	if v.kind != symObject || v.name != "dtype" || len(v.list) == 0 || v.list[0].kind != symText {
		return -1, false
	}
	if s := v.state; s != nil && s.kind == symTuple && len(s.list) > 5 && s.list[5].kind == symNumber && s.list[5].n > 0 && s.list[5].n < math.MaxInt32 {
		return s.list[5].n, false
	}
	code := strings.TrimLeft(v.list[0].text, "<>|=")
	if code == "" {
		return -1, false
	}
	if code[0] == 'O' {
		return 8, true
	}
	n, err := strconv.ParseInt(code[1:], 10, 32)
	if err != nil || n < 0 {
		return -1, false
	}
	if code[0] == 'U' {
		n *= 4
	}
	return n, false
}
