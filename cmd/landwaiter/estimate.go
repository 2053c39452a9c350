package main

import (
	"fmt"
	"math"
	"time"
)

// estimate says how long a scan will still take, by how fast it went lately. It asks
// no clock: whoever adds a point says when it was.
type estimate struct {
	points []point   // of the last estimateWindow, oldest first
	start  time.Time // of the first point
	moved  time.Time // when something was read last
	end    time.Time // when it will be over, smoothed; zero while nobody can say
	said   int       // minutes that were said last, 0 where none were
}

type point struct {
	at   time.Time
	read int64
}

const (
	// estimateAfter is how long to look before saying anything.
	estimateAfter = 3 * time.Second
	// estimateWindow is how far back "lately" goes.
	estimateWindow = 15 * time.Second
	// estimateSmooth is how fast a new estimate takes over from the old one: after so
	// long two thirds of the way.
	estimateSmooth = 5 * time.Second
	// quietAfter is from when on it is said that nothing arrives.
	quietAfter = 5 * time.Second
)

// add takes in how many bytes of how many were read, and returns what to say, which
// may be nothing. total is 0 where nobody knows it.
func (e *estimate) add(now time.Time, read, total int64) string {
	if len(e.points) == 0 {
		e.start, e.moved = now, now
	} else if last := e.points[len(e.points)-1]; read != last.read {
		e.moved = now
	}
	e.points = append(e.points, point{now, read})
	// One point from before the window stays, so that it is whole.
	for len(e.points) > 2 && now.Sub(e.points[1].at) >= estimateWindow {
		e.points = e.points[1:]
	}
	switch quiet := now.Sub(e.moved); {
	case total > 0 && read > total:
		return "reading some of it a second time"
	case total > 0 && read == total:
		return "all is read; merging"
	case quiet >= quietAfter:
		e.end, e.said = time.Time{}, 0
		return fmt.Sprintf("nothing arrived for %d seconds", int(quiet.Seconds()))
	case total <= 0 || now.Sub(e.start) < estimateAfter:
		return ""
	}
	e.aim(now, total-read)
	if e.end.IsZero() {
		return ""
	}
	return e.words(e.end.Sub(now))
}

// aim moves the end towards where the pace of the window puts it.
func (e *estimate) aim(now time.Time, left int64) {
	first, last := e.points[0], e.points[len(e.points)-1]
	took, got := last.at.Sub(first.at), last.read-first.read
	if took <= 0 || got <= 0 {
		return
	}
	const most = 1000 * time.Hour // more is no estimate, and would not fit
	need := time.Duration(min(float64(left)/float64(got)*float64(took), float64(most)))
	end := now.Add(need)
	if e.end.IsZero() {
		e.end = end
		return
	}
	before := e.points[max(0, len(e.points)-2)].at
	part := 1 - math.Exp(-float64(now.Sub(before))/float64(estimateSmooth))
	e.end = e.end.Add(time.Duration(float64(end.Sub(e.end)) * part))
}

// words says a time in minutes. What was said changes when it is too long by three
// quarters of a minute, or too short by a fifth: numbers that dance are not believed.
func (e *estimate) words(left time.Duration) string {
	minutes := left.Minutes()
	if over := minutes - float64(e.said); e.said == 0 || over < -0.75 || over > max(0.75, float64(e.said)/5) {
		e.said = max(1, int(math.Round(minutes)))
	}
	switch {
	case left < 10*time.Second:
		return "a few seconds left"
	case left < 50*time.Second:
		return "less than a minute left"
	case e.said == 1:
		return "about a minute left"
	case e.said < 100:
		return fmt.Sprintf("about %d minutes left", e.said)
	}
	return fmt.Sprintf("about %d hours left", int(math.Round(float64(e.said)/60)))
}
