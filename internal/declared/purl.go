package declared

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// addressed is one of inventory's ecosystems and the types of its package URLs, that by
// whose rules its versions are ordered first.
type addressed struct {
	ecosystem string
	types     []string
}

// ecosystems is the table; an ecosystem that is not in it has a type of its own name,
// if any.
var ecosystems = []addressed{
	{"dpkg", []string{"deb"}},
	{"pacman", []string{"alpm"}},
	{"portage", []string{"ebuild"}},
	{"python", []string{"pypi"}},
	{"r", []string{"cran", "bioconductor"}},
	{"java", []string{"maven"}},
	{"go", []string{"golang"}},
	{"rust", []string{"cargo"}},
	{"dotnet", []string{"nuget"}},
	{"php", []string{"composer", "pear"}},
	{"haskell", []string{"hackage"}},
	{"erlang", []string{"hex", "otp"}},
	{"dart", []string{"pub"}},
	{"ocaml", []string{"opam"}},
	{"perl", []string{"cpan"}},
	{"lua", []string{"luarocks"}},
	{"homebrew", []string{"brew"}},
	{"", []string{"generic", "oci", "docker", "github"}},
}

// orderOf is the order of an ecosystem's versions; false where it is not known.
func orderOf(ecosystem string) (version.Scheme, bool) {
	kind := ecosystem
	for _, n := range ecosystems {
		if n.ecosystem == ecosystem {
			kind = n.types[0]
		}
	}
	s, err := version.ForPURL(kind)
	return s, err == nil
}

// purl is a package URL in its parts.
type purl struct{ kind, namespace, name, version string }

// parsePURL reads a package URL as far as a comparison needs it.
//
// Format: https://github.com/package-url/purl-spec
func parsePURL(s string) (p purl, ok bool) {
	rest, ok := strings.CutPrefix(s, "pkg:")
	if !ok {
		return p, false
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	kind, rest, ok := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	if !ok {
		return p, false
	}
	p.kind = strings.ToLower(kind)
	// A scope may begin with "@": only what follows the last slash has a version.
	slash := strings.LastIndexByte(rest, '/')
	if at := strings.LastIndexByte(rest, '@'); at > slash && at > 0 {
		rest, p.version = rest[:at], unescape(rest[at+1:])
	}
	if slash = strings.LastIndexByte(rest, '/'); slash >= 0 {
		p.namespace, rest = unescape(rest[:slash]), rest[slash+1:]
	}
	p.name = unescape(rest)
	return p, p.name != ""
}

func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}

func (p purl) ecosystem() string {
	for _, n := range ecosystems {
		if slices.Contains(n.types, p.kind) {
			return n.ecosystem
		}
	}
	return p.kind
}

// full is the name with its namespace where that is part of it. That of a
// distribution's package says which distribution, which the image says as well.
func (p purl) full() string {
	switch p.kind {
	case "deb", "rpm", "apk", "conda", "cran", "bioconductor":
		return p.name
	}
	if p.namespace == "" {
		return p.name
	}
	return p.namespace + "/" + p.name
}

// key is what two names of the same software share.
type key struct{ ecosystem, name string }

func keyOf(ecosystem, name, address string) key {
	if u, ok := parsePURL(address); ok && u.ecosystem() != "" {
		ecosystem, name = u.ecosystem(), u.full()
	}
	return key{ecosystem, fold(ecosystem, name)}
}

func declaredKey(p *landwaiter.DeclaredPackage) key { return keyOf(p.Ecosystem, p.Name, p.PURL) }

func observedKey(p *landwaiter.Package) key { return keyOf(p.Ecosystem, p.Name, p.PURL) }

// fold makes names comparable where an ecosystem takes several spellings for one.
func fold(ecosystem, name string) string {
	switch ecosystem {
	case "python":
		return normalPython(name)
	case "java":
		return strings.ReplaceAll(name, ":", "/")
	case "r", "go", "gem", "dpkg", "apk", "rpm":
		return name
	}
	return strings.ToLower(name)
}

// normalPython is PEP 503's form of a name.
func normalPython(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }), "-")
}

// versionOf is the version that an item names.
func versionOf(p *landwaiter.DeclaredPackage) string {
	u, _ := parsePURL(p.PURL)
	return cmp.Or(p.Version, u.version)
}
