package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/landwaiter/landwaiter"
)

// writeSPDX writes the observed software as SPDX 2.3 JSON. A program that nobody
// owns is a package with the purpose FILE: a file of SPDX 2.3 must have a SHA-1,
// which an assessment does not hold.
//
// Format: https://spdx.github.io/spdx-spec/v2.3/
func writeSPDX(w io.Writer, a *landwaiter.Assessment) error {
	s := &spdxDoc{a: a, ids: newLicenceIDs(), changed: changedFiles(a), refs: make(map[string]common.ElementID, len(a.Packages))}
	for i := range a.Packages {
		s.refs[a.Packages[i].ID] = elementID("Package", a.Packages[i].ID)
	}
	doc := &v2_3.Document{
		SPDXVersion: v2_3.Version, DataLicense: v2_3.DataLicense, SPDXIdentifier: "DOCUMENT",
		DocumentName:      cmp.Or(a.Subject.Reference, a.Subject.Fingerprint(), "subject"),
		DocumentNamespace: "https://spdx.org/spdxdocs/landwaiter-" + bomID(a, "spdx"),
		DocumentComment:   accountText(a),
		CreationInfo: &v2_3.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Tool", Creator: s.tool()}}, Created: stamp(a.At),
		},
		Packages:    s.packages(),
		Annotations: s.gaps(),
	}
	doc.Relationships = s.relationships()
	return writeBOM(w, "SPDX", doc)
}

// spdxDoc builds one document.
type spdxDoc struct {
	a       *landwaiter.Assessment
	ids     *licenceIDs
	changed map[string][]string
	refs    map[string]common.ElementID // by the ID of the package
}

const (
	noAssertion = "NOASSERTION"
	subjectID   = common.ElementID("Subject")
	systemID    = common.ElementID("OperatingSystem")
)

func (s *spdxDoc) tool() string {
	return strings.TrimSuffix(cmp.Or(s.a.Tool.Name, "landwaiter")+"-"+s.a.Tool.Version, "-")
}

// elementID is an identifier of letters, digits, dots and hyphens: the start of the
// text for a reader, and a digest of the whole so that no two are the same.
func elementID(kind, text string) common.ElementID {
	const most = 60
	var b strings.Builder
	for i := 0; i < len(text) && b.Len() < most; i++ {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' {
			b.WriteByte(c)
		} else {
			b.WriteByte('-')
		}
	}
	sum := sha256.Sum256([]byte(text))
	return common.ElementID(kind + "-" + strings.Trim(b.String(), "-") + "-" + hex.EncodeToString(sum[:8]))
}

// blank is a package about which nothing is said yet.
func blank(id common.ElementID, name, purpose string) *v2_3.Package {
	return &v2_3.Package{
		PackageName: cmp.Or(name, "unknown"), PackageSPDXIdentifier: id, PackageDownloadLocation: noAssertion,
		PackageSupplier:         &common.Supplier{Supplier: noAssertion},
		PackageLicenseConcluded: noAssertion, PackageLicenseDeclared: noAssertion, PackageCopyrightText: noAssertion,
		PrimaryPackagePurpose: purpose, FilesAnalyzed: false, IsFilesAnalyzedTagPresent: true,
	}
}

func checksums(digest string) []common.Checksum {
	sum := sha256Hex(digest)
	if sum == "" {
		return nil
	}
	return []common.Checksum{{Algorithm: common.SHA256, Value: sum}}
}

func (s *spdxDoc) packages() []*v2_3.Package {
	sub := &s.a.Subject
	purpose := "CONTAINER"
	if sub.Kind == landwaiter.SubjectFolder {
		purpose = "OTHER"
	}
	root := blank(subjectID, cmp.Or(sub.Reference, sub.Fingerprint()), purpose)
	root.PackageVersion, root.PackageChecksums = sub.Fingerprint(), checksums(sub.Digest)
	root.PackageComment = accountText(s.a)
	var about factList
	about.add("imageId", sub.ImageID)
	about.add("platform", sub.Platform)
	for i := range sub.Layers {
		about.add("subjectLayer", layerText(s.a, i))
	}
	for _, l := range accountLines(s.a) {
		about.add(l.name+":files", fmt.Sprint(l.n.Files))
		about.add(l.name+":bytes", fmt.Sprint(l.n.Bytes))
	}
	root.Annotations = s.annotate(about, nil)
	out := []*v2_3.Package{root}
	if sys := s.a.System; sys != nil {
		p := blank(systemID, cmp.Or(sys.ID, sys.Name), "OPERATING_SYSTEM")
		p.PackageVersion, p.PackageSummary = sys.VersionID, sys.Name
		p.Annotations = s.annotate(nil, []landwaiter.Evidence{{Path: sys.Path, Layer: -1, Method: "installed metadata"}})
		out = append(out, p)
	}
	for i := range s.a.Packages {
		out = append(out, s.pkg(&s.a.Packages[i]))
	}
	for i := range s.a.Unowned {
		out = append(out, s.file(&s.a.Unowned[i]))
	}
	return out
}

