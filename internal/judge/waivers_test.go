package judge

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// waiver is one that counts for the findings with these IDs.
func waiver(kind landwaiter.WaiverKind, findings ...string) landwaiter.Waiver {
	return landwaiter.Waiver{
		ID: "w", Kind: kind, Findings: findings, By: landwaiter.Person{Name: "Kim Example", Role: "governance manager"}, Reason: "we looked",
		Made: now.AddDate(0, 0, -10), Until: now.AddDate(0, 0, 60), Evidence: &landwaiter.WaiverEvidence{Text: "read the code"},
	}
}

func waived(w ...landwaiter.Waiver) func(*Input) {
	return func(in *Input) { in.Waivers = append(in.Waivers, w...) }
}

func fixed(f landwaiter.Finding) landwaiter.Finding {
	f.Fixed = "2"
	return f
}

// TestWaiverCells: what a waiver makes of each cell of the decision table.
func TestWaiverCells(t *testing.T) {
	const rec, con, can, dont = landwaiter.Recommend, landwaiter.Conditions, landwaiter.CannotJudge, landwaiter.DoNotImport
	const acc, res, alarm = landwaiter.WaiverAccepted, landwaiter.WaiverResults, landwaiter.WaiverFalseAlarm
	two := []landwaiter.Protection{shut("in1", landwaiter.DoorNetworkIn), shut("in2", landwaiter.DoorNetworkIn)}
	for _, c := range []struct {
		name              string
		f                 landwaiter.Finding
		behind            []landwaiter.Protection
		kind              landwaiter.WaiverKind
		without, advice   landwaiter.Outcome
		scenario          string
		band              landwaiter.Band
		condition, marked bool
	}{
		{"B open", weakness("CVE-1", netStop), nil, acc, dont, con, "B1", landwaiter.BandOpen, true, true},
		{"B open, results", fixed(weakness("CVE-1", netStop)), nil, res, dont, con, "B1", landwaiter.BandOpen, true, true},
		{"B open, false alarm", weakness("CVE-1", netStop), nil, alarm, dont, rec, "B1", landwaiter.BandNoWay, false, true},
		{"B one", weakness("CVE-1", netStop), two[:1], acc, con, con, "B1", landwaiter.BandOne, true, true},
		{"B two", weakness("CVE-1", netStop), two, acc, rec, rec, "B1", landwaiter.BandTwo, false, true},
		{"B unknown", seen(landwaiter.KindChanged), walls(), acc, can, can, "B2", landwaiter.BandUnknown, true, true},
		{"A open", weakness("CVE-1", netAll), nil, acc, dont, dont, "A1", landwaiter.BandOpen, true, true},
		{"A one", weakness("CVE-1", netAll), two[:1], acc, dont, dont, "A1", landwaiter.BandOne, true, true},
		{"A one, results", fixed(weakness("CVE-1", netAll)), two[:1], res, dont, dont, "A1", landwaiter.BandOne, true, true},
		{"A two", weakness("CVE-1", netAll), two, acc, con, con, "A1", landwaiter.BandTwo, true, true},
		{"A unknown", weakness("CVE-1", ""), nil, acc, can, can, "A1", landwaiter.BandUnknown, true, true},
		{"A open, false alarm", weakness("CVE-1", netAll), nil, alarm, dont, rec, "A1", landwaiter.BandNoWay, false, true},
		{"C open", seen(landwaiter.KindOutdatedBase), nil, acc, con, con, "C2", landwaiter.BandOpen, true, true},
		{"in use", exploited("CVE-1", netStop), two, acc, con, con, "B1", landwaiter.BandTwo, false, true},
		{"malware", seen(landwaiter.KindMalware), walls(), alarm, dont, dont, "", "", false, false},
		{"a secret", seen(landwaiter.KindSecret), walls(), acc, dont, dont, "", "", false, false},
		{"data about people", seen(landwaiter.KindPersonal), walls(), alarm, dont, dont, "", "", false, false},
		{"no fix to change results", weakness("CVE-1", netStop), nil, res, dont, dont, "B1", landwaiter.BandOpen, false, false},
	} {
		in := with(calm(), found(c.f), behind(c.behind...))
		before, _ := Judge(DefaultMethod(), in)
		in = with(in, waived(waiver(c.kind, c.f.ID)))
		after, _ := Judge(DefaultMethod(), in)
		findings, waivers := Waive(DefaultMethod(), in)
		if before.Outcome != c.without || after.Outcome != c.advice {
			t.Errorf("%s: %s became %s, not %s became %s", c.name, before.Outcome, after.Outcome, c.without, c.advice)
		}
		if s := scenarioOf(&after, c.scenario); s != nil && s.Band != c.band {
			t.Errorf("%s: %s stands at %s, not %s", c.name, c.scenario, s.Band, c.band)
		}
		end := conditionOf(&after, condWaiver)
		if (end != nil) != c.condition || end != nil && (end.What != "w" || !end.By.Equal(dayOf(now.AddDate(0, 0, 60))) || end.Owner != "Kim Example (governance manager)") {
			t.Errorf("%s: condition %+v", c.name, end)
		}
		if (findings[0].Waived == "w") != c.marked || waivers[0].Counted != c.marked || waivers[0].Covers != 1 || (waivers[0].Refused == "") != c.marked {
			t.Errorf("%s: %+v, %+v", c.name, findings[0], waivers[0])
		}
		told := reasonOf(&after, landwaiter.ReasonWaived)
		if (told != nil) != c.marked || told != nil && (told.N != 1 || (told.Subject != "") != (c.without.Rank() > c.advice.Rank())) {
			t.Errorf("%s: reason %+v", c.name, told)
		}
		if (findings[0].Kind == landwaiter.KindChangesResults) != (c.kind == res && c.marked) || findings[0].WasKind != "" && findings[0].WasKind != c.f.Kind {
			t.Errorf("%s: kind %s, was %s", c.name, findings[0].Kind, findings[0].WasKind)
		}
	}
}

