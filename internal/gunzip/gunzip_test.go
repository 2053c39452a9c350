package gunzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func readAll(data []byte, opt Options) ([]byte, error) {
	z, err := NewReader(bytes.NewReader(data), opt)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return io.ReadAll(z)
}

func TestReaders(t *testing.T) {
	var all bytes.Buffer
	for name, raw := range corpus(t) {
		for _, level := range []int{-2, 0, 1, 6, 9} {
			var buf bytes.Buffer
			w, _ := gzip.NewWriterLevel(&buf, level)
			w.Name = name
			w.Write(raw)
			w.Close()
			if level == 6 {
				all.Write(buf.Bytes())
			}
			check(t, name, buf.Bytes(), raw)
		}
	}
	want, err := gzipRead(all.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "members", all.Bytes(), want)
	for i := range 80 {
		cut := rand.New(rand.NewSource(int64(i))).Intn(all.Len())
		same(t, "cut", all.Bytes()[:cut])
		b := bytes.Clone(all.Bytes())
		b[cut] ^= 1 << (i % 8)
		same(t, "bit", b)
	}
}

func gzipRead(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func check(t *testing.T, name string, data, want []byte) {
	t.Helper()
	got := same(t, name, data)
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
	}
}

// same reads data in every way.
func same(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	want, wantErr := readAll(data, Options{Workers: -1})
	std, stdErr := gzipRead(data)
	if (stdErr == nil) != (wantErr == nil) || stdErr == nil && !bytes.Equal(std, want) {
		t.Errorf("%s: %d bytes, %v; the standard library has %d, %v", name, len(want), wantErr, len(std), stdErr)
	}
	for _, opt := range []Options{{Workers: -1, segment: 5000}, {Workers: 2, segment: 3000}, {Workers: 3, segment: 40000}, {Workers: 1, segment: 200}} {
		got, err := readAll(data, opt)
		if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s, %+v: %d bytes, %v; in order %d, %v", name, opt, len(got), err, len(want), wantErr)
		}
	}
	return want
}

func TestLarge(t *testing.T) {
	raw, err := os.ReadFile(os.Getenv("GZ_RAW"))
	if err != nil {
		t.Skip(err)
	}
	for _, c := range [][]string{{"gzip", "-6"}, {"gzip", "-1"}, {"pigz", "-6"}, {"pigz", "-i"}, {"gzip", "-9"}} {
		cmd := exec.Command(c[0], c[1], "-c")
		cmd.Stdin = bytes.NewReader(raw)
		z, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, opt := range []Options{{Workers: -1}, {Workers: 2}, {Workers: 4, segment: 256 << 10}} {
			got, err := readAll(z, opt)
			if err != nil || !bytes.Equal(got, raw) {
				t.Errorf("%q %+v: %d bytes of %d, %v", c, opt, len(got), len(raw), err)
			}
		}
	}
}

func BenchmarkReader(b *testing.B) {
	raw, err := os.ReadFile(os.Getenv("GZ_RAW"))
	if err != nil {
		b.Skip(err)
	}
	cmd := exec.Command("gzip", "-6", "-c")
	cmd.Stdin = bytes.NewReader(raw)
	z, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		opt  Options
	}{{"serial", Options{Workers: -1}}, {"two", Options{Workers: 2}}, {"three", Options{Workers: 3}}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			was := processorTime()
			defer func() {
				b.ReportMetric(float64(int64(len(raw))*int64(b.N))/1e6/(processorTime()-was).Seconds(), "MB/cpu-s")
			}()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(z), c.opt)
				if err != nil {
					b.Fatal(err)
				}
				for {
					k, err := r.Next()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					k.Release()
				}
				r.Close()
			}
		})
	}
}

var _ = errors.New

func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
