package inventory

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	packageurl "github.com/package-url/packageurl-go"
)

// purl builds a package URL; qualifiers come in pairs, and those without a
// value are left out. It is "" where the parts make no package URL.
func purl(kind, namespace, name, version string, qualifiers ...string) string {
	p := packageurl.PackageURL{Type: kind, Namespace: namespace, Name: name, Version: version}
	for i := 0; i+1 < len(qualifiers); i += 2 {
		p.Qualifiers = append(p.Qualifiers, packageurl.Qualifier{Key: qualifiers[i], Value: qualifiers[i+1]})
	}
	if p.Normalize() != nil {
		return ""
	}
	return p.ToString()
}

// asUTF8 reads bytes that are no UTF-8 as latin1, which old metadata is
// written in and which reads any byte.
func asUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// oneLine joins the lines and runs of space of s.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// unique drops what list has named before.
func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	out := list[:0]
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// isHex reports whether s is size lower-case hex digits.
func isHex(s string, size int) bool {
	return len(s) == size && strings.Trim(s, "0123456789abcdef") == ""
}

// condaToken is the part of a channel's address that lets its user in.
var condaToken = regexp.MustCompile(`/t/[^/]+`)

// publicURL takes names, passwords and tokens out of an address, as reports
// travel further than the image does. What is no address stays as it is.
func publicURL(s string) string {
	s = strings.TrimSpace(s)
	scheme, _, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return scheme + "://" // nobody can say where the secret ends
	}
	u.User = nil
	u.RawQuery = ""
	u.Fragment = ""
	return condaToken.ReplaceAllString(u.String(), "")
}

// cutLast cuts s around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
