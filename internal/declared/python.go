package declared

import (
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/landwaiter/landwaiter"
)

func isRequirements(base string, _ []byte) bool {
	ext := path.Ext(base)
	return (ext == ".txt" || ext == ".in" || ext == ".pip") &&
		(strings.Contains(base, "requirement") || strings.Contains(base, "constraint") || strings.Contains(base, "freeze") || ext == ".pip")
}

var (
	requirement = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$`)
	pinned      = regexp.MustCompile(`^===?\s*([^\s,;*]+)$`)
	specifiers  = regexp.MustCompile(`^(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()]+\s*,?\s*)+$`)
	hashOption  = regexp.MustCompile(`\s--?(?:hash|config-settings|global-option)[= ]\S+`)
	egg         = regexp.MustCompile(`[#&]egg=([A-Za-z0-9._-]+)`)
	wheel       = regexp.MustCompile(`([A-Za-z0-9._]+)-([0-9][A-Za-z0-9.!+_]*)-[^-/]+-[^-/]+-[^-/]+\.whl$`)
)

// readRequirements reads pip's requirements file.
//
// Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
func readRequirements(l *list) error {
	joined, first := "", 0
	return l.lines(func(n int, line string) error {
		if joined == "" {
			first = n
		}
		if strings.HasSuffix(line, `\`) && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			joined += strings.TrimSuffix(line, `\`) + " "
			if len(joined) > maxConfig {
				return l.damagef(first, "a line that never ends")
			}
			return nil
		}
		whole := joined + line
		joined = ""
		l.requirement(first, whole)
		return nil
	})
}

// requirement reads one line of a requirements file, or one argument of pip.
func (l *list) requirement(n int, line string) {
	if i := strings.Index(" "+line, " #"); i >= 0 {
		line = line[:i]
	}
	line = strings.TrimSpace(hashOption.ReplaceAllString(" "+line, ""))
	switch {
	case line == "":
	case strings.HasPrefix(line, "-"):
		l.pipOption(n, line)
	case strings.Contains(line, "${"):
		l.note(n, "a name that stands elsewhere: %s", line)
	case strings.Contains(line, "://") && !strings.Contains(line, " @ "), strings.HasPrefix(line, "."), strings.HasPrefix(line, "/"), strings.HasPrefix(line, "git+"), strings.HasSuffix(line, ".whl"):
		l.pythonAddress(n, line)
	default:
		if !l.pep508(n, line) {
			l.note(n, "a line that could not be read: %s", line)
		}
	}
}

// pipOption notes what an option brings in from elsewhere; where packages are
// fetched from says nothing of which.
func (l *list) pipOption(n int, line string) {
	name, value := line, ""
	if i := strings.IndexAny(line, " ="); i > 0 {
		name, value = line[:i], strings.TrimSpace(line[i+1:])
	}
	switch {
	case name == "-r" || name == "--requirement":
		l.note(n, "it names another list, which was not followed: %s", value)
	case strings.HasPrefix(name, "-r"):
		l.note(n, "it names another list, which was not followed: %s", name[2:])
	case name == "-c" || name == "--constraint":
		l.note(n, "it names a list of limits, which was not followed: %s", value)
	case name == "-e" || name == "--editable":
		l.pythonAddress(n, value)
	}
}

// pythonAddress reads a package that is named by where it stands.
func (l *list) pythonAddress(n int, s string) {
	s, condition, _ := strings.Cut(s, ";")
	s = strings.TrimSpace(s)
	p := landwaiter.DeclaredPackage{Ecosystem: "python", Line: n, Condition: strings.TrimSpace(condition)}
	bare, _, _ := strings.Cut(s, "#")
	bare, _, _ = strings.Cut(bare, "?")
	if m := egg.FindStringSubmatch(s); m != nil {
		p.Name = m[1]
	} else if m := wheel.FindStringSubmatch(path.Base(bare)); m != nil {
		p.Name, p.Version = m[1], strings.ReplaceAll(m[2], "_", "+")
	}
	if p.Name == "" {
		l.note(n, "software named only by where it stands: %s", hideLogin(s))
		return
	}
	l.add(p)
}

var login = regexp.MustCompile(`://[^/@\s]*@`)

// hideLogin takes names and passwords out of addresses: reports travel.
func hideLogin(s string) string { return login.ReplaceAllString(s, "://…@") }

// pep508 reads "name[extra] >=1,<2; marker" or "name @ address", and reports whether
// it is that.
//
// Format: PEP 508; names by PEP 503, versions by PEP 440.
func (l *list) pep508(n int, s string) bool {
	p, ok := parsePEP508(s)
	if ok {
		p.Line = n
		l.add(p)
	}
	return ok
}

func parsePEP508(s string) (p landwaiter.DeclaredPackage, ok bool) {
	s, condition, _ := strings.Cut(s, ";")
	m := requirement.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return p, false
	}
	p = landwaiter.DeclaredPackage{Ecosystem: "python", Name: m[1], Condition: strings.TrimSpace(condition)}
	rest := strings.TrimSpace(m[2])
	if address, isURL := strings.CutPrefix(rest, "@"); isURL {
		if w := wheel.FindStringSubmatch(path.Base(strings.TrimSpace(address))); w != nil {
			p.Version = w[2]
		}
		return p, true
	}
	if strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")") {
		rest = strings.TrimSpace(rest[1 : len(rest)-1])
	}
	switch pin := pinned.FindStringSubmatch(rest); {
	case rest == "":
	case pin != nil:
		p.Version = pin[1]
	case specifiers.MatchString(rest):
		p.Constraint = rest
	default:
		return p, false
	}
	return p, true
}

// readPyproject reads what a Python project asks for: PEP 621's list, or Poetry's.
// Extras and groups are asked for only by some, so they are noted.
func readPyproject(l *list) error {
	if len(l.data) > maxConfig {
		return l.damagef(0, "it is larger than %d bytes", maxConfig)
	}
	// The library reads lists inside lists by calling itself.
	if deep(l.data) {
		return l.damagef(0, "lists inside lists inside lists without end")
	}
	var doc struct {
		Project struct {
			Dependencies []string
			Optional     map[string]any `toml:"optional-dependencies"`
		}
		Groups map[string]any `toml:"dependency-groups"`
		Tool   struct {
			Poetry struct {
				Dependencies map[string]any
				Group        map[string]any
			}
		}
	}
	if err := toml.Unmarshal(l.data, &doc); err != nil {
		line := 0
		if e, ok := err.(toml.ParseError); ok { //nolint:errorlint // the library returns it bare
			line = e.Position.Line
		}
		return l.damagef(line, "it is no TOML: %w", err)
	}
	for _, d := range doc.Project.Dependencies {
		if !l.pep508(0, d) {
			l.note(0, "an item that could not be read: %s", d)
		}
	}
	poetry := doc.Tool.Poetry.Dependencies
	for _, name := range sortedKeys(poetry) {
		l.poetry(name, poetry[name])
	}
	for _, g := range slices.Concat(sortedKeys(doc.Project.Optional), sortedKeys(doc.Groups), sortedKeys(doc.Tool.Poetry.Group)) {
		l.note(0, "a group that is asked for only at times was left out: %s", g)
	}
	return nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// deep reports whether brackets nest beyond what a person writes.
func deep(data []byte) bool {
	depth := 0
	for _, c := range data {
		switch c {
		case '[', '{':
			if depth++; depth > 200 {
				return true
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return false
}

var plainVersion = regexp.MustCompile(`^==?\s*([0-9][^\s,*]*)$`)

// poetry reads one dependency in Poetry's words. "^1.2" and a bare "1.2" are ranges
// of its own.
func (l *list) poetry(name string, value any) {
	if name == "python" {
		return
	}
	p := landwaiter.DeclaredPackage{Ecosystem: "python", Name: name}
	text, _ := value.(string)
	if t, ok := value.(map[string]any); ok {
		text, _ = t["version"].(string)
		p.Condition, _ = t["markers"].(string)
	}
	if m := plainVersion.FindStringSubmatch(text); m != nil {
		p.Version = m[1]
	} else if text != "*" {
		p.Constraint = text
	}
	l.add(p)
}
