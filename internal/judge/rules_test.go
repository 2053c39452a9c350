package judge

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// day is a day of the tests, counted from now.
func day(n int) time.Time { return dayOf(now).AddDate(0, 0, n) }

// stands says whether p counts in A1, behind one more protection, and why not.
func stands(t *testing.T, place landwaiter.Place, p landwaiter.Protection) string {
	t.Helper()
	p.Closes = []landwaiter.Door{landwaiter.DoorInternetOut}
	other := shut("z", landwaiter.DoorNetworkIn)
	other.Test.By = "an outside firm"
	in := with(calm(), found(weakness("CVE-1", netRead)), behind(p, other))
	in.Place = place
	a, got := Judge(DefaultMethod(), in)
	if counts := scenarioOf(&a, "A1").Band == landwaiter.BandTwo; counts != got[0].Credited {
		t.Errorf("credited %v, and A1 is at %s", got[0].Credited, scenarioOf(&a, "A1").Band)
	}
	return got[0].Refused
}

// TestRule1Changed: a test from before a change that touches the protection is
// nothing; one from the day of the change may be.
func TestRule1Changed(t *testing.T) {
	for _, c := range []struct {
		test, change int // days from now
		want         string
	}{
		{-20, -30, ""},
		{-20, -20, "the environment changed on 2026-11-02, and it was not tested since: a new firewall"},
		{-20, -10, "the environment changed on 2026-11-12, and it was not tested since: a new firewall"},
		{-20, 0, "the environment changed on 2026-11-22, and it was not tested since: a new firewall"},
		{-20, 1, ""},
		{0, -1, ""},
	} {
		p := shut("p")
		p.Test.Date = day(c.test)
		p.Changes = []landwaiter.Change{{Date: day(-40), What: "an old one"}, {Date: day(c.change), What: "a new firewall"}}
		if got := stands(t, landwaiter.Place{}, p); got != c.want {
			t.Errorf("test %d, change %d: refused %q, want %q", c.test, c.change, got, c.want)
		}
	}
}

// TestRule1Evidence: evidence that says until when it holds is not stretched.
func TestRule1Evidence(t *testing.T) {
	p := shut("p")
	p.Test.ValidUntil = day(1)
	if got := stands(t, landwaiter.Place{}, p); got != "" {
		t.Errorf("valid till tomorrow: %q", got)
	}
	p.Test.ValidUntil = day(0)
	if got := stands(t, landwaiter.Place{}, p); got != "the evidence of its last test was valid until 2026-11-22" {
		t.Errorf("valid till today: %q", got)
	}
}

// TestRule3Exception: an exception for this project takes credit away, one for
// another does not, and where nobody says which project this is, it may be that one.
func TestRule3Exception(t *testing.T) {
	for _, c := range []struct {
		name, project, here string
		until               int
		want                string
	}{
		{"this project", "P1", "p1 ", 5, "an exception is open for project P1 until 2026-11-27"},
		{"another project", "P2", "P1", 5, ""},
		{"nobody says", "P2", "", 5, "an exception is open for project P2 until 2026-11-27, and nobody says which project this is for"},
		{"every project", "", "P1", 5, "an exception is open until 2026-11-27"},
		{"ended today", "P1", "P1", 0, ""},
		{"ended, everywhere", "", "P1", -1, ""},
	} {
		p := shut("p")
		p.DatedExceptions = []landwaiter.Exception{{Project: c.project, Reason: "a course", By: "the head of service", Until: day(c.until)}}
		if got := stands(t, landwaiter.Place{Project: c.here}, p); got != c.want {
			t.Errorf("%s: refused %q, want %q", c.name, got, c.want)
		}
		p.Exceptions = []string{"P9"} // a plain text is for everybody
		if got := stands(t, landwaiter.Place{Project: c.here}, p); got != "an exception is open" {
			t.Errorf("%s, and a plain one: refused %q", c.name, got)
		}
	}
}

