package judge

import (
	"slices"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// TestCreditRules has a row for every rule that one protection alone decides.
func TestCreditRules(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*landwaiter.Protection)
		want   string // why it is refused; empty for credit
	}{
		{"tested by own team", func(*landwaiter.Protection) {}, ""},
		{"tested by outsiders", func(p *landwaiter.Protection) { p.Evidence = landwaiter.EvidenceTestedOut }, ""},
		{"claimed", func(p *landwaiter.Protection) { p.Evidence = landwaiter.EvidenceClaimed }, "claimed, not tested"},
		{"documented", func(p *landwaiter.Protection) { p.Evidence = landwaiter.EvidenceDocumented }, "documented, not tested"},
		{"no level", func(p *landwaiter.Protection) { p.Evidence = "" }, "nobody says how strong the evidence is"},
		{"strange level", func(p *landwaiter.Protection) { p.Evidence = "certified" }, "nobody says how strong the evidence is"},
		{"no test", func(p *landwaiter.Protection) { p.Test = nil }, "no test is recorded"},
		{"failed", func(p *landwaiter.Protection) { p.Test.Result = "failed" }, "its last test did not hold"},
		{"no result", func(p *landwaiter.Protection) { p.Test.Result = "" }, "its last test did not hold"},
		{"no date", func(p *landwaiter.Protection) { p.Test.Date = time.Time{} }, "its last test has no date"},
		{"today", func(p *landwaiter.Protection) { p.Test.Date = dayOf(now) }, ""},
		{"tomorrow", func(p *landwaiter.Protection) { p.Test.Date = dayOf(now).AddDate(0, 0, 1) }, "its test is dated after today"},
		{"90 days", func(p *landwaiter.Protection) { p.Test.Date = dayOf(now).AddDate(0, 0, -90) }, ""},
		{"91 days", func(p *landwaiter.Protection) { p.Test.Date = dayOf(now).AddDate(0, 0, -91) }, "its last test is 91 days old, and the limit is 90"},
		{"nobody tested", func(p *landwaiter.Protection) { p.Test.By = " " }, "nobody says who tested it"},
		{"the researcher tested", func(p *landwaiter.Protection) { p.Test.By = "The Researchers" }, "the evidence comes from the researchers"},
		{"research computing tested", func(p *landwaiter.Protection) { p.Test.By = "Research Computing" }, ""},
		{"valid tomorrow", func(p *landwaiter.Protection) { p.ValidUntil = dayOf(now).AddDate(0, 0, 1) }, ""},
		{"valid until today", func(p *landwaiter.Protection) { p.ValidUntil = dayOf(now) }, "it was valid until 2026-11-22"},
		{"valid until tonight", func(p *landwaiter.Protection) { p.ValidUntil = dayOf(now).Add(23 * time.Hour) }, "it was valid until 2026-11-22"},
		{"an exception", func(p *landwaiter.Protection) { p.Exceptions = []string{"P1234"} }, "an exception is open"},
		{"exceptions", func(p *landwaiter.Protection) { p.Exceptions = []string{"P1234", "P9"} }, "2 exceptions are open"},
		{"no door", func(p *landwaiter.Protection) { p.Closes = nil }, "it closes no door that we know"},
		{"strange door", func(p *landwaiter.Protection) {
			p.Closes = []landwaiter.Door{landwaiter.DoorUnknown, "back-door"}
		}, "it closes no door that we know"},
	} {
		p := shut("p", landwaiter.DoorInternetOut)
		c.change(&p)
		p.Credited, p.Refused = c.want != "", "what the caller says" // must be overwritten
		in := with(calm(), behind(p))
		_, got := Judge(DefaultMethod(), in)
		if len(got) != 1 || got[0].Refused != c.want || got[0].Credited != (c.want == "") {
			t.Errorf("%s: credited %v, refused %q; want %q", c.name, got[0].Credited, got[0].Refused, c.want)
		}
		if in.Protections[0].Refused != "what the caller says" {
			t.Errorf("%s: the caller's protection was changed", c.name)
		}
		// Credit is what counts: one more protection on the door or not.
		a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", netRead)), behind(p, shut("q", landwaiter.DoorNetworkIn))))
		if got := scenarioOf(&a, "A1").Band == landwaiter.BandTwo; got != (c.want == "") {
			t.Errorf("%s: A1 is at %s", c.name, scenarioOf(&a, "A1").Band)
		}
	}
}

