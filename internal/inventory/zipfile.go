package inventory

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/gunzip"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// openZip reads the directory of a zip archive of size bytes. used is how many
// bytes it took, at most about most; the error is landwaiter.ErrTooLarge where
// that, or limitio.MaxArchived entries, is not enough.
func openZip(r io.ReaderAt, size, most int64) (zr *zip.Reader, used int64, err error) {
	m := &meteredReader{r: r, left: most}
	zr, err = zip.NewReader(m, size)
	switch {
	case m.left < 0:
		return nil, most, fmt.Errorf("a directory of more than %d bytes: %w", most, landwaiter.ErrTooLarge)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, most - m.left, err
	case len(zr.File) > limitio.MaxArchived:
		return nil, most - m.left, fmt.Errorf("more than %d entries: %w", limitio.MaxArchived, landwaiter.ErrTooLarge)
	}
	used = most - m.left
	m.free = true
	zr.RegisterDecompressor(zip.Deflate, inflate)
	return zr, used, nil
}

// failed is a reader that could not begin.
type failed struct{ error }

func (f failed) Read([]byte) (int, error) { return 0, f.error }
func (f failed) Close() error             { return nil }

// inflate is the decompressor of zip archives.
func inflate(r io.Reader) io.ReadCloser {
	z, err := gunzip.Deflate(r)
	if err != nil {
		return failed{err}
	}
	return z
}

// meteredReader fails once more than left bytes were read, unless it is free.
type meteredReader struct {
	r    io.ReaderAt
	left int64
	free bool
}

func (m *meteredReader) ReadAt(p []byte, off int64) (int, error) {
	if !m.free {
		if m.left -= int64(len(p)); m.left < 0 {
			return 0, landwaiter.ErrTooLarge
		}
	}
	return m.r.ReadAt(p, off)
}

// zipEncrypted is the bit of a member's flags that says its bytes are closed.
const zipEncrypted = 0x1

// readMember reads a whole member of at most most bytes, and checks its
// checksum.
func readMember(m *zip.File, most int64) ([]byte, error) {
	if m.Flags&zipEncrypted != 0 {
		return nil, errors.New("encrypted")
	}
	if m.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("%d bytes, where %d are the most: %w", m.UncompressedSize64, most, landwaiter.ErrTooLarge)
	}
	rc, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	// What the archive says of its size is believed only as far as deflate can go.
	size := min(m.UncompressedSize64, 64+limitio.MaxRatio*m.CompressedSize64)
	data := make([]byte, size)
	if n, err := io.ReadFull(rc, data); err != nil {
		return nil, fmt.Errorf("after %d bytes of %d: %w", n, m.UncompressedSize64, err)
	}
	// The checksum is compared at the end, which ReadFull does not reach.
	if n, err := rc.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("not the %d bytes that its entry says: %w", m.UncompressedSize64, errors.Join(err, zip.ErrFormat))
	}
	return data, nil
}
