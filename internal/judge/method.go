package judge

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the shipped method is a file
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Harm is what a finding can do. An event lists the harms that can bring it
// about.
type Harm string

// The harms.
const (
	HarmData        Harm = "data"        // reads or changes what the software can reach
	HarmStop        Harm = "stop"        // stops or slows it
	HarmAltered     Harm = "altered"     // runs in the project, and nobody vouches for it
	HarmControl     Harm = "control"     // holds full control inside its own box
	HarmUnnamed     Harm = "unnamed"     // holds content that nobody has named
	HarmUnsupported Harm = "unsupported" // gets no fixes any more
	HarmOutward     Harm = "outward"     // tries to send or fetch over the internet
	HarmUnlisted    Harm = "unlisted"    // is more than was asked for
	HarmLicence     Harm = "licence"     // may not be used so
)

// Event is a bad event in the terms of the method.
type Event struct {
	ID    string                   `json:"id"`
	Class landwaiter.ScenarioClass `json:"class"`
	Name  string                   `json:"name"` // plain words
	// By lists the harms that can bring it about.
	By []Harm `json:"by"`
	// Ways are the doors beyond the way in, every one of which must be passed.
	// One way is enough for the event; none means that the way in is enough.
	Ways [][]landwaiter.Door `json:"ways,omitempty"`
	// own is true where the site named the event, so that reports have no words
	// for it but the site's.
	own bool
}

// Table is the decision table. A cell that is missing says do not import.
type Table map[landwaiter.ScenarioClass]map[landwaiter.Band]landwaiter.Outcome

// Words are what a site's reports must not say, and what they must.
type Words struct {
	Banned   []string `json:"banned,omitempty"`
	Required []string `json:"required,omitempty"`
}

// Tier is a part of the site with an appetite of its own: cells and limits that
// take the place of the method's, and are never looser.
type Tier struct {
	Name  string `json:"name"`
	Table Table  `json:"table,omitempty"`
	// Limits are by their key in the file.
	Limits map[string]int `json:"limits,omitempty"`
}

// Method is how findings become advice, as data. The zero Method has no events
// and advises nothing worth reading: start from [DefaultMethod] or [ReadMethod].
type Method struct {
	landwaiter.Method
	// MaxUncoveredPercent is the share of the operating system's packages that
	// may have no list before its type counts as not covered.
	MaxUncoveredPercent int `json:"maxUncoveredPercent"`
	// Days from the assessment to the date of a condition.
	DueDays       int `json:"dueDays"`       // something to do now
	FreshDays     int `json:"freshDays"`     // a fresh copy
	FreshDaysA    int `json:"freshDaysA"`    // the same where a class A event hangs on conditions
	ExploitedDays int `json:"exploitedDays"` // the same where attackers use a weakness
	// MaxWaiverDays is how long a waiver may last from the day it was made,
	// MaxWaiverDaysExploited the same where attackers use the weakness. 0 is no day.
	MaxWaiverDays          int `json:"maxWaiverDays"`
	MaxWaiverDaysExploited int `json:"maxWaiverDaysExploited"`
	// Events are in the order in which reports show them.
	Events []Event `json:"events"`
	Table  Table   `json:"table"`
	// Wall lists packages that are the wall of the box: container runtimes and
	// kernels, by name or source name. A last "*" stands for any ending.
	Wall []string `json:"wall"`
	// Researchers are names of testers whose evidence earns no credit.
	Researchers []string `json:"researchers"`
	Words       Words    `json:"words,omitzero"`
	// Tiers are in file order. The method holds them all; Tier says which one is
	// in force.
	Tiers []Tier `json:"tiers,omitempty"`
	// Rules are the site's own. They only ever make advice worse.
	Rules []Rule `json:"rules,omitempty"`
}

//go:embed method.yaml
var shipped []byte

// ShippedMethod returns the file that [DefaultMethod] is made of, for a site to
// start from.
func ShippedMethod() []byte { return bytes.Clone(shipped) }

