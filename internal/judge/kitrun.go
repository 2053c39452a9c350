package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// KitRun is one run of the isolation kit whose evidence was verified.
type KitRun struct {
	// Environment, Fingerprint, Runtime and RunSpec are where and how it ran.
	Environment, Fingerprint, Runtime, RunSpec string
	By, Kit, Profile                           string
	Date                                       time.Time
	SHA256                                     string // of the evidence
	// Proofs are what it says about every control.
	Proofs []landwaiter.Proof
}

// Records are what a run says for a register, and in plain words what it does not show
// for which protection. It fails with [landwaiter.ErrInvalid] for a run in an
// environment that the register does not list as it was.
//
// A protection held where every control that it names is proven, and these cover every
// door that it closes; it failed where one of them failed. Else the run says nothing
// about it.
func (k *KitRun) Records(reg *Register) (records []TestRecord, notShown []string, err error) {
	env, err := k.environment(reg)
	if err != nil {
		return nil, nil, err
	}
	for i := range reg.Protections {
		p := &reg.Protections[i]
		if len(p.Controls) == 0 {
			continue
		}
		test := landwaiter.ProtectionTest{
			Date: k.Date, By: k.By, Result: held, SHA256: k.SHA256, TRE: reg.TRE, Tiers: env.Tiers, Strength: landwaiter.StrengthNoticed,
		}
		why := k.shows(p, &test)
		if why != "" && test.Result == held {
			notShown = append(notShown, p.ID+": "+why)
			continue
		}
		if test.Result != held {
			test.ValidUntil, test.Strength = time.Time{}, ""
			test.Method += "; " + why
		}
		if len(test.Method) > maxValue {
			test.Method = strings.ToValidUTF8(test.Method[:maxValue-len("…")], "") + "…"
		}
		records = append(records, TestRecord{p.ID, landwaiter.EvidenceTestedOwn, test})
	}
	return records, notShown, nil
}

// shows fills in test with what the run shows of p, and says why it does not show all,
// or what failed.
func (k *KitRun) shows(p *landwaiter.Protection, test *landwaiter.ProtectionTest) string {
	var closed doorSet
	var why []string
	probes := 0
	for _, c := range landwaiter.Controls() {
		if !slices.Contains(p.Controls, c.ID) {
			continue
		}
		closed |= setOf(c.Closes...)
		i := slices.IndexFunc(k.Proofs, func(proof landwaiter.Proof) bool { return proof.Control == c.ID })
		if i < 0 {
			why = append(why, c.ID+" is not in this evidence")
			continue
		}
		switch proof := &k.Proofs[i]; {
		case proof.Failed:
			test.Result = "failed"
			why = append(why, c.ID+" "+proof.Why)
		case !proof.Held:
			why = append(why, c.ID+" "+proof.Why)
		default:
			probes += proof.Probes
			if test.ValidUntil.IsZero() || proof.ValidUntil.Before(test.ValidUntil) {
				test.ValidUntil = dayOf(proof.ValidUntil)
			}
			if proof.Strength.Rank() < test.Strength.Rank() {
				test.Strength = proof.Strength
			}
		}
	}
	if left := setOf(p.Closes...) &^ closed; left != 0 {
		why = append(why, "its controls show nothing about "+strings.Join(wordsOf(left.list()), ", ")+"; make that a protection of its own")
	}
	test.Method = fmt.Sprintf("isolation kit %s, profile %s, %d probes passed", k.Kit, k.Profile, probes)
	return strings.Join(why, "; ")
}

// environment finds where the run was, and refuses evidence from elsewhere.
func (k *KitRun) environment(reg *Register) (*Environment, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %w", fmt.Errorf(format, args...), landwaiter.ErrInvalid)
	}
	i := slices.IndexFunc(reg.Environments, func(e Environment) bool { return e.ID == k.Environment })
	if i < 0 {
		return nil, bad("the evidence is from environment %q, which the register does not list under environments; evidence from elsewhere earns no credit", clip(k.Environment))
	}
	switch e := &reg.Environments[i]; {
	case e.Fingerprint != k.Fingerprint:
		return nil, bad("the evidence calls itself environment %q, and its fingerprint is another than the register's: it is from elsewhere, or the environment was made anew", clip(k.Environment))
	case e.Runtime != "" && e.Runtime != k.Runtime:
		return nil, bad("the evidence is from runtime %q, and the register's environment %q runs %q", clip(k.Runtime), clip(e.ID), e.Runtime)
	case e.RunSpec != "" && e.RunSpec != k.RunSpec:
		return nil, bad("the evidence is from another run specification than that of environment %q in the register", clip(e.ID))
	default:
		return e, nil
	}
}
