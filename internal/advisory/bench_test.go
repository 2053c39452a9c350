package advisory

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// The targets, on two cores: 40,000 records built in 5 seconds, opened in a
// millisecond, 5,000 packages matched in 50.

// BenchmarkBuild builds from real sources: some 40,000 OSV records, and scores.
func BenchmarkBuild(b *testing.B) { benchmarkBuild(b, sharedData(b, "advisories")) }

// BenchmarkBuildMade builds from 40,000 records that are made up, wherever it runs.
func BenchmarkBuildMade(b *testing.B) { benchmarkBuild(b, madeRecords(b, 40_000)) }

func benchmarkBuild(b *testing.B, dir string) {
	b.Helper()
	b.ReportAllocs()
	var peak uint64
	records := 0
	for b.Loop() {
		sources, err := Build(context.Background(), []string{dir}, filepath.Join(b.TempDir(), "out"), BuildOptions{Now: now})
		if err != nil {
			b.Fatal(err)
		}
		records = 0
		for _, s := range sources {
			if s.Format == "osv" {
				records += s.Records
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapSys)
	}
	b.ReportMetric(float64(peak)/(1<<20), "heap-MiB")
	b.ReportMetric(float64(records), "records")
}

// madeRecords writes n records, half of PyPI and half of Debian 12, ten about each
// package. All are about versions before 1.5, half of them about 1.6 to 2.0 as well.
func madeRecords(t testing.TB, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"PyPI", "Debian"} {
		f, err := os.Create(filepath.Join(dir, name+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for i := range n / 2 {
			id := fmt.Sprintf("%s-2026-%d", strings.ToUpper(name), i)
			w, err := z.Create(id + ".json")
			if err != nil {
				t.Fatal(err)
			}
			ecosystem := map[string]string{"PyPI": "PyPI", "Debian": "Debian:12"}[name]
			fmt.Fprintf(w, `{"id": %q, "modified": "2026-10-01T00:00:00Z", "aliases": ["CVE-2026-%d"],
 "summary": "Sample number %d of what a record says", "details": %q,
 "affected": [{"package": {"ecosystem": %q, "name": "sample%d"},
  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.5"}%s]}],
  "versions": ["0.9", "1.0", "1.1", "1.2", "1.3", "1.4"]}]}`,
				id, 10_000+i, i, strings.Repeat("It goes on for a while. ", 40), ecosystem, i/10, []string{"", `, {"introduced": "1.6"}, {"fixed": "2.0"}`}[i%2])
		}
		if err := errors.Join(z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestMatchIsFrugal: memory asked for is what matching spends its time on, and unlike
// time it can be counted anywhere. Of the packages that records are about, one in five is affected.
func TestMatchIsFrugal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if _, err := Build(t.Context(), []string{madeRecords(t, 2000)}, path, BuildOptions{Now: now}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var pkgs []landwaiter.Package
	for i := range 1000 {
		p := landwaiter.Package{ID: fmt.Sprint(i), Ecosystem: "python", Name: fmt.Sprintf("sample%d", i), Version: "3.0"}
		if i%5 == 0 && i < 100 {
			p.Version = "1.7"
		}
		pkgs = append(pkgs, p)
	}
	findings := 0
	allocs := testing.AllocsPerRun(3, func() {
		_, list, err := f.Match(nil, pkgs, MatchOptions{Now: now, MaxAgeDays: 14})
		if err != nil {
			t.Fatal(err)
		}
		findings = len(list)
	})
	if findings != 20*5 {
		t.Errorf("%d findings", findings)
	}
	if most := 20_000.0; allocs > most {
		t.Errorf("matching 1,000 packages asks for memory %.0f times, at most %.0f are allowed", allocs, most)
	}
	t.Logf("%.0f times", allocs)
}

func BenchmarkOpen(b *testing.B) {
	openReal(b)
	path, err := realFile()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirst measures what the first question costs: each section that matching
// reads is checked against its hash.
func BenchmarkFirst(b *testing.B) {
	openReal(b)
	path, err := realFile()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := f.Match(nil, nil, MatchOptions{Now: now}); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMatch asks about 5,000 packages: 3,000 of Debian 12, the kernel's headers
// among them, 1,500 of PyPI, 500 of Go. Half are in no list. Of the others one in
// ten (typical) or all (worst) are in a version that some record names.
func BenchmarkMatch(b *testing.B) {
	f := openReal(b)
	sys := &landwaiter.System{ID: "debian", VersionID: "12"}
	for _, c := range []struct {
		name string
		old  int // one in this many
	}{{"typical", 10}, {"worst", 1}} {
		pkgs := manyPackages(b, c.old)
		b.Run(c.name, func(b *testing.B) {
			found := 0
			for b.Loop() {
				_, findings, err := f.Match(sys, pkgs, MatchOptions{Now: now, MaxAgeDays: 14})
				if err != nil {
					b.Fatal(err)
				}
				found = len(findings)
			}
			b.ReportMetric(float64(len(pkgs)), "packages")
			b.ReportMetric(float64(found), "findings")
		})
	}
}

func manyPackages(b *testing.B, old int) []landwaiter.Package {
	rnd := rand.New(rand.NewSource(3))
	pkgs := []landwaiter.Package{{ID: "linux", Ecosystem: "dpkg", Name: "linux-libc-dev", SourceName: "linux", Version: "6.1.0-1", SourceVersion: "6.1.0-1"}}
	for _, c := range []struct {
		file, manager, newest string
		n                     int
	}{{"Debian-security-archive", "dpkg", "9999:1-1", 3000}, {"PyPI", "python", "999999.0", 1500}, {"Go", "go", "v999999.0.0", 500}} {
		all := claims(b, sharedData(b, "advisories/"+c.file+".zip"))
		for i := range c.n {
			k := all[rnd.Intn(len(all))]
			v := boundsOf(rnd, k)
			if len(v) == 0 || k.name == "" || k.name == "linux" {
				continue
			}
			p := landwaiter.Package{ID: fmt.Sprint(c.manager, i), Ecosystem: c.manager, Name: k.name, Version: c.newest}
			if i/2%old == 0 {
				p.Version = v[rnd.Intn(len(v))]
			}
			if i%2 == 0 {
				p.Name += fmt.Sprint("-none-", i) // half of a real inventory is in no list
			}
			pkgs = append(pkgs, p)
		}
	}
	return pkgs
}
