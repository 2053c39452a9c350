package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestThreeMillionFiles: an image of three million files is read in less than a
// gigabyte of memory. It runs where real parts are tested, and by the program as it
// is shipped: the race detector needs ten times as much.
func TestThreeMillionFiles(t *testing.T) {
	if os.Getenv("LANDWAITER_REAL_PARTS") == "" {
		t.Skip("it takes a minute; LANDWAITER_REAL_PARTS=1 asks for it")
	}
	const files, most = 3_000_000, 1000 << 10 // kilobytes
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
	cmd := exec.CommandContext(t.Context(), program, "inventory", "oci:"+layout, "--format", "json", "--cache", filepath.Join(dir, "kept"))
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var inv landwaiter.Inventory
	if err := json.Unmarshal(raw, &inv); err != nil {
		t.Fatal(err)
	}
	if n := inv.Account.Total.Files; n != files {
		t.Errorf("%d files, want %d", n, files)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Skip("this system does not tell how much memory a program took")
	}
	t.Logf("%d kB of memory, %s of processor time", usage.Maxrss, cmd.ProcessState.UserTime())
	if usage.Maxrss > most {
		t.Errorf("%d kB of memory, at most %d are allowed", usage.Maxrss, most)
	}
}
