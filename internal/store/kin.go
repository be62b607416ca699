package store

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/casework"
)

// Kin returns the groups in which a case stands.
func (tx *Tx) Kin(ctx context.Context, c casework.CaseID) ([]casework.Kin, error) {
	return collect(ctx, tx, selectFrom(`SELECT kind, group_id FROM case_kin`).and("case_id = ?", string(c)).by("ORDER BY kind DESC"), func(s scanner) (casework.Kin, error) {
		var k casework.Kin
		return k, s.Scan(&k.Kind, &k.Group)
	})
}

// PutKin puts a case into a group.
func (tx *Tx) PutKin(ctx context.Context, c casework.CaseID, k casework.Kin) error {
	return tx.upsert(ctx, "case_kin", 2, field{"case_id", string(c)}, field{"kind", string(k.Kind)}, field{"group_id", k.Group})
}

// DropKin takes a case out of a group.
func (tx *Tx) DropKin(ctx context.Context, c casework.CaseID, k casework.Kin) error {
	return tx.put(ctx, `DELETE FROM case_kin WHERE case_id = $1 AND kind = $2 AND group_id = $3`, string(c), string(k.Kind), k.Group)
}

// MergeKin puts every case of one group into another of the same kind.
func (tx *Tx) MergeKin(ctx context.Context, kind casework.KinKind, from, into string) error {
	_, err := tx.exec(ctx, `UPDATE case_kin SET group_id = $1 WHERE kind = $2 AND group_id = $3`, into, string(kind), from)
	return err
}

// CountKin counts the cases of a group.
func (tx *Tx) CountKin(ctx context.Context, k casework.Kin) (int, error) {
	return tx.count(ctx, selectFrom(`SELECT count(*) FROM case_kin`).and("kind = ?", string(k.Kind)).and("group_id = ?", k.Group))
}

// CasesOfKin lists the cases of a group within the reader's scope.
func (tx *Tx) CasesOfKin(ctx context.Context, s access.Scope, k casework.Kin) ([]casework.Case, error) {
	q := selectFrom(caseSelect).within(s, tx.caseScope(casework.Core)).
		and("c.id IN (SELECT n.case_id FROM case_kin AS n WHERE n.kind = ? AND n.group_id = ?)", string(k.Kind), k.Group)
	return collect(ctx, tx, q.by("ORDER BY c.opened_at, c.id"), scanCase)
}
