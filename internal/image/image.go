// Package image opens a subject from a registry, an OCI layout, an archive, a
// Docker engine or a folder; checks every digest to the last byte; streams each
// layer once; and answers the merged filesystem.
package image

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Options say how to open and read a subject. The zero value is right.
type Options struct {
	// Platform is "os/arch[/variant]"; default linux/amd64. An image of another
	// platform is refused only where Platform is set.
	Platform string
	// Insecure allows plain HTTP to a registry on a loopback address.
	Insecure bool
	// MaxUnpacked caps uncompressed bytes over all layers; default
	// limitio.MaxUnpacked.
	MaxUnpacked int64
	// Parallel is how many layers are read side by side; default the number of
	// processors, at most 4: one registry host, be polite.
	Parallel int
	// Layers opens only the first so many layers of an image, as if it ended there;
	// 0 is all. Its settings stay those of the whole, and it has no digest: nobody
	// stored it so.
	Layers int
	// Clock is asked how long stages take; nil where nobody wants to know.
	Clock func() time.Time
}

func (o Options) maxUnpacked() int64 {
	if o.MaxUnpacked > 0 {
		return o.MaxUnpacked
	}
	return limitio.MaxUnpacked
}

func (o Options) parallel() int {
	if o.Parallel > 0 {
		return o.Parallel
	}
	return min(runtime.GOMAXPROCS(0), 4)
}

// Image is an opened subject.
type Image struct {
	subject landwaiter.Subject
	base    Base
	opt     Options
	src     source
	// env and steps are as the image has them: see Settings.
	env, steps []string
	// unpacked counts bytes of tar over all layers, content the bytes of files,
	// each against Options.MaxUnpacked.
	unpacked, content atomic.Int64
	// read counts stored bytes read so far, for progress.
	read   atomic.Int64
	total  int64 // stored bytes, as far as the image says
	stages stages
}

// stages are what reading layers consists of.
type stages struct{ source, unpack, digest, wait limitio.Stage }

// Stages returns what reading the layers took so far, in the order in which bytes pass
// through it.
func (im *Image) Stages() []*limitio.Stage {
	s := &im.stages
	return []*limitio.Stage{&s.source, &s.unpack, &s.digest, &s.wait}
}

// Clock is that of the options.
func (im *Image) Clock() func() time.Time { return im.opt.Clock }

// source streams the layers of one kind of place.
type source interface {
	// each calls visit once for every group of equal layers with where their stored
	// bytes come from; several at once where the source allows it, at most limit.
	each(ctx context.Context, groups []group, limit int, visit visitor) error
	close() error
}

type visitor func(context.Context, group, stream) error

// group is a set of layers with the same content: they are read once.
type group struct {
	layer   landwaiter.Layer
	indexes []int
}

// Open opens the subject that ref names: "registry.example/name:tag",
// "registry.example/name@sha256:…", "oci:DIR[:tag]", "oci-archive:FILE",
// "docker-archive:FILE", "docker-daemon:NAME", "dir:FOLDER", or a bare path that
// exists. Errors wrap landwaiter.ErrNotFound, ErrInvalid, ErrUnsupported,
// ErrDigest or ErrTooLarge where one applies.
func Open(ctx context.Context, ref string, opt Options) (*Image, error) {
	plat, err := parsePlatform(opt.Platform)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", ref, err)
	}
	how, rest, err := recognise(ref)
	if err != nil {
		return nil, err
	}
	im := &Image{opt: opt}
	im.stages.source.Name, im.stages.unpack.Name = "stored bytes from their place", "decompress"
	im.stages.digest.Name, im.stages.wait.Name = "digest of the content", "wait for content"
	im.subject.Reference = ref
	if err := how.open(ctx, im, rest, plat); err != nil {
		return nil, fmt.Errorf("opening %s: %w", ref, err)
	}
	if err := im.cut(opt.Layers); err != nil {
		return nil, fmt.Errorf("opening %s: %w", ref, errors.Join(err, im.Close()))
	}
	for _, g := range im.groups() {
		im.total += g.layer.Size // now: a walk notes the sizes that it sees
	}
	return im, nil
}

