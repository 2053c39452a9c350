package judge

import (
	"slices"
	"strings"
	"testing"
)

// TestExplainSaysAll: every event, cell, limit, tier and rule is there.
func TestExplainSaysAll(t *testing.T) {
	_, m := fullMethod(t)
	text := m.Explain()
	for _, want := range []string{
		"Northern data service, version 2026-11.", m.SHA256, "The reason given: we restore", "A3: the defences", "    With a way in, that is enough.",
		"- or gain full control in its box and reach the shared computer beneath", "If one tested thing stands in the way, we say: recommend import.",
		"may be 60 days old", "- runc\n", "- project team", "Tier 2 is as above.", "In tier 3:", "may be 7 days old", "Rule likely-soon: We fix what is likely to be used soon.",
		"Someone must then do this: Ask for a new copy with the fix.", `In code: finding.kind == "network-client" && tier == "3"`, "- vulnerable", "- tested on",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, bad := range []string{"%!", "\n  - \n", ": .", "  If , "} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
	for _, e := range m.Events {
		if !strings.Contains(text, e.ID+": "+e.Name) {
			t.Errorf("no %s", e.ID)
		}
	}
	for _, h := range allHarms {
		if harmWords[h] == "" {
			t.Errorf("no words for harm %s", h)
		}
	}
	for _, d := range allDoors {
		if doorWords[d] == "" {
			t.Errorf("no words for door %s", d)
		}
	}
	for _, l := range limits {
		if limitWords[l.key] == "" {
			t.Errorf("no words for limit %s", l.key)
		}
	}
}

func TestDifferences(t *testing.T) {
	if d := DefaultMethod().Differences(); len(d) > 0 {
		t.Errorf("the shipped method differs from itself: %q", d)
	}
	_, m := fullMethod(t)
	got := m.Differences()
	want := []string{
		"Scenario C1 has another name: one session of work is lost.",
		"Scenario B4 is new: a tool is used beyond its licence (stricter).",
		"Class B, if one tested thing stands in the way: recommend import; we ship: import with conditions (looser).",
		"maxTestDays: 60 days; we ship: 90 (stricter).",
		"maxWaiverDaysExploited: 60 days; we ship: 90 (stricter).",
		"The list of words that no report may use has more: vulnerable.",
		"Tier 2: 0 cells and limits of its own.",
		"Tier 3: 4 cells and limits of its own.",
		"Rule no-chat-clients: We do not let in software that talks to the internet. It leads to: do not import yet.",
		"Rule likely-soon: We fix what is likely to be used soon. It leads to: import with conditions.",
		"Rule old-lists: A weakness without a date is a question for us. It leads to: we cannot judge.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	file := ownFile(t)
	file = edit(t, file, "    by: [unnamed]\n", "    by: [unnamed, data]\n")
	file = edit(t, file, "      - [full-control, host]\n", "      - [host]\n")
	m, err := readMethod(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.Differences(), "\n"); !strings.Contains(got, "What can start scenario A4 has more: data.") || !strings.Contains(got, "Scenario A2 can come about through other-project, or through host; we ship: through other-project, or through full-control and host.") {
		t.Error(got)
	}
	if texts := DefaultMethod().Texts(); len(texts) > 0 {
		t.Errorf("the shipped method has texts of a site: %q", texts)
	}
}
