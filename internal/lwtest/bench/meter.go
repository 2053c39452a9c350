package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// reading is what one run took.
type reading struct {
	wall, cpu      time.Duration
	memory         int64 // bytes resident at the peak, of the largest child
	left, tempPeak int64 // bytes in the temporary folder: after the run, and at most
}

// step is one child process: a command with its standard input, which may be "".
type step struct {
	args  []string
	stdin string
	env   []string
}

// contender is one row of the table.
type contender struct {
	name     string
	before   func(ctx context.Context) error // made ready, not measured; may be nil
	steps    []step                          // one after the other
	atOnce   bool                            // or all at once
	readings []reading
}

// meter runs contenders.
type meter struct {
	work string
	now  func() time.Time
}

// rounds runs every contender n times, in turns, so that a slow minute of the
// machine falls on all of them.
func (m *meter) rounds(ctx context.Context, list []*contender, n int) error {
	for range n {
		for _, c := range list {
			r, err := m.run(ctx, c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.readings = append(c.readings, r)
		}
	}
	return nil
}

// run measures one run. Its temporary folder is its own, and empty.
func (m *meter) run(ctx context.Context, c *contender) (r reading, err error) {
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return r, fmt.Errorf("making ready: %w", err)
		}
	}
	temp, err := os.MkdirTemp(m.work, "tmp-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	start := m.now()
	g, limit := new(errgroup.Group), 1
	if c.atOnce {
		limit = len(c.steps)
	}
	g.SetLimit(limit)
	parts := make([]reading, len(c.steps))
	for i, s := range c.steps {
		g.Go(func() error { return parts[i].step(ctx, s, temp) })
	}
	if err := g.Wait(); err != nil {
		return r, err
	}
	for _, p := range parts {
		r.cpu += p.cpu
		r.memory, r.tempPeak = max(r.memory, p.memory), max(r.tempPeak, p.tempPeak)
	}
	r.wall = m.now().Sub(start)
	r.left = tempBytes(temp, 0)
	return r, nil
}

// step runs one child and notes what it took, but for the time by the clock.
func (r *reading) step(ctx context.Context, s step, temp string) error {
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Env = append(append(os.Environ(), "TMPDIR="+temp), s.env...)
	var errs strings.Builder
	cmd.Stderr = &errs
	if s.stdin != "" {
		f, err := os.Open(s.stdin)
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	done, ended := make(chan struct{}), make(chan int64)
	go func() { ended <- watch(done, temp, cmd.Process.Pid) }()
	err := cmd.Wait()
	close(done)
	r.tempPeak = <-ended
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(s.args, " "), err, errs.String())
	}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.memory = usage.Maxrss << 10
	}
	return nil
}

// watchEvery is how often the temporary folder is looked at.
const watchEvery = 10 * time.Millisecond

// watch returns the most bytes that were seen in a temporary folder until done.
func watch(done <-chan struct{}, temp string, pid int) (peak int64) {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-done:
			return max(peak, tempBytes(temp, 0))
		case <-t.C:
			peak = max(peak, tempBytes(temp, pid))
		}
	}
}

// tempBytes counts the bytes of the files in a folder, and, where the system shows
// them, of files there that process pid holds open and that have no name any more.
func tempBytes(temp string, pid int) (n int64) {
	_ = filepath.Walk(temp, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil // what is gone by now takes no room
	})
	if pid == 0 {
		return n
	}
	fds := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	list, err := os.ReadDir(fds)
	if err != nil {
		return n
	}
	seen := map[uint64]bool{}
	for _, e := range list {
		at := filepath.Join(fds, e.Name())
		to, err := os.Readlink(at)
		if err != nil || !strings.HasPrefix(to, temp) || !strings.HasSuffix(to, " (deleted)") {
			continue
		}
		info, err := os.Stat(at)
		if err != nil {
			continue
		}
		if sys, ok := info.Sys().(*syscall.Stat_t); ok && !seen[sys.Ino] {
			seen[sys.Ino] = true
			n += info.Size()
		}
	}
	return n
}
