package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestMain lets the test stand for both programs: as the floor, and as a landwaiter
// that does no more than the floor, but for the folder of its cache. Whatever else it
// is called as, it runs no tests: they would call it again, for ever.
func TestMain(m *testing.M) {
	args := os.Args[1:]
	if len(args) == 0 || strings.HasPrefix(args[0], "-test.") {
		os.Exit(m.Run())
	}
	if err := standIn(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func standIn(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "floor":
		return floor(os.Stdout, args[1])
	case len(args) == 3 && args[0] == "assess" && args[2] == "--no-cache":
		return floor(os.Stdout, strings.TrimPrefix(args[1], "oci:"))
	case len(args) == 4 && args[0] == "assess" && args[2] == "--cache":
		return errors.Join(os.MkdirAll(args[3], 0o700), floor(os.Stdout, strings.TrimPrefix(args[1], "oci:")))
	}
	return fmt.Errorf("called as %q", args)
}

// TestBench measures a small image of every codec, and prints a table.
func TestBench(t *testing.T) {
	dir := lwtest.Layout(t, "codec 1 zstd\ncodec 2 none\nfill 0/a 1MiB\nzeros 1/b 1MiB\nfill 2/c 1000\n")
	var out strings.Builder
	opt := options{program: os.Args[0], image: dir, runs: 2, now: time.Now}
	if err := bench(t.Context(), &out, opt); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 layers, 1 MB as stored", "floor", "landwaiter", "with 100 % seen before", "with all seen before", "gzip -dc of 1 layers"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	opt.program = filepath.Join(dir, "none")
	if err := bench(t.Context(), &out, opt); err == nil || !strings.Contains(err.Error(), "filling a cache") {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestFloor(t *testing.T) {
	dir := lwtest.Layout(t, "codec 1 zstd\nfill 0/a 1MiB\nzeros 1/b 1000\ndir 1/d\n")
	var out strings.Builder
	if err := floor(&out, dir); err != nil || out.String() != "2 layers, 2 files, 1049576 bytes\n" {
		t.Errorf("%q, %v", &out, err)
	}
	cut := lwtest.Layout(t, "fill 0/a 1MiB\ntruncate-layer 0 1000\n")
	if err := floor(&out, cut); err == nil {
		t.Error("a layer without its end was read")
	}
}

// TestFirst takes the base out of an image: fewer layers that read as well.
func TestFirst(t *testing.T) {
	img, err := openLayout(lwtest.Layout(t, "fill 0/a 1000\nfill 1/b 1MiB\nfill 2/c 1000\n"))
	if err != nil {
		t.Fatal(err)
	}
	n, share := img.base()
	if n != 2 || share < 0.99 {
		t.Errorf("%d layers with %.2f of the bytes", n, share)
	}
	dir := filepath.Join(t.TempDir(), "first")
	if err := img.writeFirst(dir, n); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := floor(&out, dir); err != nil || out.String() != "2 layers, 2 files, 1049576 bytes\n" {
		t.Errorf("%q, %v", &out, err)
	}
	last := &layout{layers: []blob{{size: 1}, {size: 100}}}
	if n, _ := last.base(); n != 0 {
		t.Errorf("an image whose last layer is its largest has a base of %d layers", n)
	}
}

// TestImage makes the image of a few files in place of Go's own.
func TestImage(t *testing.T) {
	root := t.TempDir()
	for i, p := range parts {
		dir := filepath.Join(root, p.folder)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat("some text\n", 10*(i+1))
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := int64(0)
	for i := range parts {
		sum += int64(100 * (i + 1))
	}
	made := func(k kind) (index string, files, size int64) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "image")
		if err := makeFrom(root, dir, k); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := floor(&out, dir); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(out.String(), "4 layers, %d files, %d bytes", &files, &size); err != nil {
			t.Fatalf("%v in %q", err, &out)
		}
		return string(raw), files, size
	}
	one, files, size := made(kind{1, 1})
	if again, _, _ := made(kind{1, 1}); again != one {
		t.Error("the same files make another image")
	}
	if _, f, s := made(kind{4, 1}); f != files || s != size+3*sum {
		t.Errorf("contents four times over: %d files, %d bytes; once: %d, %d", f, s, files, size)
	}
	if _, f, s := made(kind{1, 4}); f != files+3*int64(len(parts)) || s != size+3*sum {
		t.Errorf("four copies: %d files, %d bytes; one: %d, %d", f, s, files, size)
	}
}

// TestTemp: what a program puts into its temporary folder is seen, with a name or
// without one.
func TestTemp(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("this system does not show the files that a process holds open")
	}
	for _, c := range []struct {
		name, script string
		left         int64
	}{
		{"removed", `head -c 100000 /dev/zero > $TMPDIR/a; sleep 0.3; rm $TMPDIR/a`, 0},
		{"left", `head -c 100000 /dev/zero > $TMPDIR/a`, 100000},
		{"without a name", `exec 3> $TMPDIR/a; rm $TMPDIR/a; head -c 100000 /dev/zero >&3; sleep 0.3`, 0},
	} {
		m := &meter{work: t.TempDir(), now: time.Now}
		r, err := m.run(t.Context(), &contender{steps: []step{{args: []string{"sh", "-c", c.script}}}})
		if err != nil {
			t.Fatal(err)
		}
		if r.left != c.left || r.tempPeak != 100000 {
			t.Errorf("%s: %d bytes left, %d at the peak; want %d and 100000", c.name, r.left, r.tempPeak, c.left)
		}
		if r.memory == 0 || r.wall == 0 {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// TestGate: the fastest run counts, and a limit that is passed fails.
func TestGate(t *testing.T) {
	runs := func(ms ...int) *contender {
		c := &contender{name: "some"}
		for _, n := range ms {
			d := time.Duration(n) * time.Millisecond
			c.readings = append(c.readings, reading{wall: d, cpu: d})
		}
		return c
	}
	most := int(100 * min(limits[0].most, limits[1].most))
	var out strings.Builder
	if err := check(&out, runs(300, 100), runs(900, most-1), runs(100)); err != nil {
		t.Errorf("below the limit: %v", err)
	}
	most = int(100 * limits[1].most)
	err := check(&out, runs(300, 100), runs(most+1, 900), runs(100))
	if err == nil || !strings.Contains(err.Error(), "gate.go") {
		t.Errorf("above the limit: %v", err)
	}
	// Something else kept a processor busy: the clock says nothing, and the other does.
	out.Reset()
	if err := check(&out, runs(100), runs(most-1), runs(190)); err != nil || !strings.Contains(out.String(), "wall not checked: 1.1 processors") {
		t.Errorf("on a busy machine: %v\n%s", err, &out)
	}
	if err := check(&out, runs(100), runs(most+1), runs(190)); err == nil {
		t.Error("on a busy machine nothing is checked at all")
	}
}

// TestGateEnds: it measures again, and in the end it fails.
func TestGateEnds(t *testing.T) {
	m := &meter{work: t.TempDir(), now: time.Now}
	slow := &contender{name: "slow", steps: []step{{args: []string{"sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"}}}}
	fast := &contender{name: "fast", steps: []step{{args: []string{"true"}}}}
	pair := &contender{name: "pair", steps: append(fast.steps, fast.steps...), atOnce: true}
	var out strings.Builder
	if err := gate(t.Context(), &out, m, fast, slow, pair, 1); err == nil || len(slow.readings) != gateRounds {
		t.Errorf("%d runs, %v", len(slow.readings), err)
	}
}

func TestTable(t *testing.T) {
	base := &contender{name: "floor", readings: []reading{{wall: time.Second, cpu: time.Second}}}
	c := &contender{name: "ours", readings: []reading{
		{wall: 9 * time.Second, cpu: time.Second, memory: 3e6},
		{wall: time.Second, cpu: time.Second, memory: 1e6, left: 7},
		{wall: 2 * time.Second, cpu: 3 * time.Second, memory: 2e6, tempPeak: 5e6},
	}}
	var out strings.Builder
	if err := table(&out, []*contender{base, c}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if got := strings.Join(strings.Fields(lines[2]), " "); got != "ours 2.00 1.00 2 7 5.0 2.00 1.00" {
		t.Errorf("%q in\n%s", got, &out)
	}
}
