package report

import (
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		texts, ban []string
		want       []string // one for each complaint
	}{
		{[]string{"one session of work is lost", "We do not let it in."}, []string{"vulnerable"}, nil},
		{[]string{strings.Repeat("a dog sat. ", 9), strings.Repeat("dog ", 21)}, nil, []string{"a sentence of 21 words; the limit is 20"}},
		{[]string{"this is safe"}, nil, []string{`says "safe"`}},
		{[]string{"this is Safe, and a dog is vulnerable"}, []string{"safe", "vulnerable", "dog is"}, []string{`says "Safe"`, `says "vulnerable"`, `says "dog is"`}},
		{[]string{"a dogma and a hotdog"}, []string{"dog"}, nil},
		{[]string{"Organisational accountability necessitates comprehensive documentation"}, nil, []string{"the limit is 8. Shorter words help most: Organisational, accountability"}},
		{nil, nil, nil},
		{[]string{"(x"}, []string{"(x", "["}, []string{`says "(x"`}},
	} {
		got := Plain(c.texts, c.ban)
		if len(got) != len(c.want) {
			t.Errorf("%q: %q; want %q", c.texts, got, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%q: %q; want %q", c.texts, got[i], want)
			}
		}
	}
}

func TestSays(t *testing.T) {
	for s, want := range map[string]bool{"known weaknesses": true, "Tested on": true, "in the parts we could read": true, "hippopotamus": false, "weakn": false} {
		if got, err := Says(s); err != nil || (len(got) > 0) != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}