// TestRule3Asks: what the image asks for opens doors, and what it does not ask for
// does not.
func TestRule3Asks(t *testing.T) {
	full, host, out, in := landwaiter.DoorFullControl, landwaiter.DoorHost, landwaiter.DoorInternetOut, landwaiter.DoorNetworkIn
	type config = landwaiter.ImageConfig
	label := func(key, value string) config { return config{Labels: map[string]string{key: value}} }
	for _, c := range []struct {
		name  string
		c     config
		opens []landwaiter.Door
	}{
		{"nothing", config{Entrypoint: []string{"python3", "-v"}, Cmd: []string{"main.py", "--network", "social"}, Env: []string{"PATH", "LICENSE", "LICENSE_FILENAME"}}, nil},
		{"network client", config{Entrypoint: []string{"curl", "https://example.org"}}, nil},
		{"a manual's label", label("org.opencontainers.image.description", "never run with --privileged"), nil},
		{"privileged", label("RUN", "docker run --privileged IMAGE"), []landwaiter.Door{full, host}},
		{"more rights", label("run", "podman run --cap-add=SYS_ADMIN IMAGE"), []landwaiter.Door{full, host}},
		{"no filter", label("install", "podman run --security-opt seccomp=unconfined IMAGE"), []landwaiter.Door{full, host}},
		{"development container", label("devcontainer.metadata", `[{"privileged": true}]`), []landwaiter.Door{full, host}},
		{"its rights", label("devcontainer.metadata", `[{"capAdd" : ["SYS_PTRACE"]}]`), []landwaiter.Door{full, host}},
		{"its folder", label("devcontainer.metadata", `[{"mounts": ["source=/etc,target=/e,type=bind"]}]`), []landwaiter.Door{host}},
		{"its volume", label("devcontainer.metadata", `[{"mounts": ["source=cache,target=/e,type=volume"]}]`), nil},
		{"broken metadata", label("devcontainer.metadata", `[{"privileged": tru`), nil},
		{"folder", label("RUN", "podman run -v /:/host IMAGE"), []landwaiter.Door{host}},
		{"folder, spelt out", label("RUN", "podman run --volume=/srv:/srv IMAGE"), []landwaiter.Door{host}},
		{"named volume", label("RUN", "podman run -v data:/data IMAGE"), nil},
		{"processes", label("RUN", "podman run --pid=host IMAGE"), []landwaiter.Door{host}},
		{"processes, apart", label("RUN", "podman run --pid host IMAGE"), []landwaiter.Door{host}},
		{"network", label("RUN", "podman run --net=host IMAGE"), []landwaiter.Door{in, landwaiter.DoorNeighbour, out}},
		{"starts an engine", config{Entrypoint: []string{"/usr/local/bin/dockerd-entrypoint.sh"}}, []landwaiter.Door{full, host}},
		{"enters the host", config{Cmd: []string{"sh", "-c", "exec /usr/bin/nsenter -t 1 -m sh"}}, []landwaiter.Door{full, host}},
		{"engine elsewhere", config{Env: []string{"DOCKER_HOST"}}, []landwaiter.Door{full, host}},
		{"socket", label("devcontainer.metadata", `[{"runArgs":["--mount","type=volume,dst=/var/run/docker.sock"]}]`), []landwaiter.Door{full, host}},
		{"licence server", config{Env: []string{"LM_LICENSE_FILE"}}, []landwaiter.Door{out}},
		{"maker's licence server", config{Env: []string{"ANSYSLMD_LICENSE_FILE"}}, []landwaiter.Door{out}},
		{"another", config{Env: []string{"RLM_LICENSE"}}, []landwaiter.Door{out}},
	} {
		c.c.User = "app"
		i := with(calm(), behind(shut("a", full), shut("b", host), shut("c", out), shut("d", in), shut("e", landwaiter.DoorSourceData)))
		i.Subject.Config = c.c
		if got := opened(asks(&i)); got != setOf(c.opens...) {
			t.Errorf("%s opens %v, want %v", c.name, got.list(), c.opens)
		}
		_, protections := Judge(DefaultMethod(), i)
		for _, p := range protections {
			if want := !slices.Contains(c.opens, p.Closes[0]); p.Credited != want || !want && !strings.HasPrefix(p.Refused, "the software asks for ") {
				t.Errorf("%s: %s is credited %v: %q", c.name, p.Closes[0], p.Credited, p.Refused)
			}
		}
		i.Subject.Kind = landwaiter.SubjectFolder
		if got := opened(asks(&i)); got != 0 {
			t.Errorf("%s: a folder asks for %v", c.name, got.list())
		}
	}
}

