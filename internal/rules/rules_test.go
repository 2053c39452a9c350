package rules

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func compiler(t testing.TB) *Compiler {
	t.Helper()
	c, err := NewCompiler()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func example() (*Case, *landwaiter.Finding) {
	packages := []landwaiter.Package{{ID: "pypi:torch@2", Ecosystem: "pypi", Name: "torch", Version: "2", Licence: "BSD-3-Clause"}}
	c := NewCase(&landwaiter.Subject{
		Kind: landwaiter.SubjectImage, Reference: "tool:1", Config: landwaiter.ImageConfig{User: "app", Labels: map[string]string{"team": "voice"}},
		Layers: []landwaiter.Layer{{Size: 5}},
	}, &landwaiter.System{ID: "debian", VersionID: "12"}, packages, "3", now)
	return c, &landwaiter.Finding{
		ID: "CVE-1", Kind: landwaiter.KindWeakness, Reference: "CVE-1", Packages: []string{"pypi:torch@2"}, Confidence: landwaiter.ConfidenceVersion,
		Advisories: []landwaiter.Advisory{{ID: "X", Source: "PyPI", SourceDate: now.AddDate(0, 0, -3), Severity: []landwaiter.Severity{{Type: "CVSS_V3"}}}},
		EPSS:       &landwaiter.EPSS{Probability: 0.4},
		Files:      []landwaiter.File{{Path: "a", Mode: 0o4755, Kind: landwaiter.FileProgram}},
		Seen:       landwaiter.Count{Files: 7},
	}
}

func TestApplies(t *testing.T) {
	c, f := example()
	q := c.About(f)
	for expression, want := range map[string]any{
		`true`:                         true,
		`finding.kind == "weakness"`:   true,
		`finding.fixed == ""`:          true,
		`finding.epss.probability > 1`: false,
		`finding.epss.probability >= 0.4 && !has(finding.exploited)`:                           true,
		`packages.exists(p, p.name == "torch" && p.ecosystem == "pypi")`:                       true,
		`packages.all(p, p.licence.matches("^BSD"))`:                                           true,
		`finding.advisories.exists(a, a.severity.exists(s, s.type == "CVSS_V3"))`:              true,
		`finding.advisories.exists(a, now - a.sourceDate > duration("96h"))`:                   false,
		`finding.files.exists(x, x.mode == 2541 && x.kind == "program")`:                       true,
		`finding.seen.files > 5 && subject.layers[0].size == 5`:                                true,
		`subject.config.labels["team"] == "voice" && subject.config.user != "" && tier == "3"`: true,
		`system.id in ["debian", "ubuntu"] && size(finding.packages) == 1`:                     true,
		`now > timestamp("2026-11-01T00:00:00Z") && now.getFullYear() == 2026`:                 true,
		`finding.exploited.source == "kev"`:                                                    "no such key: exploited",
		`finding.vector.value.startsWith("CVSS:3.1/AV:N")`:                                     "no such key: vector",
		`has(finding.vector) && finding.vector.type == "x"`:                                    false,
		`finding.files[3].path == "a"`:                                                         "index",
		`subject.config.labels["nobody"] == "voice"`:                                           "no such key",
		`subject.created < now`:                                                                "no such key: created",
		`[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, a+b+c+d+e > 0)))))`: "cost limit",
	} {
		r, err := compiler(t).Compile(expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		got, err := r.Applies(q)
		switch want := want.(type) {
		case bool:
			if err != nil || got != want {
				t.Errorf("%s: %v, %v", expression, got, err)
			}
		case string:
			if err == nil || got || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, %v; want %q", expression, got, err, want)
			}
		}
	}
}

// TestUnknownIsAnError: what is not there is never "no".
func TestUnknownIsAnError(t *testing.T) {
	c, f := example()
	f.Packages = append(f.Packages, "gone")
	asks, err := compiler(t).Compile(`packages.exists(p, p.name == "numpy")`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asks.Applies(c.About(f)); err == nil {
		t.Error("a package that nobody holds counts as one that is not numpy")
	}
	if _, err := (*Rule)(nil).Applies(c.About(f)); err == nil {
		t.Error("a rule that was not compiled does not apply")
	}
	c = NewCase(&landwaiter.Subject{}, nil, nil, "", now)
	system, err := compiler(t).Compile(`system.id == "alpine"`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := system.Applies(c.About(&landwaiter.Finding{})); err == nil {
		t.Error("no system counts as one that is not Alpine")
	}
}

func TestCompileErrors(t *testing.T) {
	for expression, want := range map[string]string{
		`finding.kin == "weakness"`:        "character 8: undefined field 'kin'",
		`finding.kind = "x"`:               "character 14",
		`finding.kind`:                     "it answers with string",
		`finding.kind == 3`:                "no matching overload",
		`clock() > now`:                    "undeclared reference to 'clock'",
		`now.getHours("Europe/London")==1`: "no matching overload",
		`packages.exists(p, p.nam == "x")`: "undefined field 'nam'",
		`"x".matches("(a")`:                "error parsing regexp",
		strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100): "recursion",
		"true" + strings.Repeat(" ", MaxExpression):                  "the limit is 2000",
		``: "Syntax error",
	} {
		_, err := compiler(t).Compile(expression)
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s: %v (%v); want %q", expression, err, e, want)
		}
	}
}

// TestFieldsAreTheJSONs: a rule sees exactly what the JSON of an assessment calls so.
func TestFieldsAreTheJSONs(t *testing.T) {
	structs := fieldsOf()
	for _, name := range []string{"Finding", "Package", "Subject", "System", "Advisory", "Severity", "EPSS", "File", "Evidence"} {
		if len(structs[name]) == 0 {
			t.Errorf("no fields of %s", name)
		}
	}
	full := landwaiter.Finding{Exploited: &landwaiter.Exploited{Since: now}, EPSS: &landwaiter.EPSS{}, Vector: &landwaiter.Severity{}, CrossCheck: &landwaiter.CrossCheck{}}
	var want map[string]any
	b, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	got := plain(&full).(map[string]any)
	for key := range want {
		if _, ok := got[key]; !ok || structs["Finding"][key] == nil {
			t.Errorf("the JSON has %q, rules do not", key)
		}
	}
	if n := reflect.TypeFor[landwaiter.Finding]().NumField(); len(got) < n || len(structs["Finding"]) != len(got) {
		t.Errorf("%d fields in Go, %d values, %d declared", n, len(got), len(structs["Finding"]))
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{`finding.kind == "weakness"`, `packages.exists(p, p.name == "x")`, `now - subject.created > duration("1h")`, `finding.vector.value.matches("a*")`, `[1].map(x, x)[0] == 1`} {
		f.Add(s)
	}
	comp := compiler(f)
	c, finding := example()
	q := c.About(finding)
	before := len(q.vars)
	f.Fuzz(func(t *testing.T, expression string) {
		r, err := comp.Compile(expression)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		a, errA := r.Applies(q)
		b, errB := r.Applies(q)
		if a != b || (errA == nil) != (errB == nil) || a && errA != nil || len(q.vars) != before {
			t.Errorf("%q: %v, %v and then %v, %v", expression, a, errA, b, errB)
		}
		if errA != nil && slices.Contains([]byte(errA.Error()), '\n') {
			t.Errorf("%q", errA)
		}
	})
}
