package judge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// held is the result of a test that a protection stood.
const held = "held"

// credit returns the protections by ID, each either credited or refused with
// the reason. What the caller put in those two fields is overwritten.
//
// Rules that hang on a single finding are elsewhere: a protection never counts
// for a door that it does not close, twice for one cause, for a fault in the
// wall that it is, or for a stop finding.
func credit(m *Method, in *Input) []landwaiter.Protection {
	out := slices.Clone(in.Protections)
	if out == nil {
		out = []landwaiter.Protection{}
	}
	slices.SortStableFunc(out, compareProtections)
	root := asksForRoot(in)
	for i := range out {
		out[i].Refused = refusal(m, &out[i], in.Now, root)
		out[i].Credited = out[i].Refused == ""
	}
	return out
}

// compareProtections orders by ID and then by everything that decides credit,
// so that two with one ID come out the same whatever order they came in.
func compareProtections(a, b landwaiter.Protection) int {
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return strings.Compare(fmt.Sprint(a.Closes, a.Cause, a.Evidence, a.Test != nil, a.ValidUntil, a.Exceptions, a.Name), fmt.Sprint(b.Closes, b.Cause, b.Evidence, b.Test != nil, b.ValidUntil, b.Exceptions, b.Name))
}

// refusal says in plain words why p earns no credit, or nothing where it does.
func refusal(m *Method, p *landwaiter.Protection, now time.Time, root bool) string {
	switch p.Evidence {
	case landwaiter.EvidenceTestedOwn, landwaiter.EvidenceTestedOut:
	case landwaiter.EvidenceClaimed, landwaiter.EvidenceDocumented:
		return string(p.Evidence) + ", not tested"
	default:
		return "nobody says how strong the evidence is"
	}
	if why := testRefusal(m, p.Test, now); why != "" {
		return why
	}
	if !p.ValidUntil.IsZero() && !now.Before(dayOf(p.ValidUntil)) {
		return "it was valid until " + p.ValidUntil.UTC().Format(time.DateOnly)
	}
	if n := len(p.Exceptions); n == 1 {
		return "an exception is open"
	} else if n > 1 {
		return strconv.Itoa(n) + " exceptions are open"
	}
	closes := setOf(p.Closes...)
	if closes == 0 {
		return "it closes no door that we know"
	}
	if root && closes == setOf(landwaiter.DoorFullControl) {
		return "the software asks for full control, which undoes it"
	}
	return ""
}

// testRefusal says why a test earns no credit.
func testRefusal(m *Method, t *landwaiter.ProtectionTest, now time.Time) string {
	switch {
	case t == nil:
		return "no test is recorded"
	case t.Result != held:
		return "its last test did not hold"
	case t.Date.IsZero():
		return "its last test has no date"
	case t.Date.After(now):
		return "its test is dated after today"
	case strings.TrimSpace(t.By) == "":
		return "nobody says who tested it"
	case slices.Contains(m.Researchers, tester(t.By)):
		return "the evidence comes from the researchers"
	}
	if days := ageDays(t.Date, now); days > m.MaxTestDays {
		return fmt.Sprintf("its last test is %d days old, and the limit is %d", days, m.MaxTestDays)
	}
	return ""
}

// tester is a tester's name as the method spells it.
func tester(by string) string {
	by = strings.ToLower(strings.TrimSpace(by))
	return strings.TrimPrefix(strings.TrimPrefix(by, "the "), "our ")
}

// asksForRoot reports whether the subject asks for full control inside its box.
// An image with no user runs as root.
func asksForRoot(in *Input) bool {
	for i := range in.Findings {
		if in.Findings[i].Kind == landwaiter.KindRunsAsRoot {
			return true
		}
	}
	if in.Subject.Kind != landwaiter.SubjectImage {
		return false
	}
	user, _, _ := strings.Cut(strings.TrimSpace(in.Subject.Config.User), ":")
	if n, err := strconv.Atoi(user); err == nil {
		return n == 0
	}
	return user == "" || user == "root"
}

// cause is one thing that can fail, and the protections that fail with it.
type cause struct {
	key     string
	shields []shield // by ID
}

// shield is a credited protection as far as a finding meets it.
type shield struct {
	id     string
	closes doorSet
	wall   bool // it is the wall of the box
}

// closes returns the first shield of c that closes one of the doors.
func (c *cause) closes(doors doorSet, wallBroken bool) (shield, bool) {
	for _, s := range c.shields {
		if s.closes&doors != 0 && (!s.wall || !wallBroken) {
			return s, true
		}
	}
	return shield{}, false
}

// causesOf groups credited protections by what makes them fail. A cause and an
// ID share one space of names, so that "cause: firewall" beside a protection
// called firewall counts once.
//
// Where the software asks for full control, that door is open: a service may
// well refuse, and then a condition says so, but credit needs the image to
// work without.
func causesOf(protections []landwaiter.Protection, root bool) []cause {
	var out []cause
	at := make(map[string]int)
	for i := range protections {
		p := &protections[i]
		if !p.Credited {
			continue
		}
		key := p.Cause
		if key == "" {
			key = p.ID
		}
		s := shield{id: p.ID, closes: setOf(p.Closes...)}
		s.wall = s.closes&setOf(landwaiter.DoorHost) != 0
		if root {
			s.closes &^= setOf(landwaiter.DoorFullControl)
		}
		j, ok := at[key]
		if !ok {
			j = len(out)
			at[key] = j
			out = append(out, cause{key: key})
		}
		out[j].shields = append(out[j].shields, s)
	}
	slices.SortFunc(out, func(a, b cause) int { return strings.Compare(a.key, b.key) })
	return out
}

// dayOf is the start of t's day in UTC.
func dayOf(t time.Time) time.Time {
	y, mo, d := t.UTC().Date()
	return time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
}

// ageDays is the age of t at now in whole days; -1 where t is unknown or later.
func ageDays(t, now time.Time) int {
	if t.IsZero() || t.After(now) {
		return -1
	}
	return int(dayOf(now).Sub(dayOf(t)) / (24 * time.Hour))
}
