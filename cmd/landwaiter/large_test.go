package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// TestThreeMillionFiles: an image of three million files is read in less than
// 640 MiB of memory. It runs where real parts are tested, and by the program as it
// is shipped: the race detector needs ten times as much.
func TestThreeMillionFiles(t *testing.T) {
	if os.Getenv("LANDWAITER_REAL_PARTS") == "" {
		t.Skip("it takes a minute; LANDWAITER_REAL_PARTS=1 asks for it")
	}
	const files, most = 3_000_000, 640 << 10 // kilobytes
	dir := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	program, maker, layout := filepath.Join(dir, "landwaiter"), filepath.Join(dir, "mkimage"), filepath.Join(dir, "oci")
	run("go", "build", "-o", program, ".")
	run("go", "build", "-o", maker, "../../internal/lwtest/mkimage")
	text := filepath.Join(dir, "image.txtar")
	if err := os.WriteFile(text, []byte("many 0/srv/data/of/a/project/with/a/long/name 3000000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(maker, text, layout)
	cmd := exec.CommandContext(t.Context(), program, "inventory", "oci:"+layout, "--format", "json", "--no-cache")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := peakMemory(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	raw := out.Bytes()
	var inv landwaiter.Inventory
	if err := json.Unmarshal(raw, &inv); err != nil {
		t.Fatal(err)
	}
	if n := inv.Account.Total.Files; n != files {
		t.Errorf("%d files, want %d", n, files)
	}
	kB := peak()
	if kB == 0 {
		t.Skip("this system does not tell how much memory a program took")
	}
	t.Logf("%d kB of memory, %s of processor time", kB, cmd.ProcessState.UserTime())
	if kB > most {
		t.Errorf("%d kB of memory, at most %d are allowed", kB, most)
	}
}

// peakMemory watches a process until it is gone. What it returns gives the most memory
// that was seen, in kB. The system's own account of a process that has ended begins
// with the memory of the process that started it, which here is the larger.
func peakMemory(pid int) (kB func() int64) {
	var most int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if err != nil {
				return
			}
			_, rest, found := strings.Cut(string(raw), "VmHWM:")
			if !found { // it has ended, and nobody has waited for it yet
				return
			}
			if n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
				most = max(most, n)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return func() int64 { <-done; return most }
}
