package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/inventory"
	"github.com/landwaiter/landwaiter/internal/limitio"
	"github.com/landwaiter/landwaiter/internal/why"
)

func whyCommand(s streams) *cobra.Command {
	var flags subjectFlags
	var format, from string
	cmd := &cobra.Command{
		Use:   "why PACKAGE SUBJECT",
		Short: "Say why a package or a file is there",
		Long: `Say what a package is, which step of the build brought it, who asked for it or
needs it, what it needs, and what would go if it went. For a file, say which
package owns it and whether it is as shipped.

PACKAGE is a name, name@version, an ID or a purl as landwaiter inventory shows
them, or a path in the image such as /usr/bin/tool.

` + subjects,
		Example: `  landwaiter why libssl3 oci:build/example:demo
  landwaiter why /usr/local/bin/tool registry.example/team/tool:1.2
  landwaiter why lodash --from reports/brief.json --format json`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := whyFormats[format]
			if !ok {
				return &usageError{fmt.Errorf("--format is %q; it must be text or json", format)}
			}
			if (len(args) == 2) == (from != "") {
				return &usageError{errors.New("name a SUBJECT, or an earlier assessment with --from; one of the two")}
			}
			var m *why.Material
			var err error
			if from != "" {
				m, err = earlier(from)
			} else {
				m, err = flags.material(cmd.Context(), s, args[1])
			}
			if err != nil {
				return err
			}
			a, err := why.Ask(m, args[0])
			if err != nil {
				return err
			}
			return write(s.out, a)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "print as `text` or json")
	cmd.Flags().StringVar(&from, "from", "", "ask an earlier assessment, a `file` that landwaiter assess --format json wrote, in place of SUBJECT")
	return cmd
}

var whyFormats = map[string]func(io.Writer, *why.Answer) error{
	"text": why.WriteText,
	"json": func(w io.Writer, a *why.Answer) error { return encode(w, a) },
}

// encode writes v as the JSON that people may look at.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// material reads a subject to ask about it.
func (f *subjectFlags) material(ctx context.Context, s streams, ref string) (_ *why.Material, err error) {
	opt, err := f.options()
	if err != nil {
		return nil, err
	}
	kept, done, err := f.cache.open(s)
	if err != nil {
		return nil, err
	}
	defer done()
	watch, err := f.watch.begin(s, &opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, watch.end()) }()
	im, err := image.Open(ctx, ref, opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, im.Close()) }()
	var stats inventory.Stats
	stop := watch.read(im.Progress, &stats)
	r, err := inventory.Read(ctx, im, &stats, kept)
	stop()
	if err != nil {
		return nil, err
	}
	sub := im.Subject()
	return &why.Material{Subject: &sub, Packages: r.Packages, File: func(path string) (why.File, bool) {
		file, ok := r.Owner(path)
		if !ok {
			return why.File{}, false
		}
		state := why.StateUnknown
		if intact, known := r.Intact(path); known && intact {
			state = why.StateShipped
		} else if known {
			state = why.StateChanged
		}
		return why.File{File: file, State: state}, true
	}}, nil
}

// maxAssessment is the largest assessment that is read back.
const maxAssessment = 1 << 30

// readAssessment reads what landwaiter assess --format json wrote.
func readAssessment(name string) (*landwaiter.Assessment, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("assessment: %w", err)
	}
	defer f.Close()
	data, err := limitio.ReadAll(f, maxAssessment)
	if err != nil {
		return nil, fmt.Errorf("assessment %s: %w", name, err)
	}
	var a landwaiter.Assessment
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("assessment %s is not what landwaiter assess --format json writes: %w: %w", name, landwaiter.ErrInvalid, err)
	}
	if a.Schema != landwaiter.Schema {
		return nil, fmt.Errorf("assessment %s is of form %q, and this program reads %q; assess the subject again: %w", name, a.Schema, landwaiter.Schema, landwaiter.ErrUnsupported)
	}
	return &a, nil
}

// earlier asks an assessment, which names only some files.
func earlier(name string) (*why.Material, error) {
	a, err := readAssessment(name)
	if err != nil {
		return nil, err
	}
	lists := [][]landwaiter.File{a.Unowned, a.Changed}
	for i := range a.Findings {
		lists = append(lists, a.Findings[i].Files)
	}
	for i := range a.Groups {
		lists = append(lists, a.Groups[i].Biggest)
	}
	return &why.Material{Subject: &a.Subject, Packages: a.Packages, Partial: true, File: func(path string) (why.File, bool) {
		path = strings.TrimPrefix(path, "/")
		for k, list := range lists {
			i := slices.IndexFunc(list, func(f landwaiter.File) bool { return f.Path == path })
			if i < 0 {
				continue
			}
			state := why.StateUnknown
			if k == 1 {
				state = why.StateChanged
			}
			return why.File{File: list[i], State: state}, true
		}
		return why.File{}, false
	}}, nil
}
