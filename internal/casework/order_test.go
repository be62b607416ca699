package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/casework"
	"strengthen/internal/testkit"
)

// Of every rule whose two events people enter on a case, the end may be entered before the beginning: by the moments nothing is
// late that was not, and nothing waits for ever.
func TestTheEndOfATermIsEnteredBeforeItsBeginning(t *testing.T) {
	chosen := func(is func(casework.Event) bool) (casework.Event, bool) {
		i := slices.IndexFunc(casework.CaseEventsChosen(), is)
		if i < 0 {
			return "", false
		}
		return casework.CaseEventsChosen()[i], true
	}
	each(t, func(w *world) {
		tried := 0
		for _, r := range casework.ShippedRules() {
			begin, ok := chosen(r.StartsOn)
			end, too := chosen(func(e casework.Event) bool { return r.EndsOn(e) && !r.StartsOn(e) })
			if !ok || !too || r.When == "abandonment" {
				continue
			}
			tried++
			for after, late := range map[time.Duration]bool{0: false, 30 * time.Minute: false, 300 * 24 * time.Hour: true} {
				c := w.opened()
				from := w.clock.Now().Add(time.Minute)
				w.clock.Set(from.Add(after + time.Hour))
				enter := func(e casework.Event, at time.Time) {
					w.must(w.s.CaseHappened(w.Context(), w.person["worker"], c.ID, e, at, ""))
				}
				enter(end, from.Add(after))
				enter(begin, from)
				w.sweep()
				k := w.clocks("", c.ID)[r.Ref]
				if k.State != casework.Met || !k.Start.Equal(from) || !k.Ended.Equal(from.Add(after)) || k.Late != late {
					t.Errorf("%s, %s after %s: %s from %s to %s, late %v", r.Ref, after, begin, k.State, k.Start, k.Ended, k.Late)
				}
				if got := w.history(k.ID); !slices.Equal(got, []string{"started", "met"}) {
					t.Errorf("%s: history %v", r.Ref, got)
				}
				w.clock.Set(from)
			}
		}
		if tried < 8 {
			t.Errorf("only %d rules were tried", tried)
		}
	})
}

// A child that is placed already waits for no order: whichever of the two is entered first, and until the placement ends.
func TestAPlacedChildWaitsForNoOrder(t *testing.T) {
	each(t, func(w *world) {
		const needed = casework.Event("placement.needed")
		type entry struct {
			e  casework.Event
			at time.Duration
		}
		for name, tc := range map[string]struct {
			entries []entry
			waits   bool
		}{
			"needed, and ordered later":               {[]entry{{needed, 0}, {casework.PlacementOrdered, 20}}, false},
			"ordered before it was noted as needed":   {[]entry{{casework.PlacementOrdered, 10}, {needed, 20}}, false},
			"the same, entered the other way":         {[]entry{{needed, 20}, {casework.PlacementOrdered, 10}}, false},
			"needed anew after the end of the first":  {[]entry{{casework.PlacementOrdered, 10}, {"placement.ended", 20}, {needed, 30}}, true},
			"needed while it lasts, and ended later":  {[]entry{{casework.PlacementOrdered, 10}, {"placement.ended", 40}, {needed, 30}}, false},
			"needed anew after the court decided":     {[]entry{{casework.PlacementOrdered, 10}, {"court.decided", 20}, {needed, 30}}, true},
			"a second order, after the second need":   {[]entry{{needed, 0}, {casework.PlacementOrdered, 5}, {"placement.ended", 10}, {needed, 15}, {casework.PlacementOrdered, 20}}, false},
			"one order ends the first need, not both": {[]entry{{needed, 0}, {casework.PlacementOrdered, 5}, {"placement.ended", 5}, {needed, 5}}, true},
			"a second order, before the second need":  {[]entry{{casework.PlacementOrdered, 5}, {"placement.ended", 10}, {casework.PlacementOrdered, 15}, {needed, 20}}, false},
			"needed twice before the one order":       {[]entry{{needed, 0}, {needed, 5}, {casework.PlacementOrdered, 10}}, false},
			"the same, the second need entered last":  {[]entry{{needed, 0}, {casework.PlacementOrdered, 10}, {needed, 5}}, false},
		} {
			c := w.opened()
			from := w.clock.Now()
			w.clock.Move(3 * time.Hour)
			for _, x := range tc.entries {
				w.must(w.s.CaseHappened(w.Context(), w.person["worker"], c.ID, x.e, from.Add(x.at*time.Minute), ""))
			}
			w.sweep()
			waits := testkit.Count(w, w.db, "SELECT count(*) FROM clock WHERE rule = 'D19' AND case_id = $1 AND state IN ('running', 'breached')", string(c.ID)) > 0
			if waits != tc.waits {
				t.Errorf("%s: waits for an order %v, want %v", name, waits, tc.waits)
			}
			w.clock.Set(from)
		}
	})
}

// Whether a child is placed follows from the moments of what happened, not from what was entered last.
func TestAChildIsPlacedByTheMoments(t *testing.T) {
	each(t, func(w *world) {
		type entry struct {
			e  casework.Event
			at time.Duration
		}
		for name, tc := range map[string]struct {
			entries []entry
			placed  bool
		}{
			"ordered":                         {[]entry{{casework.PlacementOrdered, 10}}, true},
			"ordered and ended":               {[]entry{{casework.PlacementOrdered, 10}, {"placement.ended", 20}}, false},
			"the same, entered the other way": {[]entry{{"placement.ended", 20}, {casework.PlacementOrdered, 10}}, false},
			"ended, and ordered anew":         {[]entry{{"placement.ended", 10}, {casework.PlacementOrdered, 20}}, true},
			"an end of before, entered last":  {[]entry{{casework.PlacementOrdered, 20}, {"court.decided", 10}}, true},
		} {
			c := w.opened()
			from := w.clock.Now()
			w.clock.Move(time.Hour)
			for _, x := range tc.entries {
				w.must(w.s.CaseHappened(w.Context(), w.person["worker"], c.ID, x.e, from.Add(x.at*time.Minute), ""))
			}
			if got := w.cas(c.ID).Placed; got != tc.placed {
				t.Errorf("%s: placed %v, want %v", name, got, tc.placed)
			}
			w.clock.Set(from)
		}
	})
}

// A crime was reported before, as it was noted, anybody knew of it, and the note was wrong.
func TestACorrectedStartFindsItsEnd(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		from := w.clock.Now()
		w.clock.Move(5 * time.Hour)
		w.must(w.s.CaseHappened(ctx, worker, c.ID, "crime.reported", from.Add(time.Hour), ""))
		w.must(w.s.CaseHappened(ctx, worker, c.ID, "crime.known", from.Add(2*time.Hour), ""))
		k := w.clocks("", c.ID)["D30"]
		if k.State != casework.Running {
			t.Fatalf("reported before it was known: %s", k.State)
		}
		w.must(w.s.Correct(ctx, worker, k.ID, from.Add(30*time.Minute), "wrong_entry"))
		if k = w.clocks("", c.ID)["D30"]; k.State != casework.Met || !k.Ended.Equal(from.Add(time.Hour)) || k.Late {
			t.Errorf("corrected: %s, ended %s", k.State, k.Ended)
		}
	})
}
