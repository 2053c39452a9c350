package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// slowRegistry serves the image of a text, and its layers piece by piece, with a
// pause after each piece. sent counts the bytes of layers that were handed out.
func slowRegistry(t *testing.T, text string, piece int64, pause time.Duration) (ref string, sent *atomic.Int64) {
	t.Helper()
	dir := lwtest.Layout(t, text)
	index, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, digest, _ := strings.Cut(string(index), `"digest":"`)
	digest, _, _ = strings.Cut(digest, `"`)
	sent = new(atomic.Int64)
	mux := http.NewServeMux()
	mux.HandleFunc("/v2/", func(http.ResponseWriter, *http.Request) {})
	serve := func(w http.ResponseWriter, r *http.Request) {
		_, hex, _ := strings.Cut(r.PathValue("digest"), ":")
		f, err := os.Open(filepath.Join(dir, "blobs", "sha256", hex))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer f.Close()
		head := make([]byte, 2)
		if io.ReadFull(f, head); head[0] == '{' {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		}
		if f.Seek(0, io.SeekStart); head[0] == '{' {
			io.Copy(w, f)
			return
		}
		for r.Context().Err() == nil {
			n, err := io.CopyN(w, f, piece)
			sent.Add(n)
			if err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
			}
		}
	}
	mux.HandleFunc("GET /v2/team/slow/manifests/{digest}", serve)
	mux.HandleFunc("GET /v2/team/slow/blobs/{digest}", serve)
	srv := httptest.NewServer(mux)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return strings.TrimPrefix(srv.URL, "http://") + "/team/slow@" + digest, sent
}

// waitFor waits until ok.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited for half a minute: %s", what)
}

// TestStoppedBySignal stops the program in the middle of a layer, with a file that is
// too large for memory under way: it ends at once, says so, and leaves nothing, neither
// what it was to write nor what it needed meanwhile; and killed, it leaves nothing
// either.
func TestStoppedBySignal(t *testing.T) {
	ref, sent := slowRegistry(t, "codec 0 none\nfill 0/var/lib/rpm/Packages 80MiB\n", 8<<20, time.Hour)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			sent.Store(0)
			temp, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			cmd := exec.CommandContext(t.Context(), "landwaiter", "assess", ref, "--insecure", "--format", "json", "--output", out)
			cmd.Env = append(os.Environ(), "TMPDIR="+temp, "LANDWAITER_CACHE="+t.TempDir())
			var errs strings.Builder
			cmd.Stderr = &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			waitFor(t, "the first piece of the layer", func() bool { return sent.Load() > 0 || len(ended) > 0 })
			waitForSpill(t, cmd.Process.Pid, temp)
			asked := time.Now()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatalf("%v; %s", err, &errs)
			}
			<-ended
			if took := time.Since(asked); took > 5*time.Second {
				t.Errorf("it took %s to end", took)
			}
			if sig != syscall.SIGKILL {
				if got := cmd.ProcessState.ExitCode(); got != exitFailed {
					t.Errorf("status %d, want %d", got, exitFailed)
				}
				if want := "landwaiter: stopped before the end; nothing was written\n"; errs.String() != want {
					t.Errorf("it says %q, want %q", &errs, want)
				}
			}
			if _, err := os.Lstat(out); err == nil {
				t.Error("something was written")
			}
			left, err := os.ReadDir(temp)
			if err != nil || len(left) > 0 {
				t.Errorf("left in the folder for temporary files: %v, %v", left, err)
			}
		})
	}
}
