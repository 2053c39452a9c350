package report

import (
	"cmp"
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
)

// What both forms of VEX share: what the assessment lets us say to others about each
// weakness. That nothing here leads to a weakness is about the environment, and not
// about the product: it never makes a product "not affected". Only a person, or
// somebody whom the TRE trusts, does.

// claim is what we say about one finding.
type claim struct {
	f      *landwaiter.Finding
	status landwaiter.StatementStatus
	// alarm is true where a person found that the alarm is false.
	alarm bool
	// justification is in OpenVEX's words, or CycloneDX's where it came so.
	justification string
	impact        string // why it is not affected
	action        string // what to do about it
	note          string // who says so, or what nobody has looked at
	date          time.Time
}

// claims says something about every finding that a public reference number names.
func claims(a *landwaiter.Assessment) []claim {
	waivers := make(map[string]*landwaiter.Waiver, len(a.Waivers))
	for i := range a.Waivers {
		if w := &a.Waivers[i]; w.Counted {
			waivers[w.ID] = w
		}
	}
	var out []claim
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Reference != "" {
			c := claimOf(f, waivers[f.Waived])
			c.f = f
			if c.date.IsZero() {
				c.date = a.At
			}
			out = append(out, c)
		}
	}
	return out
}

func claimOf(f *landwaiter.Finding, w *landwaiter.Waiver) claim {
	if w != nil && w.Kind == landwaiter.WaiverFalseAlarm {
		return alarmClaim(w)
	}
	for i := range f.Statements {
		if s := &f.Statements[i]; s.Counted {
			return claim{
				status: s.Status, justification: s.Justification, impact: s.Impact, date: s.Date,
				note: fmt.Sprintf("%s says so, in a file with the SHA-256 %s.", cmp.Or(s.By, "Somebody"), s.SHA256),
			}
		}
	}
	switch {
	case f.Kind == landwaiter.KindHandled:
		return claim{status: landwaiter.StatusLooking, note: "The version number alone does not say. " + cmp.Or(f.Detail, "The system") + "'s maker answers for its own copy."}
	case f.Confidence == landwaiter.ConfidenceMapped:
		return claim{status: landwaiter.StatusLooking, note: "Matched by a name in another ecosystem. Nobody has looked."}
	case f.Confidence == landwaiter.ConfidenceOpenEnded:
		return claim{status: landwaiter.StatusLooking, note: "Matched by a range that names no end. Nobody has looked."}
	}
	c := claim{status: landwaiter.StatusAffected, action: actionOn(f), note: "A record names this version. Whether the weakness can be used where it runs is not said here."}
	if w != nil {
		c.note = fmt.Sprintf("Waiver %s (%s), by the %s, ends on %s: %s", w.ID, w.Kind, w.By.Role, day(w.Until), w.Reason)
		c.date = w.Made
	}
	return c
}

// alarmClaim passes on what a person found. The name stays here, the role goes out.
func alarmClaim(w *landwaiter.Waiver) claim {
	c := claim{status: landwaiter.StatusNotAffected, alarm: true, justification: w.Justification, impact: w.Reason, date: w.Made}
	if w.Evidence != nil && w.Evidence.Text != "" {
		c.impact += " " + w.Evidence.Text
	}
	c.note = fmt.Sprintf("Checked by the %s, on %s. Check again on %s.", w.By.Role, day(w.Made), day(w.Until))
	return c
}

func actionOn(f *landwaiter.Finding) string {
	switch {
	case f.Kind == landwaiter.KindMalware:
		return "A list of harmful software names it. Do not use it."
	case f.Fixed != "":
		return "Update to " + f.Fixed + " or later."
	}
	return "No version with a fix is named. Look again when there is one."
}

// openJustification is a justification in OpenVEX's words, "" where none says the same.
func openJustification(s string) string {
	switch s {
	case "code_not_present":
		return "vulnerable_code_not_present"
	case "code_not_reachable":
		return "vulnerable_code_not_in_execute_path"
	case "protected_by_compiler", "protected_at_runtime", "protected_by_mitigating_control":
		return "inline_mitigations_already_exist"
	}
	for _, known := range landwaiter.Justifications() {
		if s == known {
			return s
		}
	}
	return ""
}

// vexProducts are the packages of f that the assessment holds, and the IDs of those
// that it does not.
func vexProducts(byID map[string]*landwaiter.Package, f *landwaiter.Finding) (known []*landwaiter.Package, unknown []string) {
	for _, id := range f.Packages {
		if p := byID[id]; p != nil {
			known = append(known, p)
		} else {
			unknown = append(unknown, id)
		}
	}
	return known, unknown
}

func packagesByID(a *landwaiter.Assessment) map[string]*landwaiter.Package {
	byID := make(map[string]*landwaiter.Package, len(a.Packages))
	for i := range a.Packages {
		byID[a.Packages[i].ID] = &a.Packages[i]
	}
	return byID
}