// TestWaiverRefusals: each way in which a waiver does not count, and what it says.
func TestWaiverRefusals(t *testing.T) {
	const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	base := with(calm(), found(weakness("CVE-1", netStop), exploited("CVE-2", netStop), seen(landwaiter.KindMalware)), func(in *Input) {
		in.Subject.Digest, in.Project = digest, "P1"
		in.Packages[0].PURL = "pkg:deb/debian/zlib1g@1?arch=amd64"
		in.Packages[0].SourceName, in.Packages[0].SourceVersion = "zlib", "0.9"
	})
	for _, c := range []struct {
		name   string
		change func(*landwaiter.Waiver)
		want   string
		covers int
	}{
		{"as it is", func(*landwaiter.Waiver) {}, "", 1},
		{"its digest", func(w *landwaiter.Waiver) { w.Digest = digest }, "", 1},
		{"its project", func(w *landwaiter.Waiver) { w.Project = "P1" }, "", 1},
		{"its package", func(w *landwaiter.Waiver) { w.Package = "dpkg:zlib1g" }, "", 1},
		{"its package and version", func(w *landwaiter.Waiver) { w.Package = "dpkg:zlib1g@1" }, "", 1},
		{"its source", func(w *landwaiter.Waiver) { w.Package = "dpkg:zlib" }, "", 1},
		{"its source and version", func(w *landwaiter.Waiver) { w.Package = "dpkg:zlib@0.9" }, "", 1},
		{"its purl", func(w *landwaiter.Waiver) { w.Package = "pkg:deb/debian/zlib1g" }, "", 1},
		{"its purl and version", func(w *landwaiter.Waiver) { w.Package = "pkg:deb/debian/zlib1g@1" }, "", 1},
		{"by reference", func(w *landwaiter.Waiver) {
			w.Findings, w.References, w.Package = nil, []string{"CVE-1"}, "dpkg:zlib1g"
		}, "", 1},
		{"a reference at large", func(w *landwaiter.Waiver) { w.Findings, w.References = nil, []string{"CVE-1"} }, "nothing here is what it covers", 0},
		{"another version", func(w *landwaiter.Waiver) { w.Package = "dpkg:zlib1g@2" }, "nothing here is what it covers", 0},
		{"another version of the purl", func(w *landwaiter.Waiver) { w.Package = "pkg:deb/debian/zlib1g@2" }, "nothing here is what it covers", 0},
		{"part of a name", func(w *landwaiter.Waiver) { w.Package = "dpkg:zlib1" }, "nothing here is what it covers", 0},
		{"another finding", func(w *landwaiter.Waiver) { w.Findings = []string{"CVE-9"} }, "nothing here is what it covers", 0},
		{"another digest", func(w *landwaiter.Waiver) { w.Digest = strings.Replace(digest, "9", "8", 1) }, "it is for other content", 0},
		{"another project", func(w *landwaiter.Waiver) { w.Project = "P2" }, "it is for another project", 0},
		{"nobody", func(w *landwaiter.Waiver) { w.By.Name = " " }, "nobody says who decided, and in what role", 1},
		{"no role", func(w *landwaiter.Waiver) { w.By.Role = "" }, "nobody says who decided, and in what role", 1},
		{"a researcher", func(w *landwaiter.Waiver) { w.By.Role = "Senior Researcher" }, "it comes from the researchers", 1},
		{"the team itself", func(w *landwaiter.Waiver) { w.By.Name = "the project team (P1)" }, "it comes from the researchers", 1},
		{"research data manager", func(w *landwaiter.Waiver) { w.By.Role = "research data manager" }, "", 1},
		{"no reason", func(w *landwaiter.Waiver) { w.Reason = "" }, "nobody says why", 1},
		{"a kind of its own", func(w *landwaiter.Waiver) { w.Kind = "ignore" }, "its kind is not known", 1},
		{"made tomorrow", func(w *landwaiter.Waiver) { w.Made = now.AddDate(0, 0, 1) }, "it is dated after today, or has no date", 1},
		{"made today", func(w *landwaiter.Waiver) { w.Made = dayOf(now) }, "", 1},
		{"never made", func(w *landwaiter.Waiver) { w.Made = time.Time{} }, "it is dated after today, or has no date", 1},
		{"no end", func(w *landwaiter.Waiver) { w.Until = time.Time{} }, "it has no end", 1},
		{"for ever", func(w *landwaiter.Waiver) { w.Until = w.Made.AddDate(0, 0, 181) }, "it lasts 181 days, and the limit is 180", 1},
		{"as long as may be", func(w *landwaiter.Waiver) { w.Until = w.Made.AddDate(0, 0, 180) }, "", 1},
		{"in use, 90 days", func(w *landwaiter.Waiver) { w.Findings[0], w.Until = "CVE-2", w.Made.AddDate(0, 0, 90) }, "", 1},
		{"in use, 91 days", func(w *landwaiter.Waiver) { w.Findings[0], w.Until = "CVE-2", w.Made.AddDate(0, 0, 91) }, "it lasts 91 days; where attackers use a weakness, the limit is 90", 1},
		{"malware among others", func(w *landwaiter.Waiver) { w.Findings = []string{"CVE-1", "malware"} }, "it covers a finding that nobody may waive", 2},
		{"a false alarm that nobody checked", func(w *landwaiter.Waiver) { w.Kind, w.Evidence = landwaiter.WaiverFalseAlarm, nil }, "nobody says how it was checked", 1},
		{"ended today", func(w *landwaiter.Waiver) { w.Until = dayOf(now) }, "it ended on 2026-11-22", 1},
		{"ends tomorrow", func(w *landwaiter.Waiver) { w.Until = dayOf(now).AddDate(0, 0, 1) }, "", 1},
		{"ended, and for other content", func(w *landwaiter.Waiver) { w.Until, w.Digest = dayOf(now), "x" }, "it is for other content", 0},
	} {
		w := waiver(landwaiter.WaiverAccepted, "CVE-1")
		c.change(&w)
		in := with(base, waived(w))
		findings, got := Waive(DefaultMethod(), in)
		if got[0].Refused != c.want || got[0].Counted != (c.want == "") || got[0].Covers != c.covers {
			t.Errorf("%s: %q, covers %d; want %q and %d", c.name, got[0].Refused, got[0].Covers, c.want, c.covers)
		}
		if got[0].Ended != strings.HasPrefix(c.want, "it ended") {
			t.Errorf("%s: ended %v", c.name, got[0].Ended)
		}
		marked := slices.ContainsFunc(findings, func(f landwaiter.Finding) bool { return f.Waived != "" })
		if marked != got[0].Counted {
			t.Errorf("%s: marked %v", c.name, marked)
		}
		if c.want == "" {
			continue
		}
		with, _ := Judge(DefaultMethod(), in)
		without, _ := Judge(DefaultMethod(), base)
		with.Reasons = slices.DeleteFunc(with.Reasons, func(r landwaiter.Reason) bool { return r.Code == landwaiter.ReasonWaiverEnded })
		if diff := cmp.Diff(without, with); diff != "" {
			t.Errorf("%s: a waiver that does not count changes advice:\n%s", c.name, diff)
		}
	}
	_, got := Waive(DefaultMethod(), with(base, waived(waiver(landwaiter.WaiverAccepted, "CVE-1"), waiver(landwaiter.WaiverFalseAlarm, "CVE-1"))))
	if !got[0].Counted || got[1].Refused != "another waiver has the same id" {
		t.Errorf("two with one id: %+v", got)
	}
}

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
	in.Project = pick(r, "", "P1", "P2")
	for i := range r.Intn(4) {
		in.Waivers = append(in.Waivers, randomWaiver(r, &in, i))
	}
	return r, in
}

