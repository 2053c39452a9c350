package inspect

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// runsCode reports whether opening a file runs code that it brings along, or may. Code
// itself is counted as programs.
func runsCode(f *landwaiter.File) bool {
	return f.Nature != nil && f.Nature.RunsCode != "" && !f.Kind.Code()
}

// commandModules are modules of which a call can do whatever the person can: start
// programs, run text, load more code, reach other machines, change files. They count
// wherever they stand in a name: torch.serialization.os.system is os.system. What an
// inventory calls code besides, such as functools.partial, ordinary models have too.
var commandModules = []string{
	"os", "posix", "nt", "subprocess", "_posixsubprocess", "commands", "popen2", "pty", "sys", "shutil", "socket", "_socket", "ctypes", "_ctypes", "importlib", "runpy", "imp", "pkgutil",
	"zipimport", "code", "codeop", "marshal", "webbrowser", "urllib", "urllib2", "urllib3", "http", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib", "xmlrpc", "pip",
	"pdb", "bdb", "profile", "cProfile", "timeit", "trace", "distutils",
}

// commandNames are functions that run text or programs, in whatever module.
var commandNames = []string{
	"eval", "exec", "execfile", "compile", "system", "popen", "Popen", "check_output", "check_call", "runstring", "__import__", "import_module", "run_module", "run_path",
	"load_module", "open", "breakpoint",
}

func isCommand(call string) bool {
	parts := strings.Split(call, ".")
	last := len(parts) - 1
	return slices.Contains(commandNames, parts[last]) || slices.ContainsFunc(parts[:last], func(p string) bool { return slices.Contains(commandModules, p) })
}

// maxCalls is how many calls an inventory names of one file: where there are so many,
// others may stand behind them.
const maxCalls = 200

// modelCode finds the models and data that run code when they are opened, or may, and
// that nobody owns. Those that run commands stand apart.
func modelCode(in *Input) []landwaiter.Finding {
	var files [2][]landwaiter.File
	var calls [2][]string
	for i := range in.Unowned {
		f := &in.Unowned[i]
		if !runsCode(f) {
			continue
		}
		class := 1
		var commands []string
		for _, c := range f.Nature.Calls {
			if isCommand(c) {
				commands = append(commands, c)
			}
		}
		if named := f.Nature.Calls; len(commands) == 0 && len(named) < maxCalls {
			commands = named
		} else {
			class = 0
		}
		files[class] = append(files[class], *f)
		calls[class] = append(calls[class], commands...)
	}
	var out []landwaiter.Finding
	for class, id := range [...]string{":commands", ""} {
		if len(files[class]) > 0 {
			out = append(out, landwaiter.Finding{
				ID: string(landwaiter.KindModelCode) + id, Kind: landwaiter.KindModelCode, Grave: class == 0,
				Confidence: landwaiter.ConfidenceObserved, Files: examples(files[class]), Seen: seen(files[class]), Detail: some(calls[class]),
			})
		}
	}
	return out
}

// some names the first five of a list, each once, and counts the rest.
func some(list []string) string {
	const most = 5
	list = slices.Clone(list)
	slices.SortFunc(list, cmp.Compare[string])
	list = slices.Compact(list)
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + " and others"
}
