package report

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of plain words. A test holds every brief and every file of words to
// them.
const (
	maxGrade         = 8.0
	maxSentenceWords = 20
	maxBriefWords    = 400
)

// reading is what was counted in a text.
type reading struct {
	words, sentences, syllables int
	// longest is the number of words of the longest sentence.
	longest     int
	longestText string
}

// grade is the Flesch-Kincaid grade level: years of school in the United
// States that a reader needs. It is 0 for a text without words.
//
// Formula: Kincaid et al. 1975, Research Branch Report 8-75.
func (r reading) grade() float64 {
	if r.words == 0 || r.sentences == 0 {
		return 0
	}
	words := float64(r.words)
	return 0.39*words/float64(r.sentences) + 11.8*float64(r.syllables)/words - 15.59
}

// measure counts text. A line break ends a sentence, so that a heading or a
// list item never joins the one after it.
func measure(text string) reading {
	var r reading
	for line := range strings.Lines(text) {
		for _, sentence := range sentences(line) {
			n := 0
			for _, word := range strings.Fields(sentence) {
				if !isWord(word) {
					continue
				}
				n++
				r.syllables += syllables(word)
			}
			if n == 0 {
				continue
			}
			r.words += n
			r.sentences++
			if n > r.longest {
				r.longest, r.longestText = n, strings.TrimSpace(sentence)
			}
		}
	}
	return r
}

// countWords counts the words of text: runs between spaces that hold a letter
// or a digit.
func countWords(text string) int {
	n := 0
	for _, word := range strings.Fields(text) {
		if isWord(word) {
			n++
		}
	}
	return n
}

func isWord(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}

// sentences splits one line after every full stop, question mark or
// exclamation mark that a space or the end follows. A dot inside a number or a
// name ends nothing.
func sentences(line string) []string {
	var out []string
	start := 0
	for i, r := range line {
		if r != '.' && r != '!' && r != '?' {
			continue
		}
		rest := strings.TrimLeft(line[i+1:], `"')]’”`)
		next, _ := utf8.DecodeRuneInString(rest)
		if rest != "" && !unicode.IsSpace(next) {
			continue
		}
		end := len(line) - len(rest)
		out = append(out, line[start:end])
		start = end
	}
	if strings.TrimSpace(line[start:]) != "" {
		out = append(out, line[start:])
	}
	return out
}

// banned are the words of method.md 2.8 with their forms: each promises more
// than anybody knows, or speaks for the person who decides.
var banned = regexp.MustCompile(`(?i)\b(safe(r|st|ly)?|secure[ds]?|securely|clean(ed|er|ly)?|no risks?|risk[- ]free|negligibl[ey]|cannot happen|can't happen|acceptabl[ey]|passed|approved)\b`)

// allowed are phrases that hold a banned word and are names of something else.
var allowed = regexp.MustCompile(`\bFive Safes\b|\bSafe (Projects|People|Data|Settings|Outputs)\b`)

// bannedWords lists what text must not say.
func bannedWords(text string) []string {
	return banned.FindAllString(allowed.ReplaceAllString(text, ""), -1)
}

// jargon are computing words that page one must not use without explaining
// them; the plain terms are in brief.md 1.2.
var jargon = regexp.MustCompile(`(?i)\b(vulnerabilit(y|ies)|vulnerable|cves?|cvss|epss|kev|sboms?|vex|containers?|containeri[sz]ed|root|exploit(s|ed|able|ation)?|digests?|mitigat(e|ed|es|ion|ions)|controls|patch(es|ed|ing)?|false positives?|ingress|egress|binar(y|ies)|executables?|payloads?|privileges?|daemons?|manifests?|checksums?|hash(es)?|regist(ry|ries)|runtime|kernels?|malware|ecosystems?|repositor(y|ies)|namespaces?|metadata|dependenc(y|ies)|librar(y|ies)|purl|byte(s)?)\b`)

// explained is the sentence that makes "container" a word that a reader knows.
var explained = regexp.MustCompile(`(?i)\bcontainers?: one sealed box\b`)

// jargonWords lists the computing words of text that it does not explain.
func jargonWords(text string) []string {
	knowsContainer := explained.MatchString(text)
	var out []string
	for _, w := range jargon.FindAllString(text, -1) {
		if knowsContainer && strings.HasPrefix(strings.ToLower(w), "container") {
			continue
		}
		out = append(out, w)
	}
	return out
}
