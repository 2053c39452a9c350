package landwaiter

// CrossCheck is what other methods say about a weakness, in the environment as it was
// assessed. It is recorded so that people can hold our advice against it. It decides
// nothing.
type CrossCheck struct {
	SSVC SSVC `json:"ssvc"`
	BOD  BOD  `json:"bod"`
	// CVSS is nil where no vector is known.
	CVSS *CVSS `json:"cvss,omitempty"`
	// Fix says whether the 14 days of Cyber Essentials are asked for: "high" where
	// CVSS version 3 is 7.0 or more, "not-given" where no such score is known, "lower"
	// below. FixReleased is the day on which the fix was released, "2026-11-02"; empty
	// where that is not known.
	Fix         string `json:"fix"`
	FixReleased string `json:"fixReleased,omitempty"`
	// Assumed are the facts that nobody knows, by their names in SSVC and BOD. The
	// worst was taken for each.
	Assumed []string `json:"assumed,omitempty"`
	// Ours is the worst outcome that the weakness leads to by our method, and Against
	// how SSVC stands to it: "same", "more" where SSVC asks for more than we do, "less",
	// or empty where we or SSVC cannot say.
	Ours    Outcome `json:"ours"`
	Against string  `json:"against,omitempty"`
}

// SSVC is a leaf of the deployer tree of SSVC, version 1.0.0.
type SSVC struct {
	Exploitation string `json:"exploitation"` // "none", "poc", "active"
	Exposure     string `json:"exposure"`     // "small", "controlled", "open"
	Automatable  bool   `json:"automatable"`
	HumanImpact  string `json:"humanImpact"` // "low", "medium", "high", "very-high"
	// Priority is "defer", "scheduled", "out-of-cycle" or "immediate".
	Priority string `json:"priority"`
}

// BOD is a row of CISA's Binding Operational Directive 26-04: a rule for federal
// agencies of the United States, cited as precedent only.
type BOD struct {
	Exploited   bool `json:"exploited"` // on CISA's list
	Exposed     bool `json:"exposed"`   // to the public
	Automatable bool `json:"automatable"`
	Total       bool `json:"total"` // the attacker gains all
	// Days is the time to fix it; 0 is with the next upgrade.
	Days      int  `json:"days"`
	Forensics bool `json:"forensics,omitempty"`
}

// CVSS is a base vector and the same vector in the environment as it was assessed, with
// their scores.
type CVSS struct {
	Version string  `json:"version"` // "2.0", "3.0", "3.1", "4.0"
	Base    string  `json:"base"`
	Score   float64 `json:"score"`
	// Here has the modified and threat metrics that we can vouch for; empty for
	// version 2, where they mean other things.
	Here      string  `json:"here,omitempty"`
	HereScore float64 `json:"hereScore,omitempty"`
	// Leans are the IDs of the protections that the modified metrics rest on.
	Leans []string `json:"leans,omitempty"`
}
