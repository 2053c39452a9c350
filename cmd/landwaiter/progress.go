package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/landwaiter/landwaiter/internal/inventory"
)

// progressEvery is how often progress is looked at.
const progressEvery = 100 * time.Millisecond

// showProgress shows on a terminal how far a scan is and how long it may still take;
// in a pipe it says nothing. Call what it returns when the scan is over: it waits
// until the line is gone.
func showProgress(s streams, progress func() (read, total int64), stats *inventory.Stats) (stop func()) {
	if !s.progress {
		return func() {}
	}
	_, total := progress()
	var e estimate
	var says atomic.Value // what the estimate said last
	says.Store("")
	words := decor.Any(func(decor.Statistics) string {
		line := fmt.Sprintf("layers %d, files %d, packages %d ", stats.Layers.Load(), stats.Files.Load(), stats.Packages.Load())
		if left, ok := says.Load().(string); ok && left != "" {
			line = left + "; " + line
		}
		return " " + line
	})
	p := mpb.New(mpb.WithOutput(s.err), mpb.WithWidth(20))
	bar := p.AddBar(total, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersKibiByte("% .1f of % .1f ")),
		mpb.AppendDecorators(words))
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			read, _ := progress()
			says.Store(e.add(s.now(), read, total))
			// A bar that is full would be taken for the end, and is removed.
			bar.SetCurrent(min(read, max(total-1, 0)))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		bar.Abort(true)
		p.Wait()
	}
}

// plain makes a name from outside harmless on a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
