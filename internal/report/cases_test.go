package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

var now = time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC)

const hex64 = "9f2c4be1a7d05c3386e1f00b6a4d27c95e8b13fa7720cd4416b98ee0573aa1e1"

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// base is an assessment with nothing against it.
func base() *landwaiter.Assessment {
	return &landwaiter.Assessment{
		Schema: landwaiter.Schema,
		Tool:   landwaiter.Tool{Name: "landwaiter", Version: "0.1.0"},
		At:     now,
		Subject: landwaiter.Subject{
			Reference: "registry.example/imaging/brain-age:2.1", Kind: landwaiter.SubjectImage,
			Digest: "sha256:" + hex64, ImageID: "sha256:1" + hex64[1:], Platform: "linux/amd64",
			Config: landwaiter.ImageConfig{
				User: "1000", Entrypoint: []string{"/usr/bin/brain-age"}, Cmd: []string{"--help"},
				Env: []string{"PATH=/usr/bin", "TOKEN=not-for-anybody"},
			},
			Layers: []landwaiter.Layer{
				{Digest: "sha256:2" + hex64[1:], DiffID: "sha256:3" + hex64[1:], Size: 29_126_484, Unpacked: 77_846_016, CreatedBy: "ADD rootfs.tar /"},
				{Digest: "sha256:4" + hex64[1:], DiffID: "sha256:5" + hex64[1:], Size: 410_000_000, Unpacked: 1_130_000_000, CreatedBy: "RUN pip install brain-age"},
			},
		},
		System: &landwaiter.System{ID: "debian", VersionID: "12", Codename: "bookworm", Name: "Debian GNU/Linux 12 (bookworm)", Path: "usr/lib/os-release"},
		Advice: landwaiter.Advice{
			Outcome: landwaiter.Recommend,
			Reasons: []landwaiter.Reason{{Code: landwaiter.ReasonNothingAgainst, Outcome: landwaiter.Recommend, Total: 2}},
			Scenarios: []landwaiter.Scenario{
				{ID: "A1", Class: landwaiter.ClassA, Band: landwaiter.BandNoWay, Outcome: landwaiter.Recommend, Without: landwaiter.BandNoWay},
			},
			Method: landwaiter.Method{Name: "landwaiter default", Version: "1", SHA256: "a1" + hex64[2:], MaxAgeDays: 14, MaxTestDays: 90, MaxUnnamedPercent: 5},
		},
		Account: landwaiter.Account{
			Total:   landwaiter.Count{Files: 12_345, Bytes: 1_200_000_000},
			Covered: landwaiter.Count{Files: 12_100, Bytes: 1_152_000_000}, Uncovered: landwaiter.Count{Files: 30, Bytes: 12_000_000},
			Unnamed: landwaiter.Count{Files: 212, Bytes: 30_000_000}, Closed: landwaiter.Count{Files: 2, Bytes: 5_999_990}, Unread: landwaiter.Count{Files: 1, Bytes: 10},
			Code:   &landwaiter.Account{Total: landwaiter.Count{Files: 900, Bytes: 300_000_000}, Covered: landwaiter.Count{Files: 899, Bytes: 299_000_000}, Unnamed: landwaiter.Count{Files: 1, Bytes: 1_000_000}},
			Hidden: landwaiter.Count{Files: 17, Bytes: 88_000},
		},
		Gaps:       []landwaiter.Gap{},
		Advisories: &landwaiter.AdvisoryFile{SHA256: "b2" + hex64[2:], Built: date(2026, 11, 21), Records: 250_114},
		Sources: []landwaiter.Source{
			source("Debian", date(2026, 11, 21), 1, false, "Debian:12"),
			source("PyPI", date(2026, 11, 20), 2, false, "PyPI"),
			source("kev", date(2026, 11, 21), 1, false),
		},
		Protections: []landwaiter.Protection{}, Findings: []landwaiter.Finding{},
		Packages: []landwaiter.Package{
			pkg("dpkg", "libc6", "2.36-9+deb12u7", landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: []string{"Debian"}}),
			pkg("pypi", "numpy", "1.26.4", landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: []string{"PyPI"}}),
		},
		Unowned: []landwaiter.File{}, Changed: []landwaiter.File{},
	}
}

