package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"landwaiter": main, "mkimage": mkimage, "joinimages": joinimages})
}

// mkimage builds an image from a txtar: mkimage FILE DIR.
func mkimage() {
	ar, err := txtar.ParseFile(os.Args[1])
	if err == nil {
		var spec *lwtest.Spec
		if spec, err = lwtest.Parse(ar); err == nil {
			_, err = spec.WriteLayout(os.Args[2])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// joinimages makes one layout of several: joinimages DIR FROM...
func joinimages() {
	if err := lwtest.Join(os.Args[1], os.Args[2:]...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScripts runs the program as its users do.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: false,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("LANDWAITER_CACHE", filepath.Join(e.WorkDir, ".cache")) // never the user's own
			return nil
		},
	})
}

// TestHelp: every command explains itself with an example.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"assess"}, {"judge"}, {"diff"}, {"simulate"}, {"inventory"}, {"why"}, {"compare"}, {"advisories", "build"}, {"advisories", "status"}, {"advisories", "fetch"}, {"cache", "status"}, {"cache", "clear"}} {
		var out strings.Builder
		if status := run(t.Context(), append(args, "--help"), streams{out: &out, err: io.Discard, now: lwtest.Clock}); status != 0 {
			t.Errorf("%v --help: status %d", args, status)
		}
		if !strings.Contains(out.String(), "Examples:") {
			t.Errorf("%v --help gives no example:\n%s", args, out.String())
		}
	}
}

// TestStopped: whoever stops a run is told that nothing was written.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs strings.Builder
	out := filepath.Join(t.TempDir(), "out")
	status := run(ctx, []string{"assess", "oci:" + lwtest.Layout(t, "-- 0/a --\na\n"), "--output", out}, streams{out: io.Discard, err: &errs, now: lwtest.Clock})
	if status != exitFailed || !strings.Contains(errs.String(), "stopped before the end") {
		t.Errorf("status %d, %q", status, errs.String())
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}

// realParts skips a test where a program is missing; where LANDWAITER_REAL_PARTS
// is set, as in CI, it fails instead.
func realParts(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("LANDWAITER_REAL_PARTS") != "" {
				t.Fatalf("%s is not installed, and no real part may be missing here", p)
			}
			t.Skipf("%s is not installed", p)
		}
	}
}

// TestRealRegistry pushes the example with skopeo to a real registry, and reads it
// from there and from the archives that skopeo writes: the same packages each time,
// and the same digest where the place keeps one.
func TestRealRegistry(t *testing.T) {
	realParts(t, "docker-registry", "skopeo")
	dir := t.TempDir()
	text, err := os.ReadFile("../../examples/image.txtar")
	if err != nil {
		t.Fatal(err)
	}
	oci := lwtest.Layout(t, string(text))
	tag := lwtest.New(t, string(text)).Tag()
	host := startRegistry(t, dir)
	remote := host + "/team/example:1"
	for _, to := range []string{"docker://" + remote, "oci-archive:" + dir + "/oci.tar", "docker-archive:" + dir + "/docker.tar:team/example:1"} {
		args := []string{"--insecure-policy", "copy", "--quiet", "oci:" + oci + ":" + tag, to}
		if strings.HasPrefix(to, "docker:") {
			args = append(args, "--dest-tls-verify=false")
		}
		if out, err := exec.CommandContext(t.Context(), "skopeo", args...).CombinedOutput(); err != nil {
			t.Fatalf("skopeo %q: %v\n%s", args, err, out)
		}
	}
	want := assessJSON(t, "oci:"+oci)
	for ref, sameDigest := range map[string]bool{remote: true, "oci-archive:" + dir + "/oci.tar": true, "docker-archive:" + dir + "/docker.tar": false} {
		got := assessJSON(t, ref, "--insecure")
		if diff := cmp.Diff(want.Packages, got.Packages); diff != "" {
			t.Errorf("%s: packages (-want +got):\n%s", ref, diff)
		}
		if diff := cmp.Diff(want.Account, got.Account); diff != "" {
			t.Errorf("%s: account (-want +got):\n%s", ref, diff)
		}
		if sameDigest && got.Subject.Digest != want.Subject.Digest {
			t.Errorf("%s: digest %s, want %s", ref, got.Subject.Digest, want.Subject.Digest)
		}
	}
}

