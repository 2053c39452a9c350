package advisory

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// record is a minimal OSV record.
func record(id, ecosystem, name, fixed string) string {
	return fmt.Sprintf(`{"id": %q, "modified": "2027-07-09T00:00:00Z", "upstream": ["CVE-2024-0001"], "affected": [{"package": {"ecosystem": %q, "name": %q},
 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": %q}]}]}]}`, id, ecosystem, name, fixed)
}

// zipOf packs files, given as name and content in turn.
func zipOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// folder writes files, given as name and content in turn, into a new folder.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		writeTestFile(t, filepath.Join(dir, filepath.FromSlash(files[i])), []byte(files[i+1]))
	}
	return dir
}

func build(t testing.TB, from ...string) ([]landwaiter.Source, error) {
	t.Helper()
	dir := t.TempDir()
	list, err := Build(context.Background(), from, filepath.Join(dir, "out"), BuildOptions{Now: now})
	left, errDir := os.ReadDir(dir)
	if errDir != nil {
		t.Fatal(errDir)
	}
	if want := map[bool]int{true: 0, false: 1}[err != nil]; len(left) != want {
		t.Errorf("the build left %v behind (%v)", left, err)
	}
	return list, err
}

// TestDates holds each way in which a source can be dated to its answer.
func TestDates(t *testing.T) {
	rec := record("DSA-1-1", "Debian:12", "a", "2")
	for _, c := range []struct {
		name, manifest string
		want           string // date of Debian, "" for unknown
		note           string
	}{
		{"none beside it", ``, "", "no manifest beside it names it"},
		{"another's", `{"Ubuntu.zip": {"date": "2026-11-01"}}`, "", "no manifest beside it names it"},
		{"no date", `{"Debian.zip": {"origin": "x"}}`, "", "gives no date"},
		{"null", `{"Debian.zip": {"date": null}}`, "", "gives no date"},
		{"a number", `{"Debian.zip": {"date": 20261101}}`, "", "is no date"},
		{"odd text", `{"Debian.zip": {"date": "yesterday"}}`, "", "is no date"},
		{"a day", `{"Debian.zip": {"date": "2026-11-01"}}`, "2026-11-01T00:00:00Z", ""},
		{"a time", `{"Debian.zip": {"date": "2026-11-01T10:00:00+02:00"}}`, "2026-11-01T08:00:00Z", ""},
		{"by folder name", `{"Debian": {"date": "2026-11-01"}}`, "2026-11-01T00:00:00Z", ""},
		{"later than now", `{"Debian.zip": {"date": "2027-07-09"}}`, "", "later than now"},
		{"by release", `{"Debian.zip": {"date": {"Debian:12": "2026-11-21", "Debian:11": "2026-09-12"}}}`, "2026-09-12T00:00:00Z", "the oldest counts"},
		{"by release, in a string", `{"Debian.zip": {"date": "{\"Debian:12\": \"2026-11-21\"}"}}`, "2026-11-21T00:00:00Z", "the oldest counts"},
		{"by release, one later than now", `{"Debian.zip": {"date": {"Debian:12": "2026-11-21", "Debian:11": "2027-09-12"}}}`, "", "later than now"},
		{"by release, one odd", `{"Debian.zip": {"date": {"Debian:12": "2026-11-21", "Debian:11": "soon"}}}`, "", "is no date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := []string{"Debian/DSA-1-1.json", rec}
			if c.manifest != "" {
				files = append(files, "report.json", c.manifest)
			}
			f := buildFile(t, folder(t, files...))
			s := f.SourcesAt(now, 14)[0]
			got := ""
			if !s.Date.IsZero() {
				got = s.Date.Format(time.RFC3339)
			}
			if got != c.want {
				t.Errorf("date %q, want %q", got, c.want)
			}
			if stale := c.want == "" || strings.HasPrefix(c.want, "2026-09") || strings.HasPrefix(c.want, "2026-11-01"); s.Stale != stale || (c.want == "") != (s.AgeDays == -1) {
				t.Errorf("age %d, stale %t", s.AgeDays, s.Stale)
			}
			if notes := fmt.Sprint(f.Notes()); !strings.Contains(notes, c.note) {
				t.Errorf("notes %s lack %q", notes, c.note)
			}
		})
	}
}

