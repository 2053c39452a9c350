package inventory

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var bundledWant = want{
	suffixes: []string{".json", ".xml", ".spdx"},
	maxBytes: limitio.MaxText,
	also: func(name string) bool {
		return pythonSBOM(name) != ""
	},
}

// pythonSBOM is the folder of a Python package's metadata that holds the list of
// software called name, "" where name is no such list.
func pythonSBOM(name string) string {
	folder := path.Dir(name)
	if path.Base(folder) != "sboms" {
		return ""
	}
	folder = path.Dir(folder)
	if path.Ext(folder) != ".dist-info" {
		return ""
	}
	return folder
}

// readBundled reads what the builder of a Python package says that he copied into
// it: shared libraries of a distribution (auditwheel) or crates of Rust (maturin).
// The package itself is left out, as its own metadata speaks of it. The key of a
// component is the list's path and the name that the list has for it.
//
// Format: PEP 770; CycloneDX 1.4 and later, SPDX 2.2 and 2.3, both as JSON.
func readBundled(f *file, out *facts) error {
	if path.Ext(f.Path) != ".json" {
		out.Gap(f.Path, f.Size, true, "a list of bundled software in a form that is not read; CycloneDX and SPDX as JSON are")
		return nil
	}
	r := bundledReader{members: newMembers(f), skipRefs: map[string]bool{}, needs: map[string][]string{}}
	_, err := r.object(r.member)
	if err == nil {
		err = r.end()
	}
	if err == nil && !r.known {
		out.Gap(f.Path, f.Size, true, "a list of bundled software that is neither CycloneDX nor SPDX 2")
		return nil
	}
	r.emit(f, out)
	return r.damage(err)
}

// bundledPart is one component of a list.
type bundledPart struct {
	ref, kind, name, version, purl, licence string
}

type bundledReader struct {
	*members
	known    bool // the form of the list
	parts    []bundledPart
	skipRefs map[string]bool // what stands for the package itself
	needs    map[string][]string
	over     bool
}

func (r *bundledReader) member(name string) error {
	var text string
	switch name {
	case "bomFormat", "spdxVersion":
		err := r.text(&text)
		r.known = r.known || text == "CycloneDX" || strings.HasPrefix(text, "SPDX-2.")
		return err
	case "metadata":
		_, err := r.object(func(name string) error {
			if name != "component" {
				return r.skip()
			}
			n := len(r.parts)
			p, err := r.component()
			r.parts = r.parts[:n] // its parts are the package's own
			r.skipRefs[p.ref], r.skipRefs[p.purl] = true, true
			return err
		})
		return err
	case "components":
		_, err := r.array(func() error {
			p, err := r.component()
			r.add(p)
			return err
		})
		return err
	case "packages":
		_, err := r.array(r.spdxPackage)
		return err
	case "dependencies":
		_, err := r.array(r.dependency)
		return err
	case "documentDescribes":
		var refs []string
		err := r.texts(&refs)
		for _, ref := range refs {
			r.skipRefs[ref] = true
		}
		return err
	case "relationships":
		_, err := r.array(r.relationship)
		return err
	}
	return r.skip()
}

func (r *bundledReader) add(p bundledPart) {
	if len(r.parts) >= bundledMaxParts {
		r.over = true
		return
	}
	r.parts = append(r.parts, p)
}

// component reads one component of CycloneDX, and adds those inside it.
func (r *bundledReader) component() (p bundledPart, err error) {
	_, err = r.object(func(name string) error {
		switch name {
		case "bom-ref":
			return r.text(&p.ref)
		case "type":
			return r.text(&p.kind)
		case "name":
			return r.text(&p.name)
		case "version":
			return r.text(&p.version)
		case "purl":
			return r.text(&p.purl)
		case "licenses":
			raw, err := r.raw()
			p.licence = cycloneLicence(raw)
			return err
		case "components":
			_, err := r.array(func() error {
				inner, err := r.component()
				r.add(inner)
				return err
			})
			return err
		}
		return r.skip()
	})
	return p, err
}

func (r *bundledReader) spdxPackage() error {
	var p bundledPart
	var concluded string
	_, err := r.object(func(name string) error {
		switch name {
		case "SPDXID":
			return r.text(&p.ref)
		case "name":
			return r.text(&p.name)
		case "versionInfo":
			return r.text(&p.version)
		case "licenseDeclared":
			return r.text(&p.licence)
		case "licenseConcluded":
			return r.text(&concluded)
		case "externalRefs":
			_, err := r.array(func() error {
				var kind, place string
				_, err := r.object(func(name string) error {
					switch name {
					case "referenceType":
						return r.text(&kind)
					case "referenceLocator":
						return r.text(&place)
					}
					return r.skip()
				})
				if kind == "purl" && p.purl == "" {
					p.purl = place
				}
				return err
			})
			return err
		}
		return r.skip()
	})
	for _, none := range []string{"NOASSERTION", "NONE"} {
		if p.licence == none {
			p.licence = ""
		}
		if concluded == none {
			concluded = ""
		}
	}
	if p.licence == "" {
		p.licence = concluded
	}
	r.add(p)
	return err
}

