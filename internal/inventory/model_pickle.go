package inventory

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// pickle walks a stream of Python's pickles as its loader would, without doing
// what it says: values are symbols, and every callable that is named is kept.
//
// Format: CPython, Lib/pickletools.py, protocols 0 to 5; joblib's
// numpy_pickle.py, which puts arrays between a pickle's opcodes.
type pickle struct {
	r     *bufio.Reader
	depth int // pickles inside pickles
	ops   int64

	stack []*symbol
	marks []int
	memo  []*symbol
	memos uint64 // entries of the memo: where MEMOIZE puts the next
	kept  int    // symbols of the memo that take memory of their own

	calls  map[string]risk
	called bool // something was called
	// blind says why not everything is known.
	blind string
	// raw: the file goes on with numbers that are no pickle, as old torch files do.
	raw   bool
	count int // pickles read to their end
}

// symbol is a value, as far as it matters.
type symbol struct {
	kind symbolKind
	text string // of a string; the module of a global or of what it made
	name string // of a global or of what it made
	n    int64
	list []*symbol // of a tuple; names and values of a dictionary in turn
	// state is what a BUILD gave to an object.
	state *symbol
	// weight counts the symbols below it, itself included.
	weight int
}

type symbolKind uint8

const (
	symOther symbolKind = iota
	symNone
	symBool
	symNumber
	symText
	symTuple
	symDict
	symGlobal
	symObject // what a call of a global made
	symLost   // once known, and forgotten for want of room
)

// Values that need no memory of their own.
var (
	other   = &symbol{kind: symOther}
	none    = &symbol{kind: symNone}
	yes     = &symbol{kind: symBool, n: 1}
	no      = &symbol{kind: symBool}
	lost    = &symbol{kind: symLost}
	nothing = &symbol{kind: symTuple}
	numbers = func() (list [256]symbol) {
		for i := range list {
			list[i] = symbol{kind: symNumber, n: int64(i)}
		}
		return list
	}()
	longText = &symbol{kind: symOther}
)

func newPickle(r io.Reader) *pickle {
	return &pickle{r: bufio.NewReaderSize(r, 64<<10), calls: map[string]risk{}}
}

// errPickle: no loader would read on, or we lost our way.
var errPickle = errors.New("not as pickles are")

// run reads pickles until the stream ends. The error says why it could not.
func (p *pickle) run() error {
	for {
		first, err := p.r.Peek(2)
		switch {
		case len(first) == 0 && err == io.EOF && p.count > 0:
			return nil
		case len(first) == 0:
			return err
		}
		if p.raw && p.count >= 5 {
			return p.skip(math.MaxInt64)
		}
		marked := len(first) == 2 && first[0] == 0x80 && first[1] <= 5
		if p.count > 0 && !marked {
			if p.count >= pickleMaxCount || !p.another() {
				p.blind = "more data behind the pickle"
				return nil
			}
		}
		if err := p.one(); err != nil {
			if p.count > 0 && !p.raw {
				p.blind = "more data behind the pickle"
				return nil
			}
			return err
		}
		p.count++
	}
}

// another reports whether what follows can be a pickle of protocol 0 or 1, which
// have no mark of their own.
func (p *pickle) another() bool {
	b, _ := p.r.Peek(1)
	return len(b) == 1 && strings.IndexByte("(cFIJKLMNSTUVX]})G", b[0]) >= 0
}

// one reads one pickle to its STOP.
func (p *pickle) one() error {
	p.stack, p.marks = p.stack[:0], p.marks[:0]
	clear(p.memo)
	p.memo, p.memos, p.kept = p.memo[:0], 0, 0
	for {
		op, err := p.r.ReadByte()
		if err != nil {
			return io.ErrUnexpectedEOF
		}
		if p.ops++; p.ops > pickleMaxOps {
			return fmt.Errorf("more than %d steps: %w", int64(pickleMaxOps), landwaiter.ErrTooLarge)
		}
		if op == '.' {
			v, err := p.pop()
			if err == nil && v.kind == symNumber && v.n == torchMagic {
				p.raw = true
			}
			return err
		}
		if err := p.step(op); err != nil {
			return err
		}
		if len(p.stack) > pickleMaxStack || len(p.marks) > pickleMaxStack {
			return fmt.Errorf("more than %d values at once: %w", pickleMaxStack, landwaiter.ErrTooLarge)
		}
	}
}

// torchMagic stands for the number with which torch's old files begin; it does not
// fit 64 bits, so that only its lower half is compared.
const torchMagic = 0x6a20f9469cfc6c

