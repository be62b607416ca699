package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
)

// Raw runs a statement past every door, as somebody with the database file could.
func Raw(ctx context.Context, db *DB, text string) error {
	_, err := db.write.ExecContext(ctx, text)
	return err
}

// Damage runs statements with the protecting triggers taken away.
func Damage(t *testing.T, db *DB, texts []string) {
	t.Helper()
	if len(texts) == 0 {
		return
	}
	for _, table := range []string{"audit_entry", "audit_link", "audit_checkpoint"} {
		drop := "ALTER TABLE " + table + " DISABLE TRIGGER ALL"
		if db.kind == SQLite {
			drop = "DROP TRIGGER " + table + "_no_update; DROP TRIGGER " + table + "_no_delete"
		}
		for stmt := range strings.SplitSeq(drop, ";") {
			if err := Raw(t.Context(), db, stmt); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, text := range texts {
		if err := Raw(t.Context(), db, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func init() { holdWait = 200 * time.Millisecond }

// Order returns the number of the link of each entry.
func Order(t *testing.T, db *DB) map[string]int {
	t.Helper()
	rows, err := db.read.QueryContext(t.Context(), `SELECT entry_id, seq FROM audit_link`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	order := map[string]int{}
	for rows.Next() {
		var id string
		var seq int
		if err := rows.Scan(&id, &seq); err != nil {
			t.Fatal(err)
		}
		order[id] = seq
	}
	return order
}

// eachKind runs fn on each kind of database, freshly migrated, within this package.
func eachKind(t *testing.T, fn func(*testing.T, *DB)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, openSQLiteTest(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, openTest(t, Config{URL: NewPostgres(t)})) })
}

func openSQLiteTest(t *testing.T) *DB { return openTest(t, Config{Dir: t.TempDir()}) }

func openTest(t *testing.T, c Config) *DB {
	t.Helper()
	c.Policy, c.Now = access.Standard(), func() time.Time { return time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC) }
	db, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// NewPostgres is testkit.Postgres, which this package cannot import; the tests beside it set it.
var NewPostgres func(testing.TB) string

// MigrateTo brings the schema up to a version and no further.
func MigrateTo(ctx context.Context, db *DB, version int64) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}
