package advisory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter/internal/version"
)

// hit is a record that says that a target is affected.
type hit struct {
	card     *card
	part     span   // of the record that matched
	listed   string // or the version that it lists
	words    string // the same for a reader
	fixed    string
	status   string
	note     string
	openEnd  bool // the range names no end
	compared string
	number   uint64 // of the record
}

// finish completes a hit that is kept: most are looked at and let go.
func (h *hit) finish(c *card, compared string) {
	h.card, h.compared = c, compared
	h.fixed, h.status = strings.Clone(h.fixed), strings.Clone(h.status)
	if h.words = h.part.words(); h.listed != "" {
		h.words = "listed version " + h.listed
	}
	h.part, h.listed = span{}, ""
}

// outcome is what the records of a source say about one name and version.
type outcome struct {
	hits []hit
	// others are records about the package that do not match, with the version
	// that they name as fixed: they may contradict a hit.
	others []hit
	// doubt is the ID of a record that could not be held against the version.
	doubt string
}

// evaluator holds one version after the other against many statements. Bounds repeat,
// so it keeps the answers.
type evaluator struct {
	parse    func(root, text string) *version.Version
	t        *target
	version  *version.Version // nil where the text is none
	answers  map[string]answer
	rpm      bool
	ownEpoch string
	// What the records say about the version, until the next one.
	hits, others []hit
	list         []affected // of the record that is looked at
}

type answer struct {
	n    int
	ok   bool
	note string
}

// manyAnswers is how many a map may have held to be emptied and used again: a large
// map takes long to empty.
const manyAnswers = 64

// begin turns to another target.
func (e *evaluator) begin(t *target) {
	if e.answers == nil || len(e.answers) > manyAnswers {
		e.answers = map[string]answer{}
	}
	clear(e.answers)
	e.t, e.version, e.rpm, e.ownEpoch = t, e.parse(t.osv.name, t.version), t.osv.rpm, epoch(t.version)
}

// epoch returns the epoch of an rpm version, "" where it names none.
func epoch(v string) string {
	e, _, ok := strings.Cut(v, ":")
	if !ok || strings.Trim(e, "0123456789") != "" {
		return ""
	}
	return e
}

func withoutEpoch(v string) string {
	if epoch(v) == "" {
		return v
	}
	_, rest, _ := strings.Cut(v, ":")
	return rest
}

// against compares the target's version with a bound.
func (e *evaluator) against(bound string) answer {
	a, ok := e.answers[bound]
	if !ok {
		a = e.compare(bound)
		e.answers[bound] = a
	}
	return a
}

// compare leaves an epoch out only for rpm, and only where exactly one side has
// one that is not 0: rpm's data are known to lose it.
func (e *evaluator) compare(bound string) answer {
	root := e.t.osv.name
	v, w := e.version, e.parse(root, bound)
	var note string
	if theirs := epoch(bound); e.rpm && (e.ownEpoch == "") != (theirs == "") && strings.Trim(e.ownEpoch+theirs, "0") != "" {
		v, w = e.parse(root, withoutEpoch(e.t.version)), e.parse(root, withoutEpoch(bound))
		side := "the package"
		if e.ownEpoch == "" {
			side = "the record"
		}
		note = fmt.Sprintf("only %s names an epoch (%s); compared without it", side, e.ownEpoch+theirs)
	}
	if v == nil || w == nil {
		return answer{}
	}
	n, err := v.Compare(*w)
	return answer{n, err == nil, note}
}

// verdict is one statement held against the version.
type verdict int

const (
	verdictNo verdict = iota
	verdictYes
	verdictDoubt
)

// statements holds all statements of one record about the target against its
// version. One that says "affected" is enough. Doubt about one is doubt about all,
// unless another says "affected".
func (e *evaluator) statements(list []affected) (verdict, hit) {
	if e.rpm && slices.ContainsFunc(list, func(a affected) bool {
		return slices.ContainsFunc(a.spans, func(s span) bool { return s.end == endFixed && s.high == e.t.version })
	}) {
		// An erratum lists a build for each module stream; this is one of them.
		return verdictNo, hit{fixed: e.t.version}
	}
	doubt := false
	var other hit
	for _, a := range list {
		if !e.sameModule(a) {
			continue
		}
		v, h := e.statement(a)
		switch v {
		case verdictYes:
			return v, h
		case verdictDoubt:
			doubt = true
		case verdictNo:
			if other.fixed == "" {
				other = h
			}
		}
	}
	if doubt {
		return verdictDoubt, hit{}
	}
	return verdictNo, other
}

