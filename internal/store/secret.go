package store

import (
	"context"
	"database/sql"
	"errors"

	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// NewKey makes the key of a record and keeps it, wrapped.
func (tx *Tx) NewKey(ctx context.Context, owner string) error {
	key, wrapped := tx.db.keeper.New(owner)
	tx.remember(owner, key)
	return tx.insert(ctx, "record_key", field{"owner", owner}, field{"wrapped", wrapped}, field{"made_at", moment(tx.Now())})
}

func (tx *Tx) remember(owner string, key sealed.RecordKey) {
	if tx.keys == nil {
		tx.keys = map[string]sealed.RecordKey{}
	}
	tx.keys[owner] = key
}

// key returns the key of a record; it is read once in a transaction. A record whose key was erased is NotFound.
func (tx *Tx) key(ctx context.Context, owner string) (sealed.RecordKey, error) {
	if k, ok := tx.keys[owner]; ok {
		return k, nil
	}
	var wrapped string
	err := tx.row(ctx, `SELECT wrapped FROM record_key WHERE owner = $1`, owner).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return sealed.RecordKey{}, fault.Wrap(err, fault.NotFound, "fault.notfound")
	}
	if err != nil {
		return sealed.RecordKey{}, err
	}
	k, err := tx.db.keeper.Open(owner, wrapped)
	if err == nil {
		tx.remember(owner, k)
	}
	return k, err
}

// secret is a column whose words are sealed, and the words.
type secret struct {
	column string // table.column
	words  *sealed.Text
}

// seal makes the fields of sealed columns of one row.
func (tx *Tx) seal(ctx context.Context, owner, table, row string, columns map[string]sealed.Text) ([]field, error) {
	k, err := tx.key(ctx, owner)
	if err != nil {
		return nil, err
	}
	var fs []field
	for _, name := range sortedKeys(columns) {
		fs = append(fs, field{name, k.Seal(table+"."+name, row, columns[name])})
	}
	return fs, nil
}

// unseal opens the words of sealed columns of one row, where they stand.
func (tx *Tx) unseal(ctx context.Context, owner, row string, all ...secret) error {
	k, err := tx.key(ctx, owner)
	if err != nil {
		return err
	}
	for _, s := range all {
		if *s.words, err = k.Open(s.column, row, string(*s.words)); err != nil {
			return err
		}
	}
	return nil
}
