package inventory

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// pickleWidths are the bytes of the number that follows an opcode: a value, a
// place, or a size.
var pickleWidths = [256]uint8{
	'G': 8, 'J': 4, 'K': 1, 'M': 2, 0x8a: 1, 0x8b: 4,
	'U': 1, 'T': 4, 'X': 4, 0x8c: 1, 0x8d: 8, 'C': 1, 'B': 4, 0x8e: 8, 0x96: 8,
	'h': 1, 'q': 1, 'j': 4, 'r': 4, 0x82: 1, 0x83: 2, 0x84: 4,
}

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
		return p.skip(int64(pickleWidths[op]))
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
	n, err := p.number(pickleWidths[op])
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
	n, err := p.number(pickleWidths[op])
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

func (p *pickle) memoOp(op byte) error {
	if op == 0x94 {
		p.remember(p.memos, p.top())
		return nil
	}
	i, err := p.number(pickleWidths[op])
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
		n := 1
		switch op {
		case 0x86, 's':
			n = 2
		case 0x87:
			n = 3
		}
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
		n, err := p.number(pickleWidths[op])
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
