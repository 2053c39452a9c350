package inventory

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var easybuildWant = want{
	suffixes: []string{".eb"},
	maxBytes: 1 << 20, // recipes with hundreds of extensions have some 200 kB
	also: func(name string) bool {
		folder := path.Dir(name)
		base := path.Base(folder) // sites may call it "logs"
		return (base == "easybuild" || base == "logs") && strings.Count(folder, "/") >= 2
	},
}

// readEasyBuild reads the recipe that EasyBuild leaves in the folder "easybuild" of
// what it installed; recipes that lie elsewhere are only recipes. The key is the
// installed prefix.
//
// Extensions in exts_list are packages of R, Python or Perl, which their own rows
// find.
//
// Format: "Writing easyconfig files" in EasyBuild's documentation; the recipe is
// Python, of which [pythonText] reads what recipes use.
func readEasyBuild(f *file, out *facts) error {
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	prefix := path.Dir(path.Dir(f.Path))
	vars, damage := pythonText(string(text))
	name, _ := vars["name"].(string)
	version, _ := vars["version"].(string)
	if !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, true, "software that EasyBuild installed, and its recipe has no name and version that can be read")
		return nil
	}
	e := easyconfig{name: name, version: version}
	suffix := e.text(vars["versionsuffix"])
	p := landwaiter.Package{
		Ecosystem: "easybuild", Name: name, Version: version, Origin: "EasyBuild",
		PURL: purl("generic", "", name, version), Requires: e.requires(vars),
	}
	out.Package("installed metadata", p, prefix)
	out.Provides(name + "/" + version + suffix)
	if strings.EqualFold(path.Base(path.Dir(prefix)), name) || strings.Contains(strings.ToLower(path.Base(prefix)), strings.ToLower(name)) {
		out.OwnsTree(prefix, prefix)
	} else {
		out.OwnsTree(prefix, path.Dir(f.Path))
	}
	if damage != "" {
		out.Gap(f.Path, -1, false, "a part of the recipe could not be read, so what it needs may be missing: "+damage)
	}
	return nil
}

// easyconfig fills in the templates of a recipe.
type easyconfig struct{ name, version string }

// text is a string with its templates filled in, "" where one is not known.
func (e easyconfig) text(value any) string {
	s, _ := value.(string)
	major, rest, _ := strings.Cut(e.version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	s = strings.NewReplacer(
		"%(name)s", e.name, "%(namelower)s", strings.ToLower(e.name), "%(version)s", e.version,
		"%(version_major)s", major, "%(version_minor)s", minor, "%(version_major_minor)s", major+"."+minor,
	).Replace(s)
	if strings.Contains(s, "%(") || !printable(s) {
		return ""
	}
	return s
}

// requires lists the toolchain and the dependencies as "NAME/VERSION", or as the
// name alone where the version cannot be read. What is only needed to build it is
// left out.
func (e easyconfig) requires(vars map[string]any) []string {
	var out []string
	add := func(name, version string) {
		switch {
		case name == "" || name == "system" || name == "dummy":
		case version == "":
			out = append(out, name)
		default:
			out = append(out, name+"/"+version)
		}
	}
	if chain, ok := vars["toolchain"].(map[string]any); ok {
		add(e.text(chain["name"]), e.text(chain["version"]))
	}
	deps, _ := vars["dependencies"].([]any)
	for _, dep := range deps {
		switch d := dep.(type) {
		case []any:
			if len(d) == 0 {
				continue
			}
			version := ""
			if len(d) > 1 {
				version = e.text(d[1])
			}
			if len(d) > 2 && version != "" {
				version += e.text(d[2])
			}
			add(e.text(d[0]), version)
		case map[string]any: // {'NAME': 'VERSION'}
			if name := e.text(d["name"]); name != "" {
				add(name, e.text(d["version"]))
			}
		}
	}
	return unique(out)
}
