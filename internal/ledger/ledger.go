// Package ledger keeps the list of what was erased, in a file of its own outside the database and outside its backups. A line
// names a kind of record and its identifier, never what the record said, and carries a code that only the holder of the key
// file can make; each code covers the one before it. Whoever restores a backup erases again what the ledger lists, before
// anybody can log in. The package refuses a ledger that was altered, and one that lost lines from its middle.
package ledger

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Record names something that was erased.
type Record struct {
	Kind string // of record, such as "case"
	ID   string
}

// Ledger is the file and the keys under which its lines may stand, the one for new lines first.
type Ledger struct {
	file string
	keys [][]byte
}

// New returns the ledger in a file; it neither reads nor makes it.
func New(file string, keys [][]byte) *Ledger { return &Ledger{file, keys} }

// File is where the ledger lies.
func (l *Ledger) File() string { return l.file }

// ErrNone says that there is no ledger where one should be.
var ErrNone = errors.New("there is no ledger of erasures")

// ErrDamaged says that the ledger was altered or lost lines.
var ErrDamaged = errors.New("the ledger of erasures was altered")

const head = "strengthen-ledger/1\n"

// Make makes an empty ledger unless there is one.
func (l *Ledger) Make() error {
	if err := os.MkdirAll(filepath.Dir(l.file), 0o700); err != nil {
		return fmt.Errorf("make ledger folder: %w", err)
	}
	f, err := os.OpenFile(l.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make ledger: %w", err)
	}
	_, err = f.WriteString(head)
	dir, e := os.Open(filepath.Dir(l.file))
	if e == nil {
		e = errors.Join(dir.Sync(), dir.Close())
	}
	return errors.Join(err, f.Sync(), f.Close(), e)
}

// Records returns what was erased, in the order of erasing.
func (l *Ledger) Records() ([]Record, error) {
	b, err := os.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", l.file, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	all, _, _, err := l.parse(b)
	return all, err
}

// Append adds records that are not listed yet and returns when they have reached the disk. Call it before the records are
// deleted: after a crash between the two the ledger still says what has to go. Several processes may append at the same time.
func (l *Ledger) Append(at time.Time, records ...Record) error {
	f, err := os.OpenFile(l.file, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", l.file, ErrNone)
	}
	if err != nil {
		return fmt.Errorf("append to ledger: %w", err)
	}
	defer f.Close() // which ends the lock too
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock ledger: %w", err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	known, last, whole, err := l.parse(b)
	if err != nil {
		return err
	}
	var more bytes.Buffer
	for _, r := range records {
		if strings.ContainsAny(r.Kind+r.ID, " \n") || r.Kind == "" || r.ID == "" {
			return fmt.Errorf("the ledger takes no such record: %q %q", r.Kind, r.ID)
		}
		if !slices.Contains(known, r) {
			text := line(r, at)
			last = code(l.keys[0], last, text)
			fmt.Fprintf(&more, "%s %s\n", text, last)
			known = append(known, r)
		}
	}
	if more.Len() == 0 {
		return nil
	}
	if err := f.Truncate(int64(whole)); err != nil { // a line that a crash cut short was never acted upon
		return fmt.Errorf("append to ledger: %w", err)
	}
	if _, err := f.WriteAt(more.Bytes(), int64(whole)); err != nil {
		return errors.Join(fmt.Errorf("append to ledger: %w", err), f.Truncate(int64(whole)))
	}
	return f.Sync()
}

func line(r Record, at time.Time) string {
	return r.Kind + " " + r.ID + " " + at.UTC().Format(time.RFC3339)
}

func code(key []byte, previous, text string) string {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s\n%s\n", previous, text)
	return hex.EncodeToString(m.Sum(nil))
}

// parse returns the records, the last code, and how many bytes whole lines take.
func (l *Ledger) parse(b []byte) (all []Record, last string, whole int, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(head))
	if !ok {
		return nil, "", 0, fmt.Errorf("%s: %w", l.file, ErrDamaged)
	}
	whole = len(head)
	for n := 1; ; n++ {
		text, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			return all, last, whole, nil
		}
		words := strings.Split(string(text), " ")
		if len(words) != 4 || !l.made(last, strings.Join(words[:3], " "), words[3]) {
			return nil, "", 0, fmt.Errorf("%s, line %d: %w", l.file, n+1, ErrDamaged)
		}
		all, last = append(all, Record{words[0], words[1]}), words[3]
		whole += len(text) + 1
		rest = after
	}
}

func (l *Ledger) made(previous, text, mac string) bool {
	return slices.ContainsFunc(l.keys, func(k []byte) bool { return hmac.Equal([]byte(code(k, previous, text)), []byte(mac)) })
}