// cut leaves the first n layers of an image.
func (im *Image) cut(n int) error {
	s := &im.subject
	switch {
	case n == 0:
		return nil
	case s.Kind != landwaiter.SubjectImage:
		return fmt.Errorf("it has no layers to choose from: %w", landwaiter.ErrUnsupported)
	case n < 0 || n > len(s.Layers):
		return fmt.Errorf("it has %d layers, so the first %d cannot be taken: %w", len(s.Layers), n, landwaiter.ErrInvalid)
	}
	s.Reference = fmt.Sprintf("%s (its first %d of %d layers)", s.Reference, n, len(s.Layers))
	s.Layers, s.Digest, s.ImageID, s.Created = s.Layers[:n:n], "", "", nil
	return nil
}

// Base is what an image says it was built on. It is a claim.
type Base struct{ Name, Digest string }

// Base returns what the image says it was built on, in its manifest or its labels;
// empty where it says nothing.
func (im *Image) Base() Base { return im.base }

// Subject returns what was opened. Unpacked sizes of layers are known after Walk.
func (im *Image) Subject() landwaiter.Subject {
	s := im.subject
	s.Layers = slices.Clone(s.Layers)
	return s
}

// Close releases what Open took.
func (im *Image) Close() error { return im.src.close() }

// Progress returns how many stored bytes have been read, and how many there are:
// 0 where nobody can say beforehand. It may be called at any time.
func (im *Image) Progress() (read, total int64) { return im.read.Load(), im.total }

func (im *Image) groups() []group {
	var gs []group
	at := map[string]int{}
	for i, l := range im.subject.Layers {
		key := l.Digest + " " + l.DiffID
		if j, ok := at[key]; ok && key != " " {
			gs[j].indexes = append(gs[j].indexes, i)
			continue
		}
		at[key] = len(gs)
		gs = append(gs, group{layer: l, indexes: []int{i}})
	}
	return gs
}

// Walk visits every layer once, layers side by side. visit must end each layer, or
// return an error: it calls Layer.Next until io.EOF, or where it knows already what
// is in the layer, Layer.Check or Layer.Skip. It may be called from several
// goroutines at a time. Equal layers are visited once, with all their Indexes.
func (im *Image) Walk(ctx context.Context, visit func(context.Context, *Layer) error) error {
	im.unpacked.Store(0)
	im.content.Store(0)
	im.read.Store(0)
	return im.walk(ctx, im.groups(), visit)
}

// Again visits the layers at these indexes a second time.
func (im *Image) Again(ctx context.Context, indexes []int, visit func(context.Context, *Layer) error) error {
	im.unpacked.Store(0)
	im.content.Store(0)
	var gs []group
	for _, g := range im.groups() {
		if slices.ContainsFunc(g.indexes, func(i int) bool { return slices.Contains(indexes, i) }) {
			gs = append(gs, g)
		}
	}
	return im.walk(ctx, gs, visit)
}

func (im *Image) walk(ctx context.Context, gs []group, visit func(context.Context, *Layer) error) error {
	// The biggest layer starts first: it often holds most of the bytes.
	slices.SortStableFunc(gs, func(a, b group) int {
		switch {
		case a.layer.Size > b.layer.Size:
			return -1
		case a.layer.Size < b.layer.Size:
			return 1
		}
		return 0
	})
	err := im.src.each(ctx, gs, im.opt.parallel(), func(ctx context.Context, g group, s stream) error {
		name := im.layerName(g)
		l := im.newLayer(ctx, g, s)
		defer l.close()
		if err := visit(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !l.ended {
			return fmt.Errorf("%s: not read to its end", name)
		}
		for _, i := range g.indexes {
			im.subject.Layers[i].Unpacked = l.Unpacked()
			if im.subject.Layers[i].Size == 0 {
				im.subject.Layers[i].Size = l.stored.Size()
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", im.subject.Reference, err)
	}
	return nil
}

// layerName says which layer an error is about, as people count: from 1.
func (im *Image) layerName(g group) string {
	if im.subject.Kind == landwaiter.SubjectFolder {
		return "the content"
	}
	return fmt.Sprintf("layer %d of %d", g.indexes[0]+1, len(im.subject.Layers))
}

// sideBySide runs visit for every group, at most limit at once.
func sideBySide(ctx context.Context, gs []group, limit int, run func(context.Context, group) error) error {
	eg, ctx := errgroup.WithContext(ctx)
	eg.SetLimit(limit)
	for _, g := range gs {
		eg.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return run(ctx, g)
		})
	}
	return eg.Wait()
}

// created returns t unless it is the zero time that builders write for "no time".
func created(t time.Time) *time.Time {
	if t.IsZero() || t.Unix() == 0 {
		return nil
	}
	t = t.UTC()
	return &t
}
