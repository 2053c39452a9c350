package attest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// someKey is a private key of the tests.
func someKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func pemOf(t testing.TB, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func hash(c string) string { return strings.Repeat(c, 64) }

// passed is a probe that passed, with a good mark where its strength needs one.
func passed(probe string, s landwaiter.Strength) Result {
	r := Result{Probe: probe, Verdict: Pass, Strength: s, Expected: "refused", Say: "It could not."}
	if s.Rank() >= landwaiter.StrengthUnseen.Rank() {
		r.Expected, r.Canary = "blocked", &Canary{NonceSHA256: hash("a"), Planted: true, Twin: "reached", Receipt: "clean"}
	}
	return r
}

// egress is a run that proves CT-NOEGRESS.
func egress() Evidence {
	e := Evidence{
		Schema:      IsolationSchema,
		Environment: Environment{ID: "north/workspaces", Fingerprint: "hmac:00", Observed: "docker", RunSpecSHA256: hash("1")},
		Kit:         Kit{Version: "1.0", ImageDigest: "sha256:" + hash("2")}, Profile: Named{"docker-strict", hash("3")}, ManifestSHA256: hash("4"),
		Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour), ValidUntil: now.AddDate(0, 0, 30), Operator: "the platform team", AuthorisedBy: "change 12",
	}
	for _, p := range []string{"NET-02", "NET-03", "NET-04", "NET-05", "NET-06", "NET-07", "NET-08", "NET-09"} {
		e.Results = append(e.Results, passed(p, landwaiter.StrengthUnseen))
	}
	e.Results = append(e.Results, passed("CAP-01", landwaiter.StrengthRead))
	return e
}

func TestSignAndVerify(t *testing.T) {
	e := egress()
	b, err := Sign(t.Context(), e, someKey(1))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Sign(t.Context(), e, someKey(1))
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("the same evidence gives other bytes, or %v", err)
	}
	for name, file := range map[string][]byte{
		"PEM":     append(pemOf(t, someKey(2).Public()), pemOf(t, someKey(1).Public())...),
		"raw":     someKey(1).Public().(ed25519.PublicKey),
		"a twice": append(pemOf(t, someKey(1).Public()), pemOf(t, someKey(1).Public())...),
	} {
		keys, err := ReadKeys(file, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Verify(t.Context(), b, keys, now, "e.json")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(e, got.Evidence); diff != "" || got.KeyID != keyOf(someKey(1)).ID() || len(got.SHA256) != 64 {
			t.Errorf("%s: by %s (-want +got):\n%s", name, got.KeyID, diff)
		}
	}
	// The standard predicate tells the same to who knows nothing of ours.
	var env struct{ Payload string }
	var st map[string]any
	if err := json.Unmarshal(b, &env); err != nil {
		t.Fatal(err)
	}
	body, _ := base64.StdEncoding.DecodeString(env.Payload)
	if err := json.Unmarshal(body, &st); err != nil {
		t.Fatal(err)
	}
	p := st["predicate"].(map[string]any)
	if st["_type"] != "https://in-toto.io/Statement/v1" || st["predicateType"] != "https://in-toto.io/attestation/test-result/v0.1" || p["result"] != "PASSED" || len(p["passedTests"].([]any)) != 9 {
		t.Errorf("%v", st)
	}
}

