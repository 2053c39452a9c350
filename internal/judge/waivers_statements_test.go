package judge

import (
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

const fileHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// says is a statement about all software of a finding.
func says(status landwaiter.StatementStatus, by string, daysAgo int) landwaiter.Statement {
	return landwaiter.Statement{Status: status, By: by, Date: now.AddDate(0, 0, -daysAgo), Packages: []string{"dpkg:zlib1g@1"}, SHA256: "other", Impact: "it holds no such code"}
}

func trusts(authors ...string) func(*Input) {
	return func(in *Input) {
		for _, a := range authors {
			in.Trust = append(in.Trust, landwaiter.Trust{Author: a, By: landwaiter.Person{Name: "Sam", Role: "engineer"}, Reason: "they make it", Until: now.AddDate(0, 0, 9)})
		}
	}
}

func TestStatements(t *testing.T) {
	const not, aff, fix, look = landwaiter.StatusNotAffected, landwaiter.StatusAffected, landwaiter.StatusFixed, landwaiter.StatusLooking
	edit := func(s landwaiter.Statement, change func(*landwaiter.Statement)) landwaiter.Statement {
		change(&s)
		return s
	}
	const untrusted, nothing, opposite, old = "nobody here has said that its author is trusted", "it does not answer the finding", "another trusted statement says the opposite", "its author has said something newer"
	type want struct {
		refused  string
		conflict bool
	}
	for _, c := range []struct {
		name     string
		answered bool
		said     []landwaiter.Statement
		want     []want
		change   func(*Input)
	}{
		{"trusted", true, []landwaiter.Statement{says(not, "maker", 3)}, []want{{"", false}}, nil},
		{"trusted, fixed", true, []landwaiter.Statement{says(fix, "Maker ", 3)}, []want{{"", false}}, nil},
		{"trusted by its file", true, []landwaiter.Statement{edit(says(not, "x", 3), func(s *landwaiter.Statement) { s.SHA256 = fileHash })}, []want{{"", false}}, nil},
		{"about all of it", true, []landwaiter.Statement{edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Packages = nil })}, []want{{"", false}}, nil},
		{"untrusted", false, []landwaiter.Statement{says(not, "x", 3)}, []want{{untrusted, false}}, nil},
		{"nobody", false, []landwaiter.Statement{says(not, "", 3)}, []want{{untrusted, false}}, nil},
		{"trust has ended", false, []landwaiter.Statement{says(not, "maker", 3)}, []want{{"the trust in its author has ended", false}}, func(in *Input) { in.Trust[0].Until = dayOf(now) }},
		{"researchers trust", false, []landwaiter.Statement{says(not, "maker", 3)}, []want{{"nobody who may say so says that its author is trusted", false}}, func(in *Input) { in.Trust[0].By.Role = "researcher" }},
		{"no date", false, []landwaiter.Statement{edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Date = time.Time{} })}, []want{{"it has no date", false}}, nil},
		{"tomorrow", false, []landwaiter.Statement{says(not, "maker", -1)}, []want{{"it is dated after today", false}}, nil},
		{"inside something else", false, []landwaiter.Statement{edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Part = true })}, []want{{"it speaks of this software inside another product", false}}, nil},
		{"some version", false, []landwaiter.Statement{edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Loose = true })}, []want{{"it names no version, so it may be older than this one", false}}, nil},
		{"no why", false, []landwaiter.Statement{edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Impact = "" })}, []want{{"it does not say why", false}}, nil},
		{"behind somebody's wall", false, []landwaiter.Statement{edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Justification = "protected_at_perimeter" })}, []want{{"it leans on an environment that nobody tested here", false}}, nil},
		{"affected", false, []landwaiter.Statement{says(aff, "maker", 3)}, []want{{nothing, false}}, nil},
		{"looking", false, []landwaiter.Statement{says(look, "maker", 3)}, []want{{nothing, false}}, nil},
		{"a strange word", false, []landwaiter.Statement{says("fine", "maker", 3)}, []want{{nothing, false}}, nil},
		{"two who are trusted disagree", false, []landwaiter.Statement{says(not, "maker", 3), says(aff, "vendor", 9)}, []want{{opposite, true}, {nothing, true}}, nil},
		{"somebody disagrees", true, []landwaiter.Statement{says(not, "maker", 3), says(aff, "x", 9)}, []want{{"", true}, {untrusted, true}}, nil},
		{"one is still looking", true, []landwaiter.Statement{says(not, "maker", 3), says(look, "vendor", 1)}, []want{{"", false}, {nothing, false}}, nil},
		{"its author knows better now", true, []landwaiter.Statement{says(aff, "maker", 9), says(not, "maker", 3)}, []want{{nothing, false}, {"", false}}, nil},
		{"its author knows worse now", false, []landwaiter.Statement{says(not, "maker", 9), says(aff, "maker", 3)}, []want{{old, false}, {nothing, false}}, nil},
		{"its author looks again", false, []landwaiter.Statement{says(not, "maker", 9), says(look, "maker", 3)}, []want{{old, false}, {nothing, false}}, nil},
		{"on one day", false, []landwaiter.Statement{says(not, "maker", 3), says(aff, "maker", 3)}, []want{{opposite, true}, {nothing, true}}, nil},
		{"taken back by what does not count", false, []landwaiter.Statement{says(not, "vendor", 5), says(aff, "maker", 9), edit(says(not, "maker", 3), func(s *landwaiter.Statement) { s.Part = true })}, []want{{opposite, true}, {nothing, true}, {"it speaks of this software inside another product", true}}, nil},
		{"half of it", false, []landwaiter.Statement{says(not, "maker", 3)}, []want{{"some of the software in this finding is not in any such statement", false}}, func(in *Input) { in.Findings[0].Packages = append(in.Findings[0].Packages, "dpkg:bash@1") }},
		{"both halves", true, []landwaiter.Statement{says(not, "maker", 3), edit(says(fix, "vendor", 3), func(s *landwaiter.Statement) { s.Packages = []string{"dpkg:bash@1"} })}, []want{{"", false}, {"", false}}, func(in *Input) { in.Findings[0].Packages = append(in.Findings[0].Packages, "dpkg:bash@1") }},
		{"one half affected", false, []landwaiter.Statement{says(not, "maker", 3), edit(says(aff, "vendor", 3), func(s *landwaiter.Statement) { s.Packages = []string{"dpkg:bash@1"} })}, []want{{"some of the software in this finding is not in any such statement", false}, {nothing, false}}, func(in *Input) { in.Findings[0].Packages = append(in.Findings[0].Packages, "dpkg:bash@1") }},
		{"malware", false, []landwaiter.Statement{says(not, "maker", 3)}, []want{{"nobody may answer a finding of this kind", false}}, func(in *Input) { in.Findings[0].Kind = landwaiter.KindMalware }},
	} {
		f := weakness("CVE-1", netAll)
		f.Statements = c.said
		in := with(calm(), found(f), trusts("maker", "vendor"), func(in *Input) {
			t := in.Trust[0]
			t.Author, t.SHA256 = "", fileHash
			in.Trust = append(in.Trust, t)
			if c.change != nil {
				c.change(in)
			}
		})
		findings, _ := Waive(DefaultMethod(), in)
		for i, s := range findings[0].Statements {
			if s.Refused != c.want[i].refused || s.Conflict != c.want[i].conflict || s.Counted != (s.Refused == "") {
				t.Errorf("%s: statement %d: %+v, want %+v", c.name, i, s, c.want[i])
			}
		}
		a, _ := Judge(DefaultMethod(), in)
		if want := map[bool]landwaiter.Outcome{true: landwaiter.Recommend, false: landwaiter.DoNotImport}[c.answered]; a.Outcome != want || answered(&findings[0]) != c.answered {
			t.Errorf("%s: %s, answered %v", c.name, a.Outcome, answered(&findings[0]))
		}
	}
}

