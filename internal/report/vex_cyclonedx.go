package report

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/landwaiter/landwaiter"
)

// writeCycloneDXVEX writes what we say about each weakness as CycloneDX 1.6 JSON. It
// holds the packages that a weakness is in, and no others: it is no bill of materials.
//
// Format: https://cyclonedx.org/docs/1.6/json/#vulnerabilities
func writeCycloneDXVEX(w io.Writer, a *landwaiter.Assessment) error {
	c := &cyclone{a: a, ids: newLicenceIDs()}
	bom := cdx.NewBOM()
	bom.SpecVersion = cdx.SpecVersion1_6
	bom.JSONSchema = "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.Metadata = c.metadata()
	bom.Metadata.Lifecycles = nil
	bom.Metadata.Authors = &[]cdx.OrganizationalContact{{Name: c.tool().Name}}
	byID := packagesByID(a)
	components, listed := []cdx.Component{}, map[string]bool{c.ref(): true}
	weaknesses, refs := []cdx.Vulnerability{}, map[string]bool{}
	for _, cl := range claims(a) {
		known, unknown := vexProducts(byID, cl.f)
		for _, p := range known {
			if !listed[p.ID] {
				components = append(components, cdx.Component{BOMRef: p.ID, Type: cdx.ComponentTypeLibrary, Name: p.Name, Version: p.Version, PackageURL: p.PURL})
			}
			listed[p.ID] = true
		}
		for _, id := range unknown {
			if !listed[id] && id != "" {
				components = append(components, cdx.Component{BOMRef: id, Type: cdx.ComponentTypeLibrary, Name: id})
			}
			listed[id] = true
		}
		v := c.weakness(&cl)
		if refs[v.BOMRef] || listed[v.BOMRef] {
			v.BOMRef = "" // a reference stands for one thing
		}
		refs[v.BOMRef] = true
		weaknesses = append(weaknesses, v)
	}
	bom.Components, bom.Vulnerabilities = &components, &weaknesses
	sum := sha256.New()
	// The encoder cannot fail: all of this is text and numbers.
	_ = json.NewEncoder(sum).Encode(bom)
	bom.SerialNumber = "urn:uuid:" + uuid(sum.Sum(nil))
	return writeBOM(w, "CycloneDX", bom)
}

func (c *cyclone) weakness(cl *claim) cdx.Vulnerability {
	f := cl.f
	v := cdx.Vulnerability{
		BOMRef: "finding:" + f.ID, ID: f.Reference, Recommendation: cl.action,
		Analysis: &cdx.VulnerabilityAnalysis{
			State: vexState(cl), Detail: cl.note, FirstIssued: stamp(cl.date), LastUpdated: stamp(cl.date),
		},
	}
	if len(f.Advisories) > 0 && f.Advisories[0].Source != "" {
		v.Source = &cdx.Source{Name: f.Advisories[0].Source}
	}
	switch {
	case cl.status == landwaiter.StatusNotAffected:
		v.Analysis.Justification = vexJustification(cl.justification)
		if cl.impact != "" {
			v.Analysis.Detail = cl.impact + " " + cl.note
		}
	case cl.status == landwaiter.StatusAffected && f.Fixed != "" && f.Kind != landwaiter.KindMalware && f.Waived == "":
		v.Analysis.Response = &[]cdx.ImpactAnalysisResponse{cdx.IARUpdate}
	}
	var affects []cdx.Affects
	for _, id := range f.Packages {
		if id != "" && !slices.ContainsFunc(affects, func(a cdx.Affects) bool { return a.Ref == id }) {
			affects = append(affects, cdx.Affects{Ref: id})
		}
	}
	if len(affects) == 0 {
		affects = []cdx.Affects{{Ref: c.ref()}}
	}
	v.Affects = &affects
	return v
}

// vexState is a status in CycloneDX's words.
func vexState(c *claim) cdx.ImpactAnalysisState {
	switch c.status {
	case landwaiter.StatusNotAffected:
		if c.alarm && vexJustification(c.justification) == "" {
			return cdx.IASFalsePositive
		}
		return cdx.IASNotAffected
	case landwaiter.StatusFixed:
		return cdx.IASResolved
	case landwaiter.StatusAffected:
		return cdx.IASExploitable
	}
	return cdx.IASInTriage
}

// vexJustification is a justification in CycloneDX's words, "" where none says the
// same.
func vexJustification(s string) cdx.ImpactAnalysisJustification {
	switch s {
	case "component_not_present", "vulnerable_code_not_present", string(cdx.IAJCodeNotPresent):
		return cdx.IAJCodeNotPresent
	case "vulnerable_code_not_in_execute_path", string(cdx.IAJCodeNotReachable):
		return cdx.IAJCodeNotReachable
	case "inline_mitigations_already_exist", string(cdx.IAJProtectedByMitigatingControl):
		return cdx.IAJProtectedByMitigatingControl
	case string(cdx.IAJProtectedByCompiler), string(cdx.IAJProtectedAtRuntime), string(cdx.IAJRequiresDependency):
		return cdx.ImpactAnalysisJustification(s)
	}
	return ""
}
