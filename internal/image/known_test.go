package image_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

const threeLayers = "-- 0/a --\naaaa\n-- 1/b --\nbb\n-- 2/c --\ncccccccc\n"

// places writes one image in every place that holds files.
func places(t *testing.T, text string) map[string]string {
	t.Helper()
	spec, dir := lwtest.New(t, text), t.TempDir()
	oci := filepath.Join(dir, "oci")
	if _, err := spec.WriteLayout(oci); err != nil {
		t.Fatal(err)
	}
	ociTar := write(t, filepath.Join(dir, "oci.tar"), func(w io.Writer) error { _, err := spec.WriteOCIArchive(w); return err })
	docker := write(t, filepath.Join(dir, "docker.tar"), func(w io.Writer) error { _, err := spec.WriteDockerArchive(w, false); return err })
	return map[string]string{
		"oci": "oci:" + oci, "oci-archive": "oci-archive:" + ociTar, "oci-archive gzipped": "oci-archive:" + gzipped(t, ociTar),
		"docker-archive": "docker-archive:" + docker, "docker-archive gzipped": "docker-archive:" + gzipped(t, docker),
	}
}

func openImage(t *testing.T, ref string, opt image.Options) *image.Image {
	t.Helper()
	im, err := image.Open(t.Context(), ref, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { im.Close() })
	return im
}

// TestCheckAndSkip: a layer that is known is checked, or passed over, in every place,
// and the subject is the same as if it had been read.
func TestCheckAndSkip(t *testing.T) {
	for name, ref := range places(t, threeLayers) {
		t.Run(name, func(t *testing.T) {
			read := openImage(t, ref, image.Options{})
			if err := read.Walk(t.Context(), func(_ context.Context, l *image.Layer) error {
				_, _, _, err := collect(l)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			want := read.Subject().Layers
			for how, end := range map[string]func(l *image.Layer) error{
				"check": func(l *image.Layer) error { return l.Check(8) },
				"skip":  func(l *image.Layer) error { return l.Skip(want[l.Indexes[0]].Unpacked, 8) },
				"one of each": func(l *image.Layer) error {
					switch l.Indexes[0] {
					case 0:
						return l.Check(8)
					case 1:
						return l.Skip(want[1].Unpacked, 8)
					}
					_, _, _, err := collect(l)
					return err
				},
			} {
				im := openImage(t, ref, image.Options{})
				var mu sync.Mutex
				seen := 0
				err := im.Walk(t.Context(), func(_ context.Context, l *image.Layer) error {
					mu.Lock()
					seen++
					mu.Unlock()
					if l.Want().DiffID != want[l.Indexes[0]].DiffID {
						t.Errorf("%s: a layer of DiffID %s", how, l.Want().DiffID)
					}
					return end(l)
				})
				if err != nil || seen != 3 {
					t.Errorf("%s: %d layers, %v", how, seen, err)
				}
				for i, l := range im.Subject().Layers {
					if l != want[i] {
						t.Errorf("%s: layer %+v, want %+v", how, l, want[i])
					}
				}
				if read, total := im.Progress(); read != total {
					t.Errorf("%s: progress %d of %d", how, read, total)
				}
			}
		})
	}
}

// TestCapsCountWhatIsNotRead: an image that is too large is so, however much of it is
// known.
func TestCapsCountWhatIsNotRead(t *testing.T) {
	ref := places(t, threeLayers)["oci"]
	for how, end := range map[string]func(l *image.Layer) error{
		"skip":              func(l *image.Layer) error { return l.Skip(600, 1) },
		"skip, by content":  func(l *image.Layer) error { return l.Skip(1, 600) },
		"check, by content": func(l *image.Layer) error { return l.Check(1 << 40) },
		"skip, below zero":  func(l *image.Layer) error { return l.Skip(-1, 1) },
		"check":             func(l *image.Layer) error { return l.Check(1) },
	} {
		im := openImage(t, ref, image.Options{MaxUnpacked: 1000, Parallel: 1})
		err := im.Walk(t.Context(), func(_ context.Context, l *image.Layer) error { return end(l) })
		if !errors.Is(err, landwaiter.ErrTooLarge) {
			t.Errorf("%s: %v", how, err)
		}
	}
}

// TestSkipWantsTheBlob: a layer that is not there, or has another size, is missed
// without being read, in the words of today.
func TestSkipWantsTheBlob(t *testing.T) {
	skip := func(dir string) error {
		im, err := image.Open(t.Context(), "oci:"+dir, image.Options{Parallel: 1})
		if err != nil {
			return err
		}
		defer im.Close()
		return im.Walk(t.Context(), func(_ context.Context, l *image.Layer) error { return l.Skip(1, 1) })
	}
	dir := lwtest.Layout(t, threeLayers)
	im := openImage(t, "oci:"+dir, image.Options{})
	blob := filepath.Join(dir, "blobs", strings.Replace(im.Subject().Layers[1].Digest, ":", "/", 1))
	if err := skip(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blob, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := skip(dir); !errors.Is(err, landwaiter.ErrDigest) || !strings.Contains(err.Error(), "layer 2 of 3") {
		t.Errorf("a short blob: %v", err)
	}
	if err := os.Remove(blob); err != nil {
		t.Fatal(err)
	}
	if err := skip(dir); !errors.Is(err, landwaiter.ErrNotFound) || !strings.Contains(err.Error(), "layer 2 of 3") || !strings.Contains(err.Error(), "the layout lacks it") {
		t.Errorf("no blob: %v", err)
	}
}

// TestCheckRefusesWhatReadingRefuses: every trap whose digests are wrong is refused
// by a check as well.
func TestCheckRefusesWhatReadingRefuses(t *testing.T) {
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, name := range names {
		text, err := fs.ReadFile(lwtest.Hostile(), name)
		if err != nil {
			t.Fatal(err)
		}
		spec := lwtest.New(t, string(text))
		dir := filepath.Join(t.TempDir(), "oci")
		if _, err := spec.WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		walk := func(end func(l *image.Layer) error) error {
			im, err := image.Open(t.Context(), "oci:"+dir, image.Options{MaxUnpacked: spec.Want().Cap})
			if err != nil {
				return nil //nolint:nilerr // refused before any layer
			}
			defer im.Close()
			return im.Walk(t.Context(), func(_ context.Context, l *image.Layer) error { return end(l) })
		}
		read := walk(func(l *image.Layer) error { _, _, _, err := collect(l); return err })
		checked := walk(func(l *image.Layer) error { return l.Check(0) })
		if read == nil && checked != nil {
			t.Errorf("%s is read, and a check says %v", name, checked)
		}
		if errors.Is(read, landwaiter.ErrDigest) {
			if refused++; !errors.Is(checked, landwaiter.ErrDigest) {
				t.Errorf("%s is refused with %v, and a check says %v", name, read, checked)
			}
		}
	}
	if refused < 5 {
		t.Errorf("only %d traps have a wrong digest", refused)
	}
}

// TestVisitMustEndALayer: whoever does nothing with a layer has not read it.
func TestVisitMustEndALayer(t *testing.T) {
	im := openImage(t, "oci:"+lwtest.Layout(t, threeLayers), image.Options{})
	err := im.Walk(t.Context(), func(context.Context, *image.Layer) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "not read to its end") {
		t.Errorf("%v", err)
	}
}
