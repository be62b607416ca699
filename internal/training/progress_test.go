package training_test

import (
	"strings"
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
		again(t, db, cards[0]) // a person is one person, of however many trainings
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
			if n != 3 || o.Tiles[0].Completed() != 2 || o.Tiles[1].Completed() != 1 {
				t.Errorf("%s: %d completions, tiles %d and %d", name, n, o.Tiles[0].Completed(), o.Tiles[1].Completed())
			}
			if n = 0; o.People != 2 {
				t.Errorf("%s: %d people completed", name, o.People)
			}
			for sector, people := range o.Sectors {
				n += people
				found, err := w.org.CountPeople(t.Context(), manager, org.PersonFilter{With: org.Completed, Sector: sector})
				if w.must(err); found != people {
					t.Errorf("%s: %d people of %s completed, and %d are found", name, people, sector, found)
				}
			}
			if n != 2 {
				t.Errorf("%s: %d people by sector", name, n)
			}
		}
		for _, x := range numbers.Tiles[0].All {
			if x.Event.ID != "" || x.Event.VenueBG != "" || len(x.Event.Trainers) > 0 || x.NextStep.Kind != training.NextNone {
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

// again puts a second training there, in another region, which the person of a seat completed too.
func again(t *testing.T, db *store.DB, c training.Card) {
	t.Helper()
	raw := testkit.Raw(t, db)
	for _, text := range []string{
		`INSERT INTO training (id, programme_id, region_id, starts_on, ends_on, capacity, agency_max, apply_until, release_at, need_share, state, sequence, version)
			SELECT 'second', programme_id, 'VAR', starts_on, ends_on, capacity, agency_max, apply_until, release_at, need_share, 'planned', 0, 1 FROM training`,
		`INSERT INTO enrolment (id, training_id, person_id, agency_id, sector, profession, state, reason, reason_vars, applied_at, badge, version)
			SELECT 'second', 'second', person_id, agency_id, sector, profession, state, reason, reason_vars, applied_at, 'second', 1 FROM enrolment WHERE id = $1`,
		`INSERT INTO completion (enrolment_id, person_id, training_id, completed_on, attended, half_days, need_share, at)
			SELECT 'second', person_id, 'second', completed_on, attended, half_days, need_share, at FROM completion WHERE enrolment_id = $1`,
	} {
		args := []any{string(c.ID)}
		if !strings.Contains(text, "$1") {
			args = nil
		}
		if _, err := raw.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}
}
