package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// kind is how large an image is made.
type kind struct {
	contents int // each file's content so many times over
	copies   int // the same files in so many folders
}

// part is some of Go's own files, and the layer that they go to. Real text and real
// programs compress, and are recognised, as those of a real image are.
type part struct {
	layer  int
	folder string
	most   int64 // bytes to take, in order of names; 0 is all
}

// The first layer is a small Debian, and the second holds about four fifths of the
// bytes, as in an image of a research project.
var parts = []part{
	{1, "pkg/tool", 0},
	{1, "src", 35 << 20},
	{1, "test", 15 << 20},
	{2, "bin", 0},
	{3, "api", 8 << 20},
	{3, "doc", 0},
	{3, "lib", 0},
}

// The numbers of packages in the first layer.
const (
	systemPackages = 400
	pythonPackages = 200
)

// makeImage writes an image to dir, which it makes: the same bytes for one version
// of Go.
func makeImage(ctx context.Context, dir string, k kind) error {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("asking go where its files are: %w", err)
	}
	return makeFrom(strings.TrimSpace(string(out)), dir, k)
}

// makeFrom makes it of the files below root.
func makeFrom(root, dir string, k kind) error {
	spec, err := lwtest.Parse(txtar.Parse([]byte(baseLayer())))
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.add(spec, root, k); err != nil {
			return err
		}
	}
	_, err = spec.WriteLayout(dir)
	return err
}

// add adds a part's files.
func (p part) add(spec *lwtest.Spec, root string, k kind) error {
	// Distributions link some of these folders to other places.
	from, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(p.folder)))
	if err != nil {
		return err
	}
	left := p.most
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if left -= info.Size(); p.most > 0 && left < 0 {
			return filepath.SkipAll
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		for i := range k.copies {
			to := path.Join("opt", fmt.Sprintf("go%d", i+1), p.folder, filepath.ToSlash(rel))
			mode := int64(info.Mode().Perm()&0o111 | 0o644)
			open := func() io.Reader { return &times{name: name, n: k.contents} }
			if err := spec.Add(p.layer, to, mode, info.Size()*int64(k.contents), open); err != nil {
				return err
			}
		}
		return nil
	})
}

// times reads a file n times over.
type times struct {
	name string
	n    int
	f    *os.File
}

func (t *times) Read(b []byte) (int, error) {
	for {
		if t.f == nil {
			if t.n == 0 {
				return 0, io.EOF
			}
			f, err := os.Open(t.name)
			if err != nil {
				return 0, err
			}
			t.f, t.n = f, t.n-1
		}
		n, err := t.f.Read(b)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		err = t.f.Close()
		t.f = nil
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// baseLayer is a small Debian with packages of its own and of Python.
func baseLayer() string {
	var b, status strings.Builder
	b.WriteString("codec 3 zstd\n-- 0/etc/os-release --\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")
	for i := range systemPackages {
		name := fmt.Sprintf("libsample%03d", i)
		fmt.Fprintf(&status, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d-2+deb12u1\nSource: sample\nMaintainer: Sample\nDescription: sample number %d\n\n", name, i, i)
		fmt.Fprintf(&b, "-- 0/var/lib/dpkg/info/%s.list --\n/.\n/usr/share/doc/%s/copyright\n", name, name)
		fmt.Fprintf(&b, "-- 0/usr/share/doc/%s/copyright --\nSample number %d may be copied.\n", name, i)
	}
	for i := range pythonPackages {
		at := fmt.Sprintf("0/usr/lib/python3/dist-packages/sample%03d", i)
		fmt.Fprintf(&b, "-- %s-2.%d.dist-info/METADATA --\nMetadata-Version: 2.1\nName: sample%03d\nVersion: 2.%d\n", at, i, i, i)
		fmt.Fprintf(&b, "-- %s/__init__.py --\ndef number():\n    return %d\n", at, i)
	}
	return b.String() + "-- 0/var/lib/dpkg/status --\n" + status.String()
}
