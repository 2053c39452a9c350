package report

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	"github.com/landwaiter/landwaiter"
)

//go:embed words/*.md
var wordFiles embed.FS

// facts is what the words may use. All are ready for a reader: numbers have
// their separators, names are marked as data.
type facts struct {
	N, Total      string
	One, OneTotal bool // N or Total is 1
	None          bool // N is 0
	Totals        bool // Total is a number that N is part of
	Subject       string
	Name, Names   string
	By, Date, Why string
	Size, Share   string
	Limit         string
	Event         string
	Detail        string
	Tested        string // sentences about tested protections; empty where none is
	Grave         bool   // more was seen than the kind alone says
	PartlyLooked  string // what was looked for, and not in every file
	NotLooked     string // what nobody looked for; empty where all checks were done
	Blind         bool   // a list is missing, too old or of unknown date
	Undated       bool
	Account       bool // the account itself is what went wrong
	AtLeast       bool // N is the least that it can be
}

// counts fills N and Total.
func counts(n, total int64) facts {
	return facts{
		N: number(n), Total: number(total),
		One: n == 1, OneTotal: total == 1, None: n == 0, Totals: total > 0 && n <= total,
	}
}

// The four parts of the words about a kind, by their headings.
var kindParts = []string{"What it is", "Why it matters", "What protects you", "What to do"}

// words holds all templates. One value serves one report: err keeps the first
// failure, so that the many small calls need no check of their own.
type words struct {
	phrases map[string]map[string]*template.Template
	kinds   map[landwaiter.Kind]kindWords
	// unknown is the length to which a code without words is cut.
	unknown int
	err     error
}

// kindWords are the words about one kind of finding.
type kindWords struct {
	title string
	parts map[string]*template.Template // by kindParts
}

// loadWords reads all words from fsys. A kind without words is an error.
func loadWords(fsys fs.FS) (*words, error) {
	w := &words{kinds: map[landwaiter.Kind]kindWords{}, unknown: pageName}
	var err error
	if w.phrases, err = loadPhrases(fsys, "words/phrases.md"); err != nil {
		return nil, err
	}
	for _, k := range landwaiter.Kinds() {
		kw, err := loadKind(fsys, "words/"+string(k)+".md")
		if err != nil {
			return nil, fmt.Errorf("words about %q: %w", k, err)
		}
		w.kinds[k] = kw
	}
	return w, nil
}

// loadPhrases reads "# group", "## code" and the text below each code.
func loadPhrases(fsys fs.FS, name string) (map[string]map[string]*template.Template, error) {
	all := map[string]map[string]*template.Template{}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	group := ""
	for _, s := range headings(string(text)) {
		if s.level == 1 {
			group = s.title
			if all[group] != nil {
				return nil, fmt.Errorf("%s: group %q stands twice", name, group)
			}
			all[group] = map[string]*template.Template{}
			continue
		}
		if all[group][s.title] != nil || s.body == "" {
			return nil, fmt.Errorf("%s: %s/%s stands twice or is empty", name, group, s.title)
		}
		if all[group][s.title], err = template.New(group + "/" + s.title).Parse(s.body); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// loadKind reads a title and the four parts.
func loadKind(fsys fs.FS, name string) (kindWords, error) {
	kw := kindWords{parts: map[string]*template.Template{}}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return kw, err
	}
	for _, s := range headings(string(text)) {
		if s.level == 1 {
			kw.title = s.title
			continue
		}
		if kw.parts[s.title], err = template.New(s.title).Parse(s.body); err != nil {
			return kw, fmt.Errorf("%s: %w", name, err)
		}
	}
	if kw.title == "" {
		return kw, fmt.Errorf("%s: no title", name)
	}
	for _, p := range kindParts {
		if kw.parts[p] == nil || strings.TrimSpace(kw.parts[p].Root.String()) == "" {
			return kw, fmt.Errorf("%s: no part %q", name, p)
		}
	}
	if len(kw.parts) != len(kindParts) {
		return kw, fmt.Errorf("%s: has %d parts, not %d", name, len(kw.parts), len(kindParts))
	}
	return kw, nil
}

// heading is one heading and the text below it.
type heading struct {
	level       int
	title, body string
}

func headings(text string) []heading {
	var out []heading
	for line := range strings.Lines(text) {
		title, level := strings.TrimSpace(line), 0
		for strings.HasPrefix(title, "#") {
			title, level = title[1:], level+1
		}
		switch {
		case level > 0:
			out = append(out, heading{level: level, title: strings.TrimSpace(title)})
		case len(out) > 0:
			last := &out[len(out)-1]
			last.body = strings.TrimSpace(last.body + " " + title)
		}
	}
	return out
}

// say returns the phrase of a code, filled in. A code without a phrase comes
// from a newer assessment: it is shown as it stands.
func (w *words) say(group, code string, f facts) rich {
	t := w.phrases[group][code]
	if t == nil {
		return dataRich(code, w.unknown)
	}
	return w.fill(t, f)
}

// label returns a phrase that takes no facts.
func (w *words) label(group, code string) rich { return w.say(group, code, facts{}) }

// outcome returns the words for an outcome. No outcome never reads as a good
// one, and one that the words do not know is shown as it stands.
func (w *words) outcome(group string, o landwaiter.Outcome) rich {
	if o == "" || group != "outcome" && !w.has(group, string(o)) {
		return w.label(group, "none")
	}
	return w.label(group, string(o))
}

// event says what could happen: in our words, or in the site's own.
func (w *words) event(a *landwaiter.Assessment, id string, limit int) rich {
	for i := range a.Advice.Scenarios {
		if sc := &a.Advice.Scenarios[i]; sc.ID == id && sc.Name != "" {
			return w.say("scenario", "own", facts{Detail: data(sc.Name, limit)})
		}
	}
	return w.label("scenario", id)
}

// ecosystem returns the plain name of a sort of software.
func (w *words) ecosystem(code string) rich { return w.say("ecosystem", code, facts{One: true}) }

// has reports whether group has a phrase for code.
func (w *words) has(group, code string) bool { return w.phrases[group][code] != nil }

func (w *words) fill(t *template.Template, f facts) rich {
	var b strings.Builder
	if err := t.Execute(&b, f); err != nil {
		w.err = errors.Join(w.err, fmt.Errorf("words: %w", err))
	}
	return parseRich(b.String())
}
