package inventory

import (
	"errors"
	"fmt"
	"strings"
)

// pythonText reads the assignments at the left margin of a Python text whose values
// are literals: strings (joined where they stand side by side or with "+"), tuples
// and lists as []any, dictionaries with string keys as map[string]any, and names
// assigned before. Every other value is nil. Of a name assigned twice the last
// counts. damage says what could not be read, first of all that could not.
func pythonText(text string) (vars map[string]any, damage string) {
	p := &python{text: text, vars: map[string]any{}}
	for p.at < len(p.text) {
		p.line()
	}
	return p.vars, p.damage
}

const pythonDeepest = 30 // brackets within brackets

type python struct {
	text   string
	at     int
	vars   map[string]any
	damage string
}

var errPython = errors.New("no literal")

// line reads one logical line.
func (p *python) line() {
	start := p.at
	name := p.name()
	p.blanks(false)
	if name == "" || p.peek() != '=' || strings.HasPrefix(p.text[p.at:], "==") {
		p.at = start
		p.skip()
		return
	}
	p.at++
	value, err := p.sum(0)
	if err != nil {
		if p.damage == "" && (name == "dependencies" || name == "toolchain" || name == "version" || name == "name") {
			p.damage = fmt.Sprintf("the value of %q is more than a literal", name)
		}
		value = nil
		p.at = start
	}
	p.vars[name] = value
	p.skip()
}

// skip passes over the rest of a logical line: to a line end outside brackets and
// strings.
func (p *python) skip() {
	depth := 0
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case '#':
			p.comment()
			continue
		case '\'', '"':
			if _, err := p.quoted(); err != nil {
				p.at = len(p.text)
			}
			continue
		case '\\':
			p.at++
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(depth-1, 0)
		case '\n':
			if depth == 0 {
				p.at++
				return
			}
		}
		p.at++
	}
	p.at = min(p.at, len(p.text))
}

func (p *python) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *python) comment() {
	if i := strings.IndexByte(p.text[p.at:], '\n'); i >= 0 {
		p.at += i
		return
	}
	p.at = len(p.text)
}

// blanks passes over space; inside brackets over lines and comments as well.
func (p *python) blanks(brackets bool) {
	for {
		switch c := p.peek(); {
		case c == ' ' || c == '\t' || c == '\r' || brackets && c == '\n':
			p.at++
		case c == '\\' && strings.HasPrefix(strings.TrimPrefix(p.text[p.at+1:], "\r"), "\n"):
			p.at += strings.IndexByte(p.text[p.at:], '\n') + 1
		case brackets && c == '#':
			p.comment()
		default:
			return
		}
	}
}

func (p *python) name() string {
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (p.at == start || c < '0' || c > '9') {
			break
		}
		p.at++
	}
	return p.text[start:p.at]
}

// sum reads values joined by "+". depth is the number of open brackets.
func (p *python) sum(depth int) (any, error) {
	left, err := p.value(depth)
	for err == nil {
		p.blanks(depth > 0)
		switch c := p.peek(); c {
		case '+':
			p.at++
			var right any
			if right, err = p.value(depth); err == nil {
				left = joined(left, right)
			}
		case 0, '\n', '#', ',', ')', ']', '}', ':', ';':
			return left, nil
		default:
			return nil, errPython
		}
	}
	return nil, err
}

// joined is what "+" makes of two values, nil where it is not known.
func joined(left, right any) any {
	switch l := left.(type) {
	case string:
		if r, ok := right.(string); ok && len(l)+len(r) <= 1<<16 {
			return l + r
		}
	case []any:
		if r, ok := right.([]any); ok && len(l)+len(r) <= 1<<16 {
			return append(append([]any{}, l...), r...)
		}
	}
	return nil
}

func (p *python) value(depth int) (any, error) {
	if depth > pythonDeepest {
		return nil, errPython
	}
	p.blanks(depth > 0)
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		return p.strings(depth)
	case c == '(' || c == '[':
		return p.list(depth)
	case c == '{':
		return p.dict(depth)
	case c == '-' || c >= '0' && c <= '9':
		for strings.IndexByte("-.0123456789eExXabcdefABCDEF_", p.peek()) >= 0 && p.peek() != 0 {
			p.at++
		}
		return nil, nil
	}
	name := p.name()
	if c := p.peek(); name != "" && (c == '\'' || c == '"') && len(name) == 1 && strings.IndexByte("rRuUbB", name[0]) >= 0 {
		return p.strings(depth)
	}
	if name == "" {
		return nil, errPython
	}
	return p.vars[name], nil // a name of EasyBuild's own, such as SYSTEM, is nil
}

// strings reads string literals that stand side by side.
func (p *python) strings(depth int) (any, error) {
	var b strings.Builder
	for {
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		b.WriteString(s)
		p.blanks(depth > 0)
		if c := p.peek(); c != '\'' && c != '"' {
			return b.String(), nil
		}
	}
}

// quoted reads one string literal in any of Python's quotes.
func (p *python) quoted() (string, error) {
	quote := p.text[p.at : p.at+1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(p.text[p.at:], long) {
		quote = long
	}
	p.at += len(quote)
	var b strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case strings.HasPrefix(p.text[p.at:], quote):
			p.at += len(quote)
			return b.String(), nil
		case c == '\\' && p.at+1 < len(p.text):
			if next := p.text[p.at+1]; next == '\'' || next == '"' || next == '\\' {
				b.WriteByte(next)
			} else if next != '\n' {
				b.WriteString(p.text[p.at : p.at+2]) // as it stands: no name has one
			}
			p.at += 2
		case c == '\n' && len(quote) == 1:
			return "", errPython
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return "", errPython
}

// list reads a tuple or a list. A value in brackets without a comma is itself.
func (p *python) list(depth int) (any, error) {
	tuple := p.peek() == '('
	p.at++
	out, comma := []any{}, false
	for {
		p.blanks(true)
		if c := p.peek(); c == ')' || c == ']' {
			p.at++
			if tuple && !comma && len(out) == 1 {
				return out[0], nil
			}
			return out, nil
		}
		v, err := p.sum(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		p.blanks(true)
		switch p.peek() {
		case ',':
			comma = true
			p.at++
		case ')', ']':
		default:
			return nil, errPython
		}
	}
}

func (p *python) dict(depth int) (any, error) {
	p.at++
	out := map[string]any{}
	for {
		p.blanks(true)
		if p.peek() == '}' {
			p.at++
			return out, nil
		}
		key, err := p.sum(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.blanks(true); p.peek() != ':' {
			return nil, errPython
		}
		p.at++
		v, err := p.sum(depth + 1)
		if err != nil {
			return nil, err
		}
		if name, ok := key.(string); ok {
			out[name] = v
		}
		p.blanks(true)
		switch p.peek() {
		case ',':
			p.at++
		case '}':
		default:
			return nil, errPython
		}
	}
}
