package report

import (
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// public is an entry of a public register. It names no project, file, weakness,
// protection or host: what helps the public trust a decision, not what helps an
// attack.
func (v *sheet) public() []part {
	return []part{v.publicWhat(), v.publicChecks(), v.publicAdvice(), v.publicUnseen()}
}

// publicName is the software's own name, without the host and the folders before it.
func publicName(v *sheet, s *landwaiter.Subject) rich {
	ref, _, _ := strings.Cut(s.Reference, "@")
	if scheme, rest, ok := strings.Cut(ref, ":"); ok && slices.Contains([]string{"oci", "docker-archive", "oci-archive", "dir", "docker", "podman", "docker-daemon", "containerd", "singularity"}, scheme) {
		ref = rest
	}
	base := path.Base(strings.TrimRight(strings.ReplaceAll(ref, `\`, "/"), "/"))
	if base == "." || base == "/" || base == "" {
		return v.label("value", "not-named")
	}
	return name(base)
}

func (v *sheet) publicWhat() part {
	p := v.part("public-what")
	is := "is-image"
	if v.a.Subject.Kind == landwaiter.SubjectFolder {
		is = "is-folder"
	}
	p.Notes = []rich{
		v.label("brief", is),
		v.say("public", "holds", counts(int64(len(v.a.Packages)), v.a.Account.Total.Files)),
	}
	p.Blanks = []rich{v.label("public", "project"), v.label("brief", "what-for")}
	return p
}

// publicChecks says what was checked, and with lists of which day.
func (v *sheet) publicChecks() part {
	p := v.part("public-checks")
	p.Items = append(p.Items, v.label("public", "names"))
	if v.a.Advisories == nil {
		p.Items = append(p.Items, v.label("brief", "unseen-lists-none"))
	} else {
		n, oldest := int64(0), ""
		for i, s := range v.a.Sources {
			if !s.Used {
				continue
			}
			n++
			if first := v.oldest(); first == i {
				oldest = day(s.Date)
			}
		}
		f := counts(n, 0)
		f.Date = oldest
		p.Items = append(p.Items, v.say("public", "lists", f))
	}
	for _, c := range landwaiter.CheckNames() {
		if v.a.Looked(c) {
			p.Items = append(p.Items, v.say("public", "looked", facts{Name: v.label("check", c).String()}))
		}
	}
	credited := int64(0)
	for _, pr := range v.a.Protections {
		credited += int64(b2i(pr.Credited))
	}
	p.Items = append(p.Items, v.say("public", "protections", counts(credited, 0)))
	return p
}

// oldest is the index of the list in use with the oldest day; -1 where none has one.
func (v *sheet) oldest() int {
	at := -1
	for i, s := range v.a.Sources {
		if s.Used && !s.Date.IsZero() && (at < 0 || s.Date.Before(v.a.Sources[at].Date)) {
			at = i
		}
	}
	return at
}

// publicAdvice says what was advised and how many reasons there are of which weight.
func (v *sheet) publicAdvice() part {
	p := v.part("public-advice")
	for _, r := range v.a.Advice.Reasons {
		line := v.publicReason(r)
		if !slices.ContainsFunc(p.Items, func(o rich) bool { return o.String() == line.String() }) {
			p.Items = append(p.Items, line)
		}
	}
	p.Blanks = []rich{v.label("brief", "decision-outcome"), v.label("brief", "decision-reason"), v.label("brief", "decision-date")}
	return p
}

// publicReason is a reason without names from outside: those of a system or a list are
// ours to give, a path or a package is not.
func (v *sheet) publicReason(r landwaiter.Reason) rich {
	if !v.has("public-reason", r.Code) {
		return v.label("public-reason", "other")
	}
	f := counts(r.N, r.Total)
	f.Blind = v.blind
	if r.Code == landwaiter.ReasonScenario && v.has("scenario", r.Scenario) {
		f.Event = v.label("scenario", r.Scenario).marked()
	}
	return v.say("public-reason", r.Code, f)
}

// publicUnseen is the account of page one.
func (v *sheet) publicUnseen() part {
	p := v.part("public-unseen")
	s := v.unseen()
	p.Notes = append(p.Notes, s.Lines...)
	if not := notLooked(v.words, v.a); not != "" {
		p.Notes = append(p.Notes, v.say("brief", "unseen-not-looked", facts{Names: not}))
	}
	if partly := partlyLooked(v.words, v.a); partly != "" {
		p.Notes = append(p.Notes, v.say("brief", "unseen-partly-looked", facts{Names: partly}))
	}
	if s.Bar != nil {
		s.Bar.ID = "public"
		p.Bar = s.Bar
	}
	return p
}
