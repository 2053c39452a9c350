package attest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The names of the formats.
const (
	statementType = "https://in-toto.io/Statement/v1"
	testResult    = "https://in-toto.io/attestation/test-result/v0.1"
	// IsolationSchema is the version of [Evidence].
	IsolationSchema = "landwaiter.isolation/1"
)

// Verdict is what a probe found.
type Verdict string

// The verdicts.
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	NotApplicable Verdict = "not-applicable"
	Inconclusive  Verdict = "inconclusive"
	NotRun        Verdict = "not-run"
	Errored       Verdict = "error"
)

var verdicts = []Verdict{Pass, Fail, NotApplicable, Inconclusive, NotRun, Errored}

// Canary is a mark that the operator planted, so that "not reached" means something.
type Canary struct {
	NonceSHA256 string `json:"nonceSha256,omitempty"`
	Planted     bool   `json:"planted"`
	Twin        string `json:"twin"`    // "reached" where the leaky twin reached it
	Receipt     string `json:"receipt"` // "clean" where the host says that it was there, and is gone
}

// good reports whether a mark proves that what was not reached could have been.
func (c *Canary) good() bool {
	return c != nil && c.Planted && c.Twin == "reached" && c.Receipt == "clean"
}

// Result is what one probe tried and saw.
type Result struct {
	Probe      string              `json:"probe"`
	Verdict    Verdict             `json:"verdict"`
	Strength   landwaiter.Strength `json:"strength"`
	Expected   string              `json:"expected"` // such as "blocked", "refused"
	Observed   map[string]string   `json:"observed,omitempty"`
	Canary     *Canary             `json:"canary,omitempty"`
	Attack     []string            `json:"attack,omitempty"` // ATT&CK ids
	ValidUntil time.Time           `json:"validUntil,omitzero"`
	Millis     int64               `json:"ms,omitempty"`
	Say        string              `json:"say"` // plain words
}

// counts is the verdict as far as the result bears it out. "Blocked" without a twin
// that got through and the host's word that the mark was there shows nothing: the
// probe may not work, or the mark may never have been planted. The same holds for a
// strength that only a mark gives.
func (r *Result) counts() Verdict {
	if r.Verdict == Pass && (r.Expected == "blocked" || r.Strength.Rank() >= landwaiter.StrengthUnseen.Rank()) && !r.Canary.good() {
		return Inconclusive
	}
	return r.Verdict
}

// Evidence is one run of the isolation kit in one environment.
type Evidence struct {
	Schema      string      `json:"schema"`
	Environment Environment `json:"environment"`
	Kit         Kit         `json:"kit"`
	Profile     Named       `json:"profile"`
	// ManifestSHA256 is of the signed manifest that allowed the run.
	ManifestSHA256 string    `json:"manifestSha256"`
	Start          time.Time `json:"start"`
	End            time.Time `json:"end"`
	ValidUntil     time.Time `json:"validUntil"`
	Operator       string    `json:"operator"` // a team or role
	AuthorisedBy   string    `json:"authorisedBy"`
	Results        []Result  `json:"results"`
	// Leftovers are what the kit could not take away again.
	Leftovers []string `json:"leftovers,omitempty"`
	// Previous is the SHA-256 of the evidence before this one.
	Previous string `json:"previous,omitempty"`
}

// Environment identifies where the kit ran, without the names of its computers.
type Environment struct {
	ID   string `json:"id"` // chosen by the operator, such as "north/workspaces"
	Zone string `json:"zone,omitempty"`
	// Fingerprint and Boot are keyed hashes, "hmac:" and hex.
	Fingerprint string   `json:"fingerprint"`
	Boot        string   `json:"boot,omitempty"`
	Kernel      string   `json:"kernel,omitempty"`
	Declared    string   `json:"declared,omitempty"` // the runtime that the operator names
	Observed    string   `json:"observed"`           // the class of runtime that the kit saw
	Signals     []string `json:"signals,omitempty"`
	// RunSpecSHA256 is of the settings with which the kit was run.
	RunSpecSHA256 string `json:"runSpecSha256"`
	// Collected is what the host says of itself: versions, security modules.
	Collected map[string]string `json:"collected,omitempty"`
}

