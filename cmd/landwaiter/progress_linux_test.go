package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/landwaiter/landwaiter/internal/inventory"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestProgressOnTerminal looks at what a terminal gets to see: how far a scan is, what
// was found, how long it will still take, and that it merges when all is read. The
// clock goes fifty times as fast.
func TestProgressOnTerminal(t *testing.T) {
	here, there := terminal(t)
	if !term.IsTerminal(int(there.Fd())) {
		t.Fatal("the pseudo-terminal is none")
	}
	var screen bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() {
		b := make([]byte, 4096)
		for {
			n, err := here.Read(b)
			screen.Write(b[:n])
			if err != nil {
				return // the other side is closed
			}
		}
	})
	const total = 100 << 20
	var read, ticks atomic.Int64
	var stats inventory.Stats
	stats.Files.Store(1234)
	began := time.Now()
	s := streams{err: there, progress: true, now: func() time.Time {
		ticks.Add(1)
		return lwtest.Clock().Add(50 * time.Since(began))
	}}
	stop := showProgress(s, func() (int64, int64) { return read.Load(), total }, &stats)
	for read.Load() < total {
		time.Sleep(10 * time.Millisecond)
		read.Add(1 << 20)
	}
	seen := ticks.Load()
	waitFor(t, "another look at it", func() bool { return ticks.Load() > seen+3 })
	stop()
	there.Close()
	reading.Wait()
	for _, want := range []string{" of 100.0 MiB", "files 1234", " left; layers", "all is read; merging"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("the terminal never showed %q:\n%q", want, &screen)
		}
	}
}

// TestProgressIsSilent: in a pipe there is none.
func TestProgressIsSilent(t *testing.T) {
	var out strings.Builder
	stop := showProgress(streams{err: &out, now: lwtest.Clock}, func() (int64, int64) {
		t.Error("somebody asked how far it is")
		return 0, 0
	}, &inventory.Stats{})
	stop()
	if out.Len() > 0 {
		t.Errorf("it says %q", &out)
	}
}

// terminal opens both sides of a pseudo-terminal, 200 columns wide.
func terminal(t *testing.T) (here, there *os.File) {
	t.Helper()
	here, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	fd := int(here.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 200})
	}
	if err == nil {
		there, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}
