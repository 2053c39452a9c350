package inventory

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tests here ask the system's own package managers, where they are present,
// what is installed on the machine that runs the tests.

// machineFiles reads files of this machine as a layer would hold them.
func machineFiles(t *testing.T, row string, names ...string) facts {
	t.Helper()
	var out facts
	for _, e := range ecosystems {
		for _, name := range names {
			path := strings.TrimPrefix(name, "/")
			if e.name != row || !e.want.wants(path, false) {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.read(newFile(t, path, data), &out); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	return out
}

// ask runs a native tool, and skips the test where the machine has none.
func ask(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed here", name)
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Skipf("%s %s: %v", name, args, err)
	}
	return string(out)
}

func TestDpkgAgreesWithDpkgQuery(t *testing.T) {
	truth := ask(t, "dpkg-query", "-W", "-f",
		"${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n")
	out := machineFiles(t, "dpkg", "/var/lib/dpkg/status")
	var want, got []string
	for line := range strings.Lines(truth) {
		fields, state, _ := cutLast(strings.TrimSuffix(line, "\n"), "\t")
		if dpkgStates[state] {
			want = append(want, fields)
		}
	}
	for _, p := range out.packages {
		got = append(got, strings.Join([]string{p.pkg.Name, p.pkg.Version, p.pkg.Arch, p.pkg.SourceName, p.pkg.SourceVersion}, "\t"))
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) == 0 {
		t.Skip("dpkg-query lists nothing here")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages (-dpkg-query +got):\n%s", diff)
	}
	t.Logf("%d packages agree", len(got))
}

func TestDpkgFilesAgreeWithDpkgQuery(t *testing.T) {
	truth := ask(t, "dpkg-query", "-W", "-f", "package ${binary:Package}\n${db-fsys:Files}\n")
	names, err := filepath.Glob("/var/lib/dpkg/info/*")
	if err != nil || len(names) == 0 {
		t.Skip("dpkg has no files here")
	}
	out := machineFiles(t, "dpkg", append(names, "/var/lib/dpkg/diversions")...)
	want, got := make(map[string]bool), make(map[string]bool)
	key := ""
	for line := range strings.Lines(truth) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "package "); ok {
			key = name
			continue
		}
		if path := clean(line); path != "" {
			want[key+" "+path] = true
		}
	}
	for _, c := range out.claims {
		_, diverted := c.asDiversion()
		if !diverted && !strings.HasPrefix(c.path, dpkgInfo) && c.key != "dpkg" {
			got[c.key+" "+c.path] = true
		}
	}
	for line := range want {
		if key, _, _ := strings.Cut(line, " "); key == "dpkg" {
			delete(want, line)
		}
	}
	// cmp.Diff is slow on a hundred thousand names.
	for line := range want {
		if !got[line] {
			t.Errorf("dpkg-query lists a file, the reader does not: %s", line)
		}
	}
	for line := range got {
		if !want[line] {
			t.Errorf("the reader lists a file, dpkg-query does not: %s", line)
		}
	}
	t.Logf("%d files agree", len(got))
}

func TestNPMAgreesWithNPM(t *testing.T) {
	root := strings.TrimSpace(ask(t, "npm", "root", "-g"))
	// npm answers with an error where packages are missing or not wanted, but
	// it lists all the same.
	list, _ := exec.Command("npm", "ls", "-g", "--all", "--parseable", "--long").Output()
	want := make(map[string]string)
	for line := range strings.Lines(string(list)) {
		path, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		name, _, _ := strings.Cut(rest, ":")
		if ok && strings.Contains(path, "/node_modules/") {
			want[strings.TrimPrefix(path, "/")] = name
		}
	}
	if len(want) == 0 {
		t.Skip("npm has no global packages here")
	}
	var names []string
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := machineFiles(t, "npm", names...)
	got := make(map[string]string)
	for _, p := range out.packages {
		got[p.keys[0]] = fmt.Sprintf("%s@%s", p.pkg.Name, p.pkg.Version)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages (-npm ls +got):\n%s", diff)
	}
	t.Logf("%d packages agree", len(got))
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
