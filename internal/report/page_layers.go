package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// octal writes a mode as people who know modes read it.
func octal(mode uint32) string { return strconv.FormatUint(uint64(mode), 8) }

// subject says what was looked at, in full. Environment variables can hold
// passwords, so only their names are shown.
func (v *sheet) subject() part {
	s := &v.a.Subject
	p := v.part("subject")
	t := v.table("subject", 100, "fact", "value")
	var env []string
	for _, e := range s.Config.Env {
		key, _, _ := strings.Cut(e, "=")
		env = append(env, key)
	}
	created := ""
	if s.Created != nil {
		created = moment(*s.Created)
	}
	facts := []struct {
		code  string
		value cell
	}{
		{"reference", cell{dataRich(s.Reference, 4*pageName)}},
		{"digest", cell{name(s.Digest)}},
		{"image-id", cell{name(s.ImageID)}},
		{"platform", cell{name(s.Platform)}},
		{"system", cell{name(systemName(v.a.System))}},
		{"created", cell{rich{{Text: created}}}},
		{"user", cell{name(s.Config.User)}},
		{"start", names(slices.Concat(s.Config.Entrypoint, s.Config.Cmd))},
		{"settings", names(env)},
	}
	for _, f := range facts {
		if strings.TrimSpace(joinLines(f.value)) == "" {
			continue
		}
		t.Rows = append(t.Rows, []cell{{v.label("fact", f.code)}, f.value})
	}
	t.Facts = true
	p.Tables = []table{t}
	return p
}

func joinLines(c cell) string {
	var b strings.Builder
	for _, r := range c {
		b.WriteString(r.String())
	}
	return b.String()
}

// scenarios gives each event with and without the protections.
func (v *sheet) scenarios() part {
	p := v.part("scenarios")
	t := v.table("scenarios", 100, "event", "class-of-event", "#findings", "#deciding", "open-ways", "without", "with", "leads-to")
	for _, sc := range v.a.Advice.Scenarios {
		open := parseRich(v.doors(sc.Doors, 0))
		t.Rows = append(t.Rows, row(
			join(name(sc.ID), v.event(v.a, sc.ID, pageName)), v.label("scenario-class", string(sc.Class)),
			number(int64(sc.Findings)), number(int64(sc.Deciding)), open,
			v.label("band-name", string(sc.Without)), v.band(sc), v.outcome("outcome", sc.Outcome),
		))
	}
	p.Tables = v.orNone(&p, t)
	if lean := v.leans(); len(lean) > 0 {
		p.After = append(p.After, lean)
	}
	return p
}

// orNone drops an empty table and says so.
func (v *sheet) orNone(p *part, t table) []table {
	if len(t.Rows) > 0 {
		return []table{t}
	}
	code := p.ID + "-none"
	if v.blind && v.has("note", p.ID+"-blind") {
		code = p.ID + "-blind"
	}
	p.Notes = []rich{v.label("note", code)}
	return nil
}

// conditions lists every reason and every condition: the brief may have had no
// room for some.
func (v *sheet) conditions() part {
	p := v.part("advice")
	reasons := v.table("reasons", 100, "reason", "leads-to")
	for _, r := range v.a.Advice.Reasons {
		reasons.Rows = append(reasons.Rows, row(v.reason("reason", r), v.outcome("outcome", r.Outcome)))
	}
	conditions := v.table("conditions", 100, "condition", "owner", "by", "check")
	for _, c := range v.a.Advice.Conditions {
		conditions.Rows = append(conditions.Rows, row(
			v.whatToDo(c), name(c.Owner), day(c.By), v.check(c, pageName)))
	}
	p.Tables = append(v.orNone(&p, reasons), v.nonEmpty(conditions)...)
	return p
}

func (v *sheet) nonEmpty(t table) []table {
	if len(t.Rows) == 0 {
		return nil
	}
	return []table{t}
}

// protections lists what was given, whether it counted or not.
func (v *sheet) protections() part {
	p := v.part("protections")
	t := v.table("protections", 100, "protection", "counted", "closes", "tested", "result", "until", "five-safes", "exceptions", "evidence-sha256")
	for _, pr := range v.a.Protections {
		counted := v.label("value", "counted")
		if !pr.Credited {
			counted = v.say("value", "not-counted", facts{Why: v.refusedWhy(pr, pageName)})
		}
		last := v.label("evidence", string(pr.Evidence))
		result, proof := rich(nil), rich(nil)
		if pr.Test != nil {
			proof = name(pr.Test.SHA256)
			last = join(last, v.say("value", "last-test", facts{Date: day(pr.Test.Date), By: cmp.Or(data(pr.Test.By, pageName), v.label("brief", "tested-by-nobody").String())}), name(pr.Test.Method))
			result = v.label("result", pr.Test.Result)
		}
		safe := join(name(pr.Safe), name(strings.Join(pr.SATRE, ", ")))
		t.Rows = append(t.Rows, row(name(pr.Name), counted, parseRich(v.doors(pr.Closes, 0)), last, result,
			day(creditEnds(v.a, &pr)), safe, names(exceptionsOf(&pr)), proof))
	}
	p.Tables = v.orNone(&p, t)
	p.Charts = newDates(v.words, v.a)
	return p
}

