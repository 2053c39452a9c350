package content

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

const (
	// maxFindings is how many findings of one kind there are, one for each file,
	// before one more stands for the rest.
	maxFindings = 200
	maxExamples = 100
	maxDetail   = 300
	maxGapsSaid = 100
)

// by is who looked, where it was not ClamAV.
const by = "landwaiter; osv-scalibr's detectors of secrets"

// kinds are the kinds of finding of what is no secret.
var kinds = map[string]landwaiter.Kind{
	whatNHS: landwaiter.KindPersonal, whatCHI: landwaiter.KindPersonal, whatNINO: landwaiter.KindPersonal, whatPatient: landwaiter.KindPersonal,
	whatMayNHS: landwaiter.KindMaybePersonal, whatMayNINO: landwaiter.KindMaybePersonal, whatMayPatient: landwaiter.KindMaybePersonal,
	whatColumns: landwaiter.KindMaybePersonal, whatMalware: landwaiter.KindMalware,
}

const whatColumns = "columns with the names that data about people has"

func kindOf(what string) landwaiter.Kind {
	if k, ok := kinds[what]; ok {
		return k
	}
	return landwaiter.KindSecret
}

// stored is true of what counts wherever it lies: the name of its file says what it is
// for.
func stored(what string) bool {
	return what == whatStored || what == whatNotebook || what == whatTyped
}

// Result is what looking into content came to.
type Result struct {
	Findings []landwaiter.Finding
	Gaps     []landwaiter.Gap
	Checks   []landwaiter.Check // in the order of landwaiter.CheckNames
}

// fileKind is one file and one kind of finding.
type fileKind struct {
	path  string
	layer int
	kind  landwaiter.Kind
}

// fileSeen is what was seen of one kind in one file.
type fileSeen struct {
	fileKind
	file   landwaiter.File
	hidden bool
	aside  bool // all of it is no finding
	facts  []string
}

// Conclude makes findings of what was seen, where settings is what [Looker.Settings]
// found and malware what [Clamd.Check] says, nil where nobody was asked; and says how
// much was looked into. The same input gives the same result.
func Conclude(r *inventory.Result, settings []Setting, malware *landwaiter.Check) Result {
	var out Result
	var order []*fileSeen
	at := map[fileKind]*fileSeen{}
	for i := range r.Seen {
		s := &r.Seen[i]
		if s.What == "" && about(s.File.Nature.Fields) < enoughColumns {
			continue
		}
		if s.What == whatNotScanned {
			out.gap(s)
			continue
		}
		one, fact, aside := sighting(s)
		seen := at[one]
		if seen == nil {
			seen = &fileSeen{fileKind: one, file: s.File, hidden: s.Hidden, aside: true}
			seen.file.Path = one.path
			at[one], order = seen, append(order, seen)
		}
		seen.aside = seen.aside && aside
		seen.facts = append(seen.facts, fact)
	}
	checks := checks(r.Looked, malware)
	for _, s := range order {
		if s.aside {
			checks[checkOf(s.kind)].setAside(s)
		} else {
			out.add(s)
		}
	}
	for _, s := range settings {
		out.Findings = append(out.Findings, s.finding())
	}
	out.cut()
	for _, name := range landwaiter.CheckNames() {
		if c := checks[name]; c != nil {
			out.Checks = append(out.Checks, c.Check)
		}
	}
	return out
}

// gap says that ClamAV could not look into a file.
func (r *Result) gap(s *inventory.Seen) {
	switch n := len(r.Gaps); {
	case n < maxGapsSaid:
		r.Gaps = append(r.Gaps, landwaiter.Gap{Path: s.File.Path, Layer: s.File.Layer, Bytes: s.File.Size, Reason: notScanned + s.Note})
	case n == maxGapsSaid:
		r.Gaps = append(r.Gaps, landwaiter.Gap{Layer: -1, Bytes: -1, Reason: "more files were not looked into for harmful software; the check says how many"})
	}
}

const notScanned = "not looked into for harmful software: "

// sighting says which file and kind a mark is about, and whether it is no finding.
func sighting(s *inventory.Seen) (one fileKind, fact string, aside bool) {
	one = fileKind{s.File.Path, s.File.Layer, landwaiter.KindMaybePersonal}
	if s.Inside != "" {
		one.path += "!/" + s.Inside
	}
	fact = s.What
	switch {
	case s.What == "":
		if fact = whatColumns; s.File.Nature.Rows > 0 {
			fact += fmt.Sprintf(", %d rows", s.File.Nature.Rows)
		}
		return one, fact, s.File.Owner != "" && !s.Changed
	case s.Note != "":
		fact += " (" + s.Note + ")"
	case s.Line > 0:
		fact += fmt.Sprintf(" on line %d", s.Line)
		if s.Count > 1 {
			fact += fmt.Sprintf(" and %d more", s.Count-1)
		}
	case s.Count > 1:
		fact = fmt.Sprintf("%d %s", s.Count, s.What)
	}
	one.kind = kindOf(s.What)
	return one, fact, isAside(s, one)
}

// tests are folders and names of files with keys that everybody has: of tests, of
// examples and of texts about keys.
var tests = regexp.MustCompile(`(?i)(?:^|/)(?:tests?|testing|test[-_]?data|fixtures?|examples?|samples?|docs?|spec|demos?|mocks?|dummy[^/]*|man[0-9]?|changelogs?|[a-z0-9]+[-_]tests?)/|(?:^|/)(?:test_[^/]*|[^/]*_test\.[a-z]+|[^/]*\.(?:test|spec)\.[a-z]+|changelog[^/]*|readme[^/]*|conftest\.py)$`)

