package content

import (
	"bytes"
	"encoding/base64"
	"math"
	"regexp"
	"strings"
)

// rule finds one kind of secret wherever one of its anchors stands.
type rule struct {
	what string // in plain words, with its article
	// anchors are what the secret cannot be without, each of minAnchor bytes at least.
	anchors       []string
	behind, ahead int // bytes around the anchor that examine sees
	// examine says whether the anchor at a place of the window is part of a secret.
	examine func(k *Looker, window []byte, at int) verdict
}

// verdict is what an examination came to.
type verdict uint8

const (
	nothing verdict = iota
	secret
	unknown // it could not be examined
)

func is(yes bool) verdict {
	if yes {
		return secret
	}
	return nothing
}

// What is seen by other means than an anchor.
const (
	whatPrivateKey = "a private key"
	whatAddress    = "a password in a web address"
	whatStored     = "a stored password"
	whatNotebook   = "a notebook server's password"
	whatSetting    = "a password in a setting of the image"
	whatStep       = "a password in a step of the build"
	whatTyped      = "a password in a list of typed commands"
)

// rules is the table.
func rules() []rule {
	return append([]rule{
		{whatPrivateKey, []string{"PRIVATE KEY-----"}, 48, ahead, privateKey},
		{whatPrivateKey, []string{"PuTTY-User-Key-File-"}, 0, 4 << 10, puttyKey},
		{"an age key", []string{"AGE-SECRET-KEY-1"}, 1, 256, shaped(`^AGE-SECRET-KEY-1[0-9A-Z]{58}\b`)},
		{"a Slack token", []string{"xoxb-", "xoxp-", "xoxa-", "xoxs-"}, 1, 256, shaped(`^xox[abps]-[0-9]{8,14}-[0-9A-Za-z-]{20,}`)},
		{"a Slack address for messages", []string{"hooks.slack.com/services/T"}, 1, 256, shaped(`^hooks\.slack\.com/services/T[A-Z0-9]{7,}/B[A-Z0-9]{7,}/[A-Za-z0-9]{20,}`)},
		{"an Azure storage key", []string{"AccountKey="}, 1, 256, shaped(`^AccountKey=[A-Za-z0-9+/]{86}==`)},
		{"a Supabase key", []string{"sb_secret_"}, 1, 256, shaped(`^sb_secret_[A-Za-z0-9_-]{31,36}`)},
		{"a Google client secret", []string{"GOCSPX-"}, 1, 256, shaped(`^GOCSPX-[A-Za-z0-9_-]{28}`)},
	}, ofVeles()...)
}

