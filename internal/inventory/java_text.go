package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// parseJavaPOM reads groupId, artifactId and version.
func parseJavaPOM(r io.Reader) (javaCoordinates, error) {
	c := javaCoordinates{method: javaPOM}
	props, err := parseProperties(r)
	if err != nil {
		return c, err
	}
	c.group, c.artifact, c.version = props["groupId"], props["artifactId"], props["version"]
	if !javaToken(c.group) || !javaToken(c.artifact) || !javaToken(c.version) {
		return c, fmt.Errorf("it names no package: group %.80q, artifact %.80q, version %.80q", c.group, c.artifact, c.version)
	}
	return c, nil
}

// parseProperties reads Java's properties: the first of each key counts here, as
// two are a trick or an accident.
//
// Format: java.util.Properties.load.
func parseProperties(r io.Reader) (map[string]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, javaMaxPOM+1))
	if err != nil {
		return nil, err
	}
	if len(text) > javaMaxPOM {
		return nil, fmt.Errorf("a text of more than %d bytes: %w", javaMaxPOM, landwaiter.ErrTooLarge)
	}
	props := make(map[string]string)
	var logical string
	more := false
	for line := range strings.FieldsFuncSeq(latin1(text), func(c rune) bool { return c == '\n' || c == '\r' }) {
		line = strings.TrimLeft(line, " \t\f")
		if !more && (line == "" || line[0] == '#' || line[0] == '!') {
			continue
		}
		slashes := len(line) - len(strings.TrimRight(line, `\`))
		if more = slashes%2 == 1; more {
			logical += line[:len(line)-1]
			if len(logical) > limitProperty {
				return nil, errors.New("a property without an end")
			}
			continue
		}
		key, value := splitProperty(logical + line)
		if _, ok := props[key]; !ok && len(props) < limitProperty {
			props[key] = value
		}
		logical = ""
	}
	return props, nil
}

// limitProperty is both the longest property and the most of them; a
// pom.properties has three short ones.
const limitProperty = 4096

// splitProperty splits a line at the first "=", ":" or space that no backslash
// stands before.
func splitProperty(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
		} else if strings.IndexByte("=: \t\f", line[i]) >= 0 {
			end = i
			break
		}
	}
	key, value = line[:end], strings.TrimLeft(line[end:], " \t\f")
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = value[1:]
	}
	return unescapeProperty(key), unescapeProperty(strings.Trim(value, " \t\f"))
}

func unescapeProperty(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'u' && i+5 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+5], 16, 16); err == nil {
				b.WriteRune(rune(n))
				i += 4
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// javaManifestFacts are the main attributes of a manifest that matter here.
type javaManifestFacts map[string]string

var javaAttributes = []string{
	"Automatic-Module-Name", "Bundle-SymbolicName", "Bundle-Vendor", "Bundle-Version",
	"Implementation-Title", "Implementation-Vendor", "Implementation-Vendor-Id", "Implementation-Version",
}

// parseJavaManifest reads the main section, which ends at the first empty line. A
// line that starts with a space goes on with the line before, even in the middle
// of a letter.
func parseJavaManifest(r io.Reader) (*javaManifestFacts, error) {
	limited := &io.LimitedReader{R: r, N: javaMaxText + 1}
	text, err := readMainSection(limited)
	if err != nil {
		return nil, err
	}
	m := make(javaManifestFacts)
	text = bytes.ReplaceAll(text, []byte("\n "), nil)
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(latin1(bytes.TrimSuffix(line, []byte("\n"))), ":")
		if !ok {
			continue
		}
		for _, name := range javaAttributes {
			if value = strings.TrimSpace(value); strings.EqualFold(key, name) && m[name] == "" && printable(value) {
				m[name] = value
			}
		}
	}
	return &m, nil
}

// readMainSection returns the lines up to the first empty one, ended by LF.
func readMainSection(r *io.LimitedReader) ([]byte, error) {
	var text []byte
	chunk := make([]byte, 4<<10)
	for {
		n, err := r.Read(chunk)
		// An empty line may begin in the chunk before.
		from := max(0, len(text)-len("\n\r"))
		text = append(text, chunk[:n]...)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if r.N == 0 {
			return nil, fmt.Errorf("a main section of more than %d bytes: %w", javaMaxText, landwaiter.ErrTooLarge)
		}
		end := mainSectionEnd(text[from:])
		if end < 0 && err == nil {
			continue
		}
		if end >= 0 {
			text = text[:from+end]
		}
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		return bytes.ReplaceAll(text, []byte("\r"), []byte("\n")), nil
	}
}

// mainSectionEnd finds the first empty line, -1 where there is none.
func mainSectionEnd(text []byte) int {
	end := -1
	for _, blank := range []string{"\n\n", "\n\r\n", "\r\r"} {
		if i := bytes.Index(text, []byte(blank)); i >= 0 && (end < 0 || i < end) {
			end = i
		}
	}
	return end
}

// name is what the manifest calls the code, where that can be a package's name.
func (m javaManifestFacts) name() string {
	symbolic, _, _ := strings.Cut(m["Bundle-SymbolicName"], ";")
	for _, s := range []string{m["Implementation-Title"], strings.TrimSpace(symbolic), m["Automatic-Module-Name"]} {
		if javaToken(s) {
			return s
		}
	}
	return ""
}

func (m javaManifestFacts) version() string {
	for _, s := range []string{m["Implementation-Version"], m["Bundle-Version"]} {
		if javaToken(s) && strings.ContainsAny(s, "0123456789") {
			return s
		}
	}
	return ""
}

// contradicts reports whether the manifest gives another version and a name that
// has nothing of c's.
func (m javaManifestFacts) contradicts(c *javaCoordinates) bool {
	name, version := m.name(), m.version()
	return name != "" && version != "" && version != c.version && !strings.Contains(strings.ToLower(name), strings.ToLower(c.artifact))
}

func (m javaManifestFacts) vendor() string {
	if v := m["Implementation-Vendor"]; v != "" {
		return v
	}
	return m["Bundle-Vendor"]
}

// group is the group of a package, where the maker's ID and the bundle's
// symbolic name agree on it: Maven makes that name from group and name. The
// maker's ID alone is often not the group: "org.apache" for the group
// "org.apache.commons", or for "commons-lang".
func (m javaManifestFacts) group(artifact string) string {
	id := m["Implementation-Vendor-Id"]
	symbolic, _, _ := strings.Cut(m["Bundle-SymbolicName"], ";")
	symbolic = strings.TrimSpace(symbolic)
	if !javaToken(id) || !strings.Contains(id, ".") || !javaToken(artifact) {
		return ""
	}
	last := id[strings.LastIndexByte(id, '.')+1:]
	if symbolic == id+"."+artifact || strings.HasPrefix(artifact, last) && symbolic == id+strings.TrimPrefix(artifact, last) {
		return id
	}
	return ""
}
