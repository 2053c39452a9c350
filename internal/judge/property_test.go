package judge

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// rounds is how many random inputs each property is held against.
const rounds = 800

func pick[T any](r *rand.Rand, from ...T) T { return from[r.Intn(len(from))] }

func randomFinding(r *rand.Rand, i int) landwaiter.Finding {
	f := landwaiter.Finding{
		ID:   fmt.Sprintf("f%03d", i),
		Kind: pick(r, append(landwaiter.Kinds(), landwaiter.KindWeakness, landwaiter.KindWeakness, "strange")...),
		Confidence: pick(r, landwaiter.ConfidenceConfirmed, landwaiter.ConfidenceVersion, landwaiter.ConfidenceObserved,
			landwaiter.ConfidenceOpenEnded, landwaiter.ConfidenceMapped),
		Packages: []string{pick(r, "dpkg:zlib1g@1", "dpkg:runc@1", "gone")},
		Seen:     landwaiter.Count{Files: int64(r.Intn(4))},
	}
	if f.Kind == landwaiter.KindMalware && r.Intn(4) > 0 { // else it drowns the rest
		f.Kind = landwaiter.KindWeakness
	}
	if v := pick(r, "", netAll, netRead, netStop, fileAll, localAll, handsOn, escapeAll, noHarm, "nonsense"); v != "" {
		f.Vector = &landwaiter.Severity{Type: "CVSS_V3", Value: v}
	}
	if r.Intn(5) == 0 {
		f.Vector = &landwaiter.Severity{Type: "CVSS_V2", Value: "AV:N/AC:M/Au:N/C:P/I:N/A:N"}
	}
	if f.Kind == landwaiter.KindExploited || r.Intn(8) == 0 {
		f.Exploited = &landwaiter.Exploited{Source: "kev"}
	}
	if r.Intn(2) == 0 {
		f.EPSS = &landwaiter.EPSS{Probability: r.Float64()}
	}
	return f
}

func randomProtection(r *rand.Rand, i int) landwaiter.Protection {
	p := shut(fmt.Sprintf("p%02d", i))
	for range 1 + r.Intn(3) {
		p.Closes = append(p.Closes, pick(r, allDoors[:]...))
	}
	switch r.Intn(10) {
	case 0:
		p.Evidence = landwaiter.EvidenceDocumented
	case 1:
		p.Test.Result = "failed"
	case 2:
		p.Cause = pick(r, "firewall", "p00", "storage")
	case 3:
		p.Test.Strength = pick(r, landwaiter.StrengthRead, landwaiter.StrengthRefused, landwaiter.StrengthUnseen)
	case 4:
		p.DatedExceptions = []landwaiter.Exception{{Project: pick(r, "P1", "P2"), Reason: "a course", By: "somebody", Until: now.AddDate(0, 0, 300)}}
	case 5:
		p.Tiers = []string{pick(r, "1", "2")}
	}
	return p
}

// randomInput makes an input in which much is known and little speaks for
// certain, so that advice of every sort comes out.
func randomInput(r *rand.Rand) Input {
	in := calm()
	in.Packages = append(in.Packages, pkg("dpkg", "runc", "Debian"))
	for i := range r.Intn(5) {
		in.Findings = append(in.Findings, randomFinding(r, i))
	}
	for i := range r.Intn(16) {
		in.Protections = append(in.Protections, randomProtection(r, i))
	}
	if r.Intn(2) == 0 {
		in.Protections = append(in.Protections, walls()...)
	}
	in.Subject.Config.User = pick(r, "app", "app", "")
	in.Place = landwaiter.Place{TRE: "North", Tier: "1", Project: "P1"}
	if r.Intn(6) == 0 {
		bare("r", 2)(&in)
	}
	if r.Intn(6) == 0 {
		codeBytes(landwaiter.ClassUncovered, int64(r.Intn(100)))(&in)
	}
	if r.Intn(6) == 0 {
		codeBytes(landwaiter.ClassUnnamed, int64(r.Intn(80)))(&in)
	}
	if r.Intn(12) == 0 {
		in.Sources[r.Intn(2)].Stale = true
	}
	return in
}

// clone copies what the changes below change.
func clone(in Input) Input {
	in.Packages, in.Findings = slices.Clone(in.Packages), slices.Clone(in.Findings)
	in.Sources, in.Protections, in.Gaps = slices.Clone(in.Sources), slices.Clone(in.Protections), slices.Clone(in.Gaps)
	return in
}

