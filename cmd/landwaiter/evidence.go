package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/attest"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// maxRegister is the largest register or record of a test, in bytes.
const maxRegister = 2 << 20

// importEvidence writes what files show into the register and says what changed.
// Where one of them is refused, nothing is written.
func importEvidence(ctx context.Context, out io.Writer, into string, files, keyFiles []string, now time.Time) error {
	into, err := filepath.EvalSymlinks(into)
	if err != nil {
		return fmt.Errorf("--into: %w", err)
	}
	before, err := readFile(into, maxRegister)
	if err != nil {
		return err
	}
	reg, err := judge.ReadRegister(bytes.NewReader(before), into)
	if err != nil {
		return err
	}
	var keys []attest.Key
	for _, name := range keyFiles {
		b, err := readFile(name, attest.MaxKeys)
		if err != nil {
			return err
		}
		more, err := attest.ReadKeys(b, name)
		if err != nil {
			return err
		}
		keys = append(keys, more...)
	}
	var records []judge.TestRecord
	for _, name := range files {
		more, notShown, err := evidence(ctx, name, reg, keys, now)
		if err != nil {
			return err
		}
		for _, line := range notShown {
			fmt.Fprintf(out, "%s shows nothing for %s.\n", name, line)
		}
		records = append(records, more...)
	}
	m := judge.DefaultMethod()
	after, recorded, err := judge.Record(&m, before, into, records)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		if err := replace(into, before, after); err != nil {
			return err
		}
	}
	return sayRecorded(out, recorded)
}

// replace writes the register, unless somebody else has changed it meanwhile.
func replace(name string, before, after []byte) error {
	if now, err := readFile(name, maxRegister); err != nil || !bytes.Equal(now, before) {
		return errors.Join(err, fmt.Errorf("%s was changed while the evidence was read; nothing was written: %w", name, landwaiter.ErrStale))
	}
	return writeWhole(name, func(w io.Writer) error { _, err := w.Write(after); return err })
}

// evidence reads one file of either sort.
func evidence(ctx context.Context, name string, reg *judge.Register, keys []attest.Key, now time.Time) (records []judge.TestRecord, notShown []string, err error) {
	b, err := readFile(name, attest.MaxEnvelope)
	if err != nil {
		return nil, nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		if len(keys) == 0 {
			return nil, nil, fmt.Errorf("evidence %s is signed, and no key was given; name the public key of whoever ran the kit with --key: %w", name, attest.ErrSigner)
		}
		e, err := attest.Verify(ctx, b, keys, now, name)
		if err != nil {
			return nil, nil, err
		}
		records, notShown, err = kitRun(e).Records(reg)
		if err != nil {
			return nil, nil, fmt.Errorf("evidence %s: %w", name, err)
		}
		return records, notShown, nil
	}
	p, err := judge.ReadPenTest(bytes.NewReader(b), name)
	if err != nil {
		return nil, nil, err
	}
	if p.Date.After(now) {
		return nil, nil, fmt.Errorf("%s: the test is dated %s, which is after now: %w", name, p.Date.Format(time.DateOnly), landwaiter.ErrInvalid)
	}
	sum := sha256.Sum256(b)
	if records, err = p.Records(reg, hex.EncodeToString(sum[:])); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return records, nil, nil
}

func kitRun(e *attest.Signed) *judge.KitRun {
	k := &judge.KitRun{
		Environment: e.Environment.ID, Fingerprint: e.Environment.Fingerprint, Runtime: e.Environment.Observed, RunSpec: e.Environment.RunSpecSHA256,
		By: e.Operator, Kit: e.Kit.Version, Profile: e.Profile.Name, SHA256: e.SHA256,
		Date: e.Start.UTC().Truncate(24 * time.Hour),
	}
	for _, c := range landwaiter.Controls() {
		k.Proofs = append(k.Proofs, e.Prove(&c))
	}
	return k
}

func sayRecorded(out io.Writer, recorded []judge.Recorded) error {
	if len(recorded) == 0 {
		_, err := fmt.Fprintln(out, "Nothing was changed.")
		return err
	}
	for _, r := range recorded {
		said := "not changed: " + r.Skipped
		if r.Skipped == "" {
			said = fmt.Sprintf("%s on %s, %s, by %s", r.Test.Result, r.Test.Date.Format(time.DateOnly), r.Level, r.Test.By)
			if r.Before == nil {
				said += fmt.Sprintf(" (was %s)", r.BeforeLevel)
			} else {
				said += fmt.Sprintf(" (was %s on %s, %s)", r.Before.Result, r.Before.Date.Format(time.DateOnly), r.BeforeLevel)
			}
		}
		if _, err := fmt.Fprintf(out, "%s: %s.\n", r.Protection, said); err != nil {
			return err
		}
	}
	return nil
}

func readFile(name string, most int64) (_ []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := limitio.ReadAll(f, most)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return b, nil
}
