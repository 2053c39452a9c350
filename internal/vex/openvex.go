package vex

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// thing is a product, or a part of one. Before version 0.2.0 it was its ID alone.
type thing struct {
	ID          string            `json:"@id"`
	Identifiers map[string]string `json:"identifiers"`
	Hashes      map[string]string `json:"hashes"`
	Parts       []thing           `json:"subcomponents"`
}

// UnmarshalJSON reads a text as an ID.
func (t *thing) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &t.ID)
	}
	type plain thing
	return json.Unmarshal(b, (*plain)(t))
}

// weakness is what a statement is about. Before version 0.2.0 it was its name alone.
type weakness struct {
	ID      string   `json:"@id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
}

// UnmarshalJSON reads a text as a name.
func (w *weakness) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &w.Name)
	}
	type plain weakness
	return json.Unmarshal(b, (*plain)(w))
}

// openVEX is a document, of versions 0.0.1 to 0.2.0.
type openVEX struct {
	Author     string `json:"author"`
	Timestamp  string `json:"timestamp"`
	Updated    string `json:"last_updated"`
	Statements []struct {
		Vulnerability weakness `json:"vulnerability"`
		Products      []thing  `json:"products"`
		Parts         []thing  `json:"subcomponents"` // before 0.2.0: of every product
		Status        string   `json:"status"`
		Justification string   `json:"justification"`
		Impact        string   `json:"impact_statement"`
		Action        string   `json:"action_statement"`
		Timestamp     string   `json:"timestamp"`
		Updated       string   `json:"last_updated"`
	} `json:"statements"`
}

var statuses = []landwaiter.StatementStatus{
	landwaiter.StatusNotAffected, landwaiter.StatusAffected, landwaiter.StatusFixed, landwaiter.StatusLooking,
}

// readOpenVEX reads OpenVEX.
//
// Format: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
func readOpenVEX(r *reader) error {
	var v openVEX
	if err := r.json(&v); err != nil {
		return err
	}
	r.doc.File.By = strings.TrimSpace(v.Author)
	made, err := date(v.Timestamp)
	if err != nil {
		return r.errorf(0, "timestamp %w", err)
	}
	if r.doc.File.Date, err = latest(made, v.Updated); err != nil {
		return r.errorf(0, "last_updated %w", err)
	}
	for i := range v.Statements {
		s := &v.Statements[i]
		out := statement{names: s.Vulnerability.names()}
		out.Status, out.Justification, out.Impact, out.Action = landwaiter.StatementStatus(s.Status), s.Justification, s.Impact, s.Action
		switch {
		case len(out.names) == 0:
			return r.errorf(0, "statement %d names no vulnerability; add its name", i+1)
		case !slices.Contains(statuses, out.Status):
			return r.errorf(0, "statement %d: status %q is not known; use one of not_affected, affected, fixed, under_investigation", i+1, clip(s.Status, 60))
		case s.Justification != "" && !slices.Contains(landwaiter.Justifications(), s.Justification):
			return r.errorf(0, "statement %d: justification %q is not known; use one of %s", i+1, clip(s.Justification, 60), strings.Join(landwaiter.Justifications(), ", "))
		}
		own, err := date(s.Timestamp)
		if err != nil {
			return r.errorf(0, "statement %d: timestamp %w", i+1, err)
		}
		if own.IsZero() {
			own = made // what was added to the document later says so itself
		}
		if out.Date, err = latest(own, s.Updated); err != nil {
			return r.errorf(0, "statement %d: last_updated %w", i+1, err)
		}
		for j := range s.Products {
			out.products = append(out.products, s.Products[j].product(s.Parts))
		}
		if len(out.products) == 0 {
			r.notef("statement %d names no product, so it speaks of nothing here", i+1)
		}
		if err := r.add(out); err != nil {
			return err
		}
	}
	return nil
}

func latest(t time.Time, updated string) (time.Time, error) {
	u, err := date(updated)
	if err != nil {
		return t, err
	}
	if u.After(t) {
		return u, nil
	}
	return t, nil
}

// names are the names of w. Its ID is an address, whose last part may be a name.
func (w *weakness) names() []string {
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	add(w.Name)
	if w.Name == "" {
		add(w.ID[strings.LastIndexByte(w.ID, '/')+1:])
	}
	for _, a := range w.Aliases {
		add(a)
	}
	return out
}

func (t *thing) product(parts []thing) product {
	out := product{purl: t.purl()}
	for name, hash := range t.Hashes {
		if name == "sha-256" || name == "sha256" {
			out.addDigest(hash)
		}
	}
	if _, version, ok := strings.Cut(t.ID, "sha256:"); ok {
		out.addDigest(version[:min(len(version), 64)])
	}
	for _, part := range slices.Concat(t.Parts, parts) {
		out.inside = true
		if p := part.purl(); p != "" {
			out.parts = append(out.parts, p)
		}
	}
	return out
}

func (p *product) addDigest(s string) {
	if hex := sha256Hex(s); hex != "" && !slices.Contains(p.digests, hex) {
		p.digests = append(p.digests, hex)
	}
}

func (t *thing) purl() string {
	if p := t.Identifiers["purl"]; p != "" {
		return p
	}
	if strings.HasPrefix(t.ID, "pkg:") {
		return t.ID
	}
	return ""
}
