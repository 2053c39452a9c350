package image

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// openArchive opens a tar of an OCI layout or of what "docker save" writes, plain
// or gzipped; which of the two it is, it says itself. "FILE:tag" names one image
// of several.
func openArchive(ctx context.Context, im *Image, rest string, want platform) error {
	file, tag := splitTag(rest)
	a, err := openFile(rest, file)
	if err != nil {
		return err
	}
	if err := im.openTar(ctx, a, tag, want); err != nil {
		return errors.Join(err, a.close())
	}
	return nil
}

// openFile opens an archive that is a file. rest is how the caller named it.
func openFile(rest, file string) (*archive, error) {
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such file: %w", rest, landwaiter.ErrNotFound)
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file: %w", file, landwaiter.ErrInvalid)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	a := &archive{start: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(f, 0, st.Size())), nil
	}, done: f.Close}
	head := make([]byte, 2)
	if _, err := f.ReadAt(head, 0); err == nil && (head[0] != 0x1f || head[1] != 0x8b) {
		a.at = f
	}
	return a, nil
}

// openTar fills im from an archive.
func (im *Image) openTar(ctx context.Context, a *archive, tag string, want platform) error {
	if err := a.index(ctx); err != nil {
		return err
	}
	im.src = a
	if _, ok := a.small["index.json"]; ok {
		err := im.openIndex(ctx, a, tag, want)
		if err == nil || tag == "" || a.small["manifest.json"] == nil {
			for i := range im.subject.Layers {
				a.paths = append(a.paths, blobPath(im.subject.Layers[i].Digest))
			}
			return err
		}
		// A tag that Docker wrote stands in manifest.json as "name:tag".
	}
	return im.openDocker(a, tag, want)
}

// openDocker fills im from what "docker save" writes.
func (im *Image) openDocker(a *archive, tag string, want platform) error {
	list, err := a.dockerImages()
	if err != nil {
		return err
	}
	at := -1
	var tags []string
	for i, m := range list {
		tags = append(tags, m.RepoTags...)
		for _, t := range m.RepoTags {
			if t == tag || strings.HasSuffix(t, "/"+tag) || strings.HasSuffix(t, ":"+tag) {
				at = i
			}
		}
	}
	switch {
	case len(list) == 0:
		return fmt.Errorf("its manifest.json lists no image: %w", landwaiter.ErrNotFound)
	case at < 0 && tag != "":
		return fmt.Errorf("no image in it is called %q; it has %q: %w", tag, tags, landwaiter.ErrNotFound)
	case at < 0 && len(list) > 1:
		return fmt.Errorf("it holds several images; name one of %q behind a colon: %w", tags, landwaiter.ErrInvalid)
	case at < 0:
		at = 0
	}
	m := list[at]
	cfg, ok := a.small[a.follow(clean(m.Config))]
	if !ok {
		return fmt.Errorf("the archive lacks the configuration %q that its manifest names: %w", m.Config, landwaiter.ErrInvalid)
	}
	id := fmt.Sprintf("sha256:%x", sha256.Sum256(cfg))
	a.paths = nil
	layers := make([]landwaiter.Layer, len(m.Layers))
	for i, l := range m.Layers {
		p := a.follow(clean(l))
		size, ok := a.sizes[p]
		if !ok {
			return fmt.Errorf("the archive lacks layer %d, %q: %w", i+1, l, landwaiter.ErrInvalid)
		}
		a.paths = append(a.paths, p)
		layers[i].Size = size
	}
	return im.openConfig(cfg, id, layers, want)
}

// dockerImage is what "docker save" says about one image.
type dockerImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func (a *archive) dockerImages() ([]dockerImage, error) {
	raw, ok := a.small["manifest.json"]
	if !ok {
		return nil, fmt.Errorf("it has neither index.json nor manifest.json, so it is no archive of an image: %w", landwaiter.ErrInvalid)
	}
	var list []dockerImage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, &landwaiter.SyntaxError{Path: "manifest.json", Err: err}
	}
	return list, nil
}

// archive is a tar that holds an image. A plain file is read at any place; a
// gzipped one, or one that an engine streams, only from its start: its layers
// are read in the archive's order in one pass.
type archive struct {
	start func(context.Context) (io.ReadCloser, error)
	at    io.ReaderAt // nil where only streams can be had
	done  func() error

	small map[string][]byte // small members, whole
	sizes map[string]int64
	offs  map[string]int64
	links map[string]string
	paths []string // of the layers of the chosen image
}

func (a *archive) close() error {
	if a.done == nil {
		return nil
	}
	return a.done()
}