// push puts v on the stack. What lies deep in a crowded stack is an item of a huge
// list: data, which is forgotten.
func (p *pickle) push(v *symbol) {
	if len(p.stack) > pickleRich && v.kind > symBool && v.kind < symGlobal {
		v = lost
	}
	p.stack = append(p.stack, v)
}

// pop takes the last value above the last mark.
func (p *pickle) pop() (*symbol, error) {
	n := len(p.stack)
	if n == 0 || len(p.marks) > 0 && n <= p.marks[len(p.marks)-1] {
		return nil, fmt.Errorf("%w: a value is taken where there is none", errPickle)
	}
	v := p.stack[n-1]
	p.stack = p.stack[:n-1]
	return v, nil
}

// popMark takes the values above the last mark, and the mark.
func (p *pickle) popMark() ([]*symbol, error) {
	n := len(p.marks)
	if n == 0 {
		return nil, fmt.Errorf("%w: a mark is taken where there is none", errPickle)
	}
	at := p.marks[n-1]
	list := p.stack[at:]
	p.stack, p.marks = p.stack[:at], p.marks[:n-1]
	return list, nil
}

func (p *pickle) top() *symbol {
	if len(p.stack) == 0 {
		return other
	}
	return p.stack[len(p.stack)-1]
}

func (p *pickle) skip(n int64) error {
	for n > 0 {
		k, err := p.r.Discard(int(min(n, 1<<30)))
		n -= int64(k)
		if err != nil {
			if n > math.MaxInt64/2 { // the rest, however long
				return nil
			}
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// number reads n bytes, the lowest first.
func (p *pickle) number(n uint8) (uint64, error) {
	var v uint64
	for i := range n {
		b, err := p.r.ReadByte()
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		v |= uint64(b) << (8 * i)
	}
	return v, nil
}

// line reads a text up to its line end.
func (p *pickle) line() (string, error) {
	var b []byte
	for {
		part, err := p.r.ReadSlice('\n')
		if len(b) < pickleText {
			b = append(b, part[:min(len(part), pickleText)]...)
		}
		if err == nil {
			return strings.TrimRight(string(b), "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", io.ErrUnexpectedEOF
		}
	}
}

// text reads a string of n bytes; a long one is no name of anything, and neither
// is an item of a huge list.
func (p *pickle) text(n uint64) (*symbol, error) {
	if n > pickleText {
		return longText, p.skip(int64(min(n, math.MaxInt64/2)))
	}
	b, err := p.r.Peek(int(n))
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	v := lost
	if len(p.stack) <= pickleRich {
		v = &symbol{kind: symText, text: string(b)}
	}
	_, err = p.r.Discard(len(b))
	return v, err
}

// remember puts v into the memo.
func (p *pickle) remember(i uint64, v *symbol) {
	if i >= pickleMaxMemo {
		return
	}
	if uint64(len(p.memo)) <= i {
		p.memo = append(p.memo, make([]*symbol, i+1-uint64(len(p.memo)))...)
	}
	if v.kind >= symNumber && v != nothing && v != lost {
		if p.kept++; p.kept > pickleMaxKept {
			v = lost
		}
	}
	if p.memo[i] == nil {
		p.memos++
	}
	p.memo[i] = v
}

func (p *pickle) recall(i uint64) error {
	if i >= pickleMaxMemo {
		p.push(lost)
		return nil
	}
	if i >= uint64(len(p.memo)) || p.memo[i] == nil {
		return fmt.Errorf("%w: it asks for a value that it never kept", errPickle)
	}
	p.push(p.memo[i])
	return nil
}

// global names a callable.
func (p *pickle) global(module, name string) *symbol {
	p.note(module+"."+name, judgeName(module, name))
	return &symbol{kind: symGlobal, text: module, name: name}
}

func (p *pickle) note(name string, v risk) {
	name = short(name, natureName)
	if _, ok := p.calls[name]; !ok && len(p.calls) >= pickleMaxCalls {
		p.blind = fmt.Sprintf("more than %d callables", pickleMaxCalls)
		if v == isCode {
			p.calls["(more that run code)"] = isCode
		}
		return
	}
	p.calls[name] = max(p.calls[name], v)
}

// made is what a call of f with args makes.
func (p *pickle) made(f, args *symbol) *symbol {
	p.called = true
	switch f.kind {
	case symGlobal:
		return &symbol{kind: symObject, text: f.text, name: f.name, list: light(args.list[:min(len(args.list), 1)])}
	case symObject:
		// What a call made is called in turn: nobody can say what that is.
		p.note("(what "+f.text+"."+f.name+" returns)", isUnknown)
	default:
		p.note("(a callable that only running it would show)", isUnknown)
	}
	return other
}
