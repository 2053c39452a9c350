package gunzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"math/rand"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	kgzip "github.com/klauspost/compress/gzip"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

func readAll(data []byte, opt Options) ([]byte, error) {
	z, err := NewReader(bytes.NewReader(data), opt)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return io.ReadAll(z)
}

func gzipped(t testing.TB, level int, name string, raw []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Name = name
	if _, err := w.Write(raw); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestReaders reads content of every kind, whole, cut and damaged, in order and on
// several processors with segments of many sizes: the bytes and the error are always
// the same, and without damage what the standard library reads.
func TestReaders(t *testing.T) {
	var all []byte
	for name, raw := range corpus(t) {
		for _, level := range []int{gzip.HuffmanOnly, 0, 1, 6, 9} {
			data := gzipped(t, level, name, raw)
			if level == 6 {
				all = append(all, data...)
			}
			if got := same(t, name, data); !bytes.Equal(got, raw) {
				t.Errorf("%s: %d bytes, want %d", name, len(got), len(raw))
			}
		}
	}
	same(t, "members", all)
	same(t, "nothing", nil)
	same(t, "zeros behind it", append(bytes.Clone(all), make([]byte, 512)...))
	same(t, "half a header behind it", append(bytes.Clone(all), 0x1f, 0x8b, 8))
	rnd := rand.New(rand.NewSource(1))
	for i := range 80 {
		at := rnd.Intn(len(all))
		same(t, "cut", all[:at])
		b := bytes.Clone(all)
		b[at] ^= 1 << (i % 8)
		same(t, "a bit", b)
	}
}

func gzipRead(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// same reads data in every way.
func same(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	want, wantErr := readAll(data, Options{inOrder: true})
	std, stdErr := gzipRead(data)
	if (stdErr == nil) != (wantErr == nil) || stdErr == nil && !bytes.Equal(std, want) {
		t.Errorf("%s: %d bytes, %v; the standard library has %d, %v", name, len(want), wantErr, len(std), stdErr)
	}
	for _, opt := range []Options{{Workers: -1}, {Workers: -1, segment: 5000}, {Workers: 2, segment: 3000}, {Workers: 3, segment: 40000}, {Workers: 1, segment: 2000}} {
		got, err := readAll(data, opt)
		if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s, %d workers on %d bytes: %d bytes, %v; in order %d, %v", name, opt.Workers, opt.segment, len(got), err, len(want), wantErr)
		}
	}
	sameSmall(t, name, data, want, wantErr)
	return want
}

// TestGuessesCount: what workers decode ahead is taken, or the tests above show
// nothing.
func TestGuessesCount(t *testing.T) {
	raw := bytes.Repeat(corpus(t)["mixed"], 8)
	data := gzipped(t, 6, "", raw)
	z, err := NewReader(bytes.NewReader(data), Options{Workers: 2, segment: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, raw) {
		t.Fatalf("%d bytes of %d, %v", len(got), len(raw), err)
	}
	t.Logf("%d of %d segments were decoded ahead", z.taken, len(data)>>16+1)
	if z.taken == 0 {
		t.Error("no segment was decoded ahead")
	}
}

// TestSourceFails: the source's own error comes behind all that could be decoded.
func TestSourceFails(t *testing.T) {
	data := gzipped(t, 6, "", corpus(t)["mixed"])
	cause := errors.New("cable cut")
	for _, workers := range []int{-1, 2} {
		for _, n := range []int{0, 5, 1000, len(data) - 1, len(data)} {
			opt := Options{Workers: workers, segment: 10_000}
			z, err := NewReader(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(cause)), opt)
			if err == nil {
				_, err = io.ReadAll(z)
				z.Close()
			}
			if !errors.Is(err, cause) {
				t.Errorf("%d bytes, then a broken source: %v", n, err)
			}
		}
	}
}

// TestCloseEarly: whoever stops in the middle leaves no goroutine.
func TestCloseEarly(t *testing.T) {
	data := gzipped(t, 6, "", bytes.Repeat(corpus(t)["mixed"], 4))
	before := runtime.NumGoroutine()
	for range 20 {
		z, err := NewReader(bytes.NewReader(data), Options{Workers: 3, segment: 20_000})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := z.Next(); err != nil {
			t.Fatal(err)
		}
		z.Close()
		if _, err := z.Next(); err == nil || err == io.EOF {
			t.Errorf("read after Close: %v", err)
		}
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i > 1000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestOtherPrograms reads what gzip and pigz write, where they are.
func TestOtherPrograms(t *testing.T) {
	raw := bytes.Repeat(corpus(t)["mixed"], 4)
	for _, command := range []string{"gzip -1", "gzip -6", "gzip -9", "pigz -6", "pigz -i", "pigz -11 -I 1"} {
		args := strings.Fields(command + " -c")
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Logf("%s is not here", args[0])
			continue
		}
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Stdin = bytes.NewReader(raw)
		data, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := same(t, command, data); !bytes.Equal(got, raw) {
			t.Errorf("%s: %d bytes of %d", command, len(got), len(raw))
		}
	}
}

// FuzzReader: no bytes make the reader panic, and it reads the same in order and
// ahead.
func FuzzReader(f *testing.F) {
	for _, name := range []string{"source", "zeros", "one", "repeats abcd"} {
		raw := corpus(f)[name]
		data := gzipped(f, 6, name, raw[:min(len(raw), 30_000)])
		f.Add(data, uint16(700))
		f.Add(append(bytes.Clone(data), gzipped(f, 0, "", raw[:min(len(raw), 500)])...), uint16(2000))
	}
	f.Fuzz(func(t *testing.T, data []byte, segment uint16) {
		if len(data) > 1<<20 {
			return
		}
		const most = 8 << 20
		read := func(opt Options) ([]byte, string) {
			z, err := NewReader(bytes.NewReader(data), opt)
			if err != nil {
				return nil, err.Error()
			}
			defer z.Close()
			b, err := io.ReadAll(io.LimitReader(z, most))
			if err != nil {
				return b, err.Error()
			}
			return b, ""
		}
		want, wantErr := read(Options{inOrder: true})
		got, err := read(Options{Workers: 2, segment: max(int(segment), 1200)})
		if strings.Contains(err, "its header is longer") {
			return // than the small segments of this test have room for
		}
		if !bytes.Equal(got, want) || err != wantErr {
			t.Errorf("%d bytes, %q; in order %d, %q", len(got), err, len(want), wantErr)
		}
		if std, err := gzipRead(data); err == nil && len(std) < most && (wantErr != "" || !bytes.Equal(std, want)) {
			t.Errorf("%d bytes, %q; the standard library has %d", len(want), wantErr, len(std))
		}
	})
}

// BenchmarkReader decompresses 64 MiB of Go's own programs and sources: in order, on
// two workers, and with the library in order. "MB/cpu-s" is content for each second of
// processor time, which a busy machine changes little.
func BenchmarkReader(b *testing.B) {
	root := goRoot(b)
	var raw []byte
	for _, name := range []string{"bin/go", "bin/gofmt", "src/net/http/server.go", "src/net/http/h2_bundle.go", "src/go/types/expr.go"} {
		if m, err := filepath.Glob(filepath.Join(root, name)); err == nil && len(m) == 1 {
			raw = append(raw, readFile(b, m[0], 1<<30)...)
		}
	}
	for len(raw) < 64<<20 {
		raw = append(raw, raw...)
	}
	raw = raw[:64<<20]
	data := gzipped(b, 6, "", raw)
	blocks := func(opt Options) func() error {
		return func() error {
			z, err := NewReader(bytes.NewReader(data), opt)
			if err != nil {
				return err
			}
			defer z.Close()
			for {
				k, err := z.Next()
				if err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
				k.Release()
			}
		}
	}
	for _, c := range []struct {
		name string
		read func() error
	}{
		{"in-order", blocks(Options{inOrder: true})},
		{"two-workers", blocks(Options{Workers: 2})},
		{"library", func() error {
			z, err := kgzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return err
			}
			_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{z}, make([]byte, 128<<10))
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			was := processorTime()
			for b.Loop() {
				if err := c.read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(raw))*float64(b.N)/1e6/(processorTime()-was).Seconds(), "MB/cpu-s")
		})
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHostileLayers reads the layers of every trap in every way.
func TestHostileLayers(t *testing.T) {
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d traps, %v", len(names), err)
	}
	layers := 0
	for _, name := range names {
		text, err := fs.ReadFile(lwtest.Hostile(), name)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "oci")
		if _, err := lwtest.New(t, string(text)).WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		blobs, err := filepath.Glob(filepath.Join(dir, "blobs/sha256/*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, blob := range blobs {
			if data := readFile(t, blob, 1<<20); bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
				layers++
				same(t, name, data)
			}
		}
	}
	if layers < 30 {
		t.Errorf("only %d layers", layers)
	}
}
