package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrInUse says that a command which needs the database for itself found somebody else there, or the other way round.
var ErrInUse = errors.New("the database is in use: stop the server (every server, with PostgreSQL) and other commands, then run this again")

// holdKey names the lock in PostgreSQL; it is the word "Strength" read as a number.
const holdKey = 0x537472656e677468

// hold is the lock that a process has on the database: beside others, or alone. It ends with the process, however that ends.
type hold struct {
	alone bool
	file  *os.File
	conn  *sql.Conn
}

// holdWait is how long Hold waits for others to let go: PostgreSQL notices only after a while that a process was killed.
var holdWait = 5 * time.Second

// Hold takes the database for this process: alone, or beside others who do not ask to be alone. It is let go by Close.
func (db *DB) Hold(ctx context.Context, alone bool) error {
	h := &hold{alone: alone}
	err := h.take(ctx, db)
	for until := time.Now().Add(holdWait); errors.Is(err, ErrInUse) && time.Now().Before(until) && ctx.Err() == nil; err = h.take(ctx, db) {
		time.Sleep(50 * time.Millisecond)
	}
	if err == nil {
		db.held = h
	}
	return err
}

// Renew takes the hold again where it was lost together with the connection that had it, as when PostgreSQL was restarted.
// It is ErrInUse when somebody has the database alone meanwhile; whoever learns that must stop.
func (db *DB) Renew(ctx context.Context) error {
	h := db.held
	if h == nil || h.conn == nil {
		return nil
	}
	if _, err := h.conn.ExecContext(ctx, "SELECT 1"); err == nil || ctx.Err() != nil {
		return err
	}
	h.conn.Close()
	return h.take(ctx, db)
}

func (h *hold) take(ctx context.Context, db *DB) error {
	if db.kind == SQLite {
		return h.takeFile(filepath.Join(db.dir, "strengthen.lock"))
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return mapError(err)
	}
	text := "SELECT pg_try_advisory_lock_shared($1)"
	if h.alone {
		text = "SELECT pg_try_advisory_lock($1)"
	}
	var got bool
	if err := conn.QueryRowContext(ctx, text, int64(holdKey)).Scan(&got); err != nil || !got {
		conn.Close()
		if err == nil {
			err = ErrInUse
		}
		return err
	}
	h.conn = conn
	return nil
}

func (h *hold) takeFile(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	how := syscall.LOCK_SH
	if h.alone {
		how = syscall.LOCK_EX
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrInUse
		}
		return fmt.Errorf("lock the database: %w", err)
	}
	h.file = f
	return nil
}

func (h *hold) release() {
	if h == nil {
		return
	}
	if h.file != nil {
		h.file.Close()
	}
	if h.conn != nil {
		h.conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock_all()") //nolint:errcheck // the end of the connection does it too
		h.conn.Close()
	}
}
