package judge

import (
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// The words in which a method is explained. A test holds them to the limits of
// plain words, and fails while something has none.
var (
	harmWords = map[Harm]string{
		HarmData: "lets someone read or change data", HarmStop: "stops or slows down", HarmAltered: "runs, but nobody stands up for it",
		HarmControl: "has full control in its box", HarmUnnamed: "holds what nobody has named", HarmUnsupported: "gets no more fixes",
		HarmOutward: "tries to reach the internet", HarmUnlisted: "is more than was asked for", HarmLicence: "may not be used like this",
	}
	doorWords = map[landwaiter.Door]string{
		landwaiter.DoorNetworkIn: "reach it over a network", landwaiter.DoorNeighbour: "reach it from a computer beside it",
		landwaiter.DoorProject: "work in the project", landwaiter.DoorHarmfulFile: "get a bad file opened", landwaiter.DoorAccount: "have an account",
		landwaiter.DoorInternetOut: "get out to the internet", landwaiter.DoorOtherWork: "cross from one project to the next",
		landwaiter.DoorFullControl: "gain full control in its box", landwaiter.DoorHost: "reach the shared computer beneath",
		landwaiter.DoorSourceData: "write to the source data", landwaiter.DoorPhysical: "touch the computer",
	}
	bandWords = map[landwaiter.Band]string{
		landwaiter.BandOpen: "nothing tested stands in the way", landwaiter.BandOne: "one tested thing stands in the way",
		landwaiter.BandTwo: "two or more tested things stand in the way", landwaiter.BandNoWay: "we know of no way", landwaiter.BandUnknown: "we do not know",
	}
	outcomeWords = map[landwaiter.Outcome]string{
		landwaiter.Recommend: "recommend import", landwaiter.Conditions: "import with conditions",
		landwaiter.CannotJudge: "we cannot judge", landwaiter.DoNotImport: "do not import yet",
	}
	classWords = map[landwaiter.ScenarioClass]string{
		landwaiter.ClassA: "this must never happen", landwaiter.ClassB: "this is major, but we could explain all that we did", landwaiter.ClassC: "this is minor",
	}
	limitWords = map[string]string{
		"maxAgeDays":             "A list of known weaknesses may be %d days old, and no more.",
		"maxTestDays":            "The test of a protection may be %d days old, and no more.",
		"maxUnnamedPercent":      "We cannot judge if we can name too little. More than %d in 100 parts of the code with no name is too much.",
		"maxUncoveredPercent":    "We cannot judge if our lists lack more than %d in 100 parts of the base system.",
		"dueDays":                "What someone can do now is due in %d days.",
		"freshDays":              "A fresh copy is due in %d days.",
		"freshDaysA":             "Where a class A event hangs on conditions, it is due in %d days.",
		"exploitedDays":          "Where attackers use a weakness in it, it is due in %d days.",
		"maxWaiverDays":          "A waiver may last %d days.",
		"maxWaiverDaysExploited": "Where attackers use the weakness, a waiver may last %d days.",
	}
)

// page is text that grows by lines.
type page struct{ strings.Builder }

func (p *page) say(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// head begins a section.
func (p *page) head(title string) { p.say("\n%s\n%s", title, strings.Repeat("-", len(title))) }

func (p *page) list(items []string) {
	for _, item := range items {
		p.say("  - %s", item)
	}
}

// Explain says the whole of m in plain words, for people who sign it.
func (m Method) Explain() string {
	m.SHA256 = m.identity().SHA256
	p := &page{}
	p.say("The method: %s, version %s.", m.Name, m.Version)
	p.say("Its fingerprint: %s", m.SHA256)
	if m.Loosened != "" {
		p.say("For class B or C, it is looser than the one we ship. The reason given: %s", m.Loosened)
	}
	p.head("What could go wrong")
	p.say("An attack first needs a way in. What that is hangs on what we find.")
	for _, class := range allClasses {
		p.say("Class %s: %s.", class, classWords[class])
		for i := range m.Events {
			if e := &m.Events[i]; e.Class == class {
				p.event(e)
			}
		}
	}
	p.head("What we say")
	p.say("We count the tested things that stand in the way. Each must close a door that an attack needs.")
	for _, class := range allClasses {
		p.say("In class %s:", class)
		p.cells(m.Table[class])
	}
	p.head("The limits")
	for _, l := range limits {
		p.say(limitWords[l.key], *l.of(&m))
	}
	p.head("What does not count")
	p.say("A wall does not stand up to its own faults. These packages are the wall of the box:")
	p.list(m.Wall)
	p.say("A test does not count if one of these did it:")
	p.list(m.Researchers)
	m.explainTiers(p)
	m.explainRules(p)
	p.head("Words")
	p.say("No report may use these words:")
	p.list(m.Words.Banned)
	p.say("Each report must use these words:")
	p.list(m.Words.Required)
	return p.String()
}

func (p *page) event(e *Event) {
	p.say("  %s: %s.", e.ID, e.Name)
	p.say("    It can start with software that:")
	for _, h := range e.By {
		p.say("      - %s", harmWords[h])
	}
	if len(e.Ways) == 0 {
		p.say("    With a way in, that is enough.")
		return
	}
	p.say("    An attack must then:")
	for i, way := range e.Ways {
		var steps []string
		for _, d := range way {
			steps = append(steps, doorWords[d])
		}
		or := ""
		if i > 0 {
			or = "or "
		}
		p.say("      - %s%s", or, strings.Join(steps, " and "))
	}
}

func (p *page) cells(row map[landwaiter.Band]landwaiter.Outcome) {
	for _, band := range allBands {
		if o, ok := row[band]; ok {
			p.say("  If %s, we say: %s.", bandWords[band], outcomeWords[o])
		}
	}
}

func (m *Method) explainTiers(p *page) {
	if len(m.Tiers) == 0 {
		return
	}
	p.head("Tiers")
	p.say("A tier may only be stricter than the rest.")
	for i := range m.Tiers {
		t := &m.Tiers[i]
		if len(t.Table)+len(t.Limits) == 0 {
			p.say("Tier %s is as above.", t.Name)
			continue
		}
		p.say("In tier %s:", t.Name)
		for _, class := range allClasses {
			if len(t.Table[class]) > 0 {
				p.say("  In class %s:", class)
				p.cells(t.Table[class])
			}
		}
		for _, l := range limits {
			if n, ok := t.Limits[l.key]; ok {
				p.say("  "+limitWords[l.key], n)
			}
		}
	}
}

func (m *Method) explainRules(p *page) {
	if len(m.Rules) == 0 {
		return
	}
	p.head("Rules of this site")
	p.say("A rule can make our advice stricter. It can never make it less strict.")
	p.say("If we cannot tell whether a rule fits, we cannot judge.")
	for i := range m.Rules {
		r := &m.Rules[i]
		p.say("Rule %s: %s.", r.ID, r.Text)
		p.say("  If it fits what we found, we say: %s.", outcomeWords[r.Outcome])
		if c := r.Condition; c != nil {
			p.say("  Someone must then do this: %s.", c.Do)
			p.say("  Who: %s. How it is checked: %s.", c.Owner, strings.TrimSuffix(c.Check, "."))
		}
		p.say("  In code: %s", r.When)
	}
}
