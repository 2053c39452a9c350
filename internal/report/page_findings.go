package report

import (
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// kindDoors are the doors that the words about a kind speak of: a tested
// protection is named there when it closes one of them. A kind without doors
// is one that no protection softens.
var kindDoors = map[landwaiter.Kind][]landwaiter.Door{
	landwaiter.KindExploited:      attackDoors,
	landwaiter.KindWeakness:       attackDoors,
	landwaiter.KindWeaknessNoFix:  attackDoors,
	landwaiter.KindPendingUpdate:  attackDoors,
	landwaiter.KindHandled:        attackDoors,
	landwaiter.KindOutdatedBase:   attackDoors,
	landwaiter.KindChanged:        reachDoors,
	landwaiter.KindUnknownProgram: reachDoors,
	landwaiter.KindUnattributed:   {landwaiter.DoorInternetOut, landwaiter.DoorHarmfulFile},
	landwaiter.KindRunsAsRoot:     {landwaiter.DoorFullControl, landwaiter.DoorHost},
	landwaiter.KindKernelHeaders:  {landwaiter.DoorHost},
	landwaiter.KindModelCode:      reachDoors,
	landwaiter.KindSelfInstall:    {landwaiter.DoorInternetOut},
	landwaiter.KindNetworkClient:  {landwaiter.DoorInternetOut},
	landwaiter.KindGainsRights:    {landwaiter.DoorFullControl, landwaiter.DoorHost},
	landwaiter.KindUndeclared:     reachDoors,
	landwaiter.KindChangesResults: attackDoors,
}

var (
	// attackDoors are those that an attack by way of a weakness can need.
	attackDoors = []landwaiter.Door{
		landwaiter.DoorNetworkIn, landwaiter.DoorNeighbour, landwaiter.DoorProject, landwaiter.DoorHarmfulFile,
		landwaiter.DoorAccount, landwaiter.DoorInternetOut, landwaiter.DoorOtherWork, landwaiter.DoorFullControl,
		landwaiter.DoorHost, landwaiter.DoorSourceData, landwaiter.DoorPhysical,
	}
	// reachDoors are those that a program needs that already runs inside.
	reachDoors = []landwaiter.Door{
		landwaiter.DoorInternetOut, landwaiter.DoorOtherWork, landwaiter.DoorFullControl,
		landwaiter.DoorHost, landwaiter.DoorSourceData,
	}
)

// byKind returns the findings by kind, and the kinds in the order of Kinds; kinds that
// we do not know come last.
func (v *sheet) byKind() (map[landwaiter.Kind][]landwaiter.Finding, []landwaiter.Kind) {
	by := map[landwaiter.Kind][]landwaiter.Finding{}
	order := landwaiter.Kinds()
	for _, f := range v.a.Findings {
		if !slices.Contains(order, f.Kind) {
			order = append(order, f.Kind)
		}
		by[f.Kind] = append(by[f.Kind], f)
	}
	return by, order
}

// findings gives one part for each kind that was found.
func (v *sheet) findings() []part {
	by, order := v.byKind()
	var out []part
	for _, k := range order {
		if len(by[k]) > 0 {
			out = append(out, v.kind(k, by[k]))
		}
	}
	if len(out) == 0 {
		p := v.part("findings")
		code := "findings-none"
		if v.blind {
			code = "findings-blind"
		}
		p.Notes = append(p.Notes, v.label("note", code))
		out = append(out, p)
	}
	return out
}

// kind gives the words about one kind and its findings.
func (v *sheet) kind(k landwaiter.Kind, all []landwaiter.Finding) part {
	kw, known := v.kinds[k]
	p := part{ID: "kind-" + slug(string(k)), Title: rich{{Text: kw.title}}}
	switch {
	case known && v.mattered()[k] != nil:
		p.Title = v.say("note", "kind-all", facts{Name: kw.title})
		p.Notes = append(p.Notes, v.label("note", "kind-above"))
	case known:
		p.Words = v.fourParts(k, all)
	default:
		p.Title = name(string(k))
		p.Notes = append(p.Notes, v.label("note", "kind-unknown"))
	}
	p.Tables = v.kindTables(all)
	for i := range p.Tables {
		p.Tables[i].ID = p.ID + "-" + p.Tables[i].ID
	}
	return p
}

// fourParts says what a kind of finding is, why it matters here, what protects and
// what to do, about all findings of the kind.
func (v *sheet) fourParts(k landwaiter.Kind, all []landwaiter.Finding) []kindPart {
	f := counts(standsFor(all), 0)
	f.Tested, f.NotLooked, f.PartlyLooked = v.testedAgainst(k), notLooked(v.words, v.a), partlyLooked(v.words, v.a)
	f.Limit = number(int64(v.a.Advice.Method.MaxTestDays))
	f.Detail = data(all[0].Detail, pageName)
	f.Grave = slices.ContainsFunc(all, func(f landwaiter.Finding) bool { return f.Grave })
	if d, err := time.Parse(time.DateOnly, all[0].Detail); err == nil {
		f.Date = day(d)
	}
	var out []kindPart
	for _, title := range kindParts {
		out = append(out, kindPart{Title: title, Text: v.fill(v.kinds[k].parts[title], f)})
	}
	return out
}

// slug makes a code from outside into an HTML ID.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, s[:min(len(s), 64)])
}

