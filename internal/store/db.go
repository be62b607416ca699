// Package store keeps everything that the program knows, in SQLite or PostgreSQL, under one SQL text. View and Update are
// its only doors: rights are asked inside the transaction that reads or writes, every permitted act leaves an entry in the
// same transaction, and a write that nobody allowed is undone. No rule of a subject lives here.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib" // and the driver "pgx"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/ledger"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// Kind is which database is behind a DB.
type Kind string

// The kinds of database.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
)

// Config says where the database is and what it stands on.
type Config struct {
	Dir    string // folder of the SQLite file; used when URL is empty
	URL    string // postgres://… address
	Policy access.Policy
	Now    calendar.Clock
	Log    *slog.Logger
	Ring   sealed.Ring    // seals what is kept about people, and gives every entry of the record its code
	Ledger *ledger.Ledger // of erasures; nil where nothing is erased
	Clash  bool           // for tests: every transaction is undone once and run again, as a clash on PostgreSQL does
	Rights Rights         // nil where actors are taken as they come
}

// Rights returns an actor with the rights of this moment, read within the transaction that is about to write, so that a
// role that ended a moment ago opens nothing. It is asked about actors who come by a session.
type Rights func(ctx context.Context, tx *Tx, by access.Actor) (access.Actor, error)

// DB is an open database.
type DB struct {
	kind           Kind
	write          *sql.DB
	read           *sql.DB
	policy         access.Policy
	now            calendar.Clock
	log            *slog.Logger
	rights         Rights
	clash          bool
	ledger         *ledger.Ledger
	ring           sealed.Ring
	dir            string // of the SQLite file
	held           *hold
	links          sealed.Box         // of mail
	factors        sealed.Box         // secrets of second factors
	keeper         sealed.Keeper      // of the keys of records
	codes          []sealed.AuditKeys // under which entries may stand, the present one first
	living         int                // how many of them are of roots still in use
	names, numbers sealed.Indexer     // make the tokens by which sealed names and personal numbers are found
	schema         int64              // version that this program knows

	statements atomic.Int64
}

// Statements is how many statements were sent to the database so far; benchmarks read it.
func (db *DB) Statements() int64 { return db.statements.Load() }

// Open opens the database that c names; it does not migrate it.
func Open(ctx context.Context, c Config) (*DB, error) {
	db := &DB{policy: c.Policy, now: c.Now, log: c.Log, rights: c.Rights, ledger: c.Ledger, clash: c.Clash}
	db.UseRing(c.Ring)
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if c.URL != "" {
		err = db.openPostgres(c.URL)
	} else {
		err = db.openSQLite(c.Dir)
	}
	if err != nil {
		return nil, err
	}
	if err := db.write.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s database: %w", db.kind, err)
	}
	p, err := db.provider()
	if err != nil {
		db.Close()
		return nil, err
	}
	db.schema = latest(p)
	return db, nil
}

func (db *DB) openPostgres(address string) error {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return fmt.Errorf("the database address must begin with postgres://")
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("open postgres: %w", err)
	}
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(planOnce))
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(16)
	db.kind, db.write, db.read = Postgres, pool, pool
	return nil
}

// planOnce has a connection plan each statement once, and not anew for its values: to plan costs more than to find, and the more
// the larger the tables, since their statistics grow. No statement needs it: where an index is for a part of the rows, the
// statement names that part in its text, as SQLite wants it too.
func planOnce(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SET plan_cache_mode = force_generic_plan")
	return err
}

const pragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
	"&_pragma=trusted_schema(OFF)&_pragma=secure_delete(ON)&_pragma=temp_store(MEMORY)"

func (db *DB) openSQLite(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	file := (&url.URL{Scheme: "file", Opaque: filepath.ToSlash(filepath.Join(dir, "strengthen.db"))}).String()
	db.write = sql.OpenDB(preparing{file + "?" + pragmas + "&_pragma=cache_size(-16000)&_txlock=immediate"})
	db.write.SetMaxOpenConns(1)
	db.read = sql.OpenDB(preparing{file + "?" + pragmas + "&_pragma=query_only(1)"})
	db.read.SetMaxOpenConns(4)
	db.kind, db.dir = SQLite, dir
	return nil
}

// UseRing makes a ring the one under which values are sealed from now on; it is called when keys are replaced.
func (db *DB) UseRing(g sealed.Ring) {
	db.ring, db.links, db.factors, db.keeper = g, g.Box("mail-link"), g.Box(org.FactorBox), g.Keeper()
	db.codes, db.living = g.Audit(), 1+len(g.Old)
	db.names, db.numbers = g.Indexer("name"), g.Indexer("number")
}

