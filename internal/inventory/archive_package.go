package inventory

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// packageFileWant names, by their paths inside it, the files in which a package
// that lies about says what it is.
var packageFileWant = want{
	bases:    []string{"control", ".PKGINFO", "package.json", "index.json", "DESCRIPTION", "PKG-INFO", "Cargo.toml", "metadata", rpmHeaderFile},
	suffixes: []string{".nuspec"},
	maxBytes: 4 * limitio.MaxMetadata,
	inside:   true,
	also: func(name string) bool {
		depth := strings.Count(name, "/")
		switch base := path.Base(name); base {
		case "control", ".PKGINFO", "metadata", rpmHeaderFile:
			return depth == 0
		case "package.json":
			return name == "package/package.json"
		case "index.json":
			return name == "info/index.json"
		case "DESCRIPTION", "PKG-INFO", "Cargo.toml":
			return depth == 1
		default:
			return depth == 0
		}
	},
}

// readPackageFile reads what a package file, such as a .deb or an R source
// package, says that it is. It lies in the subject and is not installed: whoever
// has the file can install it. Mapped says what it would be, as a purl.
//
// Format: deb-control(5); "RPM V4 Package format"; wiki.alpinelinux.org, "Apk
// spec"; conda's "Package metadata"; "Writing R Extensions"; npm's package.json;
// "The Cargo Book", publishing; NuGet's .nuspec reference; RubyGems' specification;
// "Core metadata specifications".
func readPackageFile(f *file, out *facts) error {
	var p packageFile
	var err error
	switch base := path.Base(f.Path); base {
	case "control":
		err = p.control(f)
	case ".PKGINFO":
		err = p.apk(f)
	case "package.json":
		err = p.npm(f)
	case "index.json":
		err = p.conda(f)
	case "DESCRIPTION":
		err = p.stanza(f, "package", "cran")
	case "PKG-INFO":
		err = p.stanza(f, "name", "pypi")
	case "Cargo.toml":
		err = p.cargo(f)
	case "metadata":
		err = p.gem(f)
	case rpmHeaderFile:
		err = p.rpm(f)
	default:
		err = p.nuget(f)
	}
	if err != nil || p.skip {
		return err
	}
	if !printable(p.Name) || !printable(p.Version) {
		out.Gap(f.Path, -1, true, "a package file that does not say its name and version")
		return nil
	}
	p.Ecosystem = "package-file"
	if p.purl != "" {
		p.Mapped = []string{p.purl}
	}
	out.Package("package file, not installed", p.Package, f.Path)
	return nil
}

// packageFile is what a package file says.
type packageFile struct {
	landwaiter.Package
	purl string
	skip bool // some other file of that name
}

func (p *packageFile) control(f *file) error {
	s := newStanzas(f.Path, f.Reader(), "package", "version", "architecture", "source", "maintainer")
	if !s.next() {
		p.skip = s.err() == nil
		return s.err()
	}
	p.Name, p.Version, p.Arch = s.field["package"], s.field["version"], s.field["architecture"]
	p.Vendor = oneLine(s.field["maintainer"])
	p.SourceName, p.SourceVersion = dpkgSource(s.field["source"], p.Name, p.Version)
	p.purl = purl("deb", "", p.Name, p.Version, "arch", p.Arch)
	return nil
}

// stanza reads R's DESCRIPTION and Python's PKG-INFO. What is installed says so by
// Built, and another row reads it.
func (p *packageFile) stanza(f *file, name, kind string) error {
	s := newStanzas(f.Path, f.Reader(), name, "version", "built", "metadata-version", "license")
	if !s.next() || s.field["built"] != "" || s.field[name] == "" {
		p.skip = true
		return nil
	}
	if kind == "pypi" && s.field["metadata-version"] == "" {
		p.skip = true
		return nil
	}
	p.Name, p.Version, p.Licence = s.field[name], s.field["version"], oneLine(s.field["license"])
	p.purl = purl(kind, "", p.Name, p.Version)
	return nil
}

func (p *packageFile) apk(f *file) error {
	l := newLines(f.Path, f.Reader())
	for l.next() {
		key, value, _ := strings.Cut(string(l.text), " = ")
		switch key {
		case "pkgname":
			p.Name = value
		case "pkgver":
			p.Version = value
		case "arch":
			p.Arch = value
		case "origin":
			p.SourceName = value
		}
	}
	p.purl = purl("apk", "", p.Name, p.Version, "arch", p.Arch)
	return l.err()
}

