package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/landwaiter/landwaiter"
)

// openRegistry opens "registry.example/name:tag" or "…@sha256:…". Credentials
// come from the Docker configuration and its helpers.
func openRegistry(ctx context.Context, im *Image, rest string, want platform) error {
	return openRegistryWith(ctx, im, rest, want, remote.DefaultTransport.(*http.Transport).Clone(), usualPatience())
}

func openRegistryWith(ctx context.Context, im *Image, rest string, want platform, base *http.Transport, p patience) error {
	var opts []name.Option
	if im.opt.Insecure {
		opts = append(opts, name.Insecure)
	}
	ref, err := name.ParseReference(rest, opts...)
	if err != nil {
		return fmt.Errorf("%w: %w", landwaiter.ErrInvalid, err)
	}
	if im.opt.Insecure && !loopback(ref.Context().RegistryStr()) {
		return fmt.Errorf("--insecure is for a registry on a loopback address, and %s is none: %w", ref.Context().RegistryStr(), landwaiter.ErrInvalid)
	}
	if err := im.openRepository(ctx, ref, want, base, p); err != nil {
		base.CloseIdleConnections()
		return err
	}
	return nil
}

// openRepository fills im's subject from the manifest that ref names.
func (im *Image) openRepository(ctx context.Context, ref name.Reference, want platform, base *http.Transport, p patience) error {
	b, err := newRegistryBlobs(ctx, ref.Context(), im.opt.Insecure, base, p)
	if err != nil {
		return explain(ref.Context().RegistryStr(), "image", err)
	}
	top, err := b.manifest(ctx, ref)
	if err != nil {
		return explain(b.host, "image", err)
	}
	d, err := choose(ctx, b, []v1.Descriptor{top.Descriptor}, want, 0)
	if err != nil {
		return err
	}
	if err := im.openManifest(ctx, b, d, want); err != nil {
		return err
	}
	im.src = &readers{blobs: b, done: func() error { base.CloseIdleConnections(); return nil }}
	return nil
}

// explain turns a registry's refusal into a cure. what is what was asked for: the
// "image" that a person named, or what that is made of.
func explain(host, what string, err error) error {
	t, ok := errors.AsType[*transport.Error](err)
	if !ok {
		return unsigned(err)
	}
	if at := t.Request; at != nil && at.Response != nil && at.URL.Host != host {
		return fmt.Errorf("%s, to which %s sends us, answers %d; try again, and then ask who runs the registry: %w", at.URL.Host, host, t.StatusCode, err)
	}
	switch t.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s refuses us; log in with docker login %s, and check the name: %w", host, host, err)
	case http.StatusNotFound:
		if what == "image" {
			return fmt.Errorf("%s has no such image: %w: %w", host, landwaiter.ErrNotFound, err)
		}
		return fmt.Errorf("%s lacks this %s of the image; push the image again: %w: %w", host, what, landwaiter.ErrNotFound, err)
	case http.StatusTooManyRequests:
		return fmt.Errorf("%s asks us to wait; try again later, or log in: %w", host, err)
	}
	if t.StatusCode >= 500 {
		return fmt.Errorf("%s is in trouble; try again later, or ask who runs it: %w", host, err)
	}
	return err
}

// unsigned leaves out the address that failed: where a registry sends us elsewhere,
// it holds a permit to read.
func unsigned(err error) error {
	u, ok := errors.AsType[*url.Error](err)
	if !ok || error(u) != err { // such as two failures to say hello
		return err
	}
	at, bad := url.Parse(u.URL)
	if bad != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, landwaiter.ErrInvalid) {
		return u.Err
	}
	if busy, ok := errors.AsType[*busyError](err); ok {
		return busy
	}
	return fmt.Errorf("%s cannot be reached; check the name, the network and its certificate: %w", at.Host, u.Err)
}

// registryBlobs reads manifests and layers of one repository.
type registryBlobs struct {
	patience
	repo   name.Repository
	host   string
	puller *remote.Puller
	client *http.Client
	slots  chan struct{} // one for each layer that streams
}

