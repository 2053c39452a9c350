package declared

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Language is the language of a script that [Steps] can read.
type Language int

// The languages.
const (
	NoLanguage Language = iota
	Shell
	R
	Python
)

// Steps returns the commands of a script that fetch or change software, in its order
// and each once: installers, git clone, a download that is run or kept. It reads a
// script as if every command in it ran; what another program does that it calls, it
// does not know. Logins in addresses are left out.
func Steps(language Language, text string) []string {
	var out []string
	switch language {
	case NoLanguage:
	case Shell:
		if holdsAny(text, shellSigns) {
			out = shellSteps(text, 0)
		}
	case R:
		out = callSteps(text, rCall, rSigns)
	case Python:
		out = callSteps(text, pythonStep, pythonSigns)
	}
	return unique(out)
}

// CommandSteps are the Steps of one command, given by its words.
func CommandSteps(words []string) []string {
	cmd := make([]word, len(words))
	for i, w := range words {
		cmd[i] = word{text: w}
	}
	return unique(commandSteps(cmd, nil, 0))
}

func unique(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// Signs of which one is in every script that has a step: a first look at the many
// that have none, at a fraction of the cost.
var (
	shellSigns  = []string{"install", "add", "upgrade", "update", "clone", "pull", "sync", "download", "restore", "curl", "wget", "create", "submodule", "npx", "ci", "fetch", "checkout", "export", "require", "get", "up", "co", "env"}
	rSigns      = []string{"install", "restore", "biocLite", "pak"}
	pythonSigns = []string{"pip", "install", "add", "clone", "download", "urlretrieve", "hub.load"}
)

func holdsAny(text string, signs []string) bool {
	return slices.ContainsFunc(signs, func(s string) bool { return strings.Contains(text, s) })
}

// fetcher is a command that brings software or what it needs, and that [installers]
// does not know: its first word, and the next ones, one of which must stand there.
type fetcher struct {
	name  string
	verbs []string
}

var fetchers = []fetcher{
	{"git", []string{"clone", "pull", "fetch", "submodule"}},
	{"hg", []string{"clone", "pull"}},
	{"svn", []string{"checkout", "co", "export", "update"}},
	{"apt-get", []string{"upgrade", "dist-upgrade", "full-upgrade"}},
	{"apt", []string{"upgrade", "full-upgrade"}},
	{"apk", []string{"upgrade"}},
	{"dnf", []string{"update", "upgrade", "groupinstall"}},
	{"yum", []string{"update", "upgrade", "groupinstall"}},
	{"microdnf", []string{"update", "upgrade"}},
	{"zypper", []string{"update", "up", "dup"}},
	{"conda", []string{"update", "env"}},
	{"mamba", []string{"update", "env"}},
	{"micromamba", []string{"update", "env"}},
	{"npm", []string{"ci", "update"}},
	{"pnpm", []string{"update"}},
	{"yarn", []string{"install", "upgrade"}},
	{"uv", []string{"sync"}},
	{"poetry", []string{"install", "add", "update"}},
	{"pipenv", []string{"install", "sync", "update"}},
	{"pdm", []string{"install", "sync"}},
	{"pixi", []string{"install", "add"}},
	{"bundle", []string{"install", "update"}},
	{"composer", []string{"install", "require", "update"}},
	{"go", []string{"get"}},
	{"npx", nil},
	{"easy_install", nil},
	{"snap", []string{"install"}},
	{"flatpak", []string{"install"}},
	{"brew", []string{"install", "upgrade"}},
	{"ollama", []string{"pull"}},
	{"docker", []string{"pull"}},
	{"huggingface-cli", []string{"download"}},
	{"hf", []string{"download"}},
	{"playwright", []string{"install"}},
	{"code-server", []string{"--install-extension"}},
	{"code", []string{"--install-extension"}},
	{"jupyter", []string{"labextension"}},
	{"spack", []string{"install"}},
	{"installGithub.r", nil},
}

// shells run what is written to them.
var shells = []string{"sh", "bash", "ash", "dash", "zsh"}

// shellSteps reads a script.
func shellSteps(text string, depth int) []string {
	if depth > maxShells {
		return nil
	}
	var out []string
	for _, m := range processShell.FindAllString(text, -1) {
		out = append(out, told([]word{{text: strings.Join(strings.Fields(m), " ")}}))
	}
	x := &shellLexer{s: dropHereDocs(text), piped: map[int]bool{}}
	for x.s != "" {
		x.step()
	}
	x.endCommand()
	for i, cmd := range x.commands {
		var next []word
		if x.piped[i] && i+1 < len(x.commands) {
			next = x.commands[i+1]
		}
		out = append(out, commandSteps(cmd, next, depth)...)
	}
	return out
}

// processShell is a shell that runs what is downloaded as a file: bash <(curl …).
var processShell = regexp.MustCompile(`(?m)\b(?:bash|zsh|sh|source)\s+<\(\s*(?:curl|wget)[^)\n]{0,200}\)`)

// dropHereDocs takes out texts that stand in a script for another program, but for
// those that a shell runs.
func dropHereDocs(text string) string {
	if !strings.Contains(text, "<<") {
		return text
	}
	var out strings.Builder
	end, keep := "", false
	for line := range strings.Lines(text) {
		if end != "" {
			if strings.TrimSpace(line) == end {
				end = ""
			} else if keep {
				out.WriteString(line)
			}
			continue
		}
		if m := hereDoc.FindStringSubmatch(line); m != nil && !strings.Contains(line, "<<<") {
			end = m[1]
			first, _ := firstWord(line)
			keep = slices.Contains(shells, path.Base(first))
			line = strings.Replace(line, m[0], "", 1)
		}
		out.WriteString(line)
	}
	return out.String()
}

// commandSteps looks at one command, next is the one that reads what it writes.
func commandSteps(cmd, next []word, depth int) []string {
	words := bareCommand(cmd)
	if len(words) == 0 || depth > maxShells {
		return nil
	}
	name := path.Base(words[0].text)
	if m := numbered.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	said := []string{told(words)}
	switch {
	case slices.Contains(shells, name):
		return shellArgument(words, depth)
	case name == "eval" && fetches(words[1:]), (name == "." || name == "source") && fetches(words[1:]):
		return said
	case name == "conda" || name == "mamba" || name == "micromamba":
		if inner := condaRun(words); inner != nil {
			return commandSteps(inner, next, depth+1)
		}
	case slices.Contains(wrappers, name):
		return wrapped(words, next, depth)
	case name == "R" || name == "Rscript" || name == "r":
		return evalSteps(words, R)
	case name == "python" && !slices.ContainsFunc(words, func(w word) bool { return w.text == "-m" }):
		return evalSteps(words, Python)
	case name == "curl" || name == "wget":
		if download(name, words, next) {
			return said
		}
		return nil
	}
	if isFetcher(name, words) || isInstaller(name, words) {
		return said
	}
	return nil
}

var (
	secretOption = []string{"-H", "--header", "--token", "--password", "--api-key", "--http-password"}
	secretText   = regexp.MustCompile(`(?i)((?:token|passw(?:or)?d|secret|api_?key|authorization)["']?\s*[=:]\s*)\S+`)
)

// told is a command as a report shows it: what may be a secret is left out.
func told(words []word) string {
	out := slices.Clone(words)
	for i := range out {
		out[i].text = secretText.ReplaceAllString(out[i].text, "${1}…")
		if i == 0 {
			continue
		}
		// pip's --user has no value.
		before := words[i-1].text
		if slices.Contains(secretOption, before) || (before == "-u" || before == "--user") && path.Base(words[0].text) == "curl" {
			out[i].text = "…"
		}
	}
	return strings.TrimSpace(joinWords(out))
}

// bareCommand takes off what stands before a command.
func bareCommand(cmd []word) []word {
	for len(cmd) > 0 && (assignment.MatchString(cmd[0].text) || prefixes[cmd[0].text] || cmd[0].text == "-E" || cmd[0].text == "-H") {
		cmd = cmd[1:]
	}
	return cmd
}

// wrappers run the command that their own options end with.
var wrappers = []string{"tini", "dumb-init", "gosu", "su-exec", "setpriv", "runuser", "timeout", "xargs", "catatonit", "s6-setuidgid", "chroot"}

// maxWrapped is how many words are tried as the start of a wrapped command.
const maxWrapped = 32

// wrapped is the command behind a program that runs it: from the first word that is a
// known installer, shell or fetcher.
func wrapped(words, next []word, depth int) []string {
	for i := 1; i < min(len(words), maxWrapped); i++ {
		if slices.Contains(wrappers, path.Base(words[i].text)) {
			continue // the words behind it are tried here as well
		}
		if inner := commandSteps(words[i:], next, depth+1); len(inner) > 0 {
			return inner
		}
	}
	return nil
}

// shellArgument reads sh -c "script".
func shellArgument(words []word, depth int) []string {
	for i := 1; i+1 < len(words); i++ {
		t := words[i].text
		if !strings.HasPrefix(t, "-") || strings.HasPrefix(t, "--") || !strings.HasSuffix(t, "c") {
			continue
		}
		if fetches(words[i+1:]) {
			return []string{told(words)}
		}
		return shellSteps(words[i+1].text, depth+1)
	}
	return nil
}

// substituted is a download whose output becomes a part of a command.
var substituted = regexp.MustCompile("(?:\\$\\(|`)\\s*(?:curl|wget)\\b")

func fetches(words []word) bool {
	return slices.ContainsFunc(words, func(w word) bool { return substituted.MatchString(w.text) })
}

// runners are what runs or unpacks what is written to them.
var runners = []string{"sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "ruby", "node", "Rscript", "tar", "bsdtar", "gunzip", "unzip", "cpio", "apt-key", "gpg"}

// download reports whether a download is kept or run. One that is only looked at, or
// that asks the own machine, is none: many scripts wait for a service so.
func download(name string, words, next []word) bool {
	address, kept := "", name == "wget"
	for i, w := range words[1:] {
		t := w.text
		switch {
		case strings.Contains(t, "://"):
			address = t
		case t == "-O-" || t == "-qO-" || t == "--spider", t == "-O" && name == "wget" && i+2 < len(words) && words[i+2].text == "-", t == "-qO" && i+2 < len(words) && words[i+2].text == "-":
			kept = false
		case name == "curl" && (t == "--output" || t == "--remote-name" || strings.HasPrefix(t, "-") && !strings.HasPrefix(t, "--") && strings.ContainsAny(t, "oO")):
			kept = i+2 >= len(words) || words[i+2].text != "/dev/null"
		}
	}
	next = bareCommand(next)
	piped := len(next) > 0 && slices.Contains(runners, path.Base(next[0].text))
	return (kept || piped) && !ownMachine.MatchString(address) && (address != "" || piped || words[len(words)-1].open)
}

var ownMachine = regexp.MustCompile(`://(?:localhost|127\.|\[::1\]|0\.0\.0\.0|169\.254\.)`)

func isFetcher(name string, words []word) bool {
	for i := range fetchers {
		f := &fetchers[i]
		if f.name != name {
			continue
		}
		if f.verbs == nil {
			return len(words) > 1
		}
		for _, w := range words[1:] {
			if slices.Contains(f.verbs, w.text) {
				return !slices.ContainsFunc(words, func(w word) bool { return w.text == "list" || w.text == "export" || w.text == "--help" })
			}
		}
	}
	return false
}

func isInstaller(name string, words []word) bool {
	for i := range installers {
		in := &installers[i]
		if !slices.Contains(in.names, name) {
			continue
		}
		if in.verbs == nil {
			return len(words) > 1
		}
		if verb := verbAt(in, words); verb > 0 && slices.Contains(in.verbs, words[verb].text) {
			return true
		}
	}
	return false
}

// evalSteps reads code that stands in a command.
func evalSteps(words []word, language Language) []string {
	var out []string
	for i := 1; i+1 < len(words); i++ {
		if t := words[i].text; t == "-e" || t == "--eval" || t == "-c" {
			out = append(out, Steps(language, words[i+1].text)...)
		}
	}
	return out
}

// pythonStep is a call that installs or fetches, by itself or through a program.
var pythonStep = regexp.MustCompile(`\bpip(?:\.main|\._internal)?\s*\(|\b(?:pip3?|conda|mamba|uv|apt-get|apt|npm)["']?\s*,?\s*["']?(?:install|add)\b|\bgit["']?\s*,?\s*["']?clone\b|` +
	`\b(?:snapshot_download|hf_hub_download|urlretrieve|nltk\.download|spacy\.cli\.download|gdown\.download|torch\.hub\.load)\s*\(`)

// callSteps are the lines of code with a call, comments aside. Only lines with one of
// the signs are looked at closely.
func callSteps(text string, call *regexp.Regexp, signs []string) []string {
	if !holdsAny(text, signs) {
		return nil
	}
	var out []string
	for line := range strings.Lines(text) {
		if !holdsAny(line, signs) {
			continue
		}
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "def ") || !call.MatchString(line) {
			continue
		}
		out = append(out, told([]word{{text: line}}))
	}
	return out
}
