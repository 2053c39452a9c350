package lwtest

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// codec is how a layer is stored. gzip is the standard library's, so that tests
// do not read with what they wrote.
type codec struct {
	media string
	open  func(w io.Writer) (io.WriteCloser, error)
}

var codecs = map[string]codec{
	"none": {"application/vnd.oci.image.layer.v1.tar", func(w io.Writer) (io.WriteCloser, error) { return plain{w}, nil }},
	"gzip": {"application/vnd.oci.image.layer.v1.tar+gzip", func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriter(w), nil
	}},
	"gzip-multi": {"application/vnd.oci.image.layer.v1.tar+gzip", func(w io.Writer) (io.WriteCloser, error) {
		return &members{w: w, left: firstMember, z: gzip.NewWriter(w)}, nil
	}},
	"zstd": {"application/vnd.oci.image.layer.v1.tar+zstd", func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}},
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// The first gzip member ends inside a tar header; the rest are of a size that
// keeps large layers quick.
const (
	firstMember = 1000
	nextMember  = 64 << 10
)

// members writes several gzip members.
type members struct {
	w    io.Writer
	z    *gzip.Writer
	left int
}

func (m *members) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		if m.left == 0 {
			if err := m.z.Close(); err != nil {
				return done, err
			}
			m.z, m.left = gzip.NewWriter(m.w), nextMember
		}
		n, err := m.z.Write(p[done:min(len(p), done+m.left)])
		done, m.left = done+n, m.left-n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (m *members) Close() error { return m.z.Close() }

// counter hashes and counts what is written to it.
type counter struct {
	h interface {
		io.Writer
		Sum([]byte) []byte
	}
	n int64
}

func newCounter() *counter { return &counter{h: sha256.New()} }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.h.Write(p)
}

func (c *counter) digest() string { return "sha256:" + hex.EncodeToString(c.h.Sum(nil)) }

// stored is a blob as a manifest speaks of it, and where it really lies.
type stored struct {
	media, digest string
	size          int64
	diffID        string // empty where the configuration leaves it out
	path          string
}

// store writes layer n to a blob in dir, stored with codec name, and damages it
// as the layer says.
func (s *Spec) store(dir string, n int, name string) (st stored, err error) {
	l := s.layers[n]
	c := codecs[name]
	tmp := filepath.Join(dir, fmt.Sprintf("layer-%d.tmp", n))
	f, err := os.Create(tmp)
	if err != nil {
		return st, err
	}
	packed, unpacked := newCounter(), newCounter()
	out := io.MultiWriter(f, packed)
	err = func() error {
		z, err := c.open(out)
		if err != nil {
			return err
		}
		if err := l.writeTar(io.MultiWriter(z, unpacked), s); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		_, err = io.CopyN(out, noise("trailing stored"), l.flaws.trailingStored)
		return err
	}()
	if err = errors.Join(err, f.Close()); err != nil {
		return st, fmt.Errorf("layer %d: %w", n, err)
	}
	st = stored{media: c.media, digest: packed.digest(), size: packed.n + l.flaws.sizeOff, diffID: unpacked.digest()}
	if l.flaws.badDiffID {
		st.diffID = digestOf([]byte("no layer has this digest"))
	}
	if l.flaws.noDiffID {
		st.diffID = ""
	}
	if err := l.flaws.apply(tmp, packed.n); err != nil {
		return st, fmt.Errorf("layer %d: %w", n, err)
	}
	st.path = filepath.Join(dir, hexOf(st.digest))
	if l.flaws.missing {
		return st, os.Remove(tmp)
	}
	return st, os.Rename(tmp, st.path)
}

// apply damages the blob of size bytes at path.
func (f *flaws) apply(path string, size int64) error {
	if f.cut < 0 || f.cut >= size && f.cut > 0 {
		return fmt.Errorf("cannot cut %d of %d bytes", f.cut, size)
	}
	if f.flip != nil {
		if err := flipFile(path, *f.flip, size); err != nil {
			return err
		}
	}
	return os.Truncate(path, size-f.cut)
}

func flipFile(path string, offset, size int64) error {
	offset, err := within(offset, size)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var b [1]byte
	if _, err = f.ReadAt(b[:], offset); err == nil {
		b[0] ^= 0xff
		_, err = f.WriteAt(b[:], offset)
	}
	return errors.Join(err, f.Close())
}

// within turns an offset below 0 into one from the end.
func within(offset, size int64) (int64, error) {
	at := offset
	if at < 0 {
		at += size
	}
	if at < 0 || at >= size {
		return 0, fmt.Errorf("offset %d lies outside of %d bytes", offset, size)
	}
	return at, nil
}

// flipped returns data with the byte at *offset changed; data itself where
// offset is nil.
func flipped(data []byte, offset *int64) ([]byte, error) {
	if offset == nil {
		return data, nil
	}
	at, err := within(*offset, int64(len(data)))
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), data...)
	out[at] ^= 0xff
	return out, nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func hexOf(digest string) string { return digest[len("sha256:"):] }
