package judge

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/rules"
)

// Caps on a method file.
const (
	maxMethodFile = 1 << 20 // bytes
	maxEvents     = 40
	maxWays       = 20  // of one event
	maxNames      = 500 // of the wall, of researchers, of words
	maxTiers      = 20
	maxRules      = 100
	maxName       = 100  // bytes of a name
	maxDays       = 3660 // of a limit
)

var (
	allClasses  = []landwaiter.ScenarioClass{landwaiter.ClassA, landwaiter.ClassB, landwaiter.ClassC}
	allBands    = []landwaiter.Band{landwaiter.BandOpen, landwaiter.BandOne, landwaiter.BandTwo, landwaiter.BandNoWay, landwaiter.BandUnknown}
	allOutcomes = []landwaiter.Outcome{landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport}
)

// limit is a number of the method.
type limit struct {
	key string
	of  func(*Method) *int
	// least and most bound it.
	least, most int
	// free is true where it bears on no class A event and on no "cannot judge".
	free bool
	unit string
}

var limits = []limit{
	{"maxAgeDays", func(m *Method) *int { return &m.MaxAgeDays }, 0, maxDays, false, "days"},
	{"maxTestDays", func(m *Method) *int { return &m.MaxTestDays }, 0, maxDays, false, "days"},
	{"maxUnnamedPercent", func(m *Method) *int { return &m.MaxUnnamedPercent }, 0, 100, false, "in 100"},
	{"maxUncoveredPercent", func(m *Method) *int { return &m.MaxUncoveredPercent }, 0, 100, false, "in 100"},
	{"dueDays", func(m *Method) *int { return &m.DueDays }, 1, maxDays, false, "days"},
	{"freshDays", func(m *Method) *int { return &m.FreshDays }, 1, maxDays, true, "days"},
	{"freshDaysA", func(m *Method) *int { return &m.FreshDaysA }, 1, maxDays, false, "days"},
	{"exploitedDays", func(m *Method) *int { return &m.ExploitedDays }, 1, maxDays, false, "days"},
	{"maxWaiverDays", func(m *Method) *int { return &m.MaxWaiverDays }, 0, maxDays, false, "days"},
	{"maxWaiverDaysExploited", func(m *Method) *int { return &m.MaxWaiverDaysExploited }, 0, maxDays, false, "days"},
}

// ReadMethod reads a method file; name is the file's name for messages. It is
// as strict as [ReadProtections]. A file that is looser than the shipped method
// where it may not be is refused, with a *landwaiter.SyntaxError for each place.
//
// Source of truth for the format: method.yaml and docs/method.schema.json.
func ReadMethod(r io.Reader, name string) (Method, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxMethodFile+1))
	if err != nil {
		return Method{}, fmt.Errorf("reading the method from %s: %w", name, err)
	}
	if len(b) > maxMethodFile {
		return Method{}, &landwaiter.SyntaxError{Path: name, Err: fmt.Errorf("more than %d bytes; a method file is short text: %w", maxMethodFile, landwaiter.ErrTooLarge)}
	}
	m, at, err := parseMethod(b, name)
	if err != nil {
		return Method{}, err
	}
	base := DefaultMethod()
	if err := at.problems(strict(&base, &m)); err != nil {
		return Method{}, err
	}
	markOwn(&base, &m)
	return m, nil
}

// markOwn marks the events that reports have no words for.
func markOwn(base, m *Method) {
	for i := range m.Events {
		e := &m.Events[i]
		e.own = !slices.ContainsFunc(base.Events, func(d Event) bool { return d.ID == e.ID && d.Name == e.Name })
	}
}

// places are the lines of what a method file says, by path.
type places struct {
	name  string
	lines map[string]int
}

// line is the line of path, or of the nearest thing that holds it.
func (p *places) line(path string) int {
	for {
		if n, ok := p.lines[path]; ok {
			return n
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return 1
		}
		path = path[:i]
	}
}

// methodReader reads one method file.
type methodReader struct {
	document
	m        *Method
	at       *places
	compiler *rules.Compiler // made when the first rule is read
}

