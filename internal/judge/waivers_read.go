package judge

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

// Caps on a file of waivers.
const (
	maxWaiversFile = 4 << 20 // bytes
	maxWaivers     = 2000
	maxTrust       = 200
	maxCovered     = 500 // findings or references of one waiver
)

// ReadWaivers reads a file of waivers, in file order: what people accepted or
// answered, and whose statements (VEX) the TRE trusts. name is the file's name for
// messages. It is strict in the manner of [ReadProtections]: a misspelt limit would
// otherwise make a waiver wider than the person who signed it meant.
//
// Source of truth for the format: examples/waivers.yaml.
func ReadWaivers(r io.Reader, name string) ([]landwaiter.Waiver, []landwaiter.Trust, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxWaiversFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading waivers from %s: %w", name, err)
	}
	if len(b) > maxWaiversFile {
		return nil, nil, &landwaiter.SyntaxError{Path: name, Err: fmt.Errorf("more than %d bytes; split the file: %w", maxWaiversFile, landwaiter.ErrTooLarge)}
	}
	d := &document{name: name, start: "waivers:"}
	root, err := d.parse(b)
	if err != nil {
		return nil, nil, err
	}
	var waivers []landwaiter.Waiver
	var trust []landwaiter.Trust
	err = d.fields(root, "the file", []field{
		{"waivers", false, func(n *yaml.Node) (err error) { waivers, err = d.waivers(n); return err }},
		{"trust", false, func(n *yaml.Node) (err error) { trust, err = d.trusts(n); return err }},
	})
	if err != nil {
		return nil, nil, err
	}
	return waivers, trust, nil
}

func (d *document) waivers(n *yaml.Node) ([]landwaiter.Waiver, error) {
	items, err := d.items(n, "waivers", maxWaivers)
	if err != nil {
		return nil, err
	}
	out := make([]landwaiter.Waiver, 0, len(items))
	lines := make(map[string]int)
	for _, item := range items {
		w, err := d.waiver(item)
		if err != nil {
			return nil, err
		}
		if first, ok := lines[w.ID]; ok {
			return nil, d.errorf(item, "id %q is also used on line %d; give every waiver an id of its own", w.ID, first)
		}
		lines[w.ID] = item.Line
		out = append(out, w)
	}
	return out, nil
}

// waiver reads one entry.
func (d *document) waiver(n *yaml.Node) (landwaiter.Waiver, error) {
	var w landwaiter.Waiver
	var kind string
	err := d.fields(n, "a waiver", []field{
		{"id", true, func(n *yaml.Node) error { return d.id(n, "id", &w.ID) }},
		{"kind", true, func(n *yaml.Node) error { return d.word(n, "kind", wordsOf(landwaiter.WaiverKinds()), &kind) }},
		{"findings", false, func(n *yaml.Node) error { return d.named(n, "findings", &w.Findings) }},
		{"references", false, func(n *yaml.Node) error { return d.named(n, "references", &w.References) }},
		{"package", false, func(n *yaml.Node) error { return d.packageName(n, &w.Package) }},
		{"digest", false, func(n *yaml.Node) error { return d.digest(n, &w.Digest) }},
		{"project", false, func(n *yaml.Node) error { return d.text(n, "project", &w.Project) }},
		{"by", true, func(n *yaml.Node) error { return d.person(n, &w.By) }},
		{"reason", true, func(n *yaml.Node) error { return d.text(n, "reason", &w.Reason) }},
		{"made", true, func(n *yaml.Node) error { return d.date(n, "made", &w.Made) }},
		{"until", true, func(n *yaml.Node) error { return d.date(n, "until", &w.Until) }},
		{"evidence", false, func(n *yaml.Node) (err error) { w.Evidence, err = d.evidence(n); return err }},
		{"justification", false, func(n *yaml.Node) error {
			return d.word(n, "justification", landwaiter.Justifications(), &w.Justification)
		}},
	})
	w.Kind = landwaiter.WaiverKind(kind)
	if err == nil {
		err = d.wholeWaiver(n, &w)
	}
	return w, err
}

// wholeWaiver checks what no single key shows.
func (d *document) wholeWaiver(n *yaml.Node, w *landwaiter.Waiver) error {
	switch {
	case len(w.Findings)+len(w.References) == 0:
		return d.errorf(n, "waiver %q names nothing; add findings or references", w.ID)
	case len(w.References) > 0 && w.Package == "" && w.Digest == "":
		return d.errorf(n, "waiver %q would cover its references in any software; add a package or a digest", w.ID)
	case w.Kind == landwaiter.WaiverResults && w.Project == "":
		return d.errorf(n, "waiver %q keeps an old version for the sake of results; add the project whose results they are", w.ID)
	case w.Kind == landwaiter.WaiverFalseAlarm && (w.Evidence == nil || w.Evidence.Text == ""):
		return d.errorf(n, "waiver %q says that an alarm is false; add evidence with a text that says what was checked", w.ID)
	case w.Kind != landwaiter.WaiverFalseAlarm && w.Justification != "":
		return d.errorf(n, "waiver %q has a justification, which only a %s has; remove it", w.ID, landwaiter.WaiverFalseAlarm)
	case !w.Until.After(w.Made):
		return d.errorf(n, "waiver %q ends on %s, but was made on %s; it must end later", w.ID, isoDay(w.Until), isoDay(w.Made))
	}
	return nil
}

