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

// htmlPage is what the template sees.
type htmlPage struct {
	*page
	Style  template.CSS
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

// writeHTML writes one file that needs nothing but itself: no script, no
// picture, no font, no link out.
func writeHTML(w io.Writer, a *landwaiter.Assessment) error {
	words, err := loadWords(wordFiles)
	if err != nil {
		return err
	}
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("page template: %w", err)
	}
	p := &htmlPage{page: newPage(words, a), Style: template.CSS(pageStyle), say: words}
	sum := sha256.Sum256([]byte(pageStyle))
	p.Policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	out := bufio.NewWriter(w)
	if err := t.Execute(out, p); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return words.err
}
