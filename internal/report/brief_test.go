package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// blocks are the elements that end a line of text.
var blocks = map[string]bool{"p": true, "li": true, "h1": true, "h2": true, "h3": true, "div": true, "header": true, "section": true}

// briefText returns the text of the brief in an HTML report as a reader sees
// it, one line for each block, with each piece of data as the word "It".
func briefText(t testing.TB, page []byte) string {
	t.Helper()
	_, rest, ok := bytes.Cut(page, []byte(`<article id="brief">`))
	inside, _, ok2 := bytes.Cut(rest, []byte("</article>"))
	if !ok || !ok2 {
		t.Fatal("no brief in the page")
	}
	d := xml.NewDecoder(io.MultiReader(strings.NewReader("<x>"), bytes.NewReader(inside), strings.NewReader("</x>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var b strings.Builder
	data, svg := 0, 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("the brief is not well formed: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			switch tok.Name.Local {
			case "bdi":
				data++
				b.WriteString("It")
			case "svg":
				svg++
			}
		case xml.EndElement:
			switch tok.Name.Local {
			case "bdi":
				data--
			case "svg":
				svg--
			}
			if blocks[tok.Name.Local] {
				b.WriteString("\n")
			}
		case xml.CharData:
			if data == 0 && svg == 0 {
				b.WriteString(strings.ReplaceAll(string(tok), "\n", " "))
			}
		}
	}
}

func writeTo(t testing.TB, name string, a *landwaiter.Assessment) []byte {
	t.Helper()
	f, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, a); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.Bytes()
}

func TestBriefIsPlain(t *testing.T) {
	w := load(t)
	for name, a := range cases() {
		b := newBrief(w, a)
		var text strings.Builder
		count := 0
		for _, r := range b.texts() {
			text.WriteString(r.prose() + "\n")
			count += countWords(r.String())
		}
		if count > maxBriefWords {
			t.Errorf("%s: the brief has %d words, at most %d fit", name, count, maxBriefWords)
		}
		if n := b.lines(); n > maxBriefLines {
			t.Errorf("%s: the brief has %d lines, at most %d fit", name, n, maxBriefLines)
		}
		prose(t, name, text.String(), true)
	}
}

func TestBriefInHTMLIsPlain(t *testing.T) {
	for name, a := range cases() {
		prose(t, name, briefText(t, writeTo(t, "html", a)), true)
	}
}

