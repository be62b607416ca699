package study_test

import (
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
)

var (
	evaluator = access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Evaluator}}}
	funder    = access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Funder}}}
	officer   = access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.DataProtection}}}
)

func refused(t *testing.T, what string, err error, key string) {
	t.Helper()
	for _, f := range fault.All(err) {
		if f.Key == key {
			return
		}
	}
	t.Errorf("%s: %v, wanted %s", what, err, key)
}

// asked puts one person into the study who was asked in the wave.
func asked(t *testing.T, db *store.DB, w survey.Wave) {
	t.Helper()
	err := store.For[survey.Tx]{DB: db}.Update(t.Context(), evaluator, func(tx survey.Tx) error {
		if err := tx.Allow(t.Context(), access.ImportAnswer, access.Resource{Kind: "study"}); err != nil {
			return err
		}
		if err := tx.PutRespondent(t.Context(), survey.OwnStudy, survey.Respondent{Code: "A", Cohort: "G"}); err != nil {
			return err
		}
		return tx.PutStanding(t.Context(), survey.OwnStudy, "A", w, survey.Silent)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALockedPlanNeverChanges(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := study.New(store.For[study.Tx]{DB: db}, clock.Now)
		read := func() study.Kept {
			t.Helper()
			k, err := s.Plan(t.Context(), funder, survey.OwnStudy)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		if _, err := s.Plan(t.Context(), funder, survey.OwnStudy); !fault.Is(err, fault.NotFound) {
			t.Fatalf("a plan that nobody wrote: %v", err)
		}
		p := own()
		if err := s.Save(t.Context(), funder, survey.OwnStudy, 0, p); !fault.Is(err, fault.Denied) {
			t.Errorf("the funder writes the plan: %v", err)
		}
		if err := s.Save(t.Context(), evaluator, survey.OwnStudy, 0, p); err != nil {
			t.Fatal(err)
		}
		p.Outcomes[0].Smallest = 7
		if err := s.Save(t.Context(), evaluator, survey.OwnStudy, 0, p); !fault.Is(err, fault.Conflict) {
			t.Errorf("saved over what somebody else saved: %v", err)
		}
		if err := s.Save(t.Context(), evaluator, survey.OwnStudy, 1, p); err != nil || read().Record.Outcomes[0].Smallest != 7 {
			t.Fatalf("saved again: %v", err)
		}
		refused(t, "a deviation from what is not locked", s.Deviate(t.Context(), evaluator, survey.OwnStudy, 2, survey.Text{BG: "а", EN: "a"}, p), "plan.notlocked")
		broken := p
		broken.Estimand = study.IsEffect
		refused(t, "a plan that cannot be", s.Lock(t.Context(), evaluator, survey.OwnStudy, 2, broken), "plan.effect")
		asked(t, db, survey.Pre) // the study has begun, its primary contrast has no data
		if err := s.Lock(t.Context(), evaluator, survey.OwnStudy, 2, p); err != nil {
			t.Fatal(err)
		}
		k := read()
		if l := k.Record.Locked; l == nil || l.Late || l.Hash != p.Hash() || l.On != clock.Now().Format("2006-01-02") {
			t.Fatalf("locked: %+v", l)
		}
		onRecord(t, db, "plan-locked", p.Hash())
		refused(t, "saved when locked", s.Save(t.Context(), evaluator, survey.OwnStudy, k.Version, own()), "plan.locked")
		refused(t, "locked again", s.Lock(t.Context(), evaluator, survey.OwnStudy, k.Version, own()), "plan.locked")
		refused(t, "a deviation without a reason", s.Deviate(t.Context(), evaluator, survey.OwnStudy, k.Version, survey.Text{BG: "Причина"}, own()), "plan.reason")
		refused(t, "a deviation that changes nothing", s.Deviate(t.Context(), evaluator, survey.OwnStudy, k.Version, survey.Text{BG: "а", EN: "a"}, p), "plan.same")
		changed := p
		changed.Methods.Headline = study.Cohort
		if err := s.Deviate(t.Context(), evaluator, survey.OwnStudy, k.Version, survey.Text{BG: "Малко групи", EN: "Few groups"}, changed); err != nil {
			t.Fatal(err)
		}
		k = read()
		if k.Record.Plan.Hash() != p.Hash() || len(k.Record.Deviations) != 1 || k.Record.Deviations[0].Plan.Hash() != changed.Hash() {
			t.Fatalf("after a deviation: %+v", k.Record)
		}
		onRecord(t, db, "plan-deviation", changed.Hash())
	})
}

func onRecord(t *testing.T, db *store.DB, kind, hash string) {
	t.Helper()
	err := db.View(t.Context(), officer, func(tx *store.Tx) error {
		all, err := tx.Entries(t.Context(), access.EntryFilter{Record: hash}, 10)
		if err == nil && (len(all) != 1 || all[0].Kind != kind || all[0].Action != access.PlanStudy) {
			t.Errorf("the record holds %+v of %s", all, kind)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestALockAfterTheDataSaysSo: who locks when people were asked already at the later time could have looked.
func TestALockAfterTheDataSaysSo(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := study.New(store.For[study.Tx]{DB: db}, clock.Now)
		asked(t, db, survey.M6)
		if err := s.Lock(t.Context(), evaluator, survey.OwnStudy, 0, own()); err != nil {
			t.Fatal(err)
		}
		if k, err := s.Plan(t.Context(), funder, survey.OwnStudy); err != nil || !k.Record.Locked.Late {
			t.Errorf("locked late: %v %+v", err, k.Record.Locked)
		}
	})
}