// forge signs any statement.
func forge(t testing.TB, st any) []byte {
	t.Helper()
	b, err := sign(context.Background(), st, someKey(1))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVerifyRefuses has a row for every way in which evidence is no evidence.
func TestVerifyRefuses(t *testing.T) {
	good := forge(t, state(egress()))
	edit := func(old, with string) []byte { // of what was signed, after it was signed
		var e map[string]any
		if err := json.Unmarshal(good, &e); err != nil {
			t.Fatal(err)
		}
		body, _ := base64.StdEncoding.DecodeString(e["payload"].(string))
		if !bytes.Contains(body, []byte(old)) {
			t.Fatalf("no %q to swap", old)
		}
		e["payload"] = base64.StdEncoding.EncodeToString(bytes.ReplaceAll(body, []byte(old), []byte(with)))
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	with := func(change func(*Evidence)) []byte { e := egress(); change(&e); return forge(t, state(e)) }
	lie := state(egress())
	lie.Predicate.Detail.Results[0].Verdict = Fail // the summary says that it passed
	other := state(egress())
	other.Type = "https://in-toto.io/Statement/v0.1"
	for _, c := range []struct {
		name string
		in   []byte
		kind error
		says string
	}{
		{"altered", edit("docker-strict", "docker-loose!"), landwaiter.ErrDigest, "changed after they were signed"},
		{"another type", bytes.Replace(good, []byte("vnd.in-toto"), []byte("vnd.other"), 1), landwaiter.ErrUnsupported, "not an in-toto statement"},
		{"no signature", []byte(`{"payloadType":"` + payloadType + `","payload":"","signatures":[]}`), landwaiter.ErrInvalid, "0 signatures"},
		{"no base64", []byte(`{"payloadType":"` + payloadType + `","payload":"!","signatures":[{"sig":"!"}]}`), ErrSigner, "nobody whose key"},
		{"no envelope", []byte(`{"a":1}`), landwaiter.ErrInvalid, "no DSSE envelope"},
		{"two envelopes", append(bytes.Clone(good), good...), landwaiter.ErrInvalid, "more follows"},
		{"too large", bytes.Repeat([]byte(" "), MaxEnvelope+1), landwaiter.ErrTooLarge, "more than"},
		{"another statement", forge(t, other), landwaiter.ErrUnsupported, "this program reads"},
		{"another record", forge(t, map[string]string{"_type": statementType}), landwaiter.ErrUnsupported, "this program reads"},
		{"no statement", forge(t, 1), landwaiter.ErrInvalid, "no statement"},
		{"summary", forge(t, lie), landwaiter.ErrInvalid, "summary is not that of its results"},
		{"ended", with(func(e *Evidence) { e.ValidUntil = now }), landwaiter.ErrStale, "valid until 2026-11-22"},
		{"from tomorrow", with(func(e *Evidence) { e.End = now.Add(time.Hour) }), landwaiter.ErrInvalid, "after now"},
		{"for ever", with(func(e *Evidence) { e.ValidUntil = now.AddDate(9, 0, 0) }), landwaiter.ErrInvalid, "for a year at most"},
		{"backwards", with(func(e *Evidence) { e.End = e.Start.Add(-1) }), landwaiter.ErrInvalid, "no run"},
		{"no results", with(func(e *Evidence) { e.Results = nil }), landwaiter.ErrInvalid, "0 results"},
		{"twice", with(func(e *Evidence) { e.Results = append(e.Results, e.Results[0]) }), landwaiter.ErrInvalid, "is there twice"},
		{"a strange verdict", with(func(e *Evidence) { e.Results[0].Verdict = "fine" }), landwaiter.ErrInvalid, "verdict"},
		{"a strange strength", with(func(e *Evidence) { e.Results[0].Strength = "E9" }), landwaiter.ErrInvalid, "strength"},
		{"nobody", with(func(e *Evidence) { e.Operator = "" }), landwaiter.ErrInvalid, "operator is empty"},
		{"a host name", with(func(e *Evidence) { e.Environment.Fingerprint = "node7" }), landwaiter.ErrInvalid, "no keyed hash"},
		{"no hash", with(func(e *Evidence) { e.Profile.SHA256 = "abc" }), landwaiter.ErrInvalid, "profile.sha256 is no SHA-256"},
		{"control characters", with(func(e *Evidence) { e.Results[0].Say = "a\x1b[31m" }), landwaiter.ErrInvalid, "no text"},
	} {
		_, err := Verify(t.Context(), c.in, []Key{keyOf(someKey(1))}, now, "e.json")
		if !errors.Is(err, c.kind) || !strings.HasPrefix(err.Error(), "evidence e.json: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Verify(t.Context(), good, []Key{keyOf(someKey(2))}, now, "e.json"); !errors.Is(err, ErrSigner) {
		t.Errorf("an unknown signer: %v", err)
	}
	if _, err := Verify(t.Context(), good, nil, now, "e.json"); !errors.Is(err, ErrSigner) {
		t.Errorf("no key: %v", err)
	}
	bad := egress()
	bad.Operator = ""
	if _, err := Sign(t.Context(), bad, someKey(1)); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("what Verify refuses is signed: %v", err)
	}
	if _, err := Sign(t.Context(), egress(), nil); !errors.Is(err, landwaiter.ErrInvalid) {
		t.Errorf("signed with no key: %v", err)
	}
}

func TestReadKeysRefuses(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{
		"nothing": nil, "text": []byte("key"), "long": make([]byte, MaxKeys+1),
		"private": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}),
		"damage":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}}),
		"other":   pemOf(t, ec.Public()),
	} {
		if keys, err := ReadKeys(in, name); err == nil || !strings.HasPrefix(err.Error(), "keys of "+name+": ") {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
}

// TestProve: what a run must show before a control counts.
func TestProve(t *testing.T) {
	control := landwaiter.Controls()[1]
	if control.ID != "CT-NOEGRESS" {
		t.Fatal(control.ID)
	}
	at := func(e *Evidence, probe string) *Result {
		for i := range e.Results {
			if e.Results[i].Probe == probe {
				return &e.Results[i]
			}
		}
		t.Fatal(probe)
		return nil
	}
	for _, c := range []struct {
		name   string
		change func(*Evidence)
		why    string // empty where it is proven
		failed bool
	}{
		{"all passed", func(*Evidence) {}, "", false},
		{"no proxy here", func(e *Evidence) { at(e, "NET-07").Verdict = NotApplicable }, "", false},
		{"no way out to try", func(e *Evidence) { at(e, "NET-02").Verdict = NotApplicable }, "NET-02 does not apply here, and nothing stands in for it", false},
		{"one failed", func(e *Evidence) { at(e, "NET-06").Verdict = Fail }, "failed: NET-06", true},
		{"one failed, one unsure", func(e *Evidence) { at(e, "NET-06").Verdict, at(e, "NET-05").Verdict = Fail, Inconclusive }, "failed: NET-06", true},
		{"one unsure", func(e *Evidence) { at(e, "NET-06").Verdict = Inconclusive }, "inconclusive: NET-06", false},
		{"one broke", func(e *Evidence) { at(e, "NET-06").Verdict = Errored }, "inconclusive: NET-06", false},
		{"one not run", func(e *Evidence) { at(e, "NET-06").Verdict = NotRun }, "not run: NET-06", false},
		{"one missing", func(e *Evidence) { e.Results = e.Results[1:] }, "not run: NET-02", false},
		{"too weak", func(e *Evidence) { *at(e, "NET-03") = passed("NET-03", landwaiter.StrengthRefused) }, "NET-03 shows E2, and E3 is needed", false},
		{"no twin", func(e *Evidence) { at(e, "NET-03").Canary.Twin = "" }, "inconclusive: NET-03", false},
		{"no receipt", func(e *Evidence) { at(e, "NET-03").Canary.Receipt = "missing" }, "inconclusive: NET-03", false},
		{"not planted", func(e *Evidence) { at(e, "NET-03").Canary.Planted = false }, "inconclusive: NET-03", false},
		{"no mark at all", func(e *Evidence) { at(e, "NET-03").Canary = nil }, "inconclusive: NET-03", false},
		{"blocked, and weak", func(e *Evidence) {
			r := at(e, "NET-03")
			r.Strength, r.Canary = landwaiter.StrengthRefused, nil
		}, "inconclusive: NET-03", false},
		{"another control failed", func(e *Evidence) { at(e, "CAP-01").Verdict = Fail }, "", false},
	} {
		e := egress()
		c.change(&e)
		p := e.Prove(&control)
		if p.Why != c.why || p.Held != (c.why == "") || p.Failed != c.failed || p.Control != "CT-NOEGRESS" {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	e := egress()
	at(&e, "NET-05").ValidUntil = now.AddDate(0, 0, 7)
	if p := e.Prove(&control); !p.ValidUntil.Equal(now.AddDate(0, 0, 7)) || p.Strength != landwaiter.StrengthUnseen || p.Probes != 8 {
		t.Errorf("%+v", p)
	}
}

// TestControlsHoldTogether: each control is proven by just what it needs, and not
// without one of those.
func TestControlsHoldTogether(t *testing.T) {
	ids := map[string]bool{}
	for _, c := range landwaiter.Controls() {
		if ids[c.ID] || c.Name == "" || c.Softens == "" || c.Never == "" || c.Strength().Rank() < 1 {
			t.Errorf("%+v", c)
		}
		ids[c.ID] = true
		e := egress()
		e.Results = nil
		for _, n := range c.Needs {
			if !c.Bears(n.Probe) {
				t.Errorf("%s needs %s, which does not bear on it", c.ID, n.Probe)
			}
			e.Results = append(e.Results, passed(n.Probe, n.Least))
		}
		if p := e.Prove(&c); !p.Held {
			t.Errorf("%s: %+v", c.ID, p)
		}
		for i := range e.Results {
			less := e
			less.Results = append(append([]Result{}, e.Results[:i]...), e.Results[i+1:]...)
			if p := less.Prove(&c); p.Held {
				t.Errorf("%s is proven without %s", c.ID, e.Results[i].Probe)
			}
		}
	}
}

// FuzzVerify: whatever is signed, it is refused with a kind of error or holds together.
func FuzzVerify(f *testing.F) {
	good, err := json.Marshal(state(egress()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, true)
	f.Add([]byte(`{"_type":"`+statementType+`","predicateType":"`+testResult+`","predicate":{"landwaiter":{"schema":"`+IsolationSchema+`"}}}`), true)
	f.Add(forge(f, state(egress())), false)
	f.Add([]byte(`{"payload":"","payloadType":"`+payloadType+`","signatures":[{"keyid":"","sig":""}]}`), false)
	f.Fuzz(func(t *testing.T, in []byte, body bool) {
		if body {
			if !json.Valid(in) {
				return
			}
			in = forge(t, json.RawMessage(in))
		}
		e, err := Verify(t.Context(), in, []Key{keyOf(someKey(1))}, now, "e.json")
		if err != nil {
			known := false
			for _, kind := range []error{ErrSigner, landwaiter.ErrDigest, landwaiter.ErrInvalid, landwaiter.ErrUnsupported, landwaiter.ErrStale, landwaiter.ErrTooLarge} {
				known = known || errors.Is(err, kind)
			}
			if !known {
				t.Errorf("%v is of no kind", err)
			}
			return
		}
		if e.Operator == "" || !now.Before(e.ValidUntil) || len(e.Results) == 0 {
			t.Errorf("%+v", e)
		}
		for _, c := range landwaiter.Controls() {
			if p := e.Prove(&c); p.Held && (p.Failed || p.Probes == 0) {
				t.Errorf("%+v", p)
			}
		}
	})
}

func FuzzReadKeys(f *testing.F) {
	f.Add(pemOf(f, someKey(1).Public()))
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, in []byte) {
		keys, err := ReadKeys(in, "k")
		if err == nil && (len(keys) == 0 || keys[0].ID() == "") {
			t.Errorf("%v", keys)
		}
	})
}
