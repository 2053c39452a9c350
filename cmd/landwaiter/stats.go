package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

// watchFlags ask where the time of a run goes.
type watchFlags struct {
	stats bool
	trace string
}

func (f *watchFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.stats, "stats", false, "say at the end, on standard error, where the time went")
	cmd.Flags().StringVar(&f.trace, "trace", "", "write a trace of the run into this `file`, for go tool trace")
}

// watch shows progress and, where it was asked for, what came of it.
type watch struct {
	s     streams
	flags watchFlags
	start time.Time
	reads []*inventory.Stats // one for each subject
	file  *os.File
}

// begin starts to watch a run, and sets the clock by which stages are timed. Call end
// when the run is over.
func (f *watchFlags) begin(s streams, opt *image.Options) (*watch, error) {
	w := &watch{s: s, flags: *f, start: s.now()}
	if f.stats {
		opt.Clock = s.now
	}
	if f.trace == "" {
		return w, nil
	}
	var err error
	if w.file, err = os.Create(f.trace); err != nil {
		return nil, fmt.Errorf("--trace: %w", err)
	}
	if err := trace.Start(w.file); err != nil {
		return nil, errors.Join(fmt.Errorf("--trace: %w", err), w.file.Close())
	}
	return w, nil
}

// read watches the reading of one subject.
func (w *watch) read(progress func() (int64, int64), stats *inventory.Stats) (stop func()) {
	w.reads = append(w.reads, stats)
	return showProgress(w.s, progress, stats)
}

// end says what --stats asks for, and ends the trace.
func (w *watch) end() error {
	var err error
	if w.file != nil {
		trace.Stop()
		if err = w.file.Close(); err != nil {
			err = fmt.Errorf("--trace: %w", err)
		}
	}
	if w.flags.stats {
		err = errors.Join(err, w.table())
	}
	return err
}

func (w *watch) table() error {
	out := tabwriter.NewWriter(w.s.err, 0, 8, 2, ' ', 0)
	for _, stats := range w.reads {
		fmt.Fprintln(out, "STAGE\tTIME\tMIB\tTIMES")
		for _, s := range stats.Stages() {
			fmt.Fprintf(out, "%s\t%.2f s\t%d\t%d\n", s.Name, s.Time().Seconds(), s.Bytes()>>20, s.Count())
		}
		fmt.Fprintf(out, "layers %d, from the cache %d, of them only checked %d, read twice %d; files %d; files on disk for a while %d MiB\n",
			stats.Layers.Load(), stats.Cached.Load(), stats.Checked.Load(), stats.Again.Load(), stats.Files.Load(), stats.Spilled.Load()>>20)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(out, "%.2f s in all; %d MiB of memory were asked of the system, garbage was collected %d times\n", w.s.now().Sub(w.start).Seconds(), m.Sys>>20, m.NumGC)
	fmt.Fprintln(out, "Stages run side by side and wait for each other, so their times add up to more.")
	return out.Flush()
}
