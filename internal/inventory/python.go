package inventory

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// pythonWant names what installers of Python packages leave beside them, and
// the archives that Python can import from or install from.
var pythonWant = want{
	bases:    []string{"METADATA", "RECORD", "PKG-INFO", "SOURCES.txt", "installed-files.txt", pythonRequested, pythonOrigin, "requires.txt"},
	suffixes: []string{".egg-info", ".egg", ".whl"},
	also:     pythonInstalled,
}

// pythonRequested is the empty file by which installers note that somebody asked
// for a package (PEP 376).
const pythonRequested = "REQUESTED"

// pythonInstalled reports whether the file at name speaks of Python code that
// can be imported where it lies.
//
// Packages vendored in others ("_vendor") and those in a cache of uv count: they
// are whole and importable. What lies in conda's package cache does not: conda
// links it from there, and the other half of the rule stands in its own reader.
func pythonInstalled(name string) bool {
	folder, base, suffix := split(name)
	if inCondaCache(folder) {
		return false
	}
	if suffix == ".egg-info" || suffix == ".egg" || suffix == ".whl" {
		return true
	}
	_, parent, kind := split(strings.TrimSuffix(folder, "/"))
	switch base {
	case "METADATA", "RECORD", pythonRequested, pythonOrigin:
		return kind == ".dist-info"
	case "PKG-INFO", "SOURCES.txt", "installed-files.txt", "requires.txt":
		return kind == ".egg-info" || parent == "EGG-INFO"
	}
	return false
}

// inCondaCache reports whether folder is in a package of conda's cache,
// "…/pkgs/NAME-VERSION-BUILD/…/site-packages/…".
func inCondaCache(folder string) bool {
	_, rest, ok := strings.Cut("/"+folder, "/pkgs/")
	if !ok {
		return false
	}
	pkg, rest, _ := strings.Cut(rest, "/")
	return strings.Count(pkg, "-") >= 2 && !strings.HasSuffix(pkg, "-info") &&
		(strings.HasPrefix(rest, "site-packages/") || strings.Contains(rest, "/site-packages/"))
}

// readPython reads one file of a Python package's metadata. The key of the
// package is the folder of the metadata, or the file where the metadata is one
// file; it emits the name as written.
//
// Format: PEP 376, 427, 503, 566, 627, 639; setuptools' "Internal Structure of
// Python Eggs"; packaging.python.org, "Core metadata specifications".
func readPython(f *file, out *facts) (err error) {
	defer caught(f.Path, &err)
	folder, base, suffix := split(f.Path)
	key := strings.TrimSuffix(folder, "/")
	if key == "" {
		key = f.Path
	}
	switch {
	case suffix == ".whl":
		return readPythonArchive(f, "wheel file, not installed", "*.dist-info/METADATA", out)
	case suffix == ".egg":
		return readPythonArchive(f, "egg", "EGG-INFO/PKG-INFO", out)
	case base == pythonRequested:
		out.Amend(amendment{key: key, requested: true})
		return nil
	case base == pythonOrigin:
		return readPythonOrigin(f, key, out)
	case base == "requires.txt":
		return readPythonRequires(f, key, out)
	case base == "RECORD":
		return readPythonRecord(f, key, out)
	case base == "installed-files.txt":
		return readPythonInstalled(f, key, out)
	case base == "SOURCES.txt":
		return readPythonSources(f, key, out)
	case suffix == ".egg-info":
		out.Owns(f.Path, f.Path, "")
		return readPythonMetadata(f, f.Path, out)
	}
	err = readPythonMetadata(f, key, out)
	if len(out.packages) == 0 {
		return err
	}
	// An unpacked egg is one folder for the package and its metadata.
	folder = key
	if whole, ok := strings.CutSuffix(key, "/EGG-INFO"); ok && path.Ext(whole) == ".egg" {
		folder = whole
	}
	out.OwnsTree(key, folder)
	return err
}

func readPythonMetadata(f *file, key string, out *facts) error {
	method := "installed metadata"
	if strings.Contains("/"+key, "/_vendor") {
		method = "bundled metadata"
	}
	m, err := parsePythonMetadata(f.Path, f.Reader())
	if m.name == "" || m.version == "" {
		// The installer put both in the name of the folder as well.
		m.name, m.version = pythonFolder(path.Base(strings.TrimSuffix(key, "/EGG-INFO")))
		method = "folder name"
		if err == nil {
			err = &landwaiter.SyntaxError{Path: f.Path, Err: errors.New("no Name and Version")}
		}
	}
	if m.name != "" && m.version != "" {
		out.Package(method, m.pkg(), key)
	}
	return err
}

// readPythonArchive reads the metadata of a wheel or an egg that lies in the
// image as one file.
func readPythonArchive(f *file, method, pattern string, out *facts) error {
	zr, _, err := openZip(f.ReaderAt, f.Size, maxZipDirectory)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	for _, member := range zr.File {
		if ok, _ := path.Match(pattern, member.Name); !ok {
			continue
		}
		where := inside(f.Path, member.Name)
		rc, err := member.Open()
		if err != nil {
			return &landwaiter.SyntaxError{Path: where, Err: err}
		}
		m, err := parsePythonMetadata(where, rc)
		if m.name != "" && m.version != "" {
			out.PackageInside(method, where, m.pkg(), f.Path)
			out.Owns(f.Path, f.Path, "")
		} else if err == nil {
			err = &landwaiter.SyntaxError{Path: where, Err: errors.New("no Name and Version")}
		}
		_ = rc.Close()
		return err
	}
	return &landwaiter.SyntaxError{Path: f.Path, Err: errors.New("an archive without the metadata of a Python package")}
}

