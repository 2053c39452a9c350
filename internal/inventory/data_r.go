package inventory

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// The types of R's values that say something here.
//
// Format: "R Internals", Serialization Formats; R, src/main/serialize.c.
const (
	rSymbol, rList, rClosure, rEnvironment, rPromise, rCall = 1, 2, 3, 4, 5, 6
	rSpecial, rBuiltin, rChar, rLogical, rInteger, rReal    = 7, 8, 9, 10, 13, 14
	rComplex, rString, rDots, rVector, rExpression          = 15, 16, 17, 19, 20
	rBytecode, rPointer, rWeak, rRaw, rS4                   = 21, 22, 23, 24, 25
	rAltrep, rAttrList, rAttrCall                           = 238, 239, 240
	rBCRef, rBCDef                                          = 243, 244
	rPersist, rPackage, rNamespace, rRef                    = 247, 248, 249, 255
)

// rWalk walks serialised R values, without making them.
type rWalk struct {
	r     *bufio.Reader
	ascii bool
	order binary.ByteOrder
	seen  [256]int64
	steps int64
}

// lookR says what kinds of values an R data file holds. R keeps functions and
// promises in data, and runs a promise as soon as somebody looks at it
// (CVE-2024-27322).
func lookR(l *look) error {
	w := &rWalk{r: bufio.NewReaderSize(l.in, 64<<10), order: binary.BigEndian}
	head, err := w.r.Peek(5)
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(head), "RD") {
		l.nature.Format = "R data (RDA)"
		_, _ = w.r.Discard(5) // they were just seen
	}
	version, writer, err := w.header()
	if err != nil {
		return err
	}
	l.say("version %d, written by R %d.%d.%d", version, writer>>16&0xff, writer>>8&0xff, writer&0xff)
	err = w.item(0)
	functions := w.seen[rClosure] + w.seen[rBytecode]
	switch {
	case w.seen[rPromise] > 0:
		l.runsCode(isCode)
		l.say("%spromises, as soon as its content is looked at", wouldRun)
	case err != nil:
		l.runsCode(isUnknown)
		return fmt.Errorf("values that cannot be followed to their end: %w", err)
	case functions > 0:
		l.runsCode(isUnknown)
		l.say("holds functions")
	case w.seen[rPointer]+w.seen[rWeak]+w.seen[rPersist] > 0:
		l.runsCode(isUnknown)
		l.say("holds pointers, which only the program that wrote them knows")
	case w.seen[rCall]+w.seen[rExpression] > 0:
		l.say("holds data and formulas or calls that are not run by opening it")
	default:
		l.say(holdsData)
	}
	return err
}

func (w *rWalk) header() (version, writer int, err error) {
	kind := make([]byte, 2)
	if _, err := io.ReadFull(w.r, kind); err != nil {
		return 0, 0, err
	}
	switch string(kind) {
	case "X\n":
	case "B\n":
		w.order = binary.LittleEndian
	case "A\n":
		w.ascii = true
	default:
		return 0, 0, errors.New("no serialised value of R's")
	}
	version, err = w.int()
	if err == nil && version != 2 && version != 3 {
		err = fmt.Errorf("version %d: %w", version, landwaiter.ErrUnsupported)
	}
	if err != nil {
		return 0, 0, err
	}
	if writer, err = w.int(); err != nil {
		return 0, 0, err
	}
	if _, err = w.int(); err == nil && version == 3 {
		err = w.text()
	}
	return version, writer, err
}

// int reads a number; NA is the lowest.
func (w *rWalk) int() (int, error) {
	if w.ascii {
		s, err := w.word()
		if err != nil || s == "NA" {
			return -1 << 31, err
		}
		return strconv.Atoi(s)
	}
	var b [4]byte
	if _, err := io.ReadFull(w.r, b[:]); err != nil {
		return 0, io.ErrUnexpectedEOF
	}
	return int(int32(w.order.Uint32(b[:]))), nil
}

// word reads the next line that is not empty, of the form that is text.
func (w *rWalk) word() (string, error) {
	for {
		b, err := w.r.ReadSlice('\n')
		if err != nil {
			return "", io.ErrUnexpectedEOF
		}
		if s := strings.TrimSpace(string(b)); s != "" {
			return s, nil
		}
	}
}

// text passes over a text with its size before it.
func (w *rWalk) text() error {
	n, err := w.int()
	if err != nil || n <= 0 {
		return err
	}
	if w.ascii {
		for { // escaped, so that it is one line of any length
			if _, err := w.r.ReadSlice('\n'); err == nil {
				return nil
			} else if !errors.Is(err, bufio.ErrBufferFull) {
				return io.ErrUnexpectedEOF
			}
		}
	}
	return w.skip(int64(n))
}

