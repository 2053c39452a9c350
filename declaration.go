package landwaiter

// Declaration is what a list says is in a subject: a bill of materials, a file of
// requirements or locked versions, a recipe. Nobody observed any of it.
type Declaration struct {
	File   string `json:"file"`   // as the caller named it
	Format string `json:"format"` // name of a row of declared's table, such as "requirements.txt"
	SHA256 string `json:"sha256"` // of the file
	// Everything is true for a list that means to name all software of every kind: a
	// bill of materials. Otherwise Ecosystems are those that it can speak of.
	Everything bool     `json:"everything,omitempty"`
	Ecosystems []string `json:"ecosystems,omitempty"`
	// Base are the images that a recipe builds on. What they hold it does not say.
	Base []string `json:"base,omitempty"`
	// Packages are in the order of the file.
	Packages []DeclaredPackage `json:"packages"`
	// Notes are what the list does not say itself, or says in a way that could not
	// be read, in the order of the file.
	Notes []DeclaredNote `json:"notes,omitempty"`
}

// DeclaredPackage is one item of a list.
type DeclaredPackage struct {
	Ecosystem string `json:"ecosystem"` // in inventory's words, such as "dpkg", where it has one
	Name      string `json:"name"`
	// Version is the one version that the list allows; empty where it allows several.
	Version string `json:"version,omitempty"`
	// Constraint is what the list allows, in the ecosystem's words: ">=1.2, <2".
	Constraint string `json:"constraint,omitempty"`
	// Condition is where the item applies at all: "python_version < '3.8'".
	Condition string `json:"condition,omitempty"`
	PURL      string `json:"purl,omitempty"`
	Line      int    `json:"line,omitempty"` // from 1; 0 where lines mean nothing
}

// DeclaredNote is something that a list does not say, or that could not be read.
type DeclaredNote struct {
	Line   int    `json:"line,omitempty"` // from 1; 0 where lines mean nothing
	Reason string `json:"reason"`
}

// Comparison holds a list against what was observed. It judges nothing: a list may
// be old, and a package that it does not name may be wanted.
type Comparison struct {
	File   string         `json:"file"`
	Format string         `json:"format"`
	SHA256 string         `json:"sha256"`
	Base   []string       `json:"base,omitempty"`
	Notes  []DeclaredNote `json:"notes,omitempty"`
	// Ecosystems are those that were compared: of all packages where the list means
	// to name everything.
	Ecosystems []string `json:"ecosystems"`
	// Declared counts the items of the list. Each is in Matched, Differ, NotObserved
	// or NotCompared.
	Declared int `json:"declared"`
	// Matched counts the items that were observed in a version that the list allows;
	// Unchecked those of them whose version nobody could check, or for which the
	// list names none.
	Matched   int `json:"matched"`
	Unchecked int `json:"unchecked,omitempty"`
	// NotCompared counts items of ecosystems in which nothing was observed.
	NotCompared int `json:"notCompared,omitempty"`
	// Differ are items that were observed in a version that the list does not allow.
	Differ []Difference `json:"differ,omitempty"`
	// NotObserved are items that nobody saw.
	NotObserved []DeclaredPackage `json:"notObserved,omitempty"`
	// Brought are observed packages that something declared needs.
	Brought []Brought `json:"brought,omitempty"`
	// NotDeclared are the IDs of observed packages that the list could name and does
	// not, and that nothing declared needs.
	NotDeclared []string `json:"notDeclared,omitempty"`
	// MaybeBase counts those of which nobody can say whether the list should name
	// them: an image that a recipe builds on may have brought them.
	MaybeBase int `json:"maybeBase,omitempty"`
	// NotSpoken counts observed packages that such a list cannot speak of.
	NotSpoken int `json:"notSpoken,omitempty"`
}

// Difference is one item of a list and a package of the same name in another version.
type Difference struct {
	Declared DeclaredPackage `json:"declared"`
	Observed string          `json:"observed"` // ID of the package
}

// Brought is an observed package that a declared one needs.
type Brought struct {
	ID string `json:"id"`
	By string `json:"by"` // ID of the declared package, by the shortest way
}
