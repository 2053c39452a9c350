package inventory

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Caps on one file of Lua that is read as data.
const (
	luaMaxDepth  = 64
	luaMaxValues = 1 << 20
)

// luaData reads assignments of constants: texts, also joined with "..", numbers,
// truth, tables, and names that were assigned before. Tables and numbers of a list
// come out as map[string]any, with "1", "2" for a list, and as text. What would have
// to be run is left out of a table, and elsewhere ends the reading: set is what came
// before, line is where.
//
// Format: https://www.lua.org/manual/5.4/manual.html#3
func luaData(text string) (set map[string]any, line int, err error) {
	p := luaParser{text: text, set: map[string]any{}}
	if strings.HasPrefix(text, "#") { // as Lua itself does
		p.at = len(text) - len(strings.TrimLeft(text, "#"))
		p.skipLine()
	}
	err = p.statements()
	return p.set, 1 + strings.Count(text[:min(p.at, len(text))], "\n"), err
}

type luaParser struct {
	text   string
	at     int
	values int
	set    map[string]any
}

var errLua = errors.New("not an assignment of a constant")

func (p *luaParser) statements() error {
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.at == len(p.text) {
			return nil
		}
		name := p.name()
		if name == "local" {
			if err := p.space(); err != nil {
				return err
			}
			name = p.name()
		}
		if name == "" || !p.take("=") {
			return errLua
		}
		v, err := p.value(0)
		if err != nil {
			return err
		}
		p.set[name] = v
		p.take(";")
	}
}

// space skips white space and comments.
func (p *luaParser) space() error {
	for {
		p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n\v\f"))
		if !strings.HasPrefix(p.text[p.at:], "--") {
			return nil
		}
		p.at += 2
		if _, ok, err := p.long(); err != nil {
			return err
		} else if !ok {
			p.skipLine()
		}
	}
}

func (p *luaParser) skipLine() {
	if i := strings.IndexByte(p.text[p.at:], '\n'); i >= 0 {
		p.at += i
	} else {
		p.at = len(p.text)
	}
}

// take passes a mark, with the space before it, and reports whether it is there.
func (p *luaParser) take(mark string) bool {
	if p.space() != nil || !strings.HasPrefix(p.text[p.at:], mark) {
		return false
	}
	p.at += len(mark)
	return true
}

