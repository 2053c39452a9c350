package assess_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/lwtest"
	"github.com/landwaiter/landwaiter/internal/vex"
)

// said are options with the example's protections, waivers and statements.
func said(t *testing.T, now time.Time, lists *advisory.File) assess.Options {
	t.Helper()
	open := func(name string) *os.File {
		f, err := os.Open("../../examples/" + name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	opt := assess.Options{Now: now, Advisories: lists, Project: "P1234"}
	var err error
	if opt.Protections, err = judge.ReadProtections(open("protections.yaml"), "protections.yaml"); err != nil {
		t.Fatal(err)
	}
	if opt.Waivers, opt.Trust, err = judge.ReadWaivers(open("waivers.yaml"), "waivers.yaml"); err != nil {
		t.Fatal(err)
	}
	d, err := vex.Read(open("vex.json"), "vex.json")
	if err != nil {
		t.Fatal(err)
	}
	opt.VEX = []*vex.Document{d}
	return opt
}

// TestWaiversOfTheExample: with whole lists, the changed program is all that stands
// between the example and conditions; a person's word on it, and only that, moves the
// advice, and the report says so.
func TestWaiversOfTheExample(t *testing.T) {
	ref, _ := example(t, "")
	opt := said(t, lwtest.Clock(), wholeLists(t, false))
	with := run(t, ref, opt)
	bare := opt
	bare.Waivers, bare.VEX, bare.Trust = nil, nil, nil
	without := run(t, ref, bare)
	if without.Advice.Outcome != landwaiter.CannotJudge || with.Advice.Outcome != landwaiter.Conditions {
		t.Errorf("%s became %s", without.Advice.Outcome, with.Advice.Outcome)
	}
	at := slices.IndexFunc(with.Advice.Reasons, func(r landwaiter.Reason) bool { return r.Code == landwaiter.ReasonWaived })
	if at != 0 || with.Advice.Reasons[0].Subject != string(landwaiter.CannotJudge) || with.Advice.Reasons[0].N != 4 {
		t.Errorf("reasons %+v", with.Advice.Reasons)
	}
	if len(with.Findings) != len(without.Findings) {
		t.Errorf("%d findings became %d", len(without.Findings), len(with.Findings))
	}
	for _, f := range without.Findings {
		if !slices.ContainsFunc(with.Findings, func(o landwaiter.Finding) bool { return o.ID == f.ID && (o.Kind == f.Kind || o.WasKind == f.Kind) }) {
			t.Errorf("%s is hidden", f.ID)
		}
	}
	for _, w := range with.Waivers {
		if !w.Counted || w.Covers != 1 {
			t.Errorf("%+v", w)
		}
	}
	opt.Waivers = slices.DeleteFunc(slices.Clone(opt.Waivers), func(w landwaiter.Waiver) bool { return w.ID == "sed-ours" })
	if a := run(t, ref, opt); a.Advice.Outcome != landwaiter.CannotJudge {
		t.Errorf("without the word on sed: %s", a.Advice.Outcome)
	}
}
