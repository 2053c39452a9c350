package inventory

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/declared"
	"github.com/landwaiter/landwaiter/internal/image"
)

// start is one script that fetches or changes software when it runs.
type start struct {
	record int32
	steps  []string
	cut    bool // longer than what was read of it
}

// Of one script.
const (
	maxStartText = 1 << 20 // bytes that are read; the longest known have some 100 kB
	maxSteps     = 20      // commands that are told
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
	steps := declared.Steps(t.language, string(t.text))
	if len(steps) == 0 && !t.cut {
		return
	}
	if len(steps) > maxSteps {
		steps = steps[:maxSteps]
	}
	for i := range steps {
		steps[i] = short(steps[i], natureDetail)
	}
	s.out.starts = append(s.out.starts, start{at, steps, t.cut})
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

// started lists the visible scripts that fetch or change software and that run when
// something starts, by path: by their place, or because the configuration starts them.
func (r *Result) started(g *merge) {
	noted := map[image.Content]*start{}
	for i, l := range g.layers {
		for j := range l.starts {
			noted[image.Content{Layer: int32(i), Record: l.starts[j].record}] = &l.starts[j]
		}
	}
	if len(noted) == 0 {
		return
	}
	named := g.startNodes()
	for n, f := range r.files.all() {
		x := noted[g.tree.Content(n)]
		if x == nil || !named[n] && !startsAt(g.tree.Path(n)) {
			continue
		}
		if x.cut {
			r.Gaps = append(r.Gaps, landwaiter.Gap{
				Path: g.tree.Path(n), Layer: int(g.tree.At(n).Layer), Bytes: g.tree.Size(n) - maxStartText,
				Reason: "it runs when the software starts; only its first 1 MiB was searched for what it fetches",
			})
		}
		if len(x.steps) == 0 {
			continue
		}
		out := r.owned(n, f)
		out.Nature = &landwaiter.Nature{Format: "script"}
		if c := g.tree.Content(n); g.layers[c.Layer].natures[c.Record] != nil {
			*out.Nature = *g.layers[c.Layer].natures[c.Record]
		}
		out.Nature.Fetches = x.steps
		r.Starts = append(r.Starts, out)
	}
}

// startNodes are the files that the configuration's words may stand for: paths, and
// bare names wherever they lie. Which folders are searched, and in which one it
// starts, the values of variables would say, which are left out.
func (g *merge) startNodes() map[int32]bool {
	out := map[int32]bool{}
	add := func(path string) {
		if v, ok := g.tree.Follow(path); ok && g.files[v.Node].is(flagFile) {
			out[v.Node] = true
		}
	}
	bare := map[string]bool{}
	for _, w := range g.words {
		if strings.Contains(w, "/") {
			add(w)
		}
		bare[path.Base(w)] = true
	}
	if len(bare) == 0 {
		return out
	}
	var name []byte
	for i := range g.files {
		n := int32(i)
		if !g.tree.Named(n) {
			continue
		}
		name = g.tree.AppendPath(name[:0], n)
		if bare[string(name[bytes.LastIndexByte(name, '/')+1:])] {
			add(string(name))
		}
	}
	return out
}

// startWords are the words of a configuration that may name what it starts.
func startWords(c *landwaiter.ImageConfig) []string {
	var out []string
	for _, list := range [][]string{c.Entrypoint, c.Cmd} {
		for _, arg := range list {
			for _, w := range strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune(" \t\n;&|()\"'", r) }) {
				if !strings.HasPrefix(w, "-") && strings.Trim(w, "./") != "" {
					out = append(out, w)
				}
			}
		}
	}
	return out
}
