package advisory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// finder returns what to look up for a package, or in plain words why there is
// nothing to look up.
type finder func(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string)

// lookup says how packages of one of our ecosystems are looked up.
type lookup struct {
	ecosystem string // as the inventory names it
	targets   finder
}

// lookups is the table. A test fails for a row of the inventory's table that has
// none here.
var lookups = []lookup{
	{"dpkg", systemTarget},
	{"apk", systemTarget},
	{"rpm", systemTarget},
	{"pacman", noList("packages of Arch Linux")},
	{"portage", noList("packages of Gentoo")},
	{"python", plain("PyPI")},
	{"bundled", bundledTarget},
	{"conda", mappedTarget},
	{"r", rTarget},
	{"npm", plain("npm")},
	{"julia", byPURL("it does not come from Julia's public registry, and no list is about others")},
	{"dotnet", dotnetTarget},
	{"php", byPURL("it does not come from Packagist, and no list that we read is about others")},
	{"perl", noList("packages of CPAN")},
	{"lua", noList("packages of LuaRocks")},
	{"dart", byPURL("it does not come from pub.dev, and no list is about others")},
	{"swift", byPURL("nothing says where it comes from, and the list goes by that")},
	{"gem", plain("RubyGems")},
	{"java", javaTarget},
	{"go", plain("Go")},
	{"spack", noList("software as Spack builds it")},
	{"easybuild", noList("software as EasyBuild builds it")},
	{"lmod", noList("software of which a module file gives the name and version only")},
	{"nix", noList("software as Nix builds it")},
	{"guix", noList("software as Guix builds it")},
	{"homebrew", noList("software as Homebrew builds it")},
	{"rust", byPURL("it does not come from crates.io, and no list that we read is about others")},
	{"matlab", noList("MATLAB and what is added to it")},
	{"stata", noList("Stata and what is added to it")},
	{"sas", noList("SAS")},
	{"spss", noList("SPSS")},
	{"octave", noList("packages of Octave")},
	{"cuda", noList("CUDA and what belongs to it")},
	{"quarto", noList("Quarto and what is added to it")},
	{"rstudio", noList("RStudio and its relatives")},
	{"haskell", haskellTarget},
	{"ocaml", byPURL("nothing says that it comes from opam, and no list is about others")},
	{"erlang", erlangTarget},
	{"snap", noList("snaps")},
	{"flatpak", noList("Flatpaks")},
	{"vscode", noList("what is added to an editor")},
	{"wordpress", noList("what is added to WordPress")},
	{"nim", noList("packages of Nim")},
	{"program", noList("programs by what is inside them; lists go by who packed a program, and nobody says who packed this one")},
	{"package-file", mappedOr("it is a package file that nobody installed, and nothing says for which system and release it was made")},
}

// Ecosystems returns the inventory's names of all ecosystems of which it is settled
// how they are looked up, or why they are not.
func Ecosystems() []string {
	out := make([]string, len(lookups))
	for i := range lookups {
		out[i] = lookups[i].ecosystem
	}
	return out
}

// noList is for software that none of the lists that we read is about.
func noList(what string) finder {
	return func(*File, *landwaiter.System, *landwaiter.Package) ([]target, string) {
		return nil, "no list that we read is about " + what
	}
}

// plain looks up a package of an ecosystem without releases under its own name.
func plain(ecosystem string) finder {
	return func(_ *File, _ *landwaiter.System, p *landwaiter.Package) ([]target, string) {
		return []target{newTarget(ecosystemOf(ecosystem), p.Name, p.Version)}, ""
	}
}

// byPURL looks up a package by its package URL, or else by the names that its
// metadata give.
func byPURL(reason string) finder {
	mapped := mappedOr(reason)
	return func(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
		if t, ok := purlTarget(p.PURL, p.Version); ok {
			return []target{t}, ""
		}
		return mapped(f, sys, p)
	}
}

// mappedOr looks up a package by the names that its own metadata give for other
// ecosystems.
func mappedOr(reason string) finder {
	return func(_ *File, _ *landwaiter.System, p *landwaiter.Package) ([]target, string) {
		var out []target
		for _, purl := range p.Mapped {
			t, ok := purlTarget(purl, p.Version)
			if !ok || slices.ContainsFunc(out, func(o target) bool { return o.same(&t) }) {
				continue
			}
			t.mapped = true
			out = append(out, t)
		}
		if len(out) == 0 {
			return nil, reason
		}
		return out, ""
	}
}

func mappedTarget(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	reason := fmt.Sprintf("no list is about %s packages as such, and this one gives no other name by which a list knows it", p.Ecosystem)
	return mappedOr(reason)(f, sys, p)
}

