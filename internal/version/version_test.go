package version

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// shared returns the path of a file that lies beside the checkout, and skips the
// test where it does not.
func shared(t testing.TB, path string) string {
	t.Helper()
	full := filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(path))
	if _, err := os.Stat(full); err != nil {
		t.Skipf("shared data is not here: %v", err)
	}
	return full
}

func eachLine(t testing.TB, path string, do func(n int, line string)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		do(n, in.Text())
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestForPURL fails for a type of package URL without rules.
func TestForPURL(t *testing.T) {
	for kind := range kinds {
		if s, err := ForPURL(kind); err != nil || s.row == nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := ForPURL("generic"); !errors.Is(err, landwaiter.ErrUnsupported) {
		t.Errorf("generic: %v", err)
	}
	s, err := ForPURL("deb")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Compare("1.0~rc1", "1.0"); n != -1 || err != nil {
		t.Errorf("1.0~rc1 against 1.0 is %d, %v", n, err)
	}
}

// TestOrders compares every pair of every line of testdata/orders.txt.
func TestOrders(t *testing.T) {
	eachLine(t, "testdata/orders.txt", func(n int, line string) {
		ecosystem, list, ok := strings.Cut(line, "\t")
		if !ok {
			return
		}
		texts, ranks := ordered(list)
		for i, a := range texts {
			for j, b := range texts {
				got, err := Compare(ecosystem, a, b)
				if want := sign(ranks[i] - ranks[j]); err != nil || got != want {
					t.Errorf("line %d: %s: %q against %q is %d (%v), want %d", n, ecosystem, a, b, got, err, want)
				}
			}
		}
	})
}

// ordered splits a line of orders.txt into versions and their ranks. A word that
// begins with "X:" belongs to the version before it.
func ordered(list string) (texts []string, ranks []int) {
	rank, same := 0, true
	for word := range strings.FieldsSeq(list) {
		switch {
		case word == "=":
			same = true
		case strings.HasPrefix(word, "X:"):
			texts[len(texts)-1] += " " + word
		default:
			if !same {
				rank++
			}
			same = false
			texts, ranks = append(texts, word), append(ranks, rank)
		}
	}
	return texts, ranks
}

// TestNative holds the two orders against the verdicts of dpkg and of Python's
// packaging.
func TestNative(t *testing.T) {
	for _, c := range []struct {
		ecosystem, file string
		rows            int
	}{{"Debian", "versions/debian.tsv", 3240}, {"PyPI", "versions/pypi.tsv", 20058}} {
		t.Run(c.ecosystem, func(t *testing.T) {
			rows, wrong := 0, 0
			eachLine(t, shared(t, c.file), func(n int, line string) {
				col := strings.Split(line, "\t")
				if len(col) != 3 {
					t.Fatalf("line %d has %d columns", n, len(col))
				}
				want, err := strconv.Atoi(col[2])
				if err != nil {
					t.Fatal(err)
				}
				rows++
				if got, err := Compare(c.ecosystem, col[0], col[1]); err != nil || got != want {
					if wrong++; wrong < 20 {
						t.Errorf("line %d: %q against %q is %d (%v), want %d", n, col[0], col[1], got, err, want)
					}
				}
			})
			if rows < c.rows {
				t.Errorf("checked %d rows of at least %d", rows, c.rows)
			}
			t.Logf("checked %d rows, %d wrong", rows, wrong)
		})
	}
}

func TestNoVersion(t *testing.T) {
	for _, c := range []struct{ ecosystem, text string }{
		{"Debian", ""},
		{"Debian", "unknown"},
		{"Debian", "1.0 2"},
		{"Debian", "x:1.0"},
		{"Debian", ":1"},
		{"AlmaLinux", ""},
		{"AlmaLinux", "-"},
		{"Alpine", "1.2.3-4"},
		{"Alpine", "edge"},
		{"PyPI", "2.0-unknown-build"},
		{"PyPI", "not.a.version"},
		{"npm", "git+https://example.org/x.git"},
		{"npm", "latest"},
		{"npm", "1..2"},
		{"Go", "(devel)"},
		{"Go", "devel go1.23-abcdef"},
		{"Maven", "${project.version}"},
		{"Maven", "[1.0,2.0)"},
		{"RubyGems", "one"},
		{"CRAN", "1.0a"},
		{"Packagist", "dev-master"},
		{"Hackage", "1.0-rc1"},
		{"npm", strings.Repeat("1", maxLen+1)},
	} {
		if _, err := Compare(c.ecosystem, c.text, c.text); !errors.Is(err, landwaiter.ErrInvalid) {
			t.Errorf("%s takes %.40q: %v", c.ecosystem, c.text, err)
		}
	}
	if _, err := Compare("Nixpkgs", "1", "2"); !errors.Is(err, landwaiter.ErrUnsupported) {
		t.Errorf("an ecosystem without rules: %v", err)
	}
	if _, err := For("Debian:12"); err != nil {
		t.Errorf("a name with a release: %v", err)
	}
	deb, _ := For("Debian")
	pip, _ := For("PyPI")
	a, errA := deb.Parse("1")
	b, errB := pip.Parse("1")
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Compare(b); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("Debian's 1 against PyPI's 1: %v", err)
	}
	if _, err := (Version{}).Compare(Version{}); err == nil {
		t.Error("two zero versions compare")
	}
}

func cleaned(s Scheme, text string) string {
	text = strings.TrimSpace(text)
	if s.row.rules.clean != nil {
		text = s.row.rules.clean(text)
	}
	return text
}

// FuzzCompare holds every scheme to three properties: no panic, a version equals
// itself, and the answer turns round with the arguments.
func FuzzCompare(f *testing.F) {
	seeds, err := os.ReadFile("testdata/orders.txt")
	if err != nil {
		f.Fatal(err)
	}
	for i, line := range strings.Split(string(seeds), "\n") {
		if _, list, ok := strings.Cut(line, "\t"); ok {
			texts, _ := ordered(list)
			f.Add(uint8(i), texts[0], texts[len(texts)-1])
			f.Add(uint8(i), texts[0], "1.0~-^+_p.")
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, a, b string) {
		eco := rows[int(i)%len(rows)].ecosystem
		s, err := For(eco)
		if err != nil {
			t.Fatal(err)
		}
		va, err := s.Parse(a)
		if err != nil {
			return
		}
		again, err := s.row.rules.parse(cleaned(s, a))
		if err != nil {
			t.Fatalf("%s: %q parses once: %v", eco, a, err)
		}
		if n, err := va.parsed.Compare(again); err != nil || n != 0 {
			t.Errorf("%s: %q against itself is %d (%v)", eco, a, n, err)
		}
		vb, err := s.Parse(b)
		if err != nil {
			return
		}
		there, errThere := va.Compare(vb)
		back, errBack := vb.Compare(va)
		if (errThere == nil) != (errBack == nil) || (errThere == nil && there != -back) {
			t.Errorf("%s: %q against %q is %d (%v), turned round %d (%v)", eco, a, b, there, errThere, back, errBack)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	for _, c := range []struct{ ecosystem, a, b string }{
		{"Debian", "2.36-9+deb12u4", "2.36-9+deb12u7"},
		{"AlmaLinux", "3.0.7-24.el9", "3.0.7-25.el9_3"},
		{"PyPI", "2.31.0", "2.32.0rc1"},
		{"npm", "4.17.20", "4.17.21"},
	} {
		s, err := For(c.ecosystem)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.ecosystem+"/parse", func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Parse(c.a); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.ecosystem+"/compare", func(b *testing.B) {
			va, errA := s.Parse(c.a)
			vb, errB := s.Parse(c.b)
			if errA != nil || errB != nil {
				b.Fatal(errA, errB)
			}
			for b.Loop() {
				if _, err := va.Compare(vb); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
