package training_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// mark marks presence at half-day i.
func (w *world) mark(seat training.EnrolmentID, i int, status training.PresenceStatus, reason string) {
	w.Helper()
	w.must(w.tryMark(seat, i, status, reason))
}

func (w *world) tryMark(seat training.EnrolmentID, i int, status training.PresenceStatus, reason string) error {
	w.Helper()
	return w.s.Mark(w.Context(), manager, w.event.ID, []training.Presence{{
		Enrolment: seat, HalfDay: w.event.HalfDays[i].ID, Status: status, Method: training.ByList, ClientKey: access.NewID(), Reason: reason,
	}})
}

// attends marks somebody as present at the first n half-days, each when it is over.
func (w *world) attends(seat training.EnrolmentID, n int) {
	w.Helper()
	for i, h := range w.event.HalfDays[:n] {
		w.clock.Set(h.End())
		w.mark(seat, i, training.Present, "")
	}
}

func (w *world) seat(id training.EnrolmentID) training.SeatView {
	w.Helper()
	v, err := w.s.Seat(w.Context(), manager, id)
	w.must(err)
	return v
}

func (w *world) counts() training.Counts {
	w.Helper()
	_, all, err := w.s.Events(w.Context(), manager, training.EventFilter{})
	w.must(err)
	return all[w.event.ID]
}

// kinds lists the messages about a seat that were sent since the last call.
func (w *world) kinds(seat training.EnrolmentID) []string {
	w.Helper()
	before := len(w.mail)
	w.deliver()
	var all []string
	for _, m := range w.mail[before:] {
		if m.Vars["seat"] == string(seat) {
			all = append(all, m.Kind)
		}
	}
	slices.Sort(all)
	return all
}

func (w *world) wantKinds(seat training.EnrolmentID, what string, want ...string) {
	w.Helper()
	if got := w.kinds(seat); !slices.Equal(got, want) {
		w.Errorf("%s: messages %v, want %v", what, got, want)
	}
}

func TestTheCertificateFollowsCompletion(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		w.endorse(seat)
		w.attends(seat, 5)
		issue := func(want int) {
			t.Helper()
			if due := w.counts().ToCertify; due != want {
				t.Errorf("the board says %d certificates are to be issued, want %d", due, want)
			}
			n, err := w.s.Issue(t.Context(), manager, w.event.ID)
			w.must(err)
			if n != want {
				t.Errorf("%d certificates issued, want %d", n, want)
			}
		}
		issue(1)
		first := *w.seat(seat).Certificate
		w.kinds(seat)
		clock.Move(time.Hour)
		w.mark(seat, 0, training.Absent, "беше друг човек")
		w.mark(seat, 1, training.Absent, "беше друг човек")
		v := w.seat(seat)
		if v.Completion != nil || v.Certificate.Valid() || v.Certificate.RevokedKey != training.Undone {
			t.Fatalf("after a correction that takes completion back: completion %v, certificate %+v", v.Completion, v.Certificate)
		}
		c, err := w.s.Check(t.Context(), first.Code)
		w.must(err)
		if c.Certificate.Valid() || c.Certificate.Completed.IsZero() {
			t.Errorf("the public page says %+v", c.Certificate)
		}
		w.wantKinds(seat, "after the revocation", "revoked")
		issue(0)
		w.mark(seat, 0, training.Present, "все пак беше тук")
		issue(1)
		second := *w.seat(seat).Certificate
		if second.Number == first.Number || second.Code == first.Code || !second.Valid() || len(w.seat(seat).Past) != 1 {
			t.Errorf("the second certificate is %+v after %+v", second, first)
		}
		w.wantKinds(seat, "after the second certificate", "certificate")
		w.must(w.s.Revoke(t.Context(), manager, seat, "сгрешено име"))
		issue(0) // by hand means by hand
		w.must(w.s.IssueAgain(t.Context(), manager, seat))
		if err := w.s.IssueAgain(t.Context(), manager, seat); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second valid certificate: %v", err)
		}
		if v := w.seat(seat); len(v.Past) != 2 || !v.Certificate.Valid() {
			t.Errorf("three certificates, and %d are past", len(v.Past))
		}
	})
}

