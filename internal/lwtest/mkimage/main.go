// Mkimage builds a container image out of a txtar file; see internal/lwtest.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

const usage = `usage: mkimage [-format FORMAT] FILE.txtar OUT

Builds the image that FILE.txtar describes and prints its digest. FORMAT is
  oci             a folder with an OCI image layout (the default)
  oci-archive     the same as one tar archive
  docker-archive  what "docker save" writes; the digest is then the image ID
OUT must not exist.
`

func main() {
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	format := flag.String("format", "oci", "oci, oci-archive or docker-archive")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	digest, err := build(*format, flag.Arg(0), flag.Arg(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "mkimage:", err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

// build writes the image that the txtar file in describes to out, which must not
// exist, and returns its digest.
func build(format, in, out string) (string, error) {
	ar, err := txtar.ParseFile(in)
	if err != nil {
		return "", err
	}
	spec, err := lwtest.Parse(ar)
	if err != nil {
		return "", fmt.Errorf("%s: %w", in, err)
	}
	if _, err := os.Lstat(out); err == nil {
		return "", fmt.Errorf("%s exists already; name a new one", out)
	}
	switch format {
	case "oci":
		return spec.WriteLayout(out)
	case "oci-archive":
		return toFile(out, spec.WriteOCIArchive)
	case "docker-archive":
		return toFile(out, func(w io.Writer) (string, error) { return spec.WriteDockerArchive(w, false) })
	}
	return "", fmt.Errorf("-format is %q; it must be oci, oci-archive or docker-archive", format)
}

// toFile writes to a temporary name and renames at the end.
func toFile(out string, write func(io.Writer) (string, error)) (string, error) {
	f, err := os.Create(out + ".tmp")
	if err != nil {
		return "", err
	}
	digest, err := write(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(out+".tmp"))
	}
	return digest, os.Rename(out+".tmp", out)
}
