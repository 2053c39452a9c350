package image_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// TestBrokenTransfer: a registry that cuts a layer short, or serves other bytes,
// gives an error and never a short image.
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