// onOne changes one protection of in, with a test of its own.
func onOne(r *rand.Rand, in *Input, change func(*landwaiter.Protection)) bool {
	if len(in.Protections) == 0 {
		return false
	}
	p := &in.Protections[r.Intn(len(in.Protections))]
	test := *p.Test
	p.Test = &test
	change(p)
	return true
}

// TestNeverImproves: less protection, more findings or less seen never give
// better advice.
func TestNeverImproves(t *testing.T) {
	m := DefaultMethod()
	for name, change := range map[string]func(*rand.Rand, *Input) bool{
		"a protection removed": func(r *rand.Rand, in *Input) bool {
			if len(in.Protections) == 0 {
				return false
			}
			i := r.Intn(len(in.Protections))
			in.Protections = slices.Delete(in.Protections, i, i+1)
			return true
		},
		"an exception opened": func(r *rand.Rand, in *Input) bool {
			if len(in.Protections) == 0 {
				return false
			}
			in.Protections[r.Intn(len(in.Protections))].Exceptions = []string{"P1"}
			return true
		},
		"an exception for this project opened": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) {
				p.DatedExceptions = append(slices.Clone(p.DatedExceptions), landwaiter.Exception{Project: "P1", Reason: "a course", By: "somebody", Until: now.AddDate(0, 0, 9)})
			})
		},
		"the environment changed": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) {
				p.Changes = []landwaiter.Change{{Date: in.Now.AddDate(0, 0, -r.Intn(20)), What: "a new firewall"}}
			})
		},
		"held for another tier alone": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) { p.Tiers = []string{"9"} })
		},
		"tested in another environment": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) { p.Test.TRE = "South" })
		},
		"a test failed": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) { p.Test.Result = "failed" })
		},
		"a test grew older": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) { p.Test.Date = p.Test.Date.AddDate(0, 0, -r.Intn(150)) })
		},
		"evidence that ends sooner": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) { p.Test.ValidUntil = in.Now.AddDate(0, 0, r.Intn(3)-1) })
		},
		"weaker evidence": func(r *rand.Rand, in *Input) bool {
			return onOne(r, in, func(p *landwaiter.Protection) { p.Test.Strength = landwaiter.StrengthRead })
		},
		"nobody says where": func(_ *rand.Rand, in *Input) bool { in.Place = landwaiter.Place{}; return true },
		"a licence server asked for": func(_ *rand.Rand, in *Input) bool {
			in.Subject.Config.Env = []string{"LM_LICENSE_FILE"}
			return true
		},
		"privileged mode asked for": func(_ *rand.Rand, in *Input) bool {
			in.Subject.Config.Labels = map[string]string{"RUN": "docker run --privileged IMAGE"}
			return true
		},
		"two protections found to share a cause": func(r *rand.Rand, in *Input) bool {
			if len(in.Protections) < 2 {
				return false
			}
			r.Shuffle(len(in.Protections), func(i, j int) { in.Protections[i], in.Protections[j] = in.Protections[j], in.Protections[i] })
			for i := range in.Protections {
				if in.Protections[i].Cause != "" {
					return false // it could leave a cause that it shares with a third
				}
			}
			in.Protections[0].Cause, in.Protections[1].Cause = "both", "both"
			return true
		},
		"time passed": func(r *rand.Rand, in *Input) bool {
			in.Now = in.Now.AddDate(0, 0, r.Intn(200))
			return true
		},
		"a finding added": func(r *rand.Rand, in *Input) bool {
			in.Findings = append(in.Findings, randomFinding(r, 900))
			return true
		},
		"a weakness listed as in use": func(r *rand.Rand, in *Input) bool {
			if len(in.Findings) == 0 {
				return false
			}
			in.Findings[r.Intn(len(in.Findings))].Exploited = &landwaiter.Exploited{Source: "kev"}
			return true
		},
		"full control asked for": func(_ *rand.Rand, in *Input) bool { in.Subject.Config.User = "root"; return true },
		"no advisory file":       func(_ *rand.Rand, in *Input) bool { in.HaveAdvisories = false; return true },
		"a source gone stale":    func(r *rand.Rand, in *Input) bool { in.Sources[r.Intn(len(in.Sources))].Stale = true; return true },
		"a package not covered": func(r *rand.Rand, in *Input) bool {
			in.Packages[r.Intn(len(in.Packages))].Known.State = landwaiter.AnswerNotAssessed
			return true
		},
		"code no longer covered": func(r *rand.Rand, in *Input) bool {
			codeBytes(landwaiter.ClassUncovered, int64(r.Intn(400)))(in)
			return true
		},
		"code no longer named": func(r *rand.Rand, in *Input) bool {
			codeBytes(landwaiter.ClassUnnamed, int64(r.Intn(400)))(in)
			return true
		},
		"code closed": func(r *rand.Rand, in *Input) bool {
			codeBytes(landwaiter.ClassClosed, int64(r.Intn(400)))(in)
			return true
		},
		"code not read": func(r *rand.Rand, in *Input) bool {
			codeBytes(landwaiter.ClassUnread, int64(r.Intn(400)))(in)
			return true
		},
		"unnamed code not read": func(_ *rand.Rand, in *Input) bool {
			code := *in.Account.Code
			n := code.Unnamed.Bytes
			code.Unnamed.Bytes, code.Unread.Bytes = 0, n
			in.Account.Unnamed.Bytes, in.Account.Unread.Bytes = in.Account.Unnamed.Bytes-n, in.Account.Unread.Bytes+n
			in.Account.Code = &code
			return true
		},
		"a gap that may hide code": func(_ *rand.Rand, in *Input) bool {
			in.Gaps = append(in.Gaps, landwaiter.Gap{Code: true})
			return true
		},
		"an account that does not add up": func(_ *rand.Rand, in *Input) bool { in.Account.Total.Files++; return true },
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			worse := 0
			for seed := range int64(rounds) {
				r := rand.New(rand.NewSource(seed))
				in := randomInput(r)
				m := m
				if seed%4 == 0 {
					m = tightened(rand.New(rand.NewSource(seed)))
				}
				before, _ := Judge(m, in)
				changed := clone(in)
				if !change(r, &changed) {
					continue
				}
				after, _ := Judge(m, changed)
				if after.Outcome.Rank() < before.Outcome.Rank() {
					t.Fatalf("seed %d: %s became %s\nbefore %+v\nafter %+v", seed, before.Outcome, after.Outcome, before, after)
				}
				if after.Outcome != before.Outcome {
					worse++
				}
				for i := range after.Scenarios {
					// Only credit and findings move scenarios, and never for the better.
					if after.Scenarios[i].Outcome.Rank() < before.Scenarios[i].Outcome.Rank() {
						t.Fatalf("seed %d: scenario %+v became %+v", seed, before.Scenarios[i], after.Scenarios[i])
					}
				}
			}
			if worse == 0 && name != "unnamed code not read" {
				t.Errorf("it made no difference in %d rounds: the property was not tested", rounds)
			}
		})
	}
}

