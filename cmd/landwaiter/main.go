// Command landwaiter says what is in a container image, what is known about
// that, what could not be seen, and advises whether to let it in.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/landwaiter/landwaiter"
)

// version is set by the build: -ldflags "-X main.version=…".
var version = "devel"

// The exit statuses. Scripts rely on them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitDoNotImport = 3
	exitCannotJudge = 4
)

// streams are where a command reads and writes.
type streams struct {
	out, err io.Writer
	terminal bool   // out is a terminal
	progress bool   // err is a terminal
	cache    string // the folder of the cache where no flag names one; "" for none
	now      func() time.Time
}

// gcPercent keeps the heap small: most of it lives as long as a scan, and little is
// made while one runs. Seen with 126,000 files: a tenth less memory than with 50, for two
// hundredths more of processor time.
const gcPercent = 35

// memoryLimit is from where on garbage is collected at once, whatever there is of it,
// unless GOMEMLIMIT says otherwise. It takes millions of files to get there. Seen
// with three million: a third less memory for no more time.
const memoryLimit = 768 << 20

func main() {
	debug.SetGCPercent(gcPercent)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], streams{
		out: os.Stdout, err: os.Stderr,
		terminal: term.IsTerminal(int(os.Stdout.Fd())),
		progress: term.IsTerminal(int(os.Stderr.Fd())),
		cache:    defaultCache(),
		now:      time.Now,
	})
	stop()
	os.Exit(status)
}

// gateError ends a run with the advice's own status.
type gateError struct{ outcome landwaiter.Outcome }

func (e *gateError) Error() string { return "the advice is " + string(e.outcome) }

// usageError is a mistake in how the command was called.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// run runs one command line and returns its exit status.
func run(ctx context.Context, args []string, s streams) int {
	root := command(s)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if gate, ok := errors.AsType[*gateError](err); ok {
		if gate.outcome == landwaiter.CannotJudge {
			return exitCannotJudge
		}
		return exitDoNotImport
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(s.err, "landwaiter: stopped before the end; nothing was written")
		return exitFailed
	}
	fmt.Fprintf(s.err, "landwaiter: %v\n", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(s.err, "Run '%s --help' for how to call it.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// command is the table of subcommands.
func command(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "landwaiter",
		Short: "Say what is in a container image, and whether to let it in",
		Long: `landwaiter examines a container image before a Trusted Research Environment lets
it in. It accounts for every byte, says what is known about what it found and
what it could not see, and gives advice in plain words. A named person decides.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetVersionTemplate("landwaiter {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(assessCommand(s), judgeCommand(s), diffCommand(s), simulateCommand(s), inventoryCommand(s), whyCommand(s), compareCommand(s), methodCommand(s), protectionsCommand(s), advisoriesCommand(s), cacheCommand(s))
	wrapArgs(root)
	return root
}

// wrapArgs makes every complaint about arguments a mistake of usage.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &usageError{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}
