package judge

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// unseen returns the reasons why a part of the subject, or of what is known,
// was out of sight.
func unseen(m *Method, in *Input) []landwaiter.Reason {
	var out []landwaiter.Reason
	if !in.HaveAdvisories {
		out = append(out, landwaiter.Reason{Code: landwaiter.ReasonNoAdvisories, Outcome: landwaiter.CannotJudge})
	}
	out = append(out, stale(m, in)...)
	if in.HaveAdvisories {
		out = append(out, uncovered(m, in)...)
	}
	out = append(out, unread(in)...)
	return append(out, unnamed(m, in)...)
}

// stale returns a reason for each source that the subject leans on and that is
// too old, or of unknown date. A source for software that is not here says
// nothing about what is.
func stale(m *Method, in *Input) []landwaiter.Reason {
	leaned := make(map[string]bool)
	for i := range in.Packages {
		for _, name := range in.Packages[i].Known.Sources {
			leaned[name] = true
		}
	}
	var out []landwaiter.Reason
	for i := range in.Sources {
		s := &in.Sources[i]
		age := ageDays(s.Date, in.Now)
		tooOld := s.Stale || age < 0 || age > m.MaxAgeDays
		if !tooOld || !s.Used && !leaned[s.Name] {
			continue
		}
		out = append(out, landwaiter.Reason{
			Code: landwaiter.ReasonStaleSource, Outcome: landwaiter.CannotJudge,
			Subject: s.Name, N: int64(age), Total: int64(m.MaxAgeDays),
		})
	}
	return out
}

// systemPackages reports whether an ecosystem is the package manager of an
// operating system. It follows the names in inventory's table.
func systemPackages(ecosystem string) bool {
	switch ecosystem {
	case "alpm", "apk", "dpkg", "opkg", "pacman", "portage", "rpm":
		return true
	}
	return false
}

// tally counts packages of one ecosystem.
type tally struct{ all, bare int64 }

// uncovered returns a reason for each ecosystem with packages that no list
// covers. It is the end of judging where most of the operating system's
// packages have none, or nothing at all was held against a list; elsewhere the
// share of code that they hold decides between a condition and a note.
func uncovered(m *Method, in *Input) []landwaiter.Reason {
	var all tally
	by := make(map[string]tally)
	direct := make(map[string]bool, len(in.Packages))
	for i := range in.Packages {
		p := &in.Packages[i]
		direct[p.ID] = p.Known.State == landwaiter.AnswerFindings || p.Known.State == landwaiter.AnswerNoneKnown
	}
	for i := range in.Packages {
		p := &in.Packages[i]
		t := by[p.Ecosystem]
		t.all, all.all = t.all+1, all.all+1
		if !direct[p.ID] && !direct[p.OwnedBy] { // the owner answers for what it installed
			t.bare, all.bare = t.bare+1, all.bare+1
		}
		by[p.Ecosystem] = t
	}
	code := codeAccount(&in.Account)
	elsewhere := landwaiter.Recommend
	if over(code.Uncovered.Bytes, code.Total.Bytes, m.MaxUnnamedPercent) {
		elsewhere = landwaiter.Conditions
	}
	var out []landwaiter.Reason
	for ecosystem, t := range by {
		if t.bare == 0 {
			continue
		}
		r := landwaiter.Reason{Code: landwaiter.ReasonNotCovered, Outcome: elsewhere, Subject: ecosystem, N: t.bare, Total: t.all}
		if systemPackages(ecosystem) && over(t.bare, t.all, m.MaxUncoveredPercent) {
			r.Outcome = landwaiter.CannotJudge
			if in.System != nil {
				r.Subject = systemName(in.System)
			}
		}
		if all.bare == all.all {
			r.Outcome = landwaiter.CannotJudge
		}
		out = append(out, r)
	}
	return out
}

// unread returns a reason where code may be out of sight: files that were not
// read, gaps that can hide software, or an account that does not add up and so
// says nothing.
func unread(in *Input) []landwaiter.Reason {
	var out []landwaiter.Reason
	if in.Account.Check() != nil {
		out = append(out, landwaiter.Reason{Code: landwaiter.ReasonUnreadCode, Outcome: landwaiter.CannotJudge, N: 1, Subject: "account"})
	}
	// A gap that was not read is a file of the account as well: count it once.
	var files, other int64
	for i := range in.Gaps {
		switch g := &in.Gaps[i]; {
		case g.Code && g.Unread:
			files++
		case g.Code:
			other++
		}
	}
	left := codeAccount(&in.Account).Unread
	files = max(files, left.Files)
	if left.Bytes > 0 {
		files = max(files, 1)
	}
	if n := files + other; n > 0 {
		out = append(out, landwaiter.Reason{Code: landwaiter.ReasonUnreadCode, Outcome: landwaiter.CannotJudge, N: n})
	}
	return out
}

// unnamed returns a reason where some code is not named or closed. Over the
// limit it is the end of judging, under it a note.
func unnamed(m *Method, in *Input) []landwaiter.Reason {
	code := codeAccount(&in.Account)
	n := code.Unnamed.Bytes + code.Closed.Bytes
	if n <= 0 {
		return nil
	}
	r := landwaiter.Reason{Code: landwaiter.ReasonUnnamedCode, Outcome: landwaiter.Recommend, N: n, Total: code.Total.Bytes}
	if over(n, code.Total.Bytes, m.MaxUnnamedPercent) {
		r.Outcome = landwaiter.CannotJudge
	}
	return []landwaiter.Reason{r}
}

// codeAccount is the account over code. Where nobody made one, every file may
// be code.
func codeAccount(a *landwaiter.Account) *landwaiter.Account {
	if a.Code != nil {
		return a.Code
	}
	return a
}

// over reports whether n is more than percent of total. Something of nothing
// is over.
func over(n, total int64, percent int) bool {
	return n > 0 && float64(n)*100 > float64(total)*float64(percent)
}

func systemName(s *landwaiter.System) string {
	switch {
	case s.Name != "":
		return s.Name
	case s.VersionID != "":
		return s.ID + " " + s.VersionID
	}
	return s.ID
}

// wallPackages returns the IDs of packages that are the wall of the box.
func wallPackages(m *Method, packages []landwaiter.Package) map[string]bool {
	var out map[string]bool
	for i := range packages {
		p := &packages[i]
		if slices.ContainsFunc(m.Wall, func(pattern string) bool {
			return matches(pattern, p.Name) || matches(pattern, p.SourceName)
		}) {
			if out == nil {
				out = make(map[string]bool)
			}
			out[p.ID] = true
		}
	}
	return out
}

// matches reports whether name is the pattern, whose last "*" stands for any
// ending.
func matches(pattern, name string) bool {
	if n := len(pattern) - 1; n >= 0 && pattern[n] == '*' {
		return len(name) >= n && name[:n] == pattern[:n]
	}
	return name == pattern && name != ""
}
