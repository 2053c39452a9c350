package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/judge"
)

const overNetwork = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

func atHand(m landwaiter.Method) (judge.Method, bool) {
	have := judge.DefaultMethod()
	return have, have.Method == m
}

// judged is an assessment of an image in order, with tested protections, after change.
func judged(change ...func(*landwaiter.Assessment)) *landwaiter.Assessment {
	a := spoken(assessment("l1", "a@1 b@1"))
	a.Subject.Config.User = "1000"
	a.Sources = []landwaiter.Source{{Name: "Debian", Format: "osv", Date: a.At, Used: true}, {Name: "kev", Format: "kev", Date: a.At, Used: true}}
	n := landwaiter.Count{Files: 10, Bytes: 1000}
	a.Account = landwaiter.Account{Total: n, Covered: n, Code: &landwaiter.Account{Total: n, Covered: n}}
	for id, doors := range map[string][]landwaiter.Door{
		"p1": {landwaiter.DoorNetworkIn, landwaiter.DoorNeighbour}, "p2": {landwaiter.DoorInternetOut, landwaiter.DoorOtherWork, landwaiter.DoorSourceData, landwaiter.DoorHost},
	} {
		a.Protections = append(a.Protections, landwaiter.Protection{
			ID: id, Name: "wall " + id, Closes: doors, Evidence: landwaiter.EvidenceTestedOwn,
			Test: &landwaiter.ProtectionTest{Date: a.At.AddDate(0, 0, -80), By: "us", Result: "held"},
		})
	}
	for _, c := range change {
		c(a)
	}
	a.Advice, a.Protections = judge.Judge(judge.DefaultMethod(), judge.InputOf(a))
	return a
}

func weak(kind landwaiter.Kind, refs ...string) func(*landwaiter.Assessment) {
	return func(a *landwaiter.Assessment) {
		for _, ref := range refs {
			f := landwaiter.Finding{
				ID: "weakness:" + ref + ":deb:a@1", Kind: kind, Reference: ref, Packages: []string{"deb:a@1"}, Confidence: landwaiter.ConfidenceConfirmed,
				Vector: &landwaiter.Severity{Type: "CVSS_V3", Value: overNetwork},
			}
			if kind == landwaiter.KindExploited {
				f.Exploited = &landwaiter.Exploited{Source: "kev"}
			}
			a.Findings = append(a.Findings, f)
		}
	}
}

func days(n int) func(*landwaiter.Assessment) {
	return func(a *landwaiter.Assessment) {
		a.At = a.At.AddDate(0, 0, n)
		for i := range a.Sources {
			a.Sources[i].Date = a.At
		}
	}
}