// trusts reads whose statements the TRE trusts.
func (d *document) trusts(n *yaml.Node) ([]landwaiter.Trust, error) {
	items, err := d.items(n, "trust", maxTrust)
	if err != nil {
		return nil, err
	}
	out := make([]landwaiter.Trust, 0, len(items))
	for _, item := range items {
		var t landwaiter.Trust
		err := d.fields(item, "an entry of trust", []field{
			{"author", false, func(n *yaml.Node) error { return d.text(n, "author", &t.Author) }},
			{"sha256", false, func(n *yaml.Node) error { return d.hash(n, &t.SHA256) }},
			{"by", true, func(n *yaml.Node) error { return d.person(n, &t.By) }},
			{"reason", true, func(n *yaml.Node) error { return d.text(n, "reason", &t.Reason) }},
			{"until", true, func(n *yaml.Node) error { return d.date(n, "until", &t.Until) }},
		})
		if err != nil {
			return nil, err
		}
		if (t.Author == "") == (t.SHA256 == "") {
			return nil, d.errorf(item, "an entry of trust names either an author or a sha256; write one of them")
		}
		out = append(out, t)
	}
	return out, nil
}

// person reads somebody's name and role.
func (d *document) person(n *yaml.Node, out *landwaiter.Person) error {
	return d.fields(n, "by", []field{
		{"name", true, func(n *yaml.Node) error { return d.text(n, "name", &out.Name) }},
		{"role", true, func(n *yaml.Node) error { return d.text(n, "role", &out.Role) }},
	})
}

func (d *document) evidence(n *yaml.Node) (*landwaiter.WaiverEvidence, error) {
	var e landwaiter.WaiverEvidence
	err := d.fields(n, "evidence", []field{
		{"text", false, func(n *yaml.Node) error { return d.text(n, "text", &e.Text) }},
		{"link", false, func(n *yaml.Node) error { return d.link(n, &e.Link) }},
		{"sha256", false, func(n *yaml.Node) error { return d.hash(n, &e.SHA256) }},
	})
	if err == nil && e == (landwaiter.WaiverEvidence{}) {
		err = d.errorf(n, "evidence is empty; add text, link or sha256, or remove it")
	}
	return &e, err
}

// named reads a list of names that is neither empty nor holds one twice.
func (d *document) named(n *yaml.Node, what string, out *[]string) error {
	items, err := d.items(n, what, maxCovered)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return d.errorf(n, "%s is empty; fill it in or remove the line", what)
	}
	seen := make(map[string]bool)
	for _, item := range items {
		var v string
		if err := d.text(item, what, &v); err != nil {
			return err
		}
		if strings.ContainsAny(v, "*?") {
			return d.errorf(item, "%s %q; write whole names, for a pattern would cover what nobody looked at", what, clip(v))
		}
		if seen[v] {
			return d.errorf(item, "%s names %q twice; remove one", what, clip(v))
		}
		seen[v] = true
		*out = append(*out, v)
	}
	return nil
}

// packageName reads "ecosystem:name", with "@version" or not, or a purl.
func (d *document) packageName(n *yaml.Node, out *string) error {
	if err := d.text(n, "package", out); err != nil {
		return err
	}
	if kind, name, ok := strings.Cut(*out, ":"); !ok || kind == "" || name == "" || strings.ContainsAny(*out, " *") {
		return d.errorf(n, "package %q; write it as dpkg:openssl, dpkg:openssl@3.0.14-1 or pkg:pypi/numpy@1.26.4", clip(*out))
	}
	return nil
}

// digest reads the fingerprint of a subject.
func (d *document) digest(n *yaml.Node, out *string) error {
	if err := d.text(n, "digest", out); err != nil {
		return err
	}
	hex, ok := strings.CutPrefix(*out, "sha256:")
	if !ok || len(hex) != 64 || strings.Trim(hex, "0123456789abcdef") != "" {
		return d.errorf(n, "digest %q; write sha256: and 64 digits from 0-9 and a-f", clip(*out))
	}
	return nil
}

func (d *document) link(n *yaml.Node, out *string) error {
	if err := d.text(n, "link", out); err != nil {
		return err
	}
	if u, err := url.Parse(*out); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return d.errorf(n, "link %q; write a whole address that starts with https://", clip(*out))
	}
	return nil
}
