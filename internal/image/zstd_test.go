package image

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// zstdStream makes frames of these sizes, with something to skip between them.
func zstdStream(t testing.TB, seed int64, sizes ...int) (stored, plain []byte) {
	t.Helper()
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rnd := rand.New(rand.NewSource(seed))
	for i, n := range sizes {
		b := make([]byte, n)
		for j := range b {
			b[j] = byte(rnd.Intn(1 + i*40%256))
		}
		stored, plain = e.EncodeAll(b, stored), append(plain, b...)
		stored = append(stored, "\x51\x2a\x4d\x18\x03\x00\x00\x00abc"...)
	}
	return stored, plain
}

func readZstd(data []byte, workers int) ([]byte, error) {
	p, err := openZstd(bytes.NewReader(data), workers)
	if err != nil {
		return nil, err
	}
	a := limitio.NewAheadOf(func(*limitio.Ahead) (func() (limitio.Block, error), func()) { return p.next, p.stop })
	defer a.Close()
	return io.ReadAll(a)
}

func readZstdInOrder(data []byte) ([]byte, error) {
	d, err := newZstd(bytes.NewReader(data), 1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return io.ReadAll(d)
}

// TestZstdFrames: frames side by side give the bytes and the error of one decoder.
func TestZstdFrames(t *testing.T) {
	streams := map[string][]byte{}
	add := func(name string, sizes ...int) []byte {
		stored, plain := zstdStream(t, 1, sizes...)
		streams[name] = stored
		if got, err := readZstd(stored, 2); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(plain), err)
		}
		return stored
	}
	add("one", 100)
	add("nothing in it", 0)
	add("small ones", 1000, 0, 300, 70_000, 1, 200_000)
	add("more than a job", 900_000, 3_000_000, 2_000_000, 2_500_000, 1_000_000)
	add("one too large", 1000, zstdMaxPlain+1, 1000)
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 3<<20)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	streams["of unknown size"] = bytes.Join([][]byte{streams["small ones"], b.Bytes(), streams["one"]}, nil)
	streams["and something else"] = append(bytes.Clone(streams["small ones"]), "something else"...)
	streams["empty"] = nil
	rnd := rand.New(rand.NewSource(2))
	for name, data := range streams {
		same(t, name, data)
		for i := range 8 {
			if len(data) == 0 {
				break
			}
			at := rnd.Intn(len(data))
			same(t, fmt.Sprintf("%s, cut at %d", name, at), data[:at])
			bad := bytes.Clone(data)
			bad[at] ^= 1 << (i % 8)
			same(t, fmt.Sprintf("%s, bit %d of byte %d", name, i%8, at), bad)
		}
	}
}

func same(t *testing.T, name string, data []byte) {
	t.Helper()
	want, wantErr := readZstdInOrder(data)
	got, err := readZstd(data, 3)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, %v; in order %d, %v", name, len(got), err, len(want), wantErr)
	}
}

func FuzzZstd(f *testing.F) {
	stored, _ := zstdStream(f, 3, 10, 300, 0, 20_000)
	f.Add(stored)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1<<20 {
			same(t, "it", data)
		}
	})
}

// BenchmarkZstd decodes frames of 512 KiB, in order and side by side.
func BenchmarkZstd(b *testing.B) {
	sizes := make([]int, 128)
	for i := range sizes {
		sizes[i] = 512 << 10
	}
	stored, plain := zstdStream(b, 4, sizes...)
	for _, c := range []struct {
		name string
		read func() (io.Reader, func())
	}{
		{"in-order", func() (io.Reader, func()) {
			d, err := newZstd(bytes.NewReader(stored), 1)
			if err != nil {
				b.Fatal(err)
			}
			return d, d.Close
		}},
		{"side-by-side", func() (io.Reader, func()) {
			p, err := openZstd(bytes.NewReader(stored), 0)
			if err != nil {
				b.Fatal(err)
			}
			a := limitio.NewAheadOf(func(*limitio.Ahead) (func() (limitio.Block, error), func()) { return p.next, p.stop })
			return a, func() { a.Close() }
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			buf := make([]byte, 128<<10)
			for b.Loop() {
				r, stop := c.read()
				if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf); err != nil {
					b.Fatal(err)
				}
				stop()
			}
		})
	}
}
