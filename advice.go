package landwaiter

import "time"

// Door is a thing that an attack needs. A protection closes doors.
type Door string

// The doors.
const (
	DoorNetworkIn   Door = "network-in"    // somebody must reach it over a network
	DoorNeighbour   Door = "neighbour"     // from a machine beside it
	DoorProject     Door = "project"       // must already work in the project, or run this software there
	DoorHarmfulFile Door = "harmful-file"  // somebody must open a harmful file with it
	DoorAccount     Door = "account"       // needs an account
	DoorInternetOut Door = "internet-out"  // data or commands must pass to the internet
	DoorOtherWork   Door = "other-project" // must pass from one project to another
	DoorFullControl Door = "full-control"  // needs full control inside its own box
	DoorHost        Door = "host"          // needs the shared computer beneath
	DoorSourceData  Door = "source-data"   // must write to the source data
	DoorPhysical    Door = "physical"      // must touch the machine
	DoorUnknown     Door = "unknown"       // nobody says what it needs
)

// EvidenceLevel is how strong the evidence for a protection is. Only the two
// tested levels earn credit.
type EvidenceLevel string

// Weakest first.
const (
	EvidenceClaimed    EvidenceLevel = "claimed"
	EvidenceDocumented EvidenceLevel = "documented"
	EvidenceTestedOwn  EvidenceLevel = "tested-by-own-team"
	EvidenceTestedOut  EvidenceLevel = "tested-by-outsiders"
)

// ProtectionTest is the last test of a protection.
type ProtectionTest struct {
	Date   time.Time `json:"date"`
	By     string    `json:"by"` // a team or role
	Method string    `json:"method,omitempty"`
	Result string    `json:"result"` // "held" or "failed"
	SHA256 string    `json:"sha256,omitempty"`
	// ValidUntil is how long the evidence itself says that it holds; TRE and Tiers
	// where it is from; Strength what the weakest of its probes shows. Empty where
	// the evidence does not say.
	ValidUntil time.Time `json:"validUntil,omitzero"`
	TRE        string    `json:"tre,omitempty"`
	Tiers      []string  `json:"tiers,omitempty"`
	Strength   Strength  `json:"strength,omitempty"`
}

// Protection is one thing in the TRE that stands in the way.
type Protection struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"` // plain words, such as "internet block"
	Safe   string   `json:"safe,omitempty"`
	Closes []Door   `json:"closes"`
	SATRE  []string `json:"satre,omitempty"`
	// Cause groups protections that fail together: they count once.
	Cause      string          `json:"cause,omitempty"`
	Evidence   EvidenceLevel   `json:"evidence"`
	Test       *ProtectionTest `json:"test,omitempty"`
	ValidUntil time.Time       `json:"validUntil,omitzero"` // credit ends at its start, UTC
	// Exceptions are open everywhere until somebody takes them away;
	// DatedExceptions end by themselves.
	Exceptions      []string    `json:"exceptions,omitempty"`
	DatedExceptions []Exception `json:"datedExceptions,omitempty"`
	Owner           string      `json:"owner,omitempty"` // the team that keeps it
	// TRE and Tiers are what it holds for; empty is all.
	TRE   string   `json:"tre,omitempty"`
	Tiers []string `json:"tiers,omitempty"`
	// Controls are those of the isolation kit that test it.
	Controls []string `json:"controls,omitempty"`
	// Changes are those of the environment that touch it.
	Changes []Change `json:"changes,omitempty"`
	// Credited is true where advice may lean on it; Refused says why not.
	Credited bool   `json:"credited"`
	Refused  string `json:"refused,omitempty"`
}

// ScenarioClass is how bad an event is.
type ScenarioClass string

// Worst first.
const (
	ClassA ScenarioClass = "A" // must never happen
	ClassB ScenarioClass = "B" // major; we could explain everything we did
	ClassC ScenarioClass = "C" // minor
)

// Band says what stands between a finding and a scenario. It is a countable
// fact, so that two people agree.
type Band string

// Worst first, but for BandUnknown, which is never better than any.
const (
	BandOpen    Band = "open"
	BandOne     Band = "one-protection"
	BandTwo     Band = "two-or-more-protections"
	BandNoWay   Band = "no-known-way"
	BandUnknown Band = "we-do-not-know"
)

