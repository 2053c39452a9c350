package report

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Counted by hand, by saying the words aloud.
var spoken = map[string]int{
	"a": 1, "the": 1, "box": 1, "file": 1, "files": 1, "made": 1, "tree": 1, "people": 2, "weakness": 2,
	"weaknesses": 3, "software": 2, "environment": 4, "import": 2, "condition": 3, "conditions": 3, "recommend": 3,
	"approval": 3, "decision": 3, "created": 3, "tested": 2, "blocked": 1, "changed": 1, "needed": 2, "used": 1,
	"enabled": 3, "table": 2, "tables": 2, "little": 2, "filled": 1, "science": 2, "researcher": 3, "information": 4,
	"governance": 3, "officer": 3, "security": 4, "vulnerability": 6, "container": 3, "reading": 2, "being": 2,
	"area": 3, "idea": 3, "easier": 3, "usually": 4, "likely": 2, "statement": 2, "useful": 2, "harmless": 2,
	"basically": 3, "rhythm": 2, "criticism": 4, "something": 2, "everybody": 4, "fixes": 2, "matches": 2,
	"changes": 2, "places": 2, "names": 1, "goes": 1, "tries": 1, "tried": 1, "tier": 1, "quiet": 2, "equal": 2,
	"question": 2, "religion": 3, "special": 2, "internet": 3, "project": 2, "read-only": 3, "project's": 2,
	"HTML": 4, "1,204": 1, "2026": 1, "don’t": 1, "yes": 1, "beyond": 2, "years": 1, "day": 1,
}

func TestSyllables(t *testing.T) {
	for word, want := range spoken {
		if got := syllables(word); got != want {
			t.Errorf("syllables(%q) = %d, want %d", word, got, want)
		}
	}
}

// Well-known texts, counted by hand.
func TestMeasure(t *testing.T) {
	for _, tc := range []struct {
		name, text                  string
		words, sentences, syllables int
		grade                       float64
		longest                     int
	}{
		{"fox", "The quick brown fox jumps over the lazy dog.", 9, 1, 11, 2.34, 9},
		{"Hamlet", "To be, or not to be, that is the question.", 10, 1, 11, 1.29, 10},
		{
			"Gettysburg", "Four score and seven years ago our fathers brought forth on this continent, a new nation, " +
				"conceived in Liberty, and dedicated to the proposition that all men are created equal.",
			30, 1, 48, 14.99, 30,
		},
		{
			"Alice", "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do. " +
				"Once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it.",
			43, 2, 58, 8.71, 22,
		},
		{"lines", "A heading\nOne file was read. Version 1.2.3 was not!\n", 10, 3, 12, -0.13, 4},
		{"empty", " \n - \n", 0, 0, 0, 0, 0},
	} {
		got := measure(tc.text)
		if got.words != tc.words || got.sentences != tc.sentences || got.syllables != tc.syllables || got.longest != tc.longest {
			t.Errorf("%s: %d words, %d sentences, %d syllables, longest %d; want %d, %d, %d, %d",
				tc.name, got.words, got.sentences, got.syllables, got.longest, tc.words, tc.sentences, tc.syllables, tc.longest)
		}
		if math.Abs(got.grade()-tc.grade) > 0.01 {
			t.Errorf("%s: grade %.2f, want %.2f", tc.name, got.grade(), tc.grade)
		}
	}
}

func TestBanned(t *testing.T) {
	for text, want := range map[string][]string{
		"It is safe and Secure; there is no risk.":            {"safe", "Secure", "no risk"},
		"The Five Safes include Safe Settings.":               nil,
		"Tell the security team. A cleanup is not a cleaner.": {"cleaner"},
		"It was approved, it passed, that is acceptable.":     {"approved", "passed", "acceptable"},
		"You may approve it. This cannot happen twice.":       {"cannot happen"},
	} {
		if diff := cmp.Diff(want, bannedWords(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestJargon(t *testing.T) {
	for text, want := range map[string][]string{
		"A container holds a CVE.":                                {"container", "CVE"},
		"It is a container: one sealed box that holds a program.": nil,
		"We patched the root exploit.":                            {"patched", "root", "exploit"},
		"It is a known weakness.":                                 nil,
	} {
		if diff := cmp.Diff(want, jargonWords(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
