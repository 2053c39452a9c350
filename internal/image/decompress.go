package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/gunzip"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// unpacked is a decompressed stream: what gives its next block, and what frees what the
// decompressor holds.
type unpacked struct {
	next func() (limitio.Block, error)
	stop func()
}

// decompress recognises the compression by its first bytes, as engines do: media
// types are often wrong. enough says that whoever takes the blocks has enough.
func decompress(r io.Reader, enough func() bool) (unpacked, error) {
	head := make([]byte, 6)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return unpacked{}, err
	}
	head = head[:n]
	whole := io.MultiReader(bytes.NewReader(head), r)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gunzip.NewReader(whole, gunzip.Options{Enough: enough, Workers: spare()})
		if err != nil {
			return unpacked{}, err
		}
		return unpacked{func() (limitio.Block, error) {
			b, err := z.Next()
			if err != nil {
				return nil, err // a nil *gunzip.Block is no nil Block
			}
			return b, nil
		}, func() { z.Close() }}, nil
	case isZstd(head):
		return openZstd(whole, 0)
	case bytes.HasPrefix(head, []byte("BZh")), bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return unpacked{}, fmt.Errorf("compressed with bzip2 or xz; save it with gzip or zstd: %w", landwaiter.ErrUnsupported)
	}
	return unpacked{limitio.NewBlocks(whole), func() {}}, nil
}

// spare is how many processors may decode ahead. One is busy with what is in the
// layer, and one decodes in order: where there are no more, decoding ahead takes from
// them what it gives (docs/adr/0010-gzip-on-several-processors.md).
func spare() int {
	if n := runtime.GOMAXPROCS(0) - 2; n > 0 {
		return n
	}
	return -1
}
