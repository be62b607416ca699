package casework

import (
	"context"
	"encoding/json"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// FormDraft is what somebody has typed into a form and not sent yet. It is theirs alone, sealed under a key of their own, and lives
// for two weeks.
type FormDraft struct {
	Person access.PersonID
	Form   string // the address of the form
	Fields sealed.Text
	At     time.Time
}

// maxDraft is how large a draft may be, in bytes: the longest form, with every text as it was and as it is.
const maxDraft = 400_000

// draftDays is how long a draft lives.
const draftDays = 14

// DraftTx is what drafts need of a transaction. Drafts leave no entry on the record: they are saved every few seconds and change
// nothing that anybody else sees.
type DraftTx interface {
	Drafts(ctx context.Context, forms []string) ([]FormDraft, error)
	KeepDraft(ctx context.Context, d FormDraft) error
	DropDraft(ctx context.Context, form string) error
	DropOldDrafts(ctx context.Context, before time.Time) error
}

// SaveDraft keeps what the actor has typed into a form.
func (s *Service) SaveDraft(ctx context.Context, by access.Actor, form string, fields map[string]string) error {
	b, err := json.Marshal(fields)
	if err != nil || len(b) > maxDraft || len(form) > 300 || form == "" {
		return fault.New(fault.Invalid, "draft.large")
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		if !tx.Can(access.KeepOwn, access.Resource{Kind: "draft", Own: by.Person}) {
			return fault.New(fault.Denied, "fault.denied")
		}
		return tx.KeepDraft(ctx, FormDraft{by.Person, form, sealed.Text(b), tx.Now()})
	})
}

// Typed is what somebody had typed into a form, by the names of its fields, and when.
type Typed struct {
	Fields map[string]string
	At     time.Time
}

// Drafts returns what the actor had typed into forms, as far as there are drafts.
func (s *Service) Drafts(ctx context.Context, by access.Actor, forms ...string) (map[string]Typed, error) {
	out := map[string]Typed{}
	return out, s.store.View(ctx, by, func(tx Tx) error {
		all, err := tx.Drafts(ctx, forms)
		if err != nil {
			return err
		}
		for _, d := range all {
			t := Typed{At: d.At}
			if err := json.Unmarshal([]byte(d.Fields), &t.Fields); err != nil {
				return err
			}
			out[d.Form] = t
		}
		return nil
	})
}

// DropDraft forgets what the actor had typed into a form, when it was sent or thrown away.
func (s *Service) DropDraft(ctx context.Context, by access.Actor, form string) error {
	return s.store.Update(ctx, by, func(tx Tx) error { return tx.DropDraft(ctx, form) })
}

// DropOldDrafts forgets the drafts that nobody touched for two weeks.
func (s *Service) DropOldDrafts(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error { return tx.DropOldDrafts(ctx, tx.Now().AddDate(0, 0, -draftDays)) })
}