func source(name string, date time.Time, age int, stale bool, covers ...string) landwaiter.Source {
	return landwaiter.Source{
		Name: name, Format: "osv", Licence: "CC-BY-4.0", Date: date, SHA256: "c3" + hex64[2:], Records: 41_007,
		AgeDays: age, Stale: stale, Used: true, Covers: covers,
	}
}

func pkg(eco, name, version string, known landwaiter.Answer) landwaiter.Package {
	return landwaiter.Package{
		ID: eco + ":" + name + "@" + version, Ecosystem: eco, Name: name, Version: version, Licence: "MIT",
		Evidence: []landwaiter.Evidence{{Path: "var/lib/" + eco + "/status", Method: "package database"}},
		Owns:     landwaiter.Count{Files: 20, Bytes: 4_000_000}, Known: known,
	}
}

// weakness is one finding about libc6.
func weakness(i int, kind landwaiter.Kind) landwaiter.Finding {
	id := fmt.Sprintf("CVE-2026-%04d", 1000+i)
	f := landwaiter.Finding{
		ID: "weakness:" + id + ":libc6", Kind: kind, Reference: id, Packages: []string{"dpkg:libc6@2.36-9+deb12u7"},
		Confidence: landwaiter.ConfidenceConfirmed, Fixed: "2.36-9+deb12u9",
		Advisories: []landwaiter.Advisory{{
			ID: id, Source: "Debian", SourceDate: date(2026, 11, 21), Range: "< 2.36-9+deb12u9", Fixed: "2.36-9+deb12u9",
			Compared: "glibc 2.36-9+deb12u7", Status: "released",
		}},
		EPSS:   &landwaiter.EPSS{Probability: 0.0421, Percentile: 0.913},
		Vector: &landwaiter.Severity{Source: "nvd", Type: "CVSS_V3", Value: "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"},
	}
	if kind == landwaiter.KindWeaknessNoFix {
		f.Fixed, f.Advisories[0].Fixed, f.Advisories[0].Status = "", "", "no-dsa"
	}
	if kind == landwaiter.KindExploited {
		f.Exploited = &landwaiter.Exploited{Source: "kev", Since: date(2026, 3, 9)}
	}
	return f
}

func weaknesses(n int) []landwaiter.Finding {
	out := make([]landwaiter.Finding, 0, n)
	for i := range n {
		kind := landwaiter.KindWeakness
		if i%3 == 1 {
			kind = landwaiter.KindWeaknessNoFix
		}
		out = append(out, weakness(i, kind))
	}
	return out
}

func file(path string, size int64) landwaiter.File {
	return landwaiter.File{Path: path, Layer: 1, Size: size, Mode: 0o755, SHA256: hex64, Kind: landwaiter.FileProgram}
}

func protection(id, name string, credited bool, closes ...landwaiter.Door) landwaiter.Protection {
	p := landwaiter.Protection{
		ID: id, Name: name, Safe: "Safe Settings", Closes: closes, SATRE: []string{"2.2.11"},
		Evidence: landwaiter.EvidenceTestedOwn, ValidUntil: date(2027, 1, 31), Credited: credited,
		Test: &landwaiter.ProtectionTest{Date: date(2026, 11, 2), By: "the platform team", Method: "canary over DNS, HTTP and mirrors", Result: "held"},
	}
	if !credited {
		p.Evidence, p.Test, p.Refused = landwaiter.EvidenceClaimed, nil, "no test was given"
	}
	return p
}

func threeProtections() []landwaiter.Protection {
	return []landwaiter.Protection{
		protection("internet-block", "internet block", true, landwaiter.DoorInternetOut, landwaiter.DoorNetworkIn),
		protection("project-walls", "walls between projects", true, landwaiter.DoorOtherWork, landwaiter.DoorNeighbour),
		protection("read-only-source", "read-only source data", true, landwaiter.DoorSourceData),
	}
}