func (s *spdxDoc) pkg(p *landwaiter.Package) *v2_3.Package {
	out := blank(s.refs[p.ID], p.Name, "LIBRARY")
	out.PackageVersion = p.Version
	if p.PURL != "" {
		out.PackageExternalReferences = []*v2_3.PackageExternalReference{
			{Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: p.PURL},
		}
	}
	facts := packageFacts(s.a, p, s.changed)
	// Only rpm's vendor is sure to be an organisation; elsewhere it may be a person,
	// and the format makes us say which.
	if p.Vendor != "" && p.Ecosystem == "rpm" {
		out.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: p.Vendor}
	} else {
		facts.add("vendor", p.Vendor)
	}
	if p.SourceName != "" {
		out.PackageSourceInfo = strings.TrimSpace("built from " + p.SourceName + " " + p.SourceVersion)
	}
	if expr, _, ok := s.ids.expression(p.Licence); ok {
		out.PackageLicenseDeclared = expr
	} else if p.Licence != "" {
		out.PackageLicenseComments = "In the package's own words: " + p.Licence
	}
	out.Annotations = s.annotate(facts, p.Evidence)
	return out
}

// file is a program that nobody owns.
func (s *spdxDoc) file(f *landwaiter.File) *v2_3.Package {
	out := blank(elementID("File", f.Path), f.Path, "FILE")
	out.PackageFileName, out.PackageChecksums = "./"+f.Path, checksums(f.SHA256)
	out.Annotations = s.annotate(fileFacts(s.a, f), nil)
	return out
}

// annotate says facts, then where and how a package was seen, one to a line.
func (s *spdxDoc) annotate(facts factList, seen []landwaiter.Evidence) []v2_3.Annotation {
	var lines []string
	for _, f := range facts {
		lines = append(lines, propertyPrefix+f.name+"="+f.value)
	}
	for _, e := range seen {
		line := propertyPrefix + "seen=" + e.Path + " (" + e.Method
		if l := layerText(s.a, e.Layer); l != "" {
			line += "; " + l
		}
		lines = append(lines, line+")")
	}
	return []v2_3.Annotation{s.annotation(strings.Join(lines, "\n"))}
}

func (s *spdxDoc) annotation(text string) v2_3.Annotation {
	return v2_3.Annotation{
		Annotator:      common.Annotator{AnnotatorType: "Tool", Annotator: s.tool()},
		AnnotationDate: stamp(s.a.At), AnnotationType: "OTHER", AnnotationComment: text,
	}
}

func (s *spdxDoc) gaps() []*v2_3.Annotation {
	var out []*v2_3.Annotation
	for _, g := range s.a.Gaps {
		n := s.annotation(gapText(s.a, g))
		out = append(out, &n)
	}
	return out
}

func (s *spdxDoc) relationships() []*v2_3.Relationship {
	var out []*v2_3.Relationship
	relate := func(from common.ElementID, kind string, to common.ElementID) {
		out = append(out, &v2_3.Relationship{
			RefA: common.DocElementID{ElementRefID: from}, Relationship: kind, RefB: common.DocElementID{ElementRefID: to},
		})
	}
	relate("DOCUMENT", common.TypeRelationshipDescribe, subjectID)
	if s.a.System != nil {
		relate(subjectID, common.TypeRelationshipContains, systemID)
	}
	for i := range s.a.Packages {
		relate(subjectID, common.TypeRelationshipContains, s.refs[s.a.Packages[i].ID])
	}
	for i := range s.a.Unowned {
		relate(subjectID, common.TypeRelationshipContains, elementID("File", s.a.Unowned[i].Path))
	}
	// The format's way to say that there may be more.
	out = append(out, &v2_3.Relationship{
		RefA: common.DocElementID{ElementRefID: subjectID}, Relationship: common.TypeRelationshipContains,
		RefB: common.MakeDocElementSpecial(noAssertion), RelationshipComment: accountText(s.a),
	})
	for i := range s.a.Packages {
		p := &s.a.Packages[i]
		for _, owner := range []string{p.OwnedBy, p.PartOf} {
			if to, ok := s.refs[owner]; ok && owner != "" {
				relate(to, common.TypeRelationshipContains, s.refs[p.ID])
			}
		}
		for _, d := range p.DependsOn {
			if to, ok := s.refs[d]; ok {
				relate(s.refs[p.ID], common.TypeRelationshipDependsOn, to)
			}
		}
	}
	return out
}
