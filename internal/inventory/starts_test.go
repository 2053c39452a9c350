package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/declared"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

func TestStartsAt(t *testing.T) {
	for name, want := range map[string]bool{
		"etc/profile": true, "etc/profile.d/x.sh": true, "opt/profile": false, "home/me/.bashrc": true, "opt/conda/etc/conda/activate.d/x.sh": true,
		"opt/venv/lib/python3.11/site-packages/a.pth": true, "opt/venv/lib/python3.11/site-packages/a.py": false, "usr/lib/R/etc/Rprofile.site": true,
		"etc/services.d/app/run": true, "etc/services.d/run": false, "root/.ipython/profile_default/startup/a.py": true,
		"etc/jupyter/jupyter_server_config.py": true, "docker-entrypoint.d/10.sh": true, "opt/install.sh": false,
	} {
		if got := startsAt(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]declared.Language{
		"opt/a.py": declared.Python, "usr/lib/python3/dist-packages/a.py": declared.NoLanguage, "usr/lib/python3/dist-packages/sitecustomize.py": declared.Python,
		"init": declared.Shell, "srv/node_modules/a/install.sh": declared.NoLanguage, "a.txt": declared.Shell,
	} {
		if got := startLanguage(name, []byte("#!/usr/bin/env bash\n")); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestStartWords(t *testing.T) {
	got := startWords(&landwaiter.ImageConfig{Entrypoint: []string{"/bin/sh", "-c", "exec /opt/run.sh --all; ./b"}, Cmd: []string{"app"}})
	if want := []string{"/bin/sh", "exec", "/opt/run.sh", "./b", "app"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// starting is an image of which some scripts install something, and some do not run.
const starting = `config {"Entrypoint": ["/init", "run-app"], "Cmd": ["sh", "-c", "exec /opt/app.sh"]}
symlink 0/usr/local/bin/run-app ../../../opt/linked.sh
mode 0755 0/init
mode 4755 0/usr/bin/tool
mode 2644 0/usr/bin/lock
caps 0100000200200000000000000000000000000000 0/usr/bin/ping
hardlink 0/usr/bin/tool2 usr/bin/tool
mode 4755 0/usr/bin/gone
remove 1/usr/bin/gone
-- 0/init --
#!/bin/sh
pip install a
-- 0/opt/linked.sh --
git clone https://example.org/x
-- 0/opt/app.sh --
. "$HERE/more.sh"
bash -e deep.sh
python app.py
-- 0/opt/more.sh --
conda install -y y
/usr/lib/app/last
-- 0/srv/more.sh --
apt-get install -y not-this
-- 0/srv/deep.sh --
cargo install z
-- 0/usr/lib/app/last --
#!/bin/bash
gem install w
/opt/app.sh
-- 0/opt/build.sh --
apt-get install -y x
-- 0/etc/profile.d/x.sh --
npm ci
-- 0/usr/lib/R/etc/Rprofile.site --
install.packages("x")
-- 0/usr/bin/tool --
x
-- 0/usr/bin/lock --
y
-- 0/usr/bin/ping --
z
-- 0/usr/bin/gone --
z
`

func readText(t *testing.T, text string) *Result {
	t.Helper()
	im, err := image.Open(t.Context(), "oci:"+lwtest.Layout(t, text), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	r, err := Read(t.Context(), im, &Stats{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStartsAndGains(t *testing.T) {
	r := readText(t, starting)
	var starts, gains []string
	for _, f := range r.Starts {
		starts = append(starts, f.Path+": "+strings.Join(f.Nature.Fetches, "; "))
	}
	for _, f := range r.Gains {
		gains = append(gains, f.Path+": "+f.Gains)
	}
	slices.Sort(starts)
	if want := []string{
		"etc/profile.d/x.sh: npm ci", "init: pip install a", "opt/linked.sh: git clone https://example.org/x", "opt/more.sh: conda install -y y", "srv/deep.sh: cargo install z",
		`usr/lib/R/etc/Rprofile.site: install.packages("x")`, "usr/lib/app/last: gem install w",
	}; !slices.Equal(starts, want) {
		t.Errorf("starts %q", starts)
	}
	slices.Sort(gains)
	if want := []string{"usr/bin/ping: cap_net_raw", "usr/bin/tool2: set-uid 0", "usr/bin/tool: set-uid 0"}; !slices.Equal(gains, want) {
		t.Errorf("gains %q", gains)
	}
}

// TestLongStart: a script that is too long to be read whole is said to be so.
func TestLongStart(t *testing.T) {
	r := readText(t, "config {\"Cmd\": [\"/run.sh\"]}\n-- 0/run.sh --\n#!/bin/sh\n"+strings.Repeat("echo hello world\n", 70_000))
	if len(r.Gaps) != 1 || r.Gaps[0].Path != "run.sh" || r.Gaps[0].Bytes <= 0 {
		t.Errorf("%+v", r.Gaps)
	}
}

func TestCapsText(t *testing.T) {
	for raw, want := range map[string]string{
		"": "",
		"\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00":                 "cap_net_raw",
		"\x01\x00\x00\x03\x80\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\xe8\x03\x00\x00": "cap_setuid,cap_bpf",
		"\x00\x00\x00\x01\x00\x00\x20\x00\x00\x00\x00\x00":                                                 "cap_sys_admin",
		"\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00":                 "capabilities without a name here",
		"\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00":                 "",
		"short": "capabilities that cannot be read", "\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00": "capabilities that cannot be read",
	} {
		if got := capsText(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
