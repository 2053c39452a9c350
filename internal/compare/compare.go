// Package compare says how one assessment differs from another: layers, packages,
// findings, files that nobody owns, the account and the advice. It is pure, and it
// judges nothing: two assessments by one method, of one day, with the same lists
// make a comparison; others make noise, and [Assessments] refuses them.
package compare

import (
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Schema names the version of the JSON form of a [Comparison].
const Schema = "landwaiter.comparison/1"

// Order orders the versions of two packages of one ecosystem; ok is false where
// nobody knows how. It is how this package knows up from down.
type Order func(p, q *landwaiter.Package) (n int, ok bool)

// Comparison is how a subject differs from a base.
type Comparison struct {
	Schema     string                   `json:"schema"`
	Tool       landwaiter.Tool          `json:"tool"`
	At         time.Time                `json:"at"`
	Method     landwaiter.Method        `json:"method"`
	Advisories *landwaiter.AdvisoryFile `json:"advisories,omitempty"`
	Base       Side                     `json:"base"`
	Subject    Side                     `json:"subject"`
	Layers     Layers                   `json:"layers"`
	Packages   Packages                 `json:"packages"`
	Findings   Findings                 `json:"findings"`
	Unnamed    Unnamed                  `json:"unnamed"`
	// Account holds the classes of the account in their order, then what later layers
	// removed or replaced, then the total.
	Account []ClassChange `json:"account"`
}

// Side is one of the two, in short.
type Side struct {
	Reference   string              `json:"reference"`
	Fingerprint string              `json:"fingerprint,omitempty"`
	Platform    string              `json:"platform,omitempty"`
	System      string              `json:"system,omitempty"`
	Layers      int                 `json:"layers"`
	Packages    int                 `json:"packages"`
	Findings    int                 `json:"findings"`
	Gaps        int                 `json:"gaps"`
	Outcome     landwaiter.Outcome  `json:"outcome"`
	Reasons     []landwaiter.Reason `json:"reasons"`
}

// Relation says how the layers of two images stand to each other.
type Relation string

// The relations.
const (
	SameLayers Relation = "same"       // all layers are the same, in the same order
	BuiltOn    Relation = "built-on"   // the subject begins with all layers of the base
	BaseOn     Relation = "base-of"    // the base begins with all layers of the subject
	Partly     Relation = "partly"     // both begin with some of the same layers
	Unrelated  Relation = "unrelated"  // not even the first layer is the same
	NoLayers   Relation = "not-layers" // one of them is no image
)

// Layers says what layers the two share.
type Layers struct {
	Relation Relation `json:"relation"`
	// Shared is how many of the first layers are the same.
	Shared int `json:"shared"`
	// Own are the other layers of the subject.
	Own []OwnLayer `json:"own"`
}

// OwnLayer is a layer of the subject that the base lacks.
type OwnLayer struct {
	Layer    int    `json:"layer"` // index in Subject.Layers
	Step     string `json:"step,omitempty"`
	Size     int64  `json:"size"`
	Unpacked int64  `json:"unpacked"`
	Packages int    `json:"packages"` // how many packages it brought, as they are now
}

// Change says in one word how something changed.
type Change string

// The changes of a package that both have.
const (
	Up         Change = "up"    // a later version
	Down       Change = "down"  // an earlier version
	Other      Change = "other" // another version, and nobody knows which is later
	OtherFiles Change = "other-files"
)

// PackageChange is a package that is not the same on both sides.
type PackageChange struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	Arch      string `json:"arch,omitempty"`
	// Change is empty for a package that one side lacks.
	Change Change `json:"change,omitempty"`
	// From and To are versions in the base and in the subject, FromID and ToID the IDs;
	// empty where the side lacks it.
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	FromID string `json:"fromId,omitempty"`
	ToID   string `json:"toId,omitempty"`
	// Layer is the index of the layer that brought it, in the subject, or in the base
	// for one that the subject lacks; Step the step of the build that made the layer.
	Layer int    `json:"layer"`
	Step  string `json:"step,omitempty"`
	// Owns is how much more it owns in the subject.
	Owns landwaiter.Count `json:"owns"`
}

