package inventory

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// TestKeeperFindsSigns: a program too large for memory is searched for the signs
// of every row that wants it, wherever the pieces in which it arrives are cut.
func TestKeeperFindsSigns(t *testing.T) {
	const long, short = "a longer sign", "sign2"
	for _, c := range []struct {
		text string
		want bool
	}{
		{strings.Repeat("-", 100) + short, true},
		{strings.Repeat("-", 41) + long + strings.Repeat("-", 41), true},
		{short + strings.Repeat("-", 100), true},
		{strings.Repeat("-", 50) + "a longer sig" + strings.Repeat("-n", 20), false},
		{strings.Repeat("sign", 20), false},
	} {
		for piece := 1; piece <= len(c.text); piece++ {
			k := keeper{search: true, size: limitio.MaxInMemory, max: limitio.MaxWanted, signs: []string{long, short}}
			for rest := []byte(c.text); len(rest) > 0; {
				n := min(piece, len(rest))
				if _, err := k.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if !k.dropped || k.seen != c.want {
				t.Errorf("%q in pieces of %d: dropped %v, seen %v, want %v", c.text, piece, k.dropped, k.seen, c.want)
			}
		}
	}
}

// TestWantedKeepsEverySign: rows that want the same program do not hide each
// other's signs.
func TestWantedKeepsEverySign(t *testing.T) {
	s := newScanner(compile([]ecosystem{
		{name: "one", want: want{programs: true, signs: []string{"1a", "1b"}}},
		{name: "two", want: want{programs: true, signs: []string{"2"}}},
	}), &Stats{})
	w := s.wanted([]string{"usr/bin/program"}, true, 10)
	if got := strings.Join(w.keep.signs, " "); !w.keep.search || got != "1a 1b 2" {
		t.Errorf("search %v for %q", w.keep.search, got)
	}
}

// TestLargePrograms: of the real table's rows, a program too large for memory is
// only searched, and nothing of it goes to disk, unless it is called after a
// product whose version can be found in it.
func TestLargePrograms(t *testing.T) {
	s := newScanner(compile(ecosystems), &Stats{})
	for name, search := range map[string]bool{
		"opt/venv/lib/python3.11/site-packages/torch/lib/libtorch_cuda.so": true, "usr/local/bin/tool": true, "usr/local/bin/node": false,
	} {
		w := s.wanted([]string{name}, true, 3*limitio.MaxWanted)
		if w == nil || w.keep.search != search {
			t.Errorf("%s: wanted %+v, want search %v", name, w, search)
		}
	}
	if w := s.wanted([]string{"usr/local/bin/tool"}, true, limitio.MaxInMemory); w == nil || w.keep.search {
		t.Error("a program that memory holds is read by every row")
	}
}
