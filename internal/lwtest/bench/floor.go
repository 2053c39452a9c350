package main

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// floor reads every layer of a layout: decompress, tar, SHA-256 of every file.
func floor(w io.Writer, dir string) error {
	img, err := openLayout(dir)
	if err != nil {
		return err
	}
	var files, size int64
	for _, l := range img.layers {
		if err := floorLayer(l.path, &files, &size); err != nil {
			return fmt.Errorf("%s: %w", l.path, err)
		}
	}
	_, err = fmt.Fprintf(w, "%d layers, %d files, %d bytes\n", len(img.layers), files, size)
	return err
}

func floorLayer(name string, files, size *int64) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := decompress(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	h, buf := sha256.New(), make([]byte, 128<<10)
	for t := tar.NewReader(plain); ; {
		e, err := t.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, plain)
			return err
		}
		if err != nil {
			return err
		}
		if e.Typeflag != tar.TypeReg {
			continue
		}
		h.Reset()
		// A plain Writer: io.CopyBuffer then uses the buffer.
		n, err := io.CopyBuffer(struct{ io.Writer }{h}, t, buf)
		if err != nil {
			return err
		}
		*files++
		*size += n
	}
}

// decompress undoes what a layer's first bytes say.
func decompress(in *bufio.Reader) (io.ReadCloser, error) {
	head, err := in.Peek(4)
	if err != nil {
		return nil, err
	}
	switch codecOf(head) {
	case codecGzip:
		return gzip.NewReader(in)
	case codecZstd:
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(in), nil
}
