package declared

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// installer is one command that installs software by name.
type installer struct {
	names []string // of the command
	verbs []string // the word that makes it install; none where the command always does
	// values are options that are followed by a value, files those whose value names
	// another list.
	values, files []string
	ecosystem     string
	// item reads one argument.
	item func(r *recipe, line int, arg string) (landwaiter.DeclaredPackage, bool)
}

var installers = []installer{
	{[]string{"apt-get", "apt", "aptitude"}, []string{"install"}, []string{"-t", "-o", "-c", "--target-release", "--option"}, nil, "dpkg", debItem},
	{[]string{"apk"}, []string{"add"}, []string{"-t", "--virtual", "-X", "--repository", "-p", "--root", "--keys-dir"}, nil, "apk", apkItem},
	{[]string{"dnf", "yum", "microdnf", "tdnf", "zypper"}, []string{"install", "in", "localinstall"}, []string{"-c", "--config", "-x"}, nil, "rpm", rpmItem},
	{[]string{"pip", "pip3", "pipx", "uv", "python", "python3"}, []string{"install"}, []string{"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--prefix", "--root", "--python", "--trusted-host", "--cache-dir"}, []string{"-r", "--requirement", "-c", "--constraint", "-e", "--editable"}, "python", pipItem},
	{[]string{"conda", "mamba", "micromamba"}, []string{"install", "create"}, []string{"-c", "--channel", "-n", "--name", "-p", "--prefix", "--solver", "--root-prefix", "-r"}, []string{"-f", "--file"}, "conda", condaItem},
	{[]string{"npm", "pnpm"}, []string{"install", "i", "add"}, []string{"--prefix", "--registry", "-C"}, nil, "npm", npmItem},
	{[]string{"yarn"}, []string{"add"}, []string{"--cwd"}, nil, "npm", npmItem},
	{[]string{"gem"}, []string{"install"}, []string{"-v", "--version", "-i", "--install-dir", "-n", "--source", "-s"}, nil, "gem", gemItem},
	{[]string{"go"}, []string{"install"}, []string{"-ldflags", "-tags"}, nil, "go", goItem},
	{[]string{"cargo"}, []string{"install"}, []string{"--version", "--vers", "--root", "--git", "--branch", "--tag", "--features", "--path"}, nil, "rust", cargoItem},
	{[]string{"install2.r", "installBioc.r"}, nil, []string{"-n", "--ncpus", "-r", "--repos", "-l", "--libloc", "-d", "--deps"}, nil, "r", plainItem},
}

// harmless are commands that bring no software in, and verbs of installers that do
// not. Whatever is not here and installs nothing that we can name is noted.
var harmless = map[string]bool{
	"rm": true, "rmdir": true, "mkdir": true, "echo": true, "printf": true, "cd": true, "chmod": true, "chown": true, "chgrp": true,
	"ln": true, "mv": true, "cp": true, "cat": true, "export": true, "set": true, "unset": true, "true": true, "false": true, ":": true,
	"useradd": true, "groupadd": true, "adduser": true, "addgroup": true, "usermod": true, "locale-gen": true, "update-locale": true,
	"ldconfig": true, "test": true, "[": true, "[[": true, "touch": true, "ls": true, "find": true, "sed": true, "grep": true,
	"fi": true, "done": true, "}": true, "esac": true, "exit": true, "for": true, "umask": true, "date": true, "id": true, "tee": true,
	"update-alternatives": true, "update-ca-certificates": true, "strip": true, "which": true, "ulimit": true, "shopt": true, "source": true, ".": true,
	"awk": true, "cut": true, "sort": true, "apt-mark": true, "dpkg-reconfigure": true, "debconf-set-selections": true,
}

var quiet = map[string]bool{
	"update": true, "clean": true, "autoclean": true, "autoremove": true, "makecache": true, "config": true, "cache": true, "check": true,
	"list": true, "init": true, "activate": true, "--version": true, "-V": true, "version": true, "info": true, "env": true, "vet": true,
}

