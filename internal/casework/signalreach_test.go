package casework_test

import (
	"testing"
	"time"

	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// reaches reports whether somebody opens a signal, and complains where a list or another door says otherwise.
func (w *world) reaches(who string, id casework.SignalID) bool {
	w.Helper()
	by := w.person[who]
	_, err := w.s.OpenSignal(w.Context(), by, id)
	if err != nil && !fault.Is(err, fault.Denied) {
		w.Errorf("%s opens the signal: %v", who, err)
	}
	listed, e := w.s.Signals(w.Context(), by, casework.SignalFilter{Limit: 100})
	w.must(e)
	found := false
	for _, g := range listed {
		found = found || g.ID == id
	}
	if found != (err == nil) {
		w.Errorf("%s opens the signal: %v; lists it: %v", who, err, found)
	}
	return err == nil
}

// A signal that belongs to a case, itself or through the one with which it is kept, is kept from whoever is kept from the case.
func TestASignalOfACaseIsReachedAsTheCaseIs(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		worker, ctx := w.person["worker"], w.Context()
		linked := w.signalsOf(c.ID)[0].ID
		again := w.give("worker", violence())
		w.must(w.s.Join(ctx, worker, again.ID, again.Version, linked))
		fresh := w.give("worker", violence())
		file, err := w.s.Attach(ctx, worker, w.key(), casework.Attachment{Signal: fresh.ID}, "бележка.jpg", photograph(t))
		w.must(err)
		w.must(w.s.Link(ctx, worker, fresh.ID, w.signal(fresh.ID).Version, c.ID))
		other := w.give("worker", violence())

		of := []casework.SignalID{linked, again.ID, fresh.ID}
		want := func(when string, people map[string]bool) {
			t.Helper()
			for who, may := range people {
				for i, id := range of {
					if got := w.reaches(who, id); got != may {
						t.Errorf("%s: %s reaches signal %d of the case: %v", when, who, i, got)
					}
				}
				if got := w.reaches(who, other.ID); got != (who != "teacher") {
					t.Errorf("%s: %s reaches a signal of no case: %v", when, who, got)
				}
			}
		}
		want("open", map[string]bool{"worker": true, "worker2": true, "head": true, "teacher": false})

		w.must(w.s.Exclude(ctx, worker, c.ID, w.person["worker2"].Person, "познава семейството"))
		want("excluded", map[string]bool{"worker": true, "worker2": false, "head": true})
		by := w.person["worker2"]
		v := w.signal(linked).Version
		w.want(fault.Denied, w.s.Assess(ctx, by, linked, v, casework.Unfounded, time.Time{}), "assessing")
		w.want(fault.Denied, w.s.Happened(ctx, by, linked, v, casework.SignalTold, time.Time{}), "noting what happened")
		w.want(fault.Denied, w.s.Unlink(ctx, by, linked, v), "taking it out of the case")
		w.want(fault.Denied, w.s.Unjoin(ctx, by, again.ID, w.signal(again.ID).Version), "parting it from the other")
		w.want(fault.Denied, w.s.Join(ctx, by, other.ID, other.Version, linked), "keeping another with it")
		w.at("ref", w.s.JoinByRef(ctx, by, other.ID, other.Version, w.signal(linked).Ref), "naming it")
		if _, _, err := w.s.OpenAttachment(ctx, by, file); !fault.Is(err, fault.Denied) {
			t.Errorf("a file of it: %v", err)
		}
		candidates := func(who string) int {
			v, err := w.s.OpenSignal(ctx, w.person[who], other.ID)
			w.must(err)
			return len(v.Candidates)
		}
		if n, all := candidates("worker2"), candidates("worker"); n != 0 || all < 2 {
			t.Errorf("%d candidates for who is excluded, %d for the lead", n, all)
		}
		work, err := w.s.MyWork(ctx, by)
		w.must(err)
		for key := range work.Refs {
			if work.Refs[key] != "" && key != "signal/"+string(other.ID) {
				t.Errorf("a term of %s waits for who is excluded", key)
			}
		}

		w.must(w.s.SetFlag(ctx, w.person["head"], c.ID, w.cas(c.ID).Version, "restricted", true))
		want("restricted", map[string]bool{"worker": true, "worker2": false, "head": false})
		w.want(fault.Denied, w.s.Assess(ctx, w.person["head"], linked, w.signal(linked).Version, casework.Unfounded, time.Time{}), "the head assesses")
		w.must(w.s.Assess(ctx, worker, fresh.ID, w.signal(fresh.ID).Version, casework.AtRisk, time.Time{}))
		w.must(w.s.Unjoin(ctx, worker, again.ID, w.signal(again.ID).Version))
		if !w.reaches("head", again.ID) || !w.reaches("worker2", again.ID) {
			t.Error("a signal that was parted from the case stays kept from the unit")
		}
	})
}

// The words of a signal tell more than the core of a case: a share of the core alone does not open them to another unit.
func TestAShareOfTheCoreOpensNoSignal(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		id := w.signalsOf(c.ID)[0].ID
		share := casework.Share{Agency: w.agency["ozd2"], Person: w.person["stranger"].Person, Parts: []casework.Compartment{casework.Core}, Write: true, Purpose: "team", Ground: "36g"}
		w.must(w.s.GiveShare(w.Context(), w.person["worker"], w.key(), c.ID, share, 30))
		if w.reaches("stranger", id) {
			t.Error("opened by the core")
		}
		share.Parts = []casework.Compartment{casework.Core, casework.Identity, casework.Location}
		w.must(w.s.GiveShare(w.Context(), w.person["worker"], w.key(), c.ID, share, 30))
		if !w.reaches("stranger", id) {
			t.Error("not opened by everything that it tells")
		}
		w.clock.Move(31 * 24 * time.Hour)
		if w.reaches("stranger", id) {
			t.Error("open after the share")
		}
	})
}

// Signals are kept with one main signal, never in a row, so that each is one step from its case.
func TestSignalsAreNotKeptInARow(t *testing.T) {
	each(t, func(w *world) {
		worker := w.person["worker"]
		a, b, c := w.give("worker", violence()), w.give("worker", violence()), w.give("worker", violence())
		w.must(w.s.Join(w.Context(), worker, a.ID, a.Version, b.ID))
		w.at("signal", w.s.Join(w.Context(), worker, b.ID, w.signal(b.ID).Version, c.ID), "the main signal")
		w.at("signal", w.s.Join(w.Context(), worker, c.ID, c.Version, a.ID), "with one that is kept with another")
	})
}

func (w *world) signalsOf(c casework.CaseID) []casework.Signal {
	w.Helper()
	v, err := w.s.OpenCase(w.Context(), w.person["worker"], c)
	w.must(err)
	return v.Signals
}