// TestRule3Partly: a protection keeps the doors that the software leaves shut.
func TestRule3Partly(t *testing.T) {
	in := with(calm(), found(weakness("CVE-1", netRead)), behind(shut("both", landwaiter.DoorInternetOut, landwaiter.DoorOtherWork), shut("in", landwaiter.DoorNetworkIn), shut("box", landwaiter.DoorHost)))
	in.Subject.Config.Env = []string{"MLM_LICENSE_FILE"}
	a, p := Judge(DefaultMethod(), in)
	p = p[slices.IndexFunc(p, func(p landwaiter.Protection) bool { return p.ID == "both" }):]
	if !p[0].Credited || scenarioOf(&a, "A1").Band != landwaiter.BandOne || scenarioOf(&a, "A2").Band != landwaiter.BandTwo {
		t.Errorf("%+v: A1 at %s, A2 at %s", p[0], scenarioOf(&a, "A1").Band, scenarioOf(&a, "A2").Band)
	}
}

// TestRule7Stop: no number of protections softens a stop finding.
func TestRule7Stop(t *testing.T) {
	for _, kind := range []landwaiter.Kind{landwaiter.KindMalware, landwaiter.KindSecret, landwaiter.KindPersonal} {
		bare, _ := Judge(DefaultMethod(), with(calm(), found(seen(kind))))
		a, _ := Judge(DefaultMethod(), with(calm(), found(seen(kind)), behind(walls()...), behind(shut("more", allDoors[:]...))))
		if r := reasonOf(&a, landwaiter.ReasonStop); a.Outcome != landwaiter.DoNotImport || r == nil || a.LeansOn != "" || bare.Outcome != a.Outcome {
			t.Errorf("%s behind every protection: %s, leans on %q", kind, a.Outcome, a.LeansOn)
		}
	}
}

// TestRule8Elsewhere: evidence of researchers, of another TRE and of another tier is
// nothing here; nor is that of one TRE or tier where nobody says which this is.
func TestRule8Elsewhere(t *testing.T) {
	type place = landwaiter.Place
	north := func(p *landwaiter.Protection) { p.TRE = "North" }
	for _, c := range []struct {
		name   string
		here   place
		change func(*landwaiter.Protection)
		want   string
	}{
		{"researchers", place{}, func(p *landwaiter.Protection) { p.Test.By = "our research team" }, "the evidence comes from the researchers"},
		{"the project", place{Project: "P1"}, func(p *landwaiter.Protection) { p.Test.By = "the P1 team" }, "the evidence comes from the researchers"},
		{"another project's name", place{Project: "platform"}, func(p *landwaiter.Protection) { p.Test.By = "the platform engineers" }, ""},
		{"no place", place{TRE: "North", Tier: "2"}, func(*landwaiter.Protection) {}, ""},
		{"this TRE", place{TRE: "north"}, north, ""},
		{"another TRE", place{TRE: "South"}, north, "its evidence is from another environment, North"},
		{"nobody says which TRE", place{}, north, "it is for the environment North, and nobody says which environment this is"},
		{"tested in another TRE", place{TRE: "North"}, func(p *landwaiter.Protection) { p.TRE, p.Test.TRE = "North", "South" }, "its evidence is from another environment, South"},
		{"this tier", place{Tier: "2"}, func(p *landwaiter.Protection) { p.Tiers = []string{"1", "2"} }, ""},
		{"another tier", place{Tier: "3"}, func(p *landwaiter.Protection) { p.Tiers = []string{"1", "2"} }, "its evidence is from another tier, 1, 2"},
		{"nobody says which tier", place{}, func(p *landwaiter.Protection) { p.Tiers = []string{"1", "2"} }, "it is for tier 1, 2, and nobody says which tier this is for"},
		{"tested in another tier", place{Tier: "2"}, func(p *landwaiter.Protection) { p.Tiers, p.Test.Tiers = []string{"1", "2"}, []string{"1"} }, "its evidence is from another tier, 1"},
	} {
		p := shut("p")
		c.change(&p)
		if got := stands(t, c.here, p); got != c.want {
			t.Errorf("%s: refused %q, want %q", c.name, got, c.want)
		}
	}
}

