package advisory

import (
	"cmp"
	"encoding/binary"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// card is what matching needs of a record beside its ranges. It is kept
// uncompressed; the record itself lies compressed in "details".
type card struct {
	source  int // index in the file's list of sources
	id      string
	flags   uint64
	summary string
	url     string
	aliases []string // other names of the same weakness
	// upstream are the CVEs that the record answers for, where it is an erratum or
	// a tracker's entry: each a weakness of its own.
	upstream []string
	severity []landwaiter.Severity
	// Where the record lies in "details".
	block, offset, length uint64
	// about are its references; the file does not hold them.
	about []string
}

// Flags of a card.
const (
	flagPending   = 1 << iota // says that an update waits, not which weakness
	flagChangelog             // taken from a changelog: shows a missing fix, clears nothing
	flagWithdrawn
	flagNoSecurity // no statement about security
)

func (c *card) encode(b []byte) []byte {
	for _, n := range []uint64{uint64(c.source), c.flags, c.block, c.offset, c.length} {
		b = binary.AppendUvarint(b, n)
	}
	for _, s := range []string{c.id, c.summary, c.url} {
		b = putText(b, s)
	}
	b = putList(putList(b, c.aliases), c.upstream)
	b = binary.AppendUvarint(b, uint64(len(c.severity)))
	for _, s := range c.severity {
		b = putText(putText(putText(b, s.Source), s.Type), s.Value)
	}
	return b
}

func decodeCard(b []byte) (card, error) {
	r := texts(b)
	c := card{source: int(r.number() & 0xFFFFFF), flags: r.number(), block: r.number(), offset: r.number(), length: r.number()}
	c.id, c.summary, c.url = r.text(), r.text(), r.text()
	c.aliases, c.upstream = r.list(), r.list()
	for range r.count() {
		c.severity = append(c.severity, landwaiter.Severity{Source: r.text(), Type: r.text(), Value: r.text()})
	}
	return c, r.err()
}

// compiled is a record made ready: everything but its number.
type compiled struct {
	card     card
	raw      []byte
	postings map[string][]byte // by key
	vectors  []score
	modified time.Time
	// unclear: it names packages, and for one of them no version that could be
	// compared.
	unclear bool
}

// compiler turns records into compiled ones. It keeps the versions that it has
// read, for lists of versions repeat from record to record.
type compiler struct {
	source   string // name of the source
	schemes  map[string]map[string]*version.Version
	versions int
}

// maxKept bounds the versions that a compiler keeps.
const maxKept = 1 << 16

func newCompiler(source string) *compiler {
	return &compiler{source: source, schemes: map[string]map[string]*version.Version{}}
}

// parse reads a version; nil means that it is none.
func (c *compiler) parse(root, text string) *version.Version {
	if c.versions > maxKept {
		c.schemes, c.versions = map[string]map[string]*version.Version{}, 0
	}
	kept := c.schemes[root]
	if kept == nil {
		kept = map[string]*version.Version{}
		c.schemes[root] = kept
	}
	v, ok := kept[text]
	if ok {
		return v
	}
	if s, err := version.For(root); err == nil {
		if got, err := s.Parse(text); err == nil {
			v = &got
		}
	}
	kept[text] = v
	c.versions++
	return v
}

func (c *compiler) compile(rec *osvRecord, raw []byte) *compiled {
	out := &compiled{raw: raw, modified: rec.Modified.Time}
	out.card = card{id: string(rec.ID), summary: shorten(string(rec.Summary), maxText), url: address(rec), aliases: identifiers(rec.Aliases)}
	out.card.upstream = upstream(rec)
	out.card.severity = c.severity(rec)
	out.card.flags = flags(rec, out.card.upstream)
	for _, cve := range cvesOf(&out.card) {
		if len(out.card.upstream) > 1 {
			break // the vector of an erratum about several CVEs is of none of them alone
		}
		for i := range out.card.severity {
			if s := &out.card.severity[i]; vectorType(s.Value) != "" {
				out.vectors = append(out.vectors, score{cve: cve, vector: s})
			}
		}
	}
	if out.card.flags&(flagWithdrawn|flagNoSecurity) != 0 {
		return out
	}
	entries, unclear := c.entries(rec)
	out.unclear = unclear
	out.postings = make(map[string][]byte, len(entries))
	for key, list := range entries {
		out.postings[key] = encodeEntries(list)
	}
	return out
}

func flags(rec *osvRecord, upstream []string) uint64 {
	var f uint64
	if rec.Withdrawn != "" {
		f |= flagWithdrawn
	}
	if rec.Specific.Landwaiter.Kind == "pending-update" {
		f |= flagPending
	}
	if rec.Specific.Landwaiter.Confidence == "changelog" {
		f |= flagChangelog
	}
	id := string(rec.ID)
	if len(upstream) == 0 && slices.ContainsFunc(noSecurity, func(p string) bool { return strings.HasPrefix(id, p) }) {
		f |= flagNoSecurity
	}
	// RustSec also keeps notices, such as that nobody maintains a crate.
	if len(rec.Affected) > 0 && !slices.ContainsFunc(rec.Affected, func(a osvAffected) bool {
		return a.Specific.Informational != "unmaintained" && a.Specific.Informational != "notice"
	}) {
		f |= flagNoSecurity
	}
	return f
}

// identifiers keeps what can be shown and looked up.
func identifiers(list []string) []string {
	var out []string
	for _, id := range list {
		if id != "" && len(id) <= maxID && graphic(id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
		if len(out) == 1000 {
			break
		}
	}
	return out
}

// upstream lists the CVEs that an erratum or a tracker's entry answers for.
func upstream(rec *osvRecord) []string {
	list := rec.Upstream
	if len(list) == 0 && len(rec.Aliases) == 0 && slices.ContainsFunc(rec.Affected, func(a osvAffected) bool {
		return a.Package != nil && ecosystemOf(string(a.Package.Ecosystem)).rpm
	}) {
		list = rec.Related
	}
	var out []string
	for _, id := range identifiers(list) {
		if _, ok := parseCVE(id); ok {
			out = append(out, id)
		}
	}
	return out
}

// cvesOf lists every CVE that a card names, itself included.
func cvesOf(c *card) []cveID {
	var out []cveID
	for _, list := range [][]string{{c.id}, c.aliases, c.upstream} {
		for _, id := range list {
			if cve, ok := parseCVE(id); ok && !slices.Contains(out, cve) {
				out = append(out, cve)
			}
		}
	}
	return out
}

// address picks the page that says most about the record.
func address(rec *osvRecord) string {
	for _, kind := range []looseText{"ADVISORY", "REPORT", "WEB", "FIX"} {
		for _, r := range rec.References {
			u := string(r.URL)
			if r.Type == kind && len(u) <= maxText && (strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")) && graphicVector(u) {
				return u
			}
		}
	}
	return ""
}

var errataWord = regexp.MustCompile(`^(Critical|Important|Moderate|Low): `)

// severity lists what the record says: first the word of whoever keeps the
// source, then vectors.
func (c *compiler) severity(rec *osvRecord) []landwaiter.Severity {
	var words, vectors []landwaiter.Severity
	add := func(s landwaiter.Severity) {
		s.Value, s.Type, s.Source = shorten(s.Value, maxText), shorten(s.Type, maxName), shorten(s.Source, maxName)
		list := &words
		if kind := vectorType(s.Value); kind != "" {
			s.Type, list = kind, &vectors
		}
		if s.Value != "" && !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	all := rec.Severity
	for _, a := range rec.Affected {
		all = append(all[:len(all):len(all)], a.Severity...)
		add(landwaiter.Severity{Source: c.source, Type: c.source, Value: string(cmp.Or(a.Ecosystem.Urgency, a.Specific.Urgency, a.Ecosystem.Severity))})
	}
	for _, s := range all {
		add(landwaiter.Severity{Source: cmp.Or(string(s.Source), c.source), Type: string(s.Type), Value: string(s.Score)})
	}
	add(landwaiter.Severity{Source: c.source, Type: c.source, Value: string(rec.Specific.Severity)})
	if m := errataWord.FindStringSubmatch(string(rec.Summary)); m != nil && familyOf(string(rec.ID)).name == "errata" {
		add(landwaiter.Severity{Source: c.source, Type: c.source, Value: m[1]})
	}
	return append(words, vectors...)
}

// entries makes the postings of a record, by key. A statement without any version,
// or with commits alone, matches nothing; but where it is all that the record says
// about a package, silence would clear what somebody calls affected. It is kept as
// doubt, and unclear is true.
func (c *compiler) entries(rec *osvRecord) (out map[string][]affected, unclear bool) {
	out = map[string][]affected{}
	var empty []string
	for i := range rec.Affected {
		a := &rec.Affected[i]
		if a.Package == nil || a.Package.Ecosystem == "" || a.Package.Name == "" {
			continue
		}
		key := lookupKey(string(a.Package.Ecosystem), string(a.Package.Name))
		e := c.affected(a, string(rec.Summary))
		if len(e.spans) == 0 && len(e.listed) == 0 {
			if !ranged(a) {
				empty = append(empty, key)
			}
			continue
		}
		if !slices.ContainsFunc(out[key], e.equal) {
			out[key] = append(out[key], e)
		}
	}
	for _, key := range empty {
		if len(out[key]) == 0 {
			out[key] = []affected{{spans: []span{{end: endDoubt}}}}
			unclear = true
		}
	}
	return out, unclear
}

// ranged reports whether a statement has a range of versions, though it may
// hold none.
func ranged(a *osvAffected) bool {
	for _, r := range a.Ranges {
		if (r.Type == "ECOSYSTEM" || r.Type == "SEMVER") && len(r.Events) > 0 {
			return true
		}
	}
	return false
}

// keys returns the keys of a compiled record in order.
func (c *compiled) keys() []string { return slices.Sorted(maps.Keys(c.postings)) }
