package inventory

import (
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// caught turns a panic in a parser that is not ours into damage of the file at
// path. Call it deferred.
func caught(path string, err *error) {
	if v := recover(); v != nil {
		*err = &landwaiter.SyntaxError{Path: path, Err: fmt.Errorf("the parser gave up: %v", v)}
	}
}
