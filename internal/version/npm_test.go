package version

import (
	"regexp"
	"strings"
	"testing"
)

// TestNpmRanges evaluates node-semver's ranges with the plain order of npm
// versions, and holds the answers against node-semver's own ("loose" and
// "includePrerelease"). Only this test reads such ranges: advisories state
// events, not ranges.
//
// Left out are ranges that a plain order cannot answer; the test prints how
// many rows those are and fails where they are more than a few.
func TestNpmRanges(t *testing.T) {
	s, err := For("npm")
	if err != nil {
		t.Fatal(err)
	}
	checked, left := 0, map[string]int{}
	eachLine(t, shared(t, "versions/npm-ranges.tsv"), func(n int, line string) {
		col := strings.Split(line, "\t")
		if len(col) != 3 {
			t.Fatalf("line %d has %d columns", n, len(col))
		}
		v, err := s.Parse(col[1])
		if err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		got, ok := npmAdmits(t, s, col[0], v)
		if !ok {
			left[col[0]]++
			return
		}
		checked++
		if got != (col[2] == "1") {
			t.Errorf("line %d: %q admits %q: %t, node-semver says %s", n, col[0], col[1], got, col[2])
		}
	})
	out := 0
	for r, n := range left {
		out += n
		t.Logf("left out: %q, %d rows", r, n)
	}
	t.Logf("checked %d rows, left out %d", checked, out)
	if checked < 2800 {
		t.Errorf("checked only %d rows", checked)
	}
}

var (
	npmSpace  = regexp.MustCompile(`([<>=~^])\s+`)
	npmHyphen = regexp.MustCompile(`^\s*(\S+)\s+-\s+(\S+)\s*$`)
	npmPart   = regexp.MustCompile(`^(<=|>=|<|>|=|~|\^)?v?(\d+|[xX*])?(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-?[0-9A-Za-z][0-9A-Za-z.-]*)?$`)
)

// npmAdmits answers ok == false for what it does not know.
func npmAdmits(t *testing.T, s Scheme, text string, v Version) (in, ok bool) {
	t.Helper()
	for alternative := range strings.SplitSeq(text, "||") {
		if m := npmHyphen.FindStringSubmatch(alternative); m != nil {
			alternative = ">=" + m[1] + " <=" + m[2]
		}
		all := true
		for part := range strings.FieldsSeq(npmSpace.ReplaceAllString(alternative, "$1")) {
			m := npmPart.FindStringSubmatch(part)
			if m == nil {
				return false, false
			}
			yes, ok := npmOne(t, s, m, v)
			if !ok {
				return false, false
			}
			all = all && yes
		}
		in = in || all
	}
	return in, true
}

// npmOne answers for one comparator. An x-range stands for the interval from its
// lowest version to the next, and with includePrerelease both ends begin at the
// lowest pre-release.
func npmOne(t *testing.T, s Scheme, m []string, v Version) (in, ok bool) {
	t.Helper()
	op, num := m[1], []string{}
	for _, n := range m[2:5] {
		if n == "" || strings.ContainsAny(n, "xX*") {
			break
		}
		num = append(num, n)
	}
	if op == "~" || op == "^" {
		return false, false
	}
	cmp := func(text string) int {
		w, err := s.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		n, err := v.Compare(w)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if len(num) == 3 {
		text := strings.Join(num, ".")
		if m[5] != "" {
			text += "-" + strings.TrimPrefix(m[5], "-")
		}
		n := cmp(text)
		return map[string]bool{"": n == 0, "=": n == 0, "<": n < 0, "<=": n <= 0, ">": n > 0, ">=": n >= 0}[op], true
	}
	if len(num) == 0 {
		return op != "<" && op != ">", true
	}
	low := strings.Join(num, ".") + strings.Repeat(".0", 3-len(num)) + "-0"
	last := num[len(num)-1]
	next := strings.Join(append(append([]string{}, num[:len(num)-1]...), plusOne(last)), ".") + strings.Repeat(".0", 3-len(num)) + "-0"
	above, below := cmp(low) >= 0, cmp(next) < 0
	return map[string]bool{"": above && below, "=": above && below, "<": !above, "<=": below, ">": !below, ">=": above}[op], true
}

func plusOne(digits string) string {
	b := []byte(digits)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] <= '9' {
			return string(b)
		}
		b[i] = '0'
	}
	return "1" + string(b)
}
