package image_test

import (
	"compress/gzip"
	"errors"
	"io"
	"log"
	"os"
	"testing"
)

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

func gzipped(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, name+".gz", func(w io.Writer) error {
		z := gzip.NewWriter(w)
		_, err := z.Write(data)
		return errors.Join(err, z.Close())
	})
}
