package advisory

import (
	"cmp"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter/internal/version"
)

// affected is one statement of a record about one package: affected is what lies
// in one of the spans or is listed.
type affected struct {
	status string // the maker's word
	// module names rpm's module streams that the statement is about, such as
	// "mariadb:10.3", separated by blanks.
	module string
	spans  []span
	listed []string // versions that no span implies
}

// span is a run of affected versions: from low on, up to high. An empty low is the
// beginning of all versions.
type span struct {
	low  string
	end  byte
	high string
}

// How a span ends.
const (
	endNone  byte = iota // nobody names an end
	endFixed             // high is the first version with the fix
	endLast              // high is the last affected version
	endLimit             // the range says nothing from high on
	endDoubt             // nothing that can be compared: low and high say nothing
)

func (a affected) equal(b affected) bool {
	return a.status == b.status && a.module == b.module && slices.Equal(a.spans, b.spans) && slices.Equal(a.listed, b.listed)
}

func encodeEntries(list []affected) []byte {
	b := binary.AppendUvarint(nil, uint64(len(list)))
	for _, a := range list {
		b = putText(putText(b, a.status), a.module)
		b = binary.AppendUvarint(b, uint64(len(a.spans)))
		for _, s := range a.spans {
			b = append(putText(b, s.low), s.end)
			b = putText(b, s.high)
		}
		b = putList(b, a.listed)
	}
	return b
}

// decodeEntries reads them into list, whose memory it takes over.
func decodeEntries(c *cursor, list []affected) []affected {
	list = list[:0]
	for range c.count() {
		a := affected{status: c.text(), module: c.text()}
		if n := len(list); n < cap(list) {
			a.spans = list[:n+1][n].spans[:0]
		}
		for range c.count() {
			s := span{low: c.text()}
			if len(c.b) == 0 {
				c.fail()
				return nil
			}
			s.end, c.b = c.b[0], c.b[1:]
			s.high = c.text()
			a.spans = append(a.spans, s)
		}
		a.listed = c.list()
		list = append(list, a)
	}
	return list
}

// affected reads one entry of a record's list. Ranges of commits are passed over:
// only what they list as versions counts.
func (c *compiler) affected(a *osvAffected, summary string) affected {
	root := ecosystemOf(string(a.Package.Ecosystem)).name
	out := affected{status: shorten(string(cmp.Or(a.Specific.Status, a.Ecosystem.Status)), maxName)}
	for _, r := range a.Ranges {
		if r.Type != "ECOSYSTEM" && r.Type != "SEMVER" {
			continue
		}
		out.spans = append(out.spans, c.spans(root, r.Events)...)
	}
	if slices.ContainsFunc(out.spans, func(s span) bool { return modular(s.high) }) {
		out.module = moduleStreams(string(a.Package.PURL), summary)
	}
	for _, v := range a.Versions {
		if v == "" || len(v) > maxName || c.implied(root, v, out.spans) {
			continue
		}
		out.listed = append(out.listed, v)
	}
	slices.Sort(out.listed)
	out.listed = slices.Compact(out.listed)
	return out
}

// modular reports whether an rpm version was built in a module.
func modular(v string) bool { return strings.Contains(v, ".module") }

var (
	rpmmod        = regexp.MustCompile(`[?&]rpmmod=([^&#]+)`)
	summaryModule = regexp.MustCompile(`(?:^|[ (])([a-z][\w.+-]*:[\w.+-]+)`)
)

// moduleStreams finds the module streams that a statement is about: Red Hat gives
// one in the purl, AlmaLinux names them in the summary.
func moduleStreams(purl, summary string) string {
	if m := rpmmod.FindStringSubmatch(purl); m != nil {
		return shorten(strings.ReplaceAll(m[1], "%3A", ":"), maxText)
	}
	var out []string
	for _, m := range summaryModule.FindAllStringSubmatch(summary, 16) {
		out = append(out, m[1])
	}
	return shorten(strings.Join(out, " "), maxText)
}

// event is one event of a range, its version read.
type event struct {
	kind string // "introduced", "fixed", "last_affected", "limit"
	text string
	at   *version.Version // nil for introduced "0", which lies before everything
}

