package training_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// TestARandomLifeOfATraining lets people apply, heads answer, people take, decline and withdraw, and time pass, in any
// order. After each act, in the transaction of the act: no limit is passed, nobody who had a seat lost it but by their own
// act or their head's, and nothing is left for the allocation to do, so that a freed seat is never free.
func TestARandomLifeOfATraining(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { life(t, rand.New(rand.NewPCG(seed, 28))) })
	}
}

func life(t *testing.T, rng *rand.Rand) {
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock, 3)
	e := w.event
	e.AgencyMax, e.Rules = 2, []training.SectorRule{{Sector: "education", Min: 1, Max: 2, Share: .5}, {Sector: "police", Min: 1, Max: 3, Share: .5}}
	_, err := w.s.Plan(t.Context(), manager, "", e)
	w.must(err)
	var seats []training.EnrolmentID
	before := map[training.EnrolmentID]training.State{}
	for range 25 {
		acted := training.EnrolmentID("")
		pick := func() training.EnrolmentID {
			if len(seats) > 0 {
				acted = seats[rng.IntN(len(seats))]
			}
			return acted
		}
		switch act := rng.IntN(7); {
		case act <= 1 || len(seats) == 0:
			a := w.application(len(seats))
			a.Person.Sector = []string{"education", "police", "ngo"}[rng.IntN(3)]
			a.AgencyName = fmt.Sprint("Институция ", rng.IntN(3))
			out, err := w.s.Apply(t.Context(), access.Public("r"), access.NewID(), a)
			w.must(err)
			seats, acted = append(seats, out.Seat), out.Seat
		case act <= 3:
			_ = w.s.EndorseFor(t.Context(), manager, pick()) // many acts are not possible just then
		case act == 4:
			_ = w.s.Withdraw(t.Context(), manager, pick())
		case act == 5:
			person := access.ByLink(access.Applicant, string(pick()), "r")
			_ = w.s.Accept(t.Context(), person, acted)
		default:
			clock.Move(time.Duration(1+rng.IntN(60)) * time.Hour)
			w.must(w.s.Sweep(t.Context()))
		}
		clock.Move(time.Second)
		before = w.lawful(before, acted)
	}
}

// lawful checks one moment of a life and returns its states.
func (w *world) lawful(before map[training.EnrolmentID]training.State, acted training.EnrolmentID) map[training.EnrolmentID]training.State {
	w.Helper()
	e, err := w.s.Event(w.Context(), manager, w.event.ID)
	w.must(err)
	cards, err := w.s.Roster(w.Context(), manager, training.RosterFilter{Event: e.ID})
	w.must(err)
	now, seated, sectors, agencies := map[training.EnrolmentID]training.State{}, 0, map[string]int{}, map[access.AgencyID]int{}
	for _, c := range cards {
		now[c.ID] = c.State
		if before[c.ID] == training.Confirmed && c.State != training.Confirmed && c.ID != acted {
			w.Fatalf("%s lost the seat to somebody else's act", c.ID)
		}
		if c.State.Seated() {
			seated++
			sectors[c.Sector]++
			agencies[c.Agency]++
		}
	}
	for sector, n := range sectors {
		if most := e.Rule(sector).Max; most > 0 && n > most {
			w.Fatalf("%d seats of %s, at most %d", n, sector, most)
		}
	}
	for _, n := range agencies {
		if n > e.AgencyMax {
			w.Fatalf("%d seats of one institution, at most %d", n, e.AgencyMax)
		}
	}
	if seated > e.Capacity {
		w.Fatalf("%d of %d seats", seated, e.Capacity)
	}
	again, err := w.s.Preview(w.Context(), manager, training.ToChange(e))
	w.must(err)
	if len(again.Seats) > 0 {
		w.Fatalf("something was left to do: %+v", again.Seats)
	}
	return now
}