// pythonFolder splits "NAME-VERSION.dist-info" or
// "NAME-VERSION-py3.11.egg-info". Neither part holds a hyphen.
func pythonFolder(base string) (name, version string) {
	parts := strings.Split(strings.TrimSuffix(base, path.Ext(base)), "-")
	if len(parts) < 2 || !printable(parts[0]) || !printable(parts[1]) {
		return "", ""
	}
	return parts[0], parts[1]
}

// pythonMetadata is what the headers of METADATA or PKG-INFO say.
type pythonMetadata struct {
	name, version       string
	expression, licence string
	classified          []string // licences among the classifiers
	requires            []string
}

func (m *pythonMetadata) pkg() landwaiter.Package {
	return landwaiter.Package{
		Ecosystem: "python", Name: m.name, Version: m.version,
		PURL:     packageurl.NewPackageURL(packageurl.TypePyPi, "", normalPython(m.name), m.version, nil, "").ToString(),
		Licence:  m.licenceName(),
		Requires: m.requires,
	}
}

// licenceName prefers what machines can read. License often holds a whole
// licence text: that is not a name.
func (m *pythonMetadata) licenceName() string {
	const longest = 100
	switch short := len(m.licence) <= longest && m.licence != "UNKNOWN"; {
	case m.expression != "":
		return m.expression
	case short && m.licence != "":
		return m.licence
	}
	return strings.Join(m.classified, ", ")
}

// parsePythonMetadata reads headers up to the first blank line, or, as Python's
// own email parser does, up to the first line that is no header. What was read
// before an error stands.
func parsePythonMetadata(name string, r io.Reader) (*pythonMetadata, error) {
	m := new(pythonMetadata)
	var header, value string
	total := 0
	l := newLines(name, r)
	for l.next() && len(l.text) > 0 {
		if total += len(l.text); total > limitio.MaxMetadata {
			return m, l.damagef("headers of more than %d bytes: %w", limitio.MaxMetadata, landwaiter.ErrTooLarge)
		}
		if l.text[0] == ' ' || l.text[0] == '\t' {
			// Of the headers kept only a licence can go on, and then it is the text.
			if header == "license" {
				header = ""
			}
			continue
		}
		m.set(header, value)
		key, rest, ok := strings.Cut(latin1(l.text), ":")
		if header = strings.ToLower(strings.TrimSpace(key)); !ok || header == "" {
			if m.name == "" || m.version == "" {
				return m, l.damagef("no header name and colon")
			}
			return m, nil
		}
		value = strings.TrimSpace(rest)
	}
	m.set(header, value)
	return m, l.err()
}

// set keeps the first of each header, as Python does.
func (m *pythonMetadata) set(header, value string) {
	first := func(field *string) {
		if *field == "" && printable(value) {
			*field = value
		}
	}
	switch header {
	case "name":
		first(&m.name)
	case "version":
		first(&m.version)
	case "license-expression":
		first(&m.expression)
	case "license":
		first(&m.licence)
	case "classifier":
		if kind, rest, ok := strings.Cut(value, "::"); ok && strings.TrimSpace(kind) == "License" {
			parts := strings.Split(rest, "::")
			if last := strings.TrimSpace(parts[len(parts)-1]); printable(last) && last != "OSI Approved" {
				m.classified = append(m.classified, last)
			}
		}
	case "requires-dist":
		if name := pythonRequirement(value); name != "" {
			m.requires = append(m.requires, name)
		}
	}
}

// pythonRequirement returns the name in "name[extra] (>=1.0) ; marker", or ""
// where only an extra asks for it.
//
// Format: PEP 508.
func pythonRequirement(s string) string {
	s, marker, _ := strings.Cut(s, ";")
	if strings.Contains(strings.ReplaceAll(marker, " ", ""), "extra==") {
		return ""
	}
	if i := strings.IndexAny(s, " \t[(<>=!~@"); i >= 0 {
		s = s[:i]
	}
	if !printable(s) {
		return ""
	}
	return s
}

// normalPython is the name by which PEP 503 compares names.
func normalPython(name string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(name) {
		if c == '-' || c == '_' || c == '.' {
			gap = true
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(c)
	}
	if gap {
		b.WriteByte('-')
	}
	return b.String()
}

// latin1 is text in UTF-8, or in Latin-1 as old metadata is.
func latin1(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	runes := make([]rune, len(text))
	for i, c := range text {
		runes[i] = rune(c)
	}
	return string(runes)
}

// pythonTooLarge is the error of a file list over the cap.
func pythonTooLarge(f *file) error {
	return &landwaiter.SyntaxError{Path: f.Path, Err: fmt.Errorf("%d bytes, where %d are the most: %w", f.Size, limitio.MaxMetadata, landwaiter.ErrTooLarge)}
}
