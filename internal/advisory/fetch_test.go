package advisory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// modified is the Last-Modified of the test servers' files.
var modified = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// bigZip is a zip that does not compress, so that a cut falls inside it.
func bigZip(t testing.TB, seed int64) []byte {
	t.Helper()
	r := rand.New(rand.NewSource(seed))
	var files []string
	for i := range 20 {
		noise := make([]byte, 2000)
		for j := range noise {
			noise[j] = byte('a' + r.Intn(26))
		}
		id := fmt.Sprintf("PYSEC-%d-%d", seed, i)
		files = append(files, id+".json", fmt.Sprintf(`{"id": %q, "summary": %q, "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}]}`, id, noise))
	}
	return zipOf(t, files...)
}

// server answers each request with the next handler; the last one stays.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	handlers []http.HandlerFunc
	seen     []string // "path range if-range if-none-match"
}

func serve(t testing.TB, handlers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{handlers: handlers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.URL.EscapedPath(), r.Header.Get("Range"), r.Header.Get("If-Range"), r.Header.Get("If-None-Match"))))
		h := s.handlers[0]
		if len(s.handlers) > 1 {
			s.handlers = s.handlers[1:]
		}
		s.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// proper serves a body, with ranges and conditions.
func proper(body []byte, tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", modified, bytes.NewReader(body))
	}
}

// cut serves the first n bytes of a body, and breaks the connection.
func cut(body []byte, tag string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func fetchOptions(names ...string) FetchOptions {
	return FetchOptions{Ecosystems: names, Now: now, Wait: time.Millisecond, Stall: 5 * time.Second}
}

// checkFetched holds what lies in a folder against what the server had.
func checkFetched(t *testing.T, dir string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, "PyPI.zip"))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("fetched %d bytes (%v), want %d", len(got), err, len(want))
	}
	m, err := readManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	e := m["PyPI.zip"]
	if !e.Date.Equal(modified) || e.SHA256 != sum(want) || e.Bytes != int64(len(want)) || !e.Fetched.Equal(now) || !strings.HasSuffix(e.Origin, "/PyPI/all.zip") {
		t.Errorf("manifest: %+v", e)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.part*"))
	hidden, errHidden := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || errHidden != nil || len(left)+len(hidden) > 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
	f := buildFile(t, dir)
	if s := f.Sources()[0]; !s.Date.Equal(modified) || s.Records != 20 || !s.Fetched.Equal(now) {
		t.Errorf("built from it: %+v", s)
	}
}

// TestFetch fetches through servers that behave in their own ways. Every one of
// these ends with the whole file.
func TestFetch(t *testing.T) {
	a, b := bigZip(t, 1), bigZip(t, 2)
	n := len(a) / 3
	for _, c := range []struct {
		name     string
		handlers []http.HandlerFunc
		want     []byte
		seen     []string // requests, where they matter
	}{
		{"well", []http.HandlerFunc{proper(a, `"a"`)}, a, []string{"/PyPI/all.zip"}},
		{"cut once", []http.HandlerFunc{cut(a, `"a"`, n), proper(a, `"a"`)}, a, []string{"/PyPI/all.zip", fmt.Sprintf(`/PyPI/all.zip bytes=%d- "a"`, n)}},
		{"cut in the middle of a range", []http.HandlerFunc{cut(a, `"a"`, n), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"a"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", n, len(a)-1, len(a)))
			w.Header().Set("Content-Length", fmt.Sprint(len(a)-n))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(a[n : n+100])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, proper(a, `"a"`)}, a, []string{"/PyPI/all.zip", fmt.Sprintf(`/PyPI/all.zip bytes=%d- "a"`, n), fmt.Sprintf(`/PyPI/all.zip bytes=%d- "a"`, n+100)}},
		{"changed midway", []http.HandlerFunc{cut(a, `"a"`, n), proper(b, `"b"`)}, b, nil},
		{"changed midway, If-Range ignored", []http.HandlerFunc{cut(a, `"a"`, n), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"b"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", n, len(b)-1, len(b)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(b[n:])
		}, proper(b, `"b"`)}, b, nil},
		{"another range than asked", []http.HandlerFunc{cut(a, `"a"`, n), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"a"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", n+1, len(a)-1, len(a)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(a[n+1:])
		}, proper(a, `"a"`)}, a, nil},
		{"weak ETag", []http.HandlerFunc{cut(a, `W/"a"`, n), proper(a, `W/"a"`)}, a, []string{"/PyPI/all.zip", fmt.Sprintf("/PyPI/all.zip bytes=%d- %s", n, modified.Format(http.TimeFormat))}},
		{"no ranges", []http.HandlerFunc{cut(a, `"a"`, n), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
			_, _ = w.Write(a)
		}}, a, nil},
		{"range not satisfiable", []http.HandlerFunc{cut(a, `"a"`, n), status(416), proper(a, `"a"`)}, a, nil},
		{"busy", []http.HandlerFunc{status(429, "Retry-After", "0"), status(503, "Retry-After", modified.Format(http.TimeFormat)), status(500), proper(a, `"a"`)}, a, nil},
		{"promises more than it has", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(a)+10))
			_, _ = w.Write(a)
		}, proper(a, `"a"`)}, a, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.handlers...)
			dir := t.TempDir()
			if err := Fetch(context.Background(), s.URL, dir, fetchOptions("PyPI")); err != nil {
				t.Fatal(err)
			}
			checkFetched(t, dir, c.want)
			if c.seen != nil && strings.Join(s.seen, "\n") != strings.Join(c.seen, "\n") {
				t.Errorf("requests %q, want %q", s.seen, c.seen)
			}
			if len(s.handlers) != 1 {
				t.Errorf("%d answers were not asked for", len(s.handlers)-1)
			}
		})
	}
}

