package advisory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// download brings one file into part. What it needs to go on after a break lies
// beside it in state.
type download struct {
	*fetcher
	url, part, state string
	max              int64
}

// partState says what the bytes in a part belong to.
type partState struct {
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
	unchanged    bool   // the server says that nothing changed
}

// Retries are bounded twice: tries in a row that bring nothing, and tries in all,
// for a server that hands out one byte at a time.
const (
	maxIdleTries = 6
	maxTries     = 60
	maxWait      = 2 * time.Minute
)

// retryError is a failure that may pass; wait is what the server asks for.
type retryError struct {
	err  error
	wait time.Duration
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// run fetches until the file is whole. tag is the ETag of the copy at hand, "" for
// none.
func (d *download) run(ctx context.Context, tag string) (partState, error) {
	idle, wait := 0, d.opt.Wait
	for try := 1; ; try++ {
		before := d.size()
		state, err := d.try(ctx, tag)
		var again *retryError
		if err == nil || !errors.As(err, &again) {
			return state, err
		}
		if d.size() > before {
			idle, wait = 0, d.opt.Wait
		} else {
			idle++
		}
		if idle >= maxIdleTries || try >= maxTries {
			return state, fmt.Errorf("given up after %d tries: %w", try, err)
		}
		pause := min(maxWait, max(wait, again.wait))
		d.opt.Log.InfoContext(ctx, "trying again", "url", d.url, "after", pause, "err", err)
		select {
		case <-ctx.Done():
			return state, ctx.Err()
		case <-time.After(pause):
		}
		wait *= 2
	}
}

func (d *download) size() int64 {
	info, err := os.Stat(d.part)
	if err != nil {
		return 0
	}
	return info.Size()
}

// forget drops what was fetched.
func (d *download) forget() error {
	errs := make([]error, 0, 2)
	for _, path := range []string{d.part, d.state} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// held returns the state of the part at hand and how much of it there is; nothing,
// where it cannot be gone on with.
func (d *download) held() (partState, int64) {
	raw, err := os.ReadFile(d.state)
	var s partState
	if err != nil || json.Unmarshal(raw, &s) != nil || s.URL != d.url || s.validator() == "" {
		return partState{}, 0
	}
	return s, d.size()
}

// validator is what If-Range may hold: a strong ETag, else a date.
func (s partState) validator() string {
	if s.ETag != "" && !strings.HasPrefix(s.ETag, "W/") {
		return s.ETag
	}
	return s.LastModified
}

// try makes one request.
func (d *download) try(ctx context.Context, tag string) (partState, error) {
	held, at := d.held()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := d.request(ctx, held, at, tag)
	if err != nil {
		return partState{}, err
	}
	stall := time.AfterFunc(d.opt.Stall, func() {
		cancel(fmt.Errorf("the server sent nothing for %s", d.opt.Stall))
	})
	defer stall.Stop()
	resp, err := d.opt.Client.Do(req)
	if err != nil {
		return partState{}, d.network(ctx, err)
	}
	defer resp.Body.Close()
	got := partState{URL: d.url, ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}
	switch resp.StatusCode {
	case http.StatusOK:
		at = 0
	case http.StatusPartialContent:
		if at == 0 || rangeStart(resp) != at || got.validator() != held.validator() {
			return partState{}, &retryError{err: errors.Join(errors.New("the server went on with another file; begun again"), d.forget())}
		}
	case http.StatusNotModified:
		if tag == "" || at > 0 {
			return partState{}, errors.New("the server says that nothing changed, and was not asked")
		}
		got.unchanged = true
		return got, nil
	default:
		return partState{}, d.refused(resp)
	}
	if resp.ContentLength > d.max-at {
		return partState{}, fmt.Errorf("it is %d bytes long, the limit is %d: %w", at+resp.ContentLength, d.max, landwaiter.ErrTooLarge)
	}
	body := &moving{r: limitio.Cap(resp.Body, d.max-at), move: func() { stall.Reset(d.opt.Stall) }}
	if err := d.store(body, got, at); err != nil {
		if errors.Is(err, landwaiter.ErrTooLarge) {
			return partState{}, errors.Join(err, d.forget())
		}
		var local *fs.PathError
		if errors.As(err, &local) {
			return partState{}, err
		}
		return partState{}, d.network(ctx, err)
	}
	if want := rangeTotal(resp); want >= 0 && want != d.size() {
		return partState{}, &retryError{err: errors.Join(fmt.Errorf("got %d bytes of %d", d.size(), want), d.forget())}
	}
	return got, nil
}

// request asks for what is missing: the rest of a part, or the file unless it is
// still what tag names.
func (d *download) request(ctx context.Context, held partState, at int64, tag string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "landwaiter")
	// The transport would otherwise ask for gzip, whose ranges mean other bytes.
	req.Header.Set("Accept-Encoding", "identity")
	if at > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
		req.Header.Set("If-Range", held.validator())
	} else if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	return req, nil
}

// network: a connection that failed may work again, unless the caller gave up.
func (d *download) network(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
			return cause
		}
		err = cause
	}
	return &retryError{err: err}
}

// refused turns a status into an error. Too many requests, trouble of the server
// and a range that it cannot serve may pass.
func (d *download) refused(resp *http.Response) error {
	err := fmt.Errorf("the server answers %s", resp.Status)
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		return fmt.Errorf("%w: %w", err, landwaiter.ErrNotFound)
	case code == http.StatusRequestedRangeNotSatisfiable:
		return &retryError{err: errors.Join(err, d.forget())}
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return &retryError{err: err, wait: d.retryAfter(resp.Header.Get("Retry-After"))}
	}
	return err
}

// retryAfter reads seconds or a date.
func (d *download) retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return min(maxWait, time.Duration(min(n, 1<<20))*time.Second)
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(0, t.Sub(d.opt.Now))
	}
	return 0
}

// store appends the body to the part. The state goes first: bytes whose origin
// nobody wrote down are of no use.
func (d *download) store(body io.Reader, got partState, at int64) (err error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if at == 0 {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		if err := d.forget(); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(got)
	if err != nil {
		return err
	}
	if err := writeAtomic(d.state, raw); err != nil {
		return err
	}
	f, err := os.OpenFile(d.part, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Sync(), f.Close())
}

// moving tells somebody whenever bytes arrive.
type moving struct {
	r    io.Reader
	move func()
}

func (m *moving) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if n > 0 {
		m.move()
	}
	return n, err
}

// rangeStart and rangeTotal read "bytes 100-199/200"; -1 for what it does not say.
func rangeStart(resp *http.Response) int64 {
	s, ok := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes ")
	start, _, dash := strings.Cut(s, "-")
	n, err := strconv.ParseInt(start, 10, 64)
	if !ok || !dash || err != nil {
		return -1
	}
	return n
}

func rangeTotal(resp *http.Response) int64 {
	_, total, ok := strings.Cut(resp.Header.Get("Content-Range"), "/")
	n, err := strconv.ParseInt(total, 10, 64)
	if !ok || err != nil {
		return -1
	}
	return n
}
