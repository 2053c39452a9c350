package advisory

import (
	"cmp"
	"slices"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Sources returns the sources that the file was built from, by name. Their age is
// not set; see [File.SourcesAt].
func (f *File) Sources() []landwaiter.Source { return publicSources(f.meta.Sources) }

// SourcesAt returns the sources with their age at the time now. A source is stale
// where its data are more than maxAgeDays old, and where nobody knows how old they
// are. A source with a date for each release has the age of the oldest; see
// [File.SourcesFor].
func (f *File) SourcesAt(now time.Time, maxAgeDays int) []landwaiter.Source {
	return f.SourcesFor(nil, now, maxAgeDays)
}

// SourcesFor is SourcesAt for one system: where a source gives a date for the
// release of sys, that date counts.
func (f *File) SourcesFor(sys *landwaiter.System, now time.Time, maxAgeDays int) []landwaiter.Source {
	out := make([]landwaiter.Source, 0, len(f.meta.Sources))
	releases := f.releasesOf(sys)
	for i := range f.meta.Sources {
		s := f.meta.Sources[i].Source
		s.Covers = slices.Clone(s.Covers)
		s.Clears = f.clears(&f.meta.Sources[i])
		s.Date = f.meta.Sources[i].dateFor(releases)
		s.AgeDays = ageDays(s.Date, now)
		s.Stale = s.AgeDays < 0 || s.AgeDays > maxAgeDays
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b landwaiter.Source) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// ageDays is -1 where the date is unknown or later than now.
func ageDays(date, now time.Time) int {
	if date.IsZero() || date.After(now) {
		return -1
	}
	const day = 24 * time.Hour
	return int(now.UTC().Truncate(day).Sub(date.UTC().Truncate(day)) / day)
}

// dateFor is the data date for one of releases, or the source's own.
func (s *source) dateFor(releases []string) time.Time {
	for _, r := range releases {
		if t, ok := s.Dates[r]; ok {
			return t
		}
	}
	return s.Date
}

// Note is something that a reader of a source should know: why its age is unknown,
// what of it matches nothing, why it cannot clear a package.
type Note struct {
	Source string `json:"source"`
	Text   string `json:"text"`
}

// Notes returns what there is to know about the sources, by source.
func (f *File) Notes() []Note {
	var out []Note
	for _, s := range f.meta.Sources {
		if s.Why != "" {
			out = append(out, Note{s.Name, "it cannot show that a package has no known weakness: " + s.Why})
		}
		for _, text := range s.Notes {
			out = append(out, Note{s.Name, text})
		}
	}
	slices.SortStableFunc(out, func(a, b Note) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

// Coverage is how much the file holds of one ecosystem and release.
type Coverage struct {
	Ecosystem string `json:"ecosystem"` // as OSV names it: "Debian:12", "PyPI"
	Packages  int    `json:"packages"`  // that have any record
	// Clears are the names of the sources whose silence means that nothing is
	// known. Where there are none, a package without findings is not assessed.
	Clears []string `json:"clears,omitempty"`
	// Thin is true where so few packages have any record that silence says nothing.
	Thin bool `json:"thin,omitempty"`
}

// Coverage returns what the file holds, by ecosystem and release.
func (f *File) Coverage() []Coverage {
	var out []Coverage
	for name, n := range f.meta.Packages {
		c := Coverage{Ecosystem: name, Packages: n, Thin: ecosystemOf(name).thin}
		if !c.Thin {
			c.Clears = f.clearing([]string{name})
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Coverage) int { return cmp.Compare(a.Ecosystem, b.Ecosystem) })
	return out
}

// clears reports whether silence of a source means something about any package: it is
// whole, and not only about ecosystems of few records.
func (f *File) clears(s *source) bool {
	return s.Clears && slices.ContainsFunc(s.Covers, func(release string) bool {
		return f.meta.Packages[release] > 0 && !ecosystemOf(release).thin
	})
}

// clearing names the sources that clear any of releases.
func (f *File) clearing(releases []string) []string {
	var out []string
	for _, s := range f.meta.Sources {
		if s.Clears && slices.ContainsFunc(releases, func(r string) bool { return slices.Contains(s.Covers, r) }) {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return out
}

// EndOfLife returns how long the release of sys gets fixes. It is false where no
// source says so.
func (f *File) EndOfLife(sys *landwaiter.System) (EOL, bool) {
	if sys == nil || sys.VersionID == "" {
		return EOL{}, false
	}
	for _, e := range f.meta.EOL {
		if e.System == sys.ID && e.Version == sys.VersionID {
			return e, true
		}
	}
	return EOL{}, false
}

// MarkUsed sets Used on the sources that an assessment leaned on: those that its
// answers and findings name, and, where anything was matched at all, the lists
// that rank findings. A table of releases is used where [File.EndOfLife] answered;
// only the caller knows that, and gives its name in more. Who gave a vector does not
// count: what an attack needs does not age.
func MarkUsed(sources []landwaiter.Source, answers []landwaiter.Answer, findings []landwaiter.Finding, more ...string) {
	used := map[string]bool{}
	for _, name := range more {
		used[name] = true
	}
	for i := range answers {
		for _, name := range answers[i].Sources {
			used[name] = true
		}
	}
	for i := range findings {
		for j := range findings[i].Advisories {
			used[findings[i].Advisories[j].Source] = true
		}
	}
	for i := range sources {
		s := &sources[i]
		ranks := s.Format == "kev" || s.Format == "epss"
		s.Used = used[s.Name] || (ranks && len(findings) > 0)
	}
}
