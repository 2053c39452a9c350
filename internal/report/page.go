package report

import (
	"github.com/landwaiter/landwaiter"
)

// page is the whole report: the brief, and the layers below it. Text and HTML
// are two ways to write the same page.
type page struct {
	Lang  string
	Brief *brief
	Parts []part
	Tool  rich
}

// part is one layer below the brief.
type part struct {
	ID     string
	Title  rich
	Notes  []rich
	Words  []kindPart // the four parts of the words about a kind
	Bar    *bar
	Items  []rich // a numbered list
	After  []rich // lines below the list
	Tables []table
}

// kindPart is one of the four parts of the words about a kind.
type kindPart struct {
	Title string
	Text  rich
}

// table is rows of cells. The first cell of a row names it.
type table struct {
	ID      string
	Caption rich
	Columns []column
	Rows    [][]cell
	// Most is the number of rows that a terminal gets.
	Most int
	// Facts is true for a table whose number of rows says nothing.
	Facts bool
	// Left is the number of rows that only the JSON holds.
	Left int
}

// column is one column of a table.
type column struct {
	Label rich
	// Number is true where cells align to the right.
	Number bool
}

// cell is one or more lines.
type cell []rich

// Rows that a terminal gets of each sort of table, lines that it gets of a cell, and
// rows of files that HTML gets. HTML always holds every finding and every package.
const (
	textFindings = 10
	textFiles    = 10
	textPackages = 20
	textLines    = 10
	htmlFiles    = 1000
)

// Long reports whether the table starts closed on a screen.
func (t table) Long() bool { return len(t.Rows) > 20 }

// Count is the number of rows for people, in brackets.
func (t table) Count() string {
	if t.Facts {
		return ""
	}
	return " (" + number(int64(len(t.Rows)+t.Left)) + ")"
}

// newPage writes every part from a.
func newPage(w *words, a *landwaiter.Assessment) *page {
	v := &sheet{view: view{words: w, a: a, room: room{name: pageName, inWay: 20}, blind: blind(a)}, byID: map[string]*landwaiter.Package{}}
	for i := range a.Packages {
		v.byID[a.Packages[i].ID] = &a.Packages[i]
	}
	p := &page{Lang: "en-GB", Brief: newBrief(w, a)}
	p.Parts = append(p.Parts, v.subject())
	p.Parts = append(p.Parts, v.baseline()...)
	p.Parts = append(p.Parts, v.findings()...)
	p.Parts = append(p.Parts,
		v.scenarios(), v.conditions(), v.protections(), v.account(), v.gaps(),
	)
	p.Parts = append(p.Parts, v.waivers()...)
	p.Parts = append(p.Parts, v.unnamed()...)
	p.Parts = append(p.Parts, v.declared()...)
	p.Parts = append(p.Parts,
		v.files("unowned", a.Unowned), v.files("changed", a.Changed),
		v.packages(), v.layers(), v.sources(), v.method(),
	)
	p.Parts = append(p.Parts, v.crosscheck()...)
	p.Tool = w.say("note", "tool", facts{Name: data(a.Tool.Name+" "+a.Tool.Version, pageName), Date: moment(a.At)})
	return p
}

// sheet is what the parts of one page share.
type sheet struct {
	view
	byID map[string]*landwaiter.Package
	// natures are what is known of files without an owner, by path; nil until asked.
	natures map[string]*landwaiter.Nature
}

// part starts a part: its title and, where the words have one, its note.
func (v *sheet) part(id string) part {
	p := part{ID: id, Title: v.label("part", id)}
	if v.has("note", id) {
		p.Notes = append(p.Notes, v.label("note", id))
	}
	return p
}

// table starts a table with the columns of these codes; "#" before a code
// aligns it to the right.
func (v *sheet) table(id string, most int, columns ...string) table {
	t := table{ID: id, Caption: v.label("caption", id), Most: most}
	for _, c := range columns {
		number := c[0] == '#'
		if number {
			c = c[1:]
		}
		t.Columns = append(t.Columns, column{Label: v.label("column", c), Number: number})
	}
	return t
}

// row makes one row out of plain text, which is ours, and rich text.
func row(cells ...any) []cell {
	out := make([]cell, 0, len(cells))
	for _, c := range cells {
		switch c := c.(type) {
		case string:
			out = append(out, cell{rich{{Text: c}}})
		case rich:
			out = append(out, cell{c})
		case cell:
			out = append(out, c)
		}
	}
	return out
}

// name is text from outside in a cell.
func name(s string) rich { return dataRich(s, pageName) }

// names is one line for each text from outside.
func names(all []string) cell {
	c := make(cell, 0, len(all))
	for _, s := range all {
		c = append(c, name(s))
	}
	return c
}

// add appends rows for at most limit of n things, and remembers the rest.
func (t *table) add(n, limit int, at func(i int) []cell) {
	for i := range n {
		if i == limit {
			t.Left += n - limit
			return
		}
		t.Rows = append(t.Rows, at(i))
	}
}
