package declared

import (
	"path"
	"regexp"
	"strings"
)

// word is one word of a command.
type word struct {
	text string
	// open is true where a part of it is only known when the command runs.
	open bool
}

// maxShells is how deep shells inside shells are read.
const maxShells = 4

// shellLexer splits a script into simple commands. It knows quotes, escapes,
// comments, operators and substitutions, and no more of the language: loops and
// conditions are read as if every command in them ran.
type shellLexer struct {
	s        string
	commands [][]word
	cmd      []word
	b        strings.Builder
	in, open bool // inside a word; part of it is open
	// piped, where not nil, gets the commands whose output the next one reads.
	piped map[int]bool
}

// splitCommands splits a script at its operators.
func splitCommands(script string) [][]word {
	x := &shellLexer{s: script}
	for x.s != "" {
		x.step()
	}
	x.endCommand()
	return x.commands
}

// splitWords splits words as a shell does, operators included.
func splitWords(s string) []word {
	var out []word
	for _, c := range splitCommands(s) {
		out = append(out, c...)
	}
	return out
}

func (x *shellLexer) endWord() {
	if x.in {
		x.cmd = append(x.cmd, word{x.b.String(), x.open})
	}
	x.b.Reset()
	x.in, x.open = false, false
}

func (x *shellLexer) endCommand() {
	x.endWord()
	if len(x.cmd) > 0 {
		x.commands = append(x.commands, x.cmd)
	}
	x.cmd = nil
}

// take moves n bytes into the word.
func (x *shellLexer) take(n int) {
	x.in = true
	x.b.WriteString(x.s[:n])
	x.s = x.s[n:]
}

func (x *shellLexer) step() {
	switch c := x.s[0]; c {
	case ' ', '\t', '\r':
		x.endWord()
		x.s = x.s[1:]
	case '\n', ';', '&', '|':
		x.endCommand()
		n := 1
		if strings.HasPrefix(x.s, "||") || strings.HasPrefix(x.s, "&&") {
			n = 2
		} else if c == '|' && x.piped != nil && len(x.commands) > 0 {
			x.piped[len(x.commands)-1] = true
		}
		x.s = x.s[n:]
	case '<', '>':
		x.redirect()
	case '(', ')':
		if x.in && c == '(' { // a function, or an array: its content is no command that runs here
			x.open = true
		}
		x.endCommand()
		x.s = x.s[1:]
	case '#':
		if x.in {
			x.take(1)
			return
		}
		end := strings.IndexByte(x.s, '\n')
		if end < 0 {
			end = len(x.s)
		}
		x.s = x.s[end:]
	case '\\':
		x.escape()
	case '\'':
		end := strings.IndexByte(x.s[1:], '\'')
		if end < 0 {
			end = len(x.s) - 1
		}
		x.in = true
		x.b.WriteString(x.s[1 : 1+end])
		x.s = x.s[min(len(x.s), end+2):]
	case '"':
		x.double()
	case '$', '`':
		x.dollar()
	default:
		x.take(1)
	}
}

// redirect drops an operator such as 2>&1 with the file behind it.
func (x *shellLexer) redirect() {
	if strings.Trim(x.b.String(), "0123456789") == "" {
		x.b.Reset()
		x.in = false
	}
	x.endWord()
	x.s = strings.TrimLeft(strings.TrimLeft(x.s, "<>&|-"), " \t")
	for n := len(x.cmd); x.s != "" && len(x.cmd) == n; {
		if !x.in && strings.IndexByte("\n;&|()", x.s[0]) >= 0 {
			return
		}
		if x.in && strings.IndexByte(" \t\n;&|()<>", x.s[0]) >= 0 {
			break
		}
		x.step()
	}
	x.b.Reset() // the name of the file
	x.in, x.open = false, false
}

func (x *shellLexer) escape() {
	if len(x.s) < 2 {
		x.s = ""
		return
	}
	if x.s[1] == '\n' {
		x.s = x.s[2:]
		return
	}
	x.s = x.s[1:]
	x.take(1)
}

