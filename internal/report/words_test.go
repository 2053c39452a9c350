package report

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"text/template"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/compare"
)

func load(t testing.TB) *words {
	t.Helper()
	w, err := loadWords(wordFiles)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// copyWords returns the words as files that a test may damage.
func copyWords(t *testing.T) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	files, err := fs.Glob(wordFiles, "words/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := fs.ReadFile(wordFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		m[name] = &fstest.MapFile{Data: data}
	}
	return m
}

func TestEveryKindHasWords(t *testing.T) {
	load(t)
	for _, k := range landwaiter.Kinds() {
		name := "words/" + string(k) + ".md"
		m := copyWords(t)
		text := string(m[name].Data)
		delete(m, name)
		if _, err := loadWords(m); err == nil {
			t.Errorf("no error without %s", name)
		}
		for _, part := range kindParts {
			m[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, "## "+part, "", 1))}
			if _, err := loadWords(m); err == nil {
				t.Errorf("no error for %s without %q", name, part)
			}
			head, rest, _ := strings.Cut(text, "## "+part+"\n")
			_, after, _ := strings.Cut(rest, "\n\n")
			m[name] = &fstest.MapFile{Data: []byte(head + "## " + part + "\n\n" + after)}
			if _, err := loadWords(m); err == nil {
				t.Errorf("no error for %s with nothing under %q", name, part)
			}
		}
	}
}

func TestNoWordsWithoutKind(t *testing.T) {
	known := map[string]bool{"phrases": true}
	for _, k := range landwaiter.Kinds() {
		known[string(k)] = true
	}
	for name := range copyWords(t) {
		if code := strings.TrimSuffix(path.Base(name), ".md"); !known[code] {
			t.Errorf("%s is about no kind", name)
		}
	}
}

func TestEveryCodeHasItsSentence(t *testing.T) {
	w := load(t)
	type codes map[string][]string
	doors := make([]string, 0, len(doorIDs))
	for _, d := range doorIDs {
		doors = append(doors, string(d))
	}
	kinds := make([]string, 0, len(landwaiter.Kinds()))
	for _, k := range landwaiter.Kinds() {
		kinds = append(kinds, string(k))
	}
	outcomes := []string{string(landwaiter.Recommend), string(landwaiter.Conditions), string(landwaiter.CannotJudge), string(landwaiter.DoNotImport)}
	bands := []string{string(landwaiter.BandOpen), string(landwaiter.BandOne), string(landwaiter.BandTwo), string(landwaiter.BandNoWay), string(landwaiter.BandUnknown)}
	fileKinds := []string{"program", "script", "archive", "model", "data", "text", "empty", "unknown"}
	for group, all := range (codes{
		"baseline-why": landwaiter.BaselineWhys(), "cause": compare.CauseCodes(), "diff-condition": {"added", "removed", "changed"},
		"diff-protection": {"added", "removed", "changed", "credited", "lost", "retested"}, "diff-source": {"added", "removed", "changed", "stale", "fresh", "newer", "older"},
		"reason": landwaiter.ReasonCodes(), "reason-forward": landwaiter.ReasonCodes(),
		"outcome": outcomes, "outcome-means": outcomes, "outcome-forward": outcomes,
		"scenario": scenarioIDs, "scenario-class": {"A", "B", "C"}, "door": doors, "band": bands, "band-name": bands,
		"class": classCodes[:], "class-short": classCodes[:], "class-means": classCodes[:],
		"condition": conditionIDs, "condition-check": conditionIDs, "kind-count": kinds,
		"evidence":   {string(landwaiter.EvidenceClaimed), string(landwaiter.EvidenceDocumented), string(landwaiter.EvidenceTestedOwn), string(landwaiter.EvidenceTestedOut)},
		"confidence": {string(landwaiter.ConfidenceObserved), string(landwaiter.ConfidenceConfirmed), string(landwaiter.ConfidenceVersion), string(landwaiter.ConfidenceOpenEnded), string(landwaiter.ConfidenceMapped)},
		"answer":     {string(landwaiter.AnswerFindings), string(landwaiter.AnswerNoneKnown), string(landwaiter.AnswerNotAssessed)},
		"file-kind":  fileKinds, "file-count": append(fileKinds, "other"), "result": {"held", "failed"},
	}) {
		for _, code := range all {
			if !w.has(group, code) {
				t.Errorf("no words for %s %q", group, code)
			}
		}
	}
	for _, c := range landwaiter.CheckNames() {
		if !w.has("check", c) {
			t.Errorf("no words for check %q", c)
		}
	}
}

// TestNotLooked: what a check did not look for is named, and only that.
func TestNotLooked(t *testing.T) {
	w := load(t)
	a := base()
	if got := notLooked(w, a); got != "harmful software, passwords or data about people" {
		t.Errorf("no check done: %q", got)
	}
	a.Checks = []landwaiter.Check{{Name: landwaiter.CheckSecrets, Done: true}, {Name: landwaiter.CheckMalware, Reason: "no scanner answered"}}
	if got := notLooked(w, a); got != "harmful software or data about people" {
		t.Errorf("one done: %q", got)
	}
	if got := partlyLooked(w, a); got != "" {
		t.Errorf("none done in part: %q", got)
	}
	a.Checks[0].Reason = "2 files are too large"
	if got := partlyLooked(w, a); got != "passwords" {
		t.Errorf("one done in part: %q", got)
	}
	for _, c := range landwaiter.CheckNames() {
		a.Checks = append([]landwaiter.Check{{Name: c, Done: true}}, a.Checks...)
	}
	if got := notLooked(w, a); got != "" {
		t.Errorf("all done: %q", got)
	}
}

