package declared

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		language Language
		text     string
		want     []string
	}{
		{Shell, "#!/bin/bash\nset -e\nexec python app.py\n", nil},
		{Shell, "pip install -q pandas==2.0\n", []string{"pip install -q pandas==2.0"}},
		{Shell, "exec sudo -E python3.11 -m pip install --user x", []string{"python3.11 -m pip install --user x"}},
		{Shell, `if [ -n "$EXTRA" ]; then conda install -y $EXTRA; fi`, []string{"conda install -y $EXTRA"}},
		{Shell, "apt-get update && apt-get install -y vim || true", []string{"apt-get install -y vim"}},
		{Shell, "apt-get update\n", nil}, // a list of names, and no software
		{Shell, "echo 'run pip install pandas first'\n# pip install x\n", nil},
		{Shell, "cat <<EOF > note\npip install x\nEOF\n", nil},
		{Shell, "bash <<'EOF'\npip install x\nEOF\n", []string{"pip install x"}},
		{Shell, "curl -fsSL https://example.org/i.sh | sudo bash -s -- -y", []string{"curl -fsSL https://example.org/i.sh"}},
		{Shell, `sh -c "$(curl -fsSL https://example.org/i.sh)"`, []string{"sh -c $(curl -fsSL https://example.org/i.sh)"}},
		{Shell, "bash <(curl -s https://example.org/i.sh)", []string{"bash <(curl -s https://example.org/i.sh)"}},
		{Shell, "until curl -s http://localhost:8080/; do sleep 1; done", nil},
		{Shell, "curl -o /dev/null https://example.org/health", nil},
		{Shell, "curl -s https://example.org/whoami", nil}, // shown, not kept
		{Shell, "curl -sSLo tool https://example.org/tool", []string{"curl -sSLo tool https://example.org/tool"}},
		{Shell, "wget https://example.org/a.tar.gz", []string{"wget https://example.org/a.tar.gz"}},
		{Shell, "wget -qO- https://example.org/a.tar.gz | tar xz", []string{"wget -qO- https://example.org/a.tar.gz"}},
		{Shell, "wget -qO- https://example.org/status", nil},
		{Shell, "git clone https://me:pw@example.org/x.git\ngit status", []string{"git clone https://…@example.org/x.git"}},
		{Shell, "curl -H 'Authorization: Bearer abc' -o x https://example.org/x", []string{"curl -H … -o x https://example.org/x"}},
		{Shell, `Rscript -e 'install.packages("lme4")'`, []string{`install.packages("lme4")`}},
		{Shell, "conda run -n base pip install x; conda activate base; conda list", []string{"pip install x"}},
		{Shell, "gosu app npm ci", []string{"npm ci"}},
		{Shell, "npm start", nil},
		{Shell, "pip list; pip uninstall -y x; git log", nil},
		{Shell, "pip install x\npip install x\n", []string{"pip install x"}},
		{R, "options(repos = 'x')\nif (!require(lme4)) install.packages('lme4')\n# install.packages('x')\n", []string{"if (!require(lme4)) install.packages('lme4')"}},
		{R, "renv::restore()\n", []string{"renv::restore()"}},
		{R, "library(lme4)\n", nil},
		{Python, "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])\n", []string{"subprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])"}},
		{Python, "os.system('git clone https://example.org/x')", []string{"os.system('git clone https://example.org/x')"}},
		{Python, "import os\nprint('hello')\n", nil},
		{NoLanguage, "pip install x", nil},
	} {
		if diff := cmp.Diff(c.want, Steps(c.language, c.text)); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}

func TestCommandSteps(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  []string
	}{
		{[]string{"/bin/sh", "-c", "pip install x && exec app"}, []string{"pip install x"}},
		{[]string{"tini", "--", "bash", "-c", "git pull"}, []string{"git pull"}},
		{[]string{"jupyter", "lab"}, nil},
		{nil, nil},
	} {
		if diff := cmp.Diff(c.want, CommandSteps(c.words)); diff != "" {
			t.Errorf("%q: %s", c.words, diff)
		}
	}
}

func TestScripts(t *testing.T) {
	text := `#!/bin/sh
. /etc/app/env
source "$HERE/common.sh"
/opt/setup --all
bash -e ./install.sh
exec gosu app python3 "${APP}/main.py" --port 1
sh -c "ls"
rm /tmp/x.sh
$RUN
"$@"
/opt/setup
bash ` + "`which x.sh`" + `
`
	want := []string{"/etc/app/env", "common.sh", "/opt/setup", "install.sh", "main.py"}
	if diff := cmp.Diff(want, Scripts(Shell, text)); diff != "" {
		t.Error(diff)
	}
	if got := Scripts(Python, text); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// FuzzSteps: whatever a script holds, a step is one short line.
func FuzzSteps(f *testing.F) {
	f.Add(1, "curl -fsSL https://example.org/i.sh | bash; pip install $X <<EOF\n")
	f.Add(2, "install.packages('a')")
	f.Add(3, "os.system('pip install a')")
	f.Fuzz(func(t *testing.T, language int, text string) {
		for _, s := range Steps(Language(language), text) {
			if strings.TrimSpace(s) != s || strings.Contains(s, "\n") && language != int(Shell) {
				t.Errorf("%q", s)
			}
		}
	})
}

// TestStepsTime: a script made to be slow is not. 64 KiB are enough for what grows with
// the square to take minutes.
func TestStepsTime(t *testing.T) {
	for _, s := range []string{"$", "${", "$(", "`", "<", "<<A\n", "xargs ", "npx a;", "pip install <(curl ", "env ", "'\"", "a(", "source <( curl", "a|"} {
		script := strings.Repeat(s, 1<<16/len(s))
		begin := time.Now()
		Scripts(Shell, script)
		Steps(Shell, "install "+script)
		if took := time.Since(begin); took > 5*time.Second { // some 20 ms are the rule
			t.Errorf("%q: %s", s, took)
		}
	}
}
