package lwtest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// eachHostile calls f with every hostile text but the big ones, which take
// seconds.
func eachHostile(t *testing.T, f func(t *testing.T, text string)) {
	t.Helper()
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d hostile images, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			if strings.HasPrefix(name, "bomb-") && name != "bomb-nested.txtar" {
				t.Skip("big: see TestBombs")
			}
			data, err := fs.ReadFile(lwtest.Hostile(), name)
			if err != nil {
				t.Fatal(err)
			}
			f(t, string(data))
		})
	}
}

// libraryDiffers says where the registry library judges otherwise than a careful
// reader does, and why.
var libraryDiffers = map[string]string{
	"codecs":           "it takes every layer for gzip",
	"corrupt-manifest": "it does not hold a manifest against its digest",
	"duplicate-names":  "it refuses them; runtimes take the last",
}

func TestHostileAgainstRegistryLibrary(t *testing.T) {
	eachHostile(t, func(t *testing.T, text string) {
		spec := lwtest.New(t, text)
		want := spec.Want()
		if want.Outcome == "" {
			t.Fatal("no expect line")
		}
		err := validateLayout(lwtest.Layout(t, text))
		differs := want.Outcome == "refused" && err == nil || want.Outcome == "read" && err != nil
		if why := libraryDiffers[path.Base(t.Name())]; differs != (why != "") {
			t.Errorf("want %s (%s); the registry library says %v; known difference: %q", want.Outcome, want.Reason, err, why)
		}
	})
}

// validateLayout opens every image of a layout and has the registry library
// check it.
func validateLayout(dir string) error {
	ix, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return err
	}
	return validate.Index(ix)
}

func TestVisibleAgainstRegistryLibrary(t *testing.T) {
	// mutate.Extract joins layers as go-containerregistry understands them. It
	// goes from the top layer down and takes the first of a name.
	cannot := map[string]string{
		"duplicate-names":     "it takes the first of several entries",
		"folder-becomes-link": "it lets a whiteout hide what its own layer adds",
		"hardlinks":           "it gives links without content",
		"links-out-of-root":   "it drops links that climb out of the root",
		"removed-and-back":    "it removes what the same layer adds",
	}
	eachHostile(t, func(t *testing.T, text string) {
		want := lwtest.New(t, text).Want().Visible
		if want == nil {
			t.Skip("the text does not say what is visible")
		}
		got, err := extract(firstImage(t, lwtest.Layout(t, text)))
		for p, content := range want {
			if c, ok := got[p]; ok && content == "*" {
				want[p] = c
			}
		}
		diff := cmp.Diff(want, got)
		if why := cannot[path.Base(t.Name())]; (diff != "" || err != nil) != (why != "") {
			t.Errorf("visible files (-want +got), error %v, known difference %q:\n%s", err, why, diff)
		}
	})
}

func extract(im v1.Image) (map[string]string, error) {
	r := mutate.Extract(im)
	defer func() { _ = r.Close() }() // nothing is written
	out := map[string]string{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		switch h.Typeflag {
		case tar.TypeReg:
			data, err := io.ReadAll(tr)
			if err != nil {
				return out, err
			}
			out[path.Clean(h.Name)] = string(data)
		case tar.TypeSymlink:
			out[path.Clean(h.Name)] = "-> " + h.Linkname
		}
	}
}

// firstImage returns the first image of a layout, inside an index where there is
// one.
func firstImage(t *testing.T, dir string) v1.Image {
	t.Helper()
	ix, err := layout.ImageIndexFromPath(dir)
	for err == nil {
		var m *v1.IndexManifest
		if m, err = ix.IndexManifest(); err != nil {
			break
		}
		d := m.Manifests[0]
		if d.MediaType.IsImage() {
			var im v1.Image
			if im, err = ix.Image(d.Digest); err == nil {
				return im
			}
			break
		}
		ix, err = ix.ImageIndex(d.Digest)
	}
	t.Fatal(err)
	return empty.Image
}