// TestReleaseDates: a source with a date for each release has that of the system's.
func TestReleaseDates(t *testing.T) {
	f := buildFile(t, folder(t,
		"Debian/DSA-1-1.json", record("DSA-1-1", "Debian:12", "a", "2"),
		"Debian/DSA-2-1.json", record("DSA-2-1", "Debian:11", "a", "2"),
		"distro-debian.csv", "version,codename,series,created,release,eol,eol-lts\n11,Bullseye,bullseye,2019-07-06,2021-08-14,2024-08-14,2026-08-31\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11\n",
		"sources.json", `{"Debian.zip": {"date": {"bookworm-security": "2026-11-21", "bullseye-security": "2026-09-12"}}, "distro-debian.csv": {"date": "2026-10-01"}}`))
	for _, c := range []struct {
		version string
		age     int
		stale   bool
	}{{"12", 1, false}, {"11", 71, true}, {"9", 71, true}} {
		sys := &landwaiter.System{ID: "debian", VersionID: c.version}
		if s := f.SourcesFor(sys, now, 14)[0]; s.AgeDays != c.age || s.Stale != c.stale {
			t.Errorf("Debian %s: age %d, stale %t; want %d, %t", c.version, s.AgeDays, s.Stale, c.age, c.stale)
		}
	}
	sys := &landwaiter.System{ID: "debian", VersionID: "12"}
	_, findings, err := f.Match(sys, []landwaiter.Package{{ID: "x", Ecosystem: "dpkg", Name: "a", Version: "1"}}, MatchOptions{Now: now, MaxAgeDays: 14})
	if err != nil || len(findings) != 1 || !findings[0].Advisories[0].SourceDate.Equal(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("findings %+v (%v)", findings, err)
	}
}

func TestEndOfLife(t *testing.T) {
	f := buildFile(t, folder(t,
		"distro-debian.csv", "version,codename,series,created,release,eol,eol-lts,eol-elts\n11,Bullseye,bullseye,2019-07-06,2021-08-14,2024-08-14,2026-08-31,2031-06-30\n14,Forky,forky,2025-08-09\n,Sid,sid,1993-08-16\n",
		"distro-ubuntu.csv", "version,codename,series,created,release,eol,eol-server,eol-esm\n6.06 LTS,Dapper Drake,dapper,2005-10-12,2006-06-01,2009-07-14,2011-06-01\n24.04 LTS,Noble Numbat,noble,2023-10-12,2024-04-25,2029-05-31,2029-05-31,2034-04-25\n",
		"report.json", `{"distro-debian.csv": {"date": "2026-10-01"}}`))
	day := func(s string) time.Time {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			panic(err)
		}
		return t
	}
	e, ok := f.EndOfLife(&landwaiter.System{ID: "debian", VersionID: "11"})
	want := EOL{
		Source: "distro-debian", SourceDate: day("2026-10-01"), System: "debian", Version: "11", Codename: "Bullseye", Series: "bullseye",
		Released: day("2021-08-14"), Support: day("2024-08-14"), LongTerm: day("2026-08-31"), Paid: day("2031-06-30"),
	}
	if !ok || e != want {
		t.Errorf("Debian 11: %+v, want %+v", e, want)
	}
	e, ok = f.EndOfLife(&landwaiter.System{ID: "ubuntu", VersionID: "24.04"})
	if !ok || e.Codename != "Noble Numbat" || !e.Support.Equal(day("2029-05-31")) || !e.Paid.Equal(day("2034-04-25")) {
		t.Errorf("Ubuntu 24.04: %+v", e)
	}
	if e, ok = f.EndOfLife(&landwaiter.System{ID: "ubuntu", VersionID: "6.06"}); !ok || !e.LongTerm.Equal(day("2011-06-01")) {
		t.Errorf("Ubuntu 6.06: %+v", e)
	}
	if e, ok = f.EndOfLife(&landwaiter.System{ID: "debian", VersionID: "14"}); !ok || !e.Support.IsZero() {
		t.Errorf("Debian 14: %+v", e)
	}
	for _, sys := range []*landwaiter.System{nil, {ID: "debian"}, {ID: "fedora", VersionID: "11"}, {ID: "debian", VersionID: "99"}} {
		if e, ok := f.EndOfLife(sys); ok {
			t.Errorf("%+v: %+v", sys, e)
		}
	}
}

