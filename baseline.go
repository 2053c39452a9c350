package landwaiter

// Baseline is what a subject is held against: the standard desktop of the environment,
// or a public image that it is built on. Both were judged by one method, as of one time,
// with the same lists.
type Baseline struct {
	Name        string `json:"name"` // its reference
	Fingerprint string `json:"fingerprint,omitempty"`
	System      string `json:"system,omitempty"` // ID and version
	// Comparable is false where the numbers say nothing about each other, for one of
	// the reasons Baseline… in Why; About is what it is about.
	Comparable bool     `json:"comparable"`
	Why        string   `json:"why,omitempty"`
	About      []string `json:"about,omitempty"`
	// All counts known weaknesses, Kinds by kind.
	All   BaselineCount   `json:"all"`
	Kinds []BaselineCount `json:"kinds"`
	// Layers is how many layers the two have in common. BuiltOn is true where those
	// are all of the baseline's: then Added is known.
	Layers  int  `json:"layers"`
	BuiltOn bool `json:"builtOn"`
	// OnlyHere are the lists that speak of software here and of none in the baseline,
	// OnlyBaseline the other way round.
	OnlyHere     []string `json:"onlyHere,omitempty"`
	OnlyBaseline []string `json:"onlyBaseline,omitempty"`
	// Uncovered counts packages of which no list speaks.
	Uncovered BaselineCount `json:"uncovered"`
	// Verdict is "no-worse", "worse", or "unknown" for the reason in VerdictWhy.
	Verdict    string `json:"verdict"`
	VerdictWhy string `json:"verdictWhy,omitempty"`
}

// BaselineCount is three numbers counted in one way.
type BaselineCount struct {
	Kind     Kind `json:"kind,omitempty"`
	Baseline int  `json:"baseline"`
	Here     int  `json:"here"`
	// Added is how many of Here arrived above the baseline's layers.
	Added int `json:"added,omitempty"`
}

// The verdicts about a baseline.
const (
	NoWorse      = "no-worse" // no more weaknesses in use by attackers, and no more in all
	Worse        = "worse"
	WorseUnknown = "unknown"
)

// Why numbers cannot be compared, or give no verdict.
const (
	BaselineLists     = "lists"     // no lists of known weaknesses were given
	BaselineSystem    = "system"    // the operating systems differ, and so do their lists
	BaselineSources   = "sources"   // other lists speak of the same sort of software
	BaselineUncovered = "uncovered" // more packages here have no list: they could hide more
	BaselineUnread    = "unread"    // more of the code here could not be read
)

// BaselineWhys lists every reason.
func BaselineWhys() []string {
	return []string{BaselineLists, BaselineSystem, BaselineSources, BaselineUncovered, BaselineUnread}
}
