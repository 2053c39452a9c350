package inventory

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestWhoseOnThisSystem reads the real database and changelogs of a Debian system
// and asks apt whose packages they are. No package that Debian's archive lacks by
// its name may count as Debian's.
func TestWhoseOnThisSystem(t *testing.T) {
	status, err := os.ReadFile("/var/lib/dpkg/status")
	if err != nil {
		t.Skip("no dpkg on this system")
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil || !bytes.Contains(release, []byte("\nID=debian\n")) {
		t.Skip("this system is not Debian")
	}
	var st facts
	if err := readDpkg(newFile(t, "var/lib/dpkg/status", status), &st); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*landwaiter.Package{}
	for i := range st.packages {
		for _, key := range st.packages[i].keys {
			keys[key] = &st.packages[i].pkg
		}
	}
	shown := 0
	docs, err := filepath.Glob("/" + dpkgDocs + "*/changelog*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range docs {
		data, err := os.ReadFile(name)
		if path := clean(name); err == nil && isDebianChangelog(path) {
			var out facts
			if err := readDpkg(newFile(t, path, data), &out); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			for _, a := range out.later {
				if p := keys[a.key]; p != nil && p.Origin == "" {
					p.Origin, shown = a.origin, shown+1
				}
			}
		}
	}
	before, after := 0, 0
	var names []string
	for i := range st.packages {
		p := &st.packages[i].pkg
		if p.Origin == debianOrigin {
			names = append(names, p.Name)
		}
		mark := strings.Contains(strings.ToLower(p.Vendor), "debian.org") || strings.Contains(p.Vendor, ".debian.net")
		if !mark {
			before++
		}
		if p.Origin != debianOrigin && (!mark || p.Origin != "") {
			after++
			t.Logf("not shown to be Debian's: %s %s by %s, from %q", p.Name, p.Version, p.Vendor, p.Origin)
		}
	}
	t.Logf("%d packages; %d by a changelog; not assessed before %d, now %d", len(st.packages), shown, before, after)
	apt, err := exec.LookPath("apt-cache")
	if err != nil || len(names) == 0 {
		t.Skip("no apt-cache to ask")
	}
	out, err := exec.Command(apt, append([]string{"policy"}, names...)...).Output()
	if err != nil {
		t.Skipf("apt-cache: %v", err)
	}
	if !bytes.Contains(out, []byte("debian.org")) {
		t.Skip("apt knows no archive of Debian's here")
	}
	var name string
	found := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, " ") {
			name = strings.TrimSuffix(strings.TrimSpace(line), ":")
		} else if strings.Contains(line, "debian.org") {
			found[name] = true
		}
	}
	for _, name := range names {
		if !found[name] {
			t.Errorf("%s counts as Debian's, and no archive of Debian's has it", name)
		}
	}
}

// TestVendorsAreNotDebian: no row of the table of vendors fits a package that is in
// Debian's archive.
func TestVendorsAreNotDebian(t *testing.T) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil || !bytes.Contains(release, []byte("\nID=debian\n")) {
		t.Skip("this system is not Debian")
	}
	if policy, err := exec.Command("apt-cache", "policy").Output(); err != nil || !bytes.Contains(policy, []byte(",o=Debian,")) || bytes.Count(policy, []byte(",o=")) != bytes.Count(policy, []byte(",o=Debian,")) {
		t.Skip("apt has no lists here, or lists of others than Debian")
	}
	all, err := exec.Command("apt-cache", "dumpavail").Output()
	if err != nil {
		t.Skipf("apt-cache: %v", err)
	}
	n := 0
	s := newStanzas("available", bytes.NewReader(all), "package", "version", "maintainer", "filename")
	for s.next() {
		name, version, maintainer := s.field["package"], s.field["version"], s.field["maintainer"]
		if s.field["filename"] == "" {
			continue // installed, and in no archive
		}
		n++
		if v := vendorOf(name, version, maintainer); v != "" {
			t.Errorf("%s %s by %s, in Debian's archive, counts as from %s", name, version, maintainer, v)
		}
	}
	if err := s.err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d packages of Debian's archive", n)
}
