package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/report"
)

// simulateCommand is assess with another end: it takes the same flags about judging.
func simulateCommand(s streams) *cobra.Command {
	f := new(assessFlags)
	f.simulate = true
	cmd := assessingCommand(s, f)
	cmd.Use = "simulate --patched ASSESSMENT.json|SUBJECT"
	cmd.Short = "Say what would be left if all software with a fix were updated"
	cmd.Long = `Count what would be left of the known weaknesses if all software with a released fix
were updated to it, by list and by kind, and what the advice would be then. Nothing is
updated, and a new version may have weaknesses of its own.

A stored assessment is taken as it was judged; with --advisories it is judged again
first.

` + subjects + `

Exit status: 0 done; 1 it failed; 2 wrong usage.`
	cmd.Example = `  landwaiter simulate --patched brief.json
  landwaiter simulate --patched brief.json --advisories build/advisories.lw --format json
  landwaiter simulate --patched oci:build/example:demo --advisories build/advisories.lw`
	patched := cmd.Flags().Bool("patched", false, "simulate that every released fix was taken")
	for _, name := range simulateLacks {
		cmd.Flags().Lookup(name).Hidden = true
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !*patched {
			return &usageError{errors.New("--patched is missing; it is what can be simulated")}
		}
		for _, name := range simulateLacks {
			if cmd.Flags().Changed(name) {
				return &usageError{fmt.Errorf("--%s has nothing to do in simulate; leave it out", name)}
			}
		}
		formats, err := f.chosen()
		if err != nil {
			return &usageError{err}
		}
		if simulateFormats[formats[0].Name] == nil { // before a subject is read
			return &usageError{fmt.Errorf("--format is %q; it must be text or json", formats[0].Name)}
		}
		stored, err := looksStored(args[0])
		if err != nil {
			return err
		}
		if f.again = stored; !stored || f.advisories != "" {
			return run(cmd, args)
		}
		if f.at != "" || f.protections != "" {
			return &usageError{errors.New("to judge a stored assessment again, --advisories is needed as well")}
		}
		a, err := assess.OpenStored(args[0])
		if err != nil {
			return err
		}
		return f.writeSimulation(s.out, formats, a, nil)
	}
	return cmd
}

// simulateLacks are flags of assess that have nothing to do here.
var simulateLacks = []string{"gate", "baseline", "output"}

var simulateFormats = map[string]func(io.Writer, *landwaiter.Simulation) error{
	"text": report.WriteSimulation,
	"json": func(w io.Writer, s *landwaiter.Simulation) error { return encode(w, s) },
}

// writeSimulation simulates by the method that a was judged by.
func (f *assessFlags) writeSimulation(w io.Writer, formats []report.Format, a *landwaiter.Assessment, known *advisory.File) error {
	methods, err := methodsAtHand(f.method)
	if err != nil {
		return err
	}
	method, ok := methods(a.Advice.Method)
	if !ok {
		return fmt.Errorf("it was judged by the method %q, version %s, which is not at hand; name its file with --method", a.Advice.Method.Name, a.Advice.Method.Version)
	}
	s, err := assess.Patched(a, method, known)
	if err != nil {
		return err
	}
	return simulateFormats[formats[0].Name](w, s)
}
