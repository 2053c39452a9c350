package assess_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// stored returns an assessment as it comes back from where it was kept.
func stored(t testing.TB, a *landwaiter.Assessment) *landwaiter.Assessment {
	t.Helper()
	out := new(landwaiter.Assessment)
	if err := json.Unmarshal(inJSON(t, a), out); err != nil {
		t.Fatal(err)
	}
	return out
}

func inJSON(t testing.TB, a *landwaiter.Assessment) []byte {
	t.Helper()
	raw, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// wholeLists builds an advisory file of the example's sources with one made-up record
// more about sed, as if they were whole lists.
func wholeLists(t *testing.T, record bool) *advisory.File {
	t.Helper()
	from := t.TempDir()
	if err := os.CopyFS(from, os.DirFS("../../examples/advisories")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(from, "sources.json")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.ReplaceAll(string(raw), `"partial": true`, `"partial": false`)
	if whole == string(raw) {
		t.Fatal("the example's lists are no samples")
	}
	if err := os.WriteFile(name, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if record {
		text := `{"id": "DEBIAN-CVE-2026-99999", "modified": "2026-11-21T00:00:00Z", "upstream": ["CVE-2026-99999"],
 "affected": [{"package": {"ecosystem": "Debian:12", "name": "sed"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}`
		if err := os.WriteFile(filepath.Join(from, "Debian", "DEBIAN-CVE-2026-99999.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "a.lw")
	if _, err := advisory.Build(t.Context(), []string{from}, out, advisory.BuildOptions{Now: lwtest.Clock()}); err != nil {
		t.Fatal(err)
	}
	f, err := advisory.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestAgainIsRun: judged again, a stored assessment says byte for byte what a new one
// says, by the same file on the same day and by newer ones on a later day.
func TestAgainIsRun(t *testing.T) {
	ref, samples := example(t, "")
	before, after := wholeLists(t, false), wholeLists(t, true)
	later := lwtest.Clock().Add(100 * 24 * time.Hour)
	for _, c := range []struct {
		name      string
		then, now assess.Options
	}{
		{"nothing known", assess.Options{Now: lwtest.Clock()}, assess.Options{Now: later}},
		{"samples", assess.Options{Now: lwtest.Clock(), Advisories: samples}, assess.Options{Now: later, Advisories: samples}},
		{"whole lists", assess.Options{Now: lwtest.Clock(), Advisories: before}, assess.Options{Now: later, Advisories: after}},
		{"samples, then whole lists", assess.Options{Now: lwtest.Clock(), Advisories: samples}, assess.Options{Now: later, Advisories: before}},
		{"whole lists, then samples", assess.Options{Now: lwtest.Clock(), Advisories: after}, assess.Options{Now: later, Advisories: samples}},
		{"waivers that end", said(t, lwtest.Clock(), samples), said(t, later, samples)},
		{"samples, then nothing", assess.Options{Now: lwtest.Clock(), Advisories: samples}, assess.Options{Now: later}},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, err := assess.Run(t.Context(), ref, c.then)
			if err != nil {
				t.Fatal(err)
			}
			kept := stored(t, old)
			for _, opt := range []assess.Options{c.then, c.now} {
				want, err := assess.Run(t.Context(), ref, opt)
				if err != nil {
					t.Fatal(err)
				}
				got, err := assess.Again(kept, opt)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(inJSON(t, want)), string(inJSON(t, got))); diff != "" {
					t.Errorf("assessed (-) and judged again (+):\n%s", diff)
				}
			}
			if diff := cmp.Diff(string(inJSON(t, old)), string(inJSON(t, kept))); diff != "" {
				t.Errorf("the stored one was changed:\n%s", diff)
			}
		})
	}
}

// TestAgainSeesWhatIsNew: a weakness that became known since is found.
func TestAgainSeesWhatIsNew(t *testing.T) {
	ref, _ := example(t, "")
	old := run(t, ref, assess.Options{Advisories: wholeLists(t, false)})
	got, err := assess.Again(stored(t, old), assess.Options{Now: lwtest.Clock(), Advisories: wholeLists(t, true)})
	if err != nil {
		t.Fatal(err)
	}
	has := func(a *landwaiter.Assessment) bool { return strings.Contains(string(inJSON(t, a)), "CVE-2026-99999") }
	if has(old) || !has(got) {
		t.Errorf("the new record: before %v, judged again %v", has(old), has(got))
	}
	checkSound(t, got)
}

// TestAgainRefuses what it cannot do right.
func TestAgainRefuses(t *testing.T) {
	ref, samples := example(t, "")
	whole := wholeLists(t, false)
	old := stored(t, run(t, ref, assess.Options{Advisories: samples}))
	if old.Account.Covered.Files != 0 {
		t.Fatal("a sample covers")
	}
	// As an earlier version wrote it, it does not say what each package holds.
	for _, from := range []*landwaiter.Assessment{old, stored(t, run(t, ref, assess.Options{Advisories: whole}))} {
		to := whole
		if from.Account.Covered.Files > 0 {
			to = samples
		}
		for i := range from.Packages {
			from.Packages[i].Holds = landwaiter.Holding{}
		}
		_, err := assess.Again(from, assess.Options{Now: lwtest.Clock(), Advisories: to})
		if !errors.Is(err, landwaiter.ErrStale) || !strings.Contains(err.Error(), "assess the subject again") {
			t.Errorf("other packages are covered: %v", err)
		}
	}
	other := *old
	other.Schema = "landwaiter.assessment/0"
	if _, err := assess.Again(&other, assess.Options{}); !errors.Is(err, landwaiter.ErrUnsupported) {
		t.Errorf("another schema: %v", err)
	}
	other = *old
	other.Account.Total.Files++
	if _, err := assess.Again(&other, assess.Options{}); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("an account that does not add up: %v", err)
	}
}

// BenchmarkAgain judges 100 stored assessments of some 1,200 packages each again, as
// they come from a file: the target is a second on two cores. "judge" leaves out the
// reading of JSON.
func BenchmarkAgain(b *testing.B) {
	const kept = 100
	f := benchAdvisories(b)
	raw := make([][]byte, kept)
	for i := range raw {
		raw[i] = inJSON(b, manyPackages(b, f, i))
	}
	opt := assess.Options{Now: lwtest.Clock(), Advisories: f}
	all := func(b *testing.B, one func(i int) *landwaiter.Assessment) {
		findings := 0
		for b.Loop() {
			findings = 0
			for i := range kept {
				findings += len(one(i).Findings)
			}
		}
		b.ReportMetric(float64(findings)/kept, "findings/assessment")
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*kept), "ms/assessment")
	}
	again := func(b *testing.B, a *landwaiter.Assessment) *landwaiter.Assessment {
		out, err := assess.Again(a, opt)
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	decoded := func(b *testing.B, i int) *landwaiter.Assessment {
		a := new(landwaiter.Assessment)
		if err := json.Unmarshal(raw[i], a); err != nil {
			b.Fatal(err)
		}
		return a
	}
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(kept * len(raw[0])))
		all(b, func(i int) *landwaiter.Assessment { return again(b, decoded(b, i)) })
	})
	b.Run("judge", func(b *testing.B) {
		list := make([]*landwaiter.Assessment, kept)
		for i := range list {
			list[i] = decoded(b, i)
		}
		all(b, func(i int) *landwaiter.Assessment { return again(b, list[i]) })
	})
}

