package vex

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// scene is a subject with two packages and five findings.
func scene() (*landwaiter.Subject, []landwaiter.Package, []landwaiter.Finding) {
	packages := []landwaiter.Package{
		{ID: "dpkg:zlib1g@1:1.2:amd64", Name: "zlib1g", SourceName: "zlib", SourceVersion: "1:1.2", PURL: "pkg:deb/debian/zlib1g@1%3A1.2?arch=amd64&distro=debian-12"},
		{ID: "python:Num_Py@1.0", Name: "Num_Py", PURL: "pkg:pypi/num-py@1.0"},
		{ID: "dpkg:nothing", Name: "nothing"},
	}
	f := func(ref, pkg string, aliases ...string) landwaiter.Finding {
		return landwaiter.Finding{ID: "weakness:" + ref, Reference: ref, Packages: []string{pkg}, Advisories: []landwaiter.Advisory{{ID: "DSA-1", Aliases: aliases}}}
	}
	return &landwaiter.Subject{Digest: digest}, packages, []landwaiter.Finding{
		f("CVE-2026-0001", packages[0].ID, "CVE-2026-0002"), f("CVE-2026-0002", packages[0].ID), f("CVE-2026-0003", packages[0].ID),
		f("CVE-2026-0005", packages[1].ID, "GHSA-dddd-eeee-ffff"),
		{ID: "runs-as-root", Kind: landwaiter.KindRunsAsRoot},
	}
}

