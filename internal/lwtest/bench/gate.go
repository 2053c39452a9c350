package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// limits are the ratios to the floor that may not be passed: measured times 1.3, so
// that a loss of 30 % fails. Lower what was measured when landwaiter becomes faster.
var limits = []limit{
	{"wall", wall, 1.3 * 1.00, 1.7},
	{"CPU", cpu, 1.3 * 1.70, 0},
}

type limit struct {
	name       string
	figure     func(reading) time.Duration
	most       float64
	processors float64 // it is checked where the machine had so many to spare
}

// gateRounds is how often the gate measures again before it fails: what else the
// machine does can only make a run slower, so the fastest of more runs is truer.
const gateRounds = 3

// gate fails where landwaiter passes a limit against the floor, by the fastest run of
// each. pair is two floors at once.
func gate(ctx context.Context, w io.Writer, m *meter, base, ours, pair *contender, runs int) error {
	for round := 1; ; round++ {
		if err := m.rounds(ctx, []*contender{base, ours, pair}, runs); err != nil {
			return err
		}
		err := check(w, base, ours, pair)
		if err == nil || round == gateRounds {
			return err
		}
		fmt.Fprintf(w, "over a limit; measuring again (%d of %d)\n", round+1, gateRounds)
	}
}

// check prints each ratio and names the first that is over its limit. landwaiter works
// on two processors and the floor on one: where something else keeps one of them busy,
// two floors at once take longer than one, and time by the clock says nothing.
func check(w io.Writer, base, ours, pair *contender) (err error) {
	spare := 2 / ratio(slices.Min(of(pair, wall)), slices.Min(of(base, wall)))
	for _, l := range limits {
		if spare < l.processors {
			fmt.Fprintf(w, "%s: %s not checked: %.1f processors were to spare, and it takes %.1f to tell\n", ours.name, l.name, spare, l.processors)
			continue
		}
		got := ratio(slices.Min(of(ours, l.figure)), slices.Min(of(base, l.figure)))
		fmt.Fprintf(w, "%s: %s %.2f times the floor, at most %.2f\n", ours.name, l.name, got, l.most)
		if got > l.most && err == nil {
			err = fmt.Errorf("%s takes %.2f times the floor's %s, and at most %.2f is allowed: see where the time goes "+
				"with make bench-image and a profile, or raise the limit in internal/lwtest/bench/gate.go and say why",
				ours.name, got, l.name, l.most)
		}
	}
	return err
}