func TestCompletionFollowsThePlan(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		w.endorse(seat)
		w.attends(seat, 3)
		change := func(alter func(*training.Event)) {
			t.Helper()
			e, err := w.s.Event(t.Context(), manager, w.event.ID)
			w.must(err)
			alter(&e)
			_, err = w.s.Plan(t.Context(), manager, "", e)
			w.must(err)
		}
		if w.seat(seat).Completion != nil {
			t.Fatal("three of five at four fifths are no completion")
		}
		change(func(e *training.Event) { e.NeedShare = .6 })
		c := w.seat(seat).Completion
		if c == nil || c.On != w.event.HalfDays[2].On || c.NeedShare != .6 {
			t.Fatalf("three of five at three fifths: %+v", c)
		}
		change(func(e *training.Event) { e.NeedShare = .8 })
		if w.seat(seat).Completion != nil {
			t.Fatal("back at four fifths the completion stays")
		}
		change(func(e *training.Event) { e.HalfDays = e.HalfDays[:3] })
		if c := w.seat(seat).Completion; c == nil || c.HalfDays != 3 {
			t.Fatalf("three of three: %+v", c)
		}
		_, err := w.s.Issue(t.Context(), manager, w.event.ID)
		w.must(err)
		e, err := w.s.Event(t.Context(), manager, w.event.ID)
		w.must(err)
		last := e.HalfDays[2]
		e.HalfDays = append(e.HalfDays, training.HalfDay{On: last.On.AddDays(1), Starts: "09:00", Ends: "12:00"})
		e.NeedShare = 1
		seen, err := w.s.Preview(t.Context(), manager, training.ToChange(e))
		w.must(err)
		if seen.Undone != 1 || seen.Revoked != 1 {
			t.Errorf("the preview of a fourth half-day shows %+v", seen)
		}
		_, err = w.s.DoSeen(t.Context(), manager, training.ToChange(e), seen.Sign)
		w.must(err)
		if v := w.seat(seat); v.Completion != nil || v.Certificate.Valid() {
			t.Error("three of four at one whole still complete")
		}
	})
}

func TestNobodyWithdrawsFromWhatIsOver(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		done, absent := w.apply(1), w.apply(2)
		w.endorse(done)
		w.endorse(absent)
		_, own, err := w.s.OpenSeat(t.Context(), w.link("applied", done), "r")
		w.must(err)
		w.attends(done, 4)
		for name, try := range map[string]func() error{
			"somebody who completed, by link":      func() error { return w.s.Withdraw(t.Context(), own, done) },
			"somebody who completed, by a manager": func() error { return w.s.Withdraw(t.Context(), manager, done) },
		} {
			if err := try(); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		clock.Set(w.event.HalfDays[4].End())
		if err := w.s.Withdraw(t.Context(), manager, absent); !fault.Is(err, fault.Conflict) {
			t.Errorf("after the last half-day: %v", err)
		}
		if w.state(done) != training.Confirmed || w.seat(done).Completion == nil {
			t.Error("the seat or the completion is gone")
		}
	})
}

