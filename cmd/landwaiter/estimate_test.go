package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

const mb = 1 << 20

// pace reads so many bytes in a second, for so long.
type pace struct {
	perSecond int64
	long      time.Duration
}

// watched feeds an estimate ten times a second and returns what it said, each second
// once, as "12s words".
func watched(total int64, paces ...pace) (said []string) {
	var e estimate
	now, read := lwtest.Clock(), int64(0)
	start := now
	for _, p := range paces {
		for t := time.Duration(0); t < p.long; t += 100 * time.Millisecond {
			words := e.add(now, read, total)
			if now.Sub(start)%time.Second == 0 {
				said = append(said, now.Sub(start).String()+" "+words)
			}
			now, read = now.Add(100*time.Millisecond), read+p.perSecond/10
			if total > 0 {
				read = min(read, total)
			}
		}
	}
	return said
}

// TestEstimate: an even pace is told as it is, after a few seconds.
func TestEstimate(t *testing.T) {
	said := watched(600*mb, pace{2 * mb, 310 * time.Second})
	for at, want := range map[int]string{
		0: "", 2: "", 3: "about 5 minutes left", 60: "about 4 minutes left", 180: "about 2 minutes left",
		245: "about a minute left", 255: "less than a minute left", 292: "a few seconds left", 301: "all is read; merging",
	} {
		if _, got, _ := strings.Cut(said[at], " "); got != want {
			t.Errorf("after %d seconds: %q, want %q", at, got, want)
		}
	}
	for i := 1; i < 300; i++ {
		if a, b := minutes(said[i-1]), minutes(said[i]); i > 3 && b > a {
			t.Errorf("at an even pace %q comes after %q", said[i], said[i-1])
		}
	}
}

var aboutMinutes = regexp.MustCompile(`about (a|\d+) minutes? left`)

// minutes is what was said, as a number: 0 for less than one.
func minutes(s string) (n int) {
	m := aboutMinutes.FindStringSubmatch(s)
	switch {
	case m == nil:
		return 0
	case m[1] == "a":
		return 1
	}
	for _, c := range m[1] {
		n = 10*n + int(c-'0')
	}
	return n
}

// TestEstimateDoesNotJump: where the pace changes by turns, what is said stays; where
// it changes for good, what is said follows within half a minute, without leaps.
func TestEstimateDoesNotJump(t *testing.T) {
	var turns []pace
	for range 40 {
		turns = append(turns, pace{3 * mb, time.Second}, pace{1 * mb, time.Second})
	}
	changes, before := 0, ""
	for _, s := range watched(600*mb, turns...)[5:] {
		if _, words, _ := strings.Cut(s, " "); words != before {
			changes++
			before = words
		}
	}
	if changes > 4 {
		t.Errorf("at a pace that goes up and down, %d things were said in 80 seconds", changes)
	}
	said := watched(1200*mb, pace{4 * mb, time.Minute}, pace{1 * mb, time.Minute})
	if got := minutes(said[59]); got != 4 {
		t.Errorf("%q, want 4 minutes", said[59])
	}
	if got := minutes(said[90]); got < 12 || got > 17 {
		t.Errorf("half a minute at a quarter of the pace: %q, want about 15 minutes", said[90])
	}
	for i := 61; i < 100; i++ {
		if a, b := minutes(said[i-1]), minutes(said[i]); b > 2*a {
			t.Errorf("%q comes after %q", said[i], said[i-1])
		}
	}
}

// TestEstimateIsHonest: what nobody can know is not said.
func TestEstimateIsHonest(t *testing.T) {
	for _, s := range watched(0, pace{mb, 20 * time.Second}) {
		if _, words, _ := strings.Cut(s, " "); words != "" {
			t.Errorf("the whole is not known, and it says %q", s)
		}
	}
	said := watched(600*mb, pace{mb, 10 * time.Second}, pace{0, 20 * time.Second}, pace{mb, 20 * time.Second})
	for at, want := range map[int]string{20: "nothing arrived for ", 29: "nothing arrived for ", 35: "about "} {
		if _, got, _ := strings.Cut(said[at], " "); !strings.HasPrefix(got, want) {
			t.Errorf("after %d seconds: %q, want %q", at, got, want)
		}
	}
	var e estimate
	now := lwtest.Clock()
	for i := range 100 {
		now = now.Add(time.Second)
		if got := e.add(now, 10*mb+int64(i), 10*mb); i > 0 && got != "reading some of it a second time" {
			t.Fatalf("more was read than there is: %q", got)
		}
	}
	e = estimate{}
	e.add(now, 0, 1<<62)
	if got := e.add(now.Add(4*time.Second), 1, 1<<62); got != "about 1000 hours left" {
		t.Errorf("without an end in sight: %q", got)
	}
	if len(e.points) > 3 {
		t.Errorf("%d points are kept", len(e.points))
	}
}
