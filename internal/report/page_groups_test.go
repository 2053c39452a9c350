package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// Every question is plain, whatever the folders hold, and says how much it is about.
func TestQuestionsArePlain(t *testing.T) {
	for name, a := range varied() {
		w := load(t)
		v := &sheet{view: view{words: w, a: a}}
		var all strings.Builder
		for _, q := range v.questions() {
			text := q.prose()
			if r := measure(text); r.longest > maxSentenceWords {
				t.Errorf("%s: a sentence of %d words: %q", name, r.longest, r.longestText)
			}
			if !strings.HasSuffix(text, "?") {
				t.Errorf("%s: %q asks nothing", name, text)
			}
			if bad := append(bannedWords(text), jargonWords(strings.ReplaceAll(text, "bytes", ""))...); len(bad) > 0 {
				t.Errorf("%s: %q in %q", name, bad, text)
			}
			all.WriteString(text + "\n")
		}
		if g := measure(all.String()).grade(); g > maxGrade {
			t.Errorf("%s: grade %.1f", name, g)
		}
		if w.err != nil {
			t.Error(w.err)
		}
	}
}

// The list is short, its first questions are about what would run, and what it leaves
// out is counted.
func TestQuestionsForTheResearcher(t *testing.T) {
	a := cases()["groups"]
	parts := newPage(load(t), a).parts()
	var ask, groups *part
	for i := range parts {
		switch parts[i].ID {
		case "questions":
			ask = &parts[i]
		case "groups":
			groups = &parts[i]
		}
	}
	if ask == nil || groups == nil || len(ask.Items) != maxQuestions || len(ask.After) != 1 {
		t.Fatalf("questions %+v", ask)
	}
	for i, want := range []string{"/opt/tool0/file would load and run os.system when it is opened", "/opt/tool4/file", "/opt/tool8/file", "/opt/tool1/file is a table with the columns column_0, column_1. Is it data about people?"} {
		if got := ask.Items[i].String(); !strings.Contains(got, want) {
			t.Errorf("question %d: %q, want %q", i+1, got, want)
		}
	}
	// 10 files that run something, 10 tables and 40 folders.
	if got := ask.After[0].String(); !strings.Contains(got, "50 questions more") {
		t.Errorf("%q", got)
	}
	if rows := groups.Tables[0].Rows; len(rows) != 40 || !strings.Contains(joinLines(rows[39][0]), "12 more folders") {
		t.Errorf("%d folders", len(rows))
	}
}

// Whatever its kinds, a folder's question counts every file in it.
func TestFolderQuestionCountsAll(t *testing.T) {
	v := &sheet{view: view{words: load(t), a: &landwaiter.Assessment{}}}
	for n := range 1 << len(landwaiter.FileKinds()) {
		var g landwaiter.Group
		for i, k := range landwaiter.FileKinds() {
			if n&(1<<i) != 0 {
				c := landwaiter.Count{Files: 1 << i}
				g.Kinds = append(g.Kinds, landwaiter.KindCount{Kind: k, Count: c})
				g.Total.Add(c)
			}
		}
		text, sum := v.folderQuestion(&g).String(), int64(0)
		for _, word := range strings.Fields(text) {
			var i int64
			if _, err := fmt.Sscanf(word, "%d", &i); err == nil {
				sum += i
			}
		}
		if sum != g.Total.Files {
			t.Fatalf("%q counts %d files of %d", text, sum, g.Total.Files)
		}
		if r := measure(strings.ReplaceAll(text, "0 bytes", "340 MB")); r.longest > maxSentenceWords {
			t.Errorf("a sentence of %d words: %q", r.longest, r.longestText)
		}
	}
}

// No part speaks of folders where an assessment has none.
func TestNoGroupsNoPart(t *testing.T) {
	for _, p := range newPage(load(t), base()).parts() {
		if p.ID == "groups" || p.ID == "questions" {
			t.Errorf("part %s of %+v", p.ID, p)
		}
	}
}
