package store_test

import (
	"testing"

	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

func TestADatabaseOfAnotherVersionIsNotReady(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		if err := db.Ready(t.Context()); err != nil {
			t.Fatalf("freshly migrated: %v", err)
		}
		if _, err := testkit.Raw(t, db).ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, true)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Ready(t.Context()); err == nil {
			t.Error("a schema of the future is ready")
		}
		if err := db.Current(t.Context()); err != store.ErrNewer {
			t.Errorf("current: %v", err)
		}
		if _, _, err := db.Migrate(t.Context()); err != store.ErrNewer {
			t.Errorf("migrate: %v", err)
		}
	})
}
