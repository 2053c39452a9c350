package image

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// TestRetryAfter is a registry that is busy: with a manifest, a token, a layer. It is
// given the time it asks for, whether as seconds or as a time by its own clock.
func TestRetryAfter(t *testing.T) {
	// The registry's clock is years behind ours.
	f := newFake(t, plain)
	date := time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status int
		after  string
		want   time.Duration // at least
	}{
		{http.StatusTooManyRequests, "7", 7 * time.Second},
		{http.StatusServiceUnavailable, "60", time.Minute},
		{http.StatusTooManyRequests, date.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{http.StatusTooManyRequests, date.Add(-time.Hour).Format(http.TimeFormat), 0},
		{http.StatusTooManyRequests, "soon", 0},
		{http.StatusServiceUnavailable, "", 0},
		{http.StatusBadGateway, "99999", 0}, // means nothing there
		{http.StatusInternalServerError, "", 0},
		{http.StatusRequestTimeout, "", 0},
	} {
		for _, where := range []string{"/v2/", "/token", "/manifests/", "/blobs/"} {
			f.reset()
			withToken(f, "")
			token := f.first
			var once sync.Once
			f.first = func(w http.ResponseWriter, r *http.Request) (done bool) {
				if strings.Contains(r.URL.Path, where) && (where != "/v2/" || r.URL.Path == where) {
					once.Do(func() {
						w.Header().Set("Date", date.Format(http.TimeFormat))
						w.Header().Set("Retry-After", c.after)
						w.WriteHeader(c.status)
						done = true
					})
				}
				return done || token(w, r)
			}
			if err := f.walk(t.Context(), f.patience()); err != nil {
				t.Errorf("%s %d %q: %v", where, c.status, c.after, err)
			}
			if sum := f.waits.total(); len(f.waits.list) != 1 || sum < c.want || sum > max(c.want, firstPause) {
				t.Errorf("%s %d %q: waited %s, want one wait of %s", where, c.status, c.after, f.waits.list, c.want)
			}
		}
	}
}

