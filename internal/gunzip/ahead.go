package gunzip

import (
	"sync"
	"sync/atomic"
)

// job is a segment to decode ahead. Who decodes in order may drop its guess before
// anybody begins.
type job struct {
	segment *segment
	guess   *guess
}

// ahead reads segments and decodes them before their turn.
type ahead struct {
	segs chan *segment
	quit chan struct{}
	stop atomic.Bool
	wg   sync.WaitGroup
}

func newAhead(src *segments, p *pool, workers int, enough func() bool) *ahead {
	a := &ahead{segs: make(chan *segment, max(workers, 1)), quit: make(chan struct{})}
	jobs := make(chan job, workers+1) // of which one means none
	a.wg.Go(func() {
		defer close(a.segs)
		defer close(jobs)
		a.feed(src, jobs, enough)
	})
	for range workers {
		a.wg.Go(func() {
			w := guesser{pool: p, stop: &a.stop}
			for j := range jobs {
				if j.guess.taken.CompareAndSwap(false, true) {
					w.work(j.segment, j.guess)
					close(j.guess.done)
				}
			}
		})
	}
	return a
}

// feed reads segments in order. What begins the stream needs no guess.
func (a *ahead) feed(src *segments, jobs chan<- job, enough func() bool) {
	for first := true; ; first = false {
		s := src.next()
		if s == nil {
			return
		}
		if !first && cap(jobs) > 1 && (enough == nil || !enough()) {
			s.spec = &guess{done: make(chan struct{})}
			select {
			case jobs <- job{s, s.spec}:
			default: // every worker is busy enough
				s.spec = nil
			}
		}
		select {
		case a.segs <- s:
		case <-a.quit:
			return
		}
	}
}

func (a *ahead) close() {
	a.stop.Store(true)
	close(a.quit)
	a.wg.Wait()
}