// TestFetchRefuses: servers that never give a whole file.
func TestFetchRefuses(t *testing.T) {
	a := bigZip(t, 1)
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
		kind    error
		tries   int
	}{
		{"not there", status(404), "404", landwaiter.ErrNotFound, 1},
		{"forbidden", status(403), "403", nil, 1},
		{"always busy", status(429), "given up after 6 tries", nil, 6},
		{"always broken", status(500), "500", nil, 6},
		{"no zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>sign in</html>")) }, "no whole zip", nil, 1},
		{"promises less than it has", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(a)/2))
			_, _ = w.Write(a[:len(a)/2])
		}, "no whole zip", nil, 1},
		{"damaged", func(w http.ResponseWriter, _ *http.Request) {
			bad := bytes.Clone(a)
			bad[len(bad)/2] ^= 1
			_, _ = w.Write(bad)
		}, "no whole zip", nil, 1},
		{"empty zip", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t)) }, "holds no record", nil, 1},
		{"other files", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, "../x.json", "{}")) }, "x.json", nil, 1},
		{"promises too much", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(1<<20))
			w.WriteHeader(200)
		}, "limit", landwaiter.ErrTooLarge, 1},
		{"sends too much", func(w http.ResponseWriter, _ *http.Request) {
			for range 40 {
				_, _ = w.Write(make([]byte, 10_000))
				w.(http.Flusher).Flush()
			}
		}, "larger than the limit", landwaiter.ErrTooLarge, 1},
		{"not changed, unasked", status(304), "was not asked", nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.handler)
			dir := t.TempDir()
			opt := fetchOptions("PyPI")
			opt.MaxBytes = 100_000
			err := Fetch(context.Background(), s.URL, dir, opt)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "PyPI") || (c.kind != nil && !errors.Is(err, c.kind)) {
				t.Errorf("error %v, want %q and %v", err, c.want, c.kind)
			}
			if len(s.seen) != c.tries {
				t.Errorf("%d requests, want %d", len(s.seen), c.tries)
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v (%v)", left, err)
			}
		})
	}
}

