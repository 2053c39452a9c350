package content

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"path"
	"regexp"
	"strings"
)

// named is a file whose name says that it holds passwords, or may.
type named struct {
	// bases are names; ends are ends of paths.
	bases, ends []string
	fits        func(base string) bool
	// read calls mark for each line with a password.
	read func(data []byte, mark func(what string, line int64))
}

// nameds is the table. The first row that fits counts.
var nameds = []named{
	{bases: []string{".netrc", "_netrc"}, read: each(whatStored, afterWord(`(?:^|\s)password\s+(\S+)`))},
	{bases: []string{".pgpass", "pgpass.conf"}, read: each(whatStored, pgpass)},
	{bases: []string{".my.cnf", ".mylogin.cnf"}, read: each(whatStored, afterWord(`(?i)^\s*password\s*=\s*(\S+)`))},
	{ends: []string{".aws/credentials"}, read: each(whatStored, afterWord(`(?i)^\s*aws_(?:secret_access_key|session_token)\s*=\s*(\S+)`))},
	{bases: []string{".dockercfg"}, ends: []string{".docker/config.json", "containers/auth.json"}, read: dockerAuths},
	{bases: []string{".npmrc", ".yarnrc", ".yarnrc.yml"}, read: each(whatStored, afterWord(`(?i)(?:_authToken|_auth|_password|npmAuthToken|npmAuthIdent)["']?\s*[=: ]\s*["']?([^\s"']+)`))},
	{bases: []string{".pypirc"}, read: each(whatStored, afterWord(`(?i)^\s*password\s*[=:]\s*(\S+)`))},
	{bases: []string{".git-credentials"}, read: each(whatStored, afterWord(`^[a-z]+://[^:/@\s]+:([^@\s]+)@`))},
	{bases: []string{".vault-token", ".vault_pass", ".vault-pass"}, read: whole},
	{bases: []string{".htpasswd", ".pgadmin_pass"}, read: each(whatStored, afterWord(`^[^:#\s]+:(\S{8,})`))},
	{ends: []string{".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials"}, read: each(whatStored, afterWord(`(?i)(?:token|api_key)["']?\s*[=:]\s*["']?([^\s"']+)`))},
	{ends: []string{".kaggle/kaggle.json"}, read: each(whatStored, afterWord(`"key"\s*:\s*"([^"]+)"`))},
	{ends: []string{".cache/huggingface/token", ".huggingface/token"}, read: whole},
	{bases: []string{".smbcredentials", ".cifs"}, read: each(whatStored, afterWord(`(?i)^\s*password\s*=\s*(\S+)`))},
	{bases: []string{"jupyter_cookie_secret", "notebook_cookie_secret"}, read: func(data []byte, mark func(string, int64)) {
		if len(bytes.TrimSpace(data)) >= 24 {
			mark(whatNotebook, 1)
		}
	}},
	{fits: isJupyter, read: each(whatNotebook, afterWord(`(?i)["'.](?:token|password)["']?\s*[=:]\s*u?["']([^"']+)["']`))},
	{bases: []string{".Renviron", "Renviron", "Renviron.site", ".env", "environment", ".envrc"}, fits: isEnv, read: each(whatStored, setting)},
	{bases: []string{".bash_history", ".zsh_history", ".sh_history", ".ash_history", ".history", ".Rhistory", ".python_history", ".psql_history", ".mysql_history", ".node_repl_history", "fish_history"}, read: each(whatTyped, typed)},
}

// namedOf is the row of a path, nil where its name says nothing.
func namedOf(name string) *named {
	base := path.Base(name)
	for i := range nameds {
		n := &nameds[i]
		for _, b := range n.bases {
			if b == base {
				return n
			}
		}
		for _, e := range n.ends {
			if strings.HasSuffix(name, e) && (len(name) == len(e) || name[len(name)-len(e)-1] == '/') {
				return n
			}
		}
		if n.fits != nil && n.fits(base) {
			return n
		}
	}
	return nil
}

func isJupyter(base string) bool {
	return strings.HasPrefix(base, "jupyter_") && (strings.HasSuffix(base, "config.py") || strings.HasSuffix(base, "config.json")) ||
		(strings.HasPrefix(base, "jpserver-") || strings.HasPrefix(base, "nbserver-")) && strings.HasSuffix(base, ".json")
}

func isEnv(base string) bool {
	return strings.HasPrefix(base, ".env.") && !strings.HasSuffix(base, ".example") && !strings.HasSuffix(base, ".sample") && !strings.HasSuffix(base, ".template")
}

