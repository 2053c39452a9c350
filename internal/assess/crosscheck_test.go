package assess_test

import (
	"testing"

	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestFixReleased: the day of a fix is that of the distribution's own notice of it, where
// there is one; nobody else's day stands in for it, and a day to come is none.
func TestFixReleased(t *testing.T) {
	ref, f := example(t, "")
	a := run(t, ref, assess.Options{Advisories: f})
	asked, days := 0, map[string]string{}
	for i := range a.Findings {
		if c := a.Findings[i].CrossCheck; c != nil {
			if asked++; c.FixReleased != "" {
				days[a.Findings[i].Reference] = c.FixReleased
			}
		}
	}
	// DSA-5514-1 is the only such notice among the example's records.
	if asked < 10 || len(days) != 1 || days["CVE-2023-4911"] != "2023-10-03" {
		t.Errorf("of %d: %v", asked, days)
	}
	before, err := assess.Again(stored(t, a), assess.Options{Advisories: f, Now: lwtest.Clock().AddDate(-5, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range before.Findings {
		if c := before.Findings[i].CrossCheck; c != nil && c.FixReleased != "" {
			t.Errorf("%s: fixed on %s, which is to come", before.Findings[i].Reference, c.FixReleased)
		}
	}
}