// sameModule reports whether a statement about an rpm speaks of the module stream
// that the package is from. A statement about a module's build says nothing about
// a package that is from none, and the other way round.
func (e *evaluator) sameModule(a affected) bool {
	if !e.rpm || len(a.spans) == 0 {
		return true
	}
	theirs := slices.ContainsFunc(a.spans, func(s span) bool { return modular(s.high) })
	if ours := e.t.module != "" || modular(e.t.version); ours != theirs {
		return false
	}
	label := strings.SplitN(e.t.module, ":", 3)
	if len(label) < 2 || a.module == "" {
		return true
	}
	same := true
	for stream := range strings.FieldsSeq(a.module) {
		name, s, _ := strings.Cut(stream, ":")
		if name == label[0] {
			if s == label[1] {
				return true
			}
			same = false
		}
	}
	return same
}

func (e *evaluator) statement(a affected) (verdict, hit) {
	h := hit{status: a.status}
	for _, v := range a.listed {
		if v == e.t.version || e.equals(v) {
			h.listed = v
			return verdictYes, h
		}
	}
	doubt := e.version == nil && len(a.spans)+len(a.listed) > 0
	for _, s := range a.spans {
		note := ""
		in, sure := s.holds(func(bound string) (int, bool) {
			a := e.against(bound)
			if a.note != "" {
				note = a.note
			}
			return a.n, a.ok
		})
		switch {
		case e.version == nil:
		case !sure:
			doubt = true
		case in:
			h.part, h.note, h.openEnd = s, note, s.end == endNone
			if s.end == endFixed {
				h.fixed = s.high
			}
			return verdictYes, h
		case s.end == endFixed && h.fixed == "":
			h.fixed, h.part = s.high, s
		}
	}
	if doubt {
		return verdictDoubt, hit{}
	}
	return verdictNo, h
}

func (e *evaluator) equals(v string) bool {
	if e.version == nil {
		return false
	}
	a := e.against(v)
	return a.ok && a.n == 0
}

// lookup holds a target against everything that the file says about its name.
func (m *matcher) lookup(target *target) (outcome, error) {
	var out outcome
	e := &m.evaluator
	e.t, e.hits, e.others = nil, e.hits[:0], e.others[:0]
	for _, release := range append(target.releases[:len(target.releases):len(target.releases)], target.extra...) {
		r := cursor{b: m.t.keys.find([]byte(lookupKey(release, target.name)))}
		for len(r.b) > 0 {
			if e.t == nil {
				e.begin(target)
			}
			if err := m.posting(e, r.bytes(), &out); err != nil {
				return out, err
			}
			if r.bad {
				return out, errDamaged
			}
		}
	}
	if len(e.hits) == 0 {
		return out, nil
	}
	compared := target.name + " " + target.version
	out.hits, out.others = slices.Clone(e.hits), slices.Clone(e.others)
	for _, list := range [][]hit{out.hits, out.others} {
		for i := range list {
			c, err := m.card(list[i].number)
			if err != nil {
				return out, err
			}
			list[i].finish(c, compared)
		}
	}
	return out, nil
}

// posting holds what one record says about a name against the target.
func (m *matcher) posting(e *evaluator, b []byte, out *outcome) error {
	p := texts(b)
	number := p.number()
	e.list = decodeEntries(&p, e.list)
	if p.bad {
		return errDamaged
	}
	v, h := e.statements(e.list)
	h.number = number
	switch {
	case v == verdictYes:
		e.hits = append(e.hits, h)
	case v == verdictNo && h.fixed != "":
		e.others = append(e.others, h)
	case v == verdictDoubt:
		c, err := m.card(number)
		if err != nil {
			return err
		}
		if out.doubt == "" || c.id < out.doubt {
			out.doubt = c.id
		}
	}
	return nil
}

// card returns the card of a record, read once for all targets.
func (m *matcher) card(number uint64) (*card, error) {
	if c := m.cards[number]; c != nil {
		return c, nil
	}
	c, err := m.t.cards.card(number)
	if err != nil {
		return nil, err
	}
	c.about = c.references()
	m.cards[number] = &c
	return &c, nil
}
