package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/landwaiter/landwaiter"
)

// richBOM is an assessment that fills every field that a bill of materials has.
func richBOM() *landwaiter.Assessment {
	a := base()
	npm := pkg("npm", "@babel/core", "7.1.0", landwaiter.Answer{})
	npm.PURL, npm.Licence, npm.Vendor = "pkg:npm/%40babel/core@7.1.0", "(mit OR Apache-2.0)", "Sebastian"
	npm.Requires, npm.DependsOn = []string{"numpy", "not-here"}, []string{a.Packages[1].ID}
	npm.OwnedBy, npm.Requested, npm.Layer = a.Packages[0].ID, true, 1
	rpm := pkg("rpm", "bash", "5.1-2", landwaiter.Answer{})
	rpm.Licence, rpm.Vendor, rpm.SourceName, rpm.SourceVersion, rpm.Arch = "GPLv3+", "Example Linux", "bash", "5.1-2", "x86_64"
	rpm.Evidence = []landwaiter.Evidence{{Path: "var/lib/rpm/rpmdb.sqlite", Layer: 0, Method: "package database"}, {Path: "bin/bash", Layer: -1, Method: "guess"}}
	r := pkg("r", "ggplot2", "3.4", landwaiter.Answer{})
	r.Licence, r.PartOf, r.Mapped, r.Declared = "MIT", npm.ID, []string{"pkg:conda/r-ggplot2@3.4"}, true
	a.Packages = append(a.Packages, npm, rpm, r)
	a.Unowned = []landwaiter.File{file("opt/tool", 10), file("opt/müll (1)", 9)}
	changed := file("usr/bin/x", 3)
	changed.Owner = a.Packages[0].ID
	a.Changed = []landwaiter.File{changed}
	a.Gaps = []landwaiter.Gap{{Path: "opt/a.zip", Layer: 1, Bytes: 7, Unread: true, Code: true, Reason: "the archive is encrypted"}, {Layer: -1, Bytes: -1, Reason: "no list"}}
	return a
}

func bomCases() map[string]*landwaiter.Assessment {
	all := varied()
	all["rich"] = richBOM()
	all["nothing"] = &landwaiter.Assessment{}
	// What landwaiter inventory writes: nobody asked for advice.
	only := richBOM()
	only.Advice, only.Advisories, only.Sources, only.Protections, only.Findings = landwaiter.Advice{}, nil, nil, nil, nil
	all["inventory"] = only
	return all
}

// moduleDir is a folder of the module cache, or the test is skipped.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("the module cache has no %s: %v", module, err)
	}
	return dir
}

func compileSchema(t *testing.T, files map[string]string, main string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for url, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Skipf("no schema: %v", err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(main)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, name string, out []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
	if err == nil {
		err = s.Validate(doc)
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// The schema is CycloneDX's own, from the library's module.
func TestCycloneDXFitsItsSchema(t *testing.T) {
	dir := filepath.Join(moduleDir(t, "github.com/CycloneDX/cyclonedx-go"), "schema")
	const base = "http://cyclonedx.org/schema/"
	s := compileSchema(t, map[string]string{
		base + "bom-1.6.schema.json":   filepath.Join(dir, "bom-1.6.schema.json"),
		base + "spdx.schema.json":      filepath.Join(dir, "spdx.schema.json"),
		base + "jsf-0.82.schema.json":  filepath.Join(dir, "jsf-0.82.schemax.json"),
		base + "jsf-0.82.schemax.json": filepath.Join(dir, "jsf-0.82.schemax.json"),
	}, base+"bom-1.6.schema.json")
	for name, a := range bomCases() {
		validate(t, s, name, writeTo(t, "cyclonedx", a))
	}
	bad := bytes.Replace(writeTo(t, "cyclonedx", richBOM()), []byte(`"type": "library"`), []byte(`"type": "thing"`), 1)
	if doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(bad)); err != nil || s.Validate(doc) == nil {
		t.Error("the schema takes anything")
	}
}

// The schema is SPDX's own, from syft's module where somebody has it.
func TestSPDXFitsItsSchema(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skip("no go command")
	}
	found, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "github.com/anchore/syft@*/schema/spdx-json/spdx-schema-2.3.json"))
	if len(found) == 0 {
		t.Skip("no module cache here holds SPDX's schema; TestSPDXStructure holds its rules")
	}
	s := compileSchema(t, map[string]string{"spdx.json": found[0]}, "spdx.json")
	for name, a := range bomCases() {
		validate(t, s, name, writeTo(t, "spdx", a))
	}
}

