package report

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// waivers is the part about what people and others said of findings: who, why and
// until when, whether it counts or not. Nothing that was waived leaves the page.
func (v *sheet) waivers() []part {
	if len(v.a.Waivers) == 0 && len(v.a.Statements) == 0 {
		return nil
	}
	p := v.part("waivers")
	for _, t := range []table{v.waiverTable(), v.waivedTable(), v.statementTable(), v.statementFiles()} {
		p.Tables = append(p.Tables, v.nonEmpty(t)...)
	}
	return []part{p}
}

func (v *sheet) waiverTable() table {
	t := v.table("waivers", textPackages, "waiver", "waiver-says", "decided-by", "why", "from-until", "proof", "#findings", "counted")
	t.add(len(v.a.Waivers), htmlFiles, func(i int) []cell {
		w := &v.a.Waivers[i]
		var proof cell
		if e := w.Evidence; e != nil {
			for _, s := range []string{e.Text, e.Link, e.SHA256} {
				// An address that is none of the web's is no place to look.
				if s != "" && (s != e.Link || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) {
					proof = append(proof, name(s))
				}
			}
		}
		return row(name(w.ID), v.waiverKind(w.Kind), v.person(w.By), name(w.Reason),
			v.say("value", "from-until", facts{Date: day(w.Made), Limit: day(w.Until)}), proof, number(int64(w.Covers)), v.counts(w.Counted, w.Refused))
	})
	return t
}

// waivedTable lists each finding that somebody waived, as it was found.
func (v *sheet) waivedTable() table {
	t := v.table("waived", textFindings, "finding", "waiver", "waiver-says", "until")
	var waived []*landwaiter.Finding
	for i := range v.a.Findings {
		if v.a.Findings[i].Waived != "" {
			waived = append(waived, &v.a.Findings[i])
		}
	}
	t.add(len(waived), htmlFiles, func(i int) []cell {
		f := waived[i]
		return row(name(f.ID), name(f.Waived), v.waiverKind(f.WaivedAs), v.waiverUntil(f.Waived))
	})
	return t
}

// statementTable lists what others say about findings here.
func (v *sheet) statementTable() table {
	type said struct {
		f *landwaiter.Finding
		s *landwaiter.Statement
	}
	var all []said
	for i := range v.a.Findings {
		f := &v.a.Findings[i]
		for j := range f.Statements {
			all = append(all, said{f, &f.Statements[j]})
		}
	}
	t := v.table("statements", textFindings, "finding", "they-say", "who-says", "said-on", "why", "counted")
	t.add(len(all), htmlFiles, func(i int) []cell {
		f, s := all[i].f, all[i].s
		says := cell{v.label("status", string(s.Status))}
		if s.Conflict {
			says = append(says, v.label("value", "contradicted"))
		}
		var why cell
		for _, text := range []string{s.Justification, s.Impact, s.Action} {
			if text != "" {
				why = append(why, name(text))
			}
		}
		return row(name(orID(f.Reference, f.ID)), says, v.author(s.By), day(s.Date), why, v.counts(s.Counted, s.Refused))
	})
	return t
}

func (v *sheet) statementFiles() table {
	t := v.table("statement-files", textFindings, "path", "sort", "who-says", "said-on", "#statements", "#speak", "sha256", "detail")
	t.add(len(v.a.Statements), htmlFiles, func(i int) []cell {
		f := &v.a.Statements[i]
		return row(name(f.Name), name(f.Format), v.author(f.By), day(f.Date), number(int64(f.Statements)), number(int64(f.Matched)), name(f.SHA256), names(f.Notes))
	})
	return t
}

// marks are lines beside a finding that say who waived it, or what somebody says.
func (v *sheet) marks(f *landwaiter.Finding) cell {
	var out cell
	if f.Waived != "" {
		out = append(out, v.say("value", "waived", facts{
			Name: data(f.Waived, pageName), Why: v.waiverKind(f.WaivedAs).marked(), Date: v.waiverUntil(f.Waived),
		}))
	}
	for i := range f.Statements {
		s := &f.Statements[i]
		code := "said"
		if s.Counted {
			code = "said-counts"
		}
		line := v.say("value", code, facts{Name: v.author(s.By).marked(), Why: v.label("status", string(s.Status)).marked()})
		if !slices.ContainsFunc(out, func(o rich) bool { return slices.Equal(o, line) }) {
			out = append(out, line)
		}
	}
	return out
}

func (v *sheet) waiverKind(k landwaiter.WaiverKind) rich { return v.label("waiver-kind", string(k)) }

func (v *sheet) waiverUntil(id string) string {
	for i := range v.a.Waivers {
		if v.a.Waivers[i].ID == id {
			return day(v.a.Waivers[i].Until)
		}
	}
	return ""
}

func (v *sheet) person(p landwaiter.Person) rich {
	return v.say("value", "person", facts{Name: data(p.Name, pageName), Detail: data(p.Role, pageName)})
}

func (v *sheet) author(by string) rich {
	if by == "" {
		return v.label("value", "person-not-named")
	}
	return name(by)
}

func (v *sheet) counts(counted bool, refused string) rich {
	if counted {
		return v.label("value", "counted")
	}
	return v.say("value", "not-counted", facts{Why: data(refused, pageName)})
}
