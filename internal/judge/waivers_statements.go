package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// hearStatements returns what others say about f, each counted or not, with the
// reason. Only a trusted "not affected" or "fixed" answers a finding, and only
// together they must speak of all its packages; where those who are trusted do not
// agree, the worse counts. The statements of f are not changed.
func hearStatements(m *Method, in *Input, f *landwaiter.Finding) []landwaiter.Statement {
	if len(f.Statements) == 0 {
		return f.Statements
	}
	out := slices.Clone(f.Statements)
	for i := range out {
		s := &out[i]
		s.Counted, s.Conflict = false, false
		s.Trusted, s.Refused = trusted(m, in, s)
		if s.Refused == "" {
			s.Refused = refuseStatement(in, f, s)
		}
	}
	// Marks are set from a copy, so that what one statement undoes does not hang
	// on the order of the others.
	heard := slices.Clone(out)
	for i := range out {
		contradict(&out[i], heard, i)
	}
	if !answersAll(f.Packages, out) {
		for i := range out {
			if out[i].Refused == "" {
				out[i].Refused = "some of the software in this finding is not in any such statement"
			}
		}
	}
	for i := range out {
		out[i].Counted = out[i].Refused == ""
	}
	return out
}

// trusted reports whether the TRE trusts who says s, and if not why.
func trusted(m *Method, in *Input, s *landwaiter.Statement) (ok bool, why string) {
	why = "nobody here has said that its author is trusted"
	for i := range in.Trust {
		t := &in.Trust[i]
		byHash := t.SHA256 != "" && t.SHA256 == s.SHA256
		byName := t.Author != "" && strings.EqualFold(strings.TrimSpace(t.Author), strings.TrimSpace(s.By))
		switch {
		case !byHash && !byName:
		case refusePerson(m, t.By) != "" || strings.TrimSpace(t.Reason) == "":
			why = "nobody who may say so says that its author is trusted"
		case !in.Now.Before(dayOf(t.Until)):
			why = "the trust in its author has ended"
		default:
			return true, ""
		}
	}
	return false, why
}

// refuseStatement says why s, which is trusted, does not answer f.
func refuseStatement(in *Input, f *landwaiter.Finding, s *landwaiter.Statement) string {
	switch {
	case kinds[f.Kind].stop:
		return "nobody may answer a finding of this kind"
	case s.Date.IsZero():
		return "it has no date"
	case s.Date.After(in.Now):
		return "it is dated after today"
	case !good(s):
		return "it does not answer the finding"
	case s.Part:
		return "it speaks of this software inside another product"
	case s.Loose:
		return "it names no version, so it may be older than this one"
	case s.Status == landwaiter.StatusNotAffected && strings.TrimSpace(s.Justification+s.Impact) == "":
		return "it does not say why"
	case slices.Contains(elsewhere, s.Justification):
		return "it leans on an environment that nobody tested here"
	}
	return ""
}

// elsewhere are justifications that speak of where the software runs. What stands in
// the way here is for the protections to say.
var elsewhere = []string{"requires_configuration", "requires_environment", "protected_at_perimeter"}

func good(s *landwaiter.Statement) bool {
	return s.Status == landwaiter.StatusNotAffected || s.Status == landwaiter.StatusFixed
}

// contradict marks out, which is all[at], by what the others say: what its own author
// said later takes its place, and what another trusted one says that is worse
// outweighs it.
func contradict(out *landwaiter.Statement, all []landwaiter.Statement, at int) {
	s := &all[at]
	replaced, outweighed := false, false
	for i := range all {
		o := &all[i]
		if !overlap(s, o) {
			continue
		}
		replaced = replaced || newer(o, s)
		// What its author took back is no contradiction, nor is what answers nothing.
		opposite := good(s) && o.Status == landwaiter.StatusAffected || s.Status == landwaiter.StatusAffected && good(o)
		if opposite && !newer(o, s) && !newer(s, o) {
			out.Conflict = true
			outweighed = outweighed || good(s) && o.Trusted && !takenBack(o, all)
		}
	}
	switch {
	case s.Refused != "":
	case replaced:
		out.Refused = "its author has said something newer"
	case outweighed:
		out.Refused = "another trusted statement says the opposite"
	}
}