// Packages are the differences between packages, in the order of assessments.
type Packages struct {
	Added   []PackageChange   `json:"added"`
	Removed []PackageChange   `json:"removed"`
	Changed []PackageChange   `json:"changed"`
	Same    int               `json:"same"`
	By      []EcosystemChange `json:"byEcosystem"` // those in which anything differs
}

// EcosystemChange counts the differences of one ecosystem.
type EcosystemChange struct {
	Ecosystem  string `json:"ecosystem"`
	Added      int    `json:"added"`
	Removed    int    `json:"removed"`
	Up         int    `json:"up"`
	Down       int    `json:"down"`
	Other      int    `json:"other"`
	OtherFiles int    `json:"otherFiles"`
}

// FindingChange is a finding that is not the same on both sides.
type FindingChange struct {
	// Key names the finding without the versions of packages.
	Key       string          `json:"key"`
	Kind      landwaiter.Kind `json:"kind"` // in the subject, else in the base
	Reference string          `json:"reference,omitempty"`
	// Packages are the names of the packages that it was seen in, on that side.
	Packages []string `json:"packages,omitempty"`
	// What says what changed: "kind", "fixed", "packages", "count", "detail".
	What []string `json:"what,omitempty"`
	// From and To are the finding on each side.
	From *FindingSide `json:"from,omitempty"`
	To   *FindingSide `json:"to,omitempty"`
}

// FindingSide is a finding on one side.
type FindingSide struct {
	Kind  landwaiter.Kind  `json:"kind"`
	IDs   []string         `json:"ids"` // several, where several versions of a package are there
	Fixed string           `json:"fixed,omitempty"`
	Seen  landwaiter.Count `json:"seen"`
	// Detail is the fact that the kind's words need.
	Detail string `json:"detail,omitempty"`
}

// Findings are the differences between findings, in the order of assessments.
type Findings struct {
	Added   []FindingChange `json:"added"`
	Removed []FindingChange `json:"removed"`
	Changed []FindingChange `json:"changed"`
	// Same counts those that are still there as they were; a package's version may
	// have changed.
	Same int          `json:"same"`
	By   []KindChange `json:"byKind"` // those in which anything was found
}

// KindChange counts the findings of one kind on each side.
type KindChange struct {
	Kind    landwaiter.Kind `json:"kind"`
	Base    int             `json:"base"`
	Subject int             `json:"subject"`
}

// Unnamed is what nobody owns on each side, and the folders that differ.
type Unnamed struct {
	Base    landwaiter.Count `json:"base"`
	Subject landwaiter.Count `json:"subject"`
	Added   []FolderChange   `json:"added"`
	Removed []FolderChange   `json:"removed"`
	Changed []FolderChange   `json:"changed"`
}

// FolderChange is a folder of files that nobody owns.
type FolderChange struct {
	Folder string           `json:"folder"`
	From   landwaiter.Count `json:"from"`
	To     landwaiter.Count `json:"to"`
}

// ClassChange is one class of the account on each side.
type ClassChange struct {
	Class   string           `json:"class"`
	Base    landwaiter.Count `json:"base"`
	Subject landwaiter.Count `json:"subject"`
}

// Assessments compares two assessments. They must be by one tool and method, of one
// time, with one file of advisories, else it fails with landwaiter.ErrInvalid. order
// may be nil.
func Assessments(base, subject *landwaiter.Assessment, order Order) (*Comparison, error) {
	if err := alike(base, subject); err != nil {
		return nil, err
	}
	if order == nil {
		order = func(_, _ *landwaiter.Package) (int, bool) { return 0, false }
	}
	c := &Comparison{
		Schema: Schema, Tool: subject.Tool, At: subject.At, Method: subject.Advice.Method, Advisories: subject.Advisories,
		Base: side(base), Subject: side(subject), Layers: layers(base, subject),
		Packages: packages(base, subject, order), Findings: findings(base, subject), Unnamed: unnamed(base, subject),
	}
	c.Account = account(base, subject)
	return c, nil
}

// account is every class of the account on each side.
func account(base, subject *landwaiter.Assessment) (out []ClassChange) {
	for class := range landwaiter.NumClasses {
		out = append(out, ClassChange{class.String(), *base.Account.Class(class), *subject.Account.Class(class)})
	}
	return append(out,
		ClassChange{"removed or replaced by a later layer", base.Account.Hidden, subject.Account.Hidden},
		ClassChange{"total", base.Account.Total, subject.Account.Total})
}

