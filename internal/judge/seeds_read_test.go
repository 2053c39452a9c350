package judge

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

// seed is one assessment of testdata/seeds.yaml, which explains its keys.
type seed struct {
	ID, Story   string
	System      *seedSystem
	User        *string
	Packages    []string
	Unlisted    bool
	Lists       string
	Code        map[string]int64
	Gaps        []landwaiter.Gap
	Ages        map[string]int
	Findings    []seedFinding
	Many        *seedFinding
	Protections []seedProtection
	Rules       []int
	Refused     map[string]string
	Outcome     landwaiter.Outcome
	Turns       []turn
}

type seedSystem struct{ ID, Version, Name string }

type seedFinding struct {
	Kind                      landwaiter.Kind
	Ref, Package, Vector      string
	Fixed, Detail, Confidence string
	Exploited, Grave          bool
	Files                     int64
	N                         int
}

type seedProtection struct {
	Use, Evidence, Tested, Until, Result, By, Cause, Except string
}

// UnmarshalYAML reads "internet-block" as well as {use: internet-block, …}.
func (p *seedProtection) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		p.Use = n.Value
		return nil
	}
	type plain seedProtection
	return n.Decode((*plain)(p))
}

// turn is one thing that changes, and what the advice becomes.
type turn struct {
	Drop, Fail, Age, Protect string
	Add                      *seedFinding
	Fix, Vector, Hide, Stale string
	Lists                    string
	Exploited                bool
	User                     *string
	Outcome                  landwaiter.Outcome
}

var seedVectors = map[string]string{
	"net-all": netAll, "net-read": netRead, "net-stop": netStop, "file-all": fileAll, "local-all": localAll,
	"hands-on": handsOn, "escape-all": escapeAll, "no-harm": noHarm, "none": "",
	"net-stop-account": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H",
}

var seedClasses = map[string]landwaiter.Class{
	"uncovered": landwaiter.ClassUncovered, "unnamed": landwaiter.ClassUnnamed, "closed": landwaiter.ClassClosed, "unread": landwaiter.ClassUnread,
}

func seedClass(t *testing.T, name string) landwaiter.Class {
	t.Helper()
	c, ok := seedClasses[name]
	if !ok {
		t.Fatalf("no class is called %q", name)
	}
	return c
}

func readSeeds(t *testing.T) []seed {
	t.Helper()
	b, err := os.ReadFile("testdata/seeds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var seeds []seed
	if err := dec.Decode(&seeds); err != nil {
		t.Fatal(err)
	}
	return seeds
}

// exampleProtections are those of examples/protections.yaml, and two variants for
// rules that hang on what exactly is closed.
func exampleProtections(t *testing.T) map[string]landwaiter.Protection {
	t.Helper()
	out := map[string]landwaiter.Protection{}
	for _, p := range example(t) {
		out[p.ID] = p
	}
	p := out["unprivileged-runtime"]
	p.ID, p.Closes = "unprivileged-only", []landwaiter.Door{landwaiter.DoorFullControl}
	out[p.ID] = p
	return out
}

func (f *seedFinding) finding(t *testing.T, i int) landwaiter.Finding {
	t.Helper()
	v, ok := seedVectors[f.Vector]
	if !ok && f.Vector != "" {
		t.Fatalf("no vector is called %q", f.Vector)
	}
	out := landwaiter.Finding{
		ID: fmt.Sprintf("%s:%s:%d", f.Kind, f.Ref, i), Kind: f.Kind, Reference: f.Ref, Fixed: f.Fixed, Detail: f.Detail, Grave: f.Grave,
		Confidence: landwaiter.ConfidenceObserved, Seen: landwaiter.Count{Files: f.Files, Bytes: 1000 * f.Files},
	}
	if f.Ref != "" {
		out.Confidence = landwaiter.ConfidenceConfirmed
	}
	if f.Confidence != "" {
		out.Confidence = landwaiter.Confidence(f.Confidence)
	}
	if f.Package != "" {
		out.Packages = []string{f.Package + "@1"}
	}
	if v != "" {
		out.Vector = &landwaiter.Severity{Source: "nvd", Type: "CVSS_V3", Value: v}
	}
	if f.Exploited {
		out.Exploited = &landwaiter.Exploited{Source: "kev", Since: now.AddDate(0, -1, 0)}
	}
	return out
}

func (p *seedProtection) protection(t *testing.T, have map[string]landwaiter.Protection) landwaiter.Protection {
	t.Helper()
	out, ok := have[p.Use]
	if !ok {
		t.Fatalf("no protection is called %q", p.Use)
	}
	if out.Test != nil {
		test := *out.Test
		out.Test = &test
	}
	set := func(to *string, v string) {
		if v != "" {
			*to = v
		}
	}
	set(&out.Cause, p.Cause)
	set((*string)(&out.Evidence), p.Evidence)
	if p.Result != "" || p.By != "" || p.Tested != "" {
		set(&out.Test.Result, p.Result)
		set(&out.Test.By, p.By)
		if p.Tested != "" {
			out.Test.Date = seedDay(t, p.Tested)
		}
	}
	if p.Until != "" {
		out.ValidUntil = seedDay(t, p.Until)
	}
	if p.Except != "" {
		out.Exceptions = append(slices.Clone(out.Exceptions), p.Except)
	}
	return out
}

func seedDay(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// input makes the input that a seed stands for.
func (s *seed) input(t *testing.T) Input {
	t.Helper()
	in := clone(calm())
	in.Subject.Reference = s.ID
	if s.User != nil {
		in.Subject.Config.User = *s.User
	}
	if s.System != nil {
		in.System = &landwaiter.System{ID: s.System.ID, VersionID: s.System.Version, Name: s.System.Name}
	}
	for _, p := range s.Packages {
		id, list, covered := strings.Cut(p, " ")
		eco, name, _ := strings.Cut(id, ":")
		next := pkg(eco, name)
		next.Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed}
		if covered {
			next = pkg(eco, name, list)
		}
		in.Packages = append(in.Packages, next)
	}
	if s.Unlisted {
		for i := range in.Packages {
			in.Packages[i].Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed}
		}
	}
	in.HaveAdvisories = s.Lists != "none"
	for class, n := range s.Code {
		codeBytes(seedClass(t, class), n)(&in)
	}
	in.Gaps = append(in.Gaps, s.Gaps...)
	for i := range in.Sources {
		if days, ok := s.Ages[in.Sources[i].Name]; ok {
			in.Sources[i].Date = now.AddDate(0, 0, -days)
		}
	}
	for i := range s.Findings {
		in.Findings = append(in.Findings, s.Findings[i].finding(t, i))
	}
	if s.Many != nil {
		for i := range s.Many.N {
			f := *s.Many
			f.Ref = fmt.Sprintf("CVE-2020-%04d", i)
			in.Findings = append(in.Findings, f.finding(t, i))
		}
	}
	have := exampleProtections(t)
	for i := range s.Protections {
		in.Protections = append(in.Protections, protect(t, have, &s.Protections[i])...)
	}
	return in
}

