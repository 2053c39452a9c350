package report

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// brief is the first page. Its sections stand in a fixed order, so that a
// reader who has seen one knows where to look.
type brief struct {
	Title, RequestNo rich
	At               string
	FingerprintLabel rich
	Fingerprint      rich
	Code             landwaiter.Outcome
	AdviceLabel      rich
	Advice           rich
	Note, Means      rich
	Sections         []section
	Foot             []rich
}

// section is one block of the brief. Its fields show in this order.
type section struct {
	ID       string
	Title    rich
	Lines    []rich
	Items    []item
	Numbered bool
	Bar      *bar
	After    []rich
	Ticks    []rich // boxes to tick
	Blanks   []rich // lines to fill in
}

// item is one entry of a list: the words that matter most, and the rest.
type item struct{ Lead, Rest rich }

// room says how many entries each list of the brief may show.
type room struct {
	reasons, scenarios, protections, claimed, conditions, forward int
	inWay                                                         int // protections that one event names
	blind                                                         int // lists that the sentence about blind spots names
	name                                                          int // characters of a name
}

// maxBriefLines is what one A4 page holds of text lines, as lines counts them.
const maxBriefLines = 43

// newBrief writes the first page. Where it grows past one page or 400 words it
// shows fewer entries of each list, and says how many more there are. What was given
// up comes back where the page has room for it after all, what matters most first.
func newBrief(w *words, a *landwaiter.Assessment) *brief {
	given := make([]bool, len(ladder))
	write := func() *brief {
		have := room{reasons: 3, scenarios: 3, protections: 4, claimed: 3, conditions: 6, forward: 3, inWay: 3, blind: 2, name: briefName}
		for i, less := range ladder {
			if given[i] {
				less(&have)
			}
		}
		return writeBrief(w, a, have)
	}
	b := write()
	n := 0
	for ; n < len(ladder) && !b.fits(); n++ {
		given[n] = true
		b = write()
	}
	if !b.fits() {
		return b
	}
	for i := n - 2; i >= 0; i-- {
		given[i] = false
		if more := write(); more.fits() {
			b = more
		} else {
			given[i] = true
		}
	}
	return b
}

// ladder gives up entries one by one. What goes first matters least to a
// decision; two reasons, one scenario and two conditions always stay.
var ladder = []func(*room){
	func(r *room) { r.claimed = 1 },
	func(r *room) { r.protections = 3 },
	func(r *room) { r.conditions = 5 },
	func(r *room) { r.scenarios = 2 },
	func(r *room) { r.protections = 2 },
	func(r *room) { r.conditions = 4 },
	func(r *room) { r.claimed = 0 },
	func(r *room) { r.forward = 2 },
	func(r *room) { r.conditions = 3 },
	func(r *room) { r.protections = 1 },
	func(r *room) { r.scenarios = 1 },
	func(r *room) { r.reasons = 2 },
	func(r *room) { r.conditions = 2 },
	func(r *room) { r.inWay = 1 },
	func(r *room) { r.name = 32 },
	func(r *room) { r.name = 24 },
	func(r *room) { r.name = 16 },
}

func (b *brief) fits() bool {
	words := 0
	for _, t := range b.texts() {
		words += countWords(t.String())
	}
	return words <= maxBriefWords && b.lines() <= maxBriefLines
}

// writeBrief writes the first page with no more entries than there is room for.
func writeBrief(w *words, a *landwaiter.Assessment, r room) *brief {
	short := *w
	short.unknown = r.name
	w, whole := &short, w
	v := view{words: w, a: a, room: r, blind: blind(a)}
	b := &brief{
		Title:       w.label("brief", "title"),
		RequestNo:   w.label("brief", "request-number"),
		At:          moment(a.At),
		Code:        a.Advice.Outcome,
		AdviceLabel: w.label("brief", "advice"),
		Advice:      w.outcome("outcome", a.Advice.Outcome),
		Note:        w.label("brief", "advice-note"),
		Means:       w.outcome("outcome-means", a.Advice.Outcome),
		Sections: []section{
			v.request(), v.why(), v.protects(), v.wrong(), v.unseen(), v.forward(), v.refusal(), v.decision(),
		},
		Foot: []rich{
			w.say("brief", "foot-evidence", facts{Names: data("SATRE 1.3.03, 2.1.13, 2.7.01 / ISO A.8.8", pageName)}),
			w.label("brief", "foot-guidance"),
		},
	}
	b.FingerprintLabel, b.Fingerprint = v.fingerprint()
	whole.err = w.err
	return b
}

// texts returns every piece of text of the brief, in order.
func (b *brief) texts() []rich {
	out := []rich{
		b.Title, b.RequestNo,
		{{Text: b.At}},
		b.FingerprintLabel, b.Fingerprint,
		join(b.AdviceLabel, b.Advice), b.Note, b.Means,
	}
	for _, s := range b.Sections {
		out = append(out, s.texts()...)
	}
	return append(out, b.Foot...)
}

func (s *section) texts() []rich {
	out := append([]rich{s.Title}, s.Lines...)
	for _, it := range s.Items {
		out = append(out, join(it.Lead, it.Rest))
	}
	if s.Bar != nil {
		for _, seg := range s.Bar.Segments {
			out = append(out, join(seg.Label, rich{{Text: seg.Share}}))
		}
	}
	out = append(out, s.After...)
	out = append(out, s.Ticks...)
	return append(out, s.Blanks...)
}

