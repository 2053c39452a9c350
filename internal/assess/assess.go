// Package assess is the one use case: from a subject to an assessment. The
// command line, jobs and tests all call it.
package assess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/content"
	"github.com/landwaiter/landwaiter/internal/declared"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/inspect"
	"github.com/landwaiter/landwaiter/internal/inventory"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/vex"
)

// Options say how to assess. Now must be set; the rest of the zero value is
// right, and honest: without an advisory file nothing can be judged.
type Options struct {
	Image image.Options
	// Advisories is what is known; nil where nobody gave a file.
	Advisories *advisory.File
	// Protections are what the TRE says stands in the way. Only tested ones count.
	Protections []landwaiter.Protection
	// Waivers are what people accepted or answered, VEX what others say about findings,
	// Trust whom of these the TRE trusts.
	Waivers []landwaiter.Waiver
	VEX     []*vex.Document
	Trust   []landwaiter.Trust
	// TRE, Tier and Project say where the software would run; empty where nobody
	// said. What holds for one of them alone then earns no credit. A method with tiers
	// needs one.
	TRE, Tier, Project string
	// Method is how findings become advice; nil is the one that landwaiter ships.
	Method *judge.Method
	// Declared are lists of what should be there. They are held against what was
	// observed, and the advice does not lean on them.
	Declared []*landwaiter.Declaration
	// Now is the time of the assessment.
	Now time.Time
	// Tool names the program in the result.
	Tool landwaiter.Tool
	// Cache keeps what layers say from run to run; nil for none.
	Cache inventory.Cache
	// Clamd is the socket of a ClamAV daemon that every file is shown to, as
	// "unix:/PATH" or "tcp:HOST:PORT"; "" for none. Layers are then read whatever the
	// cache holds.
	Clamd string
	// Watch is called when the subject is open, before it is read; what it
	// returns is called when it has been read.
	Watch func(progress func() (read, total int64), stats *inventory.Stats) (stop func())
}

// Run assesses the subject that ref names. The same subject, advisories,
// protections and time give the same assessment.
func Run(ctx context.Context, ref string, opt Options) (_ *landwaiter.Assessment, err error) {
	method, err := opt.method()
	if err != nil { // before any long work
		return nil, err
	}
	im, err := image.Open(ctx, ref, opt.Image)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, im.Close()) }()

	inv, inside, err := read(ctx, im, opt, method.InForce().MaxAgeDays)
	if err != nil {
		return nil, err
	}
	a := &landwaiter.Assessment{
		Schema: landwaiter.Schema, Tool: opt.Tool, At: opt.Now.UTC(), Subject: im.Subject(),
		System: inv.System, Gaps: inv.Gaps, Packages: inv.Packages, Unowned: inv.Unowned, Changed: inv.Changed, Groups: inv.Groups,
		Sources: []landwaiter.Source{}, Findings: append([]landwaiter.Finding{}, inside.Findings...), Checks: inside.Checks,
	}
	a.Gaps = append(a.Gaps, inside.Gaps...)
	if a.Subject.Kind == landwaiter.SubjectFolder {
		a.Subject.Digest = inv.TreeDigest
	}
	for _, d := range opt.Declared {
		a.Declared = append(a.Declared, declared.Compare(d, a.Packages))
	}
	err = conclude(a, opt, &inspect.Input{Rest: inv.Rest, Gains: inv.Gains, Starts: inv.Starts}, func(covered map[string]bool) (landwaiter.Account, error) {
		err := inv.Count(func(id string) bool { return covered[id] })
		return inv.Account, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return a, nil
}

// method is the method that holds, at its tier.
func (o *Options) method() (judge.Method, error) {
	m := judge.DefaultMethod()
	if o.Method != nil {
		m = *o.Method
	}
	if len(m.Tiers) == 0 {
		return m, nil // the tier is of the place alone
	}
	return m.At(o.Tier)
}

// conclude fills in everything that rests on more than what was observed: what is
// known about the packages, the account, findings, advice. see holds what only somebody
// who read the subject knows, and gets the rest; count makes the account from the IDs
// of the packages that a list covers.
func conclude(a *landwaiter.Assessment, opt Options, see *inspect.Input, count func(covered map[string]bool) (landwaiter.Account, error)) error {
	method, err := opt.method()
	if err != nil {
		return err
	}
	a.Place = landwaiter.Place{TRE: opt.TRE, Tier: opt.Tier, Project: opt.Project}
	ends, err := known(a, opt, method.InForce().MaxAgeDays)
	if err != nil {
		return fmt.Errorf("looking up what is known: %w", err)
	}
	if a.Account, err = count(covered(a)); err != nil {
		return err
	}
	see.Subject, see.System, see.Unowned, see.Changed = a.Subject, a.System, a.Unowned, a.Changed
	see.Packages, see.Declared, see.Account, see.EndOfLife, see.Now = a.Packages, a.Declared, a.Account, ends, a.At
	kept := a.Findings // once observed, and what is known
	for _, f := range inspect.Run(see) {
		if !slices.ContainsFunc(kept, func(k landwaiter.Finding) bool { return k.ID == f.ID }) {
			a.Findings = append(a.Findings, f)
		}
	}
	sortFindings(a.Findings)
	a.Gaps = append(a.Gaps, missing(a, ends)...)
	a.Trust, a.Statements = opt.Trust, vex.Match(opt.VEX, &a.Subject, a.Packages, a.Findings)
	in := judge.Input{
		Subject: a.Subject, System: a.System, Packages: a.Packages, Findings: a.Findings, Account: a.Account, Gaps: a.Gaps,
		HaveAdvisories: a.Advisories != nil, Sources: a.Sources, Protections: opt.Protections,
		Waivers: opt.Waivers, Trust: opt.Trust, Place: a.Place, Now: a.At,
	}
	a.Findings, a.Waivers = judge.Waive(method.InForce(), in)
	sortFindings(a.Findings) // a waiver can change a kind
	in.Findings = a.Findings
	a.Advice, a.Protections = judge.Judge(method, in)
	return crossCheck(a, method.InForce(), in, opt.Advisories)
}

// read reads the subject once: what is in it, and what is inside its files. A scanner
// whose data is older than maxAgeDays is not asked.
func read(ctx context.Context, im *image.Image, opt Options, maxAgeDays int) (_ *inventory.Result, inside content.Result, err error) {
	look := content.New()
	watches := inventory.Watches{Content: look.Watch}
	var malware *landwaiter.Check
	if opt.Clamd != "" {
		c, err := content.Ask(ctx, opt.Clamd, opt.Now, maxAgeDays)
		if err != nil {
			return nil, inside, err
		}
		check := c.Check()
		if malware = &check; c.Reachable() {
			watches.Fresh = c.Watch
		}
	}
	var stats inventory.Stats
	if opt.Watch != nil {
		defer opt.Watch(im.Progress, &stats)()
	}
	inv, err := inventory.ReadWatched(ctx, im, &stats, opt.Cache, watches)
	if err != nil {
		return nil, inside, err
	}
	return inv, content.Conclude(inv, look.Settings(im.Settings()), malware), nil
}

// known fills in what the advisory file answers, and returns the end of the
// system's last free support.
func known(a *landwaiter.Assessment, opt Options, maxAgeDays int) (ends time.Time, err error) {
	f := opt.Advisories
	if f == nil {
		for i := range a.Packages {
			a.Packages[i].Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: "no advisory file was given"}
		}
		return ends, nil
	}
	answers, findings, err := f.Match(a.System, a.Packages, advisory.MatchOptions{Now: a.At, MaxAgeDays: maxAgeDays})
	if err != nil {
		return ends, err
	}
	for i := range answers {
		a.Packages[i].Known = answers[i]
	}
	info := f.Info()
	a.Advisories, a.Findings = &info, append(a.Findings, findings...)
	a.Sources = f.SourcesFor(a.System, a.At, maxAgeDays)
	eol, ok := f.EndOfLife(a.System)
	if !ok {
		advisory.MarkUsed(a.Sources, answers, findings)
		return ends, nil
	}
	advisory.MarkUsed(a.Sources, answers, findings, eol.Source)
	if eol.LongTerm.After(eol.Support) {
		return eol.LongTerm, nil
	}
	return eol.Support, nil
}

