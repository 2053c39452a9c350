package image

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// maxListed bounds the images of one place.
const maxListed = 1000

// List returns every image of the place that ref names, each with a Reference that
// opens it, by Reference: all of a layout or an archive, whatever image ref names,
// else the one image. Only manifests and configurations are read, no layer. An image
// for another platform alone, or one that has no name among several, is left out.
func List(ctx context.Context, ref string, opt Options) ([]landwaiter.Subject, error) {
	plat, err := parsePlatform(opt.Platform)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", ref, err)
	}
	how, rest, err := recognise(ref)
	if err != nil {
		return nil, err
	}
	if how.list == nil {
		im, err := Open(ctx, ref, opt)
		if err != nil {
			return nil, err
		}
		return []landwaiter.Subject{im.Subject()}, im.Close()
	}
	list, err := how.list(ctx, rest, opt, plat)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", ref, err)
	}
	return list, nil
}

func listLayout(ctx context.Context, rest string, opt Options, want platform) (_ []landwaiter.Subject, err error) {
	dir, _ := splitTag(rest)
	root, err := openDir(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return listIndex(ctx, layoutBlobs{root}, "oci:"+dir, opt, want)
}

// listIndex lists what a layout's index.json names.
func listIndex(ctx context.Context, b files, place string, opt Options, want platform) ([]landwaiter.Subject, error) {
	all, err := readIndex(b)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range all {
		names = append(names, imageName(d))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return each(place, names, func(im *Image, name string) error { return im.openIndex(ctx, b, name, want) }, opt)
}

// each opens an image by each of its names. Where there is but one, it needs none.
func each(place string, names []string, open func(im *Image, name string) error, opt Options) ([]landwaiter.Subject, error) {
	if len(names) > maxListed {
		return nil, fmt.Errorf("it holds %d images, at most %d are listed: %w", len(names), maxListed, landwaiter.ErrTooLarge)
	}
	var out []landwaiter.Subject
	for _, name := range names {
		ref := place + ":" + name
		switch {
		case name == "" && len(names) > 1:
			continue // nobody could open it
		case name == "":
			ref = place
		}
		im := &Image{opt: opt}
		im.subject.Reference = ref
		if err := open(im, name); err != nil {
			if errors.Is(err, landwaiter.ErrNotFound) || errors.Is(err, landwaiter.ErrUnsupported) {
				continue // for another platform, or no image
			}
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
		out = append(out, im.Subject())
	}
	return out, nil
}

func listArchive(ctx context.Context, rest string, opt Options, want platform) (_ []landwaiter.Subject, err error) {
	file, _ := splitTag(rest)
	a, err := openFile(rest, file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.index(ctx); err != nil {
		return nil, err
	}
	if _, ok := a.small["index.json"]; ok {
		return listIndex(ctx, a, "oci-archive:"+file, opt, want)
	}
	list, err := a.dockerImages()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range list {
		names = append(names, m.RepoTags...)
	}
	if len(list) == 1 && len(names) == 0 {
		names = []string{""}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return each("docker-archive:"+file, names, func(im *Image, name string) error { return im.openDocker(a, name, want) }, opt)
}
