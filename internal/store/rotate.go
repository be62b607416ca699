package store

import (
	"context"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// turn is one sort of thing that stands under the root key: batch looks at the next rows after a key, in the order of keys,
// and brings those that stand under an old root under the current one, unless it is only to count them.
type turn struct {
	what  string
	batch func(ctx context.Context, tx *Tx, after string, write bool) (step, error)
}

// step is what a batch found. Last is the key of its last row, empty when there are no more rows.
type step struct {
	last  string
	rows  int
	stale int
}

// turns lists everything that stands under the root key, tokens for search among it.
var turns = []turn{
	{"record keys", column{
		next:  `SELECT owner, wrapped FROM record_key`,
		key:   "owner",
		stale: func(db *DB, v string) bool { return db.keeper.Stale(v) },
		renew: func(db *DB, k, v string) (string, error) { return db.keeper.Rewrap(k, v) },
		put:   `UPDATE record_key SET wrapped = $1 WHERE owner = $2 AND wrapped = $3`,
	}.batch},
	{"second factors", column{
		next:  `SELECT person_id, totp FROM account WHERE totp IS NOT NULL`,
		key:   "person_id",
		stale: func(db *DB, v string) bool { return db.factors.Stale(v) },
		renew: func(db *DB, k, v string) (string, error) {
			return again(db.factors, org.FactorPlace(access.PersonID(k)), v)
		},
		put: `UPDATE account SET totp = $1 WHERE person_id = $2 AND totp = $3`,
	}.batch},
	{"links of mail", column{
		next:  `SELECT unique_key, link FROM message WHERE link IS NOT NULL`,
		key:   "unique_key",
		stale: func(db *DB, v string) bool { return db.links.Stale(v) },
		renew: func(db *DB, k, v string) (string, error) { return again(db.links, k, v) },
		put:   `UPDATE message SET link = $1 WHERE unique_key = $2 AND link = $3`,
	}.batch},
	{"records found by name", turnTokens},
}

// again seals a value anew for the same place.
func again(b sealed.Box, place, value string) (string, error) {
	text, err := b.Open(place, value)
	if err != nil {
		return "", err
	}
	return b.Seal(place, text), nil
}

// column is a column of values that are sealed under the root.
type column struct {
	next  string // SELECT of key and value
	key   string
	stale func(db *DB, value string) bool
	renew func(db *DB, key, value string) (string, error)
	put   string // UPDATE to the new value, of the row of a key, where the old value still stands
}

// turnAtOnce is how many rows one transaction looks at.
const turnAtOnce = 500

func (c column) batch(ctx context.Context, tx *Tx, after string, write bool) (step, error) {
	q := selectFrom("SELECT * FROM ("+c.next+") AS x").and("x."+c.key+" > ?", after).by(fmt.Sprintf("ORDER BY x.%s LIMIT %d", c.key, turnAtOnce))
	rows, err := collect(ctx, tx, q, func(s scanner) ([2]string, error) {
		var r [2]string
		return r, s.Scan(&r[0], &r[1])
	})
	if err != nil || len(rows) == 0 {
		return step{}, err
	}
	found := step{last: rows[len(rows)-1][0], rows: len(rows)}
	for _, r := range rows {
		if !c.stale(tx.db, r[1]) {
			continue
		}
		found.stale++
		if !write {
			continue
		}
		fresh, err := c.renew(tx.db, r[0], r[1])
		if err != nil {
			return found, fmt.Errorf("what belongs to %s: %w", r[0], err)
		}
		if err := tx.put(ctx, c.put, fresh, r[0], r[1]); err != nil {
			return found, err
		}
	}
	return found, nil
}

// Turned is how many things of a sort stand under the root key, and how many of them were under an old one.
type Turned struct {
	What        string
	Rows, Stale int
}

// Turn brings everything under the current root, in transactions of some hundred rows. After a crash it goes on where it was.
func (db *DB) Turn(ctx context.Context) ([]Turned, error) { return db.walk(ctx, true) }

// Standing counts what stands under the root key, and what of it under an old root.
func (db *DB) Standing(ctx context.Context) ([]Turned, error) { return db.walk(ctx, false) }

func (db *DB) walk(ctx context.Context, write bool) ([]Turned, error) {
	var all []Turned
	for _, t := range turns {
		sum := Turned{What: t.what}
		for after := ""; ; {
			var found step
			batch := func(tx *Tx) (err error) {
				tx.allowed = write
				found, err = t.batch(ctx, tx, after, write)
				return err
			}
			var err error
			if write {
				err = db.Update(ctx, access.TheSystem(), batch)
			} else {
				err = db.View(ctx, access.TheSystem(), batch)
			}
			if err != nil {
				return all, fmt.Errorf("%s: %w", t.what, err)
			}
			if found.last == "" {
				break
			}
			after, sum.Rows, sum.Stale = found.last, sum.Rows+found.rows, sum.Stale+found.stale
		}
		all = append(all, sum)
	}
	return all, nil
}
