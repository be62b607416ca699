package main

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/testkit"
)

// A server that is started again, or has nothing to do, adds nothing to the record of what was done.
func TestAnIdleServerAddsNothingToTheRecord(t *testing.T) {
	dir := t.TempDir()
	for name, p := range map[string]place{
		"sqlite":   {Data: filepath.Join(dir, "sqlite")},
		"postgres": {Data: filepath.Join(dir, "postgres"), Database: testkit.Postgres(t)},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testkit.NewClock()
			driver, address := "pgx", p.Database
			if address == "" {
				driver, address = "sqlite", "file:"+filepath.Join(p.Data, "strengthen.db")
			}
			entries := func() (n int) {
				t.Helper()
				db, err := sql.Open(driver, address)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM audit_entry").Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			start := func() *house {
				t.Helper()
				h, err := p.open(t.Context(), calendar.Clock(clock.Now), true)
				if err != nil {
					t.Fatal(err)
				}
				return h
			}
			start().db.Close()
			first := entries()
			if first == 0 {
				t.Fatal("the first start is not on the record")
			}
			h := start()
			defer h.db.Close()
			if n := entries(); n != first {
				t.Errorf("the second start added %d entries", n-first)
			}
			for range 2 {
				clock.Move(15 * time.Minute) // whatever comes every quarter of an hour comes too
				h.minute(t.Context(), nil, "")
				if _, err := h.privacy.Propose(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if n := entries(); n != first {
				t.Errorf("two idle quarters of an hour added %d entries", n-first)
			}
		})
	}
}
