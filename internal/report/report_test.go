package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
)

var (
	update = flag.Bool("update", false, "rewrite golden files instead of comparing with them")
	viewIn = flag.String("view", "", "write every case in every format into this folder, to look at")
)

// Every format × every testdata/*.json has a golden.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.json")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, input := range inputs {
		data, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		var a landwaiter.Assessment
		if err := json.Unmarshal(data, &a); err != nil {
			t.Fatalf("%s: %v", input, err)
		}
		for _, f := range written() {
			path := strings.TrimSuffix(input, ".json") + f.Extension + ".golden"
			got := writeTo(t, f.Name, &a)
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; run the test with -update to make it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s differs (-want +got); run with -update if the change is meant:\n%s", path, diff)
			}
		}
	}
}

// written are the formats that this package writes itself: a printed one is the
// browser's.
func written() []Format {
	return slices.DeleteFunc(Formats(), func(f Format) bool { return f.Printed })
}

// htmlFormats are the formats that are HTML.
func htmlFormats() []Format {
	return slices.DeleteFunc(written(), func(f Format) bool { return !strings.HasSuffix(f.Extension, "html") })
}

func TestView(t *testing.T) {
	if *viewIn == "" {
		t.Skip("no -view folder to write into")
	}
	for name, a := range cases() {
		for _, f := range written() {
			if err := os.WriteFile(filepath.Join(*viewIn, name+f.Extension), writeTo(t, f.Name, a), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, f := range written() {
		got, err := Lookup(f.Name)
		if err != nil || got.Extension != f.Extension {
			t.Errorf("Lookup(%q) = %v, %v", f.Name, got.Extension, err)
		}
	}
	_, err := Lookup("xml")
	if !errors.Is(err, landwaiter.ErrInvalid) || !strings.Contains(err.Error(), "text, json, html") {
		t.Errorf("Lookup(xml): %v", err)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for name, a := range varied() {
		if name == "hostile" {
			continue // its bytes that are no UTF-8 cannot come back
		}
		out := writeTo(t, "json", a)
		var back landwaiter.Assessment
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(a, &back, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	out := string(writeTo(t, "json", hostile()))
	if !strings.Contains(out, `<script>alert(1)</script>`) || !strings.Contains(out, `\u202e`) || !json.Valid([]byte(out)) {
		t.Error("JSON escapes HTML, or shows what reorders text")
	}
}

func TestDeterministic(t *testing.T) {
	for name, a := range varied() {
		for _, f := range written() {
			if !bytes.Equal(writeTo(t, f.Name, a), writeTo(t, f.Name, a)) {
				t.Errorf("%s: %s differs from run to run", name, f.Name)
			}
		}
	}
}

// brokenWriter fails after n bytes, as a full disk does.
type brokenWriter struct{ n int }

var errFull = errors.New("no space left")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	a := conditions()
	for _, f := range written() {
		whole := len(writeTo(t, f.Name, a))
		for _, n := range []int{0, whole / 2, whole - 1} {
			if err := f.Write(&brokenWriter{n}, a); !errors.Is(err, errFull) {
				t.Errorf("%s, %d of %d bytes: %v", f.Name, n, whole, err)
			}
		}
		if err := f.Write(&brokenWriter{whole}, a); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

var (
	outside  = regexp.MustCompile(`(?i)\s(src|href|action|data|poster|srcset|style|on[a-z]+)\s*=\s*"?([^"\s>]*)`)
	loads    = regexp.MustCompile(`(?i)@import|url\([^#]|<(script|link|img|iframe|object|embed|base|form|audio|video)\b`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	localRef = regexp.MustCompile(`^#[a-z0-9_-]+$`)
)

func TestHTMLNeedsNothingElse(t *testing.T) {
	for name, a := range varied() {
		for _, f := range htmlFormats() {
			out := strings.Replace(string(writeTo(t, f.Name, a)), "<script>"+pageScript+"</script>", "", 1)
			needsNothing(t, name+" as "+f.Name, out)
		}
	}
}

func needsNothing(t *testing.T, name, out string) {
	t.Helper()
	for _, tag := range tags.FindAllString(out, -1) {
		for _, m := range outside.FindAllStringSubmatch(tag, -1) {
			if !localRef.MatchString(m[2]) {
				t.Errorf("%s: %s", name, tag)
			}
		}
	}
	if m := loads.FindString(out); m != "" {
		t.Errorf("%s: has %q", name, m)
	}
}

// htmlOutputs writes each assessment in every HTML format.
func htmlOutputs(t testing.TB, all map[string]*landwaiter.Assessment) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, a := range all {
		for _, f := range htmlFormats() {
			out[name+f.Extension] = string(writeTo(t, f.Name, a))
		}
	}
	return out
}

// links of the page must lead somewhere, and IDs must be unique.
func TestHTMLLinks(t *testing.T) {
	ids := regexp.MustCompile(`\sid="([^"]*)"`)
	refs := regexp.MustCompile(`(?:href="#|aria-labelledby="|aria-describedby="|url\(#)([^")]*)`)
	for name, out := range htmlOutputs(t, varied()) {
		seen := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(out, -1) {
			if seen[m[1]] {
				t.Errorf("%s: ID %q stands twice", name, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range refs.FindAllStringSubmatch(out, -1) {
			if !seen[m[1]] {
				t.Errorf("%s: nothing has ID %q", name, m[1])
			}
		}
	}
}

// harmless fails t when out holds a character that a terminal or a reader's
// eye would obey.
func harmless(t testing.TB, what string, out []byte) {
	t.Helper()
	for len(out) > 0 {
		r, n := utf8.DecodeRune(out)
		if r == utf8.RuneError && n == 1 || r != '\n' && !strconv.IsPrint(r) {
			t.Fatalf("%s: holds %q", what, out[:min(len(out), 20)])
		}
		out = out[n:]
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	for name, a := range varied() {
		for _, f := range written() {
			harmless(t, name+" as "+f.Name, writeTo(t, f.Name, a))
		}
	}
	out := strings.Replace(string(writeTo(t, "html", hostile())), "<script>"+pageScript+"</script>", "", 1)
	if strings.Contains(out, "<script") || strings.Contains(out, "javascript:") {
		t.Error("a script got through")
	}
	for _, want := range []string{`\x1b[2J`, `\u202eevil`, `&lt;script&gt;`, `{{.N}}`} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not shown", want)
		}
	}
}

func TestVisible(t *testing.T) {
	for _, tc := range []struct {
		in    string
		limit int
		want  string
	}{
		{"\x1b[2J", 40, `\x1b[2J`},
		{"a\u202eb", 40, `a\u202eb`},
		{"a\nb\x00", 40, `a\nb\x00`},
		{"\xff", 40, `\xff`},
		{"\uE000x\uE001", 40, `\ue000x\ue001`},
		{"naïve 名前 \uFFFD", 40, "naïve 名前 \uFFFD"},
		{"\u00a0\u200b", 40, `\u00a0\u200b`},
		{"e\u0301\u0301\u0301", 40, "e\u0301\u0301" + `\u0301`},
		{"\U000e0041", 40, `\U000e0041`},
		{"abcdefghij", 10, "abcdefghij"},
		{"abcdefghijk", 10, "abcdef…ijk"},
		{strings.Repeat("a", 1<<20), 10, "aaaaaa…aaa"},
		{"\x1b\x1b\x1b\x1b", 10, `\x1b…`},
		{"", 10, ""},
	} {
		if got := visible(tc.in, tc.limit); got != tc.want {
			t.Errorf("visible(%.20q, %d) = %q, want %q", tc.in, tc.limit, got, tc.want)
		}
	}
}

func TestTextIsNarrow(t *testing.T) {
	for name, a := range varied() {
		for line := range strings.Lines(string(writeTo(t, "text", a))) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > textWidth {
				t.Errorf("%s: a line of %d characters: %q", name, n, line)
			}
		}
	}
}

// HTML holds every finding and every package; text says how many it leaves out.
func TestLongLists(t *testing.T) {
	a := base()
	a.Findings = weaknesses(1190)
	for i := range a.Findings {
		a.Findings[i].Kind = landwaiter.KindWeakness
	}
	for i := range 3000 {
		a.Packages = append(a.Packages, pkg("pypi", fmt.Sprintf("p%d", i), "1", landwaiter.Answer{State: landwaiter.AnswerNotAssessed, Reason: "no list"}))
		a.Unowned = append(a.Unowned, file(fmt.Sprintf("opt/f%d", i), 10))
	}
	html, text := string(writeTo(t, "html", a)), string(writeTo(t, "text", a))
	for _, f := range a.Findings {
		if !strings.Contains(html, "<bdi>"+f.Reference+"</bdi>") {
			t.Fatalf("HTML lacks %s", f.Reference)
		}
	}
	for _, p := range a.Packages {
		if !strings.Contains(html, "<bdi>"+p.Name+"</bdi>") {
			t.Fatalf("HTML lacks %s", p.Name)
		}
	}
	for _, want := range []string{"and 1,180 more; the HTML and JSON hold all", "and 2,982 more; the HTML and JSON hold all"} {
		if !strings.Contains(text, want) {
			t.Errorf("text does not say %q", want)
		}
	}
	if !strings.Contains(html, "and 2,000 more, which this page does not list") {
		t.Error("HTML does not say that programs are left out")
	}
}

func TestLayersSay(t *testing.T) {
	all := cases()
	for name, want := range map[string][]string{
		"conditions":    {"Debian data of 21 November 2026 (1 day old).", "PyPI data of 20 November 2026 (2 days old).", "across the whole internet, not in your TRE", "none known: covered by PyPI, as of 20 November 2026", "yes, says kev since 9 March 2026", "Removed or replaced later", "the archive is encrypted", "nobody can say", "It may hide programs.", "claimed, not tested", "no: no test was given", "landwaiter default 1", "14 days", "90 days", "5 out of every 100 parts, by size", "b2" + hex64[2:], "var/lib/dpkg/status (layer 1)", "Debian, list of 21 November 2026"},
		"stale":         {"Debian data of 18 August 2022 (1,557 days old): too old by this site's rule of 14 days."},
		"unknown-dates": {"Debian data: nobody says of which day. It counts as too old.", "PyPI data of 1 January 2027: that is later than this report.", "no answer: covered by Debian, too old or a sample only"},
		"no-advisories": {"not assessed: no advisory file was given", "none was given", "No list was given, so we could not look for known weaknesses."},
		"hostile":       {"We have no words for this kind of finding yet."},
		"exploited":     {"Criminals are using 2 known weaknesses", "Nothing tested protects you here.", "All reasons and conditions"},
	} {
		for _, format := range []string{"text", "html"} {
			out := string(writeTo(t, format, all[name]))
			out = strings.NewReplacer("&#39;", "'", "&lt;", "<", "&#43;", "+").Replace(tags.ReplaceAllString(out, ""))
			flat := strings.Join(strings.Fields(out), "")
			for _, s := range want {
				if !strings.Contains(strings.ToLower(flat), strings.ToLower(strings.Join(strings.Fields(s), ""))) {
					t.Errorf("%s as %s: does not say %q", name, format, s)
				}
			}
		}
	}
}

// Settings can hold passwords: their values stay out of what people pass round.
func TestSettingsAreNotShown(t *testing.T) {
	for _, format := range []string{"text", "html"} {
		out := string(writeTo(t, format, conditions()))
		if strings.Contains(out, "not-for-anybody") || !strings.Contains(out, "TOKEN") {
			t.Errorf("%s shows the value of a setting, or not its name", format)
		}
	}
}

// No page says a banned word, or one that a brief may not, in its own voice.
func TestPagesKeepTheirWord(t *testing.T) {
	for name, a := range cases() {
		w := load(t)
		p := newPage(w, a)
		var text strings.Builder
		put := func(all ...rich) {
			for _, r := range all {
				text.WriteString(r.prose() + "\n")
			}
		}
		for _, part := range p.parts() {
			put(part.Title)
			put(part.Notes...)
			for _, k := range part.Words {
				put(k.Text)
			}
			for _, tb := range part.Tables {
				put(tb.Caption)
				for _, r := range tb.Rows {
					for _, c := range r {
						put(c...)
					}
				}
			}
		}
		if bad := bannedWords(text.String()); len(bad) > 0 {
			t.Errorf("%s: banned: %q", name, bad)
		}
		if w.err != nil {
			t.Errorf("%s: %v", name, w.err)
		}
	}
}
