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
