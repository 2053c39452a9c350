package landwaiter

import "time"

// Source is one source of what is known, as the advisory file holds it.
type Source struct {
	Name    string `json:"name"`   // such as "Debian" or "kev"
	Format  string `json:"format"` // row of advisory's table: "osv", "kev", "epss", "eol"
	Origin  string `json:"origin,omitempty"`
	Licence string `json:"licence,omitempty"`
	// Date is the day of the data, from the manifest beside it; zero where
	// nobody says, and then the source counts as too old.
	Date    time.Time `json:"date,omitzero"`
	Fetched time.Time `json:"fetched,omitzero"`
	SHA256  string    `json:"sha256"` // of the file it was built from
	Records int       `json:"records"`
	// Withdrawn records are kept so that a vanished finding can be explained.
	Withdrawn int `json:"withdrawn,omitempty"`
	// Newest is the newest change that a record claims. It is no measure of age.
	Newest time.Time `json:"newest,omitzero"`
	// Partial is true for a sample: it can show a weakness, it cannot say that
	// none is known.
	Partial bool `json:"partial,omitempty"`
	// Clears is true where the source is whole: that it says nothing about a package
	// that it covers means that it knows of no weakness.
	Clears bool `json:"clears,omitempty"`
	// Covers lists ecosystems, with their release where they have releases:
	// "Debian:12", "PyPI".
	Covers []string `json:"covers,omitempty"`
	// AgeDays is Date's age at the time of the assessment in whole days, -1
	// where Date is unknown or later than now.
	AgeDays int `json:"ageDays"`
	// Stale is true where the source is older than the method's limit, or of
	// unknown date.
	Stale bool `json:"stale"`
	// Used is true where the assessment leaned on the source.
	Used bool `json:"used,omitempty"`
}

// Severity is how bad somebody says a weakness is.
type Severity struct {
	Source string `json:"source"` // name of the Source, or who the record says scored it
	Type   string `json:"type"`   // "CVSS_V2", "CVSS_V3", "CVSS_V4", or the distribution's name
	Value  string `json:"value"`  // a vector, or the distribution's own word
}

// Advisory is what one record says about one package.
type Advisory struct {
	ID     string `json:"id"`
	Source string `json:"source"` // name of the Source
	// Date is the data date of the source.
	SourceDate time.Time `json:"sourceDate,omitzero"`
	// Range is the part of the record that matched, in words that a reader can
	// check: "< 2.36-9+deb12u7", ">= 1.2, < 1.4.1", "listed version 1.4".
	Range string `json:"range"`
	// Fixed is the first version with the fix, empty where none is named.
	Fixed    string     `json:"fixed,omitempty"`
	Summary  string     `json:"summary,omitempty"`
	Status   string     `json:"status,omitempty"` // the maker's word: "no-dsa", "deferred", "released", …
	Severity []Severity `json:"severity,omitempty"`
	Aliases  []string   `json:"aliases,omitempty"`
	URL      string     `json:"url,omitempty"`
	// Compared is the name and version that the range was held against.
	Compared string `json:"compared"`
	// Note says what a reader should know about the comparison, such as an
	// epoch that only one side has.
	Note string `json:"note,omitempty"`
}
