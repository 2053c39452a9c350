package report

import (
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
)

// head opens a view: for whom it is, and the advice that it serves.
type head struct {
	Title, For  rich
	Code        landwaiter.Outcome
	AdviceLabel rich
	Advice      rich
	Note, Means rich
	Facts       []headFact
}

// headFact is one line of a view's head.
type headFact struct{ What, Value rich }

// readers is the table of views: for each reader, the parts in order.
var readers = []struct {
	id    string
	parts func(v *sheet) []part
}{
	{"researcher", (*sheet).researcher},
	{"engineer", (*sheet).engineer},
	{"purple", (*sheet).purple},
	{"auditor", (*sheet).auditor},
	{"public", (*sheet).public},
}

// viewFormats are two formats for each view: a page, and text.
func viewFormats() []Format {
	var out []Format
	for _, r := range readers {
		build := func(a *landwaiter.Assessment) (*words, *page, error) {
			w, err := loadWords(wordFiles)
			if err != nil {
				return nil, nil, err
			}
			return w, newView(w, a, r.id, r.parts), nil
		}
		out = append(out, Format{
			Name: r.id, Extension: "." + r.id + ".html",
			Write: func(out io.Writer, a *landwaiter.Assessment) error {
				w, p, err := build(a)
				if err != nil {
					return fmt.Errorf("view for %s: %w", r.id, err)
				}
				return renderHTML(out, w, p)
			},
		}, Format{
			Name: r.id + "-text", Extension: "." + r.id + ".txt",
			Write: func(out io.Writer, a *landwaiter.Assessment) error {
				w, p, err := build(a)
				if err != nil {
					return fmt.Errorf("view for %s: %w", r.id, err)
				}
				return renderText(out, w, p)
			},
		})
	}
	return out
}

// newView writes the page of one reader.
func newView(w *words, a *landwaiter.Assessment, id string, parts func(*sheet) []part) *page {
	v := newSheet(w, a)
	l := layer{ID: id, Title: v.label("view", id), Note: v.label("view-note", id)}
	l.Parts = parts(v)
	h := &head{
		Title: v.label("view-title", id), For: v.label("view-for", id),
		Code: a.Advice.Outcome, AdviceLabel: v.label("brief", "advice"), Advice: v.outcome("outcome", a.Advice.Outcome),
		Note: v.label("brief", "advice-note"), Means: v.outcome("view-means", a.Advice.Outcome),
	}
	add := func(code string, value rich) {
		if value.String() != "" {
			h.Facts = append(h.Facts, headFact{v.label("fact", code), value})
		}
	}
	if id == "public" {
		h.Note = v.label("view", "public-advice-note")
		add("software", publicName(v, &a.Subject))
	} else {
		add("reference", name(a.Subject.Reference))
		add("fingerprint", name(a.Subject.Fingerprint()))
	}
	add("checked-on", rich{{Text: moment(a.At)}})
	p := &page{Lang: "en-GB", Head: h, Layers: []layer{l}, Tool: v.tool()}
	p.Title = h.Title
	return p
}

// head writes the head of a view for a terminal.
func (t *text) head(h *head) {
	t.rule('=')
	t.para(parseRich(h.Title.marked()), "", "")
	t.para(h.For, "", "")
	t.para(join(rich{{Text: signs[h.Code]}}, h.AdviceLabel, h.Advice), "", "  ")
	t.para(join(h.Note, h.Means), "", "  ")
	for _, f := range h.Facts {
		t.para(join(rich{{Text: f.What.marked() + ":"}}, f.Value), "", "  ")
	}
}
