package store

import (
	"context"
	"strings"
	"testing"
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
