package training_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

var manager = access.Actor{Person: "manager", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}, {Role: access.Administrator}}}

// world is a programme with one training of four seats, in May 2026.
type world struct {
	*testing.T
	db    *store.DB
	clock *testkit.Clock
	org   *org.Service
	s     *training.Service
	event training.Event
	mail  []org.Message
}

func newWorld(t *testing.T, db *store.DB, clock *testkit.Clock, capacity int) *world {
	t.Helper()
	w := &world{T: t, db: db, clock: clock, org: org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")), s: training.New(store.For[training.Tx]{DB: db}, clock.Now)}
	w.must(w.org.Seed(t.Context()))
	w.must(w.s.SaveProgramme(t.Context(), manager, training.Programme{
		TitleBG: "Укрепване", TitleEN: "Strengthen", Starts: calendar.MustDate("2026-01-01"), Ends: calendar.MustDate("2027-12-31"), Trainings: 28, People: 840, Children: 1000,
	}))
	first := calendar.MustDate("2026-05-11")
	id, err := w.s.Plan(t.Context(), manager, "plan", training.Event{
		Region: "PER", VenueBG: "Зала 1", Capacity: capacity, AgencyMax: capacity, NeedShare: 0.8, ApplyUntil: first.AddDays(-3), Release: first.AddDays(-8).At(12, 0),
		HalfDays: training.HalfDaysFrom(first, 5),
	})
	w.must(err)
	w.event, err = w.s.Event(t.Context(), manager, id)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) apply(n int) training.EnrolmentID {
	w.Helper()
	out, err := w.s.Apply(w.Context(), access.Public("r"), fmt.Sprint("apply", n), w.application(n))
	w.must(err)
	w.clock.Move(time.Minute)
	return out.Seat
}

func (w *world) application(n int) training.Application {
	return training.Application{
		Event: w.event.ID, AgencyName: fmt.Sprintf("Училище %d", n), AgencyKind: "school", HeadEmail: "head@example.org", Agreed: true,
		Person: org.Person{Name: fmt.Sprintf("Ана Илиева %d", n), Email: fmt.Sprintf("ana%d@example.org", n), Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER"},
	}
}

// deliver sends what is due and keeps it.
func (w *world) deliver() {
	w.Helper()
	for {
		n, err := w.org.SendDue(w.Context(), func(_ context.Context, m org.Message) error { w.mail = append(w.mail, m); return nil })
		w.must(err)
		if n == 0 {
			return
		}
	}
}

// link is the newest link of a kind about a seat.
func (w *world) link(kind string, seat training.EnrolmentID) string {
	w.Helper()
	for _, m := range slices.Backward(w.mail) {
		if m.Kind == kind && m.Vars["seat"] == string(seat) {
			return strings.TrimPrefix(m.Vars["link"], "/l/")
		}
	}
	w.Fatalf("no mail %s about the seat", kind)
	return ""
}

func (w *world) endorse(seat training.EnrolmentID) {
	w.Helper()
	w.deliver()
	w.must(w.s.Respond(w.Context(), w.link("endorse", seat), "r", training.Agrees, training.Application{}))
	w.clock.Move(time.Minute)
}

func (w *world) state(seat training.EnrolmentID) training.State {
	w.Helper()
	v, err := w.s.Seat(w.Context(), manager, seat)
	w.must(err)
	return v.Seat.State
}

func TestFromApplicationToCertificate(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		if got := w.state(seat); got != training.Applied {
			t.Fatalf("after applying: %s", got)
		}
		again, err := w.s.Apply(t.Context(), access.Public("r"), "another key", w.application(1))
		w.must(err)
		if again.Seat != seat || !again.Already {
			t.Errorf("the same person applied twice and got %v", again)
		}
		w.endorse(seat)
		if got := w.state(seat); got != training.Confirmed {
			t.Fatalf("after endorsement: %s", got)
		}
		err = w.s.Respond(t.Context(), w.link("endorse", seat), "r", training.Agrees, training.Application{})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("a link used twice: %v", err)
		}
		for i, h := range w.event.HalfDays {
			clock.Set(h.Begin().Add(30 * time.Minute))
			status := training.Present
			if i == 1 {
				status = training.Absent
			}
			m := training.Presence{Enrolment: seat, HalfDay: h.ID, Status: status, Method: training.ByList, ClientKey: fmt.Sprint("m", i)}
			w.must(w.s.Mark(t.Context(), manager, w.event.ID, []training.Presence{m}))
			w.must(w.s.Mark(t.Context(), manager, w.event.ID, []training.Presence{m})) // a repeat from a poor connection
			v, err := w.s.Seat(t.Context(), manager, seat)
			w.must(err)
			if done := v.Completion != nil; done != (i == 4) {
				t.Errorf("after half-day %d: completed %v", i+1, done)
			}
		}
		v, err := w.s.Seat(t.Context(), manager, seat)
		w.must(err)
		if got := v.Completion.On.String(); got != "2026-05-13" || v.Completion.Attended != 4 {
			t.Errorf("completed on %s with %d half-days, want 2026-05-13 with 4", got, v.Completion.Attended)
		}
		n, err := w.s.Issue(t.Context(), manager, w.event.ID)
		w.must(err)
		if n != 1 {
			t.Fatalf("%d certificates, want 1", n)
		}
		if n, _ := w.s.Issue(t.Context(), manager, w.event.ID); n != 0 {
			t.Errorf("issued again: %d", n)
		}
		v, err = w.s.Seat(t.Context(), manager, seat)
		w.must(err)
		c, err := w.s.Check(t.Context(), strings.ToUpper(v.Certificate.Code))
		w.must(err)
		if c.Certificate.Name != "Ана Илиева 1" || c.Certificate.Completed != v.Completion.On {
			t.Errorf("the public page says %+v", c)
		}
		w.must(w.s.Revoke(t.Context(), manager, seat, "издадено по грешка"))
		if c, _ = w.s.Check(t.Context(), v.Certificate.Code); c.Certificate.Valid() {
			t.Error("a revoked certificate is valid")
		}
	})
}

