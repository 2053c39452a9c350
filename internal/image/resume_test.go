package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// reset breaks the connection off without a word.
func reset(w http.ResponseWriter, r *http.Request, data []byte, end int) {
	at := from(r)
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(data)-at)
	rw.Write(data[at:max(at, end)])
	rw.Flush()
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// short ends in good order, but too early.
func short(w http.ResponseWriter, r *http.Request, data []byte, end int) {
	w.Write(data[from(r):end])
	http.NewResponseController(w).Flush()
}

// TestResume breaks a layer off in every way and at every kind of place: it arrives
// whole, and what had arrived is not sent again.
func TestResume(t *testing.T) {
	ways := map[string]func(http.ResponseWriter, *http.Request, []byte, int){"cut": cut, "reset": reset, "short": short}
	for way, breaks := range ways {
		f := newFake(t, plain)
		size := len(f.blobs[f.layers[0].Digest.String()])
		for _, at := range []int{0, 1, 100, size / 2, size - 1} {
			f.reset()
			sent := 0
			f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, n int) {
				if n == 1 {
					breaks(w, r, data, at)
					return
				}
				sent = len(data) - from(r)
				serve(w, r, data)
			}
			got, err := f.layer(t, f.patience())
			if err != nil || !bytes.Equal(got, f.blobs[f.layers[0].Digest.String()]) {
				t.Errorf("%s at %d: %d of %d bytes, %v", way, at, len(got), size, err)
			}
			// A reset may take with it what was on the way.
			if n := f.requests(); n != 2 || sent != size-at && (way != "reset" || sent < size-at) {
				t.Errorf("%s at %d: %d requests, the second for %d bytes, want %d", way, at, n, sent, size-at)
			}
		}
	}
}

// TestResumeStream breaks off a stream of HTTP/2, where the connection lives on.
func TestResumeStream(t *testing.T) {
	f := newFake(t, secure)
	f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, n int) {
		if r.ProtoMajor != 2 {
			t.Errorf("asked by %s", r.Proto)
		}
		if n < 4 {
			cut(w, r, data, len(data)*n/4)
			return
		}
		serve(w, r, data)
	}
	got, err := f.layer(t, f.patience())
	if err != nil || !bytes.Equal(got, f.blobs[f.layers[0].Digest.String()]) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestResumeOften breaks off again and again: as long as something comes, it goes on,
// up to a bound.
func TestResumeOften(t *testing.T) {
	f := newFake(t, plain)
	f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, _ int) {
		cut(w, r, data, min(len(data), from(r)+len(data)/100))
	}
	if err := f.walk(t.Context(), f.patience()); err != nil {
		t.Error(err)
	}
	if n := f.requests(); n < 100 || n > 110 {
		t.Errorf("%d requests, want about a hundred", n)
	}
	f.reset()
	f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, _ int) { cut(w, r, data, from(r)+1) }
	_, err := f.layer(t, f.patience())
	if want := fmt.Sprintf("%s broke off %d times", f.Listener.Addr(), maxResumes+1); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
	if n := f.requests(); n != maxResumes+1 {
		t.Errorf("%d requests for a byte each, want %d", n, maxResumes+1)
	}
}

// TestNoProgress ends after so many tries that brought nothing, with pauses that grow,
// and names the registry, the layer and the cure; a decompressor's word does not count.
func TestNoProgress(t *testing.T) {
	f := newFake(t, plain)
	f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, _ int) { cut(w, r, data, len(data)/2) }
	err := f.walk(t.Context(), f.patience())
	if err == nil || errors.Is(err, landwaiter.ErrInvalid) || errors.Is(err, landwaiter.ErrDigest) {
		t.Fatal(err)
	}
	size := f.layers[0].Size
	for _, want := range []string{
		f.image, "layer 1, " + f.layers[0].Digest.String(), f.Listener.Addr().String() + " broke off",
		fmt.Sprintf("after %d of %d bytes", size/2, size), "skopeo copy", "unexpected EOF",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if n := f.requests(); n != 1+maxIdle {
		t.Errorf("%d requests, want %d", n, 1+maxIdle)
	}
	if sum := f.waits.total(); sum < 30*time.Second || sum > 3*time.Minute {
		t.Errorf("it waits for %s in all: %s", sum, f.waits.list)
	}
}

