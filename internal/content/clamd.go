package content

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

// What ClamAV said of a file.
const (
	whatMalware    = "harmful software"
	whatNotScanned = "not scanned"
)

const (
	// clamPatience is how long the daemon may take over one step. A large archive can
	// take it minutes to look through.
	clamPatience = 5 * time.Minute
	clamChunk    = 128 << 10 // bytes sent at once
	clamQueue    = 16        // chunks that wait, so that a slow daemon slows reading down
	clamReply    = 4 << 10   // bytes of an answer; a real one has some 100
	// clamGiveUp is how many files in a row may fail before the daemon is left alone.
	clamGiveUp = 5
)

// Clamd looks for harmful software with a daemon of ClamAV, to which every file is
// streamed as it passes.
//
// Protocol: clamd(8), "INSTREAM".
type Clamd struct {
	network, address string
	check            landwaiter.Check
	patience         time.Duration
}

// Ask finds out whether the daemon at socket answers, which signatures it has, and
// whether it knows the file that all scanners know. socket is "unix:PATH", "/PATH" or
// "tcp:HOST:PORT". A daemon that does not answer is no error: [Clamd.Check] says so.
// Signatures may be maxAgeDays old at now.
func Ask(ctx context.Context, socket string, now time.Time, maxAgeDays int) (*Clamd, error) {
	c := &Clamd{check: landwaiter.Check{Name: landwaiter.CheckMalware}, patience: clamPatience}
	switch kind, rest, _ := strings.Cut(socket, ":"); {
	case strings.HasPrefix(socket, "/"):
		c.network, c.address = "unix", socket
	case kind == "unix" && rest != "":
		c.network, c.address = kind, rest
	case kind == "tcp" && strings.Contains(rest, ":"):
		c.network, c.address = kind, rest
	default:
		return nil, fmt.Errorf("the daemon of ClamAV is %q; write unix:/PATH or tcp:HOST:PORT: %w", socket, landwaiter.ErrInvalid)
	}
	version, err := c.ask(ctx, "VERSION")
	if err != nil {
		c.check.Reason = "the ClamAV daemon did not answer: " + plainly(err)
		return c, nil
	}
	made, dated := c.version(version)
	answer, err := c.scan(ctx, strings.NewReader(testFile()))
	switch {
	case err != nil:
		c.check.Reason = "the ClamAV daemon could not look into a test file: " + plainly(err)
	case answer == "":
		c.check.Reason = "the ClamAV daemon does not know the file that every scanner knows, so its signatures are not all there"
	case !dated:
		c.check.Reason = "the ClamAV daemon does not say how old its signatures are"
	case now.Sub(made) > time.Duration(maxAgeDays)*24*time.Hour:
		c.check.Reason = fmt.Sprintf("ClamAV's signatures are of %s, and at most %d days are allowed", made.Format(time.DateOnly), maxAgeDays)
	default:
		c.check.Done = true
	}
	return c, nil
}

// testFile is the text by which scanners are tried, which does no harm. It is put
// together here, so that no scanner takes this program for it.
//
// Source: eicar.org, "Anti Malware Testfile".
func testFile() string {
	return "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"
}

// version reads "ClamAV 1.4.6/27400/Fri Nov 20 08:44:03 2026": program, signatures and
// their date. Without signatures from ClamAV's makers only the first is said.
func (c *Clamd) version(s string) (made time.Time, dated bool) {
	f := strings.SplitN(printable(s), "/", 3)
	c.check.By = f[0]
	if len(f) < 3 {
		return made, false
	}
	made, err := time.Parse("Mon Jan _2 15:04:05 2006", strings.TrimSpace(f[2]))
	if err != nil {
		return made, false
	}
	c.check.By = fmt.Sprintf("%s, signatures %s of %s", f[0], f[1], made.Format(time.DateOnly))
	return made, true
}

// Check says whether the daemon can be trusted, before it has seen a file.
func (c *Clamd) Check() landwaiter.Check { return c.check }

// Reachable reports whether there is a daemon to show files to.
func (c *Clamd) Reachable() bool { return c.check.By != "" }

