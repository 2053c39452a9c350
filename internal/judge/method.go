package judge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

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
}

// Method is how findings become advice, as data. The zero Method has no events
// and advises nothing worth reading: start from [DefaultMethod].
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
	// Table is the decision table. A cell that is missing says do not import.
	Table map[landwaiter.ScenarioClass]map[landwaiter.Band]landwaiter.Outcome `json:"table"`
	// Wall lists packages that are the wall of the box: container runtimes and
	// kernels, by name or source name. A last "*" stands for any ending.
	Wall []string `json:"wall"`
	// Researchers are names of testers whose evidence earns no credit.
	Researchers []string `json:"researchers"`
}

// DefaultMethod returns the method that landwaiter ships. Every call returns a
// value of its own.
func DefaultMethod() Method {
	m := Method{
		Method: landwaiter.Method{
			Name: "landwaiter default", Version: "1",
			MaxAgeDays: 14, MaxTestDays: 90, MaxUnnamedPercent: 5,
		},
		MaxUncoveredPercent: 50,
		DueDays:             14, FreshDays: 180, FreshDaysA: 90, ExploitedDays: 14,
		MaxWaiverDays: 180, MaxWaiverDaysExploited: 90,
		Events: defaultEvents(),
		Table:  defaultTable(),
		Wall: []string{
			"apptainer*", "containerd", "containerd.io", "containerd-*", "cri-o*", "crun", "docker-ce*", "docker.io", "gvisor", "kata-*",
			"kernel", "kernel-core", "kernel-default*", "kernel-modules*", "kernel-rt*", "linux", "linux-image-*", "linux-lts", "linux-modules-*",
			"linux-signed*", "linux-virt", "lxc", "moby-engine", "moby-runc", "podman", "runc", "runsc", "singularity-c*", "youki",
			"github.com/apptainer/apptainer", "github.com/containerd/containerd*", "github.com/containers/podman*",
			"github.com/cri-o/cri-o", "github.com/docker/docker", "github.com/moby/moby*", "github.com/opencontainers/runc",
			"github.com/sylabs/singularity*", "gvisor.dev/gvisor",
		},
		Researchers: []string{"project team", "requester", "research team", "researcher", "researchers"},
	}
	m.Method = m.identity()
	return m
}

func defaultEvents() []Event {
	const (
		out, other, full, host, source = landwaiter.DoorInternetOut, landwaiter.DoorOtherWork,
			landwaiter.DoorFullControl, landwaiter.DoorHost, landwaiter.DoorSourceData
	)
	type ways = [][]landwaiter.Door
	return []Event{
		{"A1", landwaiter.ClassA, "data about people leaves without approval", []Harm{HarmData, HarmAltered, HarmOutward}, ways{{out}}},
		{"A2", landwaiter.ClassA, "one project's software reaches another project's data", []Harm{HarmData}, ways{{other}, {full, host}}},
		{"A3", landwaiter.ClassA, "the defences or the only copy of source data are taken over or destroyed", []Harm{HarmData, HarmControl}, ways{{full, host}, {source}}},
		{"A4", landwaiter.ClassA, "data about people is brought in hidden in software", []Harm{HarmUnnamed}, nil},
		{"B1", landwaiter.ClassB, "one project's work is damaged or locked", []Harm{HarmData, HarmStop}, nil},
		{"B2", landwaiter.ClassB, "results are changed without notice and relied on", []Harm{HarmData, HarmAltered}, nil},
		{"B3", landwaiter.ClassB, "compute is misused or a service is slowed for others", []Harm{HarmStop}, nil},
		{"C1", landwaiter.ClassC, "one session is lost", []Harm{HarmStop}, nil},
		{"C2", landwaiter.ClassC, "a licence or audit finding", []Harm{HarmUnsupported, HarmUnlisted, HarmLicence}, nil},
		{"C3", landwaiter.ClassC, "a tool does not work as its maker meant", []Harm{HarmAltered}, nil},
	}
}

func defaultTable() map[landwaiter.ScenarioClass]map[landwaiter.Band]landwaiter.Outcome {
	row := func(open, one, two, unknown landwaiter.Outcome) map[landwaiter.Band]landwaiter.Outcome {
		return map[landwaiter.Band]landwaiter.Outcome{
			landwaiter.BandOpen: open, landwaiter.BandOne: one, landwaiter.BandTwo: two,
			landwaiter.BandNoWay: landwaiter.Recommend, landwaiter.BandUnknown: unknown,
		}
	}
	// Class A with one protection may go ahead with a second approver and an end
	// date. Advice can record neither, so it says no.
	const yes, terms, unsure, no = landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport
	return map[landwaiter.ScenarioClass]map[landwaiter.Band]landwaiter.Outcome{
		landwaiter.ClassA: row(no, no, terms, unsure),
		landwaiter.ClassB: row(no, terms, yes, unsure),
		landwaiter.ClassC: row(terms, yes, yes, yes),
	}
}

// identity returns the name of m with the SHA-256 of its canonical rendering:
// its JSON with an empty hash, keys of maps in order. A change of one cell or
// one door is another method.
func (m *Method) identity() landwaiter.Method {
	c := *m
	c.SHA256 = ""
	b, err := json.Marshal(c)
	if err != nil {
		panic("judge: a method is plain data: " + err.Error()) // strings, ints, slices and maps of strings
	}
	sum := sha256.Sum256(b)
	id := m.Method
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
	landwaiter.KindModelCode:      {harms: []Harm{HarmAltered}, most: landwaiter.Conditions, condition: condFiles},
	landwaiter.KindSelfInstall:    {harms: []Harm{HarmAltered}, known: true, most: landwaiter.Conditions, condition: condSteps},
	landwaiter.KindNetworkClient:  {harms: []Harm{HarmOutward}, known: true, most: landwaiter.Conditions, condition: condOutward},
	landwaiter.KindGainsRights:    {harms: []Harm{HarmControl}, known: true, most: landwaiter.Conditions, condition: condNotRoot},
	landwaiter.KindUndeclared:     {harms: []Harm{HarmUnlisted}, known: true, most: landwaiter.Conditions, condition: condList},
	landwaiter.KindLicence:        {harms: []Harm{HarmLicence}, known: true, most: landwaiter.Conditions, condition: condLicence},
	landwaiter.KindChangesResults: {weakness: true, condition: condFresh},
}

// stranger is the rule for a kind that this package does not know: it can do
// everything, and nobody can say.
var stranger = kindRule{
	harms:     allHarms[:],
	condition: condFiles,
}
