package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/landwaiter/landwaiter"
)

// transfer reads one blob to its end, over as many connections as that takes. What
// it returns is not yet checked: only the digest over all of it says that the pieces
// are of one blob.
type transfer struct {
	ctx  context.Context
	host string // of the registry, for errors
	size int64  // as promised; negative if nobody did
	// get asks the registry for the blob from this byte on. It goes to the registry
	// each time: where that sends us elsewhere, its permit may have run out.
	get   func(ctx context.Context, offset int64) (*http.Response, error)
	sleep func(ctx context.Context, d time.Duration) error
	free  func() // gives back the place among those that stream

	body    io.ReadCloser
	at      int64 // bytes returned
	idle    int   // resumes in a row that brought nothing
	resumes int
	err     error // once set, for good
}

// ask opens a connection that goes on where we are.
func (t *transfer) ask() error {
	resp, err := t.get(t.ctx, t.at) //nolint:bodyclose // accept closes what it does not keep
	if err != nil {
		return err
	}
	return t.accept(resp)
}

func (t *transfer) Read(p []byte) (int, error) {
	for t.err == nil {
		if t.body == nil {
			t.err = t.resume()
			continue
		}
		n, err := t.body.Read(p)
		t.at += int64(n)
		switch {
		case t.size >= 0 && t.at > t.size:
			t.err = fmt.Errorf("%s sends more than the %d bytes that the manifest promises; copy the image again: %w", t.host, t.size, landwaiter.ErrDigest)
			continue
		case n > 0:
			t.idle = 0
		}
		if err != nil {
			t.err = t.ended(err)
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, t.err
}

// ended says what the end of a connection means: io.EOF if that is the end of the
// blob, nil if there is more to come.
func (t *transfer) ended(err error) error {
	switch {
	case t.size >= 0 && t.at == t.size, t.size < 0 && err == io.EOF:
		return io.EOF
	case t.ctx.Err() != nil:
		return t.ctx.Err()
	}
	t.body.Close()
	t.body = nil
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return t.another(err)
}

// another allows one more connection after err, or says why there is none.
func (t *transfer) another(err error) error {
	switch {
	case t.idle >= maxIdle:
		return fmt.Errorf("%s broke off after %d of %d bytes, and %d more tries brought nothing; check the network and the registry, or copy the image with skopeo copy docker://NAME oci:DIR and assess that: %w", t.host, t.at, t.size, t.idle, err)
	case t.resumes >= maxResumes:
		return fmt.Errorf("%s broke off %d times, at last after %d of %d bytes; check the network and the registry, or copy the image with skopeo copy docker://NAME oci:DIR and assess that: %w", t.host, t.resumes+1, t.at, t.size, err)
	}
	return nil
}

// resume goes on where the last connection ended. It returns nil with no body where
// it may be tried again.
func (t *transfer) resume() error {
	if err := t.sleep(t.ctx, backoff(t.idle)); err != nil {
		return err
	}
	t.resumes++
	t.idle++
	err := t.ask()
	switch {
	case err == nil:
		return nil
	case t.ctx.Err() != nil:
		return t.ctx.Err()
	case t.final(err):
		return err
	}
	return t.another(err)
}

// final reports whether a resume failed for good: the registry decided, or it has
// other content now. A store that the registry sent us to may refuse a permit that
// has run out; the registry gives a new one.
func (t *transfer) final(err error) bool {
	if status, ok := errors.AsType[*transport.Error](err); ok {
		elsewhere := status.Request != nil && status.Request.URL.Host != t.host
		return !mayPass(status.StatusCode) && !elsewhere
	}
	_, busy := errors.AsType[*busyError](err)
	return busy || errors.Is(err, landwaiter.ErrDigest) || errors.Is(err, landwaiter.ErrUnsupported) || !passes(err)
}

// accept takes an answer whose body goes on where we are.
func (t *transfer) accept(resp *http.Response) (err error) {
	defer func() {
		if err != nil {
			resp.Body.Close()
		}
	}()
	switch resp.StatusCode {
	case http.StatusOK:
		if t.size >= 0 && resp.ContentLength >= 0 && resp.ContentLength != t.size {
			return fmt.Errorf("%s has %d bytes where the manifest promises %d; copy the image again: %w", t.host, resp.ContentLength, t.size, landwaiter.ErrDigest)
		}
		// It does not know ranges, and begins again: what we had already is passed over.
		if _, err := io.CopyN(io.Discard, resp.Body, t.at); err != nil {
			return fmt.Errorf("%s cannot go on in the middle of a layer: %w", t.host, noEOF(err))
		}
	case http.StatusPartialContent:
		if err := t.inPlace(resp.Header.Get("Content-Range")); err != nil {
			return err
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%s no longer has the %d bytes that the manifest promises; copy the image again: %w", t.host, t.size, landwaiter.ErrDigest)
	default:
		return transport.CheckError(resp, http.StatusOK, http.StatusPartialContent)
	}
	t.body = resp.Body
	return nil
}

// inPlace checks that a part begins where we are, and is one of what was promised.
func (t *transfer) inPlace(header string) error {
	first, total, ok := contentRange(header)
	switch {
	case !ok || first != t.at:
		return fmt.Errorf("%s was asked to go on at byte %d and answers with the range %q; copy the image with skopeo copy docker://NAME oci:DIR and assess that: %w", t.host, t.at, header, landwaiter.ErrUnsupported)
	case total >= 0 && t.size >= 0 && total != t.size:
		return fmt.Errorf("%s has %d bytes where the manifest promises %d; copy the image again: %w", t.host, total, t.size, landwaiter.ErrDigest)
	}
	return nil
}

// contentRange reads the header "bytes FIRST-LAST/TOTAL". total is negative where the
// registry does not know it.
//
// Format: RFC 9110, section 14.4.
func contentRange(header string) (first, total int64, ok bool) {
	rest, isBytes := strings.CutPrefix(header, "bytes ")
	span, all, hasTotal := strings.Cut(rest, "/")
	from, to, hasSpan := strings.Cut(span, "-")
	if !isBytes || !hasTotal || !hasSpan {
		return 0, 0, false
	}
	a, err := strconv.ParseUint(from, 10, 63)
	b, err2 := strconv.ParseUint(to, 10, 63)
	if err != nil || err2 != nil || a > b {
		return 0, 0, false
	}
	if all == "*" {
		return int64(a), -1, true
	}
	c, err := strconv.ParseUint(all, 10, 63)
	return int64(a), int64(c), err == nil && b < c
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// broken is what ended the transfer for good, if something did: not its end, and not
// the caller. Once it has stopped, nobody else need explain the bytes that lack.
func (t *transfer) broken() error {
	if t.err == io.EOF || errors.Is(t.err, context.Canceled) || errors.Is(t.err, context.DeadlineExceeded) {
		return nil
	}
	return t.err
}

// Close ends the connection.
func (t *transfer) Close() error {
	if t.free != nil {
		t.free()
		t.free = nil
	}
	if t.body == nil {
		return nil
	}
	return t.body.Close()
}