// benchAdvisories builds the file from the real sources where they are, else from the
// example's.
func benchAdvisories(b *testing.B) *advisory.File {
	b.Helper()
	from := "../../../shared/data/advisories"
	if _, err := os.Stat(from); err != nil {
		from = "../../examples/advisories"
	}
	out := filepath.Join(b.TempDir(), "a.lw")
	if _, err := advisory.Build(b.Context(), []string{from}, out, advisory.BuildOptions{Now: lwtest.Clock()}); err != nil {
		b.Fatal(err)
	}
	f, err := advisory.Open(out)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

// manyPackages assesses an image of 900 packages of Debian 12 and 300 of Python: one in
// ten under a name that lists know, in an old version.
func manyPackages(b *testing.B, f *advisory.File, seed int) *landwaiter.Assessment {
	b.Helper()
	var text, status strings.Builder
	text.WriteString("-- 0/etc/os-release --\nID=debian\nVERSION_ID=\"12\"\n")
	known := []string{"openssl", "curl", "expat", "zlib", "perl", "sqlite3", "libxml2", "gnutls28", "krb5", "systemd"}
	for i := range 900 {
		name, source := fmt.Sprintf("libsample%d-%d", seed, i), "sample"
		if i%10 == 0 {
			source = known[i/10%len(known)]
		}
		fmt.Fprintf(&status, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d-2\nSource: %s\nMaintainer: Sample\nDepends: libc6, libsample%d-%d (>= 1.0)\nDescription: sample\n\n", name, i, source, seed, i/2)
		fmt.Fprintf(&text, "-- 0/var/lib/dpkg/info/%s.list --\n/.\n/usr/share/doc/%s/copyright\n-- 0/usr/share/doc/%s/copyright --\nSample\n", name, name, name)
	}
	for i, name := 0, ""; i < 300; i++ {
		if name = fmt.Sprintf("sample-%d-%d", seed, i); i < 10 {
			name = []string{"pillow", "numpy", "requests", "urllib3", "jinja2", "django", "flask", "tensorflow", "pyyaml", "cryptography"}[i]
		}
		fmt.Fprintf(&text, "-- 0/usr/lib/python3/dist-packages/%s-1.%d.dist-info/METADATA --\nMetadata-Version: 2.1\nName: %s\nVersion: 1.%d\nRequires-Dist: requests\n", name, i, name, i)
	}
	fmt.Fprintf(&text, "-- 0/var/lib/dpkg/status --\n%s", &status)
	a, err := assess.Run(b.Context(), "oci:"+lwtest.Layout(b, text.String()), assess.Options{Now: lwtest.Clock(), Advisories: f})
	if err != nil {
		b.Fatal(err)
	}
	return a
}