// alike refuses to compare what was not made in the same way.
func alike(a, b *landwaiter.Assessment) error {
	what := ""
	switch {
	case a.Tool != b.Tool:
		what = "by different versions of the tool"
	case a.Advice.Method != b.Advice.Method:
		what = "by different methods"
	case !a.At.Equal(b.At):
		what = "as of different times"
	case (a.Advisories == nil) != (b.Advisories == nil) || a.Advisories != nil && a.Advisories.SHA256 != b.Advisories.SHA256:
		what = "with different advisories"
	default:
		return nil
	}
	return fmt.Errorf("%s and %s were assessed %s, so their difference says nothing; assess both again: %w", a.Subject.Reference, b.Subject.Reference, what, landwaiter.ErrInvalid)
}

func side(a *landwaiter.Assessment) Side {
	s := Side{
		Reference: a.Subject.Reference, Fingerprint: a.Subject.Fingerprint(), Platform: a.Subject.Platform, Layers: len(a.Subject.Layers),
		Packages: len(a.Packages), Findings: len(a.Findings), Gaps: len(a.Gaps), Outcome: a.Advice.Outcome, Reasons: append([]landwaiter.Reason{}, a.Advice.Reasons...),
	}
	if a.System != nil {
		s.System = a.System.ID + " " + a.System.VersionID
	}
	return s
}

// Shared counts how many of the first layers of two subjects are the same.
func Shared(a, b *landwaiter.Subject) int {
	n := 0
	for n < len(a.Layers) && n < len(b.Layers) && a.Layers[n].DiffID != "" && a.Layers[n].DiffID == b.Layers[n].DiffID {
		n++
	}
	return n
}

func layers(base, subject *landwaiter.Assessment) Layers {
	b, s := &base.Subject, &subject.Subject
	l := Layers{Shared: Shared(b, s), Own: []OwnLayer{}}
	switch {
	case b.Kind != landwaiter.SubjectImage || s.Kind != landwaiter.SubjectImage:
		l.Relation = NoLayers
		return l
	case l.Shared == len(b.Layers) && l.Shared == len(s.Layers):
		l.Relation = SameLayers
	case l.Shared == len(b.Layers) && l.Shared > 0:
		l.Relation = BuiltOn
	case l.Shared == len(s.Layers) && l.Shared > 0:
		l.Relation = BaseOn
	case l.Shared > 0:
		l.Relation = Partly
	default:
		l.Relation = Unrelated
	}
	brought := map[int]int{}
	for i := range subject.Packages {
		brought[subject.Packages[i].Layer]++
	}
	for i := l.Shared; i < len(s.Layers); i++ {
		at := s.Layers[i]
		l.Own = append(l.Own, OwnLayer{i, at.CreatedBy, at.Size, at.Unpacked, brought[i]})
	}
	return l
}

func unnamed(base, subject *landwaiter.Assessment) Unnamed {
	u := Unnamed{Base: base.Account.Unnamed, Subject: subject.Account.Unnamed, Added: []FolderChange{}, Removed: []FolderChange{}, Changed: []FolderChange{}}
	was := map[string]landwaiter.Count{}
	for i := range base.Groups {
		if g := &base.Groups[i]; g.Others == 0 {
			was[g.Folder] = g.Total
		}
	}
	is := map[string]bool{}
	for i := range subject.Groups {
		g := &subject.Groups[i]
		if g.Others > 0 {
			continue // many small folders in one
		}
		is[g.Folder] = true
		from, ok := was[g.Folder]
		switch {
		case !ok:
			u.Added = append(u.Added, FolderChange{Folder: g.Folder, To: g.Total})
		case from != g.Total:
			u.Changed = append(u.Changed, FolderChange{g.Folder, from, g.Total})
		}
	}
	for i := range base.Groups {
		if g := &base.Groups[i]; g.Others == 0 && !is[g.Folder] {
			u.Removed = append(u.Removed, FolderChange{Folder: g.Folder, From: g.Total})
		}
	}
	return u
}
