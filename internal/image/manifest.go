package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// refName is the annotation by which an OCI layout names an image.
const refName = "org.opencontainers.image.ref.name"

// blobs opens content by its descriptor. What it returns is not yet checked.
type blobs interface {
	blob(ctx context.Context, d v1.Descriptor) (io.ReadCloser, error)
}

// fetch reads a small blob whole and checks its digest.
func fetch(ctx context.Context, b blobs, d v1.Descriptor, limit int64) ([]byte, error) {
	if d.Digest.Algorithm != "sha256" {
		return nil, fmt.Errorf("digest %s: only sha256 is known here: %w", d.Digest, landwaiter.ErrUnsupported)
	}
	r, err := b.blob(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Digest, err)
	}
	defer r.Close()
	sum := limitio.NewDigest(r)
	data, err := limitio.ReadAll(sum, limit)
	if err == nil {
		err = sum.Verify(d.Digest.String(), -1)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Digest, err)
	}
	return data, nil
}

// choose follows indexes down to the manifest for want.
func choose(ctx context.Context, b blobs, index []v1.Descriptor, want platform, depth int) (v1.Descriptor, error) {
	var none v1.Descriptor
	if depth > limitio.MaxIndexes {
		return none, fmt.Errorf("indexes nested deeper than %d: %w", limitio.MaxIndexes, landwaiter.ErrTooLarge)
	}
	var images []v1.Descriptor
	var have []string
	for _, d := range index {
		p := platformOf(d)
		if p.os == "unknown" {
			continue // an attestation beside the image
		}
		if d.Platform != nil {
			have = append(have, p.String())
			if !want.matches(p) {
				continue
			}
		}
		images = append(images, d)
	}
	slices.Sort(have)
	switch {
	case len(images) == 0:
		return none, fmt.Errorf("no image for %s in it, only for %s; name one with --platform: %w", want, strings.Join(slices.Compact(have), ", "), landwaiter.ErrNotFound)
	case len(images) > 1 && images[0].Platform == nil:
		return none, fmt.Errorf("it holds %d images and none is named: %w", len(images), landwaiter.ErrInvalid)
	}
	d := images[0] // as engines do: the first that matches
	if !d.MediaType.IsIndex() {
		return d, nil
	}
	data, err := fetch(ctx, b, d, limitio.MaxManifest)
	if err != nil {
		return none, fmt.Errorf("index %w", err)
	}
	in, err := v1.ParseIndexManifest(bytes.NewReader(data))
	if err != nil {
		return none, fmt.Errorf("index %s: %w", d.Digest, &landwaiter.SyntaxError{Err: err})
	}
	return choose(ctx, b, in.Manifests, want, depth+1)
}

func platformOf(d v1.Descriptor) platform {
	if d.Platform == nil {
		return platform{}
	}
	return platform{os: d.Platform.OS, arch: d.Platform.Architecture, variant: d.Platform.Variant}
}

// openManifest fills im's subject from the manifest that d describes.
func (im *Image) openManifest(ctx context.Context, b blobs, d v1.Descriptor, want platform) error {
	if d.MediaType == types.DockerManifestSchema1 || d.MediaType == types.DockerManifestSchema1Signed {
		return fmt.Errorf("manifest %s is of Docker's schema 1, which names no configuration; push it again with a current engine: %w", d.Digest, landwaiter.ErrUnsupported)
	}
	data, err := fetch(ctx, b, d, limitio.MaxManifest)
	if err != nil {
		return fmt.Errorf("manifest %w", err)
	}
	m, err := v1.ParseManifest(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("manifest %s: %w", d.Digest, &landwaiter.SyntaxError{Err: err})
	}
	if !isConfig(m.Config.MediaType) {
		return fmt.Errorf("manifest %s holds %q, which is no container image: %w", d.Digest, m.Config.MediaType, landwaiter.ErrUnsupported)
	}
	raw, err := fetch(ctx, b, m.Config, limitio.MaxConfig)
	if err != nil {
		return fmt.Errorf("configuration %w", err)
	}
	im.subject.Digest = d.Digest.String()
	layers := make([]landwaiter.Layer, len(m.Layers))
	for i, l := range m.Layers {
		if strings.Contains(string(l.MediaType), "+encrypted") {
			return fmt.Errorf("layer %d is encrypted, so that nobody can look inside; ask for it without: %w", i+1, landwaiter.ErrUnsupported)
		}
		layers[i] = landwaiter.Layer{Digest: l.Digest.String(), MediaType: string(l.MediaType), Size: l.Size}
	}
	im.base = baseIn(m.Annotations)
	return im.openConfig(raw, m.Config.Digest.String(), layers, want)
}

