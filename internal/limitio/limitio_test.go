package limitio_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

func TestCap(t *testing.T) {
	for _, c := range []struct {
		in  string
		max int64
		err error
	}{
		{"", 0, nil},
		{"abc", 3, nil},
		{"abcd", 3, landwaiter.ErrTooLarge},
	} {
		got, err := limitio.ReadAll(iotest.OneByteReader(strings.NewReader(c.in)), c.max)
		if !errors.Is(err, c.err) {
			t.Errorf("%q up to %d: %v, want %v", c.in, c.max, err, c.err)
		}
		if err == nil && string(got) != c.in {
			t.Errorf("%q up to %d: read %q", c.in, c.max, got)
		}
	}
}

func TestDigestReadsToTheLastByte(t *testing.T) {
	const sum = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc", FIPS 180-2
	d := limitio.NewDigest(strings.NewReader("abc"))
	if _, err := d.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(sum, 3); err != nil {
		t.Errorf("one byte read, then verified: %v", err)
	}
	for name, r := range map[string]io.Reader{"longer": strings.NewReader("abcd"), "shorter": strings.NewReader("ab"), "other": strings.NewReader("abd")} {
		if err := limitio.NewDigest(r).Verify(sum, 3); !errors.Is(err, landwaiter.ErrDigest) {
			t.Errorf("%s content: %v, want ErrDigest", name, err)
		}
	}
	if err := limitio.NewDigest(iotest.ErrReader(io.ErrUnexpectedEOF)).Verify(sum, 3); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken source: %v", err)
	}
}

func TestAheadGivesTheSameBytes(t *testing.T) {
	want := make([]byte, 3<<20+17)
	rnd := rand.New(rand.NewSource(1))
	rnd.Read(want)
	a := limitio.NewAhead(iotest.HalfReader(bytes.NewReader(want)))
	got, err := io.ReadAll(a)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %d bytes, %v; want %d", len(got), err, len(want))
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAheadPassesErrorsOn(t *testing.T) {
	for _, cause := range []error{io.ErrUnexpectedEOF, errors.New("cable cut")} {
		a := limitio.NewAhead(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(cause)))
		got, err := io.ReadAll(a)
		if string(got) != "abc" || !errors.Is(err, cause) {
			t.Errorf("read %q, %v; want abc and %v", got, err, cause)
		}
		a.Close()
	}
}

func TestAheadClosesEarly(t *testing.T) {
	a := limitio.NewAhead(endless{})
	if _, err := a.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	a.Close() // hangs here unless the goroutine ends
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
