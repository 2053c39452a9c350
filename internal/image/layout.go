package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// openLayout opens "DIR[:tag]", an OCI image layout.
//
// Format: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
func openLayout(ctx context.Context, im *Image, rest string, want platform) error {
	dir, tag := rest, ""
	if _, err := os.Stat(dir); err != nil {
		if i := strings.LastIndex(rest, ":"); i > 0 {
			dir, tag = rest[:i], rest[i+1:]
		}
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such folder: %w", dir, landwaiter.ErrNotFound)
	}
	if err != nil {
		return err
	}
	b := layoutBlobs{root}
	if err := im.openIndex(ctx, b, tag, want); err != nil {
		return errors.Join(err, root.Close())
	}
	im.src = &readers{blobs: b, done: root.Close}
	return nil
}

// files opens the files of an OCI layout by name.
type files interface {
	blobs
	open(name string) (io.ReadCloser, error)
}

// openIndex finds the image that tag names in a layout's index.json.
func (im *Image) openIndex(ctx context.Context, b files, tag string, want platform) error {
	f, err := b.open("index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it has no index.json, so it is no OCI image layout: %w", landwaiter.ErrInvalid)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := limitio.ReadAll(f, limitio.MaxManifest)
	if err != nil {
		return fmt.Errorf("index.json: %w", err)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(data))
	if err != nil {
		return &landwaiter.SyntaxError{Path: "index.json", Err: err}
	}
	list, err := tagged(index.Manifests, tag)
	if err != nil {
		return err
	}
	d, err := choose(ctx, b, list, want, 0)
	if err != nil {
		return err
	}
	return im.openManifest(ctx, b, d, want)
}

// tagged keeps what the tag names; without a tag, all, if they are one image's.
func tagged(list []v1.Descriptor, tag string) ([]v1.Descriptor, error) {
	var names []string
	var found []v1.Descriptor
	for _, d := range list {
		name := d.Annotations[refName]
		if name == "" {
			name = d.Annotations["io.containerd.image.name"]
		}
		names = append(names, name)
		if tag != "" && (name == tag || strings.HasSuffix(name, ":"+tag)) {
			found = append(found, d)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case len(list) == 0:
		return nil, fmt.Errorf("its index.json lists no image: %w", landwaiter.ErrNotFound)
	case tag != "" && len(found) == 0:
		return nil, fmt.Errorf("no image is tagged %q; it has %q: %w", tag, names, landwaiter.ErrNotFound)
	case tag != "":
		return found, nil
	case len(names) > 1:
		return nil, fmt.Errorf("it holds several images; name one of the tags %q behind a colon: %w", names, landwaiter.ErrInvalid)
	}
	return list, nil
}

// layoutBlobs reads a layout's folder and never leaves it.
type layoutBlobs struct{ root *os.Root }

func (b layoutBlobs) open(name string) (io.ReadCloser, error) { return b.root.Open(name) }

func (b layoutBlobs) blob(_ context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	f, err := b.root.Open("blobs/" + d.Digest.Algorithm + "/" + d.Digest.Hex)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the layout lacks it; copy the image again: %w", landwaiter.ErrNotFound)
	}
	return f, err
}
