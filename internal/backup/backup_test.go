package backup

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

var (
	signer = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	trust  = []ed25519.PublicKey{signer.Public().(ed25519.PublicKey)}
	people = Table{Name: "person", Columns: []Column{{"id", Text}, {"age", Int}, {"well", Bool}, {"share", Real}}}
	rows   = [][]any{
		{"ана", int64(math.MaxInt64), true, 0.1},
		{"„\n\x01\u2028<&>", int64(math.MinInt64), false, -math.SmallestNonzeroFloat64},
		{"", nil, nil, nil},
	}
)

// made is a backup of rows, many times over.
func made(t *testing.T, id *age.X25519Identity, times int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Head{Program: "test", Schema: 3, Key: "abcd"}, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Table(people); err != nil {
			t.Fatal(err)
		}
		for range times {
			for _, r := range rows {
				if err := w.Row(r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := w.Close(access.Checkpoint{Seq: 5, Hash: "h"}, 2, signer); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWhatWentInComesOut(t *testing.T) {
	id := identity(t)
	var tables []Table
	var got [][]any
	m, err := Read(bytes.NewReader(made(t, id, 1)), trust, []age.Identity{id}, Sink{
		Table: func(x Table) error { tables = append(tables, x); return nil },
		Row:   func(r []any) error { got = append(got, append([]any{}, r...)); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(tables, []Table{people, people}) || !reflect.DeepEqual(got, append(append([][]any{}, rows...), rows...)) {
		t.Errorf("%v\n%v", tables, got)
	}
	if m.Schema != 3 || m.Key != "abcd" || m.Rows() != 6 || m.Checkpoint.Seq != 5 || m.Erased != 2 || len(m.Digest) != 64 {
		t.Errorf("%+v", m)
	}
}

// Every flipped bit and every cut is noticed, and so are those who may not read, or did not sign.
func TestADamagedBackupIsRefused(t *testing.T) {
	id := identity(t)
	good := made(t, id, 400)
	read := func(b []byte, with *age.X25519Identity) error {
		_, err := Read(bytes.NewReader(b), trust, []age.Identity{with}, Sink{})
		return err
	}
	if err := read(good, id); err != nil {
		t.Fatal(err)
	}
	step := len(good)/700 + 1
	for i := 0; i < len(good); i += step {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if err := read(bad, id); !fault.Is(err, fault.Invalid) {
			t.Errorf("byte %d of %d flipped: %v", i, len(good), err)
		}
		if err := read(good[:i], id); !fault.Is(err, fault.Invalid) {
			t.Errorf("cut to %d of %d: %v", i, len(good), err)
		}
	}
	for name, tc := range map[string]struct {
		b    []byte
		with *age.X25519Identity
		key  string
	}{
		"something behind it":               {append(bytes.Clone(good), 'x'), id, "backup.damaged"},
		"another identity":                  {good, identity(t), "backup.identity"},
		"no backup at all":                  {[]byte("SQLite format 3\x00"), id, "backup.foreign"},
		"nothing":                           {nil, id, "backup.foreign"},
		"something else that was encrypted": {encrypted(t, id, "a letter\n"), id, "backup.damaged"},
	} {
		err := read(tc.b, tc.with)
		if f := fault.All(err); len(f) != 1 || f[0].Key != tc.key {
			t.Errorf("%s: %v, want %s", name, err, tc.key)
		}
	}
	_, err := Read(bytes.NewReader(good), []ed25519.PublicKey{make([]byte, 32)}, []age.Identity{id}, Sink{})
	if f := fault.All(err); len(f) != 1 || f[0].Key != "backup.unsigned" {
		t.Errorf("signed by somebody else: %v", err)
	}
}

func encrypted(t *testing.T, id *age.X25519Identity, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsNoValueIsNotWritten(t *testing.T) {
	w, err := NewWriter(io.Discard, Head{}, identity(t).Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Table(people); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{"\xff", math.NaN(), math.Inf(1), 3, []byte("x")} {
		if err := w.Row([]any{v}); err == nil {
			t.Errorf("%v was written", v)
		}
	}
}

func TestASinkThatRefusesStopsTheReading(t *testing.T) {
	id := identity(t)
	stop := errors.New("stop")
	for name, to := range map[string]Sink{
		"at the head":  {Head: func(Head) error { return stop }},
		"at a table":   {Table: func(Table) error { return stop }},
		"at a row":     {Row: func([]any) error { return stop }},
		"with a fault": {Row: func([]any) error { return fmt.Errorf("x: %w", stop) }},
	} {
		if _, err := Read(bytes.NewReader(made(t, id, 1)), trust, []age.Identity{id}, to); !errors.Is(err, stop) || strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
