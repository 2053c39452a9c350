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

// randomWaiver covers some of the findings, in some way.
func randomWaiver(r *rand.Rand, in *Input, i int) landwaiter.Waiver {
	w := waiver(pick(r, landwaiter.WaiverKinds()...))
	w.ID = fmt.Sprintf("w%02d", i)
	for range 1 + r.Intn(3) {
		id := "gone"
		if len(in.Findings) > 0 {
			id = in.Findings[r.Intn(len(in.Findings))].ID
		}
		w.Findings = append(w.Findings, id)
	}
	w.Findings = slices.Compact(slices.Sorted(slices.Values(w.Findings)))
	switch r.Intn(10) {
	case 0:
		w.Until = dayOf(now).AddDate(0, 0, -r.Intn(9))
	case 1:
		w.Project = "P1"
	case 2:
		w.Package = "dpkg:zlib1g"
	case 3:
		w.By.Role = "researcher"
	}
	return w
}

// waivedInput is a random input in which fixes have names and people have waived.
func waivedInput(seed int64) (*rand.Rand, Input) {
	r := rand.New(rand.NewSource(seed))
	in := randomInput(r)
	for i := range in.Findings {
		if r.Intn(2) == 0 {
			in.Findings[i].Fixed = "2"
		}
	}
	in.Place.Project = pick(r, "", "P1", "P2")
	for i := range r.Intn(4) {
		in.Waivers = append(in.Waivers, randomWaiver(r, &in, i))
	}
	return r, in
}

// standsOf is how each finding stands to each event by itself.
func standsOf(m Method, in Input) map[string]string {
	in.Findings, in.Waivers = Waive(m, in)
	p := credit(&m, &in)
	out := map[string]string{}
	for i := range in.Findings {
		f := &in.Findings[i]
		s := newScale(&m, []*landwaiter.Finding{f}, wallPackages(&m, in.Packages), causesOf(p, opened(asks(&in))))
		for e := range m.Events {
			out[f.ID] += fmt.Sprint(s.worst(e, nobody), " ")
		}
	}
	return out
}

// TestWaiversNeverHarm: what must be true of any waiver.
func TestWaiversNeverHarm(t *testing.T) {
	m := DefaultMethod()
	better, ended := 0, 0
	for seed := range int64(rounds) {
		_, in := waivedInput(seed)
		with, _ := Judge(m, in)
		findings, waivers := Waive(m, in)
		bare := clone(in)
		bare.Waivers = nil
		without, _ := Judge(m, bare)
		if without.Outcome.Rank() < with.Outcome.Rank() {
			t.Fatalf("seed %d: without its waivers the advice is better: %s, not %s", seed, without.Outcome, with.Outcome)
		}
		if without.Outcome != with.Outcome {
			better++
		}
		for i := range in.Waivers { // one taken away never makes advice better
			less := clone(in)
			less.Waivers = slices.Delete(slices.Clone(in.Waivers), i, i+1)
			if a, _ := Judge(m, less); a.Outcome.Rank() < with.Outcome.Rank() {
				t.Fatalf("seed %d: without %+v the advice is better", seed, in.Waivers[i])
			}
		}
		covered := map[string]bool{}
		for _, w := range waivers {
			for _, id := range w.Findings {
				covered[id] = covered[id] || w.Counted
			}
		}
		own, bareOwn := standsOf(m, in), standsOf(m, bare)
		for i, f := range findings {
			switch {
			case !covered[f.ID] && own[f.ID] != bareOwn[f.ID]:
				t.Fatalf("seed %d: %s, which nothing covers, stood at %s and stands at %s", seed, f.ID, bareOwn[f.ID], own[f.ID])
			case kinds[in.Findings[i].Kind].stop && (f.Waived != "" || f.Kind != in.Findings[i].Kind || with.Outcome != landwaiter.DoNotImport):
				t.Fatalf("seed %d: a stop finding was waived: %+v", seed, f)
			case f.Waived != "" && f.WaivedAs != landwaiter.WaiverFalseAlarm && without.Outcome != landwaiter.Recommend && with.Outcome == landwaiter.Recommend && !slices.ContainsFunc(findings, answeredOne):
				t.Fatalf("seed %d: an acceptance alone made it %s", seed, with.Outcome)
			}
		}
		late := clone(in) // all at once: they end, and it is as if there were none
		late.Now = now.AddDate(0, 0, 60)
		lateBare := clone(late)
		lateBare.Waivers = nil
		a, _ := Judge(m, late)
		b, _ := Judge(m, lateBare)
		if reasonOf(&a, landwaiter.ReasonWaiverEnded) != nil {
			ended++
		}
		a.Reasons = slices.DeleteFunc(a.Reasons, func(r landwaiter.Reason) bool { return r.Code == landwaiter.ReasonWaiverEnded })
		if len(a.Reasons)+1 < maxReasons {
			if diff := cmp.Diff(b, a); diff != "" {
				t.Fatalf("seed %d: ended waivers change advice:\n%s", seed, diff)
			}
		}
	}
	if better < rounds/40 || ended < rounds/10 {
		t.Errorf("waivers made advice better %d times, and ended %d times: the properties were hardly tested", better, ended)
	}
	t.Logf("better %d, ended %d", better, ended)
}