// words reads the texts of a JSON object that set names.
func (p *packageFile) words(f *file, set map[string]*string) error {
	m := newMembers(f)
	_, err := m.object(func(name string) error {
		if to := set[name]; to != nil {
			return m.text(to)
		}
		return m.skip()
	})
	return m.damage(err)
}

func (p *packageFile) npm(f *file) error {
	err := p.words(f, map[string]*string{"name": &p.Name, "version": &p.Version})
	scope, name, ok := strings.Cut(p.Name, "/")
	if !ok {
		scope, name = "", p.Name
	}
	p.purl = purl("npm", scope, name, p.Version)
	return err
}

func (p *packageFile) conda(f *file) error {
	var build string
	err := p.words(f, map[string]*string{"name": &p.Name, "version": &p.Version, "subdir": &p.Arch, "license": &p.Licence, "build": &build})
	p.purl = purl("conda", "", p.Name, p.Version, "build", build, "subdir", p.Arch)
	return err
}

// cargo reads only what cargo itself wrote when it packed the crate.
func (p *packageFile) cargo(f *file) error {
	if f.Size > limitio.MaxMetadata {
		return fmt.Errorf("%d bytes: %w", f.Size, landwaiter.ErrTooLarge)
	}
	text, err := limitio.ReadAll(f.Reader(), limitio.MaxMetadata)
	if err != nil {
		return err
	}
	if !bytes.Contains(text[:min(len(text), headSize)], []byte("AUTOMATICALLY GENERATED BY CARGO")) {
		p.skip = true
		return nil
	}
	var c struct {
		Package struct {
			Name    string `toml:"name"`
			Version string `toml:"version"`
			Licence string `toml:"license"`
		} `toml:"package"`
	}
	err = func() (err error) {
		defer caught(f.Path, &err)
		_, err = toml.Decode(string(text), &c)
		return err
	}()
	p.Name, p.Version, p.Licence = c.Package.Name, c.Package.Version, c.Package.Licence
	p.purl = purl("cargo", "", p.Name, p.Version)
	return err
}

// gem reads the name and the version, which stand at fixed depths of the text
// that RubyGems writes.
func (p *packageFile) gem(f *file) error {
	l := newLines(f.Path, f.Reader())
	in := ""
	for l.next() {
		line := string(l.text)
		if l.n == 1 && !strings.HasPrefix(line, "--- !ruby/object:Gem::Specification") {
			p.skip = true
			return nil
		}
		if !strings.HasPrefix(line, " ") {
			in, _, _ = strings.Cut(line, ":")
		}
		switch name, value, _ := strings.Cut(line, ": "); {
		case name == "name":
			p.Name = strings.Trim(value, `"'`)
		case name == "  version" && in == "version":
			p.Version = strings.Trim(value, `"'`)
		}
	}
	p.purl = purl("gem", "", p.Name, p.Version)
	return l.err()
}

func (p *packageFile) rpm(f *file) error {
	b := make([]byte, f.Size)
	if _, err := f.ReadAt(b, 0); err != nil && int64(len(b)) != f.Size {
		return err
	}
	h, err := parseRPMHeader(b)
	if err != nil {
		return err
	}
	var errs [4]error
	var source string
	p.Name, errs[0] = h.text(rpmTagName)
	p.Version, errs[1] = h.version()
	p.Arch, errs[2] = h.text(rpmTagArch)
	source, errs[3] = h.text(rpmTagSourceRPM)
	p.SourceName, p.SourceVersion = rpmSource(source)
	p.purl = purl("rpm", "", p.Name, p.Version, "arch", p.Arch)
	return errors.Join(errs[:]...)
}

func (p *packageFile) nuget(f *file) error {
	text, err := limitio.ReadAll(f.Reader(), limitio.MaxMetadata)
	if err != nil {
		return err
	}
	var n struct {
		Metadata struct {
			ID      string `xml:"id"`
			Version string `xml:"version"`
		} `xml:"metadata"`
	}
	if err := xml.Unmarshal(text, &n); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	p.Name, p.Version = strings.TrimSpace(n.Metadata.ID), strings.TrimSpace(n.Metadata.Version)
	p.purl = purl("nuget", "", p.Name, p.Version)
	return nil
}
