package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/cache"
	"github.com/landwaiter/landwaiter/internal/declared"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/inventory"
	"github.com/landwaiter/landwaiter/internal/report"
)

// subjects explains how to name a subject, for the help of every command.
const subjects = `SUBJECT is one of:
  registry.example/name:tag      an image in a registry; @sha256:… pins it
  oci:DIR[:tag]                  an OCI image layout
  oci-archive:FILE[:tag]         the same as one tar file
  docker-archive:FILE[:name]     what docker save writes, plain or gzipped
  docker-daemon:NAME             an image that the Docker engine here holds
  dir:FOLDER                     a folder
  a path that exists             recognised by what it is`

// subjectFlags are the flags of every command that opens a subject.
type subjectFlags struct {
	platform    string
	insecure    bool
	maxUnpacked int64
	cache       cacheFlags
	watch       watchFlags
}

func (f *subjectFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.platform, "platform", "", "choose `os/arch` of an image for several (default linux/amd64)")
	cmd.Flags().BoolVar(&f.insecure, "insecure", false, "allow plain HTTP to a registry on a loopback address")
	cmd.Flags().Int64Var(&f.maxUnpacked, "max-unpacked-gib", 0, "refuse an image that unpacks to more than this many `GiB` (default 64)")
	f.cache.add(cmd)
	f.watch.add(cmd)
}

func (f *subjectFlags) options() (image.Options, error) {
	if f.maxUnpacked < 0 || f.maxUnpacked > 1<<20 {
		return image.Options{}, &usageError{fmt.Errorf("--max-unpacked-gib is %d; it must be from 0 to %d", f.maxUnpacked, 1<<20)}
	}
	return image.Options{Platform: f.platform, Insecure: f.insecure, MaxUnpacked: f.maxUnpacked << 30}, nil
}

func inventoryCommand(s streams) *cobra.Command {
	var f inventoryFlags
	cmd := &cobra.Command{
		Use:   "inventory SUBJECT",
		Short: "List the packages in a subject, with the evidence for each",
		Long: `List every package that was observed in a subject: its version, the layer that
brought it, and where and how it was seen. What could not be read is listed too.

` + subjects,
		Example: `  landwaiter inventory oci:build/example:demo
  landwaiter inventory registry.example/team/tool:1.2 --format json
  landwaiter inventory registry.example/team/tool:1.2 --format cyclonedx > tool.cdx.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, s, args[0]) },
	}
	f.add(cmd)
	addDeclared(cmd, &f.declared)
	cmd.Flags().StringVar(&f.format, "format", "table", "print in this `format`: "+strings.Join(inventoryFormatNames(), ", "))
	cmd.Flags().StringVar(&f.at, "at", "", "the `time` that a bill of materials names, YYYY-MM-DD or RFC 3339 (default now)")
	return cmd
}

type inventoryFlags struct {
	subjectFlags
	format, at string
	declared   []string
}

func (f *inventoryFlags) run(cmd *cobra.Command, s streams, ref string) (err error) {
	write, ok := inventoryFormat(f.format)
	if !ok {
		return &usageError{fmt.Errorf("--format is %q; it must be one of %s", f.format, strings.Join(inventoryFormatNames(), ", "))}
	}
	now, err := timeFlag(f.at, s.now())
	if err != nil {
		return &usageError{err}
	}
	opt, err := f.options()
	if err != nil {
		return err
	}
	lists, err := readDeclared(f.declared)
	if err != nil {
		return err
	}
	kept, done, err := f.cache.open(s)
	if err != nil {
		return err
	}
	defer done()
	watch, err := f.watch.begin(s, &opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, watch.end()) }()
	sub, inv, err := readInventory(cmd.Context(), watch, ref, opt, kept)
	if err != nil {
		return err
	}
	a := &landwaiter.Assessment{
		Schema: landwaiter.Schema, Tool: landwaiter.Tool{Name: "landwaiter", Version: version}, At: now, Subject: *sub,
		System: inv.System, Account: inv.Account, Gaps: inv.Gaps, Packages: inv.Packages, Unowned: inv.Unowned,
		Changed: inv.Changed, Groups: inv.Groups,
	}
	for _, d := range lists {
		a.Declared = append(a.Declared, declared.Compare(d, a.Packages))
	}
	return write(s.out, a)
}

// inventoryFormat returns the writer of a format: of the table below, or of a report
// that needs no advice.
func inventoryFormat(name string) (func(io.Writer, *landwaiter.Assessment) error, bool) {
	if write, ok := inventoryFormats[name]; ok {
		return write, true
	}
	format, err := report.Lookup(name)
	return format.Write, err == nil && format.Observed
}

func inventoryFormatNames() []string {
	names := []string{"table", "json"}
	for _, f := range report.Formats() {
		if f.Observed {
			names = append(names, f.Name)
		}
	}
	return names
}

func readInventory(ctx context.Context, w *watch, ref string, opt image.Options, kept *cache.Store) (_ *landwaiter.Subject, _ *landwaiter.Inventory, err error) {
	im, err := image.Open(ctx, ref, opt)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, im.Close()) }()
	var stats inventory.Stats
	stop := w.read(im.Progress, &stats)
	r, err := inventory.Read(ctx, im, &stats, kept)
	stop()
	if err != nil {
		return nil, nil, err
	}
	// Nobody asked what is known, so nothing is covered.
	if err := r.Count(func(string) bool { return false }); err != nil {
		return nil, nil, err
	}
	sub := im.Subject()
	return &sub, &r.Inventory, nil
}

var inventoryFormats = map[string]func(io.Writer, *landwaiter.Assessment) error{
	"json":  inventoryJSON,
	"table": inventoryTable,
}

func inventoryJSON(w io.Writer, a *landwaiter.Assessment) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Subject *landwaiter.Subject `json:"subject"`
		landwaiter.Inventory
		Declared []landwaiter.Comparison `json:"declared,omitempty"`
	}{&a.Subject, landwaiter.Inventory{
		System: a.System, Packages: a.Packages, Unowned: a.Unowned, Changed: a.Changed, Groups: a.Groups,
		Account: a.Account, Gaps: a.Gaps,
	}, a.Declared})
}

func inventoryTable(w io.Writer, a *landwaiter.Assessment) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ECOSYSTEM\tNAME\tVERSION\tLAYER\tFILES\tSEEN IN")
	for i := range a.Packages {
		p := &a.Packages[i]
		more := ""
		if n := len(p.Evidence) - 1; n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s%s\n", p.Ecosystem, plain(p.Name), plain(p.Version), p.Layer+1, p.Owns.Files, plain(p.Evidence[0].Path), more)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, g := range a.Gaps {
		if _, err := fmt.Fprintf(w, "could not be read: %s: %s\n", plain(g.Path), plain(g.Reason)); err != nil {
			return err
		}
	}
	for i := range a.Declared {
		if err := declaredTable(w, &a.Declared[i]); err != nil {
			return err
		}
	}
	return nil
}
