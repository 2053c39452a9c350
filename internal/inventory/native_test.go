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
	for c := range out.claims.all() {
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

// TestAptAgreesWithAptMark compares what was asked for by name with what apt says.
func TestAptAgreesWithAptMark(t *testing.T) {
	truth := ask(t, "apt-mark", "showmanual")
	if _, err := os.Stat("/" + aptStates); err != nil {
		t.Skip("apt has noted nothing here")
	}
	dir := t.TempDir()
	for _, name := range []string{dpkgFolder + "status", aptStates} {
		data, err := os.ReadFile("/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, p := range readFolder(t, dir).Packages {
		if p.Requested {
			got = append(got, p.Name)
		}
	}
	want := strings.Fields(truth)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked for by name (-apt-mark +got):\n%s", diff)
	}
	t.Logf("%d packages agree", len(got))
}

// TestDpkgDependsIsWhole: a system on which dpkg is content has an answer to every
// name that is no alternative.
func TestDpkgDependsIsWhole(t *testing.T) {
	truth := ask(t, "dpkg-query", "-W", "-f", "${Package}\t${db:Status-Status}\t${Pre-Depends}, ${Depends}\n")
	data, err := os.ReadFile("/" + dpkgFolder + "status")
	if err != nil {
		t.Skip("dpkg has no status here")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, dpkgFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, dpkgFolder, "status"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	answered := map[string]int{}
	for _, p := range readFolder(t, dir).Packages {
		answered[p.Name] = max(answered[p.Name], len(p.DependsOn))
	}
	groups := 0
	for line := range strings.Lines(truth) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) < 3 || f[1] != "installed" {
			continue
		}
		names := map[string]bool{}
		for _, group := range strings.Split(f[2], ",") {
			if list := dpkgNames(group); len(list) == 1 && list[0] != f[0] {
				names[list[0]] = true
			}
		}
		groups += len(names)
		// Two names can have one answer: a package and what it provides.
		if len(names) > 0 && answered[f[0]] == 0 {
			t.Errorf("%s needs %d packages, and none is found", f[0], len(names))
		}
	}
	t.Logf("%d packages need %d names", len(answered), groups)
}

func TestPythonAgreesWithPip(t *testing.T) {
	dir := strings.TrimSpace(ask(t, "python3", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"))
	truth := ask(t, "python3", "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check", "--path", dir)
	names, err := filepath.Glob(filepath.Join(dir, "*-info", "*"))
	if err != nil || len(names) == 0 {
		t.Skip("there are no packages of Python here")
	}
	var files []string
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && filepath.Base(name) != "SOURCES.txt" {
			files = append(files, name)
		}
	}
	out := machineFiles(t, "python", files...)
	var want, got []string
	for _, line := range strings.Fields(truth) {
		name, version, ok := strings.Cut(line, "==")
		if ok {
			want = append(want, normalPython(name)+" "+version)
		}
	}
	for _, p := range out.packages {
		got = append(got, normalPython(p.pkg.Name)+" "+p.pkg.Version)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages (-pip +got):\n%s", diff)
	}
	t.Logf("%d packages agree", len(got))
}
