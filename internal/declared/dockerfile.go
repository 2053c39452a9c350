package declared

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var fromLine = regexp.MustCompile(`(?im)^[ \t]*FROM[ \t]+\S`)

func isDockerfile(base string, head []byte) bool {
	for _, name := range []string{"dockerfile", "containerfile"} {
		if base == name || path.Ext(base) == "."+name || strings.HasPrefix(base, name) && fromLine.Match(head) {
			return true
		}
	}
	return false
}

// firstWord cuts s at its first blank or tab.
func firstWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// instruction is one instruction of a recipe, with its continued lines joined and
// the bodies of its here-documents.
type instruction struct {
	line   int
	word   string // in upper case
	args   string
	bodies []string
}

// stage is one build stage.
type stage struct {
	name, base string
	parent     int // index of the stage that it builds on, -1 where base is an image
	packages   []installed
	notes      []landwaiter.DeclaredNote
	vars       map[string]string
}

// installed is what one command of a recipe installs.
type installed struct {
	landwaiter.DeclaredPackage
	group string // apk's name for packages that go again together
}

// recipe is a Dockerfile while it is read.
type recipe struct {
	*list
	global map[string]string // ARGs before the first FROM
	vars   map[string]string // ARGs and ENVs of the current stage
	stages []stage
	copied bool
}

// readDockerfile reads a recipe for an image. Only what the last stage and those
// that it builds on install ends up in the image. A recipe's commands can do
// anything; what is not the plain use of a known installer is noted.
//
// Format: https://docs.docker.com/reference/dockerfile/
func readDockerfile(l *list) error {
	all, err := instructions(l)
	if err != nil {
		return err
	}
	r := &recipe{list: l, global: map[string]string{}, vars: map[string]string{}}
	for _, in := range all {
		if err := r.instruction(in); err != nil {
			return err
		}
	}
	if len(r.stages) == 0 {
		return l.damagef(0, "no line FROM; it is no recipe for an image")
	}
	r.finish()
	return nil
}

var hereDoc = regexp.MustCompile(`<<-?\s*["']?([A-Za-z_][A-Za-z0-9_]*)["']?`)

// instructions joins continued lines and takes comments out.
func instructions(l *list) ([]instruction, error) {
	var out []instruction
	escape, cur, ends := `\`, (*instruction)(nil), []string(nil)
	var joined, body strings.Builder
	flush := func() {
		if cur == nil {
			return
		}
		cur.word, cur.args = firstWord(joined.String())
		cur.word = strings.ToUpper(cur.word)
		out = append(out, *cur)
		cur = nil
		joined.Reset()
	}
	err := l.lines(func(n int, line string) error {
		text := strings.TrimSpace(line)
		if len(ends) > 0 {
			if text != ends[0] {
				body.WriteString(line + "\n")
				return nil
			}
			cur.bodies = append(cur.bodies, body.String())
			body.Reset()
			if ends = ends[1:]; len(ends) == 0 {
				flush()
			}
			return nil
		}
		if strings.HasPrefix(text, "#") || text == "" {
			if name, value, ok := strings.Cut(strings.ReplaceAll(text, " ", ""), "="); ok && len(out) == 0 && strings.EqualFold(name, "#escape") && value == "`" {
				escape = value
			}
			return nil
		}
		if cur == nil {
			cur = &instruction{line: n}
		}
		if joined.Len() > limitio.MaxLine {
			return l.damagef(cur.line, "an instruction of more than %d bytes: %w", limitio.MaxLine, landwaiter.ErrTooLarge)
		}
		if more, ok := strings.CutSuffix(text, escape); ok {
			joined.WriteString(more + " ")
			return nil
		}
		joined.WriteString(text)
		if word, _ := firstWord(strings.ToUpper(joined.String())); word == "RUN" || word == "COPY" || word == "ADD" {
			for _, m := range hereDoc.FindAllStringSubmatch(joined.String(), -1) {
				ends = append(ends, m[1])
			}
		}
		if len(ends) == 0 {
			flush()
		}
		return nil
	})
	if len(ends) > 0 && cur != nil {
		return nil, l.damagef(cur.line, "a text that begins here has no line %s at its end", ends[0])
	}
	flush()
	return out, err
}

func (r *recipe) instruction(in instruction) error {
	if in.word == "ARG" {
		r.arg(in)
		return nil
	}
	if in.word == "FROM" {
		r.from(in)
		return nil
	}
	if len(r.stages) == 0 {
		return r.damagef(in.line, "%s before the first FROM; it is no recipe for an image", clip(in.word))
	}
	switch in.word {
	case "ENV":
		r.env(in)
	case "RUN":
		r.run(in)
	case "COPY", "ADD":
		r.copy(in)
	case "ONBUILD":
		r.noted(in.line, "an instruction for images that build on this one was left out")
	}
	return nil
}

// arg sets a default. A build may have set another, so the value is only likely:
// what rests on it is noted where it is used for an image.
func (r *recipe) arg(in instruction) {
	for _, pair := range splitWords(in.args) {
		name, value, ok := strings.Cut(pair.text, "=")
		switch {
		case len(r.stages) == 0 && ok:
			r.global[name] = value
		case ok:
			r.vars[name] = r.expand(value)
		case len(r.stages) > 0 && r.global[name] != "":
			r.vars[name] = r.global[name]
		}
	}
}

