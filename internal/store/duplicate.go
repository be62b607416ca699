package store

import (
	"context"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// Duplicate returns to which case of the same child a case points; to none, it is empty.
func (tx *Tx) Duplicate(ctx context.Context, c casework.CaseID) (casework.Duplicate, error) {
	d, err := one(ctx, tx, selectFrom(`SELECT case_id, of_id, at, by_id, was FROM case_duplicate`).and("case_id = ?", string(c)), func(s scanner) (casework.Duplicate, error) {
		var d casework.Duplicate
		return d, s.Scan(&d.Case, &d.Of, at(&d.At), &d.By, fromJSON(&d.Was))
	})
	if fault.Is(err, fault.NotFound) {
		return casework.Duplicate{}, nil
	}
	return d, err
}

// DuplicatesOf returns the cases that point to a case, the first one first.
func (tx *Tx) DuplicatesOf(ctx context.Context, c casework.CaseID) ([]casework.CaseID, error) {
	return collect(ctx, tx, selectFrom(`SELECT case_id FROM case_duplicate`).and("of_id = ?", string(c)).by("ORDER BY at, case_id"), scanText[casework.CaseID])
}

// PutDuplicate makes a case point to another.
func (tx *Tx) PutDuplicate(ctx context.Context, d casework.Duplicate) error {
	return tx.insert(ctx, "case_duplicate", field{"case_id", string(d.Case)}, field{"of_id", string(d.Of)}, field{"at", moment(d.At)}, field{"by_id", string(d.By)}, field{"was", asJSON(d.Was)})
}

// DropDuplicate lets a case stand for itself again.
func (tx *Tx) DropDuplicate(ctx context.Context, c casework.CaseID) error {
	return tx.put(ctx, `DELETE FROM case_duplicate WHERE case_id = $1`, string(c))
}

// FirstSupport returns when somebody who had completed a training first acted in a case itself; the zero moment when nobody did.
func (tx *Tx) FirstSupport(ctx context.Context, c casework.CaseID) (time.Time, error) {
	return one(ctx, tx, selectFrom(`SELECT min(at) FROM case_event`).and("case_id = ?", string(c)).and("trained"), func(s scanner) (time.Time, error) {
		var t time.Time
		return t, s.Scan(at(&t))
	})
}

// TakeMilestone takes one count of PutMilestone back.
func (tx *Tx) TakeMilestone(ctx context.Context, m casework.Milestone) error {
	on := 0
	if m.InTime {
		on = 1
	}
	cell := []any{string(m.Region), calendar.On(m.Start).String()[:7], m.What, int(m.At.Sub(m.Start) / time.Hour)}
	if err := tx.put(ctx, `UPDATE figure_cell SET n = n - 1, in_time = in_time - $5 WHERE region_id = $1 AND month = $2 AND what = $3 AND hours = $4`, append(cell, on)...); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM figure_cell WHERE region_id = $1 AND month = $2 AND what = $3 AND hours = $4 AND n = 0`, cell...)
	return err
}