// shaped is an examination by an expression of what begins at the anchor.
func shaped(expression string) func(*Looker, []byte, int) verdict {
	exp := regexp.MustCompile(expression)
	return func(_ *Looker, window []byte, at int) verdict {
		if at > 0 && isWord(window[at-1]) {
			return nothing
		}
		m := exp.Find(window[at:])
		return is(m != nil && !placeholder(string(m)))
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// token is what is written without a break at the start of b.
func token(b []byte) string {
	i := 0
	for i < len(b) && i < 300 && (isWord(b[i]) || strings.IndexByte("-+/=.~", b[i]) >= 0) {
		i++
	}
	return string(b[:i])
}

var beginsKey = regexp.MustCompile(`-----BEGIN (?:[A-Z0-9]+ ){0,3}$`)

const (
	// A private key of 256 bits has some 110 characters in this form; shorter ones
	// stand for a key in a text about keys.
	minKeyText = 96
	maxKeyText = 16 << 10
)

// privateKey examines the first line of a key in PEM form, as a file or as a text in
// a program. What follows must be one: many texts speak of such lines.
//
// Format: RFC 7468.
func privateKey(_ *Looker, window []byte, at int) verdict {
	if !beginsKey.Match(window[:at]) {
		return nothing
	}
	body := window[at+len("PRIVATE KEY-----"):]
	if end := bytes.Index(body, []byte("-----END")); end >= 0 {
		body = body[:end]
	} else if len(body) < ahead/2 {
		return nothing // cut short: no key
	}
	text := keyText(body)
	if len(text) < minKeyText || strings.Contains(text, "...") {
		return nothing
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text[:len(text)&^3], "="))
	return is(err == nil && len(raw) >= minKeyText*3/4 && entropy(string(raw)) > 4.5)
}

// keyText is the base64 of a key without what stands between its lines: ends of
// lines, also as programs write them, quotation marks, and headers.
func keyText(body []byte) string {
	var out []byte
	for line := range bytes.FieldsFuncSeq(bytes.ReplaceAll(body[:min(len(body), maxKeyText)], []byte(`\n`), []byte("\n")), func(c rune) bool { return c == '\n' || c == '\r' }) {
		line = bytes.Trim(line, " \t\"'`+,;\\#*")
		if bytes.Contains(line, []byte(": ")) || bytes.HasSuffix(line, []byte(":")) {
			continue // Proc-Type, DEK-Info
		}
		out = append(out, line...)
	}
	return string(out)
}

// puttyKey examines the start of a key as PuTTY writes it.
func puttyKey(_ *Looker, window []byte, _ int) verdict {
	i := bytes.Index(window, []byte("Private-Lines:"))
	return is(i >= 0 && len(keyText(window[i+len("Private-Lines:"):])) >= 48)
}

// said are words by which people mark a value that is none.
var said = regexp.MustCompile(`(?i)example|sample|x{4}|changeme|change[-_.]?me|change[-_.]?it|dummy|fake|placeholder|replace|redacted|removed|insert|your[-_.]?|^my[-_.]?|my[-_.]?(?:pass|secret|token|key|api)|^pass(?:word|wd)?[0-9]{0,3}$|^secret[0-9]{0,3}$|^token[0-9]{0,3}$|123456|abcdef|00000|qwerty|hunter2|undefined|\.\.\.|deadbeef|loremipsum`)

// saidShort are words that mark a short value; in a long one they may stand by chance.
var saidShort = regexp.MustCompile(`(?i)foo|bar|^test|test(?:ing|pass|user|token|key|secret)|[-_.]here$|todo|none|null`)

const shortValue = 24

// placeholder reports whether a value stands for a secret and is none: an example, a
// reference to a variable, a row of the same letters.
func placeholder(v string) bool {
	v = strings.Trim(v, `"'`)
	if v == "" || strings.ContainsAny(v, "<>{}$*%") && reference(v) {
		return true
	}
	return said.MatchString(v) || len(v) <= shortValue && saidShort.MatchString(v) || entropy(v) < 2.3
}

// reference reports whether a value only refers to another.
func reference(v string) bool {
	return strings.HasPrefix(v, "$") || strings.HasPrefix(v, "<") || strings.HasPrefix(v, "%") ||
		strings.Contains(v, "${") || strings.Contains(v, "{{") || strings.Contains(v, "***") || strings.HasPrefix(v, "{") || strings.Contains(v, "%s")
}

// random reports whether a value looks chosen or drawn to be a secret: long enough,
// with letters and other characters.
func random(v string) bool {
	v = strings.Trim(v, `"'`)
	letter := strings.ContainsFunc(v, func(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' })
	other := strings.ContainsFunc(v, func(c rune) bool { return c >= '0' && c <= '9' || strings.ContainsRune("!@#%^&*?+=~", c) })
	return len(v) >= 8 && letter && other && !placeholder(v) && entropy(v) >= 2.6
}

// entropy is that of the bytes of s, in bits for each.
func entropy(s string) float64 {
	var n [256]int
	for i := range len(s) {
		n[s[i]]++
	}
	sum := 0.0
	for _, k := range n {
		if k > 0 {
			p := float64(k) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// addresses examines each "@" of the buffer before end for a password in an address.
func (w *watch) addresses(end int) {
	for i := w.done; i < end; {
		k := bytes.IndexByte(w.buf[i:end], '@')
		if k < 0 {
			return
		}
		at := i + k
		i = at + 1
		if at+1 >= len(w.buf) || !isWord(w.buf[at+1]) {
			continue
		}
		if w.addressAt(at) {
			w.mark(whatAddress, at)
		}
	}
}

const maxAddress = 400 // bytes of a user's name and password

// addressAt examines the "@" at a place of the buffer.
func (w *watch) addressAt(at int) bool {
	colon := -1
	for i := at - 1; i >= max(0, at-maxAddress); i-- {
		c := w.buf[i]
		if c == ':' && i > 0 && colon < 0 {
			colon = i
		}
		if c == '/' {
			if i < 2 || w.buf[i-1] != '/' || w.buf[i-2] != ':' || colon < 0 {
				return false
			}
			return leaks(string(w.buf[i+1:colon]), string(w.buf[colon+1:at]), hostOf(w.buf[at+1:]), len(namedAddress(w.p.Path)) > 0)
		}
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"'`<>()[],;|\\", c) >= 0 {
			return false
		}
	}
	return false
}

func hostOf(b []byte) string {
	i := 0
	for i < len(b) && i < 256 && (isWord(b[i]) || b[i] == '.' || b[i] == '-') {
		i++
	}
	return strings.ToLower(string(b[:i]))
}

// nowhere are hosts in texts about addresses.
var nowhere = regexp.MustCompile(`(?:^|\.)(?:localhost|local|example|test|invalid|example\.(?:com|org|net)|host|hostname|server|domain|domain\.tld|domain\.com|host\.com|site\.com|mydomain\.com|myserver\.com|company\.com|foo\.com|bar\.com|abc\.com|test\.com|somewhere\.com|127\.[0-9.]+|0\.0\.0\.0|192\.0\.2\.[0-9]+)$|example`)

// written are users and passwords in texts about addresses.
var written = regexp.MustCompile(`(?i)^(?:user|username|usr|login|me|name|john|jane|alice|bob|joe)[0-9]{0,2}:|p[a@4][s5$]*w[o0]?r?d|:pa[s5$]{2}`)

// leaks reports whether an address holds a real password. In a file whose purpose it
// is to hold one, any that is no placeholder counts.
func leaks(user, password, host string, stored bool) bool {
	if password == "" || placeholder(password) || reference(user) || !stored && written.MatchString(user+":"+password) || strings.EqualFold(user, password) || nowhere.MatchString(host) {
		return false
	}
	if stored {
		return len(password) >= 6
	}
	return strings.Contains(host, ".") && random(password)
}

// namedAddress names the files that hold addresses with passwords on purpose.
func namedAddress(path string) string {
	for _, end := range []string{".git-credentials", ".git/config", "pip.conf", ".pypirc", ".npmrc", ".netrc", ".condarc", "sources.list", ".Renviron"} {
		if strings.HasSuffix(path, end) {
			return end
		}
	}
	return ""
}
