package inventory

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var rWant = want{
	bases:    []string{"DESCRIPTION"},
	maxBytes: limitio.MaxMetadata,
	also:     func(p string) bool { return strings.Contains(p, "/") },
}

// rFields are the fields of DESCRIPTION that say something to us.
var rFields = []string{
	"package", "version", "built", "license", "priority", "encoding", "maintainer", "author",
	"depends", "imports", "linkingto", "repository", "biocviews", "git_url",
	"remotetype", "remotehost", "remoteusername", "remoterepo", "remotesha", "remoterepos", "remoteurl",
}

// readR reads the DESCRIPTION of an R package that is installed in some library
// folder: R's installer adds Built, which source trees lack. The key of the
// package is its folder.
//
// Format: "Writing R Extensions", The DESCRIPTION file; write.dcf(3).
func readR(f *file, out *facts) error {
	s := newStanzas(f.Path, f.Reader(), rFields...)
	found := s.next()
	d := rDescription(s.field)
	folder := path.Dir(f.Path)
	name, version := d.get("package"), d.get("version")
	if !found {
		if name != path.Base(folder) {
			return nil // some other text of that name
		}
		return s.err()
	}
	switch {
	case d.get("built") == "":
		return nil // a source tree, or no R package at all
	case name == "":
		out.Gap(f.Path, -1, true, "an installed R package without a name")
		return nil
	case version == "":
		out.Gap(f.Path, -1, true, fmt.Sprintf("R package %q has no version", name))
		return nil
	}
	p := landwaiter.Package{
		Ecosystem: "r", Name: name, Version: version,
		Licence: oneLine(d.get("license")), Vendor: oneLine(d.get("maintainer")),
		Requires: rNames(d.get("depends"), d.get("imports"), d.get("linkingto")),
	}
	if p.Vendor == "" {
		p.Vendor = oneLine(d.get("author"))
	}
	if d.get("priority") == "base" {
		// Base packages are part of R and carry its version; CRAN has none of them.
		p.SourceName, p.SourceVersion, p.Origin = "R", version, "R"
	} else {
		p.Origin, p.PURL = d.origin(), d.purl(name, version)
	}
	out.Package("installed metadata", p, folder)
	if home := path.Dir(path.Dir(folder)); name == "base" && strings.HasSuffix(folder, "/R/library/base") && d.get("priority") == "base" {
		out.OwnsTree(folder, home) // the interpreter, which has the version of its base
	}
	if name == path.Base(folder) {
		out.OwnsTree(folder, folder)
	} else {
		// R names the folder after the package, so somebody moved this one. It
		// is software all the same; what lies beside it is not its own.
		out.Owns(folder, f.Path, "")
	}
	return nil
}

// rDescription is the first stanza of a DESCRIPTION, by lower-case name.
type rDescription map[string]string

// get returns a field as UTF-8.
func (d rDescription) get(name string) string { return asUTF8(d[name]) }

// hosted reports whether the package was built from a repository of source
// code, and by which purl type that is called, "" where none fits.
func (d rDescription) hosted() (purlType string, ok bool) {
	switch d.get("remotetype") {
	case "github", "gitlab", "bitbucket":
		return d.get("remotetype"), true
	case "git", "git2r", "xgit", "svn", "url", "local":
		return "", true
	}
	return "", false
}

// origin is the repository, or the place of the source code and its commit.
func (d rDescription) origin() string {
	if _, ok := d.hosted(); ok {
		at := d.get("remoteurl")
		if repo := d.get("remoterepo"); repo != "" {
			at = strings.Join([]string{d.get("remotehost"), d.get("remoteusername"), repo}, "/")
		}
		if at == "" {
			at = d.get("remotetype")
		}
		if sha := d.get("remotesha"); sha != "" {
			at += "@" + sha
		}
		return publicURL(at)
	}
	for _, name := range []string{"repository", "remoterepos", "git_url"} {
		if v := d.get(name); v != "" {
			return publicURL(v)
		}
	}
	return ""
}

func (d rDescription) purl(name, version string) string {
	if kind, ok := d.hosted(); ok {
		if user, repo := d.get("remoteusername"), d.get("remoterepo"); kind != "" && user != "" && repo != "" {
			return purl(kind, user, repo, d.get("remotesha"))
		}
	}
	kind := "cran"
	if d.get("biocviews") != "" && d.get("repository") != "CRAN" {
		kind = "bioconductor"
	}
	// A repository that is given by its address is not CRAN itself.
	repository := publicURL(d.get("repository"))
	if u, err := url.Parse(repository); err != nil || u.Host == "" || strings.HasSuffix(u.Host, "r-project.org") {
		repository = ""
	}
	return purl(kind, "", name, version, "repository_url", repository)
}

// rNames lists the packages named in fields such as "R (>= 4.0), methods", each
// once; R itself is left out.
func rNames(fields ...string) []string {
	names := dpkgNames(fields...)
	out := names[:0]
	for _, name := range names {
		if name != "R" {
			out = append(out, name)
		}
	}
	return out
}