// TestFetchAgain: what has not changed is not fetched again; what has, is; what
// somebody damaged on disk, is.
func TestFetchAgain(t *testing.T) {
	a, b := bigZip(t, 1), bigZip(t, 2)
	s := serve(t, proper(a, `"a"`))
	dir := t.TempDir()
	for range 2 {
		if err := Fetch(context.Background(), s.URL, dir, fetchOptions("PyPI")); err != nil {
			t.Fatal(err)
		}
		checkFetched(t, dir, a)
	}
	if want := []string{"/PyPI/all.zip", `/PyPI/all.zip   "a"`}; strings.Join(s.seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests %q, want %q", s.seen, want)
	}
	writeTestFile(t, filepath.Join(dir, "PyPI.zip"), []byte("damaged"))
	if err := Fetch(context.Background(), s.URL, dir, fetchOptions("PyPI")); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dir, a)
	s.handlers = []http.HandlerFunc{proper(b, `"b"`)}
	if err := Fetch(context.Background(), s.URL, dir, fetchOptions("PyPI")); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dir, b)
}

// TestFetchGoesOn: a call that was given up leaves its part, and the next call goes
// on from there.
func TestFetchGoesOn(t *testing.T) {
	a := bigZip(t, 1)
	n := len(a) / 2
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(a)))
		_, _ = w.Write(a[:n])
		w.(http.Flusher).Flush()
		time.AfterFunc(200*time.Millisecond, cancel)
		<-r.Context().Done()
	}, proper(a, `"a"`))
	dir := t.TempDir()
	if err := Fetch(ctx, s.URL, dir, fetchOptions("PyPI")); !errors.Is(err, context.Canceled) {
		t.Fatalf("given up: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "PyPI.zip")); err == nil {
		t.Fatal("half a file has the name of a whole one")
	}
	if err := Fetch(context.Background(), s.URL, dir, fetchOptions("PyPI")); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dir, a)
	if want := fmt.Sprintf(`/PyPI/all.zip bytes=%d- "a"`, n); s.seen[len(s.seen)-1] != want {
		t.Errorf("last request %q, want %q", s.seen[len(s.seen)-1], want)
	}
}

// TestFetchStall: a server that sends nothing is left, and tried again.
func TestFetchStall(t *testing.T) {
	a := bigZip(t, 1)
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, proper(a, `"a"`))
	dir := t.TempDir()
	opt := fetchOptions("PyPI")
	opt.Stall = 300 * time.Millisecond
	if err := Fetch(context.Background(), s.URL, dir, opt); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dir, a)
}

// TestFetchList: without names the server's list counts, but for parts of what it
// names as a whole and what has no order of versions. One that fails is named and
// does not stop the others.
func TestFetchList(t *testing.T) {
	a := bigZip(t, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/base/ecosystems.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "[EMPTY]\nDebian\nDebian:12\nGIT\nPyPI\nRocky Linux\n\n")
	})
	mux.HandleFunc("/base/PyPI/all.zip", proper(a, `"a"`))
	mux.HandleFunc("/base/Rocky%20Linux/all.zip", proper(a, `"a"`))
	s := httptest.NewServer(mux)
	defer s.Close()
	dir := t.TempDir()
	err := Fetch(context.Background(), s.URL+"/base/", dir, fetchOptions())
	if !errors.Is(err, landwaiter.ErrNotFound) || !strings.Contains(err.Error(), "fetching Debian:") || strings.Contains(err.Error(), "GIT") {
		t.Errorf("error %v", err)
	}
	for name, want := range map[string]bool{"PyPI.zip": true, "Rocky Linux.zip": true, "Debian.zip": false, "sources.json": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := readManifest(dir)
	if err != nil || len(m) != 2 || !strings.HasSuffix(m["Rocky Linux.zip"].Origin, "/Rocky%20Linux/all.zip") {
		t.Errorf("manifest %+v (%v)", m, err)
	}
}

func TestFetchNames(t *testing.T) {
	s := serve(t, status(404))
	for _, name := range []string{"../x", ".hidden", "a/b", "", `a\b`} {
		if err := Fetch(context.Background(), s.URL, t.TempDir(), fetchOptions(name)); !errors.Is(err, landwaiter.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if len(s.seen) > 0 {
		t.Errorf("asked for %q", s.seen)
	}
	for _, base := range []string{"", "ftp://example.org", "/etc", "http://"} {
		if err := Fetch(context.Background(), base, t.TempDir(), fetchOptions("PyPI")); !errors.Is(err, landwaiter.ErrInvalid) {
			t.Errorf("%q: %v", base, err)
		}
	}
}