// TestBuildRefuses: what cannot be read whole stops the build and is named.
func TestBuildRefuses(t *testing.T) {
	rec := record("DSA-1-1", "Debian:12", "a", "2")
	whole := zipOf(t, "DSA-1-1.json", rec)
	flipped := bytes.Clone(whole)
	flipped[len("PK..")+26+len("DSA-1-1.json")+20] ^= 1 // in the packed bytes of the record
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, errW := w.Write([]byte("cve,epss,percentile\nCVE-2024-0001,0.1,0.2\n"))
	if err := errors.Join(errW, w.Close()); err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for _, c := range []struct {
		name  string
		files []string
		want  string // in the error
		kind  error
	}{
		{"nothing", nil, "no source of advisories", landwaiter.ErrNotFound},
		{"unknown file", []string{"Debian.zip", string(whole), "notes.txt", "x"}, "notes.txt", landwaiter.ErrUnsupported},
		{"unknown folder", []string{"Debian.zip", string(whole), "more/readme.txt", "x"}, "more", landwaiter.ErrUnsupported},
		{"two of a name", []string{"Debian.zip", string(whole), "Debian/DSA-1-1.json", rec}, `two sources are named "Debian"`, landwaiter.ErrInvalid},
		{"two lists", []string{"kev.json", `{"vulnerabilities": []}`, "known_exploited_vulnerabilities.json", `{"vulnerabilities": []}`}, "two sources of format kev", landwaiter.ErrInvalid},
		{"cut zip", []string{"Debian.zip", string(whole[:len(whole)-9])}, "no whole zip", nil},
		{"damaged zip", []string{"Debian.zip", string(flipped)}, "DSA-1-1.json", nil},
		{"folder in zip", []string{"Debian.zip", string(zipOf(t, "x/DSA-1-1.json", rec))}, "x/DSA-1-1.json", landwaiter.ErrInvalid},
		{"other file in zip", []string{"Debian.zip", string(zipOf(t, "README", rec))}, "README", landwaiter.ErrInvalid},
		{"twice in zip", []string{"Debian.zip", string(zipOf(t, "DSA-1-1.json", rec, "DSA-1-1.json", rec))}, "twice", landwaiter.ErrInvalid},
		{"bomb", []string{"Debian.zip", string(zipOf(t, "DSA-1-1.json", rec+strings.Repeat(" ", maxRecord)))}, "DSA-1-1.json", landwaiter.ErrTooLarge},
		{"other id", []string{"Debian/DSA-9-9.json", rec}, `the record's id is "DSA-1-1"`, nil},
		{"no id", []string{"Debian/DSA-9-9.json", `{}`}, "DSA-9-9.json", nil},
		{"no JSON", []string{"Debian/DSA-9-9.json", `{"id": "DSA-9-9"`}, "DSA-9-9.json", nil},
		{"deep JSON", []string{"Debian/DSA-9-9.json", `{"id": "DSA-9-9", "database_specific": ` + deep + `}`}, "nested", landwaiter.ErrTooLarge},
		{"wrong hash", []string{"Debian.zip", string(whole), "sources.json", `{"Debian.zip": {"sha256": "00"}}`}, "fetch it again", landwaiter.ErrDigest},
		{"damaged manifest", []string{"Debian.zip", string(whole), "sources.json", `{`}, "sources.json", nil},
		{"kev that lies", []string{"kev.json", `{"count": 2, "vulnerabilities": []}`}, "says that it holds 2", nil},
		{"kev of nothing", []string{"kev.json", `{}`}, "vulnerabilities", nil},
		{"kev without CVE", []string{"kev.json", `{"vulnerabilities": [{"cveID": "x", "dateAdded": "2024-01-01"}]}`}, "no CVE", nil},
		{"epss cut", []string{"epss.csv.gz", gz.String()[:gz.Len()-4]}, "epss.csv.gz", nil},
		{"epss of nothing", []string{"epss.csv", "#only\n"}, "no header line", nil},
		{"epss out of range", []string{"epss.csv", "cve,epss,percentile\nCVE-2024-0001,1.5,0\n"}, "no number from 0 to 1", nil},
		{"epss NaN", []string{"epss.csv", "cve,epss,percentile\nCVE-2024-0001,NaN,0\n"}, "no number from 0 to 1", nil},
		{"epss columns", []string{"epss.csv", "cve,epss,percentile\nCVE-2024-0001,1\n"}, "2 columns", nil},
		{"eol without columns", []string{"distro-debian.csv", "a,b\n"}, `no column "version"`, nil},
		{"eol without dates", []string{"distro-debian.csv", "version,codename,series,created,release,eol\n1,A,a,x,soon,\n"}, "no date", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := build(t, folder(t, c.files...))
			if err == nil || !strings.Contains(err.Error(), c.want) || (c.kind != nil && !errors.Is(err, c.kind)) {
				t.Errorf("error %v, want %q and %v", err, c.want, c.kind)
			}
		})
	}
	if _, err := build(t, filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing source: %v", err)
	}
	dir := t.TempDir()
	if _, err := Build(context.Background(), []string{folder(t, "Debian.zip", string(whole))}, filepath.Join(dir, "x"), BuildOptions{}); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("no time: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, []string{folder(t, "Debian.zip", string(whole))}, filepath.Join(dir, "x"), BuildOptions{Now: now}); !errors.Is(err, context.Canceled) {
		t.Errorf("a build that was given up: %v", err)
	}
}

