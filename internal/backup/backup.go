// Package backup is the form in which a whole database leaves the server: every row of every table, compressed, encrypted to
// a key that the server does not hold, and signed by the one it does. The form knows no database, so that a backup of one kind
// is restored into the other. Inside the encryption (age) and the compression (gzip) are lines of JSON: a head, for each table
// a line with its columns and a line for each row, an end with the number of rows, and a signature over everything before it.
// The key file is never part of it. The package refuses what was altered, cut, or signed by nobody it was told to trust.
package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// format is the version of the form; another one is refused.
const format = 1

// Head says where a backup comes from.
type Head struct {
	Format   int       `json:"strengthen-backup"`
	Program  string    `json:"program"`  // version of the program that made it
	Schema   int64     `json:"schema"`   // version of the schema
	Made     time.Time `json:"made"`     // moment of the snapshot
	Key      string    `json:"key"`      // name of the root under which values are sealed
	Database string    `json:"database"` // kind of database it was made from
}

// Kind is what a column holds.
type Kind string

// The kinds of column. A value of each may be nil.
const (
	Text Kind = "text" // string
	Int  Kind = "int"  // int64
	Bool Kind = "bool" // bool
	Real Kind = "real" // float64
)

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is a table; the rows that follow it are its own.
type Table struct {
	Name    string   `json:"table"`
	Columns []Column `json:"columns"`
}

// Count is how many rows a table has.
type Count struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// End closes the rows.
type End struct {
	Tables     []Count           `json:"tables"`
	Checkpoint access.Checkpoint `json:"checkpoint"` // last of the record of what was done
	Erased     int64             `json:"erased"`     // records known to be erased
}

// Rows is how many rows there are in all tables.
func (e End) Rows() int64 {
	var n int64
	for _, c := range e.Tables {
		n += c.Rows
	}
	return n
}

// Manifest is a backup without its rows.
type Manifest struct {
	Head
	End
	Digest string // SHA-256 of every line before the signature, in hex
}

type seal struct {
	Digest    string `json:"digest"`
	Signature string `json:"signature"`
}

// signed is what the signature covers.
func signed(digest string) []byte {
	return fmt.Appendf(nil, "strengthen-backup/%d\n%s\n", format, digest)
}

// Writer writes a backup. After an error it is of no use, and what was written is not a backup.
type Writer struct {
	age, zip io.WriteCloser
	out      *bufio.Writer
	sum      hash.Hash
	head     Head
	counts   []Count
	kinds    []Kind
	line     []byte
}

// NewWriter begins a backup that any of the recipients can read.
func NewWriter(out io.Writer, h Head, to ...age.Recipient) (*Writer, error) {
	a, err := age.Encrypt(out, to...)
	if err != nil {
		return nil, fmt.Errorf("encrypt backup: %w", err)
	}
	z, err := gzip.NewWriterLevel(a, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	h.Format = format
	w := &Writer{age: a, zip: z, out: bufio.NewWriterSize(z, 64<<10), sum: sha256.New(), head: h}
	return w, w.json(h)
}

func (w *Writer) json(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.put(append(b, '\n'))
}

func (w *Writer) put(line []byte) error {
	w.sum.Write(line)
	_, err := w.out.Write(line)
	return err
}

// Table begins a table.
func (w *Writer) Table(t Table) error {
	w.counts = append(w.counts, Count{Table: t.Name})
	w.kinds = w.kinds[:0]
	for _, c := range t.Columns {
		w.kinds = append(w.kinds, c.Kind)
	}
	return w.json(t)
}

// Row writes a row of the table that was begun last.
func (w *Writer) Row(values []any) error {
	b := append(w.line[:0], '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case string:
			if !utf8.ValidString(v) {
				return fmt.Errorf("table %s, column %d holds bytes that are no text", w.counts[len(w.counts)-1].Table, i+1)
			}
			text, err := json.Marshal(v)
			if err != nil {
				return err
			}
			b = append(b, text...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case bool:
			b = strconv.AppendBool(b, v)
		case float64:
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("table %s, column %d holds no number", w.counts[len(w.counts)-1].Table, i+1)
			}
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
		default:
			return fmt.Errorf("a backup takes no %T", v)
		}
	}
	w.line = append(b, ']', '\n')
	w.counts[len(w.counts)-1].Rows++
	return w.put(w.line)
}

// Close writes the end and the signature by key, and closes the encryption. The caller closes the file.
func (w *Writer) Close(c access.Checkpoint, erased int64, key ed25519.PrivateKey) (Manifest, error) {
	m := Manifest{Head: w.head, End: End{w.counts, c, erased}}
	if err := w.json(m.End); err != nil {
		return m, err
	}
	m.Digest = hex.EncodeToString(w.sum.Sum(nil))
	s := seal{m.Digest, hex.EncodeToString(ed25519.Sign(key, signed(m.Digest)))}
	return m, errors.Join(w.json(s), w.out.Flush(), w.zip.Close(), w.age.Close())
}

// Sink takes what a backup holds. An error stops the reading and is returned.
type Sink struct {
	Head  func(Head) error
	Table func(Table) error
	Row   func([]any) error // the slice is used again for the next row
}

