package report

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// blindspot is what a list does not hold by the way it is made, whatever its age.
// A reader who compares two counts must know it.
type blindspot struct {
	// list is the root of an ecosystem, as OSV and internal/advisory name it, or the
	// name of a source that speaks of an ecosystem in its own way. The latter wins.
	list string
	// code is in the words' groups "blind" and "blind-means".
	code string
}

// blindspots is the table. A list that is in no row is one of which we know no
// such limit, and that is not the same as none. What each source holds was read from
// the data and from its maker's own description of it.
var blindspots = []blindspot{
	// Made from notices of fixes: a weakness without a fix is in no notice.
	{"AlmaLinux", "fixed-only"},
	{"Alpine", "fixed-only"},
	{"Chainguard", "fixed-only"},
	{"Mageia", "fixed-only"},
	{"Red Hat", "fixed-only"},
	{"Rocky Linux", "fixed-only"},
	{"SUSE", "fixed-only"},
	{"Wolfi", "fixed-only"},
	{"openEuler", "fixed-only"},
	{"openSUSE", "fixed-only"},
	// The trackers of Debian and Ubuntu name open weaknesses too, but not those that
	// nobody has looked at; Ubuntu's paid fixes are another list.
	{"Debian", "triaged-only"},
	{"Ubuntu", "triaged-only"},
	// Converted from what is at hand, as the manifest of the data says.
	{"Debian-changelogs", "changelogs"},
	{"Debian-security-archive", "updates-only"},
	// A handful of records for thousands of packages.
	{"Bioconductor", "thin"},
	{"CRAN", "thin"},
	{"GHC", "thin"},
	{"Hackage", "thin"},
	{"Hex", "reported-only"},
	{"Pub", "reported-only"},
	{"SwiftURL", "thin"},
	{"opam", "thin"},
	// Kept by people who are told; what nobody reports is not there, and what a
	// builder copies into a package has no name there.
	{"Go", "reported-only"},
	{"Julia", "reported-only"},
	{"Maven", "reported-only"},
	{"NuGet", "reported-only"},
	{"Packagist", "reported-only"},
	{"PyPI", "reported-only"},
	{"RubyGems", "reported-only"},
	{"crates.io", "reported-only"},
	{"npm", "reported-only"},
	{"ConanCenter", "thin"},
	// Lists that are about weaknesses and not about software.
	{"kev", "kev"},
	{"epss", "epss"},
	{"ssvc", "ssvc"},
}

// blindCode returns what s does not hold, or "" where the table does not say.
func blindCode(s *landwaiter.Source) string {
	names := []string{s.Name, s.Format}
	for _, c := range s.Covers {
		root, _, _ := strings.Cut(c, ":")
		names = append(names, root)
	}
	for _, n := range names {
		if i := slices.IndexFunc(blindspots, func(b blindspot) bool { return b.list == n }); i >= 0 {
			if s.Partial && blindspots[i].code == "triaged-only" {
				return "fixed-only" // a part of it is its notices, which are about fixes
			}
			return blindspots[i].code
		}
	}
	return ""
}

// worstBlind are the codes that page one must say, the gravest first: each makes a
// count look better than it is.
var worstBlind = []string{"fixed-only", "changelogs", "updates-only", "thin"}

// blindSentence says for page one what the list of this subject does not hold; nil
// where no list in use has such a limit.
func (v *view) blindSentence() rich {
	for _, code := range worstBlind {
		var names []string
		for i := range v.a.Sources {
			s := &v.a.Sources[i]
			if s.Used && blindCode(s) == code {
				names = append(names, data(s.Name, v.room.name))
			}
		}
		if len(names) == 0 {
			continue
		}
		f := counts(int64(len(names)), 0)
		f.Names = listed(names[:min(len(names), v.room.blind)])
		if left := len(names) - v.room.blind; left > 0 {
			f.Names = strings.Join(names[:v.room.blind], ", ") + " and " + number(int64(left)) + " more"
		}
		return v.say("blind-brief", code, f)
	}
	return nil
}

// blindspots says in full what each list that was used does not hold.
func (v *sheet) blindspots() part {
	p := v.part("blindspots")
	t := v.table("blindspots", 100, "list", "not-held", "follows")
	for i := range v.a.Sources {
		s := &v.a.Sources[i]
		if !s.Used {
			continue
		}
		code := blindCode(s)
		if code == "" {
			code = "unsaid"
		}
		not, means := v.label("blind", code), v.label("blind-means", code)
		if s.Partial {
			not, means = join(v.label("blind", "sample"), not), join(v.label("blind-means", "sample"), means)
		}
		t.Rows = append(t.Rows, row(name(s.Name), not, means))
	}
	t.Facts = true
	p.Tables = v.orNone(&p, t)
	return p
}

// notLooked names what nobody looked for: "passwords or data about people".
func notLooked(w *words, a *landwaiter.Assessment) string {
	return checksThat(w, func(name string) bool { return !a.Looked(name) })
}

// partlyLooked names what was looked for, and not in every file.
func partlyLooked(w *words, a *landwaiter.Assessment) string {
	return checksThat(w, func(name string) bool {
		return slices.ContainsFunc(a.Checks, func(c landwaiter.Check) bool { return c.Name == name && c.Done && c.Reason != "" })
	})
}

// checksThat names the checks that want reports true of.
func checksThat(w *words, want func(name string) bool) string {
	var names []string
	for _, c := range landwaiter.CheckNames() {
		if want(c) {
			names = append(names, w.label("check", c).String())
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}
