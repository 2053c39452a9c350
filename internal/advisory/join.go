package advisory

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// names says which identifiers stand for the same weakness. Each points at
// another, and in the end at the one that names it: a CVE, the oldest first, else
// a GHSA, else whatever there is.
type names map[string]string

func (n names) root(id string) string {
	up, ok := n[id]
	if !ok {
		n[id] = id
		return id
	}
	if up == id {
		return id
	}
	r := n.root(up)
	n[id] = r
	return r
}

func (n names) same(a, b string) {
	a, b = n.root(a), n.root(b)
	if a == b {
		return
	}
	if compareNames(a, b) > 0 {
		a, b = b, a
	}
	n[b] = a
}

func compareNames(a, b string) int {
	ca, okA := parseCVE(a)
	cb, okB := parseCVE(b)
	if okA && okB {
		return cmp.Compare(ca, cb)
	}
	return cmp.Or(
		-compareBool(okA, okB),
		-compareBool(strings.HasPrefix(a, "GHSA-"), strings.HasPrefix(b, "GHSA-")),
		cmp.Compare(a, b),
	)
}

// learn takes in the names of what a record is about.
func (n names) learn(c *card) {
	if c.selfish() || len(c.upstream) > 0 {
		return
	}
	for _, alias := range c.aliases {
		n.same(c.id, alias)
	}
}

// references are the weaknesses that a record is about, by any of their names. An
// erratum is about each CVE that it answers for; other records are about one
// weakness, whatever its names.
func (c *card) references() []string {
	if !c.selfish() && len(c.upstream) > 0 {
		return c.upstream
	}
	return []string{c.id}
}

// selfish: harmful packages, and updates that wait, are about themselves.
func (c *card) selfish() bool { return c.flags&flagPending != 0 || malware(c.id) }

func malware(id string) bool { return strings.HasPrefix(id, "MAL-") }

// draft is a finding in the making.
type draft struct {
	reference string
	hits      []*hit
	packages  []string // may hold one several times
	others    []*hit
}

// joiner makes drafts of what the records say about one group.
type joiner struct {
	names  names
	drafts map[string]*draft // by the name of the weakness
}

// groupFindings makes the findings of one group: one for each weakness, with all
// records about it.
func (m *matcher) groupFindings(g *group) []*landwaiter.Finding {
	members := map[*outcome][]string{}
	var outs []*outcome
	for _, mem := range g.members {
		if members[mem.out] == nil {
			outs = append(outs, mem.out)
		}
		members[mem.out] = append(members[mem.out], mem.id)
	}
	n := 0
	for _, out := range outs {
		n += len(out.hits) + len(out.others)
	}
	j := joiner{make(names, 2*n), make(map[string]*draft, n)}
	// All names first: which is the name of a weakness depends on every record.
	for _, out := range outs {
		for _, list := range [][]hit{out.hits, out.others} {
			for i := range list {
				j.names.learn(list[i].card)
			}
		}
	}
	for _, out := range outs {
		for i := range out.hits {
			j.hit(&out.hits[i], members[out])
		}
	}
	for _, out := range outs {
		for i := range out.others {
			j.other(&out.others[i])
		}
	}
	cves := map[string][]cveID{}
	for id := range j.names { // rate sorts them
		if c, ok := parseCVE(id); ok {
			root := j.names.root(id)
			cves[root] = append(cves[root], c)
		}
	}
	out := make([]*landwaiter.Finding, 0, len(j.drafts))
	for root, d := range j.drafts {
		out = append(out, m.finding(g, d, cves[root]))
	}
	return out
}

func (j *joiner) hit(h *hit, packages []string) {
	for _, ref := range h.card.about {
		root := j.names.root(ref)
		d := j.drafts[root]
		if d == nil {
			d = &draft{reference: root}
			j.drafts[root] = d
		}
		d.hits, d.packages = append(d.hits, h), append(d.packages, packages...)
	}
}

func (j *joiner) other(h *hit) {
	for _, ref := range h.card.about {
		if d := j.drafts[j.names.root(ref)]; d != nil {
			d.others = append(d.others, h)
		}
	}
}

