package inventory

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// kind says what finding a product's text in a file means.
type programKind int

const (
	// library: its text goes wherever it is linked into, so that it names the file
	// only where the file is called after it.
	library programKind = iota
	// tool: its text stands in its own files and nowhere else, whatever they are
	// called.
	tool
)

// programRow is a product as the table is written.
//
// files are base names, or names by which libraries are asked for, apart by space;
// "*" stands for any text.
//
// says are texts that hold the version, the best first, or that only mark the
// product:
//
//	nginx/{v}          the text holds a version: digits and dots
//	^git/{v}$          ^ at the start and $ at the end are the ends of a text
//	OpenSSL {v} {n} {w} {n}   {n} digits, {w} letters, {x} any short text, {s} a
//	                   version of any shape, {i} one that is a plain number, {v2} and
//	                   {v3} ones of two and of three, {p} one of OpenSSH's,
//	                   {t} seconds since 1970
//	?^{v}$             counts only where the file is called after the product; where
//	                   it says little but a version, it must be the only one in the file
//	a|{v}|b            one text after the other
//	=libicuuc.so.{v}   the name of the file, or of the library, holds the version
//	+crypto/evp/       where it is missing, the file does not contain the library
//	GNU coreutils      no version: what says with ? or = counts only beside it
type programRow struct {
	name   string
	kind   programKind
	files  string
	says   []string
	vendor string
}

// program is a row made ready.
type program struct {
	name, vendor string
	kind         programKind
	files        []string
	texts        []banner
	alone        []*regexp.Regexp
	tails        []*regexp.Regexp // the same at the end of a path
	fromName     []*regexp.Regexp
	marks        []string
	proof        string
}

// banner is a text that holds a version.
type banner struct {
	anchor string // what is looked for first; a NUL in it is an end of a text
	exp    *regexp.Regexp
	weak   bool
}

// What a version looks like: digits, dots, and what marks a release that is none yet.
const versionExp = `((?:0|[1-9][0-9]{0,9})(?:\.[0-9]+)+(?:[a-z][0-9]{0,3}|[-_.~+]?(?:rc|alpha|beta|pre|dev)[-.]?[0-9]*)?)`

var placeholders = strings.NewReplacer(
	`\{v\}`, versionExp, `\{i\}`, `([0-9]{3,6})`, `\{s\}`, `([0-9A-Za-z][!-~]{0,63})`,
	`\{v2\}`, `([1-9]?[0-9]\.[0-9]{1,3})`, `\{v3\}`, `([1-9]?[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,6}(?:[a-z][0-9]{0,3}|-rc[0-9]+)?)`,
	`\{p\}`, `([0-9]+\.[0-9]+p[0-9]+)`, `\{t\}`, `1[0-9]{9}`, `\|`, `\x00`, `\{n\}`, `[0-9]+`, `\{w\}`, `[A-Za-z]+`, `\{x\}`, `[^\x00]{0,80}?`,
)

// expOf compiles a text of the table.
func expOf(says, start string) *regexp.Regexp {
	exp, begins := strings.CutPrefix(says, "^")
	exp, ends := strings.CutSuffix(exp, "$")
	exp = placeholders.Replace(regexp.QuoteMeta(exp))
	if begins {
		exp = start + exp
	}
	if ends {
		exp += `\x00`
	}
	return regexp.MustCompile(exp)
}

// Where a text starts: after the end of another, or after a number, whose last byte
// is often one of a few.
const (
	strictStart = `\x00`
	looseStart  = `(?:[^ -~]|[>?@AB])`
	// Linkers keep a text that ends another only once, and who installs by hand
	// often has the version at the end of the folder's name.
	tailStart = `[/_-]`
)

// compilePrograms makes the rows ready.
func compilePrograms(rows ...[]programRow) []program {
	var out []program
	for _, r := range slices.Concat(rows...) {
		p := program{name: r.name, vendor: r.vendor, kind: r.kind, files: strings.Fields(r.files)}
		for _, says := range r.says {
			rest, weak := strings.CutPrefix(says, "?")
			name, named := strings.CutPrefix(says, "=")
			switch {
			case named:
				p.fromName = append(p.fromName, regexp.MustCompile("^"+expOf(name, "").String()+"$"))
			case says[0] == '+':
				p.proof = says[1:]
			case !strings.ContainsRune(rest, '{'):
				p.marks = append(p.marks, ends(rest))
			case weak && len(anchorOf(rest)) < programMinAnchor:
				p.alone = append(p.alone, expOf(rest, looseStart))
				if strings.HasPrefix(rest, "^{v") {
					p.tails = append(p.tails, expOf(rest, tailStart))
				}
			default:
				p.texts = append(p.texts, banner{anchor: anchorOf(rest), exp: expOf(rest, strictStart), weak: weak})
			}
		}
		out = append(out, p)
	}
	return out
}

// ends writes the ends of a text as they stand in a file.
func ends(says string) string {
	rest, begins := strings.CutPrefix(says, "^")
	rest, ends := strings.CutSuffix(rest, "$")
	if begins {
		rest = "\x00" + rest
	}
	if ends {
		rest += "\x00"
	}
	return strings.ReplaceAll(rest, "|", "\x00")
}

// anchorOf is the longest part of a text that is the same for every version.
func anchorOf(says string) string {
	best := ""
	for _, s := range regexp.MustCompile(`\{[a-z][23]?\}`).Split(ends(says), -1) {
		if len(s) > len(best) {
			best = s
		}
	}
	return best
}

// versionOfName reads the version out of a file's name.
func (p *program) versionOfName(name string) (string, bool) {
	for _, exp := range p.fromName {
		if m := exp.FindStringSubmatch(name); m != nil {
			return m[1], true
		}
	}
	return "", false
}

// nameIndex finds the rows whose files have a name.
type nameIndex struct {
	exact map[string][]int
	open  []openName
}

type openName struct {
	before  string // up to the first "*"
	pattern string
	row     int
}

func indexNames(table []program) *nameIndex {
	x := &nameIndex{exact: map[string][]int{}}
	for i, p := range table {
		for _, name := range p.files {
			if before, _, ok := strings.Cut(name, "*"); ok {
				x.open = append(x.open, openName{before, name, i})
			} else {
				x.exact[name] = append(x.exact[name], i)
			}
		}
	}
	return x
}

func (x *nameIndex) rows(name string) []int {
	out := slices.Clone(x.exact[name])
	for _, o := range x.open {
		if strings.HasPrefix(name, o.before) {
			if ok, err := path.Match(o.pattern, name); ok && err == nil {
				out = append(out, o.row)
			}
		}
	}
	return out
}

var wheelSum = regexp.MustCompile(`-[0-9a-f]{8}\.`)

// wheelName takes out what tools that repair Python wheels put into the name of a
// library: "libssl-3f0c1a2b.so.3" is libssl.so.3.
func wheelName(name string) string { return wheelSum.ReplaceAllString(name, ".") }
