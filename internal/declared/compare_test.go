package declared

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// observedCase is an image with a distribution's packages, conda, Python, R, npm and
// Go, some of which hold one another.
func observedCase() []landwaiter.Package {
	p := func(eco, name, version, purl string, edit ...func(*landwaiter.Package)) landwaiter.Package {
		out := landwaiter.Package{ID: eco + ":" + name + "@" + version, Ecosystem: eco, Name: name, Version: version, PURL: purl}
		for _, e := range edit {
			e(&out)
		}
		return out
	}
	needs := func(ids ...string) func(*landwaiter.Package) {
		return func(p *landwaiter.Package) { p.DependsOn = ids }
	}
	owned := func(id string) func(*landwaiter.Package) { return func(p *landwaiter.Package) { p.OwnedBy = id } }
	part := func(id string) func(*landwaiter.Package) { return func(p *landwaiter.Package) { p.PartOf = id } }
	return []landwaiter.Package{
		p("dpkg", "curl", "1:7.88.1-10", "pkg:deb/debian/curl@1:7.88.1-10", needs("dpkg:libcurl4@7.88.1-10")),
		p("dpkg", "libcurl4", "7.88.1-10", "pkg:deb/debian/libcurl4@7.88.1-10", func(p *landwaiter.Package) { p.SourceName, p.SourceVersion = "curl-src", "7.88.1-10" }),
		p("dpkg", "python3-yaml", "6.0-3", "pkg:deb/debian/python3-yaml@6.0-3"),
		p("python", "PyYAML", "6.0", "pkg:pypi/pyyaml@6.0", owned("dpkg:python3-yaml@6.0-3")),
		p("python", "Pillow", "9.4.0", "pkg:pypi/pillow@9.4.0"),
		p("python", "scikit_learn", "1.4.2", "pkg:pypi/scikit-learn@1.4.2", needs("python:joblib@1.3.2", "python:Pillow@9.4.0")),
		p("python", "joblib", "1.3.2", "pkg:pypi/joblib@1.3.2", needs("python:deep@1.0")),
		p("python", "deep", "1.0", "pkg:pypi/deep@1.0", needs("python:scikit_learn@1.4.2")),
		p("python", "surprise", "0.1", "pkg:pypi/surprise@0.1"),
		p("python", "certifi", "2022.9.24", "pkg:pypi/certifi@2022.9.24"),
		p("python", "certifi", "2022.12.7", "pkg:pypi/certifi@2022.12.7"),
		p("conda", "numpy", "1.26.4", "pkg:conda/numpy@1.26.4"),
		p("python", "numpy", "1.26.4", "pkg:pypi/numpy@1.26.4", part("conda:numpy@1.26.4")),
		p("conda", "r-ggplot2", "3.4.4", "pkg:conda/r-ggplot2@3.4.4", func(p *landwaiter.Package) { p.Mapped = []string{"pkg:cran/ggplot2@3.4.4"} }),
		p("r", "ggplot2", "3.4.4", "pkg:cran/ggplot2@3.4.4", part("conda:r-ggplot2@3.4.4")),
		p("r", "survival", "3.5-7", "pkg:cran/survival@3.5-7"),
		p("npm", "@babel/core", "7.1.0", "pkg:npm/%40babel/core@7.1.0"),
		p("go", "github.com/example/tool", "v1.2.3", "pkg:golang/github.com/example/tool@v1.2.3"),
		p("java", "lib", "1", ""),
		p("python", "onlysaid", "1", "pkg:pypi/onlysaid@1", func(p *landwaiter.Package) { p.Declared = true }),
	}
}