// conditions is a full assessment with three tested protections.
func conditions() *landwaiter.Assessment {
	a := base()
	a.Findings = append(weaknesses(8), weakness(5000, landwaiter.KindExploited))
	a.Findings = append(a.Findings,
		landwaiter.Finding{ID: "unknown-program", Kind: landwaiter.KindUnknownProgram, Confidence: landwaiter.ConfidenceObserved, Files: []landwaiter.File{file("opt/tool/bin/solve", 41_000_000)}, Seen: landwaiter.Count{Files: 1, Bytes: 41_000_000}},
		landwaiter.Finding{ID: "unattributed", Kind: landwaiter.KindUnattributed, Confidence: landwaiter.ConfidenceObserved, Files: []landwaiter.File{file("opt/data/atlas.nii", 9_000_000)}, Seen: landwaiter.Count{Files: 211, Bytes: 30_000_000}},
		landwaiter.Finding{ID: "runs-as-root", Kind: landwaiter.KindRunsAsRoot, Confidence: landwaiter.ConfidenceObserved, Detail: "root"},
	)
	a.Packages[0].Known = landwaiter.Answer{State: landwaiter.AnswerFindings, Sources: []string{"Debian"}}
	a.Protections = append(threeProtections(), protection("mfa", "two-step login", false, landwaiter.DoorAccount))
	a.Unowned = []landwaiter.File{file("opt/tool/bin/solve", 41_000_000)}
	a.Gaps = []landwaiter.Gap{
		{Path: "opt/tool/data.zip", Layer: 1, Bytes: 5_000_000, Code: true, Reason: "the archive is encrypted"},
		{Layer: -1, Bytes: -1, Reason: "the image says nothing about its origin"},
	}
	a.Advice = landwaiter.Advice{
		Outcome: landwaiter.Conditions,
		Reasons: []landwaiter.Reason{
			{Code: landwaiter.ReasonExploited, Outcome: landwaiter.Conditions, N: 1, Total: 1201},
			{Code: landwaiter.ReasonScenario, Outcome: landwaiter.Conditions, N: 3, Total: 1201, Scenario: "B1"},
			{Code: landwaiter.ReasonWeaknesses, Outcome: landwaiter.Recommend, N: 1201, Total: 2},
		},
		Scenarios: []landwaiter.Scenario{
			{ID: "A1", Class: landwaiter.ClassA, Band: landwaiter.BandTwo, Outcome: landwaiter.Conditions, Findings: 1201, Deciding: 1, Protections: []string{"internet-block", "read-only-source"}, Without: landwaiter.BandOpen},
			{ID: "A2", Class: landwaiter.ClassA, Band: landwaiter.BandTwo, Outcome: landwaiter.Conditions, Findings: 1201, Deciding: 1, Protections: []string{"project-walls", "internet-block"}, Without: landwaiter.BandOpen},
			{ID: "B1", Class: landwaiter.ClassB, Band: landwaiter.BandOne, Outcome: landwaiter.Conditions, Findings: 1201, Deciding: 3, Protections: []string{"internet-block"}, Doors: []landwaiter.Door{landwaiter.DoorHarmfulFile, landwaiter.DoorProject}, Without: landwaiter.BandOpen},
			{ID: "C1", Class: landwaiter.ClassC, Band: landwaiter.BandOpen, Outcome: landwaiter.Conditions, Findings: 12, Deciding: 12, Doors: []landwaiter.Door{landwaiter.DoorProject}, Without: landwaiter.BandOpen},
		},
		Conditions: []landwaiter.Condition{
			{Code: "keep-protection", What: "internet-block", Owner: "platform team", By: date(2027, 1, 31), Check: "keep-protection"},
			{Code: "not-root", Owner: "platform team", Check: "not-root"},
			{Code: "fresh-copy", Owner: "researcher", By: date(2027, 2, 20), Check: "fresh-copy"},
		},
		LeansOn: "internet-block", IfFailed: landwaiter.DoNotImport,
		Method: base().Advice.Method,
	}
	return a
}

// outcome sets the advice and one reason.
func outcome(a *landwaiter.Assessment, o landwaiter.Outcome, reasons ...landwaiter.Reason) *landwaiter.Assessment {
	a.Advice.Outcome = o
	for i := range reasons {
		if reasons[i].Outcome == "" {
			reasons[i].Outcome = o
		}
	}
	a.Advice.Reasons = reasons
	return a
}

