package declared

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Scripts returns the scripts that a script of a shell runs, in its order and each
// once: whole paths where it says them, else names without their folder, as in
// "$HERE/setup.sh".
func Scripts(language Language, text string) []string {
	if language != Shell {
		return nil
	}
	var out []string
	for _, cmd := range splitCommands(dropHereDocs(text)) {
		words := unwrapped(bareCommand(cmd))
		for len(words) > 0 && (slices.Contains(callers, path.Base(words[0].text)) || strings.HasPrefix(words[0].text, "-")) {
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		name := words[0].text
		if base := path.Base(name); !path.IsAbs(name) && (strings.Contains(name, "/") || scriptName.MatchString(name)) {
			name = base
		}
		if (path.IsAbs(name) || scriptName.MatchString(name)) && !strings.ContainsAny(name, "$`*") && len(name) <= maxScriptName {
			out = append(out, path.Clean(name))
		}
	}
	return unique(out)
}

// unwrapped is the command behind programs that run it: from the first word that can
// be one.
func unwrapped(words []word) []word {
	if len(words) == 0 || !slices.Contains(wrappers, path.Base(words[0].text)) {
		return words
	}
	for i := 1; i < min(len(words), maxWrapped); i++ {
		t := words[i].text
		if slices.Contains(callers, path.Base(t)) || scriptName.MatchString(t) || path.IsAbs(t) && !slices.Contains(wrappers, path.Base(t)) {
			return words[i:]
		}
	}
	return nil
}

// callers run the script that the first word names which is no option.
var callers = append([]string{".", "source", "python", "python3", "Rscript"}, shells...)

var scriptName = regexp.MustCompile(`\.(?:sh|bash|zsh|py|R|r)$`)

const maxScriptName = 1024
