package assess_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

func TestReadStored(t *testing.T) {
	ref, f := example(t, "")
	want := run(t, ref, assess.Options{Advisories: f})
	got, err := assess.ReadStored(bytes.NewReader(inJSON(t, want)), "x.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(inJSON(t, want)), string(inJSON(t, got))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReadStoredRefuses what does not fit together, with its place and a cure.
func TestReadStoredRefuses(t *testing.T) {
	ref, f := example(t, "")
	good := run(t, ref, assess.Options{Advisories: f})
	if len(good.Findings) < 2 || len(good.Packages) < 2 {
		t.Fatal("too little in it")
	}
	for _, c := range []struct {
		name, want string
		kind       error
		change     func(*landwaiter.Assessment)
	}{
		{"account", "add up", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) { a.Account.Covered.Bytes++ }},
		{"less than none", "holds -1 files", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) {
			a.Account.Covered.Files, a.Account.Unread.Files = -1, a.Account.Covered.Files+a.Account.Unread.Files+1
		}},
		{"two packages", "stands twice", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) { a.Packages[1].ID = a.Packages[0].ID }},
		{"no package", "is not there", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) { a.Findings[0].Packages = []string{"x:y@1"} }},
		{"two findings", "stands twice", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) { a.Findings[1].ID = a.Findings[0].ID }},
		{"layer", "in layer 99", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) { a.Packages[0].Layer = 99 }},
		{"negative package", "less than no files", landwaiter.ErrInvalid, func(a *landwaiter.Assessment) { a.Packages[0].Holds.Code.Files = -3 }},
		{"schema", "this program reads", landwaiter.ErrUnsupported, func(a *landwaiter.Assessment) { a.Schema = "x/2" }},
	} {
		a := stored(t, good)
		c.change(a)
		_, err := assess.ReadStored(bytes.NewReader(inJSON(t, a)), "x.json")
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.json") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	text := string(inJSON(t, good))
	for name, c := range map[string]struct{ text, want string }{
		"cut":     {text[:len(text)/2], "x.json:"},
		"unknown": {strings.Replace(text, `"gaps":`, `"gabs": 1, "gaps":`, 1), `unknown field "gabs"; if a later version`},
		"deep":    {`{"schema": "landwaiter.assessment/1", "gaps": ` + strings.Repeat("[", 100_000), "nests more than 64"},
		"wrong":   {strings.Replace(text, `"gaps": [`, `"gaps": 7, "x": [`, 1), "x.json:"},
		"empty":   {"", "invalid"},
		"null":    {"null", `no "schema"`},
	} {
		if _, err := assess.ReadStored(strings.NewReader(c.text), "x.json"); !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzStored: whatever is in a stored assessment, reading it and judging it again end in
// an error or in an assessment that can be written and read again.
func FuzzStored(f *testing.F) {
	f.Add([]byte(`{"schema": "landwaiter.assessment/1", "at": "2026-11-22T00:00:00Z", "packages": [{"id": "a", "holds": {"all": {"files": 1, "bytes": 1}}}],
 "account": {"total": {"files": 1, "bytes": 1}, "uncovered": {"files": 1, "bytes": 1}, "shared": [{"packages": ["a", "b"], "code": [true], "bytes": 3}]},
 "findings": [{"id": "f", "kind": "exploited", "reference": "CVE-1", "packages": ["a"], "vector": {"type": "CVSS_V3", "value": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}`))
	f.Add([]byte(`{"schema": "landwaiter.assessment/1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := assess.ReadStored(bytes.NewReader(raw), "x.json")
		if err != nil {
			return
		}
		out, err := assess.Again(a, assess.Options{Now: lwtest.Clock()})
		if err != nil {
			return
		}
		again, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := assess.ReadStored(bytes.NewReader(again), "y.json"); err != nil {
			t.Errorf("what was judged again is not sound: %v", err)
		}
	})
}
