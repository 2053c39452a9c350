package declared

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// lockedNPM is one entry of npm's lock file, of any version.
type lockedNPM struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Link     bool   `json:"link"`
	Dev      bool   `json:"dev"`
	Optional bool   `json:"optional"`
}

// lockedTree is an entry of version 1, which nests.
type lockedTree struct {
	lockedNPM
	Dependencies map[string]lockedTree `json:"dependencies"`
}

// readPackageLock reads npm's lock file, versions 1 to 3.
//
// Format: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json
func readPackageLock(l *list) error {
	var doc struct {
		Version      json.Number          `json:"lockfileVersion"`
		Packages     map[string]lockedNPM `json:"packages"`
		Dependencies json.RawMessage      `json:"dependencies"`
	}
	if err := l.json(&doc); err != nil {
		return err
	}
	if doc.Packages == nil {
		tree := map[string]lockedTree{}
		if len(doc.Dependencies) > 0 {
			if err := json.Unmarshal(doc.Dependencies, &tree); err != nil {
				return l.damagef(0, "its dependencies: %w", err)
			}
		} else if doc.Version == "" {
			return l.damagef(0, "%w: neither packages nor dependencies", errNoList)
		}
		l.lockTree(tree)
		return nil
	}
	for _, place := range slices.Sorted(maps.Keys(doc.Packages)) {
		p := doc.Packages[place]
		i := strings.LastIndex(place, "node_modules/")
		if i < 0 || p.Link {
			continue // the project itself and its workspaces
		}
		if p.Name == "" {
			p.Name = place[i+len("node_modules/"):]
		}
		l.lockedNPM(p)
	}
	return nil
}

func (l *list) lockTree(tree map[string]lockedTree) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		p := tree[name]
		p.Name = name
		l.lockedNPM(p.lockedNPM)
		l.lockTree(p.Dependencies)
	}
}

func (l *list) lockedNPM(p lockedNPM) {
	d := landwaiter.DeclaredPackage{Ecosystem: "npm", Name: p.Name}
	switch {
	case p.Dev:
		d.Condition = "for development"
	case p.Optional:
		d.Condition = "optional"
	}
	// An alias or an address stands where the version should.
	if exactNPM.MatchString(p.Version) {
		d.Version = p.Version
	} else {
		d.Constraint = hideLogin(p.Version)
	}
	l.addOnce(d)
}

var exactNPM = regexp.MustCompile(`^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$`)

// addOnce adds p unless the item before it is the same: a lock file holds one
// version at many places. Sorting by place keeps most of these apart, so that the
// comparison, not this, counts a version once.
func (l *list) addOnce(p landwaiter.DeclaredPackage) {
	if n := len(l.d.Packages); n > 0 && l.d.Packages[n-1] == p {
		return
	}
	l.add(p)
}

var (
	yarnHead    = regexp.MustCompile(`^"?(@?[^@",]+)@`)
	yarnVersion = regexp.MustCompile(`^\s+version:? "?([^"\s]+)"?$`)
)

// readYarnLock reads yarn's lock file, the classic form and that of yarn 2 and later.
func readYarnLock(l *list) error {
	name, at := "", 0
	return l.lines(func(n int, line string) error {
		if line != "" && line[0] != ' ' && line[0] != '#' {
			name, at = "", n
			if m := yarnHead.FindStringSubmatch(line); m != nil && !strings.Contains(line, "@workspace:") {
				name = m[1]
			}
			return nil
		}
		if m := yarnVersion.FindStringSubmatch(line); m != nil && name != "" {
			l.add(landwaiter.DeclaredPackage{Ecosystem: "npm", Name: name, Version: m[1], Line: at})
			name = ""
		}
		return nil
	})
}

// readRenvLock reads renv's lock file.
//
// Format: https://rstudio.github.io/renv/reference/lockfiles.html
func readRenvLock(l *list) error {
	var doc struct {
		Packages map[string]struct {
			Package, Version, Source string
		}
	}
	if err := l.json(&doc); err != nil {
		return err
	}
	if doc.Packages == nil {
		return l.damagef(0, "%w: no member Packages", errNoList)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Packages)) {
		l.add(landwaiter.DeclaredPackage{Ecosystem: "r", Name: name, Version: doc.Packages[name].Version})
	}
	return nil
}

