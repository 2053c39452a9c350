package assess_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/judge"
)

// TestPatched: what has a fix is gone, what has none is left, each list and kind adds up,
// and the advice is what judging the rest gives.
func TestPatched(t *testing.T) {
	ref, f := example(t, "")
	a := run(t, ref, assess.Options{Advisories: f})
	before := string(inJSON(t, a))
	s, err := assess.Patched(a, judge.DefaultMethod(), f)
	if err != nil {
		t.Fatal(err)
	}
	if before != string(inJSON(t, a)) {
		t.Error("the assessment was changed")
	}
	fixed, left, used := 0, 0, 0
	for i := range a.Findings {
		switch x := &a.Findings[i]; {
		case x.Kind != landwaiter.KindExploited && x.Kind != landwaiter.KindWeakness && x.Kind != landwaiter.KindWeaknessNoFix:
			continue
		case x.Fixed != "":
			fixed++
		default:
			left++
		}
		if a.Findings[i].Exploited != nil {
			used++
		}
	}
	if fixed == 0 || left == 0 || used == 0 {
		t.Fatalf("the example has %d with a fix, %d without, %d in use", fixed, left, used)
	}
	if s.All.Before != fixed+left || s.All.Fixed != fixed || s.All.After != left || len(s.Used) != used || !s.OtherKnown || !s.Looked {
		t.Errorf("want %d fixed, %d left, %d used: %+v, used %+v", fixed, left, used, s.All, s.Used)
	}
	// glibc's weakness without a fix here has one in a later release of Debian.
	if s.All.Other != 1 {
		t.Errorf("%d are fixed elsewhere", s.All.Other)
	}
	var sum landwaiter.SimulationCount
	for _, n := range s.By {
		sum.Before, sum.Fixed, sum.After, sum.Other = sum.Before+n.Before, sum.Fixed+n.Fixed, sum.After+n.After, sum.Other+n.Other
		if n.Source == "" || n.Kind == "" {
			t.Errorf("%+v", n)
		}
	}
	if sum != s.All {
		t.Errorf("the parts add up to %+v, all are %+v", sum, s.All)
	}
	if s.Before.Outcome != a.Advice.Outcome || s.After.Outcome.Rank() > s.Before.Outcome.Rank() {
		t.Errorf("from %s to %s", s.Before.Outcome, s.After.Outcome)
	}
	again, err := assess.Patched(a, judge.DefaultMethod(), f)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(s)
	y, _ := json.Marshal(again)
	if string(x) != string(y) {
		t.Error("differs from run to run")
	}
}

// TestPatchedLeavesWhatIsNoWeakness: files that nobody owns are not patched away.
func TestPatchedLeavesWhatIsNoWeakness(t *testing.T) {
	ref, f := example(t, "")
	a := run(t, ref, assess.Options{Advisories: f})
	for i := range a.Findings {
		if a.Findings[i].Kind == landwaiter.KindWeaknessNoFix {
			a.Findings[i].Fixed = "2"
		}
	}
	s, err := assess.Patched(a, judge.DefaultMethod(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.All.After != 0 || s.OtherKnown || s.After.Outcome == landwaiter.Recommend {
		t.Errorf("%+v, %s", s.All, s.After.Outcome)
	}
	a.Advice.Method.SHA256 = "other"
	if _, err := assess.Patched(a, judge.DefaultMethod(), nil); !errors.Is(err, landwaiter.ErrStale) || !strings.Contains(err.Error(), "judge it again first") {
		t.Errorf("another method: %v", err)
	}
}
