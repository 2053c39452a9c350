package inventory

import (
	"errors"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// osReleasePaths are where a system says what it is, best first. The last is
// only of use where the others are missing: Ubuntu has one that names Debian.
var osReleasePaths = []string{"etc/os-release", "usr/lib/os-release", "etc/debian_version"}

// parseOSRelease reads one of osReleasePaths. Lines that assign nothing are
// passed over, as systemd does. A file that names no system is a
// *landwaiter.SyntaxError.
//
// Format: os-release(5).
func parseOSRelease(path string, r io.Reader) (*landwaiter.System, error) {
	if strings.HasSuffix(path, "debian_version") {
		return parseDebianVersion(path, r)
	}
	sys := &landwaiter.System{Path: path}
	fields := map[string]*string{
		"ID": &sys.ID, "VERSION_ID": &sys.VersionID, "VERSION_CODENAME": &sys.Codename,
		"PRETTY_NAME": &sys.Name, "ID_LIKE": &sys.Like,
	}
	var name string
	l := newLines(path, r)
	for l.next() {
		key, value, ok := strings.Cut(strings.TrimSpace(string(l.text)), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		if key == "NAME" {
			name = unquoteShell(value)
		}
		if field := fields[key]; field != nil {
			*field = unquoteShell(value)
		}
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	if sys.Name == "" {
		sys.Name = name
	}
	if sys.ID == "" {
		return nil, &landwaiter.SyntaxError{Path: path, Err: errors.New("no ID, so the system is not named")}
	}
	return sys, nil
}

// unquoteShell reads the value of a shell assignment: in single quotes as it
// stands, else with backslashes.
func unquoteShell(value string) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(value):
			i++
			// In double quotes a backslash stands before these alone.
			if quote == '"' && !strings.ContainsRune("\"\\$`", rune(value[i])) {
				b.WriteByte('\\')
			}
			b.WriteByte(value[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String() // the shell's next word
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// parseDebianVersion reads "12.5" of a release or "trixie/sid" of what will be
// one. VersionID is the release alone, as os-release gives it.
func parseDebianVersion(path string, r io.Reader) (*landwaiter.System, error) {
	l := newLines(path, r)
	var text string
	for text == "" && l.next() {
		text = strings.TrimSpace(string(l.text))
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	if text == "" {
		return nil, &landwaiter.SyntaxError{Path: path, Err: errors.New("no version")}
	}
	sys := &landwaiter.System{ID: "debian", Name: "Debian " + text, Path: path}
	if codename, _, ok := strings.Cut(text, "/"); ok {
		sys.Codename = codename
	} else {
		sys.VersionID, _, _ = strings.Cut(text, ".")
	}
	return sys, nil
}