// readPipfileLock reads pipenv's lock file.
func readPipfileLock(l *list) error {
	type locked struct {
		Version string `json:"version"`
		Markers string `json:"markers"`
	}
	var doc struct {
		Default map[string]locked `json:"default"`
		Develop map[string]locked `json:"develop"`
	}
	if err := l.json(&doc); err != nil {
		return err
	}
	if doc.Default == nil && doc.Develop == nil {
		return l.damagef(0, "%w: neither default nor develop", errNoList)
	}
	for i, group := range []map[string]locked{doc.Default, doc.Develop} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			p := landwaiter.DeclaredPackage{
				Ecosystem: "python", Name: name, Version: strings.TrimPrefix(group[name].Version, "=="), Condition: group[name].Markers,
			}
			if i == 1 {
				p.Condition = "for development"
			}
			l.add(p)
		}
	}
	return nil
}

var tomlPair = regexp.MustCompile(`^(name|version|optional|source)\s*=\s*(.+)$`)

// lockVersion is a line of every such file, of one without packages as well.
var lockVersion = regexp.MustCompile(`^(?:lock[-_])?version\s*=`)

// readTOMLLock reads the lock files of poetry, uv, pdm and cargo, which their tools
// write in one way: a line [[package]], then one line for each value.
func readTOMLLock(l *list) error {
	var p *landwaiter.DeclaredPackage
	own, lock := false, false
	flush := func() {
		if p != nil && !own {
			l.add(*p)
		}
		p, own = nil, false
	}
	err := l.lines(func(n int, line string) error {
		if strings.HasPrefix(line, "[") {
			flush()
			if line == "[[package]]" {
				p, lock = &landwaiter.DeclaredPackage{Ecosystem: l.row.ecosystems[0], Line: n}, true
			}
			return nil
		}
		lock = lock || lockVersion.MatchString(line)
		m := tomlPair.FindStringSubmatch(line)
		if p == nil || m == nil {
			return nil
		}
		value := strings.Trim(m[2], `"'`)
		switch m[1] {
		case "name":
			p.Name = value
		case "version":
			p.Version = value
		case "optional":
			if value == "true" {
				p.Condition = "optional"
			}
		case "source": // the project itself, as uv writes it
			own = strings.Contains(value, "virtual =") || strings.Contains(value, "editable =")
		}
		return nil
	})
	flush()
	if err == nil && !lock {
		return l.damagef(0, "%w: neither a line [[package]] nor one of the lock's version", errNoList)
	}
	return err
}

var gemSpec = regexp.MustCompile(`^ {4}(\S+) \(([^)]+)\)$`)

// readGemfileLock reads Bundler's lock file: the gems stand below "specs:", four
// spaces in; what they need stands deeper.
func readGemfileLock(l *list) error {
	section := ""
	return l.lines(func(n int, line string) error {
		if line != "" && line[0] != ' ' {
			section = line
		}
		m := gemSpec.FindStringSubmatch(line)
		if m == nil || section == "PLATFORMS" || section == "CHECKSUMS" {
			return nil
		}
		version, _, _ := strings.Cut(m[2], "-") // a platform: 1.13.0-x86_64-linux
		l.add(landwaiter.DeclaredPackage{Ecosystem: "gem", Name: m[1], Version: version, Line: n})
		return nil
	})
}

var goRequire = regexp.MustCompile(`^(?:require\s+)?([^\s()]+\.[^\s()]+/?\S*)\s+(v\S+)`)

// readGoMod reads the modules that a Go module requires. A replacement changes what
// is built, so it is noted.
//
// Format: https://go.dev/ref/mod#go-mod-file
func readGoMod(l *list) error {
	block := ""
	return l.lines(func(n int, line string) error {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "//")
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasSuffix(line, "("):
			block = word
			return nil
		case line == ")":
			block = ""
			return nil
		case block == "" && word == "replace", block == "replace" && line != "":
			l.note(n, "a module is replaced by another: %s", line)
			return nil
		case block == "" && word != "require" || block != "" && block != "require":
			return nil
		}
		if m := goRequire.FindStringSubmatch(line); m != nil {
			l.add(landwaiter.DeclaredPackage{Ecosystem: "go", Name: m[1], Version: m[2], Line: n})
		} else if rest != "" {
			l.note(n, "a line that could not be read: %s", line)
		}
		return nil
	})
}