// TestOrderDoesNotMatter: neither does the time of day, nor a second run.
func TestOrderDoesNotMatter(t *testing.T) {
	m := DefaultMethod()
	for seed := range int64(rounds) {
		r := rand.New(rand.NewSource(seed))
		in := randomInput(r)
		keep := clone(in)
		a, p := Judge(m, in)
		if !reflect.DeepEqual(in, keep) {
			t.Fatalf("seed %d: Judge changed its input: %s", seed, cmp.Diff(keep, in))
		}
		again, p2 := Judge(m, in)
		if !reflect.DeepEqual(a, again) || !reflect.DeepEqual(p, p2) {
			t.Fatalf("seed %d: two runs differ: %s", seed, cmp.Diff(a, again))
		}
		other := clone(in)
		r.Shuffle(len(other.Findings), reflect.Swapper(other.Findings))
		r.Shuffle(len(other.Protections), reflect.Swapper(other.Protections))
		r.Shuffle(len(other.Packages), reflect.Swapper(other.Packages))
		r.Shuffle(len(other.Sources), reflect.Swapper(other.Sources))
		b, p3 := Judge(m, other)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("seed %d: another order, other advice (-first +second):\n%s", seed, diff)
		}
		if diff := cmp.Diff(p, p3); diff != "" {
			t.Fatalf("seed %d: another order, other protections:\n%s", seed, diff)
		}
	}
}

