package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/landwaiter/landwaiter/internal/inventory"
)

// showProgress shows how far a scan is, on a terminal; in a pipe it says nothing.
// Call what it returns when the scan is over: it waits until the line is gone.
func showProgress(s streams, progress func() (read, total int64), stats *inventory.Stats) (stop func()) {
	if !s.progress {
		return func() {}
	}
	_, total := progress()
	p := mpb.New(mpb.WithOutput(s.err), mpb.WithWidth(40))
	counts := decor.Any(func(decor.Statistics) string {
		return fmt.Sprintf("layers %d, files %d, packages %d ", stats.Layers.Load(), stats.Files.Load(), stats.Packages.Load())
	})
	bar := p.AddBar(total, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersKibiByte("% .1f of % .1f ")),
		mpb.AppendDecorators(counts))
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			read, _ := progress()
			bar.SetCurrent(min(read, max(total-1, 0)))
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
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
