//go:build linux

// Command landwaiter-probe looks from inside a box at what would hold a hostile program
// back. It is one static file, small enough to carry into a workspace, and runs as any
// user. It only looks: see internal/isolation.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter/internal/isolation"
)

// version is set by the build.
var version = "development"

// Exit statuses beside those of [isolation.Report.Exit].
const exitRefused = 3

func main() {
	if len(os.Args) == 3 && os.Args[1] == isolation.CallCommand {
		os.Exit(isolation.MakeCall(os.Args[2]))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, time.Now))
}

// names is a flag that may be given several times.
type names []string

func (n *names) String() string     { return strings.Join(*n, ",") }
func (n *names) Set(s string) error { *n = append(*n, s); return nil }

func run(args []string, out, errs io.Writer, now func() time.Time) int {
	var p isolation.Profile
	fs := flag.NewFlagSet("landwaiter-probe", flag.ContinueOnError)
	fs.SetOutput(errs)
	format := fs.String("format", "text", "text or json")
	here := fs.Bool("on-this-host", false, "look even where this is no box but a bare host")
	fs.StringVar(&p.Runtime, "runtime", "", "the runtime that was declared, such as docker")
	fs.Int64Var(&p.MaxDisk, "max-disk", 0, "the most `bytes` of disk that the box should see")
	fs.Var((*names)(&p.Mounts), "allow-mount", "a `path` that may come from outside; may be given several times")
	fs.Var((*names)(&p.Devices), "allow-device", "a device that may be there; may be given several times")
	fs.Var((*names)(&p.Capabilities), "allow-capability", "a powerful capability that may be held, such as SYS_PTRACE")
	fs.Usage = func() {
		fmt.Fprintln(errs, "Usage: landwaiter-probe [flags]\n\nLook from inside at what would hold a hostile program back. It reads, makes calls that\nfail before any effect, and leaves nothing behind.\n\nExit status: 0 all holds; 1 something does not; 2 something could not be told; 3 it broke\nor refused.")
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return exitRefused
	}
	if fs.NArg() > 0 || *format != "text" && *format != "json" {
		fs.Usage()
		return exitRefused
	}
	r := isolation.Run(isolation.Options{
		Root: "/", Profile: p, Now: now, Kit: version, Call: isolation.Call, Ping: isolation.Ping, Room: isolation.Room,
		AllowHost: *here,
	})
	if r.Refused != "" {
		fmt.Fprintln(errs, "landwaiter-probe:", r.Refused)
		return exitRefused
	}
	if *format == "json" {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			fmt.Fprintln(errs, "landwaiter-probe:", err)
			return exitRefused
		}
		return r.Exit()
	}
	text(out, r)
	return r.Exit()
}

var marks = map[isolation.Verdict]string{
	isolation.Pass: "holds", isolation.Fail: "DOES NOT HOLD", isolation.NotApplicable: "does not apply",
	isolation.Inconclusive: "cannot tell", isolation.NotRun: "not run", isolation.Broken: "BROKE",
}

func text(out io.Writer, r *isolation.Report) {
	fmt.Fprintf(out, "landwaiter-probe %s, %s\nRuntime: %s", r.Kit, r.At.Format("2 January 2006, 15:04 UTC"), r.Runtime.Class)
	if len(r.Runtime.Signals) > 0 {
		fmt.Fprintf(out, " (%s)", strings.Join(r.Runtime.Signals, "; "))
	}
	fmt.Fprint(out, "\n\n")
	for _, res := range r.Results {
		fmt.Fprintf(out, "%-7s %-14s %s: %s\n", res.Probe, marks[res.Verdict], res.Verifies, res.Saw)
	}
	n := r.Count()
	fmt.Fprintf(out, "\n%d hold, %d do not, %d could not be told, %d do not apply, %d broke.\nIt wrote nothing, and leaves nothing behind.\n",
		n[isolation.Pass], n[isolation.Fail], n[isolation.Inconclusive]+n[isolation.NotRun], n[isolation.NotApplicable], n[isolation.Broken])
	if bad := r.Worst(); len(bad) > 0 {
		fmt.Fprintln(out, "\nWhat does not hold, the worst first:")
		for _, res := range bad {
			fmt.Fprintf(out, "  %s (%s): %s\n", res.Probe, res.Severity, res.Saw)
		}
	}
}