func summary(c landwaiter.Comparison) string {
	var b strings.Builder
	fmt.Fprintf(&b, "declared %d matched %d unchecked %d notCompared %d base %d notSpoken %d\n", c.Declared, c.Matched, c.Unchecked, c.NotCompared, c.MaybeBase, c.NotSpoken)
	for _, d := range c.Differ {
		fmt.Fprintf(&b, "differs: %s %s%s, seen %s\n", d.Declared.Name, d.Declared.Version, d.Declared.Constraint, d.Observed)
	}
	for _, p := range c.NotObserved {
		fmt.Fprintf(&b, "not seen: %s %s\n", p.Name, p.Version)
	}
	for _, p := range c.Brought {
		fmt.Fprintf(&b, "brought: %s by %s\n", p.ID, p.By)
	}
	for _, id := range c.NotDeclared {
		fmt.Fprintf(&b, "not declared: %s\n", id)
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	for _, tc := range []struct{ file, text, want string }{
		{
			// Names by PEP 503, three groups, and silence about all other managers.
			"requirements.txt", "Scikit-Learn>=1.4,<2\nCERTIFI==2022.12.7\nmissing==1\nnumpy==1.26.4\npillow==9.5\nonlysaid\n",
			`declared 6 matched 3 unchecked 0 notCompared 0 base 0 notSpoken 10
differs: CERTIFI 2022.12.7, seen python:certifi@2022.9.24
differs: pillow 9.5, seen python:Pillow@9.4.0
not seen: missing 1
not seen: onlysaid 
brought: python:deep@1.0 by python:scikit_learn@1.4.2
brought: python:joblib@1.3.2 by python:scikit_learn@1.4.2
not declared: python:surprise@0.1
`,
		},
		{
			// The R package inside conda's is the same software.
			"environment.yml", "dependencies: [numpy=1.26, r-ggplot2==3.4.3, {pip: [surprise, scikit-learn, 'certifi!=2022.9.24']}]\n",
			`declared 5 matched 4 unchecked 2 notCompared 0 base 0 notSpoken 8
differs: r-ggplot2 3.4.3, seen conda:r-ggplot2@3.4.4
differs: certifi !=2022.9.24, seen python:certifi@2022.9.24
brought: python:Pillow@9.4.0 by python:scikit_learn@1.4.2
brought: python:deep@1.0 by python:scikit_learn@1.4.2
brought: python:joblib@1.3.2 by python:scikit_learn@1.4.2
`,
		},
		{
			"renv.lock", `{"Packages": {"ggplot2": {"Version": "3.4.4"}, "survival": {"Version": "3.5.7"}, "gone": {"Version": "1"}}}`,
			`declared 3 matched 2 unchecked 0 notCompared 0 base 0 notSpoken 16
not seen: gone 1
`,
		},
		{
			// A base image may have brought the rest.
			"Dockerfile", "FROM debian:12\nRUN apt-get install curl=7.88.1-10 nothere && go install github.com/example/tool/cmd/tool@v1.2.3 && pip install 'joblib~=1.3.0'\n",
			`declared 4 matched 3 unchecked 0 notCompared 0 base 4 notSpoken 7
not seen: nothere 
brought: dpkg:libcurl4@7.88.1-10 by dpkg:curl@1:7.88.1-10
brought: python:Pillow@9.4.0 by python:joblib@1.3.2
brought: python:deep@1.0 by python:joblib@1.3.2
brought: python:scikit_learn@1.4.2 by python:joblib@1.3.2
`,
		},
		{
			// A bill of materials speaks of everything; sources, archives without a
			// group, and names inside other managers' packages are found.
			"bom.json", `{"bomFormat": "CycloneDX", "components": [
				{"name": "curl-src", "version": "7.88.1-10", "purl": "pkg:deb/debian/curl-src@7.88.1-10"},
				{"name": "lib", "group": "org.example", "purl": "pkg:maven/org.example/lib@1"}, {"name": "survival", "version": "3.5-7"},
				{"name": "pyyaml", "version": "6.0.0", "purl": "pkg:pypi/pyyaml@6.0.0"}, {"name": "serde", "version": "1", "purl": "pkg:cargo/serde@1"},
				{"name": "serde", "version": "1", "purl": "pkg:cargo/serde@1"}, {"name": "core", "purl": "pkg:npm/%40babel/core@7.1.1"},
				{"name": "numpy", "purl": "pkg:pypi/numpy@1.26.4"}, {"name": "surprise", "purl": "pkg:pypi/surprise"}]}`,
			`declared 8 matched 6 unchecked 1 notCompared 1 base 0 notSpoken 0
differs: core , seen npm:@babel/core@7.1.0
not declared: dpkg:curl@1:7.88.1-10
not declared: python:Pillow@9.4.0
not declared: python:scikit_learn@1.4.2
not declared: python:joblib@1.3.2
not declared: python:deep@1.0
not declared: python:certifi@2022.9.24
not declared: python:certifi@2022.12.7
not declared: conda:r-ggplot2@3.4.4
not declared: go:github.com/example/tool@v1.2.3
`,
		},
	} {
		d, err := Read(strings.NewReader(tc.text), tc.file)
		if err != nil {
			t.Fatal(err)
		}
		c := Compare(d, observedCase())
		if diff := cmp.Diff(tc.want, summary(c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.file, diff)
		}
	}
}

func TestAllows(t *testing.T) {
	for _, tc := range []struct {
		eco, constraint, version string
		want                     verdict
	}{
		{"python", ">=1.20, <2", "1.26.4", fits},
		{"python", ">=1.20, <2", "2.0", differs},
		{"python", "<2", "10", differs}, // not by text
		{"python", "==1.*", "1.26", fits},
		{"python", "==1.*", "11.26", differs},
		{"python", "==1.2.*", "1.20", differs},
		{"python", "!=1.2.*", "1.2.3", differs},
		{"python", "~=1.4.2", "1.4.9", fits},
		{"python", "~=1.4.2", "1.5.0", differs},
		{"python", "~=1.4.2", "1.4.1", differs},
		{"python", "==1.0", "1.0.0", fits},
		{"python", ">=1, ???", "1.1", unknown},
		{"python", ">=2, ???", "1.1", differs},
		{"python", "", "1", unknown},
		{"npm", "^1.2.0", "1.3.0", unknown},
		{"gem", "~>1.15", "1.16.1", fits},
		{"conda", ">=1.1", "1.1.1k", unknown},
		{"spack", ">=1", "2", unknown},
		{"apk", "==1.2.*", "1.2.13-r1", fits},
		{"rpm", "==5.1.8*", "5.1.8-6.el9", fits},
	} {
		if got := allows(tc.eco, tc.constraint, tc.version); got != tc.want {
			t.Errorf("%s %q holds %q: %v, want %v", tc.eco, tc.constraint, tc.version, got, tc.want)
		}
	}
}

// Packages that own one another in a circle are still counted.
func TestOwnersInACircle(t *testing.T) {
	list := []landwaiter.Package{{ID: "a", Ecosystem: "python", Name: "a", PartOf: "b"}, {ID: "b", Ecosystem: "python", Name: "b", PartOf: "a"}}
	c := Compare(&landwaiter.Declaration{Ecosystems: []string{"python"}}, list)
	if len(c.NotDeclared) != 2 {
		t.Errorf("%+v", c)
	}
}
