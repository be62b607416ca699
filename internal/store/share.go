package store

import (
	"context"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

const shareSelect = `SELECT h.id, h.case_id, h.person_id, h.agency_id, h.kind, h.parts, h.writes, h.purpose, h.ground, h.given_by, h.from_at, h.until_at, h.ended_at
	FROM case_share AS h`

func scanShare(s scanner) (casework.Share, error) {
	var h casework.Share
	err := s.Scan(&h.ID, &h.Case, str(&h.Person), str(&h.Agency), &h.Kind, partSet(&h.Parts), &h.Write, &h.Purpose, &h.Ground, &h.By, at(&h.From), at(&h.Until), at(&h.Ended))
	return h, err
}

// LiveShares returns the shares of a case that open something at this moment.
func (tx *Tx) LiveShares(ctx context.Context, c casework.CaseID) ([]casework.Share, error) {
	now := moment(tx.Now())
	return collect(ctx, tx, selectFrom(shareSelect).and("h.case_id = ?", string(c)).and("h.ended_at IS NULL").and("h.from_at <= ?", now).
		and("h.until_at > ?", now).by("ORDER BY h.from_at, h.id"), scanShare)
}

// Shares returns every share of a case there ever was, the newest first.
func (tx *Tx) Shares(ctx context.Context, c casework.CaseID) ([]casework.Share, error) {
	return collect(ctx, tx, selectFrom(shareSelect).and("h.case_id = ?", string(c)).by("ORDER BY h.from_at DESC, h.id"), scanShare)
}

// PutShare adds a share or ends one.
func (tx *Tx) PutShare(ctx context.Context, h casework.Share) error {
	return tx.upsert(ctx, "case_share", 1, field{"id", h.ID}, field{"case_id", string(h.Case)}, field{"person_id", text(h.Person)}, field{"agency_id", text(h.Agency)},
		field{"kind", string(h.Kind)}, field{"parts", bits(h.Parts)}, field{"writes", h.Write}, field{"purpose", h.Purpose}, field{"ground", h.Ground},
		field{"given_by", string(h.By)}, field{"from_at", moment(h.From)}, field{"until_at", moment(h.Until)}, field{"ended_at", moment(h.Ended)})
}

// Barred returns who must never reach a case.
func (tx *Tx) Barred(ctx context.Context, c casework.CaseID) ([]access.PersonID, error) {
	return collect(ctx, tx, selectFrom(`SELECT person_id FROM case_barred`).and("case_id = ?", string(c)).by("ORDER BY person_id"), scanText[access.PersonID])
}

// Bar keeps a person from a case.
func (tx *Tx) Bar(ctx context.Context, c casework.CaseID, p access.PersonID, reason sealed.Text) error {
	fs, err := tx.seal(ctx, string(c), "case_barred", string(p), map[string]sealed.Text{"reason": reason})
	if err != nil {
		return err
	}
	return tx.upsert(ctx, "case_barred", 2, append([]field{{"case_id", string(c)}, {"person_id", string(p)}}, append(fs, field{"at", moment(tx.Now())})...)...)
}

// Unbar lets a person be invited to a case again.
func (tx *Tx) Unbar(ctx context.Context, c casework.CaseID, p access.PersonID) error {
	return tx.put(ctx, `DELETE FROM case_barred WHERE case_id = $1 AND person_id = $2`, string(c), string(p))
}

// Seats returns every seat of a team there ever was, in the order in which they were given.
func (tx *Tx) Seats(ctx context.Context, c casework.CaseID) ([]casework.Seat, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, case_id, agency_id, person_id, function, place, from_at, until_at FROM case_seat`).
		and("case_id = ?", string(c)).by("ORDER BY from_at, id"), func(s scanner) (casework.Seat, error) {
		var x casework.Seat
		err := s.Scan(&x.ID, &x.Case, &x.Agency, str(&x.Person), &x.Function, &x.Place, at(&x.From), at(&x.Until))
		return x, err
	})
}

// PutSeat adds a seat or ends one.
func (tx *Tx) PutSeat(ctx context.Context, x casework.Seat) error {
	return tx.upsert(ctx, "case_seat", 1, field{"id", x.ID}, field{"case_id", string(x.Case)}, field{"agency_id", string(x.Agency)}, field{"person_id", text(x.Person)},
		field{"function", x.Function}, field{"place", string(x.Place)}, field{"from_at", moment(x.From)}, field{"until_at", moment(x.Until)})
}

// PutConsent adds a consent or keeps that it was withdrawn.
func (tx *Tx) PutConsent(ctx context.Context, x casework.Consent) error {
	return tx.upsert(ctx, "case_consent", 1, field{"id", x.ID}, field{"case_id", string(x.Case)}, field{"capacity", x.Capacity}, field{"parts", bits(x.Parts)},
		field{"given_at", moment(x.Given)}, field{"withdrawn_at", moment(x.Withdrawn)}, field{"recorded_by", string(x.By)}, field{"how", x.How})
}

// Consents returns the consents of a case, the newest first.
func (tx *Tx) Consents(ctx context.Context, c casework.CaseID) ([]casework.Consent, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, case_id, capacity, parts, given_at, withdrawn_at, recorded_by, how FROM case_consent`).
		and("case_id = ?", string(c)).by("ORDER BY given_at DESC, id"), func(s scanner) (casework.Consent, error) {
		var x casework.Consent
		err := s.Scan(&x.ID, &x.Case, &x.Capacity, partSet(&x.Parts), at(&x.Given), at(&x.Withdrawn), &x.By, &x.How)
		return x, err
	})
}

