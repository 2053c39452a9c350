package inventory

import (
	"errors"
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// bytecode passes over a compiled function: its code, then its constants.
func (w *rWalk) bytecode(depth int) error {
	if depth > rMaxDepth {
		return fmt.Errorf("code inside code: %w", landwaiter.ErrTooLarge)
	}
	if err := w.item(depth); err != nil {
		return err
	}
	n, err := w.int()
	if err == nil && n < 0 {
		err = errors.New("constants without their number")
	}
	if err != nil {
		return err
	}
	for range n {
		kind, err := w.int()
		if err != nil {
			return err
		}
		switch kind {
		case rBytecode:
			err = w.bytecode(depth + 1)
		case rCall, rList, rBCDef, rBCRef, rAttrCall, rAttrList:
			err = w.language(kind, depth+1)
		default:
			err = w.item(depth + 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// language passes over a call among the constants of compiled code.
func (w *rWalk) language(kind, depth int) error {
	for ; ; depth++ {
		if w.steps++; depth > rMaxDepth || w.steps > rMaxSteps {
			return fmt.Errorf("calls inside calls: %w", landwaiter.ErrTooLarge)
		}
		var err error
		switch kind {
		case rBCRef:
			_, err := w.int()
			return err
		case rBCDef, rCall, rList, rAttrCall, rAttrList:
		default:
			return w.item(depth)
		}
		if kind == rBCDef {
			if _, err = w.int(); err != nil {
				return err
			}
			if kind, err = w.int(); err != nil {
				return err
			}
		}
		if kind == rAttrCall || kind == rAttrList {
			if err := w.item(depth); err != nil {
				return err
			}
		}
		if err := w.item(depth); err != nil { // the tag
			return err
		}
		first, err := w.int()
		if err == nil {
			err = w.language(first, depth+1)
		}
		if err == nil {
			kind, err = w.int()
		}
		if err != nil {
			return err
		}
	}
}
