package inventory

import (
	"errors"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestTOMLCaps hands over texts that would make much of little.
func TestTOMLCaps(t *testing.T) {
	for name, text := range map[string]string{
		"large":    strings.Repeat("#", tomlMaxBytes+1),
		"brackets": "a = " + strings.Repeat("[", tomlMaxDepth+1),
		"braces":   "a = " + strings.Repeat("{a=", tomlMaxDepth+1),
		"dots":     strings.Repeat("a.", tomlMaxDots+1) + "a = 1",
	} {
		var v map[string]any
		err := readTOML(newFile(t, name, []byte(text)), &v)
		if _, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || !errors.Is(err, landwaiter.ErrTooLarge) {
			t.Errorf("%s: %v, want damage that is too large", name, err)
		}
	}
	var v map[string]any
	text := strings.Repeat("a = [\"[[[[\", 1.5]\n[b.c]\n", 1) + strings.Repeat("# ....\n", 100)
	if err := readTOML(newFile(t, "fine", []byte(text)), &v); err != nil || v["b"] == nil {
		t.Errorf("a plain text: %v, %v", v, err)
	}
}

// TestTOMLPlace: the place of damage is its line.
func TestTOMLPlace(t *testing.T) {
	err := readTOML(newFile(t, "x", []byte("a = 1\nb = \n")), &struct{}{})
	damage, ok := errors.AsType[*landwaiter.SyntaxError](err)
	if !ok || damage.Line != 2 || damage.Path != "x" {
		t.Errorf("%v, want damage in line 2", err)
	}
}
