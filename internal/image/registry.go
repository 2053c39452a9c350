package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

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
	base := remote.DefaultTransport.(*http.Transport).Clone()
	puller, err := remote.NewPuller(
		remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithTransport(encrypted{base, im.opt.Insecure}),
		remote.WithUserAgent("landwaiter"),
	)
	if err != nil {
		return err
	}
	top, err := puller.Get(ctx, ref)
	if err != nil {
		return explain(ref, err)
	}
	b := registryBlobs{puller, ref.Context()}
	d, err := choose(ctx, b, []v1.Descriptor{top.Descriptor}, want, 0)
	if err != nil {
		return explain(ref, err)
	}
	if err := im.openManifest(ctx, b, d, want); err != nil {
		return explain(ref, err)
	}
	im.src = &readers{blobs: b, done: func() error { base.CloseIdleConnections(); return nil }}
	return nil
}

// explain turns a registry's refusal into a cure.
func explain(ref name.Reference, err error) error {
	t, ok := errors.AsType[*transport.Error](err)
	if !ok {
		return err
	}
	switch t.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s refuses us; log in with docker login %s, and check the name: %w", ref.Context().RegistryStr(), ref.Context().RegistryStr(), err)
	case http.StatusNotFound:
		return fmt.Errorf("%s has no such image: %w: %w", ref.Context().RegistryStr(), landwaiter.ErrNotFound, err)
	case http.StatusTooManyRequests:
		return fmt.Errorf("%s asks us to wait; try again later, or log in: %w", ref.Context().RegistryStr(), err)
	}
	return err
}

// registryBlobs reads manifests and layers of one repository.
type registryBlobs struct {
	puller *remote.Puller
	repo   name.Repository
}

func (b registryBlobs) blob(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	ref := b.repo.Digest(d.Digest.String())
	if d.MediaType.IsImage() || d.MediaType.IsIndex() {
		m, err := b.puller.Get(ctx, ref)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(m.Manifest)), nil
	}
	l, err := b.puller.Layer(ctx, ref)
	if err != nil {
		return nil, err
	}
	return l.Compressed()
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