// Kit identifies the isolation kit.
type Kit struct {
	Version       string `json:"version"`
	ImageDigest   string `json:"imageDigest"`
	AttackRelease string `json:"attackRelease,omitempty"`
}

// Named is a file by its name and content.
type Named struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Signed is evidence that was verified.
type Signed struct {
	Evidence
	KeyID  string // of the key that signed it
	SHA256 string // of the envelope
}

// statement is an in-toto Statement with the test-result predicate. Whoever knows
// that predicate alone can read all but Detail.
type statement struct {
	Type          string       `json:"_type"`
	Subject       []descriptor `json:"subject"`
	PredicateType string       `json:"predicateType"`
	Predicate     predicate    `json:"predicate"`
}

type descriptor struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type predicate struct {
	Result        string       `json:"result"` // PASSED, WARNED, FAILED
	Configuration []descriptor `json:"configuration"`
	PassedTests   []string     `json:"passedTests"`
	WarnedTests   []string     `json:"warnedTests"`
	FailedTests   []string     `json:"failedTests"`
	Detail        Evidence     `json:"landwaiter"`
}

// state is the statement about e. It follows from e alone.
func state(e Evidence) statement {
	s := statement{
		Type: statementType, PredicateType: testResult,
		Subject: []descriptor{{e.Environment.ID, map[string]string{"sha256": e.Environment.RunSpecSHA256}}},
		Predicate: predicate{
			Result:        "PASSED",
			Configuration: []descriptor{{e.Profile.Name, map[string]string{"sha256": e.Profile.SHA256}}, {"manifest", map[string]string{"sha256": e.ManifestSHA256}}},
			PassedTests:   []string{}, WarnedTests: []string{}, FailedTests: []string{}, Detail: e,
		},
	}
	p := &s.Predicate
	for i := range e.Results {
		r := &e.Results[i]
		switch r.counts() {
		case Pass:
			p.PassedTests = append(p.PassedTests, r.Probe)
		case Fail:
			p.FailedTests = append(p.FailedTests, r.Probe)
		case NotApplicable:
		default:
			p.WarnedTests = append(p.WarnedTests, r.Probe)
		}
	}
	switch {
	case len(p.FailedTests) > 0:
		p.Result = "FAILED"
	case len(p.WarnedTests) > 0 || len(p.PassedTests) == 0:
		p.Result = "WARNED"
	}
	return s
}

// Sign writes e as a signed envelope. It fails with [landwaiter.ErrInvalid] for
// evidence that [Verify] would refuse.
func Sign(ctx context.Context, e Evidence, key ed25519.PrivateKey) ([]byte, error) {
	e.Schema = IsolationSchema
	if err := e.check(); err != nil {
		return nil, err
	}
	return sign(ctx, state(e), key)
}

// Verify returns the evidence of a signed envelope as of now. It fails with
// [ErrSigner], [landwaiter.ErrDigest] for bytes that were changed,
// [landwaiter.ErrStale] for evidence that has ended, and [landwaiter.ErrInvalid] or
// [landwaiter.ErrUnsupported] for what is no such evidence. name is for messages.
func Verify(ctx context.Context, b []byte, keys []Key, now time.Time, name string) (*Signed, error) {
	body, by, err := open(ctx, b, keys)
	if err != nil {
		return nil, fmt.Errorf("evidence %s: %w", name, err)
	}
	var st statement
	if err := json.Unmarshal(body, &st); err != nil {
		return nil, fmt.Errorf("evidence %s: no statement: %w: %w", name, err, landwaiter.ErrInvalid)
	}
	e := st.Predicate.Detail
	if st.Type != statementType || st.PredicateType != testResult || e.Schema != IsolationSchema {
		return nil, fmt.Errorf("evidence %s: it is %.60q in %.60q, and this program reads %s: %w", name, e.Schema, st.PredicateType, IsolationSchema, landwaiter.ErrUnsupported)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("evidence %s: %w", name, err)
	}
	if !sameJSON(st, state(e)) {
		return nil, fmt.Errorf("evidence %s: its summary is not that of its results: %w", name, landwaiter.ErrInvalid)
	}
	switch {
	case e.End.After(now):
		return nil, fmt.Errorf("evidence %s: it ends on %s, which is after now: %w", name, e.End.UTC().Format(time.RFC3339), landwaiter.ErrInvalid)
	case !now.Before(e.ValidUntil):
		return nil, fmt.Errorf("evidence %s: it was valid until %s; run the kit again: %w", name, e.ValidUntil.UTC().Format(time.DateOnly), landwaiter.ErrStale)
	}
	sum := sha256.Sum256(b)
	return &Signed{e, by, hex.EncodeToString(sum[:])}, nil
}

func sameJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// Caps on evidence.
const (
	maxResults = 2000
	maxText    = 500      // bytes
	longestRun = 7 * 24   // hours
	longest    = 366 * 24 // hours that evidence may hold
	sha256Hex  = 2 * 32   // digits
)

// check reports what is wrong with e by itself.
func (e *Evidence) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %w", fmt.Errorf(format, args...), landwaiter.ErrInvalid)
	}
	for _, f := range []struct{ what, text string }{
		{"environment.id", e.Environment.ID},
		{"environment.fingerprint", e.Environment.Fingerprint},
		{"environment.observed", e.Environment.Observed},
		{"kit.version", e.Kit.Version},
		{"profile.name", e.Profile.Name},
		{"operator", e.Operator},
		{"authorisedBy", e.AuthorisedBy},
	} {
		if !plain(f.text) || f.text == "" {
			return bad("%s is empty, too long, or no text", f.what)
		}
	}
	for _, f := range []struct{ what, hash string }{
		{"environment.runSpecSha256", e.Environment.RunSpecSHA256}, {"profile.sha256", e.Profile.SHA256}, {"manifestSha256", e.ManifestSHA256},
	} {
		if _, err := hex.DecodeString(f.hash); err != nil || len(f.hash) != sha256Hex {
			return bad("%s is no SHA-256", f.what)
		}
	}
	if !strings.HasPrefix(e.Environment.Fingerprint, "hmac:") {
		return bad("environment.fingerprint is no keyed hash: names of computers do not leave the environment")
	}
	if e.Start.IsZero() || e.End.Before(e.Start) || e.End.Sub(e.Start) > longestRun*time.Hour {
		return bad("the run starts at %s and ends at %s; that is no run", e.Start.Format(time.RFC3339), e.End.Format(time.RFC3339))
	}
	if e.ValidUntil.Before(e.End) || e.ValidUntil.Sub(e.Start) > longest*time.Hour {
		return bad("validUntil is %s; evidence holds from its end, for a year at most", e.ValidUntil.Format(time.DateOnly))
	}
	if n := len(e.Results); n == 0 || n > maxResults {
		return bad("%d results; 1 to %d are read", n, maxResults)
	}
	seen := map[string]bool{}
	for i := range e.Results {
		r := &e.Results[i]
		switch {
		case !plain(r.Probe) || r.Probe == "" || seen[r.Probe]:
			return bad("result %d: probe %.40q has no name, or is there twice", i+1, r.Probe)
		case !slices.Contains(verdicts, r.Verdict):
			return bad("probe %.40s: verdict %.40q is not known", r.Probe, r.Verdict)
		case r.Strength.Rank() < 0:
			return bad("probe %.40s: strength %.40q is not known", r.Probe, r.Strength)
		case !plain(r.Expected) || !plain(r.Say):
			return bad("probe %.40s: a text is too long, or no text", r.Probe)
		case !r.ValidUntil.IsZero() && r.ValidUntil.Before(e.End):
			return bad("probe %.40s: it was valid until before the run ended", r.Probe)
		}
		seen[r.Probe] = true
	}
	return nil
}

// plain reports whether a text is short and without control characters.
func plain(s string) bool {
	return len(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' })
}
