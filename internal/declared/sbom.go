package declared

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

func isCycloneDX(_ string, head []byte) bool {
	return jsonHead(head) && bytes.Contains(head, []byte(`"bomFormat"`)) || xmlHead(head) && bytes.Contains(head, []byte("cyclonedx.org/schema/bom"))
}

func jsonHead(head []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) }
func xmlHead(head []byte) bool  { return bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")) }

// component is one component of a CycloneDX document, of any version.
type component struct {
	Type       string      `json:"type" xml:"type,attr"`
	Group      string      `json:"group" xml:"group"`
	Name       string      `json:"name" xml:"name"`
	Version    string      `json:"version" xml:"version"`
	PURL       string      `json:"purl" xml:"purl"`
	Scope      string      `json:"scope" xml:"scope"`
	Components []component `json:"components" xml:"components>component"`
}

// bom is a CycloneDX document: what versions 1.2 to 1.7 share in JSON and 1.0 to 1.7
// in XML.
type bom struct {
	Format     string      `json:"bomFormat" xml:"-"`
	Components []component `json:"components" xml:"components>component"`
	// What the document says of itself.
	Compositions []struct {
		Aggregate string `json:"aggregate" xml:"aggregate"`
	} `json:"compositions" xml:"compositions>composition"`
}

// readCycloneDX reads CycloneDX, JSON or XML.
//
// Format: https://cyclonedx.org/specification/overview/
func readCycloneDX(l *list) error {
	var b bom
	if xmlHead(l.data) {
		d := xml.NewDecoder(bytes.NewReader(l.data))
		if err := d.Decode(&b); err != nil {
			line, _ := d.InputPos()
			return l.damagef(line, "it is no XML document: %w", err)
		}
	} else if err := l.json(&b); err != nil {
		return err
	} else if !strings.EqualFold(b.Format, "CycloneDX") {
		return l.damagef(0, "bomFormat is %q, not CycloneDX", clip(b.Format))
	}
	for _, c := range b.Compositions {
		if strings.HasPrefix(c.Aggregate, "incomplete") || c.Aggregate == "unknown" {
			l.note(0, "the list says of itself that it is not known to be whole (%s)", c.Aggregate)
			break
		}
	}
	l.components(b.Components)
	return nil
}

// components adds components that are software with a name; files and the
// operating system itself are none.
func (l *list) components(all []component) {
	for _, c := range all {
		switch {
		case c.Type == "file" || c.Type == "operating-system" || c.Type == "data" || c.Type == "cryptographic-asset":
		case c.Scope == "excluded":
			l.note(0, "%s is listed as not part of it", clip(c.Name))
		default:
			name := c.Name
			if c.Group != "" {
				name = c.Group + "/" + c.Name
			}
			l.add(landwaiter.DeclaredPackage{Ecosystem: "unknown", Name: name, Version: c.Version, PURL: c.PURL})
		}
		l.components(c.Components)
	}
}

// json decodes the whole file into v. A place is given to what is wrong in it.
func (l *list) json(v any) error {
	d := json.NewDecoder(bytes.NewReader(l.data))
	err := d.Decode(v)
	if err == nil {
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return l.damagef(l.lineAt(d.InputOffset()), "more text after the end of the list")
		}
		return nil
	}
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at, err = e.Offset, fmt.Errorf("%s holds a %s, which it must not", cmp.Or(e.Field, "the list"), e.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		at, err = int64(len(l.data)), errors.New("the text ends too early; copy the file again")
	}
	return l.damagef(l.lineAt(at), "it is no such JSON: %w", err)
}

func isSPDX(_ string, head []byte) bool {
	return jsonHead(head) && bytes.Contains(head, []byte(`"spdxVersion"`)) || bytes.Contains(head, []byte("SPDXVersion: SPDX-2"))
}

