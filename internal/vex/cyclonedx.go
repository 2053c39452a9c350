package vex

import (
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// component is what a CycloneDX document says of a piece of software.
type component struct {
	Ref    string `json:"bom-ref"`
	PURL   string `json:"purl"`
	Hashes []struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	} `json:"hashes"`
	Version    string      `json:"version"`
	Components []component `json:"components"`
}

// party is a person or an organisation.
type party struct {
	Name string `json:"name"`
}

// bom is a CycloneDX document, as far as versions 1.4 to 1.7 share it.
type bom struct {
	Serial   string `json:"serialNumber"`
	Metadata struct {
		Timestamp    string     `json:"timestamp"`
		Component    *component `json:"component"`
		Authors      []party    `json:"authors"`
		Supplier     *party     `json:"supplier"`
		Manufacturer *party     `json:"manufacturer"`
		Manufacture  *party     `json:"manufacture"`
	} `json:"metadata"`
	Components      []component `json:"components"`
	Vulnerabilities []struct {
		ID         string `json:"id"`
		References []struct {
			ID string `json:"id"`
		} `json:"references"`
		Recommendation string `json:"recommendation"`
		Analysis       *struct {
			State         string `json:"state"`
			Justification string `json:"justification"`
			Detail        string `json:"detail"`
			FirstIssued   string `json:"firstIssued"`
			LastUpdated   string `json:"lastUpdated"`
		} `json:"analysis"`
		Affects []affects `json:"affects"`
	} `json:"vulnerabilities"`
}

// affects is what a vulnerability is about.
type affects struct {
	Ref      string `json:"ref"`
	Versions []struct {
		Version string `json:"version"`
		Range   string `json:"range"`
		Status  string `json:"status"`
	} `json:"versions"`
}

// states are CycloneDX's words, and OpenVEX's.
var states = map[string]landwaiter.StatementStatus{
	"not_affected":           landwaiter.StatusNotAffected,
	"false_positive":         landwaiter.StatusNotAffected,
	"resolved":               landwaiter.StatusFixed,
	"resolved_with_pedigree": landwaiter.StatusFixed,
	"exploitable":            landwaiter.StatusAffected,
	"in_triage":              landwaiter.StatusLooking,
}

// readCycloneDX reads the analyses of weaknesses of a CycloneDX document. What it
// says about a component, it says about that component inside the product that the
// document describes, where it describes one.
//
// Format: https://cyclonedx.org/docs/1.6/json/#vulnerabilities
func readCycloneDX(r *reader) error {
	var b bom
	if err := r.json(&b); err != nil {
		return err
	}
	r.doc.File.By = strings.TrimSpace(b.author())
	made, err := date(b.Metadata.Timestamp)
	if err != nil {
		return r.errorf(0, "metadata.timestamp %w", err)
	}
	r.doc.File.Date = made
	byRef := map[string]*component{}
	index(b.Components, byRef)
	silent := 0
	for i := range b.Vulnerabilities {
		v := &b.Vulnerabilities[i]
		if v.Analysis == nil || v.Analysis.State == "" {
			silent++
			continue
		}
		out := statement{names: []string{v.ID}}
		var ok bool
		if out.Status, ok = states[v.Analysis.State]; !ok {
			return r.errorf(0, "vulnerability %d: state %q is not known; use one of exploitable, in_triage, resolved, resolved_with_pedigree, false_positive, not_affected", i+1, clip(v.Analysis.State, 60))
		}
		if strings.TrimSpace(v.ID) == "" {
			return r.errorf(0, "vulnerability %d has no id; add it", i+1)
		}
		for _, ref := range v.References {
			if ref.ID != "" {
				out.names = append(out.names, ref.ID)
			}
		}
		out.Justification, out.Impact, out.Action = v.Analysis.Justification, v.Analysis.Detail, v.Recommendation
		if out.Date, err = b.said(v.Analysis.FirstIssued, v.Analysis.LastUpdated); err != nil {
			return r.errorf(0, "vulnerability %d: %w", i+1, err)
		}
		for _, a := range v.Affects {
			if p, ok := b.product(a, byRef, out.Status); ok {
				out.products = append(out.products, p)
			} else {
				r.notef("vulnerability %d speaks of something that this document does not hold, or of a range of versions: it is left out", i+1)
			}
		}
		if err := r.add(out); err != nil {
			return err
		}
	}
	if silent > 0 {
		r.notef("%d of %d vulnerabilities come without an analysis, and say nothing", silent, len(b.Vulnerabilities))
	}
	return nil
}

func (b *bom) said(first, last string) (t time.Time, err error) {
	if first == "" {
		first = b.Metadata.Timestamp
	}
	if t, err = date(first); err != nil {
		return t, err
	}
	return latest(t, last)
}

// author is who says so: the author, or the organisation behind the document.
func (b *bom) author() string {
	m := &b.Metadata
	for _, p := range m.Authors {
		if p.Name != "" {
			return p.Name
		}
	}
	for _, p := range []*party{m.Supplier, m.Manufacturer, m.Manufacture} {
		if p != nil && p.Name != "" {
			return p.Name
		}
	}
	return ""
}

func index(all []component, byRef map[string]*component) {
	for i := range all {
		c := &all[i]
		if c.Ref != "" && byRef[c.Ref] == nil {
			byRef[c.Ref] = c
		}
		index(c.Components, byRef)
	}
}

// product is what a speaks of. A range of versions speaks of nothing that can be
// held against one version here, nor does a version of which it says the opposite.
func (b *bom) product(a affects, byRef map[string]*component, status landwaiter.StatementStatus) (product, bool) {
	whole := b.Metadata.Component
	ref, elsewhere := a.Ref, false
	if link, ok := strings.CutPrefix(ref, "urn:cdx:"); ok {
		// It points into a document: this one, or another that describes another product.
		document, fragment, _ := strings.Cut(link, "#")
		document, _, _ = strings.Cut(document, "/")
		ref, elsewhere = fragment, document == "" || !strings.EqualFold("urn:uuid:"+document, b.Serial)
	}
	if elsewhere {
		out := product{inside: true, elsewhere: true, parts: []string{ref}}
		return out, strings.HasPrefix(ref, "pkg:") && len(a.Versions) == 0
	}
	if whole != nil && ref == whole.Ref {
		return whole.product(), len(a.Versions) == 0
	}
	part := &component{PURL: ref}
	if c := byRef[ref]; c != nil {
		part = c
	}
	if !strings.HasPrefix(part.PURL, "pkg:") {
		return product{}, false
	}
	out := part.product()
	if whole != nil {
		out = whole.product()
		out.parts, out.inside = []string{part.PURL}, true
	}
	if len(a.Versions) == 0 {
		return out, true
	}
	_, version, _ := strings.Cut(strings.SplitN(part.PURL, "?", 2)[0], "@")
	for _, v := range a.Versions {
		agrees := v.Status == "" || v.Status == "affected" || v.Status == "unaffected" && (status == landwaiter.StatusNotAffected || status == landwaiter.StatusFixed)
		if v.Version != "" && agrees && (v.Version == version || v.Version == part.Version) {
			return out, true
		}
	}
	return product{}, false
}

func (c *component) product() product {
	out := product{purl: c.PURL}
	for _, h := range c.Hashes {
		if h.Algorithm == "SHA-256" {
			out.addDigest(h.Content)
		}
	}
	if strings.HasPrefix(c.Version, "sha256:") {
		out.addDigest(c.Version)
	}
	return out
}
