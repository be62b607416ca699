package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"strengthen/internal/fault"
)

// mapError gives errors of either database the kinds that callers act on. Details that may hold values are dropped.
func mapError(err error) error {
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
	case code == broken:
		return fault.Wrap(safe(err), fault.Busy, "fault.storage")
	case code == gone:
		return fault.Wrap(safe(err), fault.Busy, "fault.unreachable")
	case code == clash:
		return fault.Wrap(safe(err), fault.Busy, "fault.busy")
	}
	return safe(err)
}

type errorCode int

const (
	other errorCode = iota
	unique
	foreign
	full
	broken // the disk reads or writes nothing
	gone   // the database does not answer
	clash
)

func clashed(err error) bool { return codeOf(err) == clash }

func codeOf(err error) errorCode {
	if err == nil {
		return other
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL:
			return broken
		}
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
		case "57P01", "57P02", "57P03", "57P05", "53300": // ended by an administrator, by a crash, not up yet, no connection free
			return gone
		case "58030": // error of input or output
			return broken
		case "23505":
			return unique
		case "23503":
			return foreign
		case "53100":
			return full
		case "40001", "40P01":
			return clash
		}
		return other
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok || lost(err) {
		return gone
	}
	return other
}

// lost reports whether the connection to the database broke. What was under way may have happened or not: a create that is
// asked for again with the same key happens once in either case.
func lost(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "conn closed")
}

// safe drops what PostgreSQL says about values ("Key (email)=(…) already exists").
func safe(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errors.New("postgres " + e.Code + " " + e.ConstraintName + " " + e.Message)
	}
	return err
}