func TestABegunTrainingClosesWhatIsOpen(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 2)
		var seats []training.EnrolmentID
		for n := range 5 {
			seats = append(seats, w.apply(n))
		}
		for _, s := range seats[:4] {
			w.endorse(s)
		}
		clock.Set(w.event.Begins().Add(-time.Hour))
		w.must(w.s.Withdraw(t.Context(), manager, seats[0]))
		for i, want := range []training.State{training.Withdrawn, training.Confirmed, training.Offered, training.Waiting, training.Applied} {
			if got := w.state(seats[i]); got != want {
				t.Fatalf("seat %d before the beginning: %s, want %s", i, got, want)
			}
		}
		w.deliver()
		_, offered, err := w.s.OpenSeat(t.Context(), w.link("offered", seats[2]), "r")
		w.must(err)
		clock.Set(w.event.Begins())
		if err := w.s.EndorseFor(t.Context(), manager, seats[4]); !fault.Is(err, fault.Conflict) {
			t.Errorf("endorsing when the training has begun: %v", err)
		}
		if err := w.s.Accept(t.Context(), offered, seats[2]); !fault.Is(err, fault.Conflict) {
			t.Errorf("accepting when the training has begun: %v", err)
		}
		for range 2 {
			w.must(w.s.Sweep(t.Context()))
		}
		for i, want := range map[int]struct{ why, mail string }{
			2: {"seat.closed.offered", "closed"}, 3: {"seat.closed.waiting", "closed"}, 4: {"seat.closed.applied", "unanswered"},
		} {
			v := w.seat(seats[i])
			if v.Seat.State != training.Closed || v.Seat.Why.Key != want.why {
				t.Errorf("seat %d after the beginning: %s, %s", i, v.Seat.State, v.Seat.Why.Key)
			}
			if last := v.History[len(v.History)-1]; last.Step != training.Close || last.Side != training.ByProgram {
				t.Errorf("seat %d: the last step is %+v", i, last)
			}
		}
		if w.state(seats[1]) != training.Confirmed {
			t.Error("the confirmed seat changed")
		}
		before := len(w.mail)
		w.deliver()
		var kinds []string
		for _, m := range w.mail[before:] {
			kinds = append(kinds, m.Kind)
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, []string{"closed", "closed", "unanswered"}) {
			t.Errorf("messages at the beginning: %v", kinds)
		}
		if _, err := w.s.Apply(t.Context(), access.Public("r"), "late", w.application(9)); !fault.Is(err, fault.Invalid) {
			t.Errorf("applying for a training that has begun: %v", err)
		}
	})
}

func TestATrainingThatIsOverClosesQuietly(t *testing.T) {
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock, 1)
	seat := w.apply(1)
	w.kinds(seat)
	clock.Set(w.event.HalfDays[4].End()) // the server stood still for three days
	w.must(w.s.Sweep(t.Context()))
	if w.state(seat) != training.Closed {
		t.Errorf("after the end: %s", w.state(seat))
	}
	w.wantKinds(seat, "after the end")
}

func TestSweepingChangesNothingWhereNothingIsDue(t *testing.T) {
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock, 1)
	a, b := w.apply(1), w.apply(2)
	w.endorse(a)
	w.endorse(b)
	clock.Set(w.event.Release.Add(time.Hour))
	w.must(w.s.Sweep(t.Context()))
	before := db.Statements()
	entries := func() int {
		n := 0
		w.must(db.View(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
			all, err := tx.Entries(t.Context(), access.EntryFilter{}, 1000)
			n = len(all)
			return err
		}))
		return n
	}
	was := entries()
	for range 5 {
		w.must(w.s.Sweep(t.Context()))
	}
	if now := entries(); now != was {
		t.Errorf("five sweeps with nothing to do left %d entries in the record", now-was)
	}
	if n := db.Statements() - before; n > 80 {
		t.Errorf("five sweeps took %d statements", n)
	}
}

func TestLinksFollowAMovedTraining(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat, waits := w.apply(1), w.apply(2)
		w.endorse(seat)
		w.deliver()
		head, applicant := w.link("endorse", waits), w.link("applied", waits)
		e := w.event.Moved(60)
		seen, err := w.s.Preview(t.Context(), manager, training.ToChange(e))
		w.must(err)
		want := []training.MailCount{{Kind: "moved", N: 1}, {Kind: "newdates", N: 1}}
		if !slices.Equal(seen.Mails, want) || len(seen.Seats) != 0 {
			t.Errorf("the preview of the move shows %+v", seen)
		}
		_, err = w.s.DoSeen(t.Context(), manager, training.ToChange(e), seen.Sign)
		w.must(err)
		w.wantKinds(seat, "the one with a seat", "moved")
		w.event, err = w.s.Event(t.Context(), manager, w.event.ID)
		w.must(err)
		clock.Set(w.event.Begins().Add(-time.Hour))
		w.must(w.s.Respond(t.Context(), head, "r", training.Agrees, training.Application{}))
		_, _, err = w.s.OpenSeat(t.Context(), applicant, "r")
		w.must(err)
		clock.Set(w.event.Begins())
		if err := w.s.Respond(t.Context(), head, "r", training.Replaces, w.application(5)); !fault.Is(err, fault.Conflict) {
			t.Errorf("the link of the head after the new beginning: %v", err)
		}
	})
}