func takenBack(s *landwaiter.Statement, all []landwaiter.Statement) bool {
	return slices.ContainsFunc(all, func(o landwaiter.Statement) bool { return overlap(s, &o) && newer(&o, s) })
}

// newer reports whether a takes the place of b: the same trusted author said it later.
// What is not heard replaces nothing, unless it is worse.
func newer(a, b *landwaiter.Statement) bool {
	return a.Trusted && b.Trusted && a.By != "" && strings.EqualFold(a.By, b.By) && a.Date.After(b.Date) && (a.Refused == "" || !good(a) && !a.Date.IsZero())
}

// overlap reports whether two statements speak of one package, or of everything.
func overlap(a, b *landwaiter.Statement) bool {
	if len(a.Packages) == 0 || len(b.Packages) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Packages, func(id string) bool { return slices.Contains(b.Packages, id) })
}

// answersAll reports whether the statements that stand speak of all packages.
func answersAll(packages []string, all []landwaiter.Statement) bool {
	left := make(map[string]bool, len(packages))
	for _, id := range packages {
		left[id] = true
	}
	for i := range all {
		if all[i].Refused != "" {
			continue
		}
		if len(all[i].Packages) == 0 {
			return true
		}
		for _, id := range all[i].Packages {
			delete(left, id)
		}
	}
	return len(left) == 0 && len(packages) > 0
}

// answered reports whether somebody whom the TRE trusts answers f.
func answered(f *landwaiter.Finding) bool {
	return f.WaivedAs == landwaiter.WaiverFalseAlarm || slices.ContainsFunc(f.Statements, func(s landwaiter.Statement) bool { return s.Counted })
}

// said returns the reasons that tell of waivers and statements: how many findings
// they bear on, what the advice would be without them, and how many have ended.
func (h *hearing) said(now landwaiter.Outcome) []landwaiter.Reason {
	var out []landwaiter.Reason
	n, ended := int64(0), int64(0)
	for _, f := range h.findings {
		if f.Waived != "" || answered(f) {
			n++
		}
	}
	for i := range h.in.Waivers {
		if h.in.Waivers[i].Ended {
			ended++
		}
	}
	if n > 0 {
		r := landwaiter.Reason{Code: landwaiter.ReasonWaived, Outcome: landwaiter.Recommend, N: n, Total: int64(len(h.findings))}
		if without := h.unwaived(); without.Rank() > now.Rank() {
			r.Subject, r.Outcome = string(without), now // it is why the advice is no worse
		}
		out = append(out, r)
	}
	if ended > 0 {
		out = append(out, landwaiter.Reason{Code: landwaiter.ReasonWaiverEnded, Outcome: landwaiter.Recommend, N: ended, Total: int64(len(h.in.Waivers))})
	}
	return out
}

// unwaived is the advice if nobody had said anything.
func (h *hearing) unwaived() landwaiter.Outcome {
	in := *h.in
	in.Waivers, in.Trust = nil, nil
	a, _ := Judge(*h.m, in)
	return a.Outcome
}

// waiverEnds returns a condition for each waiver without which the advice about a
// finding might be worse: it ends, and then somebody must decide again.
func (h *hearing) waiverEnds(base landwaiter.Condition) []landwaiter.Condition {
	bears := make(map[string]bool)
	for _, g := range h.scale.groups {
		if g.waiver != "" && h.worst(g).Rank() > 0 {
			bears[g.waiver] = true
		}
	}
	var out []landwaiter.Condition
	for i := range h.in.Waivers {
		w := &h.in.Waivers[i]
		if !w.Counted || !bears[w.ID] {
			continue
		}
		c := base
		c.What, c.By = w.ID, dayOf(w.Until)
		c.Owner = fmt.Sprintf("%s (%s)", w.By.Name, w.By.Role)
		out = append(out, c)
	}
	return out
}