// variants are facts that take every branch of the templates.
func variants() []facts {
	name := data("X", pageName)
	few := facts{N: "1", One: true}
	many := facts{
		PartlyLooked: "passwords or data about people",
		NotLooked:    "harmful software, passwords or data about people",
		N:            "1,204", Total: "2,408", Totals: true, Subject: name, Name: name, Names: name, By: name, Date: "2 May 2026",
		Why: name, Size: "1.2 GB", Share: "less than 1", Limit: "90", Event: "This project's work could be damaged or locked.", Detail: name,
		Tested: "Tested on 2 May 2026 by " + name + ": " + name + "; " + name + ".",
	}
	blind := many
	blind.Blind, blind.None, blind.Undated = true, true, true
	none := many
	none.None, none.OneTotal, none.Total = true, true, "1"
	account := many
	account.Account = true
	grave, graveFew := many, few
	grave.Grave, graveFew.Grave = true, true
	return []facts{few, many, blind, none, account, grave, graveFew}
}

// prose fails t unless every sentence of text is plain. Lines that end in a
// full stop are prose and count for the grade; the others are labels.
func prose(t *testing.T, what, text string, page1 bool) {
	t.Helper()
	var sentences strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasSuffix(strings.TrimSpace(line), ".") {
			sentences.WriteString(line)
		}
	}
	if r := measure(text); r.longest > maxSentenceWords {
		t.Errorf("%s: a sentence of %d words: %q", what, r.longest, r.longestText)
	}
	if r := measure(sentences.String()); r.grade() > maxGrade {
		t.Errorf("%s: grade %.1f: %q", what, r.grade(), sentences.String())
	}
	if bad := bannedWords(text); len(bad) > 0 {
		t.Errorf("%s: banned: %q in %q", what, bad, text)
	}
	if bad := jargonWords(text); page1 && len(bad) > 0 {
		t.Errorf("%s: computing words that nobody explains: %q", what, bad)
	}
}

func TestWordsArePlain(t *testing.T) {
	w := load(t)
	for _, f := range variants() {
		for k, kw := range w.kinds {
			var all strings.Builder
			all.WriteString(kw.title + "\n")
			for _, part := range kindParts {
				text := w.fill(kw.parts[part], f).prose()
				if !strings.HasSuffix(text, ".") {
					t.Errorf("%s, %s: no full stop: %q", k, part, text)
				}
				all.WriteString(text + "\n")
			}
			prose(t, string(k), all.String(), true)
		}
		for group, codes := range w.phrases {
			var all strings.Builder
			page1 := group != "column" && group != "value" && group != "caption" && group != "fact"
			for code := range codes {
				text := w.say(group, code, f).prose()
				prose(t, group+"/"+code, trimLabel(text), page1 && code != "is-image")
				all.WriteString(text + "\n")
			}
			prose(t, group, all.String(), false)
		}
	}
	if w.err != nil {
		t.Error(w.err)
	}
}

// trimLabel takes the full stop from a sentence on its own: four words cannot
// show the grade of a text, so single phrases are held to the other limits and
// their group to the grade.
func trimLabel(s string) string { return strings.TrimSuffix(s, ".") }

func TestWordsHaveNoLogic(t *testing.T) {
	for name, f := range copyWords(t) {
		for _, bad := range []string{"{{range", "{{with", "{{define", "{{template", "printf", "{{block", ":=", "|"} {
			if strings.Contains(string(f.Data), bad) {
				t.Errorf("%s: has %q; words may hold variables and simple conditions only", name, bad)
			}
		}
	}
}

func TestNothingTestedProtectsYou(t *testing.T) {
	w := load(t)
	const nothing = "Nothing tested protects you here."
	for _, k := range landwaiter.Kinds() {
		text := w.fill(w.kinds[k].parts["What protects you"], facts{}).String()
		if len(kindDoors[k]) == 0 { // no protection softens it, and the words say so
			if !slices.ContainsFunc([]string{"not a reason to accept", "cannot protect", "do not give permission", "do not change this"}, func(s string) bool { return strings.Contains(text, s) }) {
				t.Errorf("%s: %q", k, text)
			}
			continue
		}
		if text != nothing {
			t.Errorf("%s: %q, want %q", k, text, nothing)
		}
		if tested := w.fill(w.kinds[k].parts["What protects you"], facts{Tested: "T."}).String(); !strings.Contains(tested, "T.") || strings.Contains(tested, nothing) {
			t.Errorf("%s with a tested protection: %q", k, tested)
		}
	}
}

func TestBadTemplateIsAnError(t *testing.T) {
	w := load(t)
	w.fill(template.Must(template.New("x").Parse("{{.Nope}}")), facts{})
	if w.err == nil {
		t.Error("no error for a field that facts lack")
	}
}
