package inventory

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// readPythonRecord reads RECORD: lines of "path,algorithm=sum,size", with paths
// relative to the folder above the metadata, or absolute. An entry without a sum,
// such as a compiled .pyc, is owned but cannot be checked.
func readPythonRecord(f *file, key string, out *facts) error {
	if f.Size > limitio.MaxMetadata {
		return pythonTooLarge(f)
	}
	site := path.Dir(key)
	var n tally
	var bad error // the first entry whose sum makes no sense
	r := csv.NewReader(f.Reader())
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	r.ReuseRecord = true
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return bad
		}
		if err != nil {
			return &landwaiter.SyntaxError{Path: f.Path, Err: err}
		}
		line, _ := r.FieldPos(0)
		name, sum := record[0], ""
		if last := len(record) - 2; last > 0 {
			// Some old wheels do not quote a name with commas in it.
			name, sum = strings.Join(record[:last], ","), record[last]
		}
		if name == "" {
			continue
		}
		sum, err = pythonSum(sum)
		if err != nil && bad == nil {
			bad = &landwaiter.SyntaxError{Path: f.Path, Line: line, Err: err}
		}
		full := pythonPath(site, name)
		if err := n.add(full); err != nil {
			return &landwaiter.SyntaxError{Path: f.Path, Line: line, Err: err}
		}
		out.Owns(key, full, sum)
	}
}

// pythonPath is name as seen from folder, not yet clean. "../../../bin/x" is how a
// record names what lies outside.
func pythonPath(folder, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return folder + "/" + name
}

// pythonSumBytes are the algorithms that a claim can hold.
var pythonSumBytes = map[string]int{"md5": 16, "sha1": 20, "sha256": 32}

// pythonSum turns "sha256=URL-SAFE-BASE64", or the sum in hex, into "sha256:HEX".
// It is "" for algorithms that a claim cannot hold.
func pythonSum(s string) (string, error) {
	algorithm, value, ok := strings.Cut(s, "=")
	if s == "" || ok && pythonSumBytes[algorithm] == 0 {
		return "", nil
	}
	if !ok {
		return "", fmt.Errorf("the sum of a file, %.80q, names no algorithm", s)
	}
	var raw, sum [64]byte
	value = strings.TrimRight(value, "=")
	n, err := 0, error(nil)
	if base64.RawURLEncoding.DecodedLen(len(value)) <= len(raw) {
		n, err = base64.RawURLEncoding.Decode(raw[:], []byte(value))
	}
	if plain := strings.ToLower(value); isHex(plain, 2*pythonSumBytes[algorithm]) {
		return algorithm + ":" + plain, nil // as Debian's builder writes them
	}
	if err != nil || n != pythonSumBytes[algorithm] {
		return "", fmt.Errorf("the sum of a file, %.80q, is none", s)
	}
	return algorithm + ":" + string(hex.AppendEncode(sum[:0], raw[:n])), nil
}

// readPythonInstalled reads the list that pip kept for packages installed
// through setup.py: paths relative to the folder of the metadata.
func readPythonInstalled(f *file, key string, out *facts) error {
	return pythonList(f, key, out, func(name string) string { return pythonPath(key, name) })
}

// readPythonSources reads setuptools' list of what a package was built from,
// relative to the root of the project. What is installed lies beside the
// metadata, without the "src/" that the project may have put before it. A name
// in the list that is not there claims nothing.
//
// top_level.txt is left alone on purpose: it names folders, and a folder would
// own whatever else somebody put in it.
func readPythonSources(f *file, key string, out *facts) error {
	site := path.Dir(key)
	if path.Base(key) == "EGG-INFO" {
		return nil // the egg owns its whole folder
	}
	return pythonList(f, key, out, func(name string) string {
		if !strings.Contains(name, "/") && (path.Ext(name) != ".py" || name == "setup.py") {
			return "" // the project's own papers are not installed
		}
		return pythonPath(site, strings.TrimPrefix(name, "src/"))
	})
}

// readPythonRequires reads setuptools' list of what a package needs, one
// requirement a line. A section "[extra]" or "[extra:marker]" is for those who
// ask for the extra; one that is a marker alone, "[:marker]", for some machines.
func readPythonRequires(f *file, key string, out *facts) error {
	if f.Size > limitio.MaxMetadata {
		return pythonTooLarge(f)
	}
	var names []string
	l := newLines(f.Path, f.Reader())
	for always := true; l.next(); {
		line := strings.TrimSpace(string(l.text))
		if strings.HasPrefix(line, "[") {
			always = strings.HasPrefix(line, "[:")
			continue
		}
		if name := pythonRequirement(line); always && name != "" {
			names = append(names, name)
		}
	}
	out.Amend(amendment{key: key, requires: unique(names)})
	return l.err()
}

func pythonList(f *file, key string, out *facts, place func(name string) string) error {
	if f.Size > limitio.MaxMetadata {
		return pythonTooLarge(f)
	}
	var n tally
	l := newLines(f.Path, f.Reader())
	for l.next() {
		if l.blank() {
			continue
		}
		full := place(string(l.text))
		if full == "" {
			continue
		}
		if err := n.add(full); err != nil {
			return l.damagef("%w", err)
		}
		out.Owns(key, full, "")
	}
	return l.err()
}
