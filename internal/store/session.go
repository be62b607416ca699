package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/org"
)

const sessionSelect = `SELECT hash, person_id, made_at, seen_at, until_at, step_up_at, device, factor FROM session`

func scanSession(s scanner) (org.Session, error) {
	var v org.Session
	err := s.Scan(&v.Hash, &v.Person, at(&v.Made), at(&v.Seen), at(&v.Until), at(&v.StepUp), &v.Device, &v.Factor)
	return v, err
}

// Session returns the session of a hash.
func (tx *Tx) Session(ctx context.Context, hash string) (org.Session, error) {
	return one(ctx, tx, selectFrom(sessionSelect).and("hash = ?", hash), scanSession)
}

// Sessions returns a person's sessions, the one used last first.
func (tx *Tx) Sessions(ctx context.Context, id access.PersonID) ([]org.Session, error) {
	return collect(ctx, tx, selectFrom(sessionSelect).and("person_id = ?", string(id)).by("ORDER BY seen_at DESC, hash"), scanSession)
}

// PutSession adds a session.
func (tx *Tx) PutSession(ctx context.Context, s org.Session) error {
	return tx.insert(ctx, "session", field{"hash", s.Hash}, field{"person_id", string(s.Person)},
		field{"made_at", moment(s.Made)}, field{"seen_at", moment(s.Seen)}, field{"until_at", moment(s.Until)},
		field{"step_up_at", moment(s.StepUp)}, field{"device", s.Device}, field{"factor", s.Factor})
}

// RaiseSession notes that the holder of a session has just proved a second factor.
func (tx *Tx) RaiseSession(ctx context.Context, hash string) error {
	return tx.put(ctx, `UPDATE session SET factor = TRUE, step_up_at = $1 WHERE hash = $2`, moment(tx.Now()), hash)
}

// TouchSession notes when a session was last seen.
func (tx *Tx) TouchSession(ctx context.Context, s org.Session) error {
	_, err := tx.keep(ctx, `UPDATE session SET seen_at = $1 WHERE hash = $2`, moment(s.Seen), s.Hash)
	return err
}

// EndSession removes a session.
func (tx *Tx) EndSession(ctx context.Context, hash string) error {
	return tx.put(ctx, `DELETE FROM session WHERE hash = $1`, hash)
}

// EndSessions removes every session of a person but one.
func (tx *Tx) EndSessions(ctx context.Context, id access.PersonID, but string) error {
	_, err := tx.exec(ctx, `DELETE FROM session WHERE person_id = $1 AND hash <> $2`, string(id), but)
	return err
}

// Token returns the one-time link of a hash.
func (tx *Tx) Token(ctx context.Context, hash string) (org.Token, error) {
	return one(ctx, tx, selectFrom(`SELECT hash, purpose, record_id, person_id, made_at, until_at, used_at FROM token`).
		and("hash = ?", hash), func(s scanner) (org.Token, error) {
		var t org.Token
		err := s.Scan(&t.Hash, &t.Purpose, &t.Record, str(&t.Person), at(&t.Made), at(&t.Until), at(&t.Used))
		return t, err
	})
}

// PutToken adds a one-time link.
func (tx *Tx) PutToken(ctx context.Context, t org.Token) error {
	return tx.insert(ctx, "token", field{"hash", t.Hash}, field{"purpose", string(t.Purpose)}, field{"record_id", t.Record},
		field{"person_id", text(t.Person)}, field{"made_at", moment(t.Made)}, field{"until_at", moment(t.Until)})
}

// UseToken marks a link as used; one that is used already is a Conflict.
func (tx *Tx) UseToken(ctx context.Context, hash string) error {
	return tx.put(ctx, `UPDATE token SET used_at = $1 WHERE hash = $2 AND used_at IS NULL`, moment(tx.Now()), hash)
}

// DropTokens removes the unused links of a purpose to a record.
func (tx *Tx) DropTokens(ctx context.Context, purpose org.Purpose, record string) error {
	_, err := tx.exec(ctx, `DELETE FROM token WHERE purpose = $1 AND record_id = $2 AND used_at IS NULL`, string(purpose), record)
	return err
}

// Delay returns how many attempts of a key failed in a row, and when the last one did.
func (tx *Tx) Delay(ctx context.Context, key string) (int, time.Time, error) {
	var n int
	var last time.Time
	err := tx.row(ctx, `SELECT failures, failed_at FROM delay WHERE key = $1`, key).Scan(&n, at(&last))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, last, err
}

// PutDelay keeps the count of failed attempts of a key.
func (tx *Tx) PutDelay(ctx context.Context, key string, failures int, last time.Time) error {
	_, err := tx.keep(ctx, `INSERT INTO delay (key, failures, failed_at) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at`, key, failures, moment(last))
	return err
}

// Setting returns the value of a setting, or "".
func (tx *Tx) Setting(ctx context.Context, name string) (string, error) {
	var v string
	err := tx.row(ctx, `SELECT value FROM setting WHERE name = $1`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return v, err
}

// PutSetting keeps a setting.
func (tx *Tx) PutSetting(ctx context.Context, name, value string) error {
	return tx.upsert(ctx, "setting", 1, field{"name", name}, field{"value", value},
		field{"changed_at", moment(tx.Now())}, field{"changed_by", string(tx.by.Person)})
}