// TestBadResume is a registry that does not go on where it should.
func TestBadResume(t *testing.T) {
	part := func(header string) func(http.ResponseWriter, *http.Request, []byte) {
		return func(w http.ResponseWriter, r *http.Request, data []byte) {
			at, size := from(r), len(data)
			if header != "" {
				w.Header().Set("Content-Range", strings.NewReplacer("AT", fmt.Sprint(at), "LAST", fmt.Sprint(size-1), "SIZE", fmt.Sprint(size), "BEFORE", fmt.Sprint(at-1)).Replace(header))
			}
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data[at:])
		}
	}
	f := newFake(t, plain)
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, []byte)
		kind   error
		says   string
	}{
		"whole":         {func(w http.ResponseWriter, _ *http.Request, data []byte) { w.Write(data) }, nil, ""},
		"unknown total": {part("bytes AT-LAST/*"), nil, ""},
		"other start":   {part("bytes BEFORE-LAST/SIZE"), landwaiter.ErrUnsupported, "skopeo copy"},
		"other total":   {part("bytes AT-LAST/9999999"), landwaiter.ErrDigest, "has 9999999 bytes"},
		"no range":      {part(""), landwaiter.ErrUnsupported, "skopeo copy"},
		"no bytes":      {part("lines AT-LAST/SIZE"), landwaiter.ErrUnsupported, "skopeo copy"},
		"shrunk":        {func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(416) }, landwaiter.ErrDigest, "copy the image again"},
		"gone":          {func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(404) }, landwaiter.ErrNotFound, "lacks this layer of the image; push"},
		"denied":        {func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(403) }, nil, "docker login"},
		"longer": {func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from(r), len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(append(data[from(r):len(data):len(data)], 0))
		}, landwaiter.ErrDigest, "more than the"},
		"other content": {func(w http.ResponseWriter, r *http.Request, data []byte) {
			other := bytes.Clone(data)
			other[len(other)-100] ^= 1
			serve(w, r, other)
		}, landwaiter.ErrDigest, "copy the image again"},
	} {
		f.reset()
		f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, n int) {
			if n == 1 {
				cut(w, r, data, len(data)/2)
			}
			c.answer(w, r, data)
		}
		err := f.walk(t.Context(), f.patience())
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "layer 1") {
			t.Errorf("%s: %v; want %v and %q", name, err, c.kind, c.says)
		}
		if n := f.requests(); n != 2 {
			t.Errorf("%s: %d requests, want 2", name, n)
		}
	}
}

// hangs is how long a handler says nothing, so that a test that fails ends.
const hangs = 10 * time.Second

func hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(hangs):
	}
}

// TestStall breaks a connection that brings nothing, and leaves alone one that is slow,
// or whose reader is.
func TestStall(t *testing.T) {
	f := newFake(t, plain)
	p := patience{200 * time.Millisecond, f.waits.sleep}
	var once sync.Once
	f.first = func(_ http.ResponseWriter, r *http.Request) (done bool) {
		if strings.Contains(r.URL.Path, "/manifests/") {
			once.Do(func() { hang(r); done = true }) // no answer at all
		}
		return done
	}
	f.blob = func(w http.ResponseWriter, r *http.Request, data []byte, n int) {
		if n == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data[:len(data)/2])
			http.NewResponseController(w).Flush()
			hang(r)
			return
		}
		serve(w, r, data)
	}
	start := time.Now()
	if err := f.walk(t.Context(), p); err != nil {
		t.Error(err)
	}
	if n := f.requests(); n != 2 || time.Since(start) > hangs {
		t.Errorf("%d requests, want 2; it took %s", n, time.Since(start))
	}

	f.reset()
	f.blob = func(w http.ResponseWriter, _ *http.Request, data []byte, _ int) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		for i := range 10 { // 40 ms apart: alive, but longer than the stall in all
			w.Write(data[len(data)*i/10 : len(data)*(i+1)/10])
			http.NewResponseController(w).Flush()
			time.Sleep(40 * time.Millisecond)
		}
	}
	if got, err := f.layer(t, p); err != nil || f.requests() != 1 || !bytes.Equal(got, f.blobs[f.layers[0].Digest.String()]) {
		t.Errorf("slow but alive: %d requests, %v", f.requests(), err)
	}

	body := &watchedBody{ReadCloser: io.NopCloser(strings.NewReader("ab")), stall: time.Millisecond, ctx: t.Context(), cancel: func(error) { t.Error("ended while nobody waited") }}
	body.timer = time.AfterFunc(time.Hour, func() { body.cancel(errStalled) })
	for range 2 {
		if _, err := body.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestManifestBreaks asks again for a manifest or a configuration that broke off, and
// gives up in the end.
func TestManifestBreaks(t *testing.T) {
	f := newFake(t, plain)
	for _, breaks := range []int{1, requestTries} {
		f.reset()
		n := 0
		f.first = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") {
				if n++; n <= breaks {
					w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
					cut(w, r, f.manifest, len(f.manifest)-1)
				}
			}
			return false
		}
		err := f.walk(t.Context(), f.patience())
		if (err == nil) != (breaks == 1) || n > requestTries {
			t.Errorf("broken off %d times: %d requests, %v", breaks, n, err)
		}
	}
	f.reset()
	f.first = func(w http.ResponseWriter, r *http.Request) bool {
		if _, digest, _ := strings.Cut(r.URL.Path, "/blobs/"); f.blobs[digest] != nil && digest != f.layers[0].Digest.String() && from(r) == 0 {
			cut(w, r, f.blobs[digest], 1)
		}
		return false
	}
	if err := f.walk(t.Context(), f.patience()); err != nil {
		t.Error(err)
	}
}

// FuzzContentRange reads any header: what it accepts is what the header says.
func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes */10", "bytes 9-5/10", "bytes 5-10/10", "bytes -1-5/9", "bytes +1-5/9", "", "bytes 0-18446744073709551615/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, total, ok := contentRange(s)
		if ok && (first < 0 || total >= 0 && total <= first || total < -1 || !strings.HasPrefix(s, "bytes ")) {
			t.Errorf("%q gives %d of %d", s, first, total)
		}
	})
}