func (w *rWalk) skip(n int64) error {
	for n > 0 {
		k, err := w.r.Discard(int(min(n, 1<<30)))
		if n -= int64(k); err != nil {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// length reads a vector's length, which may be longer than a number.
func (w *rWalk) length() (int64, error) {
	n, err := w.int()
	if err != nil || n >= 0 {
		return int64(n), err
	}
	if n != -1 {
		return 0, errors.New("a length below zero")
	}
	high, err := w.int()
	low, err2 := w.int()
	return int64(high)<<32 | int64(uint32(low)), errors.Join(err, err2)
}

// values passes over numbers of size bytes each.
func (w *rWalk) values(size int64) error {
	n, err := w.length()
	if err == nil && (n < 0 || n > 1<<48) {
		err = errors.New("a vector without its length")
	}
	if err != nil {
		return err
	}
	if !w.ascii {
		return w.skip(n * size)
	}
	if size == 16 {
		n *= 2
	}
	for range n {
		if _, err := w.word(); err != nil {
			return err
		}
	}
	return nil
}

// item passes over one value and all in it.
func (w *rWalk) item(depth int) error {
	for {
		flags, err := w.int()
		if err != nil {
			return err
		}
		again, err := w.value(flags, depth)
		if err != nil || !again {
			return err
		}
	}
}

// value passes over a value with these flags. again: a list goes on with the
// value that comes next.
func (w *rWalk) value(flags, depth int) (again bool, err error) {
	kind, attributes, tagged := flags&0xff, flags&(1<<9) != 0, flags&(1<<10) != 0
	w.seen[kind]++
	if w.steps++; depth > rMaxDepth || w.steps > rMaxSteps {
		return false, fmt.Errorf("values inside values: %w", landwaiter.ErrTooLarge)
	}
	switch kind {
	case rList, rCall, rClosure, rPromise, rDots:
		for _, there := range []bool{attributes, tagged} {
			if there {
				if err := w.item(depth + 1); err != nil {
					return false, err
				}
			}
		}
		return true, w.item(depth + 1)
	case rAttrList, rAttrCall:
		return false, errors.New("a value that only stands in compiled code")
	case rEnvironment:
		if _, err := w.int(); err != nil { // locked
			return false, err
		}
		return false, w.items(4, depth)
	case rAltrep:
		return false, w.items(3, depth)
	}
	if err := w.plain(kind, flags, depth); err != nil {
		return false, err
	}
	if attributes && kind != rChar && kind != rSymbol && kind < 200 {
		return true, nil // the attributes are one more value
	}
	if attributes && kind == rChar {
		return true, nil
	}
	return false, nil
}

func (w *rWalk) items(n int64, depth int) error {
	for range n {
		if err := w.item(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// plain passes over a value that is no list, without its attributes.
func (w *rWalk) plain(kind, flags, depth int) error {
	switch kind {
	case rSymbol:
		return w.item(depth + 1)
	case rChar:
		return w.text()
	case rSpecial, rBuiltin:
		return w.text()
	case rLogical, rInteger:
		return w.values(4)
	case rReal:
		return w.values(8)
	case rComplex:
		return w.values(16)
	case rRaw:
		return w.values(1)
	case rString, rVector, rExpression:
		n, err := w.length()
		if err == nil && n < 0 {
			err = errors.New("a list without its length")
		}
		if err != nil {
			return err
		}
		return w.items(n, depth)
	case rPointer:
		return w.items(2, depth)
	case rWeak, rS4:
		return nil
	case rBytecode:
		if _, err := w.int(); err != nil {
			return err
		}
		return w.bytecode(depth + 1)
	case rPersist, rPackage, rNamespace:
		if _, err := w.int(); err != nil {
			return err
		}
		n, err := w.int()
		if err == nil && n < 0 {
			err = errors.New("a name without its length")
		}
		if err != nil {
			return err
		}
		return w.items(int64(n), depth)
	case rRef:
		if flags>>8 == 0 {
			_, err := w.int()
			return err
		}
		return nil
	case 241, 242, 250, 251, 252, 253, 254: // empty, missing, the base: nothing follows
		return nil
	}
	return fmt.Errorf("a value of type %d", kind)
}

// Caps on R values.
const (
	rMaxDepth = 1000
	rMaxSteps = 1 << 30
)
