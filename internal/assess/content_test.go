package assess_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/lwtest"
	"github.com/landwaiter/landwaiter/internal/report"
)

// memory is a cache of which everything can be searched.
type memory struct {
	mu   sync.Mutex
	data map[string][]byte
	hits int
}

func (m *memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.data[key]
	if ok {
		m.hits++
	}
	return data, ok
}

func (m *memory) Put(key string, write func(io.Writer) error) {
	var b bytes.Buffer
	if write(&b) == nil {
		m.mu.Lock()
		m.data[key] = b.Bytes()
		m.mu.Unlock()
	}
}

// The secrets of the planted image, put together here: nobody's.
var (
	plantedPassword = "Zq7" + "kLm2Rt9" + "Wv"
	plantedToken    = "gl" + "pat-" + "Xk4mQz8vRt2pLw9yBn6s"
	plantedNumber   = "8434765" // the start of numbers that nobody is given
)

func planted() string {
	key := "-----BEGIN PRIVATE " + "KEY-----\n" + strings.Repeat("MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg"+"Qm7xTz2kXp9wLb4vRn8sYc3d", 3) + "\n-----END PRIVATE KEY-----\n"
	table := "id,nhs_number,surname,dob\n"
	for i := range 1000 {
		n := fmt.Sprintf("%s%02d", plantedNumber, i%100)
		sum := 0
		for j := range 9 {
			sum += int(n[j]-'0') * (10 - j)
		}
		if check := (11 - sum%11) % 11; check < 10 && i < 100 {
			table += fmt.Sprintf("%d,%s%d,Qwzx%d,19500101\n", i, n, check, i)
		}
	}
	return `config {"User":"1000","Env":["DB_PASSWORD=` + plantedPassword + `","PATH=/usr/bin"]}
created-by 0 "RUN curl -u me:` + plantedPassword + ` https://git.uni-name.ac.uk/x"
jar 0/opt/kit.zip from _kit
-- _kit/deep/.netrc --
machine git.uni-name.ac.uk login me password ` + plantedPassword + `
-- 0/root/.netrc --
machine git.uni-name.ac.uk login me password ` + plantedPassword + `
-- 0/srv/run.py --
import os
URL = "https://svc:` + plantedPassword + `@db.uni-name.ac.uk/x"
TOKEN = "` + plantedToken + `"
-- 0/srv/tests/key.pem --
` + key + `-- 0/data/people.csv --
` + table + `-- 1/root/.wh..netrc --
`
}