// TestAdviceHoldsTogether: what must be true of any advice.
func TestAdviceHoldsTogether(t *testing.T) {
	m := DefaultMethod()
	outcomes := make(map[landwaiter.Outcome]int)
	for seed := range int64(rounds) {
		in := randomInput(rand.New(rand.NewSource(seed)))
		if seed%4 == 0 {
			m = tightened(rand.New(rand.NewSource(seed)))
		}
		a, protections := Judge(m, in)
		outcomes[a.Outcome]++
		bad := func(format string, args ...any) { t.Errorf("seed %d: %s: %+v", seed, fmt.Sprintf(format, args...), a) }
		if len(a.Reasons) == 0 || len(a.Reasons) > maxReasons || a.Reasons[0].Outcome != a.Outcome {
			bad("the first reason is not why")
		}
		for _, r := range a.Reasons {
			if !slices.Contains(landwaiter.ReasonCodes(), r.Code) || r.N > r.Total && r.Total > 0 && r.Code != landwaiter.ReasonStaleSource || len(r.Findings) > maxExamples {
				bad("reason %+v", r)
			}
		}
		if (a.Outcome == landwaiter.Recommend) != (reasonOf(&a, landwaiter.ReasonNothingAgainst) != nil) {
			bad("nothing-against does not go with recommend")
		}
		if a.Outcome == landwaiter.Recommend && a.Conditions != nil || a.Outcome == landwaiter.Conditions && a.Conditions == nil {
			bad("conditions %+v", a.Conditions)
		}
		for _, c := range a.Conditions {
			if c.Owner == "" || c.Check == "" || c.By.IsZero() || !c.By.Equal(dayOf(c.By)) || !c.By.After(in.Now.AddDate(0, 0, -1)) {
				bad("condition %+v", c)
			}
		}
		credited := make(map[string]bool)
		for _, p := range protections {
			credited[p.ID] = p.Credited
			if p.Credited != (p.Refused == "") {
				bad("protection %+v", p)
			}
		}
		if a.LeansOn != "" && !credited[a.LeansOn] || (a.LeansOn == "") != (a.IfFailed == "") || a.LeansOn != "" && a.IfFailed.Rank() < a.Outcome.Rank() {
			bad("leans on %q, then %q", a.LeansOn, a.IfFailed)
		}
		for _, s := range a.Scenarios {
			n := len(s.Protections)
			enough := s.Band == landwaiter.BandOne && n == 1 || s.Band == landwaiter.BandTwo && n >= 2 || s.Band != landwaiter.BandOne && s.Band != landwaiter.BandTwo && n == 0
			if !enough || s.Deciding > s.Findings || len(s.Examples) != min(s.Deciding, maxExamples) || s.Outcome.Rank() > a.Outcome.Rank() {
				bad("scenario %+v", s)
			}
			for _, id := range s.Protections {
				if !credited[id] {
					bad("%s counts %s, which has no credit", s.ID, id)
				}
			}
		}
	}
	for _, o := range []landwaiter.Outcome{landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport} {
		if outcomes[o] < rounds/50 {
			t.Errorf("only %d of %d inputs end in %s: the properties are hardly tested", outcomes[o], rounds, o)
		}
	}
	t.Logf("%v", outcomes)
}

// BenchmarkJudge: a large image behind ten protections.
func BenchmarkJudge(b *testing.B) {
	m := DefaultMethod()
	r := rand.New(rand.NewSource(1))
	in := calm()
	for i := range 5000 {
		in.Findings = append(in.Findings, randomFinding(r, i))
		in.Packages = append(in.Packages, pkg("dpkg", fmt.Sprintf("p%d", i), "Debian"))
	}
	for i := range 10 {
		in.Protections = append(in.Protections, randomProtection(r, i))
	}
	b.ReportAllocs()
	for b.Loop() {
		Judge(m, in)
	}
}

// BenchmarkJudgeManyProtections is the worst that a protections file may do.
func BenchmarkJudgeManyProtections(b *testing.B) {
	m := DefaultMethod()
	r := rand.New(rand.NewSource(1))
	in := calm()
	for i := range 5000 {
		in.Findings = append(in.Findings, randomFinding(r, i))
	}
	for i := range maxProtections {
		in.Protections = append(in.Protections, randomProtection(r, i))
	}
	for b.Loop() {
		Judge(m, in)
	}
}
