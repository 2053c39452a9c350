package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// engineer is what a security engineer checks: what stops an import, what failed, the
// ways in, and what is under each finding.
func (v *sheet) engineer() []part {
	out := []part{v.stops(), v.failed(), v.scenarios(), v.routes(), v.byLayer(), v.doubts(), v.gaps()}
	return append(out, v.blindspots(), v.sources(), v.method())
}

// stops lists the findings that no protection softens.
func (v *sheet) stops() part {
	p := v.part("stops")
	t := v.table("stops", 50, "sort-of-finding", "what", "software", "path", "detail", "sure")
	for _, f := range v.a.Findings {
		if len(kindDoors[f.Kind]) > 0 || f.Kind == landwaiter.KindLicence || f.Kind == landwaiter.KindMaybePersonal || f.Kind == "" {
			continue
		}
		if _, known := v.kinds[f.Kind]; !known {
			continue
		}
		var paths []string
		for _, file := range f.Files[:min(len(f.Files), textLines)] {
			paths = append(paths, "/"+file.Path)
		}
		t.Rows = append(t.Rows, []cell{
			{rich{{Text: v.kinds[f.Kind].title}}},
			{name(orID(f.Reference, f.ID))},
			names(f.Packages),
			names(paths),
			{name(f.Detail)},
			{v.label("confidence", string(f.Confidence))},
		})
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// failed lists checks that were not done, and protections whose test does not count.
func (v *sheet) failed() part {
	p := v.part("failed")
	t := v.table("failed", 50, "what", "why", "last-test-on", "until")
	for _, c := range landwaiter.CheckNames() {
		if v.a.Looked(c) {
			continue
		}
		why := v.label("value", "check-not-asked")
		for _, done := range v.a.Checks {
			if done.Name == c && done.Reason != "" {
				why = name(done.Reason)
			}
		}
		t.Rows = append(t.Rows, row(v.say("value", "check-for", facts{Name: v.label("check", c).String()}), why, "", ""))
	}
	for i := range v.a.Protections {
		pr := &v.a.Protections[i]
		if pr.Credited {
			continue
		}
		on := ""
		if pr.Test != nil {
			on = day(pr.Test.Date)
		}
		t.Rows = append(t.Rows, row(name(cmp.Or(pr.Name, pr.ID)), parseRich(v.refusedWhy(*pr, pageName)), on, day(creditEnds(v.a, pr))))
	}
	for i := range v.a.Sources {
		if s := &v.a.Sources[i]; s.Used && s.Stale {
			t.Rows = append(t.Rows, row(name(s.Name), v.sourceAge(*s), "", ""))
		}
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// routes gives each weakness with what an attack needs, by its vector.
func (v *sheet) routes() part {
	p := v.part("routes")
	t := v.table("routes", 50, "reference", "software", "fixed", "needs", "does", "vector", "attackers", "epss", "needed-by", "sure")
	for _, f := range v.a.Findings {
		if !slices.Contains(weaknessKinds, f.Kind) {
			continue
		}
		var software, by cell
		for _, id := range f.Packages {
			pk := v.byID[id]
			if pk == nil {
				software = append(software, name(id))
				continue
			}
			software = append(software, join(name(pk.Name), name(pk.Version)))
			if n := v.needing(id); n > 0 {
				by = append(by, v.say("value", "needed-by", counts(int64(n), 0)))
			}
		}
		vector := rich(nil)
		needs, does := cell{v.label("door", string(landwaiter.DoorUnknown))}, cell(nil)
		if f.Vector != nil {
			vector = name(f.Vector.Value)
			needs, does = v.vectorSays(f.Vector.Value)
		}
		t.Rows = append(t.Rows, []cell{
			{name(orID(f.Reference, f.ID))},
			once(software),
			{v.fixed(f)},
			needs, does,
			{vector},
			{v.attackers(f)},
			{v.epss(f)},
			once(by),
			{v.label("confidence", string(f.Confidence))},
		})
	}
	p.Tables = v.orNone(&p, t)
	return p
}

// needing counts the packages that ask for the one with this ID.
func (v *sheet) needing(id string) int {
	if v.needed == nil {
		v.needed = map[string]int{}
		for i := range v.a.Packages {
			for _, d := range v.a.Packages[i].DependsOn {
				v.needed[d]++
			}
		}
	}
	return v.needed[id]
}

// vectorSays reads a CVSS vector for people. It decides nothing: the judgement reads
// vectors by its own strict rules.
func (v *sheet) vectorSays(vector string) (needs, does cell) {
	for _, metric := range strings.Split(vector, "/")[:min(strings.Count(vector, "/")+1, 40)] {
		group, code := "vector-needs", metric
		if v.has("vector-does", metric) {
			group = "vector-does"
		}
		if !v.has(group, code) {
			continue
		}
		if group == "vector-needs" {
			needs = append(needs, v.label(group, code))
		} else {
			does = append(does, v.label(group, code))
		}
	}
	return needs, does
}

// byLayer counts weaknesses by the layer that brought the software in.
func (v *sheet) byLayer() part {
	p := v.part("by-layer")
	t := v.table("by-layer", 60, "layer", "#findings", "#of-them-used", "made-by")
	type count struct{ all, used int64 }
	counted := map[int]*count{}
	for _, f := range v.a.Findings {
		if !slices.Contains(weaknessKinds, f.Kind) {
			continue
		}
		in := map[int]bool{}
		for _, id := range f.Packages {
			if pk := v.byID[id]; pk != nil {
				in[pk.Layer] = true
			}
		}
		for l := range in {
			if counted[l] == nil {
				counted[l] = &count{}
			}
			counted[l].all++
			counted[l].used += int64(b2i(f.Exploited != nil))
		}
	}
	var pairs []pair
	for i, l := range v.a.Subject.Layers {
		if c := counted[i]; c != nil {
			t.Rows = append(t.Rows, row(layerName(i), number(c.all), number(c.used), name(l.CreatedBy)))
			pairs = append(pairs, pair{v.say("chart", "layer", facts{N: layerName(i)}), c.all, c.used})
		}
	}
	p.Tables = v.orNone(&p, t)
	p.Charts = newPairs(v.words, "by-layer", pairs)
	return p
}

// doubts lists matches that a person should look at first: weak ones, and records
// that do not agree.
func (v *sheet) doubts() part {
	p := v.part("doubts")
	t := v.table("doubts", 30, "reference", "software", "sure", "records")
	for _, f := range v.a.Findings {
		weak := f.Confidence == landwaiter.ConfidenceMapped || f.Confidence == landwaiter.ConfidenceOpenEnded
		if len(f.Advisories) == 0 || !weak && !f.Conflict {
			continue
		}
		sure := v.label("confidence", string(f.Confidence))
		if f.Conflict {
			sure = join(sure, v.label("value", "conflict"))
		}
		t.Rows = append(t.Rows, []cell{{name(orID(f.Reference, f.ID))}, names(f.Packages), {sure}, v.records(f)})
	}
	p.Tables = v.orNone(&p, t)
	return p
}
