package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// The files that stand beside sources and say what they are. sources.json is
// written by Fetch; report.json is what other collectors write in the same shape.
// Where both name a file, sources.json is believed.
const (
	manifestName  = "sources.json"
	manifestOther = "report.json"
)

// entry is what a manifest says about one file.
type entry struct {
	Origin  string `json:"origin,omitempty"`
	Licence string `json:"licence,omitempty"`
	// Date is the day of the data. A manifest may give an object instead, or a
	// string that holds one, with a date for each release; then Dates holds it.
	Date    time.Time            `json:"-"`
	Dates   map[string]time.Time `json:"-"`
	RawDate json.RawMessage      `json:"date,omitempty"`
	Fetched time.Time            `json:"fetched,omitzero"`
	SHA256  string               `json:"sha256,omitempty"`
	Bytes   int64                `json:"bytes,omitempty"`
	ETag    string               `json:"etag,omitempty"`
	Partial bool                 `json:"partial,omitempty"`
	// problem says why the date cannot be used.
	problem string
}

// manifest holds entries by the name of the file they speak of.
type manifest map[string]entry

// readManifest reads the manifests in a folder. A folder may have none.
func readManifest(folder string) (manifest, error) {
	m := manifest{}
	for _, name := range []string{manifestOther, manifestName} {
		got, err := readManifestFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		maps.Copy(m, got)
	}
	return m, nil
}

func readManifestFile(path string) (manifest, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	defer f.Close()
	raw, err := limitio.ReadAll(f, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", path, err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, &landwaiter.SyntaxError{Path: path, Err: err}
	}
	return m, nil
}

func parseManifest(raw []byte) (manifest, error) {
	if err := checkDepth(raw); err != nil {
		return nil, err
	}
	m := manifest{}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	for name, e := range m {
		e.readDate()
		m[name] = e
	}
	return m, nil
}

// readDate fills Date or Dates from RawDate. A date that cannot be read leaves
// both empty and says so in problem: the source then counts as too old.
func (e *entry) readDate() {
	raw := e.RawDate
	if len(raw) == 0 || string(raw) == "null" {
		e.problem = "its manifest gives no date"
		return
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if t, ok := parseDate(text); ok {
			e.Date = t
			return
		}
		raw = json.RawMessage(text)
	}
	var byRelease map[string]string
	if err := json.Unmarshal(raw, &byRelease); err != nil || len(byRelease) == 0 {
		e.problem = fmt.Sprintf("its manifest's date %.60q is no date", text)
		return
	}
	dates := make(map[string]time.Time, len(byRelease))
	for _, release := range slices.Sorted(maps.Keys(byRelease)) {
		t, ok := parseDate(byRelease[release])
		if !ok {
			e.problem = fmt.Sprintf("its manifest's date of %.40q, %.40q, is no date", release, byRelease[release])
			return
		}
		dates[release] = t
	}
	e.Dates = dates
}

func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// find returns the entry for a file or a folder of records, which may be listed
// under the name of the zip that it stands for.
func (m manifest) find(base string) entry {
	for _, name := range []string{base, base + ".zip", strings.TrimSuffix(base, ".zip")} {
		if e, ok := m[name]; ok {
			return e
		}
	}
	return entry{problem: "no manifest beside it names it"}
}

// date settles the data date of a source: the manifest's own; the oldest where it
// gives one for each release; else the one that the file itself carries. A date
// after now is no date, and neither is the newest change that a record claims.
func (e entry) date(own, now time.Time) (date time.Time, byRelease map[string]time.Time, problem string) {
	switch {
	case !e.Date.IsZero():
		date = e.Date
	case len(e.Dates) > 0:
		for _, t := range e.Dates {
			if t.After(now) {
				return time.Time{}, nil, fmt.Sprintf("its manifest says %s, which is later than now", t.Format(time.DateOnly))
			}
			if date.IsZero() || t.Before(date) {
				date = t
			}
		}
		return date, e.Dates, ""
	case !own.IsZero():
		date = own
	default:
		return time.Time{}, nil, e.problem
	}
	if date.After(now) {
		return time.Time{}, nil, fmt.Sprintf("its date is given as %s, which is later than now", date.Format(time.DateOnly))
	}
	return date, nil, ""
}
