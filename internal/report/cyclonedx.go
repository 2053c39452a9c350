package report

import (
	"cmp"
	"io"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/landwaiter/landwaiter"
)

// writeCycloneDX writes the observed software as CycloneDX 1.6 JSON: every package
// with its evidence, every program that nobody owns, and how much has no name. It
// says nothing of weaknesses and nothing of the advice.
//
// Format: https://cyclonedx.org/docs/1.6/json/
func writeCycloneDX(w io.Writer, a *landwaiter.Assessment) error {
	c := &cyclone{a: a, ids: newLicenceIDs(), changed: changedFiles(a)}
	bom := cdx.NewBOM()
	bom.SpecVersion = cdx.SpecVersion1_6
	bom.JSONSchema = "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.SerialNumber = "urn:uuid:" + bomID(a, "cyclonedx")
	bom.Metadata = c.metadata()
	components := c.system()
	for i := range a.Packages {
		components = append(components, c.pkg(&a.Packages[i]))
	}
	for i := range a.Unowned {
		components = append(components, c.file(&a.Unowned[i]))
	}
	bom.Components = &components
	dependencies, partial := c.dependencies()
	bom.Dependencies = &dependencies
	bom.Compositions = c.compositions(partial)
	bom.Annotations = c.annotations()
	return writeBOM(w, "CycloneDX", bom)
}

// cyclone builds one document.
type cyclone struct {
	a       *landwaiter.Assessment
	ids     *licenceIDs
	changed map[string][]string
}

// The namespace of our own properties.
const propertyPrefix = "landwaiter:"

// ref is the subject's reference inside the document.
func (c *cyclone) ref() string {
	return "subject:" + cmp.Or(c.a.Subject.Fingerprint(), c.a.Subject.Reference)
}

func (c *cyclone) tool() cdx.Component {
	return cdx.Component{Type: cdx.ComponentTypeApplication, Name: cmp.Or(c.a.Tool.Name, "landwaiter"), Version: c.a.Tool.Version}
}

func (c *cyclone) metadata() *cdx.Metadata {
	s := &c.a.Subject
	subject := cdx.Component{
		BOMRef: c.ref(), Type: cdx.ComponentTypeContainer, Name: cmp.Or(s.Reference, c.ref()), Version: s.Fingerprint(),
		Hashes: hashes(s.Digest),
	}
	if s.Kind == landwaiter.SubjectFolder {
		subject.Type = cdx.ComponentTypeFile
	}
	var about factList
	about.add("imageId", s.ImageID)
	about.add("platform", s.Platform)
	for i := range s.Layers {
		about.add("subjectLayer", layerText(c.a, i))
	}
	subject.Properties = properties(about)
	var figures factList
	for _, l := range accountLines(c.a) {
		var of factList
		of.count(l.n)
		for _, f := range of {
			figures.add(l.name+":"+f.name, f.value)
		}
	}
	tools := []cdx.Component{c.tool()}
	return &cdx.Metadata{
		Timestamp:  stamp(c.a.At),
		Lifecycles: &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhasePostBuild}},
		Tools:      &cdx.ToolsChoice{Components: &tools},
		Component:  &subject,
		Properties: properties(figures),
	}
}

func properties(facts factList) *[]cdx.Property {
	if len(facts) == 0 {
		return nil
	}
	out := make([]cdx.Property, 0, len(facts))
	for _, f := range facts {
		out = append(out, cdx.Property{Name: propertyPrefix + f.name, Value: f.value})
	}
	return &out
}

func hashes(digest string) *[]cdx.Hash {
	hex := sha256Hex(digest)
	if hex == "" {
		return nil
	}
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex}}
}

// system is the operating system as a component, where one says so.
func (c *cyclone) system() []cdx.Component {
	s := c.a.System
	if s == nil {
		return []cdx.Component{}
	}
	return []cdx.Component{{
		BOMRef: "system:" + s.ID + "@" + s.VersionID, Type: cdx.ComponentTypeOS,
		Name: cmp.Or(s.ID, s.Name, "unknown"), Version: s.VersionID, Description: s.Name,
		Evidence: &cdx.Evidence{Occurrences: &[]cdx.EvidenceOccurrence{{Location: s.Path}}},
	}}
}

func (c *cyclone) pkg(p *landwaiter.Package) cdx.Component {
	out := cdx.Component{
		BOMRef: p.ID, Type: cdx.ComponentTypeLibrary, Name: p.Name, Version: p.Version, PackageURL: p.PURL,
		Publisher: p.Vendor, Licenses: c.licences(p.Licence), Properties: properties(packageFacts(c.a, p, c.changed)),
		Evidence: c.evidence(p),
	}
	if p.Vendor != "" {
		out.Supplier = &cdx.OrganizationalEntity{Name: p.Vendor}
	}
	return out
}

// licences gives an identifier, an expression, or the package's own words.
func (c *cyclone) licences(own string) *cdx.Licenses {
	if own == "" {
		return nil
	}
	expr, single, ok := c.ids.expression(own)
	switch {
	case single:
		return &cdx.Licenses{{License: &cdx.License{ID: expr}}}
	case ok:
		return &cdx.Licenses{{Expression: expr}}
	}
	return &cdx.Licenses{{License: &cdx.License{Name: own}}}
}

// technique is what the format calls a method of ours, and how sure it makes us
// that the name and version are right: docs/sbom.md gives the reasons.
type technique struct {
	method     string
	name       cdx.EvidenceIdentityTechnique
	confidence float32
}

