// Package lwtest builds container images out of txtar text, for tests and for
// the example. It is no part of the product: nothing but tests and the small
// commands below this folder may import it.
//
// A txtar file named "1/usr/bin/x" becomes the file usr/bin/x of layer 1.
// Layers count from 0; a number that nothing uses is an empty layer. Files whose
// first element begins with "_" are material for directives, such as the content
// of a zip. The comment before the first file holds directives, one per line and
// carried out in that order once all files stand; a line that begins with # is a
// remark. The table in directives.go is the list of them; testdata/hostile shows
// most.
//
// The same text gives the same bytes.
package lwtest

import (
	"embed"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// Clock is the time at which tests and the example are assessed.
func Clock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

//go:embed testdata/hostile/*.txtar
var hostile embed.FS

// Hostile returns one txtar file for each trap that an image can hold. Its
// comment explains the trap; [Spec.Want] says what a careful reader does.
func Hostile() fs.FS {
	sub, err := fs.Sub(hostile, "testdata/hostile")
	if err != nil {
		panic(err) // the path is a constant that the embedding has checked
	}
	return sub
}

// Layout writes the image that text describes into a new temporary folder and
// returns it: an OCI image layout.
func Layout(t testing.TB, text string) string {
	t.Helper()
	spec := New(t, text)
	dir := filepath.Join(t.TempDir(), "oci")
	if _, err := spec.WriteLayout(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// New parses text and fails the test where it cannot.
func New(t testing.TB, text string) *Spec {
	t.Helper()
	spec, err := Parse(txtar.Parse([]byte(text)))
	if err != nil {
		t.Fatalf("image text: %v", err)
	}
	return spec
}
