// Package sealed encrypts values so that whoever has the database, but not the key file, reads nothing. Each record about a
// child has a key of its own, wrapped by the root key; erasing that key erases the record wherever copies of it lie. Every
// value is bound to the place where it is stored, so that one moved to another row, column or record does not open. Tokens for
// search are keyed too. The package uses the standard library only and reads no database.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
)

// Root is a key from which others are derived.
type Root [32]byte

// NewRoot returns a random root.
func NewRoot() Root {
	var r Root
	rand.Read(r[:])
	return r
}

// LogValue keeps the key out of logs.
func (Root) LogValue() slog.Value { return slog.StringValue("[withheld]") }

// String keeps the key out of printed values.
func (Root) String() string { return "[withheld]" }

// Key derives the key of 32 bytes for one purpose (HKDF-SHA-256, RFC 5869).
func (r Root) Key(purpose string) []byte {
	k, err := hkdf.Key(sha256.New, r[:], nil, "strengthen/"+purpose, 32)
	if err != nil {
		panic(err) // only for lengths that we do not ask for
	}
	return k
}

// id names a root without telling it; sealed values carry it.
func (r Root) id() [4]byte { return [4]byte(r.Key("key-id")) }

// Signer derives the key that signs checkpoints of the audit record.
func (r Root) Signer() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(r.Key("audit-checkpoint")) }

// Box returns the box of a purpose, such as "totp", under this root alone.
func (r Root) Box(purpose string) Box { return Ring{Current: r}.Box(purpose) }

// The formats of a sealed value, its first byte. A change of the method gets another one; old ones stay readable.
const (
	formatPlain = 1 // nonce and ciphertext, under the one root there was
	formatRing  = 2 // four bytes that name the root, then nonce and ciphertext
)

// ErrSealed says that a value does not open: another key, another place, or altered.
var ErrSealed = errors.New("the sealed value does not open")

// Box seals values for one purpose. It opens what any root of its ring sealed.
type Box struct {
	current [4]byte
	by      map[[4]byte]cipher.AEAD
}

// Seal encrypts value for place, such as "account/ID/totp", and returns it as text.
func (b Box) Seal(place, value string) string {
	head := append([]byte{formatRing}, b.current[:]...)
	return base64.RawStdEncoding.EncodeToString(b.by[b.current].Seal(head, nil, []byte(value), []byte(place)))
}

// Open decrypts what Seal returned for the same place.
func (b Box) Open(place, text string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) < 1 {
		return "", ErrSealed
	}
	switch {
	case raw[0] == formatRing && len(raw) > 5:
		if gcm, ok := b.by[[4]byte(raw[1:5])]; ok {
			return open(gcm, place, raw[5:])
		}
	case raw[0] == formatPlain:
		for _, gcm := range b.by {
			if out, err := open(gcm, place, raw[1:]); err == nil {
				return out, nil
			}
		}
	}
	return "", ErrSealed
}

// Stale reports whether a sealed value is under another root than the current one.
func (b Box) Stale(text string) bool {
	raw, err := base64.RawStdEncoding.DecodeString(text)
	return err != nil || len(raw) < 5 || raw[0] != formatRing || [4]byte(raw[1:5]) != b.current
}

func open(gcm cipher.AEAD, place string, sealed []byte) (string, error) {
	out, err := gcm.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return "", ErrSealed
	}
	return string(out), nil
}

// aead is AES-256-GCM with a random nonce before each value.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("sealed: %v", err)) // only for lengths that we do not ask for
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Sprintf("sealed: %v", err))
	}
	return gcm
}
