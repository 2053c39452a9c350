package report

import (
	"cmp"
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// declared is one part for each list that was given: what it says, and what we saw.
// It takes no side, for a list may be old.
func (v *sheet) declared() []part {
	var out []part
	for i := range v.a.Declared {
		c := &v.a.Declared[i]
		p := v.part("declared")
		p.Notes = append(p.Notes, v.listSentences(c)...)
		p.Tables = v.listTables(c)
		if len(v.a.Declared) > 1 {
			p.Title = join(p.Title, rich{{Text: "("}}, name(c.File), rich{{Text: ")"}})
		}
		if i > 0 { // every ID of a page stands once
			p.ID = fmt.Sprintf("%s-%d", p.ID, i+1)
			for j := range p.Tables {
				p.Tables[j].ID = fmt.Sprintf("%s-%d", p.Tables[j].ID, i+1)
			}
		}
		out = append(out, p)
	}
	return out
}

func (v *sheet) listSentences(c *landwaiter.Comparison) []rich {
	say := func(code string, n, total int) rich {
		f := counts(int64(n), int64(total))
		f.Name = data(c.File, pageName)
		return v.say("declared", code, f)
	}
	out := []rich{join(say("names", c.Declared, 0), say("matched", c.Matched, c.Declared))}
	for _, s := range []struct {
		code string
		n    int
	}{
		{"unchecked", c.Unchecked},
		{"differ", len(c.Differ)},
		{"unseen", len(c.NotObserved)},
		{"extra", len(c.NotDeclared)},
		{"brought", len(c.Brought)},
		{"maybe-base", c.MaybeBase},
		{"not-spoken", c.NotSpoken},
		{"not-compared", c.NotCompared},
		{"open", len(c.Notes)},
	} {
		if s.n > 0 {
			out = append(out, say(s.code, s.n, 0))
		}
	}
	return out
}

func (v *sheet) listTables(c *landwaiter.Comparison) []table {
	about := v.table("declared", 100, "fact", "value")
	about.Facts = true
	for _, f := range []struct {
		code  string
		value cell
	}{{"list", cell{name(c.File)}}, {"list-form", cell{name(c.Format)}}, {"list-sha256", cell{name(c.SHA256)}}, {"list-base", names(c.Base)}} {
		if len(f.value) > 0 {
			about.Rows = append(about.Rows, []cell{{v.label("fact", f.code)}, f.value})
		}
	}
	differ := v.table("declared-differ", textPackages, "software", "list-says", "we-saw", "#line")
	differ.add(len(c.Differ), htmlFiles, func(i int) []cell {
		d := &c.Differ[i]
		return row(name(d.Declared.Name), v.listSays(&d.Declared), v.seen(d.Observed), lineNumber(d.Declared.Line))
	})
	unseen := v.table("declared-unseen", textPackages, "software", "list-says", "sort", "only-if", "#line")
	unseen.add(len(c.NotObserved), htmlFiles, func(i int) []cell {
		d := &c.NotObserved[i]
		return row(name(d.Name), v.listSays(d), v.ecosystem(d.Ecosystem), name(d.Condition), lineNumber(d.Line))
	})
	extra := v.table("declared-extra", textPackages, "software", "where")
	extra.add(len(c.NotDeclared), htmlFiles, func(i int) []cell {
		where := rich(nil)
		if p := v.byID[c.NotDeclared[i]]; p != nil {
			where = v.place(p)
		}
		return row(name(c.NotDeclared[i]), where)
	})
	brought := v.table("declared-brought", textPackages, "software", "needed-by")
	brought.add(len(c.Brought), htmlFiles, func(i int) []cell { return row(name(c.Brought[i].ID), name(c.Brought[i].By)) })
	open := v.table("declared-open", textPackages, "why", "#line")
	open.add(len(c.Notes), htmlFiles, func(i int) []cell { return row(name(c.Notes[i].Reason), lineNumber(c.Notes[i].Line)) })
	var out []table
	for _, t := range []table{about, differ, unseen, extra, brought, open} {
		out = append(out, v.nonEmpty(t)...)
	}
	return out
}

func (v *sheet) listSays(p *landwaiter.DeclaredPackage) rich {
	if s := cmp.Or(p.Version, p.Constraint); s != "" {
		return name(s)
	}
	return v.label("value", "no-version")
}

// seen is the version of an observed package, or its ID where it is not there.
func (v *sheet) seen(id string) rich {
	if p := v.byID[id]; p != nil && p.Version != "" {
		return name(p.Version)
	}
	return name(id)
}

func lineNumber(n int) string {
	if n <= 0 {
		return ""
	}
	return number(int64(n))
}
