package image_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestCredentials reads from a registry that asks who we are: the Docker
// configuration answers, and without it the error says what to do.
func TestCredentials(t *testing.T) {
	behind, err := url.Parse("http://" + pushed(t, lwtest.Layout(t, small)))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "reader" || password != "sesame" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	ref := host + "/team/tool:demo"

	dir := t.TempDir()
	t.Setenv("DOCKER_CONFIG", dir)
	_, _, err = visible(t.Context(), ref, image.Options{Insecure: true})
	if err == nil || !strings.Contains(err.Error(), "docker login "+host) {
		t.Errorf("without credentials: %v", err)
	}
	config := fmt.Sprintf(`{"auths":{%q:{"username":"reader","password":"sesame"}}}`, host)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _, err := visible(t.Context(), ref, image.Options{Insecure: true})
	if err != nil || len(got) != len(smallVisible) {
		t.Errorf("with credentials: %v, %d files", err, len(got))
	}
}

// TestPlainHTTPIsRefused: what passes in the clear anybody on the way can change.
func TestPlainHTTPIsRefused(t *testing.T) {
	host := pushed(t, lwtest.Layout(t, small))
	if _, _, err := visible(t.Context(), host+"/team/tool:demo", image.Options{}); err == nil {
		t.Error("plain HTTP was read without --insecure")
	}
}

// TestBrokenTransfer: a registry that has a layer cut short, or other bytes, gives an
// error and never a short image.
func TestBrokenTransfer(t *testing.T) {
	behind, err := url.Parse("http://" + pushed(t, lwtest.Layout(t, small)))
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"changed": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"longer":  func(b []byte) []byte { return append(b, 0) },
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			httputil.NewSingleHostReverseProxy(behind).ServeHTTP(rec, r)
			body := rec.Body.Bytes()
			if strings.Contains(r.URL.Path, "/blobs/") && rec.Header().Get("Content-Type") != "application/json" && !strings.HasPrefix(string(body), "{") {
				body = spoil(body)
			}
			for k, v := range rec.Header() {
				if k != "Content-Length" {
					w.Header()[k] = v
				}
			}
			w.WriteHeader(rec.Code)
			w.Write(body)
		}))
		host := strings.TrimPrefix(srv.URL, "http://")
		if _, _, err := visible(t.Context(), host+"/team/tool:demo", image.Options{Insecure: true}); err == nil || !strings.Contains(err.Error(), "layer") {
			t.Errorf("%s: %v", name, err)
		}
		srv.Close()
	}
}

// TestNothingOnDisk reads from a registry where there is no folder for temporary
// files, and leaves nothing where it stands.
func TestNothingOnDisk(t *testing.T) {
	host := pushed(t, lwtest.Layout(t, small))
	here := t.TempDir()
	t.Chdir(here)
	for _, name := range []string{"TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "DOCKER_CONFIG"} {
		t.Setenv(name, filepath.Join(here, "none"))
	}
	got, odd, err := visible(t.Context(), host+"/team/tool:demo", image.Options{Insecure: true})
	if diff := cmp.Diff(smallVisible, got); diff != "" || err != nil || odd != 0 {
		t.Errorf("%v, %d odd things, visible (-want +got):\n%s", err, odd, diff)
	}
	if left, err := os.ReadDir(here); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestSideBySide streams layers side by side, and at most four from one registry,
// whatever is asked for.
func TestSideBySide(t *testing.T) {
	var text strings.Builder
	text.WriteString("tag demo\n")
	for i := range 9 {
		fmt.Fprintf(&text, "-- %d/file%d --\n%d\n", i, i, i)
	}
	dir := lwtest.Layout(t, text.String())
	var mu sync.Mutex
	now, most := 0, 0
	four := make(chan struct{})
	host := served(t, dir, func(serve http.Handler, w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/blobs/") || strings.Contains(r.URL.Path, imageID(t, dir)) {
			serve.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		if now++; now > most {
			if most = now; most == 4 {
				close(four)
			}
		}
		mu.Unlock()
		select {
		case <-four: // and give a fifth time to come
			time.Sleep(20 * time.Millisecond)
		case <-time.After(10 * time.Second):
		}
		mu.Lock()
		now--
		mu.Unlock()
		serve.ServeHTTP(w, r)
	})
	got, _, err := visible(t.Context(), host+"/team/tool:demo", image.Options{Insecure: true, Parallel: 9})
	if err != nil || len(got) != 9 || most != 4 {
		t.Errorf("%d layers at a time, want 4; %d files, %v", most, len(got), err)
	}
}

func imageID(t *testing.T, dir string) string {
	t.Helper()
	return subject(t, "oci:"+dir, image.Options{}).ImageID
}

// TestStoredBytes: a digest is of what is stored, so we let nobody compress on the way,
// and do not undo what a store calls compressed.
func TestStoredBytes(t *testing.T) {
	for _, label := range []bool{false, true} {
		host := served(t, lwtest.Layout(t, small), func(serve http.Handler, w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			serve.ServeHTTP(rec, r)
			maps.Copy(w.Header(), rec.Header())
			body := rec.Body.Bytes()
			if label && bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
				w.Header().Set("Content-Encoding", "gzip")
			} else if r.URL.Path != "/v2/" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") { // pushing says hello, too
				t.Errorf("%s may be compressed on the way", r.URL.Path)
			}
			w.WriteHeader(rec.Code)
			w.Write(body)
		})
		got, _, err := visible(t.Context(), host+"/team/tool:demo", image.Options{Insecure: true})
		if diff := cmp.Diff(smallVisible, got); diff != "" || err != nil {
			t.Errorf("a store that labels %v: %v, visible (-want +got):\n%s", label, err, diff)
		}
	}
}

