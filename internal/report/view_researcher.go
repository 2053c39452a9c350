package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// todo is one thing to update: all packages that one command brings to one version.
type todo struct {
	pkg      *landwaiter.Package // the first by name
	names    []string            // as the command names them
	fixed    string              // the latest version that a finding asks for
	unsure   bool                // versions that cannot be put in order: the latest is a guess
	findings int
	used     int // of findings: in use by attackers
	decides  bool
	effect   string // code of what the fix may do to results
}

// researcher is a list of what to change: short, whatever the number of findings.
func (v *sheet) researcher() []part {
	out := []part{v.updates()}
	by, order := v.byKind()
	var noFix int64
	for _, k := range order {
		switch {
		case len(by[k]) == 0:
		case k == landwaiter.KindWeaknessNoFix:
			noFix = int64(len(by[k]))
		case !toResearcher[k]:
		default:
			p := part{ID: "do-" + slug(string(k)), Title: rich{{Text: v.kinds[k].title}}}
			f := v.fourParts(k, by[k])
			p.Words = []kindPart{f[0], f[3]}
			p.Tables = v.shortTables(p.ID, by[k], todoFiles)
			out = append(out, p)
		}
	}
	if noFix > 0 {
		p := v.part("wait")
		p.Notes = []rich{v.say("note", "wait-for-fix", counts(noFix, 0))}
		out = append(out, p)
	}
	if ask := v.unnamed(); len(ask) > 0 {
		you := v.part("ask-you")
		you.Items, you.After = ask[0].Items, ask[0].After
		out = append(out, you)
	}
	return out
}

// todoFiles is the number of files of one kind of finding that a researcher gets: as
// many as a finding names.
const todoFiles = 100

// toResearcher are the kinds other than weaknesses that a researcher can do something
// about.
var toResearcher = map[landwaiter.Kind]bool{
	landwaiter.KindMalware: true, landwaiter.KindSecret: true, landwaiter.KindPersonal: true, landwaiter.KindMaybePersonal: true,
	landwaiter.KindOutdatedBase: true, landwaiter.KindChanged: true, landwaiter.KindUnknownProgram: true, landwaiter.KindModelCode: true,
	landwaiter.KindSelfInstall: true, landwaiter.KindNetworkClient: true, landwaiter.KindRunsAsRoot: true, landwaiter.KindUndeclared: true,
	landwaiter.KindLicence: true, landwaiter.KindChangesResults: true,
}

// updates lists one command for each item of software, the weightiest first.
func (v *sheet) updates() part {
	p := v.part("updates")
	todos := v.todos()
	t := v.table("updates", 50, "software", "seen-version", "at-least", "why-update", "command", "effect", "where")
	weaknesses := 0
	for _, d := range todos {
		f := counts(int64(d.findings), int64(d.used))
		f.None = d.used == 0
		why := cell{v.say("update", "why", f)}
		if d.decides {
			why = append(why, v.label("update", "decides"))
		}
		at := name(d.fixed)
		if d.unsure {
			at = join(at, v.label("update", "unsure"))
		}
		t.Rows = append(t.Rows, []cell{
			{v.say("value", "software", facts{Name: data(d.pkg.Name, pageName), Detail: v.ecosystem(d.pkg.Ecosystem).marked()})},
			{name(d.pkg.Version)},
			{at},
			why, v.command(&d),
			{v.label("effect", d.effect)},
			{v.place(d.pkg)},
		})
		weaknesses += d.findings
	}
	if len(t.Rows) == 0 {
		code := "updates-none"
		if v.blind {
			code = "updates-blind"
		}
		p.Notes = []rich{v.label("note", code)}
		return p
	}
	p.Notes = append([]rich{v.say("note", "updates-count", counts(int64(weaknesses), int64(len(todos))))}, p.Notes...)
	p.Tables = []table{t}
	return p
}

// todos groups the findings that have a fix by what is updated together: packages
// that a distribution builds from one source, or one package.
func (v *sheet) todos() []todo {
	groups, order := map[string]*todo{}, []string{}
	decides := map[string]bool{}
	for _, some := range v.mattered() {
		for _, f := range some {
			decides[f.ID] = true
		}
	}
	for i := range v.a.Findings {
		f := &v.a.Findings[i]
		if f.Fixed == "" || f.Kind == landwaiter.KindHandled || f.Kind == landwaiter.KindKernelHeaders || f.Kind == landwaiter.KindChangesResults {
			continue
		}
		counted := map[*todo]bool{}
		for _, id := range f.Packages {
			p := v.byID[id]
			if p == nil {
				continue
			}
			key := p.Ecosystem + "\x00" + cmp.Or(p.SourceName, p.Name) + "\x00" + cmp.Or(p.SourceVersion, p.Version)
			d := groups[key]
			if d == nil {
				d = &todo{pkg: p}
				groups[key] = d
				order = append(order, key)
			}
			if !slices.Contains(d.names, p.Name) {
				d.names = append(d.names, p.Name)
			}
			if !counted[d] {
				counted[d] = true
				d.count(f, decides[f.ID])
			}
		}
	}
	out := make([]todo, 0, len(order))
	for _, key := range order {
		d := groups[key]
		slices.Sort(d.names)
		d.effect = effect(d)
		out = append(out, *d)
	}
	slices.SortStableFunc(out, func(a, b todo) int {
		return cmp.Or(cmp.Compare(b.used, a.used), cmp.Compare(b2i(b.decides), b2i(a.decides)),
			cmp.Compare(b.findings, a.findings), cmp.Compare(a.pkg.ID, b.pkg.ID))
	})
	return out
}

