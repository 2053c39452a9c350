package gunzip

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand"
	"os"
	"testing"

	kflate "github.com/klauspost/compress/flate"
)

// inflateAll decodes data with one big output.
func inflateAll(t testing.TB, data []byte, room int) ([]byte, error) {
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

func corpus(t testing.TB) map[string][]byte {
	m := map[string][]byte{"empty": nil, "one": {1}, "zeros": make([]byte, 300_000)}
	rnd := rand.New(rand.NewSource(1))
	b := make([]byte, 200000)
	rnd.Read(b)
	m["noise"] = b
	for _, n := range []string{"/usr/bin/perl", "/bin/bash", "/usr/share/dict/words", "/usr/local/go/src/net/http/server.go"} {
		if raw, err := os.ReadFile(n); err == nil {
			m[n] = raw[:min(len(raw), 200<<10)]
		}
	}
	for i := range 8 {
		p := bytes.Repeat([]byte("abcdefghij")[:i+1], 9000)
		m[string(rune('a'+i))] = p
	}
	return m
}

func TestCore(t *testing.T) {
	for name, raw := range corpus(t) {
		for level := -2; level <= 9; level++ {
			var buf bytes.Buffer
			w, _ := flate.NewWriter(&buf, level)
			w.Write(raw)
			w.Close()
			got, err := inflateAll(t, buf.Bytes(), len(raw)+1)
			if err != nil || !bytes.Equal(got, raw) {
				t.Fatalf("%s level %d: %d bytes, %v; want %d", name, level, len(got), err, len(raw))
			}
		}
	}
}

func benchData(b *testing.B) ([]byte, []byte) {
	raw, err := os.ReadFile(os.Getenv("GZ_RAW"))
	if err != nil {
		b.Skip(err)
	}
	var buf bytes.Buffer
	w, _ := kflate.NewWriter(&buf, 6)
	w.Write(raw)
	w.Close()
	return raw, buf.Bytes()
}

func BenchmarkCore(b *testing.B) {
	raw, z := benchData(b)
	d := &inflater{in: append(bytes.Clone(z), make([]byte, padding)...), end: len(z)}
	out := make([]byte, len(raw)+1+slack)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		own := d.own
		*d = inflater{in: d.in, end: len(z), soft: len(z), out: out, limit: len(raw) + 1, own: own}
		for {
			st, err := d.run()
			if err != nil {
				b.Fatal(err)
			}
			if st == statusEnd {
				break
			}
		}
	}
}

func BenchmarkKlauspost(b *testing.B) {
	raw, z := benchData(b)
	b.SetBytes(int64(len(raw)))
	r := kflate.NewReader(bytes.NewReader(z))
	buf := make([]byte, 128<<10)
	for b.Loop() {
		r.(kflate.Resetter).Reset(bytes.NewReader(z), nil)
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf); err != nil {
			b.Fatal(err)
		}
	}
}