// Outcome is the advice in one of four words.
type Outcome string

// The four outcomes.
const (
	Recommend   Outcome = "recommend-import"
	Conditions  Outcome = "import-with-conditions"
	CannotJudge Outcome = "cannot-judge"
	DoNotImport Outcome = "do-not-import-yet"
	outcomeNone Outcome = ""
)

// Rank orders outcomes: a higher rank wins. It is 0 for Recommend.
func (o Outcome) Rank() int {
	switch o {
	case Recommend, outcomeNone:
		return 0
	case Conditions:
		return 1
	case CannotJudge:
		return 2
	}
	return 3
}

// Scenario is one bad event, and how the findings stand to it.
type Scenario struct {
	ID    string        `json:"id"` // such as "A1"
	Class ScenarioClass `json:"class"`
	// Name is the site's own, for an event that landwaiter has no words for.
	Name string `json:"name,omitempty"`
	Band Band   `json:"band"`
	// Outcome is what the decision table says for Class and Band.
	Outcome Outcome `json:"outcome"`
	// Findings counts the findings that could lead to the event, Deciding those
	// that stand at Band.
	Findings int `json:"findings"`
	Deciding int `json:"deciding"`
	// Examples are IDs of deciding findings, the weightiest first, at most five.
	Examples []string `json:"examples,omitempty"`
	// Doors are those that the deciding findings need and nothing tested closes.
	Doors []Door `json:"doors,omitempty"`
	// Protections are the IDs of those counted in Band.
	Protections []string `json:"protections,omitempty"`
	// Without is the band if no protection is counted.
	Without Band `json:"without"`
}

// Reason is one reason for the advice: a code that the words know, and numbers.
type Reason struct {
	Code     string   `json:"code"`
	Outcome  Outcome  `json:"outcome"`
	N        int64    `json:"n,omitempty"`
	Total    int64    `json:"total,omitempty"`
	Scenario string   `json:"scenario,omitempty"`
	Subject  string   `json:"subject,omitempty"` // what it is about: a source, a system, a path
	Findings []string `json:"findings,omitempty"`
	Text     string   `json:"text,omitempty"` // a rule's own words
}

// The codes of reasons. Each has a sentence in the words, and a test fails
// while one has none.
const (
	ReasonNoAdvisories    = "no-advisories"      // no advisory file was given
	ReasonStaleSource     = "stale-source"       // Subject: source; N: its age in days, -1 unknown; Total: the limit
	ReasonNotCovered      = "not-covered"        // N of Total packages have no list that covers them; Subject: the ecosystem or system
	ReasonUnreadCode      = "unread-code"        // N places that may hold code could not be read
	ReasonUnnamedCode     = "unnamed-code"       // N of Total bytes of code are not named or closed
	ReasonStop            = "stop-finding"       // N findings that no protection softens; Subject: their kind
	ReasonScenario        = "scenario"           // the table says so: Scenario, N findings of Total weaknesses
	ReasonExploited       = "exploited"          // N weaknesses are in use by attackers, of Total
	ReasonNoProtections   = "no-protections"     // nothing tested was given
	ReasonOutdatedBase    = "outdated-base"      // Subject: the system
	ReasonChanged         = "changed-programs"   // N programs are not what their maker shipped
	ReasonNothingAgainst  = "nothing-against"    // we found no reason to refuse; Total packages looked at
	ReasonWeaknesses      = "weaknesses"         // N known weaknesses in Total packages
	ReasonUnknownWeakness = "unknown-weaknesses" // N of Total weaknesses: nobody says what an attack needs
	ReasonWaived          = "waived"             // people accepted or answered N of Total findings; Subject: the advice without that, where it is worse
	ReasonWaiverEnded     = "waiver-ended"       // N waivers for what is here ended
	ReasonRule            = "local-rule"         // N findings meet a rule of the site; Subject: the rule; Text: its words
	ReasonRuleUnknown     = "local-rule-unknown" // the same, and nobody can tell whether they meet it
)

