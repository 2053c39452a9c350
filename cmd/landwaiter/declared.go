package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/declared"
)

func addDeclared(cmd *cobra.Command, files *[]string) {
	cmd.Flags().StringArrayVar(files, "declared", nil, "hold this list of software against what is there: a `file`; may be given several times ("+strings.Join(declared.Formats(), ", ")+")")
}

// readDeclared reads the lists before any long work is done.
func readDeclared(names []string) ([]*landwaiter.Declaration, error) {
	var out []*landwaiter.Declaration
	for _, name := range names {
		d, err := readList(name)
		if err != nil {
			return nil, fmt.Errorf("--declared: %w", err)
		}
		out = append(out, d)
	}
	return out, nil
}

func readList(name string) (_ *landwaiter.Declaration, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return declared.Read(f, name)
}

// declaredTable prints one comparison, one thing to a line.
func declaredTable(w io.Writer, c *landwaiter.Comparison) error {
	fmt.Fprintf(w, "\nthe list %s (%s) names %d; seen as it says: %d; by name alone: %d\n", plain(c.File), c.Format, c.Declared, c.Matched-c.Unchecked, c.Unchecked)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, d := range c.Differ {
		fmt.Fprintf(t, "other version\t%s %s\tseen %s\n", plain(d.Declared.Name), plain(listSays(&d.Declared)), plain(d.Observed))
	}
	for i := range c.NotObserved {
		p := &c.NotObserved[i]
		fmt.Fprintf(t, "not seen\t%s %s\t%s\n", plain(p.Name), plain(listSays(p)), plain(p.Condition))
	}
	for _, id := range c.NotDeclared {
		fmt.Fprintf(t, "not on the list\t%s\t\n", plain(id))
	}
	for _, b := range c.Brought {
		fmt.Fprintf(t, "came along\t%s\tneeded by %s\n", plain(b.ID), plain(b.By))
	}
	for _, n := range c.Notes {
		place := ""
		if n.Line > 0 {
			place = fmt.Sprintf("line %d", n.Line)
		}
		fmt.Fprintf(t, "the list leaves open\t%s\t%s\n", plain(n.Reason), place)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, l := range []struct {
		n    int
		what string
	}{
		{c.MaybeBase, "others, which the image that it builds on may have brought"},
		{c.NotSpoken, "others, of which such a list cannot speak"},
		{c.NotCompared, "items of kinds of which nothing was seen"},
	} {
		if l.n == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "%d %s\n", l.n, l.what); err != nil {
			return err
		}
	}
	return nil
}

// listSays is the version or the limits that a list gives.
func listSays(p *landwaiter.DeclaredPackage) string { return cmp.Or(p.Version, p.Constraint) }
