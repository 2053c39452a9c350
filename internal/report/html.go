package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/landwaiter/landwaiter"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageStyle string

// pageScript puts a filter above long tables. Without it, nothing is missing but the
// filter.
//
//go:embed page.js
var pageScript string

// htmlPage is what the template sees.
type htmlPage struct {
	*page
	Style  template.CSS
	Script template.JS
	Policy string // content security policy: nothing may load, not even by mistake
	say    *words
}

// Label lets the template use the words.
func (p *htmlPage) Label(group, code string) rich { return p.say.label(group, code) }

// ShowRows is the line that opens a long table.
func (p *htmlPage) ShowRows(t table) rich {
	return p.say.say("note", "show-rows", facts{N: number(int64(len(t.Rows)))})
}

// MoreRows says how many rows are not in the table; it is empty where all are.
func (p *htmlPage) MoreRows(t table) rich {
	if t.Left == 0 {
		return nil
	}
	return p.say.say("note", "more-rows-json", counts(int64(t.Left), 0))
}

// Contents is the title of the list of a layer's parts.
func (p *htmlPage) Contents(l layer) rich { return p.say.label("note", "contents-"+l.ID) }

// FilterLabel and FilterShown are the words that the script needs.
func (p *htmlPage) FilterLabel() string { return p.say.label("note", "filter").String() }

// FilterShown holds {n} and {all}, which the script fills in.
func (p *htmlPage) FilterShown() string {
	return p.say.say("note", "filter-shown", facts{N: "{n}", Total: "{all}"}).String()
}

// writeHTML writes one file that needs nothing but itself: no picture, no font, no
// link out, and a script that only filters.
func writeHTML(w io.Writer, a *landwaiter.Assessment) error {
	words, err := loadWords(wordFiles)
	if err != nil {
		return err
	}
	return renderHTML(w, words, newPage(words, a))
}

// renderHTML writes one page.
func renderHTML(w io.Writer, words *words, pg *page) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("page template: %w", err)
	}
	p := &htmlPage{page: pg, Style: template.CSS(pageStyle), Script: template.JS(pageScript), say: words}
	p.Policy = "default-src 'none'; style-src " + allow(pageStyle) + "; script-src " + allow(pageScript) + "; base-uri 'none'; form-action 'none'"
	out := bufio.NewWriter(w)
	if err := t.Execute(out, p); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return words.err
}

// allow lets a policy admit exactly this text.
func allow(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
