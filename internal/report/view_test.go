package report

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// viewProse returns the sentences of a page that are ours, one on a line: no table of
// data, whose cells are labels.
func viewProse(p *page) string {
	var b strings.Builder
	put := func(all ...rich) {
		for _, r := range all {
			b.WriteString(r.prose() + "\n")
		}
	}
	if h := p.Head; h != nil {
		put(h.Title, h.For, h.Note, h.Means)
	}
	for _, l := range p.Layers {
		put(l.Title, l.Note)
		for _, part := range l.Parts {
			put(part.Title)
			put(part.Notes...)
			put(part.Items...)
			put(part.After...)
			for _, w := range part.Words {
				put(w.Text)
			}
		}
	}
	return b.String()
}

// viewCells returns the cells of all tables.
func viewCells(p *page) string {
	var b strings.Builder
	for _, part := range p.parts() {
		for _, t := range part.Tables {
			for _, r := range t.Rows {
				for _, c := range r {
					for _, line := range c {
						b.WriteString(line.prose() + "\n")
					}
				}
			}
		}
	}
	return b.String()
}

func TestViewsArePlain(t *testing.T) {
	all := varied()
	addKinds(all)
	all["every-kind"] = everyKind()
	for name, a := range all {
		w := load(t)
		pages := map[string]*page{"report": newPage(w, a)}
		for _, r := range readers {
			pages[r.id] = newView(w, a, r.id, r.parts)
		}
		for id, p := range pages {
			what, text := name+", "+id, viewProse(p)
			var sentences strings.Builder
			for line := range strings.Lines(text) {
				if s := strings.TrimSpace(line); strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
					sentences.WriteString(line)
				}
			}
			if r := measure(text); r.longest > maxSentenceWords {
				t.Errorf("%s: a sentence of %d words: %q", what, r.longest, r.longestText)
			}
			if g := measure(sentences.String()).grade(); g > maxGrade {
				t.Errorf("%s: grade %.1f: %q", what, g, sentences.String())
			}
			if bad := bannedWords(text + viewCells(p)); len(bad) > 0 {
				t.Errorf("%s: banned: %q", what, bad)
			}
		}
		if w.err != nil {
			t.Errorf("%s: %v", name, w.err)
		}
	}
}

// The public entry says nothing that leads to a project, a file, a host, a weakness or
// a protection.
func TestPublicSaysNoSecrets(t *testing.T) {
	a := conditions()
	for _, format := range []string{"public", "public-text"} {
		out := string(writeTo(t, format, a))
		for _, bad := range []string{"registry.example", "imaging/", "CVE-", "internet block", "platform team", "opt/", "libc6", hex64} {
			if strings.Contains(out, bad) {
				t.Errorf("%s says %q", format, bad)
			}
		}
		if !strings.Contains(out, "brain-age:2.1") || !strings.Contains(out, "Import with conditions") {
			t.Errorf("%s does not say what, or the advice", format)
		}
	}
	v := newSheet(load(t), a)
	for ref, want := range map[string]string{
		"registry.example:5000/team/tool:1.2@sha256:" + hex64: "tool:1.2",
		"oci:/srv/project-x/image":                            "image",
		"docker-archive:/home/someone/tool.tar":               "tool.tar",
		"tool":                                                "tool",
		`C:\people\tool`:                                      "tool",
		"":                                                    "not named",
		"///":                                                 "not named",
	} {
		if got := publicName(v, &landwaiter.Subject{Reference: ref}).String(); got != want {
			t.Errorf("%q is %q, want %q", ref, got, want)
		}
	}
}

