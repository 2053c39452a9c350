package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names, paths and versions come from the subject: they are hostile, and their
// words are not ours. They travel through the templates between two marks, so
// that HTML can isolate them and the measure of plain words can leave them out.
// Both are private-use characters, which visible never lets through.
const (
	markOpen  = '\uE000'
	markClose = '\uE001'
)

// Lengths, in characters, to which names are cut.
const (
	briefName = 48 // on the first page
	pageName  = 240
)

// span is a run of text; data is true where it came from outside.
type span struct {
	Text string
	Data bool
}

// rich is one paragraph, label or cell.
type rich []span

// parseRich splits marked text and makes every run of spaces one space.
func parseRich(marked string) rich {
	var r rich
	marked = strings.Join(strings.Fields(marked), " ")
	for marked != "" {
		i := strings.IndexRune(marked, markOpen)
		if i < 0 {
			return append(r, span{Text: marked})
		}
		if i > 0 {
			r = append(r, span{Text: marked[:i]})
		}
		marked = marked[i+utf8.RuneLen(markOpen):]
		j := strings.IndexRune(marked, markClose)
		if j < 0 {
			j = len(marked)
		}
		r = append(r, span{Text: marked[:j], Data: true})
		marked = strings.TrimPrefix(marked[j:], string(markClose))
	}
	return r
}

// String returns the text without marks.
func (r rich) String() string {
	var b strings.Builder
	for _, s := range r {
		b.WriteString(s.Text)
	}
	return b.String()
}

// marked returns the text with marks, as parseRich takes it.
func (r rich) marked() string {
	var b strings.Builder
	for _, s := range r {
		if s.Data {
			b.WriteRune(markOpen)
		}
		b.WriteString(s.Text)
		if s.Data {
			b.WriteRune(markClose)
		}
	}
	return b.String()
}

// prose returns the text with each piece of data as the one word "It", so that
// only our own words are measured.
func (r rich) prose() string {
	var b strings.Builder
	for _, s := range r {
		if s.Data {
			b.WriteString("It")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// join puts the parts one after the other, with a space between.
func join(parts ...rich) rich {
	var out rich
	for _, p := range parts {
		if len(p) == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, span{Text: " "})
		}
		out = append(out, p...)
	}
	return out
}

// data marks s as text from outside, made visible and cut to limit characters.
// The empty string stays empty.
func data(s string, limit int) string {
	if s == "" {
		return ""
	}
	return string(markOpen) + visible(s, limit) + string(markClose)
}

func dataRich(s string, limit int) rich { return parseRich(data(s, limit)) }

// visible makes s harmless to a terminal and honest to a reader: every
// character that does not print, or that changes the order of those that do,
// appears as its escape. A text of more than limit characters loses its middle.
func visible(s string, limit int) string {
	const most = 4 // bytes of one character
	if keep := limit * most; len(s) > 2*keep {
		// Only the two ends can be shown, so only they are looked at.
		s = s[:keep] + s[len(s)-keep:]
	}
	var units []string
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		unit := s[i : i+n]
		i += n
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		if !strconv.IsPrint(r) || marks > 2 || (r == utf8.RuneError && n == 1) {
			unit = escape(r, unit)
		}
		units = append(units, unit)
	}
	total := 0
	for _, u := range units {
		total += utf8.RuneCountInString(u)
	}
	if total <= limit {
		return strings.Join(units, "")
	}
	return cut(units, limit)
}

// escape writes a character as Go would in a string.
func escape(r rune, unit string) string {
	if r == utf8.RuneError {
		unit = strconv.QuoteToASCII(unit)
		return unit[1 : len(unit)-1]
	}
	q := strconv.QuoteRuneToASCII(r)
	return q[1 : len(q)-1]
}

// cut keeps the two ends of units: the end of a path or a version says as much
// as its beginning.
func cut(units []string, limit int) string {
	tail := limit / 3
	head := limit - tail - 1
	i := 0
	for n := 0; i < len(units); i++ {
		if n += utf8.RuneCountInString(units[i]); n > head {
			break
		}
	}
	j := len(units)
	for n := 0; j > i; j-- {
		if n += utf8.RuneCountInString(units[j-1]); n > tail {
			break
		}
	}
	return strings.Join(units[:i], "") + "…" + strings.Join(units[j:], "")
}
