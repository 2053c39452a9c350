package image_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

const small = `tag demo
codec 1 zstd
codec 2 none
symlink 0/bin usr/bin
remove 1/etc/motd
config {"User":"1000","Env":["TOKEN=a=b"],"Entrypoint":["/usr/bin/tool"]}
-- 0/etc/motd --
hello
-- 0/usr/bin/tool --
#!/bin/sh
-- 1/usr/bin/other --
#!/bin/sh
-- 2/opt/last --
last
`

var smallVisible = map[string]string{
	"bin": "-> usr/bin", "usr/bin/tool": "#!/bin/sh\n", "usr/bin/other": "#!/bin/sh\n", "opt/last": "last\n",
}

// TestSources reads one image from every kind of place: the same files, and the
// same digest wherever the place keeps the manifest.
func TestSources(t *testing.T) {
	spec := lwtest.New(t, small)
	dir := t.TempDir()
	oci := filepath.Join(dir, "oci")
	digest, err := spec.WriteLayout(oci)
	if err != nil {
		t.Fatal(err)
	}
	ociTar := write(t, filepath.Join(dir, "oci.tar"), func(w io.Writer) error { _, err := spec.WriteOCIArchive(w); return err })
	ociGz := gzipped(t, ociTar)
	dockerTar := write(t, filepath.Join(dir, "docker.tar"), func(w io.Writer) error { _, err := spec.WriteDockerArchive(w, false); return err })
	dockerGz := write(t, filepath.Join(dir, "docker.tar.gz"), func(w io.Writer) error { _, err := spec.WriteDockerArchive(w, true); return err })
	host := pushed(t, oci)
	engine(t, dockerTar)

	id := subject(t, "oci:"+oci, image.Options{}).ImageID
	for ref, want := range map[string]string{
		"oci:" + oci:                  digest,
		"oci:" + oci + ":demo":        digest,
		oci:                           digest,
		"oci-archive:" + ociTar:       digest,
		ociTar:                        digest,
		"oci-archive:" + ociGz:        digest,
		"docker-archive:" + dockerTar: "",
		dockerGz:                      "",
		host + "/team/tool:demo":      digest,
		host + "/team/tool@" + digest: digest,
		"docker-daemon:team/tool:1.2": "",
	} {
		opt := image.Options{Insecure: strings.HasPrefix(ref, host)}
		got, odd, err := visible(t.Context(), ref, opt)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		if diff := cmp.Diff(smallVisible, got); diff != "" || odd != 0 {
			t.Errorf("%s: %d odd things, visible (-want +got):\n%s", ref, odd, diff)
		}
		s := subject(t, ref, opt)
		if s.Digest != want || s.ImageID != id || len(s.Layers) != 3 || s.Config.User != "1000" || len(s.Config.Env) != 1 || s.Config.Env[0] != "TOKEN" {
			t.Errorf("%s: digest %q, want %q; image %q, want %q; %d layers; user %q; env %q, want names only", ref, s.Digest, want, s.ImageID, id, len(s.Layers), s.Config.User, s.Config.Env)
		}
	}
}

