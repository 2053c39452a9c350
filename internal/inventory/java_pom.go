package inventory

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// javaProject is the file of Maven's that says what a package needs. It lies
// beside its pom.properties.
const javaProject = "pom.xml"

// isJavaProject reports whether name ends in "META-INF/maven/GROUP/NAME/pom.xml".
func isJavaProject(name string) bool {
	folder, ok := strings.CutSuffix(name, javaProject)
	return ok && isJavaPOM(folder+javaPOM)
}

// project reads what the package of a pom.xml needs, as far as the text is whole:
// a damaged one hides no software, only who asks for it.
func (w *javaWalk) project(m *zip.File) []string {
	if w.spend(min(m.UncompressedSize64, javaMaxText)) != nil {
		return nil
	}
	text, err := readMember(m, javaMaxText)
	if err != nil {
		return nil
	}
	names, _ := parseJavaProject(strings.NewReader(latin1(text)), path.Base(path.Dir(path.Dir(m.Name))))
	return names
}

// javaDependency is one element of a project's dependencies.
type javaDependency struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Scope    string `xml:"scope"`
	Optional string `xml:"optional"`
}

// javaElsewhere are the scopes of what a package is built or tested with, or of
// what somebody else must bring.
var javaElsewhere = []string{"test", "provided", "system", "import"}

// parseJavaProject lists what a project of a group needs when it runs, as
// "group:name". Names that hold a property are known where it is the project's
// own group, and else left out; so is what only a parent project asks for.
//
// Format: https://maven.apache.org/pom.html.
func parseJavaProject(r io.Reader, group string) ([]string, error) {
	d := xml.NewDecoder(r)
	d.Strict = false                                                                     // unknown entities stand in many a developer's name
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var at, names []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return unique(names), nil
		}
		if err != nil {
			return unique(names), err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if at = append(at, t.Name.Local); len(at) > javaMaxDepth {
				return unique(names), fmt.Errorf("more than %d elements inside each other: %w", javaMaxDepth, landwaiter.ErrTooLarge)
			}
			if !slices.Equal(at, []string{"project", "dependencies", "dependency"}) {
				continue
			}
			var dep javaDependency
			if err := d.DecodeElement(&dep, &t); err != nil {
				return unique(names), err
			}
			at = at[:len(at)-1]
			if name := dep.name(group); name != "" {
				names = append(names, name)
			}
		case xml.EndElement:
			at = at[:max(0, len(at)-1)]
		}
	}
}

// name is "group:name" of what the package needs when it runs, "" for the rest.
func (d *javaDependency) name(group string) string {
	if slices.Contains(javaElsewhere, strings.TrimSpace(d.Scope)) || strings.TrimSpace(d.Optional) == "true" {
		return ""
	}
	of, artifact := strings.TrimSpace(d.Group), strings.TrimSpace(d.Artifact)
	if slices.Contains([]string{"${project.groupId}", "${pom.groupId}", "${groupId}"}, of) {
		of = group
	}
	if !javaToken(of) || !javaToken(artifact) {
		return ""
	}
	return of + ":" + artifact
}
