package report

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// axeModules installs the pinned modules that the check needs, and returns where.
func axeModules(t *testing.T) string {
	t.Helper()
	for _, need := range []string{"node", "npm"} {
		if _, err := exec.LookPath(need); err != nil {
			missing(t, need+" is not installed, so nothing measures how accessible the pages are")
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("..", "lwtest", "axe", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	if said, err := cmd.CombinedOutput(); err != nil {
		missing(t, "npm cannot install axe-core: "+string(said))
	}
	return dir
}

// axe-core finds no fault on any HTML output, and none of them asks for anything from
// outside.
func TestPagesAreAccessible(t *testing.T) {
	needBrowser(t)
	browser, err := findBrowser(exec.LookPath)
	if err != nil {
		t.Fatal(err)
	}
	modules, pages := axeModules(t), t.TempDir()
	all := varied()
	// Every view of what holds every kind; the report of the rest.
	some := htmlOutputs(t, map[string]*landwaiter.Assessment{"kinds": everyKind()})
	for _, name := range []string{"hostile", "groups", "zero"} {
		some[name+".html"] = string(writeTo(t, "html", all[name]))
	}
	inputs, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, input := range inputs {
		some["golden-"+strings.TrimSuffix(filepath.Base(input), ".json")+".html"] = string(writeTo(t, "html", readAssessment(t, input)))
	}
	for name, out := range some {
		if err := os.WriteFile(filepath.Join(pages, name), []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script, err := filepath.Abs(filepath.Join("..", "lwtest", "axe", "check.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script, browser, pages)
	cmd.Dir, cmd.WaitDelay = modules, time.Second
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Logf("%s", said)
}

// everyKind is an assessment with a finding of each kind, all of which mattered.
func everyKind() *landwaiter.Assessment {
	a := conditions()
	for i, k := range landwaiter.Kinds() {
		f := weakness(9000+i, k)
		if i%2 == 1 {
			f.Advisories, f.Reference, f.Files = nil, "", []landwaiter.File{file("opt/x", 1000)}
		}
		f.Seen, f.Detail = landwaiter.Count{Files: int64(i + 1), Bytes: 1000}, "2025-06-30"
		a.Findings = append(a.Findings, f)
		a.Advice.Reasons = append(a.Advice.Reasons, landwaiter.Reason{Code: landwaiter.ReasonStop, Outcome: landwaiter.DoNotImport, N: 1, Subject: string(k)})
	}
	a.Advice.Outcome = landwaiter.DoNotImport
	return a
}

func readAssessment(t *testing.T, name string) *landwaiter.Assessment {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var a landwaiter.Assessment
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return &a
}
