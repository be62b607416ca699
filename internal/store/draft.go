package store

import (
	"context"
	"errors"
	"time"

	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// draftKey is the record under whose key the drafts of a person are.
func (tx *Tx) draftKey() string { return "draft/" + string(tx.by.Person) }

// Drafts returns what the actor had typed into forms.
func (tx *Tx) Drafts(ctx context.Context, forms []string) ([]casework.FormDraft, error) {
	all, err := collect(ctx, tx, in(selectFrom(`SELECT person_id, form, fields, at FROM draft`).and("person_id = ?", string(tx.by.Person)), "form", forms),
		func(s scanner) (casework.FormDraft, error) {
			var d casework.FormDraft
			err := s.Scan(&d.Person, &d.Form, &d.Fields, at(&d.At))
			return d, err
		})
	for i := range all {
		err = errors.Join(err, tx.unseal(ctx, tx.draftKey(), all[i].Form, secret{"draft.fields", &all[i].Fields}))
	}
	return all, err
}

// KeepDraft keeps what the actor has typed into a form.
func (tx *Tx) KeepDraft(ctx context.Context, d casework.FormDraft) error {
	k, err := tx.key(ctx, tx.draftKey())
	if fault.Is(err, fault.NotFound) {
		key, wrapped := tx.db.keeper.New(tx.draftKey())
		if _, err := tx.keep(ctx, `INSERT INTO record_key (owner, wrapped, made_at) VALUES ($1, $2, $3)`, tx.draftKey(), wrapped, moment(tx.Now())); err != nil {
			return err
		}
		tx.remember(tx.draftKey(), key)
		k = key
	} else if err != nil {
		return err
	}
	_, err = tx.keep(ctx, `INSERT INTO draft (person_id, form, fields, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person_id, form) DO UPDATE SET fields = excluded.fields, at = excluded.at`, string(d.Person), d.Form, k.Seal("draft.fields", d.Form, d.Fields), moment(d.At))
	return err
}

// DropDraft forgets what the actor had typed into a form.
func (tx *Tx) DropDraft(ctx context.Context, form string) error {
	_, err := tx.keep(ctx, `DELETE FROM draft WHERE person_id = $1 AND form = $2`, string(tx.by.Person), form)
	return err
}

// DropOldDrafts forgets the drafts that were last saved before a moment.
func (tx *Tx) DropOldDrafts(ctx context.Context, before time.Time) error {
	_, err := tx.keep(ctx, `DELETE FROM draft WHERE at < $1`, moment(before))
	return err
}
