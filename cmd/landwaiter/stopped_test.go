package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestStoppedInTheMiddle stops a run that reads from a registry just when a database
// too large for memory lies in a temporary file: nothing is left behind, at once.
func TestStoppedInTheMiddle(t *testing.T) {
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		t.Skip("this system does not tell which files are open")
	}
	dir := lwtest.Layout(t, "tag demo\nfill 0/var/lib/rpm/rpmdb.sqlite 80MiB\n")
	host := stalling(t, dir)
	tmp, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stopped time.Time
	watch := make(chan bool)
	go func() {
		found := false
		for end := time.Now().Add(20 * time.Second); !found && time.Now().Before(end); time.Sleep(time.Millisecond) {
			found = opened(tmp)
		}
		stopped = time.Now()
		cancel()
		watch <- found
	}()
	var errs strings.Builder
	status := run(ctx, []string{"assess", host + "/team/tool:demo", "--insecure", "--output", out}, streams{out: io.Discard, err: &errs, now: lwtest.Clock})
	if !<-watch {
		t.Error("no temporary file was seen, so this shows nothing")
	}
	if took := time.Since(stopped); took > 5*time.Second {
		t.Errorf("it stopped after %s", took)
	}
	if status != exitFailed || !strings.Contains(errs.String(), "stopped before the end") {
		t.Errorf("status %d, %q", status, errs.String())
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 || opened(tmp) {
		t.Errorf("left behind: %v, %v, open: %v", left, err, opened(tmp))
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}

// opened reports whether we hold a file open that is, or was, in dir.
func opened(dir string) bool {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return false
	}
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, dir+"/") {
			return true
		}
	}
	return false
}

// stalling serves the layout's image, but for the last part of its layer: for that it
// lets us wait.
func stalling(t *testing.T, dir string) string {
	t.Helper()
	h := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			h.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		if len(body) < 10_000 { // the configuration
			w.Write(body)
			return
		}
		w.Write(body[:len(body)/4*3])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	index, err := layout.ImageIndexFromPath(dir)
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
	host := strings.TrimPrefix(srv.URL, "http://")
	if err := crane.Push(img, host+"/team/tool:demo", crane.Insecure); err != nil {
		t.Fatal(err)
	}
	return host
}