// newRegistryBlobs says hello to a registry and logs in.
func newRegistryBlobs(ctx context.Context, repo name.Repository, insecure bool, base *http.Transport, p patience) (*registryBlobs, error) {
	// A digest and a range are of bytes as they are stored.
	base.DisableCompression = true
	if base.HTTP2 == nil {
		// Finds a dead connection that layers share; without it they would all be
		// resumed on the same.
		base.HTTP2 = &http.HTTP2Config{SendPingTimeout: p.stall / 2, PingTimeout: p.stall / 4}
	}
	auth, err := authn.Resolve(ctx, authn.DefaultKeychain, repo)
	if err != nil {
		return nil, err
	}
	ours := transport.NewUserAgent(patient{watched{encrypted{base, insecure}, p.stall}, p}, "landwaiter")
	// Of the library's own type: it then adds no retries to ours.
	logged, err := transport.NewWithContext(ctx, repo.Registry, auth, ours, []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	puller, err := remote.NewPuller(remote.WithTransport(logged))
	if err != nil {
		return nil, err
	}
	return &registryBlobs{
		patience: p, repo: repo, host: repo.RegistryStr(), puller: puller,
		client: &http.Client{Transport: logged, CheckRedirect: redirect},
		slots:  make(chan struct{}, perHost),
	}, nil
}

func (b *registryBlobs) blob(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	if d.MediaType.IsImage() || d.MediaType.IsIndex() {
		m, err := b.manifest(ctx, b.repo.Digest(d.Digest.String()))
		if err != nil {
			return nil, explain(b.host, "manifest", err)
		}
		return io.NopCloser(bytes.NewReader(m.Manifest)), nil
	}
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t := &transfer{
		ctx: ctx, host: b.host, size: d.Size, sleep: b.sleep,
		get:  func(ctx context.Context, offset int64) (*http.Response, error) { return b.get(ctx, d.Digest, offset) },
		free: func() { <-b.slots },
	}
	// A registry that does not give the first byte is not pressed.
	if err := t.ask(); err != nil {
		return nil, errors.Join(explain(b.host, "part", err), t.Close())
	}
	return t, nil
}

// manifest reads a manifest whole. It is small: where its transfer breaks, it begins
// again.
func (b *registryBlobs) manifest(ctx context.Context, ref name.Reference) (*remote.Descriptor, error) {
	for n := 0; ; n++ {
		m, err := b.puller.Get(ctx, ref)
		_, unanswered := errors.AsType[*url.Error](err) // asked for again already
		broke := !unanswered && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errStalled))
		if !broke || n+1 >= requestTries {
			return m, err
		}
		if err := b.sleep(ctx, backoff(n)); err != nil {
			return nil, err
		}
	}
}

// get asks for a blob from its byte offset on.
func (b *registryBlobs) get(ctx context.Context, h v1.Hash, offset int64) (*http.Response, error) {
	u := url.URL{Scheme: b.repo.Scheme(), Host: b.host, Path: "/v2/" + b.repo.RepositoryStr() + "/blobs/" + h.String()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := b.client.Do(req)
	return resp, unsigned(err)
}

// redirect lets a registry send us to where it keeps its layers, but not from outside
// into the network that we stand in: a name in DNS may lie there, an address may not.
func redirect(req *http.Request, via []*http.Request) error {
	from, to := via[0].URL.Hostname(), req.URL.Hostname()
	switch {
	case len(via) >= maxRedirects:
		return fmt.Errorf("%s sends us round in circles: %w", from, landwaiter.ErrInvalid)
	case to == from, loopback(from) && loopback(to), !inside(to):
		return nil
	}
	return fmt.Errorf("%s sends us to the address %s, which is not public; let it serve layers itself, or name its store in DNS: %w", from, to, landwaiter.ErrInvalid)
}

// inside reports whether host is an address that is not public, or looks like one in
// a form that only some programs understand.
func inside(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	bare, _, _ := strings.Cut(host, "%")
	if ip, err := netip.ParseAddr(bare); err == nil {
		return !ip.Unmap().IsGlobalUnicast() || ip.Unmap().IsPrivate()
	}
	last := host[strings.LastIndex(host, ".")+1:]
	number := last != "" && strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
	return number || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// encrypted refuses plain HTTP, which the registry library would fall back to
// for private addresses: what is read there anybody on the way can change.
type encrypted struct {
	base     http.RoundTripper
	insecure bool
}

func (t encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && (!t.insecure || !loopback(r.URL.Host)) {
		return nil, fmt.Errorf("%s answers in plain HTTP only; --insecure allows that for a loopback address: %w", r.URL.Host, landwaiter.ErrInvalid)
	}
	return t.base.RoundTrip(r)
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