// count adds one finding to d.
func (d *todo) count(f *landwaiter.Finding, decides bool) {
	d.findings++
	d.decides = d.decides || decides
	if f.Exploited != nil {
		d.used++
	}
	if d.fixed == "" {
		d.fixed = f.Fixed
		return
	}
	order, err := version.Compare(orderOf[d.pkg.Ecosystem], f.Fixed, d.fixed)
	switch {
	case err != nil:
		d.unsure = d.unsure || f.Fixed != d.fixed
	case order > 0:
		d.fixed = f.Fixed
	}
}

// orderOf is whose order of versions our ecosystems follow.
var orderOf = map[string]string{
	"dpkg": "Debian", "apk": "Alpine", "rpm": "Red Hat", "python": "PyPI", "bundled": "PyPI", "r": "CRAN", "npm": "npm", "julia": "Julia",
	"dotnet": "NuGet", "php": "Packagist", "gem": "RubyGems", "java": "Maven", "go": "Go", "rust": "crates.io", "haskell": "Hackage",
	"dart": "Pub", "erlang": "Hex", "conda": "PyPI", "swift": "SwiftURL",
}

// effect is what a fix may do to results: a distribution mends one fault and keeps the
// rest, others bring all that is new.
func effect(d *todo) string {
	switch d.pkg.Ecosystem {
	case "dpkg", "apk", "rpm":
		return "distribution"
	}
	first := func(s string) string {
		head, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s, "v"), "go"), ".")
		return head
	}
	switch {
	case d.unsure || d.fixed == "" || first(d.fixed) == "":
		return "unknown"
	case first(d.pkg.Version) != first(d.fixed):
		return "large"
	case first(d.fixed) == "0":
		return "unknown" // before version 1, any step may change anything
	}
	return "small"
}

// plainName is a name or a version that is only itself on a command line. Names come
// from the subject: nothing else may stand in a line that people copy.
var plainName = regexp.MustCompile(`^[A-Za-z0-9@][A-Za-z0-9._+:~@/-]*$`)

// commands are what to type, by ecosystem; {p} is a package, {v} the version. Where
// several packages are updated together, {p} stands for all of them.
var commands = map[string]string{
	"dpkg":   "apt-get update && apt-get install --only-upgrade {p}",
	"apk":    "apk update && apk add --upgrade {p}",
	"rpm":    "dnf upgrade {p}",
	"python": "pip install '{p}=={v}'",
	"conda":  "conda install '{p}={v}'",
	"r":      `Rscript -e 'remotes::install_version("{p}", "{v}")'`,
	"npm":    "npm install '{p}@{v}'",
	"julia":  `julia -e 'using Pkg; Pkg.add(name="{p}", version="{v}")'`,
	"dotnet": "dotnet add package {p} --version {v}",
	"php":    "composer require '{p}:{v}'",
	"gem":    "gem install {p} -v {v}",
	"go":     "go get '{p}@v{v}'",
	"rust":   "cargo update -p {p} --precise {v}",
	"dart":   "dart pub add '{p}:{v}'",
	"perl":   "cpanm '{p}@{v}'",
	"lua":    "luarocks install {p} {v}",
	"nix":    "nix profile upgrade {p}",
	"spack":  "spack install '{p}@{v}'",
}

// command says what to type, or what to do where we can name no command.
func (v *sheet) command(d *todo) cell {
	const most = 8 // packages in one command
	line, known := commands[d.pkg.Ecosystem]
	if s := v.a.System; d.pkg.Ecosystem == "rpm" && s != nil && (strings.HasPrefix(s.ID, "sle") || strings.HasPrefix(s.ID, "opensuse")) {
		line = "zypper update {p}"
	}
	if !known || d.pkg.OwnedBy != "" || d.pkg.PartOf != "" {
		return cell{v.say("update", "no-command", facts{Name: data(d.pkg.Name, pageName), Detail: data(d.fixed, pageName), By: data(cmp.Or(d.pkg.OwnedBy, d.pkg.PartOf), pageName)})}
	}
	for _, n := range append([]string{d.fixed}, d.names...) {
		if !plainName.MatchString(n) {
			return cell{v.label("update", "odd-name")}
		}
	}
	names := d.names[:min(len(d.names), most)]
	fixed := d.fixed
	if d.pkg.Ecosystem == "go" {
		fixed = strings.TrimPrefix(fixed, "v")
	}
	out := cell{name(strings.NewReplacer("{p}", strings.Join(names, " "), "{v}", fixed).Replace(line))}
	if left := len(d.names) - len(names); left > 0 {
		out = append(out, v.say("update", "more-names", counts(int64(left), 0)))
	}
	if d.pkg.Ecosystem == "go" && d.pkg.Name == "stdlib" {
		out = cell{v.say("update", "go-itself", facts{Detail: data(fixed, pageName)})}
	}
	return out
}