// name reads a name, "" where none comes next.
func (p *luaParser) name() string {
	i := p.at
	for i < len(p.text) && (isLetter(p.text[i]) || i > p.at && p.text[i] >= '0' && p.text[i] <= '9') {
		i++
	}
	s := p.text[p.at:i]
	p.at = i
	return s
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// value reads a constant, or several that are joined.
func (p *luaParser) value(depth int) (any, error) {
	v, err := p.one(depth)
	if err != nil {
		return nil, err
	}
	left, ok := v.(string)
	if !ok {
		return v, nil
	}
	parts := []string{left}
	size := len(left)
	for p.take("..") {
		v, err := p.one(depth)
		if err != nil {
			return nil, err
		}
		s, ok := v.(string)
		// A name may stand for a long text many times over.
		if size += len(s); !ok || size > 1<<20 {
			return nil, errLua
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ""), nil
}

func (p *luaParser) one(depth int) (any, error) {
	if p.values++; depth > luaMaxDepth || p.values > luaMaxValues {
		return nil, fmt.Errorf("too many values: %w", landwaiter.ErrTooLarge)
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.at == len(p.text) {
		return nil, io.ErrUnexpectedEOF
	}
	switch c := p.text[p.at]; {
	case c == '{':
		p.at++
		return p.table(depth)
	case c == '"' || c == '\'':
		return p.quoted(c)
	case c == '[':
		s, ok, err := p.long()
		if err == nil && !ok {
			err = errLua
		}
		return s, err
	case c >= '0' && c <= '9' || c == '-':
		i := p.at + 1
		for i < len(p.text) && (isLetter(p.text[i]) || p.text[i] >= '0' && p.text[i] <= '9' || p.text[i] == '.' && !strings.HasPrefix(p.text[i:], "..")) {
			i++
		}
		s := p.text[p.at:i]
		p.at = i
		return s, nil
	}
	return p.named()
}

// named reads a word: a constant, or a name that was assigned before.
func (p *luaParser) named() (any, error) {
	start := p.at
	switch name := p.name(); name {
	case "true", "false":
		return name == "true", nil
	case "nil":
		return nil, nil
	default:
		if v, ok := p.set[name].(string); ok {
			return v, nil
		}
	}
	p.at = start
	return nil, errLua
}

// table reads what follows an opening brace.
func (p *luaParser) table(depth int) (any, error) {
	out := map[string]any{}
	for n := 1; ; {
		if p.take("}") {
			return out, nil
		}
		if err := p.space(); err != nil {
			return nil, err
		}
		key, err := p.key(depth)
		if err != nil {
			return nil, err
		}
		start := p.at
		v, err := p.value(depth + 1)
		if errors.Is(err, errLua) || err == nil && !p.ends() {
			p.at = start
			v, err = nil, p.pass()
		}
		if err != nil {
			return nil, err
		}
		if key == "" {
			key = strconv.Itoa(n)
			n++
		}
		if v != nil {
			out[key] = v
		}
		if !p.take(",") && !p.take(";") {
			if p.take("}") {
				return out, nil
			}
			return nil, errLua
		}
	}
}

// ends reports whether an element of a table ends here.
func (p *luaParser) ends() bool {
	return p.space() == nil && p.at < len(p.text) && strings.IndexByte(",;}", p.text[p.at]) >= 0
}

// pass skips an element of a table that would have to be run.
func (p *luaParser) pass() error {
	for depth := 0; ; {
		if err := p.space(); err != nil {
			return err
		}
		if p.at == len(p.text) {
			return io.ErrUnexpectedEOF
		}
		switch c := p.text[p.at]; {
		case c == '"' || c == '\'':
			if _, err := p.quoted(c); err != nil {
				return err
			}
			continue
		case c == '[':
			if _, ok, err := p.long(); err != nil || ok {
				if err != nil {
					return err
				}
				continue
			}
			depth++
		case c == '{' || c == '(':
			depth++
		case depth == 0 && strings.IndexByte(",;}", c) >= 0:
			return nil
		case c == '}' || c == ')' || c == ']':
			depth = max(depth-1, 0)
		}
		p.at++
	}
}

// key reads NAME = or ["text"] =, and returns "" for an element of a list.
func (p *luaParser) key(depth int) (string, error) {
	start := p.at
	if name := p.name(); name != "" {
		if p.take("=") {
			return name, nil
		}
		p.at = start
		return "", nil
	}
	if !strings.HasPrefix(p.text[p.at:], "[") || strings.HasPrefix(p.text[p.at:], "[[") || strings.HasPrefix(p.text[p.at:], "[=") {
		return "", nil
	}
	p.at++
	v, err := p.value(depth + 1)
	if err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok || s == "" || !p.take("]") || !p.take("=") {
		return "", errLua
	}
	return s, nil
}

// quoted reads a text in quotes.
func (p *luaParser) quoted(end byte) (string, error) {
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case end:
			p.at = i + 1
			return b.String(), nil
		case '\n':
			return "", errors.New("a text without its end")
		case '\\':
			if i++; i < len(p.text) {
				b.WriteString(luaEscape(p.text[i]))
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", io.ErrUnexpectedEOF
}

// luaEscape is what a backslash and c stand for. Numbers and other rare forms lose
// the backslash only: no name of a file or package has them.
func luaEscape(c byte) string {
	switch c {
	case 'n', 'r', 't':
		return " "
	}
	return string(rune(c))
}

// long reads [[text]] or [=[text]=], and reports whether one comes next.
func (p *luaParser) long() (s string, ok bool, err error) {
	rest := p.text[p.at:]
	if !strings.HasPrefix(rest, "[") {
		return "", false, nil
	}
	level := len(rest[1:]) - len(strings.TrimLeft(rest[1:], "="))
	if !strings.HasPrefix(rest[1+level:], "[") {
		return "", false, nil
	}
	body := rest[2+level:]
	end := "]" + rest[1:1+level] + "]"
	i := strings.Index(body, end)
	if i < 0 {
		return "", false, io.ErrUnexpectedEOF
	}
	p.at += 2 + level + i + len(end)
	return strings.TrimPrefix(body[:i], "\n"), true, nil
}