// dial opens a connection, on which every step may take as long as c is patient.
func (c *Clamd) dial(ctx context.Context) (*clamConn, error) {
	d := net.Dialer{Timeout: min(c.patience, 10*time.Second)}
	conn, err := d.DialContext(ctx, c.network, c.address)
	if err != nil {
		return nil, err
	}
	k := &clamConn{Conn: conn, patience: c.patience}
	k.late = time.AfterFunc(c.patience, func() { _ = conn.Close() })
	k.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return k, nil
}

// clamConn is closed where a step takes too long, or nobody waits any more.
type clamConn struct {
	net.Conn
	patience time.Duration
	late     *time.Timer
	stop     func() bool
}

func (k *clamConn) Write(p []byte) (int, error) {
	k.late.Reset(k.patience)
	return k.Conn.Write(p)
}

// answer reads what the daemon says, up to its zero byte or its end.
func (k *clamConn) answer() (string, error) {
	k.late.Reset(k.patience)
	var b []byte
	buf := make([]byte, 512)
	for {
		n, err := k.Read(buf)
		b = append(b, buf[:n]...)
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return string(b[:i]), nil
		}
		switch {
		case errors.Is(err, io.EOF) && len(b) > 0:
			return string(bytes.TrimSpace(b)), nil
		case err != nil:
			return "", err
		case len(b) > clamReply:
			return "", fmt.Errorf("an answer of more than %d bytes: %w", clamReply, landwaiter.ErrTooLarge)
		}
	}
}

func (k *clamConn) done() {
	k.late.Stop()
	k.stop()
	_ = k.Close() // what it had to say was read
}

// ask sends one command.
func (c *Clamd) ask(ctx context.Context, command string) (string, error) {
	k, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer k.done()
	if _, err := k.Write([]byte("z" + command + "\x00")); err != nil {
		return "", err
	}
	return k.answer()
}

// errLimit: the daemon takes no more of a file. Its StreamMaxLength says how much.
var errLimit = errors.New("larger than the ClamAV daemon takes")

// scan streams r to the daemon. It returns the name of what was found, "" for nothing.
func (c *Clamd) scan(ctx context.Context, r io.Reader) (string, error) {
	k, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer k.done()
	_, err = k.Write([]byte("zINSTREAM\x00"))
	buf := make([]byte, 4+clamChunk)
	for err == nil {
		n, fail := r.Read(buf[4:])
		if n > 0 {
			// clamd(8): the size in four bytes, network byte order.
			buf[0], buf[1], buf[2], buf[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
			_, err = k.Write(buf[:4+n])
		}
		if fail != nil {
			if err == nil {
				_, err = k.Write(make([]byte, 4))
			}
			break
		}
	}
	// A daemon that takes no more says why before it hangs up.
	answer, said := k.answer()
	if said != nil {
		return "", errors.Join(err, said)
	}
	return verdictOf(answer)
}

// verdictOf reads "stream: OK", "stream: NAME FOUND" or "TEXT ERROR".
func verdictOf(answer string) (name string, err error) {
	answer = strings.TrimSpace(answer)
	rest, ok := strings.CutPrefix(answer, "stream: ")
	switch {
	case strings.Contains(answer, "size limit exceeded"):
		return "", errLimit
	case ok && rest == "OK":
		return "", nil
	case ok && strings.HasSuffix(rest, " FOUND"):
		name = printable(strings.TrimSuffix(rest, " FOUND"))
		for _, shut := range []string{"Heuristics.Limits.Exceeded", "Heuristics.Encrypted"} {
			if strings.HasPrefix(name, shut) {
				return "", fmt.Errorf("the ClamAV daemon could not look into all of it (%s)", name)
			}
		}
		if name == "" {
			return "", errors.New("the ClamAV daemon found something without a name")
		}
		return name, nil
	case strings.HasSuffix(answer, "ERROR"):
		return "", fmt.Errorf("the ClamAV daemon says %q", printable(answer))
	}
	return "", errors.New("the ClamAV daemon gave no answer that its protocol knows")
}

// printable makes what a daemon said fit for a report.
func printable(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, s)
	return s[:min(len(s), 120)]
}

// plainly says an error of the network without the places in it.
func plainly(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return printable(err.Error())
}