func open(t *testing.T, name string) *Document {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(bytes.NewReader(b), filepath.Base(name))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// told lists what stands on the findings.
func told(findings []landwaiter.Finding) []string {
	var out []string
	for _, f := range findings {
		for _, s := range f.Statements {
			line := fmt.Sprintf("%s %s %s by %s on %s: %s", f.Reference, s.Status, s.Justification, s.By, s.Date.Format(time.DateOnly), strings.Join(s.Packages, ","))
			if s.Part {
				line += " part"
			}
			if s.Loose {
				line += " loose"
			}
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return out
}

func TestMatch(t *testing.T) {
	const z, n = "dpkg:zlib1g@1:1.2:amd64", "python:Num_Py@1.0"
	for _, c := range []struct {
		file   string
		want   []string
		record landwaiter.StatementFile // but for its hash
	}{
		{"openvex.json", []string{
			"CVE-2026-0001 not_affected vulnerable_code_not_present by Example Maintainers on 2026-11-01: " + z,
			"CVE-2026-0001 not_affected by Example Maintainers on 2026-11-01: " + z + " part",
			"CVE-2026-0001 fixed by Example Maintainers on 2026-11-01: " + z,
			"CVE-2026-0002 fixed by Example Maintainers on 2026-11-02: " + z,
			"CVE-2026-0003 affected by Example Maintainers on 2026-11-01: " + z,
			"CVE-2026-0005 under_investigation by Example Maintainers on 2026-11-01: " + n,
		}, landwaiter.StatementFile{
			Name: "openvex.json", Format: "OpenVEX", By: "Example Maintainers", Date: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC),
			Statements: 9, Matched: 6, Notes: []string{"statement 9 names no product, so it speaks of nothing here"},
		}},
		{"cyclonedx.json", []string{
			"CVE-2026-0001 not_affected code_not_present by Example Vendor on 2026-11-05: " + z,
			"CVE-2026-0001 under_investigation by Example Vendor on 2026-11-01: " + z,
			"CVE-2026-0001 fixed by Example Vendor on 2026-11-01: " + z + " part",
			"CVE-2026-0002 fixed by Example Vendor on 2026-11-01: " + z,
			"CVE-2026-0003 affected by Example Vendor on 2026-11-01: " + z,
			"CVE-2026-0005 not_affected by Example Vendor on 2026-11-01: " + n + " loose",
		}, landwaiter.StatementFile{
			Name: "cyclonedx.json", Format: "CycloneDX", By: "Example Vendor", Date: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC),
			Statements: 8, Matched: 6, Notes: []string{
				"vulnerability 5 speaks of something that this document does not hold, or of a range of versions: it is left out",
				"vulnerability 6 speaks of something that this document does not hold, or of a range of versions: it is left out",
				"1 of 9 vulnerabilities come without an analysis, and say nothing",
			},
		}},
	} {
		d := open(t, "testdata/"+c.file)
		subject, packages, findings := scene()
		findings[4].Statements = []landwaiter.Statement{{By: "an old run"}}
		files := Match([]*Document{d}, subject, packages, findings)
		if diff := cmp.Diff(c.want, told(findings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
		if len(files) != 1 || len(files[0].SHA256) != 64 {
			t.Fatalf("%+v", files)
		}
		files[0].SHA256 = ""
		if diff := cmp.Diff(c.record, files[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
	}
}

// TestProductOfBOM: what a bill of materials says about a part of its own product is
// not said about that part elsewhere.
func TestProductOfBOM(t *testing.T) {
	read := func(whole string) []landwaiter.Finding {
		d, err := Read(strings.NewReader(`{"bomFormat":"CycloneDX","metadata":{"component":`+whole+`,"authors":[{"name":"V"}]},
			"components":[{"bom-ref":"z","purl":"pkg:deb/debian/zlib1g@1:1.2"}],
			"vulnerabilities":[{"id":"CVE-2026-0001","analysis":{"state":"not_affected"},"affects":[{"ref":"z"}]},
			{"id":"CVE-2026-0002","analysis":{"state":"not_affected"},"affects":[{"ref":"whole"}]}]}`), "x")
		if err != nil {
			t.Fatal(err)
		}
		subject, packages, findings := scene()
		Match([]*Document{d}, subject, packages, findings)
		return findings
	}
	if got := told(read(`{"bom-ref":"whole","purl":"pkg:generic/app@1"}`)); got != nil {
		t.Errorf("another product: %q", got)
	}
	if f := read(`{"bom-ref":"whole","purl":"pkg:pypi/num-py@1.0"}`); len(f[0].Statements) != 1 || !f[0].Statements[0].Part || f[1].Statements != nil {
		t.Errorf("a product that is here: %q", told(f))
	}
	if f := read(`{"bom-ref":"whole","version":"` + digest + `"}`); len(f[0].Statements) != 1 || f[0].Statements[0].Part || len(f[1].Statements) != 1 {
		t.Errorf("the subject itself: %q", told(f))
	}
}

func TestReadErrors(t *testing.T) {
	ov := func(statement string) string {
		return `{"@context": "https://openvex.dev/ns/v0.2.0", "author": "a", "timestamp": "2026-11-01T10:00:00Z", "statements": [` + statement + `]}`
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "v.json:1: not such JSON: the text ends too early; copy the file again"},
		{"half", "{\n\"@context\":", "v.json:2: not such JSON: the text ends too early"},
		{"not JSON", "{\n'a'}", "v.json:2: not such JSON: invalid character"},
		{"something else", `{"spdxVersion": "SPDX-2.3"}`, "v.json: neither OpenVEX nor CycloneDX as JSON; give one of these"},
		{"two", ov("") + "{}", "v.json:1: more text after the end; keep one document"},
		{"not UTF-8", "{\"a\": \"\xff\"}", "v.json: not UTF-8 text; save the file as UTF-8"},
		{"wrong type", ov(`{"vulnerability": {"name": 7}}`), `v.json:1: not such JSON: "`},
		{"no name", ov(`{"status": "fixed"}`), "v.json: statement 1 names no vulnerability; add its name"},
		{"strange status", ov(`{"vulnerability": "CVE-1", "status": "fine"}`), `v.json: statement 1: status "fine" is not known; use one of not_affected, affected, fixed, under_investigation`},
		{"strange justification", ov(`{"vulnerability": "CVE-1", "status": "not_affected", "justification": "so"}`), `v.json: statement 1: justification "so" is not known; use one of component_not_present`},
		{"strange time", ov(`{"vulnerability": "CVE-1", "status": "fixed", "timestamp": "yesterday"}`), `v.json: statement 1: timestamp "yesterday" is not a time; write it as 2026-11-22T14:00:00Z`},
		{"strange state", `{"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": "fine"}}]}`, `v.json: vulnerability 1: state "fine" is not known; use one of exploitable`},
		{"no id", `{"bomFormat": "CycloneDX", "vulnerabilities": [{"analysis": {"state": "resolved"}}]}`, `v.json: vulnerability 1 has no id; add it`},
	} {
		_, err := Read(strings.NewReader(c.in), "v.json")
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
		if _, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || !errors.Is(err, landwaiter.ErrInvalid) {
			t.Errorf("%s: error %T is of no kind", c.name, err)
		}
	}
	if _, err := Read(io.LimitReader(zeros{}, maxFile+9), "v.json"); !errors.Is(err, landwaiter.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	broken := errors.New("the disk is gone")
	if _, err := Read(io.MultiReader(strings.NewReader("{"), failing{broken}), "v.json"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestVersions: a statement about another version, release, architecture or epoch of a
// package is not about this one.
func TestVersions(t *testing.T) {
	o := func(purl string) *observed {
		_, packages, _ := scene()
		packages[0].PURL = purl
		m := newMatcher(&landwaiter.Subject{}, packages[:1], nil)
		return m.packages[packages[0].ID]
	}
	deb := "pkg:deb/debian/zlib1g@1%3A1.2?arch=amd64&distro=debian-12"
	rpm := "pkg:rpm/fedora/bash@5.1-2?arch=x86_64&epoch=1"
	for _, c := range []struct {
		have, want string
		is         bool
	}{
		{deb, deb, true},
		{deb, "pkg:deb/debian/zlib1g@1:1.2", true},
		{deb, "pkg:deb/debian/zlib1g", true},
		{deb, "pkg:deb/debian/zlib@1:1.2?arch=source", true},
		{deb, "pkg:deb/debian/zlib@1:1.2", false},
		{deb, "pkg:deb/debian/zlib1g@1:1.2?arch=source", false},
		{deb, "pkg:deb/debian/zlib1g@1.2", false},
		{deb, "pkg:deb/debian/zlib1g@1:1.2?arch=arm64", false},
		{deb, "pkg:deb/debian/zlib1g@1:1.2?distro=debian-11", false},
		{deb, "pkg:deb/ubuntu/zlib1g@1:1.2", false},
		{deb, "pkg:rpm/debian/zlib1g@1:1.2", false},
		{rpm, "pkg:rpm/fedora/bash@5.1-2?epoch=1", true},
		{rpm, "pkg:rpm/fedora/bash@5.1-2", false},
		{rpm, "pkg:rpm/fedora/bash@5.1-2?epoch=2", false},
	} {
		m := &matcher{packages: map[string]*observed{"p": o(c.have)}}
		var s landwaiter.Statement
		m.fill(c.want, &landwaiter.Finding{Packages: []string{"p"}}, &s)
		if (len(s.Packages) == 1) != c.is {
			t.Errorf("%s is %s: %v", c.want, c.have, !c.is)
		}
	}
}

// FuzzRead: whatever is read, every statement that lands on a finding names it, in words
// that are known, and the same bytes land in the same way.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"testdata/openvex.json", "testdata/cyclonedx.json", "../../examples/vex.json"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"bomFormat":"CycloneDX","components":[{"bom-ref":"a","components":[{"bom-ref":"a"}]}],"vulnerabilities":[{"id":"x","affects":[{"ref":"urn:cdx:#"}],"analysis":{"state":"resolved"}}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := Read(bytes.NewReader(in), "v.json")
		if err != nil {
			if e, ok := errors.AsType[*landwaiter.SyntaxError](err); !ok || e.Path != "v.json" || len(err.Error()) > 2000 {
				t.Fatalf("error %T of %d bytes", err, len(err.Error()))
			}
			return
		}
		subject, packages, findings := scene()
		files := Match([]*Document{d}, subject, packages, findings)
		if files[0].Matched > files[0].Statements || len(files[0].Notes) > maxNotes {
			t.Errorf("%+v", files[0])
		}
		for _, finding := range findings {
			for _, s := range finding.Statements {
				if !slices.Contains(statuses, s.Status) || s.Trusted || s.Counted || s.SHA256 == "" || len(s.Impact) > maxText+4 {
					t.Errorf("%+v", s)
				}
				for _, id := range s.Packages {
					if !slices.Contains(finding.Packages, id) {
						t.Errorf("%s speaks of %s", finding.ID, id)
					}
				}
			}
		}
		_, _, again := scene()
		Match([]*Document{d}, subject, packages, again)
		if diff := cmp.Diff(findings, again); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRecordsOfSeveral: a record about several CVEs is no name of each.
func TestRecordsOfSeveral(t *testing.T) {
	f := landwaiter.Finding{Reference: "RHSA-2026:1", Advisories: []landwaiter.Advisory{{ID: "RHSA-2026:1", Aliases: []string{"CVE-2026-0007", "CVE-2026-0008", "ALT-1"}}}}
	for name, want := range map[string]bool{"CVE-2026-0007": false, "RHSA-2026:1": true, "ALT-1": true} {
		m := newMatcher(&landwaiter.Subject{}, nil, []landwaiter.Finding{f})
		if got := len(m.about(&statement{names: []string{name}})) == 1; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
