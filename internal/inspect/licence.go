package inspect

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// licenceClass is one row of the table of licences that restrict who may use software,
// or for what. Rules for those who pass software on, such as the GPL's, are none.
type licenceClass struct {
	id     string
	says   string         // plain words, as a part of a sentence
	text   *regexp.Regexp // what the package's own words hold
	except *regexp.Regexp // and do not hold, where that is needed
	// names are packages of which the class holds whatever they say, as
	// "ecosystem:name"; a last "*" stands for any ending.
	names []string
	// origin is a part of where the installer took it from.
	origin *regexp.Regexp
}

// licenceClasses is that table. The first row that fits counts. "Other/Proprietary"
// and the like are the words of Python's index; BUSL, SSPL and the like are of the
// SPDX licence list.
var licenceClasses = []licenceClass{
	{
		id: "matlab", says: "MATLAB needs a paid licence from The MathWorks",
		names: []string{"matlab:*"},
	},
	{
		id: "stata", says: "Stata needs a paid licence from StataCorp",
		names: []string{"stata:Stata"},
	},
	{
		id: "sas", says: "SAS needs a paid licence from SAS Institute",
		names: []string{"sas:*"},
	},
	{
		id: "spss", says: "SPSS needs a paid licence from IBM",
		names: []string{"spss:*"},
	},
	{
		id: "posit-pro", says: "Posit's professional products need a paid licence",
		names: []string{"dpkg:rstudio-workbench", "rpm:rstudio-workbench", "rstudio:rstudio-workbench", "dpkg:rstudio-connect", "rpm:rstudio-connect", "dpkg:rstudio-server-pro", "dpkg:posit-*", "rpm:posit-*"},
	},
	{
		id: "oracle-java", says: "Oracle's terms for Java ask for payment in some uses",
		text:  regexp.MustCompile(`(?i)\botn\b|oracle (?:technology network|no-fee|binary code)|oracle-?nftc`),
		names: []string{"rpm:jdk-*", "dpkg:oracle-java*", "rpm:jdk1.8*"},
	},
	{
		id: "nvidia", says: "NVIDIA's terms limit who may pass it on, and on what it may run",
		text:  regexp.MustCompile(`(?i)nvidia[ -](?:proprietary|software|end user|cuda|deep learning)|licenseref-nvidia|\bcuda(?: toolkit)? eula|cudnn (?:sla|eula)`),
		names: []string{"conda:cudatoolkit", "conda:cudnn", "cuda:*", "python:nvidia-cublas*", "python:nvidia-cudnn*", "python:nvidia-cuda-*", "dpkg:cuda-*", "dpkg:libcudnn*", "rpm:cuda-*", "rpm:libcudnn*"},
	},
	{
		id: "anaconda", says: "Anaconda's terms ask larger organisations to pay for its own channels",
		origin: regexp.MustCompile(`(?i)repo\.anaconda\.com|^(?:pkgs/(?:main|r|msys2|free)|defaults)\b`),
	},
	{
		id: "non-commercial", says: "it may not be used for business, or only for teaching and research",
		text:   regexp.MustCompile(`(?i)non-?\s?commercial|\bcc[- ]by[- ]nc\b|academic (?:use|only|public|purpose|research)|(?:research|educational?|teaching)(?: use| purposes?)? only|free for (?:academic|education|research)|polyform-(?:noncommercial|free-trial|internal|perimeter|shield|small|strict)|aladdin free|prosperity public`),
		except: regexp.MustCompile(`(?i)academic free licen`),
	},
	{
		id: "source-available", says: "its source can be read, but some uses are not allowed or must be paid for",
		text: regexp.MustCompile(`(?i)\bbusl\b|business source|\bsspl\b|server side public|elastic licen[cs]e|\belastic-2\.0|\bcommons[- ]clause|confluent community|\brsal\b|rsalv2|redis source available|timescale licen|functional source|\bfsl-1|cockroach community|mariadb bsl|licenseref-bsl|fair source|sustainable use`),
	},
	{
		id: "use-rules", says: "its licence forbids some uses",
		text: regexp.MustCompile(`(?i)openrail|\brail(?:-[ams]+)?\b|hippocratic|llama[ -]?[0-9.]* community|gemma terms|\bethical`),
	},
	{
		id: "proprietary", says: "its maker keeps all rights but those in an agreement",
		text: regexp.MustCompile(`(?i)proprietary|\bcommercial\b|all rights reserved|\beula\b|end[- ]user licen|closed[- ]source|^unlicensed$`),
	},
}

