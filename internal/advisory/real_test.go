package advisory

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// realFile builds all of the shared data once, for the tests that want it.
var realFile = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "landwaiter-advisories-*")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "advisories")
	_, err = Build(context.Background(), []string{filepath.Join("..", "..", "..", "shared", "data", "advisories")}, path, BuildOptions{Now: now})
	return path, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "landwaiter-advisories-*"))
	for _, dir := range left {
		if err == nil {
			err = os.RemoveAll(dir)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func openReal(t testing.TB) *File {
	t.Helper()
	sharedData(t, "advisories")
	path, err := realFile()
	if err != nil {
		t.Fatal(err)
	}
	return openFile(t, path)
}

// TestRealSources holds every source against what its collector counted.
func TestRealSources(t *testing.T) {
	f := openReal(t)
	raw, err := os.ReadFile(sharedData(t, "advisories/report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]struct {
		Records   int             `json:"records"`
		Withdrawn int             `json:"withdrawn"`
		Newest    time.Time       `json:"newest_modified"`
		Partial   bool            `json:"partial"`
		Licence   string          `json:"licence"`
		Date      json.RawMessage `json:"date"`
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		t.Fatal(err)
	}
	total, sources := 0, f.SourcesAt(now, 14)
	for file, want := range report {
		i := slices.IndexFunc(sources, func(s landwaiter.Source) bool { return s.Name == sourceName(file) })
		if i < 0 {
			t.Errorf("%s is no source of the file", file)
			continue
		}
		s := sources[i]
		if s.Records != want.Records || s.Withdrawn != want.Withdrawn || !s.Newest.Equal(want.Newest) || s.Partial != want.Partial || s.Licence != want.Licence {
			t.Errorf("%s: %+v, want %+v", file, s, want)
		}
		var text string
		if len(want.Date) > 0 {
			if err := json.Unmarshal(want.Date, &text); err != nil {
				t.Fatal(err)
			}
		}
		date, ok := parseDate(text)
		switch {
		case strings.HasPrefix(text, "{"):
			date, _ = parseDate("2026-09-12T09:27:08Z") // the oldest of the three
		case !ok && !s.Date.IsZero():
			t.Errorf("%s has the date %v from nowhere", file, s.Date)
		}
		if !s.Date.Equal(date) || s.Stale != (s.AgeDays < 0 || s.AgeDays > 14) || (s.AgeDays == -1) != date.IsZero() {
			t.Errorf("%s: date %v, age %d, stale %t; want date %v", file, s.Date, s.AgeDays, s.Stale, date)
		}
		if s.Format == "osv" {
			total += s.Records
		}
	}
	if len(sources) != len(report) || f.Info().Records != total {
		t.Errorf("%d sources of %d, %d records of %d", len(sources), len(report), f.Info().Records, total)
	}
	for release, want := range map[string]int{"12": 1, "11": 71, "13": 1, "10": 71} {
		for _, s := range f.SourcesFor(&landwaiter.System{ID: "debian", VersionID: release}, now, 14) {
			if s.Name == "Debian-security-archive" && s.AgeDays != want {
				t.Errorf("the archive for Debian %s is %d days old, want %d", release, s.AgeDays, want)
			}
		}
	}
}

// TestRealCoverage: what may clear a package, and what may not.
func TestRealCoverage(t *testing.T) {
	f := openReal(t)
	clears := map[string]string{}
	for _, c := range f.Coverage() {
		clears[c.Ecosystem] = strings.Join(c.Clears, " ")
		if c.Packages < 1 {
			t.Errorf("%+v", c)
		}
	}
	for name, want := range map[string]string{
		"AlmaLinux:9": "AlmaLinux", "PyPI": "PyPI", "Go": "Go", "RubyGems": "RubyGems", "crates.io": "crates.io", "Julia": "Julia",
		"Debian:12": "", "Debian:11": "", "Debian:13": "", "Ubuntu:22.04:LTS": "", "Alpine:v3.11": "", "npm": "", "Maven": "", "CRAN": "", "GHC": "", "NuGet": "",
	} {
		if got, ok := clears[name]; !ok || got != want {
			t.Errorf("%s is cleared by %q (%t), want %q", name, got, ok, want)
		}
	}
	for _, c := range []struct {
		sys  landwaiter.System
		pkg  landwaiter.Package
		want landwaiter.AnswerState
		why  string
	}{
		{landwaiter.System{ID: "debian", VersionID: "12"}, landwaiter.Package{Ecosystem: "dpkg", Name: "no-such-package", Version: "1"}, landwaiter.AnswerNotAssessed, "Debian-changelogs"},
		{landwaiter.System{ID: "debian", VersionID: "9"}, landwaiter.Package{Ecosystem: "dpkg", Name: "bash", Version: "1"}, landwaiter.AnswerNotAssessed, "no source covers Debian:9"},
		{landwaiter.System{ID: "ubuntu", VersionID: "22.04"}, landwaiter.Package{Ecosystem: "dpkg", Name: "no-such-package", Version: "1"}, landwaiter.AnswerNotAssessed, "sample"},
		{landwaiter.System{ID: "ubuntu", VersionID: "24.04"}, landwaiter.Package{Ecosystem: "dpkg", Name: "bash", Version: "1"}, landwaiter.AnswerNotAssessed, "no source covers Ubuntu:24.04:LTS"},
		{landwaiter.System{ID: "almalinux", VersionID: "9.4"}, landwaiter.Package{Ecosystem: "rpm", Name: "no-such-package", Version: "1-1"}, landwaiter.AnswerNoneKnown, ""},
		{landwaiter.System{ID: "fedora", VersionID: "40"}, landwaiter.Package{Ecosystem: "rpm", Name: "bash", Version: "1-1"}, landwaiter.AnswerNotAssessed, "fedora 40"},
		{landwaiter.System{}, landwaiter.Package{Ecosystem: "r", Name: "caret", Version: "6.0-94"}, landwaiter.AnswerNotAssessed, "few packages"},
		{landwaiter.System{}, landwaiter.Package{Ecosystem: "python", Name: "no-such-package", Version: "1"}, landwaiter.AnswerNoneKnown, ""},
		{landwaiter.System{}, landwaiter.Package{Ecosystem: "npm", Name: "no-such-package", Version: "1.0.0"}, landwaiter.AnswerNotAssessed, "sample"},
	} {
		a, _, err := f.Match(&c.sys, []landwaiter.Package{c.pkg}, MatchOptions{Now: now, MaxAgeDays: 14})
		if err != nil || a[0].State != c.want || !strings.Contains(a[0].Reason, c.why) || (c.want == landwaiter.AnswerNoneKnown) != (len(a[0].Sources) > 0) {
			t.Errorf("%s %s of %s: %+v (%v), want %s because %q", c.pkg.Ecosystem, c.pkg.Name, systemName(&c.sys), a[0], err, c.want, c.why)
		}
	}
}

// samples is how many statements of each source TestRealClaims takes.
const samples = 100

// TestRealClaims takes records at random from every source but AlmaLinux (whose
// epochs and modules have rules of their own) and asks about each version that the
// record names and a few that others name. Match must find the record exactly where
// OSV's pseudo-code does.
func TestRealClaims(t *testing.T) {
	f := openReal(t)
	zips, err := filepath.Glob(sharedData(t, "advisories") + "/*.zip")
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewSource(1))
	checked, unsure, positive := 0, 0, 0
	for _, path := range zips {
		all := claims(t, path)
		byKey := map[string][]int{}
		for i, c := range all {
			byKey[c.id+"\x00"+lookupKey(c.ecosystem, c.name)] = append(byKey[c.id+"\x00"+lookupKey(c.ecosystem, c.name)], i)
		}
		for range min(samples, len(all)) {
			c := all[rnd.Intn(len(all))]
			key := c.id + "\x00" + lookupKey(c.ecosystem, c.name)
			for _, v := range boundsOf(rnd, c) {
				sys, p, ok := asPackage(c, v)
				if !ok {
					break
				}
				yes, sure := false, true
				for _, i := range byKey[key] {
					y, s := all[i].affects(v)
					yes, sure = yes || y, sure && s
				}
				got, answer := matched(t, f, sys, p)
				_, is := got[c.id]
				if !sure && !yes {
					unsure++
					if is || answer.State == landwaiter.AnswerNoneKnown {
						t.Errorf("%s %s %s: nobody can say whether %s affects it, and the answer is %+v", c.ecosystem, c.name, v, c.id, answer)
					}
					continue
				}
				checked++
				if yes {
					positive++
				}
				if is != yes {
					t.Errorf("%s %s %s: matched %s %t, want %t", c.ecosystem, c.name, v, c.id, is, yes)
				}
			}
		}
	}
	t.Logf("checked %d pairs of record and version, %d of them affected; %d that cannot be compared", checked, positive, unsure)
	if checked < 30*samples || positive < 10*samples {
		t.Errorf("checked only %d pairs, %d affected", checked, positive)
	}
}

// boundsOf picks versions that a claim names: all bounds, and a few listed ones.
func boundsOf(rnd *rand.Rand, c claim) []string {
	var out []string
	for _, r := range c.ranges {
		for _, e := range r {
			for _, v := range e {
				out = append(out, v)
			}
		}
	}
	for range min(3, len(c.versions)) {
		out = append(out, c.versions[rnd.Intn(len(c.versions))])
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(v string) bool { return v == "" })
}

// TestRealAlma: the fixed version of an AlmaLinux record is not affected by it, and
// an older build of the same package is.
func TestRealAlma(t *testing.T) {
	f := openReal(t)
	all := claims(t, sharedData(t, "advisories/AlmaLinux.zip"))
	rnd := rand.New(rand.NewSource(2))
	older := 0
	for range 600 {
		c := all[rnd.Intn(len(all))]
		if !strings.HasPrefix(c.id, "ALSA-") || len(c.ranges) == 0 {
			continue
		}
		fixed := c.ranges[0][len(c.ranges[0])-1]["fixed"]
		_, release, _ := strings.Cut(c.ecosystem, ":")
		sys := &landwaiter.System{ID: "almalinux", VersionID: release + ".9"}
		p := landwaiter.Package{ID: "x", Ecosystem: "rpm", Name: c.name, Version: fixed}
		if got, _ := matched(t, f, sys, p); got[c.id].ID != "" {
			t.Errorf("%s %s %s is fixed by %s, which matched: %+v", c.ecosystem, c.name, fixed, c.id, got[c.id])
		}
		if p.Version = strings.Replace(fixed, "-", "~before-", 1); modular(fixed) || p.Version == fixed {
			continue
		}
		older++
		if got, _ := matched(t, f, sys, p); got[c.id].ID == "" {
			t.Errorf("%s %s %s is older than the fix of %s, which did not match", c.ecosystem, c.name, p.Version, c.id)
		}
	}
	if older < 200 {
		t.Errorf("tried only %d older builds", older)
	}
}

// TestRealJoin: what CVEs are known to carry.
func TestRealJoin(t *testing.T) {
	f := openReal(t)
	p := landwaiter.Package{ID: "x", Ecosystem: "python", Name: "LangFlow", Version: "1.2.0"}
	_, findings, err := f.Match(nil, []landwaiter.Package{p}, MatchOptions{Now: now, MaxAgeDays: 14})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(findings, func(x landwaiter.Finding) bool { return x.Reference == "CVE-2025-3248" })
	if i < 0 {
		t.Fatalf("no finding about CVE-2025-3248 among %d", len(findings))
	}
	x := findings[i]
	if x.Kind != landwaiter.KindExploited || x.Exploited == nil || x.Exploited.Source != "kev" || x.EPSS == nil || x.EPSS.Probability < 0.5 || x.Vector == nil || x.Fixed == "" {
		t.Errorf("%+v", x)
	}
	for i, x := range findings {
		if i > 0 && findings[i-1].ID == x.ID {
			t.Errorf("two findings are named %s", x.ID)
		}
		for _, a := range x.Advisories {
			raw, err := f.Record(a.ID)
			if err != nil || !json.Valid(raw) {
				t.Errorf("record %s: %v", a.ID, err)
			}
			if a.Range == "" || a.Compared == "" || a.Source == "" || a.SourceDate.IsZero() {
				t.Errorf("cannot be traced: %+v", a)
			}
		}
	}
}