// TestStatementsNeverHarm: nobody who is not trusted changes advice, "affected" never
// makes it better, nor does any statement about a stop finding, in any order.
func TestStatementsNeverHarm(t *testing.T) {
	m := DefaultMethod()
	better := 0
	for seed := range int64(rounds) {
		r := rand.New(rand.NewSource(seed))
		in := randomInput(r)
		bare, _ := Judge(m, in)
		for i := range in.Findings {
			for range r.Intn(4) {
				s := says(pick(r, landwaiter.StatusNotAffected, landwaiter.StatusAffected, landwaiter.StatusFixed, landwaiter.StatusLooking), pick(r, "maker", "vendor", "x"), r.Intn(4)-1)
				s.Packages = pick(r, nil, in.Findings[i].Packages, []string{"elsewhere"})
				s.Part = r.Intn(5) == 0
				in.Findings[i].Statements = append(in.Findings[i].Statements, s)
			}
		}
		if a, _ := Judge(m, in); !reflect.DeepEqual(a, bare) {
			t.Fatalf("seed %d: statements that nobody trusts change advice", seed)
		}
		in = with(in, trusts("maker", "vendor"))
		a, _ := Judge(m, in)
		if a.Outcome.Rank() > bare.Outcome.Rank() {
			t.Fatalf("seed %d: statements made advice worse", seed)
		}
		if a.Outcome != bare.Outcome {
			better++
		}
		findings, _ := Waive(m, in)
		worse := clone(in)
		for i := range worse.Findings {
			if kinds[worse.Findings[i].Kind].stop && answered(&findings[i]) {
				t.Fatalf("seed %d: a stop finding was answered", seed)
			}
			s := says(landwaiter.StatusAffected, pick(r, "maker", "vendor", "x"), r.Intn(4)-1)
			s.Packages = nil
			worse.Findings[i].Statements = append(append([]landwaiter.Statement{}, worse.Findings[i].Statements...), s)
		}
		if b, _ := Judge(m, worse); b.Outcome.Rank() < a.Outcome.Rank() {
			t.Fatalf("seed %d: %q made advice better", seed, landwaiter.StatusAffected)
		}
		mixed := clone(in)
		for i := range mixed.Findings {
			s := append([]landwaiter.Statement{}, mixed.Findings[i].Statements...)
			r.Shuffle(len(s), reflect.Swapper(s))
			mixed.Findings[i].Statements = s
		}
		if b, _ := Judge(m, mixed); !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: another order of statements, other advice", seed)
		}
	}
	if better < rounds/40 {
		t.Errorf("statements made advice better %d times: the properties were hardly tested", better)
	}
}
