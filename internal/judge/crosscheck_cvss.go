package judge

import (
	"slices"
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/landwaiter/landwaiter"
)

// vector is a parsed CVSS vector of any version.
type vector struct {
	version string
	prefix  string // of the text; none for version 2
	getter
	set func(name, value string) error
	// text writes it as it is now; score gives the base score, here the one with what
	// was set. They are no method values: those would keep a copy from before.
	text        func() string
	score, here func() float64
}

// parseVector parses what s says, and false where it says nothing that can be read.
func parseVector(s *landwaiter.Severity) (*vector, bool) {
	if s == nil || len(s.Value) > 512 {
		return nil, false
	}
	switch v := strings.TrimSpace(s.Value); {
	case strings.HasPrefix(v, "CVSS:4.0/"):
		if c, err := gocvss40.ParseVector(v); err == nil {
			return &vector{"4.0", "CVSS:4.0/", c, c.Set, func() string { return c.Vector() }, func() float64 { return c.Score() }, func() float64 { return c.Score() }}, true
		}
	case strings.HasPrefix(v, "CVSS:3.1/"):
		if c, err := gocvss31.ParseVector(v); err == nil {
			return &vector{"3.1", "CVSS:3.1/", c, c.Set, func() string { return c.Vector() }, func() float64 { return c.BaseScore() }, func() float64 { return c.EnvironmentalScore() }}, true
		}
	case strings.HasPrefix(v, "CVSS:3.0/"):
		if c, err := gocvss30.ParseVector(v); err == nil {
			return &vector{"3.0", "CVSS:3.0/", c, c.Set, func() string { return c.Vector() }, func() float64 { return c.BaseScore() }, func() float64 { return c.EnvironmentalScore() }}, true
		}
	case s.Type == "CVSS_V2":
		if c, err := gocvss20.ParseVector(strings.TrimSuffix(strings.TrimPrefix(v, "("), ")")); err == nil {
			return &vector{"2.0", "", c, c.Set, func() string { return c.Vector() }, func() float64 { return c.BaseScore() }, func() float64 { return c.BaseScore() }}, true
		}
	}
	return nil, false
}

// get is the value of a metric, empty where there is none.
func (v *vector) get(name string) string {
	value, err := v.Get(name)
	if err != nil {
		return ""
	}
	return value
}

// baseMetrics are those of the base vector, by version, in their order.
var baseMetrics = map[string][]string{
	"2.0": {"AV", "AC", "Au", "C", "I", "A"},
	"3.0": {"AV", "AC", "PR", "UI", "S", "C", "I", "A"},
	"3.1": {"AV", "AC", "PR", "UI", "S", "C", "I", "A"},
	"4.0": {"AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"},
}

// base is v with its base metrics alone: the rest is about places that are not ours.
func (v *vector) base() *vector {
	parts := make([]string, 0, len(baseMetrics[v.version]))
	for _, name := range baseMetrics[v.version] {
		parts = append(parts, name+":"+v.get(name))
	}
	out, _ := parseVector(&landwaiter.Severity{Type: "CVSS_V2", Value: v.prefix + strings.Join(parts, "/")})
	return out
}

// said is what a vector says that other methods ask for.
type said struct {
	automatable bool // an attack needs nobody to act, no account, and no luck
	total       bool // it takes all: what is secret, correct and available
	proof       bool // the vector itself says that a proof is public
}

func readMetrics(s *landwaiter.Severity) (said, bool) {
	v, ok := parseVector(s)
	if !ok {
		return said{}, false
	}
	is := func(names, values string) bool {
		for name := range strings.FieldsSeq(names) {
			if !slices.Contains(strings.Fields(values), v.get(name)) {
				return false
			}
		}
		return true
	}
	out := said{proof: is("E", "POC P F H A")}
	switch v.version {
	case "2.0":
		out.automatable, out.total = is("AV AC Au", "N L"), is("C I A", "C")
	case "4.0":
		out.automatable, out.total = is("AV AT PR UI", "N") && is("AC", "L"), is("VC VI VA", "H")
	default:
		out.automatable, out.total = is("AV PR UI", "N") && is("AC", "L"), is("C I A", "H")
	}
	return out, true
}

// surroundings is what the modified and threat metrics say of a place; empty is "not
// said".
type surroundings struct {
	attack  string // MAV: "A" where only neighbours reach it, "L" where not even they do
	account string // MPR: "L" where everybody who gets there has an account of their own
	threat  string // E in the words of version 4: "A" for attacked, "U" for unreported
	person  bool   // data about people is there: what is secret counts most
}

// threats are the values of E, by version.
var threats = map[string]map[string]string{
	"3.0": {"A": "H", "U": "U"}, "3.1": {"A": "H", "U": "U"}, "4.0": {"A": "A", "U": "U"},
}

// in sets the metrics of a place. It never says that nothing is harmed: whoever is
// inside can still read, whatever stops them from sending.
func (v *vector) in(p surroundings) (*vector, bool) {
	if threats[v.version] == nil {
		return nil, false
	}
	out := v.base()
	set := []struct{ name, value string }{
		{"MAV", p.attack}, {"MPR", p.account}, {"E", threats[v.version][p.threat]},
	}
	if p.person {
		set = append(set, []struct{ name, value string }{{"CR", "H"}, {"IR", "M"}, {"AR", "L"}}...)
	}
	for _, m := range set {
		if m.value != "" && out.set(m.name, m.value) != nil {
			return nil, false
		}
	}
	return out, true
}

// score gives the base vector and the one of this place. Only what was tested modifies
// it: a closed way in from the network, and from neighbours; and an account of one's
// own. It stands at what was said where that is as hard already.
func (c *crossing) score(s *landwaiter.Severity, g *group) *landwaiter.CVSS {
	v, ok := parseVector(s)
	if !ok {
		return nil
	}
	base := v.base()
	out := &landwaiter.CVSS{Version: v.version, Base: base.text(), Score: base.score()}
	place := surroundings{person: true}
	lean := func(door landwaiter.Door) bool {
		found := false
		for _, i := range c.scale.closers(setOf(door), &g.trait) {
			sh, _ := c.scale.causes[i].closes(setOf(door), &g.trait)
			if found = true; !slices.Contains(out.Leans, sh.id) {
				out.Leans = append(out.Leans, sh.id)
			}
		}
		return found
	}
	switch av := v.get("AV"); {
	case v.version == "2.0": // it has no such metrics
	case v.get("UI") != "N": // what comes in is a file, whatever is closed to the network
	case av == "N" && lean(landwaiter.DoorNetworkIn):
		if place.attack = "A"; lean(landwaiter.DoorNeighbour) {
			place.attack = "L"
		}
	case av == "A" && lean(landwaiter.DoorNeighbour):
		place.attack = "L"
	}
	if v.get("PR") == "N" && lean(landwaiter.DoorAccount) {
		place.account = "L"
	}
	switch {
	case g.exploited:
		place.threat = "A"
	case c.listed:
		place.threat = "U"
	}
	slices.Sort(out.Leans)
	if here, ok := v.in(place); ok {
		out.Here, out.HereScore = here.text(), here.here()
	}
	return out
}

// fixClass says whether Cyber Essentials asks for a fix in 14 days: it does from a base
// score of 7.0 by version 3, and where nobody gives one.
func fixClass(c *landwaiter.CVSS) string {
	switch {
	case c == nil || !strings.HasPrefix(c.Version, "3."):
		return "not-given"
	case c.Score >= 7:
		return "high"
	}
	return "lower"
}
