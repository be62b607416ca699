package store

import (
	"context"
	"fmt"
	"strings"

	"strengthen/internal/access"
)

// Bulk is Update for filling a database with very many new records: rows wait, and many are written by one statement. Two things
// differ from Update: fn does not find the rows that wait when it reads, and histories are counted from their first line, so
// they may belong only to records that fn makes itself.
func (db *DB) Bulk(ctx context.Context, by access.Actor, fn func(*Tx) error) error {
	return db.Update(ctx, by, func(tx *Tx) error {
		tx.waiting = &waiting{lines: map[string]int{}}
		if err := fn(tx); err != nil {
			return err
		}
		return tx.flush(ctx)
	})
}

// mostWaiting is how many rows wait before all of them are written.
const mostWaiting = 2000

// mostArguments is how many values one statement writes. PostgreSQL is asked over a connection, and large statements save ways;
// the driver of SQLite looks each argument up among all of them, and small ones are faster.
var mostArguments = map[Kind]int{Postgres: 8000, SQLite: 120}

// waiting are the rows that a bulk transaction has not written yet, by statement, in the order in which each kind came first, so
// that what others refer to is written before them.
type waiting struct {
	batches []*batch
	rows    int
	lines   map[string]int // the last number of each history
}

// batch is the rows of one statement.
type batch struct {
	head, tail string
	width      int
	args       []any
}

// wait lets a row wait for its batch: head is the statement up to VALUES, tail what follows the rows.
func (tx *Tx) wait(ctx context.Context, head, tail string, args []any) error {
	if !tx.allowed || tx.reading {
		return errUnallowed
	}
	w := tx.waiting
	var of *batch
	for _, b := range w.batches {
		if b.head == head {
			of = b
		}
	}
	if of == nil {
		of = &batch{head: head, tail: tail, width: len(args)}
		w.batches = append(w.batches, of)
	}
	of.args = append(of.args, args...)
	if w.rows++; w.rows < mostWaiting {
		return nil
	}
	return tx.flush(ctx)
}

// flush writes every row that waits.
func (tx *Tx) flush(ctx context.Context) error {
	for _, b := range tx.waiting.batches {
		for len(b.args) > 0 {
			n := min(max(1, mostArguments[tx.db.kind]/b.width), len(b.args)/b.width)
			if _, err := tx.exec(ctx, b.head+rowMarks(n, b.width)+b.tail, b.args[:n*b.width]...); err != nil {
				return err
			}
			b.args = b.args[n*b.width:]
		}
	}
	tx.waiting.rows = 0
	return nil
}

// rowMarks is the placeholders of n rows.
func rowMarks(n, width int) string {
	var s strings.Builder
	for i := range n * width {
		switch {
		case i == 0:
			s.WriteString("(")
		case i%width == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "$%d", i+1)
	}
	return s.String() + ")"
}

// Settle lets PostgreSQL look at how its rows are spread now, as it does by itself some time after so many were added. SQLite
// keeps no such figures here.
func (db *DB) Settle(ctx context.Context) error {
	if db.kind != Postgres {
		return nil
	}
	_, err := db.write.ExecContext(ctx, "VACUUM ANALYZE")
	return err
}