func answeredOne(f landwaiter.Finding) bool { return answered(&f) }

// TestWaivingTwice: marks are made again, whatever was there, and in any order.
func TestWaivingTwice(t *testing.T) {
	m := DefaultMethod()
	for seed := range int64(rounds) {
		r, in := waivedInput(seed)
		keep := clone(in)
		keep.Waivers = slices.Clone(in.Waivers)
		findings, waivers := Waive(m, in)
		if !reflect.DeepEqual(in, keep) {
			t.Fatalf("seed %d: Waive changed its input", seed)
		}
		advice, _ := Judge(m, in)
		again := clone(in)
		again.Findings, again.Waivers = findings, waivers
		f2, w2 := Waive(m, again)
		if diff := cmp.Diff(findings, f2) + cmp.Diff(waivers, w2); diff != "" {
			t.Fatalf("seed %d: twice is not once:\n%s", seed, diff)
		}
		r.Shuffle(len(again.Waivers), reflect.Swapper(again.Waivers))
		r.Shuffle(len(again.Findings), reflect.Swapper(again.Findings))
		if b, _ := Judge(m, again); !reflect.DeepEqual(advice, b) {
			t.Fatalf("seed %d: another order, other advice:\n%s", seed, cmp.Diff(advice, b))
		}
		forged := clone(in)
		forged.Waivers = nil
		for i := range forged.Findings {
			forged.Findings[i].Waived, forged.Findings[i].WaivedAs = "w", landwaiter.WaiverFalseAlarm
		}
		bare := clone(in)
		bare.Waivers = nil
		a, _ := Judge(m, forged)
		b, _ := Judge(m, bare)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: a mark without a waiver counts", seed)
		}
	}
}

// TestNeverImprovesWithWaivers: what makes advice no better without waivers makes it no
// better with them.
func TestNeverImprovesWithWaivers(t *testing.T) {
	m := DefaultMethod()
	for name, change := range map[string]func(*rand.Rand, *Input){
		"a finding added": func(r *rand.Rand, in *Input) {
			f := randomFinding(r, 900)
			if len(in.Findings) > 0 && r.Intn(2) == 0 { // one that a waiver covers
				f.ID = in.Findings[r.Intn(len(in.Findings))].ID
			}
			in.Findings = append(in.Findings, f)
		},
		"a weakness listed as in use": func(r *rand.Rand, in *Input) {
			if len(in.Findings) > 0 {
				in.Findings[r.Intn(len(in.Findings))].Exploited = &landwaiter.Exploited{Source: "kev"}
			}
		},
		"a protection removed": func(r *rand.Rand, in *Input) {
			if len(in.Protections) > 0 {
				i := r.Intn(len(in.Protections))
				in.Protections = slices.Delete(in.Protections, i, i+1)
			}
		},
		"time passed": func(r *rand.Rand, in *Input) { in.Now = in.Now.AddDate(0, 0, r.Intn(200)) },
		"other bytes": func(_ *rand.Rand, in *Input) { in.Subject.Digest = "sha256:other" },
		"no project":  func(_ *rand.Rand, in *Input) { in.Place.Project = "" },
		"signed by the team": func(r *rand.Rand, in *Input) {
			if len(in.Waivers) > 0 {
				in.Waivers[r.Intn(len(in.Waivers))].By.Role = "researcher"
			}
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			for seed := range int64(rounds) {
				r, in := waivedInput(seed)
				if len(in.Waivers) > 0 && r.Intn(4) == 0 {
					in.Subject.Digest, in.Waivers[0].Digest = "sha256:this", "sha256:this"
				}
				before, _ := Judge(m, in)
				changed := clone(in)
				changed.Waivers = slices.Clone(in.Waivers)
				change(r, &changed)
				if after, _ := Judge(m, changed); after.Outcome.Rank() < before.Outcome.Rank() {
					t.Fatalf("seed %d: %s became %s", seed, before.Outcome, after.Outcome)
				}
			}
		})
	}
}