// spdxDoc is what SPDX 2.2 and 2.3 share in JSON.
type spdxDoc struct {
	Version  string `json:"spdxVersion"`
	Packages []struct {
		Name    string `json:"name"`
		Version string `json:"versionInfo"`
		Purpose string `json:"primaryPackagePurpose"`
		ID      string `json:"SPDXID"`
		Refs    []struct {
			Type    string `json:"referenceType"`
			Locator string `json:"referenceLocator"`
		} `json:"externalRefs"`
	} `json:"packages"`
	Describes     []string `json:"documentDescribes"`
	Relationships []struct {
		From string `json:"spdxElementId"`
		Kind string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	} `json:"relationships"`
}

// readSPDX reads SPDX 2.2 and 2.3, JSON or tag-value.
//
// Format: https://spdx.github.io/spdx-spec/v2.3/
func readSPDX(l *list) error {
	if !jsonHead(l.data) {
		return readSPDXTags(l)
	}
	var d spdxDoc
	if err := l.json(&d); err != nil {
		return err
	}
	if !strings.HasPrefix(d.Version, "SPDX-2.") {
		return l.damagef(0, "spdxVersion is %q; SPDX-2.2 and SPDX-2.3 can be read", clip(d.Version))
	}
	root := map[string]bool{}
	for _, id := range d.Describes {
		root[id] = true
	}
	for _, r := range d.Relationships {
		if r.Kind == "DESCRIBES" {
			root[r.To] = true
		}
		if r.Kind == "CONTAINS" && r.To == "NOASSERTION" {
			l.note(0, "the list says of itself that it is not known to be whole")
		}
	}
	for _, p := range d.Packages {
		item := landwaiter.DeclaredPackage{Ecosystem: "unknown", Name: p.Name, Version: p.Version}
		for _, r := range p.Refs {
			if r.Type == "purl" {
				item.PURL = cmp.Or(item.PURL, r.Locator)
			}
		}
		l.spdxPackage(item, p.Purpose, root[p.ID])
	}
	return nil
}

// spdxPackage adds a package that is software with a name. What the document is
// about is the subject itself, where nothing says otherwise.
func (l *list) spdxPackage(p landwaiter.DeclaredPackage, purpose string, root bool) {
	switch strings.ReplaceAll(purpose, "_", "-") {
	case "FILE", "OPERATING-SYSTEM", "CONTAINER", "DEVICE":
		return
	}
	if root && p.PURL == "" {
		return
	}
	l.add(p)
}

// readSPDXTags reads the tag-value form line by line.
func readSPDXTags(l *list) error {
	var p *landwaiter.DeclaredPackage
	purpose, id, described := "", "", map[string]bool{}
	type item struct {
		p           landwaiter.DeclaredPackage
		purpose, id string
	}
	var all []item
	flush := func() {
		if p != nil {
			all = append(all, item{*p, purpose, id})
		}
		p, purpose, id = nil, "", ""
	}
	err := l.lines(func(n int, line string) error {
		tag, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
		case tag == "PackageName":
			flush()
			p = &landwaiter.DeclaredPackage{Ecosystem: "unknown", Name: value, Line: n}
		case tag == "FileName" || tag == "SnippetSPDXID" || tag == "LicenseID":
			flush()
		case tag == "Relationship":
			if f := strings.Fields(value); len(f) == 3 && f[1] == "DESCRIBES" {
				described[f[2]] = true
			}
		case p == nil:
		case tag == "SPDXID":
			id = value
		case tag == "PackageVersion":
			p.Version = value
		case tag == "PrimaryPackagePurpose":
			purpose = value
		case tag == "ExternalRef":
			if f := strings.Fields(value); len(f) == 3 && f[1] == "purl" {
				p.PURL = cmp.Or(p.PURL, f[2])
			}
		}
		return nil
	})
	flush()
	for _, i := range all {
		l.spdxPackage(i.p, i.purpose, described[i.id])
	}
	return err
}