var techniques = []technique{
	{"package database", cdx.EvidenceIdentityTechniqueManifestAnalysis, 1},
	{"installed metadata", cdx.EvidenceIdentityTechniqueManifestAnalysis, 1},
	{"package list", cdx.EvidenceIdentityTechniqueManifestAnalysis, 1},
	{"ELF package note", cdx.EvidenceIdentityTechniqueBinaryAnalysis, 0.9},
	{"build info", cdx.EvidenceIdentityTechniqueBinaryAnalysis, 0.9},
	{"pom.properties", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.9},
	{"release file", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.9},
	{"stub line", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.9},
	{"version resource", cdx.EvidenceIdentityTechniqueBinaryAnalysis, 0.8},
	{"version string", cdx.EvidenceIdentityTechniqueBinaryAnalysis, 0.8},
	{"paths in the program", cdx.EvidenceIdentityTechniqueBinaryAnalysis, 0.8},
	{"version string of a library that it contains", cdx.EvidenceIdentityTechniqueBinaryAnalysis, 0.7},
	{"modulefile", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.7},
	{"SBOM in package", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.8},
	{"package file, not installed", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.8},
	{"archive", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.9},
	{"egg", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.9},
	{"wheel file, not installed", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.8},
	{"vendored source", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.8},
	{"header", cdx.EvidenceIdentityTechniqueSourceCodeAnalysis, 0.8},
	{"development folder", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.7},
	{"bundled metadata", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.8},
	{"manifest", cdx.EvidenceIdentityTechniqueManifestAnalysis, 0.7},
	{"file name", cdx.EvidenceIdentityTechniqueFilename, 0.5},
	{"folder name", cdx.EvidenceIdentityTechniqueFilename, 0.5},
}

func techniqueOf(method string) technique {
	for _, t := range techniques {
		if t.method == method {
			return t
		}
	}
	return technique{method, cdx.EvidenceIdentityTechniqueOther, 0.5}
}

func (c *cyclone) evidence(p *landwaiter.Package) *cdx.Evidence {
	var places []cdx.EvidenceOccurrence
	var methods []cdx.EvidenceIdentityMethod
	var best float32
	for _, e := range p.Evidence {
		places = append(places, cdx.EvidenceOccurrence{Location: e.Path, AdditionalContext: layerText(c.a, e.Layer)})
		if slices.ContainsFunc(methods, func(m cdx.EvidenceIdentityMethod) bool { return m.Value == e.Method }) {
			continue
		}
		t := techniqueOf(e.Method)
		best = max(best, t.confidence)
		methods = append(methods, cdx.EvidenceIdentityMethod{Technique: t.name, Confidence: &t.confidence, Value: e.Method})
	}
	if len(places) == 0 {
		return nil
	}
	field := cdx.EvidenceIdentityFieldTypeName
	if p.PURL != "" {
		field = cdx.EvidenceIdentityFieldTypePURL
	}
	return &cdx.Evidence{
		Identity:    &cdx.EvidenceIdentityChoice{Identities: &[]cdx.EvidenceIdentity{{Field: field, Confidence: &best, Methods: &methods}}},
		Occurrences: &places,
	}
}

// file is a program that nobody owns.
func (c *cyclone) file(f *landwaiter.File) cdx.Component {
	return cdx.Component{
		BOMRef: "file:" + f.Path, Type: cdx.ComponentTypeFile, Name: f.Path, Hashes: hashes(f.SHA256),
		Properties: properties(fileFacts(c.a, f)),
		Evidence: &cdx.Evidence{Occurrences: &[]cdx.EvidenceOccurrence{
			{Location: f.Path, AdditionalContext: layerText(c.a, f.Layer)},
		}},
	}
}

// dependencies is what the packages' own metadata asks for and was seen. A package
// that is not in it has unknown dependencies, as the format says. partial are those
// of which something that they ask for was not found.
func (c *cyclone) dependencies() (graph []cdx.Dependency, partial []cdx.BOMReference) {
	graph = []cdx.Dependency{}
	for i := range c.a.Packages {
		p := &c.a.Packages[i]
		if len(p.DependsOn) > 0 {
			list := slices.Compact(slices.Sorted(slices.Values(p.DependsOn)))
			graph = append(graph, cdx.Dependency{Ref: p.ID, Dependencies: &list})
		}
		if len(p.DependsOn) < len(p.Requires) {
			partial = append(partial, cdx.BOMReference(p.ID))
		}
	}
	return graph, partial
}

// compositions says that the list is not known to be whole.
func (c *cyclone) compositions(partial []cdx.BOMReference) *[]cdx.Composition {
	out := []cdx.Composition{{
		Aggregate:  cdx.CompositionAggregate(completeness(c.a)),
		Assemblies: &[]cdx.BOMReference{cdx.BOMReference(c.ref())},
	}}
	if len(partial) > 0 {
		out = append(out, cdx.Composition{Aggregate: cdx.CompositionAggregateIncomplete, Dependencies: &partial})
	}
	return &out
}

// annotations tell a person what the list does not hold.
func (c *cyclone) annotations() *[]cdx.Annotation {
	tool := c.tool()
	var out []cdx.Annotation
	say := func(text string) {
		out = append(out, cdx.Annotation{
			Subjects: &[]cdx.BOMReference{cdx.BOMReference(c.ref())}, Annotator: &cdx.Annotator{Component: &tool},
			Timestamp: stamp(c.a.At), Text: text,
		})
	}
	say(accountText(c.a))
	for _, g := range c.a.Gaps {
		say(gapText(c.a, g))
	}
	return &out
}
