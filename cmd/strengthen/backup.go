package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/backup"
	"strengthen/internal/fault"
	"strengthen/internal/ledger"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
)

type backupKeyCmd struct {
	Out string `help:"File for the secret key. Keep it away from the server, in two places." required:"" placeholder:"FILE"`
}

// Run makes the pair whose secret half never comes near the server.
func (c *backupKeyCmd) Run() error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the secret key was not written: %w", err)
	}
	_, err = fmt.Fprintf(f, "# secret key for backups of Strengthen; its public half is %s\n%s\n", id.Recipient(), id)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("the secret key was not written: %w", err)
	}
	fmt.Printf("%s\n", id.Recipient())
	fmt.Fprintf(os.Stderr, "The line above is the public key: give it to strengthen backup --recipient.\nThe secret key is in %s: keep it in two places away from the server. Whoever has it and a backup reads everything but the sealed words.\n", c.Out)
	return nil
}

type backupCmd struct {
	place
	Out       string   `help:"File to write. An old backup is not written over." required:"" placeholder:"FILE"`
	Recipient []string `help:"Public key, age1…, that may read the backup; may be given more than once." required:"" placeholder:"KEY"`
}

func (c *backupCmd) Run(ctx context.Context) error {
	to, err := age.ParseRecipients(strings.NewReader(strings.Join(c.Recipient, "\n")))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "backup.recipient").At("--recipient")
	}
	if _, err := os.Stat(c.Out); err == nil {
		return fault.Field("--out", "backup.there")
	}
	h, err := c.open(ctx, realTime, false)
	if err != nil {
		return err
	}
	defer h.db.Close()
	began := time.Now()
	if err := h.note(ctx, access.BackUp); err != nil {
		return err
	}
	m, size, err := h.backup(ctx, c.Out, to)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d rows of %d tables, schema %d, record up to link %d, %.1f MB in %.1f s\ndigest %s\n", c.Out, m.Rows(), len(m.Tables), m.Schema,
		m.Checkpoint.Seq, float64(size)/1e6, time.Since(began).Seconds(), m.Digest)
	return nil
}

// note puts what a command does on the record, and seals it. A full disk does not keep anybody from taking a backup; that it
// is not on the record is said.
func (h *house) note(ctx context.Context, action access.Action) error {
	err := h.db.Update(ctx, operator(access.Administrator), func(tx *store.Tx) error {
		return tx.Allow(ctx, action, access.Resource{Kind: "system"})
	})
	if err == nil {
		_, _, err = h.db.SealAll(ctx, h.signer)
	}
	if fault.Is(err, fault.Busy) {
		h.log.Error("this is not on the record", "action", action, "error", err)
		return nil
	}
	return err
}

// backup writes everything into a file that is there whole or not at all.
func (h *house) backup(ctx context.Context, name string, to []age.Recipient) (m backup.Manifest, size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".strengthen-*") // mode 0600
	if err != nil {
		return m, 0, err
	}
	defer os.Remove(f.Name()) // it is gone when all went well
	defer f.Close()
	if m, err = h.dump(ctx, f, to); err != nil {
		return m, 0, err
	}
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return m, 0, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return m, 0, err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return m, 0, err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return m, 0, err
	}
	return m, size, errors.Join(dir.Sync(), dir.Close())
}

func (h *house) dump(ctx context.Context, out io.Writer, to []age.Recipient) (backup.Manifest, error) {
	var w *backup.Writer
	var s store.Snapshot
	err := h.db.Dump(ctx, func(of store.Snapshot) (err error) {
		s = of
		w, err = backup.NewWriter(out, backup.Head{
			Program: version, Schema: s.Schema, Made: s.At.UTC(), Key: h.ring.Current.Name(), Database: string(h.db.Kind()),
		}, to...)
		return err
	}, func(t backup.Table) error { return w.Table(t) }, func(row []any) error { return w.Row(row) })
	if err != nil {
		return backup.Manifest{}, err
	}
	return w.Close(s.Checkpoint, s.Erased, h.signer)
}