// withToken lets the fake ask for tokens, each good for two requests. secret is what it
// wants for a token; "" is nothing.
func withToken(f *fake, secret string) {
	var mu sync.Mutex
	given, used := 0, map[string]int{}
	f.first = func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/token" {
			if _, password, _ := r.BasicAuth(); password != secret {
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			given++
			fmt.Fprintf(w, `{"token":"t%d"}`, given)
			return true
		}
		token := r.Header.Get("Authorization")
		if used[token]++; strings.HasPrefix(token, "Bearer t") && used[token] <= 2 {
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="test"`, r.Host))
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
}

// TestTooLongAWait gives up at once where the registry asks for more than we have,
// and says when to come again.
func TestTooLongAWait(t *testing.T) {
	f := newFake(t, plain)
	for after, says := range map[string]string{"3600": "another 1h0m0s", "301": "another 5m1s", "18446744074": "another 1193046h"} {
		for _, where := range []string{"/manifests/", "/blobs/"} {
			f.reset()
			n := 0
			f.first = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, where) {
					return false
				}
				n++
				w.Header().Set("Retry-After", after)
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			err := f.walk(t.Context(), f.patience())
			if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), f.Listener.Addr().String()) || !strings.Contains(err.Error(), "try again after that") {
				t.Errorf("%s %s: %v", where, after, err)
			}
			if len(f.waits.list) != 0 || n != 1 {
				t.Errorf("%s %s: waited %s, %d requests", where, after, f.waits.list, n)
			}
		}
	}
	// A little again and again comes to the same; nothing at all, too.
	for _, after := range []string{"100", "0"} {
		f.reset()
		f.first = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		err := f.walk(t.Context(), f.patience())
		if sum := f.waits.total(); err == nil || sum > maxAsked || sum < maxAsked/3 {
			t.Errorf("%s s, again and again: waited %s, %v", after, sum, err)
		}
	}
}

// TestBounded tries again so often and no more, and what the registry refuses not at
// all.
func TestBounded(t *testing.T) {
	f := newFake(t, plain)
	for status, want := range map[int]int{401: 1, 403: 1, 404: 1, 400: 1, 501: 1, 500: requestTries, 503: requestTries, 429: requestTries} {
		for _, where := range []string{"/manifests/", "/blobs/"} {
			f.reset()
			n := 0
			f.first = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.Path, where) {
					n++
					w.WriteHeader(status)
					return true
				}
				return false
			}
			if err := f.walk(t.Context(), f.patience()); err == nil || n != want || !strings.Contains(err.Error(), f.Listener.Addr().String()) {
				t.Errorf("%s %d: %d requests, want %d: %v", where, status, n, want, err)
			}
		}
	}
	f.reset()
	f.Close()
	err := f.walk(t.Context(), f.patience())
	if err == nil || !strings.Contains(err.Error(), "refused") || len(f.waits.list) == 0 {
		t.Errorf("nobody there: %v, waits %s", err, f.waits.list)
	}
}

// answers is a registry without a network.
type answers func(*http.Request) *http.Response

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// TestBodyAgain sends what a request carries whole each time, and a request whose body
// is spent only once.
func TestBodyAgain(t *testing.T) {
	var got []string
	// Not http.Transport, which sends some bodies again by itself.
	base := answers(func(r *http.Request) *http.Response {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		status := http.StatusOK
		if got = append(got, string(body)); len(got) == 1 {
			status = http.StatusServiceUnavailable
		}
		return &http.Response{StatusCode: status, Body: http.NoBody}
	})
	var w waits
	for _, c := range []struct {
		body io.Reader
		want []string
	}{{strings.NewReader("token"), []string{"token", "token"}}, {io.MultiReader(strings.NewReader("token")), []string{"token"}}} {
		got = nil
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://registry.example/token", c.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := patient{base, patience{stallAfter, w.sleep}}.RoundTrip(req)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("sent %q, want %q; %v", got, c.want, err)
			continue
		}
		resp.Body.Close()
	}
}

// TestCancelled ends while it waits, at once, and leaves no goroutine.
func TestCancelled(t *testing.T) {
	f := newFake(t, plain)
	before := runtime.NumGoroutine()
	for name, busy := range map[string]func(w http.ResponseWriter, r *http.Request, data []byte, cancel func()){
		"asked to wait": func(w http.ResponseWriter, _ *http.Request, _ []byte, _ func()) {
			w.Header().Set("Retry-After", "200")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"between resumes": func(w http.ResponseWriter, r *http.Request, data []byte, _ func()) { cut(w, r, data, len(data)/2) },
		"in the middle": func(w http.ResponseWriter, r *http.Request, data []byte, cancel func()) {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data[:len(data)/2])
			http.NewResponseController(w).Flush()
			cancel()
			hang(r)
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, _ int) { busy(w, r, data, cancel) }
		long := func(ctx context.Context, _ time.Duration) error {
			time.AfterFunc(20*time.Millisecond, cancel)
			return sleep(ctx, time.Hour)
		}
		start := time.Now()
		err := f.walk(ctx, patience{stallAfter, long})
		if !errors.Is(err, context.Canceled) || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %s", name, err, time.Since(start))
		}
		cancel()
	}
	f.CloseClientConnections()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}

// TestBackoff grows, is never nothing, and has an end.
func TestBackoff(t *testing.T) {
	for n := range 200 {
		full := longestPause
		if n < 8 {
			full = min(full, firstPause<<n)
		}
		if d := backoff(n); d <= full/2 || d > full {
			t.Errorf("%d: %s, want up to %s", n, d, full)
		}
	}
}

// TestStore reads layers from where the registry sends us, with a permit that runs
// out: what we know of the registry does not go there, ranges do, and a permit that is
// refused is asked for anew.
func TestStore(t *testing.T) {
	for _, auth := range []string{"basic", "bearer"} {
		f := newFake(t, plain)
		login(t, f.Listener.Addr().String())
		var mu sync.Mutex
		permit, used := 0, map[string]bool{}
		var ranges []string
		layer := f.blobs[f.layers[0].Digest.String()]
		store := plain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s: the store was shown %q", auth, r.Header.Get("Authorization"))
			}
			sig := r.URL.Query().Get("sig")
			ranges = append(ranges, r.Header.Get("Range"))
			if used[sig] {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			if used[sig] = true; sig == "s1" {
				cut(w, r, layer, len(layer)/3)
			}
			serve(w, r, layer)
		}))
		t.Cleanup(store.Close)
		if auth == "bearer" {
			withToken(f, "sesame")
		} else {
			f.first = func(w http.ResponseWriter, r *http.Request) bool {
				if _, password, _ := r.BasicAuth(); password == "sesame" {
					return false
				}
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
		}
		stale := false
		f.blob = func(w http.ResponseWriter, r *http.Request, _ []byte, n int) {
			if n != 2 && !stale { // the second time it hands out the old one
				permit++
			}
			http.Redirect(w, r, fmt.Sprintf("%s/data?sig=s%d", store.URL, permit), http.StatusTemporaryRedirect)
		}
		if err := f.walk(t.Context(), f.patience()); err != nil {
			t.Errorf("%s: %v", auth, err)
		}
		third := fmt.Sprintf("bytes=%d-", len(layer)/3)
		if want := []string{"", third, third}; !slices.Equal(ranges, want) {
			t.Errorf("%s: the store was asked for %q, want %q", auth, ranges, want)
		}
		stale, permit = true, 1
		err := f.walk(t.Context(), f.patience())
		if err == nil || strings.Contains(err.Error(), "sig=s1") || !strings.Contains(err.Error(), store.Listener.Addr().String()) {
			t.Errorf("%s: %v", auth, err)
		}
		store.Close()
		if err := f.walk(t.Context(), f.patience()); err == nil || strings.Contains(err.Error(), "sig=") || !strings.Contains(err.Error(), store.Listener.Addr().String()) {
			t.Errorf("%s, the store is gone: %v", auth, err)
		}
		away := f.blob
		f.reset()
		f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, n int) {
			if n == 1 {
				cut(w, r, data, 100)
			}
			away(w, r, data, n)
		}
		if err := f.walk(t.Context(), f.patience()); err == nil || strings.Contains(err.Error(), "sig=") || !strings.Contains(err.Error(), "broke off after 100") {
			t.Errorf("%s, the store is gone in the middle: %v", auth, err)
		}
	}
}

// login writes the Docker configuration that knows the registry.
func login(t *testing.T, host string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("DOCKER_CONFIG", dir)
	text := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, base64.StdEncoding.EncodeToString([]byte("reader:sesame")))
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRedirect lets a registry send us to a name, and not to an address inside.
func TestRedirect(t *testing.T) {
	for to, want := range map[string]bool{
		"store.example": true, "registry.example": true, "8.8.8.8": true, "[2001:4860::1]": true, "a1.example.": true,
		"127.0.0.1": false, "localhost": false, "a.localhost.": false, "10.1.2.3": false, "192.168.0.1": false,
		"169.254.169.254": false, "[::1]": false, "[fe80::1%25eth0]": false, "[::ffff:10.0.0.1]": false, "[fd00::1]": false,
		"0.0.0.0": false, "2130706433": false, "0x7f000001": false, "127.1": false, "0177.0.0.1": false, "224.0.0.1": false,
	} {
		first, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://registry.example/v2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		next, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+to+"/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		err = redirect(next, []*http.Request{first})
		if (err == nil) != want || err != nil && !errors.Is(err, landwaiter.ErrInvalid) {
			t.Errorf("to %s: %v", to, err)
		}
		if redirect(next, slices.Repeat([]*http.Request{first}, maxRedirects)) == nil {
			t.Errorf("to %s for the tenth time: allowed", to)
		}
	}
}
