package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// withWaivers adds a waiver of each kind, one that has ended, and statements of each
// status.
func withWaivers(a *landwaiter.Assessment) {
	by := landwaiter.Person{Name: "Kim Example", Role: "information governance manager"}
	w := func(id string, kind landwaiter.WaiverKind, reference, refused string) landwaiter.Waiver {
		return landwaiter.Waiver{
			ID: id, Kind: kind, References: []string{reference}, Package: "dpkg:glibc", By: by, Reason: "The team repeats a published study.",
			Made: date(2026, 11, 1), Until: date(2027, 1, 31), Counted: refused == "", Refused: refused, Ended: refused != "", Covers: 1,
		}
	}
	a.Place.Project = "P1234"
	at := map[string]*landwaiter.Finding{}
	for i := range a.Findings {
		at[a.Findings[i].ID] = &a.Findings[i]
	}
	waive := func(f *landwaiter.Finding, w landwaiter.Waiver) {
		f.Waived, f.WaivedAs = w.ID, w.Kind
		a.Waivers = append(a.Waivers, w)
	}
	f := a.Findings
	waive(&f[0], w("accepted", landwaiter.WaiverAccepted, f[0].Reference, ""))
	alarm := w("alarm", landwaiter.WaiverFalseAlarm, f[1].Reference, "")
	alarm.Evidence = &landwaiter.WaiverEvidence{Text: "Read the code: it is not built in.", Link: "https://tickets.example/1", SHA256: hex64}
	alarm.Justification = "vulnerable_code_not_present"
	waive(&f[1], alarm)
	waive(&f[2], w("results", landwaiter.WaiverResults, f[2].Reference, ""))
	f[2].WasKind, f[2].Kind = f[2].Kind, landwaiter.KindChangesResults
	a.Waivers = append(a.Waivers, w("ended", landwaiter.WaiverAccepted, f[3].Reference, "it ended on 2026-11-20"))
	for i, c := range []struct {
		status         landwaiter.StatementStatus
		justify, why   string
		trusted, count bool
		refused        string
	}{
		{landwaiter.StatusNotAffected, "code_not_reachable", "Nothing calls it.", true, true, ""},
		{landwaiter.StatusFixed, "", "", true, true, ""},
		{landwaiter.StatusAffected, "", "", false, false, "nobody here has said that its author is trusted"},
		{landwaiter.StatusLooking, "", "", true, false, "it does not answer the finding"},
		{landwaiter.StatusNotAffected, "", "No.", false, false, "nobody here has said that its author is trusted"},
	} {
		f[3+i%4].Statements = append(f[3+i%4].Statements, landwaiter.Statement{
			Status: c.status, Justification: c.justify, Impact: c.why, By: "Example Maintainers", Date: date(2026, 11, 10), Packages: f[3+i%4].Packages,
			SHA256: hex64, Trusted: c.trusted, Counted: c.count, Refused: c.refused, Conflict: i == 4,
		})
	}
	a.Statements = []landwaiter.StatementFile{{Name: "vex.json", Format: "OpenVEX", By: "Example Maintainers", Date: date(2026, 11, 10), SHA256: hex64, Statements: 9, Matched: 5, Notes: []string{"statement 9 names no product, so it speaks of nothing here"}}}
	a.Advice.Reasons = append(a.Advice.Reasons,
		landwaiter.Reason{Code: landwaiter.ReasonWaived, Outcome: landwaiter.Recommend, N: 5, Total: int64(len(f)), Subject: string(landwaiter.DoNotImport)},
		landwaiter.Reason{Code: landwaiter.ReasonWaiverEnded, Outcome: landwaiter.Recommend, N: 1, Total: 4})
	a.Advice.Conditions = append(a.Advice.Conditions, landwaiter.Condition{Code: "waiver-ends", What: "accepted", Owner: "Kim Example (information governance manager)", By: date(2027, 1, 31), Check: "waiver-ends"})
}

// hostileWaivers puts h wherever a person, or a file of statements, has a word.
func hostileWaivers(a *landwaiter.Assessment, h string) {
	a.Place.Project = h
	a.Waivers = []landwaiter.Waiver{{
		ID: h, Kind: landwaiter.WaiverKind(h), Findings: []string{h}, By: landwaiter.Person{Name: h, Role: h}, Reason: h, Refused: h,
		Evidence: &landwaiter.WaiverEvidence{Text: h, Link: "javascript:alert(1)", SHA256: h}, Justification: h, Counted: true,
	}}
	a.Findings[1].Waived, a.Findings[1].WaivedAs = h, landwaiter.WaiverFalseAlarm
	a.Findings[2].Waived, a.Findings[2].WaivedAs = "gone", landwaiter.WaiverKind(h)
	a.Findings[0].Statements = []landwaiter.Statement{{
		Status: landwaiter.StatementStatus(h), Justification: h, Impact: h, Action: h, By: h, SHA256: h, Refused: h, Conflict: true,
	}}
	a.Statements = []landwaiter.StatementFile{{Name: h, Format: h, By: h, SHA256: h, Statements: -1, Notes: []string{h}}}
}

// TestNothingWaivedIsHidden: every finding and every waiver stands in every report for
// people, with who said so, why, and until when.
func TestNothingWaivedIsHidden(t *testing.T) {
	bare, a := conditions(), conditions()
	withWaivers(a)
	if len(bare.Findings) != len(a.Findings) {
		t.Fatal("the case lost findings")
	}
	for _, format := range []string{"text", "html", "json"} {
		out := string(writeTo(t, format, a))
		if format == "text" {
			out = strings.Join(strings.Fields(out), " ")
		}
		var want []string
		for _, f := range a.Findings {
			want = append(want, orID(f.Reference, f.ID))
		}
		for _, w := range a.Waivers {
			want = append(want, w.ID, w.By.Name, w.By.Role, w.Reason, w.Refused)
		}
		want = append(want, "Example Maintainers", "vex.json", "statement 9 names no product", "nobody here has said that its author is trusted", "Read the code: it is not built in.")
		if format != "json" {
			want = append(want, "31 January 2027", "the risk is taken for a time", "the fix would change results", "an alarm that was checked and found wrong",
				"You trust them, so this counts.", "This does not count.", "Somebody else says the opposite.", "One waiver has ended", "do not import yet")
		}
		if format == "text" {
			want = append(want, "Waiver accepted: the risk is taken for a time, until 31 January 2027.")
		}
		for _, s := range want {
			if !strings.Contains(out, s) {
				t.Errorf("%s does not say %q", format, s)
			}
		}
	}
	for _, format := range []string{"text", "html"} {
		if out := writeTo(t, format, bare); bytes.Contains(bytes.ToLower(out), []byte("waiver")) {
			t.Errorf("%s speaks of waivers where there are none", format)
		}
	}
}
