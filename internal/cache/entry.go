package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
)

// magic begins every entry. Behind it stand the SHA-256 of all that follows; the
// length of the key and the key; the value, compressed; and the value's length. All
// lengths are little-endian.
const magic = "landwaiter cache 1\n"

const (
	atRest    = len(magic) + sha256.Size // where what the sum is of begins
	keyBytes  = 4                        // the length of the key
	sizeBytes = 8                        // the length of the value
)

// maxValue is the largest value that is kept. What a layer of a million files says is
// read again sooner than it is loaded.
const maxValue = 256 << 20

// window is what the compressor looks back: more costs memory, and gains little.
const window = 1 << 20

// temporary begins the names of files that are being written.
const temporary = "tmp-"

// errNoEntry: what stands there is not the entry, whole.
var errNoEntry = errors.New("no entry")

// entryName is the name of the file that holds key.
func entryName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// isEntry reports whether name is one of ours.
func isEntry(name string) bool {
	return len(name) == hex.EncodedLen(sha256.Size) && strings.Trim(name, "0123456789abcdef") == ""
}

// readEntry reads the value under key. It fails with errNoEntry where something else
// stands there, or not all of it.
func readEntry(place, key string) ([]byte, error) {
	data, err := readFile(place)
	if err != nil {
		return nil, err
	}
	if len(data) < atRest+keyBytes+sizeBytes || string(data[:len(magic)]) != magic {
		return nil, errNoEntry
	}
	rest := data[atRest:]
	if sum := sha256.Sum256(rest); !bytes.Equal(sum[:], data[len(magic):atRest]) {
		return nil, errNoEntry
	}
	n := int64(binary.LittleEndian.Uint32(rest))
	size := binary.LittleEndian.Uint64(rest[len(rest)-sizeBytes:])
	packed := rest[keyBytes : len(rest)-sizeBytes]
	if n > int64(len(packed)) || string(packed[:n]) != key || size > maxValue {
		return nil, errNoEntry
	}
	value, err := unpack(packed[n:], size)
	if err != nil || uint64(len(value)) != size {
		return nil, errNoEntry
	}
	return value, nil
}

// readFile reads a file of ours, and follows no link to another.
func readFile(place string) ([]byte, error) {
	f, err := os.OpenFile(place, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENXIO): // a link, a socket
		return nil, errNoEntry
	case err != nil:
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	who, ok := st.Sys().(*syscall.Stat_t)
	if !st.Mode().IsRegular() || st.Size() > maxValue || ok && int(who.Uid) != os.Geteuid() {
		return nil, errNoEntry
	}
	data := make([]byte, st.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, errNoEntry
	}
	return data, nil
}

func unpack(packed []byte, size uint64) ([]byte, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxValue))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.DecodeAll(packed, make([]byte, 0, size))
}

// writeEntry writes an entry and returns what it takes on disk. It fails with
// landwaiter.ErrTooLarge where the value is larger than is kept.
func writeEntry(place, key string, now time.Time, write func(io.Writer) error) (size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(place), temporary)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = errors.Join(fill(f, key, write), f.Close())
	if err != nil {
		return 0, err
	}
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return 0, err
	}
	st, err := os.Lstat(f.Name())
	if err != nil {
		return 0, err
	}
	if err := os.Rename(f.Name(), place); err != nil {
		return 0, err
	}
	return onDisk(st), nil
}

// fill writes what an entry holds. The sum goes in last: until then it is no entry.
func fill(f *os.File, key string, write func(io.Writer) error) error {
	h := sha256.New()
	if _, err := f.Seek(int64(atRest), io.SeekStart); err != nil {
		return err
	}
	out := io.MultiWriter(f, h)
	if _, err := out.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(key))), key...)); err != nil {
		return err
	}
	z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false))
	if err != nil {
		return err
	}
	value := &counted{w: z}
	if err := errors.Join(write(value), z.Close()); err != nil {
		return err
	}
	if _, err := out.Write(binary.LittleEndian.AppendUint64(nil, uint64(value.n))); err != nil {
		return err
	}
	_, err = f.WriteAt(h.Sum([]byte(magic)), 0)
	return err
}

// counted counts the bytes of a value, and takes no more than are kept.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	if c.n += int64(len(p)); c.n > maxValue {
		return 0, fmt.Errorf("more than %d bytes: %w", maxValue, landwaiter.ErrTooLarge)
	}
	return c.w.Write(p)
}

// onDisk is what a file takes, about: small ones take a block.
func onDisk(st fs.FileInfo) int64 {
	const block = 4096
	return (st.Size() + block - 1) / block * block
}
