package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/compare"
)

// TestDiffIsPlain: every case against many others, in words that hold to the
// rules, harmless to a terminal.
func TestDiffIsPlain(t *testing.T) {
	all := cases()
	i := 0
	for name, from := range all {
		for other, to := range all {
			if i++; i%29 != 0 || from.Schema != landwaiter.Schema || to.Schema != landwaiter.Schema {
				continue
			}
			d, err := compare.Between(from, to, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := WriteDiff(&out, d); err != nil {
				t.Fatalf("%s against %s: %v", name, other, err)
			}
			harmless(t, name+" against "+other, out.Bytes())
		}
	}
}

func TestDiffSaysWhy(t *testing.T) {
	d, err := compare.Between(conditions(), conditions(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	say := func() string {
		var out bytes.Buffer
		if err := WriteDiff(&out, d); err != nil {
			t.Fatal(err)
		}
		return squash(out.String())
	}
	if s := say(); !strings.Contains(s, "Our advice is the same as it was.") || strings.Contains(s, "because") {
		t.Errorf("%s", s)
	}
	d.Advice, d.Why = "worse", compare.Why{Causes: []compare.Cause{{Code: compare.CauseProtectionLost, Subject: "x", Name: "internet block", Why: "its last test is 97 days old, and the limit is 90"}}}
	if s := say(); !strings.Contains(s, "The advice changed because internet block counts no more: its last test is 97 days old, and the limit is 90.") {
		t.Errorf("%s", s)
	}
	d.Why.Causes = append(d.Why.Causes, compare.Cause{Code: compare.CauseFindingNew, Subject: string(landwaiter.KindExploited), N: 2, Examples: []string{"CVE-1", "CVE-2"}})
	if s := say(); !strings.Contains(s, "If any one of these were as it was") || !strings.Contains(s, "there is more than there was: 2 weaknesses that attackers use now, such as CVE-1, CVE-2") {
		t.Errorf("%s", s)
	}
	d.Why.Together = true
	if s := say(); !strings.Contains(s, "None of these alone changed the advice.") {
		t.Errorf("%s", s)
	}
	d.Why = compare.Why{Unknown: "method"}
	if s := say(); !strings.Contains(s, "We cannot say why.") {
		t.Errorf("%s", s)
	}
}

func TestDiffWriteErrors(t *testing.T) {
	d, err := compare.Between(conditions(), base(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 200, 2000} {
		if err := WriteDiff(&brokenWriter{n}, d); err == nil {
			t.Errorf("no error after %d bytes", n)
		}
	}
}
