package store

import (
	"context"

	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

const restorativeSelect = `SELECT r.id, r.case_id, r.n, r.method, r.state, r.since_at, r.referred_by, r.why, r.screened_at, r.screened_by, r.reasons, r.fear, r.proceedings,
	r.lead_agrees, r.facilitator, r.independent, r.support, r.unbound, r.people, r.agreement, r.version FROM restorative AS r`

// sealedRestorative is a process whose participants and agreement are not opened yet.
type sealedRestorative struct {
	casework.Restorative
	people, agreement sealed.Text
}

func scanRestorative(s scanner) (sealedRestorative, error) {
	var x sealedRestorative
	err := s.Scan(&x.ID, &x.Case, &x.N, &x.Method, &x.State, at(&x.Since), &x.ReferredBy, &x.Why, at(&x.Screened), str(&x.ScreenedBy), &x.Reasons, &x.Fear, &x.Proceedings,
		&x.LeadAgrees, &x.Facilitator, &x.Independent, &x.Support, &x.Unbound, &x.people, &x.agreement, &x.Version)
	return x, err
}

func (tx *Tx) openRestorative(ctx context.Context, x sealedRestorative) (casework.Restorative, error) {
	err := tx.unseal(ctx, string(x.Case), x.ID, secret{"restorative.why", &x.Why}, secret{"restorative.reasons", &x.Reasons}, secret{"restorative.facilitator", &x.Facilitator},
		secret{"restorative.support", &x.Support}, secret{"restorative.people", &x.people}, secret{"restorative.agreement", &x.agreement})
	if err != nil {
		return x.Restorative, err
	}
	return x.Restorative, x.Read(x.people, x.agreement)
}

// Restorative returns one restorative process.
func (tx *Tx) Restorative(ctx context.Context, id string) (casework.Restorative, error) {
	x, err := one(ctx, tx, selectFrom(restorativeSelect).and("r.id = ?", id), scanRestorative)
	if err != nil {
		return x.Restorative, err
	}
	return tx.openRestorative(ctx, x)
}

// Restoratives returns the restorative processes of a case, the newest first.
func (tx *Tx) Restoratives(ctx context.Context, c casework.CaseID) ([]casework.Restorative, error) {
	found, err := collect(ctx, tx, selectFrom(restorativeSelect).and("r.case_id = ?", string(c)).by("ORDER BY r.n DESC"), scanRestorative)
	if err != nil {
		return nil, err
	}
	all := make([]casework.Restorative, len(found))
	for i := range found {
		if all[i], err = tx.openRestorative(ctx, found[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// PutRestorative adds a restorative process (version 0) or changes one.
func (tx *Tx) PutRestorative(ctx context.Context, x casework.Restorative) error {
	fs, err := tx.seal(ctx, string(x.Case), "restorative", x.ID, map[string]sealed.Text{"why": x.Why, "reasons": x.Reasons, "facilitator": x.Facilitator, "support": x.Support, "people": x.PeopleText(),
		"agreement": x.AgreementText()})
	if err != nil {
		return err
	}
	return tx.save(ctx, "restorative", x.ID, x.Version, append(fs, field{"case_id", string(x.Case)}, field{"n", x.N}, field{"method", x.Method}, field{"state", string(x.State)},
		field{"since_at", moment(x.Since)}, field{"referred_by", string(x.ReferredBy)}, field{"screened_at", moment(x.Screened)}, field{"screened_by", text(x.ScreenedBy)}, field{"fear", x.Fear},
		field{"proceedings", x.Proceedings}, field{"lead_agrees", x.LeadAgrees}, field{"independent", x.Independent}, field{"unbound", x.Unbound})...)
}
