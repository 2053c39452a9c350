// Package why answers why a package or a file is in a subject: what it is, which
// step of the build brought it, who asked for it, and what would go with it. It
// says only what package managers wrote down, and where they wrote nothing, that
// nobody can tell.
package why

import (
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Schema names the version of the JSON form of an [Answer].
const Schema = "landwaiter.why/1"

// Material is what the question is about.
type Material struct {
	Subject  *landwaiter.Subject
	Packages []landwaiter.Package
	// File finds the visible file that a path leads to.
	File func(path string) (File, bool)
	// Partial is true where File knows only some files, as an earlier assessment
	// does.
	Partial bool
}

// File is a file in the subject.
type File struct {
	landwaiter.File
	// State says whether it is what its owner shipped.
	State State `json:"state"`
}

// State is the state of a file.
type State string

// The states. A file that nobody owns has none of its maker's sums.
const (
	StateShipped State = "as-shipped"
	StateChanged State = "changed"
	StateUnknown State = "cannot-tell"
)

// Named names a package.
type Named struct {
	ID        string `json:"id"`
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	PURL      string `json:"purl,omitempty"`
}

// Answer answers one question.
type Answer struct {
	Schema    string `json:"schema"`
	Reference string `json:"reference"` // of the subject
	Question  string `json:"question"`
	// File is set where the question is a path.
	File *File `json:"file,omitempty"`
	// Step is the step of the build that brought File.
	Step string `json:"step,omitempty"`
	// Matches are all packages that the question names, by ID.
	Matches []Named `json:"matches"`
	// Packages explains the matches, where they are at most [MaxExplained].
	Packages []Explanation `json:"packages"`
}

// Verdict says in one word why a package is there.
type Verdict string

// The verdicts, the surest first.
const (
	Asked     Verdict = "asked-for"    // somebody asked for it by name
	Part      Verdict = "part-of"      // it came as a part of another package
	Needed    Verdict = "needed"       // others need it
	Loop      Verdict = "loop"         // only packages that it needs itself need it
	NoRecord  Verdict = "no-record"    // nobody needs it, and no record says that somebody asked
	NotStated Verdict = "not-recorded" // packages of its kind do not say what they need
)

// Explanation says why one package is there.
type Explanation struct {
	Package  Named                 `json:"package"`
	Verdict  Verdict               `json:"verdict"`
	Licence  string                `json:"licence,omitempty"`
	Evidence []landwaiter.Evidence `json:"evidence"`
	Owns     landwaiter.Count      `json:"owns"`
	// Layer is the index of the layer that brought it, Step the step of the build
	// that made that layer, shortened.
	Layer int    `json:"layer"`
	Step  string `json:"step,omitempty"`
	// Requested is true where a record says that somebody asked for it by name;
	// RequestsKnown where any package of its kind has such a record.
	Requested     bool `json:"requested"`
	RequestsKnown bool `json:"requestsKnown"`
	// OwnedBy and PartOf are the packages that hold it.
	OwnedBy *Named `json:"ownedBy,omitempty"`
	PartOf  *Named `json:"partOf,omitempty"`
	// NeededBy are those that need it or hold it directly, by ID; NeededByAll counts
	// all that do so in the end.
	NeededBy    []Named `json:"neededBy"`
	NeededByAll int     `json:"neededByAll"`
	// Chains are the shortest ways from roots to it, at most [MaxChains], the
	// shortest first; Roots counts the roots. A root is a package that somebody asked
	// for, or that nothing else needs.
	Chains []Chain `json:"chains"`
	Roots  int     `json:"roots"`
	// Needs are those that it needs or holds directly, by ID; NeedsAll counts all.
	Needs    []Named `json:"needs"`
	NeedsAll int     `json:"needsAll"`
	// Missing are names that it asks for and to which no package answers.
	Missing []string `json:"missing"`
	// WouldGo are the packages that are there only because of it, by ID, WouldGoOwns
	// what they own.
	WouldGo     []Named          `json:"wouldGo"`
	WouldGoOwns landwaiter.Count `json:"wouldGoOwns"`
}

// Chain leads from a root to the package in question, which is its last link.
type Chain struct {
	// Requested is true where somebody asked for the first link by name.
	Requested bool `json:"requested"`
	// Loop is true where the first link and others need each other, and nobody else
	// needs any of them.
	Loop  bool   `json:"loop,omitempty"`
	Links []Link `json:"links"`
}

// Link is one step of a chain.
type Link struct {
	Named
	// Holds is true where the package before holds this one, false where it needs
	// it.
	Holds bool `json:"holds,omitempty"`
}

// Limits of an answer.
const (
	MaxExplained = 3
	MaxChains    = 5
)

// Ask answers a question: a package's ID, purl, name, name@version, the name of the
// source that packages are built from, or a path. Where nothing matches, the error
// is landwaiter.ErrNotFound and gives names that are near.
func Ask(m *Material, question string) (*Answer, error) {
	a := &Answer{Schema: Schema, Reference: m.Subject.Reference, Question: question, Matches: []Named{}, Packages: []Explanation{}}
	found := match(m.Packages, question)
	if len(found) == 0 && strings.Contains(question, "/") {
		f, ok := m.File(question)
		if ok {
			a.File, a.Step = &f, step(m.Subject, f.Layer)
			if f.Owner == "" {
				return a, nil
			}
			found = byID(m.Packages, f.Owner)
		}
	}
	if len(found) == 0 {
		return nil, notFound(m, question)
	}
	for _, i := range found {
		a.Matches = append(a.Matches, named(&m.Packages[i]))
	}
	if len(found) <= MaxExplained {
		g := newGraph(m.Packages)
		for _, i := range found {
			a.Packages = append(a.Packages, explain(m, g, i))
		}
	}
	return a, nil
}

func notFound(m *Material, question string) error {
	if strings.HasPrefix(question, "/") {
		if m.Partial {
			return fmt.Errorf("%s: an assessment names only the files that it speaks of; name the subject itself instead of --from: %w", question, landwaiter.ErrNotFound)
		}
		return fmt.Errorf("%s: no such file is visible in %s: %w", question, m.Subject.Reference, landwaiter.ErrNotFound)
	}
	near := nearNames(m.Packages, question)
	if len(near) == 0 {
		return fmt.Errorf("no package in %s is called %q; landwaiter inventory lists them all: %w", m.Subject.Reference, question, landwaiter.ErrNotFound)
	}
	return fmt.Errorf("no package in %s is called %q; near it: %s: %w", m.Subject.Reference, question, strings.Join(near, ", "), landwaiter.ErrNotFound)
}

func named(p *landwaiter.Package) Named {
	return Named{ID: p.ID, Ecosystem: p.Ecosystem, Name: p.Name, Version: p.Version, PURL: p.PURL}
}

// step is the shortened build step of a layer.
func step(s *landwaiter.Subject, layer int) string {
	if layer < 0 || layer >= len(s.Layers) {
		return ""
	}
	return Shorten(s.Layers[layer].CreatedBy)
}

// maxStep is the length to which a build step is cut, in characters.
const maxStep = 160

// Shorten makes one readable line of a build step: without what every step has, and
// cut.
func Shorten(text string) string {
	words := strings.Fields(text)
	text = strings.Join(words, " ")
	for _, lead := range []string{"/bin/sh -c #(nop) ", "RUN /bin/sh -c ", "/bin/sh -c "} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			text = rest
			break
		}
	}
	text = strings.TrimSuffix(text, " # buildkit")
	if r := []rune(text); len(r) > maxStep {
		return string(r[:maxStep-1]) + "…"
	}
	return text
}