// parseMethod reads b, and does not ask how strict it is.
func parseMethod(b []byte, name string) (Method, *places, error) {
	var m Method
	d := &methodReader{document{name: name, start: "name:"}, &m, &places{name, make(map[string]int)}, nil}
	if len(bytes.TrimSpace(b)) == 0 {
		return m, nil, &landwaiter.SyntaxError{Path: name, Err: fmt.Errorf("empty; start from what \"landwaiter method default\" prints: %w", landwaiter.ErrInvalid)}
	}
	root, err := d.parse(b)
	if err != nil {
		return m, nil, err
	}
	err = d.fields(root, "a method", []field{
		{"name", true, func(n *yaml.Node) error { d.mark("name", n); return d.label(n, "name", &m.Name) }},
		{"version", true, func(n *yaml.Node) error { return d.label(n, "version", &m.Version) }},
		{"loosened", false, d.loosened},
		{"scenarios", true, d.events},
		{"table", true, func(n *yaml.Node) (err error) { m.Table, err = d.table(n, "table", true); return err }},
		{"limits", true, d.limits},
		{"wall", true, func(n *yaml.Node) error { return d.names(n, "wall", &m.Wall) }},
		{"researchers", true, func(n *yaml.Node) error { return d.names(n, "researchers", &m.Researchers) }},
		{"words", true, d.words},
		{"tiers", false, d.tiers},
		{"rules", false, d.rules},
	})
	if err != nil {
		return Method{}, nil, err
	}
	m.SHA256 = m.identity().SHA256
	return m, d.at, nil
}

// mark notes the line of path.
func (d *methodReader) mark(path string, n *yaml.Node) { d.at.lines[path] = n.Line }

// label reads a short text.
func (d *document) label(n *yaml.Node, what string, out *string) error {
	if err := d.text(n, what, out); err != nil {
		return err
	}
	if len(*out) > maxName {
		return d.errorf(n, "%s has %d bytes, and the limit is %d; shorten it", what, len(*out), maxName)
	}
	return nil
}

// loosened reads who agreed to looser rows, when and why.
func (d *methodReader) loosened(n *yaml.Node) error {
	d.mark("loosened", n)
	var by, because string
	var on time.Time
	err := d.fields(n, "loosened", []field{
		{"by", true, func(n *yaml.Node) error { return d.label(n, "by", &by) }},
		{"on", true, func(n *yaml.Node) error { return d.date(n, "on", &on) }},
		{"because", true, func(n *yaml.Node) error { return d.text(n, "because", &because) }},
	})
	d.m.Loosened = fmt.Sprintf("%s (%s, %s)", because, by, on.Format(time.DateOnly))
	return err
}

func (d *methodReader) events(n *yaml.Node) error {
	d.mark("scenarios", n)
	items, err := d.items(n, "scenarios", maxEvents)
	if err != nil {
		return err
	}
	for _, item := range items {
		var e Event
		var class string
		err := d.fields(item, "a scenario", []field{
			{"id", true, func(n *yaml.Node) error { return d.label(n, "id", &e.ID) }},
			{"class", true, func(n *yaml.Node) error { return d.word(n, "class", wordsOf(allClasses), &class) }},
			{"name", true, func(n *yaml.Node) error { return d.text(n, "name", &e.Name) }},
			{"by", true, func(n *yaml.Node) error { return oneOf(&d.document, n, "by", "harm", allHarms[:], &e.By) }},
			{"ways", false, func(n *yaml.Node) error { return d.ways(n, &e.Ways) }},
		})
		if err != nil {
			return err
		}
		e.Class = landwaiter.ScenarioClass(class)
		if number, err := strconv.Atoi(e.ID[1:]); err != nil || number < 1 || number > 99 || e.ID != class+strconv.Itoa(number) {
			return d.errorf(item, "id %q in class %s; write the letter of its class and a number from 1 to 99, such as %s4. No scenario may move to another class under the same name", clip(e.ID), class, class)
		}
		path := "scenarios/" + e.ID
		if first, ok := d.at.lines[path]; ok {
			return d.errorf(item, "id %q is also used on line %d; give every scenario an id of its own", e.ID, first)
		}
		d.mark(path, item)
		d.m.Events = append(d.m.Events, e)
	}
	return nil
}

// oneOf reads a list of known words, each once, and at least one.
func oneOf[T ~string](d *document, n *yaml.Node, what, one string, known []T, out *[]T) error {
	items, err := d.items(n, what, len(known))
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return d.errorf(n, "%s is empty; name at least one of %s", what, strings.Join(wordsOf(known), ", "))
	}
	for _, item := range items {
		var v string
		if err := d.word(item, one, wordsOf(known), &v); err != nil {
			return err
		}
		if slices.Contains(*out, T(v)) {
			return d.errorf(item, "%s %q is named twice; remove one", one, v)
		}
		*out = append(*out, T(v))
	}
	return nil
}

func (d *methodReader) ways(n *yaml.Node, out *[][]landwaiter.Door) error {
	items, err := d.items(n, "ways", maxWays)
	if err != nil {
		return err
	}
	for _, item := range items {
		var way []landwaiter.Door
		if err := oneOf(&d.document, item, "a way", "door", allDoors[:], &way); err != nil {
			return err
		}
		*out = append(*out, way)
	}
	return nil
}

