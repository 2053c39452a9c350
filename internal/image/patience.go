package image

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
)

// patience is how time passes for a registry; tests have their own.
type patience struct {
	stall time.Duration
	sleep func(ctx context.Context, d time.Duration) error
}

func usualPatience() patience { return patience{stallAfter, sleep} }

// sleep waits for d, or fails with ctx's error when that ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff is the pause after n tries without success: it doubles, and up to half of
// it is left to chance, so that layers that broke together do not return together.
func backoff(n int) time.Duration {
	d := longestPause
	if n < 16 {
		d = min(d, firstPause<<n)
	}
	return d - rand.N(d/2)
}

// patient sends a request again where that may help: no answer, an answer that will
// pass, or the registry's own "later". What the registry refuses it does not press.
type patient struct {
	base http.RoundTripper
	patience
}

func (t patient) RoundTrip(r *http.Request) (*http.Response, error) {
	var waited time.Duration
	for n := 0; ; n++ {
		resp, err := t.base.RoundTrip(r)
		last := n+1 >= requestTries || r.Body != nil && r.GetBody == nil
		wait := backoff(n)
		switch {
		case err != nil:
			if last || r.Context().Err() != nil || !passes(err) || n > 0 && silent(err) {
				return nil, err
			}
		case !mayPass(resp.StatusCode):
			return resp, nil
		default:
			if asked, ok := retryAfter(resp); ok {
				wait = max(wait, asked)
				if waited += wait; waited > maxAsked {
					resp.Body.Close()
					return nil, &busyError{r.URL.Host, resp.StatusCode, asked}
				}
				last = r.Body != nil && r.GetBody == nil
			}
			if last {
				return resp, nil
			}
			drain(resp.Body)
		}
		if err := t.sleep(r.Context(), wait); err != nil {
			return nil, err
		}
		if r, err = again(r); err != nil {
			return nil, err
		}
	}
}

// again returns r with a body that is whole.
func again(r *http.Request) (*http.Request, error) {
	r = r.Clone(r.Context())
	if r.GetBody == nil {
		return r, nil
	}
	body, err := r.GetBody()
	r.Body = body
	return r, err
}

// drain reads the rest of a refusal, so that its connection can be used again.
func drain(body io.ReadCloser) {
	// Its error does not matter: the request is sent anew.
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	body.Close()
}

// mayPass reports whether the same request may be answered better a little later.
func mayPass(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// passes reports whether a failure to get an answer may pass: not where somebody
// decided, as with a certificate or a name that does not exist.
func passes(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, landwaiter.ErrInvalid) || errors.Is(err, http.ErrSchemeMismatch) {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return !dns.IsNotFound
	}
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return !cert && !authority && !alert && !record
}

// silent reports whether nobody answered at all. That takes long to find out: twice
// is enough.
func silent(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout() || errors.Is(err, errStalled)
}

// retryAfter is how long a registry that is busy asks us to wait, if it says so in a
// form that is known: seconds, or a time, which is held against the registry's own
// clock and not ours.
//
// Format: RFC 9110, section 10.2.3.
func retryAfter(resp *http.Response) (time.Duration, bool) {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0, false
	}
	v := resp.Header.Get("Retry-After")
	if n, err := strconv.ParseUint(v, 10, 64); err == nil {
		return time.Duration(min(n, 1<<32)) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}

// busyError is a registry that asks for more time than we have.
type busyError struct {
	host   string
	status int
	asked  time.Duration
}

func (e *busyError) Error() string {
	return fmt.Sprintf("%s answers %d %s and asks us to wait another %s, which is more than the %s that we wait; try again after that, or log in if it allows more to those it knows",
		e.host, e.status, http.StatusText(e.status), e.asked, maxAsked)
}

// errStalled is a connection that was alive once.
var errStalled = errors.New("nothing came for too long")

// watched ends a connection that brings nothing for the time of stall: no answer, or
// no byte of its body while somebody waits for one. One that is slow but brings
// something may take as long as it likes.
type watched struct {
	base  http.RoundTripper
	stall time.Duration
}

func (t watched) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	b := &watchedBody{ctx: ctx, cancel: cancel, stall: t.stall}
	b.timer = time.AfterFunc(t.stall, func() { cancel(errStalled) })
	resp, err := t.base.RoundTrip(r.WithContext(ctx))
	b.timer.Stop()
	if err != nil {
		err = b.cause(err)
		cancel(nil)
		return nil, err
	}
	b.ReadCloser, resp.Body = resp.Body, b
	return resp, nil
}

type watchedBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.stall)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF {
		err = b.cause(err)
	}
	return n, err
}

// cause tells a stall from a caller who has had enough.
func (b *watchedBody) cause(err error) error {
	if errors.Is(context.Cause(b.ctx), errStalled) {
		return fmt.Errorf("%w (%s)", errStalled, b.stall)
	}
	return err
}

func (b *watchedBody) Close() error {
	b.timer.Stop()
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