// What missing says.
const (
	noExploited  = "no list of weaknesses that attackers use was given, so none could be told apart"
	noLikelihood = "no figures of how likely a weakness is to be used were given"
	noEnd        = "no list says until when "
)

// missing says what the advisory file does not hold, where that bears on the
// subject: a list that is not there must not look better than one that is old.
func missing(a *landwaiter.Assessment, ends time.Time) []landwaiter.Gap {
	if a.Advisories == nil {
		return nil // that is said by itself
	}
	var out []landwaiter.Gap
	say := func(reason string) {
		out = append(out, landwaiter.Gap{Layer: -1, Bytes: -1, Reason: reason})
	}
	listed := func(format string) bool {
		return slices.ContainsFunc(a.Sources, func(s landwaiter.Source) bool { return s.Format == format })
	}
	known := slices.ContainsFunc(a.Findings, func(f landwaiter.Finding) bool { return f.Reference != "" })
	if known && !listed("kev") {
		say(noExploited)
	}
	if known && !listed("epss") {
		say(noLikelihood)
	}
	if a.System != nil && ends.IsZero() {
		say(noEnd + a.System.ID + " " + a.System.VersionID + " gets fixes")
	}
	// A module stream may end years before its system does, and no list here says when.
	if streams := moduleStreams(a.Packages); len(streams) > 0 {
		const most = 10
		more := ""
		if len(streams) > most {
			more = fmt.Sprintf(" and %d more", len(streams)-most)
		}
		say(noEnd + "the module streams " + strings.Join(streams[:min(len(streams), most)], ", ") + more + " get fixes")
	}
	return out
}

// moduleStreams are the streams of modules that packages of rpm are from, such as
// "nodejs:18", each once and in order.
func moduleStreams(packages []landwaiter.Package) (out []string) {
	for i := range packages {
		if label := strings.Split(packages[i].Modularity, ":"); len(label) > 1 {
			out = append(out, label[0]+":"+label[1])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// covered are the IDs of the packages of which a list that is whole speaks: a
// weakness from a sample does not make the sample a list.
func covered(a *landwaiter.Assessment) map[string]bool {
	clears := map[string]bool{}
	for i := range a.Sources {
		clears[a.Sources[i].Name] = a.Sources[i].Clears
	}
	out := make(map[string]bool, len(a.Packages))
	for i := range a.Packages {
		switch p := &a.Packages[i]; {
		case p.Known.State == landwaiter.AnswerNoneKnown, // only a list that is whole can say so
			p.Known.State == landwaiter.AnswerFindings && slices.ContainsFunc(p.Known.Sources, func(name string) bool { return clears[name] }):
			out[p.ID] = true
		}
	}
	return out
}

// sortFindings orders findings by kind; within a kind the order of those who
// found them stays.
func sortFindings(fs []landwaiter.Finding) {
	order := map[landwaiter.Kind]int{}
	for i, k := range landwaiter.Kinds() {
		order[k] = i
	}
	slices.SortStableFunc(fs, func(a, b landwaiter.Finding) int { return order[a.Kind] - order[b.Kind] })
}
