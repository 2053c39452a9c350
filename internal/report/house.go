package report

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Plain returns what keeps a site's own texts from being plain words, one
// complaint each: a sentence that is too long, a word that is ours or theirs to
// ban, and, over all of them, a grade that is too high. Texts need no full stop.
func Plain(texts, ban []string) []string {
	var out []string
	for _, text := range texts {
		if r := measure(text); r.longest > maxSentenceWords {
			out = append(out, fmt.Sprintf("%q has a sentence of %d words; the limit is %d", text, r.longest, maxSentenceWords))
		}
		words := bannedWords(text)
		for _, b := range ban {
			if found := phrase(b).FindString(text); found != "" && !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, found) }) {
				words = append(words, found)
			}
		}
		for _, w := range words {
			out = append(out, fmt.Sprintf("%q says %q, which no report may say", text, w))
		}
	}
	all := strings.Join(texts, "\n")
	if grade := measure(all).grade(); grade > maxGrade {
		out = append(out, fmt.Sprintf("all of them together read at grade %.1f; the limit is %.0f. Shorter words help most: %s", grade, maxGrade, strings.Join(hardest(all), ", ")))
	}
	return out
}

// hardest are the words of text with the most syllables, at most five.
func hardest(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n.,;:()\"", r) })
	slices.SortStableFunc(words, func(a, b string) int { return syllables(b) - syllables(a) })
	words = slices.Compact(words)
	return words[:min(len(words), 5)]
}

// phrase matches a word or a phrase wherever it stands as a whole, in any case.
func phrase(s string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|\b)` + strings.ReplaceAll(regexp.QuoteMeta(s), " ", `\s+`) + `(?:\b|$)`)
}

// Says returns the files of our own words that hold a word or a phrase, sorted.
func Says(s string) ([]string, error) {
	names, err := fs.Glob(wordFiles, "words/*.md")
	if err != nil {
		return nil, err
	}
	match := phrase(s)
	var out []string
	for _, name := range names {
		text, err := fs.ReadFile(wordFiles, name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(headings(string(text)), func(h heading) bool { return match.MatchString(h.body) || h.level == 1 && match.MatchString(h.title) }) {
			out = append(out, strings.TrimPrefix(name, "words/"))
		}
	}
	return out, nil
}