// lines estimates the lines of the printed page below the advice box.
func (b *brief) lines() int {
	const perLine = 76 // characters of 10.5 point text beside the section's title
	of := func(r rich) int { return (len([]rune(r.String())) + perLine - 1) / perLine }
	n := 0
	for _, s := range b.Sections {
		for _, l := range slices.Concat(s.Lines, s.After) {
			n += of(l)
		}
		for _, it := range s.Items {
			n += of(join(it.Lead, it.Rest))
		}
		if s.Bar != nil {
			n += 2 + (len(s.Bar.Segments)+1)/2
		}
		if len(s.Ticks) > 0 {
			n++
		}
		n += (len(s.Blanks) + 1) / 2
	}
	return n
}

// blind reports whether "we found none" would say more than we know: a list is
// missing, too old or of unknown date, or we saw too little to judge.
func blind(a *landwaiter.Assessment) bool {
	if a.Advisories == nil || a.Advice.Outcome == landwaiter.CannotJudge {
		return true
	}
	for _, r := range a.Advice.Reasons {
		if r.Outcome == landwaiter.CannotJudge {
			return true
		}
	}
	used := false
	for _, s := range a.Sources {
		if s.Used && s.Stale {
			return true
		}
		used = used || s.Used
	}
	return !used
}

// view is what the sections of one brief share.
type view struct {
	*words
	a     *landwaiter.Assessment
	room  room
	blind bool
}

func (v *view) fingerprint() (label, value rich) {
	s := &v.a.Subject
	switch {
	case s.Fingerprint() == "":
		return v.label("brief", "fingerprint"), v.label("brief", "fingerprint-none")
	case s.Digest == "":
		return v.label("brief", "fingerprint-settings"), dataRich(s.Fingerprint(), pageName)
	}
	return v.label("brief", "fingerprint"), dataRich(s.Fingerprint(), pageName)
}

func (v *view) request() section {
	s := &v.a.Subject
	is, layers := "is-image", int64(len(s.Layers))
	if s.Kind == landwaiter.SubjectFolder {
		is, layers = "is-folder", 0
	}
	f := counts(v.a.Account.Total.Files, layers)
	f.Totals = layers > 0
	f.Size = roughSize(v.a.Account.Total.Bytes)
	return section{
		ID: "request", Title: v.label("brief", "request"),
		Lines: []rich{
			dataRich(s.Reference, 2*v.room.name),
			join(v.label("brief", is), v.say("brief", "size", f), v.system()),
		},
		Blanks: []rich{v.label("brief", "who"), v.label("brief", "what-for"), v.label("brief", "project"), v.label("brief", "until")},
	}
}

func (v *view) system() rich {
	name := systemName(v.a.System)
	if name == "" {
		return v.label("brief", "system-unknown")
	}
	return v.say("brief", "system", facts{Name: data(name, v.room.name)})
}

// systemName is the system's own name for itself, or its ID and version.
func systemName(s *landwaiter.System) string {
	if s == nil {
		return ""
	}
	if s.Name != "" {
		return s.Name
	}
	return strings.TrimSpace(s.ID + " " + s.VersionID)
}

// why gives the weightiest reasons.
func (v *view) why() section {
	s := section{ID: "why", Title: v.label("brief", "why")}
	reasons := newsFirst(v.a.Advice.Reasons)
	for _, r := range reasons[:min(len(reasons), v.room.reasons)] {
		s.Items = append(s.Items, item{Lead: v.reason("reason", r)})
	}
	if len(s.Items) == 0 {
		s.Lines = []rich{v.label("brief", "why-none")}
	}
	if line := v.baselineLine(); len(line) > 0 {
		s.After = append(s.After, line)
	}
	return s
}

// newsFirst puts reasons that say something new before one more of the same kind. The
// weightiest stays first.
func newsFirst(reasons []landwaiter.Reason) []landwaiter.Reason {
	var first, more []landwaiter.Reason
	for _, r := range reasons {
		if slices.ContainsFunc(first, func(o landwaiter.Reason) bool { return o.Code == r.Code }) {
			more = append(more, r)
		} else {
			first = append(first, r)
		}
	}
	return append(first, more...)
}

// reason says one reason, or with the group "reason-forward" what to do about it.
func (v *view) reason(group string, r landwaiter.Reason) rich {
	f := counts(r.N, r.Total)
	f.Blind = v.blind
	f.Subject = data(r.Subject, v.room.name)
	f.Limit = number(int64(v.a.Advice.Method.MaxAgeDays))
	f.Undated = r.N < 0
	switch r.Code {
	case landwaiter.ReasonUnnamedCode:
		f.Share = share(r.N, r.Total)
		f.Limit = number(int64(v.a.Advice.Method.MaxUnnamedPercent))
	case landwaiter.ReasonNotCovered:
		if v.has("ecosystem", r.Subject) {
			f.Subject = v.say("ecosystem", r.Subject, facts{}).marked()
		}
	case landwaiter.ReasonUnreadCode:
		f.Account = r.Subject == "account"
	case landwaiter.ReasonScenario:
		f.Event = v.event(v.a, r.Scenario, 2*v.room.name).marked()
		// N of N may be findings of another kind: say no more than we know.
		f.Totals = r.N < r.Total
	case landwaiter.ReasonWaived:
		if r.Subject != "" {
			f.Why = lowerFirst(v.outcome("outcome", landwaiter.Outcome(r.Subject)).marked())
		}
	case landwaiter.ReasonRule, landwaiter.ReasonRuleUnknown:
		f.Detail = data(r.Text, 3*v.room.name)
	case landwaiter.ReasonStop:
		if v.has("kind-count", r.Subject) {
			f.Subject = v.say("kind-count", r.Subject, f).String()
		}
	}
	return v.say(group, r.Code, f)
}
