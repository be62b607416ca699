package access

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Outcome says how an attempt ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// Entry is one line of the record of what was done. It names records, never their contents, so that erasing a record
// leaves the chain whole.
type Entry struct {
	ID      string
	At      string // moment, fixed-width UTC text
	Actor   PersonID
	Via     Via
	Action  Action
	Kind    string // kind of record
	Record  string
	Outcome Outcome
	Request string
	MAC     string // what Code returned when the entry was made
}

// EntryFilter narrows a list of entries; empty fields narrow nothing.
type EntryFilter struct {
	Actor   PersonID
	Record  string
	Action  Action
	Outcome Outcome
	Before  string // an "at/id" cursor: entries older than it
}

// Digest is the SHA-256 of the entry's fields, each preceded by its length, so that no two entries share one.
func (e Entry) Digest() [32]byte {
	var b strings.Builder
	for _, f := range []string{e.ID, e.At, string(e.Actor), string(e.Via), string(e.Action), e.Kind, e.Record,
		string(e.Outcome), e.Request} {
		fmt.Fprintf(&b, "%d:%s", len(f), f)
	}
	return sha256.Sum256([]byte(b.String()))
}

// Code is a keyed HMAC of the entry's digest, in hex. Whoever can write to the database but does not hold the key can
// neither alter an entry nor add one.
func (e Entry) Code(key []byte) string {
	d := e.Digest()
	m := hmac.New(sha256.New, key)
	m.Write(d[:])
	return hex.EncodeToString(m.Sum(nil))
}

// Link joins an entry to the one before it in the chain.
type Link struct {
	Seq   int64
	Entry string // identifier of the entry
	Hash  string // hex of SHA-256(previous hash, digest of entry)
}

// Chain returns the hash that follows previous when e is linked as number seq. The first previous is "".
func Chain(previous string, seq int64, e Entry) string {
	d := e.Digest()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%x", previous, seq, d))
	return hex.EncodeToString(sum[:])
}

// Checkpoint is a signed statement that the chain had length Seq and ended in Hash at a moment.
type Checkpoint struct {
	Seq       int64
	Hash      string
	At        string
	Signature string // hex of the Ed25519 signature over Text
}

// Text is what is signed.
func (c Checkpoint) Text() []byte {
	return fmt.Appendf(nil, "strengthen-audit-checkpoint/1\n%d\n%s\n%s\n", c.Seq, c.Hash, c.At)
}

// Sign returns c with its signature by key.
func (c Checkpoint) Sign(key ed25519.PrivateKey) Checkpoint {
	c.Signature = hex.EncodeToString(ed25519.Sign(key, c.Text()))
	return c
}

// Verify reports whether the signature of c is by the holder of key.
func (c Checkpoint) Verify(key ed25519.PublicKey) bool {
	sig, err := hex.DecodeString(c.Signature)
	return err == nil && ed25519.Verify(key, c.Text(), sig)
}