// standsFor counts what the findings stand for: the files that they saw, or
// themselves where each is one thing.
func standsFor(all []landwaiter.Finding) int64 {
	n := int64(0)
	for _, f := range all {
		n += max(f.Seen.Files, 1)
	}
	if len(all) > 0 && len(all[0].Advisories) > 0 && all[0].Kind != landwaiter.KindKernelHeaders {
		return int64(len(all))
	}
	return n
}

// testedAgainst says when each credited protection was tested that closes a
// door of this kind.
func (v *sheet) testedAgainst(k landwaiter.Kind) string {
	var closing []landwaiter.Protection
	for _, p := range v.a.Protections {
		closes := slices.ContainsFunc(p.Closes, func(d landwaiter.Door) bool { return slices.Contains(kindDoors[k], d) })
		if p.Credited && closes {
			closing = append(closing, p)
		}
	}
	var out []string
	for _, it := range v.testedGroups(closing) {
		out = append(out, it.Lead.marked())
	}
	return strings.Join(out, " ")
}

// kindTables splits findings by what there is to show about them.
func (v *sheet) kindTables(all []landwaiter.Finding) []table {
	records := v.table("records", textFindings, "reference", "software", "seen-version", "fixed", "records", "where", "attackers", "epss", "sure")
	files := v.table("files", textFiles, "path", "#layer", "#size", "file-kind", "belongs", "mode")
	plain := v.table("things", textFindings, "what", "detail", "software", "#count", "#size", "sure")
	for _, f := range all {
		if len(f.Advisories) > 0 || f.Reference != "" {
			records.Rows = append(records.Rows, v.recordRow(f))
		} else {
			plain.Rows = append(plain.Rows, v.plainRow(f))
		}
		for _, file := range f.Files {
			files.Rows = append(files.Rows, v.fileRow(file))
		}
		if left := f.Seen.Files - int64(len(f.Files)); left > 0 && len(f.Files) > 0 {
			files.Left += int(left)
		}
	}
	var out []table
	for _, t := range []table{records, plain, files} {
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// recordRow shows a finding that somebody's records speak of.
func (v *sheet) recordRow(f landwaiter.Finding) []cell {
	var software, seen, where cell
	for _, id := range f.Packages {
		p := v.byID[id]
		if p == nil {
			software = append(software, name(id))
			continue
		}
		software = append(software, v.say("value", "software", facts{Name: data(p.Name, pageName), Detail: v.ecosystem(p.Ecosystem).marked()}))
		seen = append(seen, name(p.Version))
		where = append(where, v.place(p))
	}
	return []cell{
		append(cell{name(orID(f.Reference, f.ID))}, v.marks(&f)...),
		once(software), once(seen),
		{v.fixed(f)},
		v.records(f), once(where),
		{v.attackers(f)},
		{v.epss(f)},
		{v.label("confidence", string(f.Confidence))},
	}
}

// once leaves out what a cell says already: packages of one source share a version
// and a database.
func once(c cell) cell {
	var out cell
	for _, r := range c {
		if !slices.ContainsFunc(out, func(o rich) bool { return slices.Equal(o, r) }) {
			out = append(out, r)
		}
	}
	return out
}

func orID(reference, id string) string {
	if reference != "" {
		return reference
	}
	return id
}

func (v *sheet) fixed(f landwaiter.Finding) rich {
	out := name(f.Fixed)
	if len(out) == 0 {
		out = v.label("value", "no-fix")
	}
	if f.Conflict {
		out = join(out, v.label("value", "conflict"))
	}
	return out
}

// records gives a line for each record: who says so, as of when, and what.
func (v *sheet) records(f landwaiter.Finding) cell {
	var out cell
	for _, ad := range f.Advisories {
		date := day(ad.SourceDate)
		if date == "" {
			date = v.label("value", "undated").String()
		}
		out = append(out, v.say("value", "record", facts{
			Name: data(ad.Source, pageName), Date: date, Subject: data(ad.ID, pageName),
			Detail: data(ad.Range, pageName), By: data(ad.Compared, pageName), Why: data(ad.Status, pageName), Names: data(ad.Note, pageName),
		}))
	}
	if f.Vector != nil {
		out = append(out, v.say("value", "vector", facts{Name: data(f.Vector.Source, pageName), Detail: data(f.Vector.Value, pageName)}))
	}
	return out
}

// place says which file names the package, and in which layer it came.
func (v *sheet) place(p *landwaiter.Package) rich {
	f := facts{N: layerName(p.Layer)}
	if len(p.Evidence) > 0 {
		f.Name = data(p.Evidence[0].Path, pageName)
		if more := len(p.Evidence) - 1; more > 0 {
			f.Total = number(int64(more))
		}
	}
	return v.say("value", "place", f)
}

func (v *sheet) attackers(f landwaiter.Finding) rich {
	if f.Exploited == nil {
		return v.label("value", "not-listed")
	}
	return v.say("value", "listed", facts{Name: data(f.Exploited.Source, pageName), Date: day(f.Exploited.Since)})
}

func (v *sheet) epss(f landwaiter.Finding) rich {
	if f.EPSS == nil {
		return v.label("value", "no-figure")
	}
	return v.say("value", "epss", facts{Share: chance(f.EPSS.Probability), Size: chance(f.EPSS.Percentile)})
}

// plainRow shows a finding that no record speaks of.
func (v *sheet) plainRow(f landwaiter.Finding) []cell {
	var software cell
	for _, id := range f.Packages {
		if p := v.byID[id]; p != nil {
			software = append(software, join(name(p.Name), name(p.Version)))
		} else {
			software = append(software, name(id))
		}
	}
	seen, much := number(f.Seen.Files), size(f.Seen.Bytes)
	if f.Seen == (landwaiter.Count{}) {
		seen, much = "–", "–"
	}
	return append(row(append(cell{name(f.ID)}, v.marks(&f)...), name(f.Detail)), software,
		cell{{{Text: seen}}}, cell{{{Text: much}}}, cell{v.label("confidence", string(f.Confidence))})
}

func (v *sheet) fileRow(f landwaiter.File) []cell {
	owner := name(f.Owner)
	if len(owner) == 0 {
		owner = v.label("value", "nobody")
	}
	cells := row(name(f.Path), layerName(f.Layer), size(f.Size), v.label("file-kind", string(f.Kind)), owner, octal(f.Mode))
	if f.Gains != "" {
		cells[len(cells)-1] = cell{join(name(octal(f.Mode)), name(f.Gains))}
	}
	return cells
}
