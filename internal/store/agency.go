package store

import (
	"context"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

const agencySelect = `SELECT id, name, kind, sector, region_id, head_email, version FROM agency`

func scanAgency(s scanner) (org.Agency, error) {
	var a org.Agency
	err := s.Scan(&a.ID, &a.Name, &a.Kind, &a.Sector, &a.Region, str(&a.HeadEmail), &a.Version)
	return a, err
}

// Agency returns one institution.
func (tx *Tx) Agency(ctx context.Context, id access.AgencyID) (org.Agency, error) {
	return one(ctx, tx, selectFrom(agencySelect).and("id = ?", string(id)), scanAgency)
}

// AgencyNamed returns the institution of a region that has this name, however it is spelt in case and script.
func (tx *Tx) AgencyNamed(ctx context.Context, region access.RegionID, name string) (org.Agency, error) {
	return one(ctx, tx, selectFrom(agencySelect).and("region_id = ?", string(region)).
		and("name_fold = ?", fold.Words(name)).by("ORDER BY id LIMIT 1"), scanAgency)
}

// Agencies lists institutions in Bulgarian order, a page at a time.
func (tx *Tx) Agencies(ctx context.Context, f org.AgencyFilter) ([]org.Agency, error) {
	q := selectFrom(agencySelect)
	if len(f.Kinds) > 0 {
		in(q, "kind", f.Kinds)
	}
	if f.Find != "" {
		q.and(`name_fold LIKE ? ESCAPE '\'`, fold.LikePattern(f.Find))
	}
	if f.Region != "" {
		q.and("region_id = ?", string(f.Region))
	}
	if f.Sector != "" {
		q.and("sector = ?", f.Sector)
	}
	if f.After != "" {
		q.and("sort || '/' || id > ?", f.After)
	}
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY sort || '/' || id LIMIT %d", limit(f.Limit))), scanAgency)
}

// limit keeps the length of a page between 1 and 5000; 0 means 50.
func limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 5000)
}

// PutAgency adds an institution (version 0) or changes one.
func (tx *Tx) PutAgency(ctx context.Context, a org.Agency) error {
	return tx.save(ctx, "agency", string(a.ID), a.Version,
		field{"name", a.Name}, field{"name_fold", fold.Words(a.Name)}, field{"sort", fold.SortKey(a.Name)},
		field{"kind", a.Kind}, field{"sector", a.Sector}, field{"region_id", string(a.Region)},
		field{"head_email", text(a.HeadEmail)})
}
