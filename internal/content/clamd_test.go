package content

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

var clamNow = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// daemon is a ClamAV daemon that does what a test says.
type daemon struct {
	version string
	// limit is the most it takes of a file, 0 for all.
	limit int
	blind bool // it knows no harmful file
	// answer says what it answers to a file; "" hangs up.
	answer func(data string) string
	mu     sync.Mutex
	seen   []int
}

func (d *daemon) start(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); d.serve(c) })
		}
	})
	return "unix:" + name
}

func (d *daemon) serve(c net.Conn) {
	r := bufio.NewReader(c)
	command, err := r.ReadString(0)
	if err != nil {
		return
	}
	if command == "zVERSION\x00" {
		fmt.Fprintf(c, "%s\x00", d.version)
		return
	}
	var data []byte
	for {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint32(size[:]))
		if n == 0 {
			break
		}
		if d.limit > 0 && len(data)+n > d.limit {
			fmt.Fprint(c, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
		part := make([]byte, n)
		if _, err := io.ReadFull(r, part); err != nil {
			return
		}
		data = append(data, part...)
	}
	d.mu.Lock()
	d.seen = append(d.seen, len(data))
	d.mu.Unlock()
	if string(data) == testFile() && !d.blind {
		fmt.Fprint(c, "stream: Eicar-Signature FOUND\x00")
		return
	}
	fmt.Fprint(c, d.answer(string(data)))
}

func clean(string) string { return "stream: OK\x00" }

const fresh = "ClamAV 1.4.6/27400/Fri Nov 20 08:44:03 2026"

// show shows files to the daemon as the scanner of a layer would.
func show(t *testing.T, c *Clamd, files ...string) inventory.Watched {
	t.Helper()
	w := c.Watch(t.Context())
	for i, data := range files {
		if w.File(inventory.Passing{Record: int32(i), Path: "f", Head: []byte(data[:min(len(data), 512)])}) {
			for rest := data; rest != ""; {
				n := min(len(rest), 100_000)
				_, _ = w.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
			w.End()
		}
	}
	got, err := w.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func ask(t *testing.T, socket string) *Clamd {
	t.Helper()
	c, err := Ask(t.Context(), socket, clamNow, 14)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAsk(t *testing.T) {
	for _, c := range []struct{ name, version, by, reason string }{
		{"fresh", fresh, "ClamAV 1.4.6, signatures 27400 of 2026-11-20", ""},
		{"old", "ClamAV 1.4.6/27300/Sat Oct  3 08:44:03 2026", "ClamAV 1.4.6, signatures 27300 of 2026-10-03", "are of 2026-10-03"},
		{"undated", "ClamAV 1.4.6", "ClamAV 1.4.6", "does not say how old"},
		{"garbage", "\x01\x02<script>/x/y", "<script>", "does not say how old"},
	} {
		got := ask(t, (&daemon{version: c.version, answer: clean}).start(t)).Check()
		if got.By != c.by || got.Done != (c.reason == "") || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if c := ask(t, "unix:"+filepath.Join(t.TempDir(), "none")); c.Reachable() || c.Check().Done || c.Check().Reason == "" {
		t.Errorf("no daemon: %+v", c.Check())
	}
	if _, err := Ask(t.Context(), "clamd", clamNow, 14); err == nil {
		t.Error("no place is accepted")
	}
}

// TestAskBlind: a daemon that does not know the file of all scanners has not looked.
func TestAskBlind(t *testing.T) {
	for _, d := range []*daemon{{version: fresh, blind: true, answer: clean}, {version: fresh, limit: 10, answer: clean}} {
		if got := ask(t, d.start(t)).Check(); got.Done || got.Reason == "" {
			t.Errorf("%+v", got)
		}
	}
}

func TestClamdAnswers(t *testing.T) {
	d := &daemon{version: fresh, limit: 1 << 20}
	d.answer = func(data string) string {
		switch {
		case strings.HasPrefix(data, "bad"):
			return "stream: Made.Up-1 FOUND\x00"
		case strings.HasPrefix(data, "locked"):
			return "stream: Heuristics.Encrypted.Zip FOUND\x00"
		case strings.HasPrefix(data, "junk"):
			return "\x01\x02\x03 no protocol\x00"
		case strings.HasPrefix(data, "error"):
			return "Can't allocate memory ERROR\x00"
		case strings.HasPrefix(data, "hang"):
			return ""
		}
		return "stream: OK\x00"
	}
	c := ask(t, d.start(t))
	got := show(t, c, "fine", "bad thing", "locked", "junk", "error", strings.Repeat("x", 3<<20), "hang up", "", "fine again")
	var notes []string
	for _, m := range got.Marks {
		notes = append(notes, fmt.Sprintf("%d %s", m.Record, m.What))
	}
	if want := "1 harmful software, 2 not scanned, 3 not scanned, 4 not scanned, 5 not scanned, 6 not scanned"; strings.Join(notes, ", ") != want {
		t.Errorf("%q", notes)
	}
	var files, bytes int64
	for _, l := range got.Looked {
		files, bytes = files+l.Files, bytes+l.Bytes
		if l.Check != landwaiter.CheckMalware || l.By == "" || l.Why == "" && l.Files != 3 {
			t.Errorf("%+v", l)
		}
	}
	if files != 8 || bytes < 3<<20 {
		t.Errorf("%d files of %d bytes are accounted for", files, bytes)
	}
}

// TestClamdGone: a daemon that dies in the middle is never clean.
func TestClamdGone(t *testing.T) {
	d := &daemon{version: fresh, answer: func(string) string { return "" }}
	c := ask(t, d.start(t))
	got := show(t, c, strings.Split(strings.Repeat("file,", 20)+"last", ",")...)
	check := c.Check()
	out := Conclude(&inventory.Result{Looked: got.Looked}, nil, &check)
	if m := out.Checks[0]; m.Name != landwaiter.CheckMalware || m.Done || m.Seen.Files != 0 || !strings.Contains(m.Reason, whyGivenUp) {
		t.Errorf("%+v", m)
	}
}

// TestClamdStops: a run that nobody waits for ends, whatever the daemon does.
func TestClamdStops(t *testing.T) {
	hold := make(chan struct{})
	d := &daemon{version: fresh, answer: func(string) string { <-hold; return "" }}
	c := ask(t, d.start(t))
	t.Cleanup(func() { close(hold) })
	ctx, cancel := context.WithCancel(t.Context())
	w := c.Watch(ctx)
	w.File(inventory.Passing{Path: "f", Head: []byte("x")})
	_, _ = w.Write([]byte("x"))
	w.End()
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := w.Close(ctx); err == nil {
		t.Error("no error")
	}
}

func FuzzVerdict(f *testing.F) {
	for _, s := range []string{"stream: OK", "stream: A FOUND", "x ERROR", "stream: \x00 FOUND", "INSTREAM size limit exceeded. ERROR"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		name, err := verdictOf(answer)
		if name == "" && err == nil && strings.TrimSpace(answer) != "stream: OK" {
			t.Errorf("%q is taken for clean", answer)
		}
		if name != printable(name) {
			t.Errorf("%q", name)
		}
	})
}

// TestRealClamd asks a real daemon, with signatures of our own.
func TestRealClamd(t *testing.T) {
	program, err := exec.LookPath("clamd")
	if err != nil {
		program = "/usr/sbin/clamd"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("LANDWAITER_REAL_PARTS") != "" {
			t.Fatal("clamd is not installed, and here it must be")
		}
		t.Skip("clamd is not installed")
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "db")
	socket := filepath.Join(dir, "clamd.sock")
	harm := "landwaiter made-up " + "harmful text 7731"
	signature := func(name, text string) string { return name + ":0:*:" + hex.EncodeToString([]byte(text)) + "\n" }
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(db, 0o755); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(db, "own.ndb"), signature("Landwaiter.Test", harm)+signature("Eicar-Test", testFile()))
	config := filepath.Join(dir, "clamd.conf")
	write(config, "LocalSocket "+socket+"\nDatabaseDirectory "+db+"\nForeground yes\nStreamMaxLength 2M\nTemporaryDirectory "+dir+"\n")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config-file="+config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	c := ask(t, "unix:"+socket)
	for range 150 {
		if c.Reachable() {
			break
		}
		time.Sleep(200 * time.Millisecond)
		c = ask(t, "unix:"+socket)
	}
	// Signatures of our own have no date, so the check is not done.
	if check := c.Check(); !strings.HasPrefix(check.By, "ClamAV ") || check.Done || !strings.Contains(check.Reason, "how old") {
		t.Fatalf("%+v", check)
	}
	got := show(t, c, "nothing here", harm, testFile(), strings.Repeat("0123456789", 1<<20), "still here")
	var said []string
	for _, m := range got.Marks {
		said = append(said, fmt.Sprintf("%d %s %s", m.Record, m.What, m.Note))
	}
	want := "1 harmful software Landwaiter.Test.UNOFFICIAL; 2 harmful software Eicar-Test.UNOFFICIAL; 3 not scanned " + errLimit.Error()
	if strings.Join(said, "; ") != want {
		t.Errorf("%q\nwant %q", said, want)
	}
}