func javaTarget(_ *File, _ *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	if !strings.Contains(p.Name, ":") {
		return nil, "nothing says which group the Java archive belongs to"
	}
	return []target{newTarget(ecosystemOf("Maven"), p.Name, p.Version)}, ""
}

// rTarget tells Bioconductor's packages from CRAN's by what the package's own
// metadata say.
func rTarget(_ *File, _ *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	name := "CRAN"
	if strings.HasPrefix(p.PURL, "pkg:bioconductor/") || strings.Contains(strings.ToLower(p.Origin), "bioconductor") {
		name = "Bioconductor"
	}
	return []target{newTarget(ecosystemOf(name), p.Name, p.Version)}, ""
}

// The frameworks of .NET have one name where they are installed, and at NuGet one
// for each kind of computer. Advisories speak of the latter.
var (
	dotnetFrameworks = []string{"Microsoft.NETCore.App", "Microsoft.AspNetCore.App"}
	dotnetComputers  = []string{".Runtime.linux-x64", ".Runtime.linux-arm64", ".Runtime.linux-musl-x64", ".Runtime.linux-musl-arm64"}
)

func dotnetTarget(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	out, reason := byPURL("no list is about this part of .NET under its own name and version")(f, sys, p)
	if len(out) == 0 || !slices.Contains(dotnetFrameworks, p.Name) {
		return out, reason
	}
	for _, computer := range dotnetComputers {
		t := newTarget(out[0].osv, p.Name+computer, p.Version)
		t.groupName = p.Name
		out = append(out, t)
	}
	return out, ""
}

// haskellTarget: advisories on the compiler stand in an ecosystem of their own.
func haskellTarget(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	out, reason := byPURL("nothing says that it comes from Hackage, and no list is about others")(f, sys, p)
	if p.Name == "ghc" {
		out = append(out, newTarget(ecosystemOf("GHC"), p.Name, p.Version))
	}
	return out, reason
}

// erlangTarget: what Erlang itself brings along has no list of its own.
func erlangTarget(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	return mappedOr("it is a part of Erlang itself, and no list that we read is about that")(f, sys, p)
}

// bundledTarget looks up what a builder says that he copied into a package, by the
// package URL that he gives. A distribution's package is looked up among those of
// its own release, whatever the system is that it now lies in.
func bundledTarget(f *File, sys *landwaiter.System, p *landwaiter.Package) ([]target, string) {
	if system, q, ok := distributed(p); ok {
		out, reason := systemTarget(f, system, q)
		for i := range out {
			out[i].mapped = true
			if q.Ecosystem != "rpm" && q.SourceName == "" {
				out[i].foreign = "its builder does not say what it was made from, and the list goes by that"
			}
		}
		return out, reason
	}
	return mappedOr("its builder copied it in, and gives no name and release by which a list knows it")(f, sys, p)
}

// rpmRelease is the mark of the release in versions of Red Hat's family: "1.el8_7".
var rpmRelease = regexp.MustCompile(`\.el(\d+)`)

// managers are our ecosystems by the type of a distribution's package URL.
var managers = map[string]string{"deb": "dpkg", "apk": "apk", "rpm": "rpm"}

// distributed reads a package URL as a package of a distribution's release. It
// answers with the release and the package, or false where the URL names no release.
//
// Format: https://github.com/package-url/purl-spec, qualifiers "distro" and "epoch".
func distributed(p *landwaiter.Package) (*landwaiter.System, *landwaiter.Package, bool) {
	u, err := packageurl.FromString(p.PURL)
	manager := managers[u.Type]
	if err != nil || manager == "" || u.Namespace == "" || u.Version == "" {
		return nil, nil, false
	}
	words := u.Qualifiers.Map()
	q := &landwaiter.Package{ID: p.ID, Ecosystem: manager, Name: u.Name, Version: u.Version}
	if epoch := words["epoch"]; epoch != "" && !strings.Contains(q.Version, ":") {
		q.Version = epoch + ":" + q.Version
	}
	q.SourceName, q.SourceVersion, _ = strings.Cut(words["upstream"], "@")
	id := u.Namespace
	if id == "redhat" {
		id = "rhel"
	}
	release := strings.TrimPrefix(strings.TrimPrefix(words["distro"], u.Namespace+"-"), id+"-")
	if m := rpmRelease.FindStringSubmatch(u.Version); release == "" && manager == "rpm" && m != nil {
		release = m[1]
	}
	if release == "" || strings.Trim(release, "0123456789.") != "" {
		return nil, nil, false
	}
	return &landwaiter.System{ID: id, VersionID: release}, q, true
}
