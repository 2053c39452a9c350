package judge

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
)

var defaultOnce = sync.OnceValue(DefaultMethod)

// tightened is the shipped method with random cells, limits, harms and ways made
// harder, as far as it still makes sense.
func tightened(r *rand.Rand) Method {
	base := defaultOnce()
	for {
		m := base
		m.Name = "tightened"
		m.Events, m.Table = slices.Clone(m.Events), make(Table)
		for _, class := range allClasses {
			m.Table[class] = maps.Clone(base.Table[class])
		}
		for _, class := range allClasses {
			for _, band := range allBands {
				if r.Intn(4) == 0 {
					m.Table[class][band] = worseOf(m.Table[class][band], pick(r, allOutcomes...))
				}
			}
		}
		for _, l := range limits {
			if r.Intn(4) == 0 {
				*l.of(&m) = max(l.least, *l.of(&m)-r.Intn(10))
			}
		}
		e := &m.Events[r.Intn(len(m.Events))]
		switch r.Intn(4) {
		case 0:
			e.Ways = nil
		case 1:
			if len(e.Ways) > 0 {
				e.Ways = append(slices.Clone(e.Ways), []landwaiter.Door{pick(r, allDoors[:]...), pick(r, allDoors[:]...)})
			}
		case 2:
			if i := len(e.Ways) - 1; i >= 0 && len(e.Ways[i]) > 1 {
				e.Ways = append(slices.Clone(e.Ways[:i]), e.Ways[i][1:])
			}
		}
		if h := pick(r, allHarms[:]...); !slices.Contains(e.By, h) {
			e.By = append(slices.Clone(e.By), h)
		}
		if len(strict(&base, &m)) == 0 {
			return m
		}
	}
}

// TestTightenedNeverImproves: a method that is no looser anywhere gives no better
// advice.
func TestTightenedNeverImproves(t *testing.T) {
	base := DefaultMethod()
	worse := 0
	for seed := range int64(rounds) {
		r := rand.New(rand.NewSource(seed))
		in := randomInput(r)
		before, _ := Judge(base, in)
		after, _ := Judge(tightened(r), in)
		if after.Outcome.Rank() < before.Outcome.Rank() {
			t.Fatalf("seed %d: %s became %s", seed, before.Outcome, after.Outcome)
		}
		if after.Outcome != before.Outcome {
			worse++
		}
	}
	if worse < rounds/20 {
		t.Errorf("worse in %d of %d: the property was hardly tested", worse, rounds)
	}
}

// FuzzReadMethod: whatever is read is no looser than the shipped method, and
// reading it twice is the same.
func FuzzReadMethod(f *testing.F) {
	full, _ := fullMethod(f)
	f.Add([]byte(full))
	f.Add(ShippedMethod())
	for _, s := range []string{"", "name: x\n", "rules: [{id: a, when: 'true'}]", "name: x\ntiers: [{name: '1', table: {A: {open: cannot-judge}}}]", "<<: *a", "---\n---\n"} {
		f.Add([]byte(s))
	}
	base := DefaultMethod()
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := ReadMethod(bytes.NewReader(in), "m.yaml")
		if err != nil {
			if !errors.Is(err, landwaiter.ErrInvalid) && !errors.Is(err, landwaiter.ErrTooLarge) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := ReadMethod(bytes.NewReader(in), "m.yaml")
		if err != nil || again.SHA256 != m.SHA256 {
			t.Errorf("read twice: %v", err)
		}
		if m.Loosened == "" {
			if l := looser(&base, &m); len(l) > 0 {
				t.Errorf("looser, and nobody says why: %+v", l)
			}
		}
		for _, x := range looser(&base, &m) {
			if !x.open {
				t.Errorf("%+v", x)
			}
		}
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
		names := []string{""}
		for i := range m.Tiers {
			names = append(names, m.Tiers[i].Name)
		}
		for _, name := range names {
			if at, err := m.At(name); err == nil {
				a, _ := Judge(at, with(calm(), found(weakness("CVE-1", netAll))))
				if a.Outcome != landwaiter.DoNotImport {
					t.Errorf("tier %q: %s", name, a.Outcome)
				}
			}
		}
	})
}

// BenchmarkReadMethod: a file with tiers and rules.
func BenchmarkReadMethod(b *testing.B) {
	text, _ := fullMethod(b)
	for b.Loop() {
		if _, err := readMethod(b, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDefaultMethod(b *testing.B) {
	for b.Loop() {
		DefaultMethod()
	}
}