// exceptionsOf names what is open in p: those that end with their project and day.
func exceptionsOf(p *landwaiter.Protection) []string {
	out := slices.Clone(p.Exceptions)
	for _, e := range p.DatedExceptions {
		line := e.Reason + ", until " + e.Until.UTC().Format(time.DateOnly)
		if e.Project != "" {
			line = e.Project + ": " + line
		}
		out = append(out, line)
	}
	return out
}

// account puts every file and byte in one class, twice: all, and code alone.
func (v *sheet) account() part {
	p := v.part("account")
	acc := &v.a.Account
	if acc.Total.Bytes > 0 {
		p.Bar = newBar(v.words, acc, "account", "class")
	}
	p.Tables = append(p.Tables, v.accountTable("account", acc, true))
	if acc.Code != nil {
		p.Tables = append(p.Tables, v.accountTable("account-code", acc.Code, false))
	}
	return p
}

func (v *sheet) accountTable(id string, acc *landwaiter.Account, hidden bool) table {
	t := v.table(id, 100, "class", "#files", "#size", "#of-100", "means")
	t.Facts = true
	shares := shares(classBytes(acc))
	for c := range landwaiter.NumClasses {
		n := acc.Class(c)
		t.Rows = append(t.Rows, row(v.label("class", classCodes[c]), number(n.Files), size(n.Bytes), shares[c], v.label("class-means", classCodes[c])))
	}
	whole := "100"
	if acc.Total.Bytes == 0 {
		whole = "0"
	}
	t.Rows = append(t.Rows, row(v.label("class", "total"), number(acc.Total.Files), size(acc.Total.Bytes), whole, v.label("class-means", "total")))
	if hidden {
		t.Rows = append(t.Rows, row(v.label("class", "hidden"), number(acc.Hidden.Files), size(acc.Hidden.Bytes), "–", v.label("class-means", "hidden")))
	}
	return t
}

