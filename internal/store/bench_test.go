package store_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/backup"
	keys "strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// BenchmarkBackup and BenchmarkRestore move a hundred thousand rows, of every table, encrypted and signed, out of and into each
// kind of database; rows/s and the size of the backup are reported.
func BenchmarkBackup(b *testing.B) {
	eachFilled(b, func(b *testing.B, db *store.DB, id *age.X25519Identity, signer ed25519.PrivateKey) {
		rows, size := int64(0), 0
		for b.Loop() {
			file, m := backedUp(b, db, id, signer)
			rows, size = rows+m.Rows(), len(file)
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(size)/1e6, "MB")
	})
}

func BenchmarkRestore(b *testing.B) {
	eachFilled(b, func(b *testing.B, db *store.DB, id *age.X25519Identity, signer ed25519.PrivateKey) {
		file, m := backedUp(b, db, id, signer)
		rows := int64(0)
		for b.Loop() {
			to := empty(b, db.Kind(), nil)
			err := to.Load(b.Context(), m.Schema, func(l *store.Loader) error {
				_, err := backup.Read(bytes.NewReader(file), []ed25519.PublicKey{signer.Public().(ed25519.PublicKey)}, []age.Identity{id}, backup.Sink{Table: l.Table, Row: l.Row})
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			rows += m.Rows()
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
}

func eachFilled(b *testing.B, fn func(*testing.B, *store.DB, *age.X25519Identity, ed25519.PrivateKey)) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			c := store.Config{Policy: access.Standard(), Now: testkit.NewClock().Now, Ring: keys.Ring{Current: keys.Root{1}}}
			if kind == store.SQLite {
				c.Dir = b.TempDir()
			} else {
				c.URL = testkit.Postgres(b)
			}
			db := testkit.Open(b, c)
			testkit.Fill(b, testkit.Raw(b, db), driverOf[kind], 1600)
			fn(b, db, id, c.Ring.Current.Signer())
		})
	}
}

func backedUp(b *testing.B, db *store.DB, id *age.X25519Identity, signer ed25519.PrivateKey) ([]byte, backup.Manifest) {
	b.Helper()
	var file bytes.Buffer
	var w *backup.Writer
	err := db.Dump(b.Context(), func(s store.Snapshot) (err error) {
		w, err = backup.NewWriter(&file, backup.Head{Schema: s.Schema}, id.Recipient())
		return err
	}, func(t backup.Table) error { return w.Table(t) }, func(row []any) error { return w.Row(row) })
	if err != nil {
		b.Fatal(err)
	}
	m, err := w.Close(access.Checkpoint{}, 0, signer)
	if err != nil {
		b.Fatal(err)
	}
	return file.Bytes(), m
}
