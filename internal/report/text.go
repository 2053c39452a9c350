package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// writeText writes the report for a terminal: no colour, no escape sequence,
// no line wider than textWidth. Long lists are cut, and say so.
func writeText(w io.Writer, a *landwaiter.Assessment) error {
	words, err := loadWords(wordFiles)
	if err != nil {
		return err
	}
	return renderText(w, words, newPage(words, a))
}

// renderText writes one page.
func renderText(w io.Writer, words *words, p *page) error {
	t := &text{words: words}
	if p.Brief != nil {
		t.brief(p.Brief)
	}
	if p.Head != nil {
		t.head(p.Head)
	}
	for _, l := range p.Layers {
		t.line("")
		t.rule('=')
		title := l.Title
		if p.Brief != nil {
			title = join(l.Depth, rich{{Text: "·"}}, l.Title)
		}
		t.para(parseRich(strings.ToUpper(title.marked())), "", "")
		t.para(l.Note, "", "")
		for _, part := range l.Parts {
			t.part(part)
		}
	}
	t.rule('=')
	t.para(p.Tool, "", "")
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(unmark(t.b.String())) // the error stays for Flush
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing text: %w", err)
	}
	return words.err
}

// text builds the terminal report. What it holds is still marked.
type text struct {
	*words
	b strings.Builder
}

func (t *text) line(s string) { t.b.WriteString(strings.TrimRight(s, " ") + "\n") }

func (t *text) rule(r rune) { t.line(strings.Repeat(string(r), textWidth)) }

// para writes r wrapped, its first line after first and the others after next.
func (t *text) para(r rich, first, next string) {
	for i, l := range wrap(r.marked(), textWidth-max(width(first), width(next))) {
		if i == 0 {
			t.line(first + l)
		} else {
			t.line(next + l)
		}
	}
}

// signs stand beside the advice, so that its shape differs too.
var signs = map[landwaiter.Outcome]string{
	landwaiter.Recommend: "[ok]", landwaiter.Conditions: "[!]", landwaiter.DoNotImport: "[x]", landwaiter.CannotJudge: "[?]",
}

func (t *text) brief(b *brief) {
	t.rule('=')
	t.para(join(b.Title, rich{{Text: "· " + b.At}}), "", "")
	t.para(join(b.FingerprintLabel, b.Fingerprint), "", "  ")
	t.blank(b.RequestNo, "")
	t.rule('=')
	edge := "+" + strings.Repeat("-", textWidth-2) + "+"
	t.line(edge)
	advice := join(rich{{Text: signs[b.Code]}}, b.AdviceLabel, rich{{Text: strings.ToUpper(b.Advice.String())}})
	for _, r := range []rich{advice, join(b.Note, b.Means)} {
		for _, l := range wrap(r.marked(), textWidth-4) {
			t.line("| " + l + strings.Repeat(" ", textWidth-4-width(l)) + " |")
		}
	}
	t.line(edge)
	for _, s := range b.Sections {
		t.section(s)
	}
	t.line("")
	for _, f := range b.Foot {
		t.para(f, "", "")
	}
}

func (t *text) blank(label rich, indent string) {
	l := indent + label.marked() + ": "
	t.line(l + strings.Repeat("_", max(textWidth-width(l), 10)))
}

func (t *text) section(s section) {
	t.line("")
	t.line(strings.ToUpper(s.Title.String()))
	for _, l := range s.Lines {
		t.para(l, "  ", "  ")
	}
	for i, it := range s.Items {
		first := "  - "
		if s.Numbered {
			first = fmt.Sprintf("  %d. ", i+1)
		}
		t.para(join(it.Lead, it.Rest), first, strings.Repeat(" ", len(first)))
	}
	t.bar(s.Bar)
	for _, l := range s.After {
		t.para(l, "  ", "  ")
	}
	var ticks []string
	for _, k := range s.Ticks {
		ticks = append(ticks, "[ ] "+k.marked())
	}
	if len(ticks) > 0 {
		t.line("  " + strings.Join(ticks, "   "))
	}
	for _, k := range s.Blanks {
		t.blank(k, "  ")
	}
}

// fills draw the classes without colour.
var fills = map[string]string{"covered": "#", "uncovered": "/", "unnamed": ".", "closed": "x", "unread": " "}

