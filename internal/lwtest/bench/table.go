package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// of returns one figure of every run, smallest first.
func of[T cmp.Ordered](c *contender, figure func(reading) T) []T {
	var out []T
	for _, r := range c.readings {
		out = append(out, figure(r))
	}
	slices.Sort(out)
	return out
}

// median is the middle of sorted values, the lower one of two.
func median[T any](sorted []T) T { return sorted[(len(sorted)-1)/2] }

func wall(r reading) time.Duration { return r.wall }
func cpu(r reading) time.Duration  { return r.cpu }
func peak(r reading) int64         { return r.memory }

// table prints medians, and ratios to the first contender, the floor. Temporary disk
// is the most of all runs.
func table(w io.Writer, list []*contender) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\twall s\tCPU s\tpeak MB\ttemp left\ttemp peak MB\twall/floor\tCPU/floor\t")
	base := list[0]
	for _, c := range list {
		tw, tc := median(of(c, wall)), median(of(c, cpu))
		left := slices.Max(of(c, func(r reading) int64 { return r.left }))
		temp := slices.Max(of(c, func(r reading) int64 { return r.tempPeak }))
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.0f\t%d\t%.1f\t%.2f\t%.2f\t\n", c.name, tw.Seconds(), tc.Seconds(),
			float64(median(of(c, peak)))/1e6, left, float64(temp)/1e6,
			ratio(tw, median(of(base, wall))), ratio(tc, median(of(base, cpu))))
	}
	return t.Flush()
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
