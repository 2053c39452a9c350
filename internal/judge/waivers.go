package judge

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Waive returns the findings of in, marked with what people say of them, and the
// waivers by ID, each counted or refused with the reason. It does not change in, and
// what stood in those marks before is made again: waiving twice is waiving once.
//
// A waiver never covers a stop finding, never outlives its end, and never reaches
// beyond the digest, project and package that it names. [Judge] waives by itself;
// callers need Waive for what reports show.
func Waive(m Method, in Input) ([]landwaiter.Finding, []landwaiter.Waiver) {
	findings := slices.Clone(in.Findings)
	for i := range findings {
		f := &findings[i]
		if f.WasKind != "" {
			f.Kind = f.WasKind
		}
		f.Waived, f.WaivedAs, f.WasKind = "", "", ""
		f.Statements = hearStatements(&m, &in, f)
	}
	waivers := slices.Clone(in.Waivers)
	slices.SortStableFunc(waivers, func(a, b landwaiter.Waiver) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(waiverText(&a), waiverText(&b)))
	})
	c := newCovering(findings, in.Packages)
	best := make([]*landwaiter.Waiver, len(findings))
	for i := range waivers {
		w := &waivers[i]
		w.Ended = false
		covers := c.by(w, &in)
		w.Covers = len(covers)
		w.Refused = refuseWaiver(&m, &in, w, findings, covers)
		if i > 0 && waivers[i-1].ID == w.ID {
			w.Refused, w.Ended = "another waiver has the same id", false
		}
		w.Counted = w.Refused == ""
		for _, at := range covers {
			if w.Counted && (best[at] == nil || stronger(w, best[at])) {
				best[at] = w
			}
		}
	}
	for i, w := range best {
		if w == nil {
			continue
		}
		f := &findings[i]
		f.Waived, f.WaivedAs = w.ID, w.Kind
		if w.Kind == landwaiter.WaiverResults && f.Kind != landwaiter.KindChangesResults {
			f.WasKind, f.Kind = f.Kind, landwaiter.KindChangesResults
		}
	}
	return findings, waivers
}

// toWaive reports whether anybody says anything about the findings of in.
func toWaive(in *Input) bool {
	return len(in.Waivers) > 0 || slices.ContainsFunc(in.Findings, func(f landwaiter.Finding) bool {
		return f.Waived != "" || f.WaivedAs != "" || f.WasKind != "" || len(f.Statements) > 0
	})
}

// waiverText is everything that decides about w, so that two with one ID come out
// the same in whatever order they came.
func waiverText(w *landwaiter.Waiver) string {
	c := *w
	c.Counted, c.Refused, c.Ended, c.Covers, c.Evidence = false, "", false, 0, nil
	var e landwaiter.WaiverEvidence
	if w.Evidence != nil {
		e = *w.Evidence
	}
	return fmt.Sprintf("%+v %+v", c, e)
}

// stronger reports whether a says more about a finding than b: that it is not there
// more than that its fix would do harm, that more than that it is accepted; then
// what lasts longer.
func stronger(a, b *landwaiter.Waiver) bool {
	order := []landwaiter.WaiverKind{landwaiter.WaiverAccepted, landwaiter.WaiverResults, landwaiter.WaiverFalseAlarm}
	return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), a.Until.Compare(b.Until), strings.Compare(b.ID, a.ID)) > 0
}

// refuseWaiver says in plain words why w does not count, or nothing where it does.
// That it has ended is looked at last, so that nothing else keeps an ended one away.
func refuseWaiver(m *Method, in *Input, w *landwaiter.Waiver, findings []landwaiter.Finding, covers []int) string {
	if why := refusePerson(m, w.By); why != "" {
		return why
	}
	days := int(dayOf(w.Until).Sub(dayOf(w.Made)) / (24 * time.Hour))
	switch {
	case strings.TrimSpace(w.Reason) == "":
		return "nobody says why"
	case !slices.Contains(landwaiter.WaiverKinds(), w.Kind):
		return "its kind is not known"
	case w.Made.IsZero() || dayOf(w.Made).After(in.Now):
		return "it is dated after today, or has no date"
	case days <= 0:
		return "it has no end"
	case days > m.MaxWaiverDays:
		return fmt.Sprintf("it lasts %d days, and the limit is %d", days, m.MaxWaiverDays)
	case w.Digest != "" && w.Digest != in.Subject.Fingerprint():
		return "it is for other content"
	case w.Project != "" && in.Place.Project == "":
		return "it is for one project, and nobody says for which project this is"
	case w.Project != "" && w.Project != in.Place.Project:
		return "it is for another project"
	case w.Kind == landwaiter.WaiverFalseAlarm && (w.Evidence == nil || strings.TrimSpace(w.Evidence.Text) == ""):
		return "nobody says how it was checked"
	case len(covers) == 0:
		return "nothing here is what it covers"
	}
	if why := refuseCovered(m, w, findings, covers, days); why != "" {
		return why
	}
	if !in.Now.Before(dayOf(w.Until)) {
		w.Ended = true
		return "it ended on " + isoDay(w.Until)
	}
	return ""
}

