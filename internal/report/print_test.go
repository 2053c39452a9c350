package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// pages prints an HTML file with a browser and counts the pages.
func pages(t *testing.T, browser string, html []byte) int {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "brief.html"), filepath.Join(dir, "brief.pdf")
	if err := os.WriteFile(in, html, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--user-data-dir="+filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf="+out, "file://"+in)
	cmd.WaitDelay = time.Minute
	if msg, err := cmd.CombinedOutput(); err != nil {
		missing(t, fmt.Sprintf("the browser does not run: %v: %s", err, msg))
	}
	pdf, err := os.ReadFile(out)
	if err != nil {
		missing(t, fmt.Sprintf("the browser does not print: %v", err))
	}
	return bytes.Count(pdf, []byte("/Type /Page\n"))
}

// missing skips a test that lacks a real part; where LANDWAITER_REAL_PARTS is set,
// as in CI, it fails instead.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("LANDWAITER_REAL_PARTS") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// The brief is one A4 page, as a browser prints it.
func TestBriefPrintsOnOnePage(t *testing.T) {
	if testing.Short() {
		t.Skip("prints with a browser")
	}
	browser, err := findBrowser(exec.LookPath)
	if err != nil {
		missing(t, err.Error())
	}
	all := cases()
	if n := pages(t, browser, writeTo(t, "html", all["conditions"])); n < 3 {
		t.Fatalf("the whole report prints on %d pages: the count is wrong", n)
	}
	inputs, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	some := map[string]*landwaiter.Assessment{"kinds": everyKind()}
	for _, input := range inputs {
		some[input] = readAssessment(t, input)
	}
	for _, name := range []string{"conditions", "hostile", "second", "scenario-C3-we-do-not-know"} {
		some[name] = all[name]
	}
	for name, a := range some {
		head, _, _ := bytes.Cut(writeTo(t, "html", a), []byte("</article>"))
		if n := pages(t, browser, append(head, "</article></main></body></html>"...)); n != 1 {
			t.Errorf("%s: the brief prints on %d pages", name, n)
		}
	}
}
