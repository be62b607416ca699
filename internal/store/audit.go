package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"strengthen/internal/access"
)

func (tx *Tx) putEntry(ctx context.Context, e access.Entry) error {
	_, err := tx.exec(ctx, `
		INSERT INTO audit_entry (id, at, actor, via, action, kind, record, outcome, request, mac)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.ID, e.At, string(e.Actor), string(e.Via), string(e.Action), e.Kind, e.Record, string(e.Outcome), e.Request, e.Code(tx.db.codes[0].MAC))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO audit_open (entry_id, at) VALUES ($1, $2)`, e.ID, e.At)
	return err
}

func scanEntry(s scanner) (access.Entry, error) {
	var e access.Entry
	err := s.Scan(&e.ID, &e.At, &e.Actor, &e.Via, &e.Action, &e.Kind, &e.Record, &e.Outcome, &e.Request, &e.MAC)
	return e, err
}

const entryColumns = `e.id, e.at, e.actor, e.via, e.action, e.kind, e.record, e.outcome, e.request, e.mac`

// Entries returns at most n entries that match f, newest first.
func (tx *Tx) Entries(ctx context.Context, f access.EntryFilter, n int) ([]access.Entry, error) {
	q := selectFrom(`SELECT ` + entryColumns + ` FROM audit_entry AS e`)
	if f.Actor != "" {
		q.and("e.actor = ?", string(f.Actor))
	}
	if f.Record != "" {
		q.and("e.record = ?", f.Record)
	}
	if f.Action != "" {
		q.and("e.action = ?", string(f.Action))
	}
	if f.Outcome != "" {
		q.and("e.outcome = ?", string(f.Outcome))
	}
	if f.Before != "" {
		q.and("e.at || '/' || e.id < ?", f.Before)
	}
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY e.at DESC, e.id DESC LIMIT %d", n)), scanEntry)
}

// sealAtOnce is how many entries one transaction links.
const sealAtOnce = 5000

// SealAll seals until no entry waits, and returns the last checkpoint and how many entries were linked.
func (db *DB) SealAll(ctx context.Context, key ed25519.PrivateKey) (all int, last access.Checkpoint, err error) {
	for {
		n, c, err := db.Seal(ctx, key)
		if n > 0 {
			all, last = all+n, c
		}
		if err != nil || n == 0 {
			return all, last, err
		}
	}
}

// Seal links the entries that are not linked yet, oldest first, and signs a checkpoint at the new end. It returns how many
// entries it linked. One sealer at a time gets through; a second one clashes and changes nothing. An entry whose code is
// wrong was not made by this program; it is left unlinked, where Verify finds it.
func (db *DB) Seal(ctx context.Context, key ed25519.PrivateKey) (int, access.Checkpoint, error) {
	var n int
	var c access.Checkpoint
	err := db.Update(ctx, access.TheSystem(), func(tx *Tx) error {
		tx.allowed = true
		last, err := tx.lastLink(ctx)
		if err != nil {
			return err
		}
		open, err := collect(ctx, tx, selectFrom(`
			SELECT `+entryColumns+` FROM audit_open AS o JOIN audit_entry AS e ON e.id = o.entry_id`).
			by(fmt.Sprintf("ORDER BY o.at, o.entry_id LIMIT %d", sealAtOnce)), scanEntry)
		if err != nil {
			return err
		}
		open = slices.DeleteFunc(open, func(e access.Entry) bool { return !db.fresh(e) })
		if n = len(open); n == 0 {
			return nil
		}
		for _, e := range open {
			last = access.Link{Seq: last.Seq + 1, Entry: e.ID, Hash: access.Chain(last.Hash, last.Seq+1, e)}
			if err := tx.putLink(ctx, last); err != nil {
				return err
			}
		}
		c = access.Checkpoint{Seq: last.Seq, Hash: last.Hash, At: momentText(tx.Now())}.Sign(key)
		return tx.put(ctx, `INSERT INTO audit_checkpoint (seq, hash, at, signature) VALUES ($1, $2, $3, $4)`,
			c.Seq, c.Hash, c.At, c.Signature)
	})
	return n, c, err
}

func (tx *Tx) lastLink(ctx context.Context) (access.Link, error) {
	var l access.Link
	err := tx.row(ctx, `SELECT seq, entry_id, hash FROM audit_link ORDER BY seq DESC LIMIT 1`).Scan(&l.Seq, &l.Entry, &l.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return access.Link{}, nil
	}
	return l, err
}

func (tx *Tx) putLink(ctx context.Context, l access.Link) error {
	if err := tx.put(ctx, `INSERT INTO audit_link (seq, entry_id, hash) VALUES ($1, $2, $3)`, l.Seq, l.Entry, l.Hash); err != nil {
		return err
	}
	return tx.put(ctx, `DELETE FROM audit_open WHERE entry_id = $1`, l.Entry)
}
