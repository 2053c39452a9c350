package vex

import (
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// Match puts on each finding what the documents say about it, in their order, and
// returns what each document is and how much of it spoke of a finding. What stood in
// a finding before is replaced. Nothing is trusted yet.
//
// A statement speaks of a finding where one of its names is the finding's, and one of
// its products is the subject, by its digest, or a package of the finding, by its
// purl: with the same version where the purl has one.
func Match(docs []*Document, s *landwaiter.Subject, packages []landwaiter.Package, findings []landwaiter.Finding) []landwaiter.StatementFile {
	for i := range findings {
		findings[i].Statements = nil
	}
	if len(docs) == 0 {
		return nil
	}
	m := newMatcher(s, packages, findings)
	var files []landwaiter.StatementFile
	for _, d := range docs {
		file := d.File
		for i := range d.statements {
			matched := false
			for _, at := range m.about(&d.statements[i]) {
				found := m.speaks(&d.statements[i], &findings[at])
				findings[at].Statements = append(findings[at].Statements, found...)
				matched = matched || len(found) > 0
			}
			if matched {
				file.Matched++
			}
		}
		files = append(files, file)
	}
	return files
}

// matcher holds the subject against statements.
type matcher struct {
	subject  string // hex digits of its digest
	findings []landwaiter.Finding
	byName   map[string][]int // findings by what their weakness is called
	packages map[string]*observed
	byKey    map[string][]*observed
}

// observed is a package and its purl, apart.
type observed struct {
	*landwaiter.Package
	purl packageurl.PackageURL
}

func newMatcher(s *landwaiter.Subject, packages []landwaiter.Package, findings []landwaiter.Finding) *matcher {
	m := &matcher{
		subject: sha256Hex(s.Fingerprint()), findings: findings, byName: map[string][]int{},
		packages: map[string]*observed{}, byKey: map[string][]*observed{},
	}
	for i := range packages {
		p := &packages[i]
		u, err := packageurl.FromString(p.PURL)
		if err != nil || p.Declared {
			continue // a package without a purl has no name that others could use
		}
		o := &observed{p, u}
		m.packages[p.ID] = o
		m.byKey[key(&u, u.Name)] = append(m.byKey[key(&u, u.Name)], o)
		if p.SourceName != "" && p.SourceName != u.Name {
			m.byKey[key(&u, p.SourceName)] = append(m.byKey[key(&u, p.SourceName)], o)
		}
	}
	for i := range findings {
		for _, name := range namesOf(&findings[i]) {
			m.byName[name] = append(m.byName[name], i)
		}
	}
	return m
}

func key(u *packageurl.PackageURL, name string) string {
	return u.Type + "/" + u.Namespace + "/" + name
}

// namesOf are the names of the weakness of f. A record about several CVEs names them
// all: of these only the finding's own is a name of it.
func namesOf(f *landwaiter.Finding) []string {
	if f.Reference == "" {
		return nil
	}
	out := []string{f.Reference}
	for i := range f.Advisories {
		for _, name := range append([]string{f.Advisories[i].ID}, f.Advisories[i].Aliases...) {
			if name != "" && !isCVE(name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func isCVE(name string) bool { return strings.HasPrefix(name, "CVE-") }

// about returns the places of the findings whose weakness s names, in order. Where
// both sides know a CVE, that one must be the same.
func (m *matcher) about(s *statement) []int {
	cve := slices.ContainsFunc(s.names, isCVE)
	var out []int
	for _, name := range s.names {
		for _, at := range m.byName[name] {
			if f := &m.findings[at]; !cve || !isCVE(f.Reference) || slices.Contains(s.names, f.Reference) {
				out = append(out, at)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// speaks returns s as far as it speaks of f: one statement for all products that say
// the same with the same force.
func (m *matcher) speaks(s *statement, f *landwaiter.Finding) []landwaiter.Statement {
	var out []landwaiter.Statement
	for i := range s.products {
		said := s.Statement
		if !m.product(&s.products[i], f, &said) {
			continue
		}
		slices.Sort(said.Packages)
		at := slices.IndexFunc(out, func(o landwaiter.Statement) bool { return o.Part == said.Part && o.Loose == said.Loose })
		if at < 0 {
			out = append(out, said)
			continue
		}
		out[at].Packages = slices.Compact(slices.Sorted(slices.Values(append(out[at].Packages, said.Packages...))))
	}
	return out
}

// product fills in of which packages of f a statement about p speaks; false where it
// speaks of none.
func (m *matcher) product(p *product, f *landwaiter.Finding, out *landwaiter.Statement) bool {
	switch {
	case m.isSubject(p) && !p.inside:
		out.Packages = slices.Clone(f.Packages)
		return true
	case m.isSubject(p):
		for _, part := range p.parts {
			m.fill(part, f, out)
		}
		out.Loose = false // the digest says which version
	case !p.inside:
		m.fill(p.purl, f, out)
	default:
		if !p.elsewhere && !m.has(p.purl) {
			return false
		}
		for _, part := range p.parts {
			m.fill(part, f, out)
		}
		out.Part = true
	}
	return len(out.Packages) > 0
}

func (m *matcher) isSubject(p *product) bool {
	if m.subject == "" {
		return false
	}
	if slices.Contains(p.digests, m.subject) {
		return true
	}
	u, err := packageurl.FromString(p.purl)
	return err == nil && u.Type == packageurl.TypeOCI && sha256Hex(u.Version) == m.subject
}

// fill adds to out the packages of f that purl names.
func (m *matcher) fill(purl string, f *landwaiter.Finding, out *landwaiter.Statement) {
	u, err := packageurl.FromString(purl)
	if err != nil {
		return
	}
	for _, id := range f.Packages {
		if o := m.packages[id]; o != nil && o.is(&u) && !slices.Contains(out.Packages, id) {
			out.Packages = append(out.Packages, id)
			out.Loose = out.Loose || u.Version == ""
		}
	}
}

// has reports whether purl names a package that was observed.
func (m *matcher) has(purl string) bool {
	u, err := packageurl.FromString(purl)
	return err == nil && slices.ContainsFunc(m.byKey[key(&u, u.Name)], func(o *observed) bool { return o.is(&u) })
}

// telling are the qualifiers in which two packages of one name differ. Where only one
// side has one, nothing is said.
var telling = []string{"arch", "distro"}

// epoch is rpm's part of a version that a purl keeps apart; none is 0.
func epoch(qualifiers map[string]string) string {
	if e := qualifiers["epoch"]; e != "" {
		return e
	}
	return "0"
}

// is reports whether u names o: the same type, namespace and name, and the same
// version where u has one. A purl of a source names what is built from it.
func (o *observed) is(u *packageurl.PackageURL) bool {
	want, have := u.Qualifiers.Map(), o.purl.Qualifiers.Map()
	name, version := o.purl.Name, o.purl.Version
	source := want["arch"] == "source" || want["arch"] == "src"
	if source {
		delete(want, "arch")
		if o.SourceName != "" {
			name = o.SourceName
		}
		if o.SourceVersion != "" {
			version = o.SourceVersion
		}
	}
	if key(u, u.Name) != key(&o.purl, name) || u.Version != "" && (u.Version != version || epoch(want) != epoch(have)) {
		return false
	}
	for _, q := range telling {
		if want[q] != "" && have[q] != "" && want[q] != have[q] {
			return false
		}
	}
	return true
}
