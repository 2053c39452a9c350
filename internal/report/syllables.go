package report

import (
	"strings"
	"unicode"
)

// syllables counts the syllables of an English word by its spelling: groups of
// vowels, less the silent ones, with a table of exceptions. A compound counts
// by its parts; a number counts as one.
func syllables(word string) int {
	if strings.IndexFunc(word, unicode.IsLetter) < 0 {
		return 1
	}
	n := 0
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	}) {
		n += partSyllables(part)
	}
	return max(n, 1)
}

func partSyllables(part string) int {
	w := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSuffix(strings.TrimSuffix(part, "'s"), "’s"))
	if w == "" {
		return 1 // digits alone
	}
	if n, ok := exceptions[w]; ok {
		return n
	}
	if stem, ok := strings.CutSuffix(w, "s"); ok {
		if n, ok := exceptions[stem]; ok {
			return n
		}
	}
	if len(w) > 1 && strings.IndexFunc(w, isVowel) < 0 && part == strings.ToUpper(part) {
		return len(w) // spelt out: "TRE" has a vowel, "HTML" has none
	}
	return max(vowelGroups(w)-silent(w)+split(w), 1)
}

func isVowel(r rune) bool { return strings.ContainsRune("aeiouy", r) }

// vowelGroups counts runs of vowels. A "y" before another vowel is a consonant.
func vowelGroups(w string) int {
	n := 0
	in := false
	for i, r := range w {
		v := isVowel(r)
		if r == 'y' && i+1 < len(w) && isVowel(rune(w[i+1])) {
			v = false
		}
		if v && !in {
			n++
		}
		in = v
	}
	return n
}

// silent counts the groups that nobody speaks: the e at the end, also before
// "s", "d" and "ly".
func silent(w string) int {
	n := 0
	if stem, ok := strings.CutSuffix(w, "ly"); ok && strings.HasSuffix(stem, "e") && !endsLe(stem) && vowelGroups(stem) > 1 {
		n++ // "likely", "entirely"
	}
	for _, ment := range []string{"ment", "ments", "ful", "less"} {
		if stem, ok := strings.CutSuffix(w, ment); ok && strings.HasSuffix(stem, "e") && !endsLe(stem) && vowelGroups(stem) > 1 {
			n++ // "statement", "useful"
		}
	}
	if strings.HasSuffix(w, "ically") {
		n++ // "basically"
	}
	switch {
	case strings.HasSuffix(w, "ee"), strings.HasSuffix(w, "ies"), strings.HasSuffix(w, "ied"):
	case strings.HasSuffix(w, "e"):
		if !endsLe(w) && endsAlone(w, 1) {
			n++
		}
	case strings.HasSuffix(w, "ed"):
		if stem := w[:len(w)-2]; endsAlone(w, 2) && !hasSuffix(stem, "t", "d") && !endsLe(stem+"e") {
			n++
		}
	case strings.HasSuffix(w, "es"):
		if stem := w[:len(w)-2]; endsAlone(w, 2) && !hasSuffix(stem, "s", "x", "z", "ch", "sh", "c", "g") && !endsLe(stem+"e") {
			n++
		}
	}
	return n
}

// endsAlone reports whether the e that stands n letters before the end of w
// follows a consonant, so that it is a group of its own.
func endsAlone(w string, n int) bool {
	i := len(w) - n - 1
	return i >= 0 && !isVowel(rune(w[i]))
}

// endsLe reports whether w ends in a consonant and "le", which is spoken.
func endsLe(w string) bool {
	return len(w) > 2 && strings.HasSuffix(w, "le") && !isVowel(rune(w[len(w)-3])) && w[len(w)-3] != 'l'
}

// split counts the places where vowels that stand together are two syllables.
func split(w string) int {
	n := 0
	for _, p := range hiatus {
		n += strings.Count(w, p)
	}
	for _, p := range glides {
		n -= strings.Count(w, p)
	}
	if hasSuffix(w, "ier", "iers", "iest") && len(w) > 5 {
		n++ // "easier"
	}
	if hasSuffix(w, "ism", "isms", "thm", "thms") {
		n++ // "rhythm": the m carries it
	}
	return n
}

// hiatus are letters between which a syllable ends; glides are those of them
// that are spoken as one all the same.
var (
	hiatus = []string{"ia", "io", "iu", "eo", "ua", "uou", "uity", "ying", "eing", "oing", "iet", "creat", "cooper"}
	glides = []string{
		"tion", "sion", "cian", "tial", "cial", "gion", "cious", "tious", "xious", "geous", "gious",
		"qua", "gua", "riage", "people", "creature",
	}
)

func hasSuffix(s string, ends ...string) bool {
	for _, e := range ends {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}