// served serves the layout's image, and lets between see every request that reads.
func served(t *testing.T, dir string, between func(http.Handler, http.ResponseWriter, *http.Request)) string {
	t.Helper()
	h := registry.New(registry.Logger(discard()))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			h.ServeHTTP(w, r)
			return
		}
		between(h, w, r)
	}))
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	push(t, dir, host)
	return host
}

// TestRealRegistryBreaks reads from a real registry over a line that breaks off after
// every 200 KiB.
func TestRealRegistryBreaks(t *testing.T) {
	if _, err := exec.LookPath("docker-registry"); err != nil {
		if os.Getenv("LANDWAITER_REAL_PARTS") != "" {
			t.Fatal("docker-registry is not installed, and no real part may be missing here")
		}
		t.Skip("docker-registry is not installed")
	}
	noise := make([]byte, 600<<10)
	for i, r := 0, rand.New(rand.NewPCG(3, 4)); i < len(noise); i++ {
		noise[i] = "0123456789abcdef"[r.IntN(16)]
	}
	dir := lwtest.Layout(t, "tag demo\n-- 0/a --\n"+string(noise)+"\n-- 1/b --\n"+string(noise[1:])+"\n-- 2/small --\nsmall\n")
	host := realRegistry(t)
	push(t, dir, host)
	want, _, err := visible(t.Context(), "oci:"+dir, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	line, broke := breakingLine(t, host, 200<<10)
	got, odd, err := visible(t.Context(), line+"/team/tool:demo", image.Options{Insecure: true})
	if diff := cmp.Diff(want, got); diff != "" || err != nil || odd != 0 || len(got) != 3 {
		t.Errorf("%v, %d odd things, visible (-want +got):\n%s", err, odd, diff)
	}
	if n := broke.Load(); n < 2 {
		t.Errorf("the line broke %d times", n)
	}
}

// realRegistry runs docker-registry on loopback until the test ends.
func realRegistry(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	l.Close()
	config := filepath.Join(dir, "registry.yml")
	text := "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " + dir + "/registry}}\nhttp: {addr: " + host + "}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "docker-registry", "serve", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); cmd.Wait() })
	for range 200 {
		if resp, err := http.Get("http://" + host + "/v2/"); err == nil {
			resp.Body.Close()
			return host
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the registry does not answer")
	return ""
}

// breakingLine forwards connections to host, and cuts each after it has brought so
// many bytes. It counts the cuts.
func breakingLine(t *testing.T, host string, bytes int64) (string, *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var cuts atomic.Int64
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer in.Close()
				out, err := net.Dial("tcp", host)
				if err != nil {
					return
				}
				all.Go(func() { io.Copy(out, in); out.Close() })
				if n, _ := io.CopyN(in, out, bytes); n == bytes {
					cuts.Add(1)
				}
				out.Close()
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String(), &cuts
}