// DefaultMethod returns the method that landwaiter ships. Every call returns a
// value of its own.
func DefaultMethod() Method {
	m, _, err := parseMethod(shipped, "method.yaml")
	if err != nil {
		panic("judge: the shipped method: " + err.Error()) // it is compiled in, and a test reads it
	}
	return m
}

// At returns m for one tier. Where the method has tiers, one must be named: to
// forget it must not mean the looser rows.
func (m Method) At(tier string) (Method, error) {
	names := make([]string, len(m.Tiers))
	for i := range m.Tiers {
		names[i] = m.Tiers[i].Name
	}
	switch {
	case slices.Contains(names, tier) || tier == "" && len(names) == 0:
	case len(names) == 0:
		return m, fmt.Errorf("tier %q: the method %q has no tiers; leave the tier out: %w", clip(tier), m.Name, landwaiter.ErrInvalid)
	case tier == "":
		return m, fmt.Errorf("the method %q has tiers; name one of %s: %w", m.Name, strings.Join(names, ", "), landwaiter.ErrInvalid)
	default:
		return m, fmt.Errorf("tier %q is not in the method %q; name one of %s: %w", clip(tier), m.Name, strings.Join(names, ", "), landwaiter.ErrInvalid)
	}
	m.Tier = tier
	return m, nil
}

// InForce returns m with the cells and limits of its tier in their places. Where
// m has tiers and names none of them, the strictest of each cell and limit holds.
func (m Method) InForce() Method {
	if len(m.Tiers) == 0 {
		m.Tier = ""
		return m
	}
	if at := slices.IndexFunc(m.Tiers, func(t Tier) bool { return t.Name == m.Tier }); at >= 0 {
		return m.under(&m.Tiers[at])
	}
	out := m
	for i := range m.Tiers {
		out = out.under(&m.Tiers[i])
	}
	out.Tier = ""
	return out
}

// under returns m with the cells and limits of t, where they are stricter.
func (m Method) under(t *Tier) Method {
	table := make(Table, len(m.Table))
	for class, row := range m.Table {
		table[class] = maps.Clone(row)
	}
	for class, row := range t.Table {
		for band, o := range row {
			if now, ok := table[class][band]; ok {
				table[class][band] = worseOf(now, o)
			}
		}
	}
	m.Table = table
	for _, l := range limits {
		if n, ok := t.Limits[l.key]; ok {
			*l.of(&m) = min(n, *l.of(&m))
		}
	}
	return m
}

// identity returns the name of m and the limits that are in force, with the
// SHA-256 of its canonical rendering: its JSON with an empty hash, keys of maps
// in order. A change of one cell or one door is another method. The hash is the
// same for every tier: it is that of the whole file.
func (m *Method) identity() landwaiter.Method {
	c := *m
	c.SHA256, c.Tier = "", ""
	b, err := json.Marshal(c)
	if err != nil {
		panic("judge: a method is plain data: " + err.Error()) // strings, ints, slices and maps of strings
	}
	sum := sha256.Sum256(b)
	id := m.InForce().Method
	id.SHA256 = hex.EncodeToString(sum[:])
	return id
}

// outcome is a cell of the decision table.
func (m *Method) outcome(c landwaiter.ScenarioClass, b landwaiter.Band) landwaiter.Outcome {
	if o, ok := m.Table[c][b]; ok {
		return o
	}
	return landwaiter.DoNotImport
}

// kindRule says how a kind of finding is weighed.
type kindRule struct {
	// weakness is true for kinds whose harms and doors the CVSS vector gives.
	weakness bool
	// stop is true for kinds that no protection softens.
	stop bool
	// answered is true where somebody answers for it: no way is known.
	answered bool
	// harms and known hold where no vector applies. Such a finding is already
	// inside: it needs no way in. known is false where nobody can say whether it
	// does harm.
	harms []Harm
	known bool
	// most is the furthest outcome that the kind alone leads to; empty is no limit.
	most landwaiter.Outcome
	// condition is the code of the condition that answers it.
	condition string
}

