package landwaiter

import "time"

// WaiverKind is what a waiver says about the findings that it covers.
type WaiverKind string

// The kinds of waiver.
const (
	WaiverAccepted   WaiverKind = "accepted-risk"   // a person accepts it for a time
	WaiverResults    WaiverKind = "changes-results" // its fix would change results; a person accepts the old version for a time
	WaiverFalseAlarm WaiverKind = "false-alarm"     // it was checked and is not there, or not as the records say
)

// WaiverKinds lists every kind.
func WaiverKinds() []WaiverKind {
	return []WaiverKind{WaiverAccepted, WaiverResults, WaiverFalseAlarm}
}

// Person is somebody who decided.
type Person struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// WaiverEvidence is where a person keeps what shows it.
type WaiverEvidence struct {
	Text   string `json:"text,omitempty"`
	Link   string `json:"link,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// Waiver is a person's time-limited word on findings. It covers those that
// Findings or References name, as far as Package, Digest and Project fit.
type Waiver struct {
	ID   string     `json:"id"`
	Kind WaiverKind `json:"kind"`
	// Findings are exact IDs; References are public reference numbers, and one
	// covers findings only together with a Package or a Digest.
	Findings   []string `json:"findings,omitempty"`
	References []string `json:"references,omitempty"`
	// Package is "ecosystem:name", "ecosystem:name@version", or a purl with or
	// without a version. Empty is any.
	Package string    `json:"package,omitempty"`
	Digest  string    `json:"digest,omitempty"`  // fingerprint of the subject; empty is any
	Project string    `json:"project,omitempty"` // empty is any
	By      Person    `json:"by"`
	Reason  string    `json:"reason"`
	Made    time.Time `json:"made"`
	// Until is the day at whose start, in UTC, the waiver ends.
	Until    time.Time       `json:"until"`
	Evidence *WaiverEvidence `json:"evidence,omitempty"`
	// Justification is why a false alarm is one, in a word that VEX knows.
	Justification string `json:"justification,omitempty"`
	// Counted is true where the waiver bears on advice; Refused says why not.
	Counted bool   `json:"counted"`
	Refused string `json:"refused,omitempty"`
	// Ended is true where it counts no more, and for no other reason.
	Ended bool `json:"ended,omitempty"`
	// Covers counts the findings that it covers here, counted or not.
	Covers int `json:"covers"`
}

// StatementStatus is what somebody says about a product and a weakness, in
// VEX's words.
type StatementStatus string

// The four statuses.
const (
	StatusNotAffected StatementStatus = "not_affected"
	StatusAffected    StatementStatus = "affected"
	StatusFixed       StatementStatus = "fixed"
	StatusLooking     StatementStatus = "under_investigation"
)

// Justifications are why a product is not affected, in OpenVEX's words.
func Justifications() []string {
	return []string{
		"component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
		"vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist",
	}
}

// Statement is what somebody says about a finding. That it is there means only
// that somebody says so.
type Statement struct {
	Status        StatementStatus `json:"status"`
	Justification string          `json:"justification,omitempty"`
	Impact        string          `json:"impact,omitempty"` // why, in its author's words
	Action        string          `json:"action,omitempty"` // what to do, in its author's words
	By            string          `json:"by,omitempty"`     // who says so, by their own account
	Date          time.Time       `json:"date,omitzero"`
	// Packages are the IDs of those packages of the finding of which it speaks.
	Packages []string `json:"packages,omitempty"`
	// Part is true where it speaks of the packages inside another product only,
	// and Loose where it names no version.
	Part  bool `json:"part,omitempty"`
	Loose bool `json:"loose,omitempty"`
	// SHA256 is of the file that says so.
	SHA256 string `json:"sha256"`
	// Trusted is true where the TRE trusts who says so, Counted where the advice
	// leans on it; Refused says why not.
	Trusted bool   `json:"trusted"`
	Counted bool   `json:"counted"`
	Refused string `json:"refused,omitempty"`
	// Conflict is true where another statement about the same says the opposite.
	Conflict bool `json:"conflict,omitempty"`
}

// StatementFile is one file of statements that was given.
type StatementFile struct {
	Name       string    `json:"name"`
	Format     string    `json:"format"` // "OpenVEX" or "CycloneDX"
	By         string    `json:"by,omitempty"`
	Date       time.Time `json:"date,omitzero"`
	SHA256     string    `json:"sha256"`
	Statements int       `json:"statements"`
	// Matched counts those that speak of a finding here.
	Matched int `json:"matched"`
	// Notes say what could not be read as it stands.
	Notes []string `json:"notes,omitempty"`
}

// Trust is the word of the TRE that statements of one author, or of one file,
// may answer a finding.
type Trust struct {
	Author string    `json:"author,omitempty"`
	SHA256 string    `json:"sha256,omitempty"`
	By     Person    `json:"by"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"` // it ends at the start of this day, UTC
}
