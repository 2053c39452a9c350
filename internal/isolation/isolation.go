// Package isolation looks from inside a workspace at what would hold a hostile
// program back, and says what it saw.
//
// It is defensive and harmless by construction: it reads, makes calls that fail before
// any effect, and opens without writing. It carries no way to break out of anything and
// looks for no target. Whatever could not be shown that way is left out.
//
// Every probe is a row of one table ([Probes]); a family of them is a file. What is
// declared is not believed: a probe measures what the kernel does.
package isolation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mode is how a probe works.
type Mode string

// The modes.
const (
	ModeRead Mode = "read" // reads what the kernel shows
	ModeCall Mode = "call" // makes a call that fails before any effect, or opens and closes
)

// Verdict is what a probe makes of what it saw.
type Verdict string

// The verdicts. A probe that could not tell says so: that is never "pass".
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	NotApplicable Verdict = "not-applicable" // the question makes no sense here, and Saw says why
	Inconclusive  Verdict = "inconclusive"
	NotRun        Verdict = "not-run"
	Broken        Verdict = "error"
)

// Strength is how much a result proves: more than a declaration, less than a canary.
type Strength string

// The strengths that this package can reach by itself. Stronger ones need a canary, a
// leaky twin and a receipt of the host.
const (
	StrengthRead    Strength = "E1" // posture was read
	StrengthRefused Strength = "E2" // a harmless call was refused
)

// Severity is how bad a failure would be.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info" // recorded, never judged
)

// Probe is a row of the table.
type Probe struct {
	ID       string
	Verifies string // what it verifies, in plain words
	Matters  string // why that matters in a research environment, in plain words
	Mode     Mode
	Severity Severity
	// Controls are those to whose proof the probe belongs, such as "CT-NOESCAPE".
	Controls []string
	SATRE    []string // statements of SATRE 2.0
	Attack   []string // techniques of MITRE ATT&CK, release [AttackRelease]
	// kernel is true where the question is about the shared kernel: a runtime that
	// brings a kernel of its own answers it differently.
	kernel bool
	run    func(*look) seen
}

// AttackRelease is the release of MITRE ATT&CK that technique numbers are of.
const AttackRelease = "20.0"

// Result is what one probe found.
type Result struct {
	Probe    string   `json:"probe"`
	Verdict  Verdict  `json:"verdict"`
	Strength Strength `json:"strength,omitempty"`
	Severity Severity `json:"severity"`
	Verifies string   `json:"verifies"`
	Tried    string   `json:"tried"`
	Saw      string   `json:"saw"`
	Controls []string `json:"controls,omitempty"`
	SATRE    []string `json:"satre,omitempty"`
	Attack   []string `json:"attack,omitempty"`
	Micros   int64    `json:"micros"`
}

// Report is what one run found.
type Report struct {
	Schema  string    `json:"schema"`
	At      time.Time `json:"at"`
	Kit     string    `json:"kit"`
	Attack  string    `json:"attackRelease"`
	Runtime Runtime   `json:"runtime"`
	Results []Result  `json:"results"`
	// Refused says why nothing was looked at; then there are no results.
	Refused string `json:"refused,omitempty"`
	// Left names what the run left behind: nothing, as it writes nothing.
	Left []string `json:"left"`
}

// Schema names the version of the JSON form of a [Report].
const Schema = "landwaiter.isolation/1"

// Options say where and when to look.
type Options struct {
	// Root is where the file system is seen; "/" but for tests.
	Root string
	// AllowHost lets a run go on where this is no box at all but a bare host.
	AllowHost bool
	// Profile says what is expected of the environment.
	Profile Profile
	Now     func() time.Time
	// Kit is the program's version.
	Kit string
	// Ping asks a socket for a sign of life; nil where that cannot be asked.
	Ping func(socket string) bool
	// Room asks how many bytes a file system has; nil where that cannot be asked.
	Room func(path string) (int64, error)
	// Call makes a harmless call in a child process; nil where none can be made.
	Call func(name string) (Outcome, error)
}

// seen is what a probe saw, before it becomes a Result.
type seen struct {
	verdict    Verdict
	tried, saw string
}

func passed(tried, format string, args ...any) seen {
	return seen{Pass, tried, fmt.Sprintf(format, args...)}
}

func failed(tried, format string, args ...any) seen {
	return seen{Fail, tried, fmt.Sprintf(format, args...)}
}

func unsure(tried, format string, args ...any) seen {
	return seen{Inconclusive, tried, fmt.Sprintf(format, args...)}
}

// judged is a pass where ok holds, and else a failure.
func judged(ok bool, tried, format string, args ...any) seen {
	if ok {
		return passed(tried, format, args...)
	}
	return failed(tried, format, args...)
}

// Run makes every probe of the table, and returns what they found in its order.
func Run(opt Options) *Report {
	l := newLook(&opt)
	out := &Report{
		Schema: Schema, At: opt.Now().UTC(), Kit: opt.Kit, Attack: AttackRelease,
		Runtime: l.runtime(), Results: []Result{}, Left: []string{},
	}
	if out.Runtime.Class == classBare && !opt.AllowHost {
		out.Refused = "this is no box but a bare host; run it inside a workspace, or say that you mean it"
		return out
	}
	for i := range Probes {
		out.Results = append(out.Results, l.probe(&Probes[i], &out.Runtime))
	}
	return out
}

func (l *look) probe(p *Probe, rt *Runtime) Result {
	start := l.opt.Now()
	s := l.guarded(p, rt)
	r := Result{
		Probe: p.ID, Verdict: s.verdict, Severity: p.Severity, Verifies: p.Verifies, Tried: s.tried, Saw: s.saw,
		Controls: p.Controls, SATRE: p.SATRE, Attack: p.Attack, Micros: l.opt.Now().Sub(start).Microseconds(),
	}
	if s.verdict == Pass || s.verdict == Fail {
		if r.Strength = StrengthRead; p.Mode == ModeCall {
			r.Strength = StrengthRefused
		}
	}
	return r
}

// guarded runs a probe. One that breaks is an error of its own, not of the run.
func (l *look) guarded(p *Probe, rt *Runtime) (s seen) {
	defer func() {
		if r := recover(); r != nil {
			s = seen{Broken, s.tried, fmt.Sprintf("the probe broke: %v", r)}
		}
	}()
	if p.kernel && rt.OwnKernel {
		return seen{NotApplicable, "looked which runtime this is", "this runtime brings a kernel of its own, so what the host's kernel would do is not seen here"}
	}
	return p.run(l)
}

// Count counts the verdicts.
func (r *Report) Count() map[Verdict]int {
	out := map[Verdict]int{}
	for i := range r.Results {
		out[r.Results[i].Verdict]++
	}
	return out
}

// Exit is the exit status that tells how a run went: 0 as it should be, 1 something
// does not hold, 2 nothing failed but something could not be told, 3 a probe broke.
func (r *Report) Exit() int {
	n := r.Count()
	switch {
	case n[Broken] > 0:
		return 3
	case n[Fail] > 0:
		return 1
	case n[Inconclusive]+n[NotRun] > 0:
		return 2
	}
	return 0
}

// Worst returns the results that do not hold, the worst first.
func (r *Report) Worst() []Result {
	order := []Severity{Critical, High, Medium, Low, Info}
	var out []Result
	for i := range r.Results {
		if r.Results[i].Verdict == Fail {
			out = append(out, r.Results[i])
		}
	}
	slices.SortStableFunc(out, func(a, b Result) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity)), strings.Compare(a.Probe, b.Probe))
	})
	return out
}
