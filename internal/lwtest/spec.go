package lwtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter"
)

const maxLayers = 1000 // a larger layer number is a slip of the pen

// Spec describes an image. The zero value is an image without layers.
type Spec struct {
	tag       string
	platforms []string
	config    json.RawMessage
	created   time.Time
	layers    []*layer
	material  map[string][]byte // by txtar name, such as "_jar/META-INF/MANIFEST.MF"
	used      map[string]bool   // first elements of material that a directive took
	damage    damage
	want      Want
	seen      map[string]bool // directives that may stand once
}

// damage is what is wrong with an image outside its layers.
type damage struct {
	config, manifest *int64 // offset of the flipped byte; negative counts from the end
}

// Want says what a careful reader makes of an image.
type Want struct {
	// Outcome is "read", "gap", "refused" or "any"; empty where the text does
	// not say.
	//
	// read: all of it can be read and nothing is amiss. gap: it can be read, and
	// something in it must be reported as not read; to refuse it is stricter and
	// right as well. refused: opening or reading it must fail. any: whatever is
	// done, it ends, within bounds, and nothing outside the image is touched.
	Outcome string
	// Reason is in words, for the message of a failing test.
	Reason string
	// Cap is the number of unpacked bytes that the reader must be allowed for
	// the outcome to hold; 0 is the product's own.
	Cap int64
	// Visible maps the path of every visible file to its content, "*" where any
	// will do, and of every symbolic link to "-> " and its target. It is nil
	// where the text does not say.
	Visible map[string]string
}

// Want returns what the directives expect and cap and the file _visible say.
func (s *Spec) Want() Want { return s.want }

// Tag returns the name of the image in its layout; "demo" where none is given.
func (s *Spec) Tag() string {
	if s.tag == "" {
		return "demo"
	}
	return s.tag
}

// Parse reads an image from ar. A mistake in a directive is a
// *landwaiter.SyntaxError with the line of the comment.
func Parse(ar *txtar.Archive) (*Spec, error) {
	s := &Spec{
		created:  time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC),
		material: map[string][]byte{}, used: map[string]bool{}, seen: map[string]bool{},
	}
	for _, f := range ar.Files {
		if err := s.addFile(f); err != nil {
			return nil, fmt.Errorf("file %s: %w", f.Name, err)
		}
	}
	for i, line := range strings.Split(string(ar.Comment), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.direct(line); err != nil {
			return nil, &landwaiter.SyntaxError{Line: i + 1, Err: err}
		}
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Spec) addFile(f txtar.File) error {
	if f.Name == "_visible" {
		return s.visible(f.Data)
	}
	if strings.HasPrefix(f.Name, "_") {
		if s.material[f.Name] != nil {
			return errors.New("the name stands twice")
		}
		s.material[f.Name] = f.Data
		return nil
	}
	n, p, err := splitPath(f.Name)
	if err != nil {
		return err
	}
	return s.layer(n).add(file(p, f.Data))
}

// visible reads lines "PATH", "PATH = "content"" and "PATH -> TARGET".
func (s *Spec) visible(data []byte) error {
	s.want.Visible = map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		p, target, isLink := strings.Cut(line, " -> ")
		if isLink {
			s.want.Visible[p] = "-> " + target
			continue
		}
		p, quoted, hasContent := strings.Cut(line, " = ")
		if !hasContent {
			s.want.Visible[p] = "*"
			continue
		}
		content, err := strconv.Unquote(quoted)
		if err != nil {
			return fmt.Errorf("content of %s: %w", p, err)
		}
		s.want.Visible[p] = content
	}
	return nil
}

func (s *Spec) direct(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	for _, d := range directives {
		if d.name != name {
			continue
		}
		args := []string{strings.TrimSpace(rest)}
		if !d.whole {
			var err error
			if args, err = fields(rest); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if len(args) < d.min || d.max >= 0 && len(args) > d.max {
			return fmt.Errorf("%s: %d arguments; write %s %s", name, len(args), name, d.args)
		}
		if d.once && s.seen[name] {
			return fmt.Errorf("%s: stands twice", name)
		}
		s.seen[name] = true
		if err := d.apply(s, args); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("%s: no such directive", name)
}

// check finds mistakes that only show when all directives are done.
func (s *Spec) check() error {
	for name := range s.material {
		if top, _, _ := strings.Cut(name, "/"); !s.used[top] {
			return fmt.Errorf("file %s: no directive uses %s", name, top)
		}
	}
	for i, l := range s.layers {
		if err := l.check(); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	return nil
}

// layer returns layer n and makes it, and those below it, where needed.
func (s *Spec) layer(n int) *layer {
	for len(s.layers) <= n {
		s.layers = append(s.layers, &layer{codec: "gzip", entries: map[string]*entry{}})
	}
	return s.layers[n]
}

// find returns the entry that arg, "LAYER/PATH", names.
func (s *Spec) find(arg string) (*entry, error) {
	n, p, err := splitPath(arg)
	if err != nil {
		return nil, err
	}
	if e := s.layer(n).entries[p]; e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("%s: no such file in the layer", arg)
}

// splitPath takes "LAYER/PATH" apart.
func splitPath(name string) (int, string, error) {
	number, p, ok := strings.Cut(name, "/")
	if !ok {
		return 0, "", fmt.Errorf("%q is not LAYER/PATH", name)
	}
	n, err := layerNumber(number)
	if err != nil {
		return 0, "", err
	}
	if p == "." || path.Clean("/"+p) != "/"+p {
		return 0, "", fmt.Errorf("path %q is not clean; rawname takes any name", p)
	}
	return n, p, nil
}

func layerNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n >= maxLayers {
		return 0, fmt.Errorf("layer %q is not a number from 0 to %d", s, maxLayers-1)
	}
	return n, nil
}

// fields splits at spaces; a field may be a quoted Go string.
func fields(s string) ([]string, error) {
	var out []string
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		if s[0] != '"' && s[0] != '`' {
			end := strings.IndexAny(s, " \t")
			if end < 0 {
				end = len(s)
			}
			out, s = append(out, s[:end]), s[end:]
			continue
		}
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, fmt.Errorf("bad quotes at %s", s)
		}
		v, err := strconv.Unquote(q)
		if err != nil {
			return nil, fmt.Errorf("bad quotes at %s", s)
		}
		out, s = append(out, v), s[len(q):]
	}
	return out, nil
}

// parseSize reads "4096", "4KiB", "512MiB" or "1GiB".
func parseSize(s string) (int64, error) {
	num, shift := s, 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if cut, ok := strings.CutSuffix(s, unit); ok {
			num, shift = cut, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil || n < 0 || n > (1<<62)>>shift {
		return 0, fmt.Errorf("%q is not a size such as 4096 or 64MiB", s)
	}
	return n << shift, nil
}
