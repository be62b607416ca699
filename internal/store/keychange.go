package store

import (
	"context"

	"strengthen/internal/org"
)

// LastKeyChange returns the last wish to replace the root key, or the zero one.
func (tx *Tx) LastKeyChange(ctx context.Context) (org.KeyChange, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT k.id, k.asked_by, p.name, k.asked_at, k.confirmed_by, k.confirmed_at, k.used_at
		FROM key_change AS k JOIN person AS p ON p.id = k.asked_by`).by("ORDER BY k.asked_at DESC, k.id DESC LIMIT 1"), func(s scanner) (org.KeyChange, error) {
		var k org.KeyChange
		return k, s.Scan(&k.ID, &k.By, &k.ByName, at(&k.Asked), str(&k.ConfirmedBy), at(&k.Confirmed), at(&k.Used))
	})
	if len(all) == 0 {
		return org.KeyChange{}, err
	}
	return all[0], err
}

// PutKeyChange adds a wish to replace the root key, or changes it.
func (tx *Tx) PutKeyChange(ctx context.Context, k org.KeyChange) error {
	return tx.upsert(ctx, "key_change", 1, field{"id", k.ID}, field{"asked_by", string(k.By)}, field{"asked_at", moment(k.Asked)},
		field{"confirmed_by", text(k.ConfirmedBy)}, field{"confirmed_at", moment(k.Confirmed)}, field{"used_at", moment(k.Used)})
}