const hostileText = "\x1b[2J\x1b]0;owned\a\u202eevil\u2066\u0085<script>alert(1)</script>\"'`&{{.N}}\x00\xff\u200b\ue000\ue001\r\nz\u0300\u0301\u0302\u0303 safe secure"

func hostile() *landwaiter.Assessment {
	a := conditions()
	h := hostileText
	a.Findings = append(weaknesses(2), a.Findings[len(a.Findings)-3:]...)
	a.Subject.Reference = h + strings.Repeat("A very long name ", 40)
	a.Subject.Config.User, a.Subject.Config.Entrypoint, a.Subject.Config.Env = h, []string{h, h}, []string{h + "=x"}
	a.Subject.Layers[1].CreatedBy = h
	a.System.Name = h
	a.Packages[0].Name, a.Packages[0].Version, a.Packages[0].Ecosystem, a.Packages[0].Licence = h, h, h, h
	a.Packages[0].Evidence[0].Path = h
	a.Findings[0].Reference, a.Findings[0].Fixed = h, h
	a.Findings[0].Advisories[0] = landwaiter.Advisory{ID: h, Source: h, Range: h, Status: h, Compared: h, Note: h, Summary: h, URL: "javascript:alert(1)"}
	a.Findings[1].Kind = landwaiter.Kind(h)
	a.Findings[2].Files[0].Path, a.Findings[2].Files[0].Owner = h, h
	a.Findings = append(a.Findings, landwaiter.Finding{ID: h, Kind: landwaiter.KindOutdatedBase, Detail: h, Packages: []string{h}, Confidence: landwaiter.Confidence(h)})
	a.Unowned[0].Path, a.Unowned[0].Kind = h, landwaiter.FileKind(h)
	a.Gaps[0].Path, a.Gaps[0].Reason = h, h
	a.Protections[0].Name, a.Protections[0].Test.By, a.Protections[0].Test.Method = h, h, h
	a.Protections[3].Refused, a.Protections[3].Name = h, h
	a.Protections[1].Exceptions = []string{h}
	a.Sources[0].Name, a.Sources[0].Licence, a.Sources[0].Covers = h, h, []string{h}
	a.Advice.Reasons[0] = landwaiter.Reason{Code: h, Subject: h, Outcome: landwaiter.Outcome(h)}
	a.Advice.Reasons[1].Scenario = h
	a.Advice.Scenarios[0].Doors = []landwaiter.Door{landwaiter.Door(h)}
	a.Advice.Scenarios[1].ID = h
	a.Advice.Conditions[0].Owner, a.Advice.Conditions[0].What, a.Advice.Conditions[1].Code, a.Advice.Conditions[1].Check = h, h, h, h
	a.Advice.Method.Name = h
	a.Tool.Version = h
	hostileWaivers(a, h)
	f := file(h, 9)
	f.Kind = landwaiter.FileKind(h)
	f.Nature = &landwaiter.Nature{Format: h, Detail: h, Soname: h, BuildID: h, Links: []string{h, h}, Interpreter: h, Calls: []string{h, h, h, h}, Fields: []string{h}, Rows: -1, Members: 1, Programs: 1, SameAs: h}
	a.Groups = []landwaiter.Group{
		{Folder: h, Total: landwaiter.Count{Files: -1, Bytes: -9}, Kinds: []landwaiter.KindCount{{Kind: landwaiter.FileKind(h), Count: landwaiter.Count{Files: 3}}}, Biggest: []landwaiter.File{f}},
		{},
	}
	return a
}

// cases are varied, and one assessment for each code of each noun.
func cases() map[string]*landwaiter.Assessment {
	all := varied()
	addKinds(all)
	addCodes(all)
	return all
}

