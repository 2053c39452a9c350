package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// layout is an OCI layout that holds one image.
type layout struct {
	dir    string
	layers []blob
}

// blob is a layer as stored.
type blob struct {
	path  string
	codec codec
	size  int64
}

type codec string

const (
	codecGzip codec = "gzip"
	codecZstd codec = "zstd"
	codecNone codec = "none"
)

// codecOf says by its first bytes how a layer is stored.
func codecOf(head []byte) codec {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return codecGzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return codecZstd
	}
	return codecNone
}

func openLayout(dir string) (*layout, error) {
	var index struct{ Manifests []struct{ Digest string } }
	var manifest struct{ Layers []struct{ Digest string } }
	out := &layout{dir: dir}
	if err := decode(filepath.Join(dir, "index.json"), &index); err != nil {
		return nil, err
	}
	if len(index.Manifests) != 1 {
		return nil, fmt.Errorf("%s lists %d images, not one: %w", dir, len(index.Manifests), landwaiter.ErrUnsupported)
	}
	if err := decode(out.blob(index.Manifests[0].Digest), &manifest); err != nil {
		return nil, err
	}
	if len(manifest.Layers) == 0 {
		return nil, fmt.Errorf("%s holds no image of layers, or one for several platforms: %w", dir, landwaiter.ErrUnsupported)
	}
	for _, l := range manifest.Layers {
		b, err := openBlob(out.blob(l.Digest))
		if err != nil {
			return nil, err
		}
		out.layers = append(out.layers, b)
	}
	return out, nil
}

func (l *layout) blob(digest string) string {
	return filepath.Join(l.dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

func openBlob(path string) (blob, error) {
	f, err := os.Open(path)
	if err != nil {
		return blob{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return blob{}, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(f, head); err != nil {
		return blob{}, fmt.Errorf("%s: %w", path, err)
	}
	return blob{path, codecOf(head), info.Size()}, nil
}

func decode(name string, v any) error {
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// of returns the layers that are stored in one way.
func (l *layout) of(c codec) (out []blob) {
	for _, b := range l.layers {
		if b.codec == c {
			out = append(out, b)
		}
	}
	return out
}

func (l *layout) String() string {
	var total, most int64
	for _, b := range l.layers {
		total += b.size
		most = max(most, b.size)
	}
	return fmt.Sprintf("%d layers, %.0f MB as stored, %.0f %% of them in one layer", len(l.layers), float64(total)/1e6, 100*float64(most)/float64(total))
}

// warm reads every layer once, so that the first run does not pay for the disk.
func (l *layout) warm() error {
	for _, b := range l.layers {
		f, err := os.Open(b.path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