func TestAMovedTrainingKeepsOffWeekendsAndThePast(t *testing.T) {
	first := calendar.MustDate("2026-05-11") // a Monday
	e := training.Event{HalfDays: training.HalfDaysFrom(first, 5), ApplyUntil: first.AddDays(-3), Release: first.AddDays(-8).At(12, 0)}
	for name, tc := range map[string]struct {
		days int
		want string
	}{
		"to a Thursday, over the weekend": {3, "2026-05-14 2026-05-14 2026-05-15 2026-05-15 2026-05-18"},
		"to a Saturday, so to Monday":     {5, "2026-05-18 2026-05-18 2026-05-19 2026-05-19 2026-05-20"},
		"back by a week":                  {-7, "2026-05-04 2026-05-04 2026-05-05 2026-05-05 2026-05-06"},
	} {
		got := ""
		for _, h := range e.Moved(tc.days).HalfDays {
			got += " " + h.On.String()
		}
		if got[1:] != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if got := e.Moved(5); got.ApplyUntil.String() != "2026-05-15" || calendar.On(got.Release).String() != "2026-05-10" {
		t.Errorf("applications until %s and release on %s do not move along", got.ApplyUntil, got.Release)
	}
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock, 4)
	for name, tc := range map[string]struct {
		days int
		key  string
	}{
		"into the past": {-70, "training.past"}, "before the programme": {-200, "training.outside"}, "after the programme": {700, "training.outside"},
	} {
		_, err := w.s.Preview(t.Context(), manager, training.ToChange(w.event.Moved(tc.days)))
		if l := fault.All(err); len(l) == 0 || l[0].Field != "half_days" || !slices.ContainsFunc(l, func(f *fault.Error) bool { return f.Key == tc.key }) {
			t.Errorf("%s: %v, want %s at the half-days", name, err, tc.key)
		}
	}
}

// TestATrainingMovedByADayKeepsAllItsHalfDays is about half-days that take each other's time.
func TestATrainingMovedByADayKeepsAllItsHalfDays(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		for _, days := range []int{1, 1, -2} {
			before := w.event
			_, err := w.s.Plan(t.Context(), manager, "", w.event.Moved(days))
			w.must(err)
			w.event, err = w.s.Event(t.Context(), manager, w.event.ID)
			w.must(err)
			for i, h := range w.event.HalfDays {
				if len(w.event.HalfDays) != 5 || h.ID != before.HalfDays[i].ID {
					t.Fatalf("after a move by %d days: %+v, before %+v", days, w.event.HalfDays, before.HalfDays)
				}
			}
		}
	})
}