func TestCreditIsByID(t *testing.T) {
	_, got := Judge(DefaultMethod(), with(calm(), behind(shut("b"), shut("c"), shut("a"))))
	if got[0].ID != "a" || got[1].ID != "b" || got[2].ID != "c" {
		t.Errorf("protections come as %s, %s, %s", got[0].ID, got[1].ID, got[2].ID)
	}
	if _, got = Judge(DefaultMethod(), calm()); got == nil {
		t.Error("no protections are null in JSON")
	}
}

// TestFullControl: an image that asks for full control undoes a protection
// that only takes it away, and keeps the rest of one that does more.
func TestFullControl(t *testing.T) {
	for user, root := range map[string]bool{
		"": true, "0": true, "root": true, "0:0": true, "root:staff": true, "00": true, "+0": true,
		"1000": false, "app": false, "1000:0": false, "rooty": false,
	} {
		in := with(calm(), behind(shut("low", landwaiter.DoorFullControl)))
		in.Subject.Config.User = user
		_, p := Judge(DefaultMethod(), in)
		if p[0].Credited == root {
			t.Errorf("user %q: credited %v, refused %q", user, p[0].Credited, p[0].Refused)
		}
		in.Subject.Kind = landwaiter.SubjectFolder // a folder asks for nothing
		if _, p = Judge(DefaultMethod(), in); !p[0].Credited {
			t.Errorf("folder with user %q: %s", user, p[0].Refused)
		}
		in.Findings = []landwaiter.Finding{seen(landwaiter.KindRunsAsRoot)}
		if _, p = Judge(DefaultMethod(), in); p[0].Credited {
			t.Errorf("user %q: the finding that it runs as root is overlooked", user)
		}
	}

	in := with(calm(), found(weakness("CVE-1", netAll)), behind(
		shut("low", landwaiter.DoorFullControl), shut("wall", landwaiter.DoorFullControl, landwaiter.DoorHost),
		shut("a", landwaiter.DoorSourceData), shut("b", landwaiter.DoorSourceData)))
	a, _ := Judge(DefaultMethod(), in)
	if s := scenarioOf(&a, "A3"); s.Band != landwaiter.BandTwo {
		t.Errorf("without root: A3 at %s by %v", s.Band, s.Protections)
	}
	in.Subject.Config.User = ""
	a, p := Judge(DefaultMethod(), in)
	if s := scenarioOf(&a, "A3"); s.Band != landwaiter.BandOne || !slices.Equal(s.Protections, []string{"wall"}) {
		t.Errorf("as root: A3 at %s by %v", s.Band, s.Protections)
	}
	if w := p[slices.IndexFunc(p, func(p landwaiter.Protection) bool { return p.ID == "wall" })]; !w.Credited {
		t.Errorf("the wall of the box is refused: %s", w.Refused)
	}
}

// TestFullControlIsOpen: nothing counts for that door where the image asks for
// full control, whatever else it closes.
func TestFullControlIsOpen(t *testing.T) {
	in := with(calm(), found(weakness("CVE-1", netAll)), behind(
		shut("both", landwaiter.DoorFullControl, landwaiter.DoorInternetOut), shut("in", landwaiter.DoorNetworkIn), shut("ro", landwaiter.DoorSourceData)))
	for user, want := range map[string]landwaiter.Band{"app": landwaiter.BandTwo, "root": landwaiter.BandOne} {
		in.Subject.Config.User = user
		a, _ := Judge(DefaultMethod(), in)
		if s := scenarioOf(&a, "A3"); s.Band != want {
			t.Errorf("user %s: A3 at %s by %v; want %s", user, s.Band, s.Protections, want)
		}
		if s := scenarioOf(&a, "A1"); s.Band != landwaiter.BandTwo {
			t.Errorf("user %s: A1 at %s by %v", user, s.Band, s.Protections)
		}
	}
}