// TestGuardRail: what was tested without a planted mark does not count against what
// attackers use, nor against a fault in the wall that reaches beyond it.
func TestGuardRail(t *testing.T) {
	runc := pkg("dpkg", "runc", "Debian")
	wall := weakness("CVE-2", escapeAll)
	wall.Packages = []string{runc.ID}
	for _, c := range []struct {
		name   string
		f      landwaiter.Finding
		weak   landwaiter.Strength
		counts bool
	}{
		{"a weakness", weakness("CVE-1", netRead), landwaiter.StrengthRead, true},
		{"used by attackers, by a person's test", exploited("CVE-1", netRead), "", true},
		{"used by attackers, read", exploited("CVE-1", netRead), landwaiter.StrengthRead, false},
		{"used by attackers, refused", exploited("CVE-1", netRead), landwaiter.StrengthRefused, false},
		{"used by attackers, marked", exploited("CVE-1", netRead), landwaiter.StrengthUnseen, true},
		{"the wall, refused", wall, landwaiter.StrengthRefused, false},
		{"the wall, marked", wall, landwaiter.StrengthNoticed, true},
		{"used by attackers, a strange word", exploited("CVE-1", netRead), "E9", false},
	} {
		p := shut("p", landwaiter.DoorInternetOut)
		p.Test.Strength = c.weak
		in := with(calm(), found(c.f), behind(p))
		in.Packages = append(in.Packages, runc)
		a, _ := Judge(DefaultMethod(), in)
		if got := scenarioOf(&a, "A1").Band == landwaiter.BandOne; got != c.counts {
			t.Errorf("%s: A1 at %s", c.name, scenarioOf(&a, "A1").Band)
		}
	}
}

// TestRulesAreWrittenDown: docs/protections.md has a row for each of the eight, with
// the code that holds it and tests that exist.
func TestRulesAreWrittenDown(t *testing.T) {
	doc, err := os.ReadFile("../../docs/protections.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests string
	for _, name := range []string{"rules_test.go", "credit_test.go", "judge_test.go", "property_test.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(b)
	}
	rules := creditRules()
	if len(rules) != 8 {
		t.Fatalf("%d rules", len(rules))
	}
	for i, r := range rules {
		if r.n != i+1 || r.refuse == nil && r.at == "" {
			t.Errorf("rule %d of the table has number %d and is held nowhere", i+1, r.n)
		}
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^\| %d \|.*$`, r.n)).FindString(string(doc))
		named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(row, -1)
		if row == "" || len(named) == 0 || r.at != "" && !strings.Contains(row, "`"+r.at+"`") {
			t.Errorf("docs/protections.md on rule %d: %q; it must name %q and a test", r.n, row, r.at)
		}
		for _, m := range named {
			if !strings.Contains(tests, "func "+m[1]+"(") {
				t.Errorf("docs/protections.md names %s on rule %d, which does not exist", m[1], r.n)
			}
		}
	}
}
