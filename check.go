package landwaiter

// The checks that look into files for more than which software they are.
const (
	CheckMalware  = "malware"
	CheckSecrets  = "secrets"
	CheckPersonal = "personal-data"
)

// CheckNames lists them in the order in which reports name them.
func CheckNames() []string { return []string{CheckMalware, CheckSecrets, CheckPersonal} }

// Check is one of them, and whether it was done. One that is not listed was not done.
type Check struct {
	Name string `json:"name"`
	Done bool   `json:"done"`
	// By is what did it, with its version and the day of its data.
	By string `json:"by,omitempty"`
	// Reason says why it was not done, or not everywhere.
	Reason string `json:"reason,omitempty"`
	// Seen is what it looked into.
	Seen Count `json:"seen"`
	// Aside are examples of files in which the same was seen and that are no finding: as
	// a package's maker gives them to everybody, or keys of tests. At most a hundred;
	// AsideSeen counts them all.
	Aside     []File `json:"aside,omitempty"`
	AsideSeen Count  `json:"asideSeen,omitzero"`
}

// Looked reports whether a check was done.
func (a *Assessment) Looked(check string) bool {
	for i := range a.Checks {
		if a.Checks[i].Name == check {
			return a.Checks[i].Done
		}
	}
	return false
}
