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
	dir, tag := splitTag(rest)
	root, err := openDir(dir)
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

// splitTag splits "PATH:tag" behind the longest path that exists. Where none does,
// what stands before the last colon is the path.
func splitTag(rest string) (path, tag string) {
	for path = rest; ; {
		if _, err := os.Stat(path); err == nil {
			return path, tag
		}
		i := strings.LastIndex(path, ":")
		if i <= 0 {
			break
		}
		path, tag = path[:i], rest[i+1:]
	}
	if i := strings.LastIndex(rest, ":"); i > 0 {
		return rest[:i], rest[i+1:]
	}
	return rest, ""
}

func openDir(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such folder: %w", dir, landwaiter.ErrNotFound)
	}
	return root, err
}

// files opens the files of an OCI layout by name.
type files interface {
	blobs
	open(name string) (io.ReadCloser, error)
}

// openIndex finds the image that tag names in a layout's index.json.
func (im *Image) openIndex(ctx context.Context, b files, tag string, want platform) error {
	all, err := readIndex(b)
	if err != nil {
		return err
	}
	list, err := tagged(all, tag)
	if err != nil {
		return err
	}
	d, err := choose(ctx, b, list, want, 0)
	if err != nil {
		return err
	}
	return im.openManifest(ctx, b, d, want)
}

// readIndex reads a layout's index.json.
func readIndex(b files) ([]v1.Descriptor, error) {
	f, err := b.open("index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("it has no index.json, so it is no OCI image layout: %w", landwaiter.ErrInvalid)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := limitio.ReadAll(f, limitio.MaxManifest)
	if err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(data))
	if err != nil {
		return nil, &landwaiter.SyntaxError{Path: "index.json", Err: err}
	}
	return index.Manifests, nil
}

// imageName is the name that an index gives to an image.
func imageName(d v1.Descriptor) string {
	if name := d.Annotations[refName]; name != "" {
		return name
	}
	return d.Annotations["io.containerd.image.name"]
}

// tagged keeps what the tag names; without a tag, all, if they are one image's.
func tagged(list []v1.Descriptor, tag string) ([]v1.Descriptor, error) {
	var names []string
	var found []v1.Descriptor
	for _, d := range list {
		name := imageName(d)
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
	if err != nil {
		return nil, lacks(err)
	}
	return f, nil
}

// present fails where the layout lacks a blob, or has one of another size.
func (b layoutBlobs) present(d v1.Descriptor) error {
	st, err := b.root.Stat("blobs/" + d.Digest.Algorithm + "/" + d.Digest.Hex)
	if err != nil {
		return lacks(err)
	}
	return sized(st.Size(), d.Size)
}

func lacks(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the layout lacks it; copy the image again: %w", landwaiter.ErrNotFound)
	}
	return err
}