// dependency reads what one component of CycloneDX needs.
func (r *bundledReader) dependency() error {
	var from string
	var to []string
	_, err := r.object(func(name string) error {
		switch name {
		case "ref":
			return r.text(&from)
		case "dependsOn":
			return r.texts(&to)
		}
		return r.skip()
	})
	r.need(from, to...)
	return err
}

// relationship reads one of SPDX.
func (r *bundledReader) relationship() error {
	var from, kind, to string
	_, err := r.object(func(name string) error {
		switch name {
		case "spdxElementId":
			return r.text(&from)
		case "relationshipType":
			return r.text(&kind)
		case "relatedSpdxElement":
			return r.text(&to)
		}
		return r.skip()
	})
	switch kind {
	case "DESCRIBES":
		r.skipRefs[to] = true
	case "DEPENDS_ON":
		r.need(from, to)
	}
	return err
}

func (r *bundledReader) need(from string, to ...string) {
	if from != "" {
		r.needs[from] = append(r.needs[from], to...)
	}
}

func (r *bundledReader) emit(f *file, out *facts) {
	delete(r.skipRefs, "")
	names := map[string]string{}
	for _, p := range r.parts {
		names[p.ref] = p.name
	}
	gaps := gapList{out: out, path: f.Path}
	if r.over {
		gaps.add(f.Path, -1, "a list of bundled software with too many components: "+landwaiter.ErrTooLarge.Error())
	}
	wheel, version := pythonFolder(path.Base(pythonSBOM(f.Path)))
	origin := "SBOM in " + wheel + "-" + version + "'s wheel"
	if wheel == "" {
		origin = "SBOM in " + pythonSBOM(f.Path)
	}
	for i, p := range r.parts {
		if r.skipRefs[p.ref] || r.skipRefs[p.purl] || p.kind == "file" {
			continue
		}
		if !printable(p.name) || !printable(p.version) {
			gaps.add(f.Path, -1, bundledNameless(p))
			continue
		}
		q := landwaiter.Package{Ecosystem: "bundled", Name: p.name, Version: p.version, Origin: origin, Licence: oneLine(p.licence)}
		if u, err := packageurl.FromString(p.purl); err == nil {
			if q.PURL = u.ToString(); u.Type == packageurl.TypePyPi && normalPython(u.Name) == normalPython(wheel) {
				continue
			}
			q.Mapped = []string{q.PURL}
		}
		for _, ref := range r.needs[p.ref] {
			if name := names[ref]; printable(name) {
				q.Requires = append(q.Requires, name)
			}
		}
		q.Requires = unique(q.Requires)
		out.Package("SBOM in package", q, f.Path+"#"+strconv.Itoa(i))
	}
	gaps.done("more bundled software without a name or version")
}

// shownBy is software by its purl without qualifiers, and who owns the file in
// which it was seen; or, with noOwner, the row that named it, wherever that was.
type shownBy struct {
	owner, row int32
	purl       string
}

// shown is what rows saw themselves: in files that a package owns, and at all.
func (g *merge) shown() map[shownBy]bool {
	out := map[shownBy]bool{}
	for i := range g.packages {
		if p := &g.packages[i]; p.PURL != "" && !ecosystems[g.rows[i]].told {
			out[shownBy{noOwner, g.rows[i], plainPURL(p.PURL)}] = true
			for _, ev := range p.Evidence {
				if owner := g.ownerOf(ev.Path); owner != noOwner {
					out[shownBy{owner: owner, purl: plainPURL(p.PURL)}] = true
				}
			}
		}
	}
	return out
}

// listed are the packages whose builder listed the crates that he put into them.
func (g *merge) listed() map[int32]bool {
	out := map[int32]bool{}
	for i := range g.packages {
		if !ecosystems[g.rows[i]].told || !strings.HasPrefix(g.packages[i].PURL, "pkg:cargo/") {
			continue
		}
		for _, ev := range g.packages[i].Evidence {
			if owner := g.ownerOf(ev.Path); owner != noOwner {
				out[owner] = true
			}
		}
	}
	return out
}

func plainPURL(purl string) string {
	purl, _, _ = strings.Cut(purl, "?")
	return purl
}

func bundledNameless(p bundledPart) string {
	if !printable(p.name) {
		return "bundled software without a name"
	}
	return "bundled software " + strconv.Quote(p.name) + " has no version"
}

// cycloneLicence reads [{"license": {"id": "MIT"}}] or [{"expression": "MIT"}].
func cycloneLicence(raw json.RawMessage) string {
	var list []map[string]json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return ""
	}
	var names []string
	for _, one := range list {
		for _, name := range []string{npmWord(one["expression"], ""), npmWord(one["license"], "id"), npmWord(one["license"], "name")} {
			if name != "" {
				names = append(names, name)
				break
			}
		}
	}
	return strings.Join(unique(names), " AND ")
}
