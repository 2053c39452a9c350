// Package declared reads lists of software that somebody wrote (bills of materials,
// requirements, locked versions, recipes) and holds them against what was observed.
// What a list says is a claim; what it cannot say is noted.
package declared

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Caps on one list. The largest bills of materials seen hold some 20,000 packages.
const (
	maxBytes    = limitio.MaxText
	maxPackages = 200_000
	maxNotes    = 100 // before the rest is counted
	maxText     = 1024
	maxConfig   = 1 << 20 // a list that a person wrote in TOML or YAML
	sniffed     = 4096    // bytes that say what a file is
)

// format is one row of the table.
type format struct {
	name string
	// is reports whether a file is of this format, by its base name in lower case
	// and its first bytes.
	is func(base string, head []byte) bool
	// everything and ecosystems: see landwaiter.Declaration.
	everything bool
	ecosystems []string
	// read adds what the list says. It returns *landwaiter.SyntaxError at damage.
	read func(l *list) error
}

// formats is the table. The first row that knows a file reads it.
func formats() []format {
	return []format{
		{"CycloneDX", isCycloneDX, true, nil, readCycloneDX},
		{"SPDX", isSPDX, true, nil, readSPDX},
		{"package-lock.json", named("package-lock.json", "npm-shrinkwrap.json", ".package-lock.json"), false, []string{"npm"}, readPackageLock},
		{"yarn.lock", named("yarn.lock"), false, []string{"npm"}, readYarnLock},
		{"renv.lock", named("renv.lock"), false, []string{"r"}, readRenvLock},
		{"Pipfile.lock", named("pipfile.lock"), false, []string{"python"}, readPipfileLock},
		{"poetry.lock", named("poetry.lock", "uv.lock", "pdm.lock"), false, []string{"python"}, readTOMLLock},
		{"Cargo.lock", named("cargo.lock"), false, []string{"rust"}, readTOMLLock},
		{"pyproject.toml", named("pyproject.toml"), false, []string{"python"}, readPyproject},
		{"Gemfile.lock", named("gemfile.lock"), false, []string{"gem"}, readGemfileLock},
		{"go.mod", named("go.mod"), false, []string{"go"}, readGoMod},
		{"conda list", isCondaExplicit, false, []string{"conda", "python"}, readCondaExplicit},
		{"environment.yml", isEnvironment, false, []string{"conda", "python"}, readEnvironment},
		{"Dockerfile", isDockerfile, false, nil, readDockerfile},
		{"requirements.txt", isRequirements, false, []string{"python"}, readRequirements},
	}
}

// named knows files by their base names, in lower case.
func named(bases ...string) func(string, []byte) bool {
	return func(base string, _ []byte) bool { return slices.Contains(bases, base) }
}

// list is one file while it is read.
type list struct {
	name string // of the file, for errors
	data []byte
	row  *format
	d    *landwaiter.Declaration
	left int // notes beyond maxNotes
	full bool
}

// Read reads a list; name is its path and helps to know its format. It fails with
// *landwaiter.SyntaxError at damage, with landwaiter.ErrUnsupported where no format
// fits, and with landwaiter.ErrTooLarge past a cap.
func Read(r io.Reader, name string) (_ *landwaiter.Declaration, err error) {
	data, err := limitio.ReadAll(r, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	for _, row := range formats() {
		if !row.is(base, data[:min(len(data), sniffed)]) {
			continue
		}
		l := &list{name: name, data: data, row: &row, d: &landwaiter.Declaration{
			File: name, Format: row.name, SHA256: hex.EncodeToString(sum[:]), Everything: row.everything,
			Ecosystems: slices.Clone(row.ecosystems), Packages: []landwaiter.DeclaredPackage{},
		}}
		if err := l.read(); err != nil {
			return nil, err
		}
		return l.d, nil
	}
	return nil, fmt.Errorf("%s: its name and first lines fit no list that we read; give it one of these names, or the content of the first two: %s: %w",
		name, strings.Join(Formats(), ", "), landwaiter.ErrUnsupported)
}

// Formats names every format, in the order in which files are held against them.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// read runs the row's reader. A panic of a library is damage of the file, for which
// nobody else's assessment should end.
func (l *list) read() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &landwaiter.SyntaxError{Path: l.name, Err: fmt.Errorf("it cannot be read: %v", p)}
		}
	}()
	if err := l.row.read(l); err != nil {
		return err
	}
	if l.full {
		return fmt.Errorf("%s: more than %d packages: %w", l.name, maxPackages, landwaiter.ErrTooLarge)
	}
	if l.left > 0 {
		l.d.Notes = append(l.d.Notes, landwaiter.DeclaredNote{Reason: fmt.Sprintf("and %d more things that the list does not say", l.left)})
	}
	return nil
}

// add adds a package. One whose name is no name is noted instead.
func (l *list) add(p landwaiter.DeclaredPackage) {
	if p.PURL != "" {
		if u, ok := parsePURL(p.PURL); ok && u.ecosystem() != "" {
			p.Ecosystem = u.ecosystem()
		}
	}
	switch {
	case len(l.d.Packages) >= maxPackages:
		l.full = true
		return
	case p.Name == "" || !printable(p.Name):
		l.note(p.Line, "an item without a name that could be read")
		return
	}
	for _, s := range []*string{&p.Version, &p.Constraint, &p.Condition, &p.PURL} {
		if !printable(*s) {
			*s = ""
			l.note(p.Line, "what is said of %s could not be read in full", p.Name)
		}
	}
	l.d.Packages = append(l.d.Packages, p)
}

// note adds what the list does not say.
func (l *list) note(line int, format string, args ...any) {
	if len(l.d.Notes) >= maxNotes {
		l.left++
		return
	}
	l.d.Notes = append(l.d.Notes, landwaiter.DeclaredNote{Line: line, Reason: clip(fmt.Sprintf(format, args...))})
}

func (l *list) damagef(line int, format string, args ...any) error {
	return &landwaiter.SyntaxError{Path: l.name, Line: line, Err: fmt.Errorf(format, args...)}
}

// printable reports whether s is short valid text that no terminal obeys.
func printable(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// clip makes text from a list fit to be shown.
func clip(s string) string {
	const most = 200
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "?") {
		if b.Len() > most {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// lines calls each for every line, from 1, without its end. A line that is too long
// is damage.
func (l *list) lines(each func(n int, line string) error) error {
	n := 0
	for line := range bytes.Lines(l.data) {
		n++
		if len(line) > limitio.MaxLine {
			return l.damagef(n, "a line of more than %d bytes: %w", limitio.MaxLine, landwaiter.ErrTooLarge)
		}
		if err := each(n, strings.TrimRight(string(line), "\r\n")); err != nil {
			return err
		}
	}
	return nil
}

// lineAt is the line of an offset.
func (l *list) lineAt(offset int64) int {
	return 1 + bytes.Count(l.data[:max(0, min(offset, int64(len(l.data))))], []byte("\n"))
}

var errNoList = errors.New("it holds no list of packages")
