package inventory

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var matlabWant = want{
	bases:    []string{"VersionInfo.xml", "Contents.m"},
	maxBytes: 1 << 20,
	also: func(p string) bool {
		if path.Base(p) == "Contents.m" {
			return strings.Contains(p, "/toolbox/")
		}
		return strings.Contains(p, "/")
	},
}

// readMATLAB reads the version that MATLAB and its Runtime have in their root
// folder, and the first lines of each toolbox's contents. Keys are folders.
//
// Format: VersionInfo.xml and Contents.m, as the function "ver" reads them.
func readMATLAB(f *file, out *facts) error {
	if path.Base(f.Path) == "Contents.m" {
		return readToolbox(f, out)
	}
	var info struct {
		XMLName xml.Name `xml:"MathWorks_version_info"`
		Version string   `xml:"version"`
		Release string   `xml:"release"`
		Update  string   `xml:"description"`
	}
	root := path.Dir(f.Path)
	d := xml.NewDecoder(f.Reader())
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(&info); err != nil {
		if _, syntax := errors.AsType[*xml.SyntaxError](err); syntax {
			return &landwaiter.SyntaxError{Path: f.Path, Err: err}
		}
		return nil // another program's file of that name
	}
	version, release := oneLine(info.Version), oneLine(info.Release+" "+info.Update)
	if version == "" {
		version = release
	}
	if !printable(version) {
		out.Gap(f.Path, -1, true, "an installation of MATLAB without a version")
		return nil
	}
	p := landwaiter.Package{Ecosystem: "matlab", Name: "MATLAB", Version: version, Vendor: "The MathWorks"}
	if isRuntime(root) {
		p.Name = "MATLAB Runtime"
	}
	if printable(release) {
		p.SourceName, p.SourceVersion = p.Name, release
	}
	p.PURL = purl("generic", "", p.Name, version)
	out.Package("installed metadata", p, root)
	out.OwnsTree(root, root)
	return nil
}

var runtimeFolder = regexp.MustCompile(`^v[789][0-9]{1,2}$`)

// isRuntime reports whether a root folder is one that the Runtime's installer
// makes. The file in it does not say.
func isRuntime(root string) bool {
	low := strings.ToLower(root)
	return runtimeFolder.MatchString(path.Base(low)) || strings.Contains(low, "runtime") || strings.Contains("/"+low+"/", "/mcr/")
}

var toolboxVersion = regexp.MustCompile(`^%\s*Version\s+([0-9][0-9A-Za-z.]*)\s+\((R20[0-9]{2}[ab][^)]*)\)`)

// readToolbox reads the first two lines of Contents.m. MATLAB's own folders, and
// those that people wrote for themselves, name no version and release in this form.
func readToolbox(f *file, out *facts) error {
	l := newLines(f.Path, f.Reader())
	var head [2]string
	for i := range head {
		if !l.next() {
			return l.err()
		}
		head[i] = asUTF8(strings.TrimSpace(string(l.text)))
	}
	m := toolboxVersion.FindStringSubmatch(head[1])
	name := oneLine(strings.TrimLeft(head[0], "% \t"))
	if m == nil || !printable(name) {
		return nil
	}
	folder := path.Dir(f.Path)
	if up := path.Dir(folder); path.Base(up) == path.Base(folder) {
		folder = up // such as toolbox/stats/stats
	}
	p := landwaiter.Package{
		Ecosystem: "matlab", Name: name, Version: m[1], Vendor: "The MathWorks",
		SourceName: "MATLAB", SourceVersion: m[2], PURL: purl("generic", "", name, m[1]),
	}
	out.Package("installed metadata", p, folder)
	if path.Base(folder) == "toolbox" {
		out.Owns(folder, f.Path, "") // not a folder of its own
	} else {
		out.OwnsTree(folder, folder)
	}
	return nil
}
