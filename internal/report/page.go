package report

import (
	"github.com/landwaiter/landwaiter"
)

// page is the whole report: the brief and the layers below it, or one view. Text
// and HTML are two ways to write the same page.
type page struct {
	Lang string
	// Title is the title of the document.
	Title rich
	// Brief is nil in a view, which has a Head instead.
	Brief  *brief
	Head   *head
	Layers []layer
	Tool   rich
}

// layer is what a reader of one depth needs, or the whole of a view.
type layer struct {
	ID    string
	Depth rich // how long it takes
	Title rich
	Note  rich
	Parts []part
}

// part is one thing to know.
type part struct {
	ID     string
	Title  rich
	Notes  []rich
	Words  []kindPart // the four parts of the words about a kind
	Bar    *bar
	Steps  []step
	Charts []chart
	Items  []rich // a numbered list
	Blanks []rich // lines to fill in
	After  []rich // lines below the list
	Tables []table
}

// step is one number of a chain in which each is a part of the one before.
type step struct {
	N    string
	What rich
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

// newSheet prepares what the parts of one page share.
func newSheet(w *words, a *landwaiter.Assessment) *sheet {
	v := &sheet{view: view{words: w, a: a, room: room{name: pageName, inWay: 20, blind: 20}, blind: blind(a)}, byID: map[string]*landwaiter.Package{}}
	for i := range a.Packages {
		v.byID[a.Packages[i].ID] = &a.Packages[i]
	}
	return v
}

// newPage writes the whole report from a: one minute, five minutes, thirty minutes.
func newPage(w *words, a *landwaiter.Assessment) *page {
	v := newSheet(w, a)
	p := &page{Lang: "en-GB", Brief: newBrief(w, a), Tool: v.tool()}
	p.Title = join(rich{{Text: p.Brief.Title.String() + ":"}}, p.Brief.Advice)
	five := v.layer("five")
	five.Parts = append(five.Parts, v.sorted())
	five.Parts = append(five.Parts, v.matters()...)
	five.Parts = append(five.Parts, v.again()...)
	five.Parts = append(five.Parts, v.scenarios(), v.conditions())
	thirty := v.layer("thirty")
	thirty.Parts = append(thirty.Parts, v.how(), v.protections())
	thirty.Parts = append(thirty.Parts, v.findings()...)
	thirty.Parts = append(thirty.Parts, v.waivers()...)
	thirty.Parts = append(thirty.Parts, v.subject(), v.account(), v.checksDone(), v.blindspots(), v.gaps())
	thirty.Parts = append(thirty.Parts, v.unnamed()...)
	thirty.Parts = append(thirty.Parts, v.declared()...)
	thirty.Parts = append(thirty.Parts,
		v.files("unowned", a.Unowned), v.files("changed", a.Changed),
		v.packages(), v.layers(), v.sources(), v.method(),
	)
	thirty.Parts = append(thirty.Parts, v.crosscheck()...)
	p.Layers = []layer{five, thirty}
	return p
}

// again is what an assessment to compare with adds for a reader of five minutes: there
// is none where none was given.
func (v *sheet) again() []part { return v.baseline() }

// tool says what wrote the page.
func (v *sheet) tool() rich {
	return v.say("note", "tool", facts{Name: data(v.a.Tool.Name+" "+v.a.Tool.Version, pageName), Date: moment(v.a.At)})
}

// layer starts a layer.
func (v *sheet) layer(id string) layer {
	return layer{ID: id, Depth: v.label("depth", id), Title: v.label("layer", id), Note: v.label("layer-note", id)}
}

// Long reports whether a list of its parts helps.
func (l layer) Long() bool { return len(l.Parts) > 4 }

// parts returns the parts of every layer, in order.
func (p *page) parts() []part {
	var out []part
	for _, l := range p.Layers {
		out = append(out, l.Parts...)
	}
	return out
}

// sheet is what the parts of one page share.
type sheet struct {
	view
	byID map[string]*landwaiter.Package
	// natures are what is known of files without an owner, by path; nil until asked.
	natures map[string]*landwaiter.Nature
	// matter are the findings that mattered, by kind; nil until asked.
	matter map[landwaiter.Kind][]landwaiter.Finding
	// needed counts the packages that ask for one, by its ID; nil until asked.
	needed map[string]int
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
