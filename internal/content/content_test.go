package content

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

const (
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	hexes  = digits + "abcdef"
	alnum  = upper + lower + digits
)

// drawn makes a text of n characters at random: no secret of anybody.
func drawn(r *rand.Rand, n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

// signed is a GitHub token: its last six characters are the CRC-32 of the others.
func signed(prefix, body string) string {
	const base62 = digits + upper + lower
	sum := crc32.ChecksumIEEE([]byte(body))
	end := make([]byte, 6)
	for i := len(end) - 1; i >= 0; i-- {
		end[i] = base62[sum%62]
		sum /= 62
	}
	return prefix + body + string(end)
}

// samples make a secret for each anchor that begins one, or stands in it. The parts are
// put together here, so that nobody takes this file for one with secrets.
func samples(r *rand.Rand) map[string]string {
	c := func(n int, from string) string { return drawn(r, n, from) }
	raw := make([]byte, 300)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	key := base64.StdEncoding.EncodeToString(raw)
	return map[string]string{
		"PRIVATE KEY-----":           "-----BEGIN RSA PRIVATE " + "KEY-----\n" + key[:64] + "\n" + key[64:] + "\n-----END RSA PRIVATE KEY-----",
		"PuTTY-User-Key-File-":       "PuTTY-User-Key-File-" + "3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n" + key[:64] + "\n",
		"AGE-SECRET-KEY-1":           "AGE-SECRET-" + "KEY-1" + c(58, upper+digits),
		"xoxb-":                      "xox" + "b-" + c(12, digits) + "-" + c(24, alnum),
		"hooks.slack.com/services/T": "hooks.slack.com/" + "services/T" + c(9, upper) + "/B" + c(9, upper) + "/" + c(24, alnum),
		"AccountKey=":                "AccountKey" + "=" + c(86, alnum) + "==",
		"GOCSPX-":                    "GOCSPX" + "-" + c(28, alnum),
		"AKIA":                       "AK" + "IA" + c(16, upper+digits) + "\nsecret: " + c(40, alnum),
		"ghp_":                       signed("gh"+"p_", c(30, alnum)),
		"github_pat_":                "github" + "_pat_" + c(22, alnum) + "_" + c(59, alnum),
		"gho_":                       signed("gh"+"o_", c(30, alnum)),
		"ghu_":                       signed("gh"+"u_", c(30, alnum)),
		"ghs_":                       signed("gh"+"s_", c(30, alnum)),
		"ghr_":                       signed("gh"+"r_", c(70, alnum)),
		"glpat-":                     "gl" + "pat-" + c(20, alnum),
		"hf_A":                       "h" + "f_" + c(34, upper+lower),
		"T3BlbkFJ":                   "sk" + "-" + c(20, alnum) + "T3BlbkFJ" + c(20, alnum),
		"sk-ant-":                    "sk" + "-ant-api03-" + c(93, alnum) + "AA",
		"sk-or-v":                    "sk" + "-or-v1-" + c(64, hexes),
		"pplx-":                      "pp" + "lx-" + c(48, alnum),
		"npm_":                       "np" + "m_" + c(36, alnum),
		"pypi-AgE":                   "py" + "pi-AgEIcHlwaS5vcmc" + c(90, alnum),
		"rubygems_":                  "ruby" + "gems_" + c(48, hexes),
		"dckr_pat_":                  "dckr" + "_pat_" + c(27, alnum),
		"xapp-":                      "xa" + "pp-1-" + c(11, upper+digits) + "-" + c(13, digits) + "-" + c(64, hexes),
		"xoxe.xoxp-":                 "xo" + "xe.xoxp-1-" + c(166, alnum),
		"xoxe-":                      "xo" + "xe-1-" + c(147, alnum),
		"sk_live_":                   "sk" + "_live_" + c(40, alnum),
		"rk_live_":                   "rk" + "_live_" + c(40, alnum),
		"whsec_":                     "wh" + "sec_" + c(32, alnum),
		"hvs.":                       "hv" + "s." + c(90, alnum),
		"dop_v1_":                    "dop" + "_v1_" + c(64, hexes),
		"SG.A":                       "S" + "G." + c(22, alnum) + "." + c(43, alnum),
		"PMAK-":                      "PM" + "AK-" + c(24, hexes) + "-" + c(34, hexes),
		"sbp_":                       "sb" + "p_" + c(40, hexes),
		"sb_secret_":                 "sb" + "_secret_" + c(31, alnum),
		"sq0csp-":                    "sq0" + "csp-" + c(43, alnum),
		"ops_eyJ":                    "ops" + "_eyJ" + c(260, alnum),
		"CCIPAT_":                    "CCI" + "PAT_" + c(22, alnum) + "_" + c(40, hexes),
		"essu_":                      "es" + "su_" + c(92, alnum),
	}
}

// azureAsked is the rule that needs words beside the key.
const azureAsked = "AZURE_STORAGE_KEY"

// see shows one file to a watch, in pieces of some size.
func see(k *Looker, name string, data []byte, piece int) []inventory.Mark {
	w := k.watch()
	w2 := inventory.Watch(w)
	if w2.File(inventory.Passing{Path: name, Size: int64(len(data)), Kind: landwaiter.FileText, Head: data[:min(len(data), 512)]}) {
		for rest := data; len(rest) > 0; {
			n := min(piece, len(rest))
			_, _ = w2.Write(rest[:n])
			rest = rest[n:]
		}
		w2.End()
	}
	return w.marks
}

// TestEveryRule: each rule finds a secret of its kind, wherever it stands, on the line
// where it stands, and says nothing of it.
func TestEveryRule(t *testing.T) {
	k := New()
	r := rand.New(rand.NewPCG(1, 2))
	have := samples(r)
	have[azureAsked] = "AZURE_STORAGE" + "_KEY=" + drawn(r, 86, alnum) + "=="
	filler := strings.Repeat("a line of words without meaning, and no secret at all_\n", 6000)
	for i := range k.rules {
		rule := &k.rules[i]
		anchor := rule.anchors[0]
		if anchor == "AccountKey=" && rule.behind > 1 {
			continue // the same anchor, asked for by words
		}
		text, ok := have[anchor]
		if !ok {
			t.Errorf("%s: no sample for %q", rule.what, anchor)
			continue
		}
		for _, at := range []int{0, 55 * 40, buffer - 55, 55 * 5000} {
			at = at / 55 * 55
			all := filler[:at] + "x = \"" + text + "\"\n" + filler[at:]
			got := see(k, "opt/run.txt", []byte(all), 100_000)
			line := int64(strings.Count(filler[:at], "\n") + strings.Count(text[:max(strings.Index(text, anchor), 0)], "\n") + 1)
			if !slices.ContainsFunc(got, func(m inventory.Mark) bool { return m.What == rule.what && m.Line == line }) {
				t.Errorf("%s, %q at %d: marks %+v, want line %d", rule.what, anchor, at, got, line)
			}
			if strings.Contains(fmt.Sprint(got), text) {
				t.Errorf("%s: a mark holds the secret", rule.what)
			}
		}
	}
}

// TestNoSecrets: what only stands for a secret is none.
func TestNoSecrets(t *testing.T) {
	k := New()
	for _, text := range []string{
		"ghp_" + strings.Repeat("x", 36), "AKIA" + "IOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"-----BEGIN PRIVATE " + "KEY-----\n...\n-----END PRIVATE KEY-----", "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE\n-----END",
		"https://user:password@example.com/", "https://user:${TOKEN}@git.somewhere.ac.uk/", "postgres://app:changeme@db.internal.net/x",
		"see http://john:doe@www.google.com", "mailto:someone@place.ac.uk", "ssh://git@host.org:22/x", "redis://:secret@localhost:6379",
		"hf_" + strings.Repeat("a", 34), "my_hf_abcdefghijklmnopqrstuvwxyzabcdefgh",
		"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5dNQY4FY29i2g3xx7FyH4XiZz0C0\n-----END PUBLIC KEY-----",
	} {
		if got := see(k, "srv/app/config.txt", []byte(text), 64); len(got) > 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	k := New()
	password := "Tr7" + "kq9-Zmw2"
	for _, text := range []string{"pip install --index-url https://svc:" + password + "@pypi.uni-name.ac.uk/simple", "a@b.uk\nDB=postgresql://app:" + password + "@db1.uni-name.ac.uk:5432/x"} {
		if got := see(k, "opt/setup.txt", []byte(text), 7); len(got) != 1 || got[0].What != whatAddress {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// TestNamed: each row of files with passwords finds one, and none in a file whose
// values only stand for one.
func TestNamed(t *testing.T) {
	k := New()
	v := "Qv7" + "mRt2kXp9w"
	auth := base64.StdEncoding.EncodeToString([]byte("me:" + v))
	cases := map[string]string{
		"root/.netrc": "machine git.uni-name.ac.uk login me password %s\n", "home/u/.pgpass": "db:5432:*:me:%s\n", "root/.my.cnf": "[client]\npassword=%s\n",
		"root/.aws/credentials": "[default]\naws_access_key_id = A\naws_secret_access_key = %s\n", "root/.npmrc": "//registry/:_authToken=%s\n",
		"root/.pypirc": "[pypi]\nusername = __token__\npassword = %s\n", "root/.git-credentials": "https://me:%s@git.uni-name.ac.uk\n", "root/.vault-token": "%s",
		"etc/.htpasswd": "me:%s\n", "root/.cargo/credentials.toml": "[registry]\ntoken = \"%s\"\n", "root/.kaggle/kaggle.json": `{"username":"me","key":"%s"}`,
		"root/.cache/huggingface/token": "%s", "root/.smbcredentials": "username=me\npassword=%s\n", "root/.local/share/jupyter/runtime/jpserver-7.json": `{"token": "%s"}`,
		"etc/jupyter/jupyter_server_config.py": "c.ServerApp.token = '%s'\n", "home/u/.Renviron": "DB_PASSWORD=%s\n", "srv/.env": "export API_KEY=\"%s\"\n", "srv/.env.production": "SECRET_KEY=%s\n",
		"root/.bash_history": "ls\nmysql --password=%s\n", "root/.Rhistory": "Sys.setenv(GITHUB_PAT = \"%s\")\n", "root/.python_history": "password = '%s'\n",
		"root/.local/share/jupyter/runtime/jupyter_cookie_secret": "%s%[1]s",
	}
	seen := map[*named]bool{}
	for name, text := range cases {
		seen[namedOf(name)] = true
		if got := see(k, name, fmt.Appendf(nil, text, v), 4096); len(got) == 0 {
			t.Errorf("%s: nothing seen", name)
		} else if strings.Contains(fmt.Sprint(got), v) {
			t.Errorf("%s: a mark holds the secret", name)
		}
		for _, none := range []string{"${TOKEN}", "changeme", "<token>", "xxxxxxxxxxxx"} {
			if got := see(k, name, fmt.Appendf(nil, text, none), 4096); len(got) > 0 && !strings.Contains(name, "cookie_secret") {
				t.Errorf("%s with %s: %+v", name, none, got)
			}
		}
	}
	docker := []byte(`{"auths":{"registry.uni-name.ac.uk":{"auth":"` + auth + `"}}}`)
	if got := see(k, "root/.docker/config.json", docker, 4096); len(got) != 1 {
		t.Errorf("docker: %+v", got)
	}
	seen[namedOf("root/.docker/config.json")] = true
	for i := range nameds {
		if !seen[&nameds[i]] {
			t.Errorf("no case for row %d, %q %q", i, nameds[i].bases, nameds[i].ends)
		}
	}
}

// TestSettings: what an image says of itself.
func TestSettings(t *testing.T) {
	k := New()
	v := "Wq8" + "zTn4pLs6y"
	texts := [][2]string{
		{"setting DB_PASSWORD", "DB_PASSWORD=" + v},
		{"setting GPG_KEY", "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568"},
		{"setting PATH", "PATH=/usr/bin"},
		{"setting JUPYTER_TOKEN", "JUPYTER_TOKEN="},
		{"setting PASSWORD", "PASSWORD=$SECRET"},
		{"setting AWS_SECRET_ACCESS_KEY_FILE", "AWS_SECRET_ACCESS_KEY_FILE=/run/" + v},
		{"step 2 of the build", "RUN /bin/sh -c curl -u me:" + v + " https://x"},
		{"step 3 of the build", "ARG TOKEN=" + v},
		{"step 4 of the build", "RUN pip install numpy==1.26.4"},
	}
	got := k.Settings(func(yield func(string, string) bool) {
		for _, x := range texts {
			if !yield(x[0], x[1]) {
				return
			}
		}
	})
	var where []string
	for _, s := range got {
		where = append(where, s.Where)
		if f := s.finding(); strings.Contains(fmt.Sprintf("%+v", f), v) {
			t.Errorf("the finding holds the secret: %+v", f)
		}
	}
	if want := []string{"setting DB_PASSWORD", "step 2 of the build", "step 3 of the build"}; !slices.Equal(where, want) {
		t.Errorf("%q, want %q", where, want)
	}
}

// FuzzWatch: in whatever pieces a file comes, the same is seen, and nothing of the
// file stands in what is said.
func FuzzWatch(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, text := range samples(r) {
		f.Add("a/.netrc", []byte(text), 7)
	}
	f.Add("a/.bash_history", []byte("export TOKEN=Qm7rTz2kXp9w\n943 476 5919 AB123456C"), 1)
	k := New()
	f.Fuzz(func(t *testing.T, name string, data []byte, piece int) {
		one := see(k, name, data, max(len(data), 1))
		two := see(k, name, data, max(piece%500, 1))
		if !slices.Equal(one, two) {
			t.Errorf("whole %+v, in pieces %+v", one, two)
		}
		for _, m := range one {
			if len(m.Note) > 0 {
				t.Errorf("a note: %+v", m)
			}
		}
	})
}

// FuzzNamed: every row of files with passwords reads anything.
func FuzzNamed(f *testing.F) {
	f.Add(0, []byte("machine x login y password z"))
	f.Add(4, []byte(`{"auths":{"a":{"auth":"bTpw"}}}`))
	f.Fuzz(func(t *testing.T, row int, data []byte) {
		n := &nameds[uint(row)%uint(len(nameds))]
		n.read(data, func(what string, line int64) {
			if what == "" || line < 0 || line > int64(bytes.Count(data, []byte("\n"))+1) {
				t.Errorf("%q on line %d", what, line)
			}
		})
	})
}

// FuzzDetectors: every rule examines anything.
func FuzzDetectors(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, text := range samples(r) {
		f.Add(1, []byte(text), 0)
	}
	k := New()
	f.Fuzz(func(_ *testing.T, row int, window []byte, at int) {
		rule := &k.rules[uint(row)%uint(len(k.rules))]
		anchor := rule.anchors[0]
		place := int(uint(at) % uint(len(window)+1))
		window = slices.Concat(window[:place], []byte(anchor), window[place:])
		rule.examine(k, window[:min(len(window), behind+ahead+place)], place)
	})
}

// TestThisMachine: the trees of Go and of Debian's Python hold no secret of anybody.
func TestThisMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("reads some 100 MB")
	}
	k := New()
	files := 0
	for _, root := range []string{filepath.Join(goroot(t), "src"), "/usr/lib/python3", "/usr/lib/python3.11"} {
		_ = filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			data, err := os.ReadFile(p)
			if err != nil {
				return nil
			}
			files++
			for _, m := range see(k, strings.TrimPrefix(p, "/"), data, 128<<10) {
				s := inventory.Seen{Mark: m, File: landwaiter.File{Path: strings.TrimPrefix(p, "/"), SHA256: sumOf(data)}}
				if one, _, aside := sighting(&s); !aside && (one.kind == landwaiter.KindSecret || one.kind == landwaiter.KindPersonal) {
					t.Errorf("%s: %s on line %d", p, m.What, m.Line)
				}
			}
			return nil
		})
	}
	if files < 1000 {
		t.Errorf("%d files read", files)
	}
}