// squash makes text of different layouts comparable.
func squash(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("|+_[]\n", r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// The text holds the same brief: all its words, in order, and no others.
func TestBriefInTextIsTheSame(t *testing.T) {
	w := load(t)
	for name, a := range cases() {
		b := newBrief(w, a)
		out := &text{words: w}
		out.brief(b)
		got := squash(unmark(out.b.String()))
		at := 0
		for _, r := range b.texts() {
			want := squash(r.String())
			if r.String() == b.AdviceLabel.String()+" "+b.Advice.String() {
				want = squash(b.AdviceLabel.String() + " " + strings.ToUpper(b.Advice.String()))
			}
			i := strings.Index(strings.ToLower(got[at:]), strings.ToLower(want))
			if i < 0 && !strings.Contains(strings.ReplaceAll(strings.ToLower(got), " ", ""), strings.ReplaceAll(strings.ToLower(want), " ", "")) {
				t.Errorf("%s: the text lacks %q", name, want)
			}
		}
		if n := countWords(got); n > maxBriefWords+20 { // numbers of list items and signs
			t.Errorf("%s: the brief has %d words in text", name, n)
		}
		if bad := bannedWords(parseRich(out.b.String()).prose()); len(bad) > 0 {
			t.Errorf("%s: banned: %q", name, bad)
		}
	}
}

func TestBriefHasItsSectionsInOrder(t *testing.T) {
	want := []string{"request", "why", "protects", "wrong", "unseen", "forward", "refusal", "decision"}
	for name, a := range cases() {
		b := newBrief(load(t), a)
		for i, s := range b.Sections {
			if s.ID != want[i] {
				t.Errorf("%s: section %d is %q, want %q", name, i, s.ID, want[i])
			}
			if len(s.Title) == 0 || len(s.texts()) < 2 {
				t.Errorf("%s: section %q says nothing", name, s.ID)
			}
		}
	}
}

// says reports what the brief of a says, as one line.
func says(t testing.TB, a *landwaiter.Assessment) string {
	t.Helper()
	var b strings.Builder
	for _, r := range newBrief(load(t), a).texts() {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

func TestBriefSays(t *testing.T) {
	all := cases()
	for name, want := range map[string][]string{
		"no-findings":    {"Our advice: Recommend import", "no reason to refuse, in the parts we could read", "Nothing tested was given, so we counted nothing.", "We know of no way for research data to leave", "covers 96 out of every 100 parts, by size", "This advice asks for none."},
		"unread-account": {"Our own count of its files does not add up"},
		"second":         {"A second person must sign. The approval ends on 20 February 2027."},
		"conditions":     {"Import with conditions", "Attackers now use 1 of 1,201 known weaknesses", "Tested on 2 November 2026 by the platform team: internet block; walls between projects; read-only source data.", "Claimed, not tested, so not counted: two-step login.", "This advice leans most on: internet block. If it failed, our advice would change to: do not import yet.", "Keep internet block in place. Owner: platform team. By 31 January 2027. Check: test it again.", "2 places could not be read in full."},
		"exploited":      {"Do not import yet", "There is a way forward", "The way forward", "Ask for a new copy with the fixes. The security team must agree first.", "Still open: someone reaches it over a network."},
		"no-advisories":  {"We cannot judge", "What would let us judge", "Give us a list of known weaknesses, at most 14 days old.", "We could not look at enough to say.", "a named risk owner must accept the unknown", "No full list of known weaknesses covers any part of it."},
		"stale":          {"Our Debian list is 1,557 days old. This site's limit is 14.", "One of our lists is too old"},
		"unknown-dates":  {"Nobody says how old our Debian list is.", "2 of our lists are too old"},
		"unread-code":    {"One place could not be read in full.", "we cannot name or open 30 out of every 100 parts, by size. This site's limit is 5.", "covers 2 of 2 items of software (rocky 9)"},
		"malware":        {"We found one item on a list of harmful software. No protection makes up for this."},
		"huge":           {"Size: 9.0 PB in 98,765,432 files and 2 layers.", "covers more than 99 out of every 100 parts", "less than 1"},
		"folder":         {"It is a folder of files. Size: less than 1 kB in 1 file. System: not known."},
		"docker-archive": {"Fingerprint of its settings (the source keeps no other)", "sha256:1f2c"},
		"no-fingerprint": {"This advice is tied to no exact copy."},
		"empty":          {"It holds no files, so there was nothing to read."},
		"one-finding":    {"We found 1 known weakness in 1 item of software."},
		"full":           {"more conditions, in the full report. They count too.", "in the full report."},
	} {
		text := says(t, all[name])
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s: does not say %q:\n%s", name, s, text)
			}
		}
	}
}

// A list that is missing or too old proves nothing, so nothing may sound as if
// we had looked.
func TestBlindNeverSaysNone(t *testing.T) {
	for name, a := range cases() {
		if !blind(a) {
			continue
		}
		for _, format := range []string{"text", "html"} {
			text := string(writeTo(t, format, a))
			for _, bad := range []string{"no known weakness in", "there is nothing to list.", "nothing that leads to a bad event", "of software. In the parts we could read, we found", "for research data to leave by this route", "nothing leads to a bad event"} {
				if strings.Contains(text, bad) {
					t.Errorf("%s: the %s says %q", name, format, bad)
				}
			}
		}
	}
}

func TestNumbersAreWhole(t *testing.T) {
	for _, tc := range []struct {
		parts []int64
		want  string
	}{
		{[]int64{1, 1, 1}, "34 33 33"},
		{[]int64{0, 0}, "0 0"},
		{[]int64{1, 1_000_000}, "less than 1 more than 99"},
		{[]int64{5, 0}, "100 0"},
		{[]int64{1 << 62, 1 << 62}, "50 50"},
		{[]int64{96, 4}, "96 4"},
	} {
		if got := strings.Join(shares(tc.parts), " "); got != tc.want {
			t.Errorf("shares(%v) = %q, want %q", tc.parts, got, tc.want)
		}
	}
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 999_499: "999 kB", 999_500: "1.0 MB", 9_960_000: "10 MB", 1 << 62: "4.6 EB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", -1: "-1", 999: "999", 1204: "1,204", 1_234_567: "1,234,567", -1 << 63: "-9,223,372,036,854,775,808"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	for p, want := range map[float64]string{0: "0.0%", 0.0421: "4.2%", 0.0001: "less than 0.1%", 0.9999: "more than 99.9%", 1: "100.0%", 7: "not known"} {
		if got := chance(p); got != want {
			t.Errorf("chance(%v) = %q, want %q", p, got, want)
		}
	}
}

// TestNewsFirst: the page shows a few reasons, so one that says something new
// stands before one more of the same kind, and the weightiest stays first.
func TestNewsFirst(t *testing.T) {
	var got []string
	for _, r := range newsFirst([]landwaiter.Reason{{Code: "a", N: 1}, {Code: "a", N: 2}, {Code: "b", N: 3}, {Code: "a", N: 4}, {Code: "c", N: 5}}) {
		got = append(got, r.Code+strconv.FormatInt(r.N, 10))
	}
	if want := "a1 b3 c5 a2 a4"; strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestSiteMethod: a site's own events, rules and tier are said in its words.
func TestSiteMethod(t *testing.T) {
	text := string(writeTo(t, "text", cases()["site-method"]))
	for _, want := range []string{
		"This could happen: a device is harmed.", "2 findings meet a rule of this site: We fix what is likely to be used soon.",
		"We cannot tell whether one finding meets a rule of this site: We want dates (no such key: epss).",
		"Ask for a new copy with the fix. Owner: the project team. By 1 December 2026. Check: run this tool again", "Tier: 3",
		"Where the method is looser than ours, why: we restore work within a day (the board, 2026-11-02)",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
