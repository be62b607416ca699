package store

import (
	"context"

	"strengthen/internal/study"
)

// StudyPlan returns the plan of a study, or NotFound when nobody has written one.
func (tx *Tx) StudyPlan(ctx context.Context, id string) (study.Kept, error) {
	return one(ctx, tx, selectFrom(`SELECT id, version, record FROM study_plan`).and("id = ?", id), func(s scanner) (study.Kept, error) {
		var k study.Kept
		var text string
		if err := s.Scan(&k.Study, &k.Version, &text); err != nil {
			return k, err
		}
		var err error
		k.Record, err = study.Parse([]byte(text))
		return k, err
	})
}

// PutStudyPlan adds a plan, or changes the one that still has the version that was read.
func (tx *Tx) PutStudyPlan(ctx context.Context, k study.Kept) error {
	return tx.save(ctx, "study_plan", k.Study, k.Version, field{"record", string(k.Record.YAML())})
}

// Releases lists what was told of a study, the oldest first; only the newest has its result.
func (tx *Tx) Releases(ctx context.Context, id string) ([]study.Release, error) {
	return collect(ctx, tx, selectFrom(`SELECT study_id, made_at, data_hash, plan_hash, told, ledger, result FROM study_release`).
		and("study_id = ?", id).by("ORDER BY made_at"), func(s scanner) (study.Release, error) {
		var r study.Release
		err := s.Scan(&r.Study, at(&r.Made), &r.Data, &r.Plan, &r.Told, &r.Ledger, &r.Result)
		return r, err
	})
}

// PutRelease keeps what is told of a study, and drops the results of earlier releases: only their numbers of people are needed.
func (tx *Tx) PutRelease(ctx context.Context, r study.Release) error {
	if _, err := tx.exec(ctx, `UPDATE study_release SET result = '' WHERE study_id = $1`, r.Study); err != nil {
		return err
	}
	return tx.insert(ctx, "study_release", field{"study_id", r.Study}, field{"made_at", momentText(r.Made)}, field{"data_hash", r.Data},
		field{"plan_hash", r.Plan}, field{"told", r.Told}, field{"ledger", r.Ledger}, field{"result", r.Result})
}
