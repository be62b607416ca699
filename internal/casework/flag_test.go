package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// A case waits for a reason and until a day, of which its lead is reminded; work that goes on ends that.
func TestACaseWaitsUntilADay(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		c := w.opened() // on Monday 2 March 2026
		version := func() int { return w.cas(c.ID).Version }
		const why = "Семейството е в чужбина до пролетта."
		w.at("until", w.s.SetFlag(ctx, lead, c.ID, version(), "on_hold", true), "without an end")
		w.at("why", w.s.PutOnHold(ctx, lead, c.ID, version(), "", calendar.Of(2026, 4, 1)), "without a reason")
		for _, day := range []calendar.Date{{}, calendar.Of(2026, 3, 2), calendar.Of(2026, 6, 1)} {
			w.at("until", w.s.PutOnHold(ctx, lead, c.ID, version(), why, day), "until "+day.String())
		}
		w.must(w.s.PutOnHold(ctx, lead, c.ID, version(), why, calendar.Of(2026, 5, 31)))
		w.clock.Move(time.Hour)
		w.must(w.s.PutOnHold(ctx, lead, c.ID, version(), why, calendar.Of(2026, 3, 22)))
		if k := w.clocks("", c.ID)["R06"]; !w.cas(c.ID).OnHold || k.State != casework.Running || calendar.On(k.Due) != calendar.Of(2026, 3, 22) {
			t.Errorf("on hold: %s, until %s", k.State, calendar.On(k.Due))
		}
		w.clock.Set(calendar.Of(2026, 3, 19).At(9, 0))
		w.sweep()
		if got := w.letters("R06"); got["worker"]["why"] != "near person" {
			t.Errorf("near its end: %v", got)
		}
		w.must(w.s.SetFlag(ctx, lead, c.ID, version(), "on_hold", false))
		if k := w.clocks("", c.ID)["R06"]; w.cas(c.ID).OnHold || k.State != casework.Met || k.Late {
			t.Errorf("work goes on: %s, late %v", k.State, k.Late)
		}
	})
}

// An urgent case is assessed within a day, by the term that runs or by one of its own; no longer urgent, it is not.
func TestAnUrgentCaseIsAssessedWithinADay(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		assessed := w.opened()
		g := w.give("worker", violence())
		waits, err := w.s.Open(ctx, lead, w.key(), g.ID, g.Version, "")
		w.must(err)
		for _, id := range []casework.CaseID{assessed.ID, waits} {
			w.must(w.s.SetFlag(ctx, lead, id, w.cas(id).Version, "urgent", true))
		}
		if k := w.clocks("", assessed.ID)["R07"]; k.State != casework.Running || k.Due.Sub(k.Start) != 24*time.Hour || k.Person != lead.Person {
			t.Errorf("assessed before: %s, %s", k.State, k.Due.Sub(k.Start))
		}
		if k, ok := w.clocks("", waits)["R07"]; ok {
			t.Errorf("the day of the signal runs, and another one: %s", k.State)
		}
		w.must(w.s.SetFlag(ctx, lead, assessed.ID, w.cas(assessed.ID).Version, "urgent", false))
		if k := w.clocks("", assessed.ID)["R07"]; k.State != casework.Cancelled || k.Late {
			t.Errorf("not urgent any more: %s, late %v", k.State, k.Late)
		}
		w.must(w.s.SetFlag(ctx, lead, assessed.ID, w.cas(assessed.ID).Version, "urgent", true))
		w.must(w.s.CaseHappened(ctx, lead, assessed.ID, casework.CaseAssessed, time.Time{}, ""))
		met := 0
		for _, k := range w.allClocks(assessed.ID) {
			if k.Rule == "R07" && slices.Equal(w.history(k.ID), []string{"started", "met"}) {
				met++
			}
		}
		if met != 1 {
			t.Errorf("assessed: %d terms of an urgent case were met, want the second", met)
		}
		w.exec("UPDATE case_file SET state = 'closed'")
		w.want(fault.Conflict, w.s.SetFlag(ctx, lead, waits, w.cas(waits).Version, "urgent", false), "a case that is closed")
	})
}
