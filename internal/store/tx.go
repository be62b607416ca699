package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// Tx is one transaction, by one actor. It implements the Tx interface of every subject.
type Tx struct {
	db      *DB
	sql     *sql.Tx
	by      access.Actor
	reading bool
	allowed bool
	refused []access.Entry
	keys    map[string]sealed.RecordKey // of records, as far as they were read
	rules   map[string]casework.ClockRule
	waiting *waiting // rows of a bulk; nil in any other transaction
}

// Now returns the present moment by the clock of the database.
func (tx *Tx) Now() time.Time { return tx.db.now() }

// By returns who acts.
func (tx *Tx) By() access.Actor { return tx.by }

// Scope returns where the actor may do action.
func (tx *Tx) Scope(action access.Action) access.Scope {
	return tx.db.policy.Scope(tx.by, action, tx.Now())
}

// Can reports whether the actor may do action to r, without leaving an entry.
func (tx *Tx) Can(action access.Action, r access.Resource) bool {
	return tx.Scope(action).Covers(r)
}

// CanAs reports whether somebody else may do action to r, such as whoever a message is for.
func (tx *Tx) CanAs(who access.Actor, action access.Action, r access.Resource) bool {
	return tx.db.policy.Can(who, action, r, tx.Now())
}

// Allow asks the policy and records the answer: an entry in this transaction when the act is permitted, and an entry after
// the rollback when it is refused. In a View, a permitted reading leaves no entry; what must be on the record when read is
// read in an Update.
func (tx *Tx) Allow(ctx context.Context, action access.Action, r access.Resource) error {
	e := tx.entry(action, r)
	if !tx.Can(action, r) {
		e.Outcome = access.Refused
		tx.refused = append(tx.refused, e)
		return fault.New(fault.Denied, "fault.denied")
	}
	if tx.reading {
		return nil
	}
	tx.allowed = true
	return tx.putEntry(ctx, e)
}

// Record leaves an entry about an act that the policy already permitted, such as a change to a second record.
func (tx *Tx) Record(ctx context.Context, action access.Action, r access.Resource) error {
	return tx.putEntry(ctx, tx.entry(action, r))
}

// RecordRefusal leaves an entry about a refused act that ended without an error, such as a wrong password.
func (tx *Tx) RecordRefusal(ctx context.Context, action access.Action, r access.Resource) error {
	e := tx.entry(action, r)
	e.Outcome = access.Refused
	tx.allowed = true
	return tx.putEntry(ctx, e)
}

func (tx *Tx) entry(action access.Action, r access.Resource) access.Entry {
	return access.Entry{
		ID: access.NewID(), At: momentText(tx.Now()), Actor: tx.by.Person, Via: tx.by.Via, Action: action,
		Kind: r.Kind, Record: r.ID, Outcome: access.Done, Request: tx.by.Request,
	}
}

// exec runs a statement that writes. It refuses when nothing was allowed yet.
func (tx *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if !tx.allowed || tx.reading {
		return 0, errUnallowed
	}
	tx.db.statements.Add(1)
	res, err := tx.sql.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// keep runs a statement that keeps the clockwork going: when a session was seen, who is sending a message, how often somebody
// tried to come in. It asks no right and leaves no entry; entries about these would bury the rest of the record.
func (tx *Tx) keep(ctx context.Context, text string, args ...any) (int64, error) {
	tx.db.statements.Add(1)
	res, err := tx.sql.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// put runs a statement that must change exactly one row; none means that somebody else changed it first.
func (tx *Tx) put(ctx context.Context, text string, args ...any) error {
	n, err := tx.exec(ctx, text, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "fault.changed")
	}
	return nil
}

// Once makes a create happen once for a key that the form carried: the first call runs make and keeps the identifier it
// returns; a repeat returns that identifier and runs nothing. Keys are what is made, a slash, and what the form carried; one
// that lacks either is refused.
func (tx *Tx) Once(ctx context.Context, key string, make func() (string, error)) (string, error) {
	if key == "" || strings.HasSuffix(key, "/") || len(key) > 120 {
		return "", fault.New(fault.Invalid, "fault.key")
	}
	var id string
	err := tx.row(ctx, `SELECT record_id FROM once WHERE key = $1`, key).Scan(&id)
	if err == nil {
		return id, nil
	}
	if err != sql.ErrNoRows {
		return "", err
	}
	if id, err = make(); err != nil {
		return "", err
	}
	return id, tx.put(ctx, `INSERT INTO once (key, record_id, at) VALUES ($1, $2, $3)`, key, id, momentText(tx.Now()))
}
