package sealed

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"strings"
)

// Text is words about a person. It is kept under the key of the person's record, and never appears in a log.
type Text string

// LogValue keeps the words out of logs.
func (Text) LogValue() slog.Value { return slog.StringValue("[withheld]") }

// RecordKey seals the values of one record, such as a case.
type RecordKey struct {
	owner string
	gcm   cipher.AEAD
}

// Keeper makes and opens the keys of records.
type Keeper struct{ box Box }

// Keeper returns the keeper of the ring.
func (g Ring) Keeper() Keeper { return Keeper{g.Box("record-key")} }

// New makes the key of a record and returns it with its wrapped form, which is what is kept.
func (k Keeper) New(owner string) (RecordKey, string) {
	raw := make([]byte, 32)
	rand.Read(raw)
	return RecordKey{owner, aead(raw)}, k.box.Seal("record/"+owner, base64.RawStdEncoding.EncodeToString(raw))
}

// Open unwraps the key of a record.
func (k Keeper) Open(owner, wrapped string) (RecordKey, error) {
	text, err := k.box.Open("record/"+owner, wrapped)
	if err != nil {
		return RecordKey{}, err
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return RecordKey{}, ErrSealed
	}
	return RecordKey{owner, aead(raw)}, nil
}

// Stale reports whether a wrapped key is under an old root; Rewrap brings it under the current one.
func (k Keeper) Stale(wrapped string) bool { return k.box.Stale(wrapped) }

// Rewrap wraps a record's key under the current root. The values of the record stay as they are.
func (k Keeper) Rewrap(owner, wrapped string) (string, error) {
	text, err := k.box.Open("record/"+owner, wrapped)
	if err != nil {
		return "", err
	}
	return k.box.Seal("record/"+owner, text), nil
}

const formatRecord = 3 // nonce and ciphertext, under the record's own key

// Seal encrypts a value of the record for the row and column that keep it. The empty text stays empty.
func (k RecordKey) Seal(column, row string, value Text) string {
	if value == "" {
		return ""
	}
	return base64.RawStdEncoding.EncodeToString(k.SealBytes(column, row, []byte(value)))
}

// Open decrypts what Seal returned for the same record, column and row.
func (k RecordKey) Open(column, row, text string) (Text, error) {
	if text == "" {
		return "", nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", ErrSealed
	}
	out, err := k.OpenBytes(column, row, raw)
	return Text(out), err
}

// SealBytes is Seal for a file.
func (k RecordKey) SealBytes(column, row string, value []byte) []byte {
	return k.gcm.Seal([]byte{formatRecord}, nil, value, k.place(column, row))
}

// OpenBytes decrypts what SealBytes returned.
func (k RecordKey) OpenBytes(column, row string, sealed []byte) ([]byte, error) {
	if len(sealed) < 1 || sealed[0] != formatRecord {
		return nil, ErrSealed
	}
	out, err := k.gcm.Open(nil, nil, sealed[1:], k.place(column, row))
	if err != nil {
		return nil, ErrSealed
	}
	return out, nil
}

// place is the associated data: each part preceded by its length, so that no two places are written alike.
func (k RecordKey) place(column, row string) []byte {
	var b []byte
	for _, part := range []string{k.owner, column, row} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// Indexer makes tokens by which sealed values are found: the same value gives the same token, and without the key a token
// tells nothing.
type Indexer struct{ key []byte }

// Indexer returns the indexer of a purpose under the current root; what it made has to be made anew when the root changes.
func (g Ring) Indexer(purpose string) Indexer { return Indexer{g.Current.Key("index/" + purpose)} }

// Token returns the token of a folded value, cut to bits (at most 160). A short token stands for many values, so that a list
// of tokens does not tell which names there are; what it finds is compared after opening.
func (x Indexer) Token(folded string, bits int) string {
	m := hmac.New(sha256.New, x.key)
	m.Write([]byte(folded))
	sum := m.Sum(nil)[:(bits+7)/8]
	if over := len(sum)*8 - bits; over > 0 {
		sum[len(sum)-1] &= 0xff << over
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum))
}
