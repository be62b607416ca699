package store

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

func scanRegion(s scanner) (org.Region, error) {
	var r org.Region
	err := s.Scan(&r.ID, &r.NUTS3, &r.ISO, &r.NameBG, &r.NameEN, &r.CentreBG, &r.CentreEN, &r.PlanningBG, &r.PlanningEN,
		&r.Population, &r.Children)
	return r, err
}

// Regions returns the 28 oblasts in Bulgarian order of their names.
func (tx *Tx) Regions(ctx context.Context) ([]org.Region, error) {
	return collect(ctx, tx, selectFrom(`
		SELECT id, nuts3, iso, name_bg, name_en, centre_bg, centre_en, planning_bg, planning_en, population, children_0_14
		FROM region`).by("ORDER BY sort"), scanRegion)
}

// PutRegion adds or changes a region.
func (tx *Tx) PutRegion(ctx context.Context, r org.Region) error {
	return tx.upsert(ctx, "region", 1,
		field{"id", string(r.ID)}, field{"nuts3", r.NUTS3}, field{"iso", r.ISO}, field{"name_bg", r.NameBG},
		field{"name_en", r.NameEN}, field{"centre_bg", r.CentreBG}, field{"centre_en", r.CentreEN},
		field{"planning_bg", r.PlanningBG}, field{"planning_en", r.PlanningEN}, field{"population", r.Population},
		field{"children_0_14", r.Children}, field{"sort", fold.SortKey(r.NameBG)})
}

// Municipalities returns the municipalities of a region in Bulgarian order; an empty region means all.
func (tx *Tx) Municipalities(ctx context.Context, of access.RegionID) ([]org.Municipality, error) {
	q := selectFrom(`SELECT id, region_id, ekatte, name_bg, name_en FROM municipality`)
	if of != "" {
		q.and("region_id = ?", string(of))
	}
	return collect(ctx, tx, q.by("ORDER BY sort"), func(s scanner) (org.Municipality, error) {
		var m org.Municipality
		err := s.Scan(&m.ID, &m.Region, &m.EKATTE, &m.NameBG, &m.NameEN)
		return m, err
	})
}

// PutMunicipality adds or changes a municipality.
func (tx *Tx) PutMunicipality(ctx context.Context, m org.Municipality) error {
	return tx.upsert(ctx, "municipality", 1, field{"id", m.ID}, field{"region_id", string(m.Region)},
		field{"ekatte", m.EKATTE}, field{"name_bg", m.NameBG}, field{"name_en", m.NameEN},
		field{"sort", fold.SortKey(m.NameBG)})
}

// Terms returns every entry of the code lists, in the order of lists and forms.
func (tx *Tx) Terms(ctx context.Context) ([]org.Term, error) {
	return collect(ctx, tx, selectFrom(`SELECT list, code, name_bg, name_en, sector, place, active FROM term`).
		by("ORDER BY list, place, code"), func(s scanner) (org.Term, error) {
		var t org.Term
		err := s.Scan(&t.List, &t.Code, &t.NameBG, &t.NameEN, str(&t.Sector), &t.Place, &t.Active)
		return t, err
	})
}

// PutTerm adds or changes an entry of a code list.
func (tx *Tx) PutTerm(ctx context.Context, t org.Term) error {
	return tx.upsert(ctx, "term", 2, field{"list", string(t.List)}, field{"code", t.Code}, field{"name_bg", t.NameBG},
		field{"name_en", t.NameEN}, field{"sector", text(t.Sector)}, field{"place", t.Place}, field{"active", t.Active})
}