// explain says why package i is there.
func explain(m *Material, g *graph, i int32) Explanation {
	p := &m.Packages[i]
	e := Explanation{
		Package: named(p), Licence: p.Licence, Evidence: append([]landwaiter.Evidence{}, p.Evidence...), Owns: p.Owns,
		Layer: p.Layer, Step: step(m.Subject, p.Layer), Requested: p.Requested, RequestsKnown: g.requests[p.Ecosystem],
		OwnedBy: g.one(p.OwnedBy), PartOf: g.one(p.PartOf),
		NeededBy: g.names(g.up[i]), NeededByAll: len(g.reach(i, g.up)) - 1,
		Needs: g.names(g.down[i]), NeedsAll: len(g.reach(i, g.down)) - 1,
		Missing: append([]string{}, p.Missing...),
	}
	e.Chains, e.Roots = g.chains(i)
	gone := g.onlyBy(i)
	e.WouldGo = g.names(gone)
	for _, j := range gone {
		e.WouldGoOwns.Add(m.Packages[j].Owns)
	}
	switch {
	case p.Requested:
		e.Verdict = Asked
	case e.OwnedBy != nil || e.PartOf != nil:
		e.Verdict = Part
	case len(e.NeededBy) > 0 && e.Roots > 0:
		e.Verdict = Needed
	case len(e.NeededBy) > 0:
		e.Verdict = Loop
	case !g.needs[p.Ecosystem]:
		e.Verdict = NotStated
	default:
		e.Verdict = NoRecord
	}
	return e
}