var (
	spdxID    = regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`)
	spdxTime  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
	spdxAgent = regexp.MustCompile(`^(NOASSERTION|(Person|Organization): .+)$`)
	purposes  = []string{"APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING_SYSTEM", "DEVICE", "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL", "OTHER"}
	relations = []string{"DESCRIBES", "CONTAINS", "DEPENDS_ON"}
)

// SPDX 2.3's rules that a JSON schema does not hold, written from its text; and its
// own library reads what we write.
func TestSPDXStructure(t *testing.T) {
	type doc struct {
		SPDXID, SPDXVersion, DataLicense, Name, DocumentNamespace string
		CreationInfo                                              struct {
			Created  string
			Creators []string
		}
		Packages []struct {
			SPDXID, Name, DownloadLocation, Supplier, LicenseDeclared, PrimaryPackagePurpose string
			FilesAnalyzed                                                                    *bool
		}
		Relationships []struct{ SPDXElementID, RelatedSPDXElement, RelationshipType string }
	}
	ids := newLicenceIDs()
	for name, a := range bomCases() {
		out := writeTo(t, "spdx", a)
		var d doc
		if err := json.Unmarshal(out, &d); err != nil {
			t.Fatal(err)
		}
		if d.SPDXID != "SPDXRef-DOCUMENT" || d.SPDXVersion != "SPDX-2.3" || d.DataLicense != "CC0-1.0" || d.Name == "" ||
			!strings.HasPrefix(d.DocumentNamespace, "https://") || strings.Contains(d.DocumentNamespace, "#") ||
			!spdxTime.MatchString(d.CreationInfo.Created) || len(d.CreationInfo.Creators) != 1 || !strings.HasPrefix(d.CreationInfo.Creators[0], "Tool: ") {
			t.Errorf("%s: head %+v", name, d)
		}
		known := map[string]bool{"SPDXRef-DOCUMENT": true, "NOASSERTION": true}
		for _, p := range d.Packages {
			_, _, licence := ids.expression(p.LicenseDeclared)
			if !spdxID.MatchString(p.SPDXID) || p.Name == "" || p.DownloadLocation == "" || p.FilesAnalyzed == nil || *p.FilesAnalyzed ||
				!spdxAgent.MatchString(p.Supplier) || !slices.Contains(purposes, p.PrimaryPackagePurpose) || !licence && p.LicenseDeclared != "NOASSERTION" {
				t.Errorf("%s: package %+v", name, p)
			}
			if known[p.SPDXID] {
				t.Errorf("%s: %s stands twice", name, p.SPDXID)
			}
			known[p.SPDXID] = true
		}
		for _, r := range d.Relationships {
			if !known[r.SPDXElementID] || !known[r.RelatedSPDXElement] || !slices.Contains(relations, r.RelationshipType) {
				t.Errorf("%s: relationship %+v", name, r)
			}
		}
		var back v2_3.Document
		if err := spdxjson.ReadInto(bytes.NewReader(out), &back); err != nil || len(back.Packages) != len(d.Packages) {
			t.Errorf("%s: SPDX's library reads %d of %d packages: %v", name, len(back.Packages), len(d.Packages), err)
		}
	}
}

// Every reference inside a CycloneDX document leads somewhere and stands once.
func TestCycloneDXReferences(t *testing.T) {
	for name, a := range bomCases() {
		var bom cdx.BOM
		if err := cdx.NewBOMDecoder(bytes.NewReader(writeTo(t, "cyclonedx", a)), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		known := map[string]bool{bom.Metadata.Component.BOMRef: true}
		for _, c := range *bom.Components {
			if known[c.BOMRef] || c.BOMRef == "" {
				t.Errorf("%s: reference %q stands twice or is empty", name, c.BOMRef)
			}
			known[c.BOMRef] = true
		}
		for _, d := range *bom.Dependencies {
			for _, ref := range append([]string{d.Ref}, *d.Dependencies...) {
				if !known[ref] {
					t.Errorf("%s: nothing has reference %q", name, ref)
				}
			}
		}
		for _, c := range *bom.Compositions {
			if c.Aggregate != "incomplete" && c.Aggregate != "unknown" {
				t.Errorf("%s: claims to be %q", name, c.Aggregate)
			}
		}
	}
}

// Unknown is never clean: both say how much has no name, and every gap.
func TestBOMSaysWhatIsMissing(t *testing.T) {
	for _, format := range []string{"cyclonedx", "spdx"} {
		out := string(writeTo(t, format, richBOM()))
		for _, want := range []string{
			"Not named: 30000000 bytes in 212 files", "Not read: 10 bytes in 1 files", "the archive is encrypted", "landwaiter:account:unnamed:bytes",
			"usr/bin/x", "GPLv3+", "layer 2 sha256:4", "opt/tool", "MIT OR Apache-2.0", "landwaiter:mapped",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q", format, want)
			}
		}
		if strings.Contains(out, "ecommend") || strings.Contains(out, "CVE-") {
			t.Errorf("%s gives advice", format)
		}
	}
	a := richBOM()
	a.Account.Unnamed = landwaiter.Count{}
	if out := string(writeTo(t, "cyclonedx", a)); strings.Contains(out, `"complete"`) || !strings.Contains(out, `"aggregate": "unknown"`) {
		t.Error("a list without unnamed bytes claims to be whole")
	}
}

func TestBOMIdentity(t *testing.T) {
	a, b := richBOM(), richBOM()
	if bomID(a, "x") != bomID(b, "x") || bomID(a, "x") == bomID(a, "y") {
		t.Error("the identity depends on chance, or not on the format")
	}
	b.At = b.At.Add(1e9)
	if bomID(a, "x") == bomID(b, "x") {
		t.Error("two times share an identity")
	}
	if id := bomID(a, "x"); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("%s is no UUID of version 8", id)
	}
}

func TestLicenceExpression(t *testing.T) {
	ids := newLicenceIDs()
	if len(ids.licences) < 400 || len(ids.exceptions) < 30 {
		t.Fatalf("%d licences, %d exceptions", len(ids.licences), len(ids.exceptions))
	}
	for in, want := range map[string]string{
		"MIT": "MIT", "mit": "MIT", "apache-2.0 or mit": "Apache-2.0 OR MIT", "MPL-2.0+": "MPL-2.0+",
		"(MIT AND (BSD-3-Clause OR ISC))":               "(MIT AND (BSD-3-Clause OR ISC))",
		"GPL-2.0-or-later WITH classpath-exception-2.0": "GPL-2.0-or-later WITH Classpath-exception-2.0",
		"GPL-2 | file LICENSE":                          "", "GPLv2+": "", "": "", "MIT MIT": "", "MIT OR": "", "(MIT": "", "MIT)": "", "MIT WITH MIT": "",
		"Classpath-exception-2.0": "", "AND": "", "LicenseRef-x": "", strings.Repeat("(", 5000): "",
	} {
		got, single, ok := ids.expression(in)
		if got != want || ok != (want != "") || single != (want == "MIT") {
			t.Errorf("%.30q: %q, single %v, %v; want %q", in, got, single, ok, want)
		}
	}
}

func BenchmarkBOM(b *testing.B) {
	a := richBOM()
	for i := range 5000 {
		p := pkg("python", fmt.Sprintf("p%d", i), "1", landwaiter.Answer{})
		p.Licence, p.DependsOn = "MIT OR Apache-2.0", []string{a.Packages[i].ID}
		a.Packages = append(a.Packages, p)
	}
	for _, name := range []string{"cyclonedx", "spdx"} {
		f, err := Lookup(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var buf bytes.Buffer
				if err := f.Write(&buf, a); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(buf.Len()))
			}
		})
	}
}