func (m *matcher) finding(g *group, d *draft, cves []cveID) *landwaiter.Finding {
	slices.SortStableFunc(d.hits, compareHits)
	d.hits = slices.CompactFunc(d.hits, func(a, b *hit) bool { return a.card.id == b.card.id })
	f := &landwaiter.Finding{Reference: d.reference, Confidence: landwaiter.ConfidenceMapped}
	slices.Sort(d.packages)
	f.Packages = slices.Compact(d.packages)
	f.Advisories = make([]landwaiter.Advisory, 0, len(d.hits))
	for _, h := range d.hits {
		f.Advisories = append(f.Advisories, m.advisory(g, h))
		if c := confidence(g, h); surer(c, f.Confidence) {
			f.Confidence = c
		}
	}
	m.fix(g, d, f)
	m.rate(d, cves, f)
	m.kind(g, d, f)
	return f
}

// compareHits puts the preferred record first, and of one record in two sources
// the one of the source whose name sorts first.
func compareHits(a, b *hit) int {
	return cmp.Or(
		cmp.Compare(familyOf(a.card.id).rank, familyOf(b.card.id).rank),
		cmp.Compare(a.card.id, b.card.id),
		cmp.Compare(a.card.source, b.card.source),
		cmp.Compare(a.compared, b.compared),
		cmp.Compare(a.words, b.words),
	)
}

const changelogNote = "taken from a changelog, which names what a version fixed; that older ones are affected is our reading"

func (m *matcher) advisory(g *group, h *hit) landwaiter.Advisory {
	s := m.source(h.card)
	note := h.note
	if h.card.flags&flagChangelog != 0 {
		note = strings.TrimPrefix(note+"; "+changelogNote, "; ")
	}
	return landwaiter.Advisory{
		ID: h.card.id, Source: s.Name, SourceDate: s.dateFor(g.target.releases), Range: h.words, Fixed: h.fixed,
		Summary: h.card.summary, Status: h.status, Severity: h.card.severity, URL: h.card.url,
		Aliases: slices.Concat(h.card.aliases, h.card.upstream), Compared: h.compared, Note: note,
	}
}

// confidence: a distribution speaks for its own packages, even where it names no
// fix, if it says what it means to do. Anybody else's range without an end is
// weaker than one with an end.
func confidence(g *group, h *hit) landwaiter.Confidence {
	own := g.target.osv.distribution && g.target.foreign == "" && h.card.flags&(flagChangelog|flagPending) == 0
	switch {
	case g.target.mapped:
		return landwaiter.ConfidenceMapped
	case own && (!h.openEnd || h.status != ""):
		return landwaiter.ConfidenceConfirmed
	case h.openEnd:
		return landwaiter.ConfidenceOpenEnded
	}
	return landwaiter.ConfidenceVersion
}

var confidences = []landwaiter.Confidence{
	landwaiter.ConfidenceObserved, landwaiter.ConfidenceConfirmed, landwaiter.ConfidenceVersion,
	landwaiter.ConfidenceOpenEnded, landwaiter.ConfidenceMapped,
}

func surer(a, b landwaiter.Confidence) bool {
	return slices.Index(confidences, a) < slices.Index(confidences, b)
}

// fix settles the fixed version and whether the records disagree on it. Of one
// family, such as two errata, the later version counts: the first fix was not
// whole. Families that name different versions are in conflict, and so is one that
// says that this version is fixed already; it is then shown as well.
func (m *matcher) fix(g *group, d *draft, f *landwaiter.Finding) {
	fixed := map[string]string{}
	var order []string
	for _, h := range d.hits {
		name := familyOf(h.card.id).name
		have, ok := fixed[name]
		if !ok {
			order = append(order, name)
		}
		if h.fixed != "" && (have == "" || m.older(g, have, h.fixed)) {
			have = h.fixed
		}
		fixed[name] = have
	}
	for _, name := range order {
		v := fixed[name]
		switch {
		case v == "":
		case f.Fixed == "":
			f.Fixed = v
		case m.older(g, v, f.Fixed) || m.older(g, f.Fixed, v):
			f.Conflict = true
		}
	}
	slices.SortStableFunc(d.others, compareHits)
	for _, h := range slices.CompactFunc(d.others, func(a, b *hit) bool { return a.card.id == b.card.id }) {
		if _, speaks := fixed[familyOf(h.card.id).name]; speaks {
			continue
		}
		f.Conflict = true
		a := m.advisory(g, h)
		a.Note = strings.TrimPrefix(a.Note+"; it does not match: by this record the version is not affected", "; ")
		f.Advisories = append(f.Advisories, a)
	}
}

