// Package sealed encrypts single values under keys derived from one root key, each bound to the place where it is stored,
// so that a value moved to another row or column does not open. It holds no key of its own and reads no database.
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
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Root is the key from which every other key is derived. It lies in a file of mode 0600, away from the database.
type Root [32]byte

// LogValue keeps the key out of logs.
func (Root) LogValue() string { return "[withheld]" }

// String keeps the key out of printed values.
func (Root) String() string { return "[withheld]" }

// ErrNoKey says that there is no key file.
var ErrNoKey = errors.New("there is no key file")

// LoadRoot reads the root key from file. A file that is not there is ErrNoKey.
func LoadRoot(file string) (Root, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Root{}, fmt.Errorf("%s: %w", file, ErrNoKey)
	}
	if err != nil {
		return Root{}, fmt.Errorf("read key file: %w", err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != 32 {
		return Root{}, fmt.Errorf("key file %s does not hold a key of 32 bytes: restore it from your backup of keys", file)
	}
	return Root(raw), nil
}

// MakeRoot makes a root key and writes it to file, which must not be there yet.
func MakeRoot(file string) (Root, error) {
	var r Root
	rand.Read(r[:])
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return r, fmt.Errorf("make key folder: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return r, fmt.Errorf("make key file: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(r[:]) + "\n")
	return r, errors.Join(err, f.Sync(), f.Close())
}

// Key derives the key of 32 bytes for one purpose (HKDF-SHA-256, RFC 5869).
func (r Root) Key(purpose string) []byte {
	k, err := hkdf.Key(sha256.New, r[:], nil, "strengthen/"+purpose, 32)
	if err != nil {
		panic(err) // only for lengths that we do not ask for
	}
	return k
}

// Signer derives the key that signs checkpoints of the audit record.
func (r Root) Signer() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(r.Key("audit-checkpoint")) }

// format is the first byte of every sealed value; a change of the method gets another one.
const format = 1

// ErrSealed says that a value does not open: another key, another place, or altered.
var ErrSealed = errors.New("the sealed value does not open")

// Box seals values for one purpose.
type Box struct{ gcm cipher.AEAD }

// Box returns the box of a purpose, such as "totp".
func (r Root) Box(purpose string) Box {
	block, err := aes.NewCipher(r.Key(purpose))
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return Box{gcm}
}

// Seal encrypts value for place, such as "account/ID/totp", and returns it as text.
func (b Box) Seal(place, value string) string {
	return base64.RawStdEncoding.EncodeToString(b.gcm.Seal([]byte{format}, nil, []byte(value), []byte(place)))
}

// Open decrypts what Seal returned for the same place.
func (b Box) Open(place, text string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) < 1 || raw[0] != format {
		return "", ErrSealed
	}
	out, err := b.gcm.Open(nil, nil, raw[1:], []byte(place))
	if err != nil {
		return "", ErrSealed
	}
	return string(out), nil
}
