package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/gunzip"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// plain is a decompressed stream: what gives its next block, and what frees what the
// decompressor holds.
type plain struct {
	next func() (limitio.Block, error)
	stop func()
}

// decompress recognises the compression by its first bytes, as engines do: media
// types are often wrong. enough says that whoever takes the blocks has enough.
func decompress(r io.Reader, enough func() bool) (plain, error) {
	head := make([]byte, 6)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return plain{}, err
	}
	head = head[:n]
	whole := io.MultiReader(bytes.NewReader(head), r)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gunzip.NewReader(whole, gunzip.Options{Enough: enough})
		if err != nil {
			return plain{}, err
		}
		return plain{func() (limitio.Block, error) {
			b, err := z.Next()
			if err != nil {
				return nil, err // a nil *gunzip.Block is no nil Block
			}
			return b, nil
		}, func() { z.Close() }}, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), len(head) > 3 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}):
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(limitio.MaxWindow))
		if err != nil {
			return plain{}, fmt.Errorf("zstd: %w", err)
		}
		return plain{limitio.NewBlocks(z), z.Close}, nil
	case bytes.HasPrefix(head, []byte("BZh")), bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return plain{}, fmt.Errorf("compressed with bzip2 or xz; save it with gzip or zstd: %w", landwaiter.ErrUnsupported)
	}
	return plain{limitio.NewBlocks(whole), func() {}}, nil
}
