package inventory

import (
	"path"
	"strings"
	"testing"
)

func TestLeftovers(t *testing.T) {
	rows := map[string]bool{}
	for _, e := range ecosystems {
		rows[e.name] = true
	}
	for _, l := range leftovers {
		if _, err := path.Match(l.place, "x"); err != nil || strings.HasPrefix(l.place, "/") {
			t.Errorf("place %q: %v", l.place, err)
		}
		makers := strings.Fields(l.makers)
		if len(makers) == 0 {
			t.Errorf("%s: nobody makes it", l.place)
		}
		for _, m := range makers {
			if row, name, _ := strings.Cut(m, ":"); !rows[row] || name == "" {
				t.Errorf("%s: no package %q", l.place, m)
			}
		}
	}
	for _, c := range []struct {
		place, name string
		want        bool
	}{
		{"etc/ld.so.cache", "etc/ld.so.cache", true},
		{"etc/ld.so.cache", "x/etc/ld.so.cache", false},
		{"var/lib/dpkg/**", "var/lib/dpkg/triggers/File", true},
		{"var/lib/dpkg/**", "var/lib/dpkg", false},
		{"var/lib/dpkg/**", "var/lib/dpkg2/x", false},
		{"var/lib/systemd/deb-systemd-*/**", "var/lib/systemd/deb-systemd-helper-enabled/a/b", true},
		{"var/lib/pam/*", "var/lib/pam/a/b", false},
		{"**/pkgs/urls*", "opt/conda/pkgs/urls.txt", true},
		{"**/pkgs/urls*", "pkgs/urls.txt", true},
		{"**/pkgs/urls*", "urls.txt", false},
	} {
		if got := (&leftover{place: c.place}).fits(c.name); got != c.want {
			t.Errorf("%s fits %s: %v", c.place, c.name, got)
		}
	}
}

func TestPythonSource(t *testing.T) {
	for in, want := range map[string]string{
		"a/__pycache__/x.cpython-311.pyc":              "a/x.py",
		"a/__pycache__/x.cpython-311.opt-2.pyc":        "a/x.py",
		"a/__pycache__/x.cpython-311-pytest-7.4.0.pyc": "a/x.py",
		"a/__pycache__/x.pypy310.pyc":                  "a/x.py",
		"__pycache__/x.y.cpython-313.pyc":              "x.y.py",
		"a/x.pyc":                                      "a/x.py",
		"a/__pycache__/x.pyc":                          "",
		"a/__pycache__/.cpython-311.pyc":               "",
		"a/x.py":                                       "",
	} {
		if got := pythonSource(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
