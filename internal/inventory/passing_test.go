package inventory

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPassingSaysTheSame: what a row says of a program that passes is what it says
// of the whole, wherever the pieces are cut, or it asks for the whole.
func TestPassingSaysTheSame(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(strings.TrimSpace(string(root)), "bin")
	names := []string{self, filepath.Join(bin, "gofmt"), filepath.Join(bin, "go")}
	programs := map[string][]byte{
		"no program": []byte("\x7fELF and nothing else"),
		"rust": []byte("\x7fELF " + strings.Repeat("-", 700) + "rustc version 1.78.0 (9b00956e5 2024-04-29)\x00/library/core/src/ " +
			"/root/.cargo/registry/src/index.crates.io-6f17d22bba15001f/serde-1.0.200/src/lib.rs\x00" + strings.Repeat("=", 700)),
	}
	for _, name := range names {
		if programs[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range programs {
		for i := range ecosystems {
			e := &ecosystems[i]
			if e.want.passing == nil {
				continue
			}
			f := newFile(t, "usr/bin/program", data)
			var want facts
			if err := e.read(f, &want); err != nil {
				t.Fatal(err)
			}
			for _, piece := range []int{len(data), 128 << 10, 4096 + 7, 13} {
				if len(data)/piece > 1<<16 {
					continue
				}
				p := e.want.passing()
				for rest := data; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
					if _, err := p.Write(rest[:min(piece, len(rest))]); err != nil {
						t.Fatal(err)
					}
				}
				var got facts
				if p.done(&file{Path: f.Path, Size: f.Size, ReaderAt: bytes.NewReader(nil)}, &got) {
					if name == self {
						continue // this program holds the texts that it looks for
					}
					t.Errorf("%s, %s in pieces of %d: asks for the whole", e.name, name, piece)
					continue
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(facts{}, claims{}, packageFact{}, claim{}, amendment{}, confirmation{})); diff != "" {
					t.Errorf("%s, %s in pieces of %d (-whole +passing):\n%s", e.name, name, piece, diff)
				}
			}
		}
	}
}

// TestPassingAsksForTheWhole: what cannot be told from what passes is read again.
func TestPassingAsksForTheWhole(t *testing.T) {
	info := goMagic + "\x08\x02" + strings.Repeat("\x00", 16)
	for name, c := range map[string]struct {
		row, text string
		again     bool
	}{
		"Go, old form":         {"go", goMagic + "\x08\x00" + strings.Repeat("\x00", 16), true},
		"Go, no information":   {"go", "--------" + goSign + " ID: \"x\"", true},
		"Go, cut off":          {"go", info + "\x20go1.26", true},
		"Go, twice":            {"go", info + "\x08go1.26.8\x00" + strings.Repeat("-", 6) + info + "\x08go1.26.8\x00", true},
		"Go, unaligned and no": {"go", "-" + info + "\x08go1.26.8\x00", true},
		"Go":                   {"go", info + "\x08go1.26.8\x00", false},
		"Rust, with a list":    {"rust", "..." + rustListed, true},
		"Rust, without":        {"rust", "...", false},
	} {
		i := rowNamed(t, c.row)
		p := ecosystems[i].want.passing()
		for j := range c.text {
			if _, err := p.Write([]byte(c.text[j : j+1])); err != nil {
				t.Fatal(err)
			}
		}
		if again := p.done(&file{Path: "x", ReaderAt: bytes.NewReader(nil)}, new(facts)); again != c.again {
			t.Errorf("%s: again %v, want %v", name, again, c.again)
		}
	}
}

// FuzzPassing: no bytes make a passer panic, and where it does not ask for the whole,
// cutting the pieces elsewhere changes nothing.
func FuzzPassing(f *testing.F) {
	f.Add([]byte(goMagic+"\x08\x02"+strings.Repeat("\x00", 16)+"\x08go1.26.8\x00"), uint8(3))
	f.Add([]byte("rustc version 1.78.0 (9b00956e5 2024-04-29)"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		n := int(piece) + 1
		for i := range ecosystems {
			e := &ecosystems[i]
			if e.want.passing == nil {
				continue
			}
			say := func(n int) (facts, bool) {
				p := e.want.passing()
				for rest := data; len(rest) > 0; rest = rest[min(n, len(rest)):] {
					if _, err := p.Write(rest[:min(n, len(rest))]); err != nil {
						t.Fatal(err)
					}
				}
				var out facts
				again := p.done(&file{Path: "x", Size: int64(len(data)), ReaderAt: bytes.NewReader(nil)}, &out)
				return out, again
			}
			whole, again := say(len(data) + 1)
			cut, again2 := say(n)
			if again != again2 || !cmp.Equal(whole, cut, cmp.AllowUnexported(facts{}, claims{}, packageFact{}, claim{}, amendment{}, confirmation{})) {
				t.Errorf("%s: %v and %v", e.name, again, again2)
			}
		}
	})
}

func rowNamed(t *testing.T, name string) int {
	t.Helper()
	for i := range ecosystems {
		if ecosystems[i].name == name {
			return i
		}
	}
	t.Fatalf("no row %s", name)
	return 0
}
