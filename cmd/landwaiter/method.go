package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/report"
)

func methodCommand(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "method",
		Short: "Print, check and explain the method by which findings become advice",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:     "default",
			Short:   "Print the method that landwaiter ships, as a file to start from",
			Example: "  landwaiter method default > method.yaml",
			Args:    cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := s.out.Write(judge.ShippedMethod())
				return err
			},
		},
		&cobra.Command{
			Use:   "check FILE",
			Short: "Say whether a method file is fine, and how it differs from the one shipped",
			Long: `Read a method file as landwaiter assess --method does, and say whether it is fine,
its fingerprint, and in plain words how it differs from the method that landwaiter
ships. What is wrong is named by its line. A file is refused where class A, or what
nobody knows, would count as better than in the one shipped, and where the words in
it are not plain.`,
			Example: "  landwaiter method check method.yaml",
			Args:    cobra.ExactArgs(1),
			RunE:    func(_ *cobra.Command, args []string) error { return checkMethod(s, args[0]) },
		},
		&cobra.Command{
			Use:     "explain [FILE]",
			Short:   "Say the whole method in plain words: the one shipped, or that of a file",
			Example: "  landwaiter method explain\n  landwaiter method explain method.yaml",
			Args:    cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				m := judge.DefaultMethod()
				if len(args) == 1 {
					var err error
					if m, err = readMethod(args[0]); err != nil {
						return err
					}
				}
				_, err := fmt.Fprint(s.out, m.Explain())
				return err
			},
		},
	)
	return cmd
}

func addMethod(cmd *cobra.Command, method *string) {
	cmd.Flags().StringVar(method, "method", "", "how findings become advice here: a YAML `file`; see landwaiter method (default what landwaiter ships)")
}

// methodFlag reads the method before any long work is done, and sees that it has
// the tier; nil is the one that landwaiter ships.
func methodFlag(name, tier string) (*judge.Method, error) {
	if name == "" {
		return nil, nil
	}
	m, err := readMethod(name)
	if err != nil {
		return nil, err
	}
	if len(m.Tiers) == 0 {
		return &m, nil // the tier is of the place alone
	}
	if _, err := m.At(tier); err != nil {
		return nil, &usageError{fmt.Errorf("--tier: %w", err)}
	}
	return &m, nil
}

// readMethod reads a method file, and holds the words in it to the rules of
// every report: they end up in one.
func readMethod(name string) (_ judge.Method, err error) {
	f, err := os.Open(name)
	if err != nil {
		return judge.Method{}, fmt.Errorf("method: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	m, err := judge.ReadMethod(f, name)
	if err != nil {
		return m, err
	}
	if bad := report.Plain(m.Texts(), m.Words.Banned); len(bad) > 0 {
		return m, fmt.Errorf("%s: its words end up in reports, and are not plain; write them anew:\n  %s: %w", name, strings.Join(bad, "\n  "), landwaiter.ErrInvalid)
	}
	return m, nil
}

// checkMethod prints what there is to say about a method file.
func checkMethod(s streams, name string) error {
	m, err := readMethod(name)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: this method is fine.\nName and version: %s %s\nFingerprint (SHA-256): %s\n", name, m.Name, m.Version, m.SHA256)
	if m.Loosened != "" {
		fmt.Fprintf(s.out, "Looser than the method that we ship, because: %s\n", m.Loosened)
	}
	if n := m.Differences(); len(n) == 0 {
		fmt.Fprintln(s.out, "It does not differ from the method that we ship.")
	} else {
		fmt.Fprintf(s.out, "It differs from the method that we ship in these places:\n  - %s\n", strings.Join(n, "\n  - "))
	}
	return wording(s, m.Words)
}

// wording says where our own words do not do what the method asks of reports.
// Only a new version of landwaiter can change them.
func wording(s streams, w judge.Words) error {
	for _, word := range w.Banned {
		files, err := report.Says(word)
		if err != nil {
			return err
		}
		if len(files) > 0 {
			fmt.Fprintf(s.out, "Note: it bans %q, which landwaiter's own words use in %s.\n", word, strings.Join(files, ", "))
		}
	}
	for _, word := range w.Required {
		files, err := report.Says(word)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			fmt.Fprintf(s.out, "Note: it asks for %q, which landwaiter's own words do not use.\n", word)
		}
	}
	return nil
}