const glassSelect = `SELECT id, case_id, person_id, agency_id, category, reason, at, until_at, review, reviewer, reviewed_at, finding FROM glass_break`

func scanGlass(s scanner) (casework.GlassBreak, error) {
	var g casework.GlassBreak
	err := s.Scan(&g.ID, &g.Case, &g.Person, str(&g.Agency), &g.Category, &g.Reason, at(&g.At), at(&g.Until), str(&g.Review), str(&g.Reviewer), at(&g.Reviewed), &g.Finding)
	return g, err
}

func (tx *Tx) openGlass(ctx context.Context, g *casework.GlassBreak) error {
	return tx.unseal(ctx, string(g.Case), g.ID, secret{"glass_break.reason", &g.Reason}, secret{"glass_break.finding", &g.Finding})
}

// GlassBreak returns one opening in an emergency.
func (tx *Tx) GlassBreak(ctx context.Context, id string) (casework.GlassBreak, error) {
	g, err := one(ctx, tx, selectFrom(glassSelect).and("id = ?", id), scanGlass)
	if err != nil {
		return g, err
	}
	return g, tx.openGlass(ctx, &g)
}

// GlassBreaks returns the openings of a case, or of every case, the newest first; open are those that wait for their review.
func (tx *Tx) GlassBreaks(ctx context.Context, c casework.CaseID, open bool) ([]casework.GlassBreak, error) {
	q := selectFrom(glassSelect)
	if c != "" {
		q.and("case_id = ?", string(c))
	}
	if open {
		q.and("review IS NULL")
	}
	all, err := collect(ctx, tx, q.by("ORDER BY at DESC, id LIMIT 500"), scanGlass)
	for i := range all {
		if err == nil {
			err = tx.openGlass(ctx, &all[i])
		}
	}
	return all, err
}

// PutGlass adds an opening or its review.
func (tx *Tx) PutGlass(ctx context.Context, g casework.GlassBreak) error {
	fs, err := tx.seal(ctx, string(g.Case), "glass_break", g.ID, map[string]sealed.Text{"reason": g.Reason, "finding": g.Finding})
	if err != nil {
		return err
	}
	return tx.upsert(ctx, "glass_break", 1, append([]field{{"id", g.ID}}, append(fs, field{"case_id", string(g.Case)}, field{"person_id", string(g.Person)},
		field{"agency_id", text(g.Agency)}, field{"category", g.Category}, field{"at", moment(g.At)}, field{"until_at", moment(g.Until)}, field{"review", text(g.Review)},
		field{"reviewer", text(g.Reviewer)}, field{"reviewed_at", moment(g.Reviewed)})...)...)
}

// WhoSaw returns the entries of the record about a case, the newest first.
func (tx *Tx) WhoSaw(ctx context.Context, c casework.CaseID, n int) ([]access.Entry, error) {
	return collect(ctx, tx, selectFrom(`SELECT `+entryColumns+` FROM audit_entry AS e`).and("e.record = ?", string(c)).and("e.kind = 'case'").
		by(fmt.Sprintf("ORDER BY e.at DESC, e.id DESC LIMIT %d", n)), scanEntry)
}
