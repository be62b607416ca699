package sealed

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Ring is the key file: the root in use, roots that are being replaced and still open what they sealed, and what is left of
// those that were replaced, so that the record of what was done stays verifiable.
type Ring struct {
	Current Root
	Old     []Root
	Past    []AuditKeys
}

// AuditKeys check entries and checkpoints of the record that a root made. They open no value.
type AuditKeys struct {
	MAC    []byte
	Public ed25519.PublicKey
}

// AuditKeys returns the keys of the record under this root.
func (r Root) AuditKeys() AuditKeys {
	return AuditKeys{r.Key("audit-entry"), r.Signer().Public().(ed25519.PublicKey)}
}

// Audit returns every set of keys under which entries of the record may stand, the current one first.
func (g Ring) Audit() []AuditKeys {
	all := []AuditKeys{g.Current.AuditKeys()}
	for _, r := range g.Old {
		all = append(all, r.AuditKeys())
	}
	return append(all, g.Past...)
}

// Box returns the box of a purpose: it seals under the current root and opens under every one.
func (g Ring) Box(purpose string) Box {
	b := Box{current: g.Current.id(), by: map[[4]byte]cipher.AEAD{}}
	for _, r := range append([]Root{g.Current}, g.Old...) {
		b.by[r.id()] = aead(r.Key(purpose))
	}
	return b
}

// Name names a root without telling it, in hex: what was sealed, and backups, say by it which root they need.
func (r Root) Name() string {
	id := r.id()
	return hex.EncodeToString(id[:])
}

// Opens reports whether the ring holds the root of a name.
func (g Ring) Opens(name string) bool {
	for _, r := range append([]Root{g.Current}, g.Old...) {
		if r.Name() == name {
			return true
		}
	}
	return false
}

// With returns the ring with the roots of an earlier one among its old ones, so that it opens what was sealed under them.
func (g Ring) With(earlier Ring) Ring {
	for _, r := range append([]Root{earlier.Current}, earlier.Old...) {
		if !g.Opens(r.Name()) {
			g.Old = append(slices.Clone(g.Old), r)
		}
	}
	return g
}

// Ledger returns the keys under which lines of the ledger of erasures may stand, the current one first. They are made from the
// keys of the record, so that lines stay verifiable when a root was replaced.
func (g Ring) Ledger() [][]byte {
	var all [][]byte
	for _, k := range g.Audit() {
		m := hmac.New(sha256.New, k.MAC)
		m.Write([]byte("erasure-ledger"))
		all = append(all, m.Sum(nil))
	}
	return all
}

// Begin returns the ring with a new current root; the one before still opens what it sealed.
func (g Ring) Begin() Ring {
	g.Old = append([]Root{g.Current}, g.Old...)
	g.Current = NewRoot()
	return g
}

// End returns the ring without its old roots, once nothing is sealed under them any more. Their keys of the record stay.
func (g Ring) End() Ring {
	g.Past = slices.Clone(g.Past)
	for _, r := range g.Old {
		if k := r.AuditKeys(); !slices.ContainsFunc(g.Past, func(p AuditKeys) bool { return p.Public.Equal(k.Public) }) {
			g.Past = append(g.Past, k)
		}
	}
	g.Old = nil
	return g
}

// ErrNoKey says that there is no key file.
var ErrNoKey = errors.New("there is no key file")

// LoadRing reads the key file. A file that is not there is ErrNoKey.
func LoadRing(file string) (Ring, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Ring{}, fmt.Errorf("%s: %w", file, ErrNoKey)
	}
	if err != nil {
		return Ring{}, fmt.Errorf("read key file: %w", err)
	}
	g, ok := parseRing(b)
	if !ok {
		return Ring{}, fmt.Errorf("key file %s is damaged: restore it from your backup of keys", file)
	}
	return g, nil
}

// parseRing reads lines of a word and its keys. The first root is the current one; a line with a key alone is a root too, as
// the first key files had it.
func parseRing(b []byte) (Ring, bool) {
	var g Ring
	roots := 0
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if len(words) == 1 {
			words = []string{"root", words[0]}
		}
		var keys [][]byte
		for _, w := range words[1:] {
			k, err := base64.StdEncoding.DecodeString(w)
			if err != nil || len(k) != 32 {
				return g, false
			}
			keys = append(keys, k)
		}
		switch {
		case words[0] == "root" && len(keys) == 1 && roots == 0:
			g.Current, roots = Root(keys[0]), 1
		case words[0] == "root" && len(keys) == 1:
			g.Old = append(g.Old, Root(keys[0]))
		case words[0] == "audit" && len(keys) == 2:
			g.Past = append(g.Past, AuditKeys{keys[0], keys[1]})
		default:
			return g, false
		}
	}
	return g, roots == 1
}

func (g Ring) text() []byte {
	var b bytes.Buffer
	for _, r := range append([]Root{g.Current}, g.Old...) {
		fmt.Fprintf(&b, "root %s\n", base64.StdEncoding.EncodeToString(r[:]))
	}
	for _, k := range g.Past {
		fmt.Fprintf(&b, "audit %s %s\n", base64.StdEncoding.EncodeToString(k.MAC), base64.StdEncoding.EncodeToString(k.Public))
	}
	return b.Bytes()
}

// MakeRing makes a ring with a new root and writes it to file, which must not be there yet.
func MakeRing(file string) (Ring, error) {
	g := Ring{Current: NewRoot()}
	if _, err := os.Stat(file); err == nil {
		return Ring{}, fmt.Errorf("make key file: %s is there already", file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return Ring{}, fmt.Errorf("make key folder: %w", err)
	}
	return g, g.Write(file)
}

// Write replaces the key file in one step: after a crash it is the old one or the new one, whole.
func (g Ring) Write(file string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	defer os.Remove(f.Name()) // it is gone when all went well
	_, err = f.Write(g.text())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	return syncDir(filepath.Dir(file))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
