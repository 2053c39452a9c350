package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/landwaiter/landwaiter"
)

// printTime is the longest that a browser may print.
const printTime = 3 * time.Minute

// printRows is the number of rows of a table that is printed: nobody reads a hundred
// pages of them, and the HTML holds all.
const printRows = 50

// maxPDF is the largest PDF that is taken from the browser, in bytes.
const maxPDF = 256 << 20

// browsers are the names of programs that print, the first found wins.
func browsers() []string { return []string{"chromium", "chromium-browser", "google-chrome", "chrome"} }

// browserFlags make a browser print one file that lies beside it, alone: no sandbox,
// because it often runs as root in a container and reads nothing but our own page;
// every host name leads nowhere; every address by number goes to a proxy that is
// not there.
func browserFlags() []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
		"--disable-client-side-phishing-detection", "--disable-domain-reliability", "--metrics-recording-only", "--no-pings",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>",
		"--disable-features=OptimizationHints,MediaRouter,Translate",
		"--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf",
	}
}

// writePDF prints the HTML with a browser: a tagged PDF, which a screen reader can
// follow. The dates in it are the assessment's. The same browser, fonts and
// assessment give the same bytes; another browser may give others.
func writePDF(w io.Writer, a *landwaiter.Assessment) error {
	words, err := loadWords(wordFiles)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := renderHTML(&page, words, newPage(words, a).cut(printRows)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), printTime)
	defer cancel()
	pdf, err := printPDF(ctx, page.Bytes())
	if err != nil {
		return fmt.Errorf("printing PDF: %w", err)
	}
	if _, err := w.Write(datePDF(pdf, a.At)); err != nil {
		return fmt.Errorf("writing PDF: %w", err)
	}
	return nil
}

// cut shortens every table to at most rows, and each says how many it leaves out.
func (p *page) cut(rows int) *page {
	for l := range p.Layers {
		for i := range p.Layers[l].Parts {
			tables := p.Layers[l].Parts[i].Tables
			for t := range tables {
				if left := len(tables[t].Rows) - rows; left > 0 {
					tables[t].Rows, tables[t].Left = tables[t].Rows[:rows], tables[t].Left+left
				}
			}
		}
	}
	return p
}

// printPDF prints a page in a folder of its own, which is gone afterwards.
func printPDF(ctx context.Context, page []byte, more ...string) (pdf []byte, err error) {
	browser, err := findBrowser(exec.LookPath)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "landwaiter-pdf-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, out := filepath.Join(dir, "brief.html"), filepath.Join(dir, "brief.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		return nil, err
	}
	args := append(browserFlags(), more...)
	args = append(args, "--user-data-dir="+filepath.Join(dir, "profile"), "--print-to-pdf="+out, "file://"+in)
	cmd := exec.CommandContext(ctx, browser, args...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "TZ=UTC")
	cmd.Dir = dir
	cmd.WaitDelay = 10 * time.Second
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s did not finish in time: %w", browser, ctx.Err())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", browser, err, visible(string(said), pageName))
	}
	return readPDF(out)
}

// readPDF reads what the browser wrote, and refuses what is no whole PDF.
func readPDF(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the browser wrote nothing: %w", err)
	}
	defer f.Close()
	pdf, err := io.ReadAll(io.LimitReader(f, maxPDF+1))
	switch {
	case err != nil:
		return nil, err
	case len(pdf) > maxPDF:
		return nil, fmt.Errorf("the browser's PDF has more than %d bytes: %w", maxPDF, landwaiter.ErrTooLarge)
	case !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(pdf), []byte("%%EOF")):
		return nil, fmt.Errorf("what the browser wrote is no whole PDF: %w", landwaiter.ErrInvalid)
	}
	return pdf, nil
}

// findBrowser returns the path of a browser that prints.
func findBrowser(look func(string) (string, error)) (string, error) {
	for _, name := range browsers() {
		if path, err := look(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser to print with: install Chromium (Debian's package is chromium), or take --format html and print it: %w", landwaiter.ErrUnsupported)
}

// CanPrint says whether a printed format can be written here, before any work is done:
// its error names what to install.
func CanPrint() error {
	_, err := findBrowser(exec.LookPath)
	return err
}

// pdfDate is where a PDF says when it was made.
var pdfDate = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}[^)]*\)`)

// datePDF puts the assessment's time where the browser put its clock's, without
// moving a byte: a PDF holds the places of its parts.
func datePDF(pdf []byte, at time.Time) []byte {
	stamp := "D:" + at.UTC().Format("20060102150405")
	return pdfDate.ReplaceAllFunc(pdf, func(found []byte) []byte {
		i := bytes.Index(found, []byte("D:"))
		out := bytes.Clone(found)
		copy(out[i:], stamp[:min(len(stamp), 16)])
		return out
	})
}