func TestAHeadMaySendAnotherUntilTheBeginning(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 1)
		first, waits := w.apply(1), w.apply(2)
		w.endorse(first)
		w.endorse(waits)
		if err := w.s.Respond(t.Context(), w.link("endorse", first), "r", training.NotNow, training.Application{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second answer: %v", err)
		}
		w.kinds(first)
		clock.Set(w.event.Begins().Add(-time.Minute)) // on the day
		w.must(w.s.Respond(t.Context(), w.link("endorse", first), "r", training.Replaces, w.application(3)))
		v := w.seat(first)
		last := v.History[len(v.History)-1]
		if v.Seat.State != training.Withdrawn || last.Step != training.Replace || last.Side != training.ByHead {
			t.Errorf("the first applicant: %s, %+v", v.Seat.State, last)
		}
		w.wantKinds(first, "the first applicant", "replaced")
		cards, err := w.s.Roster(t.Context(), manager, training.RosterFilter{Event: w.event.ID, State: training.Confirmed})
		w.must(err)
		if len(cards) != 1 || cards[0].Name != "Ана Илиева 3" || w.state(waits) != training.Waiting {
			t.Fatalf("the seat went to %+v, and the one who waits is %s", cards, w.state(waits))
		}
		// The head can send yet another one, and the first again, with the link from the receipt.
		w.must(w.s.Respond(t.Context(), w.link("sent", cards[0].ID), "r", training.Replaces, w.application(1)))
		w.deliver()
		if w.state(first) != training.Confirmed {
			t.Errorf("the first applicant, sent again: %s", w.state(first))
		}
		err = w.s.Respond(t.Context(), w.link("sent", first), "r", training.Replaces, w.application(2))
		if l := fault.All(err); len(l) != 1 || l[0].Key != "apply.already" {
			t.Errorf("a colleague who has applied already: %v", err)
		}
		clock.Set(w.event.Begins())
		if err := w.s.Respond(t.Context(), w.link("sent", first), "r", training.Replaces, w.application(7)); !fault.Is(err, fault.Conflict) {
			t.Errorf("after the beginning: %v", err)
		}
	})
}

func TestAReplacementKeepsThePlaceInLine(t *testing.T) {
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock, 1)
	seated, second, third := w.apply(1), w.apply(2), w.apply(3)
	for _, s := range []training.EnrolmentID{seated, second, third} {
		w.endorse(s)
	}
	w.must(w.s.Respond(t.Context(), w.link("endorse", second), "r", training.Replaces, w.application(9)))
	w.must(w.s.Withdraw(t.Context(), manager, seated))
	cards, err := w.s.Roster(t.Context(), manager, training.RosterFilter{Event: w.event.ID, State: training.Offered})
	w.must(err)
	if len(cards) != 1 || cards[0].Name != "Ана Илиева 9" {
		t.Errorf("the freed seat is offered to %+v", cards)
	}
}

func TestASecondApplicationSendsALinkAndKeepsTheFirst(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		w.deliver()
		first := w.link("applied", seat)
		_, err := w.s.Apply(t.Context(), access.Public("r"), "again", w.application(1))
		w.must(err)
		w.wantKinds(seat, "applying again", "applied")
		for _, link := range []string{first, w.link("applied", seat)} {
			if _, _, err := w.s.OpenSeat(t.Context(), link, "r"); err != nil {
				t.Errorf("a link of the same person: %v", err)
			}
		}
	})
}

func TestStaffSeeWhatTheirStepDoes(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 1)
		a, b, c := w.apply(1), w.apply(2), w.apply(3)
		w.endorse(a)
		w.endorse(b)
		w.deliver()
		seen, err := w.s.Preview(t.Context(), manager, training.ToStep(a, training.Withdraw))
		w.must(err)
		got := ""
		for _, x := range seen.Seats {
			got += fmt.Sprintf("%s %s; ", x.Name, x.Step)
		}
		if got != "Ана Илиева 1 withdraw; Ана Илиева 2 offer; " || len(seen.Mails) != 2 {
			t.Errorf("the preview of a withdrawal shows %s and %+v", got, seen.Mails)
		}
		w.must(w.s.EndorseFor(t.Context(), manager, c)) // in the meantime somebody else joins the queue
		w.must(w.s.Withdraw(t.Context(), manager, b))
		now, err := w.s.DoSeen(t.Context(), manager, training.ToStep(a, training.Withdraw), seen.Sign)
		if !fault.Is(err, fault.Conflict) || now.Sign == "" || now.Sign == seen.Sign || w.state(a) != training.Confirmed {
			t.Errorf("what was seen is out of date: %v, %+v", err, now)
		}
		_, err = w.s.DoSeen(t.Context(), manager, training.ToStep(a, training.Withdraw), now.Sign)
		w.must(err)
		if w.state(a) != training.Withdrawn || w.state(c) != training.Offered {
			t.Errorf("after what was seen: %s and %s", w.state(a), w.state(c))
		}
	})
}

