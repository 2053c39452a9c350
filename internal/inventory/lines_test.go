package inventory

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// TestCaps hands readers files that are within their size and still too much.
func TestCaps(t *testing.T) {
	long := strings.Repeat("a", limitio.MaxName)
	tests := []struct {
		name, path string
		text       func(*strings.Builder)
		line       int
	}{
		{"one line", "var/lib/dpkg/status", func(b *strings.Builder) {
			b.WriteString("Package: a\n" + strings.Repeat("x", limitio.MaxLine+1))
		}, 2},
		{"one name", "var/lib/dpkg/info/a.list", func(b *strings.Builder) {
			b.WriteString("/bin\n/" + long + "\n")
		}, 2},
		{"one name in a long folder", "lib/apk/db/installed", func(b *strings.Builder) {
			b.WriteString("P:a\nV:1\nF:" + long[:limitio.MaxName-2] + "\nR:a\nR:aa\n")
		}, 5},
		{"one name in a record", "e/conda-meta/a.json", func(b *strings.Builder) {
			fmt.Fprintf(b, "{\"name\": \"a\", \"version\": \"1\",\n\"files\": [\"b\", %q]}", long+"a")
		}, 2},
		{"deep JSON", "node_modules/a/package.json", func(b *strings.Builder) {
			b.WriteString(`{"name": "a", "version": "1", "x": ` + strings.Repeat("[", 1<<20))
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var text strings.Builder
			tt.text(&text)
			m := compile(ecosystems)
			rows := m.rows(nil, tt.path, false)
			if len(rows) == 0 {
				t.Fatalf("no row wants %s", tt.path)
			}
			e := ecosystems[rows[0]]
			var out facts
			err := e.read(newFile(t, tt.path, []byte(text.String())), &out)
			damage, ok := errors.AsType[*landwaiter.SyntaxError](err)
			if !ok || damage.Path != tt.path || tt.line > 0 && damage.Line != tt.line {
				t.Fatalf("got error %v, want damage in line %d", err, tt.line)
			}
			if tt.name != "deep JSON" && !errors.Is(err, landwaiter.ErrTooLarge) {
				t.Errorf("got error %v, want %v", err, landwaiter.ErrTooLarge)
			}
		})
	}
}

func TestTally(t *testing.T) {
	many := tally{claims: maxClaims - 1}
	long := tally{bytes: maxClaimBytes - 1}
	for name, n := range map[string]*tally{"many": &many, "long": &long} {
		if err := n.add("a"); err != nil {
			t.Errorf("%s: up to the cap, got error %v", name, err)
		}
		if err := n.add("a"); !errors.Is(err, landwaiter.ErrTooLarge) {
			t.Errorf("%s: past the cap, got error %v, want %v", name, err, landwaiter.ErrTooLarge)
		}
	}
}

func TestPublicURL(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://user:pw@example.org/a?token=x#y", "https://example.org/a"},
		{"https://example.org/t/tk-1/channel", "https://example.org/channel"},
		{"git+ssh://git@example.org/a.git#abc", "git+ssh://example.org/a.git"},
		{"https://u:p%zz@example.org/", "https://"},
		{"conda-forge", "conda-forge"},
		{"file:../a", "file:../a"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := publicURL(tt.in); got != tt.want {
			t.Errorf("publicURL(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestClaimAsDiversion(t *testing.T) {
	var out facts
	f := newFile(t, "var/lib/dpkg/diversions", []byte("/bin/a b\n/bin/c d\np\n/x\n/y\n:\n"))
	if err := readDpkg(f, &out); err != nil {
		t.Fatal(err)
	}
	var got []diversion
	for c := range out.claims.all() {
		if d, ok := c.asDiversion(); ok {
			got = append(got, d)
		}
	}
	want := []diversion{{"p", "bin/a b", "bin/c d"}, {"", "x", "y"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkReaders(b *testing.B) {
	var status, record, list strings.Builder
	record.WriteString(`{"name": "a", "version": "1", "build": "0", "paths_data": {"paths": [`)
	for i := range 2000 {
		fmt.Fprintf(&status, "Package: p%d\nStatus: install ok installed\nVersion: 1.2.%d-3\nArchitecture: amd64\nSource: s (1)\nDepends: a, b (>= 2), c | d\nDescription: words\n and more words\n\n", i, i)
		fmt.Fprintf(&list, "/usr/share/doc/package/file-%d\n", i)
		fmt.Fprintf(&record, `{"_path": "lib/python3.11/site-packages/a/%d.py", "path_type": "hardlink", "sha256": %q, "sha256_in_prefix": %q, "size_in_bytes": 100},`, i, strings.Repeat("a", 64), strings.Repeat("b", 64))
	}
	record.WriteString(`{}]}}`)
	for _, bb := range []struct{ name, path, text string }{
		{"dpkg status", "var/lib/dpkg/status", status.String()},
		{"dpkg list", "var/lib/dpkg/info/a.list", list.String()},
		{"conda record", "e/conda-meta/a.json", record.String()},
		{"npm", "node_modules/a/package.json", `{"name": "a", "version": "1", "license": "MIT", "dependencies": {"b": "1", "c": "2"}, "scripts": {"test": "x"}}`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			e := ecosystems[compile(ecosystems).rows(nil, bb.path, false)[0]]
			b.SetBytes(int64(len(bb.text)))
			b.ReportAllocs()
			for b.Loop() {
				var out facts
				if err := e.read(newFile(b, bb.path, []byte(bb.text)), &out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