// stands is how each finding stands to each event by itself.
func stands(m Method, in Input) map[string]string {
	in.Findings, in.Waivers = Waive(m, in)
	p := credit(&m, &in)
	out := map[string]string{}
	for i := range in.Findings {
		f := &in.Findings[i]
		s := newScale(&m, []*landwaiter.Finding{f}, wallPackages(&m, in.Packages), causesOf(p, asksForRoot(&in)))
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
	for seed := range int64(3 * rounds) {
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
		own, bareOwn := stands(m, in), stands(m, bare)
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
	if better < rounds/20 || ended < rounds/4 {
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

// TestWaiverOfOnePackage: a finding in two packages is not waived by a word about one,
// but by a word about the source of both.
func TestWaiverOfOnePackage(t *testing.T) {
	f := weakness("CVE-1", netStop)
	f.Packages = []string{"dpkg:zlib1g@1", "dpkg:bash@1"}
	for scope, want := range map[string]bool{"dpkg:zlib1g": false, "dpkg:bash@1": false, "dpkg:both": true, "dpkg:both@7": true, "dpkg:both@1": false, "pypi:both": false} {
		in := with(calm(), found(f), waived(waiver(landwaiter.WaiverAccepted, "CVE-1")), func(in *Input) {
			in.Waivers[0].Package = scope
			for i := range in.Packages {
				in.Packages[i].SourceName, in.Packages[i].SourceVersion = "both", "7"
			}
		})
		if _, got := Waive(DefaultMethod(), in); got[0].Counted != want {
			t.Errorf("%s: %+v", scope, got[0])
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
		"no project":  func(_ *rand.Rand, in *Input) { in.Project = "" },
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