// TestContent: what is planted is found, where it lies, also where a later layer
// removed it, and is shown nowhere.
func TestContent(t *testing.T) {
	ref := "oci:" + lwtest.Layout(t, planted())
	kept := &memory{data: map[string][]byte{}}
	a := run(t, ref, assess.Options{Cache: kept})
	again := run(t, ref, assess.Options{Cache: kept})
	one, two := asJSON(t, a), asJSON(t, again)
	if !bytes.Equal(one, two) || kept.hits == 0 {
		t.Errorf("from the cache something else comes (%d hits)", kept.hits)
	}
	var got []string
	for i := range a.Findings {
		switch f := &a.Findings[i]; f.Kind {
		case landwaiter.KindSecret, landwaiter.KindPersonal, landwaiter.KindMaybePersonal:
			got = append(got, f.ID+" | "+f.Detail)
		}
	}
	want := []string{
		"secret:opt/kit.zip!/deep/.netrc | a stored password on line 1",
		"secret:root/.netrc@0 | a stored password on line 1; a later layer removes or replaces the file, and it is still in the image",
		"secret:setting DB_PASSWORD | a password in a setting of the image, in setting DB_PASSWORD",
		"secret:srv/run.py | a GitLab token on line 3; a password in a web address on line 2",
		"secret:step 1 of the build | a password in a step of the build, in step 1 of the build",
		"personal-data:data/people.csv | 91 NHS numbers",
		"maybe-personal-data:data/people.csv | columns with the names that data about people has, 91 rows",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if a.Advice.Outcome != landwaiter.DoNotImport {
		t.Errorf("advice %s", a.Advice.Outcome)
	}
	for _, c := range a.Checks {
		if !c.Done || c.Seen.Files < 5 || c.By == "" {
			t.Errorf("%+v", c)
		}
		if c.Name == landwaiter.CheckSecrets && (len(c.Aside) != 1 || c.Aside[0].Path != "srv/tests/key.pem") {
			t.Errorf("aside: %+v", c.Aside)
		}
	}
	if a.Looked(landwaiter.CheckMalware) {
		t.Error("nobody looked for malware")
	}
	later, err := assess.Again(a, assess.Options{Now: lwtest.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	if later.Advice.Outcome != landwaiter.DoNotImport || !later.Looked(landwaiter.CheckSecrets) {
		t.Error("judged again, what stands in files is forgotten")
	}
	nowhereToBeSeen(t, a, kept)
}

// nowhereToBeSeen searches every output and everything that is kept.
func nowhereToBeSeen(t *testing.T, a *landwaiter.Assessment, kept *memory) {
	t.Helper()
	texts := map[string][]byte{}
	for key, data := range kept.data {
		texts["cache: "+key] = data
	}
	for _, f := range report.Formats() {
		var b bytes.Buffer
		if err := f.Write(&b, a); err != nil {
			t.Fatal(err)
		}
		texts[f.Name] = b.Bytes()
	}
	for name, text := range texts {
		for _, s := range []string{plantedPassword, plantedToken, plantedNumber, "Qm7xTz2k", "Qwzx"} {
			if bytes.Contains(text, []byte(s)) {
				t.Errorf("%s shows %q", name, s)
			}
		}
	}
}

func asJSON(t *testing.T, a *landwaiter.Assessment) []byte {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExampleHoldsNothing: the example has no secret, and nothing stops for one.
func TestExampleHoldsNothing(t *testing.T) {
	ref, _ := example(t, "")
	a := run(t, ref, assess.Options{})
	for i := range a.Findings {
		if k := a.Findings[i].Kind; k == landwaiter.KindSecret || k == landwaiter.KindPersonal {
			t.Errorf("%+v", a.Findings[i])
		}
	}
}

// TestClamdIsAsked: with a daemon's socket every layer is shown to it, whatever the
// cache knows, and a daemon that is not there is said.
func TestClamdIsAsked(t *testing.T) {
	ref := "oci:" + lwtest.Layout(t, planted())
	kept := &memory{data: map[string][]byte{}}
	run(t, ref, assess.Options{Cache: kept})
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); clamd(c) })
		}
	})
	a := run(t, ref, assess.Options{Cache: kept, Clamd: "unix:" + socket})
	var ids []string
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Kind == landwaiter.KindMalware {
			ids = append(ids, f.ID+" | "+f.Detail)
		}
	}
	if want := []string{"malware:file:srv/run.py | harmful software (Made.Up-1)"}; !slices.Equal(ids, want) {
		t.Errorf("%q", ids)
	}
	if c := a.Checks[0]; c.Name != landwaiter.CheckMalware || !c.Done || c.Seen.Files != 5 {
		t.Errorf("%+v", c)
	}
	none := run(t, ref, assess.Options{Clamd: "unix:" + socket + "-none"})
	if c := none.Checks[0]; c.Done || !strings.Contains(c.Reason, "did not answer") || none.Looked(landwaiter.CheckMalware) {
		t.Errorf("%+v", c)
	}
}

// clamd answers one command as a daemon of ClamAV does.
func clamd(c net.Conn) {
	var all []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		all = append(all, buf[:n]...)
		switch {
		case bytes.HasPrefix(all, []byte("zVERSION\x00")):
			fmt.Fprint(c, "ClamAV 1.4.6/27400/"+lwtest.Clock().Format("Mon Jan _2 15:04:05 2006")+"\x00")
			return
		case bytes.HasSuffix(all, []byte{0, 0, 0, 0}):
			name := "OK"
			if bytes.Contains(all, []byte("EICAR")) || bytes.Contains(all, []byte(plantedToken)) {
				name = "Made.Up-1 FOUND"
			}
			fmt.Fprint(c, "stream: "+name+"\x00")
			return
		case err != nil:
			return
		}
	}
}
