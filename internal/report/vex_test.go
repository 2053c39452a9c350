package report

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/vex"
)

// TestVEXReadsBack: our own reader finds in both forms what we meant to say, on the
// same findings; and "not affected" stands only where a person, or somebody trusted,
// said so.
func TestVEXReadsBack(t *testing.T) {
	seen := map[landwaiter.StatementStatus]int{}
	for name, a := range varied() {
		if name == "hostile" || a.Subject.Fingerprint() == "" || a.At.IsZero() {
			continue // its names are damaged on purpose, or nothing says what it is
		}
		for i := range a.Packages { // what has no purl cannot be found again by others
			if a.Packages[i].PURL == "" {
				a.Packages[i].PURL = "pkg:generic/" + a.Packages[i].Name + "@" + a.Packages[i].Version
			}
		}
		for _, format := range []string{"openvex", "cyclonedx-vex"} {
			d, err := vex.Read(bytes.NewReader(writeTo(t, format, a)), name)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, format, err)
			}
			back := slices.Clone(a.Findings)
			vex.Match([]*vex.Document{d}, &a.Subject, a.Packages, back)
			for i, c := range claims(a) {
				if d.File.Statements != len(claims(a)) {
					t.Fatalf("%s, %s: %d statements, not %d", name, format, d.File.Statements, len(claims(a)))
				}
				at := slices.IndexFunc(back, func(f landwaiter.Finding) bool { return f.ID == c.f.ID })
				said := slices.ContainsFunc(back[at].Statements, func(s landwaiter.Statement) bool {
					return s.Status == c.status && !s.Part && !s.Loose && s.By == "landwaiter" && !s.Date.IsZero() && slices.Equal(s.Packages, slices.Sorted(slices.Values(c.f.Packages)))
				})
				if !said {
					t.Errorf("%s, %s: claim %d on %s (%s) comes back as %+v", name, format, i, c.f.ID, c.status, back[at].Statements)
				}
				seen[c.status]++
				good := c.status == landwaiter.StatusNotAffected || c.status == landwaiter.StatusFixed
				answered := c.f.WaivedAs == landwaiter.WaiverFalseAlarm || slices.ContainsFunc(c.f.Statements, func(s landwaiter.Statement) bool { return s.Counted })
				if good != answered {
					t.Errorf("%s: %s is %s", name, c.f.ID, c.status)
				}
			}
		}
	}
	for _, s := range []landwaiter.StatementStatus{landwaiter.StatusNotAffected, landwaiter.StatusAffected, landwaiter.StatusFixed} {
		if seen[s] == 0 {
			t.Errorf("no case says %s", s)
		}
	}
}

// TestClaims: who says what, by kind and certainty.
func TestClaims(t *testing.T) {
	f := func(change func(*landwaiter.Finding)) *landwaiter.Assessment {
		a := base()
		a.Findings = weaknesses(1)
		change(&a.Findings[0])
		return a
	}
	for _, c := range []struct {
		name           string
		a              *landwaiter.Assessment
		status         landwaiter.StatementStatus
		action, impact string
	}{
		{"a fix", f(func(*landwaiter.Finding) {}), landwaiter.StatusAffected, "Update to 2.36-9+deb12u9 or later.", ""},
		{"no fix", f(func(f *landwaiter.Finding) { f.Fixed = "" }), landwaiter.StatusAffected, "No version with a fix is named. Look again when there is one.", ""},
		{"malware", f(func(f *landwaiter.Finding) { f.Kind = landwaiter.KindMalware }), landwaiter.StatusAffected, "A list of harmful software names it. Do not use it.", ""},
		{"handled", f(func(f *landwaiter.Finding) { f.Kind = landwaiter.KindHandled }), landwaiter.StatusLooking, "", ""},
		{"guessed", f(func(f *landwaiter.Finding) { f.Confidence = landwaiter.ConfidenceMapped }), landwaiter.StatusLooking, "", ""},
		{"no end", f(func(f *landwaiter.Finding) { f.Confidence = landwaiter.ConfidenceOpenEnded }), landwaiter.StatusLooking, "", ""},
		{"a mark without its waiver", f(func(f *landwaiter.Finding) { f.Waived, f.WaivedAs = "w", landwaiter.WaiverFalseAlarm }), landwaiter.StatusAffected, "Update to 2.36-9+deb12u9 or later.", ""},
		{"somebody says so", f(func(f *landwaiter.Finding) {
			f.Statements = []landwaiter.Statement{{Status: landwaiter.StatusNotAffected, Impact: "no"}}
		}), landwaiter.StatusAffected, "Update to 2.36-9+deb12u9 or later.", ""},
		{"somebody trusted says so", f(func(f *landwaiter.Finding) {
			f.Statements = []landwaiter.Statement{{Status: landwaiter.StatusNotAffected, Impact: "no", Counted: true}}
		}), landwaiter.StatusNotAffected, "", "no"},
	} {
		got := claims(c.a)
		if len(got) != 1 || got[0].status != c.status || got[0].action != c.action || got[0].impact != c.impact {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// The schema is CycloneDX's own; OpenVEX's rules are written from its text.
func TestVEXFitsItsForm(t *testing.T) {
	dir := filepath.Join(moduleDir(t, "github.com/CycloneDX/cyclonedx-go"), "schema")
	const at = "http://cyclonedx.org/schema/"
	s := compileSchema(t, map[string]string{
		at + "bom-1.6.schema.json":   filepath.Join(dir, "bom-1.6.schema.json"),
		at + "spdx.schema.json":      filepath.Join(dir, "spdx.schema.json"),
		at + "jsf-0.82.schema.json":  filepath.Join(dir, "jsf-0.82.schemax.json"),
		at + "jsf-0.82.schemax.json": filepath.Join(dir, "jsf-0.82.schemax.json"),
	}, at+"bom-1.6.schema.json")
	for name, a := range cases() {
		validate(t, s, name, writeTo(t, "cyclonedx-vex", a))
		var d openVEX
		if err := json.Unmarshal(writeTo(t, "openvex", a), &d); err != nil {
			t.Fatal(err)
		}
		if d.Context != "https://openvex.dev/ns/v0.2.0" || d.ID == "" || d.Author == "" || d.Version != 1 || d.Statements == nil {
			t.Errorf("%s: %+v", name, d)
		}
		for _, st := range d.Statements {
			not, affected := st.Status == "not_affected", st.Status == "affected"
			if st.Vulnerability.Name == "" || len(st.Products) != 1 || st.Products[0].ID == "" || affected && st.Action == "" ||
				not && st.Justification == "" && st.Impact == "" || !not && (st.Justification != "" || st.Impact != "") ||
				st.Justification != "" && !slices.Contains(landwaiter.Justifications(), st.Justification) {
				t.Errorf("%s: %+v", name, st)
			}
		}
	}
}

// TestVEXNamesNobody: what goes out to others names roles, and no person.
func TestVEXNamesNobody(t *testing.T) {
	a := conditions()
	withWaivers(a)
	for _, format := range []string{"openvex", "cyclonedx-vex"} {
		out := writeTo(t, format, a)
		if bytes.Contains(out, []byte("Kim Example")) || !bytes.Contains(out, []byte("information governance manager")) {
			t.Errorf("%s names a person, or no role", format)
		}
	}
}
