package cache_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/internal/cache"
)

// child names what a process of a test does with the folder of CACHE_DIR.
const child = "LANDWAITER_TEST_CACHE"

func TestMain(m *testing.M) {
	does := map[string]func(dir string) error{"": nil, "busy": busy, "hang": hang}[os.Getenv(child)]
	if does == nil {
		os.Exit(m.Run())
	}
	if err := does(os.Getenv("CACHE_DIR")); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func process(t *testing.T, does, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), child+"="+does, "CACHE_DIR="+dir)
	return cmd
}

const (
	busyKeys   = 20
	busyRounds = 300
	busyMax    = 12 * 8192 // less than all entries need
)

func busyValue(n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "value %d", n), 1000*n+1)
}

// busy writes and reads a few entries again and again. What it reads is right.
func busy(dir string) error {
	s, err := cache.Open(dir, cache.Options{Now: time.Now, MaxBytes: busyMax, Program: "busy"})
	if err != nil {
		return err
	}
	for i := range busyRounds {
		n := (i*7 + os.Getpid()) % busyKeys
		key := fmt.Sprint("key ", n)
		got, ok := s.Get(key)
		switch {
		case ok && !bytes.Equal(got, busyValue(n)):
			return fmt.Errorf("%s: %.40q", key, got)
		case !ok:
			s.Put(key, func(w io.Writer) error { _, err := w.Write(busyValue(n)); return err })
		}
	}
	return s.Close()
}

// TestProcesses: several processes share one folder that is too small for them.
func TestProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shared")
	var all []*exec.Cmd
	outs := make([]bytes.Buffer, 4)
	for i := range outs {
		cmd := process(t, "busy", dir)
		cmd.Stdout, cmd.Stderr = &outs[i], &outs[i]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for i, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, &outs[i])
		}
	}
	st, err := cache.Look(dir)
	if err != nil || st.Entries == 0 || st.Bytes > busyMax {
		t.Errorf("%+v, %v", st, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tmp-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// hang dies in the middle of an entry.
func hang(dir string) error {
	s, err := cache.Open(dir, cache.Options{Now: time.Now, Program: "test"})
	if err != nil {
		return err
	}
	s.Put("key", func(w io.Writer) error {
		_, err := w.Write(bytes.Repeat([]byte("half a value"), 1<<20))
		fmt.Println("writing")
		time.Sleep(time.Hour)
		return err
	})
	return errors.New("it was not killed")
}

// TestKilled: a run that is killed while it writes leaves no entry, and what it left
// goes.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shared")
	cmd := process(t, "hang", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "writing") {
		t.Fatalf("%q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // it was killed
	if !strings.HasPrefix(filepath.Base(theOnly(t, dir)), "tmp-") {
		t.Fatal("what was half written is an entry")
	}
	s := open(t, dir, cache.Options{Now: func() time.Time { return time.Now().Add(time.Hour) }})
	wantMiss(t, s, "key")
	put(s, "key", "whole")
	wantValue(t, s, "key", "whole")
	theOnly(t, dir)
}