// gaps lists what could not be read or said.
func (v *sheet) gaps() part {
	p := v.part("gaps")
	t := v.table("gaps", textFiles, "path", "#layer", "#size", "gap-means", "why")
	for _, g := range v.a.Gaps {
		path := name(g.Path)
		if len(path) == 0 {
			path = v.label("value", "no-path")
		}
		much := v.label("value", "size-unknown")
		if g.Bytes >= 0 {
			much = rich{{Text: size(g.Bytes)}}
		}
		var means rich
		if g.Unread {
			means = join(means, v.label("value", "gap-unread"))
		}
		if g.Code {
			means = join(means, v.label("value", "gap-code"))
		}
		reason := name(g.Reason)
		if v.has("gap", g.Reason) {
			reason = v.label("gap", g.Reason)
		}
		t.Rows = append(t.Rows, row(path, layerName(g.Layer), much, means, reason))
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// files lists programs that nobody owns, or that are not what their owner
// shipped.
func (v *sheet) files(id string, all []landwaiter.File) part {
	p := v.part(id)
	columns := []string{"path", "#layer", "#size", "file-kind", "belongs", "mode", "sha256"}
	looked := slices.ContainsFunc(all, func(f landwaiter.File) bool { return f.Nature != nil })
	if looked {
		columns = append(columns, "inside")
	}
	t := v.table(id, textFiles, columns...)
	t.add(len(all), htmlFiles, func(i int) []cell {
		cells := append(v.fileRow(all[i]), cell{name(all[i].SHA256)})
		if looked {
			cells = append(cells, cell{v.nature(all[i].Nature)})
		}
		return cells
	})
	p.Tables = v.orNone(&p, t)
	return p
}

// packages lists every package with one of three answers.
func (v *sheet) packages() part {
	p := v.part("packages")
	t := v.table("packages", textPackages, "software", "version", "sort", "answer", "#layer", "where", "licence")
	for i := range v.a.Packages {
		pk := &v.a.Packages[i]
		sort := v.ecosystem(pk.Ecosystem)
		if pk.Declared {
			sort = join(sort, v.label("value", "declared"))
		}
		where := rich(nil)
		if len(pk.Evidence) > 0 {
			where = name(pk.Evidence[0].Path)
		}
		t.Rows = append(t.Rows, row(name(pk.Name), name(pk.Version), sort, v.answer(pk.Known), layerName(pk.Layer), where, name(pk.Licence)))
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// answer says one of three things. A list that is too old, or a sample, can
// show a weakness and cannot say that none is known.
func (v *sheet) answer(k landwaiter.Answer) rich {
	if k.State == landwaiter.AnswerNotAssessed {
		why := data(k.Reason, pageName)
		if v.has("not-assessed", k.Reason) {
			why = v.label("not-assessed", k.Reason).marked()
		}
		return v.say("answer", string(k.State), facts{Why: why})
	}
	var lists []string
	good := false
	for _, n := range k.Sources {
		line := data(n, pageName)
		for _, s := range v.a.Sources {
			if s.Name != n {
				continue
			}
			if d := day(s.Date); d != "" {
				line += v.say("value", "as-of", facts{Date: d}).marked()
			}
			good = good || !s.Stale && !s.Partial
		}
		lists = append(lists, line)
	}
	f := facts{Names: strings.Join(lists, ", ")}
	switch {
	case k.State != landwaiter.AnswerNoneKnown || good:
		return v.say("answer", string(k.State), f)
	case len(lists) == 0:
		return v.label("answer", "none-known-nobody")
	}
	return v.say("answer", "none-known-old", f)
}

func (v *sheet) layers() part {
	p := v.part("layers")
	t := v.table("layers", 50, "layer", "digest", "#stored", "#unpacked", "made-by")
	for i, l := range v.a.Subject.Layers {
		id := l.DiffID
		if id == "" {
			id = l.Digest
		}
		t.Rows = append(t.Rows, row(layerName(i), name(id), size(l.Size), size(l.Unpacked), name(l.CreatedBy)))
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// sources says how old each list is by its own date.
func (v *sheet) sources() part {
	p := v.part("sources")
	t := v.table("sources", 100, "source-age", "used", "#records-held", "covers", "licence", "sha256")
	for _, s := range v.a.Sources {
		used := v.label("value", "unused")
		if s.Used {
			used = v.label("value", "used")
		}
		if s.Partial {
			used = join(used, v.label("value", "sample"))
		}
		t.Rows = append(t.Rows, row(v.sourceAge(s), used, number(int64(s.Records)), name(strings.Join(s.Covers, ", ")), name(s.Licence), name(s.SHA256)))
	}
	p.Tables = v.orNone(&p, t)
	return p
}

func (v *sheet) sourceAge(s landwaiter.Source) rich {
	f := counts(int64(s.AgeDays), int64(v.a.Advice.Method.MaxAgeDays))
	f.Name = data(s.Name, pageName)
	f.Date = day(s.Date)
	code := "fresh"
	switch {
	case s.Date.IsZero():
		code = "undated"
	case s.AgeDays < 0:
		code = "future"
	case s.Stale:
		code = "old"
	}
	return v.say("source", code, f)
}

// method names what the advice follows, so that somebody else can repeat it.
func (v *sheet) method() part {
	m := &v.a.Advice.Method
	p := v.part("method")
	t := v.table("method", 100, "fact", "value")
	add := func(code string, value rich) {
		if value.String() != "" {
			t.Rows = append(t.Rows, []cell{{v.label("fact", code)}, {value}})
		}
	}
	add("method", join(name(m.Name), name(m.Version)))
	add("method-sha256", name(m.SHA256))
	add("tier", name(m.Tier))
	add("loosened", name(m.Loosened))
	add("max-age", v.say("value", "days", counts(int64(m.MaxAgeDays), 0)))
	add("max-test", v.say("value", "days", counts(int64(m.MaxTestDays), 0)))
	add("max-unnamed", v.say("value", "of-100", counts(int64(m.MaxUnnamedPercent), 0)))
	add("tool", join(name(v.a.Tool.Name), name(v.a.Tool.Version)))
	if f := v.a.Advisories; f != nil {
		add("advisories", name(f.SHA256))
		add("advisories-built", rich{{Text: day(f.Built)}})
		add("advisories-records", rich{{Text: number(int64(f.Records))}})
	} else {
		add("advisories", v.label("value", "no-advisories"))
	}
	add("schema", name(v.a.Schema))
	t.Facts = true
	p.Tables = []table{t}
	return p
}