func (r *recipe) env(in instruction) {
	words := splitWords(in.args)
	if len(words) > 0 && !strings.Contains(words[0].text, "=") { // ENV NAME a value
		_, value, _ := strings.Cut(in.args, " ")
		r.vars[words[0].text] = r.expand(strings.TrimSpace(value))
		return
	}
	for _, pair := range words {
		if name, value, ok := strings.Cut(pair.text, "="); ok {
			r.vars[name] = r.expand(value)
		}
	}
}

// variableHere is a variable at the start of a text.
var variableHere = regexp.MustCompile(`^(?:` + variable.String() + `)`)

var variable = regexp.MustCompile(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^${}]*))?\})`)

// expand puts in the values that the recipe gives. A name without one stays.
func (r *recipe) expand(s string) string {
	vars := r.vars
	if len(r.stages) == 0 {
		vars = r.global
	}
	out := variable.ReplaceAllStringFunc(s, func(m string) string {
		g := variable.FindStringSubmatch(m)
		if v, ok := vars[g[1]+g[2]]; ok && v != "" {
			return v
		}
		if g[3] != "" {
			return g[3]
		}
		return m
	})
	if len(out) > 4*maxText { // values of values grow
		return s[:0]
	}
	return out
}

func (r *recipe) from(in instruction) {
	words := strings.Fields(in.args)
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	s := stage{parent: -1}
	if len(words) > 0 {
		vars := r.vars
		r.vars = r.global
		s.base = r.expand(words[0])
		r.vars = vars
	}
	if len(words) == 3 && strings.EqualFold(words[1], "AS") {
		s.name = strings.ToLower(words[2])
	}
	for i := range r.stages {
		if r.stages[i].name != "" && r.stages[i].name == strings.ToLower(s.base) {
			s.parent = i
		}
	}
	r.vars = map[string]string{}
	if s.parent >= 0 {
		maps.Copy(r.vars, r.stages[s.parent].vars)
	}
	s.vars = r.vars
	r.stages = append(r.stages, s)
	if s.parent < 0 && strings.Contains(s.base, "$") {
		r.noted(in.line, "the image that it builds on has a name from elsewhere: %s", s.base)
	}
}

// noted is a note of the current stage.
func (r *recipe) noted(line int, format string, args ...any) {
	s := &r.stages[len(r.stages)-1]
	if len(s.notes) >= maxNotes {
		r.left++
		return
	}
	s.notes = append(s.notes, landwaiter.DeclaredNote{Line: line, Reason: clip(fmt.Sprintf(format, args...))})
}

func (r *recipe) copy(in instruction) {
	words := strings.Fields(in.args)
	for _, w := range words {
		if from, ok := strings.CutPrefix(w, "--from="); ok {
			r.noted(in.line, "files are copied from %s, and the list does not say what is in them", r.expand(from))
			return
		}
	}
	for _, w := range words {
		if in.word == "ADD" && strings.Contains(w, "://") {
			r.noted(in.line, "files are fetched from %s, and the list does not say what is in them", hideLogin(r.expand(w)))
			return
		}
	}
	if !r.copied {
		r.copied = true
		r.noted(in.line, "files are copied in, here and maybe later, and the list does not say what is in them")
	}
}

var runFlag = regexp.MustCompile(`^--(?:mount|network|security)=\S+\s*`)

func (r *recipe) run(in instruction) {
	args := in.args
	for runFlag.MatchString(args) {
		args = runFlag.ReplaceAllString(args, "")
	}
	var words []string
	if strings.HasPrefix(args, "[") && json.Unmarshal([]byte(args), &words) == nil {
		var cmd []word
		for _, w := range words {
			cmd = append(cmd, word{text: w})
		}
		r.command(in.line, cmd, 0)
		return
	}
	if len(in.bodies) > 0 {
		rest := strings.TrimSpace(hereDoc.ReplaceAllString(args, ""))
		switch base, _, _ := strings.Cut(path.Base(rest), " "); base {
		case ".", "", "sh", "bash", "ash", "dash":
			for _, body := range in.bodies {
				r.script(in.line, body, 0)
			}
		default:
			r.noted(in.line, "a script for %s was not read", rest)
		}
		return
	}
	r.script(in.line, args, 0)
}

// finish keeps what the last stage holds.
func (r *recipe) finish() {
	var chain []int
	for i := len(r.stages) - 1; i >= 0; i = r.stages[i].parent {
		chain = append([]int{i}, chain...)
	}
	root := r.stages[chain[0]]
	if root.base != "" && root.base != "scratch" {
		r.d.Base = append(r.d.Base, clip(root.base))
	}
	ecosystems := map[string]bool{}
	for i := range r.stages {
		if !slices.Contains(chain, i) {
			continue
		}
		for _, p := range r.stages[i].packages {
			r.add(p.DeclaredPackage)
			ecosystems[p.Ecosystem] = true
		}
		for _, n := range r.stages[i].notes {
			r.note(n.Line, "%s", n.Reason)
		}
	}
	for e := range ecosystems {
		r.d.Ecosystems = append(r.d.Ecosystems, e)
	}
	slices.Sort(r.d.Ecosystems)
}
