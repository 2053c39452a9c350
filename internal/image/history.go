package image

import (
	"regexp"
	"strings"
)

// hidden stands where a secret stood.
const hidden = "***"

// secretNames are parts of the names of settings whose values are secrets.
const secretNames = `[\w.-]*(?:token|secret|passw|passphrase|passwd|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth|cookie)[\w.-]*|[\w.-]*_(?:key|pat|pwd|pass)`

// value is one word of a shell, quoted or not.
const shellValue = `("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'&|;<>]+)`

// secrets are the shapes that secrets have in the steps of a build. In each, the
// last group is the secret.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(\b(?:` + secretNames + `)=)` + shellValue),
	// ENV NAME value, as old builders wrote it.
	regexp.MustCompile(`(?i)(\bENV\s+(?:` + secretNames + `)\s+)` + shellValue),
	regexp.MustCompile(`(?i)(\s--?(?:` + secretNames + `|pass|pat)\s+)` + shellValue),
	regexp.MustCompile(`(\s(?:-u|--user|--proxy-user)[\s=]+["']?[^\s:"'=/]+:)([^\s"'&|;<>]+)`), // curl
	regexp.MustCompile(`(?i)(\b(?:authorization|private-token|x-[\w-]*(?:key|token))\s*:\s*(?:bearer\s+|basic\s+|token\s+)?)([^\s"'&|;<>]+)`),
	regexp.MustCompile(`([a-zA-Z][\w+.-]*://[^\s/@:"']*:)([^\s/@"']+)@`),
	// The shapes that well-known services give to what they hand out.
	regexp.MustCompile(`()\b((?:gh[pousr]_|github_pat_|glpat-|hf_|npm_|pypi-|xox[abprs]-|sk-|AKIA|eyJ)[\w.-]{12,})`),
	regexp.MustCompile(`(://)([^\s/@:"']{12,})@`),
}

// masked returns the step of a build without the secrets that can be told by their
// shape. What only refers to a secret, as "$TOKEN" does, stays.
//
// It is a net with holes: a password without a name looks like any other word.
func masked(step string) string {
	for _, re := range secrets {
		step = re.ReplaceAllStringFunc(step, func(m string) string {
			at := re.FindStringSubmatchIndex(m)
			from, to := at[4], at[5]
			v := m[from:to]
			if strings.HasPrefix(strings.Trim(v, `"'`), "$") || v == hidden {
				return m
			}
			return m[:from] + hidden + m[to:]
		})
	}
	return step
}
