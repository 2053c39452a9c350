package inventory

import (
	"errors"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	termsDeepest = 64      // terms inside terms
	termsMost    = 1 << 20 // of one file; the largest known have some 10,000
)

type termKind int

const (
	termEnd termKind = iota
	termText
	termTuple
	termList
	termOther // a map, a number, a function: nothing that we need
)

// term is a term of Erlang. Atoms, strings and binaries are all text.
type term struct {
	kind termKind
	text string
	list []term
}

// texts are the texts in a list.
func (t term) texts() []string {
	var out []string
	for _, e := range t.list {
		if e.kind == termText {
			out = append(out, e.text)
		}
	}
	return out
}

// terms reads the part of Erlang's notation that files of terms use: each ends in
// a full stop, "%" starts a comment.
type terms struct {
	text  string
	at    int
	count int
}

// next reads a term and its full stop; it is of kind termEnd at the end.
func (s *terms) next() (term, error) {
	if s.space(); s.at >= len(s.text) {
		return term{}, nil
	}
	t, err := s.term(0)
	if err != nil {
		return t, err
	}
	return t, s.sign(".")
}

// space skips space and comments.
func (s *terms) space() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '%':
			n := strings.IndexByte(s.text[s.at:], '\n')
			if n < 0 {
				s.at = len(s.text)
				return
			}
			s.at += n
		case c <= ' ':
			s.at++
		default:
			return
		}
	}
}

func (s *terms) has(sign string) bool {
	s.space()
	return strings.HasPrefix(s.text[s.at:], sign)
}

func (s *terms) sign(sign string) error {
	if !s.has(sign) {
		if s.at >= len(s.text) {
			return errors.New("the text ends too early")
		}
		return fmt.Errorf("no %q", sign)
	}
	s.at += len(sign)
	return nil
}

func (s *terms) term(depth int) (term, error) {
	if s.count++; depth > termsDeepest || s.count > termsMost {
		return term{}, fmt.Errorf("too many terms, or too deep: %w", landwaiter.ErrTooLarge)
	}
	switch {
	case s.has("{"):
		return s.many(termTuple, "{", "}", depth)
	case s.has("["):
		return s.many(termList, "[", "]", depth)
	case s.has("#{"):
		return s.many(termOther, "#{", "}", depth)
	case s.has("<<"):
		return s.many(termText, "<<", ">>", depth)
	case s.has(`"`):
		var all strings.Builder
		for s.has(`"`) { // strings side by side are one
			text, err := s.quoted('"')
			if err != nil {
				return term{}, err
			}
			all.WriteString(text)
		}
		return term{kind: termText, text: all.String()}, nil
	case s.has("'"):
		text, err := s.quoted('\'')
		return term{kind: termText, text: text}, err
	}
	return s.word()
}

// many reads what stands between two signs, with commas between. A binary is the
// texts in it; "/utf8" and sizes behind them, and "=>" and "|", only separate.
func (s *terms) many(kind termKind, first, last string, depth int) (term, error) {
	t := term{kind: kind}
	var text strings.Builder // of a binary
	if err := s.sign(first); err != nil {
		return t, err
	}
	for !s.has(last) {
		e, err := s.term(depth + 1)
		if err != nil {
			return t, err
		}
		if kind == termText {
			text.WriteString(e.text)
		} else {
			t.list = append(t.list, e)
		}
		for kind == termText && (s.has("/") || s.has(":")) {
			s.at++
			if _, err := s.word(); err != nil {
				return t, err
			}
		}
		switch {
		case s.has(last):
		case s.has("=>"), s.has(":="):
			s.at += 2
		case s.has("|"):
			s.at++
		default:
			if err := s.sign(","); err != nil {
				return t, err
			}
		}
	}
	t.text = text.String()
	return t, s.sign(last)
}

// word reads an atom or a number.
func (s *terms) word() (term, error) {
	s.space()
	start := s.at
	if s.has("$") { // a character
		s.at = min(s.at+2, len(s.text))
		if s.text[s.at-1] == '\\' {
			s.at = min(s.at+1, len(s.text))
		}
		return term{kind: termOther}, nil
	}
	for s.at < len(s.text) {
		c := s.text[s.at]
		dot := c == '.' && s.at+1 < len(s.text) && s.text[s.at+1] >= '0' && s.text[s.at+1] <= '9'
		if c <= ' ' || !dot && strings.IndexByte("{}[],.%\"'<>|=:/", c) >= 0 {
			break
		}
		s.at++
	}
	if s.at == start {
		return term{}, s.sign("a term")
	}
	text := s.text[start:s.at]
	if c := text[0]; c == '-' || c >= '0' && c <= '9' {
		return term{kind: termOther}, nil
	}
	return term{kind: termText, text: text}, nil
}

// quoted reads text in quotes.
func (s *terms) quoted(quote byte) (string, error) {
	var b strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == quote:
			s.at++
			return b.String(), nil
		case c == '\\' && s.at+1 < len(s.text):
			s.at++
			b.WriteByte(s.text[s.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("a text in quotes that does not end")
}