// TestLayouts: a zip, a folder of records, osv.dev's own layout and single files
// are the same source.
func TestLayouts(t *testing.T) {
	rec := record("DSA-1-1", "Debian:12", "a", "2")
	whole := zipOf(t, "DSA-1-1.json", rec)
	manifest := `{"Debian.zip": {"date": "2026-11-20", "licence": "L", "origin": "O"}}`
	zipDir := folder(t, "Debian.zip", string(whole), "sources.json", manifest, "SOURCES.md", "x", "Alpine.zip.part", "x")
	osvDir := folder(t, "Debian/all.zip", string(whole), "ecosystems.txt", "Debian\n")
	recDir := folder(t, "Debian/DSA-1-1.json", rec, "sources.json", manifest)
	for _, from := range []string{
		zipDir, filepath.Join(zipDir, "Debian.zip"), osvDir, filepath.Join(osvDir, "Debian", "all.zip"),
		filepath.Join(osvDir, "Debian"), recDir, filepath.Join(recDir, "Debian"),
	} {
		list, err := build(t, from)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %+v (%v)", from, list, err)
			continue
		}
		s := list[0]
		if s.Name != "Debian" || s.Format != "osv" || s.Records != 1 || fmt.Sprint(s.Covers) != "[Debian:12]" {
			t.Errorf("%s: %+v", from, s)
		}
		if strings.HasPrefix(from, zipDir) && (s.Licence != "L" || s.Origin != "O" || s.SHA256 != sum(whole)) {
			t.Errorf("%s: %+v", from, s)
		}
		if !s.Newest.After(now) {
			t.Errorf("%s: newest is %v, as the record claims it should be in 2027", from, s.Newest)
		}
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// TestDeterministic: the same sources give the same bytes, from a zip in any order.
func TestDeterministic(t *testing.T) {
	var files []string
	for i := range 2*batchSize + 76 {
		id := fmt.Sprintf("DSA-%d-1", i)
		files = append(files, id+".json", record(id, "Debian:12", fmt.Sprintf("p%d", i%77), fmt.Sprintf("1.%d", i)))
	}
	var back []string
	for i := len(files) - 2; i >= 0; i -= 2 {
		back = append(back, files[i], files[i+1])
	}
	var first []byte
	for i, content := range [][]string{files, files, back} {
		dir := folder(t, "Debian.zip", string(zipOf(t, content...)), "epss.csv", "cve,epss,percentile\nCVE-2024-0002,0.1,0.2\nCVE-2024-0001,0.1,0.2\n")
		if i == 2 {
			// The sum of the source is in the file; everything else must be equal.
			f := buildFile(t, dir)
			g := buildFile(t, folder(t, "Debian.zip", string(zipOf(t, files...)), "epss.csv", "cve,epss,percentile\nCVE-2024-0002,0.1,0.2\nCVE-2024-0001,0.1,0.2\n"))
			for name, s := range f.sections {
				if name != secMeta && s.sum != g.sections[name].sum {
					t.Errorf("section %s depends on the order in the zip", name)
				}
			}
			continue
		}
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Build(context.Background(), []string{dir}, out, BuildOptions{Now: now}); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = raw
		} else if !bytes.Equal(first, raw) {
			t.Error("two builds of the same sources differ")
		}
	}
	f := buildFile(t, folder(t, "Debian.zip", string(zipOf(t, files...))))
	raw, err := f.Record("DSA-1099-1")
	if err != nil || !strings.Contains(string(raw), "1.1099") {
		t.Errorf("the last record: %s (%v)", raw, err)
	}
}

// TestSpill sorts more than fits a run, and keeps the order of equal keys.
func TestSpill(t *testing.T) {
	s := newSpill(t.TempDir(), "x")
	for i := range 1000 {
		if err := s.add(fmt.Sprintf("k%03d", (i*7919)%500), []byte{byte(i >> 8), byte(i)}); err != nil {
			t.Fatal(err)
		}
		if i%300 == 299 {
			if err := s.flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	last, n := "", 0
	err := s.merge(func(key []byte, vals [][]byte) error {
		if string(key) <= last || len(vals) != 2 || bytes.Compare(vals[0], vals[1]) >= 0 {
			t.Errorf("%q after %q: %v", key, last, vals)
		}
		last = string(key)
		n++
		return nil
	})
	if err != nil || n != 500 || len(s.runs) != 4 {
		t.Errorf("%d keys from %d runs (%v)", n, len(s.runs), err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
