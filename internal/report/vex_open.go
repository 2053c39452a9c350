package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/url"

	"github.com/landwaiter/landwaiter"
)

// openVEX is a document as OpenVEX 0.2.0 has it.
type openVEX struct {
	Context    string          `json:"@context"`
	ID         string          `json:"@id"`
	Author     string          `json:"author"`
	Role       string          `json:"role"`
	Timestamp  string          `json:"timestamp"`
	Version    int             `json:"version"`
	Tooling    string          `json:"tooling"`
	Statements []openStatement `json:"statements"`
}

type openStatement struct {
	Vulnerability openWeakness  `json:"vulnerability"`
	Timestamp     string        `json:"timestamp"`
	Products      []openProduct `json:"products"`
	Status        string        `json:"status"`
	Notes         string        `json:"status_notes,omitempty"`
	Justification string        `json:"justification,omitempty"`
	Impact        string        `json:"impact_statement,omitempty"`
	Action        string        `json:"action_statement,omitempty"`
}

type openWeakness struct {
	Name string `json:"name"`
}

type openProduct struct {
	ID          string            `json:"@id"`
	Identifiers map[string]string `json:"identifiers,omitempty"`
	Hashes      map[string]string `json:"hashes,omitempty"`
	Parts       []openProduct     `json:"subcomponents,omitempty"`
}

// writeOpenVEX writes what we say about each weakness as OpenVEX 0.2.0. Its product is
// the subject, its subcomponents the packages.
//
// Format: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
func writeOpenVEX(w io.Writer, a *landwaiter.Assessment) error {
	tool := cmp.Or(a.Tool.Name, "landwaiter")
	doc := openVEX{
		Context: "https://openvex.dev/ns/v0.2.0", Author: tool, Role: "a checking tool; no person has signed this",
		Timestamp: stamp(a.At), Version: 1, Tooling: tool + " " + a.Tool.Version, Statements: []openStatement{},
	}
	byID := packagesByID(a)
	for _, c := range claims(a) {
		s := openStatement{
			Vulnerability: openWeakness{c.f.Reference}, Timestamp: stamp(c.date), Products: []openProduct{openSubject(a, byID, c.f)},
			Status: string(c.status), Notes: c.note, Action: c.action,
		}
		if c.status == landwaiter.StatusNotAffected {
			s.Justification, s.Impact = openJustification(c.justification), c.impact
			if s.Justification == "" && s.Impact == "" {
				s.Impact = c.note // the format wants one of the two
			}
		}
		doc.Statements = append(doc.Statements, s)
	}
	sum := sha256.New()
	// The encoder cannot fail: all of this is text and numbers.
	_ = json.NewEncoder(sum).Encode(doc)
	doc.ID = "urn:uuid:" + uuid(sum.Sum(nil))
	return writeBOM(w, "OpenVEX", doc)
}

// openSubject is the subject as a product, with the packages of f as its parts.
func openSubject(a *landwaiter.Assessment, byID map[string]*landwaiter.Package, f *landwaiter.Finding) openProduct {
	s := &a.Subject
	out := openProduct{ID: "urn:landwaiter:subject:" + url.PathEscape(cmp.Or(s.Fingerprint(), s.Reference))}
	if hex := sha256Hex(s.Fingerprint()); hex != "" {
		out.Hashes = map[string]string{"sha-256": hex}
	}
	known, unknown := vexProducts(byID, f)
	for _, p := range known {
		if p.PURL == "" {
			unknown = append(unknown, p.ID)
			continue
		}
		out.Parts = append(out.Parts, openProduct{ID: p.PURL, Identifiers: map[string]string{"purl": p.PURL}})
	}
	for _, id := range unknown {
		out.Parts = append(out.Parts, openProduct{ID: "urn:landwaiter:package:" + url.PathEscape(id)})
	}
	return out
}
