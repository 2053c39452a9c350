package judge_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/report"
)

// TestExplainIsPlain: the whole method reads at grade 8, in short sentences,
// without a banned word but in the list of them.
func TestExplainIsPlain(t *testing.T) {
	f, err := os.Open("testdata/method-full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	full, err := judge.ReadMethod(f, "method-full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []judge.Method{judge.DefaultMethod(), full} {
		text, _, ok := strings.Cut(m.Explain(), "\nWords\n")
		if !ok {
			t.Fatal("no section of words")
		}
		var lines []string
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			code := strings.HasPrefix(line, "In code:") || slices.Contains(m.Wall, strings.TrimPrefix(line, "- ")) || strings.HasPrefix(line, "Its fingerprint") || strings.Trim(line, "-") == ""
			if !code {
				lines = append(lines, line)
			}
		}
		if len(lines) < 80 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, complaint := range report.Plain(lines, m.Words.Banned) {
			t.Errorf("%s: %s", m.Name, complaint)
		}
		var prose []string // the whole is short lines; its sentences must do alone
		for _, line := range lines {
			if strings.HasSuffix(line, ".") {
				prose = append(prose, line)
			}
		}
		for _, complaint := range report.Plain(prose, nil) {
			t.Errorf("%s, sentences alone: %s", m.Name, complaint)
		}
	}
}
