package store_test

import (
	"context"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// TestMigrationKeepsVenuesAndCertificates brings a database of the schema before 0006 up to date.
func TestMigrationKeepsVenuesAndCertificates(t *testing.T) {
	for kind, config := range map[string]store.Config{"sqlite": {Dir: t.TempDir()}, "postgres": {URL: testkit.Postgres(t)}} {
		t.Run(kind, func(t *testing.T) {
			config.Policy, config.Now = access.Standard(), testkit.NewClock().Now
			db, err := store.Open(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(store.MigrateTo(t.Context(), db, 4))
			for _, text := range []string{
				`INSERT INTO region (id, nuts3, iso, name_bg, name_en, centre_bg, centre_en, planning_bg, planning_en, population, children_0_14, sort) VALUES ('PER', 'BG414', 'BG-14', 'Перник', 'Pernik', 'Перник', 'Pernik', 'x', 'x', 1, 1, 'x')`,
				`INSERT INTO programme (id, title_bg, title_en, starts_on, ends_on, target_trainings, target_people, target_children, version) VALUES ('p', 'У', 'S', '2026-01-01', '2027-12-31', 1, 1, 1, 1)`,
				`INSERT INTO training (id, programme_id, region_id, venue, starts_on, ends_on, capacity, agency_max, apply_until, release_at, need_share, state, sequence, version)
					VALUES ('t', 'p', 'PER', 'Зала 1', '2026-02-02', '2026-02-02', 5, 0, '2026-02-01', '2026-02-01T10:00:00.000000Z', 0.8, 'planned', 0, 1)`,
				`INSERT INTO agency (id, name, kind, sector, region_id, name_fold, sort, version) VALUES ('a', 'Училище', 'school', 'education', 'PER', 'uchilishte', 'x', 1)`,
			} {
				must(store.Raw(t.Context(), db, text))
			}
			for _, n := range []string{"1", "2"} {
				must(store.Raw(t.Context(), db, `INSERT INTO person (id, name, email, lang, name_fold, email_fold, sort, made_at, version) VALUES ('p`+n+`', 'Ана', 'a', 'bg', 'ana', 'a', 'x', '2026-01-01T10:00:00.000000Z', 1)`))
				must(store.Raw(t.Context(), db, `INSERT INTO enrolment (id, training_id, person_id, agency_id, sector, profession, state, reason, reason_vars, applied_at, badge, version)
					VALUES ('n`+n+`', 't', 'p`+n+`', 'a', 'education', 'teacher', 'confirmed', 'x', '{}', '2026-01-01T10:00:00.000000Z', 'b`+n+`', 1)`))
			}
			must(store.Raw(t.Context(), db, `INSERT INTO completion (enrolment_id, person_id, training_id, completed_on, attended, half_days, need_share, at) VALUES ('n1', 'p1', 't', '2026-02-02', 1, 1, 0.8, '2026-02-02T10:00:00.000000Z')`))
			must(store.Raw(t.Context(), db, `INSERT INTO certificate (id, enrolment_id, number, code, name, issued_on) VALUES ('c1', 'n1', 'ST-2026-0001', 'aaa', 'Ана', '2026-02-03')`))
			must(store.Raw(t.Context(), db, `INSERT INTO certificate (id, enrolment_id, number, code, name, issued_on, revoked_on, revoked_for) VALUES ('c2', 'n2', 'ST-2026-0002', 'bbb', 'Ана', '2026-02-03', '2026-02-04', 'грешка')`))
			_, _, err = db.Migrate(t.Context())
			must(err)
			must(store.For[training.Tx]{DB: db}.View(t.Context(), access.TheSystem(), func(tx training.Tx) error { return looksRight(t.Context(), t, tx) }))
		})
	}
}

func looksRight(ctx context.Context, t *testing.T, tx training.Tx) error {
	e, err := tx.Event(ctx, "t")
	if err != nil {
		return err
	}
	if e.VenueBG != "Зала 1" || e.VenueEN != "Зала 1" {
		t.Errorf("the venue became %q and %q", e.VenueBG, e.VenueEN)
	}
	all, err := tx.Certificates(ctx, "t")
	if err != nil {
		return err
	}
	if len(all) != 2 || !all[0].Valid() || all[0].Completed.String() != "2026-02-02" || all[1].Valid() || all[1].RevokedKey != training.ByHand || all[1].RevokedFor != "грешка" {
		t.Errorf("the certificates became %+v", all)
	}
	return nil
}
