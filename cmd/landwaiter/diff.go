package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/compare"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/report"
)

type diffFlags struct {
	format, method string
	gate           bool
}

func diffCommand(s streams) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff OLD.json NEW.json",
		Short: "Say what changed between two stored assessments, and why the advice did",
		Long: `Say how a later assessment differs from an earlier one: the advice, what could still
go wrong, protections, conditions, lists, findings, packages and the account. Both are
files that "landwaiter assess --format json" or "landwaiter judge --format json" wrote.

Where the advice is another, it is found out why: what differs is put back to what it
was, one thing at a time, and judged again.

Exit status: 0 compared; 1 it failed; 2 wrong usage. With --gate, 3 where the advice
got worse.`,
		Example: `  landwaiter diff brief-june.json brief-july.json
  landwaiter diff then.json now.json --format json --gate`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(s, args[0], args[1]) },
	}
	cmd.Flags().StringVar(&f.format, "format", "text", "print as `text` or json")
	addMethod(cmd, &f.method)
	cmd.Flags().BoolVar(&f.gate, "gate", false, "let the exit status tell whether the advice got worse")
	return cmd
}

var diffFormats = map[string]func(io.Writer, *compare.Diff) error{
	"text": report.WriteDiff,
	"json": func(w io.Writer, d *compare.Diff) error { return encode(w, d) },
}

func (f *diffFlags) run(s streams, from, to string) error {
	write, ok := diffFormats[f.format]
	if !ok {
		return &usageError{fmt.Errorf("--format is %q; it must be text or json", f.format)}
	}
	was, err := assess.OpenStored(from)
	if err != nil {
		return err
	}
	is, err := assess.OpenStored(to)
	if err != nil {
		return err
	}
	methods, err := methodsAtHand(f.method)
	if err != nil {
		return err
	}
	d, err := compare.Between(was, is, orderVersions, methods)
	if err != nil {
		return err
	}
	if err := write(s.out, d); err != nil {
		return err
	}
	if f.gate && d.Advice == "worse" {
		return &gateError{landwaiter.DoNotImport} // status 3, whatever the advice is now
	}
	return nil
}

// methodsAtHand finds a method by what an assessment says of it: among the one that is
// shipped and the one in a file, "" for none.
func methodsAtHand(file string) (compare.Methods, error) {
	have := []judge.Method{judge.DefaultMethod()}
	if file != "" {
		m, err := readMethod(file)
		if err != nil {
			return nil, err
		}
		have = append(have, m)
	}
	return func(m landwaiter.Method) (judge.Method, bool) {
		for _, h := range have {
			if h.SHA256 != m.SHA256 {
				continue
			}
			if len(h.Tiers) == 0 {
				return h, true
			}
			at, err := h.At(m.Tier)
			return at, err == nil
		}
		return have[0], false
	}, nil
}