// baseIn reads what annotations or labels say about the base.
//
// Keys: https://github.com/opencontainers/image-spec/blob/main/annotations.md
func baseIn(words map[string]string) Base {
	return Base{words["org.opencontainers.image.base.name"], words["org.opencontainers.image.base.digest"]}
}

func isConfig(t types.MediaType) bool {
	return t.IsConfig() || t == "application/octet-stream" || t == ""
}

// openConfig fills im's subject from an image configuration and its layers.
func (im *Image) openConfig(raw []byte, id string, layers []landwaiter.Layer, want platform) error {
	var cfg v1.ConfigFile
	if err := json.Unmarshal(raw, &cfg); err != nil {
		return fmt.Errorf("configuration %s: %w", id, &landwaiter.SyntaxError{Err: err})
	}
	if len(layers) > limitio.MaxLayers {
		return fmt.Errorf("%d layers, at most %d are read: %w", len(layers), limitio.MaxLayers, landwaiter.ErrTooLarge)
	}
	if len(cfg.RootFS.DiffIDs) != len(layers) {
		return fmt.Errorf("configuration %s lists %d layers and the manifest %d: %w", id, len(cfg.RootFS.DiffIDs), len(layers), landwaiter.ErrInvalid)
	}
	got := platform{os: cfg.OS, arch: cfg.Architecture, variant: cfg.Variant}
	if want.asked && !want.matches(got) {
		return fmt.Errorf("the image is for %s, not for %s: %w", got, want, landwaiter.ErrNotFound)
	}
	for i, id := range cfg.RootFS.DiffIDs {
		layers[i].DiffID = id.String()
	}
	steps := slices.DeleteFunc(slices.Clone(cfg.History), func(h v1.History) bool { return h.EmptyLayer })
	if len(steps) == len(layers) {
		for i, h := range steps {
			layers[i].CreatedBy = masked(h.CreatedBy)
		}
	}
	s := &im.subject
	s.Kind, s.ImageID, s.Platform, s.Layers = landwaiter.SubjectImage, id, got.String(), layers
	s.Created = created(cfg.Created.Time)
	s.Config = landwaiter.ImageConfig{
		User: cfg.Config.User, Entrypoint: cfg.Config.Entrypoint, Cmd: cfg.Config.Cmd,
		Labels: cfg.Config.Labels,
	}
	if im.base == (Base{}) {
		im.base = baseIn(cfg.Config.Labels)
	}
	for _, e := range cfg.Config.Env {
		name, _, _ := strings.Cut(e, "=")
		s.Config.Env = append(s.Config.Env, name)
	}
	im.env = cfg.Config.Env
	for i := range cfg.History {
		im.steps = append(im.steps, cfg.History[i].CreatedBy)
	}
	return nil
}

// readers serves layers from blobs that can be opened in any order.
type readers struct {
	blobs blobs
	done  func() error
}

func (s *readers) each(ctx context.Context, gs []group, limit int, visit visitor) error {
	return sideBySide(ctx, gs, limit, func(ctx context.Context, g group) error {
		h, err := v1.NewHash(g.layer.Digest)
		if err != nil {
			return fmt.Errorf("layer digest %q: %w", g.layer.Digest, errors.Join(landwaiter.ErrInvalid, err))
		}
		d := v1.Descriptor{Digest: h, Size: g.layer.Size}
		var body io.ReadCloser
		from := stream{open: func(ctx context.Context) (_ io.ReadCloser, err error) {
			if body, err = s.blobs.blob(ctx, d); err != nil {
				return nil, fmt.Errorf("%s: %w", h, err)
			}
			return body, nil
		}}
		if local, ok := s.blobs.(interface{ present(d v1.Descriptor) error }); ok {
			from.present = func() error {
				if err := local.present(d); err != nil {
					return fmt.Errorf("%s: %w", h, err)
				}
				return nil
			}
		}
		err = visit(ctx, g, from)
		if t, ok := body.(*transfer); ok && err != nil && t.broken() != nil {
			// Better than a decompressor's word for bytes that never came.
			return fmt.Errorf("layer %d, %s: %w", g.indexes[0]+1, g.layer.Digest, explain(t.host, "layer", t.broken()))
		}
		return err
	})
}

func (s *readers) close() error {
	if s.done == nil {
		return nil
	}
	return s.done()
}