// refuseCovered says why w may not cover what it covers.
func refuseCovered(m *Method, w *landwaiter.Waiver, findings []landwaiter.Finding, covers []int, days int) string {
	for _, i := range covers {
		f := &findings[i]
		used := inUse(f)
		switch {
		case kinds[f.Kind].stop:
			return "it covers a finding that nobody may waive"
		case used && days > m.MaxWaiverDaysExploited:
			return fmt.Sprintf("it lasts %d days; where attackers use a weakness, the limit is %d", days, m.MaxWaiverDaysExploited)
		case w.Kind == landwaiter.WaiverResults && (!knownWeakness(f.Kind) || f.Fixed == ""):
			return "it speaks of a fix, and for some of what it covers no fix is named"
		}
	}
	return ""
}

// refusePerson says why the word of p does not count.
func refusePerson(m *Method, p landwaiter.Person) string {
	switch {
	case strings.TrimSpace(p.Name) == "" || strings.TrimSpace(p.Role) == "":
		return "nobody says who decided, and in what role"
	case ofResearchers(m, p.Name) || ofResearchers(m, p.Role):
		return "it comes from the researchers"
	}
	return ""
}

// ofResearchers reports whether words hold one of the method's names for those who
// ask, as whole words: "a researcher of P1", but not "research data manager".
func ofResearchers(m *Method, words string) bool {
	in := " " + strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool {
		return r < '0' || r > '9' && r < 'a' || r > 'z' && r < 0x80
	}), " ") + " "
	return slices.ContainsFunc(m.Researchers, func(name string) bool { return strings.Contains(in, " "+strings.ToLower(name)+" ") })
}

// covering finds what a waiver covers.
type covering struct {
	findings  []landwaiter.Finding
	ids, refs map[string][]int
	packages  map[string]*landwaiter.Package
}

func newCovering(findings []landwaiter.Finding, packages []landwaiter.Package) *covering {
	c := &covering{findings: findings, ids: map[string][]int{}, refs: map[string][]int{}, packages: map[string]*landwaiter.Package{}}
	for i := range findings {
		c.ids[findings[i].ID] = append(c.ids[findings[i].ID], i)
		if r := findings[i].Reference; r != "" {
			c.refs[r] = append(c.refs[r], i)
		}
	}
	for i := range packages {
		c.packages[packages[i].ID] = &packages[i]
	}
	return c
}

// by returns the places of the findings that w covers, in order.
func (c *covering) by(w *landwaiter.Waiver, in *Input) []int {
	if w.Digest != "" && w.Digest != in.Subject.Fingerprint() || w.Project != "" && w.Project != in.Place.Project {
		return nil
	}
	var out []int
	for _, id := range w.Findings {
		out = append(out, c.ids[id]...)
	}
	if w.Package != "" || w.Digest != "" { // else a reference would reach any software
		for _, r := range w.References {
			out = append(out, c.refs[r]...)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if w.Package == "" {
		return out
	}
	return slices.DeleteFunc(out, func(i int) bool { return !c.allAre(c.findings[i].Packages, w.Package) })
}

// allAre reports whether every package of a finding is the one that scope names: a
// finding in two packages is not waived by a word about one.
func (c *covering) allAre(ids []string, scope string) bool {
	for _, id := range ids {
		if p := c.packages[id]; p == nil || !isPackage(p, scope) {
			return false
		}
	}
	return len(ids) > 0
}

// isPackage reports whether scope names p: "ecosystem:name" with its version or
// without, by the package's own name or its source's, or a purl.
func isPackage(p *landwaiter.Package, scope string) bool {
	if strings.HasPrefix(scope, "pkg:") {
		return p.PURL != "" && samePURL(p.PURL, scope)
	}
	rest, ok := strings.CutPrefix(scope, p.Ecosystem+":")
	if !ok {
		return false
	}
	is := func(name, version string) bool {
		return name != "" && (rest == name || version != "" && rest == name+"@"+version)
	}
	return is(p.Name, p.Version) || is(p.SourceName, cmp.Or(p.SourceVersion, p.Version))
}

// samePURL reports whether scope names the package of a purl: its type, namespace
// and name, and the version where scope has one. Qualifiers say nothing here.
func samePURL(purl, scope string) bool {
	name, version := splitPURL(purl)
	wantName, wantVersion := splitPURL(scope)
	return name == wantName && (wantVersion == "" || version == wantVersion)
}

func splitPURL(purl string) (name, version string) {
	purl, _, _ = strings.Cut(purl, "#")
	purl, _, _ = strings.Cut(purl, "?")
	name = purl
	if at := strings.LastIndexByte(purl, '@'); at > strings.LastIndexByte(purl, '/')+1 {
		name, version = purl[:at], purl[at+1:]
	}
	return unescape(name), unescape(version)
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func isoDay(t time.Time) string { return t.UTC().Format(time.DateOnly) }
