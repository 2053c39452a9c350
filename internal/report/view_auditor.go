package report

import (
	"cmp"

	"github.com/landwaiter/landwaiter"
)

// auditor is one request end to end: with what it was judged, by which rules, and room
// for who decided.
func (v *sheet) auditor() []part {
	return []part{
		v.method(), v.sources(), v.checksDone(), v.conditions(), v.scenarios(), v.protections(), v.account(),
		v.decided(), v.references(),
	}
}

// checksDone says which checks ran, with what.
func (v *sheet) checksDone() part {
	p := v.part("checks")
	t := v.table("checks", 20, "check-of", "done", "done-by", "#files", "why")
	aside := v.table("aside", textFiles, "check-of", "path", "#layer", "#size", "file-kind", "belongs")
	for _, c := range landwaiter.CheckNames() {
		var one landwaiter.Check
		for _, done := range v.a.Checks {
			if done.Name == c {
				one = done
			}
		}
		done, why := v.label("value", "unused"), name(one.Reason)
		if one.Done {
			done = v.label("value", "used")
		} else if len(why) == 0 {
			why = v.label("value", "check-not-asked")
		}
		for _, f := range one.Aside {
			aside.Rows = append(aside.Rows, append(row(v.label("check", c)), v.fileRow(f)[:5]...))
		}
		if left := one.AsideSeen.Files - int64(len(one.Aside)); left > 0 {
			aside.Left += int(left)
		}
		t.Rows = append(t.Rows, row(v.label("check", c), done, name(one.By), number(one.Seen.Files), why))
	}
	p.Tables = []table{t}
	if len(aside.Rows) > 0 {
		p.Notes = append(p.Notes, v.label("note", "aside"))
		p.Tables = append(p.Tables, aside)
	}
	return p
}

// decided leaves room for what the tool does not know: it advises, a person decides.
func (v *sheet) decided() part {
	p := v.part("decided")
	for _, c := range []string{"request-number", "decision-outcome", "decision-reason", "decision-name", "decision-date", "decision-second", "owner", "dpia"} {
		p.Blanks = append(p.Blanks, v.label("brief", c))
	}
	return p
}

// reference is one line of a framework that evidence in this report may serve.
type reference struct {
	framework, version, id, was string
	// code is in the words' group "reference".
	code string
}

// references is the table. SATRE was renumbered in version 2, so both numbers stand.
var references = []reference{
	{"SATRE", "2.0.1", "1.3.01", "", "risk"},
	{"SATRE", "2.0.1", "1.3.03", "", "risk-record"},
	{"SATRE", "2.0.1", "1.3.04", "", "risk-owner"},
	{"SATRE", "2.0.1", "1.3.05", "", "appetite"},
	{"SATRE", "2.0.1", "1.7.02", "", "public"},
	{"SATRE", "2.0.1", "2.1.06", "", "updates"},
	{"SATRE", "2.0.1", "2.1.11", "", "repeat"},
	{"SATRE", "2.0.1", "2.1.09", "", "telemetry"},
	{"SATRE", "2.0.1", "2.1.13", "", "ingress"},
	{"SATRE", "2.0.1", "2.1.14, 2.2.10", "", "walls"},
	{"SATRE", "2.0.1", "2.2.09, 2.2.11", "", "network"},
	{"SATRE", "2.0.1", "2.7.01", "1.1: 2.5.06", "scan"},
	{"SATRE", "2.0.1", "2.7.02", "1.1: 2.5.07", "infrastructure"},
	{"SATRE", "2.0.1", "3.1.04, 3.1.12", "", "data-in"},
	{"ISO/IEC 27001", "2022", "A.8.8", "", "iso-exposure"},
	{"ISO/IEC 27001", "2022", "A.8.7, A.8.19, A.8.22, A.5.21", "", "iso-others"},
	{"Cyber Essentials", "3.3", "A6.4, A6.5", "", "cyber-essentials"},
	{"NHS DSPT (CAF)", "2024-25", "B4.d", "", "dspt"},
}

// references lists the duties that the evidence may serve. None is claimed as met.
func (v *sheet) references() part {
	p := v.part("references")
	t := v.table("references", 40, "framework", "framework-version", "framework-id", "framework-was", "how-served")
	for _, r := range references {
		t.Rows = append(t.Rows, row(r.framework, r.version, r.id, cmp.Or(r.was, "–"), v.label("reference", r.code)))
	}
	p.Tables = []table{t}
	p.After = []rich{v.label("brief", "foot-guidance")}
	return p
}
