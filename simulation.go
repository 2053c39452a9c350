package landwaiter

import "time"

// SimulationSchema names the version of the JSON form of a [Simulation].
const SimulationSchema = "landwaiter.simulation/1"

// Simulation says what would be left of an assessment's weaknesses if all software with
// a released fix were updated to it. It is a sum, not a test: a new version may have
// weaknesses of its own, and may behave in another way.
type Simulation struct {
	Schema      string    `json:"schema"`
	Tool        Tool      `json:"tool"`
	At          time.Time `json:"at"`
	Reference   string    `json:"reference"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	// Before and After are the advice as it is, and with what is left.
	Before Advice `json:"before"`
	After  Advice `json:"after"`
	// Looked is false where no list of known weaknesses was there: then none was counted.
	Looked bool `json:"looked"`
	// All counts known weaknesses, By those of one source and kind, in the order of
	// sources and of kinds.
	All SimulationCount   `json:"all"`
	By  []SimulationCount `json:"by"`
	// Used are the weaknesses that attackers use, those that would be left first.
	Used []SimulatedFinding `json:"used"`
	// OtherKnown is false where nobody looked whether other releases have a fix.
	OtherKnown bool `json:"otherKnown"`
	// Disagree counts fixes on whose version records do not agree; Results those that,
	// a person says, would change results. Both are counted as fixed.
	Disagree int `json:"disagree"`
	Results  int `json:"results"`
	// Pending counts updates that wait, of which nobody says what weakness they fix.
	Pending int `json:"pending"`
}

// SimulationCount counts weaknesses.
type SimulationCount struct {
	Source string `json:"source,omitempty"` // whose record is preferred
	Kind   Kind   `json:"kind,omitempty"`
	Before int    `json:"before"`
	Fixed  int    `json:"fixed"` // a fix is released
	After  int    `json:"after"`
	// Other counts those of After for which only another release has a fix.
	Other int `json:"other"`
}

// SimulatedFinding is a weakness that attackers use.
type SimulatedFinding struct {
	ID        string   `json:"id"`
	Reference string   `json:"reference"`
	Packages  []string `json:"packages"`        // IDs
	Fixed     string   `json:"fixed,omitempty"` // the version with the fix, empty for none
}