// quietVerb reports whether a verb of an installer brings nothing in that the list
// could name. "conda update" and "npm update" change what is there.
func quietVerb(name, verb string) bool {
	switch name {
	case "conda", "mamba", "micromamba", "npm", "yarn", "pnpm", "gem", "dnf", "yum", "microdnf":
		return verb != "update" && quiet[verb]
	}
	return quiet[verb]
}

var (
	numbered = regexp.MustCompile(`^(pip|python)\d+(\.\d+)?$`)
	removals = map[string]bool{"remove": true, "purge": true, "del": true, "erase": true, "uninstall": true, "rm": true}
)

// install reads one command.
func (r *recipe) install(line int, name string, words []word) {
	if m := numbered.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	if (name == "R" || name == "Rscript" || name == "r") && r.rCode(line, words) {
		return
	}
	for i := range installers {
		in := &installers[i]
		if !slices.Contains(in.names, name) {
			continue
		}
		verb := verbAt(in, words)
		switch {
		case verb < 0:
		case in.verbs == nil || slices.Contains(in.verbs, words[verb].text):
			r.items(line, in, words, verb+1)
			return
		case removals[words[verb].text]:
			r.remove(in.ecosystem, words[verb+1:])
			return
		case quietVerb(name, words[verb].text):
			return
		}
		break
	}
	if !harmless[name] {
		r.noted(line, "a command whose effect is not known: %s", joinWords(words))
	}
}

// verbAt is the index of the word that says what to do, -1 where there is none.
// "python -m pip install", "uv pip install", "npm --global install" and the like
// name a tool or options first.
func verbAt(in *installer, words []word) int {
	if in.verbs == nil {
		return 0
	}
	for i := 1; i < len(words); i++ {
		t := words[i].text
		switch {
		case t == "-m" || t == "pip" || t == "tool" || t == "global" || t == "env":
		case slices.Contains(in.values, t):
			i++
		case t == "--version" || t == "-V":
			return i
		case !strings.HasPrefix(t, "-"):
			return i
		}
	}
	return -1
}

// items reads what an installer is asked for.
func (r *recipe) items(line int, in *installer, words []word, from int) {
	var got []installed
	group, version := "", ""
	for i := from; i < len(words); i++ {
		w := words[i]
		name, value, glued := strings.Cut(w.text, "=")
		if slices.Contains(in.values, name) || slices.Contains(in.files, name) {
			if !glued && i+1 < len(words) {
				i++
				value = words[i].text
			}
			switch {
			case slices.Contains(in.files, name) && (name == "-e" || name == "--editable"):
				r.noted(line, "software named only by where it stands: %s", hideLogin(value))
			case slices.Contains(in.files, name):
				r.noted(line, "it names another list, which was not followed: %s", value)
			case name == "-t" && in.ecosystem == "apk" || name == "--virtual":
				group = value
			case in.ecosystem == "gem" && (name == "-v" || name == "--version") || in.ecosystem == "rust" && strings.HasPrefix(name, "--vers"):
				version = value
			case name == "--git" || name == "--path":
				r.noted(line, "software named only by where it stands: %s", hideLogin(value))
			}
			continue
		}
		switch {
		case strings.HasPrefix(w.text, "-"), w.text == "":
		case w.open:
			r.noted(line, "%s is asked for by a name that is only known when it runs: %s", in.ecosystem, w.text)
		default:
			if p, ok := in.item(r, line, w.text); ok {
				p.Ecosystem, p.Line = in.ecosystem, line
				got = append(got, installed{p, group})
			}
		}
	}
	for i := range got {
		if version != "" && got[i].Version == "" && got[i].Constraint == "" {
			got[i].Version = version
		}
	}
	s := &r.stages[len(r.stages)-1]
	s.packages = append(s.packages, got...)
	if len(got) == 0 && (in.ecosystem == "npm" || in.ecosystem == "go" || in.ecosystem == "rust") {
		r.noted(line, "it installs what another file names: %s", joinWords(words))
	}
	if len(s.packages) > maxPackages {
		r.full = true
		s.packages = s.packages[:maxPackages]
	}
}

