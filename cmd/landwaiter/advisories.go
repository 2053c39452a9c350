package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/judge"
)

func advisoriesCommand(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "advisories",
		Short: "Build, fetch and look at what is known about software",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(buildCommand(s), statusCommand(s), fetchCommand(s))
	return cmd
}

func buildCommand(s streams) *cobra.Command {
	var from []string
	var output, at string
	cmd := &cobra.Command{
		Use:   "build --from DIR|FILE... --output FILE",
		Short: "Build one advisory file from sources",
		Long: `Build one immutable advisory file from folders and files: zips of OSV records in
osv.dev's layout, folders of such records, CISA's list of exploited weaknesses
(JSON), FIRST's EPSS (CSV), tables of releases (distro-NAME.csv).

A sources.json beside them gives each source's origin, licence and data date. A
source without a date counts as too old.`,
		Example: "  landwaiter advisories build --from examples/advisories --output build/advisories.lw",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now, err := timeFlag(at, s.now())
			if err != nil {
				return &usageError{err}
			}
			sources, err := advisory.Build(cmd.Context(), from, output, advisory.BuildOptions{Now: now})
			if err != nil {
				return err
			}
			n := 0
			for i := range sources {
				n += sources[i].Records
			}
			_, err = fmt.Fprintf(s.out, "%s: %d records from %d sources\n", output, n, len(sources))
			return err
		},
	}
	cmd.Flags().StringArrayVar(&from, "from", nil, "a `folder` or file of sources; may be given several times")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write this `file`")
	cmd.Flags().StringVar(&at, "at", "", "build as of this `time`, YYYY-MM-DD or RFC 3339 (default now)")
	required(cmd, "from", "output")
	return cmd
}

// required marks flags; a flag that is missing is a mistake of usage.
func required(cmd *cobra.Command, names ...string) {
	run := cmd.RunE
	cmd.RunE = func(c *cobra.Command, args []string) error {
		for _, name := range names {
			if !c.Flags().Changed(name) {
				return &usageError{fmt.Errorf("--%s is missing", name)}
			}
		}
		return run(c, args)
	}
}

func statusCommand(s streams) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:     "status FILE",
		Short:   "Show each source of an advisory file, its own date and age, and what it covers",
		Example: "  landwaiter advisories status build/advisories.lw",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			now, err := timeFlag(at, s.now())
			if err != nil {
				return &usageError{err}
			}
			f, err := advisory.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			return printStatus(s, f, args[0], now)
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "count ages as of this `time`, YYYY-MM-DD or RFC 3339 (default now)")
	return cmd
}

func printStatus(s streams, f *advisory.File, name string, now time.Time) error {
	limit := judge.DefaultMethod().MaxAgeDays
	info := f.Info()
	fmt.Fprintf(s.out, "%s\n%s, built %s, %d records\nToo old by the default rule: more than %d days.\n\n", name, info.SHA256, info.Built.Format(time.DateOnly), info.Records, limit)
	t := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tDATA OF\tAGE\tRECORDS\tWITHDRAWN\tCOVERS\tORIGIN\tLICENCE")
	for _, src := range f.SourcesAt(now, limit) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", src.Name, day(src.Date), age(&src), src.Records, src.Withdrawn, covers(src.Covers), src.Origin, src.Licence)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	for _, n := range f.Notes() {
		if _, err := fmt.Fprintf(s.out, "%s: %s\n", n.Source, n.Text); err != nil {
			return err
		}
	}
	fmt.Fprintln(s.out)
	t = tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ECOSYSTEM\tPACKAGES WITH A RECORD\tNO RECORD MEANS NONE KNOWN, SAYS")
	for _, c := range f.Coverage() {
		clears := strings.Join(c.Clears, ", ")
		switch {
		case c.Thin:
			clears = "nobody: too few packages have any record"
		case clears == "":
			clears = "nobody"
		}
		fmt.Fprintf(t, "%s\t%d\t%s\n", c.Ecosystem, c.Packages, clears)
	}
	return t.Flush()
}

func day(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

func age(s *landwaiter.Source) string {
	switch {
	case s.AgeDays < 0:
		return "unknown, so too old"
	case s.Stale:
		return fmt.Sprintf("%d days, too old", s.AgeDays)
	case s.AgeDays == 1:
		return "1 day"
	}
	return fmt.Sprintf("%d days", s.AgeDays)
}

// covers shortens a list of releases for one line of a table.
func covers(list []string) string {
	const shown = 4
	if len(list) <= shown {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), len(list)-shown)
}

func fetchCommand(s streams) *cobra.Command {
	var from, output string
	var ecosystems []string
	cmd := &cobra.Command{
		Use:   "fetch --from URL --output DIR",
		Short: "Fetch OSV records over HTTP, in osv.dev's public layout",
		Long: `Fetch each ecosystem's all.zip from a server of osv.dev's public layout into a
folder, with a sources.json that records where it came from and of which day the
data are. What was fetched whole and has not changed is not fetched again; a
broken transfer goes on where it stopped.`,
		Example: "  landwaiter advisories fetch --from https://mirror.example/osv --output osv --ecosystem Debian --ecosystem PyPI",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return advisory.Fetch(cmd.Context(), from, output, advisory.FetchOptions{Ecosystems: ecosystems, Now: s.now()})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the server's `address`")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write into this `folder`")
	cmd.Flags().StringArrayVar(&ecosystems, "ecosystem", nil, "fetch only this `name`, as OSV writes it; may be given several times")
	required(cmd, "from", "output")
	return cmd
}
