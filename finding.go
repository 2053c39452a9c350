package landwaiter

import "time"

// Kind is the kind of a finding. Each has a file of plain words in
// internal/report/words, and a test fails while one has none.
type Kind string

// The kinds of finding.
const (
	KindWeakness       Kind = "weakness"        // a known weakness with a fix
	KindWeaknessNoFix  Kind = "weakness-no-fix" // a known weakness, and no fix is named
	KindExploited      Kind = "exploited"       // a known weakness that is in use by attackers
	KindMalware        Kind = "malware"         // a package that a source lists as harmful, or a file that a scanner knows
	KindPendingUpdate  Kind = "pending-update"  // the maker has a newer security release; which weakness is not said
	KindHandled        Kind = "handled"         // a weakness in the original that the distribution answers for
	KindKernelHeaders  Kind = "kernel-headers"  // kernel weaknesses on a package that holds no kernel
	KindUnknownProgram Kind = "unknown-program" // programs that nobody owns
	KindUnattributed   Kind = "unattributed"    // other files that nobody owns
	KindChanged        Kind = "changed-program" // programs that are not what their owner shipped
	KindOutdatedBase   Kind = "outdated-base"   // an operating system past its end of life
	KindRunsAsRoot     Kind = "runs-as-root"
	KindSecret         Kind = "secret"              // a password or key was left inside
	KindPersonal       Kind = "personal-data"       // data about people was seen
	KindMaybePersonal  Kind = "maybe-personal-data" // what it is called or how it is built says that it may be about people
	KindModelCode      Kind = "model-code"          // opening a model or data file runs code, or may
	KindSelfInstall    Kind = "self-install"        // fetches or changes software when it starts
	KindNetworkClient  Kind = "network-client"      // tries to reach the internet
	KindGainsRights    Kind = "gains-rights"        // set-uid, set-gid or file capabilities
	KindUndeclared     Kind = "undeclared"          // not on the list that came with the request
	KindLicence        Kind = "licence"             // a licence that restricts who may use it, or for what
	KindChangesResults Kind = "changes-results"     // a known weakness; a person says that its fix would change results
)

// Kinds lists every kind in the order in which reports show them.
func Kinds() []Kind {
	return []Kind{
		KindMalware, KindSecret, KindPersonal, KindExploited, KindWeakness, KindWeaknessNoFix, KindChangesResults, KindPendingUpdate,
		KindOutdatedBase, KindChanged, KindUnknownProgram, KindMaybePersonal, KindUnattributed, KindModelCode, KindSelfInstall,
		KindNetworkClient, KindGainsRights, KindRunsAsRoot, KindUndeclared, KindLicence, KindHandled, KindKernelHeaders,
	}
}

// Confidence says how sure we are that a finding is really there.
type Confidence string

// Surest first.
const (
	ConfidenceObserved  Confidence = "observed"         // we saw the bytes
	ConfidenceConfirmed Confidence = "confirmed"        // the distributor's own advisory matches its own package
	ConfidenceVersion   Confidence = "version-match"    // a range of versions matches
	ConfidenceOpenEnded Confidence = "open-ended-range" // the range names no end
	ConfidenceMapped    Confidence = "by-mapping"       // matched by a name in another ecosystem
)

// Exploited says that a weakness is in use, and who says so.
type Exploited struct {
	Source string    `json:"source"`
	Since  time.Time `json:"since,omitzero"` // date of the listing
}

// EPSS is FIRST's estimate for the whole internet: no statement about one place.
type EPSS struct {
	Probability float64 `json:"probability"` // 0 to 1, of use within 30 days
	Percentile  float64 `json:"percentile"`  // 0 to 1
}

// Finding is something seen, and what is known about it.
type Finding struct {
	// ID is unique within an assessment and the same for the same input: the
	// kind's family, the public reference number or path, the package.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Reference is the public reference number that joins the records: a CVE,
	// or the record's own ID where it has none.
	Reference string `json:"reference,omitempty"`
	// Packages are the IDs of the packages it was seen in.
	Packages   []string   `json:"packages,omitempty"`
	Confidence Confidence `json:"confidence"`
	// Fixed is the version with the fix, by the preferred record.
	Fixed string `json:"fixed,omitempty"`
	// Advisories are all records that say so, the preferred one first.
	Advisories []Advisory `json:"advisories,omitempty"`
	Exploited  *Exploited `json:"exploited,omitempty"`
	EPSS       *EPSS      `json:"epss,omitempty"`
	// Vector is the best CVSS vector known for the reference, from any source
	// in the advisory file; empty where there is none, which is never "low".
	Vector *Severity `json:"vector,omitempty"`
	// Conflict is true where the records do not agree on the fixed version.
	Conflict bool `json:"conflict,omitempty"`
	// Files are examples of what was seen, biggest first, at most a hundred.
	Files []File `json:"files,omitempty"`
	// Seen counts all that the finding stands for: files, or for
	// KindKernelHeaders reference numbers in Seen.Files.
	Seen Count `json:"seen"`
	// Grave is true where more was seen than the kind alone says: a model that calls
	// the system's shell, a program that gains rights and that no maker shipped so.
	Grave bool `json:"grave,omitempty"`
	// Detail is the fact that the kind's words need: a date, a user, a name.
	Detail string `json:"detail,omitempty"`
	// Waived is the ID of the waiver that counts for it, WaivedAs that waiver's kind,
	// WasKind its own kind where the waiver changed that. It is shown all the same.
	Waived   string     `json:"waived,omitempty"`
	WaivedAs WaiverKind `json:"waivedAs,omitempty"`
	WasKind  Kind       `json:"wasKind,omitempty"`
	// Statements are what others say about it: VEX.
	Statements []Statement `json:"statements,omitempty"`
	// CrossCheck is what other methods say about a weakness; nil where it was not asked.
	CrossCheck *CrossCheck `json:"crossCheck,omitempty"`
}