// remove takes out what an earlier command installed.
func (r *recipe) remove(ecosystem string, words []word) {
	for i := range r.stages {
		r.stages[i].packages = slices.DeleteFunc(r.stages[i].packages, func(p installed) bool {
			return i == len(r.stages)-1 && p.Ecosystem == ecosystem && slices.ContainsFunc(words, func(w word) bool {
				return w.text == p.Name || w.text == p.group && p.group != ""
			})
		})
	}
}

type item = landwaiter.DeclaredPackage

// debItem reads name[:arch][=version][/release]; a "-" at the end takes it out.
func debItem(r *recipe, line int, s string) (item, bool) {
	if strings.HasSuffix(s, "-") {
		return item{}, false
	}
	if strings.ContainsAny(s[:1], "./") || strings.HasSuffix(s, ".deb") {
		r.noted(line, "software named only by where it stands: %s", s)
		return item{}, false
	}
	if !strings.HasSuffix(s, "++") { // g++ is a name
		s = strings.TrimSuffix(s, "+")
	}
	name, version, _ := strings.Cut(s, "=")
	name, _, _ = strings.Cut(name, "/")
	name, _, _ = strings.Cut(name, ":")
	p := item{Name: name, Version: version}
	if strings.Contains(version, "*") {
		p.Version, p.Constraint = "", "=="+version
	}
	return p, name != ""
}

var apkSpec = regexp.MustCompile(`^([^=<>~@]+)(?:(=|~=|~|<=|>=|<|>)([^@]+))?(?:@.*)?$`)

func apkItem(r *recipe, line int, s string) (item, bool) {
	m := apkSpec.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, ".apk") {
		r.noted(line, "an item that could not be read: %s", s)
		return item{}, false
	}
	switch m[2] {
	case "":
		return item{Name: m[1]}, true
	case "=":
		return item{Name: m[1], Version: m[3]}, true
	case "~", "~=":
		return item{Name: m[1], Constraint: "==" + m[3] + ".*"}, true
	}
	return item{Name: m[1], Constraint: m[2] + m[3]}, true
}

var (
	rpmArch = regexp.MustCompile(`\.(x86_64|aarch64|noarch|i686|ppc64le|s390x)$`)
	rpmFull = regexp.MustCompile(`^(.+)-(\d[^-]*-\d[^-]*)$`)
	rpmPart = regexp.MustCompile(`^(.+)-(\d+\.[^-]*)$`)
)

// rpmItem reads name[-version[-release]][.arch]. A name may itself hold hyphens and
// digits: a version has a dot, or a release behind it.
func rpmItem(r *recipe, line int, s string) (item, bool) {
	if strings.ContainsAny(s[:1], "@./*") || strings.Contains(s, "://") || strings.HasSuffix(s, ".rpm") {
		r.noted(line, "software named by a group or by where it stands: %s", hideLogin(s))
		return item{}, false
	}
	s = rpmArch.ReplaceAllString(s, "")
	if m := rpmFull.FindStringSubmatch(s); m != nil {
		return item{Name: m[1], Version: m[2]}, true
	}
	if m := rpmPart.FindStringSubmatch(s); m != nil {
		return item{Name: m[1], Constraint: "==" + strings.TrimSuffix(m[2], "*") + "*"}, true
	}
	return item{Name: s}, true
}

// pipItem takes what pip takes, through the reader of requirements.
func pipItem(r *recipe, line int, s string) (item, bool) {
	inner := &list{name: r.name, d: &landwaiter.Declaration{}}
	inner.requirement(line, s)
	for _, n := range inner.d.Notes {
		r.noted(n.Line, "%s", n.Reason)
	}
	if len(inner.d.Packages) == 0 {
		return item{}, false
	}
	return inner.d.Packages[0], true
}

func condaItem(r *recipe, line int, s string) (item, bool) {
	inner := &list{name: r.name, d: &landwaiter.Declaration{}}
	inner.condaSpec(line, s)
	if len(inner.d.Packages) == 0 {
		r.noted(line, "an item that could not be read: %s", hideLogin(s))
		return item{}, false
	}
	return inner.d.Packages[0], true
}

