package declared

import (
	"regexp"
	"strings"
)

// verdict is whether a version is one that a list allows.
type verdict int

const (
	unknown verdict = iota
	fits
	differs
)

// same reports whether two versions are one, however they are spelt.
func same(ecosystem, a, b string) bool {
	if a == b {
		return true
	}
	if ecosystem == "go" {
		a, b = strings.TrimPrefix(a, "v"), strings.TrimPrefix(b, "v")
	}
	if order, ok := orderOf(ecosystem); ok {
		if n, err := order.Compare(a, b); err == nil && n == 0 {
			return true
		}
	}
	// Some lists leave the epoch out.
	if ecosystem == "rpm" || ecosystem == "dpkg" {
		ea, ra, oka := strings.Cut(a, ":")
		eb, rb, okb := strings.Cut(b, ":")
		if oka != okb && (oka && ra == b && ea != "" || okb && rb == a && eb != "") {
			return true
		}
	}
	return a == b
}

var comparator = regexp.MustCompile(`^(===|==|~=|~>|!=|<=|>=|<|>|=)\s*([^\s<>=!~]+)$`)

// allows holds a version against a constraint: comparisons that all must hold, with
// commas between them. What it does not know is unknown, never a difference.
func allows(ecosystem, constraint, v string) verdict {
	constraint = strings.TrimSpace(constraint)
	if constraint == "" || constraint == "*" {
		return unknown
	}
	out := fits
	for part := range strings.SplitSeq(constraint, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		m := comparator.FindStringSubmatch(part)
		if m == nil {
			out = unknown
			continue
		}
		switch one(ecosystem, m[1], m[2], v) {
		case differs:
			return differs
		case unknown:
			out = unknown
		case fits:
		}
	}
	return out
}

// one holds v against a single comparison.
func one(ecosystem, op, want, v string) verdict {
	if prefix, ok := strings.CutSuffix(want, "*"); ok {
		return wildcard(op, prefix, v)
	}
	if op == "==" || op == "===" || op == "=" {
		return truth(same(ecosystem, want, v))
	}
	if op == "!=" {
		return truth(!same(ecosystem, want, v))
	}
	order, ok := orderOf(ecosystem)
	if !ok {
		return unknown
	}
	n, err := order.Compare(v, want)
	if err != nil {
		return unknown
	}
	switch op {
	case "<":
		return truth(n < 0)
	case "<=":
		return truth(n <= 0)
	case ">":
		return truth(n > 0)
	case ">=":
		return truth(n >= 0)
	}
	// "~=1.4.2" and "~>1.4.2": at least that, and the same but for the last number.
	i := strings.LastIndexByte(want, '.')
	if i < 0 || strings.Trim(want, "0123456789.") != "" {
		return unknown
	}
	return truth(n >= 0 && under(want[:i], v))
}

// wildcard holds v against the start of a version.
func wildcard(op, prefix, v string) verdict {
	has := strings.HasPrefix(v, prefix)
	if dotted, ok := strings.CutSuffix(prefix, "."); ok {
		has = under(dotted, v)
	}
	switch op {
	case "==", "=":
		return truth(has)
	case "!=":
		return truth(!has)
	}
	return unknown
}

// under reports whether v is prefix or continues it after something that is no part
// of the same number.
func under(prefix, v string) bool {
	rest, ok := strings.CutPrefix(v, prefix)
	return ok && (rest == "" || rest[0] < '0' || rest[0] > '9')
}

func truth(ok bool) verdict {
	if ok {
		return fits
	}
	return differs
}
