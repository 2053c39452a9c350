package advisory

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
)

// FuzzFormats feeds every row of the table. Whatever the bytes, a reader does not
// panic, reads the same twice, and emits only what the rest can rely on.
func FuzzFormats(f *testing.F) {
	cases, err := filepath.Glob("testdata/match/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cases {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			for i := range formats {
				if strings.HasPrefix(file.Name, "src/") {
					f.Add(uint8(i), file.Data)
				}
			}
		}
	}
	f.Add(uint8(0), []byte("version,codename,series,created,release,eol\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11\n"))
	f.Add(uint8(3), []byte("cve,exploitation,cvss\nCVE-1999-0006,none,CVSS:3.1/AV:N\n"))
	f.Fuzz(func(t *testing.T, which uint8, in []byte) {
		fm := &formats[int(which)%len(formats)]
		read := func() (rows []row, err error) {
			err = fm.read(bytes.NewReader(in), func(r row) error {
				rows = append(rows, r)
				return nil
			})
			return rows, err
		}
		rows, err := read()
		again, errAgain := read()
		if len(rows) != len(again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("%s read %d rows (%v), then %d (%v)", fm.name, len(rows), err, len(again), errAgain)
		}
		for _, r := range rows {
			checkRow(t, fm.name, r)
		}
	})
}

func checkRow(t *testing.T, format string, r row) {
	t.Helper()
	switch {
	case r.record != nil:
		if format != "osv" || r.record.ID == "" {
			t.Errorf("%s emitted record %+v", format, r.record)
		}
		c := newCompiler("x").compile(r.record, r.raw)
		got, err := decodeCard(c.card.encode(nil))
		if err != nil || got.id != c.card.id || len(got.severity) != len(c.card.severity) {
			t.Errorf("card %+v reads back as %+v (%v)", c.card, got, err)
		}
		for key, posting := range c.postings {
			cur := texts(posting)
			list := decodeEntries(&cur, nil)
			if cur.bad || len(cur.b) != 0 || len(list) == 0 || !strings.Contains(key, "\x00") {
				t.Errorf("posting of %q reads back as %+v", key, list)
			}
		}
	case r.score != nil:
		if _, ok := parseCVE(r.score.cve.String()); !ok || r.score.probability > billion || r.score.percentile > billion {
			t.Errorf("%s emitted %+v", format, r.score)
		}
	case r.eol != nil:
		if r.eol.Series == "" {
			t.Errorf("%s emitted %+v", format, r.eol)
		}
	case r.date.IsZero():
		t.Errorf("%s emitted nothing", format)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"Debian.zip": {"date": "2026-11-01", "sha256": "x", "partial": true}}`))
	f.Add([]byte(`{"Debian.zip": {"date": "{\"bookworm-security\": \"2026-11-21T00:53:02Z\"}"}}`))
	f.Add([]byte(`{"Debian.zip": {"date": {"a": "2026-11-21"}}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := parseManifest(in)
		if err != nil {
			return
		}
		for name, e := range m {
			date, byRelease, problem := e.date(now, now)
			if date.After(now) {
				t.Errorf("%q has the date %v, which is later than now", name, date)
			}
			for release, t2 := range byRelease {
				if t2.After(now) {
					t.Errorf("%q has the date %v for %q, which is later than now", name, t2, release)
				}
			}
			if date.IsZero() && problem == "" && !e.Date.IsZero() {
				t.Errorf("%q has no date and no reason", name)
			}
		}
	})
}

func FuzzPURL(f *testing.F) {
	f.Add("pkg:pypi/zope-interface@1.0?x=y#z")
	f.Add("pkg:npm/%40scope/thing@1.0.0")
	f.Add("pkg:maven/org.example/lib@1")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := purlTarget(s, "1"); ok && (got.name == "" || got.osv.name == "" || len(got.releases) != 1) {
			t.Errorf("%q is %+v", s, got)
		}
	})
}

func TestPURL(t *testing.T) {
	for _, c := range []struct{ purl, ecosystem, name, version string }{
		{"pkg:pypi/requests@2.31.0", "PyPI", "requests", "2.31.0"},
		{"pkg:pypi/requests", "PyPI", "requests", "9"},
		{"pkg:npm/%40scope/thing@1.0.0?x=@y", "npm", "@scope/thing", "1.0.0"},
		{"pkg:npm/@scope/thing", "npm", "@scope/thing", "9"},
		{"pkg:maven/org.example/lib@1", "Maven", "org.example:lib", "1"},
		{"pkg:golang/example.org/x/y@v1#sub", "Go", "example.org/x/y", "v1"},
		{"pkg:cargo/time@0.2%2B1", "crates.io", "time", "0.2+1"},
		{"pkg:deb/debian/bash@1", "", "", ""},
		{"pkg:maven/lib@1", "", "", ""},
		{"pkg:pypi", "", "", ""},
		{"pkg:pypi/%zz@1", "", "", ""},
		{"https://example.org", "", "", ""},
		{"", "", "", ""},
	} {
		got, ok := purlTarget(c.purl, "9")
		if ok != (c.name != "") || got.osv.name != c.ecosystem || got.name != c.name || (ok && got.version != c.version) {
			t.Errorf("%q is %+v (%t)", c.purl, got, ok)
		}
	}
}

func TestCVE(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{"CVE-2024-0001", true},
		{"CVE-1999-0001", true},
		{"CVE-2024-123456789", true},
		{"CVE-2024-001", false},
		{"CVE-2024-1234567890", false},
		{"CVE-24-0001", false},
		{"cve-2024-0001", false},
		{"CVE-2024-+001", false},
		{"CVE-0000-0001", false},
		{"CVE-2024-", false},
		{"", false},
	} {
		got, ok := parseCVE(c.text)
		if ok != c.ok || (ok && got.String() != c.text) {
			t.Errorf("%q reads as %v (%t)", c.text, got, ok)
		}
	}
}

func TestTableLimits(t *testing.T) {
	long := "cve,epss,percentile\n" + strings.Repeat("x", maxScoreLine+1)
	err := readEPSS(strings.NewReader(long), func(row) error { return nil })
	if !errors.Is(err, landwaiter.ErrTooLarge) {
		t.Errorf("a long line: %v", err)
	}
	stop := errors.New("stop")
	err = readEPSS(strings.NewReader("cve,epss,percentile\nCVE-2024-0001,0,0\n"), func(row) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("the caller's error is lost: %v", err)
	}
}