// varied are assessments that differ in every way that the words must bear.
func varied() map[string]*landwaiter.Assessment {
	all := map[string]*landwaiter.Assessment{"no-findings": base(), "conditions": conditions(), "hostile": hostile()}
	edit := func(name string, from func() *landwaiter.Assessment, change func(a *landwaiter.Assessment)) {
		a := from()
		change(a)
		all[name] = a
	}
	edit("one-finding", base, func(a *landwaiter.Assessment) {
		a.Findings = weaknesses(1)
		outcome(a, landwaiter.Conditions, landwaiter.Reason{Code: landwaiter.ReasonWeaknesses, N: 1, Total: 1})
		a.Advice.Scenarios = []landwaiter.Scenario{{ID: "B1", Class: landwaiter.ClassB, Band: landwaiter.BandOpen, Outcome: landwaiter.Conditions, Findings: 1, Deciding: 1, Without: landwaiter.BandOpen}}
	})
	edit("many-findings", conditions, func(a *landwaiter.Assessment) { a.Findings = append(weaknesses(1200), a.Findings[8:]...) })
	edit("exploited", base, func(a *landwaiter.Assessment) {
		a.Findings = []landwaiter.Finding{weakness(1, landwaiter.KindExploited), weakness(2, landwaiter.KindExploited)}
		outcome(a, landwaiter.DoNotImport,
			landwaiter.Reason{Code: landwaiter.ReasonExploited, N: 2, Total: 2},
			landwaiter.Reason{Code: landwaiter.ReasonNoProtections})
		a.Advice.Scenarios = []landwaiter.Scenario{
			{ID: "A3", Class: landwaiter.ClassA, Band: landwaiter.BandOpen, Outcome: landwaiter.DoNotImport, Findings: 2, Deciding: 2, Doors: []landwaiter.Door{landwaiter.DoorNetworkIn}, Without: landwaiter.BandOpen},
			{ID: "B3", Class: landwaiter.ClassB, Band: landwaiter.BandUnknown, Outcome: landwaiter.CannotJudge, Findings: 1, Deciding: 1, Doors: []landwaiter.Door{landwaiter.DoorUnknown}, Without: landwaiter.BandUnknown},
		}
	})
	edit("no-advisories", base, func(a *landwaiter.Assessment) {
		a.Advisories, a.Sources = nil, nil
		a.Account.Uncovered.Add(a.Account.Covered)
		a.Account.Covered = landwaiter.Count{}
		for i := range a.Packages {
			a.Packages[i].Known = landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: "no advisory file was given"}
		}
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonNoAdvisories}, landwaiter.Reason{Code: landwaiter.ReasonNoProtections, Outcome: landwaiter.Conditions})
		a.Advice.Scenarios = nil
	})
	edit("stale", conditions, func(a *landwaiter.Assessment) {
		a.Sources[0] = source("Debian", date(2022, 8, 18), 1557, true, "Debian:12")
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonStaleSource, Subject: "Debian", N: 1557, Total: 14})
		a.Advice.Conditions = nil
	})
	edit("unknown-dates", base, func(a *landwaiter.Assessment) {
		a.Sources[0] = source("Debian", time.Time{}, -1, true, "Debian:12")
		a.Sources[1] = source("PyPI", date(2027, 1, 1), -1, true, "PyPI")
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonStaleSource, Subject: "Debian", N: -1, Total: 14},
			landwaiter.Reason{Code: landwaiter.ReasonStaleSource, Subject: "PyPI", N: -1, Total: 14})
	})
	edit("unread-code", base, func(a *landwaiter.Assessment) {
		a.Gaps = []landwaiter.Gap{{Path: "var/lib/rpm/Packages", Layer: 0, Bytes: 900_000, Unread: true, Code: true, Reason: "damaged at byte 4,096"}}
		outcome(a, landwaiter.CannotJudge, landwaiter.Reason{Code: landwaiter.ReasonUnreadCode, N: 1},
			landwaiter.Reason{Code: landwaiter.ReasonUnnamedCode, N: 90_000_000, Total: 300_000_000},
			landwaiter.Reason{Code: landwaiter.ReasonNotCovered, N: 2, Total: 2, Subject: "rocky 9"})
	})
	edit("groups", conditions, grouped)
	edit("declared", conditions, withLists)
	edit("waivers", conditions, withWaivers)
	edit("malware", base, func(a *landwaiter.Assessment) {
		f := weakness(1, landwaiter.KindMalware)
		f.Reference, f.Advisories[0].ID, f.Packages = "MAL-2026-12", "MAL-2026-12", []string{"pypi:numpy@1.26.4"}
		a.Findings = []landwaiter.Finding{f}
		outcome(a, landwaiter.DoNotImport, landwaiter.Reason{Code: landwaiter.ReasonStop, N: 1, Subject: string(landwaiter.KindMalware), Findings: []string{f.ID}})
	})
	edit("crosscheck", conditions, crosschecked)
	addBaselines(edit)
	oddities(all, edit)
	return all
}

