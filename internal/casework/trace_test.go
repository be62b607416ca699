package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
)

// What was done to a case stands on its timeline, with who did it.
func TestWhatWasDoneStandsOnTheTimeline(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		lead, head, inspector := w.person["worker"], w.person["head"], w.person["inspector"]
		c := w.opened()
		at := func() int { return w.cas(c.ID).Version }
		var broken string
		for _, x := range []struct {
			by   access.Actor
			what string
			do   func() error
		}{
			{lead, "flag.urgent.on", func() error { return w.s.SetFlag(ctx, lead, c.ID, at(), "urgent", true) }},
			{lead, "flag.urgent.off", func() error { return w.s.SetFlag(ctx, lead, c.ID, at(), "urgent", false) }},
			{lead, "flag.court.on", func() error { return w.s.SetFlag(ctx, lead, c.ID, at(), "court", true) }},
			{lead, "person.barred", func() error {
				return w.s.Exclude(ctx, lead, c.ID, w.person["teacher"].Person, "сестра на майката")
			}},
			{head, "person.readmitted", func() error { return w.s.Readmit(ctx, head, c.ID, w.person["teacher"].Person) }},
			{inspector, "glass.broken", func() error {
				_, err := w.s.Break(ctx, inspector, w.key(), c.Ref, "life", "Спешно трябва да видя къде е детето.")
				all, _, _, _ := w.s.Breaks(ctx, w.person["officer"])
				broken = all[0].ID
				return err
			}},
			{w.person["officer"], "glass.reviewed", func() error {
				return w.s.ReviewBreak(ctx, w.person["officer"], broken, true, "Имаше сигнал на 112 за същия адрес.")
			}},
		} {
			w.clock.Move(time.Minute)
			w.must(x.do())
			v, err := w.s.Timeline(ctx, lead, c.ID, casework.EventFilter{Limit: 50})
			w.must(err)
			last := slices.MaxFunc(v.Events, func(a, b casework.CaseEvent) int { return a.At.Compare(b.At) })
			if last.What != x.what || last.Actor != x.by.Person || !last.At.Equal(w.clock.Now()) {
				t.Errorf("after %s the timeline says %s at %v", x.what, last.What, last.At)
			}
		}
		w.at("flag", w.s.SetFlag(ctx, lead, c.ID, at(), "closed", true), "a flag of one's own")
	})
}

// A bar ends what was given before; lifted, it gives nothing back.
func TestALiftedBarGivesNothingBack(t *testing.T) {
	each(t, func(w *world) {
		ctx, inspector := w.Context(), w.person["inspector"]
		c := w.opened()
		seat := casework.Seat{Agency: w.agency["police"], Person: inspector.Person, Function: "inspector"}
		w.must(w.s.Invite(ctx, w.person["worker"], w.key(), c.ID, seat, 30))
		if w.opens("inspector", c.ID) == nil {
			t.Fatal("the invited inspector sees nothing")
		}
		w.must(w.s.Exclude(ctx, w.person["worker"], c.ID, inspector.Person, "братовчед на бащата"))
		w.must(w.s.Readmit(ctx, w.person["head"], c.ID, inspector.Person))
		if got := w.opens("inspector", c.ID); got != nil {
			t.Errorf("after the bar was lifted: %v", got)
		}
	})
}