func TestAMarkCanBeCleared(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		w.endorse(seat)
		clock.Set(w.event.HalfDays[1].End())
		w.mark(seat, 1, training.Absent, "")
		clock.Move(5 * time.Minute)
		w.mark(seat, 1, training.Cleared, "") // within ten minutes, by the same hand
		if n := w.counts().Marked[w.event.HalfDays[1].ID]; n != 0 {
			t.Errorf("%d marks after clearing the only one", n)
		}
		clock.Move(time.Minute)
		w.mark(seat, 1, training.Present, "") // as if none had been made
		clock.Move(11 * time.Minute)
		if err := w.tryMark(seat, 1, training.Cleared, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("clearing later without a reason: %v", err)
		}
		w.mark(seat, 1, training.Cleared, "сгрешен човек")
		v := w.seat(seat)
		got := ""
		for _, m := range v.Presence {
			got += string(m.Status) + " "
		}
		if got != "absent cleared present cleared " || v.Presence[3].Reason != "сгрешен човек" || v.Presence[3].Actor != "manager" {
			t.Errorf("the history says %s: %+v", got, v.Presence)
		}
		// A half-day with a history stays where it is.
		e := w.event
		e.HalfDays = slices.Delete(slices.Clone(e.HalfDays), 1, 2)
		if _, err := w.s.Plan(t.Context(), manager, "", e); fault.All(err)[0].Key != "training.marked" {
			t.Errorf("dropping a half-day with a history: %v", err)
		}
	})
}

func TestAScanTellsWhatWasThere(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		seat := w.apply(1)
		w.endorse(seat)
		badge := w.seat(seat).Seat.Badge
		clock.Set(w.event.HalfDays[0].Begin())
		scan := func(key string) (training.Scanned, error) {
			return w.s.Scan(t.Context(), manager, w.event.ID, w.event.HalfDays[0].ID, badge, key)
		}
		for range 2 { // the answer to the first was lost on the way
			got, err := scan("one")
			if err != nil || got.Name != "Ана Илиева 1" || got.Before.Status != "" {
				t.Fatalf("the first scan: %+v, %v", got, err)
			}
		}
		clock.Move(time.Hour)
		got, err := scan("two")
		if err != nil || got.Before.Status != training.Present {
			t.Errorf("the second scan: %+v, %v", got.Before, err)
		}
		if n := len(w.seat(seat).Presence); n != 1 {
			t.Errorf("%d marks after three scans", n)
		}
		w.mark(seat, 0, training.Absent, "не е тук")
		clock.Move(time.Hour)
		if got, err := scan("three"); !fault.Is(err, fault.Invalid) || got.Before.Status != training.Absent {
			t.Errorf("somebody marked as absent: %+v, %v", got.Before, err)
		}
		if _, err := w.s.Scan(t.Context(), manager, w.event.ID, w.event.HalfDays[0].ID, "nobody", "four"); fault.All(err)[0].Key != "attendance.badge" {
			t.Errorf("a badge of nobody: %v", err)
		}
	})
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock, 4)
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1.01} {
		e := w.event
		e.NeedShare = x
		if _, err := w.s.Plan(t.Context(), manager, "", e); !fault.Is(err, fault.Invalid) {
			t.Errorf("a share of half-days of %v: %v", x, err)
		}
		if x == 0 {
			continue
		}
		e = w.event
		e.Rules = []training.SectorRule{{Sector: "police", Share: x}}
		if _, err := w.s.Plan(t.Context(), manager, "", e); !fault.Is(err, fault.Invalid) {
			t.Errorf("a share of a sector of %v: %v", x, err)
		}
	}
}
