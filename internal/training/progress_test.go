package training_test

import (
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// TestFiguresOpenToTheirRows lets two of three people complete: the board, the numbers of the funder and the list of people say
// the same, and the numbers name no training.
func TestFiguresOpenToTheirRows(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		for n := range 3 {
			w.must(w.s.EndorseFor(t.Context(), manager, w.apply(n)))
		}
		clock.Set(w.event.Release)
		w.must(w.s.Sweep(t.Context()))
		cards, err := w.s.Roster(t.Context(), manager, training.RosterFilter{Event: w.event.ID, State: training.Confirmed, Limit: 10})
		w.must(err)
		if len(cards) != 3 {
			t.Fatalf("%d seats", len(cards))
		}
		for _, c := range cards[:2] {
			w.attends(c.ID, 5)
		}
		w.attends(cards[2].ID, 1)
		regions := []access.RegionID{"PER", "VAR"}
		board, err := w.s.Board(t.Context(), manager, regions)
		w.must(err)
		funder := access.Actor{Person: "f", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Funder}}}
		numbers, err := w.s.Progress(t.Context(), funder, regions)
		w.must(err)
		for name, o := range map[string]training.Overview{"the board": board, "the numbers": numbers} {
			n := 0
			for _, f := range o.Finished {
				n += f.N
			}
			if n != 2 || o.Tiles[0].Completed() != 2 || o.Tiles[1].Completed() != 0 {
				t.Errorf("%s: %d completed, tiles %d and %d", name, n, o.Tiles[0].Completed(), o.Tiles[1].Completed())
			}
		}
		for _, x := range numbers.Tiles[0].All {
			if x.Event.ID != "" || x.Event.VenueBG != "" || len(x.Event.Trainers) > 0 || x.Todo.Kind != training.TodoNone {
				t.Errorf("the numbers name a training: %+v", x.Event)
			}
		}
		for _, f := range numbers.Finished {
			if f.Event != "" {
				t.Error("the numbers name the training of a completion")
			}
		}
		for with, want := range map[org.Part]int{org.Completed: 2, org.WithSeat: 3} {
			f := org.PersonFilter{With: with, Limit: 10}
			n, err := w.org.CountPeople(t.Context(), manager, f)
			w.must(err)
			rows, _, err := w.org.PeoplePage(t.Context(), manager, f, 10)
			w.must(err)
			if n != want || len(rows) != want {
				t.Errorf("%s: %d counted, %d rows, want %d", with, n, len(rows), want)
			}
		}
		participant := access.Actor{Person: "t", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Participant}}}
		if _, err := w.s.Progress(t.Context(), participant, regions); !fault.Is(err, fault.Denied) {
			t.Errorf("a participant reads the numbers: %v", err)
		}
	})
}
