package gunzip

import (
	"bytes"
	"compress/flate"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inflateAll decodes deflate data with one big output.
func inflateAll(t testing.TB, data []byte, room int) ([]byte, error) {
	t.Helper()
	d := &inflater{in: append(bytes.Clone(data), make([]byte, padding)...), end: len(data), soft: len(data)}
	d.out = make([]byte, room+slack)
	d.limit = room
	for {
		st, err := d.run()
		if err != nil || st == statusEnd {
			return d.out[:d.op], err
		}
		if st != statusBlock {
			t.Fatalf("status %d at %d of %d", st, d.op, room)
		}
	}
}

// goRoot is where Go's own sources and programs are: real text and real programs that
// are on every machine with Go.
func goRoot(t testing.TB) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func readFile(t testing.TB, name string, most int) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b[:min(len(b), most)]
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(1)).Read(b)
	return b
}

// corpus is content of many kinds.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	const most = 200 << 10
	root := goRoot(t)
	m := map[string][]byte{
		"empty": nil, "one": {1}, "zeros": make([]byte, 300_000), "noise": noise(most),
		"program": readFile(t, filepath.Join(root, "bin/gofmt"), most),
		"source":  readFile(t, filepath.Join(root, "src/net/http/server.go"), most),
	}
	for i := range 9 {
		p := "abcdefghij"[:i+1]
		m["repeats "+p] = bytes.Repeat([]byte(p), 9000)
	}
	m["mixed"] = bytes.Join([][]byte{m["source"], m["zeros"], m["noise"][:70_000], m["program"], m["repeats abc"]}, nil)
	return m
}

func deflated(t testing.TB, level int, raw []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestInflate decodes every kind of content at every level of the standard library.
func TestInflate(t *testing.T) {
	for name, raw := range corpus(t) {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			got, err := inflateAll(t, deflated(t, level, raw), len(raw)+1)
			if err != nil || !bytes.Equal(got, raw) {
				t.Fatalf("%s, level %d: %d bytes, %v; want %d", name, level, len(got), err, len(raw))
			}
		}
	}
}

// TestFindsBlocks: every block that is not the last is found from the bit where it
// begins, and the first that is found from any bit on is one, as a rule.
func TestFindsBlocks(t *testing.T) {
	raw := bytes.Repeat(corpus(t)["mixed"], 2)
	for _, level := range []int{1, 6, 9, flate.HuffmanOnly} {
		data := deflated(t, level, raw)
		in := append(bytes.Clone(data), make([]byte, padding+16)...)
		d := &inflater{in: in, end: len(data), soft: len(data), out: make([]byte, len(raw)+1+slack), limit: len(raw) + 1}
		begins := map[int64]bool{}
		for {
			at := d.position()
			st, err := d.run()
			if err != nil {
				t.Fatal(err)
			}
			if st == statusEnd {
				break
			}
			begins[at] = true
			if kind := in[at>>3] >> (at & 7) & 7; at&7 > 5 || kind != 4 { // of its own codes
				continue
			}
			if c, ok := find(in, at, len(data)); !ok || c.lo > at || c.hi < at {
				t.Errorf("level %d: the block at bit %d is found at %+v, %v", level, at, c, ok)
			}
		}
		right, wrong := 0, 0
		for bit := int64(0); ; {
			c, ok := find(in, bit, len(data))
			if !ok {
				break
			}
			hit := false
			for p := c.lo; p <= c.hi; p++ {
				hit = hit || begins[p]
			}
			if hit {
				right++
			} else {
				wrong++
			}
			bit = c.hi + 1
		}
		t.Logf("level %d: %d blocks, %d found, %d that are none", level, len(begins), right, wrong)
		if len(begins) > 3 && right == 0 {
			t.Errorf("level %d: none of %d blocks found", level, len(begins))
		}
	}
}
