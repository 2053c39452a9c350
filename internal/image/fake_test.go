package image

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// fake is a registry on loopback that serves one image and misbehaves as asked.
type fake struct {
	*httptest.Server
	image    string // "HOST/team/tool:demo"
	manifest []byte
	blobs    map[string][]byte
	layers   []v1.Descriptor
	waits    waits
	// blob answers the nth request, from 1, for the large layer, where it is not nil.
	blob func(w http.ResponseWriter, r *http.Request, data []byte, n int)
	// first sees every request; it has answered where it returns true.
	first func(w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex
	asked map[string]int // requests for a blob, by digest
}

// waits notes the pauses that were asked for, and takes none.
type waits struct {
	mu   sync.Mutex
	list []time.Duration
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, d)
	return ctx.Err()
}

func (w *waits) total() (sum time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.list {
		sum += d
	}
	return sum
}

// newFake serves an image of a large layer and a small one.
func newFake(t *testing.T, start func(http.Handler) *httptest.Server) *fake {
	t.Helper()
	var noise strings.Builder
	for r := rand.New(rand.NewPCG(1, 2)); noise.Len() < 300<<10; {
		fmt.Fprintf(&noise, "%016x", r.Uint64())
	}
	dir := lwtest.Layout(t, "tag demo\n-- 0/noise --\n"+noise.String()+"\n-- 1/small --\nsmall\n")
	f := &fake{blobs: map[string][]byte{}, asked: map[string]int{}}
	files, err := filepath.Glob(filepath.Join(dir, "blobs/sha256/*"))
	if err != nil || len(files) < 4 {
		t.Fatal(len(files), err)
	}
	for _, file := range append(files, filepath.Join(dir, "index.json")) {
		if f.blobs["sha256:"+filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	var index v1.IndexManifest
	var m v1.Manifest
	if err := json.Unmarshal(f.blobs["sha256:index.json"], &index); err != nil {
		t.Fatal(err)
	}
	f.manifest = f.blobs[index.Manifests[0].Digest.String()]
	if err := json.Unmarshal(f.manifest, &m); err != nil {
		t.Fatal(err)
	}
	f.layers = m.Layers
	f.Server = start(f)
	t.Cleanup(f.Close)
	f.image = f.Listener.Addr().String() + "/team/tool:demo"
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if f.first != nil && f.first(w, r) {
		return
	}
	switch rest, digest, _ := strings.Cut(r.URL.Path, "/blobs/"); {
	case r.URL.Path == "/v2/":
	case strings.HasPrefix(r.URL.Path, "/v2/team/tool/manifests/"):
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Write(f.manifest)
	case rest == "/v2/team/tool" && f.blobs[digest] != nil:
		f.mu.Lock()
		f.asked[digest]++
		n := f.asked[digest]
		f.mu.Unlock()
		if f.blob != nil && digest == f.layers[0].Digest.String() {
			f.blob(w, r, f.blobs[digest], n)
			return
		}
		serve(w, r, f.blobs[digest])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// serve answers as it should be, with ranges.
func serve(w http.ResponseWriter, r *http.Request, data []byte) {
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

// from is the byte that a request begins at.
func from(r *http.Request) (n int) {
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &n)
	return n
}

// cut promises data from where the request begins, and breaks off at the byte end.
func cut(w http.ResponseWriter, r *http.Request, data []byte, end int) {
	at := from(r)
	w.Header().Set("Content-Length", fmt.Sprint(len(data)-at))
	if at > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(data[at:max(at, end)])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// transport is a client's that does not share connections with other tests.
func (f *fake) transport() *http.Transport {
	if c := f.Client(); c != nil && f.TLS != nil {
		return c.Transport.(*http.Transport).Clone()
	}
	return remote.DefaultTransport.(*http.Transport).Clone()
}

func (f *fake) patience() patience { return patience{stallAfter, f.waits.sleep} }

// open opens the fake's image.
func (f *fake) open(ctx context.Context, opt Options, p patience) (*Image, error) {
	im := &Image{opt: opt}
	im.opt.Insecure = true
	im.subject.Reference = f.image
	plat, err := parsePlatform("")
	if err != nil {
		return nil, err
	}
	return im, openRegistryWith(ctx, im, f.image, plat, f.transport(), p)
}

// walk reads the whole image.
func (f *fake) walk(ctx context.Context, p patience) error {
	im, err := f.open(ctx, Options{}, p)
	if err != nil {
		return err
	}
	defer im.Close()
	return im.Walk(ctx, func(_ context.Context, l *Layer) error {
		for {
			if _, err := l.Next(); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

// layer reads the bytes of the large layer.
func (f *fake) layer(t *testing.T, p patience) ([]byte, error) {
	t.Helper()
	ref, err := name.ParseReference(f.image, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	base := f.transport()
	defer base.CloseIdleConnections()
	b, err := newRegistryBlobs(t.Context(), ref.Context(), true, base, p)
	if err != nil {
		return nil, err
	}
	r, err := b.blob(t.Context(), v1.Descriptor{Digest: f.layers[0].Digest, Size: f.layers[0].Size})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// reset forgets what was asked of the fake, and how it was to misbehave.
func (f *fake) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, f.first, f.blob = map[string]int{}, nil, nil
	f.waits.list = nil
}

// requests is how often the large layer was asked for.
func (f *fake) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[f.layers[0].Digest.String()]
}

func secure(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = quiet()
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

func plain(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = quiet()
	s.Start()
	return s
}
