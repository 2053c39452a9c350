package inventory

import (
	"path"
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// javaSuffixes are the archives that hold Java code.
var javaSuffixes = []string{".jar", ".war", ".ear", ".jpi", ".hpi"}

// javaWant names the archives, as their makers write their suffixes, and the
// properties of one that was unpacked.
func javaWant() want {
	w := want{bases: []string{javaPOM}, also: func(name string) bool {
		_, base, _ := split(name)
		return base != javaPOM || isJavaPOM(name)
	}}
	for _, suffix := range javaSuffixes {
		w.suffixes = append(w.suffixes, suffix, strings.ToUpper(suffix))
	}
	return w
}

const (
	javaPOM      = "pom.properties"
	javaManifest = "META-INF/MANIFEST.MF"
)

// isJavaPOM reports whether name ends in "META-INF/maven/GROUP/NAME/pom.properties".
func isJavaPOM(name string) bool {
	parts := strings.Split(name, "/")
	n := len(parts)
	return n >= 5 && parts[n-1] == javaPOM && parts[n-4] == "maven" && parts[n-5] == "META-INF"
}

// isJavaArchive reports whether name is of an archive that may hold Java code.
func isJavaArchive(name string) bool {
	return slices.Contains(javaSuffixes, strings.ToLower(path.Ext(name)))
}

// readJava reads an archive of Java code and those inside it. For each it emits
//
//   - one package, "group:name", for every pom.properties, of which a shaded
//     archive has several (method "pom.properties");
//   - without one that is the archive's own, what its manifest says (method
//     "manifest"), and last what its file name says (method "file name").
//
// Only pom.properties says for certain of which group a package is. Without a
// group the name stands alone, there is no purl, and no advisory matches: the
// answer is "not assessed", where a guessed group would get the answer "none
// known".
//
// The key of what the archive itself is, is its path; it owns the file. What lies
// inside has its place, "outer.jar!/inner.jar!/…", as evidence.
//
// Format: Maven Archiver; "JAR File Specification".
func readJava(f *file, out *facts) (err error) {
	defer caught(f.Path, &err)
	if path.Base(f.Path) == javaPOM {
		return readJavaPOM(f, out)
	}
	w := newJavaWalk(f, out)
	if _, err := w.archive(f.ReaderAt, f.Size, f.Path, 0); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	w.done()
	return nil
}

// readJavaPOM reads the properties of an archive that was unpacked.
func readJavaPOM(f *file, out *facts) error {
	c, err := parseJavaPOM(f.Reader())
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	out.Package(javaPOM, c.pkg(), f.Path)
	out.Owns(f.Path, f.Path, "")
	return nil
}

// javaCoordinates name a Java package.
type javaCoordinates struct {
	group, artifact, version string
	method                   string
	where                    string // place of the evidence
	vendor                   string
}

func (c *javaCoordinates) pkg() landwaiter.Package {
	p := landwaiter.Package{Ecosystem: "java", Name: c.artifact, Version: c.version, Vendor: c.vendor}
	if c.group != "" {
		p.Name = c.group + ":" + c.artifact
		p.PURL = packageurl.NewPackageURL(packageurl.TypeMaven, c.group, c.artifact, c.version, nil, "").ToString()
	}
	return p
}

// javaOwn finds which of poms is the archive's own: the one that its file is
// named after, the longest such; else the only one, unless the manifest tells of
// other code: then that one was shaded in. m may be nil.
func javaOwn(where string, poms []javaCoordinates, m *javaManifestFacts) *javaCoordinates {
	stem := strings.TrimSuffix(path.Base(where), path.Ext(where))
	var own *javaCoordinates
	for i := range poms {
		p := &poms[i]
		if stem != p.artifact && !strings.HasPrefix(stem, p.artifact+"-") {
			continue
		}
		if own == nil || len(p.artifact) > len(own.artifact) {
			own = p
		}
	}
	if own == nil && len(poms) == 1 && (m == nil || !m.contradicts(&poms[0])) {
		own = &poms[0]
	}
	return own
}

// javaNamed says what an archive is that has no pom.properties of its own, or nil
// where nobody says. m may be nil.
func javaNamed(where string, m *javaManifestFacts) *javaCoordinates {
	stem := strings.TrimSuffix(path.Base(where), path.Ext(where))
	artifact, version := javaFileName(stem)
	if m == nil {
		m = new(javaManifestFacts)
	}
	c := javaCoordinates{artifact: m.name(), version: m.version(), method: "manifest", where: where + "!/" + javaManifest, vendor: m.vendor()}
	if c.artifact == "" || c.version == "" {
		c.method, c.where = "file name", where
	}
	if c.artifact == "" {
		c.artifact = artifact
	}
	if c.version == "" {
		c.version = version
	}
	if !javaToken(c.artifact) || !javaToken(c.version) {
		return nil
	}
	if group := m.group(artifact); group != "" {
		c.group, c.artifact = group, artifact
	}
	return &c
}

// javaFileName splits "commons-lang3-3.12.0" before the first hyphen that a digit
// follows. Without one there is no version.
func javaFileName(stem string) (artifact, version string) {
	for i := 1; i+1 < len(stem); i++ {
		if stem[i] == '-' && stem[i+1] >= '0' && stem[i+1] <= '9' {
			return stem[:i], stem[i+1:]
		}
	}
	return stem, ""
}

// javaToken reports whether s can be a part of Maven's coordinates. Debian writes
// versions with a tilde into file names.
func javaToken(s string) bool {
	const longest = 200
	return s != "" && len(s) <= longest && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-+~", c)
	}) < 0
}
