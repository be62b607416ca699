package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"strengthen/internal/fault"
)

// mapError gives errors of either database the kinds that callers act on. Details that may hold values are dropped.
func mapError(err error) error {
	var kind fault.Kind
	switch code := codeOf(err); {
	case err == nil:
		return nil
	case fault.KindOf(err) != fault.Internal:
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(err, fault.NotFound, "fault.notfound")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case code == unique:
		return fault.Wrap(safe(err), fault.Conflict, "fault.duplicate")
	case code == foreign:
		return fault.Wrap(safe(err), fault.Conflict, "fault.reference")
	case code == full:
		return fault.Wrap(safe(err), fault.Busy, "fault.full")
	case code == clash:
		kind = fault.Busy
	default:
		return safe(err)
	}
	return fault.Wrap(safe(err), kind, "fault.busy")
}

type errorCode int

const (
	other errorCode = iota
	unique
	foreign
	full
	clash
)

func clashed(err error) bool { return codeOf(err) == clash }

func codeOf(err error) errorCode {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return unique
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return foreign
		case sqlite3.SQLITE_FULL:
			return full
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED:
			return clash
		}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "23505":
			return unique
		case "23503":
			return foreign
		case "53100":
			return full
		case "40001", "40P01":
			return clash
		}
	}
	return other
}

// safe drops what PostgreSQL says about values ("Key (email)=(…) already exists").
func safe(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errors.New("postgres " + e.Code + " " + e.ConstraintName + " " + e.Message)
	}
	return err
}