type restoreCmd struct {
	place
	In             string `help:"Backup to bring back." required:"" type:"existingfile" placeholder:"FILE"`
	Identity       string `help:"Secret key for backups, the file that strengthen backup-key made." required:"" type:"existingfile" placeholder:"FILE"`
	EarlierKeyFile string `help:"Key file of the time of the backup, when the root key was replaced since." type:"existingfile" placeholder:"FILE"`
}

// Run reads the backup to its end before it writes anything; then it brings everything back in one transaction, brings the
// schema up, erases again what the ledger lists, and checks the record.
func (c *restoreCmd) Run(ctx context.Context) error {
	began := time.Now()
	ring, err := c.rings()
	if err != nil {
		return err
	}
	ids, err := c.identities()
	if err != nil {
		return err
	}
	m, err := c.read(ring, ids, backup.Sink{})
	if err != nil {
		return err
	}
	if err := c.check(m, ring); err != nil {
		return err
	}
	db, err := c.store(ctx, realTime, ring)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Hold(ctx, true); err != nil {
		return err
	}
	if c.EarlierKeyFile != "" {
		if err := ring.Write(c.keyFile()); err != nil {
			return err
		}
	}
	err = db.Load(ctx, m.Schema, func(l *store.Loader) error {
		_, err := c.read(ring, ids, backup.Sink{Table: l.Table, Row: l.Row})
		return err
	})
	if err != nil {
		return err
	}
	return c.finish(ctx, c.furnish(db, ring, realTime), m, began)
}

// rings is the key file, together with that of the time of the backup.
func (c *restoreCmd) rings() (sealed.Ring, error) {
	ring, err := sealed.LoadRing(c.keyFile())
	if err != nil {
		return ring, fmt.Errorf("%w: put the copy of your key file there first, or say where it lies with --key-file; no backup holds it", err)
	}
	if c.EarlierKeyFile == "" {
		return ring, nil
	}
	earlier, err := sealed.LoadRing(c.EarlierKeyFile)
	return ring.With(earlier), err
}

func (c *restoreCmd) identities() ([]age.Identity, error) {
	f, err := os.Open(c.Identity)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fault.New(fault.Invalid, "backup.key").At("--identity") // the cause may tell the key
	}
	return ids, nil
}

func (c *restoreCmd) read(g sealed.Ring, ids []age.Identity, to backup.Sink) (backup.Manifest, error) {
	f, err := os.Open(c.In)
	if err != nil {
		return backup.Manifest{}, err
	}
	defer f.Close()
	return backup.Read(f, publicKeys(g), ids, to)
}

// check holds a backup that is whole against the keys and the ledger that are here.
func (c *restoreCmd) check(m backup.Manifest, g sealed.Ring) error {
	if !g.Opens(m.Key) {
		return fault.New(fault.Invalid, "backup.ring")
	}
	l := c.ledger(g)
	erased, err := l.Records()
	if err == nil && int64(len(erased)) >= m.Erased {
		return nil
	}
	if err == nil || errors.Is(err, ledger.ErrNone) {
		return fault.New(fault.Invalid, "backup.ledger", fault.Vars{"file": l.File()}).At("--ledger")
	}
	return err
}

// finish brings a database that was just loaded to where people can come in.
func (c *restoreCmd) finish(ctx context.Context, h *house, m backup.Manifest, began time.Time) error {
	if _, _, err := h.db.Migrate(ctx); err != nil {
		return err
	}
	again, err := h.db.Replay(ctx)
	if err != nil {
		return err
	}
	if err := h.note(ctx, access.RestoreAll); err != nil {
		return err
	}
	fmt.Printf("%d rows of %d tables of %s are back, erased again %d, in %.1f s\n", m.Rows(), len(m.Tables), m.Made.Format(time.RFC3339), again, time.Since(began).Seconds())
	if err := h.verify(ctx, nil); err != nil {
		return err
	}
	fmt.Println("Everybody has to sign in again. What was written after the backup is lost; begin a new file of checkpoints.")
	if len(h.ring.Old) > 0 {
		fmt.Println("The key file holds an old root: run strengthen rotate to finish its replacement.")
	}
	return nil
}
