package inventory

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var dotnetWant = want{
	suffixes: []string{".json", ".nuspec"},
	bases:    []string{dotnetSDKFile},
	maxBytes: limitio.MaxMetadata,
	also: func(name string) bool {
		_, _, nuspec := nugetPlace(name)
		return strings.HasSuffix(name, dotnetDeps) || nuspec || dotnetSDK(name) != ""
	},
}

const (
	dotnetDeps    = ".deps.json"
	dotnetSDKFile = ".version"
)

// readDotnet reads the lists of .NET's runtime, the specifications of packages in
// NuGet's own folder, and the version file of a development kit.
func readDotnet(f *file, out *facts) error {
	switch {
	case strings.HasSuffix(f.Path, dotnetDeps):
		return readDotnetDeps(f, out)
	case dotnetSDK(f.Path) != "":
		return readDotnetSDK(f, out)
	}
	if folder, version, ok := nugetPlace(f.Path); ok {
		return readNuspec(f, folder, version, out)
	}
	return nil
}

// dotnetSDK is the version of the development kit in whose folder the file lies:
// ROOT/sdk/VERSION/.version.
func dotnetSDK(name string) string {
	folder := path.Dir(name)
	if path.Base(name) != dotnetSDKFile || path.Base(path.Dir(folder)) != "sdk" {
		return ""
	}
	if v := path.Base(folder); startsWithDigit(v) {
		return v
	}
	return ""
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// readDotnetSDK names the kit by its folder where the file's second line agrees:
// the first is the commit, the third the system.
func readDotnetSDK(f *file, out *facts) error {
	version := dotnetSDK(f.Path)
	l := newLines(f.Path, f.Reader())
	for l.next() && l.n <= 4 {
		if strings.TrimSpace(string(l.text)) != version {
			continue
		}
		folder := path.Dir(f.Path)
		out.Package("installed metadata", landwaiter.Package{
			Ecosystem: "dotnet", Name: "dotnet-sdk", Version: version, PURL: purl("generic", "", "dotnet-sdk", version),
		}, folder)
		out.OwnsTree(folder, folder)
		return nil
	}
	if err := l.err(); err != nil {
		return err
	}
	out.Gap(f.Path, -1, true, fmt.Sprintf("a .NET development kit in a folder called %.50q, whose own file does not name that version", version))
	return nil
}

// nugetPlace reads ROOT/ID/VERSION/ID.nuspec, where NuGet unpacks a package. One
// that lies anywhere else is part of a source tree.
func nugetPlace(name string) (folder, version string, ok bool) {
	id, ok := strings.CutSuffix(path.Base(name), ".nuspec")
	folder = path.Dir(name)
	version = path.Base(folder)
	return folder, version, ok && startsWithDigit(version) && strings.EqualFold(path.Base(path.Dir(folder)), id)
}

// nuspec is the part of a specification that says something to us.
//
// Format: https://learn.microsoft.com/en-us/nuget/reference/nuspec
type nuspec struct {
	Metadata struct {
		ID      string `xml:"id"`
		Version string `xml:"version"`
		Authors string `xml:"authors"`
		Licence struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"license"`
		Dependencies struct {
			Plain  []nugetID `xml:"dependency"`
			Groups []struct {
				List []nugetID `xml:"dependency"`
			} `xml:"group"`
		} `xml:"dependencies"`
	} `xml:"metadata"`
}

type nugetID struct {
	ID string `xml:"id,attr"`
}

// readNuspec reads the specification of an unpacked package. The key is its
// folder.
func readNuspec(f *file, folder, version string, out *facts) error {
	var spec nuspec
	d := xml.NewDecoder(f.Reader())
	d.Strict = false
	// Only names are taken, and those are ASCII: other charsets are read as they are.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(&spec); err != nil {
		line, _ := d.InputPos()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return &landwaiter.SyntaxError{Path: f.Path, Line: line, Err: err}
	}
	m := &spec.Metadata
	id, inside := strings.TrimSpace(m.ID), strings.TrimSpace(m.Version)
	if !strings.EqualFold(id, path.Base(path.Dir(folder))) || !printable(id) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("the specification names another NuGet package than its folder: %.100q", id))
		return nil
	}
	if printable(inside) && strings.EqualFold(nugetNormal(inside), version) {
		version = nugetNormal(inside)
	}
	p := landwaiter.Package{
		Ecosystem: "dotnet", Name: id, Version: version, Vendor: oneLine(asUTF8(m.Authors)), PURL: purl("nuget", "", id, version),
	}
	if m.Licence.Type == "expression" {
		p.Licence = oneLine(m.Licence.Text)
	}
	groups := [][]nugetID{m.Dependencies.Plain}
	for _, g := range m.Dependencies.Groups {
		groups = append(groups, g.List)
	}
	for _, dep := range slices.Concat(groups...) {
		if dep.ID != "" {
			p.Requires = append(p.Requires, dep.ID)
		}
	}
	p.Requires = unique(p.Requires)
	out.Package("installed metadata", p, folder)
	out.OwnsTree(folder, folder)
	return nil
}

// nugetNormal is the form of a version in which NuGet names folders: without the
// build's metadata, and without a fourth number that is zero.
func nugetNormal(v string) string {
	v, _, _ = strings.Cut(v, "+")
	number, rest, pre := strings.Cut(v, "-")
	parts := strings.Split(number, ".")
	for len(parts) < 3 {
		parts = append(parts, "0")
	}
	for i, p := range parts {
		parts[i] = cmp.Or(strings.TrimLeft(p, "0"), "0")
	}
	if len(parts) == 4 && parts[3] == "0" {
		parts = parts[:3]
	}
	if number = strings.Join(parts, "."); pre {
		number += "-" + rest
	}
	return number
}
