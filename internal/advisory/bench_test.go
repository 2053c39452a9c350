package advisory

import (
	"context"
	"fmt"
	"math/rand"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func BenchmarkBuild(b *testing.B) {
	dir := sharedData(b, "advisories")
	b.ReportAllocs()
	var peak uint64
	for b.Loop() {
		if _, err := Build(context.Background(), []string{dir}, filepath.Join(b.TempDir(), "out"), BuildOptions{Now: now}); err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapSys)
	}
	b.ReportMetric(float64(peak)/(1<<20), "heap-MiB")
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
