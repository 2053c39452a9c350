package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/judge"
)

// placeFlags say where the software would run.
type placeFlags struct{ tre, tier, project string }

func (f *placeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tre, "tre", "", "the `name` of the research environment, as the protections file has it (default that file's own)")
	cmd.Flags().StringVar(&f.tier, "tier", "", "the `name` of the tier that it would run in, as the method and the protections have it")
	cmd.Flags().StringVar(&f.project, "project", "", "the `name` of the project that it is for, as waivers and exceptions have it")
}

func protectionsCommand(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "protections",
		Short: "Look after the register of what stands in the way",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(protectionsCheckCommand(s), protectionsImportCommand(s))
	return cmd
}

type protectionsCheck struct {
	method                  string
	place                   placeFlags
	at, format, assessments string
	gate                    bool
}

func protectionsCheckCommand(s streams) *cobra.Command {
	var f protectionsCheck
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Say which protections count today, which do not, and what is due next",
		Long: `Read a register of protections and say of each in plain words whether advice may
lean on it today, why not, and on which day its credit ends. What lost its credit
comes first, then what is due next.

With --assessments, read every assessment in a folder (what landwaiter assess
--format json wrote) and list those whose advice leaned on a protection that has lost
its credit: what was decided on them must be looked at again.

What a single image asks for, only landwaiter assess can see.

Exit status: 0 checked; 1 the file, or an assessment, could not be read; 2 wrong usage.
With --gate, 3 where a tested protection has lost its credit.`,
		Example: `  landwaiter protections check protections.yaml
  landwaiter protections check protections.yaml --tier 2 --project P1 --at 2027-01-01 --gate
  landwaiter protections check protections.yaml --assessments reports --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(s, args[0]) },
	}
	f.place.add(cmd)
	addMethod(cmd, &f.method)
	cmd.Flags().StringVar(&f.at, "at", "", "as of this `time`, YYYY-MM-DD or RFC 3339 (default now)")
	cmd.Flags().StringVar(&f.format, "format", "text", "print as `text` or json")
	cmd.Flags().StringVar(&f.assessments, "assessments", "", "list the assessments in this `folder` that leaned on what lost its credit")
	cmd.Flags().BoolVar(&f.gate, "gate", false, "let the exit status tell whether a tested protection has lost its credit")
	return cmd
}

// checked is what the check says.
type checked struct {
	Schema      string           `json:"schema"`
	At          time.Time        `json:"at"`
	Place       landwaiter.Place `json:"place,omitzero"`
	Protections []judge.Standing `json:"protections"`
	// Looked counts the assessments that were read, NoAssessments the other files.
	Looked        int               `json:"looked,omitempty"`
	NoAssessments int               `json:"noAssessments,omitempty"`
	Reopened      []*judge.Reopened `json:"reopened,omitempty"`
	Unread        []string          `json:"unread,omitempty"`
}

func (f *protectionsCheck) run(s streams, file string) error {
	if f.format != "text" && f.format != "json" {
		return &usageError{fmt.Errorf("--format is %q; it must be text or json", f.format)}
	}
	now, err := timeFlag(f.at, s.now())
	if err != nil {
		return &usageError{err}
	}
	reg, err := readRegister(file)
	if err != nil {
		return err
	}
	m := judge.DefaultMethod()
	if own, err := methodFlag(f.method, f.place.tier); err != nil {
		return err
	} else if own != nil {
		m = *own
		m.Tier = f.place.tier
		m = m.InForce()
	}
	c := checked{Schema: "landwaiter.protections/1", At: now, Place: landwaiter.Place{TRE: cmp.Or(f.place.tre, reg.TRE), Tier: f.place.tier, Project: f.place.project}}
	c.Protections = judge.Stand(&m, reg.Protections, c.Place, now)
	if f.assessments != "" {
		if err := c.look(f.assessments, &m, reg); err != nil {
			return err
		}
	}
	if f.format == "json" {
		err = encode(s.out, c)
	} else {
		_, err = io.WriteString(s.out, c.text())
	}
	switch {
	case err != nil:
		return err
	case len(c.Unread) > 0:
		return fmt.Errorf("%d of the files in %s could not be read, and may have leaned on anything: %w", len(c.Unread), f.assessments, landwaiter.ErrInvalid)
	case f.gate && slices.ContainsFunc(c.Protections, func(p judge.Standing) bool { return p.Lost }):
		return &gateError{landwaiter.DoNotImport}
	}
	return nil
}

// look reads the assessments in a folder and all below it.
func (c *checked) look(dir string, m *judge.Method, reg *judge.Register) error {
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() || filepath.Ext(name) != ".json" {
			return nil
		}
		switch a, err := readAssessment(name); {
		case errors.Is(err, landwaiter.ErrUnsupported) && strings.Contains(err.Error(), `form ""`):
			c.NoAssessments++ // another sort of file, such as a bill of materials
		case err != nil:
			c.Unread = append(c.Unread, err.Error())
		default:
			c.Looked++
			if r := judge.Reopen(m, a, reg.Protections, c.Place, c.At); r != nil {
				c.Reopened = append(c.Reopened, r)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("--assessments: %w", err)
	}
	return nil
}

// text says it in plain words.
func (c *checked) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Protections on %s%s\n", plainDay(c.At), placeWords(c.Place))
	counts := [3]int{}
	for i := range c.Protections {
		p := &c.Protections[i]
		group := 2
		switch {
		case p.Lost:
			group = 0
		case p.Credited:
			group = 1
		}
		if counts[group]++; counts[group] == 1 {
			b.WriteString([]string{"\nTested, and does not count:\n", "\nCounts, what is due first in front:\n", "\nNever tested, and does not count:\n"}[group])
		}
		fmt.Fprintf(&b, "  %s (%s)\n", p.Name, p.ID)
		switch group {
		case 1:
			fmt.Fprintf(&b, "    Counts until %s: %s.\n", plainDay(p.Ends), p.Why)
		default:
			fmt.Fprintf(&b, "    Does not count: %s.\n", p.Refused)
		}
		if p.Overdue > 0 {
			fmt.Fprintf(&b, "    A new test is overdue by %s.\n", days(p.Overdue))
		}
		if p.Owner != "" && group != 1 {
			fmt.Fprintf(&b, "    It is kept by %s.\n", p.Owner)
		}
	}
	fmt.Fprintf(&b, "\nThese count: %d. Tested, and do not count: %d. Never tested: %d.\n", counts[1], counts[0], counts[2])
	c.reopenedText(&b)
	return b.String()
}

func (c *checked) reopenedText(b *strings.Builder) {
	if c.Looked+c.NoAssessments+len(c.Unread) == 0 {
		return
	}
	fmt.Fprintf(b, "\nAssessments that leaned on what does not count any more: %d of %d.", len(c.Reopened), c.Looked)
	if len(c.Reopened) > 0 {
		b.WriteString(" Decide on them again.")
	}
	b.WriteByte('\n')
	for _, r := range c.Reopened {
		fmt.Fprintf(b, "  %s %s\n    Advice of %s%s: %s.", r.Reference, r.Digest, plainDay(r.At), placeWords(r.Place), adviceWords(r.Outcome))
		if r.Then != "" {
			fmt.Fprintf(b, " Without what was lost: %s.", adviceWords(r.Then))
		}
		b.WriteByte('\n')
		for _, l := range r.Lost {
			fmt.Fprintf(b, "    It leaned on %s (%s)", l.Name, l.Protection)
			if l.Most {
				b.WriteString(" most of all")
			}
			if len(l.Scenarios) > 0 {
				fmt.Fprintf(b, ", against %s", strings.Join(l.Scenarios, ", "))
			}
			fmt.Fprintf(b, ": %s.\n", l.Why)
		}
	}
	for _, u := range c.Unread {
		fmt.Fprintf(b, "  Not read: %s\n", u)
	}
	if c.NoAssessments > 0 {
		fmt.Fprintf(b, "Other files, which are no assessments: %d.\n", c.NoAssessments)
	}
}

// adviceWords are the four outcomes as people say them.
func adviceWords(o landwaiter.Outcome) string {
	switch o {
	case landwaiter.Recommend:
		return "recommend import"
	case landwaiter.Conditions:
		return "import with conditions"
	case landwaiter.CannotJudge:
		return "we cannot judge"
	default:
		return "do not import yet"
	}
}

func plainDay(t time.Time) string { return t.UTC().Format("2 January 2006") }

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

func placeWords(p landwaiter.Place) string {
	var out []string
	for _, w := range []struct{ what, name string }{{"environment", p.TRE}, {"tier", p.Tier}, {"project", p.Project}} {
		if w.name != "" {
			out = append(out, w.what+" "+w.name)
		}
	}
	if out == nil {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

type protectionsImport struct {
	into, at string
	keys     []string
}

func protectionsImportCommand(s streams) *cobra.Command {
	var f protectionsImport
	cmd := &cobra.Command{
		Use:   "import EVIDENCE...",
		Short: "Write what evidence shows into the register",
		Long: `Read evidence and write the tests that it shows into a register of protections. The
register's comments and order stay. It is written whole, or not at all.

EVIDENCE is what landwaiter isolation exported (a DSSE envelope, which one of the keys
of --key must have signed), or a record of a penetration test (a YAML file that starts
with "pentest:"). docs/protections.md has both formats.

A test that failed takes credit away. One that shows less than what stands there, or is
older, changes nothing, and import says so.`,
		Example: `  landwaiter protections import run.dsse.json --key kit.pub --into protections.yaml
  landwaiter protections import pentest-2026.yaml --into protections.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), s, args) },
	}
	cmd.Flags().StringVar(&f.into, "into", "", "the register, a YAML `file`")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "a `file` of public keys that may sign, PEM or the 32 bytes of one; may be given several times")
	cmd.Flags().StringVar(&f.at, "at", "", "as of this `time`, YYYY-MM-DD or RFC 3339 (default now)")
	return cmd
}

func (f *protectionsImport) run(ctx context.Context, s streams, files []string) error {
	if f.into == "" {
		return &usageError{errors.New("--into is missing; name the register")}
	}
	now, err := timeFlag(f.at, s.now())
	if err != nil {
		return &usageError{err}
	}
	return importEvidence(ctx, s.out, f.into, files, f.keys, now)
}
