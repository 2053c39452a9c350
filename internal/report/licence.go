package report

import (
	_ "embed" // the list of identifiers
	"strings"
)

//go:embed licences.txt
var licenceList string

// licenceIDs are the identifiers that an expression may hold, by their lower-case
// form, as the SPDX licence list spells them.
type licenceIDs struct{ licences, exceptions map[string]string }

// newLicenceIDs reads the embedded list: licences, then exceptions behind a line
// that says so.
func newLicenceIDs() *licenceIDs {
	ids := &licenceIDs{licences: map[string]string{}, exceptions: map[string]string{}}
	to := ids.licences
	for line := range strings.Lines(licenceList) {
		switch line = strings.TrimSpace(line); {
		case line == "# exceptions":
			to = ids.exceptions
		case line != "" && line[0] != '#':
			to[strings.ToLower(line)] = line
		}
	}
	return ids
}

// maxLicence is the longest text taken for an expression, in bytes, and maxParens
// the deepest nesting of it.
const (
	maxLicence = 4096
	maxParens  = 32
)

// expression returns s as a valid SPDX expression in the list's spelling. single is
// true where it is one identifier of the list and nothing else. ok is false where s
// is no expression: a package's own words seldom are.
//
// Format: SPDX 2.3, annex D.
func (ids *licenceIDs) expression(s string) (expr string, single, ok bool) {
	if len(s) > maxLicence {
		return "", false, false
	}
	p := &licenceParser{ids: ids, words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))}
	if !p.either(0) || len(p.words) > 0 {
		return "", false, false
	}
	expr = strings.NewReplacer("( ", "(", " )", ")").Replace(strings.Join(p.out, " "))
	_, listed := ids.licences[strings.ToLower(expr)]
	return expr, len(p.out) == 1 && listed, true
}

// licenceParser reads an expression word by word.
type licenceParser struct {
	ids        *licenceIDs
	words, out []string
}

// take moves the next word to the output where it is word, in any case.
func (p *licenceParser) take(word string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.out, p.words = append(p.out, word), p.words[1:]
	return true
}

// either reads terms that AND and OR join. How they bind does not matter here.
func (p *licenceParser) either(depth int) bool {
	for {
		if !p.term(depth) {
			return false
		}
		if !p.take("AND") && !p.take("OR") {
			return true
		}
	}
}

func (p *licenceParser) term(depth int) bool {
	if p.take("(") {
		return depth < maxParens && p.either(depth+1) && p.take(")")
	}
	if len(p.words) == 0 || !p.licence(p.words[0]) {
		return false
	}
	p.words = p.words[1:]
	if !p.take("WITH") {
		return true
	}
	if len(p.words) == 0 {
		return false
	}
	exception, ok := p.ids.exceptions[strings.ToLower(p.words[0])]
	p.out, p.words = append(p.out, exception), p.words[1:]
	return ok
}

func (p *licenceParser) licence(word string) bool {
	id, ok := p.ids.licences[strings.ToLower(word)]
	if !ok {
		var base string
		if base, ok = strings.CutSuffix(word, "+"); ok {
			id, ok = p.ids.licences[strings.ToLower(base)]
			id += "+"
		}
	}
	p.out = append(p.out, id)
	return ok
}