// crowd fills every list of the brief beyond what it can show.
func crowd(a *landwaiter.Assessment) {
	long := "the long name of a thing in the environment that goes on and on"
	for i := range 9 {
		a.Protections = append(a.Protections, protection(fmt.Sprintf("p%d", i), long, i%3 != 0, landwaiter.DoorHost))
		a.Advice.Conditions = append(a.Advice.Conditions, landwaiter.Condition{Code: "keep-protection", What: long, Owner: long, By: date(2027, 1, 1+i), Check: "keep-protection"})
		a.Advice.Reasons = append(a.Advice.Reasons, landwaiter.Reason{Code: landwaiter.ReasonStaleSource, Outcome: landwaiter.CannotJudge, Subject: long, N: 99, Total: 14})
	}
	tested := protection("p9", long, false, landwaiter.DoorHost)
	tested.Evidence, tested.Refused = landwaiter.EvidenceTestedOut, "the test is 120 days old; the limit is 90 days"
	a.Protections = append(a.Protections, tested)
	a.Advice.Scenarios = nil
	for _, id := range []string{"A1", "A2", "A3", "A4", "B1", "B2", "B3", "C1", "C2", "C3"} {
		a.Advice.Scenarios = append(a.Advice.Scenarios, landwaiter.Scenario{
			ID: id, Class: landwaiter.ScenarioClass(id[:1]), Band: landwaiter.BandTwo, Outcome: landwaiter.Conditions, Findings: 9, Deciding: 9,
			Protections: []string{"p1", "p2", "p4", "p5"}, Doors: []landwaiter.Door{landwaiter.DoorProject, landwaiter.DoorHarmfulFile, landwaiter.DoorOtherWork}, Without: landwaiter.BandOpen,
		})
	}
	a.System.Name = long
	a.Subject.Reference = long + long + long
}

// grouped adds folders of every kind of file, and files of which more is known.
func grouped(a *landwaiter.Assessment) {
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf("column_%d", i)
	}
	for i := range 40 {
		g := landwaiter.Group{Folder: fmt.Sprintf("opt/tool%d", i), Others: i / 39 * 12}
		for j, k := range landwaiter.FileKinds() {
			if i > 7 || i != j {
				g.Kinds = append(g.Kinds, landwaiter.KindCount{Kind: k, Count: landwaiter.Count{Files: int64(1 + (i+j)%3*1000), Bytes: 999}})
				g.Total.Add(landwaiter.Count{Files: int64(1 + (i+j)%3*1000), Bytes: 999})
			}
		}
		f := file(fmt.Sprintf("opt/tool%d/file", i), int64(100-i))
		switch i % 4 {
		case 0:
			f.Nature = &landwaiter.Nature{Format: "pickle", Calls: []string{"os.system", "posix.system", "a.b", "c.d"}[:1+i%3]}
		case 1:
			f.Nature = &landwaiter.Nature{Format: "CSV", Fields: many[:1+i], Rows: int64(i)}
		case 2:
			f.Nature = &landwaiter.Nature{Format: "ELF program", SameAs: "usr/bin/tar", Links: many, Soname: "lib.so", BuildID: "ab", Members: 2, Programs: int64(i % 3)}
		}
		g.Biggest = []landwaiter.File{f}
		a.Groups = append(a.Groups, g)
	}
	a.Unowned[0].Nature = &landwaiter.Nature{Format: "script", Interpreter: "/bin/sh"}
}