// each reads a file line by line. value returns what may be a password, "" for none.
func each(what string, value func(line string) string) func([]byte, func(string, int64)) {
	return func(data []byte, mark func(string, int64)) {
		n := int64(0)
		for line := range bytes.Lines(data) {
			n++
			if len(line) > 16<<10 {
				continue // no person and no program writes such a line of settings
			}
			s := strings.TrimRight(string(line), "\r\n")
			if v := value(s); v != "" && len(v) >= 4 && !placeholder(v) && !strings.HasPrefix(strings.TrimSpace(s), "#") {
				mark(what, n)
			}
		}
	}
}

// afterWord takes the group of an expression.
func afterWord(expression string) func(string) string {
	exp := regexp.MustCompile(expression)
	return func(line string) string {
		if m := exp.FindStringSubmatch(line); m != nil {
			return m[1]
		}
		return ""
	}
}

// pgpass takes the fifth field of "host:port:database:user:password".
func pgpass(line string) string {
	if f := strings.SplitN(line, ":", 5); len(f) == 5 {
		return f[4]
	}
	return ""
}

func whole(data []byte, mark func(string, int64)) {
	v := strings.TrimSpace(string(data))
	if len(v) >= 8 && len(v) < 4<<10 && !placeholder(v) && !strings.ContainsAny(v, " \n") {
		mark(whatStored, 1)
	}
}

// dockerAuths reads the logins of a container engine: "auth" is the base64 of
// "user:password".
func dockerAuths(data []byte, mark func(string, int64)) {
	type login struct{ Auth, IdentityToken, RegistryToken, Password string }
	var all struct{ Auths map[string]login }
	if json.Unmarshal(data, &all) != nil || all.Auths == nil {
		_ = json.Unmarshal(data, &all.Auths) // the old form has no word around it
	}
	for _, l := range all.Auths {
		raw, _ := base64.StdEncoding.DecodeString(l.Auth)
		_, password, _ := strings.Cut(string(raw), ":")
		for _, v := range []string{password, l.IdentityToken, l.RegistryToken, l.Password} {
			if len(v) >= 4 && !placeholder(v) {
				mark(whatStored, 0)
				return
			}
		}
	}
}

// secretNames are the names of settings whose values are secrets. Fingerprints of
// public keys, as GPG_KEY, are not among them.
var secretNames = regexp.MustCompile(`(?i)(?:password|passwd|passphrase)$|(?:^|[_.-])(?:password|passwd|passphrase|pass|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|secret[_-]?key|private[_-]?key|credentials?|pat)(?:$|[_.-](?:key|value|id)?$)`)

// notNames are names with such words whose values are none.
var notNames = regexp.MustCompile(`(?i)(?:file|path|dir|url|uri|name|type|length|expir\w*|timeout|public|fingerprint|access_key_id|key_id)$|^(?:PWD|OLDPWD)$`)

// setting takes the value of "NAME=value" where the name is that of a secret and the
// value looks like one.
func setting(line string) string {
	name, v, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
	name, v = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(v), `"'`)
	if !ok || !secretNames.MatchString(name) || notNames.MatchString(name) || reference(v) || strings.HasPrefix(v, "/") || strings.Contains(v, "://") || !random(v) {
		return ""
	}
	return v
}

// typedSecrets are the places of passwords in commands. The last group is the value.
var typedSecrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(?:^|[\s;])(?:export\s+|set\s+)?([A-Z_][A-Z0-9_]*)=("[^"]*"|'[^']*'|[^\s;&|]+)`),
	regexp.MustCompile(`(?i)(\s--?(?:password|passwd|passphrase|token|secret|api-key|pass)[\s=]+)("[^"]*"|'[^']*'|[^\s;&|]+)`),
	regexp.MustCompile(`(\s(?:-u|--user)[\s=]+["']?[^\s:"'=/]+:)([^\s"'&|;<>]+)`),
	regexp.MustCompile(`(?i)(Sys\.setenv\(\s*[\w.]*(?:pass|token|secret|key|pat|pwd)[\w.]*\s*=\s*)["']([^"']+)["']`),
	regexp.MustCompile(`(?i)(\b(?:password|passwd|token|api_key|secret)\s*(?:=|<-)\s*)["']([^"']+)["']`),
	regexp.MustCompile(`(?i)(identified by\s+)'([^']+)'`),
	regexp.MustCompile(`(?i)(authorization\s*:\s*(?:bearer|basic|token)\s+)([^\s"'&|;<>]+)`),
}

// typed takes a password out of a command that somebody typed, or that built an image.
func typed(line string) string {
	for i, exp := range typedSecrets {
		for _, m := range exp.FindAllStringSubmatch(line, 20) {
			v := strings.Trim(m[2], `"'`)
			if i == 0 {
				v = setting(m[1] + "=" + v)
			}
			if v != "" && !reference(v) && !strings.HasPrefix(v, "/") && random(v) {
				return v
			}
		}
	}
	return ""
}
