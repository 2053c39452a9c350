// Bench measures landwaiter on one OCI layout against the floor: the least that any
// honest reader of an image must do, in one goroutine. Machines differ and are noisy;
// ratios to the floor in the same run are what counts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"
)

const usage = `usage: bench -program FILE [-image LAYOUT] [-runs N] [-gate] [-memory] [-syft=false]
       bench make [-contents N] [-copies N] LAYOUT
       bench floor LAYOUT

Measures the program landwaiter on an OCI layout, in turns with the floor (gunzip or
unzstd, tar, SHA-256 of every file, in one goroutine), gzip, zstd and Syft where they
are installed. Without -image it makes an image of the files of this machine's Go:
real text and real programs, the same for one version of Go.

  -gate    only landwaiter and the floor; fails where a limit of gate.go is passed
  -memory  also compares peak memory with images four times as large
  make     writes that image; -contents N makes every file N times as long, -copies N
           puts the same files in N folders
  floor    does what landwaiter is measured against
`

var errUsage = errors.New("wrong usage; bench -help says how to call it")

// options are what the command line says.
type options struct {
	program, image     string
	runs               int
	gate, memory, syft bool
	now                func() time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "floor" {
		if len(args) != 2 {
			return errUsage
		}
		return floor(os.Stdout, args[1])
	}
	if len(args) > 0 && args[0] == "make" {
		return runMake(ctx, args[1:])
	}
	opt := options{now: time.Now}
	flags := newFlags()
	flags.StringVar(&opt.program, "program", "", "")
	flags.StringVar(&opt.image, "image", "", "")
	flags.IntVar(&opt.runs, "runs", 3, "")
	flags.BoolVar(&opt.gate, "gate", false, "")
	flags.BoolVar(&opt.memory, "memory", false, "")
	flags.BoolVar(&opt.syft, "syft", true, "")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	if opt.program == "" || flags.NArg() > 0 || opt.runs < 1 {
		return errUsage
	}
	return bench(ctx, os.Stdout, opt)
}

func newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	return flags
}

func runMake(ctx context.Context, args []string) error {
	var k kind
	flags := newFlags()
	flags.IntVar(&k.contents, "contents", 1, "")
	flags.IntVar(&k.copies, "copies", 1, "")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	if flags.NArg() != 1 || k.contents < 1 || k.copies < 1 {
		return errUsage
	}
	return makeImage(ctx, flags.Arg(0), k)
}

// bench measures and prints. What it makes is in one temporary folder.
func bench(ctx context.Context, w io.Writer, opt options) (err error) {
	work, err := os.MkdirTemp("", "lwbench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if opt.program, err = filepath.Abs(opt.program); err != nil {
		return err
	}
	made := opt.image == ""
	if made {
		opt.image = filepath.Join(work, "image")
		if err := makeImage(ctx, opt.image, kind{1, 1}); err != nil {
			return fmt.Errorf("making an image: %w", err)
		}
	}
	img, err := openLayout(opt.image)
	if err != nil {
		return err
	}
	if err := img.warm(); err != nil {
		return err
	}
	base, ours, pair, err := own(opt.program, img)
	if err != nil {
		return err
	}
	m := &meter{work: work, now: opt.now}
	if opt.gate {
		fmt.Fprintf(w, "%s\n", img)
		return gate(ctx, w, m, base, ours, pair, opt.runs)
	}
	fmt.Fprintf(w, "%s\n%d processors; medians of %d runs, in turns; ratios are to the floor of the same runs\n\n", img, runtime.NumCPU(), opt.runs)
	cached, err := seen(ctx, opt.program, img, work)
	if err != nil {
		return err
	}
	list := append(append([]*contender{base, ours}, cached...), others(img, opt.syft)...)
	if err := m.rounds(ctx, list, opt.runs); err != nil {
		return err
	}
	if err := table(w, list); err != nil {
		return err
	}
	if made && opt.memory {
		return memory(ctx, w, m, opt, work)
	}
	return nil
}
