package store_test

import (
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
	keys "strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// TestAnswersOutliveTheMigration fills the tables of questionnaires as they were before moments and standings, and reads them
// by the services after the migration.
func TestAnswersOutliveTheMigration(t *testing.T) {
	for kind, c := range map[string]store.Config{"sqlite": {Dir: t.TempDir()}, "postgres": {URL: testkit.Postgres(t)}} {
		t.Run(kind, func(t *testing.T) {
			clock := testkit.NewClock()
			c.Policy, c.Now = access.Standard(), clock.Now
			db, err := store.Open(t.Context(), c)
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
			must(store.MigrateTo(t.Context(), db, 6))
			seat, event := confirmedSeat(t, db, clock)
			for _, text := range []string{
				`INSERT INTO study_code (enrolment_id, code) VALUES ('` + string(seat) + `', 'AAAAAAAAAA')`,
				`INSERT INTO invitation (id, enrolment_id, wave, due_on, opens_on, closes_on, done, version) VALUES ('inv', '` + string(seat) + `', 'pre', '2026-03-02', '2026-03-02', '2026-05-11', TRUE, 2)`,
				`INSERT INTO respondent (study_id, code, cohort, cohort_name, region, sector, experience) VALUES ('programme', 'AAAAAAAAAA', '` + string(event) + `', 'PER 2026-05-11', 'PER', 'education', NULL)`,
				`INSERT INTO asked (study_id, code, wave) VALUES ('programme', 'AAAAAAAAAA', 'pre'), ('other', '1', 'pre')`,
				`INSERT INTO response (study_id, code, wave, complete) VALUES ('programme', 'AAAAAAAAAA', 'pre', TRUE)`,
				`INSERT INTO respondent (study_id, code, cohort, cohort_name) VALUES ('other', '1', 'a', 'a')`,
				`INSERT INTO answer (study_id, code, wave, item, value) VALUES ('programme', 'AAAAAAAAAA', 'pre', 'cf11', '50'), ('other', '1', 'pre', 'outcome:x', '7')`,
			} {
				must(store.Raw(t.Context(), db, text))
			}
			if _, _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
			must(s.Sweep(t.Context()))
			var own, other []survey.Respondent
			must(store.For[survey.Tx]{DB: db}.View(t.Context(), access.TheSystem(), func(tx survey.Tx) (err error) {
				if own, err = tx.RespondentsOf(t.Context(), survey.OwnStudy); err != nil {
					return err
				}
				other, err = tx.RespondentsOf(t.Context(), "other")
				return err
			}))
			if len(own) != 1 || own[0].Standing[survey.Pre] != survey.Answered || own[0].Cohort == string(event) || own[0].Cohort == "" {
				t.Errorf("the programme's own: %+v", own)
			}
			if len(other) != 1 || other[0].Standing[survey.Pre] != survey.Answered || other[0].Cohort != "a" {
				t.Errorf("the imported: %+v", other)
			}
			v, err := s.Waves(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Manager}}})
			must(err)
			if len(v.Counts) == 0 || v.Counts[0].Event != event {
				t.Errorf("the group is not known by its training any more: %+v", v.Counts)
			}
		})
	}
}

func confirmedSeat(t *testing.T, db *store.DB, clock *testkit.Clock) (training.EnrolmentID, training.EventID) {
	t.Helper()
	manager := access.Actor{Person: "manager", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
	s := training.New(store.For[training.Tx]{DB: db}, clock.Now)
	first := calendar.MustDate("2026-05-11")
	var out training.Outcome
	err := org.New(store.For[org.Tx]{DB: db}, clock.Now, keys.Root{1}.Box("totp")).Seed(t.Context())
	if err == nil {
		err = s.SaveProgramme(t.Context(), manager, training.Programme{TitleBG: "Укрепване", TitleEN: "Strengthen", Starts: calendar.MustDate("2026-01-01"),
			Ends: calendar.MustDate("2027-12-31"), Trainings: 1, People: 1, Children: 1})
	}
	var id training.EventID
	if err == nil {
		id, err = s.Plan(t.Context(), manager, "plan", training.Event{Region: "PER", VenueBG: "Зала 1", Capacity: 4, NeedShare: 0.8, ApplyUntil: first.AddDays(-3),
			Release: first.AddDays(-8).At(12, 0), HalfDays: training.HalfDaysFrom(first, 5)})
	}
	if err == nil {
		out, err = s.Apply(t.Context(), access.Public("r"), "a", training.Application{Event: id, AgencyName: "Училище", AgencyKind: "school", HeadEmail: "head@example.org",
			Agreed: true, Person: org.Person{Name: "Ана Илиева", Email: "ana@example.org", Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER"}})
	}
	if err == nil {
		err = s.EndorseFor(t.Context(), manager, out.Seat)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Seat, id
}