func subject(t *testing.T, ref string, opt image.Options) landwaiter.Subject {
	t.Helper()
	im, err := image.Open(t.Context(), ref, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	return im.Subject()
}

func write(t *testing.T, name string, fill func(io.Writer) error) string {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fill(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// pushed serves a registry on loopback that holds the layout's image.
func pushed(t *testing.T, oci string) string {
	t.Helper()
	srv := httptest.NewServer(registry.New(registry.Logger(discard())))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	push(t, oci, u.Host)
	return u.Host
}

// push puts the layout's image into the registry, as team/tool:demo.
func push(t *testing.T, oci, host string) {
	t.Helper()
	index, err := layout.ImageIndexFromPath(oci)
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	img, err := index.Image(m.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := crane.Push(img, host+"/team/tool:demo", crane.Insecure); err != nil {
		t.Fatal(err)
	}
}

// engine answers as a Docker engine does for the one image it has.
func engine(t *testing.T, archive string) {
	t.Helper()
	sock := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /images/team/tool:1.2/get", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, archive) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"message":"No such image"}`)
	})
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	t.Setenv("DOCKER_HOST", "unix://"+sock)
}

// TestRefusals names the subject, what is wrong, and what to do.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	two := filepath.Join(dir, "two")
	if _, err := lwtest.New(t, "platform linux/amd64 linux/arm64\n-- 0/a --\na\n").WriteLayout(two); err != nil {
		t.Fatal(err)
	}
	junk := write(t, filepath.Join(dir, "junk.tar"), func(w io.Writer) error { _, err := io.WriteString(w, strings.Repeat("junk", 1000)); return err })
	empty := write(t, filepath.Join(dir, "empty.tar"), func(io.Writer) error { return nil })
	host := pushed(t, lwtest.Layout(t, small))
	engine(t, junk)
	for _, c := range []struct {
		ref  string
		opt  image.Options
		kind error
		says string
	}{
		{"", image.Options{}, landwaiter.ErrInvalid, "no subject is named"},
		{"oci:", image.Options{}, landwaiter.ErrInvalid, "names nothing"},
		{"oci:" + dir + "/missing", image.Options{}, landwaiter.ErrNotFound, "no such folder"},
		{"oci:" + two + ":other", image.Options{}, landwaiter.ErrNotFound, `no image is tagged "other"; it has ["demo"]`},
		{"oci:" + two, image.Options{Platform: "linux/s390x"}, landwaiter.ErrNotFound, "only for linux/amd64, linux/arm64; name one with --platform"},
		{"oci:" + two, image.Options{Platform: "linux"}, landwaiter.ErrInvalid, "is not os/arch"},
		{"oci:" + dir, image.Options{}, landwaiter.ErrInvalid, "no index.json"},
		{"oci-archive:" + junk, image.Options{}, landwaiter.ErrInvalid, "copy it again"},
		{"docker-archive:" + empty, image.Options{}, landwaiter.ErrInvalid, "no archive of an image"},
		{"./missing.tar", image.Options{}, landwaiter.ErrNotFound, "no such file"},
		{"dir:" + dir + "/missing", image.Options{}, landwaiter.ErrNotFound, "no such folder"},
		{"Not A Name", image.Options{}, landwaiter.ErrInvalid, "Not A Name"},
		{host + "/team/tool:demo", image.Options{}, nil, ""}, // filled in below
		{host + "/team/tool:none", image.Options{Insecure: true}, landwaiter.ErrNotFound, "no such image"},
		{"registry.example/team/tool:1", image.Options{Insecure: true}, landwaiter.ErrInvalid, "loopback"},
		{"docker-daemon:team/none:1", image.Options{}, landwaiter.ErrNotFound, `no image "team/none:1"`},
	} {
		im, err := image.Open(t.Context(), c.ref, c.opt)
		if err == nil {
			im.Close()
			t.Errorf("%q: no error", c.ref)
			continue
		}
		if c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.ref) {
			t.Errorf("%q: %v; want %v and %q", c.ref, err, c.kind, c.says)
		}
	}
}

// TestFolder reads a folder: links are recorded and not followed.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a/one": "1\n", "b/two": "2\n"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("/etc", filepath.Join(dir, "out")), os.Link(filepath.Join(dir, "a/one"), filepath.Join(dir, "b/same"))); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a/one": "1\n", "b/two": "2\n", "b/same": "1\n", "out": "-> /etc"}
	for _, ref := range []string{"dir:" + dir, dir} {
		got, odd, err := visible(t.Context(), ref, image.Options{})
		if diff := cmp.Diff(want, got); diff != "" || err != nil || odd != 0 {
			t.Errorf("%s: %v, %d odd things, visible (-want +got):\n%s", ref, err, odd, diff)
		}
	}
}
