package report

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// crosschecked holds every value that a cross-check can have, and one that none can.
func crosschecked(a *landwaiter.Assessment) {
	pick := func(i int, of ...string) string { return of[i%len(of)] }
	n := 0
	for i := range a.Findings {
		if a.Findings[i].Reference == "" {
			continue
		}
		c := &landwaiter.CrossCheck{
			SSVC: landwaiter.SSVC{
				Exploitation: pick(n, "none", "poc", "active"), Exposure: pick(n, "small", "controlled", "open"), Automatable: n%2 == 0,
				HumanImpact: pick(n, "low", "medium", "high", "very-high"), Priority: pick(n, "defer", "scheduled", "out-of-cycle", "immediate"),
			},
			BOD: landwaiter.BOD{Days: []int{0, 3, 14, 60}[n%4], Forensics: n%4 == 1},
			Fix: pick(n, "high", "not-given", "lower"), Ours: landwaiter.Conditions, Against: pick(n, "same", "more", "less", ""),
		}
		if n%2 == 0 {
			c.CVSS = &landwaiter.CVSS{Version: "3.1", Base: "CVSS:3.1/AV:N", Score: 9.8, Here: "CVSS:3.1/AV:N/MAV:L", HereScore: 7}
			c.FixReleased = "2026-11-02"
		}
		if c.Against == "" {
			c.Assumed = []string{"automatable", "exploitation", "exposure", "technicalImpact", "\x1bodd"}
			c.SSVC.Priority, c.Fix = "\u202enever", "<b>"
		}
		a.Findings[i].CrossCheck = c
		n++
	}
}

func TestCrossCheckPage(t *testing.T) {
	a := conditions()
	if out := string(writeTo(t, "text", a)); strings.Contains(out, "WHAT OTHER METHODS SAY") {
		t.Error("a part about methods that nobody asked")
	}
	crosschecked(a)
	asked := 0
	for i := range a.Findings {
		if a.Findings[i].CrossCheck != nil {
			asked++
		}
	}
	if asked < 4 {
		t.Fatalf("%d cross-checks", asked)
	}
	out := squash(string(writeTo(t, "text", a)))
	for _, want := range []string{
		"SSVC asks for more than our advice in", "released on 2 November 2026, day 14 is 16 November 2026, today is 22 November 2026",
		"the day of the fix's release is not known", "within 3 days and look for traces of an attack", "with the next upgrade",
		"This applies only if this network is inside your certificate's scope", `\x1bodd`, `\u202enever`, "no figure",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
}
