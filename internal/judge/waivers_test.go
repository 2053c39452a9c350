package judge

import (
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
		in.Subject.Digest, in.Place.Project = digest, "P1"
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
