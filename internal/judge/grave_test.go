package judge

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestGrave: what was seen beyond the kind weighs more, and never less.
func TestGrave(t *testing.T) {
	for _, c := range []struct {
		kind             landwaiter.Kind
		usual, grave     landwaiter.Outcome
		asked, graveAsks string
	}{
		{landwaiter.KindModelCode, landwaiter.Conditions, landwaiter.DoNotImport, condFiles, condFiles},
		{landwaiter.KindGainsRights, landwaiter.Recommend, landwaiter.Conditions, "", condNoGain},
		{landwaiter.KindRunsAsRoot, landwaiter.Conditions, landwaiter.Conditions, condNotRoot, condNotRoot},
		{landwaiter.KindSelfInstall, landwaiter.Conditions, landwaiter.Conditions, condSteps, condSteps},
		{landwaiter.KindNetworkClient, landwaiter.Conditions, landwaiter.Conditions, condOutward, condOutward},
		{landwaiter.KindUndeclared, landwaiter.Conditions, landwaiter.Conditions, condList, condList},
		{landwaiter.KindLicence, landwaiter.Conditions, landwaiter.Conditions, condLicence, condLicence},
	} {
		for _, grave := range []bool{false, true} {
			f, want, code := seen(c.kind), c.usual, c.asked
			if f.Grave = grave; grave {
				want, code = c.grave, c.graveAsks
			}
			a, _ := Judge(DefaultMethod(), with(calm(), found(f), behind(walls()[:1]...)))
			if a.Outcome != want {
				t.Errorf("%s, grave %v: %s, want %s", c.kind, grave, a.Outcome, want)
			}
			if code != "" && conditionOf(&a, code) == nil {
				t.Errorf("%s, grave %v: no condition %s in %+v", c.kind, grave, code, a.Conditions)
			}
		}
	}
	for k := range graveKinds {
		if _, ok := kinds[k]; !ok {
			t.Errorf("%s has a rule for grave findings alone", k)
		}
	}
}
