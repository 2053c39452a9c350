package limitio

import (
	"context"
	"runtime/trace"
	"sync/atomic"
	"time"
)

// Stage adds up what one stage of a run did, in any number of goroutines.
type Stage struct {
	Name string

	nanos, bytes, count atomic.Int64
}

// Time, Bytes and Count are what the stage took and did so far. Time is 0 where no
// clock was given.
func (s *Stage) Time() time.Duration { return time.Duration(s.nanos.Load()) }
func (s *Stage) Bytes() int64        { return s.bytes.Load() }
func (s *Stage) Count() int64        { return s.count.Load() }

// Lap is one time that a stage is at work. The zero value counts nothing.
type Lap struct {
	stage  *Stage
	clock  func() time.Time
	start  time.Time
	region *trace.Region
}

// Begin starts a lap. clock is nil where nobody asks for times. While the program is
// traced, the lap is a region of that name.
func (s *Stage) Begin(ctx context.Context, clock func() time.Time) Lap {
	l := Lap{stage: s, clock: clock}
	if trace.IsEnabled() {
		l.region = trace.StartRegion(ctx, s.Name)
	}
	if clock != nil {
		l.start = clock()
	}
	return l
}

// End ends the lap, in the goroutine that began it.
func (l Lap) End(bytes int64) {
	if l.stage == nil {
		return
	}
	if l.clock != nil {
		l.stage.nanos.Add(int64(l.clock().Sub(l.start)))
	}
	l.stage.bytes.Add(bytes)
	l.stage.count.Add(1)
	if l.region != nil {
		l.region.End()
	}
}