func TestArchives(t *testing.T) {
	text := "tag demo\nconfig {\"User\":\"researcher\"}\ncodec 1 gzip-multi\n-- 0/a --\na\n-- 1/b --\nb\n"
	spec := lwtest.New(t, text)
	for _, gz := range []bool{false, true} {
		var b bytes.Buffer
		id, err := spec.WriteDockerArchive(&b, gz)
		if err != nil {
			t.Fatal(err)
		}
		im, err := tarball.Image(func() (io.ReadCloser, error) {
			r := io.Reader(bytes.NewReader(b.Bytes()))
			if !gz {
				return io.NopCloser(r), nil
			}
			return gzip.NewReader(r)
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(im); err != nil {
			t.Errorf("docker archive, compressed %t: %v", gz, err)
		}
		if got, err := im.ConfigName(); err != nil || got.String() != id {
			t.Errorf("image ID %s, the library says %s, %v", id, got, err)
		}
		if c, err := im.ConfigFile(); err != nil || c.Config.User != "researcher" || len(c.RootFS.DiffIDs) != 2 {
			t.Errorf("configuration %+v, %v", c, err)
		}
	}

	var b bytes.Buffer
	digest, err := spec.WriteOCIArchive(&b)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, e := range tarEntries(t, b.Bytes()) {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, e.data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := validateLayout(dir); err != nil {
		t.Errorf("OCI archive: %v", err)
	}
	if got, err := firstImage(t, dir).Digest(); err != nil || got.String() != digest {
		t.Errorf("digest %s, the library says %s, %v", digest, got, err)
	}
}

func TestSkopeo(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skopeo is not installed")
	}
	text := "tag demo\ncodec 1 zstd\ncodec 2 gzip-multi\n-- 0/a --\na\n-- 1/b --\nb\n-- 2/c --\nc\n"
	dir := filepath.Join(t.TempDir(), "oci")
	digest, err := lwtest.New(t, text).WriteLayout(dir)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), skopeo, "inspect", "--format", "{{.Digest}} {{.Os}}/{{.Architecture}} {{len .Layers}}", "oci:"+dir+":demo").CombinedOutput()
	if err != nil {
		t.Fatalf("skopeo: %v\n%s", err, out)
	}
	if got := strings.TrimSpace(string(out)); got != digest+" linux/amd64 3" {
		t.Errorf("skopeo says %q, want digest %s", got, digest)
	}
}

// TestFlippedByte checks that just one blob is not what its name says, where one
// byte is meant to differ.
func TestFlippedByte(t *testing.T) {
	for line, want := range map[string]int{"": 0, "corrupt-layer 0 7": 1, "corrupt-config -5": 1, "corrupt-manifest 60": 1, "truncate-layer 0 1": 1} {
		dir := lwtest.Layout(t, line+"\n-- 0/a --\na\n")
		wrong := 0
		for name, data := range read(t, os.DirFS(filepath.Join(dir, "blobs", "sha256"))) {
			if sum := sha256.Sum256([]byte(data)); hex.EncodeToString(sum[:]) != name {
				wrong++
			}
		}
		if wrong != want {
			t.Errorf("%q: %d blobs are not what their names say, want %d", line, wrong, want)
		}
	}
}

// TestBombs builds the big ones: they must take little space.
func TestBombs(t *testing.T) {
	for name, most := range map[string]int64{"bomb-gzip": 1 << 17, "bomb-zstd": 1 << 14, "bomb-sparse": 1 << 12} {
		data, err := fs.ReadFile(lwtest.Hostile(), name+".txtar")
		if err != nil {
			t.Fatal(err)
		}
		var stored int64
		err = filepath.WalkDir(lwtest.Layout(t, string(data)), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			stored += info.Size()
			return err
		})
		if err != nil || stored > most {
			t.Errorf("%s takes %d bytes, want at most %d; %v", name, stored, most, err)
		}
	}
}
