package inventory

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter/internal/declared"
)

// start is one script that fetches or changes software when it runs, or that runs
// other scripts.
type start struct {
	record int32
	steps  []string
	calls  []string // of other scripts: whole paths, or names alone
	cut    bool     // longer than what was read of it
}

// Of one script.
const (
	maxStartText = 1 << 20 // bytes that are read; the longest known have some 100 kB
	maxSteps     = 20      // commands that are told
	maxCalled    = 100     // scripts that are followed
)

// startText keeps the first bytes of a script while it passes.
type startText struct {
	language declared.Language
	text     []byte
	cut      bool
}

func (t *startText) Write(p []byte) (int, error) {
	room := maxStartText - len(t.text)
	t.cut = t.cut || len(p) > room
	t.text = append(t.text, p[:min(len(p), room)]...)
	return len(p), nil
}

// startNames are the languages of files that run at a start without saying what runs
// them, by their last element.
var startNames = map[string]declared.Language{
	".bashrc": declared.Shell, ".bash_profile": declared.Shell, ".profile": declared.Shell, ".zshrc": declared.Shell, "bash.bashrc": declared.Shell,
	"profile": declared.Shell, "rc.local": declared.Shell,
	".Rprofile": declared.R, "Rprofile.site": declared.R, "Rprofile": declared.R,
}

// startLanguages are the languages that are read, by the end of a name and by the
// name of what a first line says runs the script.
var (
	startSuffixes = map[string]declared.Language{
		".sh": declared.Shell, ".bash": declared.Shell, ".zsh": declared.Shell, ".R": declared.R, ".r": declared.R, ".py": declared.Python, ".pth": declared.Python,
	}
	startRunners = []struct {
		name     string
		language declared.Language
	}{
		{"bash", declared.Shell},
		{"sh", declared.Shell},
		{"dash", declared.Shell},
		{"ash", declared.Shell},
		{"zsh", declared.Shell},
		{"ksh", declared.Shell},
		{"with-contenv", declared.Shell},
		{"execlineb", declared.Shell},
		{"Rscript", declared.R},
		{"python", declared.Python},
	}
)

// startText makes ready to read a script, of which nobody knows yet whether it runs
// at a start; nil for all else. What a language keeps for whoever imports it runs by
// itself only under a name of its own.
func (s *scanner) startText(name string, head []byte) *startText {
	if s.rename != nil || !s.nest.top() || len(head) == 0 {
		return nil
	}
	language := startLanguage(name, head)
	if language == declared.NoLanguage || !text(head) {
		return nil
	}
	s.start = startText{language: language, text: s.start.text[:0]}
	return &s.start
}

func startLanguage(name string, head []byte) declared.Language {
	_, base, suffix := split(name)
	if language, ok := startNames[base]; ok {
		return language
	}
	if isModule(name) && !isPythonStart(base, suffix) {
		return declared.NoLanguage
	}
	if language, ok := startSuffixes[suffix]; ok {
		return language
	}
	if line, ok := bytes.CutPrefix(head, []byte("#!")); ok {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		for _, w := range strings.Fields(string(line)) {
			base := strings.TrimRight(path.Base(w), "0123456789.")
			for _, r := range startRunners {
				if base == r.name {
					return r.language
				}
			}
		}
	}
	return declared.NoLanguage
}

// isModule reports whether a path is of what a language keeps for whoever imports it.
func isModule(name string) bool {
	return strings.Contains(name, "/site-packages/") || strings.Contains(name, "/dist-packages/") || strings.Contains(name, "/node_modules/") ||
		strings.Contains(name, "lib/python")
}

// isPythonStart reports whether Python runs a file of this name when it starts.
func isPythonStart(base, suffix string) bool {
	return suffix == ".pth" || base == "sitecustomize.py" || base == "usercustomize.py"
}

// steps notes what a script does.
func (s *scanner) steps(t *startText, at int32) {
	steps, calls := declared.Steps(t.language, string(t.text)), declared.Scripts(t.language, string(t.text))
	if len(steps)+len(calls) == 0 && !t.cut {
		return
	}
	steps, calls = steps[:min(len(steps), maxSteps)], calls[:min(len(calls), maxCalled)]
	for i := range steps {
		steps[i] = short(steps[i], natureDetail)
	}
	s.out.starts = append(s.out.starts, start{at, steps, calls, t.cut})
}

// startFolders are the folders whose scripts something runs when it starts; "*"
// stands for one element.
var startFolders = []string{
	"etc/profile.d", "etc/cont-init.d", "etc/services.d/*", "etc/s6-overlay/s6-rc.d/*", "etc/s6-overlay/scripts", "etc/my_init.d", "etc/service/*",
	"docker-entrypoint.d", "docker-entrypoint-initdb.d", "usr/local/bin/start-notebook.d", "usr/local/bin/before-notebook.d", "etc/init.d", "etc/xdg/autostart",
}

// startEnds are ends of the names of folders whose scripts something runs when it
// starts: conda's when an environment is activated, IPython's with each kernel.
var startEnds = []string{"etc/conda/activate.d", "profile_default/startup"}

// startsAt reports whether something runs a file of this path when it starts, whatever
// the image's configuration says.
func startsAt(name string) bool {
	folder, base, suffix := split(name)
	folder = strings.TrimSuffix(folder, "/")
	if base == "profile" {
		return folder == "etc"
	}
	if _, ok := startNames[base]; ok || isPythonStart(base, suffix) {
		return true
	}
	if strings.HasPrefix(base, "jupyter_") && strings.HasSuffix(base, "_config.py") {
		return true
	}
	return slices.ContainsFunc(startFolders, func(pattern string) bool {
		ok, _ := path.Match(pattern, folder) // the patterns are ours, and a test tries them
		return ok
	}) || slices.ContainsFunc(startEnds, func(end string) bool { return folder == end || strings.HasSuffix(folder, "/"+end) })
}