// One command for each item of software, whatever the number of findings: the highest
// version, the weightiest first.
func TestUpdatesAreShort(t *testing.T) {
	a := base()
	a.Findings = weaknesses(1200)
	pip := pkg("python", "pillow", "9.5.0", landwaiter.Answer{State: landwaiter.AnswerFindings})
	a.Packages = append(a.Packages, pip)
	for i, fixed := range []string{"10.0.1", "9.5.1", "10.0.1.post1", "9.10"} {
		f := weakness(7000+i, landwaiter.KindWeakness)
		f.Packages, f.Fixed = []string{pip.ID}, fixed
		a.Findings = append(a.Findings, f)
	}
	a.Findings[1201].Exploited = &landwaiter.Exploited{Source: "kev"}
	v := newSheet(load(t), a)
	got := v.todos()
	if len(got) != 2 {
		t.Fatalf("%d things to do", len(got))
	}
	if d := got[0]; d.pkg.Name != "pillow" || d.fixed != "10.0.1.post1" || d.findings != 4 || d.used != 1 || d.effect != "large" {
		t.Errorf("first %+v", d)
	}
	if line := joinLines(v.command(&got[0])); line != "pip install 'pillow==10.0.1.post1'" {
		t.Errorf("%q", line)
	}
	if line := joinLines(v.command(&got[1])); line != "apt-get update && apt-get install --only-upgrade libc6" || got[1].effect != "distribution" {
		t.Errorf("%q", line)
	}
}

// What people copy into a shell holds no sign that a shell reads.
func TestCommandsCannotBeTurned(t *testing.T) {
	v := newSheet(load(t), base())
	for _, eco := range []string{"python", "dpkg", "r", "npm", "go", "julia", "rust", "conda"} {
		for _, bad := range []string{"x; rm -rf ~", "$(id)", "x'y", `x"y`, "-rf", "--index-url=http", "a b", "x\ny", "`id`", "", "x|y", "x>y", "x\\y", "\u202ex"} {
			for _, d := range []todo{
				{pkg: &landwaiter.Package{Ecosystem: eco, Name: bad}, names: []string{bad}, fixed: "1.0"},
				{pkg: &landwaiter.Package{Ecosystem: eco, Name: "x"}, names: []string{"x"}, fixed: bad},
			} {
				if line := joinLines(v.command(&d)); !strings.HasPrefix(line, "Its name or version has odd signs") {
					t.Errorf("%s, %q: %q", eco, bad, line)
				}
			}
		}
	}
}

// A list that only names what is fixed must never look like one that names all.
func TestBlindSpotsAreSaid(t *testing.T) {
	a := base()
	a.Sources = []landwaiter.Source{source("Alpine", date(2026, 11, 21), 1, false, "Alpine:v3.19"), source("PyPI", date(2026, 11, 21), 1, false, "PyPI")}
	if text := says(t, a); !strings.Contains(text, "The Alpine list only holds weaknesses that already have a fix.") {
		t.Errorf("page one: %s", text)
	}
	for _, format := range []string{"text", "html", "engineer"} {
		out := strings.Join(strings.Fields(tags.ReplaceAllString(string(writeTo(t, format, a)), "")), " ")
		for _, want := range []string{"This list only holds weaknesses that already have a fix.", "This list holds what people have told it.", "never compare the number of weaknesses of one system with that of another"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q", format, want)
			}
		}
	}
	a.Sources[0].Used = false
	if text := says(t, a); strings.Contains(text, "already have a fix") {
		t.Error("page one speaks of a list that was not used")
	}
	w := load(t)
	for _, b := range blindspots {
		if !w.has("blind", b.code) || !w.has("blind-means", b.code) {
			t.Errorf("no words for %q", b.code)
		}
	}
	for _, code := range worstBlind {
		if !w.has("blind-brief", code) {
			t.Errorf("no words for page one for %q", code)
		}
	}
	for want, s := range map[string]landwaiter.Source{
		"triaged-only": {Name: "Debian", Covers: []string{"Debian:12"}},
		"fixed-only":   {Name: "Debian", Covers: []string{"Debian:12"}, Partial: true},
		"changelogs":   {Name: "Debian-changelogs", Covers: []string{"Debian:12"}, Partial: true},
		"":             {Name: "other", Covers: []string{"Slackware:15"}},
		"kev":          {Name: "kev", Format: "kev"},
	} {
		if got := blindCode(&s); got != want {
			t.Errorf("%s: %q, want %q", s.Name, got, want)
		}
	}
}