// spans turns the events of a range into spans, by the evaluation that OSV
// describes: sorted by version, "introduced" opens, "fixed" and "last_affected"
// close. Where one version cannot be read the order is unknown, and so is the
// answer.
//
// Source: https://ossf.github.io/osv-schema/#evaluation
func (c *compiler) spans(root string, raw []map[string]looseText) []span {
	var events []event
	limit, limited := "", false
	for _, m := range raw {
		for _, kind := range []string{"introduced", "fixed", "last_affected", "limit"} {
			value, ok := m[kind]
			text := string(value)
			if !ok || text == "" {
				continue
			}
			e := event{kind: kind, text: text}
			switch {
			case kind == "introduced" && text == "0":
				e.text = ""
			case kind == "limit" && text == "*":
				continue
			default:
				if e.at = c.parse(root, text); e.at == nil || len(text) > maxName {
					return []span{{end: endDoubt}}
				}
			}
			if kind == "limit" {
				if !limited || c.less(root, limit, text) {
					limit, limited = text, true
				}
				continue
			}
			events = append(events, e)
		}
	}
	if !sortEvents(events) {
		return []span{{end: endDoubt}}
	}
	return c.clip(root, walk(events), limit)
}

// sortEvents sorts by version, and reports whether every two could be compared.
func sortEvents(events []event) bool {
	sure := true
	slices.SortStableFunc(events, func(a, b event) int {
		switch {
		case a.at == nil && b.at == nil:
			return 0
		case a.at == nil:
			return -1
		case b.at == nil:
			return 1
		}
		n, err := a.at.Compare(*b.at)
		sure = sure && err == nil
		return n
	})
	return sure
}

// walk opens and closes spans along sorted events. Events at one version take
// effect together: in an open span the end comes first, so that a span may begin
// where another ends; else the beginning, so that "introduced 1, fixed 1" is
// empty.
func walk(events []event) []span {
	var out []span
	open, low := false, ""
	for i := 0; i < len(events); {
		j := i + 1
		for j < len(events) && sameVersion(events[i], events[j]) {
			j++
		}
		group := events[i:j]
		i = j
		begin := func() {
			if k := slices.IndexFunc(group, func(e event) bool { return e.kind == "introduced" }); k >= 0 && !open {
				open, low = true, group[k].text
			}
		}
		wasOpen := open
		if !wasOpen {
			begin()
		}
		for _, e := range group {
			if e.kind == "introduced" || !open {
				continue
			}
			open = false
			if e.kind == "fixed" && (wasOpen || low != e.text) {
				out = append(out, span{low, endFixed, e.text})
			} else if e.kind == "last_affected" {
				out = append(out, span{low, endLast, e.text})
			}
		}
		if wasOpen {
			begin()
		}
	}
	if open {
		out = append(out, span{low: low})
	}
	return out
}

func sameVersion(a, b event) bool {
	if a.at == nil || b.at == nil {
		return a.at == nil && b.at == nil
	}
	n, err := a.at.Compare(*b.at)
	return err == nil && n == 0
}

func (c *compiler) less(root, a, b string) bool {
	va, vb := c.parse(root, a), c.parse(root, b)
	if va == nil || vb == nil {
		return false
	}
	n, err := va.Compare(*vb)
	return err == nil && n < 0
}

// clip ends spans at the range's limit.
func (c *compiler) clip(root string, spans []span, limit string) []span {
	if limit == "" {
		return spans
	}
	var out []span
	for _, s := range spans {
		if s.low != "" && !c.less(root, s.low, limit) {
			continue
		}
		if s.end == endNone || c.less(root, limit, s.high) || (s.end == endLast && !c.less(root, s.high, limit)) {
			s.end, s.high = endLimit, limit
		}
		out = append(out, s)
	}
	return out
}

// implied reports whether a span already says that version v is affected.
func (c *compiler) implied(root, v string, spans []span) bool {
	at := c.parse(root, v)
	if at == nil {
		return false
	}
	for _, s := range spans {
		in, sure := s.holds(func(bound string) (int, bool) {
			b := c.parse(root, bound)
			if b == nil {
				return 0, false
			}
			n, err := at.Compare(*b)
			return n, err == nil
		})
		if in && sure {
			return true
		}
	}
	return false
}

// holds reports whether a version lies in the span. against compares it with a
// bound and says whether it could; where it could not, sure is false.
func (s span) holds(against func(bound string) (n int, ok bool)) (in, sure bool) {
	if s.end == endDoubt {
		return false, false
	}
	// The end first: most versions in use lie behind it, and need no second look.
	if s.end != endNone {
		n, ok := against(s.high)
		if !ok || n > 0 || (n == 0 && s.end != endLast) {
			return false, ok
		}
	}
	if s.low == "" {
		return true, true
	}
	n, ok := against(s.low)
	return ok && n >= 0, ok
}

// words says which versions the span holds, for a reader to check.
func (s span) words() string {
	var parts []string
	if s.low != "" {
		parts = append(parts, ">= "+s.low)
	}
	switch s.end {
	case endFixed, endLimit:
		parts = append(parts, "< "+s.high)
	case endLast:
		parts = append(parts, "<= "+s.high)
	}
	if len(parts) == 0 {
		return "every version"
	}
	return strings.Join(parts, ", ")
}