func (x *shellLexer) double() {
	x.in = true
	for x.s = x.s[1:]; x.s != ""; {
		switch x.s[0] {
		case '"':
			x.s = x.s[1:]
			return
		case '\\':
			if len(x.s) > 1 && strings.IndexByte("\\\"$`\n", x.s[1]) >= 0 {
				x.escape()
				continue
			}
			x.take(1)
		case '$', '`':
			x.dollar()
		default:
			x.take(1)
		}
	}
}

// dollar reads a variable, which stays as it stands, or skips a command whose output
// nobody knows.
func (x *shellLexer) dollar() {
	x.in = true
	if m := variableHere.FindString(x.s); m != "" {
		x.open = true
		x.take(len(m))
		return
	}
	n := 1
	switch {
	case strings.HasPrefix(x.s, "$("):
		for depth := 0; n < len(x.s); n++ {
			if x.s[n] == '(' {
				depth++
			} else if x.s[n] == ')' {
				if depth--; depth == 0 {
					n++
					break
				}
			}
		}
		x.open = true
	case x.s[0] == '`':
		if end := strings.IndexByte(x.s[1:], '`'); end >= 0 {
			n = end + 2
		} else {
			n = len(x.s)
		}
		x.open = true
	case strings.HasPrefix(x.s, "${"):
		if n = strings.IndexByte(x.s, '}') + 1; n == 0 {
			n = len(x.s)
		}
		x.open = true
	}
	x.take(n)
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\+?=`)

// prefixes run the command that follows them.
var prefixes = map[string]bool{
	"sudo": true, "env": true, "exec": true, "time": true, "nice": true, "nohup": true, "command": true,
	"if": true, "then": true, "do": true, "else": true, "elif": true, "while": true, "until": true, "!": true, "{": true,
}

// script reads commands and hands on those that run.
func (r *recipe) script(line int, text string, depth int) {
	if depth > maxShells {
		r.noted(line, "a script inside scripts was not read")
		return
	}
	for _, cmd := range splitCommands(text) {
		r.command(line, cmd, depth)
	}
}

// command looks at one command: values of variables are put in, and what stands
// before the command is taken off.
func (r *recipe) command(line int, cmd []word, depth int) {
	var words []word
	for _, w := range cmd {
		if w.open {
			if t := r.expand(w.text); t != w.text {
				w = word{t, strings.Contains(t, "$") || strings.Contains(t, "`")}
				// One value may be several words.
				for _, part := range strings.Fields(t) {
					words = append(words, word{part, w.open && strings.ContainsAny(part, "$`")})
				}
				continue
			}
		}
		words = append(words, w)
	}
	for len(words) > 0 && (assignment.MatchString(words[0].text) || prefixes[words[0].text]) {
		if m := assignment.FindString(words[0].text); m != "" && len(words) == 1 {
			if !words[0].open { // a variable of the shell, for the commands after it
				r.vars[strings.TrimRight(m, "+=")] = words[0].text[len(m):]
			}
			return
		}
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	name := path.Base(words[0].text)
	switch name {
	case "sh", "bash", "ash", "dash", "zsh":
		r.shell(line, words, depth)
		return
	case "conda", "mamba", "micromamba":
		if inner := condaRun(words); inner != nil {
			r.command(line, inner, depth+1)
			return
		}
	}
	r.install(line, name, words)
}

// shell reads sh -c "script".
func (r *recipe) shell(line int, words []word, depth int) {
	for i := 1; i+1 < len(words); i++ {
		if t := words[i].text; strings.HasPrefix(t, "-") && strings.HasSuffix(t, "c") && !strings.HasPrefix(t, "--") {
			r.script(line, words[i+1].text, depth+1)
			return
		}
	}
	r.noted(line, "a script that the list does not hold is run: %s", joinWords(words))
}

// condaRun returns the command inside "conda run -n NAME command", nil for others.
func condaRun(words []word) []word {
	if len(words) < 3 || words[1].text != "run" {
		return nil
	}
	for i := 2; i < len(words); i++ {
		switch t := words[i].text; {
		case t == "-n" || t == "-p" || t == "--name" || t == "--prefix":
			i++
		case !strings.HasPrefix(t, "-"):
			return words[i:]
		}
	}
	return nil
}

func joinWords(words []word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if b.WriteString(w.text); b.Len() > 120 {
			break
		}
	}
	return hideLogin(b.String())
}
