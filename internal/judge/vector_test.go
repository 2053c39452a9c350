package judge

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// render writes what a vector says on one line.
func (n needs) render() string {
	var ways []string
	for _, w := range n.in.way[:n.in.n] {
		ways = append(ways, strings.Join(wordsOf(w.list()), "+"))
	}
	out := strings.Join(ways, " or ")
	for _, f := range []struct {
		on   bool
		word string
	}{{n.physical, "physical"}, {n.data, "data"}, {n.stop, "stop"}, {n.beyond, "beyond"}} {
		if f.on {
			out += " " + f.word
		}
	}
	return out
}

func TestReadVector(t *testing.T) {
	for _, c := range []struct{ typ, vector, want string }{
		{"CVSS_V3", netAll, "network-in data stop"},
		{"CVSS_V3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", "network-in stop"},
		{"CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:N/I:L/A:N", "network-in+account data beyond"},
		{"CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", "harmful-file data stop"},
		{"CVSS_V3", "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "neighbour data"},
		{"CVSS_V3", "CVSS:3.1/AV:A/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N", "neighbour+harmful-file data"},
		{"CVSS_V3", localAll, "project+account data stop"},
		{"CVSS_V3", fileAll, "harmful-file data stop"},
		{"CVSS_V3", handsOn, "physical physical data stop"},
		{"CVSS_V3", noHarm, "network-in"},
		// What a site makes of a vector is not what its author says of the weakness.
		{"CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/MAV:P/MC:N", "network-in data"},
		{"CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "network-in data"},
		{"CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", "harmful-file stop"},
		{"CVSS_V4", "CVSS:4.0/AV:L/AC:L/AT:P/PR:H/UI:N/VC:N/VI:N/VA:N/SC:H/SI:N/SA:N", "project+account data beyond"},
		{"CVSS_V4", "CVSS:4.0/AV:L/AC:L/AT:P/PR:N/UI:A/VC:N/VI:N/VA:N/SC:N/SI:N/SA:L", "harmful-file stop beyond"},
		{"CVSS_V2", "AV:N/AC:M/Au:N/C:P/I:N/A:N", "network-in or harmful-file data beyond"},
		{"CVSS_V2", "(AV:L/AC:L/Au:S/C:N/I:N/A:C)", "project+account or harmful-file+account stop beyond"},
		{"CVSS_V3", "  " + netStop + " ", "network-in stop"},
		// The prefix says the version, whatever the type says.
		{"CVSS_V4", netStop, "network-in stop"},
	} {
		n, ok := readVector(&landwaiter.Severity{Type: c.typ, Value: c.vector})
		if got := n.render(); !ok || got != c.want {
			t.Errorf("%s: %v %q; want %q", c.vector, ok, got, c.want)
		}
	}
}

func TestReadVectorRefuses(t *testing.T) {
	if _, ok := readVector(nil); ok {
		t.Error("no vector was read")
	}
	for _, c := range []struct{ typ, value string }{
		{"CVSS_V3", ""},
		{"CVSS_V3", "high"},
		{"Debian", "unimportant"},
		{"CVSS_V3", "AV:N/AC:M/Au:N/C:P/I:N/A:N"}, // version 2 under another name
		{"CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H"},
		{"CVSS_V3", netAll + "/AV:P"},
		{"CVSS_V3", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
		{"CVSS_V9", "CVSS:9.0/AV:N"},
		{"CVSS_V3", netAll + strings.Repeat("/E:H", 200)},
	} {
		if n, ok := readVector(&landwaiter.Severity{Type: c.typ, Value: c.value}); ok {
			t.Errorf("%s %q was read as %s", c.typ, c.value, n.render())
		}
	}
}

func FuzzReadVector(f *testing.F) {
	for _, v := range []string{netAll, escapeAll, "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "AV:N/AC:M/Au:N/C:P/I:N/A:N", "CVSS:3.0/AV:P"} {
		f.Add(v, "CVSS_V2")
	}
	f.Fuzz(func(t *testing.T, value, typ string) {
		n, ok := readVector(&landwaiter.Severity{Type: typ, Value: value})
		if !ok {
			return
		}
		if n.in.n < 1 || n.in.n > maxEntries {
			t.Fatalf("%q has %d ways in", value, n.in.n)
		}
		for _, w := range n.in.way[:n.in.n] {
			if w == 0 {
				t.Errorf("%q has a way in without a door", value)
			}
		}
	})
}