// ReasonCodes lists every code.
func ReasonCodes() []string {
	return []string{
		ReasonNoAdvisories, ReasonStaleSource, ReasonNotCovered, ReasonUnreadCode, ReasonUnnamedCode,
		ReasonStop, ReasonScenario, ReasonExploited, ReasonNoProtections, ReasonOutdatedBase,
		ReasonChanged, ReasonNothingAgainst, ReasonWeaknesses, ReasonUnknownWeakness,
		ReasonWaived, ReasonWaiverEnded, ReasonRule, ReasonRuleUnknown,
	}
}

// Condition is something that must hold for the advice to be true. Every one
// has an owner, a date and a way to check it.
type Condition struct {
	Code  string    `json:"code"` // the words know it: "keep-protection", "not-root", "fresh-copy", "second-approver", "name-files"
	What  string    `json:"what,omitempty"`
	Owner string    `json:"owner"`
	By    time.Time `json:"by,omitzero"`
	Check string    `json:"check"`          // code of how it is checked, or a site's own words for it
	Text  string    `json:"text,omitempty"` // a rule's own words
}

// Advice is what the tool advises. It is not a decision.
type Advice struct {
	Outcome Outcome `json:"outcome"`
	// Reasons are in order of weight.
	Reasons    []Reason    `json:"reasons"`
	Scenarios  []Scenario  `json:"scenarios"`
	Conditions []Condition `json:"conditions,omitempty"`
	// LeansOn is the ID of the protection that the advice leans on most, IfFailed
	// the advice without it.
	LeansOn  string  `json:"leansOn,omitempty"`
	IfFailed Outcome `json:"ifFailed,omitempty"`
	Method   Method  `json:"method"`
}

// Method names the method that the advice follows, and its limits.
type Method struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
	// MaxAgeDays is the oldest a source may be; MaxTestDays the oldest a test of
	// a protection may be.
	MaxAgeDays  int `json:"maxAgeDays"`
	MaxTestDays int `json:"maxTestDays"`
	// MaxUnnamedPercent is the share of code bytes that may be unnamed or closed.
	MaxUnnamedPercent int `json:"maxUnnamedPercent"`
	// Tier is the tier whose cells and limits were in force; empty where the method
	// has none.
	Tier string `json:"tier,omitempty"`
	// Loosened says why classes B or C are looser than in the method that landwaiter
	// ships, and who says so; empty where they are not.
	Loosened string `json:"loosened,omitempty"`
}

// AdvisoryFile identifies the advisory file that was used.
type AdvisoryFile struct {
	SHA256  string    `json:"sha256"`
	Built   time.Time `json:"built,omitzero"`
	Records int       `json:"records"`
}

// Tool identifies the program.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Assessment is everything that was seen and said about one Subject at one time.
// The same inputs give the same bytes.
type Assessment struct {
	Schema  string    `json:"schema"`
	Tool    Tool      `json:"tool"`
	At      time.Time `json:"at"`
	Subject Subject   `json:"subject"`
	System  *System   `json:"system,omitempty"`
	Advice  Advice    `json:"advice"`
	Account Account   `json:"account"`
	Gaps    []Gap     `json:"gaps"`
	// Advisories is nil where no advisory file was given.
	Advisories *AdvisoryFile `json:"advisories,omitempty"`
	Sources    []Source      `json:"sources"`
	// Place is where the software would run; zero where nobody said.
	Place       Place        `json:"place,omitzero"`
	Protections []Protection `json:"protections"`
	Findings    []Finding    `json:"findings"`
	Packages    []Package    `json:"packages"`
	Unowned     []File       `json:"unowned"`
	Changed     []File       `json:"changed"`
	// Groups are the folders of files that nobody owns, biggest first.
	Groups []Group `json:"groups"`
	// Checks are the checks that looked into files.
	Checks []Check `json:"checks,omitempty"`
	// Declared holds what lists say against what was observed, in the order in which
	// the lists were given.
	Declared []Comparison `json:"declared,omitempty"`
	// Waivers are what people accepted or answered, by ID; Statements the files of VEX that were given, and
	// Trust whose of these the TRE trusts.
	Waivers    []Waiver        `json:"waivers,omitempty"`
	Statements []StatementFile `json:"statements,omitempty"`
	Trust      []Trust         `json:"trust,omitempty"`
	// Baseline is what the subject was held against; nil where nothing was given.
	Baseline *Baseline `json:"baseline,omitempty"`
}
