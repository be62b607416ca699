package store

import (
	"context"
	"fmt"
	"maps"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

// PlanMail puts a message into the ledger; its link is sealed until it leaves. A message whose key is there already is left as it is, unless it still waits.
func (tx *Tx) PlanMail(ctx context.Context, m org.Mail) error {
	vars, link := maps.Clone(m.Vars), ""
	if l := vars[org.LinkVar]; l != "" {
		delete(vars, org.LinkVar)
		link = tx.db.links.Seal(m.Key, l)
	}
	_, err := tx.exec(ctx, `
		INSERT INTO message (id, unique_key, kind, record_id, person_id, address, lang, vars, link, due_at, state, attempts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'planned', 0)
		ON CONFLICT (unique_key) DO UPDATE SET due_at = excluded.due_at, vars = excluded.vars, link = excluded.link, state = 'planned'
		WHERE message.state IN ('planned', 'cancelled')`,
		access.NewID(), m.Key, m.Kind, m.Record, text(m.Person), m.Address, m.Lang, asJSON(vars), text(link), moment(m.Due))
	return err
}

// CancelMail cancels the planned messages about a record; with no kinds, all of them. What was sent stays sent. A link that
// will not be sent is forgotten.
func (tx *Tx) CancelMail(ctx context.Context, record string, kinds ...string) error {
	q := selectFrom(`UPDATE message SET state = 'cancelled', link = NULL`).and("record_id = ?", record).and("state = 'planned'")
	if len(kinds) > 0 {
		in(q, "kind", kinds)
	}
	_, err := tx.exec(ctx, q.String(), q.args...)
	return err
}

const messageSelect = `SELECT id, unique_key, kind, record_id, person_id, address, lang, vars, due_at, state, attempts, sent_at,
	failure FROM message`

func scanMessage(s scanner) (org.Message, error) {
	var m org.Message
	err := s.Scan(&m.ID, &m.Key, &m.Kind, &m.Record, str(&m.Person), &m.Address, &m.Lang, fromJSON(&m.Vars), at(&m.Due),
		&m.State, &m.Attempts, at(&m.Sent), str(&m.Failure))
	return m, err
}

// Message returns one row of the ledger, without its link.
func (tx *Tx) Message(ctx context.Context, id string) (org.Message, error) {
	return one(ctx, tx, selectFrom(messageSelect).and("id = ?", id), scanMessage)
}

// LeaseMessage takes a planned message for this server until a moment and opens its link. A message that another server
// holds, or that does not wait any more, is a Conflict.
func (tx *Tx) LeaseMessage(ctx context.Context, id string, until time.Time) (org.Message, error) {
	now := moment(tx.Now())
	n, err := tx.keep(ctx, `UPDATE message SET leased_until = $1 WHERE id = $2 AND state = 'planned' AND due_at <= $3
		AND (leased_until IS NULL OR leased_until <= $3)`, moment(until), id, now)
	if err != nil {
		return org.Message{}, err
	}
	if n == 0 {
		return org.Message{}, fault.New(fault.Conflict, "fault.changed")
	}
	m, err := tx.Message(ctx, id)
	if err != nil {
		return m, err
	}
	link := ""
	if err := tx.row(ctx, `SELECT link FROM message WHERE id = $1`, id).Scan(str(&link)); err != nil || link == "" {
		return m, err
	}
	if link, err = tx.db.links.Open(m.Key, link); err != nil {
		return m, err
	}
	if m.Vars == nil {
		m.Vars = map[string]string{}
	}
	m.Vars[org.LinkVar] = link
	return m, nil
}

// DueMail returns the identifiers of planned messages whose moment has come and that no server holds, oldest first.
func (tx *Tx) DueMail(ctx context.Context, n int) ([]string, error) {
	now := moment(tx.Now())
	return collect(ctx, tx, selectFrom(`SELECT id FROM message`).and("state = 'planned'").and("due_at <= ?", now).
		and("leased_until IS NULL OR leased_until <= ?", now).by(fmt.Sprintf("ORDER BY due_at, id LIMIT %d", n)), scanText[string])
}

// Messages lists the ledger: planned messages in the order in which they leave, all others with the newest first.
func (tx *Tx) Messages(ctx context.Context, f org.MessageFilter) ([]org.Message, error) {
	q := selectFrom(messageSelect)
	if f.State != "" {
		q.and("state = ?", string(f.State))
	}
	if f.Kind != "" {
		q.and("kind = ?", f.Kind)
	}
	if f.Record != "" {
		q.and("record_id = ?", f.Record)
	}
	if f.Find != "" {
		p := fold.LikePattern(f.Find)
		q.and(`lower(address) LIKE ? ESCAPE '\' OR EXISTS (SELECT 1 FROM person AS p WHERE p.id = message.person_id
			AND (p.name_fold LIKE ? ESCAPE '\' OR p.email_fold LIKE ? ESCAPE '\'))`, p, p, p)
	}
	place, order := `CASE WHEN state = 'sent' THEN sent_at ELSE due_at END || '/' || id`, "DESC"
	if f.State == org.Planned {
		order = "ASC"
	}
	if f.After != "" {
		q.and(place+map[string]string{"ASC": " > ?", "DESC": " < ?"}[order], f.After)
	}
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY %s %s LIMIT %d", place, order, limit(f.Limit))), scanMessage)
}

// PutMessage keeps what became of a message, and lets it go. The link of a message that left, or will not leave, is
// forgotten.
func (tx *Tx) PutMessage(ctx context.Context, m org.Message) error {
	return tx.put(ctx, `UPDATE message SET state = $1, attempts = $2, sent_at = $3, failure = $4, due_at = $5, leased_until = NULL,
		link = CASE WHEN CAST($6 AS ctext) IN ('sent', 'cancelled') THEN NULL ELSE link END WHERE id = $7`,
		string(m.State), m.Attempts, moment(m.Sent), text(m.Failure), moment(m.Due), string(m.State), m.ID)
}

// MessageCounts counts the ledger by state.
func (tx *Tx) MessageCounts(ctx context.Context) (map[org.MessageState]int, error) {
	out := map[org.MessageState]int{}
	_, err := collect(ctx, tx, selectFrom(`SELECT state, count(*) FROM message`).by("GROUP BY state"), func(s scanner) (int, error) {
		var k org.MessageState
		var n int
		err := s.Scan(&k, &n)
		out[k] = n
		return n, err
	})
	return out, err
}