// maker returns which of the keys of the record made the code of an entry, or -1.
func (db *DB) maker(e access.Entry) int {
	return slices.IndexFunc(db.codes, func(k sealed.AuditKeys) bool { return e.Code(k.MAC) == e.MAC })
}

// fresh reports whether an entry that is not linked yet carries a code of a key that is still in use. Whoever took a root away
// that was replaced since can add nothing by it.
func (db *DB) fresh(e access.Entry) bool {
	i := db.maker(e)
	return i >= 0 && i < db.living
}

// Close lets go of the database.
func (db *DB) Close() error {
	db.held.release()
	if db.read == db.write || db.read == nil {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Hurry lets writes to SQLite not wait for the disk, or wait again. It is for filling a database that can be made anew.
func (db *DB) Hurry(ctx context.Context, on bool) error {
	if db.kind != SQLite {
		return nil
	}
	how := "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -16000"
	if on {
		how = "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -256000"
	}
	_, err := db.write.ExecContext(ctx, how)
	return err
}

// Kind returns which database this is.
func (db *DB) Kind() Kind { return db.kind }

// Policy returns the table of rights that the database asks.
func (db *DB) Policy() access.Policy { return db.policy }

// Ready reports whether the database answers and has the schema that this program knows.
func (db *DB) Ready(ctx context.Context) error {
	var have int64
	err := db.read.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&have)
	if err == nil && have != db.schema {
		err = fmt.Errorf("the schema is at version %d and the program knows %d", have, db.schema)
	}
	return err
}

// View runs fn in a transaction that only reads.
func (db *DB) View(ctx context.Context, by access.Actor, fn func(*Tx) error) error {
	sqlTx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return mapError(err)
	}
	defer sqlTx.Rollback() //nolint:errcheck // nothing was written
	tx := &Tx{db: db, sql: sqlTx, by: by, reading: true}
	if err := fn(tx); err != nil {
		db.recordRefusals(ctx, tx.refused)
		return mapError(err)
	}
	return nil
}

// Update runs fn in a transaction that may write, and commits when fn returns nil and every write came after an Allow.
// On PostgreSQL transactions are serializable and fn is repeated when two of them clash, so fn must have no effects of
// its own. Refusals are recorded after the rollback.
func (db *DB) Update(ctx context.Context, by access.Actor, fn func(*Tx) error) error {
	for attempt := 0; ; attempt++ {
		tx, err := db.tryUpdate(ctx, by, fn, db.clash && attempt == 0)
		if err == nil {
			return nil
		}
		if attempt < 12 && (clashed(err) || err == errClash) && ctx.Err() == nil {
			time.Sleep(time.Duration(1+rand.IntN(1<<min(attempt+2, 8))) * time.Millisecond)
			continue
		}
		if tx != nil {
			db.recordRefusals(ctx, tx.refused)
		}
		return mapError(err)
	}
}

func (db *DB) tryUpdate(ctx context.Context, by access.Actor, fn func(*Tx) error, undo bool) (*Tx, error) {
	opts := &sql.TxOptions{}
	if db.kind == Postgres {
		opts.Isolation = sql.LevelSerializable
	}
	sqlTx, err := db.write.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer sqlTx.Rollback() //nolint:errcheck // after a commit it does nothing
	tx := &Tx{db: db, sql: sqlTx, by: by}
	if by.Session != "" && db.rights != nil {
		if tx.by, err = db.rights(ctx, tx, by); err != nil {
			return tx, err
		}
	}
	if err := fn(tx); err != nil {
		return tx, err
	}
	if undo {
		return tx, errClash
	}
	return tx, sqlTx.Commit()
}

var errClash = errors.New("undone once, for a test")

// recordRefusals writes down what was refused, after the transaction that asked was undone.
func (db *DB) recordRefusals(ctx context.Context, refused []access.Entry) {
	if len(refused) == 0 {
		return
	}
	err := db.Update(context.WithoutCancel(ctx), access.TheSystem(), func(tx *Tx) error {
		tx.allowed = true
		for _, e := range refused {
			if err := tx.putEntry(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		db.log.Error("refusal not recorded", "error", err)
	}
}

// For presents the store to a subject that asks for a transaction of type T.
type For[T any] struct{ DB *DB }

// View is DB.View for a subject.
func (f For[T]) View(ctx context.Context, by access.Actor, fn func(T) error) error {
	return f.DB.View(ctx, by, func(tx *Tx) error { return fn(any(tx).(T)) })
}

// Update is DB.Update for a subject.
func (f For[T]) Update(ctx context.Context, by access.Actor, fn func(T) error) error {
	return f.DB.Update(ctx, by, func(tx *Tx) error { return fn(any(tx).(T)) })
}

var errUnallowed = errors.New("a write came before an Allow")