func TestACorrectionNeedsAReasonAndTakesCompletionBack(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		w.endorse(seat)
		for i, h := range w.event.HalfDays[:4] {
			clock.Set(h.End())
			w.must(w.s.Mark(t.Context(), manager, w.event.ID, []training.Presence{{Enrolment: seat, HalfDay: h.ID, Status: training.Present, Method: training.ByPaper, ClientKey: fmt.Sprint(i)}}))
		}
		clock.Move(time.Hour)
		m := training.Presence{Enrolment: seat, HalfDay: w.event.HalfDays[0].ID, Status: training.Absent, Method: training.ByList, ClientKey: "fix"}
		if err := w.s.Mark(t.Context(), manager, w.event.ID, []training.Presence{m}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a correction without a reason: %v", err)
		}
		m.Reason = "беше друг човек"
		w.must(w.s.Mark(t.Context(), manager, w.event.ID, []training.Presence{m}))
		v, err := w.s.Seat(t.Context(), manager, seat)
		w.must(err)
		if v.Completion != nil {
			t.Error("three half-days of five still make a completion")
		}
	})
}

func TestAWithdrawalOffersTheSeatInTheSameTransaction(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 2)
		var seats []training.EnrolmentID
		for n := range 3 {
			seats = append(seats, w.apply(n))
			w.endorse(seats[n])
		}
		if got := w.state(seats[2]); got != training.Waiting {
			t.Fatalf("the third of two seats: %s", got)
		}
		w.must(w.s.Withdraw(t.Context(), manager, seats[0]))
		if got := w.state(seats[2]); got != training.Offered {
			t.Fatalf("after the withdrawal: %s", got)
		}
		w.deliver()
		v, by, err := w.s.OpenSeat(t.Context(), w.link("offered", seats[2]), "r")
		w.must(err)
		clock.Move(47 * time.Hour)
		w.must(w.s.Accept(t.Context(), by, v.Seat.ID))
		if got := w.state(seats[2]); got != training.Confirmed {
			t.Errorf("after taking the offer: %s", got)
		}
		e := w.event
		e.Capacity, e.AgencyMax = 1, 1
		if _, err := w.s.Plan(t.Context(), manager, "", e); fault.All(err)[0].Key != "training.capacity" {
			t.Errorf("capacity below confirmed seats: %v", err)
		}
	})
}

func TestAnOfferRunsOut(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 1)
		a, b, c := w.apply(1), w.apply(2), w.apply(3)
		w.endorse(a)
		w.endorse(b)
		w.endorse(c)
		w.must(w.s.Withdraw(t.Context(), manager, a))
		clock.Move(49 * time.Hour)
		w.must(w.s.Sweep(t.Context()))
		if w.state(b) != training.Declined || w.state(c) != training.Offered {
			t.Errorf("after 49 hours: %s and %s, want declined and offered", w.state(b), w.state(c))
		}
	})
}

func TestAListShowsWhatMayBeOpened(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		other := w.event
		other.ID, other.Region, other.HalfDays = "", "VAR", training.HalfDaysFrom(calendar.MustDate("2026-06-01"), 3)
		_, err := w.s.Plan(t.Context(), manager, "other", other)
		w.must(err)
		seat := w.apply(1)
		v, err := w.s.Seat(t.Context(), manager, seat)
		w.must(err)
		for name, tc := range map[string]struct {
			actor         access.Actor
			events, seats int
		}{
			"manager":              {manager, 2, 1},
			"coordinator here":     {access.Actor{Person: "c", Grants: []access.Grant{{Role: access.Coordinator, Region: "PER"}}}, 1, 1},
			"coordinator there":    {access.Actor{Person: "c", Grants: []access.Grant{{Role: access.Coordinator, Region: "VAR"}}}, 1, 0},
			"somebody's trainer":   {access.Actor{Person: "t", Grants: []access.Grant{{Role: access.Trainer}}}, 0, 0},
			"the participant":      {access.Actor{Person: v.Seat.Person, Grants: []access.Grant{{Role: access.Participant}}}, 1, 1},
			"another participant":  {access.Actor{Person: "x", Grants: []access.Grant{{Role: access.Participant}}}, 0, 0},
			"an ended coordinator": {access.Actor{Person: "c", Grants: []access.Grant{{Role: access.Coordinator, Region: "PER", Until: clock.Now()}}}, 0, 0},
			"the funder":           {access.Actor{Person: "f", Grants: []access.Grant{{Role: access.Funder}}}, 0, 0},
		} {
			events, _, err := w.s.Events(t.Context(), tc.actor, training.EventFilter{})
			w.must(err)
			if len(events) != tc.events {
				t.Errorf("%s sees %d trainings, want %d", name, len(events), tc.events)
			}
			cards, err := w.s.Roster(t.Context(), tc.actor, training.RosterFilter{Event: w.event.ID})
			if len(cards) != tc.seats || (err != nil && tc.seats > 0) {
				t.Errorf("%s sees %d seats (%v), want %d", name, len(cards), err, tc.seats)
			}
			_, err = w.s.Seat(t.Context(), tc.actor, seat)
			if (err == nil) != (tc.seats == 1) {
				t.Errorf("%s opens the seat: %v", name, err)
			}
		}
	})
}
