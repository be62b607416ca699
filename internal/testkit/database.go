// Package testkit is for tests only: migrated databases of either kind, a clock that the test moves, and actors with
// roles. A test that needs PostgreSQL fails, and says why, where there is none.
package testkit

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"

	"strengthen/internal/access"
	"strengthen/internal/org"
	"strengthen/internal/store"
)

// Clock is a moment that a test moves. It is safe for use by several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at 2026-03-02 09:00 in Sofia, a Monday.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)} }

// Now is the present moment.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move sets the clock forward by d.
func (c *Clock) Move(d time.Duration) { c.Set(c.Now().Add(d)) }

// Set sets the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Each runs fn once on each kind of database, freshly migrated, with the shipped policy.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	EachWith(t, access.Standard(), fn)
}

// EachWith is Each under policy p.
func EachWith(t *testing.T, p access.Policy, fn func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		clock := NewClock()
		fn(t, Open(t, store.Config{Dir: t.TempDir(), Policy: p, Now: clock.Now}), clock)
	})
	t.Run("postgres", func(t *testing.T) {
		clock := NewClock()
		fn(t, Open(t, store.Config{URL: postgresFrom(t, migrated(t)), Policy: p, Now: clock.Now}), clock)
	})
}

// SQLite returns a freshly migrated SQLite database, for tests of what does not depend on the database.
func SQLite(t testing.TB) (*store.DB, *Clock) {
	t.Helper()
	clock := NewClock()
	return Open(t, store.Config{Dir: t.TempDir(), Policy: access.Standard(), Now: clock.Now}), clock
}

// Open opens and migrates the database of a config, with the rights of sessions.
func Open(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	c.Rights = func(ctx context.Context, tx *store.Tx, by access.Actor) (access.Actor, error) {
		return org.Rights(ctx, tx, by)
	}
	c.Clash = os.Getenv("STRENGTHEN_TEST_CLASH") != "" // make torture: whatever must not be repeated shows
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	places.Store(db, c)
	t.Cleanup(func() { places.Delete(db) })
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// places says where each open database lies.
var places sync.Map

// Raw opens a database past every door, as somebody who has the file or the server could.
func Raw(t testing.TB, db *store.DB) *sql.DB {
	t.Helper()
	v, ok := places.Load(db)
	if !ok {
		t.Fatal("testkit did not open this database")
	}
	driver, address := "pgx", v.(store.Config).URL
	if address == "" {
		driver, address = "sqlite", "file:"+filepath.Join(v.(store.Config).Dir, "strengthen.db")+"?_pragma=busy_timeout(5000)"
	}
	raw, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}

// Count runs a query that returns one number, past every door.
func Count(t testing.TB, db *store.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := Raw(t, db).QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Postgres makes an empty PostgreSQL database for one test and returns its address. It is dropped when the test ends.
func Postgres(t testing.TB) string { return postgresFrom(t, "template1") }

// Migrated is Postgres with the schema of today in it.
func Migrated(t testing.TB) string { return postgresFrom(t, migrated(t)) }

// postgresFrom makes a database for one test, as a copy of another.
func postgresFrom(t testing.TB, template string) string {
	t.Helper()
	admin := adminOf(t)
	name := "t_" + strings.ToLower(access.NewID())
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("PostgreSQL at STRENGTHEN_TEST_POSTGRES does not answer: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(fmt.Errorf("drop test database: %w", err))
		}
	})
	return addressOf(t, name)
}

// migrated returns the name of a database that holds the schema of today and nothing else. It is made once for each schema;
// copying it is faster than migrating for every test.
func migrated(t testing.TB) string {
	t.Helper()
	name := "schema_" + store.SchemaDigest()
	admin := adminOf(t)
	one, err := admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if _, err := one.ExecContext(t.Context(), "SELECT pg_advisory_lock(20260302)"); err != nil {
		t.Fatal(err)
	}
	defer one.ExecContext(context.Background(), "SELECT pg_advisory_unlock(20260302)")
	var there bool
	if err := one.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		return name
	}
	for _, text := range []string{"DROP DATABASE IF EXISTS " + name + "_making WITH (FORCE)", "CREATE DATABASE " + name + "_making"} {
		if _, err := one.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(t.Context(), store.Config{URL: addressOf(t, name+"_making"), Policy: access.Standard(), Now: NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := one.ExecContext(t.Context(), "ALTER DATABASE "+name+"_making RENAME TO "+name); err != nil {
		t.Fatal(err)
	}
	return name
}

func adminOf(t testing.TB) *sql.DB {
	t.Helper()
	base := os.Getenv("STRENGTHEN_TEST_POSTGRES")
	if base == "" {
		t.Fatal(`no PostgreSQL: run "make check", or eval "$(tools/postgres.sh start)" first (STRENGTHEN_TEST_POSTGRES)`)
	}
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	return admin
}

func addressOf(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(os.Getenv("STRENGTHEN_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
