package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// withLists adds two comparisons: one with everything that a list can say, and one of
// hostile text.
func withLists(a *landwaiter.Assessment) {
	item := landwaiter.DeclaredPackage{Ecosystem: "python", Name: "pillow", Version: "9.5.0", Line: 7}
	gone := landwaiter.DeclaredPackage{Ecosystem: "python", Name: "gone", Constraint: ">=1", Condition: "os_name == 'nt'", Line: 8}
	nasty := strings.ToValidUTF8(hostileText, "?")
	h := landwaiter.DeclaredPackage{Ecosystem: nasty, Name: nasty, Version: nasty, Condition: nasty, Line: -1}
	a.Declared = []landwaiter.Comparison{
		{
			File: "lists/requirements.txt", Format: "requirements.txt", SHA256: hex64, Base: []string{"debian:12"}, Ecosystems: []string{"python"},
			Declared: 14, Matched: 10, Unchecked: 3, NotCompared: 1, MaybeBase: 2, NotSpoken: 400,
			Differ: []landwaiter.Difference{{Declared: item, Observed: a.Packages[1].ID}}, NotObserved: []landwaiter.DeclaredPackage{gone, {Name: "bare"}},
			Brought: []landwaiter.Brought{{ID: "python:deep@1", By: a.Packages[1].ID}}, NotDeclared: []string{a.Packages[0].ID, "python:gone@1"},
			Notes: []landwaiter.DeclaredNote{{Line: 3, Reason: "it names another list, which was not followed: more.txt"}, {Reason: "and 2 more"}},
		},
		{
			File: nasty, Format: nasty, SHA256: nasty, Ecosystems: []string{}, Declared: 1, Matched: 0,
			Differ: []landwaiter.Difference{{Declared: h, Observed: nasty}}, NotObserved: []landwaiter.DeclaredPackage{h},
			Brought: []landwaiter.Brought{{ID: nasty, By: nasty}}, NotDeclared: []string{nasty},
			Notes: []landwaiter.DeclaredNote{{Reason: nasty}},
		},
	}
}

func TestPageHoldsLists(t *testing.T) {
	for _, format := range []string{"text", "html"} {
		out := string(writeTo(t, format, varied()["declared"]))
		if format == "html" {
			out = tags.ReplaceAllString(out, "")
		}
		flat := strings.Join(strings.Fields(out), " ")
		for _, want := range []string{
			"names 14 items", "We saw 10 of them as the list says", "For 3 of those", "One item is here in another version",
			"We did not see 2 items", "2 items are here but not on the list", "For 2 more items, we cannot tell",
			"cannot speak of 400 other items", "pillow", "9.5.0", "1.26.4", "more.txt", "debian:12", "any version", "We saw none of them",
		} {
			if !strings.Contains(flat, want) {
				t.Errorf("%s does not say %q", format, want)
			}
		}
	}
	if out := string(writeTo(t, "html", base())); regexp.MustCompile(`part-declared`).MatchString(out) {
		t.Error("a report without lists speaks of lists")
	}
}
