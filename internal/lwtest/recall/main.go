// Recall compares an inventory of ours with what other scanners found in the same
// image, and explains what only they have; see docs/recall.md.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const usage = `usage: recall OURS.json OTHER.json...

OURS.json is what "landwaiter inventory --format json" prints. OTHER.json is the
JSON of syft, or CycloneDX JSON of any scanner. What another scanner has and we
have not is counted by the reason for it; what nothing explains is listed, and
the exit status is then 1.
`

func main() {
	if len(os.Args) < 3 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	unexplained, err := run(os.Stdout, os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "recall:", err)
		os.Exit(1)
	}
	if unexplained > 0 {
		os.Exit(1)
	}
}

func run(w io.Writer, ours string, others []string) (unexplained int, err error) {
	var inv landwaiter.Inventory
	if err := read(ours, &inv); err != nil {
		return 0, err
	}
	k, seen := know(&inv), map[string]bool{}
	for _, name := range others {
		items, err := load(name)
		if err != nil {
			return 0, err
		}
		n, err := report(w, name, k, items)
		if err != nil {
			return 0, err
		}
		unexplained += n
		for i := range items {
			seen[key(items[i].name, items[i].version)] = true
		}
	}
	return unexplained, more(w, &inv, seen)
}

// item is something that another scanner found.
type item struct {
	kind, name, version, path string
}

// known is what we found.
type known struct {
	versions map[string]bool // "name version"
	paths    map[string]bool // files in which a package was seen
}

// plain makes names of several scanners comparable: the last part, without case
// and without the choice of separators.
func plain(name string) string {
	name = name[strings.LastIndexAny(name, ":/")+1:]
	return separators.ReplaceAllString(strings.ToLower(name), "-")
}

var separators = regexp.MustCompile(`[-_.]+`)

func key(name, version string) string {
	version = strings.TrimPrefix(strings.TrimPrefix(version, "go"), "v")
	return plain(name) + " " + version
}

// more counts by ecosystem what of ours none of the others has.
func more(w io.Writer, inv *landwaiter.Inventory, others map[string]bool) error {
	counts := map[string]int{}
	for i := range inv.Packages {
		if p := &inv.Packages[i]; !others[key(p.Name, p.Version)] {
			counts[p.Ecosystem]++
		}
	}
	line := "only ours:"
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		line += fmt.Sprintf(" %s %d", name, counts[name])
	}
	_, err := io.WriteString(w, line+"\n")
	return err
}

func know(inv *landwaiter.Inventory) *known {
	k := &known{versions: map[string]bool{}, paths: map[string]bool{}}
	for i := range inv.Packages {
		p := &inv.Packages[i]
		k.versions[key(p.Name, p.Version)] = true
		for _, e := range p.Evidence {
			file, _, _ := strings.Cut(e.Path, "!/")
			k.paths[file] = true
		}
	}
	return k
}

// reason is why another scanner may have what we have not.
type reason struct {
	why  string
	fits func(k *known, it *item) bool
}

// reasons is the table, in the order in which they are asked.
var reasons = []reason{
	{"a list of wishes (lock file, project file, recipe of a build), not what is installed", func(_ *known, it *item) bool { return wishes.MatchString(it.path) }},
	{"no version: nothing that an advisory could be matched with", func(_ *known, it *item) bool { return it.version == "" || strings.EqualFold(it.version, "unknown") }},
	{"the Go toolchain, which we call stdlib", func(k *known, it *item) bool { return it.name == "go" && k.versions[key("stdlib", it.version)] }},
	{"a package.json inside a package, which no installer put there as one", func(_ *known, it *item) bool {
		return it.kind == "npm" && strings.HasSuffix(it.path, "/package.json") && !modules.MatchString(it.path)
	}},
	{"an R package that is not installed: test material, or without Built", func(_ *known, it *item) bool { return it.kind == "R-package" }},
	{"the same file, which we call by the name that it gives itself", func(k *known, it *item) bool { return k.paths[it.path] }},
}

var (
	wishes  = regexp.MustCompile(`(?:\.github/workflows/[^/]+|-lock\.ya?ml|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|\.pom|requirements[^/]*\.txt|setup\.py|go\.mod|go\.sum|Cargo\.lock|Gemfile\.lock|poetry\.lock|composer\.lock)$`)
	modules = regexp.MustCompile(`(?:/|^)(?:node_modules|usr/share/nodejs|usr/lib/(?:[^/]+/)?nodejs)/(?:@[^/]+/)?[^/]+/package\.json$`)
)

func report(w io.Writer, name string, k *known, items []item) (unexplained int, err error) {
	counts := make([]int, len(reasons))
	var open []string
	same := 0
	for i := range items {
		it := &items[i]
		if k.versions[key(it.name, it.version)] {
			same++
			continue
		}
		at := slices.IndexFunc(reasons, func(r reason) bool { return r.fits(k, it) })
		if at < 0 {
			open = append(open, fmt.Sprintf("%s %s %s in %s", it.kind, it.name, it.version, it.path))
			continue
		}
		counts[at]++
	}
	slices.Sort(open)
	open = slices.Compact(open)
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d found, %d of them by us as well\n", name, len(items), same)
	for i, n := range counts {
		if n > 0 {
			fmt.Fprintf(&b, "%6d  %s\n", n, reasons[i].why)
		}
	}
	const most = 50
	for _, line := range open[:min(len(open), most)] {
		fmt.Fprintf(&b, "not explained: %s\n", line)
	}
	_, err = io.WriteString(w, b.String())
	return len(open), err
}

func read(name string, v any) error {
	raw, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// load reads the list of another scanner.
func load(name string) ([]item, error) {
	var doc struct {
		Artifacts []struct {
			Type, Name, Version string
			Locations           []struct{ Path string }
		}
		Components []struct {
			Type, Name, Version, PURL string
			Evidence                  struct{ Occurrences []struct{ Location string } }
		}
	}
	if err := read(name, &doc); err != nil {
		return nil, err
	}
	var out []item
	for _, a := range doc.Artifacts {
		it := item{kind: a.Type, name: a.Name, version: a.Version}
		if len(a.Locations) > 0 {
			it.path = strings.TrimPrefix(a.Locations[0].Path, "/")
		}
		out = append(out, it)
	}
	for _, c := range doc.Components {
		if c.Type == "operating-system" || c.Type == "file" {
			continue
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(c.PURL, "pkg:"), "/")
		it := item{kind: kind, name: c.Name, version: c.Version}
		if len(c.Evidence.Occurrences) > 0 {
			it.path = strings.TrimPrefix(c.Evidence.Occurrences[0].Location, "/")
		}
		out = append(out, it)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w", name, errors.New("no list of syft, and no CycloneDX with components"))
	}
	return out, nil
}
