package store

import (
	"context"
	"errors"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/ledger"
)

// check finds what is wrong beside the record of what was done: a damaged file, keys that do not open, and people who were
// erased and are there.
func (tx *Tx) check(ctx context.Context, v *Verified) error {
	if err := tx.checkFile(ctx, v); err != nil {
		return err
	}
	if err := tx.checkKeys(ctx, v); err != nil {
		return err
	}
	return tx.checkErased(ctx, v)
}

// checkFile asks SQLite whether its file is whole; PostgreSQL keeps that to itself.
func (tx *Tx) checkFile(ctx context.Context, v *Verified) error {
	if tx.db.kind != SQLite {
		return nil
	}
	found, err := collect(ctx, tx, selectFrom(`SELECT integrity_check FROM pragma_integrity_check`), scanText[string])
	if err != nil {
		return err
	}
	loose, err := collect(ctx, tx, selectFrom(`SELECT DISTINCT "table" FROM pragma_foreign_key_check`), scanText[string])
	for _, what := range found {
		if what != "ok" {
			v.about("damaged", what)
		}
	}
	for _, table := range loose {
		v.about("damaged", "table "+table+" refers to rows that are not there")
	}
	return err
}

// checkKeys opens the key of every record.
func (tx *Tx) checkKeys(ctx context.Context, v *Verified) error {
	_, err := collect(ctx, tx, selectFrom(`SELECT owner, wrapped FROM record_key`).by("ORDER BY owner"), func(s scanner) (struct{}, error) {
		var owner, wrapped string
		if err := s.Scan(&owner, &wrapped); err != nil {
			return struct{}{}, err
		}
		v.Keys++
		if _, err := tx.db.keeper.Open(owner, wrapped); err != nil {
			v.about("locked", "the key of record "+owner+" does not open")
		}
		return struct{}{}, nil
	})
	return err
}

// checkErased holds the database against the ledger.
func (tx *Tx) checkErased(ctx context.Context, v *Verified) error {
	if tx.db.ledger == nil {
		return nil
	}
	listed, err := tx.db.ledger.Records()
	if err == nil {
		v.Erased = len(listed)
		var due []ledger.Record
		if due, err = tx.unerased(ctx, listed); err == nil && len(due) > 0 {
			v.about("unerased", fmt.Sprintf("%d records of the ledger are not erased here; starting the server erases them", len(due)))
		}
	}
	if errors.Is(err, ledger.ErrNone) || errors.Is(err, ledger.ErrDamaged) {
		v.about("ledger", err.Error())
		return nil
	}
	return err
}

// EnsureLedger makes the ledger where there is none yet and nothing is known to be erased. A ledger that is missing although
// records were erased is refused.
func (db *DB) EnsureLedger(ctx context.Context) error {
	if _, err := db.ledger.Records(); !errors.Is(err, ledger.ErrNone) {
		return err
	}
	var known int
	err := db.View(ctx, access.TheSystem(), func(tx *Tx) (err error) {
		known, err = tx.count(ctx, selectFrom(`SELECT count(*) FROM erasure`))
		return err
	})
	if err != nil {
		return err
	}
	if known > 0 {
		return fmt.Errorf("%s: %w, and %d records are known to be erased: put it back, or say where it lies with --ledger", db.ledger.File(), ledger.ErrNone, known)
	}
	return db.ledger.Make()
}