// Read reads a backup to its end. It returns without an error only when the backup is whole and was signed by one of keys;
// what the sink was given until then may be rubbish, so read once with an empty Sink before anything is written.
func Read(in io.Reader, keys []ed25519.PublicKey, with []age.Identity, to Sink) (Manifest, error) {
	a, err := age.Decrypt(bufio.NewReaderSize(in, 64<<10), with...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return Manifest{}, fault.Wrap(err, fault.Invalid, "backup.identity")
	}
	if err != nil {
		return Manifest{}, fault.Wrap(err, fault.Invalid, "backup.foreign")
	}
	z, err := gzip.NewReader(a)
	if err != nil {
		return Manifest{}, fault.Wrap(err, fault.Invalid, "backup.damaged")
	}
	r := &reader{in: bufio.NewReaderSize(z, 64<<10), sum: sha256.New(), to: to}
	m, err := r.read(keys)
	if err != nil && fault.KindOf(err) == fault.Internal && !errors.Is(err, errSink) {
		err = fault.Wrap(err, fault.Invalid, "backup.damaged")
	}
	return m, err
}

var errSink = errors.New("the backup was not taken in")

type reader struct {
	in    *bufio.Reader
	sum   hash.Hash
	to    Sink
	table Table
	row   []any
	m     Manifest
}

func (r *reader) line() ([]byte, error) {
	b, err := r.in.ReadBytes('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func (r *reader) read(keys []ed25519.PublicKey) (Manifest, error) {
	b, err := r.line()
	if err != nil {
		return r.m, err
	}
	if err := json.Unmarshal(b, &r.m.Head); err != nil || r.m.Format == 0 {
		return r.m, fault.New(fault.Invalid, "backup.foreign")
	}
	if r.m.Format != format {
		return r.m, fault.New(fault.Invalid, "backup.newer")
	}
	r.sum.Write(b)
	if r.to.Head != nil {
		if err := r.to.Head(r.m.Head); err != nil {
			return r.m, errors.Join(errSink, err)
		}
	}
	for done := false; !done; {
		if b, err = r.line(); err != nil {
			return r.m, err
		}
		r.sum.Write(b)
		if done, err = r.take(b); err != nil {
			return r.m, err
		}
	}
	return r.m, r.close(keys)
}

// take takes in one line: a row, a table, or the end.
func (r *reader) take(b []byte) (end bool, err error) {
	if bytes.HasPrefix(b, []byte("[")) {
		return false, r.takeRow(b)
	}
	if bytes.HasPrefix(b, []byte(`{"tables"`)) {
		counted := r.m.Tables
		r.m.Tables = nil
		if err := json.Unmarshal(b, &r.m.End); err != nil {
			return true, err
		}
		if fmt.Sprint(counted) != fmt.Sprint(r.m.Tables) {
			return true, errors.New("the rows are not as many as the backup says")
		}
		return true, nil
	}
	r.table = Table{}
	if err := json.Unmarshal(b, &r.table); err != nil || r.table.Name == "" {
		return false, errors.New("a line is neither a table nor a row")
	}
	r.m.Tables = append(r.m.Tables, Count{Table: r.table.Name})
	if r.to.Table == nil {
		return false, nil
	}
	if err := r.to.Table(r.table); err != nil {
		return false, errors.Join(errSink, err)
	}
	return false, nil
}

func (r *reader) takeRow(b []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if len(raw) != len(r.table.Columns) || len(raw) == 0 {
		return errors.New("a row has another number of values than its table has columns")
	}
	r.row = r.row[:0]
	for i, v := range raw {
		x, err := value(r.table.Columns[i].Kind, v)
		if err != nil {
			return err
		}
		r.row = append(r.row, x)
	}
	r.m.Tables[len(r.m.Tables)-1].Rows++
	if r.to.Row == nil {
		return nil
	}
	if err := r.to.Row(r.row); err != nil {
		return errors.Join(errSink, err)
	}
	return nil
}

func value(k Kind, b json.RawMessage) (any, error) {
	if string(b) == "null" {
		return nil, nil
	}
	switch k {
	case Text:
		var s string
		err := json.Unmarshal(b, &s)
		return s, err
	case Int:
		return strconv.ParseInt(string(b), 10, 64)
	case Bool:
		return strconv.ParseBool(string(b))
	case Real:
		return strconv.ParseFloat(string(b), 64)
	}
	return nil, fmt.Errorf("a column of kind %q", k)
}

// close checks digest and signature, and that nothing follows.
func (r *reader) close(keys []ed25519.PublicKey) error {
	r.m.Digest = hex.EncodeToString(r.sum.Sum(nil))
	b, err := r.line()
	if err != nil {
		return err
	}
	var s seal
	if err := json.Unmarshal(b, &s); err != nil || s.Digest != r.m.Digest {
		return errors.New("the digest is not that of the lines")
	}
	if _, err := r.in.ReadByte(); err != io.EOF {
		return errors.New("something follows the end")
	}
	sig, err := hex.DecodeString(s.Signature)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if ed25519.Verify(k, signed(s.Digest), sig) {
			return nil
		}
	}
	return fault.New(fault.Invalid, "backup.unsigned")
}
