package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/report"
)

type assessFlags struct {
	subjectFlags
	place                               placeFlags
	advisories, protections, output, at string
	method                              string
	formats, declared                   []string
	baseline                            string
	gate                                bool
	waived                              waiverFlags
	again                               bool // the subject is a stored assessment
	clamd                               string
	simulate                            bool // say what patching would change
}

func assessCommand(s streams) *cobra.Command { return assessingCommand(s, new(assessFlags)) }

// assessingCommand is assess, and what judge shares with it: every flag about judging.
func assessingCommand(s streams, f *assessFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "assess SUBJECT",
		Short: "Examine a subject and advise whether to let it in",
		Long: `Read every byte of a subject once, say what is in it, what is known about that and
what could not be seen, and give advice in plain words. A named person decides.

` + subjects + `

Exit status: 0 assessed; 1 it failed; 2 wrong usage. With --gate, 0 only for
"Recommend import" and "Import with conditions", 3 for "Do not import yet", 4 for
"We cannot judge".`,
		Example: `  landwaiter assess oci:build/example:demo --advisories build/advisories.lw
  landwaiter assess registry.example/team/tool:1.2 --advisories advisories.lw \
      --protections protections.yaml --format text --format html --output reports --gate`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, s, args[0]) },
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.advisories, "advisories", "", "what is known: a `file` that landwaiter advisories build made")
	cmd.Flags().StringVar(&f.protections, "protections", "", "what stands in the way in your environment: a YAML `file`")
	f.place.add(cmd)
	f.waived.add(cmd)
	addMethod(cmd, &f.method)
	addDeclared(cmd, &f.declared)
	cmd.Flags().StringSliceVar(&f.formats, "format", nil, "write this `format`: "+formatNames()+"; may be given several times (default text)")
	cmd.Flags().StringVarP(&f.output, "output", "o", "-", "write brief.txt, brief.json and so on into this `folder`; - for standard output")
	cmd.Flags().StringVar(&f.at, "at", "", "judge as of this `time`, YYYY-MM-DD or RFC 3339 (default now)")
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "count the known weaknesses of this too, in the same way: a stored assessment (`FILE`), or a subject")
	cmd.Flags().StringVar(&f.clamd, "clamd", "", "show every file to the ClamAV daemon at this `socket`: unix:/PATH or tcp:HOST:PORT; nothing is sent without it")
	cmd.Flags().BoolVar(&f.gate, "gate", false, "let the exit status tell the advice")
	return cmd
}

func formatNames() string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func (f *assessFlags) run(cmd *cobra.Command, s streams, ref string) (err error) {
	formats, err := f.chosen()
	if err != nil {
		return &usageError{err}
	}
	now, err := timeFlag(f.at, s.now())
	if err != nil {
		return &usageError{err}
	}
	opt := assess.Options{Now: now, Tool: landwaiter.Tool{Name: "landwaiter", Version: version}, Clamd: f.clamd}
	if opt.Image, err = f.options(); err != nil {
		return err
	}
	if f.protections != "" {
		reg, err := readRegister(f.protections)
		if err != nil {
			return err
		}
		opt.Protections, f.place.tre = reg.Protections, cmp.Or(f.place.tre, reg.TRE)
	}
	opt.TRE, opt.Tier, opt.Project = f.place.tre, f.place.tier, f.place.project
	if err := f.waived.read(&opt); err != nil {
		return err
	}
	if opt.Method, err = methodFlag(f.method, f.place.tier); err != nil {
		return err
	}
	if opt.Declared, err = readDeclared(f.declared); err != nil {
		return err
	}
	if f.advisories != "" {
		if opt.Advisories, err = advisory.Open(f.advisories); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, opt.Advisories.Close()) }()
	}
	if f.again {
		a, err := judgeAgain(ref, opt)
		if err != nil {
			return err
		}
		return f.finish(cmd.Context(), s, formats, opt, a)
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
	a, err := assess.Run(cmd.Context(), ref, opt)
	if err != nil {
		return err
	}
	return f.finish(cmd.Context(), s, formats, opt, a)
}

// finish writes an assessment, and lets the exit status tell the advice where that is
// asked for.
func (f *assessFlags) finish(ctx context.Context, s streams, formats []report.Format, opt assess.Options, a *landwaiter.Assessment) (err error) {
	if f.simulate {
		return f.writeSimulation(s.out, formats, a, opt.Advisories)
	}
	if f.baseline != "" {
		if a.Baseline, err = holdAgainst(ctx, f.baseline, opt, a); err != nil {
			return err
		}
	}
	if err := f.write(s.out, formats, a); err != nil {
		return err
	}
	if f.gate && a.Advice.Outcome != landwaiter.Recommend && a.Advice.Outcome != landwaiter.Conditions {
		return &gateError{a.Advice.Outcome}
	}
	return nil
}

// chosen looks the formats up before any work is done.
func (f *assessFlags) chosen() ([]report.Format, error) {
	names := f.formats
	if len(names) == 0 {
		names = []string{"text"}
	}
	var out []report.Format
	for _, name := range names {
		format, err := report.Lookup(name)
		if err != nil {
			return nil, fmt.Errorf("--format: %w", err)
		}
		if format.Printed {
			if f.output == "-" {
				return nil, fmt.Errorf("--format %s is written to a file; name a folder with --output", name)
			}
			if err := report.CanPrint(); err != nil {
				return nil, fmt.Errorf("--format %s: %w", name, err)
			}
		}
		if !slices.ContainsFunc(out, func(o report.Format) bool { return o.Name == format.Name }) {
			out = append(out, format)
		}
	}
	if f.output == "-" && len(out) > 1 {
		return nil, fmt.Errorf("%d formats do not fit on standard output; name a folder with --output", len(out))
	}
	return out, nil
}

// timeFlag reads --at, or returns now to the second.
func timeFlag(at string, now time.Time) (time.Time, error) {
	if at == "" {
		return now.UTC().Truncate(time.Second), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, at); err == nil {
			return t.UTC(), nil
		}
	}
	return now, fmt.Errorf("--at is %q; write it as 2026-11-22 or 2026-11-22T14:00:00Z", at)
}

func readRegister(name string) (_ *judge.Register, err error) {
	r, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("protections: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return judge.ReadRegister(r, name)
}

// write writes every format, whole or not at all.
func (f *assessFlags) write(out io.Writer, formats []report.Format, a *landwaiter.Assessment) error {
	if f.output == "-" {
		return formats[0].Write(out, a)
	}
	if err := os.MkdirAll(f.output, 0o777); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	for _, format := range formats {
		if err := writeWhole(filepath.Join(f.output, "brief"+format.Extension), func(w io.Writer) error { return format.Write(w, a) }); err != nil {
			return err
		}
	}
	return nil
}

// writeWhole writes a file under a temporary name and renames it when it is whole.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
			err = fmt.Errorf("writing %s: %w", name, err)
		}
	}()
	if err := errors.Join(write(tmp), tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