// older reports whether version a is older than b. Where they cannot be compared
// the texts are, so that the answer is always the same.
func (m *matcher) older(g *group, a, b string) bool {
	va, vb := m.parse(g.target.osv.name, a), m.parse(g.target.osv.name, b)
	if va != nil && vb != nil {
		if n, err := va.Compare(*vb); err == nil {
			return n < 0
		}
	}
	return a < b
}

// rate joins what is said about the CVEs as such.
func (m *matcher) rate(d *draft, cves []cveID, f *landwaiter.Finding) {
	slices.Sort(cves)
	for _, cve := range cves {
		s, ok := m.t.scores.find(cve)
		if !ok {
			continue
		}
		if day := s.since(); !day.IsZero() && (f.Exploited == nil || day.Before(f.Exploited.Since)) {
			f.Exploited = &landwaiter.Exploited{Source: m.f.sourceOf("kev"), Since: day}
		}
		if p := float64(s.probability) / billion; s.hasEPSS && (f.EPSS == nil || p > f.EPSS.Probability) {
			f.EPSS = &landwaiter.EPSS{Probability: p, Percentile: float64(s.percentile) / billion}
		}
		if betterVector(s.vector, f.Vector) {
			f.Vector = s.vector
		}
	}
	if f.Vector != nil {
		return
	}
	for _, h := range d.hits {
		for i := range h.card.severity {
			// The vector of an erratum about several CVEs is of none of them alone.
			if s := h.card.severity[i]; vectorType(s.Value) != "" && len(h.card.upstream) < 2 && betterVector(&s, f.Vector) {
				f.Vector = &s
			}
		}
	}
}

// sourceOf returns the name of the one source of a format.
func (f *File) sourceOf(format string) string {
	for _, s := range f.meta.Sources {
		if s.Format == format {
			return s.Name
		}
	}
	return format
}

// kind settles the kind and the ID, which does not change when attackers take up a
// weakness or a fix appears.
func (m *matcher) kind(g *group, d *draft, f *landwaiter.Finding) {
	family := "weakness"
	switch first := d.hits[0].card; {
	case malware(first.id):
		family, f.Kind = "malware", landwaiter.KindMalware
	case g.owner != "":
		family, f.Kind = "handled", landwaiter.KindHandled
		if m.sys != nil {
			f.Detail = cmp.Or(m.sys.Name, systemName(m.sys))
		}
	case first.flags&flagPending != 0:
		family, f.Kind, f.Detail = "pending-update", landwaiter.KindPendingUpdate, f.Fixed
	case f.Exploited != nil:
		f.Kind = landwaiter.KindExploited
	case f.Fixed != "":
		f.Kind = landwaiter.KindWeakness
	default:
		f.Kind = landwaiter.KindWeaknessNoFix
	}
	f.ID = family + ":" + f.Reference + ":" + g.label
}

// maxHeaderRecords is how many records the one finding on kernel headers shows.
const maxHeaderRecords = 100

// headersFinding makes one finding of all on packages that hold no kernel. list is
// in the order of reports and not empty.
func headersFinding(list []*landwaiter.Finding) *landwaiter.Finding {
	out := &landwaiter.Finding{ID: "kernel-headers:linux", Kind: landwaiter.KindKernelHeaders, Confidence: list[0].Confidence}
	cves := map[string]bool{}
	records := map[string]bool{}
	for _, f := range list {
		out.Packages = append(out.Packages, f.Packages...)
		if f.Kind != landwaiter.KindPendingUpdate {
			cves[f.Reference] = true
		}
		for _, a := range f.Advisories {
			if key := a.ID + a.Compared; !records[key] && len(out.Advisories) < maxHeaderRecords {
				records[key] = true
				out.Advisories = append(out.Advisories, a)
			}
		}
	}
	slices.Sort(out.Packages)
	out.Packages = slices.Compact(out.Packages)
	out.Seen.Files = int64(max(1, len(cves))) // an update that waits, and no CVE, still is one
	out.Detail = strconv.FormatInt(out.Seen.Files, 10)
	if hidden := len(cves) - maxHeaderRecords; hidden > 0 {
		out.Advisories[0].Note = strings.TrimPrefix(fmt.Sprintf("%s; one of %d, of which the first %d are shown", out.Advisories[0].Note, len(cves), maxHeaderRecords), "; ")
	}
	return out
}