// bar draws the account in characters, with its legend below.
func (t *text) bar(b *bar) {
	if b == nil {
		return
	}
	const inner = textWidth - 6
	var line strings.Builder
	for i, s := range b.Segments {
		end := (s.X + s.W) * inner / barWidth
		if i == len(b.Segments)-1 {
			end = inner
		}
		start := line.Len()
		line.WriteString(strings.Repeat(fills[s.Code], max(end-start, 1)))
	}
	t.line("  [" + line.String() + "]")
	for _, s := range b.Segments {
		t.para(join(rich{{Text: "[" + fills[s.Code] + "]"}}, s.Label, rich{{Text: s.Share + " of 100"}}), "  ", "      ")
	}
}

func (t *text) part(p part) {
	t.line("")
	t.rule('-')
	t.para(parseRich(strings.ToUpper(p.Title.marked())), "", "")
	for _, k := range p.Words {
		t.para(join(rich{{Text: k.Title + ":"}}, k.Text), "", "  ")
	}
	for _, n := range p.Notes {
		t.para(n, "", "")
	}
	for i, st := range p.Steps {
		first := "  "
		if i > 0 {
			first = "  > "
		}
		t.para(join(rich{{Text: st.N}}, st.What), first, "    ")
	}
	for i, it := range p.Items {
		first := fmt.Sprintf("%d. ", i+1)
		t.para(it, first, strings.Repeat(" ", len(first)))
	}
	for _, b := range p.Blanks {
		t.blank(b, "")
	}
	t.bar(p.Bar)
	for _, tb := range p.Tables {
		t.table(tb)
	}
	for _, l := range p.After {
		t.para(l, "", "")
	}
}

// table writes rows in columns where they fit, else one row as a paragraph.
func (t *text) table(tb table) {
	t.line("")
	t.para(append(slices.Clone(tb.Caption), span{Text: tb.Count()}), "", "")
	rows := tb.Rows[:min(len(tb.Rows), tb.Most)]
	if widths, ok := columnWidths(tb, rows); ok {
		t.columns(tb, rows, widths)
	} else {
		for _, r := range rows {
			t.record(tb, r)
		}
	}
	if left := len(tb.Rows) - len(rows) + tb.Left; left > 0 {
		code := "more-rows"
		if tb.Left > 0 {
			code = "more-rows-json"
		}
		t.para(t.say("note", code, counts(int64(left), 0)), "  ", "  ")
	}
}

// columnWidths returns the width of each column, and false where a row would
// not fit on one line.
func columnWidths(tb table, rows [][]cell) ([]int, bool) {
	widths := make([]int, len(tb.Columns))
	for i, c := range tb.Columns {
		widths[i] = width(c.Label.marked())
	}
	for _, r := range rows {
		for i, c := range r {
			if len(c) > 1 {
				return nil, false
			}
			widths[i] = max(widths[i], width(lineOf(c)))
		}
	}
	all := 2 * len(widths)
	for _, n := range widths {
		all += n
	}
	return widths, all <= textWidth
}

func lineOf(c cell) string {
	var parts []string
	for _, r := range c {
		if len(r) > 0 && r.String() != "" {
			parts = append(parts, r.marked())
		}
	}
	for i := range len(parts) - 1 {
		parts[i] = strings.TrimSuffix(parts[i], ".")
	}
	return strings.Join(parts, "; ")
}

func (t *text) columns(tb table, rows [][]cell, widths []int) {
	head := make([]cell, len(tb.Columns))
	for i, c := range tb.Columns {
		head[i] = cell{c.Label}
	}
	for _, r := range append([][]cell{head}, rows...) {
		line := "  "
		for i, c := range r {
			s := lineOf(c)
			pad := strings.Repeat(" ", widths[i]-width(s))
			if tb.Columns[i].Number {
				line += pad + s + "  "
			} else {
				line += s + pad + "  "
			}
		}
		t.line(line)
	}
}

// record writes a row as its name, then "label: value" for what is there.
func (t *text) record(tb table, r []cell) {
	if len(r) == 2 && !strings.HasSuffix(lineOf(r[0]), ".") {
		t.para(parseRich(lineOf(r[0])+": "+lineOf(r[1])), "  ", "    ")
		return
	}
	parts := []string{lineOf(r[0])}
	for i := 1; i < len(r); i++ {
		c := r[i]
		if left := len(c) - textLines; left > 0 {
			c = append(slices.Clone(c[:textLines]), t.say("value", "more-lines", counts(int64(left), 0)))
		}
		if s := lineOf(c); s != "" {
			parts = append(parts, tb.Columns[i].Label.marked()+": "+s)
		}
	}
	t.para(parseRich(strings.Join(parts, " · ")), "  ", "    ")
}