func protect(t *testing.T, have map[string]landwaiter.Protection, p *seedProtection) (out []landwaiter.Protection) {
	t.Helper()
	if p.Use != "all" {
		return []landwaiter.Protection{p.protection(t, have)}
	}
	return example(t)
}

// take makes the change of a turn.
func (c *turn) take(t *testing.T, in *Input) {
	t.Helper()
	at := func(id string) *landwaiter.Protection {
		i := slices.IndexFunc(in.Protections, func(p landwaiter.Protection) bool { return p.ID == id })
		if i < 0 {
			t.Fatalf("the seed has no protection %q", id)
		}
		if test := in.Protections[i].Test; test != nil {
			own := *test
			in.Protections[i].Test = &own
		}
		return &in.Protections[i]
	}
	if c.Drop != "" {
		at(c.Drop)
		in.Protections = slices.DeleteFunc(in.Protections, func(p landwaiter.Protection) bool { return p.ID == c.Drop })
	}
	if c.Fail != "" {
		at(c.Fail).Test.Result = "failed"
	}
	if c.Age != "" {
		at(c.Age).Test.Date = now.AddDate(-1, 0, 0)
	}
	if c.Protect != "" {
		for _, p := range protect(t, exampleProtections(t), &seedProtection{Use: c.Protect}) {
			in.Protections = slices.DeleteFunc(in.Protections, func(old landwaiter.Protection) bool { return old.ID == p.ID })
			in.Protections = append(in.Protections, p)
		}
	}
	if c.Add != nil {
		in.Findings = append(in.Findings, c.Add.finding(t, len(in.Findings)))
	}
	if c.Fix != "" {
		n := len(in.Findings)
		in.Findings = slices.DeleteFunc(in.Findings, func(f landwaiter.Finding) bool { return f.Reference == c.Fix || string(f.Kind) == c.Fix })
		if len(in.Findings) == n {
			t.Fatalf("the seed has no finding %q", c.Fix)
		}
	}
	for i := range in.Findings {
		if c.Vector != "" {
			f := seedFinding{Kind: in.Findings[i].Kind, Vector: c.Vector}
			in.Findings[i].Vector = f.finding(t, i).Vector
		}
		if c.Exploited {
			in.Findings[i].Exploited = &landwaiter.Exploited{Source: "kev"}
		}
	}
	if c.Hide != "" {
		codeBytes(seedClass(t, c.Hide), 90)(in)
	}
	for i := range in.Sources {
		if in.Sources[i].Name == c.Stale {
			in.Sources[i].Date = now.AddDate(0, 0, -100)
		}
	}
	if c.Lists == "none" {
		in.HaveAdvisories = false
	}
	if c.User != nil {
		in.Subject.Config.User = *c.User
	}
}