func npmItem(r *recipe, line int, s string) (item, bool) {
	if strings.ContainsAny(s[:1], "./") || strings.Contains(s, "://") || strings.HasPrefix(s, "git") && strings.Contains(s, ":") {
		r.noted(line, "software named only by where it stands: %s", hideLogin(s))
		return item{}, false
	}
	p := item{Name: s}
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		p.Name = s[:at]
		if p.Version = s[at+1:]; !exactNPM.MatchString(p.Version) {
			p.Version, p.Constraint = "", p.Version
		}
	}
	return p, true
}

func gemItem(_ *recipe, _ int, s string) (item, bool) {
	name, version, _ := strings.Cut(s, ":")
	return item{Name: name, Version: version}, true
}

func goItem(r *recipe, line int, s string) (item, bool) {
	name, version, ok := strings.Cut(s, "@")
	if !ok || strings.HasPrefix(name, ".") {
		r.noted(line, "software named only by where it stands: %s", s)
		return item{}, false
	}
	if !strings.HasPrefix(version, "v") || strings.Count(version, ".") < 2 {
		return item{Name: name, Constraint: version}, true
	}
	return item{Name: name, Version: version}, true
}

func cargoItem(_ *recipe, _ int, s string) (item, bool) {
	name, version, _ := strings.Cut(s, "@")
	return item{Name: name, Version: version}, true
}

func plainItem(_ *recipe, _ int, s string) (item, bool) { return item{Name: s}, true }

var (
	rCall   = regexp.MustCompile(`\b(install\.packages|install_cran|install_bioc|install_github|install_gitlab|install_version|biocLite|pkg_install|(?:BiocManager|renv|pak|pkgdown)::(?:install|pkg_install|restore)|pak::pak|install_url|install_git|install_local)\s*\(`)
	rString = regexp.MustCompile(`^\s*(?:pkgs\s*=\s*|package\s*=\s*|packages\s*=\s*)?(c\s*\()?\s*["']`)
	rQuoted = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)
)

// rCode reads R code that stands in the command itself, and reports whether it did.
func (r *recipe) rCode(line int, words []word) bool {
	read := false
	for i := 1; i+1 < len(words); i++ {
		if words[i].text == "-e" || words[i].text == "--eval" {
			r.rCalls(line, words[i+1].text)
			read = true
			i++
		}
	}
	return read
}

// rCalls reads the calls that install packages. Code that calls none is taken to
// install none: it was read.
func (r *recipe) rCalls(line int, code string) {
	for _, m := range rCall.FindAllStringSubmatchIndex(code, -1) {
		call := code[m[2]:m[3]]
		args := rArguments(code[m[1]:])
		if len(args) == 0 || !rString.MatchString(args[0]) || strings.HasPrefix(call, "install_url") || call == "install_git" || call == "install_local" {
			r.noted(line, "R installs what the list does not name: %s", call)
			continue
		}
		for _, q := range rQuoted.FindAllStringSubmatch(args[0], -1) {
			p := item{Ecosystem: "r", Name: q[1] + q[2], Line: line}
			if address, ref, _ := strings.Cut(p.Name, "@"); strings.Contains(address, "/") {
				p.Name, p.Constraint = address[strings.LastIndexByte(address, '/')+1:], ref
			} else if ref != "" { // renv's and pak's name@1.2
				p.Name, p.Version = address, ref
			}
			if call == "install_version" && len(args) > 1 {
				if v := rQuoted.FindStringSubmatch(args[1]); v != nil {
					p.Version = v[1] + v[2]
				}
			}
			s := &r.stages[len(r.stages)-1]
			s.packages = append(s.packages, installed{DeclaredPackage: p})
		}
	}
}

// rArguments splits the text behind an opening bracket at its top commas, up to the
// closing one.
func rArguments(code string) []string {
	var args []string
	depth, start, quote := 0, 0, byte(0)
	for i := range len(code) {
		switch c := code[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ',' && depth == 0:
			args, start = append(args, code[start:i]), i+1
		case c == ')':
			if depth--; depth < 0 {
				if strings.TrimSpace(code[start:i]) != "" {
					args = append(args, code[start:i])
				}
				return args
			}
		}
	}
	return nil
}