// Only what led to the advice is in the five minutes, and nothing of it is lost.
func TestMattered(t *testing.T) {
	a := base()
	a.Findings = append(weaknesses(30), weakness(900, landwaiter.KindMalware))
	a.Advice.Scenarios = []landwaiter.Scenario{
		{ID: "B1", Class: landwaiter.ClassB, Band: landwaiter.BandOpen, Outcome: landwaiter.DoNotImport, Findings: 30, Deciding: 2, Examples: []string{a.Findings[0].ID, a.Findings[1].ID}},
		{ID: "C1", Class: landwaiter.ClassC, Band: landwaiter.BandTwo, Outcome: landwaiter.Recommend, Findings: 30, Deciding: 1, Examples: []string{a.Findings[5].ID}},
	}
	outcome(a, landwaiter.DoNotImport, landwaiter.Reason{Code: landwaiter.ReasonStop, Outcome: landwaiter.DoNotImport, N: 1, Subject: "malware"})
	v := newSheet(load(t), a)
	n := 0
	for _, some := range v.mattered() {
		n += len(some)
	}
	if n != 3 || len(v.mattered()[landwaiter.KindMalware]) != 1 {
		t.Errorf("%d mattered", n)
	}
	if n, exact := v.deciding(); n != 2 || !exact {
		t.Errorf("%d decide, exact %v", n, exact)
	}
	a.Advice.Scenarios[0].Deciding = 20
	if n, exact := newSheet(load(t), a).deciding(); n != 19 || exact { // one of the 20 may be the malware
		t.Errorf("%d decide, exact %v", n, exact)
	}
}

// The squares are all there are, and each group that is there has one.
func TestIcons(t *testing.T) {
	for _, tc := range []struct {
		groups [3]int64
		want   int
	}{{[3]int64{1, 0, 0}, 1}, {[3]int64{3, 1, 0}, 4}, {[3]int64{3, 1198, 3}, 100}, {[3]int64{1, 1, 1_000_000_000}, 100}, {[3]int64{50, 50, 1}, 100}, {[3]int64{}, 0}} {
		groups := []iconGroup{{"used", tc.groups[0]}, {"fixed", tc.groups[1]}, {"none", tc.groups[2]}}
		total, sum := int64(0), 0
		for _, g := range groups {
			total += g.n
		}
		for i, n := range squaresOf(groups, total, 100) {
			sum += n
			if groups[i].n > 0 && n < 1 || groups[i].n == 0 && n != 0 {
				t.Errorf("%v: group %d has %d squares", tc.groups, i, n)
			}
		}
		if sum != tc.want {
			t.Errorf("%v: %d squares, want %d", tc.groups, sum, tc.want)
		}
	}
}

// Two numbers stand on one scale, inside the drawing.
func TestPairs(t *testing.T) {
	w := load(t)
	if got := newPairs(w, "by-layer", []pair{{nil, 0, 0}}); got != nil {
		t.Errorf("a chart of nothing: %+v", got)
	}
	c := newPairs(w, "by-layer", []pair{{rich{{Text: "a"}}, 10, 0}, {rich{{Text: "b"}}, 5, 10}, {rich{{Text: "c"}}, -3, 1 << 40}})[0]
	for _, s := range c.Shapes {
		if s.X < 0 || s.X+s.W > c.W || s.Y < 0 || s.Y > c.H {
			t.Errorf("outside: %+v", s)
		}
	}
	if len(c.Legend) != 3 || c.Legend[0].Text.String() != "a 10 found, 0 in use by attackers" {
		t.Errorf("%+v", c.Legend)
	}
}

// A test ends on the first of its own last day and the method's limit, and one that has
// ended is overdue.
func TestOverdue(t *testing.T) {
	a := conditions()
	a.Protections[0].ValidUntil = date(2026, 11, 22)
	a.Protections[1].ValidUntil = date(2028, 1, 1)
	out := string(writeTo(t, "purple-text", a))
	for _, want := range []string{"overdue", "31 January 2027", "never tested", "Try to change a test file in the source data"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "2028") {
		t.Error("a test counts longer than the method lets it")
	}
}

// Every chart has a title and a description, and no shape is told apart by colour.
func TestChartsSayWhatTheyShow(t *testing.T) {
	for name, out := range htmlOutputs(t, map[string]*landwaiter.Assessment{"conditions": conditions(), "many": everyKind()}) {
		if n := strings.Count(out, `role="img"`); n != strings.Count(out, "<title id=") || n != strings.Count(out, "<desc id=") {
			t.Errorf("%s: a drawing without title or description", name)
		}
		if strings.Contains(out, `fill="#`) || strings.Contains(out, `fill="red`) {
			t.Errorf("%s: a drawing in colour", name)
		}
	}
}