// TestWhy: of what differs, the one thing that changed the advice is named.
func TestWhy(t *testing.T) {
	const used = "CVE-2026-7"
	some := weak(landwaiter.KindWeakness, "CVE-2026-1", "CVE-2026-2")
	for _, c := range []struct {
		name     string
		from, to *landwaiter.Assessment
		advice   string
		want     Cause
	}{
		{
			"a test grew old", judged(some), judged(some, days(20), func(a *landwaiter.Assessment) {
				a.Protections[0].Test.Date, a.Protections[1].Test.Date = a.At, a.At
				byID(a, "p1").Test.Date = a.At.AddDate(0, 0, -97)
			}), "worse",
			Cause{Code: CauseProtectionLost, Subject: "p1", Name: "wall p1", Why: "its last test is 97 days old, and the limit is 90"},
		},
		{
			"a protection was taken away", judged(some), judged(some, func(a *landwaiter.Assessment) { *byID(a, "p1") = *byID(a, "p2"); a.Protections = a.Protections[:1] }), "worse",
			Cause{Code: CauseProtectionLost, Subject: "p1", Name: "wall p1"},
		},
		{
			"a protection was tested", judged(some, func(a *landwaiter.Assessment) { byID(a, "p1").Test.Result = "failed" }), judged(some), "better",
			Cause{Code: CauseProtectionGained, Subject: "p1", Name: "wall p1"},
		},
		{
			"a weakness became known", judged(), judged(weak(landwaiter.KindWeakness, "CVE-2026-9")), "worse",
			Cause{Code: CauseFindingNew, Subject: "weakness", N: 1, Examples: []string{"CVE-2026-9"}},
		},
		{
			"a fix was taken", judged(weak(landwaiter.KindExploited, used)), judged(), "better",
			Cause{Code: CauseFindingGone, Subject: "exploited", N: 1, Examples: []string{used}},
		},
		{
			"a list grew old", judged(), judged(func(a *landwaiter.Assessment) {
				a.At = a.At.AddDate(0, 0, 20)
				a.Sources[1].Date = a.At
				a.Sources[0].Stale, a.Sources[0].AgeDays = true, 20
				byID(a, "p1").Test.Date, byID(a, "p2").Test.Date = a.At, a.At
			}), "worse",
			Cause{Code: CauseSourceStale, Subject: "Debian", N: 20},
		},
		{
			"a part could not be read", judged(), judged(func(a *landwaiter.Assessment) {
				a.Gaps = []landwaiter.Gap{{Path: "x", Layer: 0, Code: true, Reason: "damaged"}}
			}), "worse", Cause{Code: CauseGaps},
		},
		{
			"code that nobody names", judged(), judged(func(a *landwaiter.Assessment) {
				a.Account.Covered.Bytes, a.Account.Unnamed.Bytes = 500, 500
				a.Account.Code.Covered.Bytes, a.Account.Code.Unnamed.Bytes = 500, 500
			}), "worse", Cause{Code: CauseAccount},
		},
		{
			"no lists any more", judged(), judged(func(a *landwaiter.Assessment) { a.Advisories = nil }), "worse", Cause{Code: CauseLists},
		},
	} {
		d, err := Between(c.from, c.to, nil, atHand)
		if err != nil {
			t.Fatal(err)
		}
		if d.Advice != c.advice {
			t.Errorf("%s: from %s to %s is %s", c.name, d.From.Outcome, d.To.Outcome, d.Advice)
		}
		if diff := cmp.Diff(Why{Causes: []Cause{c.want}}, d.Why); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func byID(a *landwaiter.Assessment, id string) *landwaiter.Protection {
	for i := range a.Protections {
		if a.Protections[i].ID == id {
			return &a.Protections[i]
		}
	}
	return nil
}

// TestWhyOfOne: among many new findings the one that decides is named.
func TestWhyOfOne(t *testing.T) {
	from := judged()
	to := judged(weak(landwaiter.KindHandled, "CVE-2026-1", "CVE-2026-2"), func(a *landwaiter.Assessment) {
		weak(landwaiter.KindWeakness, "CVE-2026-4", "CVE-2026-5", "CVE-2026-6")(a)
		for i := range a.Findings[:4] { // only by hand: no way is known
			a.Findings[i].Vector.Value = strings.Replace(overNetwork, "AV:N", "AV:P", 1)
		}
	})
	d, err := Between(from, to, nil, atHand)
	if err != nil {
		t.Fatal(err)
	}
	want := Why{Causes: []Cause{{Code: CauseFindingNew, Subject: "weakness", N: 1, Examples: []string{"CVE-2026-6"}}}}
	if diff := cmp.Diff(want, d.Why); diff != "" {
		t.Errorf("%s to %s (-want +got):\n%s", d.From.Outcome, d.To.Outcome, diff)
	}
}

// TestWhyTogether: where no single thing is enough, the fewest that are.
func TestWhyTogether(t *testing.T) {
	from := judged(weak(landwaiter.KindWeakness, "CVE-2026-1"))
	to := judged(weak(landwaiter.KindWeakness, "CVE-2026-1", "CVE-2026-2"), func(a *landwaiter.Assessment) {
		a.Protections = nil
	})
	d, err := Between(from, to, nil, atHand)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Why.Together || len(d.Why.Causes) != 2 || d.Why.Causes[0].Code != CauseProtectionLost || d.Why.Causes[1].Code != CauseProtectionLost {
		t.Errorf("%s to %s: %+v", d.From.Outcome, d.To.Outcome, d.Why)
	}
}

// TestWhyUnknown: what cannot be found out is not made up.
func TestWhyUnknown(t *testing.T) {
	from, to := judged(), judged(weak(landwaiter.KindExploited, "CVE-2026-1"))
	if d, err := Between(from, to, nil, nil); err != nil || d.Why.Unknown != "method" || len(d.Why.Causes) > 0 {
		t.Errorf("no methods: %+v, %v", d.Why, err)
	}
	from.Advice.Outcome = landwaiter.DoNotImport
	if d, err := Between(from, to, nil, atHand); err != nil || d.Why.Unknown != "tool" {
		t.Errorf("another judge: %+v, %v", d.Why, err)
	}
	from.Schema = "x"
	if _, err := Between(from, to, nil, atHand); !errors.Is(err, landwaiter.ErrUnsupported) {
		t.Errorf("another schema: %v", err)
	}
}

func TestDiffOfTheSame(t *testing.T) {
	a := judged(weak(landwaiter.KindWeakness, "CVE-2026-1"))
	d, err := Between(a, a, nil, atHand)
	if err != nil {
		t.Fatal(err)
	}
	if !d.SameSubject || d.Advice != "same" || len(d.Reasons)+len(d.Scenarios)+len(d.Conditions)+len(d.Protections)+len(d.Sources)+len(d.Findings.Added)+len(d.Packages.Changed)+len(d.GapsAdded)+len(d.Why.Causes) > 0 || d.Findings.Same != 1 {
		t.Errorf("%+v", d)
	}
}

// TestWhyIsAlwaysFound: whatever differs, putting all of it back gives the old advice,
// and the causes that are named are enough. The same input gives the same bytes.
func TestWhyIsAlwaysFound(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	random := func(a *landwaiter.Assessment) {
		a.At = a.At.Add(time.Duration(r.Intn(40)) * 24 * time.Hour)
		kinds := landwaiter.Kinds()
		for i := range r.Intn(4) {
			weak(kinds[r.Intn(len(kinds))], fmt.Sprintf("CVE-2026-%d", i))(a)
			f := &a.Findings[i]
			f.Vector.Value = strings.Replace(overNetwork, "AV:N", []string{"AV:N", "AV:L", "AV:P"}[r.Intn(3)], 1)
			if r.Intn(4) == 0 {
				f.Vector = nil
			}
		}
		for i := range a.Protections {
			p := &a.Protections[i]
			switch r.Intn(4) {
			case 0:
				p.Test.Date = a.At
			case 1:
				p.Evidence = landwaiter.EvidenceClaimed
			case 2:
				p.Closes = p.Closes[:1]
			}
		}
		a.Protections = a.Protections[:r.Intn(3)]
		for i := range a.Sources {
			if r.Intn(8) > 0 {
				a.Sources[i].Date = a.At
			}
			a.Sources[i].AgeDays = int(a.At.Sub(a.Sources[i].Date) / (24 * time.Hour))
			a.Sources[i].Stale = a.Sources[i].AgeDays > 14
		}
		if r.Intn(6) == 0 {
			a.Gaps = append(a.Gaps, landwaiter.Gap{Code: true, Reason: "x"})
		}
		if r.Intn(6) == 0 {
			a.Packages[r.Intn(2)].Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed}
		}
		if r.Intn(6) == 0 {
			a.Subject.Config.User = ""
		}
	}
	changed := 0
	for range 400 {
		from, to := judged(random), judged(random)
		d, err := Between(from, to, nil, atHand)
		if err != nil {
			t.Fatal(err)
		}
		if d.Advice == "same" {
			continue
		}
		changed++
		if d.Why.Unknown != "" || len(d.Why.Causes) == 0 {
			t.Errorf("%s to %s: %+v", d.From.Outcome, d.To.Outcome, d.Why)
		}
		again, err := Between(from, to, nil, atHand)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := json.Marshal(d)
		y, _ := json.Marshal(again)
		if string(x) != string(y) {
			t.Errorf("differs from run to run:\n%s\n%s", x, y)
		}
	}
	if changed < 100 {
		t.Errorf("only %d changes of advice", changed)
	}
}