// Watch makes the watch of one layer.
func (c *Clamd) Watch(ctx context.Context) inventory.Watch {
	ctx, cancel := context.WithCancel(ctx)
	w := &clamWatch{c: c, cancel: cancel, queue: make(chan clamPart, clamQueue), done: make(chan struct{}), counts: map[string]landwaiter.Count{}}
	go w.run(ctx)
	return w
}

// clamPart is a piece of a file on its way to the daemon.
type clamPart struct {
	begin *inventory.Passing // of the first
	data  []byte
	end   bool
}

// clamWatch streams files to the daemon beside those who read them. Only run touches
// marks and counts, until done is closed.
type clamWatch struct {
	c      *Clamd
	cancel context.CancelFunc
	queue  chan clamPart
	done   chan struct{}
	fails  int // in a row
	missed int // files that were not scanned
	marks  []inventory.Mark
	counts map[string]landwaiter.Count
}

// File begins a file.
func (w *clamWatch) File(p inventory.Passing) bool {
	if len(p.Head) == 0 {
		return false
	}
	p.Head = nil
	w.queue <- clamPart{begin: &p}
	return true
}

func (w *clamWatch) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), clamChunk)
		w.queue <- clamPart{data: bytes.Clone(rest[:n])}
		rest = rest[n:]
	}
	return len(p), nil
}

// End ends a file.
func (w *clamWatch) End() { w.queue <- clamPart{end: true} }

// Close waits for the daemon's last answer.
func (w *clamWatch) Close(ctx context.Context) (inventory.Watched, error) {
	close(w.queue)
	<-w.done
	w.cancel()
	out := inventory.Watched{Marks: w.marks}
	for why, n := range w.counts {
		out.Looked = append(out.Looked, inventory.Looked{Check: landwaiter.CheckMalware, By: w.c.check.By, Why: why, Count: n})
	}
	return out, ctx.Err()
}

// run shows one file after the other to the daemon.
func (w *clamWatch) run(ctx context.Context) {
	defer close(w.done)
	for p := range w.queue {
		if p.begin == nil {
			continue
		}
		f := &clamFile{queue: w.queue}
		name, err := "", errGivenUp
		if w.fails < clamGiveUp {
			name, err = w.c.scan(ctx, f)
		}
		_, _ = io.Copy(io.Discard, f) // what the daemon did not take: it never fails
		w.note(p.begin, f.size, name, err)
	}
}

var errGivenUp = errors.New("the ClamAV daemon failed too often")

const (
	whyGivenUp = "were not shown to the ClamAV daemon, because it failed too often"
	maxMissed  = 1000 // files of a layer that are named because they were not scanned
)

// note keeps what was said of one file.
func (w *clamWatch) note(p *inventory.Passing, size int64, name string, err error) {
	m := inventory.Mark{Record: p.Record, What: whatMalware, Note: name, Count: 1}
	why := ""
	switch {
	case err == nil:
		w.fails = 0
	case errors.Is(err, errLimit):
		w.fails, why = 0, "are "+errLimit.Error()
		m.What, m.Note = whatNotScanned, errLimit.Error()
	case errors.Is(err, errGivenUp):
		w.fails, why = w.fails+1, whyGivenUp
		m.What, m.Note = whatNotScanned, errGivenUp.Error()
	default:
		w.fails, why = w.fails+1, "could not be shown to the ClamAV daemon, or not wholly"
		m.What, m.Note = whatNotScanned, plainly(err)
	}
	n := w.counts[why]
	n.Add(landwaiter.Count{Files: 1, Bytes: size})
	w.counts[why] = n
	if m.What == whatNotScanned {
		w.missed++
	}
	if m.Note != "" && (m.What == whatMalware || w.missed <= maxMissed) {
		w.marks = append(w.marks, m)
	}
}

// clamFile reads the rest of one file from the queue.
type clamFile struct {
	queue <-chan clamPart
	rest  []byte
	size  int64
	ended bool
}

func (f *clamFile) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.ended {
			return 0, io.EOF
		}
		part, more := <-f.queue
		f.rest, f.ended = part.data, part.end || !more
		f.size += int64(len(part.data))
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