// fits reports whether the row speaks of a package.
func (c *licenceClass) fits(p *landwaiter.Package, a asked) bool {
	for _, n := range c.names {
		ecosystem, name, _ := strings.Cut(n, ":")
		base, more := strings.CutSuffix(name, "*")
		if p.Ecosystem == ecosystem && (p.Name == name || more && strings.HasPrefix(p.Name, base)) {
			return true
		}
	}
	return c.origin != nil && c.origin.MatchString(p.Origin) || c.text != nil && a.restricts(p.Licence, c)
}

var parens = strings.NewReplacer("(", " ( ", ")", " ) ")

// asked is what was made of licences so far, by class and text: many packages have the
// same.
type asked map[askedFor]bool

type askedFor struct {
	class   *licenceClass
	licence string
}

func (a asked) restricts(licence string, c *licenceClass) bool {
	if licence == "" {
		return false
	}
	key := askedFor{c, licence}
	got, ok := a[key]
	if !ok {
		got = restricts(licence, c)
		a[key] = got
	}
	return got
}

// restricts reports whether an expression leaves no way around the row: of several
// licences to choose from, one that is free is enough.
func restricts(licence string, c *licenceClass) bool {
	if len(licence) > maxLicence {
		licence = licence[:maxLicence]
	}
	words := strings.Fields(parens.Replace(licence))
	x := &choice{words: words, c: c}
	got := x.either(0)
	for len(x.words) > 0 { // brackets that nothing opened
		x.words = x.words[1:]
		got = x.either(0) || got
	}
	return got
}

const (
	maxLicence = 4096
	maxParens  = 32
)

// choice reads an expression word by word. What stands between operators is text.
type choice struct {
	words []string
	c     *licenceClass
}

func (x *choice) take(word string) bool {
	if len(x.words) == 0 || x.words[0] != word {
		return false
	}
	x.words = x.words[1:]
	return true
}

func (x *choice) either(depth int) bool {
	got := x.both(depth)
	for x.take("OR") {
		got = x.both(depth) && got
	}
	return got
}

func (x *choice) both(depth int) bool {
	got := x.term(depth)
	for x.take("AND") {
		got = x.term(depth) || got
	}
	return got
}

// term is a bracket or a text, which may hold brackets of its own.
func (x *choice) term(depth int) (got bool) {
	var text []string
	for len(x.words) > 0 {
		w := x.words[0]
		switch {
		case w == "OR" || w == "AND" || w == ")" && depth > 0:
			return x.fits(text) || got
		case w == "(" && depth < maxParens:
			x.words = x.words[1:]
			got = x.either(depth+1) || got
			x.take(")")
			continue
		}
		text, x.words = append(text, w), x.words[1:]
	}
	return x.fits(text) || got
}

func (x *choice) fits(text []string) bool {
	s := strings.Join(text, " ")
	return s != "" && x.c.text.MatchString(s) && (x.c.except == nil || !x.c.except.MatchString(s))
}

// licences finds the packages whose licence restricts their use: one finding for each
// class.
func licences(in *Input) []landwaiter.Finding {
	of, known := make([][]string, len(licenceClasses)), asked{}
	for i := range in.Packages {
		p := &in.Packages[i]
		if p.Declared {
			continue // nobody observed it
		}
		for k := range licenceClasses {
			if licenceClasses[k].fits(p, known) {
				of[k] = append(of[k], p.ID)
				break
			}
		}
	}
	var out []landwaiter.Finding
	for k, ids := range of {
		if len(ids) == 0 {
			continue
		}
		out = append(out, landwaiter.Finding{
			ID: string(landwaiter.KindLicence) + ":" + licenceClasses[k].id, Kind: landwaiter.KindLicence, Confidence: landwaiter.ConfidenceObserved,
			Packages: named(ids), Detail: licenceClasses[k].says, Seen: landwaiter.Count{Files: int64(len(ids))},
		})
	}
	return out
}
