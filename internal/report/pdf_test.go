package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// needBrowser skips where no browser prints, and fails where one must be there.
func needBrowser(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("prints with a browser")
	}
	if _, err := findBrowser(exec.LookPath); err != nil {
		missing(t, err.Error())
	}
}

func TestPDFWithoutBrowser(t *testing.T) {
	_, err := findBrowser(func(string) (string, error) { return "", exec.ErrNotFound })
	if !errors.Is(err, landwaiter.ErrUnsupported) || !strings.Contains(err.Error(), "install Chromium") {
		t.Errorf("%v", err)
	}
}

// The PDF has a structure that a screen reader follows, an outline, a title, the
// assessment's date and not today's; twice gives the same bytes.
func TestPDF(t *testing.T) {
	needBrowser(t)
	a := conditions()
	pdf := writeTo(t, "pdf", a)
	for _, want := range []string{"/StructTreeRoot", "/MarkInfo", "/Outlines", "/Lang", "/CreationDate (D:20261122123000"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("the PDF has no %s", want)
		}
	}
	if again := writeTo(t, "pdf", a); !bytes.Equal(pdf, again) {
		t.Error("two prints of one assessment differ")
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "landwaiter-pdf-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// Even a page that asks for it gets nothing from the network: not by name, and not by
// number, though something listens there.
func TestPDFMakesNoRequest(t *testing.T) {
	needBrowser(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heard := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			heard <- struct{}{}
			c.Close()
		}
	}()
	log := filepath.Join(t.TempDir(), "net.json")
	page := `<img src="http://` + l.Addr().String() + `/a.png"><img src="http://localhost.example/b.png"><link rel="stylesheet" href="http://` + l.Addr().String() + `/c.css">`
	if _, err := printPDF(t.Context(), []byte(page), "--log-net-log="+log); err != nil {
		t.Fatal(err)
	}
	if n := len(heard); n > 0 {
		t.Errorf("%d connections", n)
	}
	if hosts := connected(t, log); len(hosts) > 0 {
		t.Errorf("connected to %q", hosts)
	}
}

// connected lists the addresses to which a browser's own log says that it opened a
// connection.
func connected(t *testing.T, log string) []string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Constants struct {
			Types map[string]int `json:"logEventTypes"`
		}
		Events []struct {
			Type   int
			Phase  int
			Params struct {
				Address  string          `json:"address"`
				NetError int             `json:"net_error"`
				Addrs    json.RawMessage `json:"address_list"`
			}
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("the browser's log: %v", err)
	}
	kind, ok := all.Constants.Types["TCP_CONNECT_ATTEMPT"]
	if !ok || len(all.Events) == 0 {
		t.Fatal("the browser's log knows no connections")
	}
	const end = 2
	var out []string
	open := ""
	for _, e := range all.Events {
		if e.Type != kind {
			continue
		}
		if e.Phase != end {
			open = e.Params.Address
			continue
		}
		if !strings.HasPrefix(open, "127.0.0.1:9") || e.Params.NetError == 0 {
			out = append(out, open)
		}
	}
	return out
}

func TestPDFIsBounded(t *testing.T) {
	needBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := printPDF(ctx, []byte("<p>x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// A long table is cut, and says how much it leaves out.
func TestPrintedTablesAreCut(t *testing.T) {
	a := base()
	a.Findings = weaknesses(1200)
	w := load(t)
	p := newPage(w, a).cut(printRows)
	var out bytes.Buffer
	if err := renderHTML(&out, w, p); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "and 750 more, which this page does not list") { // 800 have a fix
		t.Error("does not say how many rows it leaves out")
	}
	for _, part := range p.parts() {
		for _, tb := range part.Tables {
			if len(tb.Rows) > printRows {
				t.Errorf("%s has %d rows", tb.ID, len(tb.Rows))
			}
		}
	}
}

// A file that is cut short, or is something else, is no PDF.
func TestReadPDF(t *testing.T) {
	dir := t.TempDir()
	for content, good := range map[string]bool{"%PDF-1.4\nx\n%%EOF\n": true, "%PDF-1.4\nx": false, "<html>%%EOF": false, "": false} {
		name := filepath.Join(dir, "x.pdf")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readPDF(name); (err == nil) != good {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := readPDF(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a file that is not there")
	}
}

// The time goes in without moving a byte.
func TestDatePDF(t *testing.T) {
	in := []byte("x /CreationDate (D:20300101000000+00'00')\n/ModDate (D:20300101000000Z) y")
	got := datePDF(in, now)
	if len(got) != len(in) || strings.Contains(string(got), "2030") || strings.Count(string(got), "D:20261122123000") != 2 {
		t.Errorf("%q", got)
	}
}
