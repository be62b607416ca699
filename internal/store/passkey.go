package store

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/org"
)

// Passkeys returns a person's passkeys, the oldest first.
func (tx *Tx) Passkeys(ctx context.Context, id access.PersonID) ([]org.Passkey, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, credential, person_id, name, made_at, used_at FROM passkey`).
		and("person_id = ?", string(id)).by("ORDER BY made_at, id"), func(s scanner) (org.Passkey, error) {
		var k org.Passkey
		err := s.Scan(&k.ID, &k.Record, &k.Person, &k.Name, at(&k.Made), at(&k.Used))
		return k, err
	})
}

// PutPasskey adds a passkey; one that is there already is a Conflict.
func (tx *Tx) PutPasskey(ctx context.Context, k org.Passkey) error {
	return tx.insert(ctx, "passkey", field{"id", k.ID}, field{"person_id", string(k.Person)}, field{"name", k.Name},
		field{"credential", k.Record}, field{"made_at", moment(k.Made)})
}

// UsedPasskey keeps what a passkey's use left in its record, such as its counter.
func (tx *Tx) UsedPasskey(ctx context.Context, id access.PersonID, c org.Credential) error {
	return tx.put(ctx, `UPDATE passkey SET credential = $1, used_at = $2 WHERE id = $3 AND person_id = $4`,
		c.Record, moment(tx.Now()), c.ID, string(id))
}

// DropPasskey removes a passkey of a person.
func (tx *Tx) DropPasskey(ctx context.Context, id access.PersonID, key string) error {
	return tx.put(ctx, `DELETE FROM passkey WHERE id = $1 AND person_id = $2`, key, string(id))
}
