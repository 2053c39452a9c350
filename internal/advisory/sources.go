package advisory

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// format is one row of the table: how a kind of source is recognised and read.
// A reader emits rows in file order, fails with *landwaiter.SyntaxError at
// damage, never panics and takes no more than its cap.
type format struct {
	name string
	// is recognises a file by its name.
	is func(base string) bool
	// read reads one file; of a source of OSV records, one record.
	read func(io.Reader, func(row) error) error
	// single is true where only one source of the format makes sense.
	single bool
}

// row is what readers emit; one field of it is set.
type row struct {
	record *osvRecord
	raw    []byte // of record
	score  *score
	eol    *EOL
	date   time.Time // the file's own date
}

// formats is the table of formats, in the order in which they are built.
var formats = []format{
	{"eol", named("distro-", ".csv"), readEOL, false},
	{"kev", func(b string) bool { return b == "kev.json" || b == "known_exploited_vulnerabilities.json" }, readKEV, true},
	{"epss", func(b string) bool { return named("epss", ".csv.gz")(b) || named("epss", ".csv")(b) }, readEPSS, true},
	{"ssvc", func(b string) bool { return named("ssvc", ".csv.gz")(b) || named("ssvc", ".csv")(b) }, readSSVC, true},
	{"osv", named("", ".zip"), readOSV, false},
}

func named(prefix, suffix string) func(string) bool {
	return func(base string) bool {
		return len(base) > len(suffix) && strings.HasPrefix(base, prefix) && strings.HasSuffix(base, suffix)
	}
}

// beside are files that may lie among sources and are none.
func beside(base string) bool {
	switch base {
	case manifestName, manifestOther, "SOURCES.md", "README.md", "LICENSE", "LICENCE", "ecosystems.txt", "modified_id.csv":
		return true
	}
	return strings.HasPrefix(base, ".") || strings.HasSuffix(base, partSuffix) || strings.HasSuffix(base, stateSuffix)
}

// input is a source that was found.
type input struct {
	name   string // such as "Debian" or "kev"
	format *format
	path   string
	folder bool // holds one record per file
	entry  entry
}

// find lists the sources in folders and files, by name. It fails on a file that
// it does not know: data that is passed over in silence would look like data that
// says nothing.
func find(from []string) ([]input, error) {
	var out []input
	var unknown []string
	for _, path := range from {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("source: %w", err)
		}
		found, odd, err := findIn(filepath.Clean(path), info.IsDir())
		if err != nil {
			return nil, err
		}
		out, unknown = append(out, found...), append(unknown, odd...)
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("no known kind of source: %s; move them away, or name each source instead of the folder: %w", strings.Join(unknown, ", "), landwaiter.ErrUnsupported)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no source of advisories in %s; give a folder with zips of osv.dev's layout: %w", strings.Join(from, ", "), landwaiter.ErrNotFound)
	}
	slices.SortStableFunc(out, func(a, b input) int { return strings.Compare(a.name, b.name) })
	single := map[string]string{}
	for i, in := range out {
		if i > 0 && out[i-1].name == in.name {
			return nil, fmt.Errorf("two sources are named %q: %s and %s; give one of them: %w", in.name, out[i-1].path, in.path, landwaiter.ErrInvalid)
		}
		if other, ok := single[in.format.name]; ok && in.format.single {
			return nil, fmt.Errorf("two sources of format %s: %s and %s; give one of them: %w", in.format.name, other, in.path, landwaiter.ErrInvalid)
		}
		single[in.format.name] = in.path
	}
	return out, nil
}

func findIn(path string, folder bool) (found []input, unknown []string, err error) {
	if !folder {
		in, ok, err := fileInput(path)
		if err != nil || ok {
			return []input{in}, nil, err
		}
		return nil, []string{path}, nil
	}
	if ok, err := holdsRecords(path); err != nil || ok {
		if err != nil {
			return nil, nil, err
		}
		in, err := folderInput(path)
		return []input{in}, nil, err
	}
	list, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, fmt.Errorf("source: %w", err)
	}
	for _, e := range list {
		full := filepath.Join(path, e.Name())
		if beside(e.Name()) {
			continue
		}
		info, err := os.Stat(full)
		if err != nil {
			return nil, nil, fmt.Errorf("source: %w", err)
		}
		in, ok, err := oneInput(full, info.IsDir())
		switch {
		case err != nil:
			return nil, nil, err
		case ok:
			found = append(found, in)
		default:
			unknown = append(unknown, full)
		}
	}
	return found, unknown, nil
}

// oneInput takes a file, a folder of records, or a folder of osv.dev's own layout
// that holds all.zip.
func oneInput(path string, folder bool) (input, bool, error) {
	if !folder {
		return fileInput(path)
	}
	all := filepath.Join(path, allZip)
	if _, err := os.Stat(all); err == nil {
		return fileInput(all)
	}
	ok, err := holdsRecords(path)
	if err != nil || !ok {
		return input{}, false, err
	}
	in, err := folderInput(path)
	return in, true, err
}

const allZip = "all.zip"

func fileInput(path string) (input, bool, error) {
	base := filepath.Base(path)
	for i := range formats {
		f := &formats[i]
		if !f.is(base) {
			continue
		}
		m, err := readManifest(filepath.Dir(path))
		if err != nil {
			return input{}, false, err
		}
		name := sourceName(base)
		if base == allZip { // osv.dev's own layout: the folder names the ecosystem
			name = filepath.Base(filepath.Dir(path))
		}
		return input{name: name, format: f, path: path, entry: m.find(base)}, true, nil
	}
	return input{}, false, nil
}

func folderInput(path string) (input, error) {
	m, err := readManifest(filepath.Dir(path))
	if err != nil {
		return input{}, err
	}
	base := filepath.Base(path)
	f := &formats[slices.IndexFunc(formats, func(f format) bool { return f.name == "osv" })]
	return input{name: base, format: f, path: path, folder: true, entry: m.find(base)}, nil
}

// holdsRecords reports whether a folder holds OSV records: only files named
// "ID.json" and what may lie beside them.
func holdsRecords(path string) (bool, error) {
	list, err := os.ReadDir(path)
	if err != nil {
		return false, fmt.Errorf("source: %w", err)
	}
	records := 0
	for _, e := range list {
		if beside(e.Name()) {
			continue
		}
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".json") || formatNamed(e.Name()) {
			return false, nil
		}
		records++
	}
	return records > 0, nil
}

func formatNamed(base string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.is(base) })
}

// sourceName is the file's name without what says its format.
func sourceName(base string) string {
	for _, suffix := range []string{".zip", ".csv.gz", ".csv", ".json"} {
		if name, ok := strings.CutSuffix(base, suffix); ok {
			return name
		}
	}
	return base
}
