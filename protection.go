package landwaiter

import "time"

// Place is where software would run. What nobody said is empty, and that is never
// taken to fit.
type Place struct {
	TRE     string `json:"tre,omitempty"`
	Tier    string `json:"tier,omitempty"`
	Project string `json:"project,omitempty"`
}

// Exception is a hole that somebody made in a protection on purpose.
type Exception struct {
	// Project is the one that it is open for; empty is every project.
	Project string    `json:"project,omitempty"`
	Reason  string    `json:"reason"`
	By      string    `json:"by"`    // who answers for it
	Until   time.Time `json:"until"` // open until the start of this day, UTC
}

// Change is something that changed in the environment, so that tests from before
// say nothing any more.
type Change struct {
	Date time.Time `json:"date"`
	What string    `json:"what"`
}

// Strength is how much a probe of the isolation kit shows, weakest first.
type Strength string

// The strengths of docs/protections.md.
const (
	StrengthDeclared Strength = "E0" // the configuration says so
	StrengthRead     Strength = "E1" // its state was read from inside
	StrengthRefused  Strength = "E2" // a harmless call was refused
	StrengthUnseen   Strength = "E3" // a planted mark was not reached; the leaky twin reached it; the host says that it was there
	StrengthNoticed  Strength = "E4" // the same, and the watchers saw the attempt
)

// Rank orders strengths: 0 for E0 to 4 for E4; -1 for a word that is none of them.
func (s Strength) Rank() int {
	for i, known := range []Strength{StrengthDeclared, StrengthRead, StrengthRefused, StrengthUnseen, StrengthNoticed} {
		if s == known {
			return i
		}
	}
	return -1
}
