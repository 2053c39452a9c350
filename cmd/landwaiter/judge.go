package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
)

// judgeCommand is assess without a subject to read: it takes the same flags about
// judging, so that one that assess gains judge has as well.
func judgeCommand(s streams) *cobra.Command {
	f := &assessFlags{again: true}
	cmd := assessingCommand(s, f)
	cmd.Use = "judge ASSESSMENT.json"
	cmd.Short = "Judge a stored assessment again by what is known now"
	cmd.Long = `Judge again what an earlier assessment observed, without the subject: by other lists
of known weaknesses, other protections, or as of another day. ASSESSMENT.json is what
"landwaiter assess --format json" wrote.

What is not given counts as not there, as in assess. The same inputs give the same
bytes as assess gives for the same subject.

Exit status: 0 judged; 1 it failed; 2 wrong usage. With --gate, 0 only for
"Recommend import" and "Import with conditions", 3 for "Do not import yet", 4 for
"We cannot judge".`
	cmd.Example = `  landwaiter judge brief.json --advisories build/advisories.lw --protections protections.yaml
  landwaiter judge brief.json --advisories build/advisories.lw --at 2026-12-24 --format json --output later`
	for _, name := range readingFlags {
		cmd.Flags().Lookup(name).Hidden = true
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for _, name := range readingFlags {
			if cmd.Flags().Changed(name) && f.baseline == "" {
				return &usageError{fmt.Errorf("--%s is about reading a subject, and judge reads none but a baseline; leave it out", name)}
			}
		}
		return run(cmd, args)
	}
	return cmd
}

// readingFlags are those of assess that are about reading a subject.
var readingFlags = []string{"platform", "insecure", "max-unpacked-gib", "cache", "no-cache", "cache-max-mib", "stats", "trace"}

// judgeAgain judges the stored assessment in a file.
func judgeAgain(name string, opt assess.Options) (*landwaiter.Assessment, error) {
	stored, err := assess.OpenStored(name)
	if err != nil {
		return nil, err
	}
	return assess.Again(stored, opt)
}