func assessJSON(t *testing.T, ref string, more ...string) *landwaiter.Assessment {
	t.Helper()
	if !strings.HasPrefix(ref, "127.") {
		more = nil
	}
	var out, errs strings.Builder
	status := run(t.Context(), append([]string{"assess", ref, "--format", "json"}, more...), streams{out: &out, err: &errs, now: lwtest.Clock})
	if status != 0 {
		t.Fatalf("assess %s: status %d: %s", ref, status, errs.String())
	}
	var a landwaiter.Assessment
	if err := json.Unmarshal([]byte(out.String()), &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

// startRegistry runs a real registry on loopback until the test ends.
func startRegistry(t *testing.T, dir string) (host string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = l.Addr().String()
	l.Close()
	config := filepath.Join(dir, "registry.yml")
	text := "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " + dir + "/registry}}\nhttp: {addr: " + host + "}\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "docker-registry", "serve", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); cmd.Wait() })
	for range 100 {
		resp, err := http.Get("http://" + host + "/v2/")
		if err == nil {
			resp.Body.Close()
			return host
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the registry does not answer")
	return ""
}

// TestBriefPrintsOnOnePage prints the example's page as Chromium does: the brief is
// the first page, whole, and the second begins with what lies below it.
func TestBriefPrintsOnOnePage(t *testing.T) {
	realParts(t, "chromium", "pdftotext")
	dir := t.TempDir()
	text, err := os.ReadFile("../../examples/image.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	adv := filepath.Join(dir, "a.lw")
	s := streams{out: io.Discard, err: &errs, now: lwtest.Clock}
	if run(t.Context(), []string{"advisories", "build", "--from", "../../examples/advisories", "--output", adv}, s) != 0 ||
		run(t.Context(), []string{"assess", "oci:" + lwtest.Layout(t, string(text)), "--advisories", adv, "--format", "html", "--output", dir}, s) != 0 {
		t.Fatal(errs.String())
	}
	pdf := filepath.Join(dir, "brief.pdf")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+filepath.Join(dir, "brief.html")).CombinedOutput()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, out)
	}
	raw, err := exec.Command("pdftotext", pdf, "-").Output()
	if err != nil {
		t.Fatal(errors.Join(errors.New("pdftotext"), err))
	}
	pages := strings.Split(string(raw), "\f")
	if len(pages) < 2 {
		t.Fatalf("%d pages", len(pages))
	}
	for _, line := range []string{"Import decision brief", "The decision is yours", "Your decision", "Evidence for: SATRE"} {
		if !strings.Contains(pages[0], line) {
			t.Errorf("the first page lacks %q", line)
		}
		if line != "Import decision brief" && strings.Contains(pages[1], line) {
			t.Errorf("%q is on the second page", line)
		}
	}
}

// TestOrderVersions: packages are ordered by the type of their purl.
func TestOrderVersions(t *testing.T) {
	for _, kind := range []string{"deb", "rpm", "apk", "pypi", "conda", "cran", "npm", "maven", "golang", "cargo", "nuget", "hackage", "julia", "opam"} {
		p := func(v string) *landwaiter.Package {
			return &landwaiter.Package{PURL: "pkg:" + kind + "/x@" + v, Version: v}
		}
		if n, ok := orderVersions(p("1.2.3"), p("1.10.0")); !ok || n >= 0 {
			t.Errorf("%s: %d, %v", kind, n, ok)
		}
	}
	if _, ok := orderVersions(&landwaiter.Package{Version: "1"}, &landwaiter.Package{Version: "2"}); ok {
		t.Error("a package of no known kind has an order")
	}
}