// kinds has a row for each kind of finding; a test fails while one has none.
//
// Unknown programs lead to no more than a condition here because the account
// counts their bytes, and over the limit the advice is "cannot judge". Content
// that nobody named is a question for the team: nothing has seen data in it.
// Full control needs a fault in the wall as well.
var kinds = map[landwaiter.Kind]kindRule{
	landwaiter.KindMalware:        {stop: true},
	landwaiter.KindExploited:      {weakness: true, condition: condFresh},
	landwaiter.KindWeakness:       {weakness: true, condition: condFresh},
	landwaiter.KindWeaknessNoFix:  {weakness: true, condition: condFresh},
	landwaiter.KindPendingUpdate:  {weakness: true, condition: condFresh},
	landwaiter.KindHandled:        {weakness: true, answered: true},
	landwaiter.KindKernelHeaders:  {weakness: true, answered: true},
	landwaiter.KindOutdatedBase:   {harms: []Harm{HarmUnsupported}, known: true, condition: condFresh},
	landwaiter.KindChanged:        {harms: []Harm{HarmAltered}, condition: condFiles},
	landwaiter.KindUnknownProgram: {harms: []Harm{HarmAltered}, most: landwaiter.Conditions, condition: condFiles},
	landwaiter.KindUnattributed:   {harms: []Harm{HarmUnnamed}, most: landwaiter.Conditions, condition: condFiles},
	landwaiter.KindRunsAsRoot:     {harms: []Harm{HarmControl}, known: true, most: landwaiter.Conditions, condition: condNotRoot},
	landwaiter.KindSecret:         {stop: true},
	landwaiter.KindPersonal:       {stop: true},
	landwaiter.KindMaybePersonal:  {harms: []Harm{HarmUnnamed}, most: landwaiter.Conditions, condition: condLook},
	landwaiter.KindModelCode:      {harms: []Harm{HarmAltered, HarmUnnamed}, most: landwaiter.Conditions, condition: condFiles},
	landwaiter.KindSelfInstall:    {harms: []Harm{HarmAltered}, known: true, most: landwaiter.Conditions, condition: condSteps},
	landwaiter.KindNetworkClient:  {harms: []Harm{HarmOutward}, known: true, most: landwaiter.Conditions, condition: condOutward},
	landwaiter.KindGainsRights:    {harms: []Harm{HarmControl}, known: true, answered: true},
	landwaiter.KindUndeclared:     {harms: []Harm{HarmUnlisted}, known: true, most: landwaiter.Conditions, condition: condList},
	landwaiter.KindLicence:        {harms: []Harm{HarmLicence}, known: true, most: landwaiter.Conditions, condition: condLicence},
	landwaiter.KindChangesResults: {weakness: true, condition: condFresh},
}

// graveKinds are the rules of grave findings, where they differ.
//
// A distribution answers for the programs that gain rights as it ships them; nobody
// does for others. A model that runs commands is no model but a program that somebody
// hid, and no protection mends the results that it touches.
var graveKinds = map[landwaiter.Kind]kindRule{
	landwaiter.KindModelCode:   {harms: []Harm{HarmAltered, HarmUnnamed}, known: true, condition: condFiles},
	landwaiter.KindGainsRights: {harms: []Harm{HarmControl}, known: true, most: landwaiter.Conditions, condition: condNoGain},
}

// ruleOf is the rule for a finding of a kind.
func ruleOf(k landwaiter.Kind, grave bool) kindRule {
	if rule, ok := graveKinds[k]; ok && grave {
		return rule
	}
	if rule, ok := kinds[k]; ok {
		return rule
	}
	return stranger
}

// stranger is the rule for a kind that this package does not know: it can do
// everything, and nobody can say.
var stranger = kindRule{
	harms:     allHarms[:],
	condition: condFiles,
}
