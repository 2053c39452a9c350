package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/compare"
	"github.com/landwaiter/landwaiter/internal/image"
	versions "github.com/landwaiter/landwaiter/internal/version"
)

type compareFlags struct {
	subjectFlags
	place                               placeFlags
	advisories, protections, format, at string
	among                               []string
	baseLayers                          int
}

func compareCommand(s streams) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare [BASE] SUBJECT",
		Short: "Say how a subject differs from its base, or from any other",
		Long: `Assess two subjects in the same way, as of the same time, and say how the second
differs from the first: layers, packages, findings, files that nobody owns, the
account and the advice. It gives numbers and facts; a person judges them.

Without BASE, it is looked for in SUBJECT's own layout or archive and among the
images of --among: the one whose layers are the most of SUBJECT's first layers.
Where the base is not at hand, --base-layers N takes SUBJECT's own first N layers.

` + subjects,
		Example: `  landwaiter compare oci:images:debian oci:images:study --advisories build/advisories.lw
  landwaiter compare oci:images:study --among registry.example/base:12 --among oci:bases
  landwaiter compare registry.example/team/tool:1.2 --base-layers 4 --format json`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), s, args) },
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.advisories, "advisories", "", "what is known: a `file` that landwaiter advisories build made")
	cmd.Flags().StringVar(&f.protections, "protections", "", "what stands in the way in your environment: a YAML `file`")
	f.place.add(cmd)
	cmd.Flags().StringVar(&f.at, "at", "", "judge as of this `time`, YYYY-MM-DD or RFC 3339 (default now)")
	cmd.Flags().StringVar(&f.format, "format", "text", "print as `text` or json")
	cmd.Flags().StringArrayVar(&f.among, "among", nil, "look for the base here too: an image, or a layout or archive of several, named as a `SUBJECT` is; may be given several times")
	cmd.Flags().IntVar(&f.baseLayers, "base-layers", 0, "take SUBJECT's own first `N` layers as the base")
	return cmd
}

var compareFormats = map[string]func(io.Writer, *compare.Comparison) error{
	"text": compare.WriteText,
	"json": func(w io.Writer, c *compare.Comparison) error { return encode(w, c) },
}

func (f *compareFlags) run(ctx context.Context, s streams, args []string) (err error) {
	write, ok := compareFormats[f.format]
	switch {
	case !ok:
		return &usageError{fmt.Errorf("--format is %q; it must be text or json", f.format)}
	case len(args) == 2 && (f.baseLayers != 0 || len(f.among) > 0):
		return &usageError{errors.New("BASE is named, so --among and --base-layers have nothing to do")}
	case f.baseLayers < 0:
		return &usageError{fmt.Errorf("--base-layers is %d; it must be 1 or more", f.baseLayers)}
	case f.baseLayers > 0 && len(f.among) > 0:
		return &usageError{errors.New("--base-layers and --among are two ways to name one base; choose one")}
	}
	now, err := timeFlag(f.at, s.now())
	if err != nil {
		return &usageError{err}
	}
	opt := assess.Options{Now: now, Tool: landwaiter.Tool{Name: "landwaiter", Version: version}}
	if opt.Image, err = f.options(); err != nil {
		return err
	}
	base, subject, baseOpt := args[0], args[len(args)-1], opt.Image
	if len(args) == 1 {
		if base, baseOpt, err = f.base(ctx, subject, opt.Image); err != nil {
			return err
		}
	}
	if f.protections != "" {
		reg, err := readRegister(f.protections)
		if err != nil {
			return err
		}
		opt.Protections, f.place.tre = reg.Protections, cmp.Or(f.place.tre, reg.TRE)
	}
	opt.TRE, opt.Tier, opt.Project = f.place.tre, f.place.tier, f.place.project
	if f.advisories != "" {
		if opt.Advisories, err = advisory.Open(f.advisories); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, opt.Advisories.Close()) }()
	}
	kept, done, err := f.cache.open(s)
	if err != nil {
		return err
	}
	defer done()
	opt.Cache = kept
	watch, err := f.watch.begin(s, &opt.Image)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, watch.end()) }()
	opt.Watch = watch.read
	is, err := assess.Run(ctx, subject, opt)
	if err != nil {
		return err
	}
	baseOpt.Clock = opt.Image.Clock
	opt.Image = baseOpt
	was, err := assess.Run(ctx, base, opt)
	if err != nil {
		return err
	}
	c, err := compare.Assessments(was, is, orderVersions)
	if err != nil {
		return err
	}
	return write(s.out, c)
}

// base finds what to compare a subject with, where nobody named it.
func (f *compareFlags) base(ctx context.Context, ref string, opt image.Options) (string, image.Options, error) {
	im, err := image.Open(ctx, ref, opt)
	if err != nil {
		return "", opt, err
	}
	sub, claim := im.Subject(), im.Base()
	if err := im.Close(); err != nil {
		return "", opt, err
	}
	switch {
	case sub.Kind != landwaiter.SubjectImage:
		return "", opt, &usageError{fmt.Errorf("%s is no image, so it has no layers to find a base by; name BASE", ref)}
	case f.baseLayers >= len(sub.Layers):
		return "", opt, &usageError{fmt.Errorf("--base-layers is %d and %s has %d layers; name fewer", f.baseLayers, ref, len(sub.Layers))}
	case f.baseLayers > 0:
		opt.Layers = f.baseLayers
		return ref, opt, nil
	}
	best, most, seen := "", 0, 0
	for _, place := range append([]string{ref}, f.among...) {
		list, err := image.List(ctx, place, opt)
		if err != nil {
			return "", opt, fmt.Errorf("looking for the base: %w", err)
		}
		seen += len(list)
		for i := range list {
			n := compare.Shared(&list[i], &sub)
			if n == len(list[i].Layers) && n < len(sub.Layers) && n > most {
				best, most = list[i].Reference, n
			}
		}
	}
	if best != "" {
		return best, opt, nil
	}
	says := ""
	if named := cmp.Or(claim.Name, claim.Digest); named != "" {
		says = fmt.Sprintf("; it says that it is built on %s, so give that as BASE", plain(named))
		if claim.Name != "" && claim.Digest != "" {
			says = fmt.Sprintf("; it says that it is built on %s, %s, so give that as BASE", plain(claim.Name), plain(claim.Digest))
		}
	}
	return "", opt, fmt.Errorf("no base of %s was found among %d images%s; name BASE, where to look with --among, or the number of its layers with --base-layers: %w", ref, seen, says, landwaiter.ErrNotFound)
}

// orderVersions orders the versions of two packages of one ecosystem.
func orderVersions(p, q *landwaiter.Package) (int, bool) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(p.PURL, "pkg:"), "/")
	order, err := versions.ForPURL(kind)
	if err != nil {
		return 0, false
	}
	n, err := order.Compare(p.Version, q.Version)
	return n, err == nil
}