// table reads cells; whole says that all of them must be there.
func (d *methodReader) table(n *yaml.Node, path string, whole bool) (Table, error) {
	d.mark(path, n)
	out := make(Table)
	var classes []field
	for _, class := range allClasses {
		classes = append(classes, field{string(class), whole, func(n *yaml.Node) error {
			row := make(map[landwaiter.Band]landwaiter.Outcome)
			out[class] = row
			var bands []field
			for _, band := range allBands {
				bands = append(bands, field{string(band), whole, func(n *yaml.Node) error {
					var v string
					err := d.word(n, "outcome", wordsOf(allOutcomes), &v)
					d.mark(path+"/"+string(class)+"/"+string(band), n)
					row[band] = landwaiter.Outcome(v)
					return err
				}})
			}
			d.mark(path+"/"+string(class), n)
			return d.fields(n, "a row of the table", bands)
		}})
	}
	return out, d.fields(n, "the table", classes)
}

// limits reads every limit.
func (d *methodReader) limits(n *yaml.Node) error {
	return d.numbers(n, "limits", true, func(l *limit, v int) { *l.of(d.m) = v })
}

func (d *methodReader) numbers(n *yaml.Node, path string, whole bool, set func(*limit, int)) error {
	d.mark(path, n)
	var want []field
	for i := range limits {
		l := &limits[i]
		want = append(want, field{l.key, whole, func(n *yaml.Node) error {
			var text string
			if err := d.text(n, l.key, &text); err != nil {
				return err
			}
			v, err := strconv.Atoi(text)
			if err != nil || v < l.least || v > l.most || strconv.Itoa(v) != text {
				return d.errorf(n, "%s is %q; write a number from %d to %d", l.key, clip(text), l.least, l.most)
			}
			d.mark(path+"/"+l.key, n)
			set(l, v)
			return nil
		}})
	}
	return d.fields(n, "limits", want)
}

// names reads a list of short texts, each once.
func (d *methodReader) names(n *yaml.Node, path string, out *[]string) error {
	d.mark(path, n)
	what := path[strings.LastIndexByte(path, '/')+1:]
	items, err := d.items(n, what, maxNames)
	if err != nil {
		return err
	}
	for _, item := range items {
		var v string
		if err := d.label(item, what, &v); err != nil {
			return err
		}
		if slices.Contains(*out, v) {
			return d.errorf(item, "%s holds %q twice; remove one", what, v)
		}
		if path != "wall" && v != strings.ToLower(v) {
			return d.errorf(item, "%s holds %q; write it in small letters, as it is compared", what, v)
		}
		*out = append(*out, v)
	}
	return nil
}

func (d *methodReader) words(n *yaml.Node) error {
	d.mark("words", n)
	return d.fields(n, "words", []field{
		{"banned", true, func(n *yaml.Node) error { return d.names(n, "words/banned", &d.m.Words.Banned) }},
		{"required", true, func(n *yaml.Node) error { return d.names(n, "words/required", &d.m.Words.Required) }},
	})
}

func (d *methodReader) tiers(n *yaml.Node) error {
	items, err := d.items(n, "tiers", maxTiers)
	if err != nil {
		return err
	}
	for _, item := range items {
		t := Tier{}
		var table, numbers *yaml.Node
		err := d.fields(item, "a tier", []field{
			{"name", true, func(n *yaml.Node) error { return d.label(n, "name", &t.Name) }},
			{"table", false, func(n *yaml.Node) error { table = n; return nil }},
			{"limits", false, func(n *yaml.Node) error { numbers = n; return nil }},
		})
		if err != nil {
			return err
		}
		if strings.ContainsAny(t.Name, "/") {
			return d.errorf(item, "name %q of a tier; write it without a slash", clip(t.Name))
		}
		path := "tiers/" + t.Name
		if first, ok := d.at.lines[path]; ok {
			return d.errorf(item, "tier %q is also on line %d; give every tier a name of its own", t.Name, first)
		}
		d.mark(path, item)
		if table != nil {
			if t.Table, err = d.table(table, path+"/table", false); err != nil {
				return err
			}
		}
		if numbers != nil {
			t.Limits = make(map[string]int)
			if err := d.numbers(numbers, path+"/limits", false, func(l *limit, v int) { t.Limits[l.key] = v }); err != nil {
				return err
			}
		}
		d.m.Tiers = append(d.m.Tiers, t)
	}
	return nil
}
