package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// NewID returns an identifier: 128 random bits as 26 lower-case letters and digits.
func NewID() string { return random(16) }

// NewToken returns a secret of 256 random bits for a link or a session, and the hash under which it is kept.
func NewToken() (token, hash string) {
	token = random(32)
	return token, HashToken(token)
}

// HashToken returns the form in which a token is kept and looked up.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