// everybodys are files, by their SHA-256, with keys that their makers publish for their
// own tests, outside of any folder of tests.
var everybodys = map[string]string{
	"2fea2ebe77388df61566fcd43eb0070dbff2842c8786a0e7906a13e5f10c3e65": "Go, src/crypto/x509/platform_root_key.pem",
}

// isAside reports whether what was seen is no finding. What a package's maker gives to
// everybody is no secret, and sample data is about nobody here.
func isAside(s *inventory.Seen, one fileKind) bool {
	switch {
	case one.kind == landwaiter.KindMalware, s.Changed:
		return false
	case s.Shipped:
		return true
	case one.kind != landwaiter.KindSecret:
		return s.File.Owner != "" && !s.Conf
	case stored(s.What):
		return false
	case s.Inside == "" && everybodys[s.File.SHA256] != "":
		return true
	case strings.HasPrefix(path.Base(one.path), "ssl-cert-snakeoil"):
		return true // made for nothing: it certifies nobody
	case s.System && !s.Conf && s.File.Owner != "":
		return true // of texts its owner's sum is not compared
	}
	return tests.MatchString(one.path)
}

// add adds the finding of one file.
func (r *Result) add(s *fileSeen) {
	slices.Sort(s.facts)
	detail := strings.Join(slices.Compact(s.facts), "; ")
	id := string(s.kind) + ":" + s.path
	if s.kind == landwaiter.KindMalware {
		id = string(s.kind) + ":file:" + s.path
	}
	if s.hidden {
		id += fmt.Sprintf("@%d", s.layer)
		detail += "; a later layer removes or replaces the file, and it is still in the image"
	}
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
	nature := landwaiter.Nature{Format: string(s.file.Kind)}
	if s.file.Nature != nil {
		nature = *s.file.Nature
	}
	nature.Detail = detail
	s.file.Nature = &nature
	f := landwaiter.Finding{
		ID: id, Kind: s.kind, Confidence: landwaiter.ConfidenceObserved, Detail: detail,
		Files: []landwaiter.File{s.file}, Seen: landwaiter.Count{Files: 1, Bytes: s.file.Size},
	}
	if s.file.Owner != "" {
		f.Packages = []string{s.file.Owner}
	}
	r.Findings = append(r.Findings, f)
}

// cut makes one finding of all that are too many of their kind.
func (r *Result) cut() {
	slices.SortStableFunc(r.Findings, func(a, b landwaiter.Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	n := map[landwaiter.Kind]int{}
	rest := map[landwaiter.Kind]int{}
	var kept []landwaiter.Finding
	for i := range r.Findings {
		f := &r.Findings[i]
		if n[f.Kind]++; n[f.Kind] <= maxFindings {
			kept = append(kept, *f)
			continue
		}
		j, ok := rest[f.Kind]
		if !ok {
			j = len(kept)
			rest[f.Kind] = j
			kept = append(kept, landwaiter.Finding{ID: string(f.Kind) + ":more files", Kind: f.Kind, Confidence: f.Confidence, Detail: "more files like these"})
		}
		kept[j].Seen.Add(f.Seen)
		if len(kept[j].Files) < maxExamples {
			kept[j].Files = append(kept[j].Files, f.Files...)
		}
	}
	r.Findings = kept
}

// Found reports whether f is a finding of this package: it cannot be made again
// without the files.
func Found(f *landwaiter.Finding) bool {
	switch f.Kind {
	case landwaiter.KindSecret, landwaiter.KindPersonal, landwaiter.KindMaybePersonal:
		return true
	case landwaiter.KindMalware:
		return strings.HasPrefix(f.ID, string(f.Kind)+":file:") || f.ID == string(f.Kind)+":more files"
	default:
		return false
	}
}

// check is one that is being made.
type check struct{ landwaiter.Check }

func checkOf(k landwaiter.Kind) string {
	switch k {
	case landwaiter.KindSecret:
		return landwaiter.CheckSecrets
	case landwaiter.KindMalware:
		return landwaiter.CheckMalware
	default:
		return landwaiter.CheckPersonal
	}
}

// checks says how much was looked into, and why not into the rest.
func checks(looked []inventory.Looked, malware *landwaiter.Check) map[string]*check {
	out := map[string]*check{}
	for _, name := range []string{landwaiter.CheckSecrets, landwaiter.CheckPersonal} {
		out[name] = &check{landwaiter.Check{Name: name, Done: true, By: by}}
	}
	if malware != nil {
		out[landwaiter.CheckMalware] = &check{*malware}
	}
	for _, l := range looked {
		c := out[l.Check]
		if c == nil {
			continue
		}
		if l.Why == "" {
			c.Seen.Add(l.Count)
			continue
		}
		c.Done = c.Done && l.Why != whyGivenUp
		if c.Reason != "" {
			c.Reason += "; "
		}
		c.Reason += fmt.Sprintf("%d files of %d bytes %s", l.Files, l.Bytes, l.Why)
	}
	return out
}

// setAside keeps an example of what is no finding.
func (c *check) setAside(s *fileSeen) {
	c.AsideSeen.Add(landwaiter.Count{Files: 1, Bytes: s.file.Size})
	if len(c.Aside) < maxExamples {
		s.file.Nature = nil
		c.Aside = append(c.Aside, s.file)
	}
}
