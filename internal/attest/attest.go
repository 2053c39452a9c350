// Package attest signs and verifies our records: in-toto Statements in DSSE envelopes
// with Ed25519 signatures. It holds the contract of the isolation kit's evidence.
//
// Format: https://github.com/secure-systems-lab/dsse and
// https://github.com/in-toto/attestation, Statement v1.
package attest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/landwaiter/landwaiter"
)

// Caps on what comes from outside.
const (
	MaxEnvelope   = 8 << 20 // bytes of an envelope
	MaxKeys       = 64 << 10
	maxSignatures = 20
	maxPublicKeys = 50
)

// payloadType is that of an in-toto Statement.
const payloadType = "application/vnd.in-toto+json"

// ErrSigner: nobody whose key was given has signed it.
var ErrSigner = errors.New("signed by nobody whose key was given")

// Key is a public key that may sign.
type Key struct{ public ed25519.PublicKey }

// ID is the SHA-256 of the key in its PKIX form, in hex.
func (k Key) ID() string {
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return "" // of no length but an Ed25519 key's, and [ReadKeys] lets none through
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// ReadKeys reads public keys: PEM blocks "PUBLIC KEY" that hold Ed25519 keys, or one
// raw key of 32 bytes. name is the file's name for messages.
func ReadKeys(b []byte, name string) ([]Key, error) {
	if len(b) > MaxKeys {
		return nil, fmt.Errorf("keys of %s: more than %d bytes: %w", name, MaxKeys, landwaiter.ErrTooLarge)
	}
	if len(b) == ed25519.PublicKeySize {
		return []Key{{slices.Clone(b)}}, nil
	}
	var out []Key
	for rest := b; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("keys of %s: a block is %.40q; give the public key, and never the private one: %w", name, block.Type, landwaiter.ErrInvalid)
		}
		any, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("keys of %s: %w: %w", name, err, landwaiter.ErrInvalid)
		}
		public, ok := any.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("keys of %s: a key is %T; only Ed25519 keys sign our records: %w", name, any, landwaiter.ErrInvalid)
		}
		k := Key{public}
		if !slices.ContainsFunc(out, func(o Key) bool { return o.public.Equal(public) }) {
			out = append(out, k)
		}
	}
	if len(out) == 0 || len(out) > maxPublicKeys {
		return nil, fmt.Errorf("keys of %s: %d keys; give 1 to %d, as PEM or as the 32 bytes of one: %w", name, len(out), maxPublicKeys, landwaiter.ErrInvalid)
	}
	return out, nil
}

// checker is a key as the library wants it.
type checker struct{ Key }

func (c checker) KeyID() (string, error)   { return c.ID(), nil }
func (c checker) Public() crypto.PublicKey { return c.public }
func (c checker) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(c.public, data, sig) {
		return landwaiter.ErrDigest
	}
	return nil
}

// signer is a private key as the library wants it.
type signer struct{ key ed25519.PrivateKey }

func (s signer) KeyID() (string, error) { return keyOf(s.key).ID(), nil }
func (s signer) Sign(_ context.Context, data []byte) ([]byte, error) {
	return ed25519.Sign(s.key, data), nil
}

// keyOf is the public half of key.
func keyOf(key ed25519.PrivateKey) Key {
	return Key{slices.Clone(ed25519.PublicKey(key[ed25519.PrivateKeySize-ed25519.PublicKeySize:]))}
}

// sign puts a statement into a signed envelope.
func sign(ctx context.Context, statement any, key ed25519.PrivateKey) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("signing: the key has %d bytes; an Ed25519 key has %d: %w", len(key), ed25519.PrivateKeySize, landwaiter.ErrInvalid)
	}
	body, err := json.Marshal(statement)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	es, err := dsse.NewEnvelopeSigner(signer{key})
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	e, err := es.SignPayload(ctx, payloadType, body)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	out, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return append(out, '\n'), nil
}

// open verifies an envelope and returns what was signed, and the ID of the key that
// signed it. It fails with [ErrSigner] where none of keys did, and with
// [landwaiter.ErrDigest] where one of them is named and the bytes are not those that
// it signed.
func open(ctx context.Context, b []byte, keys []Key) (body []byte, by string, err error) {
	if len(keys) == 0 {
		return nil, "", fmt.Errorf("no key was given: %w", ErrSigner)
	}
	if len(b) > MaxEnvelope {
		return nil, "", fmt.Errorf("an envelope of more than %d bytes: %w", MaxEnvelope, landwaiter.ErrTooLarge)
	}
	var e dsse.Envelope
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return nil, "", fmt.Errorf("no DSSE envelope: %w: %w", err, landwaiter.ErrInvalid)
	}
	if d.More() {
		return nil, "", fmt.Errorf("more follows the envelope: %w", landwaiter.ErrInvalid)
	}
	if e.PayloadType != payloadType {
		return nil, "", fmt.Errorf("the envelope holds %.60q, and not an in-toto statement: %w", e.PayloadType, landwaiter.ErrUnsupported)
	}
	if len(e.Signatures) == 0 || len(e.Signatures) > maxSignatures {
		return nil, "", fmt.Errorf("%d signatures; 1 to %d are read: %w", len(e.Signatures), maxSignatures, landwaiter.ErrInvalid)
	}
	verifiers := make([]dsse.Verifier, len(keys))
	named := false
	for i, k := range keys {
		verifiers[i] = checker{k}
		named = named || slices.ContainsFunc(e.Signatures, func(s dsse.Signature) bool { return s.KeyID == k.ID() })
	}
	v, err := dsse.NewEnvelopeVerifier(verifiers...)
	if err != nil {
		return nil, "", fmt.Errorf("verifying: %w", err)
	}
	accepted, body, err := v.VerifyAndDecode(ctx, &e)
	switch {
	case err == nil && len(accepted) > 0:
		return body, accepted[0].KeyID, nil
	case named:
		return nil, "", fmt.Errorf("the signature does not fit: the bytes were changed after they were signed: %w", landwaiter.ErrDigest)
	}
	return nil, "", ErrSigner
}
