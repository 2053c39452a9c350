package gunzip

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
)

func smallRead(data []byte, open func(io.Reader) (io.ReadCloser, error)) ([]byte, error) {
	r, err := open(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// sameSmall reads data as one small stream after others, and as deflate alone.
func sameSmall(t *testing.T, name string, data, want []byte, wantErr error) {
	t.Helper()
	got, err := smallRead(data, Small)
	if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) {
		t.Errorf("%s, as a small stream: %d bytes, %v; in order %d, %v", name, len(got), err, len(want), wantErr)
	}
	n, err := parseHeader(data)
	if err != nil {
		return
	}
	std, stdErr := io.ReadAll(flate.NewReader(bytes.NewReader(data[n:])))
	got, err = smallRead(data[n:], Deflate)
	if (err == nil) != (stdErr == nil) || err == nil && !bytes.Equal(got, std) {
		t.Errorf("%s, deflate alone: %d bytes, %v; the standard library has %d, %v", name, len(got), err, len(std), stdErr)
	}
}

// TestSmallClosed: who closed a small stream has no part in the next.
func TestSmallClosed(t *testing.T) {
	data := gzipped(t, 6, "", []byte("one stream"))
	r, err := Small(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	other, err := Small(bytes.NewReader(gzipped(t, 6, "", []byte("another"))))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if n, err := r.Read(make([]byte, 9)); n != 0 || err == nil {
		t.Errorf("a closed stream gives %d bytes, %v", n, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(other); string(got) != "another" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// BenchmarkSmall reads many small streams, beside the standard library.
func BenchmarkSmall(b *testing.B) {
	raw := corpus(b)["mixed"]
	raw = raw[:min(len(raw), 8<<10)]
	data := gzipped(b, 6, "", raw)
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if _, err := smallRead(data, Small); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("std", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if _, err := gzipRead(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