// TestOneCauseCountsOnce: two rules on one firewall are one protection, and a
// cause may be the ID of another protection.
func TestOneCauseCountsOnce(t *testing.T) {
	in, out := shut("in", landwaiter.DoorNetworkIn), shut("out", landwaiter.DoorInternetOut)
	judge := func(p ...landwaiter.Protection) *landwaiter.Scenario {
		a, got := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", netRead)), behind(p...)))
		for _, p := range got {
			if !p.Credited {
				t.Errorf("%s is refused: %s", p.ID, p.Refused)
			}
		}
		return scenarioOf(&a, "A1")
	}
	if s := judge(in, out); s.Band != landwaiter.BandTwo || len(s.Protections) != 2 {
		t.Errorf("two causes: %s by %v", s.Band, s.Protections)
	}
	in.Cause, out.Cause = "firewall", "firewall"
	if s := judge(in, out); s.Band != landwaiter.BandOne || len(s.Protections) != 1 {
		t.Errorf("one cause: %s by %v", s.Band, s.Protections)
	}
	in.Cause, out.Cause = "out", ""
	if s := judge(in, out); s.Band != landwaiter.BandOne {
		t.Errorf("cause by ID: %s by %v", s.Band, s.Protections)
	}
	if s := judge(out, out); s.Band != landwaiter.BandOne {
		t.Errorf("the same twice: %s by %v", s.Band, s.Protections)
	}
}

// TestOnlyDoorsThatItCloses: a block of the way out does not help against one
// project reading another's data.
func TestOnlyDoorsThatItCloses(t *testing.T) {
	a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", netRead)), behind(
		shut("out", landwaiter.DoorInternetOut), shut("source", landwaiter.DoorSourceData))))
	for id, want := range map[string]landwaiter.Band{"A1": landwaiter.BandOne, "A2": landwaiter.BandOpen, "A3": landwaiter.BandOpen, "B1": landwaiter.BandOpen} {
		if s := scenarioOf(&a, id); s.Band != want || s.Without != landwaiter.BandOpen {
			t.Errorf("%s: %s, without %s; want %s", id, s.Band, s.Without, want)
		}
	}
	if got, want := scenarioOf(&a, "A1").Doors, []landwaiter.Door{landwaiter.DoorNetworkIn}; !slices.Equal(got, want) {
		t.Errorf("A1 leaves open %v, want %v", got, want)
	}
}

// TestWallIsTheFault: the wall of the box earns nothing against a fault in it.
func TestWallIsTheFault(t *testing.T) {
	for _, c := range []struct {
		name, source string
		wall         bool
	}{
		{"runc", "", true},
		{"github.com/opencontainers/runc", "", true},
		{"containerd.io", "", true},
		{"linux-image-6.1.0-18-amd64", "linux-signed-amd64", true},
		{"bpftool", "linux", true},
		{"zlib1g", "zlib", false},
		{"runcible", "", false},
		{"kernelshark", "", false},
	} {
		p := pkg("dpkg", c.name, "Debian")
		p.SourceName = c.source
		f := weakness("CVE-1", escapeAll)
		f.Packages = []string{p.ID}
		in := with(calm(), found(f), behind(shut("wall", landwaiter.DoorHost), shut("accounts", landwaiter.DoorProject), shut("ro", landwaiter.DoorSourceData)))
		in.Packages = append(in.Packages, p)
		a, _ := Judge(DefaultMethod(), in)
		want := landwaiter.BandTwo
		if c.wall {
			want = landwaiter.BandOne
		}
		if s := scenarioOf(&a, "A3"); s.Band != want {
			t.Errorf("%s: A3 at %s by %v; want %s", c.name, s.Band, s.Protections, want)
		}
	}
}

// TestOnlyThing: one protection alone between us and a class A event is no
// credit: not where the way is known, nor where it is not.
func TestOnlyThing(t *testing.T) {
	block := behind(shut("block", landwaiter.DoorInternetOut))
	a, _ := Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", netRead)), block))
	if s := scenarioOf(&a, "A1"); s.Outcome != landwaiter.DoNotImport {
		t.Errorf("a known way: %s", s.Outcome)
	}
	if c := conditionOf(&a, condSecond); c == nil || c.What != "A1" || !c.By.Equal(dayOf(now).AddDate(0, 0, 90)) {
		t.Errorf("the way forward is missing: %+v", c)
	}
	a, _ = Judge(DefaultMethod(), with(calm(), found(weakness("CVE-1", "")), block))
	if s := scenarioOf(&a, "A1"); s.Band != landwaiter.BandUnknown || s.Outcome != landwaiter.CannotJudge || s.Protections != nil {
		t.Errorf("an unknown way: %s, %s by %v", s.Band, s.Outcome, s.Protections)
	}
}