// each reads layers side by side where the file allows it, else in one pass.
func (a *archive) each(ctx context.Context, gs []group, limit int, visit visitor) error {
	byPath := map[string]group{}
	for _, g := range gs {
		p := a.paths[g.indexes[0]]
		if first, ok := byPath[p]; ok {
			return fmt.Errorf("layers %d and %d are one file, and the configuration says that they differ: %w", first.indexes[0]+1, g.indexes[0]+1, landwaiter.ErrDigest)
		}
		byPath[p] = g
	}
	if a.at != nil {
		return sideBySide(ctx, gs, limit, func(ctx context.Context, g group) error {
			p := a.paths[g.indexes[0]]
			if _, ok := a.sizes[p]; !ok {
				return fmt.Errorf("the archive lacks layer %d, %s: %w", g.indexes[0]+1, p, landwaiter.ErrNotFound)
			}
			return visit(ctx, g, a.stream(p, g, io.NewSectionReader(a.at, a.offs[p], a.sizes[p])))
		})
	}
	err := a.members(ctx, func(h *tar.Header, _ int64, r io.Reader) error {
		g, ok := byPath[clean(h.Name)]
		if !ok || h.Typeflag != tar.TypeReg {
			return nil
		}
		delete(byPath, clean(h.Name))
		return visit(ctx, g, a.stream(clean(h.Name), g, r))
	})
	for p, g := range byPath {
		if err == nil {
			err = fmt.Errorf("the archive lacks layer %d, %s: %w", g.indexes[0]+1, p, landwaiter.ErrNotFound)
		}
	}
	return err
}

// stream is the member p, which the archive has and r reads.
func (a *archive) stream(p string, g group, r io.Reader) stream {
	return stream{
		open:    func(context.Context) (io.ReadCloser, error) { return io.NopCloser(r), nil },
		present: func() error { return sized(a.sizes[p], g.layer.Size) },
	}
}

// members goes over the archive's members from its start. off is where a plain
// file holds the member's content.
func (a *archive) members(ctx context.Context, visit func(h *tar.Header, off int64, r io.Reader) error) (err error) {
	f, err := a.start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader
	pos := func() int64 { return 0 }
	if a.at != nil {
		// archive/tar seeks over what nobody reads.
		s := io.NewSectionReader(a.at, 0, 1<<62)
		r, pos = s, func() int64 { n, _ := s.Seek(0, io.SeekCurrent); return n }
	} else {
		b := bufio.NewReaderSize(f, 256<<10)
		r = b
		if head, err := b.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
			d, err := decompress(b, nil)
			if err != nil {
				return err
			}
			ahead := limitio.NewAheadOf(func(*limitio.Ahead) (func() (limitio.Block, error), func()) { return d.next, d.stop })
			defer ahead.Close()
			r = ahead
		}
	}
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("damaged behind member %d; copy it again: %w", n, errors.Join(landwaiter.ErrInvalid, err))
		}
		if n > limitio.MaxMembers {
			return fmt.Errorf("more than %d members: %w", limitio.MaxMembers, landwaiter.ErrTooLarge)
		}
		if err := visit(h, pos(), t); err != nil {
			return err
		}
	}
}

// index reads the archive's small members and notes where the others are.
func (a *archive) index(ctx context.Context) error {
	a.small, a.sizes, a.offs, a.links = map[string][]byte{}, map[string]int64{}, map[string]int64{}, map[string]string{}
	total := int64(0)
	return a.members(ctx, func(h *tar.Header, off int64, r io.Reader) error {
		name := clean(h.Name)
		switch h.Typeflag {
		case tar.TypeSymlink:
			a.links[name] = clean(name + "/../" + h.Linkname)
		case tar.TypeLink:
			a.links[name] = clean(h.Linkname)
		case tar.TypeReg:
			a.sizes[name], a.offs[name] = h.Size, off
			if h.Size > limitio.MaxConfig || total+h.Size > 16*limitio.MaxConfig {
				return nil
			}
			total += h.Size
			data, err := limitio.ReadAll(r, limitio.MaxConfig)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			a.small[name] = data
		}
		return nil
	})
}

// follow resolves the links by which docker save stores one layer once.
func (a *archive) follow(name string) string {
	for range limitio.MaxSymlinks {
		to, ok := a.links[name]
		if !ok {
			break
		}
		name = to
	}
	return name
}

// open opens a member by its name.
func (a *archive) open(name string) (io.ReadCloser, error) {
	name = a.follow(name)
	if data, ok := a.small[name]; ok {
		return io.NopCloser(strings.NewReader(string(data))), nil
	}
	if size, ok := a.sizes[name]; ok && a.at != nil {
		return io.NopCloser(io.NewSectionReader(a.at, a.offs[name], size)), nil
	}
	return nil, fmt.Errorf("the archive lacks %s: %w", name, landwaiter.ErrNotFound)
}

func (a *archive) blob(_ context.Context, d v1.Descriptor) (io.ReadCloser, error) {
	return a.open(blobPath(d.Digest.String()))
}

func blobPath(digest string) string { return "blobs/" + strings.Replace(digest, ":", "/", 1) }
