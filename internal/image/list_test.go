package image_test

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

const baseText = "tag base\n-- 0/etc/base --\nbase\n"

const childText = `tag child
config {"Labels":{"org.opencontainers.image.base.name":"registry.example/base:1","org.opencontainers.image.base.digest":"sha256:ab"}}
missing-layer 1
-- 0/etc/base --
base
-- 1/etc/child --
child
`

// joined is a layout with a base, a child of it whose own layer is missing, and an
// image for another platform.
func joined(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "both")
	arm := "tag arm\nplatform linux/arm64 linux/s390x\n-- 0/a --\na\n"
	if err := lwtest.Join(dir, lwtest.Layout(t, baseText), lwtest.Layout(t, childText), lwtest.Layout(t, arm)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestList: every image of a layout is listed by its configuration alone, and its
// reference opens it.
func TestList(t *testing.T) {
	dir := joined(t)
	for _, ref := range []string{dir, "oci:" + dir, "oci:" + dir + ":child"} {
		list, err := image.List(t.Context(), ref, image.Options{})
		if err != nil || len(list) != 2 {
			t.Fatalf("%s: %d images, %v", ref, len(list), err)
		}
		base, child := list[0], list[1]
		if base.Reference != "oci:"+dir+":base" || child.Reference != "oci:"+dir+":child" || len(base.Layers) != 1 || len(child.Layers) != 2 || base.Layers[0].DiffID != child.Layers[0].DiffID {
			t.Errorf("%s: %+v", ref, list)
		}
		if s := subject(t, child.Reference, image.Options{}); s.Digest != child.Digest || s.Digest == "" {
			t.Errorf("%s opens %s, want %s", child.Reference, s.Digest, child.Digest)
		}
	}
	list, err := image.List(t.Context(), dir, image.Options{Platform: "linux/arm64"})
	if err != nil || len(list) != 1 || !strings.HasSuffix(list[0].Reference, ":arm") {
		t.Errorf("arm64: %+v, %v", list, err)
	}
}

// TestListOther: archives list by their own names; what holds one image gives that.
func TestListOther(t *testing.T) {
	spec := lwtest.New(t, small)
	dir := t.TempDir()
	for name, fill := range map[string]func(io.Writer) error{
		"docker.tar":    func(w io.Writer) error { _, err := spec.WriteDockerArchive(w, false); return err },
		"docker.tar.gz": func(w io.Writer) error { _, err := spec.WriteDockerArchive(w, true); return err },
		"oci.tar":       func(w io.Writer) error { _, err := spec.WriteOCIArchive(w); return err },
	} {
		file := write(t, filepath.Join(dir, name), fill)
		list, err := image.List(t.Context(), file, image.Options{})
		if err != nil || len(list) != 1 || len(list[0].Layers) != 3 || list[0].Layers[2].DiffID == "" {
			t.Errorf("%s: %+v, %v", name, list, err)
			continue
		}
		if s := subject(t, list[0].Reference, image.Options{}); s.ImageID != list[0].ImageID {
			t.Errorf("%s: %s opens another image", name, list[0].Reference)
		}
	}
	if list, err := image.List(t.Context(), "dir:"+dir, image.Options{}); err != nil || len(list) != 1 || list[0].Kind != landwaiter.SubjectFolder {
		t.Errorf("a folder: %+v, %v", list, err)
	}
	for ref, want := range map[string]error{"oci:" + dir + "/none": landwaiter.ErrNotFound, dir + "/none.tar": landwaiter.ErrNotFound, "": landwaiter.ErrInvalid} {
		if _, err := image.List(t.Context(), ref, image.Options{}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", ref, err, want)
		}
	}
}

// TestFirstLayers: an image can be opened as if it ended after some layers; the
// others are not needed.
func TestFirstLayers(t *testing.T) {
	dir := joined(t)
	files, odd, err := visible(t.Context(), "oci:"+dir+":child", image.Options{Layers: 1})
	if err != nil || odd != 0 || len(files) != 1 || files["etc/base"] != "base\n" {
		t.Errorf("%v, %d odd, %v", files, odd, err)
	}
	if s := subject(t, "oci:"+dir+":child", image.Options{Layers: 1}); len(s.Layers) != 1 || s.Fingerprint() != "" || !strings.HasSuffix(s.Reference, "(its first 1 of 2 layers)") {
		t.Errorf("%+v", s)
	}
	spec := lwtest.New(t, small)
	for _, gz := range []bool{false, true} {
		file := write(t, filepath.Join(t.TempDir(), "docker.tar"), func(w io.Writer) error { _, err := spec.WriteDockerArchive(w, gz); return err })
		if files, _, err := visible(t.Context(), file, image.Options{Layers: 1}); err != nil || files["etc/motd"] != "hello\n" || len(files) != 3 {
			t.Errorf("archive: %v, %v", files, err)
		}
	}
	for n, want := range map[int]error{3: landwaiter.ErrInvalid, -1: landwaiter.ErrInvalid} {
		if _, err := image.Open(t.Context(), "oci:"+dir+":child", image.Options{Layers: n}); !errors.Is(err, want) || !strings.Contains(err.Error(), "it has 2 layers") {
			t.Errorf("%d layers: %v", n, err)
		}
	}
	if _, err := image.Open(t.Context(), "dir:"+dir, image.Options{Layers: 1}); !errors.Is(err, landwaiter.ErrUnsupported) {
		t.Errorf("a folder: %v", err)
	}
}

// TestBase: what an image says it was built on is its claim, from its labels.
func TestBase(t *testing.T) {
	im, err := image.Open(t.Context(), "oci:"+joined(t)+":child", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	if got := im.Base(); got != (image.Base{Name: "registry.example/base:1", Digest: "sha256:ab"}) {
		t.Errorf("%+v", got)
	}
}
