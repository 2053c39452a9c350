package declared

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

func isCondaExplicit(_ string, head []byte) bool { return bytes.Contains(head, []byte("@EXPLICIT")) }

func isEnvironment(base string, head []byte) bool {
	ext := path.Ext(base)
	return (ext == ".yml" || ext == ".yaml") && (strings.Contains(base, "env") || strings.Contains(base, "conda") || bytes.Contains(head, []byte("\ndependencies:")))
}

var condaFile = regexp.MustCompile(`([^/]+)-([^-/]+)-[^-/]+\.(?:conda|tar\.bz2)$`)

// readCondaExplicit reads what conda list --explicit prints: addresses of packages.
func readCondaExplicit(l *list) error {
	return l.lines(func(n int, line string) error {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		if line == "" || line == "@EXPLICIT" {
			return nil
		}
		if m := condaFile.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			l.add(landwaiter.DeclaredPackage{Ecosystem: "conda", Name: m[1], Version: m[2], Line: n})
		} else {
			l.note(n, "a line that could not be read: %s", hideLogin(line))
		}
		return nil
	})
}

// readEnvironment reads conda's environment file. Its nodes are walked as they
// stand: an alias is never followed, so that a small file cannot grow.
//
// Format: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
func readEnvironment(l *list) error {
	if len(l.data) > maxConfig {
		return l.damagef(0, "it is larger than %d bytes", maxConfig)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(l.data, &doc); err != nil {
		return l.damagef(yamlLine(err), "it is no YAML: %w", err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return l.damagef(0, "%w: no key dependencies", errNoList)
	}
	list := member(doc.Content[0], "dependencies")
	if list == nil || list.Kind != yaml.SequenceNode {
		return l.damagef(0, "%w: no key dependencies with a list", errNoList)
	}
	for _, n := range list.Content {
		switch n.Kind {
		case yaml.ScalarNode:
			l.condaSpec(n.Line, n.Value)
		case yaml.MappingNode:
			l.pipSection(n)
		default:
			l.note(n.Line, "an item that could not be read")
		}
	}
	return nil
}

// pipSection reads "pip:" inside the list.
func (l *list) pipSection(n *yaml.Node) {
	pip := member(n, "pip")
	if pip == nil || pip.Kind != yaml.SequenceNode {
		l.note(n.Line, "an item that could not be read")
		return
	}
	for _, p := range pip.Content {
		if p.Kind == yaml.ScalarNode {
			l.requirement(p.Line, p.Value)
		} else {
			l.note(p.Line, "an item that could not be read")
		}
	}
}

func member(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

var yamlAt = regexp.MustCompile(`line (\d+)`)

func yamlLine(err error) int {
	n := 0
	if m := yamlAt.FindStringSubmatch(err.Error()); m != nil {
		for _, c := range m[1] {
			n = min(n*10+int(c-'0'), 1<<30)
		}
	}
	return n
}

var (
	condaSpec  = regexp.MustCompile(`^(?:[^\s:]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?:\[([^\]]*)\])?\s*(.*)$`)
	condaExact = regexp.MustCompile(`^==([^\s,|*=]+)(?:=\S+)?$`)
	condaBuild = regexp.MustCompile(`^=([^\s,|*=]+)=[^\s*]+$`)
	condaTwo   = regexp.MustCompile(`^([0-9][^\s,|*=]*)\s+\S+$`)
	condaFuzzy = regexp.MustCompile(`^=?([0-9][^\s,|=]*)(?:=\*)?$`)
)

// condaSpec reads one match specification. "name=1.2=build" and "name==1.2" are one
// version; "name=1.2" is any that begins so.
//
// Format: https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html
func (l *list) condaSpec(n int, s string) {
	s, _, _ = strings.Cut(s, "#")
	s = strings.TrimSpace(s)
	if strings.Contains(s, "://") {
		if m := condaFile.FindStringSubmatch(s); m != nil {
			l.add(landwaiter.DeclaredPackage{Ecosystem: "conda", Name: m[1], Version: m[2], Line: n})
			return
		}
	}
	m := condaSpec.FindStringSubmatch(s)
	if m == nil {
		l.note(n, "an item that could not be read: %s", hideLogin(s))
		return
	}
	p := landwaiter.DeclaredPackage{Ecosystem: "conda", Name: strings.ToLower(m[1]), Line: n}
	rest := strings.TrimSpace(m[3])
	if rest == "" && m[2] != "" {
		rest = strings.TrimSpace(m[2])
	}
	for _, exact := range []*regexp.Regexp{condaExact, condaBuild, condaTwo} {
		if v := exact.FindStringSubmatch(rest); v != nil {
			p.Version = v[1]
			l.add(p)
			return
		}
	}
	if v := condaFuzzy.FindStringSubmatch(rest); v != nil {
		p.Constraint = "==" + strings.TrimSuffix(strings.TrimSuffix(v[1], "*"), ".") + ".*"
	} else {
		p.Constraint = rest
	}
	l.add(p)
}
