package report

import (
	"strings"
	"unicode/utf8"
)

// textWidth is the width of the terminal report in characters.
const textWidth = 88

// width counts the characters of marked text that a terminal shows.
func width(s string) int {
	return utf8.RuneCountInString(s) - strings.Count(s, string(markOpen)) - strings.Count(s, string(markClose))
}

// unmark removes the marks of data.
func unmark(s string) string {
	return strings.Map(func(r rune) rune {
		if r == markOpen || r == markClose {
			return -1
		}
		return r
	}, s)
}

// wrap breaks marked text into lines of at most limit characters. A word that
// is longer, such as a path, is broken where it must be.
func wrap(s string, limit int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= limit:
			line += " " + word
		default:
			out = append(out, line)
			line = word
		}
		for width(line) > limit {
			head, tail := splitAt(line, limit)
			out = append(out, head)
			line = tail
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// splitAt splits marked text after n shown characters.
func splitAt(s string, n int) (head, tail string) {
	seen := 0
	for i, r := range s {
		if r == markOpen || r == markClose {
			continue
		}
		if seen == n {
			return s[:i], s[i:]
		}
		seen++
	}
	return s, ""
}
